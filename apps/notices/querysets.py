"""What a person has been told."""

from typing import Any, Self

from django.db import models
from django.utils import timezone


class NoticeQuerySet(models.QuerySet):
    """Notices; a person sees the own ones, whatever rights the person has."""

    def visible_to(self, user: Any) -> Self:
        """The notices that were sent to ``user``."""
        return self.filter(recipient=user.pk)

    def unread(self) -> Self:
        """Those not yet opened."""
        return self.filter(read_at=None)

    def mark_read(self) -> int:
        """Mark what is unread as read now; returns how many there were."""
        return self.unread().update(read_at=timezone.now())
