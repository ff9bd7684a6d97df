"""Natural persons: found by the fingerprint of their document, everything else encrypted under a key of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.core import crypto
from apps.core.identifiers import clean_code
from apps.core.identifiers.messages import message_for
from apps.core.masking import mask_identity, mask_name
from apps.core.terms import SubjectKind
from apps.core.text import match_form, normalise_text

from .documents import CHECK_KINDS, check_document
from .models import PersonalData, PersonKey, Subject

NAME_CONTEXT: Final = b"person.name"
NUMBER_CONTEXT: Final = b"person.number"


class Document(NamedTuple):
    """What tells a person: kind (PersonalData.DocumentKind), number and name as typed."""

    document_kind: str
    number: str
    name: str


@dataclass(frozen=True)
class Person:
    """A person's data in clear. Never log it, never put it into a message."""

    name: str
    document_kind: str
    number: str

    @property
    def masked_name(self) -> str:
        return mask_name(self.name)

    @property
    def masked_number(self) -> str:
        return mask_identity(self.number)


@dataclass(frozen=True)
class Registered:
    """A person on record. ``name_agrees`` is false when the number is on record under another name: then somebody has
    to compare both with the document. ``key`` is the id of the PersonKey."""

    subject_id: int
    key: int
    created: bool
    name_agrees: bool = True


def fingerprint(document_kind: str, number: str) -> bytes:
    """The keyed hash under which a document is found; ``number`` as typed. Raises KeyError for an unknown kind."""
    return crypto.fingerprint(CHECK_KINDS[document_kind], clean_code(number).text)


def sought_fingerprints(document_kind: str, number: str) -> list[bytes]:
    """The keyed hashes of a number searched for in vain, the one that the access log keeps first; the others are those
    of older master keys. Not ``fingerprint``: once a person is forgotten the log must not tell that the number was on
    record."""
    return crypto.fingerprints(f"sought {CHECK_KINDS[document_kind]}", clean_code(number).text)


def seal(plain_key: bytes, name: str, number: str) -> tuple[bytes, bytes]:
    """Encrypted name and number as PersonalData keeps them."""
    return (
        crypto.encrypt(plain_key, normalise_text(name), NAME_CONTEXT),
        crypto.encrypt(plain_key, clean_code(number).text, NUMBER_CONTEXT),
    )


def open_person(subject: Subject) -> Person:
    """The data of a person in clear. Raises crypto.KeyDestroyed for a forgotten one. Callers check ``access`` first."""
    data = PersonalData.objects.select_related("key").get(subject=subject)
    plain = crypto.unwrap(data.key.wrapped)
    return Person(
        name=crypto.decrypt(plain, data.name_encrypted, NAME_CONTEXT),
        document_kind=data.document_kind,
        number=crypto.decrypt(plain, data.number_encrypted, NUMBER_CONTEXT),
    )


def check_person(document: Document) -> dict[str, str]:
    """Field -> what is wrong; empty when all is well. The texts never repeat the number."""
    wrong = {}
    if not normalise_text(document.name):
        wrong["name"] = _("Please give the name.")
    if document.document_kind not in CHECK_KINDS:
        wrong["document_kind"] = _("“%(value)s” is no kind of document.") % {"value": document.document_kind}
    elif not (check := check_document(document.document_kind, document.number)).ok:
        wrong["number"] = message_for(check)
    return wrong


def register_person(*, document_kind: str, number: str, name: str) -> Registered:
    """The person with this document, entered when not on record yet. Safe against two doing so at once.

    Raises ValidationError (by field) for a number that fails its check, an unknown kind, a missing name.
    """
    document = Document(document_kind, number, name)
    if wrong := check_person(document):
        raise ValidationError(wrong)
    return register_persons([document])[0]


@transaction.atomic
def register_persons(documents: Sequence[Document]) -> list[Registered]:
    """The same for many, in the order given; the numbers must have passed ``check_person``.

    Set-based: a handful of statements, whatever the number. The same person may occur several times.
    """
    by_print = {fingerprint(each.document_kind, each.number): each for each in reversed(documents)}
    fresh = {print_: crypto.new_data_key() for print_ in by_print.keys() - _known(by_print)}
    # In one order everywhere: two transactions that enter the same persons wait for each other, never in a circle.
    keys = [(print_, fresh[print_][1]) for print_ in sorted(fresh)]
    inserted = _insert_keys(keys)
    plain_keys = {print_: fresh[print_][0] for print_ in inserted}
    for print_, key, plain_key in _keys_without_person(fresh.keys() - inserted.keys()):
        inserted[print_], plain_keys[print_] = key, plain_key
    subjects = Subject.objects.bulk_create(
        Subject(kind=SubjectKind.NATURAL_PERSON, name=mask_name(normalise_text(by_print[print_].name)))
        for print_ in inserted
    )
    sealed = []
    for subject, (print_, key) in zip(subjects, inserted.items(), strict=True):
        document = by_print[print_]
        name, number = seal(plain_keys[print_], document.name, document.number)
        sealed.append(
            PersonalData(
                subject=subject,
                key_id=key,
                document_kind=document.document_kind,
                name_encrypted=name,
                number_encrypted=number,
            )
        )
    PersonalData.objects.bulk_create(sealed)
    found = _known(by_print)
    answers = []
    for each in documents:
        print_ = fingerprint(each.document_kind, each.number)
        data = found[print_]
        plain = crypto.unwrap(data.key.wrapped)
        known_name = crypto.decrypt(plain, data.name_encrypted, NAME_CONTEXT)
        answers.append(
            Registered(
                subject_id=data.subject.merged_into_id or data.subject_id,
                key=data.key_id,
                created=print_ in inserted,
                name_agrees=match_form(known_name) == match_form(each.name),
            )
        )
    return answers


def _known(prints: dict[bytes, Document]) -> dict[bytes, PersonalData]:
    """Fingerprint under the current key -> personal data. During a rotation of the master key older fingerprints
    count."""
    spellings = {
        older: current
        for current, each in prints.items()
        for older in crypto.fingerprints(CHECK_KINDS[each.document_kind], clean_code(each.number).text)
    }
    rows = PersonalData.objects.select_related("key", "subject").filter(key__fingerprint__in=list(spellings))
    return {spellings[bytes(row.key.fingerprint or b"")]: row for row in rows}


def _insert_keys(keys: list[tuple[bytes, bytes]]) -> dict[bytes, int]:
    """Insert keys whose fingerprint is not there; fingerprint -> id of those that were. Whoever enters the same
    person at the same moment makes this wait, and then has entered the person."""
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {PersonKey._meta.db_table} (fingerprint, wrapped)"
            " SELECT * FROM unnest(%s::bytea[], %s::bytea[]) ON CONFLICT (fingerprint) DO NOTHING"
            " RETURNING fingerprint, id",
            [[print_ for print_, _wrapped in keys], [wrapped for _print, wrapped in keys]],
        )
        return {bytes(print_): key for print_, key in cursor.fetchall()}


def _keys_without_person(prints: Iterable[bytes]) -> list[tuple[bytes, int, bytes]]:
    """Fingerprint, id and data key of those that nobody is registered under yet: a record keeps a representative's
    number under such a key. Whoever registers the same person at the same moment makes this wait."""
    keys = list(PersonKey.objects.filter(fingerprint__in=list(prints)).order_by("fingerprint").select_for_update())
    taken = set(PersonalData.objects.filter(key__in=keys).values_list("key", flat=True))
    return [(bytes(key.fingerprint or b""), key.pk, crypto.unwrap(key.wrapped)) for key in keys if key.pk not in taken]


@transaction.atomic
def rename_person(*, subject: Subject, name: str) -> Subject:
    """Give a person another name. The former one stays, encrypted, in the history. Raises ValidationError when
    empty."""
    name = normalise_text(name)
    if not name:
        raise ValidationError({"name": _("Please give the name.")})
    data = PersonalData.objects.select_related("key").select_for_update().get(subject=subject)
    data.name_encrypted = crypto.encrypt(crypto.unwrap(data.key.wrapped), name, NAME_CONTEXT)
    data.save(update_fields=["name_encrypted"])
    subject.name = mask_name(name)
    subject.save(update_fields=["name"])
    return subject
