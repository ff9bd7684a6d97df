"""The pages of a row's history: read it, prove it, set the row back."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.audit import access
from apps.audit.context import acting
from apps.audit.seals.proofs import as_text, prove

from .admin_rows import RowPages
from .history_diff import Reader, tracked_fields
from .reasons import REASON, ReasonForm


class HistoryPages(RowPages):
    """History in words, with a proof, and a way back to an earlier state where an admin offers it.

    Class attributes: ``confidential_fields``: history tells that they changed, never what they hold.
    """

    confidential_fields: tuple[str, ...] = ()
    history_reader_class = Reader
    history_per_page = 25

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path(
                "<path:object_id>/history/<int:history_id>/revert/",
                self.admin_site.admin_view(self.revert_view),
                name=f"{name}_revert",
            ),
            path(
                "<path:object_id>/history/proof/",
                self.admin_site.admin_view(require_GET(self.proof_view)),
                name=f"{name}_proof",
            ),
            *super().get_urls(),
        ]

    @property
    def history_model(self) -> Any:
        """The model of this model's history rows, None where no history is kept."""
        name = getattr(self.model._meta, "simple_history_manager_attribute", None)
        return getattr(self.model, name).model if name else None

    @property
    def offers_proof(self) -> bool:
        """Whether the history page offers a proof: it holds every field as stored, so not where some are withheld."""
        return self.history_model is not None and not self.confidential_fields

    def revertible(self, request: HttpRequest, obj: Any, history_row: Any) -> bool:
        """Whether the row may be set back to what ``history_row`` says. Off unless an admin says otherwise."""
        return False

    def deleted_history_visible(self, request: HttpRequest, history_row: Any) -> bool:
        """Whether this person may read the history of a row that is gone; ``history_row`` is its last entry."""
        return self.has_view_permission(request)

    def history_scope(self, request: HttpRequest, last: Any, rows: models.QuerySet) -> models.QuerySet:
        """Which of a row's history rows this person may read; of a row that is gone, ``last`` is the last entry."""
        return rows

    def history_json_words(self, obj: Any, field: str, key: str, value: Any) -> tuple[str, str] | None:
        """Label and text of a key of a JSON field and its value, for the history of ``obj``; None: as they are."""
        return None

    def history_reader(self, obj: Any) -> Reader:
        return self.history_reader_class(
            self.history_model,
            confidential=self.confidential_fields,
            json_words=lambda field, key, value: self.history_json_words(obj, field, key, value),
        )

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        if self.history_model is None:
            return super().history_view(request, object_id, extra_context)
        obj, last, rows = self._readable_history(request, object_id)
        number = _page_number(request)
        start = (number - 1) * self.history_per_page
        # One row more than the page: it tells whether an older page follows, and what the last row changed.
        found = list(rows[start : start + self.history_per_page + 1])
        shown, before = found[: self.history_per_page], found[self.history_per_page :]
        entries = self.history_reader(obj or last).entries(shown, before[0] if before else None)
        may_change = obj is not None and self.has_change_permission(request, obj)
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %(object)s") % {"object": obj if obj is not None else self.opts.verbose_name},
            "opts": self.opts,
            "object": obj,
            "original": obj,
            "entries": [
                replace(entry, revertible=may_change and self._earlier(obj, row) and self.revertible(request, obj, row))
                for entry, row in zip(entries, shown, strict=True)
            ],
            "number": number,
            "newer": number - 1,
            "older": number + 1 if before else 0,
            "proof": self._url("proof", obj or last) if self.offers_proof and entries else "",
            **(extra_context or {}),
        }
        return TemplateResponse(request, "core/history.html", context)

    def _readable_history(self, request: HttpRequest, object_id: str) -> tuple[Any, Any, models.QuerySet]:
        """The row, or None and its last entry when it is gone, and those of its history rows that this person may read.

        Raises Http404 and PermissionDenied.
        """
        obj = self.get_object(request, unquote(object_id))
        rows = self._history_rows(object_id)
        last = None
        if obj is None:
            last = rows.first()
            if last is None or not self._gone(last) or not self.deleted_history_visible(request, last):
                raise Http404
            access.shown(request, last)
        elif not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        return obj, last, self.history_scope(request, obj or last, rows)

    def proof_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The history of one row as a file that proves that it was sealed, for ``tools/check_proof.py``."""
        if not self.offers_proof:
            raise Http404
        obj, last, rows = self._readable_history(request, object_id)
        key = self.model._meta.pk.attname
        try:
            proof = prove(self.model, getattr(obj or last, key), rows.values_list("pk", flat=True))
        except LookupError:
            raise Http404 from None
        name = f"{self.opts.model_name}-{getattr(obj or last, key)}.proof.json"
        return HttpResponse(
            as_text(proof),
            content_type="application/json",
            headers={"Content-Disposition": content_disposition_header(True, name) or "attachment"},
        )

    def revert_view(self, request: HttpRequest, object_id: str, history_id: int) -> HttpResponse:
        """Set a row back to an earlier state: a change like any other, with a reason, kept in the history itself."""
        obj = self.visible_or_404(request, object_id)
        rows = self.history_scope(request, obj, self._history_rows(object_id)) if self.history_model else None
        row = rows.filter(pk=history_id).first() if rows is not None else None
        if row is None:
            raise Http404
        if not self.has_change_permission(request, obj) or not self.revertible(request, obj, row):
            raise PermissionDenied
        reader = self.history_reader(obj)
        reader.learn_names([obj, row])
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                with transaction.atomic(), acting(reason=form.cleaned_data[REASON]):
                    self.revert(request, obj, row)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(request, _("The earlier state is back."))
                return HttpResponseRedirect(self._url("history", obj))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Set back: %(object)s") % {"object": obj},
            "opts": self.opts,
            "original": obj,
            "changes": reader.changes(obj, row),
            "form": form,
            "date": row.history_date,
            "back": self._url("history", obj),
        }
        return TemplateResponse(request, "core/revert.html", context)

    def revert(self, request: HttpRequest, obj: Any, history_row: Any) -> None:
        """Do it, on the locked row. Raises ValidationError when the earlier state is no longer a valid one."""
        locked = self.model._base_manager.select_for_update().get(pk=obj.pk)
        for field in tracked_fields(self.history_model):
            setattr(locked, field.attname, getattr(history_row, field.attname))
        locked.full_clean()
        locked.save()
        self.log_change(request, locked, _("Set back to an earlier state."))

    def _history_rows(self, object_id: str) -> models.QuerySet:
        key = self.model._meta.pk
        try:
            value = key.to_python(unquote(object_id))
        except ValidationError:
            raise Http404 from None
        return self.history_model.objects.filter(**{key.attname: value}).order_by("-history_date", "-history_id")

    def _earlier(self, obj: Any, history_row: Any) -> bool:
        """Whether a history row holds a state other than today's."""
        fields = tracked_fields(self.history_model)
        return history_row.history_type != "-" and any(
            getattr(history_row, field.attname) != getattr(obj, field.attname) for field in fields
        )

    def _gone(self, history_row: Any) -> bool:
        return not self.model._base_manager.filter(pk=getattr(history_row, self.model._meta.pk.attname)).exists()


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), 10_000) if text.isascii() and text.isdigit() else 1
