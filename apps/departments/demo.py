"""Demo accounts: one for each role, all with one password, only where demo mode is on.

As everywhere, the owner's login installs the administrators (``load_demo_administrators``); two of them give everybody
else the role.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import gettext_noop

from .models import Department, RoleGroup, User
from .roles import give_role
from .terms import ADMINISTRATORS, Act, Role
from .two_persons import CONFIRM, propose

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
    Account("centre.officer2", "吴敏", "credit-centre", Role.CENTRE_OFFICER),
    Account("office.lead", "郑海涛", "leading-group-office", Role.OFFICE_LEAD),
    Account("admin.system", "冯凯", "zhengzhou", Role.SYSTEM_ADMINISTRATOR),
    Account("admin.security", "陈思远", "zhengzhou", Role.SECURITY_ADMINISTRATOR),
    Account("admin.security2", "马立新", "zhengzhou", Role.SECURITY_ADMINISTRATOR),
    Account("admin.audit", "何丽华", "zhengzhou", Role.AUDIT_ADMINISTRATOR),
]


def load_administrators() -> str:
    """Make the administrators that are missing, as the owner. Raises CommandError outside demo mode."""
    _demo_only()
    accounts = [account for account in ACCOUNTS if account.role in ADMINISTRATORS]
    for user, account, department in _missing(accounts):
        give_role(target=user, role=account.role, department=department)
    return f"{len(accounts)} demo administrators"


def load() -> str:
    """Make the demo accounts that are missing, each with its role. Raises CommandError outside demo mode and where the
    administrators are missing."""
    _demo_only()
    accounts = [account for account in ACCOUNTS if account.role not in ADMINISTRATORS]
    first, second = (account.username for account in ACCOUNTS if account.role == Role.SECURITY_ADMINISTRATOR)
    administrators = {user.username: user for user in User.objects.filter(username__in=[first, second])}
    if len(administrators) < 2:
        raise CommandError("The administrators are missing: run load_demo_administrators first.")
    for user, account, department in _missing(accounts):
        group = RoleGroup.objects.get(department=department, role=account.role).group
        change = propose(
            user=administrators[first], act=Act.ROLE, person=user, group=group, reason=gettext_noop("demo data")
        )
        CONFIRM(user=administrators[second], obj=change)
    return f"{len(accounts)} demo accounts"


def _demo_only() -> None:
    if not settings.DEMO:
        raise CommandError("Demo accounts are for demo mode only: set DEMO=1.")


def _missing(accounts: list[Account]) -> Iterator[tuple[User, Account, Department]]:
    """Make the accounts that are missing."""
    known = set(User.objects.values_list("username", flat=True))
    departments = {department.slug: department for department in Department.objects.all()}
    for account in accounts:
        if account.username in known:
            continue
        if account.department not in departments:
            raise CommandError(f"Department {account.department} is missing: run load_reference first.")
        department = departments[account.department]
        user = User(username=account.username, name=account.name, department=department, is_demo=True)
        # Nobody's: example.org is for this (RFC 2606). Without EMAIL_URL mails are printed into var/log/worker.log.
        user.email = f"{account.username}@example.org"
        user.set_password(PASSWORD)
        user.save()
        yield user, account, department


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
