"""Subjects for tests, with codes built from their parts by the standards' own arithmetic."""

from typing import Any

from django.contrib.auth.models import Permission

from apps.core.text import match_form
from apps.departments.models import User
from apps.subjects.merging import merge_subjects
from apps.subjects.models import Identifier, Subject, SubjectMerge, SubjectName
from tests.factories import grant, make_department, open_pages
from tests.planting import Side, plants

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def organisation_code(number: int) -> str:
    """Eight digits and their check character (GB 11714)."""
    body = f"{number:08d}"
    check = 11 - sum(int(digit) * weight for digit, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    return body + {10: "X", 11: "0"}.get(check, str(check))


def uscc(number: int, start: str = "91", division: str = "410105") -> str:
    """A valid unified code (GB 32100): each position weighs a power of three, the sum is 0 modulo 31."""
    body = start + division + organisation_code(number)
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return body + ALPHABET[-total % 31]


def registration_number(number: int) -> str:
    """Fifteen digits (GS 15-2006), the last by ISO 7064 MOD 11,10."""
    body = f"410105{number:08d}"
    check = 10
    for digit in body:
        check = ((check + int(digit)) % 10 or 10) * 2 % 11
    return body + str((11 - check) % 10)


def identity_number(number: int, born: str = "19900101", division: str = "410102") -> str:
    """A resident identity number (GB 11643) of nobody: weights 2 to the power of the place, modulo 11."""
    body = f"{division}{born}{number:03d}"
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def subject(number: int, name: str = "", **fields: Any) -> Subject:
    """An enterprise on record, number ``number``."""
    name = name or f"郑州市第{number}测试有限公司"
    values = {"kind": "legal_entity", "uscc": uscc(number), "match_name": match_form(name), **fields}
    return Subject.objects.create(name=name, **values)


def user(name: str, *permissions: str, **fields: Any) -> User:
    """A person who may enter the admin and holds model permissions like ``subjects.view_subject``; with some, sees the
    rows of a department too, as everybody does who works with subjects."""
    made = User.objects.create_user(
        username=name, password="long enough for a test", name=name, is_staff=True, **fields
    )
    for permission in permissions:
        app, codename = permission.split(".")
        made.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    if permissions:
        grant(made, "view_records", make_department("subjects-office"))
    return made


@plants(SubjectMerge)
def plant_subjects(side: Side) -> None:
    """The side's company, a former name and an old code of it, and a duplicate that was merged into it."""
    number = side.first // 1000
    side.company = subject(number, side.twin(f"{side.letter}有限公司"))
    side.twin(side.company.uscc)
    former = side.twin(f"{side.letter}旧名公司")
    SubjectName.objects.create(subject=side.company, name=former, match_name=match_form(former))
    Identifier.objects.create(
        subject=side.company, scheme=Identifier.Scheme.REGISTRATION, value=side.twin(registration_number(number))
    )
    duplicate = subject(number + 1, side.twin(f"{side.letter}有限公司分号"), uscc=None)
    officer = user(f"merger-{side.letter}", department=side.office.department)
    open_pages(officer, "subjects.merge_subject", "subjects.view_subject")
    merge_subjects(user=officer, duplicate=duplicate, remaining=side.company, reason=side.twin(f"同一家{side.letter}"))
