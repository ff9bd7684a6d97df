"""Admin of the catalogue: legal documents, items with their fields, other editions of their files."""

from . import documents, editions, items  # noqa: F401
