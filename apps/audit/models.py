"""The models of the app that have tables of their own."""

from .entries import AccessEntry

__all__ = ["AccessEntry"]
