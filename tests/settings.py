"""Settings of the tests: the real ones, without the redirect to https, and with a password hash that is quick."""

import os

from credit_city import secrets

os.environ.setdefault("SECURE", "0")
os.environ.setdefault("LOG_LEVEL", "WARNING")
secrets.SECRETS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

from credit_city.settings import *  # noqa: E402, F403

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests of other pages begin behind the login; those of the second factor ask for it (tests/accounts).
SECOND_FACTOR_REQUIRED = False
# The receivers of the tests run beside them.
WEBHOOKS_TO_THIS_MACHINE = True
