"""Whom a row is about: by code, by old code, never by name alone; a damaged code is never a new subject."""

import json

import pytest

from apps.audit.context import acting
from apps.core.terms import SubjectKind
from apps.exchange.messages import message
from apps.records.models import Record
from apps.subjects.actions import add_identifier, override_code, rename
from apps.subjects.models import Subject
from tests.records.factories import Office
from tests.subjects import factories
from tests.subjects.factories import organisation_code, registration_number, uscc

from . import files

NAME, CODE = files.HEADERS["subject_name"], files.HEADERS["subject_uscc"]


def one(market: Office, number: int = 1, **values: object) -> bytes:
    return files.xlsx(files.table([files.row(market, number, **values)]))


def test_a_new_valid_code_brings_its_subject_in(market: Office) -> None:
    report = files.send(market, one(market))
    assert report.subjects_created == 1
    subject = Subject.objects.get()
    assert (subject.uscc, subject.name, subject.kind) == (uscc(1), "郑州第1商贸有限公司", SubjectKind.LEGAL_ENTITY)
    assert dict(subject.identifiers.values_list("scheme", "value")) == {"organisation_code": organisation_code(1)}
    assert Subject.objects.search("郑州第1商贸").get() == subject


def test_an_individual_business_is_one_by_its_code(market: Office) -> None:
    files.send(market, one(market, subject_uscc=uscc(3, start="92"), subject_category="个体工商户"))
    assert Subject.objects.get().kind == SubjectKind.INDIVIDUAL_BUSINESS


def test_a_code_on_record_leads_to_its_subject(market: Office) -> None:
    known = factories.subject(1, "郑州第1商贸有限公司")
    report = files.send(market, one(market))
    assert (report.subjects_created, Record.objects.get().subject) == (0, known)


@pytest.mark.parametrize("written", ["郑州第1商贸有限公司", "郑州第 1 商贸有限公司 ", "郑州第１商贸有限公司"])
def test_names_are_compared_without_width_and_blanks(written: str, market: Office) -> None:
    factories.subject(1, "郑州第1商贸有限公司")
    assert files.send(market, one(market, subject_name=written)).accepted == 1


def test_a_former_name_is_good_too(market: Office) -> None:
    known = factories.subject(1, "郑州旧名有限公司")
    rename(user=None, subject=known, name="郑州新名有限公司")
    assert files.send(market, one(market, subject_name="郑州旧名有限公司")).accepted == 1


def test_another_name_under_a_known_code_is_an_error_that_tells_the_known_name(market: Office) -> None:
    factories.subject(1, "郑州真名有限公司")
    report = files.send(market, one(market))
    assert files.found(report) == {(2, NAME, "name_differs")}
    assert "郑州真名有限公司" in message("name_differs", json.loads(report.errors["params"][0]))


def test_one_new_code_under_two_names_is_an_error_of_the_later_row(market: Office) -> None:
    rows = [files.row(market, 1), files.row(market, 1, subject_name="另一家公司", document_number="二号")]
    report = files.send(market, files.xlsx(files.table(rows)))
    assert files.found(report) == {(3, NAME, "name_differs_in_file")}
    assert (report.accepted, report.subjects_created) == (1, 1)


def test_a_damaged_code_is_never_a_new_subject_and_brings_proposals(market: Office) -> None:
    factories.subject(1, "郑州第1商贸有限公司")
    damaged = uscc(1)[:12] + ("4" if uscc(1)[12] != "4" else "7") + uscc(1)[13:]
    report = files.send(market, one(market, subject_uscc=damaged))
    assert files.found(report) == {(2, CODE, "code_checksum")}
    assert Subject.objects.count() == 1
    assert f"{uscc(1)} 郑州第1商贸有限公司" in message("code_checksum", json.loads(report.errors["params"][0]))


def test_a_code_that_was_accepted_with_a_reason_is_right_in_files_too(market: Office) -> None:
    known = factories.subject(1, "郑州第1商贸有限公司")
    override_code(user=market.clerk, subject=known, uscc="91350211M0000XUF46", reason="证照上确为此代码")
    assert files.send(market, one(market, subject_uscc="91350211M0000XUF46")).accepted == 1
    # The other lawfully issued one is not on record.
    assert files.send(market, one(market, subject_uscc="91350100M0001TGQXM")).rejected == 1


def test_a_code_that_the_subject_bore_before_leads_to_it(market: Office) -> None:
    known = factories.subject(1, "郑州第1商贸有限公司")
    add_identifier(user=market.clerk, subject=known, scheme="uscc", value=uscc(55))
    assert files.send(market, one(market, subject_uscc=uscc(55))).accepted == 1
    assert Record.objects.get().subject == known


def test_a_merged_subject_stands_for_the_one_that_remains(market: Office) -> None:
    remaining = factories.subject(1, "郑州第1商贸有限公司")
    duplicate = factories.subject(2, "郑州第1商贸有限公司")
    with acting(reason="同一主体"):
        Subject.objects.filter(pk=duplicate.pk).update(merged_into=remaining)
    files.send(market, one(market, subject_uscc=uscc(2)))
    assert Record.objects.get().subject == remaining


def test_a_business_without_a_code_is_known_by_its_registration_number(market: Office) -> None:
    values = {
        "subject_uscc": "0" * 17 + "X",
        "subject_category": "个体工商户",
        "registration_number": registration_number(4),
    }
    assert files.send(market, one(market, **values)).subjects_created == 1
    subject = Subject.objects.get()
    assert (subject.uscc, subject.kind) == (None, SubjectKind.INDIVIDUAL_BUSINESS)
    again = files.send(market, one(market, document_number="二号", **values))
    assert (again.accepted, again.subjects_created) == (1, 0)


def test_two_businesses_without_a_code_are_two_subjects(market: Office) -> None:
    rows = [
        files.row(
            market,
            number,
            subject_uscc="0" * 17 + "X",
            subject_category="个体工商户",
            registration_number=registration_number(number),
        )
        for number in (1, 2)
    ]
    assert files.send(market, files.xlsx(files.table(rows))).subjects_created == 2


def test_the_placeholder_is_only_for_individual_businesses(market: Office) -> None:
    report = files.send(market, one(market, subject_uscc="0" * 17 + "X", registration_number=registration_number(4)))
    assert (2, CODE, "placeholder_category") in files.found(report)


def test_a_new_unified_code_meets_the_subject_of_its_old_organisation_code(market: Office) -> None:
    known = factories.subject(1, "郑州第1商贸有限公司", uscc=None)
    add_identifier(user=market.clerk, subject=known, scheme="organisation_code", value=organisation_code(1))
    report = files.send(market, one(market))
    assert (report.subjects_created, Record.objects.get().subject) == (0, known)


def test_codes_of_different_subjects_are_an_error(market: Office) -> None:
    factories.subject(1, "郑州第1商贸有限公司")
    other = factories.subject(2, "另一家公司")
    add_identifier(user=market.clerk, subject=other, scheme="registration_number", value=registration_number(2))
    report = files.send(market, one(market, registration_number=registration_number(2)))
    assert files.found(report) == {(2, CODE, "codes_differ")}


def test_the_same_name_with_another_code_is_another_subject(market: Office) -> None:
    factories.subject(9, "郑州第1商贸有限公司")
    files.send(market, one(market))
    assert Subject.objects.filter(name="郑州第1商贸有限公司").count() == 2


def test_a_subject_of_a_wrong_row_is_not_brought_in(market: Office) -> None:
    files.send(market, one(market, decided_on="去年"))
    assert not Subject.objects.exists()
