"""Each letter says what it was given, and what the law demands of it."""

import dataclasses
import datetime
import enum
import re

import pytest

from apps.letters import contents
from apps.letters.contents import LETTERS, Outcome, citation
from apps.letters.errors import MissingValue
from apps.letters.rendering import TEMPLATES, chinese_date, render
from apps.letters.samples import COMPANY, REMEDIES, SAMPLES

from .reading import text

UNSAID = {"matter", "outcome", "person", "provisional"}
"""Not set as text; the words follow from them."""


def said(value, name=""):
    """Every fact of a letter as it must stand on the paper."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from said(getattr(value, field.name), field.name)
    elif isinstance(value, tuple):
        for each in value:
            yield from said(each, name)
    elif name in UNSAID or value in (None, "") or isinstance(value, enum.Enum):
        return
    elif isinstance(value, datetime.date):
        yield name, chinese_date(value)
    else:
        yield name, str(value)


def bare(words):
    return re.sub(r"\s+", "", words).rstrip("。；")


@pytest.fixture(scope="module")
def printed():
    return {name: text(render(letter)) for name, letter in SAMPLES.items()}


def test_every_letter_has_a_sample_and_a_template():
    assert {type(letter) for letter in SAMPLES.values()} == set(LETTERS)
    assert {letter.template for letter in LETTERS} == {path.stem for path in TEMPLATES.glob("*.typ")} - {"layout"}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_letter_says_every_fact(printed, name):
    letter = SAMPLES[name]
    # The applicant signs and dates the commitment: it says nothing of the office but its name.
    unsaid = {"progress_code", "address", "phone", "date"} if name == "commitment-letter" else set()
    facts = [citation(fact) for field, fact in said(letter) if field not in unsaid]
    assert [fact for fact in facts if bare(fact) not in printed[name]] == []
    assert letter.title in printed[name]


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "commitment-letter"])
def test_the_letter_has_a_seal_place_after_office_and_date(printed, name):
    letter = SAMPLES[name]
    assert f"{letter.office.name}{chinese_date(letter.date)}" in printed[name].replace("（盖章处）", "")
    assert "（盖章处）" in printed[name]


DUTIES = {
    "objection-receipt": [
        "进度查询码K7QX-4M2P-9T",
        "所涉信息已标注“异议处理中”",
        "能够自行更正的，在3个工作日内处理",
        "该单位在3个工作日内核查",
        "最长不超过7个工作日，即最迟于2026年12月2日办结",
        "检验、检测、鉴定、专家评审以及补正材料所需时间不计入办理期限",
        "不收取任何费用",
        "《河南省社会信用条例》第四十一条",
    ],
    "objection-accepted": ["予以受理", "已将其转示范市市场监督管理局核查", "办理期限至2026年12月2日届满"],
    "objection-refused": [
        "不是所涉信息的信用主体",
        "决定不予受理",
        "你于2026年11月23日提出",
        "标注自本通知作出之日起撤销",
    ],
    "objection-supplement": ["一次性告知", "2026年12月1日前（含当日）补正", "自2026年11月24日起暂停计算", "恢复计算"],
    "verification-request": [
        "3个工作日内，即于2026年11月27日前（含当日）书面答复",
        "更正、删除或者维持的意见",
        "附具依据和证据材料",
        "依法保密",
        "附件：1．行政处罚决定书复印件一份2．罚款缴纳凭证复印件一份",
    ],
    "objection-corrected": [
        "异议成立，对所涉信息予以更正",
        "罚款金额5.000000万元0.500000万元",
        "标注已于2026年11月30日撤销",
    ],
    "objection-removed": ["异议成立，对所涉信息予以删除", "不再公示、查询、共享和使用"],
    "objection-upheld": ["异议不成立，对所涉信息予以维持", "理由：申请人未提交足以证明公示内容有误的证据"],
    "objection-unresolved": ["予以标注", "作如下标注", "“信用主体对本信息提出异议，经核查未能确认”"],
    "repair-receipt": ["10个工作日内办结", "3个工作日内审查决定", "最迟于2026年12月7日答复", "不收取任何费用"],
    "repair-accepted": ["由示范市市场监督管理局审查决定", "2027年1月8日（该日期跨入尚未公布放假安排的年度，为推算日期"],
    "repair-refused": ["最短公示期", "决定不予受理", "自2026年12月20日起，你单位可以再次提出申请"],
    "review-request": ["最早可修复日2026年6月12日", "3个工作日内，即于2026年11月27日前", "不予修复的，请说明理由"],
    "repair-granted": [
        "决定准予信用修复",
        "自2026年12月1日起，对上述信息：（一）终止公示",
        "（二）停止共享",
        "（三）停止使用",
        "下列措施一并解除：（一）限制参加政府采购活动；（二）列为重点监督检查对象。",
    ],
    "repair-denied": ["决定不予信用修复", "违法行为仍在继续", "自2027年3月12日起，你单位可以再次提出申请"],
    "repair-clock-paused": ["自2026年11月25日起暂停计算", "整改情况需要委托专业机构检测", "另行通知你单位"],
    "repair-clock-resumed": ["自2026年12月9日起恢复计算，至2026年12月21日届满"],
    "commitment-letter": [
        "身份信息属实",
        "材料合法、真实、准确、完整和有效",
        "已经停止并纠正失信行为",
        "遵守法律、法规和规章",
        "接受有关部门和社会的监督，同意将本承诺书及履行情况依法公开和共享",
        "自愿承担相应的法律责任",
        "承诺人（盖章）：",
        "签署日期：年月日",
    ],
}


def test_the_duties_of_every_letter_are_listed():
    assert DUTIES.keys() == SAMPLES.keys()


@pytest.mark.parametrize("name", DUTIES)
def test_the_letter_does_its_duties(printed, name):
    assert [duty for duty in DUTIES[name] if duty not in printed[name]] == []


@pytest.mark.parametrize("name", [name for name, letter in SAMPLES.items() if hasattr(letter, "remedies")])
def test_who_decides_tells_the_ways_against_it(printed, name):
    way = "申请复核" if name.startswith("objection") else "提出申诉"
    assert f"可以向{REMEDIES.review_office}{way}" in printed[name]
    assert f"60日内，依法向{REMEDIES.reconsideration_office}申请行政复议" in printed[name]
    assert f"6个月内，依法向{REMEDIES.court}提起行政诉讼" in printed[name]


@pytest.mark.parametrize("name", [name for name, letter in SAMPLES.items() if hasattr(letter, "progress_at")])
def test_the_applicant_learns_how_to_follow_the_case(printed, name):
    letter = SAMPLES[name]
    assert f"办理进度查询码：{letter.progress_code}，可以凭此码在{letter.progress_at}查询" in printed[name]
    assert letter.office.phone in printed[name]


def test_the_centre_itself_is_named_where_no_department_checks():
    letter = dataclasses.replace(SAMPLES["objection-accepted"], checked_by="")
    assert "本异议由我单位自行核查。" in text(render(letter))
    assert "经我单位核查：" in text(render(dataclasses.replace(SAMPLES["objection-upheld"], checked_by="")))


def test_a_person_is_spoken_to_as_one():
    letter = dataclasses.replace(SAMPLES["objection-upheld"], addressee=contents.Party(name="李示范", person=True))
    assert "你单位" not in text(render(letter))
    commitment = dataclasses.replace(
        SAMPLES["commitment-letter"], applicant=contents.Party(name="李示范", person=True), representative=""
    )
    words = text(render(commitment))
    assert "承诺人（签名）：" in words
    assert "法定代表人" not in words


def test_a_repair_without_measures_says_so():
    words = text(render(dataclasses.replace(SAMPLES["repair-granted"], measures_lifted=())))
    assert "没有因上述信息正在采取的失信惩戒措施" in words


def test_a_refusal_for_another_reason_than_time_names_no_day():
    for name in ("repair-refused", "repair-denied"):
        changed = {"apply_from": None} | ({"arithmetic": ""} if name == "repair-denied" else {})
        assert "上述情形消除后，你单位可以" in text(render(dataclasses.replace(SAMPLES[name], **changed)))


@pytest.mark.parametrize("name", ["repair-refused", "repair-denied"])
def test_where_repair_is_excluded_no_new_application_is_promised(name):
    letter = dataclasses.replace(SAMPLES[name], apply_from=None, publicity_ends=datetime.date(2029, 3, 12))
    words = text(render(letter))
    assert "在公示期届满前不予修复，公示期至2029年3月12日届满" in words
    assert "提出申请。" not in words


def test_a_reason_of_several_sentences_and_lines_ends_with_one_stop():
    words = text(render(dataclasses.replace(SAMPLES["repair-denied"], reason="未整改。仍在继续。\n材料不实；\n")))
    assert "理由：未整改。仍在继续；材料不实。二、" in words


@pytest.mark.parametrize(
    ("name", "changed", "missing"),
    [
        ("objection-refused", {"reason": ""}, "reason"),
        ("objection-refused", {"remedies": dataclasses.replace(REMEDIES, court="")}, "remedies.court"),
        ("objection-supplement", {"papers": ()}, "papers"),
        ("repair-denied", {"reason": ""}, "reason"),
        ("objection-corrected", {"changes": ()}, "changes"),
        ("objection-upheld", {"outcome": Outcome.UNRESOLVED}, "annotation"),
        ("objection-receipt", {"addressee": dataclasses.replace(COMPANY, name="")}, "addressee.name"),
    ],
)
def test_a_letter_without_what_it_must_say_is_refused(name, changed, missing):
    with pytest.raises(MissingValue) as refused:
        dataclasses.replace(SAMPLES[name], **changed)
    assert refused.value.name == missing
    assert SAMPLES[name].title in str(refused.value)


@pytest.mark.parametrize(
    ("source", "cited"),
    [
        ("河南省社会信用条例第四十一条", "《河南省社会信用条例》第四十一条"),
        ("《河南省社会信用条例》第四十一条", "《河南省社会信用条例》第四十一条"),
        ("中华人民共和国行政处罚法第四十八条第二款", "《中华人民共和国行政处罚法》第四十八条第二款"),
        ("国办发〔2025〕22号", "国办发〔2025〕22号"),
    ],
)
def test_a_law_is_cited_with_its_title_in_brackets(source, cited):
    assert citation(source) == cited
