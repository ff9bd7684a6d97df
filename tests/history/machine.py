"""A machine that changes rows by every door there is, and knows what history must say of it."""

import datetime
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from psycopg import sql

from apps.audit.context import acting
from apps.departments.models import Department
from apps.departments.scope import within_department

from .kinds import Kind

Values = dict[str, Any]
FATES = st.sampled_from(["committed", "committed", "committed", "savepoint rolled back", "rolled back"])


def _contexts(*reasons: str) -> st.SearchStrategy[Values]:
    return st.fixed_dictionaries(
        {
            "user_id": st.sampled_from([None, 4711, 4712]),
            "reason": st.sampled_from(reasons),
            "channel": st.sampled_from(["admin", "file", "command", "system"]),
        }
    )


CONTEXTS = _contexts("", "核对", "it's")
# A record that was handed over is not changed without a reason (tests/audit/test_reasons.py).
REASONED = _contexts("核对", "it's")


class Undo(Exception):
    """What was done is not to last."""


@dataclass(frozen=True)
class Entry:
    """One history row as it must be."""

    mark: str
    values: Values
    user_id: int | None
    reason: str | None
    channel: str
    login: str


@dataclass
class Life:
    """All that happened to one row; ``moments``: a time, and the state at that time (None: not there)."""

    kind: Kind
    entries: list[Entry] = field(default_factory=list)
    moments: list[tuple[datetime.datetime, Values | None]] = field(default_factory=list)

    @property
    def state(self) -> Values | None:
        """What the row holds now; None when it is gone, or never came to be."""
        last = self.entries[-1] if self.entries else None
        return None if last is None or last.mark == "-" else last.values


class EveryDoor(RuleBasedStateMachine):
    """Each rule is one piece of work of one person: a change by some door, in a transaction that lasts or does not.

    The test sets ``kinds``, the ``department`` whose rows they are, and ``owner``, a session of the schema's owner.
    """

    kinds: list[Kind]
    department: Department
    owner: psycopg.Connection
    numbers = iter(range(1, 10**9))

    def __init__(self) -> None:
        super().__init__()
        self.lives: dict[tuple[Any, int], Life] = {}
        self._signed: tuple[Values, str] = ({}, "")

    # Rules

    @rule(data=st.data(), context=CONTEXTS, fate=FATES, door=st.sampled_from(["save", "bulk_create", "sql", "copy"]))
    def make(self, data: st.DataObject, context: Values, fate: str, door: str) -> None:
        """New rows: one saved, or two at once."""
        kind = data.draw(st.sampled_from(self.kinds))
        with self._context():
            rows = [
                kind.model(**{**kind.fresh(next(self.numbers)), **_some(kind, data)})
                for _ in range(1 if door == "save" else 2)
            ]

        def work() -> None:
            if door == "save":
                rows[0].save()
            elif door == "bulk_create":
                kind.model.objects.bulk_create(rows)
            else:
                self._insert(kind, rows, staged=door == "copy")
            for row in rows:
                self._say(kind, row.pk, "+", _current(kind, row.pk))

        self._do(work, context, fate)

    @rule(
        data=st.data(),
        context=REASONED,
        fate=FATES,
        door=st.sampled_from(["save", "update", "bulk_update", "sql", "upsert"]),
    )
    def change(self, data: st.DataObject, context: Values, fate: str, door: str) -> None:
        """Some fields of one or more rows get the same new values; a row that had them already leaves no trace."""
        if not (found := self._present(data)):
            return
        kind, keys = found
        values = _some(kind, data)
        if not values:
            return

        def work() -> None:
            if door == "save":
                for row in kind.model.objects.filter(pk__in=keys):
                    _set(row, values).save()
            elif door == "update":
                kind.model.objects.filter(pk__in=keys).update(**values)
            elif door == "bulk_update":
                rows = [_set(row, values) for row in kind.model.objects.filter(pk__in=keys)]
                kind.model.objects.bulk_update(rows, list(values))
            elif door == "upsert":
                rows = [_set(row, values) for row in kind.model.objects.filter(pk__in=keys)]
                kind.model.objects.bulk_create(
                    rows, update_conflicts=True, unique_fields=["pk"], update_fields=list(values)
                )
            else:
                self._update(_execute, kind, keys, values)
            self._say_changed(kind, keys, values)

        self._do(work, context, fate)

    @rule(data=st.data(), context=CONTEXTS, fate=FATES, door=st.sampled_from(["delete", "queryset", "sql"]))
    def remove(self, data: st.DataObject, context: Values, fate: str, door: str) -> None:
        """Rows go."""
        if not (found := self._present(data)):
            return
        kind, keys = found

        def work() -> None:
            if door == "delete":
                for row in kind.model.objects.filter(pk__in=keys):
                    row.delete()
            elif door == "queryset":
                kind.model.objects.filter(pk__in=keys).delete()
            else:
                self._delete(_execute, kind, keys)
            for key in keys:
                self._say(kind, key, "-", self.lives[kind.model, key].state)

        self._do(work, context, fate)

    @rule(data=st.data(), context=CONTEXTS, inner=CONTEXTS, undone=st.booleans())
    def change_within(self, data: st.DataObject, context: Values, inner: Values, undone: bool) -> None:
        """A second person's work inside the first one's, the inner part perhaps undone; then the first goes on."""
        if not (found := self._present(data)):
            return
        kind, keys = found
        drawn = [_some(kind, data) for _ in range(3)]

        def update(values: Values) -> None:
            if values:
                kind.model.objects.filter(pk__in=keys).update(**values)
                self._say_changed(kind, keys, values)

        def work() -> None:
            update(drawn[0])
            before = self._copy()
            try:
                with transaction.atomic(), acting(**inner), self._signing(inner):
                    update(drawn[1])
                    if undone:
                        raise Undo
            except Undo:
                self.lives = before
            update(drawn[2])

        self._do(work, context, "committed")

    @rule(data=st.data(), going=st.booleans())
    def by_the_owner(self, data: st.DataObject, going: bool) -> None:
        """A session of the database owner, past the application: the door is ``sql``, the login says who."""
        if not (found := self._present(data)):
            return
        kind, keys = found
        values = {} if going else _some(kind, data)
        with self._signing({"user_id": None, "reason": "", "channel": "sql"}, self.owner.info.user):
            if going:
                self._delete(self.owner.execute, kind, keys)
                for key in keys:
                    self._say(kind, key, "-", self.lives[kind.model, key].state)
            elif values:
                self._update(self.owner.execute, kind, keys, values)
                self._say_changed(kind, keys, values)

    # What must hold after each of them

    @invariant()
    def history_tells_it_all(self) -> None:
        """The history of each row is what happened to it, no more and no less; its last row is the present one."""
        with self._context(), transaction.atomic():
            for (model, key), life in self.lives.items():
                rows = list(model.history.filter(**{model._meta.pk.attname: key}).order_by("history_id"))
                assert [_entry(life.kind, row) for row in rows] == life.entries
                dates = [row.history_date for row in rows]
                assert dates == sorted(dates)
                assert _current(life.kind, key) == life.state

    @invariant()
    def every_moment_comes_back(self) -> None:
        """Each state is rebuilt from history alone, by the time at which it held."""
        with self._context(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            now = cursor.fetchone()[0]
            for life in self.lives.values():
                life.moments.append((now, life.state))
            for model in {model for model, _key in self.lives}:
                for moment in {moment for life in self.lives.values() for moment, _state in life.moments[-3:]}:
                    found = {row.pk: row for row in model.history.as_of(moment)}
                    for (of, key), life in self.lives.items():
                        for when, state in life.moments:
                            if of is model and when == moment:
                                row = found.get(key)
                                assert (None if row is None else _values(life.kind, row)) == state

    # How

    def _do(self, work: Callable[[], None], context: Values, fate: str) -> None:
        """Do the work as ``context`` says, and let it last or not."""
        before = self._copy()
        try:
            with self._context(**context), self._signing(context), transaction.atomic():
                try:
                    with transaction.atomic():
                        work()
                        if fate == "savepoint rolled back":
                            raise Undo
                except Undo:
                    self.lives = before
                if fate == "rolled back":
                    raise Undo
        except Undo:
            self.lives = before

    def _context(self, **context: Any) -> Any:
        return within_department(self.department, **context)

    @contextmanager
    def _signing(self, context: Values, login: str = "") -> Iterator[None]:
        """What is done within must be signed so."""
        outer, self._signed = self._signed, (context, login or connection.settings_dict["USER"])
        try:
            yield
        finally:
            self._signed = outer

    def _say(self, kind: Kind, key: int, mark: str, values: Values | None) -> None:
        """The row's history must go on with this."""
        context, login = self._signed
        assert values is not None
        reason = context["reason"] or None
        entry = Entry(mark, values, context["user_id"], reason, context["channel"], login)
        self.lives.setdefault((kind.model, key), Life(kind)).entries.append(entry)

    def _say_changed(self, kind: Kind, keys: list[int], values: Values) -> None:
        for key in keys:
            before = self.lives[kind.model, key].state
            assert before is not None
            if {**before, **values} != before:
                self._say(kind, key, "~", {**before, **values})

    def _copy(self) -> dict[tuple[Any, int], Life]:
        return {key: Life(life.kind, [*life.entries], life.moments) for key, life in self.lives.items()}

    def _present(self, data: st.DataObject) -> tuple[Kind, list[int]] | None:
        """Up to three rows of one kind that are there."""
        there = {model for (model, _key), life in self.lives.items() if life.state is not None}
        if not there:
            return None
        kind = data.draw(st.sampled_from([each for each in self.kinds if each.model in there]))
        keys = [key for (model, key), life in self.lives.items() if model is kind.model and life.state is not None]
        return kind, data.draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3, unique=True))

    def _insert(self, kind: Kind, rows: list[Any], *, staged: bool) -> None:
        """By SQL, straight or through a file's way: COPY into a table of its own, from there INSERT ... SELECT."""
        fields = [each for each in kind.model._meta.concrete_fields if not each.primary_key and not each.generated]
        columns = sql.SQL(", ").join(sql.Identifier(each.column) for each in fields)
        table = sql.Identifier(kind.model._meta.db_table)
        lines = [[_prepared(each, each.pre_save(row, add=True)) for each in fields] for row in rows]
        with connection.cursor() as cursor:
            if staged:
                cursor.execute(
                    sql.SQL("CREATE TEMP TABLE staged ON COMMIT DROP AS SELECT {} FROM {} WHERE false").format(
                        columns, table
                    )
                )
                with cursor.copy(sql.SQL("COPY staged ({}) FROM STDIN").format(columns)) as copy:
                    for line in lines:
                        copy.write_row(line)
                source, given = sql.SQL("SELECT {} FROM staged").format(columns), []
            else:
                place = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(fields)))
                source = sql.SQL("VALUES {}").format(sql.SQL(", ").join([place] * len(lines)))
                given = [value for line in lines for value in line]
            statement = sql.SQL("INSERT INTO {} ({}) {} RETURNING id")
            cursor.execute(statement.format(table, columns, source), given)
            for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
                row.pk = key

    def _update(self, execute: Any, kind: Kind, keys: list[int], values: Values) -> None:
        fields = [kind.model._meta.get_field(name) for name in values]
        pairs = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(f.column), sql.Placeholder()) for f in fields
        )
        statement = sql.SQL("UPDATE {} SET {} WHERE id = ANY(%s)")
        prepared = [_prepared(each, values[each.name]) for each in fields]
        execute(statement.format(sql.Identifier(kind.model._meta.db_table), pairs), [*prepared, keys])

    def _delete(self, execute: Any, kind: Kind, keys: list[int]) -> None:
        statement = sql.SQL("DELETE FROM {} WHERE id = ANY(%s)")
        execute(statement.format(sql.Identifier(kind.model._meta.db_table)), [keys])


def _execute(statement: Any, given: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def _some(kind: Kind, data: st.DataObject) -> Values:
    """New values of some fields."""
    names = data.draw(st.lists(st.sampled_from(sorted(kind.changes)), max_size=3, unique=True))
    return {name: data.draw(kind.changes[name]) for name in names}


def _set(row: Any, values: Values) -> Any:
    for name, value in values.items():
        setattr(row, name, value)
    return row


def _prepared(model_field: Any, value: Any) -> Any:
    return model_field.get_db_prep_save(value, connection)


def _tracked(kind: Kind) -> list[str]:
    return [each.attname for each in kind.model.history.model.tracked_fields]


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _values(kind: Kind, row: Any) -> Values:
    return {name: _plain(getattr(row, name)) for name in _tracked(kind)}


def _current(kind: Kind, key: int) -> Values | None:
    """The row as the table has it."""
    row = kind.model._base_manager.filter(pk=key).first()
    return None if row is None else _values(kind, row)


def _entry(kind: Kind, row: Any) -> Entry:
    return Entry(
        row.history_type,
        _values(kind, row),
        row.history_user_id,
        row.history_change_reason,
        row.history_channel,
        row.history_database_user,
    )
