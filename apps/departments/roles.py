"""Role presets, the groups made from them, and giving a role to a person.

A preset is two lists: model permissions, which open pages and nothing else, and department permissions, which open
rows. A role group is a preset for one department; its grant stands on that department, or on the root for the
roles that serve the whole city.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.context import acting

from .models import (
    Department,
    DepartmentGroupObjectPermission,
    DepartmentUserObjectPermission,
    Membership,
    RoleGroup,
    User,
)
from .terms import ADMINISTRATORS, Role


@dataclass(frozen=True)
class Preset:
    """``pages``: patterns of model permissions (``records.view_*``; a leading ``!`` takes away again).
    ``grants``: department permissions, given on the root when ``citywide``. ``kinds``: kinds of department that have
    the role, ``slugs``: single departments that have it."""

    pages: tuple[str, ...]
    grants: frozenset[str] = frozenset()
    citywide: bool = False
    kinds: frozenset[str] = frozenset()
    slugs: frozenset[str] = frozenset()

    def suits(self, department: Department) -> bool:
        """Whether the department has this role."""
        return department.kind in self.kinds or department.slug in self.slugs


# Every department of the administration may enter, review and look.
_BUSINESS = frozenset(Department.Kind.values) - {Department.Kind.GOVERNMENT}
# Everybody with a role; the notices are the own ones.
_TOLD = ("notices.view_notice",)
_REFERENCE = (*_TOLD, "catalogue.view_*", "core.view_*", "departments.view_department")
_SEE = (
    *_REFERENCE,
    "records.view_*",
    "subjects.view_*",
    "exchange.view_*",
    "!subjects.view_personaldata",
    "!subjects.view_personkey",
)
_ENTER = (
    *_SEE,
    "records.add_*",
    "records.change_*",
    "records.delete_attachment",
    "exchange.add_*",
    "exchange.change_*",
    "subjects.view_personaldata",
    "subjects.add_subject",
    "subjects.change_subject",
    "subjects.add_personaldata",
    "subjects.change_personaldata",
    "subjects.add_identifier",
    "subjects.add_subjectname",
)
_PROPOSALS = tuple(f"departments.{verb}_twopersonchange" for verb in ("view", "add", "change"))
ROOT = "zhengzhou"

PRESETS: dict[Role, Preset] = {
    Role.CLERK: Preset(_ENTER, frozenset({"view_records", "enter_records"}), kinds=_BUSINESS),
    Role.REVIEWER: Preset(
        (*_ENTER, "records.review_record", "objections.view_*", "objections.change_case"),
        frozenset({"view_records", "enter_records", "review_records"}),
        kinds=_BUSINESS,
    ),
    Role.VIEWER: Preset(_SEE, frozenset({"view_records"}), kinds=_BUSINESS),
    Role.CENTRE_OFFICER: Preset(
        (
            *_SEE,
            "subjects.*",
            "subjects.view_personaldata",
            "catalogue.*",
            "!subjects.*_personkey",
            "departments.view_liaisonofficer",
            "objections.view_*",
            "objections.add_case",
            "objections.change_case",
        ),
        frozenset({"view_records", "handle_objections"}),
        citywide=True,
        slugs=frozenset({"credit-centre"}),
    ),
    Role.OFFICE_LEAD: Preset(
        (*_REFERENCE, "departments.view_liaisonofficer"),
        frozenset({"manage_tasks"}),
        citywide=True,
        slugs=frozenset({"leading-group-office"}),
    ),
    Role.SYSTEM_ADMINISTRATOR: Preset(
        (
            *_TOLD,
            "core.*",
            "departments.view_user",
            "departments.add_user",
            "departments.change_user",
            "notices.*_webhook",
            "notices.view_delivery",
            "accounts.view_loginlock",
            "accounts.change_loginlock",
            "departments.view_department",
            "departments.add_department",
            "departments.change_department",
            "departments.*_liaisonofficer",
            *_PROPOSALS,
            "catalogue.view_*",
        ),
        slugs=frozenset({ROOT}),
    ),
    Role.SECURITY_ADMINISTRATOR: Preset(
        (
            *_TOLD,
            "departments.view_user",
            "departments.view_department",
            "departments.view_rolegroup",
            "departments.add_rolegroup",
            "departments.*_membership",
            "departments.*_departmentuserobjectpermission",
            "departments.*_departmentgroupobjectpermission",
            *_PROPOSALS,
        ),
        slugs=frozenset({ROOT}),
    ),
    Role.AUDIT_ADMINISTRATOR: Preset(
        (
            *_TOLD,
            "audit.view_*",
            "accounts.view_loginevent",
            "admin.view_logentry",
            "catalogue.view_*",
            "core.view_*",
            "departments.view_*",
            "!departments.view_savedfilter",
        ),
        slugs=frozenset({ROOT}),
    ),
}


def page_permissions(role: Role) -> list[Permission]:
    """The model permissions of a role, as far as the apps are installed."""
    patterns = PRESETS[role].pages
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    unwanted = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    # What is both taken away and named again later is wanted: the clerk's list builds on the viewer's.
    unwanted = [pattern for pattern in unwanted if pattern not in wanted]
    grants = {codename for codename, name in Department._meta.permissions}

    def matches(permission: Permission) -> bool:
        name = f"{permission.content_type.app_label}.{permission.codename}"
        return (
            any(fnmatchcase(name, pattern) for pattern in wanted)
            and not any(fnmatchcase(name, pattern) for pattern in unwanted)
            and permission.codename not in grants
            and "_historical" not in permission.codename
        )

    return [each for each in Permission.objects.select_related("content_type") if matches(each)]


def roles_of(department: Department) -> list[Role]:
    """The roles a department has."""
    return [role for role, preset in PRESETS.items() if preset.suits(department)]


def ensure_role_groups(*departments: Department) -> int:
    """Make the role groups of the departments and bring their permissions up to the presets; idempotent.

    Returns how many groups are new. Grants added or removed by hand on other departments stay.
    """
    pages = {role: {permission.pk for permission in page_permissions(role)} for role in Role}
    grants = {
        permission.codename: permission
        for permission in Permission.objects.filter(
            content_type__app_label="departments", content_type__model="department"
        )
    }
    known = {(each.department_id, each.role): each.group for each in RoleGroup.objects.select_related("group")}
    held: dict[int, set[int]] = {}
    for group_id, permission_id in Group.permissions.through.objects.values_list("group_id", "permission_id"):
        held.setdefault(group_id, set()).add(permission_id)
    granted = set(DepartmentGroupObjectPermission.objects.values_list("group_id", "permission_id", "content_object_id"))
    new = 0
    # The platform makes them whoever saves the department; an administrator's own writing ends at the own pages.
    with transaction.atomic(), acting(user_id=None):
        for department in departments:
            for role in roles_of(department):
                group = known.get((department.pk, role))
                if group is None:
                    group, _created = Group.objects.get_or_create(name=f"{department.slug}:{role.value}")
                    RoleGroup.objects.create(group=group, department=department, role=role)
                    new += 1
                if held.get(group.pk, set()) != pages[role]:
                    group.permissions.set(pages[role])
                on = _root_of(department) if PRESETS[role].citywide else department
                for codename in PRESETS[role].grants:
                    if (group.pk, grants[codename].pk, on.pk) not in granted:
                        DepartmentGroupObjectPermission.objects.create(
                            group=group, permission=grants[codename], content_object=on
                        )
    return new


def _root_of(department: Department) -> Department:
    return Department.objects.get(slug=department.path.split("/")[0])


# Giving and taking


def holds(user: Any, role: Role) -> bool:
    """Whether an active person holds the role at this moment, in whichever department."""
    return (
        User.objects.filter(pk=user.pk, is_active=True).exists()
        and RoleGroup.objects.filter(group__user=user.pk, role=role).exists()
    )


def check_role(*, target: User, role: Role, department: Department) -> RoleGroup:
    """The role group that would make ``target`` hold the role. Raises ValidationError when the person may not."""
    group = RoleGroup.objects.filter(department=department, role=role).select_related("group").first()
    if group is None:
        raise ValidationError(
            _("%(department)s has no role “%(role)s”.") % {"department": department, "role": Role(role).label}
        )
    others = set(RoleGroup.objects.filter(group__user=target).exclude(role=role).values_list("role", flat=True))
    if others and (role in ADMINISTRATORS or others & set(ADMINISTRATORS)):
        raise ValidationError(
            _("“%(role)s” cannot be combined with “%(others)s”: administrators are kept apart from every other role.")
            % {"role": Role(role).label, "others": _(", ").join(str(Role(other).label) for other in sorted(others))}
        )
    if role in ADMINISTRATORS and DepartmentUserObjectPermission.objects.filter(user=target).exists():
        raise ValidationError(_("This person holds grants on departments; an administrator holds none."))
    return group


def check_grant_to_person(target: User) -> None:
    """Raises ValidationError for an administrator. Locks the person: a role given at the same moment waits."""
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=target.pk)
        if RoleGroup.objects.filter(group__user=locked, role__in=ADMINISTRATORS).exists():
            raise ValidationError(_("This person is an administrator; an administrator holds no grants."))


def check_grant_to_group(group: Group) -> None:
    """Raises ValidationError for a group of administrators: what a group holds, all its members hold."""
    if RoleGroup.objects.filter(group=group, role__in=ADMINISTRATORS).exists():
        raise ValidationError(_("This is a group of administrators; an administrator holds no grants."))


def give_role(*, target: User, role: Role, department: Department) -> Membership:
    """Put a person into the role's group; nothing changes when the person is there already. Raises ValidationError.

    The database takes this from two sides only: the confirmation of a two-person change, and the owner's login, which
    installs.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=target.pk)
        group = check_role(target=locked, role=role, department=department)
        membership, _created = Membership.objects.get_or_create(user=locked, group=group.group)
        return membership


def remove_role(*, user: Any, target: User, role: Role, department: Department, reason: str) -> None:
    """A security administrator takes a role from a person, at once and alone.

    Raises PermissionDenied (no right, or the own role) and ValidationError (no reason, role not held).
    """
    if not holds(user, Role.SECURITY_ADMINISTRATOR):
        raise PermissionDenied(_("You have no right to administer roles."))
    if user.pk == target.pk:
        raise PermissionDenied(_("Nobody gives or takes their own roles."))
    if not reason.strip():
        raise ValidationError({"reason": _("Please give a reason.")})
    with transaction.atomic(), acting(user_id=user.pk, reason=reason.strip()):
        found = Membership.objects.filter(
            user=target, group__role__role=role, group__role__department=department
        ).select_for_update(of=("self",))
        if not found:
            raise ValidationError(_("%(person)s does not hold this role.") % {"person": target})
        found.delete()
