"""Confidential values of a record: encrypted under the key of the person they belong to.

Stored as ``{"key": id of the PersonKey, "text": base64 of the sealed text}``. Whoever destroys the person's key makes
them unreadable here and in the history at once.
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.catalogue.shapes import OTHER, ItemSpec
from apps.catalogue.values import base_of
from apps.core import crypto
from apps.core.identifiers import clean_code
from apps.subjects.documents import CHECK_KINDS
from apps.subjects.models import PersonKey, Subject

from .content import document_kind_of
from .errors import Refused
from .models import Record

IDENTITY = "identity_number"


def context(code: str) -> bytes:
    """What binds a sealed value to its field: the same must be given to open it."""
    return f"record.{code}".encode()


def seal(code: str, text: str, key_id: int, plain_key: bytes) -> dict[str, Any]:
    """The stored form of one confidential value."""
    return {"key": key_id, "text": base64.b64encode(crypto.encrypt(plain_key, text, context(code))).decode()}


def seal_all(
    spec: ItemSpec, confidential: Mapping[str, str], values: Mapping[str, Any], subject: Subject
) -> dict[str, Any]:
    """The stored form of a row's confidential values, each under the key of the person it belongs to.

    An identity number belongs to the person it names, any other value to the record's own subject where that is a
    person, else to the first person whose number the row gives. Raises Refused when there is no such person.
    """
    keys: dict[str, tuple[int, bytes]] = {}
    for code, number in confidential.items():
        if spec.by_code[code].code_scheme == IDENTITY:
            kind = base_of(document_kind_of(spec, code, values) or OTHER)
            keys[code] = person_key(kind if kind in CHECK_KINDS else OTHER, number)
    owner = _key_of(subject) or next(iter(keys.values()), None)
    sealed = {}
    for code, text in confidential.items():
        key = keys.get(code) or owner
        if key is None:
            raise Refused({code: [_("It is kept under the key of a person: enter the identity number it belongs to.")]})
        sealed[code] = seal(code, text, *key)
    return sealed


def _key_of(subject: Subject) -> tuple[int, bytes] | None:
    found = PersonKey.objects.filter(person__subject=subject).first()
    return (found.pk, crypto.unwrap(found.wrapped)) if found else None


def person_key(document_kind: str, number: str) -> tuple[int, bytes]:
    """Id and plain data key of the person with this document; made when nobody had one. Safe against two at once."""
    kind, value = CHECK_KINDS[document_kind], clean_code(number).text
    prints = crypto.fingerprints(kind, value)
    found = PersonKey.objects.filter(fingerprint__in=prints).first()
    if found is None:
        fresh = PersonKey(fingerprint=crypto.fingerprint(kind, value), wrapped=crypto.new_data_key()[1])
        PersonKey.objects.bulk_create([fresh], ignore_conflicts=True)
        found = PersonKey.objects.get(fingerprint__in=prints)
    return found.pk, crypto.unwrap(found.wrapped)


def open_sealed(record: Record) -> dict[str, str]:
    """The confidential values of a record in plain text, without those of persons who were forgotten. One query."""
    return next(iter(open_many([record])), {})


def open_many(records: Iterable[Record]) -> list[dict[str, str]]:
    """The same for several records, one query."""
    return open_values(record.confidential for record in records)


def open_values(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The plain text of sealed values as ``seal`` gives them, by code, one query for all rows."""
    rows = list(rows)
    wanted = {sealed["key"] for row in rows for sealed in row.values()}
    wrapped = dict(PersonKey.objects.filter(pk__in=wanted).values_list("pk", "wrapped")) if wanted else {}
    return [_open(row, wrapped) for row in rows]


def _open(confidential: Mapping[str, Any], wrapped: Mapping[int, Any]) -> dict[str, str]:
    found = {}
    for code, sealed in confidential.items():
        try:
            plain_key = crypto.unwrap(wrapped.get(sealed["key"]))
        except crypto.KeyDestroyed:
            continue
        found[code] = crypto.decrypt(plain_key, base64.b64decode(sealed["text"]), context(code))
    return found
