"""Finding subjects: organisations by text, code or old code; persons by their exact document number alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Self

from django.apps import apps
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from apps.core.crypto import fingerprints
from apps.core.identifiers import clean_code
from apps.core.lookups import with_keys
from apps.core.terms import SubjectKind
from apps.core.text import bigram_query, match_form

from .documents import CHECK_KINDS

BOUND = 1000
"""So many hits by a former name or a code are taken along in a search by text; who has more must type more."""

_CODE = re.compile(r"(?=.*[0-9])[0-9A-Z]{6,}")


@SearchVectorField.register_lookup
class Matches(models.Lookup):
    """``name_tokens__matches="'郑州' & '州甲'"``: a tsquery as it stands, without any text configuration."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        tokens, params = self.process_lhs(compiler, connection)
        return f"{tokens} @@ %s::tsquery", [*params, self.rhs]


def name_contains(text: str, prefix: str = "") -> Q:
    """Rows with ``name_tokens`` and ``match_name`` whose name contains ``text``: the bigram index finds candidates,
    LIKE rechecks that the pairs stand in a row. A single pair stands nowhere else.

    ``prefix``: of what leads to those rows, "subject__".
    """
    form = match_form(text)
    candidates = Q(**{f"{prefix}name_tokens__matches": bigram_query(text)})
    return candidates & Q(**{f"{prefix}match_name__contains": form}) if len(form) > 2 else candidates


def is_organisation(prefix: str = "") -> Q:
    """Organisations and individual businesses, those merged into another left out. ``prefix`` as above."""
    return ~Q(**{f"{prefix}kind": SubjectKind.NATURAL_PERSON}) & Q(**{f"{prefix}merged_into": None})


class SubjectQuerySet(models.QuerySet):
    """Subjects.

    Register data of organisations is public and seen by whoever may open the page. Natural persons are never listed
    nor searched by text: ``find_person`` takes the exact number.
    """

    def organisations(self) -> Self:
        """What lists may show."""
        return self.filter(is_organisation())

    def search(self, text: str) -> Self:
        """Organisations by a part of the name or of a former name, by unified code (whole, or its beginning from
        six characters on) or by old code (likewise). A merged one is found as the subject that remains.

        Instant on millions of rows as long as the caller takes a bounded slice and does not sort by something without
        an index: pairs of characters come from the bigram index, codes from the b-trees.
        """
        if not match_form(text):
            return self.none()
        # What begins a code on record is meant as one; asking the names as well would cost the index of both.
        if codes := self.ids_by_code_prefix(text):
            return self.organisations().filter(with_keys(codes))
        former = self.ids_by_former_name(text)
        return self.organisations().filter(name_contains(text) | with_keys(former) if former else name_contains(text))

    def first_hits(self, text: str, limit: int = 20) -> tuple[list[Any], bool]:
        """At most ``limit`` hits of ``search`` and whether there are more. The very name comes first, then short
        names."""
        form = match_form(text)
        exact: list[Any] = list(self.organisations().filter(match_name=form)[: limit + 1]) if form else []
        found: dict[int, Any] = {subject.pk: subject for subject in exact}
        if len(found) <= limit:
            hits: list[Any] = list(self.search(text)[: limit + 1 + len(exact)])
            found |= {subject.pk: subject for subject in hits}
        ordered = sorted(
            found.values(), key=lambda subject: (subject.match_name != form, len(subject.match_name), subject.pk)
        )
        return ordered[:limit], len(ordered) > limit

    def by_code(self, *codes: str) -> Self:
        """Organisations that bear one of the exact codes, of whatever scheme; merged ones as the one that remains."""
        cleaned = [code for code in (clean_code(code).text for code in codes) if code]
        return self.organisations().filter(pk__in=self._ids(Q(uscc__in=cleaned), Q(value__in=cleaned)))

    def ids_by_code_prefix(self, text: str) -> set[int]:
        """At most BOUND ids by the beginning of a unified or old code; none for what cannot be a code."""
        code = clean_code(text).text
        if not _CODE.fullmatch(code):
            return set()
        return self._ids(Q(uscc__startswith=code), Q(value__startswith=code))

    def ids_by_former_name(self, text: str) -> set[int]:
        """At most BOUND ids by a part of a former name."""
        names = apps.get_model("subjects", "SubjectName")._base_manager.filter(name_contains(text))
        return set(names.values_list("subject_id", flat=True)[:BOUND])

    def _ids(self, unified: Q, old: Q) -> set[int]:
        subjects = self.model._base_manager.filter(unified).values_list(Coalesce("merged_into_id", "id"), flat=True)
        identifiers = apps.get_model("subjects", "Identifier")._base_manager.filter(old)
        return {*subjects[:BOUND], *identifiers.values_list("subject_id", flat=True)[:BOUND]}

    def find_person(self, document_kind: str, number: str) -> Self:
        """The natural person with exactly this document, at most one; a merged one as the one that remains.

        ``document_kind`` is a value of PersonalData.DocumentKind; spaces, full-width digits and a small x in ``number``
        are taken. Only the keyed fingerprint reaches the database. Raises KeyError for an unknown kind.
        """
        kind, value = CHECK_KINDS[document_kind], clean_code(number).text
        if not value:
            return self.none()
        data = apps.get_model("subjects", "PersonalData")._base_manager
        found = data.filter(key__fingerprint__in=fingerprints(kind, value))
        ids: Iterable[int] = found.values_list(Coalesce("subject__merged_into_id", "subject_id"), flat=True)
        return self.filter(kind=SubjectKind.NATURAL_PERSON, pk__in=list(ids))
