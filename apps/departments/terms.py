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


class Act(models.TextChoices):
    """What takes two persons: one administrator proposes it, another one confirms it (``TwoPersonChange``)."""

    ROLE = "role", _("give a role")
    PERSON_GRANT = "person-grant", _("grant to a person")
    GROUP_GRANT = "group-grant", _("grant to a group")
    MOVE = "move", _("move a department")
    END_FOUR_EYES = "end-four-eyes", _("end four eyes")
    RESET_FACTORS = "reset-factors", _("reset second factors")


PROPOSERS: Final = {
    Act.ROLE: Role.SECURITY_ADMINISTRATOR,
    Act.PERSON_GRANT: Role.SECURITY_ADMINISTRATOR,
    Act.GROUP_GRANT: Role.SECURITY_ADMINISTRATOR,
    Act.MOVE: Role.SYSTEM_ADMINISTRATOR,
    Act.END_FOUR_EYES: Role.SYSTEM_ADMINISTRATOR,
    Act.RESET_FACTORS: Role.SYSTEM_ADMINISTRATOR,
}
"""Who proposes what; a security administrator, another person, confirms. The database holds the same (migration
``two_persons``)."""

NAMED: Final = {
    Act.ROLE: {"person", "group"},
    Act.PERSON_GRANT: {"person", "permission", "department"},
    Act.GROUP_GRANT: {"group", "permission", "department"},
    Act.MOVE: {"department", "parent"},
    Act.END_FOUR_EYES: {"department"},
    Act.RESET_FACTORS: {"person"},
}
"""What each act concerns: fields of ``TwoPersonChange``."""
