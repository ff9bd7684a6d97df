"""What is still being written is seen by those who write or review it, and what has ended by those who keep it, whoever
else sees the department's records."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.departments.models import Department
from apps.records import actions
from apps.records.attachments import attach
from apps.records.entry import edit_draft
from apps.records.models import Attachment, Record
from tests.factories import grant, installing, make_department, make_user

from .factories import Office, enter, penalty, put
from .files import upload
from .test_pages import logged_in, page

LIST = reverse("admin:records_record_changelist")
UNFINISHED = {"draft", "returned"}
ENDED = {"withdrawn", "archived", "repaired"}


@pytest.fixture
def officer(market: Office) -> Any:
    """Sees the records of the whole city, enters and reviews none."""
    root = make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    centre = make_department("credit-centre", kind=Department.Kind.OFFICE, parent=root)
    market.department.parent = root
    with installing():
        market.department.save()
    return make_user("centre.officer", department=centre, role="centre-officer")


@pytest.mark.parametrize("state", Record.State.values)
def test_drafts_and_returned_records_stay_inside(market: Office, officer: Any, state: str) -> None:
    record = put(enter(market), state)
    attach(record, [upload("决定书.pdf")], market.clerk)
    open_to_all = state not in UNFINISHED
    for user, sees in (
        (market.clerk, True),
        (market.reviewer, True),
        (market.viewer, open_to_all),
        (officer, open_to_all),
    ):
        assert Record.objects.visible_to(user).exists() is sees
        assert Attachment.objects.visible_to(user).exists() is sees


@pytest.mark.parametrize("state", Record.State.values)
def test_what_has_ended_is_shared_no_more(market: Office, officer: Any, state: str) -> None:
    record = put(enter(market), state)
    attach(record, [upload("决定书.pdf")], market.clerk)
    tax = make_department("tax-service")
    guest = make_user("tax.guest", department=tax, role="viewer")
    grant(guest, "view_records", market.department)
    shared = state not in UNFINISHED | ENDED
    assert Record.objects.visible_to(guest).exists() is shared
    assert Attachment.objects.visible_to(guest).exists() is shared
    if state in ENDED:
        web = logged_in(guest)
        assert web.get(page(record)).status_code == web.get(page(record, "history")).status_code == 404
        for user in (market.viewer, market.clerk, officer):
            assert Record.objects.visible_to(user).exists()


@pytest.mark.parametrize("state", sorted(UNFINISHED))
def test_no_page_shows_them(market: Office, officer: Any, state: str) -> None:
    record = put(enter(market, document_number="未完77号"), state)
    attach(record, [upload("决定书.pdf")], market.clerk)
    other = put(enter(market, document_number="已交1号"), "submitted")
    web = logged_in(officer)
    for address in (LIST, f"{LIST}?q=未完", f"{LIST}?state__exact={state}"):
        assert record.document_number not in web.get(address).text
    assert other.document_number in web.get(LIST).text
    export = web.post(reverse("admin:records_record_export"), {"format": "1", "resource": "0"})
    text = b"".join(export.streaming_content).decode()
    assert other.document_number in text and record.document_number not in text
    (attachment,) = record.attachments.all()
    for address in (page(record), page(record, "history"), page(record, "download", attachment.pk)):
        assert web.get(address).status_code == 404
    assert web.get(page(other)).status_code == 200


def test_what_was_discarded_stays_inside(market: Office, officer: Any) -> None:
    record = enter(market, document_number="未完77号")
    address = page(record, "history")
    actions.discard(user=market.clerk, obj=record, reason="录错")
    assert logged_in(market.clerk).get(address).status_code == 200
    assert logged_in(officer).get(address).status_code == 404


def test_history_begins_for_others_with_what_was_handed_over(market: Office, officer: Any) -> None:
    record = enter(market, facts="初稿里的错误事实")
    actions.submit(user=market.clerk, obj=record)
    actions.return_record(user=market.reviewer, obj=record, reason="只给经办人看的退回原因")
    values = penalty(market, record.subject, document_number=record.document_number, facts="改正后的事实")
    edit_draft(user=market.clerk, obj=record, values={**values, "facts": "第二稿"}, version=1)
    edit_draft(user=market.clerk, obj=record, values=values, version=2)
    actions.submit(user=market.clerk, obj=record)
    actions.publish(user=market.reviewer, obj=record)

    def texts(web: Client) -> str:
        return web.get(page(record)).text + web.get(page(record, "history")).text

    for word in ("第二稿", "只给经办人看的退回原因"):
        assert word in texts(logged_in(market.clerk))
        assert word not in texts(logged_in(officer))
    assert "改正后的事实" in texts(logged_in(officer))


def test_who_works_in_all_departments_seen_is_asked_nothing_about_states(market: Office, officer: Any) -> None:
    assert "state" not in str(Record.objects.visible_to(market.clerk).values("pk").query)
    grant(officer, "review_records", make_department("zhengzhou"))
    assert "state" not in str(Record.objects.visible_to(officer).values("pk").query)
