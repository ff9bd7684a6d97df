"""Admin of what takes two persons: adding a role or a grant proposes it; here it is confirmed, refused, taken back."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from apps.core.admin_base import REASON, BaseAdmin

from .admin_actions import RowActionsMixin
from .models import TwoPersonChange
from .roles import holds
from .terms import PROPOSERS, Act, Role
from .two_persons import CONFIRM, REFUSE, TAKE_BACK, State, check_new, propose

_PAGE = "admin:departments_twopersonchange"
STATE_COLOURS = {
    State.WAITING.value: "warning",
    State.CONFIRMED.value: "success",
    State.REFUSED.value: "danger",
    State.TAKEN_BACK.value: "default",
    "lapsed": "default",
}


def see_proposal(change: TwoPersonChange) -> HttpResponse:
    """On to the page of the change."""
    return HttpResponseRedirect(reverse(f"{_PAGE}_change", args=[change.pk]))


class ProposalForm(forms.ModelForm):
    """Asks for what a change concerns; ``concerned`` turns the complete answers into the fields of the change."""

    act: Act

    def concerned(self, data: dict[str, Any]) -> dict[str, Any]:
        """Raises ValidationError where the answers do not fit together."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            check_new(self.proposal())
        return data

    def proposal(self) -> TwoPersonChange:
        """What the form proposes, not saved."""
        return TwoPersonChange(act=self.act, **self.concerned(self.cleaned_data))


class ProposingMixin(BaseAdmin):
    """Rows that two persons give and one takes: adding makes a proposal, nothing else. Never changed."""

    asks_reason = True
    asks_reason_on_add = True
    can_delete = True

    def change_behind(self, obj: Any) -> dict[str, Any]:
        """The fields of the two-person change that brought this row."""
        raise NotImplementedError

    @display(description=_("given by"))
    def shown_persons(self, obj: Any) -> str:
        found = (
            TwoPersonChange.objects.filter(state=State.CONFIRMED, **self.change_behind(obj))
            .select_related("proposed_by", "decided_by")
            .first()
        )
        if found is None:
            return gettext("at installation, or with the role")
        return gettext("proposed by %(first)s, confirmed by %(second)s, %(day)s") % {
            "first": found.proposed_by,
            "second": found.decided_by,
            "day": localize(localtime(found.decided_at).date()),
        }

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ValidationError as error:
            # Somebody was faster between the check of the form and the proposal.
            messages.error(request, gettext("; ").join(error.messages))
            return HttpResponseRedirect(self._url("changelist"))

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        form.save(commit=False)
        return form.proposal()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        concerned = form.concerned(form.cleaned_data)
        obj.pk = propose(user=request.user, act=form.act, reason=form.cleaned_data[REASON], **concerned).pk

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        messages.success(
            request,
            gettext("Proposed: %(change)s. It takes effect when a second person confirms it.") % {"change": obj},
        )
        return see_proposal(obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        if not holds(request.user, Role.SECURITY_ADMINISTRATOR):
            raise PermissionDenied(gettext("You have no right to administer roles."))
        super().delete_model(request, obj)


@admin.register(TwoPersonChange)
class TwoPersonChangeAdmin(RowActionsMixin):
    """What was proposed, by whom, and what the second person said. Holds nothing of the business."""

    row_actions = (CONFIRM, REFUSE, TAKE_BACK)
    list_display = ["shown_what", "act", "shown_state", "proposed_by", "proposed_at", "expires_at", "decided_by"]
    list_filter = [("state", ChoicesDropdownFilter), ("act", ChoicesDropdownFilter)]
    linked_by = ("proposed_by",)
    list_filter_submit = True
    list_select_related = [
        "person",
        "group__role__department",
        "permission",
        "department",
        "parent",
        "proposed_by",
        "decided_by",
    ]
    search_fields = ["person__username", "person__name", "department__name", "proposed_by__name", "reason"]
    ordering = ["-pk"]
    fieldsets = [
        (None, {"fields": ["act", "shown_what", "reason", "proposed_by", "proposed_at", "expires_at"]}),
        (
            pgettext_lazy("two-person change", "Decision"),
            {"fields": ["state_text", "decided_by", "decided_at", "answer"]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        changes = super().get_queryset(request)
        if request.user.has_perm("departments.view_membership"):
            return changes
        # Who may not see who holds which role does not see it here either.
        return changes.filter(act__in=[act for act, role in PROPOSERS.items() if role == Role.SYSTEM_ADMINISTRATOR])

    @display(description=_("content"))
    def shown_what(self, obj: TwoPersonChange) -> str:
        return obj.what

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, obj: TwoPersonChange) -> tuple[str, str]:
        return "lapsed" if obj.lapsed else obj.state, self.state_text(obj)

    @display(description=_("state"))
    def state_text(self, obj: TwoPersonChange) -> str:
        return pgettext("two-person change", "lapsed") if obj.lapsed else obj.get_state_display()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _title, options in self.fieldsets for name in options["fields"]]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
