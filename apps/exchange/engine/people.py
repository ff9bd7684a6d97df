"""Natural persons of a file: found by fingerprint, sealed before anything reaches the database.

No plain identity number is staged, stored, logged or put into an error: a row carries the id of the person's key, and
cipher texts. A distinct document is hashed once and a distinct value sealed once, however many rows name it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from apps.catalogue import rules, shapes
from apps.catalogue.shapes import FieldSpec, ItemSpec
from apps.catalogue.values import base_of
from apps.core import crypto
from apps.core.masking import mask_name
from apps.core.text import match_form, normalise_text
from apps.records import sealing
from apps.subjects.documents import CHECK_KINDS
from apps.subjects.models import PersonalData, PersonKey
from apps.subjects.people import NAME_CONTEXT
from apps.subjects.people import seal as seal_person

from ..messages import PERSON_KEY_MISSING, PERSON_NAME_DIFFERS
from . import stage
from .findings import Findings

_PIECE: Final = 5_000


@dataclass(slots=True)
class _Person:
    """``name``: match form of the name on record or first met in the file, "" while unknown."""

    key: int
    plain: bytes
    wrapped: bytes
    name: str = ""
    staged: bool = False


def digest(code: str, text: str) -> str:
    """Keyed digest of a confidential value, to tell equal ones without opening them."""
    return crypto.fingerprint(f"record.{code}", text).hex()


class People:
    """The persons of one run, over all its pieces."""

    def __init__(self, spec: ItemSpec) -> None:
        self._spec = spec
        self._known: dict[bytes, _Person] = {}
        self._sealed: dict[tuple[str, int, str], str] = {}
        self._subject = spec.by_role.get("subject_document_number")
        secret = [each for each in spec.fields if each.confidential and not each.role.startswith("subject_")]
        # Identity numbers first: another value may be kept under the key of the first of them.
        self._secret = sorted(secret, key=lambda each: each.code_scheme != sealing.IDENTITY)

    def seal(self, rows: pl.DataFrame, findings: Findings) -> tuple[pl.DataFrame, pl.Series]:
        """Columns of the staged rows: ``person`` (id of the key of the person whom the row is about), ``confidential``
        (JSON text), ``secret`` (digests of what is confidential); and the mask of the rows with an error found here."""
        length = len(rows)
        wrong: list[int] = []
        subjects: list[_Person | None] = [None] * length
        if self._subject is not None:
            subjects = self._persons(rows, self._subject)
            wrong += self._stage_persons(rows, subjects, findings)
        members: list[pl.Series] = []
        digests: list[pl.Series] = []
        first: list[_Person | None] = [None] * length
        for each in self._secret:
            if rows[each.code].null_count() == length:
                continue
            if each.code_scheme == sealing.IDENTITY:
                owners = self._persons(rows, each)
                first = [known or owner for known, owner in zip(first, owners, strict=True)]
            else:
                owners = [subject or owner for subject, owner in zip(subjects, first, strict=True)]
            sealed, marks, unowned = self._seal_field(rows, each, owners)
            members.append(sealed)
            digests.append(marks)
            for place in unowned:
                findings.note(rows["row"][place], each.code, None, PERSON_KEY_MISSING, {})
            wrong += unowned
        none = pl.Series([None], dtype=pl.String).new_from_index(0, length)
        confidential = pl.Series(["{}"]).new_from_index(0, length)
        secret = none
        if members:
            joined = pl.concat_str(members, separator=",", ignore_nulls=True)
            confidential = pl.select(pl.concat_str([pl.lit("{"), joined, pl.lit("}")])).to_series()
            marked = pl.select(pl.concat_str(digests, separator=" ", ignore_nulls=True)).to_series()
            secret = marked.zip_with(marked != "", none)
        mask = pl.Series([False]).new_from_index(0, length)
        return pl.DataFrame(
            [
                pl.Series("person", [each.key if each else None for each in subjects], dtype=pl.Int64),
                confidential.alias("confidential"),
                secret.alias("secret"),
            ]
        ), (mask.scatter(wrong, True) if wrong else mask)

    def _persons(self, rows: pl.DataFrame, spec: FieldSpec) -> list[_Person | None]:
        """Per row the person whose document stands in the field, None where none does."""
        kinds = rows[spec.kind_field] if spec.kind_field in rows.columns else None
        pairs = pl.DataFrame(
            {
                "kind": kinds if kinds is not None else pl.Series([None] * len(rows), dtype=pl.String),
                "number": rows[spec.code],
            }
        )
        marks: dict[tuple[str | None, str], bytes] = {}
        spellings: dict[bytes, bytes] = {}
        for kind, number in pairs.filter(pl.col("number").is_not_null()).unique().iter_rows():
            base = base_of(kind or shapes.OTHER)
            check = CHECK_KINDS[base if base in CHECK_KINDS else shapes.OTHER]
            mark, *older = crypto.fingerprints(check, number)
            marks[kind, number] = mark
            spellings |= {each: mark for each in (mark, *older) if mark not in self._known}
        self._look_up(spellings)
        return [None if number is None else self._known[marks[kind, number]] for kind, number in pairs.iter_rows()]

    def _look_up(self, spellings: dict[bytes, bytes]) -> None:
        """Bring the keys of persons in: those on record, and fresh ones for the others."""
        for piece in _pieces(list(spellings)):
            for print_, key, wrapped in PersonKey.objects.filter(fingerprint__in=piece).values_list(
                "fingerprint", "pk", "wrapped"
            ):
                self._known[spellings[bytes(print_ or b"")]] = _Person(
                    key, crypto.unwrap(wrapped), bytes(wrapped or b"")
                )
        if self._subject is not None:
            by_key = {each.key: each for mark in set(spellings.values()) if (each := self._known.get(mark))}
            for keys in _pieces(list(by_key)):
                for key, sealed in PersonalData.objects.filter(key__in=keys).values_list("key", "name_encrypted"):
                    by_key[key].name = match_form(crypto.decrypt(by_key[key].plain, sealed, NAME_CONTEXT))
        fresh = sorted(set(spellings.values()) - self._known.keys())
        drawn = zip(fresh, stage.draw_keys(PersonKey, len(fresh)), strict=True)
        for mark, key in drawn:
            plain, wrapped = crypto.new_data_key()
            self._known[mark] = _Person(key, plain, wrapped)
        stage.copy(
            stage.KEYS,
            pl.DataFrame(
                {
                    "key": [self._known[mark].key for mark in fresh],
                    "fingerprint": ["\\x" + mark.hex() for mark in fresh],
                    "wrapped": ["\\x" + self._known[mark].wrapped.hex() for mark in fresh],
                },
                schema={"key": pl.Int64, "fingerprint": pl.String, "wrapped": pl.String},
            ),
        )

    def _stage_persons(self, rows: pl.DataFrame, subjects: list[_Person | None], findings: Findings) -> list[int]:
        """Stage each person once, sealed. Returns the places of rows that give a person another name."""
        assert self._subject is not None
        name_field = self._spec.by_role.get("subject_name")
        kinds = rows[self._subject.kind_field] if self._subject.kind_field in rows.columns else [None] * len(rows)
        names = rows[name_field.code] if name_field is not None else [None] * len(rows)
        entries, wrong = [], []
        numbers = rows[self._subject.code]
        for place, (person, kind, name) in enumerate(zip(subjects, kinds, names, strict=True)):
            if person is None or not name:
                continue
            form = match_form(name)
            if person.name and person.name != form:
                findings.note(rows["row"][place], name_field.code if name_field else "", name, PERSON_NAME_DIFFERS, {})
                wrong.append(place)
            person.name = person.name or form
            if not person.staged:
                person.staged = True
                sealed_name, sealed_number = seal_person(person.plain, name, numbers[place])
                base = base_of(kind or shapes.OTHER)
                entries.append(
                    (
                        person.key,
                        base if base in CHECK_KINDS else shapes.OTHER,
                        mask_name(normalise_text(name)),
                        "\\x" + sealed_name.hex(),
                        "\\x" + sealed_number.hex(),
                    )
                )
        columns = ("document_kind", "name_masked", "name_encrypted", "number_encrypted")
        stage.copy(
            stage.PEOPLE,
            pl.DataFrame(entries, schema={"key": pl.Int64, **dict.fromkeys(columns, pl.String)}, orient="row"),
        )
        return wrong

    def _seal_field(
        self, rows: pl.DataFrame, spec: FieldSpec, owners: list[_Person | None]
    ) -> tuple[pl.Series, pl.Series, list[int]]:
        """JSON members, digests, and the places that hold a value without an owner."""
        members: list[str | None] = []
        marks: list[str | None] = []
        unowned: list[int] = []
        digests: dict[str, str] = {}
        for place, (owner, value) in enumerate(zip(owners, rows[spec.code], strict=True)):
            if value is None or owner is None:
                if value is not None:
                    unowned.append(place)
                members.append(None)
                marks.append(None)
                continue
            text = rules.to_edge(
                spec, rules.to_storage(spec, value.to_list() if isinstance(value, pl.Series) else value)
            )
            known = (spec.code, owner.key, text)
            if known not in self._sealed:
                sealed = sealing.seal(spec.code, text, owner.key, owner.plain)
                self._sealed[known] = f"{json.dumps(spec.code)}:{json.dumps(sealed)}"
            members.append(self._sealed[known])
            if text not in digests:
                digests[text] = digest(spec.code, text)
            marks.append(digests[text])
        return pl.Series(members, dtype=pl.String), pl.Series(marks, dtype=pl.String), unowned


def _pieces(keys: list[Any]) -> Iterable[list[Any]]:
    for start in range(0, len(keys), _PIECE):
        yield keys[start : start + _PIECE]
