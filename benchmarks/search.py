"""Two characters of a name among all subjects: our page, raw SQL with the index, the peer's ``icontains``.

Asked with a pair that a thousand names hold, as people type it, and with one that nearly as many hold as the page
counts exactly, where it works most.
"""

from __future__ import annotations

from urllib.parse import quote

from benchmarks import ours  # isort: skip  (sets Django up)

from django.db import connection, transaction
from django.urls import reverse

from apps.audit.context import every_department
from apps.core.paginator import COUNT_BOUND
from apps.core.text import bigram_query
from apps.subjects.models import Subject
from benchmarks import common

ADDRESS = reverse("admin:subjects_subject_changelist")
PER_PAGE = 100
PEER_ROUNDS = 5
SAMPLE = 5
"""Percent of the names that are looked through for a pair."""
HELD_BY = (1_000, COUNT_BOUND * 9 // 10)


def main() -> list[common.Line]:
    return [line for names in HELD_BY for line in _measure(*_pair(names))]


def _measure(word: str, names: int) -> list[common.Line]:
    browser = ours.browser(ours.clerk())
    searched = f"{ADDRESS}?q={quote(word)}"

    def raw() -> float:
        sql = (
            f"SELECT * FROM {Subject._meta.db_table} WHERE name_tokens @@ %s::tsquery AND match_name LIKE %s"
            " AND kind <> 'natural_person' AND merged_into_id IS NULL ORDER BY id DESC LIMIT 100"
        )

        def fetch() -> None:
            with connection.cursor() as cursor:
                cursor.execute(sql, [bigram_query(word), f"%{word}%"])
                cursor.fetchall()

        with every_department(), transaction.atomic():
            return common.timed(fetch)

    def found() -> float:
        def fetch() -> None:
            list(Subject.objects.search(word).order_by("-pk")[:PER_PAGE])

        with every_department(), transaction.atomic():
            return common.timed(fetch)

    with common.Talker("benchmarks.naive.calls") as peer:
        variants = {
            "raw": raw,
            "search": found,
            "page": lambda: ours.page(browser, searched),
            "first page": lambda: ours.page(browser, ADDRESS),
        }
        taken = common.interleaved(variants, common.scale().rounds, warm_up=2)
        slow = common.interleaved(
            {
                "documented": lambda: peer("page", user="superuser", address=f"/admin/naive/subject/?q={quote(word)}"),
                "tuned": lambda: peer("page", user="superuser", address=f"/tuned/naive/subject/?q={quote(word)}"),
            },
            PEER_ROUNDS,
        )
    taken = {name: seconds * 1000 for name, seconds in taken.items()}
    detail = {
        "pair": word,
        "ms, peer as documented": round(slow["documented"] * 1000, 1),
        "subjects": common.scale().subjects,
    }
    tuned = slow["tuned"] * 1000
    return [
        common.Line(
            f"two characters that {names:,} names hold, query", "ms", taken["search"], None, taken["raw"],
            **common.at_most(taken["search"] / taken["raw"], 2), detail=detail,
        ),
        common.Line(
            "the page of these hits, against the first page", "ms", taken["page"], tuned, taken["first page"],
            **common.at_most(taken["page"] / taken["first page"], 1.5), detail=detail,
        ),
    ]  # fmt: skip


def _pair(names: int) -> tuple[str, int]:
    """The pair of characters that about so many names hold, and how many do."""
    table = Subject._meta.db_table
    with every_department(), transaction.atomic(), connection.cursor() as cursor:
        sample = f"SELECT name_tokens FROM {table} TABLESAMPLE SYSTEM ({SAMPLE}) REPEATABLE (1)"
        cursor.execute(
            "SELECT word FROM ts_stat(%s) WHERE length(word) = 2 ORDER BY abs(ndoc - %s), word LIMIT 1",
            [sample, names * SAMPLE // 100],
        )
        word = str(cursor.fetchone()[0])
        cursor.execute(f"SELECT count(*) FROM {table} WHERE name_tokens @@ %s::tsquery", [bigram_query(word)])
        return word, int(cursor.fetchone()[0])


if __name__ == "__main__":
    common.finish(__file__, main())
