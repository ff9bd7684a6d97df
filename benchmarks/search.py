"""Two characters of a name among all subjects: our page, raw SQL with the index, the peer's ``icontains``."""

from __future__ import annotations

from urllib.parse import quote

from benchmarks import ours  # isort: skip  (sets Django up)

from django.db import connection, transaction
from django.urls import reverse

from apps.audit.context import every_department
from apps.core.text import bigram_query
from apps.subjects.models import Subject
from benchmarks import common

ADDRESS = reverse("admin:subjects_subject_changelist")
PER_PAGE = 100
PEER_ROUNDS = 5


def main() -> list[common.Line]:
    browser = ours.browser(ours.clerk())
    word = _rare_pair()
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
            "two characters of a name, query", "ms", taken["search"], None, taken["raw"],
            **common.at_most(taken["search"] / taken["raw"], 2), detail=detail,
        ),
        common.Line(
            "the page of the hits, against the first page", "ms", taken["page"], tuned, taken["first page"],
            **common.at_most(taken["page"] / taken["first page"], 1.5), detail=detail,
        ),
    ]  # fmt: skip


def _rare_pair() -> str:
    """A pair of characters that some hundred names hold: neither everybody's nor nobody's."""
    with every_department(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT pair FROM (
                SELECT substr(match_name, 4, 2) AS pair FROM {Subject._meta.db_table} TABLESAMPLE SYSTEM (20)
                WHERE uscc LIKE '91%%'
            ) pairs WHERE length(pair) = 2 GROUP BY pair ORDER BY abs(count(*) - 100), pair LIMIT 1
            """
        )
        return str(cursor.fetchone()[0])


if __name__ == "__main__":
    common.finish(__file__, main())
