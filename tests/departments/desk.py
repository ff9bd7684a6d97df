"""A department-owned model with states, its admin and its address map: what every such model of the platform has."""

from typing import Any

from django import forms
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.urls import include, path

from apps.accounts.site import Site
from apps.departments.actions import Action
from apps.departments.admin import DepartmentAdmin, SavedFilterAdmin
from apps.departments.admin_scope import DepartmentFilter, ScopedAdmin
from apps.departments.models import Department, LiaisonOfficer, SavedFilter, User
from apps.departments.scope import ScopedQuerySet


class Officer(LiaisonOfficer):
    """A liaison officer whose ``post`` serves as state: "" (open), "closed"."""

    objects = ScopedQuerySet.as_manager()

    class Meta:
        proxy = True
        app_label = "departments"

    @property
    def state(self) -> str:
        return self.post or "open"

    def get_state_display(self) -> str:
        return self.state


def _close(*, user: Any, obj: Officer) -> Officer:
    obj.post = "closed"
    obj.save(update_fields=["post"])
    return obj


def _call(*, user: Any, obj: Officer, phone: str) -> Officer:
    obj.phone = phone
    obj.save(update_fields=["phone"])
    return obj


close = Action(
    name="close",
    label="Close",
    permission="review_records",
    states=frozenset({"open"}),
    perform=_close,
    asks_reason=True,
    bulk=True,
)
reopen = Action(
    name="reopen",
    label="Reopen",
    permission="enter_records",
    states=frozenset({"closed"}),
    perform=lambda *, user, obj: _close(user=user, obj=obj),
)
set_phone = Action(
    name="set-phone",
    label="Set phone",
    permission="enter_records",
    perform=_call,
    inputs={"phone": lambda: forms.CharField(max_length=5)},
)


class OfficerAdmin(ScopedAdmin):
    row_actions = (close, reopen, set_phone)
    bulk_limit = 5
    list_display = ["name", "department", "post"]
    list_filter = [("department", DepartmentFilter)]
    search_fields = ["name"]
    fields = ["department", "name", "post", "since"]
    asks_reason = True


site = Site(name="admin")
site.register(Officer, OfficerAdmin)
site.register(Department, DepartmentAdmin)
site.register(SavedFilter, SavedFilterAdmin)

urlpatterns = [path("admin/", site.urls), path("i18n/", include("django.conf.urls.i18n"))]


def open_officer_pages(user: User) -> None:
    """The model permissions of ``Officer``, which no migration knows."""
    # The row of an earlier test was rolled back, Django's memory of it was not.
    ContentType.objects.clear_cache()
    model = ContentType.objects.get_for_model(Officer, for_concrete_model=False)
    for verb in ("view", "add", "change"):
        found, _ = Permission.objects.get_or_create(
            codename=f"{verb}_officer", content_type=model, defaults={"name": verb}
        )
        user.user_permissions.add(found)
