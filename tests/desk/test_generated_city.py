"""A generated city is such as real work would have made it: valid, uneven, complete, the same for the same seed."""

import datetime
from collections import Counter
from io import StringIO
from typing import Any

import polars as pl
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.audit.context import every_department
from apps.catalogue.specs import item_spec
from apps.core.identifiers import check_uscc, older
from apps.core.sheets.writing import write_file
from apps.core.text import match_form
from apps.departments.models import User
from apps.desk.city import offices, people, records, subjects
from apps.desk.city.draws import Draws
from apps.exchange.engine.run import Job, run
from apps.records import exports
from apps.records.clocks import Clocks, named_end
from apps.records.models import Record
from apps.subjects.documents import check_document
from apps.subjects.models import Identifier, PersonalData, Subject
from apps.subjects.people import open_person
from tests.delivered import load_rules
from tests.records.factories import Office, item, office

TODAY = datetime.date(2026, 6, 1)
DEPARTMENTS = ["market-supervision", "taxation"]
SEED = 5


def generate(*, subjects: int = 300, records: int = 400, seed: int = SEED, **options: Any) -> str:
    out = StringIO()
    options = {"departments": DEPARTMENTS, "into": _database(), **options}
    call_command("generate_city", subjects=subjects, records=records, seed=seed, stdout=out, **options)
    return out.getvalue()


def _database() -> str:
    return str(connection.settings_dict["NAME"])


@pytest.fixture
def everything(db: None) -> Any:
    """Tests look at the rows of all departments."""
    with every_department():
        yield


@pytest.fixture
def city(market: Office, tax: Office, everything: None) -> None:
    """Three hundred subjects and four hundred records of two departments."""
    generate()


class TestSubjects:
    def test_codes_are_valid_and_nobody_has_the_code_of_another(self) -> None:
        made = subjects.make(SEED, 0, 3000, TODAY)
        assert {check_uscc(code).error for code in made["uscc"]} == {""}
        assert {older.organisation_status(code) for code in made["organisation_code"]} == {""}
        for scheme, status in (("registration_number", older.registration_status), ("tax_number", older.tax_status)):
            codes = made[scheme].drop_nulls()
            assert 500 < len(codes) < 2500 and {status(code) for code in codes} == {""}
        assert made["uscc"].n_unique() == made["organisation_code"].n_unique() == 3000
        assert all(code[8:17] == inside for code, inside in made.select("uscc", "organisation_code").iter_rows())

    def test_names_read_as_names_do(self) -> None:
        made = subjects.make(SEED, 0, 3000, TODAY)
        assert all(name == match_form(name) and "{" not in name and 5 <= len(name) <= 40 for name in made["name"])
        characters = Counter("".join(made["name"]))
        assert characters.most_common(1)[0][1] > 1000 and min(characters.values()) < 30

    def test_the_seed_and_the_number_decide_and_no_slice_does(self) -> None:
        whole = subjects.make(SEED, 0, 200, TODAY)
        parts = pl.concat([subjects.make(SEED, 0, 120, TODAY), subjects.make(SEED, 120, 80, TODAY)])
        assert whole.equals(parts)
        assert not whole.equals(subjects.make(SEED + 1, 0, 200, TODAY))

    def test_identity_numbers_are_valid_and_of_nobody_alive(self) -> None:
        made = people.documents(SEED, 0, 500)
        assert {check_document(each.document_kind, each.number).error for each in made} == {""}
        assert len({each.number for each in made}) == 500
        assert max(each.number[6:10] for each in made) < "1900"

    def test_on_record_with_their_codes_and_encrypted_persons(self, city: None) -> None:
        organisations = Subject.objects.exclude(kind="natural_person")
        assert organisations.count() == 297
        assert Identifier.objects.filter(scheme="organisation_code").count() == 297
        assert PersonalData.objects.count() == 3
        person = open_person(PersonalData.objects.select_related("subject").first().subject)  # type: ignore[union-attr]
        assert check_document(person.document_kind, person.number).ok
        assert Subject.objects.filter(kind="natural_person", name__contains="*").count() == 3


class TestRecords:
    def test_an_import_would_have_stored_the_same(self, city: None, market: Office) -> None:
        """Exported and handed in again, every record is on record already, and no row is wrong."""
        for code in ("penalty-legal", "licence-legal"):
            spec = item_spec(item(code))
            own = Record.objects.filter(department=market.department, item__code=code).exclude(state="withdrawn")
            rows = exports.frames(own.order_by("pk"), spec, on_read=lambda frame: None)
            file = write_file("csv", exports.headers(spec), rows).read()
            report = run(Job(item(code), market.department, market.clerk), file, keep=False, partial=True)
            assert report.rows == own.count() > 50
            assert report.errors.is_empty(), report.errors
            assert report.duplicates == report.rows

    def test_deadlines_and_ends_of_disclosure_are_those_of_the_rules(self, city: None) -> None:
        clocks: dict[int, Clocks] = {}
        for record in Record.objects.select_related("item"):
            clock = clocks.setdefault(record.item_id, Clocks(record.item, timezone.localdate()))
            due = clock.due(record.decided_on)
            assert (record.deadline, record.deadline_rule_id) == (due.date, due.rule)
            named = named_end(record.item, record.disclosed_to, record.data)
            assert record.archive_on == clock.archive_on(record.decided_on, named)

    def test_they_have_come_as_far_as_their_age_brought_them(self, city: None) -> None:
        states = Counter(Record.objects.values_list("state", flat=True))
        assert states["published"] > 150 and states["archived"] > 50 and states["withdrawn"]
        today = timezone.localdate()
        for record in Record.objects.select_related("subject"):
            assert (record.state == "archived") == (record.archive_on is not None and record.archive_on < today) or (
                record.state in ("withdrawn", "draft", "submitted", "returned")
            )
            moments = [record.created_at, record.submitted_at, record.published_at, record.withdrawn_at]
            known = [moment for moment in moments if moment]
            assert known == sorted(known)
            assert record.reviewer_id != record.author_id
            assert (record.subject.registered_on or record.decided_on) <= record.decided_on

    def test_history_names_the_command(self, city: None) -> None:
        rows = Record.history.values_list("history_type", "history_channel", "history_change_reason")
        assert set(rows) == {("+", "command", "generated for measuring")}
        assert rows.count() == Record.objects.count() == 400

    def test_departments_differ_as_real_ones_do(self, city: None) -> None:
        counts = Counter(Record.objects.values_list("department__slug", flat=True))
        assert 240 < counts["market-supervision"] < 290 and counts["taxation"] == 400 - counts["market-supervision"]

    @pytest.mark.parametrize("count", [2, 7, 54, 150])
    def test_one_department_has_a_fifth_and_none_next_to_nothing(self, count: int) -> None:
        shares = offices.shares(count)
        assert sum(shares) == pytest.approx(1)
        assert shares == sorted(shares, reverse=True)
        assert min(shares) >= min(offices.SMALLEST, 0.3 / count)
        if count > 50:
            assert 0.2 <= shares[0] < 0.22

    def test_the_same_seed_draws_the_same_records(self, city: None, market: Office) -> None:
        staff = offices.staffed(SEED, offices.reporting(DEPARTMENTS), frozenset({"legal_entity"}))
        first, again = (list(records.City(SEED, 100, staff, TODAY).slice(0, 100)) for _ in range(2))
        assert all(one.equals(other) for one, other in zip(first, again, strict=True))
        others = list(records.City(SEED + 1, 100, staff, TODAY).slice(0, 100))
        assert not first[0].equals(others[0])

    def test_a_record_can_be_opened_corrected_and_published(self, city: None, market: Office) -> None:
        record = Record.objects.filter(department=market.department, state="published", item__code="penalty-legal")[0]
        Record.objects.filter(pk=record.pk).update(state="submitted", published_at=None, reviewer=None)
        client = Client(headers={"accept-language": "zh-hans"})
        client.force_login(market.reviewer)
        address = reverse("admin:records_record_change", args=[record.pk])
        shown = client.get(address)
        assert shown.status_code == 200 and record.document_number in shown.text and record.data["facts"] in shown.text
        client.post(reverse("admin:records_record_do", args=[record.pk, "publish"]))
        record.refresh_from_db()
        assert (record.state, record.reviewer) == ("published", market.reviewer)


class TestTheCommand:
    def test_adds_only_when_told_to(self, city: None) -> None:
        with pytest.raises(CommandError, match="--add"):
            generate()
        generate(subjects=20, records=50, add=True)
        assert Record.objects.count() == 450
        assert Subject.objects.exclude(kind="natural_person").count() == 317
        numbers = Record.objects.values_list("department", "document_number")
        assert len(set(numbers)) == 450

    def test_asks_for_the_name_of_a_database_that_may_be_real(self, market: Office, settings: Any) -> None:
        settings.DEMO = settings.DEBUG = False
        for into in ("", "another"):
            with pytest.raises(CommandError, match=f"--into {_database()}"):
                generate(into=into)
        assert not Record.objects.exists()

    def test_knows_its_departments(self, market: Office) -> None:
        with pytest.raises(CommandError, match="no-such-office"):
            generate(departments=["market-supervision", "no-such-office"])

    def test_wants_the_reference_data(self, db: None) -> None:
        with pytest.raises(CommandError, match="load_reference"):
            generate()

    def test_invented_workers_cannot_log_in(self, city: None) -> None:
        workers = User.objects.filter(username__startswith="market-supervision.clerk", is_active=False)
        assert workers.count() > 5
        assert not any(worker.has_usable_password() for worker in workers)


class TestChance:
    def test_draws_are_even_and_apart(self) -> None:
        draws = Draws(SEED, pl.int_range(10_000, eager=True))
        one, other = draws.unit("one"), draws.unit("other")
        assert one.min() >= 0 and one.max() < 1  # type: ignore[operator]
        assert abs(one.mean() - 0.5) < 0.02  # type: ignore[operator]
        assert abs(pl.select(pl.corr(one, other)).item()) < 0.05
        assert set(draws.below("die", 6)) == set(range(6))

    def test_weights_say_how_often(self) -> None:
        drawn = Counter(Draws(SEED, pl.int_range(10_000, eager=True)).pick("word", ["often", "seldom"], [9, 1]))
        assert 800 < drawn["seldom"] < 1200


@pytest.mark.django_db(transaction=True)
def test_several_connections_make_the_same_city(monkeypatch: pytest.MonkeyPatch) -> None:
    with every_department():
        load_rules()
        for slug in DEPARTMENTS:
            office(slug)
        monkeypatch.setattr(subjects, "SLICE", 40)
        monkeypatch.setattr(records, "SLICE", 30)
        generate(subjects=100, records=100, jobs=2)
        with transaction.atomic():
            codes = set(Subject.objects.exclude(uscc=None).values_list("uscc", flat=True))
            assert codes == set(subjects.make(SEED, 0, 99, TODAY)["uscc"])
            numbers = Record.objects.values_list("department", "document_number")
            assert len(set(numbers)) == Record.history.count() == 100
