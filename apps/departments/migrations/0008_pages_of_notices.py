"""Administrators have pages of the app ``notices`` too."""

from importlib import import_module

from django.db import migrations

# The function that checks a page of a role group, as 0004 has it, and with one more app.
_PARTS = import_module("apps.departments.migrations.0004_two_persons").ROLES.split("CREATE FUNCTION ")
_FUNCTION = next(part for part in _PARTS if part.startswith("departments_check_page(")).split("\n\n")[0]
BEFORE = f"CREATE OR REPLACE FUNCTION {_FUNCTION}"
AFTER = BEFORE.replace("'core', 'departments')", "'core', 'departments', 'notices')")


class Migration(migrations.Migration):

    dependencies = [
        ("departments", "0007_lean_history"),
    ]

    operations = [
        migrations.RunSQL(AFTER, BEFORE),
    ]
