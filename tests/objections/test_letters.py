"""Letters of a case: made where they fit, numbered, kept, and saying what the case says."""

import datetime
import io

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pypdf import PdfReader

from apps.departments.actions import StateConflict
from apps.objections import actions
from apps.objections.models import Case, Letter, Pause
from apps.objections.papers import open_file
from tests.records.factories import Office

from . import factories as made

pytestmark = pytest.mark.django_db
WRITE = {action.name.removeprefix("letter-"): action for action in actions.LETTER_ACTIONS}


def written(case: Case, kind: str, by: made.Centre) -> str:
    """The text of a letter that is made now, without spaces and line ends."""
    WRITE[kind](user=by.officer, obj=case)
    letter = case.letters.get(kind=kind)
    with open_file(letter) as file:
        pages = PdfReader(io.BytesIO(file.read())).pages
        return "".join("".join(page.extract_text() for page in pages).split())


def test_the_letters_of_an_objection_tell_its_story(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    case = made.objection(centre, record)
    receipt = written(case, "objection-receipt", centre)
    for said in (case.code, record.document_number, "7个工作日", record.subject.name):
        assert said in receipt
    case = actions.accept(user=centre.officer, obj=case)
    assert "受理" in written(case, "objection-accepted", centre)
    case = actions.route(user=centre.officer, obj=case, question="请核对罚款金额")
    request = written(case, "verification-request", centre)
    assert office.department.name.replace(" ", "") in request
    assert "请核对罚款金额" in request
    assert case.statement in request, "what is claimed, beside what is asked"
    case = actions.prepare_correction(user=office.reviewer, obj=case, values={"fine_amount": "0.5"})
    case = actions.find_wrong(user=office.reviewer, obj=case, grounds="录入时多写一位")
    case = actions.decide_corrected(user=centre.officer, obj=case, grounds="金额录入有误")
    outcome = written(case, "objection-outcome", centre)
    for said in ("罚款金额", "0.5", "录入时多写一位", "行政复议", "60日"):
        assert said in outcome


def test_the_letters_of_a_repair(centre: made.Centre, office: Office) -> None:
    record = made.published(office, decided_on="2026-05-20")
    case = made.repair(centre, record)
    assert "承诺" in written(case, "commitment-letter", centre)
    assert "10个工作日" in written(case, "repair-receipt", centre)
    case = actions.accept(user=centre.officer, obj=case)
    case = actions.route(user=centre.officer, obj=case, question="材料齐全，拟同意")
    request = written(case, "review-request", centre)
    assert "2026年8月21日" in request
    assert "自2026年5月20日起计算" in request
    case = actions.consent(user=office.reviewer, obj=case, grounds="已履行")
    case = actions.decide_granted(user=centre.officer, obj=case, grounds="符合条件")
    assert "停止" in written(case, "repair-outcome", centre)


def test_papers_to_be_brought_are_listed_one_by_one(centre: made.Centre, office: Office) -> None:
    case = actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office)))
    with pytest.raises(ValidationError) as refused:
        actions.pause(user=centre.officer, obj=case, ground=Pause.Ground.SUPPLEMENT, grounds="营业执照")
    assert "bring_by" in refused.value.message_dict
    by = timezone.localdate() + datetime.timedelta(days=5)
    case = actions.pause(
        user=centre.officer,
        obj=case,
        ground=Pause.Ground.SUPPLEMENT,
        grounds="营业执照复印件\n处罚决定书复印件",
        bring_by=by,
    )
    text = written(case, "supplement", centre)
    assert "营业执照复印件" in text
    assert f"{by.year}年{by.month}月{by.day}日" in text
    case = actions.resume(user=centre.officer, obj=case, reason="材料已补齐")
    assert "恢复" in written(case, "clock-resumed", centre)


def test_numbers_run_without_gaps_within_a_kind_and_year(centre: made.Centre, office: Office) -> None:
    for place in (1, 2):
        case = made.objection(centre, made.published(office))
        WRITE["objection-receipt"](user=centre.officer, obj=case)
        year = timezone.localdate().year
        assert case.letters.get().number == f"郑信异收〔{year}〕{place}号"


def test_a_letter_that_does_not_fit_is_not_made(centre: made.Centre, office: Office) -> None:
    case = made.objection(centre, made.published(office))
    with pytest.raises(StateConflict):
        WRITE["objection-outcome"](user=centre.officer, obj=case)
    assert not Letter.objects.filter(case=case).exists()


def test_what_no_font_can_show_is_told_and_nothing_is_kept(centre: made.Centre, office: Office) -> None:
    case = made.objection(centre, made.published(office), statement="𠮷店的金额有误")
    with pytest.raises(ValidationError, match="𠮷"):
        WRITE["objection-receipt"](user=centre.officer, obj=case)
    assert not Letter.objects.filter(case=case).exists()
    assert not case.events.filter(what="letter").exists()


def test_an_office_without_address_is_asked_for_it(centre: made.Centre, office: Office) -> None:
    type(centre.department).objects.filter(pk=centre.department.pk).update(address="")
    case = made.objection(centre, made.published(office))
    with pytest.raises(ValidationError, match="地址"):
        WRITE["objection-receipt"](user=centre.officer, obj=case)


def test_a_letter_to_the_department_lists_only_papers_that_it_reads(centre: made.Centre, office: Office) -> None:
    papers = [made.paper("identity"), made.paper("proof")]
    case = actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office), papers=papers))
    case = actions.route(user=centre.officer, obj=case, question="请核对")
    request = written(case, "verification-request", centre)
    assert "证明材料" in request
    assert "身份证件" not in request
