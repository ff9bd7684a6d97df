"""Export of the filtered list through import-export's pages."""

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export import resources
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats import base_formats
from unfold.contrib.import_export.forms import ExportForm

from apps.catalogue.models import InformationItem
from apps.catalogue.shapes import ItemSpec
from apps.catalogue.specs import item_spec

from ..exports import FORMATS, export, headers


class RecordResource(resources.Resource):
    """Names the columns for the export page; the file itself is written row by row in ``exports``."""

    def __init__(self, columns: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.columns = columns or []

    def get_user_visible_fields(self) -> list[Field]:
        return [Field(column_name=column) for column in self.columns]

    @classmethod
    def get_display_name(cls) -> str:
        return _("Records as in the list")


class ExportPages(ExportMixin):
    """The export page of the list of records. Whoever sees the list may export it: the same rows, no more."""

    resource_classes = (RecordResource,)
    export_form_class = ExportForm
    export_formats = (base_formats.XLSX, base_formats.CSV)
    ITEM = "item__id__exact"

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_or_change_permission(request)

    def exported_spec(self, request: HttpRequest) -> ItemSpec | None:
        """The item whose own columns the file has: the one the list is filtered to."""
        key = request.GET.get(self.ITEM, "")
        item = InformationItem.objects.filter(pk=key).first() if key.isascii() and key.isdigit() else None
        return item_spec(item) if item else None

    def get_export_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"columns": headers(self.exported_spec(request))}

    def get_valid_export_item_pks(self, request: HttpRequest) -> list[Any]:
        return []

    def _do_file_export(
        self, file_format: Any, request: HttpRequest, queryset: Any, export_form: Any = None
    ) -> HttpResponse | FileResponse:
        extension = file_format.get_extension()
        spec = self.exported_spec(request)
        name = f"{spec.code if spec else 'records'}-{timezone.localdate():%Y%m%d}.{extension}"
        return FileResponse(
            export(queryset, spec, extension),
            as_attachment=True,
            filename=name,
            content_type=FORMATS[extension][0],
        )
