"""Passkeys and security keys (WebAuthn), by Yubico's python-fido2.

A passkey belongs to the host name of the site and works on no other. Browsers offer them on https and on localhost, and
for names only, not for bare addresses.
"""

import ipaddress
import json
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils import timezone
from django.utils.translation import gettext as _
from fido2.rpid import verify_rp_id
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from .models import Factor
from .terms import FactorKind

_ADDING = "passkey_to_add"
_ASKED = "passkey_asked"


def possible(request: HttpRequest) -> bool:
    """Whether browsers offer passkeys on the site as it was called."""
    host = _host(request)
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return request.is_secure() or host == "localhost"
    return False


def ask_to_add(request: HttpRequest, user: Any) -> str:
    """What the browser needs to make a passkey, as JSON; the challenge waits in the session."""
    options, state = _server(request).register_begin(
        PublicKeyCredentialUserEntity(id=str(user.pk).encode(), name=user.username, display_name=user.name),
        credentials=_credentials(_passkeys(user)),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    request.session[_ADDING] = state
    return json.dumps(dict(options))


def add(request: HttpRequest, user: Any, answer: str, name: str) -> Factor | None:
    """Keep the passkey that the browser made, None when the answer is not one to what was asked."""
    state = request.session.pop(_ADDING, None)
    if state is None:
        return None
    try:
        made = _server(request).register_complete(state, json.loads(answer))
    except (ValueError, KeyError, TypeError):
        return None
    assert made.credential_data is not None
    return Factor.objects.create(
        user=user, kind=FactorKind.PASSKEY, name=name, secret=bytes(made.credential_data), counter=made.counter
    )


def ask(request: HttpRequest, user: Any) -> str:
    """What the browser needs to use one of the person's passkeys, as JSON; "" when there are none."""
    held = _passkeys(user) if possible(request) else []
    if not held:
        return ""
    options, state = _server(request).authenticate_begin(
        _credentials(held), user_verification=UserVerificationRequirement.PREFERRED
    )
    request.session[_ASKED] = state
    return json.dumps(dict(options))


def check(request: HttpRequest, user: Any, answer: str) -> bool:
    """Whether the browser's answer was made by a passkey of this person to what was asked last. Each question is
    answered once."""
    state = request.session.pop(_ASKED, None)
    if state is None:
        return False
    with transaction.atomic():
        held = _passkeys(user, lock=True)
        try:
            given = AuthenticationResponse.from_dict(json.loads(answer))
            used = _server(request).authenticate_complete(state, _credentials(held), given)
        except (ValueError, KeyError, TypeError):
            return False
        factor = next(each for each in held if _credential(each).credential_id == used.credential_id)
        count = given.response.authenticator_data.counter
        # A count that does not grow comes from a copy. Passkeys that are meant to be copied count nothing at all.
        if (count or factor.counter) and count <= factor.counter:
            return False
        factor.counter, factor.used_at = count, timezone.now()
        factor.save(update_fields=["counter", "used_at"])
    return True


def _host(request: HttpRequest) -> str:
    return split_domain_port(request.get_host())[0]


def _server(request: HttpRequest) -> Fido2Server:
    host = _host(request)
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=host, name=_("Credit City")),
        # The library would take names below ours as well.
        verify_origin=lambda origin: urlsplit(origin).hostname == host and verify_rp_id(host, origin),
    )


def _passkeys(user: Any, *, lock: bool = False) -> list[Factor]:
    rows = user.factors.filter(kind=FactorKind.PASSKEY)
    return list(rows.select_for_update() if lock else rows)


def _credential(factor: Factor) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(factor.secret))


def _credentials(factors: list[Factor]) -> list[AttestedCredentialData]:
    return [_credential(each) for each in factors]
