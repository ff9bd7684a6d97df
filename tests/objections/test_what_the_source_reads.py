"""What of a case the source department reads: what its check needs, not what tells who applies."""

import io

import pytest
from pypdf import PdfReader

from apps.objections import actions
from apps.objections.models import Case, Evidence
from tests.records.factories import Office
from tests.records.files import PDF, upload

from . import factories as made
from .pages import client_of, page

pytestmark = pytest.mark.django_db
WRITE = {action.name: action for action in actions.LETTER_ACTIONS}


@pytest.fixture
def case(centre: made.Centre, office: Office) -> Case:
    """A routed objection with a letter to the applicant, one to the department, and the applicant's identity."""
    papers = [made.paper(Evidence.What.IDENTITY, "身份证.pdf"), made.paper()]
    found = made.objection(centre, made.published(office), papers=papers)
    WRITE["letter-objection-receipt"](user=centre.officer, obj=found)
    found = actions.route(user=centre.officer, obj=actions.accept(user=centre.officer, obj=found), question="请核对")
    return WRITE["letter-verification-request"](user=centre.officer, obj=found)


def test_the_applicants_letters_and_identity_are_not_the_departments(
    centre: made.Centre, office: Office, case: Case
) -> None:
    receipt = case.letters.get(kind="objection-receipt")
    identity = case.evidence.get(what=Evidence.What.IDENTITY)
    addresses = [page("letter_download", case.pk, receipt.pk), page("paper_download", case.pk, identity.pk)]
    ours, theirs = client_of(centre.officer), client_of(office.reviewer)
    assert [ours.get(each).status_code for each in addresses] == [200, 200]
    assert [theirs.get(each).status_code for each in addresses] == [404, 404]
    shown = theirs.get(page("change", case.pk)).content.decode()
    for secret in (*addresses, receipt.number, identity.name):
        assert secret not in shown


def test_it_reads_the_letter_to_it_the_proof_and_what_it_brought_itself(office: Office, case: Case) -> None:
    actions.add_source_paper(user=office.reviewer, obj=case, file=upload("执法证.pdf", PDF), what="identity")
    client = client_of(office.reviewer)
    shown = client.get(page("change", case.pk)).content.decode()
    for paper in case.evidence.filter(name__in=["证明.pdf", "执法证.pdf"]):
        assert page("paper_download", case.pk, paper.pk) in shown
    letter = case.letters.get(kind="verification-request")
    body = b"".join(client.get(page("letter_download", case.pk, letter.pk)).streaming_content)
    text = "".join("".join(each.extract_text() for each in PdfReader(io.BytesIO(body)).pages).split())
    assert case.number in text
    assert case.code not in text


@pytest.mark.parametrize("posted", [{}, {"do-to": ""}, {"do-to": "0"}])
def test_what_it_may_not_do_does_not_name_the_officers(office: Office, case: Case, posted: dict[str, str]) -> None:
    client = client_of(office.reviewer)
    answer = client.post(page("do", case.pk, "hand-over"), posted)
    assert answer.status_code == 302
    assert answer.url == page("change", case.pk)
    assert "You have no right to do this" in client.get(answer.url).content.decode()
