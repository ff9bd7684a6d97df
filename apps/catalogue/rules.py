"""The rules of typed fields: reading a value, judging a row, and the three written forms of a value. Pure.

A value lives in four forms: as entered (text or spreadsheet cell), parsed (text, date, Decimal in yuan, list of texts,
bool), stored (JSON-safe, in ``Record.data``) and at the edge (as files carry it: 万元, yyyy/MM/dd). These scalar rules
are the reference for the import's column-wise ones.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from . import errors, shapes, values
from .errors import FieldError
from .shapes import Edition, EditionColumn, FieldSpec, ItemSpec, RequiredIf

__all__ = [
    "Edition",
    "EditionColumn",
    "FieldError",
    "FieldSpec",
    "ItemSpec",
    "Parsed",
    "ParsedRow",
    "RequiredIf",
    "check_row",
    "fill_defaults",
    "from_storage",
    "parse_row",
    "parse_value",
    "to_display",
    "to_edge",
    "to_storage",
    "translate_value",
]

READERS: Final[dict[str, Callable[[FieldSpec, Any], Any]]] = {
    shapes.TEXT: values.read_text,
    shapes.DATE: values.read_date,
    shapes.AMOUNT: values.read_amount,
    shapes.CHOICE: values.read_choice,
    shapes.CHOICES: values.read_choices,
    shapes.CODE: values.read_code,
    shapes.BOOLEAN: values.read_boolean,
}

INDIVIDUAL_BUSINESS: Final = "个体工商户"
ORGANISATION: Final = "法人及非法人组织"
NATURAL_PERSON: Final = "自然人"


@dataclass(frozen=True)
class Parsed:
    """What reading gave: a value (None when empty) or an error."""

    value: Any = None
    error: FieldError | None = None

    @property
    def ok(self) -> bool:
        return self.error is None


@dataclass(frozen=True)
class ParsedRow:
    """A row's parsed values by field code (only those that could be read) and its errors by field code."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[FieldError]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.errors


def parse_value(spec: FieldSpec, raw: Any) -> Parsed:
    """Read one value by its field's rules, whatever the other fields hold.

    ``raw`` is a text or what a spreadsheet cell holds. Empty gives None, which is no error here: whether a value is
    required is judged with the row (``check_row``).
    """
    if not raw if isinstance(raw, list | tuple) else not values.text_from(raw):
        return Parsed()
    result = READERS[spec.type](spec, raw)
    if isinstance(result, FieldError):
        return Parsed(error=result)
    return Parsed(None if result in ("", []) else result)


def parse_row(
    spec: ItemSpec,
    raw: Mapping[str, Any],
    today: datetime.date,
    *,
    edition: Edition | None = None,
    overridden: frozenset[str] = frozenset(),
) -> ParsedRow:
    """Read a whole row (field code -> raw value) and judge it; all its errors at once.

    ``today`` is the local date. ``edition``: the edition of the file the row came from (see ``check_row``).
    ``overridden``: codes of the fields whose wrong check character a person accepted, with a reason.
    """
    found: dict[str, Any] = {}
    wrong: dict[str, list[FieldError]] = {}
    for each in spec.fields:
        parsed = parse_value(each, raw.get(each.code))
        if parsed.error is None:
            found[each.code] = parsed.value
        elif parsed.error.overridable and each.code in overridden:
            found[each.code] = parsed.error.kept
        else:
            wrong[each.code] = [parsed.error]
    for code, error in check_row(spec, found, today, edition=edition):
        if not (error.overridable and code in overridden):
            wrong.setdefault(code, []).append(error)
    return ParsedRow(found, wrong)


def check_row(
    spec: ItemSpec, parsed: Mapping[str, Any], today: datetime.date, *, edition: Edition | None = None
) -> list[tuple[str, FieldError]]:
    """What is wrong between the fields of a row, as (field code, error).

    ``parsed`` holds the values that could be read: a field that is absent from it has an error of its own already, and
    nothing that depends on it is judged. The checks, in order: required; required if; valid to not before
    valid from; decided on not in the future; identity document fits its kind; the placeholder code only for an
    individual business.

    A row from a file of another edition is not asked for what that edition has neither column nor default for.
    """
    found: list[tuple[str, FieldError]] = []
    for each in spec.fields:
        if edition is not None and each.code not in edition.fields:
            continue
        if each.code not in parsed or parsed[each.code] is not None:
            continue
        if each.required:
            found.append((each.code, values.error(each, errors.REQUIRED, "")))
        elif hit := _condition_met(each.required_if, parsed):
            condition = spec.by_code[each.required_if.field] if each.required_if else each
            words = {"condition_label": condition.label, "condition_value": hit}
            found.append((each.code, values.error(each, errors.REQUIRED_IF, "", **words)))
    return [*found, *_check_dates(spec, parsed, today), *_check_codes(spec, parsed, today)]


def _condition_met(condition: RequiredIf | None, parsed: Mapping[str, Any]) -> str:
    """The value that makes a field required, "" when none does."""
    if condition is None:
        return ""
    value = parsed.get(condition.field)
    if value is None:
        return ""
    held = [values.base_of(one) for one in value] if isinstance(value, list) else [values.base_of(_text(value))]
    return next((one for one in condition.contains if one in held), "")


def _check_dates(spec: ItemSpec, parsed: Mapping[str, Any], today: datetime.date) -> list[tuple[str, FieldError]]:
    found: list[tuple[str, FieldError]] = []
    start, end, decided = (spec.by_role.get(role) for role in ("valid_from", "valid_to", "decided_on"))
    if start and end:
        first, last = parsed.get(start.code), parsed.get(end.code)
        if first and last and last < first:
            words = {"other_label": start.label, "other_value": to_edge(start, to_storage(start, first))}
            shown = to_edge(end, to_storage(end, last))
            found.append((end.code, values.error(end, errors.DATES_REVERSED, shown, **words)))
    if decided and (day := parsed.get(decided.code)) and day > today:
        shown = to_edge(decided, to_storage(decided, day))
        found.append((decided.code, values.error(decided, errors.DATE_IN_FUTURE, shown)))
    return found


def _check_codes(spec: ItemSpec, parsed: Mapping[str, Any], today: datetime.date) -> list[tuple[str, FieldError]]:
    found: list[tuple[str, FieldError]] = []
    for each in spec.fields:
        if each.code_scheme == "identity_number" and each.kind_field and parsed.get(each.code):
            kind = parsed.get(each.kind_field)
            if kind and (error := values.check_document(each, parsed[each.code], kind, today)):
                found.append((each.code, error))
    code, category = spec.by_role.get("subject_uscc"), spec.by_role.get("subject_category")
    if (
        code
        and category
        and parsed.get(code.code) == values.CODE_PLACEHOLDER
        and parsed.get(category.code) not in (None, INDIVIDUAL_BUSINESS)
    ):
        error = values.error(code, errors.PLACEHOLDER_CATEGORY, values.CODE_PLACEHOLDER, other_label=category.label)
        found.append((code.code, error))
    return found


def category_of(uscc: str) -> str:
    """The category (行政相对人类别) of an organisation that its unified social credit code tells."""
    return INDIVIDUAL_BUSINESS if uscc.startswith("92") or uscc == values.CODE_PLACEHOLDER else ORGANISATION


def fill_defaults(
    spec: ItemSpec, edition: Edition, raw: Mapping[str, Any], *, department_name: str, department_uscc: str
) -> dict[str, Any]:
    """The row with the edition's defaults in its empty fields.

    Three placeholders are known: ``{department.name}``, ``{department.uscc}`` (the reporting department) and
    ``{subject.category}`` (told by the counterparty's cleaned code: ``category_of``).
    """
    row = dict(raw)
    code = spec.by_role.get("subject_uscc")
    uscc = values.clean_code(values.text_from(row.get(code.code))).text if code else ""
    known = {
        "{department.name}": department_name,
        "{department.uscc}": department_uscc,
        "{subject.category}": category_of(uscc),
    }
    for field_code, default in edition.defaults.items():
        if not values.text_from(row.get(field_code)):
            row[field_code] = known.get(default, default)
    return row


def translate_value(column: EditionColumn, raw: Any) -> Any:
    """A value of another edition in today's terms (当前状态 ``1`` -> ``撤销``); others stay."""
    return column.values.get(values.text_from(raw), raw) if column.values else raw


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def to_storage(spec: FieldSpec, value: Any) -> Any:
    """JSON-safe form of a parsed value: ISO date, amount in yuan as text, list of texts, bool; None stays None."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return values.plain(value)
    return value


def from_storage(spec: FieldSpec, stored: Any) -> Any:
    """The parsed value of a stored one. Dates and Decimals pass as they are (columns of the record itself)."""
    if not isinstance(stored, str):
        return stored
    if spec.type == shapes.DATE:
        return datetime.date.fromisoformat(stored) if stored else None
    if spec.type == shapes.AMOUNT:
        return Decimal(stored) if stored else None
    return stored


def to_edge(spec: FieldSpec, stored: Any) -> str:
    """A stored value as files and forms carry it: ``yyyy/MM/dd``, amount in the field's unit, 是/否; "" for none.

    ``parse_value`` reads it back to the same value.
    """
    value = from_storage(spec, stored)
    if value is None:
        return ""
    if isinstance(value, datetime.date):
        return f"{value:%Y/%m/%d}"
    if isinstance(value, Decimal):
        return values.plain(value / values.UNITS[spec.unit])
    if isinstance(value, list):
        return (spec.separator or ";").join(_within_list(spec, one) for one in value)
    return _text(value)


def _within_list(spec: FieldSpec, choice: str) -> str:
    """A choice as part of a list: a note that holds a separator goes into brackets."""
    base = values.base_of(choice)
    if base == choice or not values.separators_of(spec) & set(choice[len(base) :]):
        return choice
    return f"{base}（{choice[len(base) + 1 :]}）"


def to_display(spec: FieldSpec, stored: Any) -> str:
    """A stored value as a person reads it, in the active language: ``2026-01-05``, ``1,500 yuan``; "" for none."""
    value = from_storage(spec, stored)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(values.BOOLEAN_NAMES[value])
    if isinstance(value, Decimal):
        number = values.plain(value / values.UNITS[spec.unit])
        whole, point, fraction = number.partition(".")
        return f"{int(whole):,}{point}{fraction} {values.unit_name(spec.unit)}"
    if isinstance(value, list):
        return "；".join(value)
    return _text(value)
