"""Demo accounts: one for each role, all with one password, only where demo mode is on."""

from typing import NamedTuple

from django.conf import settings
from django.core.management.base import CommandError

from .models import Department, User
from .roles import give_role
from .terms import Role

PASSWORD = "credit-city-demo"


class Account(NamedTuple):
    """A demo login. ``department`` is a slug."""

    username: str
    name: str
    department: str
    role: Role


ACCOUNTS = [
    Account("market.clerk", "王晓燕", "market-supervision", Role.CLERK),
    Account("market.reviewer", "李建国", "market-supervision", Role.REVIEWER),
    Account("tax.clerk", "赵雨晴", "taxation", Role.CLERK),
    Account("tax.reviewer", "孙志远", "taxation", Role.REVIEWER),
    Account("centre.officer", "周文静", "credit-centre", Role.CENTRE_OFFICER),
    Account("office.lead", "郑海涛", "leading-group-office", Role.OFFICE_LEAD),
    Account("admin.system", "冯凯", "zhengzhou", Role.SYSTEM_ADMINISTRATOR),
    Account("admin.security", "陈思远", "zhengzhou", Role.SECURITY_ADMINISTRATOR),
    Account("admin.audit", "何丽华", "zhengzhou", Role.AUDIT_ADMINISTRATOR),
]


def load() -> str:
    """Make the demo accounts that are missing, each with its role. Raises CommandError outside demo mode."""
    if not settings.DEMO:
        raise CommandError("Demo accounts are for demo mode only: set DEMO=1.")
    known = set(User.objects.values_list("username", flat=True))
    departments = {department.slug: department for department in Department.objects.all()}
    for account in ACCOUNTS:
        if account.username in known:
            continue
        if account.department not in departments:
            raise CommandError(f"Department {account.department} is missing: run load_reference first.")
        department = departments[account.department]
        user = User(username=account.username, name=account.name, department=department, is_demo=True)
        user.set_password(PASSWORD)
        user.save()
        give_role(target=user, role=account.role, department=department)
    return f"{len(ACCOUNTS)} demo accounts"


def former_worker(department: Department, role: Role, name: str, number: int = 0) -> User:
    """Somebody who worked there once, in this role, and cannot log in any more: the author of invented records.

    ``number`` tells several of one role apart.
    """
    suffix = str(number) if number else ""
    user, created = User.objects.get_or_create(
        username=f"{department.slug}.{role.value}{suffix}",
        defaults={"name": name, "department": department, "is_active": False},
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
