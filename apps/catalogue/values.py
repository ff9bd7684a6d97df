"""Reading one value of each type, as people write it and as spreadsheets deliver it. Pure.

Each ``read_*`` takes a non-empty value (a text, or what a spreadsheet cell holds: int, float, bool, date, datetime,
Decimal) and returns the value, or a FieldError. The scalar functions here are the reference; whoever reads
whole columns at once must agree with them.
"""

import datetime
import math
import re
import unicodedata
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.identifiers import CHECKS, check_certificate, clean_code

from . import errors
from .errors import FieldError
from .shapes import OTHER, FieldSpec

EARLIEST: Final = datetime.date(1949, 1, 1)
LATEST: Final = datetime.date(2099, 12, 31)
"""Also what the standard writes for "without an end"."""
SERIAL_ORIGIN: Final = datetime.date(1899, 12, 30)
"""Day 0 of a spreadsheet's date numbers (right from 1900-03-01 on)."""
FLOAT_SAFE: Final = 10**15
"""From here on a number cell has lost digits."""
WAN: Final = Decimal(10000)
UNITS: Final = {"": Decimal(1), "yuan": Decimal(1), "wan_yuan": WAN}
"""Unit of a field -> yuan."""
UNIT_NAMES: Final[dict[str, str | Promise]] = {"yuan": _("yuan"), "wan_yuan": _("ten thousand yuan")}
SEPARATORS: Final = frozenset(";；、,，\n")
DOCUMENT_SCHEMES: Final = {
    "身份证": "resident_identity",
    "护照号": "passport",
    "港澳居民来往内地通行证": "hk_macau_permit",
    "台湾居民来往大陆通行证": "taiwan_permit",
    "外国人永久居留身份证": "foreign_permanent_residence",
    "其他": "other_certificate",
}
"""证件类型 of the standard -> check of apps.core.identifiers."""
CODE_PLACEHOLDER: Final = "0" * 17 + "X"
CLIP: Final = 40

BOOLEAN_NAMES: Final[dict[bool, str | Promise]] = {True: _("yes"), False: _("no")}
YES: Final = frozenset({"是", "有", "1", "y", "yes", "true", "t", "√", "对"})
NO: Final = frozenset({"否", "无", "0", "n", "no", "false", "f", "×", "x", "错"})

INVISIBLE: Final = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
    # These turn the direction of writing: a text that holds one is not what it looks like.
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_DROP_INVISIBLE: Final = {ord(character): None for character in INVISIBLE}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_CLOCK: Final = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
_DATE: Final = re.compile(
    rf"([0-9]{{4}})([-/.年])([0-9]{{1,2}})([-/.月])([0-9]{{1,2}})(?:日? ?|日 ?{_CLOCK}|[T ]{_CLOCK})"
)
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:\.0+)?")
_SERIAL: Final = re.compile(r"([0-9]{5})(?:\.[0-9]+)?")
_AMOUNT: Final = re.compile(r"([+-]?)((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)(万元|万|元)?")
_NOTE: Final = re.compile(r"其[他它](?:[-:：—–_]+(.+)|[(（](.+)[)）])", re.DOTALL)
_BLANK: Final = re.compile(r"\s+")


def text_from(raw: Any) -> str:
    """The value as a text: whole float cells without ``.0``, dates as ISO, invisible characters and outer space gone.

    A number of 10**15 or more keeps its scientific form: its last digits are lost, and the code checks say so.
    """
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < FLOAT_SAFE else format(raw, ".15g")
    if isinstance(raw, datetime.datetime):
        return raw.date().isoformat() if raw.time() == datetime.time.min else raw.isoformat(" ", "seconds")
    if isinstance(raw, datetime.date):
        return raw.isoformat()
    if isinstance(raw, Decimal):
        return format(raw, "f")
    text = str(raw).replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_DROP_INVISIBLE).strip()


def clip(text: str) -> str:
    """The text as an error message shows it."""
    return text if len(text) <= CLIP else text[: CLIP - 1] + "…"


def error(spec: FieldSpec, code: str, shown: str, **params: Any) -> FieldError:
    """An error of this field. A confidential value is never repeated: messages reach files and screens."""
    value = "*" * len(shown) if spec.confidential else clip(shown)
    return FieldError(code, {"label": spec.label, "value": value, **params})


def read_text(spec: FieldSpec, raw: Any) -> str | FieldError:
    """A text, trimmed; line breaks are kept, other control characters are refused."""
    text = text_from(raw)
    if found := _CONTROL.search(text):
        return error(spec, errors.CONTROL_CHARACTER, text.replace(found.group(), "▯"))
    if spec.max_length is not None and len(text) > spec.max_length:
        return error(spec, errors.TOO_LONG, text, length=len(text), limit=spec.max_length)
    return text


def read_date(spec: FieldSpec, raw: Any) -> datetime.date | FieldError:
    """A local date between 1949-01-01 and 2099-12-31.

    Texts: ``2026/1/5``, ``2026-01-05``, ``2026.1.5``, ``2026年1月5日``, ``20260105``, full width as well, with or
    without a time of day, which is dropped. Numbers: eight digits are year, month, day; five digits a spreadsheet's
    day number.
    """
    if isinstance(raw, datetime.datetime):
        return _within(spec, raw.date(), text_from(raw))
    if isinstance(raw, datetime.date):
        return _within(spec, raw, text_from(raw))
    shown = text_from(raw)
    text = _BLANK.sub(" ", unicodedata.normalize("NFKC", shown))
    text = re.sub(r" ?([-/.年月]) ?", r"\1", text).replace(" 日", "日")
    if match := _DATE.fullmatch(text):
        year, first, month, second, day = match.groups()
        if first == second or (first, second) == ("年", "月"):
            return _date(spec, year, month, day, shown)
    elif match := _COMPACT.fullmatch(text):
        year, month, day = match.groups()
        return _date(spec, year, month, day, shown)
    elif match := _SERIAL.fullmatch(text):
        return _within(spec, SERIAL_ORIGIN + datetime.timedelta(days=int(match.group(1))), shown)
    return error(spec, errors.DATE_INVALID, shown)


def _date(spec: FieldSpec, year: str, month: str, day: str, shown: str) -> datetime.date | FieldError:
    try:
        date = datetime.date(int(year), int(month), int(day))
    except ValueError:
        return error(spec, errors.DATE_IMPOSSIBLE, shown)
    return _within(spec, date, shown)


def _within(spec: FieldSpec, date: datetime.date, shown: str) -> datetime.date | FieldError:
    if date < EARLIEST:
        return error(spec, errors.DATE_TOO_EARLY, shown)
    if date > LATEST:
        return error(spec, errors.DATE_TOO_LATE, shown)
    return date


def read_amount(spec: FieldSpec, raw: Any) -> Decimal | FieldError:
    """An amount in yuan, from a number in the field's unit or with 元, 万 or 万元 written behind it.

    Full-width digits and thousands separators (in threes) are taken. Refused: a negative
    amount, more decimal places or digits than the field has (counted in its unit), scientific notation.
    """
    shown = text_from(raw)
    text = unicodedata.normalize("NFKC", format(Decimal(format(raw, ".15g")), "f") if _finite(raw) else shown)
    match = _AMOUNT.fullmatch(_BLANK.sub("", text))
    words = {"unit": unit_name(spec.unit), "example": "1.5" if spec.unit == "wan_yuan" else "15000"}
    if match is None or isinstance(raw, bool | datetime.date):
        return error(spec, errors.AMOUNT_INVALID, shown, **words)
    sign, digits, suffix = match.groups()
    number = Decimal(digits.replace(",", ""))
    if sign == "-" and number:
        return error(spec, errors.AMOUNT_NEGATIVE, shown, **words)
    factor = UNITS[spec.unit] if not suffix else WAN if suffix.startswith("万") else Decimal(1)
    yuan = number * factor
    written = plain(yuan / UNITS[spec.unit])
    whole, _point, fraction = written.partition(".")
    if spec.decimals is not None and len(fraction) > spec.decimals:
        return error(spec, errors.AMOUNT_DECIMALS, shown, limit=spec.decimals, **words)
    if spec.digits is not None and len(whole.lstrip("0")) > spec.digits - (spec.decimals or 0):
        return error(spec, errors.AMOUNT_TOO_LARGE, shown, limit=spec.digits - (spec.decimals or 0), **words)
    return Decimal(plain(yuan))


def _finite(raw: Any) -> bool:
    return isinstance(raw, float) and math.isfinite(raw)


def plain(number: Decimal) -> str:
    """The number without exponent and without trailing zeros: ``5000``, ``0.01``."""
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def unit_name(unit: str) -> str:
    """The unit's name, in the active language."""
    return str(UNIT_NAMES.get(unit, UNIT_NAMES["yuan"]))


def choice_key(text: str) -> str:
    """What two writings of one choice have in common: half width, no blanks, no case."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", text)).casefold()


def match_choice(spec: FieldSpec, text: str) -> str | None:
    """The lawful value that ``text`` writes, or None. Where 其他 is lawful, it may carry a note: ``其他-note``."""
    key = choice_key(text)
    for choice in spec.choices:
        if choice_key(choice) == key:
            return choice
    if OTHER in spec.choices:
        if key == "其它":
            return OTHER
        if match := _NOTE.fullmatch(text.strip()):
            note = tidy_note(match.group(1) or match.group(2))
            return f"{OTHER}-{note}" if note else OTHER
    return None


def tidy_note(note: str) -> str:
    """A note in the form in which it is kept: one line, and no bracket that lacks its partner."""
    note = _BLANK.sub(" ", _CONTROL.sub("", note)).strip(" -:：—–_")
    return note if _balanced(note) else re.sub(r"[()（）]", "", note).strip(" -:：—–_")


def base_of(choice: str) -> str:
    """The choice without its note."""
    return OTHER if choice.startswith(f"{OTHER}-") else choice


def read_choice(spec: FieldSpec, raw: Any) -> str | FieldError:
    """One of the field's lawful values; blanks, width and case do not matter."""
    text = text_from(raw)
    found = match_choice(spec, text)
    if found is None or _CONTROL.search(text):
        return error(spec, errors.CHOICE_UNKNOWN, text, choices="、".join(spec.choices))
    if spec.max_length is not None and len(found) > spec.max_length:
        return error(spec, errors.TOO_LONG, text, length=len(found), limit=spec.max_length)
    return found


def read_choices(spec: FieldSpec, raw: Any) -> list[str] | FieldError:
    """Several lawful values, parted by ``; ； 、 , ，``, line breaks or the field's separator.

    Each once, in the order of the catalogue. Separators within brackets part nothing: ``其他（限期整改、公开道歉）``
    is one value; nor does a sign that stands in one of the lawful values itself.
    """
    parts = raw if isinstance(raw, list | tuple) else split_choices(text_from(raw), separators_of(spec))
    found: list[str] = []
    for part in parts:
        value = read_choice(spec, part)
        if isinstance(value, FieldError):
            return value
        if value not in found:
            found.append(value)
    order = {choice: place for place, choice in enumerate(spec.choices)}
    return sorted(found, key=lambda value: order[base_of(value)])


def separators_of(spec: FieldSpec) -> frozenset[str]:
    """The signs that part the values of a field of several choices."""
    return (SEPARATORS | set(spec.separator)) - set("".join(spec.choices)) | set(";；")


def split_choices(text: str, separators: frozenset[str]) -> list[str]:
    """The parts of a list, none empty; balanced brackets keep what they hold together."""
    parts, part, depth = [], "", 0
    brackets = _balanced(text)
    for character in text:
        if brackets and character in "(（":
            depth += 1
        elif brackets and character in ")）":
            depth -= 1
        if character in separators and not depth:
            parts.append(part)
            part = ""
        else:
            part += character
    parts.append(part)
    return [part.strip() for part in parts if part.strip()]


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character in "(（") - (character in ")）")
        if depth < 0:
            return False
    return depth == 0


def read_boolean(spec: FieldSpec, raw: Any) -> bool | FieldError:
    """是/否, 1/0, yes/no, true/false, 有/无, √/×."""
    text = text_from(raw)
    key = choice_key(text)
    if key in YES:
        return True
    if key in NO:
        return False
    return error(spec, errors.BOOLEAN_INVALID, text)


def read_code(spec: FieldSpec, raw: Any, *, scheme: str | None = None) -> str | FieldError:
    """A code of the field's scheme, cleaned (see ``clean_code``) and checked.

    An identity document is only cleaned here; its check needs the kind of document: ``check_document``. The placeholder
    of the standard (17 zeros and X) passes for the counterparty's code only; ``rules`` looks at the category.
    """
    scheme = scheme or spec.code_scheme
    text = text_from(raw)
    if scheme in CHECKS:
        check = CHECKS[scheme](text)
        if check.error == "placeholder" and spec.role == "subject_uscc":
            return check.value
        return check.value if check.ok else _code_error(spec, scheme, check.error, check.value)
    cleaned = clean_code(text)
    if cleaned.scientific or (_finite(raw) and abs(raw) >= FLOAT_SAFE):
        return _code_error(spec, "other_certificate", "scientific", text)
    return read_text(spec, cleaned.text if scheme == "identity_number" else text)


def check_document(spec: FieldSpec, number: str, kind: str, today: datetime.date) -> FieldError | None:
    """The check of an identity document number for its kind (a value of 证件类型); an unknown kind is read as other."""
    scheme = DOCUMENT_SCHEMES.get(base_of(kind), "other_certificate")
    check = check_certificate(scheme, number, today)
    return None if check.ok else _code_error(spec, scheme, check.error, check.value)


def _code_error(spec: FieldSpec, scheme: str, code: str, value: str) -> FieldError:
    shown = "*" * len(value) if spec.confidential else clip(value)
    return FieldError(f"{errors.CODE_PREFIX}{code}", {"label": spec.label, "value": shown, "scheme": scheme}, value)
