"""The base of every admin page: readable history, reasons for changes, no deletion unless asked, no full count."""

from dataclasses import replace
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import flatten_fieldsets, quote, unquote
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models.constants import LOOKUP_SEP
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.audit import access
from apps.audit.context import acting
from apps.audit.seals.proofs import as_text, prove

from .forms import AutocompleteWidget, possible_keys
from .history_diff import Reader, tracked_fields
from .list_drawing import checkbox
from .paginator import LargeTablePaginator

REASON = "reason"


def reason_field() -> forms.CharField:
    """The field that asks why; what is written there goes into the history."""
    return forms.CharField(
        label=gettext_lazy("Reason for the change"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("Kept in the history, for all who may see it."),
    )


class ReasonForm(forms.Form):
    """Asks for nothing but the reason."""

    reason = reason_field()


class BaseAdmin(ModelAdmin):
    """What all admin pages have in common.

    Class attributes: ``can_delete`` (default no); ``asks_reason``: a change (and a deletion) needs a reason, which
    goes into the history; ``asks_reason_on_add``: adding needs one too; ``confidential_fields``: history tells that
    they changed, never what they hold; ``linked_by``: fields by which other pages of ours lead to the list, beside its
    filters; ``nothing_listed``: what it means that the list is empty where nothing was asked for.
    """

    can_delete = False
    asks_reason = False
    asks_reason_on_add = False
    confidential_fields: tuple[str, ...] = ()
    linked_by: tuple[str, ...] = ()
    history_reader_class = Reader
    nothing_listed: str | Promise = ""
    history_per_page = 25
    show_full_result_count = False
    # Counts beside each filter would count the table once for each choice.
    show_facets = ShowFacets.NEVER
    paginator = LargeTablePaginator
    list_per_page = 50
    # Asked for twice in each row; a name that is missing is looked for at length.
    list_sections = ()
    warn_unsaved_form = True
    delete_confirmation_template = "core/delete_confirmation.html"

    # Who may what

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_delete and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        # Deleting many at once would need no reason.
        if self.asks_reason or not self.can_delete:
            actions.pop("delete_selected", None)
        return actions

    def action_checkbox(self, obj: models.Model) -> str:
        return checkbox(obj.pk)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        try:
            changelist = super().get_changelist_instance(request)
        except OverflowError as error:
            # The month after the last one a date can have.
            raise IncorrectLookupParameters(error) from error
        access.shown(request, changelist.result_list)
        return changelist

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only by what the page offers. By any other field its rows could be asked, letter by letter, for what no page
        of theirs shows: a progress code, the print of a password."""
        name, *how = lookup.split(LOOKUP_SEP)
        filters = (_filters_by(each).split(LOOKUP_SEP)[0] for each in self.get_list_filter(request))
        if name == self.date_hierarchy and set(how) <= {"year", "month", "day"}:
            return True
        if name not in {*filters, *self.linked_by} and (name == "pk" or self._has_field(name)):
            return False
        return super().lookup_allowed(lookup, value, request)

    def _has_field(self, name: str) -> bool:
        try:
            self.opts.get_field(name)
        except FieldDoesNotExist:
            return False
        return True

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        paginator = super().get_paginator(request, *args, **kwargs)
        if access.how_of(request) == access.How.AUTOCOMPLETE:
            # Django's view of proposals asks its admin for the paginator and for nothing after it.
            paginator.on_page = partial(access.shown, request)
        return paginator

    def response_action(self, request: HttpRequest, queryset: models.QuerySet) -> Any:
        # Django would hand on whatever was posted as a key, and the lookup would break.
        data = request.POST.copy()
        data.setlist(ACTION_CHECKBOX_NAME, possible_keys(self.model._meta.pk, data.getlist(ACTION_CHECKBOX_NAME)))
        request.POST = data  # type: ignore[assignment]
        return super().response_action(request, queryset)

    def formfield_for_foreignkey(self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", AutocompleteWidget(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row that a page is about, None when there is none for this person; the access log hears of it."""
        obj = self.find_object(request, object_id, from_field)
        if obj is not None:
            access.shown(request, obj)
        return obj

    def find_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row with this key among those that the person may see."""
        return super().get_object(request, object_id, from_field)

    def visible_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The row, if this person may see it. Raises Http404, also when the model itself is closed to the person."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_view_or_change_permission(request, obj):
            raise Http404
        return obj

    # Reasons

    def reason_asked(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the form asks why."""
        if obj is None:
            return self.asks_reason_on_add
        return self.asks_reason and self.has_change_permission(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if self.reason_asked(request, obj):
            base: Any = kwargs.get("form") or (self.form if change else getattr(self, "add_form", self.form))
            kwargs["form"] = type(base.__name__, (base,), {REASON: reason_field()})
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if self.reason_asked(request, obj) and REASON not in flatten_fieldsets(fieldsets):
            fieldsets = [*fieldsets, (None, {"fields": (REASON,)})]
        return fieldsets

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        with _because(form):
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        with _because(form):
            super().save_related(request, form, formsets, change)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        # Whether a row exists is not to be told by the refusal to delete it.
        self.visible_or_404(request, object_id)
        context = {"asks_reason": self.asks_reason, "reason_form": ReasonForm(), **(extra_context or {})}
        if request.method == "POST" and self.asks_reason:
            reason = request.POST.get(REASON, "").strip()
            if not reason:
                messages.error(request, _("Please give a reason."))
                return HttpResponseRedirect(request.get_full_path())
            with acting(reason=reason[:500]):
                return super().delete_view(request, object_id, context)
        return super().delete_view(request, object_id, context)

    # History

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

    def _url(self, view: str, obj: Any = None, *arguments: str) -> str:
        """The address of a page of this admin: ``_url("changelist")``, ``_url("history", obj)``.

        ``obj`` may be a history row of the one meant.
        """
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{view}"
        if obj is None:
            return reverse(name)
        return reverse(name, args=[quote(getattr(obj, self.model._meta.pk.attname)), *arguments])


def _filters_by(list_filter: Any) -> str:
    """The field, or the parameter, that an entry of ``list_filter`` filters by."""
    if isinstance(list_filter, type):
        return str(getattr(list_filter, "parameter_name", ""))
    return str(list_filter if isinstance(list_filter, str) else list_filter[0])


def _because(form: Any) -> Any:
    reason = getattr(form, "cleaned_data", {}).get(REASON)
    return acting(reason=reason) if reason else acting()


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), 10_000) if text.isascii() and text.isdigit() else 1
