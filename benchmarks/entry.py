"""Saving a record by the form: as it is, and in the same database without history triggers and row security."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from benchmarks import ours  # isort: skip  (sets Django up)

from django.db import connection
from django.urls import reverse

from benchmarks import common

ADDRESS = reverse("admin:records_record_add") + f"?item={ours.PENALTY}"


def main() -> list[common.Line]:
    browser, department = ours.browser(ours.clerk()), ours.department()
    with ours.owner() as owner:
        name, code = owner.execute(
            "SELECT name, uscc FROM subjects_subject WHERE uscc LIKE '91%' AND status = 'active' ORDER BY id LIMIT 1"
        ).fetchone()
        # Numbers of earlier runs are on record.
        numbers = count(owner.execute("SELECT max(id) + 1 FROM records_record").fetchone()[0])

    def save() -> float:
        values = {
            "v-subject_name": name,
            "v-subject_category": "法人及非法人组织",
            "v-subject_uscc": code,
            "v-document_number": f"测录〔2025〕{next(numbers)}号",
            "v-facts": "销售不合格商品",
            "v-penalty_kinds_choice": ["罚款"],
            "v-content": "罚款一万元",
            "v-fine_amount": "1",
            "v-decided_on": "2025-09-26",
            "v-authority_name": department.name,
            "v-authority_code": department.uscc,
            "v-source_name": department.name,
            "v-source_code": department.uscc,
            "_save": "1",
        }
        answer: list[Any] = []
        seconds = common.timed(lambda: answer.append(browser.post(ADDRESS, values)))
        assert answer[0].status_code == 302, answer[0].content.decode()[:2000]
        return seconds

    def warmed() -> float:
        # A change of triggers or policies makes the server forget what it knew of the tables.
        save()
        return save()

    with _Bare() as bare:
        taken = common.interleaved({"ours": warmed, "bare": lambda: bare(warmed)}, common.scale().rounds, warm_up=1)
    ours_ms, bare_ms = taken["ours"] * 1000, taken["bare"] * 1000
    return [
        common.Line(
            "a record saved by the form, against neither history nor row security", "ms", ours_ms, None, bare_ms,
            **common.at_most(ours_ms / bare_ms, 1.5),
        )
    ]  # fmt: skip


class _Bare:
    """Takes history triggers and row security off all tables for one piece of work, and puts them back on."""

    def __init__(self) -> None:
        self._owner = ours.owner()
        tables = self._rows(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        )
        self._secured = [name for name, on, _ in tables if on]
        self._triggers = self._rows(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND t.tgenabled = 'O' AND t.tgname LIKE 'pgtrigger_history_%'"
            " AND c.relnamespace = 'public'::regnamespace"
        )

    def _rows(self, query: str) -> list[Any]:
        return self._owner.execute(query).fetchall()

    def __call__(self, work: Callable[[], float]) -> float:
        self._switch("DISABLE")
        try:
            return work()
        finally:
            self._switch("ENABLE")

    def _switch(self, word: str) -> None:
        with self._owner.transaction():
            for table in self._secured:
                self._owner.execute(f'ALTER TABLE "{table}" {word} ROW LEVEL SECURITY')
            for table, trigger in self._triggers:
                self._owner.execute(f'ALTER TABLE "{table}" {word} TRIGGER "{trigger}"')

    def __enter__(self) -> _Bare:
        return self

    def __exit__(self, *error: object) -> None:
        self._owner.close()


if __name__ == "__main__":
    common.finish(__file__, main())
    connection.close()
