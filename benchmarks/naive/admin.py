"""The plain admin: default paginator, ``icontains`` search; rows by guardian, per object or per department."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from guardian.shortcuts import get_objects_for_user
from simple_history.admin import SimpleHistoryAdmin

from .models import Department, Record, Subject


@admin.register(Subject)
class SubjectAdmin(SimpleHistoryAdmin):
    list_display = ("name", "uscc", "kind", "registered_on")
    search_fields = ("name", "uscc")


@admin.register(Record)
class RecordAdmin(SimpleHistoryAdmin):
    """As guardian's documentation shows it: the rows on which the user holds ``view_record``."""

    list_display = ("document_number", "subject", "department", "state", "decided_on", "deadline", "author")
    list_filter = ("state", "department")
    list_select_related = ("subject", "department", "author")
    search_fields = ("document_number", "subject__name", "subject__uscc")
    date_hierarchy = "decided_on"
    raw_id_fields = ("subject", "author")

    def get_queryset(self, request: HttpRequest) -> Any:
        if request.user.is_superuser:
            return super().get_queryset(request)
        return get_objects_for_user(request.user, "naive.view_record", super().get_queryset(request))


class TunedRecordAdmin(RecordAdmin):
    """Tuned: grants on departments, rows through their foreign key, no second count of everything."""

    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = admin.ModelAdmin.get_queryset(self, request)
        if request.user.is_superuser:
            return rows
        allowed = get_objects_for_user(request.user, "naive.view_records", Department, accept_global_perms=False)
        return rows.filter(department__in=list(allowed.values_list("pk", flat=True)))


tuned = admin.AdminSite("tuned")
tuned.register(Record, TunedRecordAdmin)
tuned.register(Subject, type("TunedSubjectAdmin", (SubjectAdmin,), {"show_full_result_count": False}))
