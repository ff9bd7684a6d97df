"""Headers of files, in both editions and in every state of disrepair."""

import pytest

from apps.catalogue.columns import header_score, match_columns, normalise_header, template_headers
from tests.catalogue.factories import fixture_spec

PENALTY = fixture_spec("penalty-legal")
LICENCE = fixture_spec("licence-legal")
OLD_PENALTY = [
    "行政处罚决定书文号",
    "处罚名称",
    "处罚类别1",
    "处罚类别2",
    "处罚事由",
    "处罚依据",
    "行政相对人名称",
    "行政相对人代码_1(统一社会信用代码)",
    "行政相对人代码_2(组织机构代码)",
    "行政相对人代码_3(工商登记码)",
    "行政相对人代码_4(税务登记号)",
    "行政相对人代码_5(居民身份证号)",
    "法定代表人姓名",
    "处罚结果",
    "处罚决定日期",
    "处罚机关",
    "当前状态",
    "地方编码",
    "数据更新时间戳",
    "备注",
]


@pytest.mark.parametrize(
    "header",
    [
        "行政相对人代码_1(统一社会信用代码)",
        "行政相对人代码_1（统一社会信用代码）",
        " 行政相对人代码_1 (统一社会信用代码) ",
        "*行政相对人代码_1(统一社会信用代码)",
        "行政相对人代码＿１（统一社会信用代码）",
        "行政相对人代码_1\n(统一社会信用代码)",
        "行政相对人代码1【统一社会信用代码】",
        "行政相对人代码-1(统一社会信用代码)(必填)",
        "3.行政相对人代码_1(统一社会信用代码)：",
    ],
)
def test_all_writings_of_a_header_are_one(header: str) -> None:
    assert normalise_header(header) == normalise_header("行政相对人代码_1(统一社会信用代码)")


def test_the_current_edition_reads_whole() -> None:
    match = match_columns([field.label for field in PENALTY.fields], PENALTY)
    assert match.edition.name == "2018" and match.edition.current
    assert match.fields == tuple(field.code for field in PENALTY.fields)
    assert not (match.unknown or match.missing or match.repeated or match.ambiguous)


def test_the_2016_edition_is_told_from_its_headers_as_a_whole() -> None:
    match = match_columns(OLD_PENALTY, PENALTY)
    fields = dict(zip(OLD_PENALTY, match.fields, strict=True))
    assert match.edition.name == "2016" and not match.ambiguous
    assert fields["行政相对人代码_2(组织机构代码)"] == "subject_organisation_code"
    assert fields["行政相对人代码_3(工商登记码)"] == "subject_registration_number"
    assert fields["处罚类别1"] == fields["处罚类别2"] == "penalty_kinds"
    assert fields["处罚事由"] == "facts"
    assert {header for _place, header in match.ignored} >= {"处罚名称", "地方编码"}
    assert not (match.unknown or match.missing or match.repeated)


@pytest.mark.parametrize("edition", ["2016", "2018"])
def test_numbers_without_brackets_follow_the_other_headers(edition: str) -> None:
    headers = [
        "行政相对人代码_2",
        "行政相对人代码_3",
        *(["处罚事由"] if edition == "2016" else ["违法事实", "处罚内容"]),
    ]
    fields = match_columns(headers, PENALTY).fields
    swapped = ("subject_organisation_code", "subject_registration_number")
    assert fields[:2] == (swapped if edition == "2016" else swapped[::-1])


def test_numbers_alone_are_ambiguous_and_said_to_be_so() -> None:
    match = match_columns(["行政相对人名称", "行政相对人代码_2", "行政相对人代码_3", "备注"], PENALTY)
    assert match.ambiguous and match.rivals == ("2016",)
    named = match_columns(["行政相对人代码_2"], PENALTY, edition="2016")
    assert named.fields == ("subject_organisation_code",) and not named.ambiguous


def test_headers_that_both_editions_share_are_not_ambiguous() -> None:
    match = match_columns(["行政相对人名称", "处罚决定日期", "备注"], PENALTY)
    assert not match.ambiguous and match.edition.current


def test_unknown_missing_and_repeated_columns_are_named() -> None:
    headers = ["序号", "行政相对人名称", "行政相对人名称", None, "", "处罚内容", "承办人"]
    match = match_columns(headers, PENALTY)
    assert match.unknown == ((0, "序号"), (6, "承办人"))
    assert match.repeated == ((2, "行政相对人名称"),)
    missing = {field.code for field in match.missing}
    assert "document_number" in missing and "note" not in missing
    assert match.fields[1] == "subject_name" and match.fields[2] is None


def test_an_amount_is_not_read_without_its_unit() -> None:
    assert match_columns(["罚款金额（元）", "罚款金额"], PENALTY).fields == (None, None)
    assert match_columns(["罚款金额（万元）"], PENALTY).fields == ("fine_amount",)


def test_a_code_is_known_by_the_name_in_its_bracket() -> None:
    assert match_columns(["统一社会信用代码", "工商注册号"], PENALTY).fields == (
        "subject_uscc",
        "subject_registration_number",
    )


def test_a_title_row_scores_nothing_and_the_header_row_most() -> None:
    assert header_score(["郑州市行政处罚信息公示表", None, None], PENALTY) == 0
    assert header_score(OLD_PENALTY, PENALTY) > header_score(["罚款", "行政相对人名称"], PENALTY) > 0


def test_a_file_of_another_item_scores_less() -> None:
    headers = [field.label for field in LICENCE.fields]
    assert header_score(headers, LICENCE) > header_score(headers, PENALTY)


def test_no_edition_of_that_name() -> None:
    with pytest.raises(ValueError, match="2009"):
        match_columns(["备注"], PENALTY, edition="2009")


@pytest.mark.parametrize("item", ["licence-legal", "licence-person", "penalty-legal", "penalty-person"])
def test_the_blank_file_reads_as_the_current_edition(item: str) -> None:
    spec = fixture_spec(item)
    match = match_columns([column.header for column in template_headers(spec)], spec)
    assert match.edition.current and not (match.unknown or match.missing or match.absent or match.ambiguous)
