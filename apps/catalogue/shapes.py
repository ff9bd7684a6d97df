"""The shape of an item and its fields as plain values: what rules, forms, files and the import work with.

Nothing here knows the database; ``apps.catalogue.specs`` builds these from it.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

TEXT: Final = "text"
DATE: Final = "date"
AMOUNT: Final = "amount"
CHOICE: Final = "choice"
CHOICES: Final = "choices"
CODE: Final = "code"
BOOLEAN: Final = "boolean"

OTHER: Final = "其他"
"""The choice that may carry a note of its own: 其他-补充注明."""


def in_language(language: str, chinese: str, english: str) -> str:
    """The text of ``language`` ("en" or Chinese for every other); where there is no English one, the Chinese."""
    return (english or chinese) if language == "en" else chinese


@dataclass(frozen=True)
class RequiredIf:
    """Required when the field ``field`` holds one of ``contains`` (for several choices: any one of them)."""

    field: str
    contains: tuple[str, ...]

    @classmethod
    def read(cls, raw: Mapping[str, Any] | None) -> "RequiredIf | None":
        """From ``{"field": "penalty_kinds", "contains": ["罚款"]}``; None stays None; ValueError for another form."""
        if not raw:
            return None
        if not isinstance(raw, Mapping) or set(raw) != {"field", "contains"}:
            raise ValueError("required_if holds exactly “field” and “contains”")
        values = raw["contains"]
        if not isinstance(raw["field"], str) or not isinstance(values, list) or not values:
            raise ValueError("“field” is a field code and “contains” a list of texts")
        return cls(raw["field"], tuple(str(value) for value in values))


@dataclass(frozen=True)
class FieldSpec:
    """A typed field, mirroring ``ItemField``. ``digits`` and ``decimals`` count in ``unit``, as written in files."""

    code: str
    label: str
    type: str = TEXT
    label_en: str = ""
    role: str = ""
    required: bool = False
    required_if: RequiredIf | None = None
    max_length: int | None = None
    digits: int | None = None
    decimals: int | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    separator: str = ";"
    code_scheme: str = ""
    kind_field: str = ""
    confidential: bool = False
    public: bool = True
    help_text: str = ""
    help_text_en: str = ""

    def label_in(self, language: str) -> str:
        """The label in ``language`` ("en" or Chinese for every other)."""
        return in_language(language, self.label, self.label_en)

    def help_in(self, language: str) -> str:
        """The help text in ``language``, chosen as the label is."""
        return in_language(language, self.help_text, self.help_text_en)


@dataclass(frozen=True)
class EditionColumn:
    """A header of an edition, the field it fills, and what its values mean today."""

    header: str
    field: str
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Edition:
    """The columns of a file edition.

    ``defaults`` (field code -> text) fills what that edition had no column for; the texts may hold the placeholders
    of ``rules.fill_defaults``. ``columns`` of two headers may fill one field of several choices. ``ignored``: headers
    that belong to the edition and are read over.
    """

    name: str
    columns: tuple[EditionColumn, ...]
    defaults: Mapping[str, str] = dataclasses.field(default_factory=dict)
    current: bool = False
    ignored: tuple[str, ...] = ()

    @cached_property
    def fields(self) -> frozenset[str]:
        """Codes of the fields that this edition has a column or a default for."""
        return frozenset(column.field for column in self.columns) | frozenset(self.defaults)


@dataclass(frozen=True)
class ItemSpec:
    """An item with its fields in order and the other editions of its file."""

    code: str
    name: str
    name_en: str = ""
    fields: tuple[FieldSpec, ...] = ()
    mappings: tuple[Edition, ...] = ()
    edition: str = ""
    subject_kinds: tuple[str, ...] = ()
    nature: str = ""
    disclosure: str = ""
    retention_months: int | None = None
    deadline_rule: str = ""
    id: int | None = None

    @cached_property
    def by_code(self) -> dict[str, FieldSpec]:
        """Fields by code."""
        return {spec.code: spec for spec in self.fields}

    @cached_property
    def by_role(self) -> dict[str, FieldSpec]:
        """Fields with a role, by role."""
        return {spec.role: spec for spec in self.fields if spec.role}

    @cached_property
    def editions(self) -> tuple[Edition, ...]:
        """The current edition (the fields' own labels) first, then the others."""
        own = tuple(EditionColumn(spec.label, spec.code) for spec in self.fields)
        return (Edition(self.edition, own, current=True), *self.mappings)
