"""The models of the app that have tables of their own."""

from .entries import AccessEntry
from .seals.models import Seal, SealChunk, Verification

__all__ = ["AccessEntry", "Seal", "SealChunk", "Verification"]
