"""What happens to accounts, and what proves who somebody is: the names that models, pages and rules share."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    """What the log of logins tells of."""

    LOGIN = "login", _("login")
    LOGOUT = "logout", _("logout")
    FAILURE = "failure", _("failed login")
    FACTOR_FAILURE = "factor-failure", _("second factor failed")
    REFUSED = "refused", _("login refused")
    LOCKED = "locked", _("login locked")
    UNLOCKED = "unlocked", _("login unlocked")
    PASSWORD_CHANGED = "password-changed", _("password changed")
    PASSWORD_ISSUED = "password-issued", _("one-time password issued")
    FACTOR_ADDED = "factor-added", _("second factor added")
    FACTOR_REMOVED = "factor-removed", _("second factor removed")
    FACTORS_RESET = "factors-reset", _("second factors reset")
    CODES_MADE = "codes-made", _("recovery codes made")
    CODE_USED = "code-used", _("recovery code used")
    SESSION_ENDED = "session-ended", _("sessions ended")


class FactorKind(models.TextChoices):
    """What a person proves to have besides knowing the password."""

    APP = "app", _("authenticator app")
    PASSKEY = "passkey", _("passkey")


RECOVERY: Final = "recovery"
"""How a session that a recovery code opened calls its second factor."""


class LockScope(models.TextChoices):
    """Whose failed attempts are counted together."""

    ACCOUNT = "account", _("account")
    DEVICE = "device", _("account from a known device")
    ADDRESS = "address", _("address")
    PROOF = "proof", _("second factor or confirmation")
