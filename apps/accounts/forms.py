"""Forms of logging in and of the own account."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminPasswordWidget

from apps.core.forms import dress
from apps.departments.models import User

from . import authenticator_apps, locks, passkeys, passwords, recovery_codes
from .events import record
from .terms import RECOVERY, EventKind, FactorKind

REFUSALS = {
    "inactive": _("This account has been deactivated. Please turn to the system administrator."),
    "demo": _("Demo accounts are closed: this installation does not run in demo mode."),
    "superuser": _("A superuser does not log in here: the platform has three administrators instead."),
    "lapsed": _("This one-time password was not used in time. Please ask the system administrator for a new one."),
}


class LoginForm(AuthenticationForm):
    """User name and password. Tells somebody who knows the password why the account is closed; everybody else
    learns nothing, and waits after too many failures whether there is such an account or not."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("User name or password is wrong. Both distinguish capital letters."),
    }

    def clean(self) -> dict[str, Any]:
        if "username" not in self.cleaned_data or "password" not in self.cleaned_data:
            return self.cleaned_data
        with locks.password_attempt(self.request, self.cleaned_data["username"]):
            cleaned: dict[str, Any] = super().clean()
        return cleaned

    def get_invalid_login_error(self) -> ValidationError:
        ground = getattr(self.request, "login_refused", "")
        if ground in REFUSALS:
            return ValidationError(REFUSALS[ground], code=ground)
        return super().get_invalid_login_error()

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if passwords.has_lapsed(user):
            raise ValidationError(REFUSALS["lapsed"], code="lapsed")


def _code_field(**values: Any) -> forms.CharField:
    attributes = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
    field = forms.CharField(max_length=20, widget=forms.TextInput(attrs=attributes), **values)
    dress(field)
    return field


class SecondFactorForm(forms.Form):
    """A code of the app, a recovery code, or what the browser says of a passkey. ``factor`` tells which it was."""

    code = _code_field(
        label=_("Code"), required=False, help_text=_("Six digits from your authenticator app, or a recovery code.")
    )
    passkey = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)

    factor = ""

    def __init__(self, request: Any, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, user

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if not data.get("code") and not data.get("passkey"):
            raise ValidationError(_("Please enter a code or use your passkey."))
        with locks.proof_attempt(self.request, self.user):
            self.factor = self._proven()
            if not self.factor:
                raise ValidationError(
                    _("This is not right. A code holds for half a minute and only once."), code="wrong"
                )
        return data

    def _proven(self) -> str:
        answer, code = self.cleaned_data.get("passkey"), self.cleaned_data.get("code", "")
        if answer:
            return FactorKind.PASSKEY.value if passkeys.check(self.request, self.user, answer) else ""
        if authenticator_apps.check(self.user, code):
            return FactorKind.APP.value
        if recovery_codes.use(self.user, code):
            record(EventKind.CODE_USED, self.user, self.request)
            return RECOVERY
        return ""


class ConfirmForm(forms.Form):
    """The password once more, before something that a thief of an open session would do."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=256,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        with locks.proof_attempt(self.request, self.request.user, EventKind.FAILURE):
            if not self.request.user.check_password(password):
                raise ValidationError(_("The password is wrong."), code="wrong")
        return password


def _name_field() -> forms.CharField:
    field = forms.CharField(
        label=pgettext_lazy("factor", "Name"),
        max_length=50,
        help_text=_("By which you know it again, such as “my phone”."),
    )
    dress(field)
    return field


class AppForm(forms.Form):
    """An authenticator app proves that it took the secret."""

    name = _name_field()
    code = _code_field(label=_("Code"), help_text=_("The six digits that the app shows now."))


class PasskeyForm(forms.Form):
    """A name for the passkey; the browser fills in the rest."""

    name = _name_field()
    passkey = forms.CharField(
        max_length=20_000,
        widget=forms.HiddenInput,
        error_messages={"required": _("The browser made no passkey. Please try again.")},
    )
