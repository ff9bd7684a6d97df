"""A new dated rule takes over from the one in force."""

from django.db import transaction
from django.utils import timezone

from .models import Rule


def started(rule: Rule) -> bool:
    """Whether the rule has begun to hold: from then on cases may stand on it, and its content stays."""
    return rule.effective_from <= timezone.localdate()


def ended(rule: Rule) -> bool:
    """Whether the rule no longer holds."""
    return rule.effective_to is not None and rule.effective_to <= timezone.localdate()


def end_predecessor(rule: Rule) -> int:
    """End the open-ended rule of the same key on the day this one begins. Returns how many were ended (0 or 1)."""
    open_ended = Rule.objects.filter(key=rule.key, effective_to=None, effective_from__lt=rule.effective_from)
    return open_ended.exclude(pk=rule.pk).update(effective_to=rule.effective_from)


def enact(rule: Rule) -> Rule:
    """Save a new rule; the open-ended one of the same key ends on the day it begins.

    Raises ValidationError when the rule is not valid or overlaps with another one all the same.
    """
    with transaction.atomic():
        end_predecessor(rule)
        rule.full_clean()
        rule.save()
    return rule
