"""Export of the filtered list of records."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import polars as pl
from django.http import HttpRequest
from django.utils.translation import gettext as _
from unfold.contrib.import_export.forms import ExportForm

from apps.audit import access
from apps.catalogue.models import InformationItem
from apps.catalogue.shapes import ItemSpec
from apps.catalogue.specs import item_spec
from apps.core.exporting import ListExport
from apps.core.terms import SubjectKind
from apps.subjects.admin_forms import PurposeForm
from apps.subjects.models import Subject

from ..exports import frames, headers
from ..models import Record


class RecordExportForm(PurposeForm, ExportForm):
    """Format of the file and, where it holds rows about persons, what they are for."""

    field_order = ("resource", "format", "purpose", "matter")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].required = False
        self.fields["purpose"].help_text = _("Needed when the file holds rows about natural persons.")


class PersonsWithoutPurpose(ValueError):
    """The file would hold rows about natural persons, and nobody said what for."""


class ExportPages(ListExport):
    """The export page of the list of records."""

    export_form_class = RecordExportForm
    ITEM = "item__id__exact"

    def exported_spec(self, request: HttpRequest) -> ItemSpec | None:
        """The item whose own columns the file has: the one the list is filtered to. An address may name several."""
        keys = request.GET.getlist(self.ITEM)
        if len(keys) != 1 or not (keys[0].isascii() and keys[0].isdigit()):
            return None
        item = InformationItem.objects.filter(pk=keys[0]).first()
        return item_spec(item) if item else None

    def export_stem(self, request: HttpRequest) -> str:
        spec = self.exported_spec(request)
        return spec.code if spec else "records"

    def export_headers(self, request: HttpRequest) -> list[str]:
        return headers(self.exported_spec(request))

    def export_frames(self, request: HttpRequest, queryset: Any, form: Any) -> Iterator[pl.DataFrame]:
        purpose = form.cleaned_data["purpose"]
        if purpose:
            access.for_purpose(request, purpose, form.cleaned_data["matter"])

        items = InformationItem.objects.in_bulk()

        @cache
        def may_be_logged(kind: str, item: str) -> bool:
            return access.may_be_logged(Record(subject=Subject(kind=kind), item=items[int(item)]))

        def on_read(records: pl.DataFrame) -> None:
            if not purpose and SubjectKind.NATURAL_PERSON in records["_kind"]:
                raise PersonsWithoutPurpose(_("The file would hold rows about natural persons: say what they are for."))
            for alike, rows in records.group_by("_kind", "_item"):
                if may_be_logged(*alike):
                    access.shown_keys(request, Record, map(int, rows["_key"]))

        return frames(queryset, self.exported_spec(request), on_read)
