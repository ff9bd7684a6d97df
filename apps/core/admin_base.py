"""The base of every admin page: readable history, reasons for changes, no deletion unless asked, no full count."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.audit import access
from apps.audit.context import acting

from .admin_history import HistoryPages
from .forms import AutocompleteWidget, possible_keys
from .list_drawing import checkbox
from .paginator import LargeTablePaginator
from .reasons import REASON, ReasonForm, because, reason_field


class BaseAdmin(HistoryPages):
    """What all admin pages have in common.

    Class attributes: ``can_delete`` (default no); ``asks_reason``: a change (and a deletion) needs a reason, which
    goes into the history; ``asks_reason_on_add``: adding needs one too; ``linked_by``: fields by which other pages of
    ours lead to the list, beside its filters; ``nothing_listed``: what it means that the list is empty where nothing
    was asked for.
    """

    can_delete = False
    asks_reason = False
    asks_reason_on_add = False
    linked_by: tuple[str, ...] = ()
    nothing_listed: str | Promise = ""
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
        how = access.how_of(request)
        paginator.searched = how == access.How.SEARCH or bool(request.GET.get("term"))
        if how == access.How.AUTOCOMPLETE:
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
        with because(form):
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        with because(form):
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


def _filters_by(list_filter: Any) -> str:
    """The field, or the parameter, that an entry of ``list_filter`` filters by."""
    if isinstance(list_filter, type):
        return str(getattr(list_filter, "parameter_name", ""))
    return str(list_filter if isinstance(list_filter, str) else list_filter[0])
