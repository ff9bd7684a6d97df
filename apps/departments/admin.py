"""Admin of departments, role groups and grants (people: ``admin_people``)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from apps.core.admin_base import REASON, BaseAdmin

from . import admin_people as admin_people
from . import saved_filters
from .admin_actions import RowActionsMixin
from .admin_two_persons import ProposalForm, ProposingMixin, see_proposal
from .models import (
    Department,
    DepartmentGroupObjectPermission,
    DepartmentUserObjectPermission,
    LiaisonOfficer,
    RoleGroup,
    SavedFilter,
)
from .roles import PRESETS, check_grant_to_group, check_grant_to_person, ensure_role_groups, roles_of
from .terms import Act, Role
from .two_persons import PROPOSE_END_FOUR_EYES, PROPOSE_MOVE

# Groups are made from role presets, never by hand.
admin.site.unregister(Group)

GRANTS = dict(Department._meta.permissions)
KIND_COLOURS = {kind: "default" for kind in Department.Kind.values} | {
    Department.Kind.COLLECTING.value: "info",
    Department.Kind.DISTRICT.value: "success",
}


class LiaisonOfficerInline(TabularInline):
    model = LiaisonOfficer
    extra = 0
    fields = ["name", "post", "phone", "email", "since", "until"]
    can_delete = False


@admin.register(Department)
class DepartmentAdmin(RowActionsMixin):
    """The tree of departments. Where one stands and the end of four eyes take two persons."""

    asks_reason = True
    row_actions = (PROPOSE_MOVE, PROPOSE_END_FOUR_EYES)
    inlines = [LiaisonOfficerInline]
    list_display = ["tree_name", "short_name", "shown_kind", "uscc", "four_eyes", "is_active"]
    list_filter = [("kind", ChoicesDropdownFilter), "is_active", "four_eyes"]
    list_filter_submit = True
    list_per_page = 200
    search_fields = ["name", "name_en", "short_name", "slug", "uscc"]
    ordering = ["path"]
    autocomplete_fields = ["parent"]
    fieldsets = [
        (None, {"fields": ["name", "name_en", "short_name", "slug", "kind", "parent", "position"]}),
        (_("Codes"), {"fields": ["uscc", "division_code"]}),
        (_("Letters"), {"fields": ["letter_mark", "address", "phone"]}),
        (_("Working rules"), {"fields": ["four_eyes", "is_active"]}),
    ]

    @display(description=_("name"), ordering="path")
    def tree_name(self, obj: Department) -> Any:
        depth = obj.path.count("/") - 1
        return format_html('<span class="cc-depth" style="padding-left: {}rem">{}</span>', depth * 1.5, obj)

    @display(description=_("kind"), ordering="kind", label=KIND_COLOURS)
    def shown_kind(self, obj: Department) -> tuple[str, str]:
        return obj.kind, obj.get_kind_display()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return ["four_eyes"]
        # Fixtures, files and groups refer to the slug.
        return ["slug", "parent", *(["four_eyes"] if obj.four_eyes else [])]

    def revertible(self, request: HttpRequest, obj: Any, history_row: Any) -> bool:
        ends_four_eyes = obj.four_eyes and not history_row.four_eyes
        return history_row.parent_id == obj.parent_id and not ends_four_eyes

    def after_action(self, request: HttpRequest, action: Any, obj: Any) -> HttpResponse:
        return see_proposal(obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        ensure_role_groups(obj)


class RoleGroupForm(forms.ModelForm):
    class Meta:
        model = RoleGroup
        fields = ["department", "role"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        department, role = data.get("department"), data.get("role")
        if department and role and not PRESETS[Role(role)].suits(department):
            raise forms.ValidationError(
                _("%(department)s has no role “%(role)s”; it has: %(roles)s.")
                % {
                    "department": department,
                    "role": Role(role).label,
                    "roles": ", ".join(str(each.label) for each in roles_of(department)) or "–",
                }
            )
        return data


@admin.register(RoleGroup)
class RoleGroupAdmin(BaseAdmin):
    """Role groups: made from the presets; who belongs to one is decided under “roles of persons”."""

    form = RoleGroupForm
    list_display = ["shown_department", "shown_role", "members"]
    list_filter = [("department", RelatedDropdownFilter), ("role", ChoicesDropdownFilter)]
    list_filter_submit = True
    list_select_related = ["department"]
    search_fields = ["department__name", "department__name_en", "department__short_name", "role"]
    ordering = ["department__path", "role"]
    autocomplete_fields = ["department"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(member_count=Count("group__user"))

    @display(description=_("department"), ordering="department__path")
    def shown_department(self, obj: RoleGroup) -> str:
        return str(obj.department)

    @display(description=_("role"), ordering="role")
    def shown_role(self, obj: RoleGroup) -> str:
        return obj.get_role_display()

    @display(description=_("members"), ordering="member_count")
    def members(self, obj: Any) -> int:
        return obj.member_count

    @display(description=_("members"))
    def member_names(self, obj: RoleGroup) -> Any:
        people = obj.group.user_set.order_by("username")
        return format_html_join("", "<div>{}</div>", ([person] for person in people)) or "–"

    @display(description=_("rights on rows"))
    def grants(self, obj: RoleGroup) -> Any:
        found = DepartmentGroupObjectPermission.objects.filter(group=obj.group).select_related(
            "permission", "content_object"
        )
        lines = ([GRANTS.get(each.permission.codename, each.permission), each.content_object] for each in found)
        return format_html_join("", "<div>{}: {}</div>", lines) or "–"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ["department", "role", *(["member_names", "grants"] if obj else [])]
        return [(None, {"fields": fields})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["department", "role", "member_names", "grants"] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        ensure_role_groups(obj.department)
        obj.pk = RoleGroup.objects.get(department=obj.department, role=obj.role).pk


class PermissionField(forms.ModelChoiceField):
    """The rights that can be granted on a department, by their own names."""

    def label_from_instance(self, obj: Any) -> str:
        return str(GRANTS.get(obj.codename, obj.name))


class GroupField(forms.ModelChoiceField):
    """Role groups by department and role."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.role)


class GrantAdmin(ProposingMixin):
    """Grants on departments: given by two persons, taken by one, with a reason, never changed."""

    holder = holder_shown = concerns = ""
    list_filter = [("content_object", RelatedDropdownFilter)]
    list_filter_submit = True
    ordering = ["content_object__path"]

    @display(description=_("right"), ordering="permission__codename")
    def shown_permission(self, obj: Any) -> Any:
        return GRANTS.get(obj.permission.codename, obj.permission.name)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "permission":
            kwargs["label"] = _("right")
            kwargs["form_class"] = PermissionField
            kwargs["queryset"] = Permission.objects.filter(
                content_type__app_label="departments", content_type__model="department", codename__in=GRANTS
            )
        elif db_field.name == "user":
            kwargs["label"] = _("user")
        elif db_field.name == "group":
            kwargs["label"] = _("group")
            kwargs["form_class"] = GroupField
            kwargs["queryset"] = (
                Group.objects.filter(role__isnull=False)
                .select_related("role__department")
                .order_by("role__department__path", "role__role")
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": [self.holder, "permission", "content_object", REASON]})]
        return [(None, {"fields": self.get_readonly_fields(request, obj)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [self.holder_shown, "shown_permission", "content_object", "shown_persons"] if obj else []

    def change_behind(self, obj: Any) -> dict[str, Any]:
        return {
            self.concerns: getattr(obj, self.holder),
            "permission": obj.permission,
            "department": obj.content_object,
        }


class GroupGrantForm(ProposalForm):
    act = Act.GROUP_GRANT

    def concerned(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"group": data["group"], "permission": data["permission"], "department": data["content_object"]}

    def clean_group(self) -> Any:
        group = self.cleaned_data["group"]
        check_grant_to_group(group)
        return group


@admin.register(DepartmentGroupObjectPermission)
class GroupGrantAdmin(GrantAdmin):
    form = GroupGrantForm
    holder = concerns = "group"
    holder_shown = "shown_group"
    list_display = ["shown_group", "shown_permission", "content_object"]
    list_select_related = ["group__role__department", "permission", "content_object"]
    search_fields = ["group__name", "content_object__name"]

    @display(description=_("group"), ordering="group__name")
    def shown_group(self, obj: Any) -> Any:
        return obj.group.role if hasattr(obj.group, "role") else obj.group


class UserGrantForm(ProposalForm):
    act = Act.PERSON_GRANT

    def concerned(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"person": data["user"], "permission": data["permission"], "department": data["content_object"]}

    def clean_user(self) -> Any:
        person = self.cleaned_data["user"]
        check_grant_to_person(person)
        return person


@admin.register(DepartmentUserObjectPermission)
class UserGrantAdmin(GrantAdmin):
    form = UserGrantForm
    holder = holder_shown = "user"
    concerns = "person"
    list_display = ["user", "shown_permission", "content_object"]
    list_select_related = ["user", "permission", "content_object"]
    search_fields = ["user__username", "user__name", "content_object__name"]
    autocomplete_fields = ["user"]


@admin.register(SavedFilter)
class SavedFilterAdmin(ModelAdmin):
    """No pages: only the two addresses that the bar above a list posts to."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("save/", view(require_POST(self.save)), name="departments_savedfilter_save"),
            path("<int:pk>/remove/", view(require_POST(self.remove)), name="departments_savedfilter_remove"),
        ]

    def save(self, request: HttpRequest) -> HttpResponse:
        return saved_filters.save(request, self.admin_site)

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        return saved_filters.remove(request, self.admin_site, pk)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
