"""Telling people something: on the desk, and by mail."""

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.context import every_department
from apps.departments.models import User

from .kinds import KINDS, NoticeKind

Value = str | int | datetime.date


class Link(NamedTuple):
    """A page by the name of its URL: ``Link("admin:objections_case_change", [case.pk])``."""

    name: str
    arguments: Sequence[str | int] = ()


def notify(
    recipients: Iterable[User],
    *,
    kind: NoticeKind,
    parameters: Mapping[str, Value],
    link: Link | None = None,
    once: str = "",
    mail: bool = True,
) -> int:
    """Tell active people something, in the transaction of the caller; returns how many of them are told.

    ``parameters`` fill the text of the kind; they are stored as they are, so words that depend on the language are
    passed as codes (``NoticeKind.choices``). ``once``: who has had a notice of this kind with this key is not told
    again. With ``mail`` those who have an address get a mail that names the kind, what the kind lets into mails, and
    a link.

    Raises ValueError for a kind that is not registered, KeyError for a parameter that its text lacks, TypeError for
    one that cannot be stored, NoReverseMatch for a page that does not exist.
    """
    if KINDS.get(kind.code) is not kind:
        raise ValueError(f"the kind of notices {kind.code!r} is not registered")
    kept = {
        name: value.isoformat() if isinstance(value, datetime.date) else value for name, value in parameters.items()
    }
    kind.sentence(kept)
    if link:
        reverse(link.name, args=link.arguments)
    people = {person.pk: person for person in recipients if person.is_active}
    if not people:
        return 0
    # Nobody but the platform writes notices, and nobody else could ask which of them somebody has had.
    with transaction.atomic(), every_department(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notices_notice"
            " (recipient_id, kind, parameters, link_name, link_arguments, once, created_at)"
            " SELECT unnest(%s::bigint[]), %s, %s::jsonb, %s, %s::jsonb, %s, %s"
            " ON CONFLICT DO NOTHING RETURNING id, recipient_id",
            [
                list(people),
                kind.code,
                json.dumps(kept),
                link.name if link else "",
                json.dumps(list(link.arguments) if link else []),
                once,
                timezone.now(),
            ],
        )
        told = cursor.fetchall()
        by_mail = [{"notice_id": key} for key, person in told if mail and people[person].email]
        if by_mail:
            from .tasks import send_mail

            send_mail.batch_defer(*by_mail)
    return len(told)
