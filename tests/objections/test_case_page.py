"""The page of a case: who opens it, what each side sees of it, its files, the correction."""

import pytest

from apps.audit.models import AccessEntry
from apps.departments.models import User
from apps.objections import actions
from apps.objections.models import Case, Evidence, Letter
from apps.objections.papers import keep_letter
from apps.objections.timeline import timeline
from tests.records.factories import Office
from tests.records.files import PDF, upload

from . import factories as made
from .pages import client_of, filled_form, page, text_of

pytestmark = pytest.mark.django_db
PHONE = "13800001234"


@pytest.fixture
def routed(centre: made.Centre, office: Office) -> Case:
    """An objection that the department is asked about."""
    case = actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office)))
    return actions.route(user=centre.officer, obj=case, question="请核对罚款金额")


def letter_of(case: Case, user: User) -> Letter:
    kind = Letter.Kind.OBJECTION_RECEIPT
    letter = Letter(case=case, kind=kind, number="1", name="回执.pdf", dated=case.opened_on, added_by=user)
    return keep_letter(letter, PDF)


def test_the_officer_sees_all_of_it(centre: made.Centre, routed: Case) -> None:
    text = text_of(client_of(centre.officer).get(page("change", routed.pk)))
    assert "欧阳申请" in text
    assert PHONE in text
    assert routed.code in text
    assert "3 working days left" in text
    assert "7 working days left" in text
    assert "河南省社会信用条例第四十一条" in text
    assert "department asked" in text


def test_the_reviewer_of_the_department_sees_the_case_and_the_applicant_masked(office: Office, routed: Case) -> None:
    answer = client_of(office.reviewer).get(page("change", routed.pk))
    text = text_of(answer)
    assert "The record is wrong" in text
    assert "欧阳*" in text
    for secret in ("欧阳申请", PHONE, routed.code):
        assert secret not in answer.content.decode()


def test_the_identity_number_is_masked_for_everybody(centre: made.Centre, office: Office) -> None:
    person = made.applicant()
    case = made.objection(centre, made.published(office), applicant=person)
    assert person.number not in client_of(centre.officer).get(page("change", case.pk)).content.decode()


def test_others_find_no_such_case(centre: made.Centre, office: Office, routed: Case) -> None:
    other = made.office("taxation")
    paper = routed.evidence.get()
    letter = letter_of(routed, centre.officer)
    addresses = [
        page("change", routed.pk),
        page("history", routed.pk),
        page("correction", routed.pk),
        page("do", routed.pk, "find-right"),
        page("paper_download", routed.pk, paper.pk),
        page("letter_download", routed.pk, letter.pk),
    ]
    for person in (other.reviewer, other.clerk, office.clerk, office.viewer):
        for address in addresses:
            assert client_of(person).get(address).status_code == 404, (person, address)


def test_before_it_is_routed_the_department_does_not_see_it(centre: made.Centre, office: Office) -> None:
    case = made.objection(centre, made.published(office))
    assert client_of(office.reviewer).get(page("change", case.pk)).status_code == 404


def test_each_side_is_offered_what_it_may_do(centre: made.Centre, office: Office, routed: Case) -> None:
    ours, theirs = (client_of(person).get(page("change", routed.pk)) for person in (centre.officer, office.reviewer))
    names = {
        side: {str(button["title"]) for button in answer.context["actions"]}
        for side, answer in (("centre", ours), ("department", theirs))
    }
    assert names["centre"] >= {"Take back from the department", "Pause the clock", "Note"}
    assert names["department"] == {
        "Take",
        "The record is wrong",
        "The record is right",
        "It cannot be established",
        "Add a paper",
        "Note",
    }
    assert page("correction", routed.pk) in theirs.content.decode()


def test_an_action_is_done_from_the_page(office: Office, routed: Case) -> None:
    address = f"{page('do', routed.pk, 'right')}?seen={routed.version}"
    client_of(office.reviewer).post(address, {"do-grounds": "与决定书原件一致"})
    routed.refresh_from_db()
    assert (routed.state, routed.finding) == (Case.State.ANSWERED, Case.Finding.RIGHT)


def test_papers_and_letters_go_out_as_files_and_never_as_pages(centre: made.Centre, routed: Case) -> None:
    client = client_of(centre.officer)
    paper, letter = routed.evidence.get(), letter_of(routed, centre.officer)
    for name, key in (("paper_download", paper.pk), ("letter_download", letter.pk)):
        answer = client.get(page(name, routed.pk, key))
        assert b"".join(answer.streaming_content) == PDF
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert {"private", "no-store"} <= set(answer.headers["Cache-Control"].split(", "))


def test_a_paper_of_another_case_is_not_opened_through_this_one(
    centre: made.Centre, office: Office, routed: Case
) -> None:
    other = made.objection(centre, made.published(office))
    address = page("paper_download", routed.pk, other.evidence.get().pk)
    assert client_of(centre.officer).get(address).status_code == 404


def test_the_correction_is_typed_beside_what_is_on_record(centre: made.Centre, office: Office, routed: Case) -> None:
    client, address = client_of(office.reviewer), page("correction", routed.pk)
    as_shown = filled_form(client.get(address), "v-fine_amount")
    assert client.post(address, as_shown).context["errors"] == ["Nothing differs from the record."]
    client.post(address, {**as_shown, "v-fine_amount": "0.5"})
    routed.refresh_from_db()
    assert routed.correction == {"fine_amount": "0.5"}
    (shown,) = client.get(page("change", routed.pk)).context["correction"]
    assert (shown["before"], shown["after"]) == ("1 ten thousand yuan", "0.5 ten thousand yuan")
    assert filled_form(client.get(address), "v-fine_amount")["v-fine_amount"] == ["0.5"]


def test_what_the_record_would_refuse_is_told_beside_its_field(office: Office, routed: Case) -> None:
    client, address = client_of(office.reviewer), page("correction", routed.pk)
    as_shown = filled_form(client.get(address), "v-fine_amount")
    answer = client.post(address, {**as_shown, "v-decided_on": "2099-01-01"})
    assert "decided_on" in answer.context["form"].errors
    routed.refresh_from_db()
    assert routed.correction == {}


def test_notes_stand_apart_from_what_the_applicant_sees(centre: made.Centre, routed: Case) -> None:
    actions.note(user=centre.officer, obj=routed, text="先电话说明")
    context = client_of(centre.officer).get(page("change", routed.pk)).context
    assert [each.text for each in context["notes"]] == ["先电话说明"]
    assert all("先电话说明" not in each.text for each in context["timeline"])


def test_a_paused_case_shows_what_was_left_and_why_the_new_day(centre: made.Centre, office: Office) -> None:
    case = made.objection(centre, made.published(office))
    case = actions.pause(user=centre.officer, obj=case, ground="expert", grounds="委托鉴定")
    client = client_of(centre.officer)
    assert "paused, 3 working days left" in text_of(client.get(page("change", case.pk)))
    actions.resume(user=centre.officer, obj=case, reason="鉴定意见已到")
    text = text_of(client.get(page("change", case.pk)))
    assert "3 working days left" in text
    assert "clock runs again" in text


def test_the_history_tells_that_the_applicant_changed_and_never_what(centre: made.Centre, routed: Case) -> None:
    body = client_of(centre.officer).get(page("history", routed.pk)).content.decode()
    assert routed.code not in body
    assert PHONE not in body


def test_opening_a_case_is_logged_with_its_number(centre: made.Centre, routed: Case) -> None:
    client_of(centre.officer).get(page("change", routed.pk))
    entry = AccessEntry.objects.latest("pk")
    assert (entry.purpose, entry.matter) == ("objection", routed.number)
    assert entry.subjects == [routed.record.subject_id]


def test_the_page_of_a_closed_case_says_how_it_ended(centre: made.Centre, office: Office) -> None:
    case = actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office)))
    actions.decide_upheld(user=centre.officer, obj=case, grounds="决定书原件与记录一致")
    text = text_of(client_of(centre.officer).get(page("change", case.pk)))
    assert "upheld" in text
    assert "决定书原件与记录一致" in text
    assert "in time" in text


def test_a_paper_is_added_with_what_it_is(centre: made.Centre, routed: Case) -> None:
    data = {"do-file": upload("补充.pdf", PDF), "do-what": "other", "do-brought_by": "applicant"}
    client_of(centre.officer).post(page("do", routed.pk, "paper"), data)
    assert routed.evidence.filter(name="补充.pdf", brought_by=Evidence.By.APPLICANT).exists()


def test_who_may_not_judge_is_told_why(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    case = actions.accept(user=centre.officer, obj=made.objection(centre, record))
    case = actions.prepare_correction(user=centre.officer, obj=case, values={"fine_amount": "0.5"})
    actions.decide_corrected(user=centre.officer, obj=case, grounds="金额有误")
    # Who corrected the record does not decide about it again.
    again = actions.accept(user=centre.officer, obj=made.objection(centre, record))
    told = "You entered or changed this record: somebody else decides about it."
    assert told in text_of(client_of(centre.officer).get(page("change", again.pk)))
    assert told not in text_of(client_of(centre.second).get(page("change", again.pk)))
    actions.decide_removed(user=centre.second, obj=again, grounds="已撤销")
    assert "You proposed it" in text_of(client_of(centre.second).get(page("change", again.pk)))


def test_a_representative_of_another_name_than_on_record_is_seen(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    record.subject.legal_representative = "司马登记"
    record.subject.save()
    client = client_of(centre.officer)
    assert "司马登记" in text_of(client.get(f"{page('add')}?record={record.pk}&kind=objection"))
    case = made.objection(centre, record)
    assert "On record: 司马登记" in text_of(client.get(page("change", case.pk)))
    actions.refuse(user=centre.officer, obj=case, grounds="身份不符")
    same = made.objection(centre, record, applicant=made.applicant(name="司马登记"))
    assert "On record: 司马登记" not in text_of(client.get(page("change", same.pk)))


def test_a_letter_to_the_department_is_not_the_applicants(centre: made.Centre, routed: Case) -> None:
    for action in actions.LETTER_ACTIONS:
        if action.name in ("letter-verification-request", "letter-objection-accepted"):
            routed = action(user=centre.officer, obj=routed)
    kinds = {letter.number: letter.kind for letter in routed.letters.all()}
    told = {
        kinds[number]: event.for_applicant
        for event in routed.events.filter(what="letter")
        for number in kinds
        if event.text.endswith(number)
    }
    assert told == {"verification-request": False, "objection-accepted": True}
    assert {entry.told for entry in timeline(routed)[0] if "关于核查" in entry.text} == {False}


def test_the_history_tells_in_words_what_was_corrected_and_why(
    centre: made.Centre, office: Office, routed: Case
) -> None:
    case = actions.prepare_correction(user=office.reviewer, obj=routed, values={"fine_amount": "0.5"})
    case = actions.find_wrong(user=office.reviewer, obj=case, grounds="多写一位")
    case = actions.decide_corrected(user=centre.officer, obj=case, grounds="金额有误")
    changed = case.changes[0]
    text = text_of(client_of(centre.officer).get(page("history", case.pk)))
    assert f"{changed['field']}: {changed['before']} → {changed['after']}" in text
    assert f"{case.number} 作出决定" in text
    assert "None" not in text
