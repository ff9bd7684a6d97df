"""The access log in the admin: for the audit administrator, who reads it and leaves an entry by doing so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from itertools import islice
from typing import Any, Final

import polars as pl
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from apps.audit import access
from apps.audit.context import every_department
from apps.audit.entries import AccessEntry
from apps.core.admin_base import BaseAdmin
from apps.core.exporting import ListExport
from apps.core.frames import text_frame
from apps.core.identifiers.messages import message_for
from apps.departments.models import Department, User

from .admin_forms import DocumentForm
from .documents import check_document
from .looked_at import family
from .models import Subject
from .people import sought_fingerprints

ABOUT: Final = "about"
SOUGHT: Final = "sought"
CHUNK: Final = 2000
SHOWN: Final = 5
"""So many keys of rows or subjects stand in the list; the page of the entry has them all."""


def in_the_log(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that reads the log: no context opens it but this one, and the page is made inside."""

    @wraps(view)
    def read(self: AccessEntryAdmin, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        access.for_purpose(request, access.Purpose.SUPERVISION)
        with every_department():
            response = view(self, request, *args, **kwargs)
            return response.render() if isinstance(response, TemplateResponse) else response

    return read


class AboutFilter(SimpleListFilter):
    """Entries about one subject, merged ones included. Chosen by its key alone: on the page that asks for the
    document, by a code in the search box, or in the address."""

    title = gettext_lazy("subject")
    parameter_name = ABOUT

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, f"#{key}")] if (key := request.GET.get(ABOUT)) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        key = self.value() or ""
        if not key.isascii() or not key.isdigit() or len(key) > 18:
            return queryset.none()
        subjects = family(int(key))
        access.about(request, subjects)
        return queryset.filter(subjects__overlap=list(subjects))


class SoughtFilter(SimpleListFilter):
    """Searches for one number that nobody on record bore at the time."""

    title = gettext_lazy("number searched for")
    parameter_name = SOUGHT

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, _("a number not on record"))] if (key := request.GET.get(SOUGHT)) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        try:
            return queryset.filter(sought__in=[bytes.fromhex(each) for each in (self.value() or "").split(".")])
        except ValueError:
            return queryset.none()


class ReaderDepartmentFilter(DropdownFilter):
    """The department of the reader."""

    title = gettext_lazy("department of the reader")
    parameter_name = "department"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(each.pk), str(each)) for each in Department.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(department_id=self.value()) if self.value() in dict(self.lookup_choices) else queryset


def name_readers(entries: Iterable[Any]) -> None:
    """Give each entry ``reader`` and ``department`` in words: two queries for all of them."""
    entries = list(entries)
    users = User._base_manager.in_bulk({entry.reader_id for entry in entries} - {None})
    departments = Department.objects.in_bulk({entry.department_id for entry in entries} - {None})
    for entry in entries:
        entry.reader = str(users.get(entry.reader_id) or (f"#{entry.reader_id}" if entry.reader_id else "–"))
        entry.department = str(departments.get(entry.department_id) or "–")


class AccessChangeList(ChangeList):
    """Looks up who read for the whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        name_readers(self.result_list)


@admin.register(AccessEntry)
class AccessEntryAdmin(ListExport, BaseAdmin):
    """Read, filtered, exported; never written here."""

    list_display = ("when", "who", "unit", "how", "data", "rows", "about", "purpose_shown", "door")
    list_display_links = ("when",)
    list_filter = (
        ("how", ChoicesDropdownFilter),
        ("purpose", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        ReaderDepartmentFilter,
        AboutFilter,
        SoughtFilter,
    )
    list_filter_submit = True
    list_filter_sheet = False
    list_fullwidth = True
    date_hierarchy = "at"
    # Only opens the search box; what is searched says get_search_results.
    search_fields = ("reader_id",)
    search_help_text = gettext_lazy("Name or user name of the reader, or the unified code of a subject")
    change_list_template = "subjects/access_log.html"
    fields = ("when", "who", "unit", "how", "data", "all_rows", "all_subjects", "purpose", "matter", "door")
    readonly_fields = fields

    @admin.display(description=pgettext_lazy("access", "when"), ordering="at")
    def when(self, entry: AccessEntry) -> str:
        return f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description=gettext_lazy("reader"))
    def who(self, entry: Any) -> str:
        return entry.reader

    @admin.display(description=gettext_lazy("department"))
    def unit(self, entry: Any) -> str:
        return entry.department

    @admin.display(description=gettext_lazy("kind of data"))
    def data(self, entry: AccessEntry) -> str:
        try:
            return str(apps.get_model(entry.model)._meta.verbose_name)
        except (LookupError, ValueError):
            return entry.model or "–"

    @admin.display(description=pgettext_lazy("access", "rows"))
    def rows(self, entry: AccessEntry) -> str:
        return _keys(entry.objects_shown, SHOWN)

    @admin.display(description=pgettext_lazy("access", "subjects"))
    def about(self, entry: AccessEntry) -> str:
        return _keys(entry.subjects, SHOWN)

    @admin.display(description=pgettext_lazy("access", "rows"))
    def all_rows(self, entry: AccessEntry) -> str:
        return _keys(entry.objects_shown)

    @admin.display(description=pgettext_lazy("access", "subjects"))
    def all_subjects(self, entry: AccessEntry) -> str:
        return _keys(entry.subjects)

    @admin.display(description=gettext_lazy("purpose"))
    def purpose_shown(self, entry: AccessEntry) -> str:
        return " ".join(filter(None, (entry.get_purpose_display(), entry.matter))) or "–"

    @admin.display(description=gettext_lazy("door"))
    def door(self, entry: AccessEntry) -> str:
        return entry.get_channel_display()

    # What may be done

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.person_view)
        return [path("person/", view, name="audit_accessentry_person"), *super().get_urls()]

    @in_the_log
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, extra_context)

    @in_the_log
    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        return super().change_view(request, object_id, form_url, {"show_history": False, **(extra_context or {})})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What cannot change has no history."""
        raise Http404

    @in_the_log
    def export_action(self, request: HttpRequest) -> HttpResponse:
        return super().export_action(request)

    @in_the_log
    def person_view(self, request: HttpRequest) -> HttpResponse:
        """Lead to the entries about the person with this document, or to those who looked for it in vain."""
        form = DocumentForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            kind, number = form.cleaned_data["document_kind"], form.cleaned_data["number"]
            check = check_document(kind, number)
            person = Subject.objects.find_person(kind, number).first() if check.ok else None
            if not check.ok:
                form.add_error("number", message_for(check))
            elif person is not None:
                access.searched(request)
                access.about(request, [person.pk])
                return HttpResponseRedirect(f"{self._url('changelist')}?{urlencode({ABOUT: person.pk})}")
            else:
                prints = sought_fingerprints(kind, number)
                access.searched(request, sought=prints[0])
                sought = ".".join(each.hex() for each in prints)
                return HttpResponseRedirect(f"{self._url('changelist')}?{urlencode({SOUGHT: sought})}")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Who looked at a person?"),
            "opts": self.opts,
            "media": self.media + form.media,
            "form": form,
            "back": self._url("changelist"),
        }
        return TemplateResponse(request, "subjects/access_log_person.html", context)

    # The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AccessChangeList

    def find_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        entry = super().find_object(request, object_id, from_field)
        if entry is not None:
            name_readers([entry])
            access.about(request, entry.subjects)
        return entry

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        readers = User._base_manager.filter(Q(name__icontains=term) | Q(username__icontains=term)).values("pk")
        found = Q(reader_id__in=readers)
        if subjects := Subject.objects.ids_by_code_prefix(term):
            subjects = set().union(*map(family, subjects))
            access.about(request, subjects)
            found = Q(subjects__overlap=list(subjects))
        return queryset.filter(found), False

    # The file

    def export_headers(self, request: HttpRequest) -> list[str]:
        return [str(admin.utils.label_for_field(name, AccessEntry, self)) for name in self.fields]

    def export_frames(self, request: HttpRequest, queryset: Any, form: Any) -> Iterator[pl.DataFrame]:
        entries: Any = queryset.iterator(chunk_size=CHUNK)
        while chunk := list(islice(entries, CHUNK)):
            name_readers(chunk)
            access.shown(request, chunk)
            yield text_frame([self._cell(name, entry) for name in self.fields] for entry in chunk)

    def _cell(self, name: str, entry: AccessEntry) -> Any:
        if name in {"how", "purpose"}:
            return getattr(entry, f"get_{name}_display")()
        own = getattr(self, name, None)
        return own(entry) if own else getattr(entry, name)


def _keys(keys: list[int], limit: int | None = None) -> str:
    shown = " ".join(f"#{key}" for key in keys[:limit]) or "–"
    return f"{shown} … ({len(keys)})" if limit and len(keys) > limit else shown
