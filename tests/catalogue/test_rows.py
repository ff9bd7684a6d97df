"""What holds between the fields of a row."""

from typing import Any

import pytest

from apps.catalogue.rules import fill_defaults, parse_row, translate_value
from tests.catalogue.factories import TODAY, fixture_spec, penalty_row

PENALTY = fixture_spec("penalty-legal")
PERSON = fixture_spec("penalty-person")
LICENCE = fixture_spec("licence-legal")
PLACEHOLDER = "0" * 17 + "X"


def codes(row: dict[str, Any], **options: Any) -> dict[str, list[str]]:
    found = parse_row(options.pop("spec", PENALTY), row, TODAY, **options)
    return {field: [error.code for error in errors] for field, errors in found.errors.items()}


def test_a_complete_row_has_no_error() -> None:
    assert codes(penalty_row()) == {}


def test_all_errors_of_a_row_come_at_once() -> None:
    row = penalty_row(
        subject_name="",
        subject_uscc="91350100M000100Y44",
        fine_amount="",
        decided_on="2026-02-30",
        penalty_kinds="罚款",
    )
    assert codes(row) == {
        "subject_name": ["required"],
        "subject_uscc": ["code_checksum"],
        "fine_amount": ["required_if"],
        "decided_on": ["date_impossible"],
    }


@pytest.mark.parametrize(
    ("kinds", "field"),
    [
        ("罚款", "fine_amount"),
        ("没收违法所得", "confiscated_amount"),
        ("没收非法财物", "confiscated_amount"),
        ("吊销许可证件", "suspended_licence"),
        ("暂扣许可证件;警告", "suspended_licence"),
    ],
)
def test_a_kind_of_penalty_asks_for_its_particulars(kinds: str, field: str) -> None:
    row = penalty_row(penalty_kinds=kinds, fine_amount="", confiscated_amount="", suspended_licence="")
    assert codes(row) == {field: ["required_if"]}


def test_a_warning_asks_for_no_amount() -> None:
    assert codes(penalty_row(penalty_kinds="警告", fine_amount="", confiscated_amount="")) == {}


def test_nothing_is_concluded_from_a_value_that_could_not_be_read() -> None:
    assert codes(penalty_row(penalty_kinds="游街", fine_amount="")) == {"penalty_kinds": ["choice_unknown"]}


def test_the_message_names_the_condition() -> None:
    found = parse_row(PENALTY, penalty_row(fine_amount=""), TODAY)
    text = found.errors["fine_amount"][0].text
    assert "罚款金额" in text and "处罚类别" in text


def test_a_decision_is_not_dated_tomorrow() -> None:
    assert codes(penalty_row(decided_on="2026-03-03")) == {"decided_on": ["date_in_future"]}
    assert codes(penalty_row(decided_on="2026-03-02")) == {}


def test_validity_does_not_end_before_it_begins() -> None:
    row = {"valid_from": "2026-02-01", "valid_to": "2026-01-31"}
    assert codes(row, spec=LICENCE)["valid_to"] == ["dates_reversed"]
    assert "valid_to" not in codes(row | {"valid_to": "2026-02-01"}, spec=LICENCE)


def test_an_individual_business_without_a_code_gives_its_registration_number() -> None:
    row = penalty_row(subject_uscc=PLACEHOLDER, subject_category="个体工商户")
    assert codes(row) == {"subject_registration_number": ["required_if"]}
    assert codes(row | {"subject_registration_number": "110108000000016"}) == {}


def test_the_placeholder_is_for_individual_businesses_only() -> None:
    row = penalty_row(subject_uscc=PLACEHOLDER, subject_registration_number="110108000000016")
    assert codes(row) == {"subject_uscc": ["placeholder_category"]}


@pytest.mark.parametrize(
    ("kind", "number", "error"),
    [
        # The sample of GB 11643.
        ("身份证", "11010519491231002X", ""),
        ("身份证", "110105194912310021", "code_checksum"),
        ("身份证", "110105194913310024", "code_birth_date"),
        ("护照号", "E12345678", ""),
        ("港澳居民来往内地通行证", "12345", "code_format"),
        ("其他", "军字第123号", ""),
    ],
)
def test_a_document_number_fits_its_kind(kind: str, number: str, error: str) -> None:
    row = penalty_row(
        subject_name="张三", subject_category="自然人", subject_document_kind=kind, subject_document_number=number
    )
    assert codes(row, spec=PERSON) == ({"subject_document_number": [error]} if error else {})


def test_a_person_is_no_organisation() -> None:
    assert codes(penalty_row(subject_category="自然人")) == {"subject_category": ["choice_unknown"]}


def test_a_wrong_check_character_is_kept_when_a_person_accepted_it() -> None:
    row = penalty_row(subject_uscc="91350211M0000XUF46")
    assert codes(row) == {"subject_uscc": ["code_checksum"]}
    accepted = parse_row(PENALTY, row, TODAY, overridden=frozenset({"subject_uscc"}))
    assert accepted.ok and accepted.values["subject_uscc"] == "91350211M0000XUF46"


def test_a_row_of_the_2016_edition_is_not_asked_for_what_that_edition_lacks() -> None:
    edition = PENALTY.mappings[0]
    row = {
        "subject_name": "郑州某某食品有限公司",
        "subject_uscc": "91350100M000100Y43",
        "document_number": "郑市监处罚〔2016〕15号",
        "penalty_kinds": "罚款",
        "facts": "抽检不合格",
        "content": "罚款1.5万元",
        "decided_on": "2016/08/01",
        "authority_name": "郑州市工商行政管理局",
    }
    filled = fill_defaults(
        PENALTY, edition, row, department_name="郑州市市场监督管理局", department_uscc="11410100000000027P"
    )
    assert filled["subject_category"] == "法人及非法人组织"
    assert filled["authority_code"] == filled["source_code"] == "11410100000000027P"
    assert codes(filled, edition=edition) == {}
    assert "fine_amount" in codes(filled)


def test_the_category_of_the_2016_edition_is_told_by_the_code() -> None:
    edition = PENALTY.mappings[0]
    for uscc, category in [("92410100MA1234567X", "个体工商户"), (PLACEHOLDER, "个体工商户"), ("", "法人及非法人组织")]:
        filled = fill_defaults(PENALTY, edition, {"subject_uscc": uscc}, department_name="", department_uscc="")
        assert filled["subject_category"] == category


def test_values_of_the_2016_edition_read_in_todays_terms() -> None:
    column = next(column for column in LICENCE.mappings[0].columns if column.field == "status")
    assert translate_value(column, 1.0) == "撤销"
    assert translate_value(column, "0") == "正常"
    assert translate_value(column, "有效") == "有效"
