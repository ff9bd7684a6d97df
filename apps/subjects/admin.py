"""Subjects in the admin. Organisations are listed and searched; a person's page opens only by the exact number."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.admin import TabularInline
from unfold.enums import ActionVariant

from apps.core.admin_base import BaseAdmin
from apps.core.crypto import CryptoError
from apps.core.terms import SubjectKind

from . import access, actions, people, purposes
from .admin_access_log import AccessEntryAdmin
from .admin_filters import KindFilter, RegionFilter
from .admin_forms import CodeForm, IdentifierForm, RenameForm, SubjectAddForm
from .admin_merges import SubjectMergeAdmin
from .admin_views import SubjectViews
from .models import Identifier, Industry, Region, Subject, SubjectName
from .rules import OLD_SCHEMES

__all__ = ["AccessEntryAdmin", "IndustryAdmin", "RegionAdmin", "SubjectAdmin", "SubjectMergeAdmin"]


class ReadOnlyInline(TabularInline):
    """Shown, changed by actions alone."""

    extra = 0
    can_delete = False
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class IdentifierInline(ReadOnlyInline):
    model = Identifier
    fields = ("scheme", "value", "source")


class SubjectNameInline(ReadOnlyInline):
    model = SubjectName
    fields = ("name", "since", "until")


@dataclass(frozen=True)
class Button:
    """An action of the change page that asks something first."""

    name: str
    label: str | Promise
    icon: str
    form: Callable[..., forms.Form]
    perform: Callable[..., Any]
    variant: str = "default"
    description: str | Promise = ""


def _set_code(*, user: Any, subject: Subject, uscc: str, override: bool, reason: str) -> Subject:
    act = actions.override_code if override else actions.set_code
    return act(user=user, subject=subject, uscc=uscc, reason=reason)


BUTTONS = (
    Button("rename", gettext_lazy("Change the name"), "edit", RenameForm, actions.rename),
    Button("code", gettext_lazy("Change the unified code"), "tag", CodeForm, _set_code),
    Button("identifier", gettext_lazy("Add an old code"), "add", IdentifierForm, actions.add_identifier),
)


@admin.register(Subject)
class SubjectAdmin(SubjectViews, BaseAdmin):
    """Lists hold organisations alone. What identifies a subject is changed by actions, register data by the form."""

    add_form = SubjectAddForm
    asks_reason = True
    list_display = ("name", "code", "kind", "status", "region", "registered_on")
    list_filter = (KindFilter, "status", RegionFilter)
    list_select_related = ("region",)
    search_fields = ("name",)
    search_help_text = gettext_lazy("Two characters of a name or former name, a code, or the beginning of one")
    ordering = ("-pk",)
    autocomplete_fields = ("region", "industry")
    inlines = (IdentifierInline, SubjectNameInline)

    @admin.display(description=gettext_lazy("code"), ordering="uscc")
    def code(self, subject: Subject) -> str:
        return subject.uscc or "–"

    # What is seen

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        queryset: Any = super().get_queryset(request)
        return queryset.organisations()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return (queryset.search(search_term) if search_term.strip() else queryset), False

    def find_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Subject | None:
        try:
            subject = Subject.objects.filter(pk=int(object_id)).first()
        except (ValueError, OverflowError):
            return None
        if subject is None or subject.kind != SubjectKind.NATURAL_PERSON:
            return subject
        if not access.may_open_person(request, subject.pk) or not self.has_view_permission(request):
            return None
        purposes.require(request, subject.pk)
        return subject

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and (obj.merged_into_id or obj.kind == SubjectKind.NATURAL_PERSON):
            return False
        return super().has_change_permission(request, obj)

    def deleted_history_visible(self, request: HttpRequest, history_row: Any) -> bool:
        # Of a person who is gone nobody can have found the number.
        return history_row.kind != SubjectKind.NATURAL_PERSON and super().deleted_history_visible(request, history_row)

    # The form

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs.setdefault("form", self.add_form)
            kwargs["fields"] = self.add_form.Meta.fields
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        register: tuple[str, ...] = ("status", "organisation_type", "registered_on", "legal_representative", "address")
        register = (*register, "region", "industry")
        if obj is None:
            codes = ("kind", "name", "uscc", "override_reason")
            old = (gettext_lazy("Old codes"), {"fields": OLD_SCHEMES})
            return ((None, {"fields": codes}), old, (gettext_lazy("Register data"), {"fields": register}))
        if obj.kind == SubjectKind.NATURAL_PERSON:
            return ((None, {"fields": ("kind", "name", "document", "masked_number", "merged_into")}),)
        identity = ("kind", "name", "uscc", "override_reason", "remaining")
        hidden = {"override_reason": obj.override_reason, "remaining": obj.merged_into_id}
        shown = tuple(name for name in identity if hidden.get(name, True))
        register = (*register[:3], "capital", "capital_text", *register[3:])
        fieldsets: Any = ((None, {"fields": shown}), (gettext_lazy("Register data"), {"fields": register}))
        reason = ((None, {"fields": ("reason",)}),) if self.reason_asked(request, obj) else ()
        return (*fieldsets, *reason)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        return ("kind", "name", "uscc", "override_reason", "remaining", "merged_into", "document", "masked_number")

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj is not None and obj.kind != SubjectKind.NATURAL_PERSON else ()

    @admin.display(description=gettext_lazy("merged into"))
    def remaining(self, subject: Subject) -> SafeString | str:
        if subject.merged_into_id is None:
            return "–"
        return format_html('<a href="../../{}/change/">{}</a>', subject.merged_into_id, subject.merged_into)

    @admin.display(description=gettext_lazy("kind of document"))
    def document(self, subject: Subject) -> str:
        return subject.person.get_document_kind_display()

    @admin.display(description=pgettext_lazy("identity", "document number"))
    def masked_number(self, subject: Subject) -> str:
        try:
            return people.open_person(subject).masked_number
        except CryptoError:
            return "–"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        given = {name: value for name, value in form.cleaned_data.items() if name not in (*OLD_SCHEMES, "reason")}
        made = actions.register_subject(user=request.user, old_codes=form.old_codes, **given)
        obj.__dict__.update(made.__dict__)

    # Actions

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.do_view)
        return [
            path("<int:object_id>/do/<slug:name>/", view, name="subjects_subject_do"),
            *self.subject_urls(),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        response = super().change_view(request, object_id, form_url, extra_context)
        obj = getattr(response, "context_data", None) and response.context_data.get("original")
        if obj is not None:
            response.context_data["row_actions"] = self.buttons(request, obj)
        return response

    def buttons(self, request: HttpRequest, obj: Subject) -> list[dict[str, Any]]:
        """The buttons of the change page, for the template that draws them."""
        shown: list[dict[str, Any]] = []
        if self.has_change_permission(request, obj):
            shown += [
                {"title": each.label, "path": self._url("do", obj, each.name), "icon": each.icon} for each in BUTTONS
            ]
        if self.may_merge(request) and not obj.merged_into_id:
            shown.append({"title": _("Merge"), "path": self._url("merge", obj), "icon": "merge"})
        return [{"asks": True, "variant": ActionVariant.DEFAULT, **button} for button in shown]

    def do_view(self, request: HttpRequest, object_id: int, name: str) -> HttpResponse:
        """Ask for what an action needs, and do it."""
        subject = self.visible_or_404(request, str(object_id))
        button = next((each for each in BUTTONS if each.name == name), None)
        if button is None or not self.has_change_permission(request, subject):
            raise PermissionDenied
        form = button.form(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                button.perform(user=request.user, subject=subject, **form.cleaned_data)
            except ValidationError as error:
                add_errors(form, error)
            else:
                messages.success(
                    request, _("Done: %(action)s – %(object)s") % {"action": button.label, "object": subject}
                )
                return HttpResponseRedirect(self._url("change", subject))
        context = {
            **self.admin_site.each_context(request),
            "title": _("%(action)s: %(object)s") % {"action": button.label, "object": subject},
            "opts": self.opts,
            "original": subject,
            "action": button,
            "form": form,
            "media": self.media + form.media,
            "back": self._url("change", subject),
        }
        return TemplateResponse(request, "departments/action.html", context)


def add_errors(form: forms.Form, error: ValidationError) -> None:
    """Put the errors of an action where the form has a field for them, the others on top."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


class ReferenceAdmin(BaseAdmin):
    """Reference data: looked at and searched."""

    list_display: Any = ("code", "name", "level")
    search_fields = ("code", "name")
    list_filter = ("level",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Region)
class RegionAdmin(ReferenceAdmin):
    list_display = ("code", "name", "level", "parent")
    list_select_related = ("parent",)


@admin.register(Industry)
class IndustryAdmin(ReferenceAdmin):
    list_display = ("code", "name", "level", "section")
