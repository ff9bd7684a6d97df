"""Background work on notices and webhooks: mails, messages, and the removal of what is long past."""

from datetime import timedelta

from django.conf import settings
from django.core import mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from apps.audit.context import every_department

from . import delivering, rules
from .kinds import KINDS
from .models import Delivery, Notice

QUEUE = "notices"


@app.task(name="notices.send_mail", queue=QUEUE, retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def send_mail(*, notice_id: int) -> None:
    """Send a notice that is still unread to its recipient, in the recipient's language.

    The mail says of what kind the notice is and where to read it; of its parameters only what the kind lets out.
    """
    with transaction.atomic(), every_department():
        notice = Notice.objects.select_related("recipient").unread().filter(pk=notice_id).first()
    if notice is None or notice.kind not in KINDS or not notice.recipient.is_active or not notice.recipient.email:
        return
    kind = KINDS[notice.kind]
    with translation.override(notice.recipient.language or settings.LANGUAGE_CODE):
        words = kind.words({name: notice.parameters[name] for name in kind.mailed if name in notice.parameters})
        about = " ".join([str(kind.title), *words.values()]).split()
        subject = _("Credit City: %(event)s") % {"event": " ".join(about)}
        path = reverse("admin:notices_notice_change", args=[notice.pk])
        text = render_to_string(
            "notices/mail.txt",
            {"about": " ".join(about), "address": settings.PUBLIC_URL and settings.PUBLIC_URL.rstrip("/") + path},
        )
        mail.send_mail(subject, text, None, [notice.recipient.email])


@app.task(
    name="notices.deliver",
    queue="webhooks",
    retry=RetryStrategy(max_attempts=rules.RETRIES, exponential_wait=rules.WAIT_BASE),
)
def deliver(*, delivery_id: int, round: int) -> None:
    """Send a message to its webhook. Raises NotDelivered, so that it is tried again later."""
    delivering.attempt(delivery_id, round)


@app.periodic(cron="10 18 * * *")
@app.task(name="notices.remove_old", queue=QUEUE, queueing_lock="notices.remove_old")
def remove_old(timestamp: int) -> None:
    """Remove at night in Shanghai (crons run in UTC) notices that were read, and messages that came to an end, longer
    ago than ``NOTICE_DAYS``."""
    before = timezone.now() - timedelta(days=settings.NOTICE_DAYS)
    with transaction.atomic(), every_department():
        Notice.objects.filter(read_at__lt=before).delete()
        Delivery.objects.filter(created_at__lt=before).exclude(state__in=Delivery.OPEN).delete()
