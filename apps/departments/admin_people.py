"""Admin of accounts and of who holds which role."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from apps.audit.context import current
from apps.core.admin_base import REASON, BaseAdmin
from apps.core.forms import dress

from .admin_two_persons import ProposalForm, ProposingMixin
from .models import Department, Membership, RoleGroup, User
from .roles import check_role, remove_role
from .terms import ADMINISTRATORS, Act, Role


def holds_administrator_role(user: User) -> bool:
    """Whether the person is one of the three administrators."""
    return RoleGroup.objects.filter(group__user=user, role__in=ADMINISTRATORS).exists()


class AccountForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("username", "name", "department", "phone", "email", "is_active", "is_staff")

    def clean_is_active(self) -> bool:
        active: bool = self.cleaned_data["is_active"]
        if active and not User.objects.get(pk=self.instance.pk).is_active and holds_administrator_role(self.instance):
            raise forms.ValidationError(
                _(
                    "An administrator comes back without the role: let a security administrator take it first; "
                    "two give it anew."
                )
            )
        return active


class UserAdmin(DjangoUserAdmin, BaseAdmin):  # type: ignore[misc]
    """Accounts: made, changed, deactivated, never deleted; roles are given elsewhere, by somebody else.

    What belongs to logging in is added above, where it is registered (apps/accounts).
    """

    form = AccountForm
    asks_reason = True
    can_delete = False
    list_display = ["username", "name", "department", "shown_roles", "is_active", "last_login"]
    list_filter = [
        "is_active",
        ("department", RelatedDropdownFilter),
        ("groups__role__role", ChoicesDropdownFilter),
    ]
    list_select_related = ["department"]
    list_filter_submit = True
    search_fields = ["username", "name", "department__name", "department__short_name"]
    filter_horizontal = ()
    fieldsets = [
        (None, {"fields": ["username", "name", "department", "phone", "email"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", "shown_roles", "last_login", "date_joined"]}),
    ]
    readonly_fields = ["shown_roles", "last_login", "date_joined"]
    autocomplete_fields = ["department"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups__role__department")

    @display(description=_("roles"))
    def shown_roles(self, obj: User) -> str:
        held = [group.role for group in obj.groups.all() if hasattr(group, "role")]
        own = obj.department_id
        shown = (str(role.get_role_display()) if role.department_id == own else str(role) for role in held)
        return gettext("; ").join(shown) or "–"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Nobody locks themselves out.
        own = ["is_active", "is_staff"] if obj is not None and obj.pk == request.user.pk else []
        return [*self.readonly_fields, *own]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)


class MembershipForm(ProposalForm):
    """Who gets which role in which department."""

    act = Act.ROLE
    department = dress(forms.ModelChoiceField(Department.objects.filter(is_active=True), label=_("department")))
    role = dress(forms.ChoiceField(choices=Role.choices, label=_("role")))

    class Meta:
        model = Membership
        fields = ["user"]

    def concerned(self, data: dict[str, Any]) -> dict[str, Any]:
        group = check_role(target=data["user"], role=Role(data["role"]), department=data["department"])
        return {"person": data["user"], "group": group.group}


@admin.register(Membership)
class MembershipAdmin(ProposingMixin):
    """Roles of persons: given by two persons, taken by one, with a reason, never changed."""

    form = MembershipForm
    list_display = ["user", "shown_department", "shown_role"]
    list_filter = [
        ("group__role__department", RelatedDropdownFilter),
        ("group__role__role", ChoicesDropdownFilter),
    ]
    list_filter_submit = True
    list_select_related = ["user", "group__role__department"]
    search_fields = ["user__username", "user__name", "group__role__department__name"]
    autocomplete_fields = ["user"]

    @display(description=_("department"), ordering="group__role__department__path")
    def shown_department(self, obj: Membership) -> Any:
        return obj.group.role.department if hasattr(obj.group, "role") else "–"

    @display(description=_("role"), ordering="group__role__role")
    def shown_role(self, obj: Membership) -> Any:
        return obj.group.role.get_role_display() if hasattr(obj.group, "role") else obj.group

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["user", "department", "role", REASON]})]
        return [(None, {"fields": self.get_readonly_fields(request, obj)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user", "shown_department", "shown_role", "shown_persons"] if obj else []

    def change_behind(self, obj: Any) -> dict[str, Any]:
        return {"person": obj.user, "group": obj.group}

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        group = obj.group.role
        remove_role(
            user=request.user,
            target=obj.user,
            role=Role(group.role),
            department=group.department,
            reason=current().reason,
        )

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ValidationError as error:
            raise PermissionDenied(error.messages) from None
