"""Organisations and individual businesses of a generated city, with their codes and former names."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Final

import polars as pl
from django.db import transaction

from apps.core.identifiers import vectorised
from apps.core.identifiers.uscc import ALPHABET
from apps.core.terms import SubjectKind
from apps.subjects.demo import (
    DISTRICTS,
    FIRST,
    OTHER_NAMES,
    SECOND,
    SHOPS,
    STREETS,
    TRADES,
    TYPES,
)
from apps.subjects.models import Identifier, Industry, Region, Subject, SubjectName

from .draws import Draws
from .people import names
from .staging import insert, stage, written

SLICE: Final = 100_000
BLOCK: Final = "CC"
"""The organisation codes begin with it: a block that no register is known to use."""
SOURCE: Final = "生成的城市"
MERGED_CERTIFICATES: Final = datetime.date(2015, 10, 1)
"""Who registered before bears the old codes too (three certificates in one)."""
FIRST_DAY: Final = datetime.date(1995, 1, 2)

_STARTS: Final[dict[str, int]] = {"92": 500, "91": 470, "93": 14, "12": 3} | {
    start: 1 for start in OTHER_NAMES if start not in ("12", "93")
}
"""Positions 1 and 2 of the code -> so many of a thousand."""
_COMPANIES: Final = {
    "郑州{}有限公司": 36, "河南{}有限公司": 36, "郑州市{}有限责任公司": 6, "河南省{}有限责任公司": 4,
    "河南{}股份有限公司": 4, "郑州{}合伙企业（有限合伙）": 5, "{}（郑州）有限公司": 4, "河南{}有限公司郑州分公司": 5,
}  # fmt: skip
_CAPITAL: Final = {
    "10": 8, "30": 6, "50": 14, "100": 22, "200": 14, "300": 8, "500": 12, "1000": 9, "2000": 4, "5000": 2, "10000": 1,
}  # fmt: skip
_STATUSES: Final = {Subject.Status.ACTIVE: 88, Subject.Status.CANCELLED: 9, Subject.Status.REVOKED: 3}
_FORMER_SHARE: Final = 1 / 12
_CODES: Final = 31**6
_STRIDE: Final = 327_680_017
"""No multiple of 31: running numbers times this, modulo 31**6, meet every code once, in no visible order."""


def load(seed: int, count: int, today: datetime.date, told: Callable[[int], None], *, jobs: int = 1) -> None:
    """Add ``count`` organisations and businesses; ``told`` hears how many there are so far."""
    with transaction.atomic():
        # All runs share the block of codes: a further run goes on where the last one ended.
        first = Identifier.objects.filter(scheme=Identifier.Scheme.ORGANISATION, value__startswith=BLOCK).count()
        regions = list(Region.objects.filter(code__in=DISTRICTS).values_list("code", flat=True))
        industries = list(Industry.objects.filter(code__in=TRADES.values()).values_list("code", flat=True))
    frames = (
        make(seed, first + start, min(SLICE, count - start), today).with_columns(
            pl.when(pl.col("region").is_in(regions)).then("region"),
            pl.when(pl.col("industry").is_in(industries)).then("industry"),
        )
        for start in range(0, count, SLICE)
    )
    done = 0
    for rows in written(frames, _insert, jobs):
        done += rows
        told(done)


def make(seed: int, first: int, count: int, today: datetime.date) -> pl.DataFrame:
    """Subjects number ``first`` and the following, a row each, with old codes and former name where they have any."""
    numbers = pl.int_range(first, first + count, dtype=pl.Int64, eager=True)
    draws = Draws(seed, numbers)
    start = draws.pick("kind", list(_STARTS), list(_STARTS.values()))
    division = draws.pick("division", list(DISTRICTS), _falling(len(DISTRICTS), 4))
    drawn = pl.DataFrame(
        {
            "number": numbers,
            "start": start,
            "district": division.replace_strict(DISTRICTS),
            "trade": draws.pick("trade", list(TRADES), _falling(len(TRADES), 3)),
            "word": _words(draws, "name"),
            "former_word": _words(draws, "former name"),
            "pattern": draws.pick("pattern", list(_COMPANIES), list(_COMPANIES.values())),
            "other": start.replace_strict(OTHER_NAMES, default=""),
            "shop": draws.pick("shop", SHOPS),
            "type": draws.pick("type", TYPES),
            "wan": draws.pick("capital", list(_CAPITAL), list(_CAPITAL.values())),
            "street": draws.pick("street", STREETS),
            "house": (draws.below("house", 400) + 1).cast(pl.String),
            "registered_on": _registration_days(draws, today),
            "status": draws.pick("status", list(_STATUSES), list(_STATUSES.values())),
            "legal_representative": names(draws),
            "region": division,
            "renamed": draws.chance("former", _FORMER_SHARE),
        }
    )
    company, business = pl.col("start") == "91", pl.col("start") == "92"
    empty = pl.lit("")
    made = drawn.select(
        "number",
        "status",
        "legal_representative",
        "registered_on",
        "region",
        pl.when(business)
        .then(pl.lit(str(SubjectKind.INDIVIDUAL_BUSINESS)))
        .otherwise(pl.lit(str(SubjectKind.LEGAL_ENTITY)))
        .alias("kind"),
        pl.when(company)
        .then(pl.col("pattern").str.replace("{}", pl.col("word") + pl.col("trade"), literal=True))
        .when(business)
        .then(pl.concat_str(pl.lit("郑州市"), "district", "word", "shop"))
        .otherwise(
            pl.col("other")
            .str.replace("{district}", pl.col("district"), literal=True)
            .str.replace("{word}", pl.col("word"), literal=True)
        )
        .alias("name"),
        pl.when(company & pl.col("renamed"))
        .then(pl.concat_str(pl.lit("郑州"), "former_word", "trade", pl.lit("有限公司")))
        .alias("former_name"),
        pl.when(company).then("type").when(business).then(pl.lit("个体工商户")).otherwise(empty).alias("type"),
        pl.when(company).then(pl.col("wan").cast(pl.Int64) * 10_000).alias("capital"),
        pl.when(company).then(pl.col("wan") + "万元人民币").otherwise(empty).alias("capital_text"),
        pl.concat_str(pl.lit("河南省郑州市"), "district", "street", "house", pl.lit("号")).alias("address"),
        pl.when(company).then(pl.col("trade").replace_strict(TRADES)).alias("industry"),
    )
    return made.with_columns(_codes(start + division, numbers, made["registered_on"]))


def _codes(beginning: pl.Series, numbers: pl.Series, registered_on: pl.Series) -> list[pl.Series]:
    """The unified code, the organisation code inside it, and the codes that enterprises bore before."""
    places = (numbers * _STRIDE) % _CODES
    letters = pl.Series(list(ALPHABET))
    body = pl.select(
        pl.concat_str(pl.lit(BLOCK), *(letters.gather(places // 31**power % 31) for power in reversed(range(6))))
    ).to_series()
    organisation = body + vectorised.organisation_check_characters(body)
    unified = beginning + organisation
    registration = beginning.str.slice(2) + (numbers % 10**8).cast(pl.String).str.zfill(8)
    none = pl.Series([None], dtype=pl.String)
    old = beginning.str.starts_with("9") & (registered_on < MERGED_CERTIFICATES)
    return [
        organisation.alias("organisation_code"),
        (unified + vectorised.uscc_check_characters(unified)).alias("uscc"),
        (registration + vectorised.registration_check_digits(registration))
        .zip_with(old, none)
        .alias("registration_number"),
        (beginning.str.slice(2) + organisation).zip_with(old, none).alias("tax_number"),
    ]


def _insert(frame: pl.DataFrame) -> int:
    stage(frame)
    rows = insert(
        Subject,
        {
            "kind": "r.kind",
            "name": "r.name",
            "match_name": "name_match_form(r.name)",
            "uscc": "r.uscc",
            "override_reason": "''",
            "status": "r.status",
            "organisation_type": "coalesce(r.type, '')",
            "registered_on": "r.registered_on",
            "capital": "r.capital",
            "capital_text": "coalesce(r.capital_text, '')",
            "legal_representative": "r.legal_representative",
            "address": "r.address",
            "region_id": "r.region",
            "industry_id": "r.industry",
            "created_at": "now()",
        },
    )
    for scheme in (Identifier.Scheme.ORGANISATION, Identifier.Scheme.REGISTRATION, Identifier.Scheme.TAX):
        insert(
            Identifier,
            {"subject_id": _ID, "scheme": f"'{scheme}'", "value": f"r.{scheme}", "source": f"'{SOURCE}'"},
            where=f"r.{scheme} IS NOT NULL",
            known="scheme, value",
        )
    insert(
        SubjectName,
        {
            "subject_id": _ID,
            "name": "r.former_name",
            "match_name": "name_match_form(r.former_name)",
            "since": "r.registered_on",
            "until": "r.registered_on + 300 + (r.number % 2000)::int",
        },
        where="r.former_name IS NOT NULL",
    )
    return rows


_ID: Final = f"(SELECT id FROM {Subject._meta.db_table} s WHERE s.uscc = r.uscc)"


def _falling(count: int, head: int) -> list[float]:
    """Weights that fall as those of words do."""
    return [1 / (place + head) for place in range(count)]


def _words(draws: Draws, purpose: str) -> pl.Series:
    """Names of two or three characters, some characters far dearer to founders than others."""
    first = draws.pick(f"{purpose} 1", FIRST, _falling(len(FIRST), 6))
    second = draws.pick(f"{purpose} 2", SECOND, _falling(len(SECOND), 6))
    third = draws.pick(f"{purpose} 3", SECOND + FIRST, _falling(len(SECOND + FIRST), 12))
    blank = pl.Series([""])
    return first + second + third.zip_with(draws.chance(f"{purpose} length", 0.6), blank)


def _registration_days(draws: Draws, today: datetime.date) -> pl.Series:
    """More of late than long ago."""
    span = (today - FIRST_DAY).days
    days = (draws.unit("registered") ** 0.5 * span).cast(pl.Int32)
    return (days + (FIRST_DAY - datetime.date(1970, 1, 1)).days).cast(pl.Date)
