"""The list of records: search, filters, many at once."""

import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from unfold.templatetags import unfold_list

from apps.core.paginator import LargeTablePaginator
from apps.core.text import match_form
from apps.departments.admin_actions import CONFIRMED
from apps.departments.scope import acting_as
from apps.records import searching
from apps.records.models import Record
from apps.subjects.models import SubjectName
from tests.factories import grant
from tests.subjects import factories as subjects

from .factories import Office, enter, enter_about_person, put
from .test_pages import logged_in

LIST = reverse("admin:records_record_changelist")


def listed(client: Client, **query: Any) -> set[Record]:
    return set(client.get(LIST, query).context["cl"].result_list)


@pytest.fixture
def clerk(market: Office) -> Client:
    return logged_in(market.clerk)


@pytest.fixture
def reviewer(market: Office) -> Client:
    return logged_in(market.reviewer)


class TestSearch:
    def test_by_number_name_and_code(self, clerk: Client, market: Office) -> None:
        one = enter(
            market,
            subject=subjects.subject(710, name="郑州市云杉科技有限公司"),
            document_number="郑市监处罚〔2025〕901号",
        )
        other = enter(
            market,
            subject=subjects.subject(711, name="郑州市白杨贸易有限公司"),
            document_number="郑市监处罚〔2025〕902号",
        )
        uscc = one.subject.uscc or ""
        for term in (
            "郑市监处罚〔2025〕901号",
            "郑市监处罚〔2025〕901",
            "云杉",
            "云杉科技有限公司",
            uscc,
            uscc[:17],
            f" {uscc}（1-1） ",
        ):
            assert listed(clerk, q=term) == {one}, term
        assert listed(clerk, q="郑市监处罚〔2025〕") == {one, other}
        assert listed(clerk, q="郑市监") == {one, other}
        assert listed(clerk, q="郑州") == {one, other}
        assert listed(clerk, q="不存在") == set()

    @pytest.mark.parametrize("many", [searching.MANY, 0])
    def test_a_number_that_reads_like_a_name_finds_both(
        self, clerk: Client, market: Office, monkeypatch: pytest.MonkeyPatch, many: int
    ) -> None:
        """However many subjects bear the name."""
        monkeypatch.setattr(searching, "MANY", many)
        by_name = enter(market, subject=subjects.subject(712, name="云杉集团"), document_number="甲1号")
        by_number = enter(market, document_number="云杉2号")
        renamed = subjects.subject(713, name="白杨集团")
        SubjectName.objects.create(subject=renamed, name="云杉实业", match_name=match_form("云杉实业"))
        by_former_name = enter(market, subject=renamed, document_number="甲3号")
        enter(market, subject=subjects.subject(714, name="白杨贸易"), document_number="甲4号")
        enter_about_person(market, document_number="甲5号")
        assert listed(clerk, q="云杉") == {by_name, by_number, by_former_name}
        assert listed(clerk, q="云杉集") == {by_name}
        of_number_alone = enter(market, document_number="诸葛6号")
        assert listed(clerk, q="诸葛") == {of_number_alone}

    def test_special_characters_stand_for_themselves(self, clerk: Client, market: Office) -> None:
        enter(market, document_number="甲1号")
        for term in ("%", "_", "\\", "'", "甲%", "%号"):
            assert listed(clerk, q=term) == set(), term


def test_headers_are_drawn_once_for_all_rows(clerk: Client, market: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    told = unfold_list.label_for_field

    def asking(name: str, *rest: Any, **more: Any) -> Any:
        asked.append(name)
        return told(name, *rest, **more)

    monkeypatch.setattr(unfold_list, "label_for_field", asking)
    for _ in range(3):
        enter(market)
    page = clerk.get(LIST)
    assert len(page.context["cl"].result_list) == 3
    assert sorted(asked) == sorted(page.context["cl"].list_display)


def test_the_records_of_several_departments_stand_in_one_order(market: Office, tax: Office) -> None:
    grant(market.clerk, "view_records", tax.department)
    own = [enter(market) for _ in range(3)]
    theirs = [put(enter(tax), "submitted") for _ in range(5)]
    own += [enter(market) for _ in range(2)]
    enter(tax)
    both = [record.pk for record in reversed([*own[:3], *theirs, *own[3:]])]
    client = logged_in(market.clerk)
    assert [record.pk for record in client.get(LIST).context["cl"].result_list] == both
    paginator = client.get(LIST).context["cl"].paginator
    assert len(paginator.parts) == 2
    with acting_as(market.clerk):
        for count_bound in (3, 100):
            pages = LargeTablePaginator(paginator.object_list, 4)
            pages.count_bound, pages.parts = count_bound, paginator.parts
            found = [[record.pk for record in pages.page(number).object_list] for number in (1, 2, 3)]
            assert found == [both[:4], both[4:8], both[8:]]


class TestFilters:
    def test_by_state_author_and_decision_date(self, clerk: Client, market: Office) -> None:
        draft = enter(market, decided_on="2024-03-05")
        submitted = put(enter(market, user=market.colleague, decided_on="2025-03-05"), "submitted")
        assert listed(clerk, state__exact="draft") == {draft}
        assert listed(clerk, author__id__exact=market.colleague.pk) == {submitted}
        assert listed(clerk, decided_on__year=2024) == {draft}
        assert listed(clerk, decided_on__year=2025, decided_on__month=3) == {submitted}
        assert listed(clerk, decided_on__year=2025, decided_on__month=4) == set()
        assert listed(clerk, decided_on_from="2025-01-01", decided_on_to="2025-12-31") == {submitted}

    def test_by_clock(self, clerk: Client, market: Office) -> None:
        today = timezone.localdate()
        late = put(enter(market), "submitted", deadline=today - datetime.timedelta(days=1))
        soon = put(enter(market), "draft", deadline=today)
        put(enter(market), "draft", deadline=today + datetime.timedelta(days=30))
        put(enter(market), "published", deadline=today - datetime.timedelta(days=1))
        assert listed(clerk, clock="overdue") == {late}
        assert listed(clerk, clock="soon") == {soon}

    def test_years_are_offered_without_reading_the_table(self, clerk: Client, market: Office) -> None:
        enter(market, decided_on="2022-03-05")
        shown = clerk.get(LIST).text
        assert "?decided_on__year=2022" in shown and "?decided_on__year=2021" not in shown
        assert "decided_on__month=12" in clerk.get(LIST, {"decided_on__year": 2022}).text


class TestManyAtOnce:
    def post(self, client: Client, action: str, records: list[Record], **others: Any) -> Any:
        data = {"action": action, "_selected_action": [record.pk for record in records], **others}
        return client.post(LIST, data, follow=True)

    def test_chosen_ones(self, clerk: Client, reviewer: Client, market: Office) -> None:
        records = [enter(market) for _ in range(3)]
        self.post(clerk, "submit", records[:2])
        assert set(Record.objects.filter(state="submitted")) == set(records[:2])
        self.post(reviewer, "publish", records)
        assert set(Record.objects.filter(state="published")) == set(records[:2])

    def test_a_return_asks_for_the_reason_first(self, reviewer: Client, market: Office) -> None:
        record = put(enter(market), "submitted")
        asked = self.post(reviewer, "return", [record])
        assert 'name="do-reason"' in asked.text
        self.post(reviewer, "return", [record], **{CONFIRMED: "1", "do-reason": "金额不符"})
        record.refresh_from_db()
        assert (record.state, record.return_reason) == ("returned", "金额不符")

    def test_all_pages_after_a_look_at_the_number(self, reviewer: Client, market: Office) -> None:
        records = [put(enter(market), "submitted") for _ in range(3)]
        draft = enter(market)
        asked = self.post(reviewer, "publish", records[:1], select_across="1")
        assert asked.context["number"] == 4 and not Record.objects.filter(state="published").exists()
        answer = self.post(reviewer, "publish", records[:1], select_across="1", **{CONFIRMED: "1"})
        assert Record.objects.filter(state="published").count() == 3
        assert [message.level_tag for message in answer.context["messages"]] == ["warning"]
        draft.refresh_from_db()
        assert draft.state == "draft"

    def test_a_clerk_is_not_offered_to_publish(self, clerk: Client, market: Office) -> None:
        record = put(enter(market), "submitted")
        assert 'value="publish"' not in clerk.get(LIST).text
        self.post(clerk, "publish", [record])
        record.refresh_from_db()
        assert record.state == "submitted"

    def test_another_departments_rows_are_not_touched(self, reviewer: Client, tax: Office) -> None:
        record = put(enter(tax), "submitted")
        self.post(reviewer, "publish", [record])
        self.post(reviewer, "publish", [record], select_across="1", **{CONFIRMED: "1"})
        record.refresh_from_db()
        assert record.state == "submitted"
