"""The base of admin pages of department-owned rows: what a person may not see is not there."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter

from .admin_actions import RowActionsMixin
from .models import Department
from .scope import departments_of, may


class ScopedAdmin(RowActionsMixin):
    """Admin of a model whose manager has ``visible_to(user)``.

    Foreign rows answer 404 on every page, autocomplete included. Changing and adding need ``department_permission``
    in the row's department besides the model permission that opens the page; departments to choose from are those
    where the person holds it.
    """

    department_permission = "enter_records"

    def get_queryset(self, request: HttpRequest) -> Any:
        queryset: Any = super().get_queryset(request)
        return queryset.visible_to(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and bool(departments_of(request.user, self.department_permission))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may(request, obj)

    def deleted_history_visible(self, request: HttpRequest, history_row: Any) -> bool:
        # Whose it was can no longer be asked of the row itself.
        return False

    def formfield_for_foreignkey(self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is Department and "queryset" not in kwargs:
            open_to = departments_of(request.user, self.department_permission)
            kwargs["queryset"] = Department.objects.filter(pk__in=open_to)
            if len(open_to) == 1:
                kwargs.setdefault("initial", next(iter(open_to)))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _may(self, request: HttpRequest, obj: Any) -> bool:
        if obj is None:
            return bool(departments_of(request.user, self.department_permission))
        return may(request.user, self.department_permission, obj.department_id)


class DepartmentFilter(RelatedDropdownFilter):
    """List filter by department, offering only the departments whose rows the person may see:
    ``list_filter = [("department", DepartmentFilter)]``."""

    view_permission = "view_records"

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        visible = Department.objects.filter(pk__in=departments_of(request.user, self.view_permission))
        return [(department.pk, str(department)) for department in visible]
