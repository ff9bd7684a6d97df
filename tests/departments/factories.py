"""Groups and rights by name, and rows about departments and people for the tests of leaks."""

import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from apps.departments.models import (
    Department,
    DepartmentGroupObjectPermission,
    DepartmentUserObjectPermission,
    LiaisonOfficer,
    Membership,
    RoleGroup,
    SavedFilter,
    TwoPersonChange,
    User,
)
from apps.departments.terms import Act
from apps.departments.two_persons import propose
from tests.factories import grant, make_department, make_user
from tests.planting import OURS, Side, plants


def role_of(department: Department, role: str) -> Group:
    """The group that holds the role in the department."""
    return RoleGroup.objects.get(department=department, role=role).group


def right(codename: str = "view_records") -> Permission:
    """The department permission of that name."""
    return Permission.objects.get(codename=codename, content_type__app_label="departments")


def propose_role(by: User, person: User, department: Department, role: str = "clerk") -> TwoPersonChange:
    """A proposal, by a security administrator, to give the role."""
    return propose(user=by, act=Act.ROLE, person=person, group=role_of(department, role), reason="入职")


@plants(Department, RoleGroup, DepartmentGroupObjectPermission, Membership, User)
def plant_people(side: Side) -> None:
    from tests.records.factories import office

    slug = side.twin("market-supervision" if side.first == OURS else "taxation")
    root = make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    side.office = office(
        slug, parent=root, name=side.twin(f"{slug}局"), short_name=side.twin(slug[:3]), name_en=side.twin(f"{slug} X")
    )
    side.twin(side.office.department.uscc)
    for person in (side.office.clerk, side.office.colleague, side.office.reviewer, side.office.viewer):
        person.name = side.text(User, "name")
        person.phone = side.text(User, "phone")
        person.email = f"{side.text(User, 'email')}@example.com"
        person.save()


@plants(DepartmentUserObjectPermission)
def plant_grants(side: Side) -> None:
    grant(side.office.viewer, "view_records", side.office.department)


@plants(TwoPersonChange)
def plant_two_person_changes(side: Side) -> None:
    root = make_department("zhengzhou")
    proposer = make_user(f"proposer-{side.letter}", department=root, role="system-administrator")
    reason = side.text(TwoPersonChange, "reason")
    propose(user=proposer, act=Act.END_FOUR_EYES, reason=reason, department=side.office.department)


@plants(LiaisonOfficer)
def plant_liaison_officers(side: Side) -> None:
    LiaisonOfficer.objects.create(
        department=side.office.department,
        name=side.text(LiaisonOfficer, "name"),
        post=side.text(LiaisonOfficer, "post"),
        phone=side.text(LiaisonOfficer, "phone"),
        email=f"{side.text(LiaisonOfficer, 'email')}@example.com",
        since=datetime.date(2024, 1, 1),
    )


@plants(SavedFilter)
def plant_saved_filters(side: Side) -> None:
    for person in (side.office.clerk, side.office.reviewer):
        SavedFilter.objects.create(
            user=person,
            page="records.record",
            name=side.text(SavedFilter, "name"),
            query=f"q={side.text(SavedFilter, 'query')}",
        )


@plants(LogEntry)
def plant_log_entries(side: Side) -> None:
    LogEntry.objects.create(
        user=side.office.clerk,
        content_type=ContentType.objects.get_for_model(Department),
        object_id=str(side.office.department.pk),
        object_repr=side.text(LogEntry, "object_repr"),
        action_flag=CHANGE,
        change_message=side.text(LogEntry, "change_message"),
    )
