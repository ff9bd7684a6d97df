"""The models of the app that have tables of their own."""

from .archive.models import ArchivedMonth
from .entries import AccessEntry
from .seals.models import Seal, SealChunk, Verification

__all__ = ["AccessEntry", "ArchivedMonth", "Seal", "SealChunk", "Verification"]
