"""Taking a case in at the counter: the way there, the advice before, what is told when something is wrong."""

import re
import uuid
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.objections.models import Case, Evidence
from apps.records.models import Record
from tests.records.factories import Office
from tests.records.files import PDF, upload

from . import factories as made
from .pages import client_of, page, text_of

pytestmark = pytest.mark.django_db


def typed(**values: Any) -> dict[str, Any]:
    """What an officer types for an objection."""
    person = made.applicant()
    return {
        "submission": str(uuid.uuid4()),
        "relation": "representative",
        "name": person.name,
        "document_kind": person.document_kind,
        "number": person.number,
        "identity": "original",
        "phone": person.phone,
        "address": "",
        "ground": "wrong",
        "statement": "罚款金额与决定书不符",
        "wanted": "更正罚款金额",
        "opened_on": timezone.localdate().isoformat(),
        "papers-proof": [upload("决定书.pdf", PDF), upload("发票.pdf", PDF)],
        **values,
    }


def form(record: Record, kind: str = "objection", **more: str) -> str:
    extra = "".join(f"&{name}={value}" for name, value in more.items())
    return f"{page('add')}?record={record.pk}&kind={kind}{extra}"


def test_the_record_leads_those_who_handle_cases_to_the_form(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    address = reverse("admin:records_record_change", args=[record.pk])
    body = client_of(centre.officer).get(address).content.decode()
    assert form(record).replace("&", "&amp;") in body
    assert form(record, "repair").replace("&", "&amp;") in body
    for person in (office.clerk, office.reviewer, office.viewer):
        assert page("add") not in client_of(person).get(address).content.decode()


def test_the_record_shows_the_open_case_instead_of_the_way_to_another(centre: made.Centre, office: Office) -> None:
    case = made.objection(centre, made.published(office))
    body = client_of(centre.officer).get(reverse("admin:records_record_change", args=[case.record_id])).content.decode()
    assert page("change", case.pk) in body
    assert form(case.record).replace("&", "&amp;") not in body


def test_without_a_record_one_is_found_first(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    client = client_of(centre.officer)
    assert client.get(page("add")).headers["Location"] == page("search")
    assert record.document_number in text_of(client.get(page("search"), {"q": record.document_number}))
    assert "Nothing that is shown" in text_of(client.get(page("search"), {"q": "无此号"}))


def test_an_objection_is_taken_in_with_its_papers(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    answer = client_of(centre.officer).post(form(record), typed(), follow=True)
    case = Case.objects.get()
    assert answer.redirect_chain[-1][0] == page("change", case.pk)
    assert case.code in text_of(answer)
    assert [(paper.name, paper.what) for paper in case.evidence.all()] == [
        ("决定书.pdf", Evidence.What.PROOF),
        ("发票.pdf", Evidence.What.PROOF),
    ]
    record.refresh_from_db()
    assert record.under_objection


def test_a_double_click_files_once(centre: made.Centre, office: Office) -> None:
    record, data = made.published(office), typed()
    client = client_of(centre.officer)
    shown = client.get(form(record)).content.decode()
    assert re.search(r'name="submission" value="[0-9a-f-]{36}"', shown)
    first = client.post(form(record), data)
    again = client.post(form(record), {**data, "papers-proof": [upload("决定书.pdf", PDF)]})
    assert first.headers["Location"] == again.headers["Location"]
    assert Case.objects.count() == 1


def test_all_that_is_wrong_is_told_beside_its_field_and_what_was_typed_is_kept(
    centre: made.Centre, office: Office
) -> None:
    data = typed(number="410102198505050001", phone="", statement="", wanted="请更正")
    answer = client_of(centre.officer).post(form(made.published(office)), data)
    errors = answer.context["form"].errors
    assert errors.keys() >= {"number", "phone", "statement"}
    text = answer.content.decode()
    assert "请更正" in text
    assert "please choose them again" in text
    assert not Case.objects.exists()


def test_a_file_that_is_not_taken_is_told(centre: made.Centre, office: Office) -> None:
    data = typed(**{"papers-proof": [upload("程序.exe", b"MZ")]})
    answer = client_of(centre.officer).post(form(made.published(office)), data)
    assert "程序.exe" in text_of(answer)
    assert not Case.objects.exists()


def test_before_a_repair_is_filed_the_page_tells_from_which_day_it_can_be_granted(
    centre: made.Centre, office: Office
) -> None:
    record = made.published(office, decided_on="2024-01-31")
    text = text_of(client_of(centre.officer).get(form(record, "repair")))
    assert "general proposed because of: 罚款" in text
    assert "3 to 36 months since 2024-05-01" in text
    assert "Counted from the day of the decision, 2024-01-31." in text
    assert "国家发展改革委令2023年第58号" in text


def test_a_specially_protected_field_is_computed_again_and_kept_with_the_case(
    centre: made.Centre, office: Office
) -> None:
    record = made.published(office, decided_on="2024-01-31")
    client = client_of(centre.officer)
    address = form(record, "repair", protected_field="on")
    assert "12 to 36 months since 2025-02-01" in text_of(client.get(address))
    data = typed(dishonesty="general", corrected_on="2024-03-01", committed_on="2024-03-02")
    client.post(address, data)
    case = Case.objects.get()
    assert case.protected_field
    assert f"{case.grantable_from}" == "2025-02-01"


def test_what_is_not_dishonesty_is_not_repaired(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    record.item.nature = "positive"
    record.item.save()
    answer = client_of(centre.officer).get(form(record, "repair"))
    assert "Only dishonesty information is repaired." in text_of(answer)
    assert b'name="statement"' not in answer.content


@pytest.mark.parametrize("role", ["clerk", "reviewer", "viewer"])
def test_nobody_else_takes_cases_in(centre: made.Centre, office: Office, role: str) -> None:
    client = client_of(getattr(office, role))
    record = made.published(office)
    assert client.get(form(record)).status_code == 403
    assert client.post(form(record), typed()).status_code == 403
    assert client.get(page("search")).status_code == 403


def test_a_record_that_one_does_not_see_is_not_there(centre: made.Centre, office: Office) -> None:
    draft = made.records.enter(office)
    client = client_of(centre.officer)
    assert client.get(form(draft)).status_code == 404
    assert client.get(f"{page('add')}?record=x&kind=objection").status_code == 404
    assert client.get(form(made.published(office), "other")).status_code == 404


def test_a_record_under_objection_bears_its_mark_on_the_way_to_another_case(
    centre: made.Centre, office: Office
) -> None:
    record = made.published(office)
    client = client_of(centre.officer)
    pages = [f"{page('search')}?q={record.document_number}", form(record, "repair")]
    mark = "An objection to this record is being examined."
    assert not any(mark in text_of(client.get(address)) for address in pages)
    made.objection(centre, record)
    assert all(mark in text_of(client.get(address)) for address in pages)


def test_a_text_that_is_too_long_is_told_not_cut(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    client = client_of(centre.officer)
    shown = client.get(form(record)).content.decode()
    assert "maxlength" not in re.search(r"<textarea[^>]*name=\"statement\"[^>]*>", shown)[0]  # type: ignore[index]
    answer = client.post(form(record), typed(statement="甲" * 10_000))
    assert "10000" in text_of(answer)
    assert not Case.objects.exists()


def test_what_turns_the_direction_of_writing_is_dropped(centre: made.Centre, office: Office) -> None:
    client_of(centre.officer).post(form(made.published(office)), typed(statement="应为\u202e元万一\u2066。\r\n第二行"))
    assert Case.objects.get().statement == "应为元万一。\n第二行"


def test_a_picture_that_no_letter_can_show_is_told_at_once(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    answer = client_of(centre.officer).post(form(record), typed(statement="请更正😀谢谢😀"))
    assert "Letters cannot show 😀: leave it out." in text_of(answer)
    assert not Case.objects.exists()
