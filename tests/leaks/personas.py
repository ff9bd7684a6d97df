"""Everybody who may come to a page, and what of another department each may lawfully see."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import Permission

from apps.audit.row_security import OwnRows, security_of
from apps.departments.models import Department, User
from apps.departments.roles import PRESETS, page_permissions
from apps.departments.terms import Role
from apps.records.models import Record
from apps.records.rules import EDITABLE
from tests.factories import make_department, make_user
from tests.planting import Model, Side, is_owned, is_personal

ANONYMOUS: Final = "anonymous"
WITHOUT_ROLE: Final = "without a role"
PAGES_ALONE: Final = "pages without grants"
PERSONAS: Final = (*Role.values, ANONYMOUS, WITHOUT_ROLE, PAGES_ALONE)

COUNTS: Final = {
    (Role.OFFICE_LEAD.value, "index"): "numbers by department, without rows, are what the office chases departments by",
}
"""(persona, name of an address) -> why the page may differ with the number of foreign rows. No mark may stand there."""


@dataclass(frozen=True)
class Persona:
    """``user`` None: nobody is logged in."""

    name: str
    user: User | None

    @property
    def oversees(self) -> bool:
        """Whether the role sees what other departments handed over to review."""
        preset = PRESETS.get(self.name)  # type: ignore[call-overload]
        return preset is not None and preset.citywide and "view_records" in preset.grants

    @property
    def hidden_states(self) -> tuple[str, ...]:
        """States of foreign records that this person must not see."""
        return tuple(state for state in Record.State.values if state in EDITABLE or not self.oversees)

    def may_open(self, model: Model) -> bool:
        """Whether the pages of a model whose rows belong to nobody in particular are open to this person."""
        if self.user is None or is_owned(model) or isinstance(security_of(model), OwnRows):
            return False
        label, name = model._meta.app_label, model._meta.model_name
        if model is User and self.oversees:
            # Whoever sees a record sees its author's name.
            return True
        return any(self.user.has_perm(f"{label}.{verb}_{name}") for verb in ("view", "change"))

    def may_write(self, model: Model) -> bool:
        """Whether this person may change rows of such a model."""
        label, name = model._meta.app_label, model._meta.model_name
        verbs = ("add", "change", "delete")
        if self.user is None or isinstance(security_of(model), OwnRows):
            return False
        if any(self.user.has_perm(f"{label}.{verb}_{name}") for verb in verbs):
            return True
        # Sessions, locks and passwords of a person belong to whoever administers the accounts.
        return is_personal(model) and self.user.has_perm("departments.change_user")


def persona(name: str, ours: Side) -> Persona:
    """The person of that name, in our department where the role belongs to every department."""
    if name == ANONYMOUS:
        return Persona(name, None)
    if name == WITHOUT_ROLE:
        return Persona(name, make_user("without-role", department=ours.office.department))
    if name == PAGES_ALONE:
        user: Any = make_user("pages-alone", department=ours.office.department)
        user.user_permissions.set(
            [
                *page_permissions(Role.REVIEWER),
                *Permission.objects.filter(content_type__app_label__in=["records", "exchange"]),
            ]
        )
        return Persona(name, user)
    if name in {Role.CLERK, Role.REVIEWER, Role.VIEWER}:
        return Persona(name, getattr(ours.office, name))
    preset = PRESETS[Role(name)]
    root = home = make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    for slug in preset.slugs - {root.slug}:
        home = make_department(slug, parent=root, kind=Department.Kind.OFFICE)
    return Persona(name, make_user(name, department=home, role=name))
