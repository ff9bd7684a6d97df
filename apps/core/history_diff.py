"""What a history page says: who, when, why, through which door, and each field's old and new value in words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.context import CHANNELS

EMPTY = "–"
LONGEST_VALUE = 500
KINDS = {"+": gettext_lazy("entered"), "~": gettext_lazy("changed"), "-": gettext_lazy("deleted")}

# (field, key, value) -> label and text of a key of a JSON field, None where nothing better is known.
JsonWords = Callable[[str, str, Any], tuple[str, str] | None]


@dataclass(frozen=True)
class FieldChange:
    """One field of one change; of a ``confidential`` field only that it changed is told."""

    label: str
    old: str = EMPTY
    new: str = EMPTY
    confidential: bool = False


@dataclass(frozen=True)
class Entry:
    """One row of a history page. ``mark`` is simple-history's ``+``, ``~`` or ``-``."""

    pk: int
    mark: str
    date: datetime
    who: str
    door: str
    reason: str
    changes: list[FieldChange] = field(default_factory=list)
    revertible: bool = False

    @property
    def is_first(self) -> bool:
        """Whether the row began here: there is no old state to show."""
        return self.mark == "+"

    @property
    def kind(self) -> str | Promise:
        return KINDS.get(self.mark, self.mark)


def tracked_fields(history_model: Any) -> list[models.Field]:
    """The fields a history model keeps, but for those that the database or Django keeps by itself."""
    return [
        found
        for found in history_model.tracked_fields
        if not found.primary_key and not getattr(found, "auto_now", False) and not getattr(found, "auto_now_add", False)
    ]


class Reader:
    """Turns rows of one history model into entries, with a bounded number of queries for a page of rows.

    ``confidential`` names fields whose values are never shown (binary fields never are); ``json_words`` puts the keys
    of JSON fields and their values into words.
    """

    def __init__(
        self, history_model: Any, *, confidential: Iterable[str] = (), json_words: JsonWords | None = None
    ) -> None:
        self.fields = tracked_fields(history_model)
        self.confidential = {
            *confidential,
            *(found.name for found in self.fields if isinstance(found, models.BinaryField)),
        }
        self.json_words = json_words or (lambda field, key, value: None)
        self.names: dict[str, dict[Any, str]] = {}

    def entries(self, rows: Sequence[Any], before: Any = None) -> list[Entry]:
        """Entries of ``rows`` (newest first); ``before`` is the row older than the last of them, if there is one."""
        if not rows:
            return []
        self.learn_names([*rows, *([before] if before else [])])
        users = _users({row.history_user_id for row in rows})
        older = [*rows[1:], before]
        return [
            Entry(
                pk=row.pk,
                mark=row.history_type,
                date=row.history_date,
                who=_who(row, users),
                door=str(CHANNELS.get(row.history_channel, row.history_channel)),
                reason=_reason(row),
                changes=self.changes(previous if row.history_type == "~" else None, row)
                if row.history_type != "-"
                else [],
            )
            for row, previous in zip(rows, older, strict=True)
        ]

    def changes(self, old: Any, new: Any) -> list[FieldChange]:
        """What differs between two rows (history rows or rows of the model); ``old`` None: all that ``new`` holds."""
        found: list[FieldChange] = []
        for each in self.fields:
            before = getattr(old, each.attname) if old is not None else None
            after = getattr(new, each.attname)
            if old is None and after in (None, "", [], {}):
                continue
            if _plain(before) == _plain(after):
                continue
            label = _label(each)
            if each.name in self.confidential:
                found.append(FieldChange(label, confidential=True))
            elif isinstance(each, models.JSONField) and isinstance(after, dict) and isinstance(before or {}, dict):
                found += self._changes_of_json(each, label, before or {}, after)
            else:
                found.append(FieldChange(label, self.text(each, before), self.text(each, after)))
        return found

    def _changes_of_json(self, each: models.Field, label: str, before: dict, after: dict) -> list[FieldChange]:
        found = []
        for key in [*after, *(key for key in before if key not in after)]:
            if before.get(key) == after.get(key):
                continue
            key_label, old = self._json_words(each, label, key, before.get(key))
            key_label, new = self._json_words(each, label, key, after.get(key))
            found.append(FieldChange(key_label, old, new))
        return found

    def _json_words(self, each: models.Field, label: str, key: str, value: Any) -> tuple[str, str]:
        words = self.json_words(each.name, key, value)
        if words is None:
            return f"{label} · {key}", _json_text(value)
        return words[0], _shortened(words[1]) or EMPTY

    def learn_names(self, rows: Iterable[Any]) -> None:
        """Read the names of all rows that foreign keys in ``rows`` point at: one query for each foreign key."""
        rows = list(rows)
        for each in self.fields:
            if not isinstance(each, models.ForeignKey) or each.name in self.confidential:
                continue
            known = self.names.setdefault(each.name, {})
            wanted = {getattr(row, each.attname) for row in rows} - {None} - known.keys()
            if wanted:
                target = each.target_field.attname
                related = each.related_model._base_manager.filter(**{f"{target}__in": wanted})
                known.update({getattr(row, target): _name(row) for row in related})

    def text(self, each: models.Field, value: Any) -> str:
        """A value as a person reads it."""
        if value is None or value == "":
            return EMPTY
        if isinstance(each, models.ForeignKey):
            return self.names.get(each.name, {}).get(value) or f"#{value}"
        if each.choices:
            return str(dict(each.flatchoices).get(value, value))
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(each, models.DateTimeField):
            return date_format(timezone.localtime(value), "DATETIME_FORMAT")
        if isinstance(each, models.DateField):
            return date_format(value, "DATE_FORMAT")
        if isinstance(each, models.DecimalField):
            return number_format(value)
        return _json_text(value)


def _name(row: models.Model) -> str:
    """A row that a foreign key points at. Permissions are kept in English, by the words of the source."""
    return _(row.name) if isinstance(row, Permission) else str(row)


def _reason(row: Any) -> str:
    """The reason given. What a person wrote stays as written; the platform's own commands give theirs in English."""
    reason = row.history_change_reason or ""
    return _(reason) if reason and row.history_channel == "command" and row.history_user_id is None else reason


def _label(each: models.Field) -> str:
    return str(each.verbose_name)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _json_text(value: Any) -> str:
    if value is None or value == "" or value == [] or value == {}:
        return EMPTY
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        text = _(", ").join(_json_text(each) for each in value)
    elif isinstance(value, dict):
        text = _(", ").join(f"{key}: {_json_text(each)}" for key, each in value.items())
    else:
        text = str(value)
    return _shortened(text)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _users(ids: set[Any]) -> dict[int, str]:
    return {user.pk: str(user) for user in get_user_model()._base_manager.filter(pk__in=ids - {None})}


def _who(row: Any, users: dict[int, str]) -> str:
    if row.history_user_id:
        return users.get(row.history_user_id, f"#{row.history_user_id}")
    if row.history_channel == "sql":
        return _("database user %(name)s") % {"name": row.history_database_user}
    return _("the system")
