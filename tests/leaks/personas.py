"""Everybody who may come to a page, and what of another department each may lawfully see."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from apps.accounts.models import Session
from apps.departments.models import Department, User
from apps.departments.roles import PRESETS, page_permissions
from apps.departments.terms import Role
from tests.factories import make_department, make_user
from tests.planting import Model, Side, is_owned, is_personal, models_of_departments, planters

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
    def oversees(self) -> frozenset[str]:
        """The department permissions that the role holds for the whole city."""
        preset = PRESETS.get(self.name)  # type: ignore[call-overload]
        return preset.grants if preset is not None and preset.citywide else frozenset()

    @property
    def works_on_seen(self) -> bool:
        """Whether the role may change what it oversees, not only look at it."""
        return any(not each.overseen_by.startswith("view_") for each in planters() if each.overseen_by in self.oversees)

    def may_open(self, model: Model) -> bool:
        """Whether the pages of a model whose rows belong to nobody in particular are open to this person."""
        if self.user is None or is_owned(model):
            return False
        label, name = model._meta.app_label, model._meta.model_name
        if model is User and any(each.overseen_by in self.oversees for each in planters()):
            # Whoever sees a row sees the name of the person who made it.
            return True
        return any(self.user.has_perm(f"{label}.{verb}_{name}") for verb in ("view", "change"))

    def may_write(self, model: Model) -> bool:
        """Whether this person may change rows of such a model."""
        label, name = model._meta.app_label, model._meta.model_name
        verbs = ("add", "change", "delete")
        if self.user is None or is_owned(model):
            return False
        if any(self.user.has_perm(f"{label}.{verb}_{name}") for verb in verbs):
            return True
        # Sessions, locks and passwords belong to whoever administers the accounts; sessions end with a role too.
        return (is_personal(model) and self.user.has_perm("departments.change_user")) or (
            model is Session and self.user.has_perm("departments.delete_membership")
        )


def persona(name: str, ours: Side) -> Persona:
    """The person of that name, in our department where the role belongs to every department."""
    if name == ANONYMOUS:
        return Persona(name, None)
    if name == WITHOUT_ROLE:
        return Persona(name, make_user("without-role", department=ours.office.department))
    if name == PAGES_ALONE:
        user: Any = make_user("pages-alone", department=ours.office.department)
        owned = [ContentType.objects.get_for_model(model) for model in models_of_departments() if is_owned(model)]
        user.user_permissions.set(
            [*page_permissions(Role.REVIEWER), *Permission.objects.filter(content_type__in=owned)]
        )
        return Persona(name, user)
    preset = PRESETS[Role(name)]
    if preset.suits(ours.office.department):
        found = getattr(ours.office, name, None)
        return Persona(name, found or make_user(name, department=ours.office.department, role=name))
    root = make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    if preset.suits(root):
        return Persona(name, make_user(name, department=root, role=name))
    slug, kind = min(preset.slugs, default=name), min(preset.kinds, default=Department.Kind.OFFICE)
    return Persona(name, make_user(name, department=make_department(slug, parent=root, kind=kind), role=name))
