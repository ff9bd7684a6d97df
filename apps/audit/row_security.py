"""Row security: which rows of a table the database opens to which context, declared beside the model.

``row_security = DepartmentRows()`` on a model opens its rows by the departments of the context (apps/audit/context.py),
in the table and in its history table. ``sync_policies`` brings the database to what the models say, ``differences``
tells where it is not, ``undeclared`` which models say nothing. Row security is forced on the owner of the tables too.

A policy is bound to one of the roles of credit_city/roles.py: the application's sees what the context opens, ``system``
(and the owner, who has its rights) everything, ``public`` what a model calls public.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from django.apps import apps
from django.db import models
from psycopg import sql

from .context import INTERNAL
from .history import HistoryRow

READ, INSERT, UPDATE, DELETE = "read", "insert", "update", "delete"
_COMMANDS = {READ: "SELECT", INSERT: "INSERT", UPDATE: "UPDATE", DELETE: "DELETE"}


def departments_in(setting: str) -> str:
    """The ids that a setting of the context names; none where there is no context."""
    return f"(SELECT string_to_array(current_setting('{setting}', true), ',')::bigint[])::bigint[]"


class RowSecurity:
    """Which rows are open: SQL conditions on one row of a table.

    ``alias`` is what the row is called in the condition. ``public`` is the condition of what everybody may read,
    in terms of the table's own columns; "" closes the table to the public role.
    """

    public: str = ""

    def read(self, model: type[models.Model], alias: str) -> str:
        """Whether the context may see the row."""
        raise NotImplementedError

    def write(self, model: type[models.Model], alias: str) -> str:
        """Whether the context may insert, change or delete the row; a change must satisfy it before and after."""
        raise NotImplementedError

    def insert(self, model: type[models.Model], alias: str) -> str:
        """Whether the context may insert the row, where that is not what ``write`` says."""
        return self.write(model, alias)

    def delete(self, model: type[models.Model], alias: str) -> str:
        """Whether the context may delete the row, where that is not what ``write`` says."""
        return self.write(model, alias)


@dataclass(frozen=True)
class DepartmentRows(RowSecurity):
    """Rows that belong to the department named by the foreign key ``field``."""

    field: str = "department"
    public: str = ""

    def read(self, model: type[models.Model], alias: str) -> str:
        return f"{_column(model, self.field, alias)} = ANY ({departments_in('app.departments')})"

    def write(self, model: type[models.Model], alias: str) -> str:
        return f"{_column(model, self.field, alias)} = ANY ({departments_in('app.writable')})"


@dataclass(frozen=True)
class RowsOf(RowSecurity):
    """Rows that belong to the row which the foreign key ``field`` names, and are open as that one is."""

    field: str

    def read(self, model: type[models.Model], alias: str) -> str:
        # The parent's own policy decides which of its rows are found here.
        return self._parent(model, alias, "")

    def write(self, model: type[models.Model], alias: str) -> str:
        parent: Any = model._meta.get_field(self.field).related_model
        security = security_of(parent)
        if not isinstance(security, RowSecurity):
            raise TypeError(f"{model._meta.label}.{self.field}: {parent._meta.label} has no row security to go by.")
        return self._parent(model, alias, f" AND {security.write(parent, f'{alias}_of')}")

    def _parent(self, model: type[models.Model], alias: str, condition: str) -> str:
        parent: Any = model._meta.get_field(self.field).related_model
        above, key = f"{alias}_of", parent._meta.pk.column
        return (
            f'EXISTS (SELECT FROM "{parent._meta.db_table}" AS "{above}"'
            f' WHERE "{above}"."{key}" = {_column(model, self.field, alias)}{condition})'
        )


@dataclass(frozen=True)
class InternalRows(RowSecurity):
    """Rows that belong to no department and are open to whoever works with rows of some; ``why`` it is so."""

    why: str

    def read(self, model: type[models.Model], alias: str) -> str:
        return f"current_setting('app.clearance', true) = '{INTERNAL}'"

    write = read


@dataclass(frozen=True)
class OwnRows(RowSecurity):
    """Rows of the person whom the foreign key ``field`` names: that person reads and changes them, and only the
    platform itself (``every_department``) makes and removes them."""

    field: str

    def read(self, model: type[models.Model], alias: str) -> str:
        person = "(SELECT nullif(current_setting('app.user_id', true), '')::bigint)"
        return f"{_column(model, self.field, alias)} = {person}"

    write = read

    def insert(self, model: type[models.Model], alias: str) -> str:
        return "false"

    delete = insert


@dataclass(frozen=True)
class Open:
    """A table without row security; ``why`` says why none of its rows needs it. ``public``: everybody may read it."""

    why: str
    public: bool = False


def _column(model: type[models.Model], field: str, alias: str) -> str:
    return f'"{alias}"."{model._meta.get_field(field).column}"'  # type: ignore[union-attr]


def guarded_models() -> list[type[models.Model]]:
    """All models whose tables have row security, history models included."""
    return [model for model in _models() if isinstance(security_of(model), RowSecurity)]


def security_of(model: type[models.Model]) -> RowSecurity | Open | None:
    """What is declared for a model; its history, and the table of its many-to-many field, follow it."""
    if issubclass(model, HistoryRow):
        return security_of(model.instance_type)  # type: ignore[attr-defined]
    maker: Any = model._meta.auto_created
    if maker:
        return security_of(maker)
    return getattr(model, "row_security", None)


def undeclared() -> list[type[models.Model]]:
    """The models that must say who may see their rows and do not: all of ours, and those of others that point at a row
    which is not open to everybody."""
    return [model for model in _models() if security_of(model) is None and (_is_ours(model) or _points_inside(model))]


def public_tables() -> list[str]:
    """The tables that the public role may read, as far as their policies open rows to it."""
    return [
        model._meta.db_table
        for model in _models()
        if not issubclass(model, HistoryRow) and getattr(security_of(model), "public", False)
    ]


def _models() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


def _is_ours(model: type[models.Model]) -> bool:
    return apps.get_app_config(model._meta.app_label).name.startswith("apps.")


def _points_inside(model: type[models.Model]) -> bool:
    return any(
        isinstance(field.related_model, type) and isinstance(security_of(field.related_model), RowSecurity)
        for field in model._meta.concrete_fields
    )


# Policies


@dataclass(frozen=True)
class Policy:
    """One policy of a table, as PostgreSQL knows it: ``command`` is SELECT ... or ALL."""

    name: str
    command: str
    role: str
    using: str = ""
    check: str = ""

    @property
    def mark(self) -> str:
        """Changes with anything that is declared."""
        return _digest(self.command, self.role, self.using, self.check)

    def create(self, table: str) -> sql.Composed:
        statement = sql.SQL("CREATE POLICY {} ON {} FOR {} TO {}").format(
            sql.Identifier(self.name), sql.Identifier(table), sql.SQL(self.command), sql.Identifier(self.role)
        )
        if self.using:
            statement += sql.SQL(f" USING ({self.using})")
        if self.check:
            statement += sql.SQL(f" WITH CHECK ({self.check})")
        return statement


def policies_of(model: type[models.Model], roles: dict[str, str]) -> list[Policy]:
    """The policies that a model's table must have. ``roles``: the roles that belong together (``ROLES`` of the
    settings)."""
    security = security_of(model)
    if not isinstance(security, RowSecurity):
        return []
    table, app = model._meta.db_table, roles["app"]
    policies = [
        Policy("system", "ALL", roles["system"], "true", "true"),
        Policy(READ, "SELECT", app, security.read(model, table)),
    ]
    # History is written by its triggers, with the rights of the owner.
    if issubclass(model, HistoryRow):
        return policies
    writable = security.write(model, table)
    policies += [
        Policy(INSERT, "INSERT", app, check=security.insert(model, table)),
        Policy(UPDATE, "UPDATE", app, writable, writable),
        Policy(DELETE, "DELETE", app, security.delete(model, table)),
    ]
    if security.public:
        policies.append(Policy("public", "SELECT", roles["public"], security.public))
    return policies


@dataclass(frozen=True)
class _Found:
    """What a table has: whether row security is on and forced, and its policies by name, each with its comment and the
    digest of what PostgreSQL says it is."""

    enabled: bool
    forced: bool
    policies: dict[str, tuple[str, str]]


def _found(database: psycopg.Connection) -> dict[str, _Found]:
    rows = database.execute(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, p.polname, obj_description(p.oid, 'pg_policy'),"
        " p.polcmd::text, p.polpermissive::text, p.polroles::regrole[]::text, pg_get_expr(p.polqual, c.oid),"
        " pg_get_expr(p.polwithcheck, c.oid)"
        " FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
    ).fetchall()
    found: dict[str, _Found] = {}
    for table, enabled, forced, name, comment, *told in rows:
        state = found.setdefault(table, _Found(enabled, forced, {}))
        if name is not None:
            state.policies[name] = comment or "", _digest(*(part or "" for part in told))
    return found


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class _Wanted:
    table: str
    policies: dict[str, Policy]

    def wrong(self, found: _Found) -> Iterator[str]:
        """What differs, in words."""
        guarded = bool(self.policies)
        if found.enabled != guarded or found.forced != guarded:
            yield f"{self.table}: row security must be {'on and forced' if guarded else 'off'}"
        for name in sorted({*self.policies, *found.policies}):
            if name not in found.policies:
                yield f"{self.table}: the policy {name} is missing"
            elif name not in self.policies:
                yield f"{self.table}: there is a policy {name} that the model does not declare"
            elif found.policies[name][0] != f"{self.policies[name].mark} {found.policies[name][1]}":
                yield f"{self.table}: the policy {name} is not what the model declares"


def _wanted(roles: dict[str, str]) -> Iterator[_Wanted]:
    for model in _models():
        if security_of(model) is not None:
            yield _Wanted(model._meta.db_table, {policy.name: policy for policy in policies_of(model, roles)})


def differences(database: psycopg.Connection, roles: dict[str, str]) -> list[str]:
    """Where the database's row security is not what the models declare; tables not yet migrated are left out.

    Any role may ask. A policy is known by the comment it was given when it was made: the digest of the declaration
    and that of what PostgreSQL made of it, so that one changed by hand is told as well.
    """
    found = _found(database)
    return [line for each in _wanted(roles) if each.table in found for line in each.wrong(found[each.table])]


def sync_policies(database: psycopg.Connection, roles: dict[str, str]) -> list[str]:
    """Bring row security to what the models declare, in one transaction; the names of the tables that changed.

    ``database``: a connection of the owner. Safe to repeat; a table that is right is not touched.
    """
    changed = []
    with database.transaction():
        found = _found(database)
        for wanted in _wanted(roles):
            state = found.get(wanted.table)
            if state is not None and any(wanted.wrong(state)):
                _make(database, wanted, state)
                changed.append(wanted)
        made = _found(database) if changed else {}
        for wanted in changed:
            for name, (_, digest) in made[wanted.table].policies.items():
                database.execute(
                    sql.SQL("COMMENT ON POLICY {} ON {} IS {}").format(
                        sql.Identifier(name),
                        sql.Identifier(wanted.table),
                        sql.Literal(f"{wanted.policies[name].mark} {digest}"),
                    )
                )
    return [wanted.table for wanted in changed]


def _make(database: psycopg.Connection, wanted: _Wanted, state: _Found) -> None:
    table = sql.Identifier(wanted.table)
    for name in state.policies:
        database.execute(sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(name), table))
    for policy in wanted.policies.values():
        database.execute(policy.create(wanted.table))
    switch = "ENABLE ROW LEVEL SECURITY, FORCE" if wanted.policies else "DISABLE ROW LEVEL SECURITY, NO FORCE"
    database.execute(sql.SQL("ALTER TABLE {} " + switch + " ROW LEVEL SECURITY").format(table))
