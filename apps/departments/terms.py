"""The roles of the platform: the names that groups, actions and the database's own check share."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person does for a department. Rights of each role: apps/departments/roles.py."""

    CLERK = "clerk", _("clerk")
    REVIEWER = "reviewer", _("reviewer")
    VIEWER = "viewer", _("viewer")
    CENTRE_OFFICER = "centre-officer", _("credit centre officer")
    OFFICE_LEAD = "office-lead", _("leading-group office")
    SYSTEM_ADMINISTRATOR = "system-administrator", _("system administrator")
    SECURITY_ADMINISTRATOR = "security-administrator", _("security administrator")
    AUDIT_ADMINISTRATOR = "audit-administrator", _("audit administrator")


ADMINISTRATORS: Final = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR})
"""The three separated administrators: whoever holds one of these roles holds no other role at all (MLPS level 3)."""
