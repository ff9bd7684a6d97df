"""Fill the peer's database with the rows of our generated city: ``python -m benchmarks.naive.fill``.

At most a million records: the peer's pages take seconds there already, and ten million grants would take hours.
"""

from __future__ import annotations

import os
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.naive.settings"
django.setup()

import psycopg  # noqa: E402
from django.apps import apps  # noqa: E402
from django.contrib.auth.models import Group, Permission, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from guardian.shortcuts import assign_perm  # noqa: E402

from .models import Department  # noqa: E402

MOST = 1_000_000
CLERK, OFFICER, SUPERUSER = "clerk", "officer", "superuser"
LARGEST = "market-supervision"

# What the peer keeps of ours.
TABLES = {
    "naive_department (id, name, slug)": "SELECT id, name, slug FROM departments_department",
    "naive_subject (id, name, uscc, kind, address, legal_representative, registered_on)": (
        "SELECT id, name, uscc, kind, address, legal_representative, registered_on FROM subjects_subject"
    ),
    "naive_record (id, department_id, subject_id, state, document_number, document_name, decided_on, valid_from,"
    " valid_to, disclosed_to, authority_name, authority_code, violation_kind, facts, grounds, penalty_kinds, content,"
    " fine_amount, deadline, created_at)": (
        "SELECT id, department_id, subject_id, state, document_number, document_name, decided_on, valid_from,"
        " valid_to, disclosed_to, authority_name, authority_code, coalesce(data ->> 'violation_kind', ''),"
        " coalesce(data ->> 'facts', ''), coalesce(data ->> 'grounds', ''), coalesce(data ->> 'penalty_kinds', ''),"
        " coalesce(data ->> 'content', ''), (data ->> 'fine_amount')::numeric, deadline, created_at"
        f" FROM records_record ORDER BY id DESC LIMIT {MOST}"
    ),
}


def main() -> None:
    call_command("migrate", verbosity=0)
    with (
        psycopg.connect(os.environ["DATABASE_URL"]) as ours,
        psycopg.connect(os.environ["PEER_DATABASE_URL"], autocommit=True) as peer,
    ):
        for target, query in TABLES.items():
            _copy(ours, query, peer, target)
        for model in ("Department", "Subject", "Record"):
            _go_on_after(peer, apps.get_model("naive", model))
        for model in ("Subject", "Record"):
            _history(peer, apps.get_model("naive", model))
        _people()
        _grants(peer)
        peer.execute("VACUUM ANALYZE")


def _copy(ours: Any, query: str, peer: Any, target: str) -> None:
    with (
        ours.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as source,
        peer.cursor().copy(f"COPY {target} FROM STDIN (FORMAT binary)") as sink,
    ):
        for piece in source:
            sink.write(piece)


def _go_on_after(peer: Any, model: Any) -> None:
    table = model._meta.db_table
    peer.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")


def _history(peer: Any, model: Any) -> None:
    """One history row for each row, as its creation would have left."""
    columns = ", ".join(field.column for field in model._meta.concrete_fields)
    peer.execute(
        f"INSERT INTO {model.history.model._meta.db_table} ({columns}, history_date, history_type)"
        f" SELECT {columns}, now(), '+' FROM {model._meta.db_table}"
    )


def _people() -> None:
    """A group for each department; a clerk of the largest, an officer of all, a superuser."""
    pages = Permission.objects.filter(content_type__app_label="naive", codename__in=("view_subject", "change_record"))
    User.objects.create_superuser(SUPERUSER, password="not used")
    officer = User.objects.create_user(OFFICER, is_staff=True)
    clerk = User.objects.create_user(CLERK, is_staff=True)
    for department in Department.objects.all():
        group = Group.objects.create(name=department.slug)
        assign_perm("naive.view_records", group, department)
        officer.groups.add(group)
        if department.slug == LARGEST:
            clerk.groups.add(group)
    for user in (clerk, officer):
        user.user_permissions.add(*pages)


def _grants(peer: Any) -> None:
    """``view_record`` on every record for its department's group, as ``assign_perm`` would have left it."""
    peer.execute(
        """
        INSERT INTO guardian_groupobjectpermission (permission_id, content_type_id, group_id, object_pk)
        SELECT p.id, p.content_type_id, g.id, r.id::text
        FROM naive_record r
        JOIN naive_department d ON d.id = r.department_id
        JOIN auth_group g ON g.name = d.slug
        JOIN auth_permission p ON p.codename = 'view_record'
        """
    )


if __name__ == "__main__":
    main()
