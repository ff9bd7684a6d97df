"""What keeping history costs: our triggers, django-simple-history's own writer, and no history, on the same table.

The table has the columns, keys and indexes of credit records, three times over (``models.py``); the three take turns.
Single saves are timed inside a transaction, as a request's are, and for the detail as transactions of their own, there
with what our backend does at the beginning of each; the others use Django's stock backend. Whole sheets arrive as in an
import (COPY, then INSERT ... SELECT) and as lists of objects.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

from benchmarks import ours  # isort: skip  (sets Django up)

import pgtrigger
import polars as pl
from django.db import connection, connections, models, transaction
from django.utils import timezone
from psycopg import sql
from simple_history.utils import bulk_create_with_history

from apps.audit import guards
from apps.audit.context import every_department
from apps.audit.partitions import partition
from apps.departments.models import User
from apps.records.models import Record
from apps.subjects.models import Subject
from benchmarks import common
from benchmarks.models import Bare, Ours, Signals
from credit_city import postgres

STOCK: Final = "stock"
"""The same database through Django's own backend, which knows no context."""
MANY: Final = 100_000
SAVES: Final = 50
BATCH: Final = 5_000
ROUNDS: Final = 3
WHO: Final = ("ours", "signals", "bare")

_numbers = count(1)


@contextmanager
def _tables() -> Iterator[None]:
    """The tables of the three, made as the owner makes those of the project; dropped at the end."""
    session = connection.copy()
    session.settings_dict |= postgres.database_settings("owner")
    made = [Bare, Ours, Ours.history.model, Signals, Signals.history.model]
    _drop(made)
    with session.schema_editor() as editor:
        for model in made:
            editor.create_model(model)
    session.close()
    with ours.owner() as owner:
        partition(owner, Ours.history.model)
        for model, trigger in pgtrigger.registered():
            if model is Ours:
                owner.execute(trigger.compile(model).install_sql)
        for guard in (guards.NO_TRUNCATE, guards.NO_NEW_KEY):
            owner.execute(guards.statement(Ours, guard))
    stock = {**connection.settings_dict, "ENGINE": "django.db.backends.postgresql"}
    connections.settings[STOCK] = {key: value for key, value in stock.items() if key != "ROLES"}
    try:
        yield
    finally:
        connections[STOCK].close()
        connection.close()
        _drop(made)


def _drop(made: list[Any]) -> None:
    with ours.owner() as owner:
        for model in made:
            owner.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.Identifier(model._meta.db_table)))
        for model, trigger in pgtrigger.registered():
            if model is Ours:
                owner.execute(f"DROP FUNCTION IF EXISTS {trigger.get_pgid(model)}()")


class _Rows:
    """Values of records, all different, about subjects of the city."""

    def __init__(self) -> None:
        with every_department(), transaction.atomic():
            self._subjects = list(Subject.objects.order_by("pk").values_list("pk", flat=True)[:1000])
            author = User.objects.order_by("pk").values_list("pk", flat=True)[0]
            self._fixed = {
                "item_id": ours.item().pk,
                "department_id": ours.department().pk,
                "author_id": author,
                "state": Record.State.DRAFT,
                "document_name": "行政处罚决定书",
                "decided_on": timezone.localdate(),
                "valid_from": timezone.localdate(),
                "authority_name": "郑州市市场监督管理局",
                "authority_code": "11410100005252112X",
                "source_name": "郑州市市场监督管理局",
                "source_code": "11410100005252112X",
                "data": {"facts": "销售不合格商品" * 8, "content": "罚款一万元", "fine_amount": "10000"},
                "deadline": timezone.localdate(),
                "created_at": timezone.now(),
            }

    def one(self) -> dict[str, Any]:
        number = next(_numbers)
        return self._fixed | {
            "subject_id": self._subjects[number % len(self._subjects)],
            "document_number": f"郑市监处罚〔2026〕{number}号",
        }

    def objects(self, model: Any) -> list[Any]:
        return [model(**self.one()) for _ in range(MANY)]


def _single_saves(rows: _Rows) -> dict[str, float]:
    """Seconds of one new object and of one change, by variant."""
    aliases = {"ours": (Ours, "default"), "signals": (Signals, STOCK), "bare": (Bare, STOCK)}
    kept: dict[str, list[Any]] = {}
    for name, (model, alias) in aliases.items():
        kept[name] = [model(**rows.one()) for _ in range(SAVES)]
        for each in kept[name]:
            each.save(using=alias)

    def measured(name: str, change: bool, alone: bool) -> Callable[[], float]:
        model, alias = aliases[name]

        def save_all(objects: list[Any]) -> None:
            for each in objects:
                if alone:
                    with transaction.atomic(using=alias):
                        each.save(using=alias)
                else:
                    each.save(using=alias)

        def run() -> float:
            objects = kept[name] if change else [model(**rows.one()) for _ in range(SAVES)]
            for each in objects:
                each.version += 1
            if alone:
                return common.timed(lambda: save_all(objects)) / SAVES
            with transaction.atomic(using=alias):
                return common.timed(lambda: save_all(objects)) / SAVES

        return run

    works = {
        f"{name}, {'change' if change else 'new'}{', alone' if alone else ''}": measured(name, change, alone)
        for change in (False, True)
        for alone in (False, True)
        for name in aliases
    }
    return common.interleaved(works, common.scale().rounds * 4, warm_up=5)


COLUMNS: Final = [field for field in Record._meta.local_concrete_fields if not field.primary_key]


def _frame(rows: list[Any]) -> pl.DataFrame:
    """Rows as the import holds them in memory."""
    return pl.DataFrame({field.column: [_plain(field, row) for row in rows] for field in COLUMNS})


def _plain(field: Any, row: Any) -> Any:
    value = getattr(row, field.attname)
    return json.dumps(value, ensure_ascii=False) if isinstance(field, models.JSONField) else value


def _sheet(model: Any, frame: pl.DataFrame) -> float:
    """Seconds from rows in memory to rows in the table as the import brings them: COPY aside, INSERT ... SELECT."""
    names = sql.SQL(", ").join(sql.Identifier(field.column) for field in COLUMNS)
    table = sql.Identifier(model._meta.db_table)

    def work() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE TEMP TABLE sheet (LIKE {} INCLUDING DEFAULTS) ON COMMIT DROP").format(table))
            cursor.execute("ALTER TABLE sheet DROP COLUMN id")
            text = io.BytesIO()
            frame.write_csv(text, include_header=False)
            with cursor.copy(sql.SQL("COPY sheet ({}) FROM STDIN (FORMAT csv)").format(names)) as copy:
                copy.write(text.getbuffer())
            cursor.execute(sql.SQL("INSERT INTO {} ({}) SELECT {} FROM sheet").format(table, names, names))

    return common.timed(work)


def _in_one_transaction(work: Callable[[], Any]) -> float:
    def run() -> None:
        with transaction.atomic():
            work()

    return common.timed(run)


def _without_foreign_keys() -> None:
    """What they check costs the same for all, several times what history does."""
    with ours.owner() as owner:
        for model in (Bare, Ours, Signals):
            table = model._meta.db_table
            for (name,) in owner.execute(
                "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass", [table]
            ).fetchall():
                owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def _many(rows: _Rows, *names: str) -> dict[str, float]:
    """Seconds of a whole sheet, by variant; the tables are emptied before each, so that none grows."""

    def emptied(model: Any, work: Callable[[list[Any]], float]) -> Callable[[], float]:
        def run() -> float:
            objects = rows.objects(model)
            with ours.owner() as owner:
                for table in (model, model.history.model) if hasattr(model, "history") else (model,):
                    owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table._meta.db_table)))
                    owner.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table._meta.db_table)))
                owner.execute("CHECKPOINT")
            return work(objects)

        return run

    def update(model: Any) -> Callable[[list[Any]], float]:
        def work(objects: list[Any]) -> float:
            _sheet(model, _frame(objects))
            return _in_one_transaction(lambda: model.objects.update(state="submitted", submitted_at=timezone.now()))

        return work

    def create(model: Any) -> Callable[[list[Any]], float]:
        return lambda objects: _in_one_transaction(lambda: model.objects.bulk_create(objects, batch_size=BATCH))

    def with_history(objects: list[Any]) -> float:
        return _in_one_transaction(lambda: bulk_create_with_history(objects, Signals, batch_size=BATCH))

    works = {
        "bare, sheet": emptied(Bare, lambda objects: _sheet(Bare, _frame(objects))),
        "ours, sheet": emptied(Ours, lambda objects: _sheet(Ours, _frame(objects))),
        "bare, bulk_create": emptied(Bare, create(Bare)),
        "ours, bulk_create": emptied(Ours, create(Ours)),
        "signals, bulk_create": emptied(Signals, with_history),
        "bare, update": emptied(Bare, update(Bare)),
        "ours, update": emptied(Ours, update(Ours)),
    }
    return common.interleaved({name: works[name] for name in names or works}, ROUNDS, warm_up=0)


def main() -> list[common.Line]:
    rows = _Rows()
    with _tables(), every_department(channel="command", reason="measured"):
        one = {name: seconds * 1000 for name, seconds in _single_saves(rows).items()}
        many = _many(rows)
        _without_foreign_keys()
        free = _many(rows, "bare, sheet", "ours, sheet", "signals, bulk_create")
    lines = []
    for work, name in (("a new row", "new"), ("a changed row", "change")):
        mine, peer, bare = (one[f"{who}, {name}"] for who in WHO)
        detail = {f"ms in a transaction of its own, {who}": round(one[f"{who}, {name}, alone"], 3) for who in WHO}
        lines += [
            common.Line(
                f"{work} saved, against simple-history's own writer", "ms", mine, peer, bare,
                **common.at_most(mine / peer, 0.5), detail=detail,
            ),
            common.Line(
                f"{work} saved, against no history", "ms", mine, peer, bare, **common.at_most(mine / bare, 1.3)
            ),
        ]  # fmt: skip
    peer = many["signals, bulk_create"]
    checked = {
        "times, foreign keys checked": round(peer / many["ours, sheet"], 2),
        "times, foreign keys checked and no history": round(peer / many["bare, sheet"], 2),
    }
    times = free["signals, bulk_create"] / free["ours, sheet"]
    lines += [
        common.Line(
            f"{MANY:,} rows as a sheet: bulk_create_with_history takes so many times as long", "s",
            free["ours, sheet"], free["signals, bulk_create"], free["bare, sheet"],
            **common.at_least(times, 8), detail=checked,
        ),
        common.Line(
            f"{MANY:,} rows as a sheet, against no history", "s",
            many["ours, sheet"], peer, many["bare, sheet"],
            **common.at_most(many["ours, sheet"] / many["bare, sheet"], 1.5),
        ),
        common.Line(
            f"{MANY:,} objects by bulk_create, against no history", "s",
            many["ours, bulk_create"], peer, many["bare, bulk_create"],
            **common.at_most(many["ours, bulk_create"] / many["bare, bulk_create"], 1.5),
        ),
        common.Line(
            f"{MANY:,} rows changed by one UPDATE, against no history", "s",
            many["ours, update"], None, many["bare, update"],
            **common.at_most(many["ours, update"] / many["bare, update"], 1.5),
        ),
    ]  # fmt: skip
    return lines


if __name__ == "__main__":
    common.finish(__file__, main())
