"""The pages of cases."""

from django.contrib import admin
from django.http import HttpRequest

from apps.departments.admin_scope import ScopedAdmin

from ..actions import ROW_ACTIONS
from ..models import Case


@admin.register(Case)
class CaseAdmin(ScopedAdmin):
    """Cases, by those who handle or check them."""

    department_permission = "handle_objections"
    row_actions = ROW_ACTIONS
    list_display = ("number", "kind", "state", "due")
    confidential_fields = ("applicant",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return False
