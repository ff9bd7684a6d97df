"""Reference data: the tree of departments and their role groups."""

import csv

from django.conf import settings

from .models import Department
from .roles import ensure_role_groups

TEXTS = ("name", "name_en", "short_name", "kind", "uscc", "division_code", "letter_mark", "address", "phone")
FILE = settings.BASE_DIR / "fixtures" / "departments" / "departments.csv"


def load() -> str:
    """Create missing departments and bring unedited ones up to the file, parents first; then make the role groups.

    A department that a person has edited (its history names one) stays as it is.
    """
    known = {department.slug: department for department in Department.objects.select_related("parent")}
    edited = set(Department.history.filter(history_user__isnull=False).values_list("id", flat=True))
    created = changed = 0
    with open(FILE, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            values = {
                **{name: row[name] for name in TEXTS},
                "position": int(row["position"]),
                "parent": known[row["parent"]] if row["parent"] else None,
            }
            department = known.get(row["slug"])
            if department is None:
                known[row["slug"]] = Department.objects.create(slug=row["slug"], **values)
                created += 1
            elif department.pk not in edited and any(
                getattr(department, name) != value for name, value in values.items()
            ):
                for name, value in values.items():
                    setattr(department, name, value)
                department.save()
                changed += 1
    groups = ensure_role_groups(*known.values())
    return f"{len(known)} departments ({created} new, {changed} changed), {groups} new role groups"
