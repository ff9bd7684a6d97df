"""Messages to receivers outside: signed, sent once, tried again, given up. The receiver is a real HTTP server."""

import datetime
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job
from standardwebhooks import Webhook as Verifier

from apps.audit.context import every_department
from apps.notices import posting, rules, tasks
from apps.notices.delivering import NotDelivered
from apps.notices.models import Delivery, Notice, Webhook
from apps.notices.posting import Failure
from apps.notices.webhooks import emit
from tests.factories import make_user

from .factories import CASE_CLOSED, make_webhook
from .receiver import Receiver, receiving

State = Delivery.State
PAYLOAD: dict[str, Any] = {"number": "YY-2026-7", "state": "更正", "due": datetime.date(2026, 12, 29)}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def webhook(db: None, receiver: Receiver) -> Webhook:
    return make_webhook(receiver.address)


def emitted(payload: dict[str, Any] = PAYLOAD) -> Delivery:
    assert emit(CASE_CLOSED, payload) == 1
    return Delivery.objects.latest("pk")


def run(delivery: Delivery) -> Delivery:
    """Run the job of the message as the worker would."""
    with suppress(NotDelivered):
        tasks.deliver(delivery_id=delivery.pk, round=delivery.round)
    delivery.refresh_from_db()
    return delivery


# What arrives


def test_the_signature_is_that_of_the_published_example() -> None:
    # From the tests of the specification's own libraries (standard-webhooks, test_sign_function).
    made = rules.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.datetime.fromtimestamp(1614265330, datetime.UTC),
        '{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_moment_of_a_signature_does_not_depend_on_the_time_zone() -> None:
    at = datetime.datetime.fromtimestamp(1614265330, datetime.UTC)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert rules.headers("1", timezone.localtime(at), "{}", [secret]) == rules.headers("1", at, "{}", [secret])


def test_a_receiver_verifies_what_it_is_sent(webhook: Webhook, receiver: Receiver) -> None:
    delivery = run(emitted())
    assert (delivery.state, delivery.status, delivery.attempts) == (State.DELIVERED, 200, 1)
    (sent,) = receiver.sent
    content = Verifier(webhook.secrets(timezone.now())[0]).verify(sent.body, sent.headers)
    assert content["type"] == CASE_CLOSED.name
    assert content["data"] == {"number": "YY-2026-7", "state": "更正", "due": "2026-12-29"}
    assert datetime.datetime.fromisoformat(content["timestamp"]) == delivery.created_at
    assert sent.headers["webhook-id"] == str(delivery.event_id)


def test_another_secret_or_another_body_does_not_verify(webhook: Webhook, receiver: Receiver) -> None:
    run(emitted())
    (sent,) = receiver.sent
    for secret, body in ((make_webhook(name="other").secrets(timezone.now())[0], sent.body), (None, sent.body + " ")):
        with pytest.raises(Exception, match="No matching signature"):
            Verifier(secret or webhook.secrets(timezone.now())[0]).verify(body, sent.headers)


def test_a_new_secret_and_the_old_one_sign_together_for_a_day(webhook: Webhook, receiver: Receiver) -> None:
    (old,) = webhook.secrets(timezone.now())
    new = webhook.renew_secret()
    webhook.save()
    run(emitted())
    for secret in (old, new):
        Verifier(secret).verify(receiver.sent[-1].body, receiver.sent[-1].headers)
    Webhook.objects.update(old_until=timezone.now())
    run(emitted())
    Verifier(new).verify(receiver.sent[-1].body, receiver.sent[-1].headers)
    with pytest.raises(Exception, match="No matching signature"):
        Verifier(old).verify(receiver.sent[-1].body, receiver.sent[-1].headers)


def test_the_database_holds_no_secret_that_could_be_read(webhook: Webhook) -> None:
    (secret,) = webhook.secrets(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(w)::text FROM notices_webhook w")
        (stored,) = cursor.fetchone()
        assert secret not in stored and secret.encode().hex() not in stored
        cursor.execute("SELECT to_jsonb(h)::text FROM notices_historicalwebhook h")
        (kept,) = cursor.fetchone()
        assert "county" in kept and not {"secret", "old_secret", "wrapped_key"} & json.loads(kept).keys()


# Who is sent what


def test_only_who_chose_the_event_and_is_active_is_told(webhook: Webhook) -> None:
    make_webhook(name="off", is_active=False)
    make_webhook(name="other", events=["test.another"])
    second = make_webhook(name="second")
    assert emit(CASE_CLOSED, PAYLOAD) == 2
    first, other = Delivery.objects.order_by("pk")
    assert {first.webhook, other.webhook} == {webhook, second} and first.event_id == other.event_id


def test_a_payload_holds_what_the_event_names_and_nothing_else(webhook: Webhook) -> None:
    with pytest.raises(ValueError, match="name, phone"):
        emit(CASE_CLOSED, {**PAYLOAD, "name": "张三", "phone": "1"})
    with pytest.raises(ValueError, match="not registered"):
        emit(type(CASE_CLOSED)("test.never.registered", "x", ()), {})
    assert not Delivery.objects.exists()


def test_nothing_is_sent_of_what_was_rolled_back(webhook: Webhook) -> None:
    with transaction.atomic():
        emit(CASE_CLOSED, PAYLOAD)
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name="notices.deliver").exists()


def test_a_job_that_runs_twice_sends_once(webhook: Webhook, receiver: Receiver) -> None:
    delivery = emitted()
    run(delivery)
    run(delivery)
    assert len(receiver.sent) == 1


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_send_once(webhook: Webhook, receiver: Receiver, owner_connection: Any) -> None:
    delivery = emitted()
    with owner_connection.transaction():
        owner_connection.execute("SELECT FROM notices_delivery FOR UPDATE")
        tasks.deliver(delivery_id=delivery.pk, round=1)
        assert not receiver.sent
    run(delivery)
    assert len(receiver.sent) == 1


# What goes wrong


@pytest.mark.parametrize("status", [500, 404, 204])
def test_every_status_of_success_counts_and_no_other(webhook: Webhook, receiver: Receiver, status: int) -> None:
    receiver.answers = [status]
    delivery = run(emitted())
    assert delivery.status == status
    assert (delivery.state == State.DELIVERED) == (status == 204)
    assert delivery.failure == ("" if status == 204 else Failure.STATUS)


def test_after_a_failure_the_same_message_is_sent_again(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answers = [500]
    delivery = emitted()
    with pytest.raises(NotDelivered):
        tasks.deliver(delivery_id=delivery.pk, round=1)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.FAILED, 1)
    assert delivery.next_try is not None
    assert datetime.timedelta(seconds=2) < delivery.next_try - timezone.now() < datetime.timedelta(seconds=5)
    run(delivery)
    assert (delivery.state, delivery.attempts, delivery.next_try) == (State.DELIVERED, 2, None)
    first, second = receiver.sent
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])


def test_the_job_waits_as_long_as_the_message_says() -> None:
    strategy: Any = tasks.deliver.retry_strategy
    for before in range(rules.RETRIES + 1):
        job = Job(id=1, queue="q", lock=None, queueing_lock=None, task_name="x", task_kwargs={}, attempts=before)
        decision = strategy.get_retry_decision(exception=NotDelivered(), job=job)
        wait = rules.wait_after(before + 1)
        assert (decision is None) == (wait is None)
        if decision and wait:
            left = decision.retry_at - datetime.datetime.now(datetime.UTC)
            assert abs(left - wait) < datetime.timedelta(seconds=5)
    waits = [rules.wait_after(attempts) for attempts in range(1, rules.RETRIES + 1)]
    assert sum((wait for wait in waits if wait), datetime.timedelta()) == datetime.timedelta(hours=24, seconds=980)


def test_a_receiver_that_does_not_answer_in_time(
    webhook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TIMEOUT", urllib3.Timeout(0.2))
    receiver.delay = 1
    assert run(emitted()).failure == Failure.TIMEOUT


def test_a_receiver_that_is_not_there(db: None) -> None:
    with receiving() as gone:
        make_webhook(gone.address)
    delivery = run(emitted())
    assert (delivery.failure, delivery.status) == (Failure.UNREACHABLE, None)


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_is_not_followed(webhook: Webhook, receiver: Receiver, status: int) -> None:
    receiver.answers = [status]
    assert run(emitted()).failure == Failure.REDIRECT
    assert [sent.path for sent in receiver.sent] == ["/hook"]


# Where the numbers come from: RFC 6890 (special-purpose addresses), RFC 4291 and 6052 (IPv4 within IPv6).
@pytest.mark.parametrize(
    ("ip", "elsewhere"),
    [
        ("203.0.113.7", True),
        ("10.1.2.3", True),
        ("192.168.0.9", True),
        ("2001:db8::7", True),
        ("fd00::7", True),
        ("127.0.0.1", False),
        ("127.8.9.10", False),
        ("0.0.0.0", False),
        ("0.1.2.3", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fe80::1%2", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("::ffff:10.1.2.3", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a01:203", True),
    ],
)
def test_which_numbers_are_those_of_another_machine(ip: str, elsewhere: bool) -> None:
    assert rules.is_elsewhere(ip) is elsewhere


def test_a_name_that_leads_to_this_machine_is_sent_nothing(webhook: Webhook, receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOKS_TO_THIS_MACHINE = False
    delivery = run(emitted())
    assert (delivery.failure, delivery.status, receiver.sent) == (Failure.FORBIDDEN, None, [])


def test_the_receiver_hears_the_name_by_which_it_was_called(webhook: Webhook, receiver: Receiver) -> None:
    run(emitted())
    (sent,) = receiver.sent
    assert sent.headers["Host"] == f"localhost:{receiver.server_port}"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that nobody has signed but itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return paths


def test_only_a_certificate_that_the_machine_trusts_is_trusted(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)
    with receiving(context) as receiver:
        make_webhook(receiver.address)
        delivery = run(emitted())
        assert (delivery.failure, receiver.sent) == (Failure.CERTIFICATE, [])
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        assert run(delivery).state == State.DELIVERED


def given_up(delivery: Delivery) -> Delivery:
    """The last attempt of the round."""
    Delivery.objects.filter(pk=delivery.pk).update(attempts=rules.RETRIES, state=State.FAILED)
    return run(delivery)


def test_after_the_last_attempt_it_is_given_up_and_the_administrator_told_once(
    webhook: Webhook, receiver: Receiver
) -> None:
    administrator = make_user(role="system-administrator")
    make_user(role="security-administrator")
    receiver.answers = [503] * 2
    delivery = given_up(emitted())
    assert (delivery.state, delivery.next_try) == (State.GIVEN_UP, None)
    webhook.refresh_from_db()
    assert webhook.failing_since is not None
    notice = Notice.objects.get()
    assert notice.recipient == administrator and "county" in notice.text
    assert notice.address == f"/admin/notices/webhook/{webhook.pk}/change/"
    given_up(emitted())
    assert Notice.objects.count() == 1
    run(emitted())
    webhook.refresh_from_db()
    assert webhook.failing_since is None, "a message arrived"
    receiver.answers = [503]
    given_up(emitted())
    assert Notice.objects.count() == 2


def test_a_webhook_that_was_switched_off_meanwhile_is_sent_nothing(webhook: Webhook, receiver: Receiver) -> None:
    delivery = emitted()
    Webhook.objects.update(is_active=False)
    run(delivery)
    assert (delivery.state, delivery.failure, receiver.sent) == (State.GIVEN_UP, Failure.INACTIVE, [])
    assert not Notice.objects.exists()


def test_messages_that_came_to_an_end_long_ago_are_removed_at_night(webhook: Webhook, settings: Any) -> None:
    old = timezone.now() - datetime.timedelta(days=settings.NOTICE_DAYS + 1)
    for state in State.values:
        for created_at in (old, timezone.now()):
            Delivery.objects.create(webhook=webhook, event="x", state=state, created_at=created_at)
    tasks.remove_old(timestamp=0)
    left = Delivery.objects.filter(created_at=old).values_list("state", flat=True)
    assert set(left) == {State.WAITING, State.FAILED} and Delivery.objects.count() == 6


# The worker


def work() -> None:
    """A worker of its own does what is due, and ends."""
    login = {key: connection.settings_dict[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "ROLES")}
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.exchange.worker_settings",
        "TEST_DATABASE": json.dumps(login),
    }
    command = [sys.executable, "-m", "django", "procrastinate", "worker", "--queues", "webhooks", "--one-shot"]
    subprocess.run(command, cwd=django_settings.BASE_DIR, env=environment, check=True, timeout=60, capture_output=True)


@pytest.mark.django_db(transaction=True)
def test_the_worker_sends_and_tries_again(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answers = [500]
    delivery = emitted()
    work()
    delivery.refresh_from_db()
    assert delivery.state == State.FAILED
    job = ProcrastinateJob.objects.get(task_name="notices.deliver")
    assert (job.status, job.attempts) == ("todo", 1)
    with transaction.atomic(), every_department(), connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    work()
    delivery.refresh_from_db()
    assert (delivery.state, len(receiver.sent)) == (State.DELIVERED, 2)
