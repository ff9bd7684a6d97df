"""The files of batches."""

from apps.core.vault import TooLarge, Vault

__all__ = ["TooLarge", "files"]

files = Vault("batches")
