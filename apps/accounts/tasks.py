"""Background work on accounts: mails, and the removal of sessions that have ended."""

from importlib import import_module

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from .models import LoginEvent


@app.task(name="accounts.send_notice", queue="accounts", retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def send_notice(*, event_id: int) -> None:
    """Tell a person by mail, in the person's language, what happened to the account."""
    event = LoginEvent.objects.select_related("user", "by").get(pk=event_id)
    if event.user is None or not event.user.email:
        return
    with translation.override(event.user.language or settings.LANGUAGE_CODE):
        subject = _("Credit City: %(event)s") % {"event": event.get_kind_display()}
        text = render_to_string("accounts/notice.txt", {"event": event, "user": event.user})
        send_mail(subject, text, None, [event.user.email])


@app.periodic(cron="50 17 * * *")
@app.task(name="accounts.clear_sessions", queue="accounts", queueing_lock="accounts.clear_sessions")
def clear_sessions(timestamp: int) -> None:
    """Remove the rows of sessions that have ended, at night."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
