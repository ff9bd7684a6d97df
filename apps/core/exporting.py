"""The export page of a list, on import-export's pages; the file itself is written piece by piece."""

from collections.abc import Iterator
from typing import Any

import polars as pl
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export import resources
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats import base_formats
from unfold.contrib.import_export.forms import ExportForm

from .sheets.writing import FORMATS, write_file


class ListResource(resources.Resource):
    """Names the columns for the export page."""

    def __init__(self, columns: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.columns = columns or []

    def get_user_visible_fields(self) -> list[Field]:
        return [Field(column_name=column) for column in self.columns]

    @classmethod
    def get_display_name(cls) -> str:
        return _("Rows as in the list")


class ListExport(ExportMixin):
    """Export of the filtered list: whoever sees the list may export it, the same rows and no more."""

    resource_classes = (ListResource,)
    export_form_class = ExportForm
    export_formats = (base_formats.XLSX, base_formats.CSV)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_or_change_permission(request)

    def export_stem(self, request: HttpRequest) -> str:
        """The file's name without day and extension."""
        return self.opts.model_name

    def export_headers(self, request: HttpRequest) -> list[str]:
        """The first row of the file."""
        raise NotImplementedError

    def export_frames(self, request: HttpRequest, queryset: Any, form: Any) -> Iterator[pl.DataFrame]:
        """The rows below it, as frames of text. A ValueError raised here stops the file; its text is shown on the page
        of the form."""
        raise NotImplementedError

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """The page and the file. Filters that cannot be read are told by the list, as when it is called with them."""
        try:
            return super().export_action(request)
        except (IncorrectLookupParameters, OverflowError):
            changelist = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist"
            return HttpResponseRedirect(f"{reverse(changelist)}?{ERROR_FLAG}=1")

    def get_export_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"columns": self.export_headers(request)}

    def get_valid_export_item_pks(self, request: HttpRequest) -> list[Any]:
        return []

    def _do_file_export(
        self, file_format: Any, request: HttpRequest, queryset: Any, export_form: Any
    ) -> HttpResponse | FileResponse:
        extension = file_format.get_extension()
        frames = self.export_frames(request, queryset, export_form)
        return FileResponse(
            write_file(extension, self.export_headers(request), frames),
            as_attachment=True,
            filename=f"{self.export_stem(request)}-{timezone.localdate():%Y%m%d}.{extension}",
            content_type=FORMATS[extension][0],
        )
