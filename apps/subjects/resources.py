"""The columns of a business register and what their cells mean: by column, all errors at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.core.identifiers import check_registration_number, check_uscc, propose_uscc
from apps.core.identifiers.messages import message_for
from apps.core.identifiers.vectorised import clean_codes, registration_status, uscc_status
from apps.core.sheets import Sheet, SheetError, read_sheet, to_dates
from apps.core.terms import SubjectKind
from apps.core.text import match_form, normalise_text

from .capital import parse_capital
from .models import Subject

HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "name": ("企业名称", "名称", "主体名称", "市场主体名称", "单位名称", "机构名称", "字号名称", "企业（机构）名称"),
    "uscc": ("统一社会信用代码", "社会信用代码", "统一信用代码", "信用代码", "统一代码"),
    "registered_on": ("注册日期", "成立日期", "登记日期", "核准成立日期", "注册时间", "成立时间"),
    "organisation_type": ("企业类型", "类型", "主体类型", "市场主体类型", "企业（机构）类型", "经济类型"),
    "capital_text": ("注册资金", "注册资本", "注册资本（金）", "出资额", "开办资金"),
    "province": ("所在省份", "省份", "省"),
    "city": ("地区", "城市", "所在城市", "所在地区", "市"),
    "address": ("注册地址", "住所", "地址", "经营场所", "企业地址", "登记地址"),
    "legal_representative": ("法定代表人", "法人代表", "法人", "负责人", "经营者", "法定代表人（负责人）"),
    "status": ("登记状态", "经营状态", "企业状态", "状态"),
    "registration_number": ("注册号", "工商注册号", "企业注册号", "工商登记号"),
}
"""Column of the register -> headers under which files have it, in match form."""
LABELS: Final[dict[str, str | Promise]] = {
    "name": gettext_lazy("name"),
    "uscc": gettext_lazy("unified social credit code"),
    "registered_on": gettext_lazy("registered on"),
    "organisation_type": gettext_lazy("type of organisation"),
    "capital_text": gettext_lazy("registered capital as registered"),
    "province": gettext_lazy("province"),
    "city": gettext_lazy("city"),
    "address": pgettext_lazy("register", "address"),
    "legal_representative": gettext_lazy("legal representative"),
    "status": gettext_lazy("status"),
    "registration_number": gettext_lazy("business registration number"),
}
LENGTHS: Final = {
    "name": 200,
    "organisation_type": 100,
    "capital_text": 100,
    "address": 300,
    "legal_representative": 100,
}
REQUIRED: Final = ("name", "uscc")
_FIELDS: Final = {match_form(header): column for column, headers in HEADERS.items() for header in headers}
_UNIT: Final = re.compile(r"(.*?)（(.*元.*)）")
_NOTHING: Final = ("N/A", "NA", "NULL", "无", "暂无", "-", "--", "—", "/", "#N/A")
_STATUS: Final = (
    ("吊销", Subject.Status.REVOKED),
    ("注销", Subject.Status.CANCELLED),
    ("存续|在业|开业|在营|正常|登记成立", Subject.Status.ACTIVE),
)


@dataclass(frozen=True)
class RowError:
    """One wrong cell: where it stands, what it holds, what is wrong and how to mend it."""

    row: int
    column: str
    value: str
    code: str
    message: str


@dataclass(frozen=True)
class Register:
    """A register file, read and checked.

    ``rows``: the right rows, each code once: ``row`` (original number), ``name``, ``uscc``, ``kind``, ``registered_on``
    (Date), ``capital`` (yuan, Decimal) and the other columns as texts, null where the file says nothing.
    """

    sheet: Sheet
    columns: dict[str, str]
    rows: pl.DataFrame
    errors: list[RowError] = field(default_factory=list)
    total: int = 0
    duplicates: int = 0

    @property
    def rejected(self) -> int:
        """Number of rows with at least one error."""
        return len({error.row for error in self.errors})


def recognise(header: str) -> tuple[str, str]:
    """Column of the register that a header names and the unit it gives; both "" when it is none of ours."""
    form = match_form(header)
    if form in _FIELDS:
        return _FIELDS[form], ""
    if (match := _UNIT.fullmatch(form)) and match[1] in _FIELDS:
        return _FIELDS[match[1]], match[2]
    return "", ""


def header_score(cells: Sequence[str]) -> float:
    """How many columns of the register a row names; 0 without name and code."""
    found = {recognise(cell)[0] for cell in cells} - {""}
    return len(found) if found.issuperset(REQUIRED) else 0


def read_register(source: str | Path | bytes) -> Register:
    """Read and check a register file. Raises SheetError when it cannot be read at all or lacks name or code."""
    try:
        sheet = read_sheet(source, header_score)
    except SheetError as error:
        if error.code != "header":
            raise
        text = _("No row holds the headers “企业名称” and “统一社会信用代码” that a business register has.")
        raise SheetError("header", text) from error
    columns: dict[str, str] = {}
    unit = ""
    for letter, header in sheet.headers.items():
        column, of_column = recognise(header)
        if column and column not in columns:
            columns[column] = letter
            unit = of_column if column == "capital_text" else unit
    return _Reader(sheet, columns, unit).read()


class _Reader:
    def __init__(self, sheet: Sheet, columns: dict[str, str], unit: str) -> None:
        self.sheet, self.columns, self.unit = sheet, columns, unit
        self.raw = sheet.rows.select("row", **{column: pl.col(letter) for column, letter in columns.items()})
        self.errors: list[RowError] = []
        self._cells: dict[str, dict[int, str | None]] = {}

    def read(self) -> Register:
        frame = self.raw.select("row", *(self._texts(column) for column in self.columns))
        frame = frame.with_columns(
            pl.lit(None, dtype=pl.String).alias(column) for column in HEADERS if column not in frame.columns
        )
        frame = self._codes(frame)
        for column, longest in LENGTHS.items():
            self._note(frame.filter(pl.col(column).str.len_chars() > longest), column, "too_long", self._too_long)
        self._note(frame.filter(pl.col("name").is_null()), "name", "empty", lambda value: _("The name is missing."))
        dates = to_dates(frame["registered_on"])
        wrong_date = frame["registered_on"].is_not_null() & dates.is_null()
        self._note(frame.filter(wrong_date), "registered_on", "date", self._no_date)
        frame = frame.with_columns(
            dates.alias("registered_on"), _capitals(frame["capital_text"], self.unit), _statuses(frame["status"])
        )
        frame, duplicates = self._once(frame)
        wrong = pl.Series([error.row for error in self.errors], dtype=pl.UInt32)
        return Register(
            sheet=self.sheet,
            columns=self.columns,
            rows=frame.filter(~pl.col("row").is_in(wrong.implode())),
            errors=sorted(self.errors, key=lambda error: (error.row, error.column)),
            total=len(self.raw),
            duplicates=duplicates,
        )

    def _texts(self, column: str) -> pl.Series:
        """Display form of the cells, null for the signs by which registers say "nothing"."""
        raw = self.raw[column]
        # Whole columns repeat few values or are plain already; each different text is normalised once.
        different = raw.drop_nulls().unique()
        plain = [normalise_text(value) for value in different]
        # The original of the capital always stays, even where it says that there is none.
        if column != "capital_text":
            plain = ["" if text.upper() in _NOTHING else text for text in plain]
        table = pl.DataFrame({"raw": different, "text": pl.Series(plain, dtype=pl.String)})
        joined = pl.DataFrame({"raw": raw}).join(table, on="raw", how="left", maintain_order="left")
        return joined["text"].replace("", None).alias(column)

    def _codes(self, frame: pl.DataFrame) -> pl.DataFrame:
        codes = clean_codes(self.raw["uscc"]).alias("uscc")
        errors = uscc_status(codes)
        # A code accepted with a reason is on record already and may come again.
        damaged = frame.with_columns(codes, errors.alias("error")).filter(pl.col("error") != "")
        known = set(Subject.objects.filter(uscc__in=damaged["uscc"].to_list()).values_list("uscc", flat=True))
        for row, code in damaged.filter(~pl.col("uscc").is_in(list(known))).select("row", "uscc").iter_rows():
            check = check_uscc(code)
            near = ", ".join(proposal.code for proposal in propose_uscc(code, limit=3))
            message = message_for(check) + (" " + _("Near to it: %(codes)s.") % {"codes": near} if near else "")
            self._error(row, "uscc", check.error, message)
        kind = (
            pl.when(pl.col("uscc").str.starts_with("92"))
            .then(pl.lit(SubjectKind.INDIVIDUAL_BUSINESS.value))
            .otherwise(pl.lit(SubjectKind.LEGAL_ENTITY.value))
        )
        frame = frame.with_columns(codes).with_columns(kind=kind)
        if "registration_number" in self.columns:
            numbers = clean_codes(self.raw["registration_number"]).replace("", None).alias("registration_number")
            # Registers repeat the unified code here since the merger of certificates.
            numbers = numbers.zip_with((numbers != codes).fill_null(value=True), pl.Series([None], dtype=pl.String))
            errors = registration_status(numbers)
            wrong = frame.with_columns(numbers, errors.alias("error"))
            wrong = wrong.filter(pl.col("registration_number").is_not_null() & (pl.col("error") != ""))
            for row, number in wrong.select("row", "registration_number").iter_rows():
                check = check_registration_number(number)
                self._error(row, "registration_number", check.error, message_for(check))
            frame = frame.with_columns(numbers.alias("registration_number"))
        return frame

    def _once(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """Each code once: a row that repeats code and name is left out, one with another name is an error."""
        forms = pl.Series("form", [match_form(name) for name in frame["name"]], dtype=pl.String)
        seen = frame.select("row", "uscc").with_columns(forms)
        first = seen.group_by("uscc", maintain_order=True).first().rename({"row": "first", "form": "first_form"})
        later = seen.join(first, on="uscc", maintain_order="left").filter(pl.col("row") != pl.col("first"))
        later = later.filter(pl.col("uscc") != "")
        for row, number in later.filter(pl.col("form") != pl.col("first_form")).select("row", "first").iter_rows():
            text = _("The code stands in row %(row)s with another name. Compare both with the certificates.")
            self._error(row, "uscc", "repeated", text % {"row": number})
        same = later.filter(pl.col("form") == pl.col("first_form"))["row"]
        return frame.filter(~pl.col("row").is_in(same.implode())), len(same)

    def _note(self, rows: pl.DataFrame, column: str, code: str, message: Any) -> None:
        for row, value in rows.select("row", column).iter_rows():
            self._error(row, column, code, message(value))

    def _error(self, row: int, column: str, code: str, message: str) -> None:
        if column not in self._cells and column in self.columns:
            self._cells[column] = dict(self.raw.select("row", column).iter_rows())
        value = self._cells.get(column, {}).get(row)
        header = self.sheet.headers[self.columns[column]] if column in self.columns else str(LABELS[column])
        self.errors.append(RowError(row=row, column=header, value=value or "", code=code, message=message))

    @staticmethod
    def _no_date(value: str) -> str:
        return _("“%(value)s” is no date. Write it like 2024-03-01.") % {"value": value}

    @staticmethod
    def _too_long(value: str) -> str:
        return _("The text has %(length)s characters, more than fit. Shorten it.") % {"length": len(value)}


def _capitals(texts: pl.Series, unit: str) -> pl.Series:
    different = texts.drop_nulls().unique()
    amounts = [parse_capital(text, unit) for text in different]
    table = pl.DataFrame({"text": different, "capital": pl.Series(amounts, dtype=pl.Decimal(38, 2))})
    joined = pl.DataFrame({"text": texts}).join(table, on="text", how="left", maintain_order="left")
    return joined["capital"]


def _statuses(texts: pl.Series) -> pl.Series:
    expression: Any = pl.when(pl.col("status").is_null()).then(None)
    for pattern, status in _STATUS:
        expression = expression.when(pl.col("status").str.contains(pattern)).then(pl.lit(status.value))
    return pl.DataFrame({"status": texts}).select(
        expression.otherwise(pl.lit(Subject.Status.OTHER.value)).alias("status")
    )["status"]
