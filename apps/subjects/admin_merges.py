"""The list of merges, each of which can be taken back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.enums import ActionVariant

from apps.core.admin_base import BaseAdmin
from apps.core.reasons import ReasonForm
from apps.core.terms import SubjectKind

from . import merging
from .models import SubjectMerge


@admin.register(SubjectMerge)
class SubjectMergeAdmin(BaseAdmin):
    """Merges of organisations and of persons whose page the user may not open are told apart by the masked name
    alone."""

    list_display = ("duplicate", "duplicate_code", "remaining", "reason", "merged_by", "merged_at", "taken_back")
    list_select_related = ("duplicate", "remaining", "merged_by")
    date_hierarchy = "merged_at"
    fields = ("duplicate", "remaining", "reason", "merged_by", "merged_at", "rows_moved", "reversed_by", "reversed_at")
    readonly_fields = fields
    # Keys of rows, of other departments too.
    confidential_fields = ("moved", "made")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        queryset = super().get_queryset(request)
        if request.user.has_perm(merging.PERMISSION):
            return queryset
        return queryset.exclude(duplicate__kind=SubjectKind.NATURAL_PERSON)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("code of the duplicate"))
    def duplicate_code(self, merge: SubjectMerge) -> str:
        return merge.duplicate.uscc or "–"

    @admin.display(description=gettext_lazy("taken back"), boolean=True)
    def taken_back(self, merge: SubjectMerge) -> bool:
        return merge.reversed_at is not None

    @admin.display(description=gettext_lazy("moved rows"))
    def rows_moved(self, merge: SubjectMerge) -> int:
        return sum(map(len, merge.moved.values()))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.reverse_view)
        return [path("<int:object_id>/reverse/", view, name="subjects_subjectmerge_reverse"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        response = super().change_view(request, object_id, form_url, extra_context)
        merge = getattr(response, "context_data", None) and response.context_data.get("original")
        if merge is not None and self._may_reverse(request, merge):
            response.context_data["row_actions"] = [
                {
                    "title": _("Take back"),
                    "path": self._url("reverse", merge),
                    "icon": "undo",
                    "variant": ActionVariant.DANGER,
                    "asks": True,
                }
            ]
        return response

    def _may_reverse(self, request: HttpRequest, merge: SubjectMerge) -> bool:
        return merge.reversed_at is None and request.user.has_perm(merging.PERMISSION)

    def reverse_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask why, and take the merge back."""
        merge = self.visible_or_404(request, str(object_id))
        if not self._may_reverse(request, merge):
            raise PermissionDenied
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                merging.reverse_merge(user=request.user, merge=merge, reason=form.cleaned_data["reason"])
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(request, _("The merge is taken back."))
                return HttpResponseRedirect(self._url("change", merge))
        action = {"label": _("Take back"), "description": _("Every row that moved returns to the duplicate.")}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Take back: %(object)s") % {"object": merge},
            "opts": self.opts,
            "original": merge,
            "action": action,
            "form": form,
            "media": self.media + form.media,
            "danger": True,
            "back": self._url("change", merge),
        }
        return TemplateResponse(request, "departments/action.html", context)
