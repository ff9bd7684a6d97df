"""Batches in the admin: upload, progress, preview, errors, the annotated file, and what can be done next."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from import_export.admin import ImportMixin
from unfold.decorators import display

from apps.audit import access
from apps.catalogue.blank import blank_file
from apps.catalogue.specs import item_spec
from apps.core.unattended import unattended
from apps.departments.admin_scope import DepartmentFilter, ScopedAdmin
from apps.departments.scope import departments_of

from . import runs, tasks, vault
from .actions import ROW_ACTIONS
from .forms import FORMATS, UploadForm, items_of
from .messages import kind_of_error
from .models import Batch, BatchProgress

ERRORS_PER_PAGE = 50
ENTRIES_PER_PAGE = 50
WHOLE_FILE_ROWS = 10_000
"""A page gives back the whole sheet of files up to this size, of larger ones the wrong rows: a web request must end."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TONES: dict[Any, str] = {
    Batch.State.UPLOADED: "info",
    Batch.State.CHECKING: "info",
    Batch.State.CHECKED: "warning",
    Batch.State.LOADING: "info",
    Batch.State.LOADED: "success",
    Batch.State.FAILED: "danger",
}


@admin.register(Batch)
class BatchAdmin(ImportMixin, ScopedAdmin):
    """A batch is made by an upload and moved on by its actions; its fields are not edited."""

    row_actions = ROW_ACTIONS
    list_display = (
        "original_name",
        "item",
        "department",
        "state_badge",
        "rows",
        "accepted",
        "rejected",
        "duplicates",
        "uploaded_by",
        "uploaded_at",
    )
    list_filter = ("state", "item", ("department", DepartmentFilter))
    list_select_related = ("item", "department", "uploaded_by")
    search_fields = ("original_name",)
    date_hierarchy = "uploaded_at"
    ordering = ("-pk",)
    import_form_class = UploadForm
    import_template_name = "exchange/upload.html"
    confidential_fields = ("stored_name", "sha256")

    def has_add_permission(self, request: HttpRequest) -> bool:
        # The only way in is the upload page.
        return False

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("exchange.add_batch") and bool(departments_of(request.user, "enter_records"))

    @display(description=gettext_lazy("State"), ordering="state", label=TONES)
    def state_badge(self, obj: Batch) -> tuple[str, str]:
        return obj.state, obj.get_state_display()

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(require_GET(view)), name=f"exchange_batch_{name}")

        return [
            page("template/<slug:code>/", self.template_view, "template"),
            page("<path:object_id>/progress/", self.progress_view, "progress"),
            page("<path:object_id>/annotated/", self.annotated_view, "annotated"),
            *super().get_urls(),
        ]

    # The upload, on import-export's page

    def get_import_formats(self) -> list[Any]:
        return FORMATS

    def create_import_form(self, request: HttpRequest) -> UploadForm:
        return UploadForm(
            FORMATS,
            self.get_import_resource_classes(request),
            user=request.user,
            data=request.POST or None,
            files=request.FILES or None,
            initial={"item": request.GET.get("item")},
        )

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """GET: the form. POST: keep the file and have it checked in the background."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = self.create_import_form(request)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["import_file"]
            try:
                batch = runs.receive(
                    user=request.user,  # type: ignore[arg-type]
                    item=form.cleaned_data["item"],
                    department=form.cleaned_data["department"],
                    name=file.name,
                    chunks=file.chunks(),
                )
            except vault.TooLarge:
                form.add_error("import_file", _("The file is too large. Split it."))
            except ValidationError as error:
                form.add_error(None, error)
            else:
                tasks.defer_check(batch.pk)
                return HttpResponseRedirect(self._url("change", batch))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import a file"),
            "form": form,
            "opts": self.opts,
            "media": self.media + form.media,
            "items": form.fields["item"].queryset,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, [self.import_template_name], context)

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The confirmation is an action of the batch."""
        raise Http404

    def template_view(self, request: HttpRequest, code: str) -> HttpResponse:
        """The blank file of an item."""
        item = items_of(request.user).filter(code=code).first()
        if not self.has_import_permission(request) or item is None:
            raise Http404
        return _download(blank_file(item_spec(item)), f"{item.name}.xlsx")

    # The batch

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        access.for_purpose(request, access.Purpose.RECORD)
        return super().get_object(request, object_id, from_field)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied
        batch = self.visible_or_404(request, object_id)
        found = batch.errors.order_by("row", "position", "pk")
        if code := request.GET.get("code"):
            found = found.filter(code=code)
        kinds = [
            {"code": kind, "text": kind_of_error(kind), "number": number}
            for kind, number in batch.errors.values_list("code")
            .annotate(number=Count("pk"))
            .order_by("-number", "code")
        ]
        preview = getattr(batch, "preview", None)
        context = {
            **self.admin_site.each_context(request),
            "title": batch.original_name,
            "opts": self.opts,
            "original": batch,
            "batch": batch,
            "tone": TONES.get(batch.state, "default"),
            "actions": self.row_action_buttons(request, batch),
            "progress": self._progress(batch),
            "errors": Paginator(found, ERRORS_PER_PAGE).get_page(request.GET.get("page")),
            "kinds": kinds,
            "chosen": code or "",
            "preview": preview,
            "entries": self._entries(request, batch),
            "whole_file": batch.rows <= WHOLE_FILE_ROWS,
        }
        return TemplateResponse(request, "exchange/batch.html", context)

    def _entries(self, request: HttpRequest, batch: Batch) -> Any:
        """Which row became which record, a page of it."""
        if batch.state != Batch.State.LOADED or not request.user.has_perm("records.view_record"):
            return None
        entries = batch.entries.select_related("record", "record__subject").order_by("row")
        page = Paginator(entries, ENTRIES_PER_PAGE).get_page(request.GET.get("entries"))
        access.shown(request, [entry.record for entry in page])
        return page

    def _progress(self, batch: Batch) -> dict[str, Any] | None:
        if not batch.is_busy:
            return None
        found = BatchProgress.objects.filter(batch=batch).first()
        return found.as_dict() if found else {"phase": "waiting", "done": 0, "total": 0}

    def after_action(self, request: HttpRequest, action: Any, obj: Any) -> HttpResponse:
        """What was only started is not told as done."""
        if obj.is_busy:
            list(messages.get_messages(request))
            messages.info(request, _("Queued: %(action)s. This page follows by itself.") % {"action": action.label})
        return super().after_action(request, action, obj)

    @unattended
    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the page asks for while the work goes on."""
        batch = self.visible_or_404(request, object_id)
        return JsonResponse({"state": batch.state, "busy": batch.is_busy, "progress": self._progress(batch)})

    def annotated_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The clerk's own file with the errors marked; ``?only=rejected`` for the wrong rows alone."""
        batch = self.visible_or_404(request, object_id)
        if batch.state not in {Batch.State.CHECKED, Batch.State.LOADED} or not batch.rejected:
            raise Http404
        only = request.GET.get("only") == "rejected" or batch.rows > WHOLE_FILE_ROWS
        try:
            book = runs.annotated(batch, only_rejected=only)
        except FileNotFoundError:
            messages.error(request, _("The file is no longer kept."))
            return HttpResponseRedirect(self._url("change", batch))
        stem = batch.original_name.rsplit(".", 1)[0]
        suffix = _("wrong rows") if only else _("marked")
        return _download(book, f"{stem} ({suffix}).xlsx")


def _download(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
