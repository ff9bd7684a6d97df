"""Forms of people: logging in, making an account."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

REFUSALS = {
    "inactive": _("This account has been deactivated. Please turn to the system administrator."),
    "demo": _("Demo accounts are closed: this installation does not run in demo mode."),
}


class LoginForm(AuthenticationForm):
    """Tells somebody who knows the password why the account is closed; everybody else learns nothing."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("User name or password is wrong. Both distinguish capital letters."),
    }

    def get_invalid_login_error(self) -> ValidationError:
        ground = getattr(self.request, "login_refused", "")
        if ground in REFUSALS:
            return ValidationError(REFUSALS[ground], code=ground)
        return super().get_invalid_login_error()
