"""The people of the benchmarks: ``python -m benchmarks.people``, as the owner, who alone gives a role by himself."""

from benchmarks import ours  # isort: skip  (sets Django up)

from django.db import transaction

from apps.audit.context import every_department
from apps.departments.models import Department, User
from apps.departments.roles import give_role
from apps.departments.terms import Role

CROWD = 50
OFFICES = 10


def offices() -> list[Department]:
    """The departments in which the crowd works."""
    return list(Department.objects.filter(kind=Department.Kind.COLLECTING).order_by("position")[:OFFICES])


def main() -> None:
    with every_department(channel="command", reason="for measuring"), transaction.atomic():
        _add(ours.CLERK, Role.CLERK, ours.department())
        _add(ours.OFFICER, Role.CENTRE_OFFICER, ours.department(ours.CENTRE))
        for number in range(CROWD):
            _add(crowd_name(number), Role.CLERK, offices()[number % OFFICES])


def crowd_name(number: int) -> str:
    return f"{ours.CLERK}{number}"


def _add(name: str, role: Role, department: Department) -> None:
    user, created = User.objects.get_or_create(username=name, defaults={"name": name, "department": department})
    if created:
        give_role(target=user, role=role, department=department)


if __name__ == "__main__":
    main()
