"""The pages of subjects: what they show, to whom, and what they do."""

import pytest
from django.urls import reverse

from apps.subjects import access, actions
from apps.subjects.models import Identifier, Subject, SubjectMerge
from tests.subjects.factories import identity_number, organisation_code, subject, uscc, user

pytestmark = pytest.mark.django_db
NUMBER = identity_number(7)
CLERK = ("subjects.view_subject", "subjects.add_subject", "subjects.change_subject", "subjects.view_personaldata")
OFFICER = (*CLERK, "subjects.merge_subject", "subjects.import_register", "subjects.view_subjectmerge")


@pytest.fixture
def clerk(client):
    made = user("clerk", *CLERK)
    client.force_login(made)
    return made


@pytest.fixture
def person():
    return Subject.objects.get(
        pk=actions.register_person(document_kind="身份证", number=NUMBER, name="欧阳测试").subject_id
    )


def page(name, *args):
    return reverse(f"admin:subjects_{name}", args=args)


def find(client, number=NUMBER, purpose="record"):
    data = {"document_kind": "身份证", "number": number, "purpose": purpose}
    return client.post(page("person_search"), data)


def person_pages(person):
    return [page("subject_change", person.pk), page("subject_history", person.pk)]


class TestList:
    def test_organisations_are_listed_and_searched_and_persons_never(self, client, clerk, person):
        one, other = subject(1, "郑州欧阳有限公司"), subject(2, "河南天源有限公司")
        answer = client.get(page("subject_changelist"))
        assert one.name in answer.text and other.name in answer.text
        assert person.name not in answer.text
        for query in ("欧阳", uscc(1), uscc(1)[:16]):
            answer = client.get(page("subject_changelist"), {"q": query})
            assert one.name in answer.text and other.name not in answer.text
            assert person.name not in answer.text
        assert person.name not in client.get(page("subject_changelist"), {"q": NUMBER}).text

    def test_filters_and_queries_do_not_grow_with_the_rows(self, client, clerk, django_assert_num_queries):
        def queries():
            from django.db import connection
            from django.test.utils import CaptureQueriesContext

            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert client.get(page("subject_changelist"), {"kind": "legal_entity"}).status_code == 200
            return len(captured)

        subject(1)
        queries()
        few = queries()
        for number in range(2, 30):
            subject(number)
        assert queries() == few

    def test_without_the_permission_there_is_nothing(self, client):
        client.force_login(user("nobody"))
        one = subject(1)
        for address in (
            page("subject_changelist"), page("subject_change", one.pk), page("subject_lookup"), page("person_search"),
            page("subject_register"), page("subject_merge", one.pk), page("subjectmerge_changelist"),
        ):  # fmt: skip
            assert client.get(address).status_code in (403, 404), address


class TestLookup:
    def test_answers_while_typing(self, client, clerk, person):
        for number in range(1, 26):
            subject(number, f"郑州欧阳{number}有限公司")
        answer = client.get(page("subject_lookup"), {"q": "欧阳"}).json()
        assert (len(answer["results"]), answer["more"]) == (20, True)
        answer = client.get(page("subject_lookup"), {"q": uscc(3)}).json()
        one = Subject.objects.get(uscc=uscc(3))
        assert answer == {
            "results": [{"id": one.pk, "text": one.name, "uscc": uscc(3), "kind": "legal_entity"}], "more": False,
        }  # fmt: skip
        for query in ("", NUMBER, "欧阳*", "'\\%"):
            assert client.get(page("subject_lookup"), {"q": query}).json()["results"] == []

    def test_asks_for_a_login(self, client):
        assert client.get(page("subject_lookup"), {"q": "郑州"}).status_code == 302


class TestPerson:
    def test_the_page_opens_after_the_exact_number_was_found(self, client, clerk, person):
        for address in person_pages(person):
            assert client.get(address).status_code == 404
        assert find(client)["Location"] == page("subject_change", person.pk)
        for address in person_pages(person):
            answer = client.get(address)
            assert answer.status_code == 200
            assert "欧阳*" in answer.text
            for secret in (NUMBER, "欧阳测试", NUMBER[6:14]):
                assert secret not in answer.text
        assert NUMBER[:3] + "*" * 11 + NUMBER[-4:] in client.get(person_pages(person)[0]).text

    def test_another_session_and_another_person_stay_closed(self, client, clerk, person):
        other = actions.register_person(document_kind="身份证", number=identity_number(8), name="别人").subject_id
        find(client)
        assert client.get(page("subject_change", other)).status_code == 404
        client.logout()
        client.force_login(user("second", *CLERK))
        assert client.get(page("subject_change", person.pk)).status_code == 404

    def test_whoever_sees_a_record_about_the_person_may_open_the_page(self, client, clerk, person, monkeypatch):
        asked = []
        monkeypatch.setattr(
            access, "person_visible_hooks", [lambda who, pk: asked.append((who, pk)) or pk == person.pk]
        )
        answer = client.get(page("subject_change", person.pk))
        assert client.post(answer["Location"], {"purpose": "request"}, follow=True).status_code == 200
        assert (clerk, person.pk) in asked

    def test_a_wrong_and_an_unknown_number_are_told_apart_without_repeating_them(self, client, clerk, person):
        for number in ("410102199001011235", identity_number(9)):
            answer = find(client, number)
            assert answer.status_code == 200
            assert answer.text.count(number) <= 1  # in the field itself alone
        assert find(client, purpose="").status_code == 200

    def test_a_person_is_not_changed_by_the_form(self, client, clerk, person):
        find(client)
        answer = client.post(page("subject_change", person.pk), {"name": "张三", "status": "cancelled", "reason": "x"})
        assert answer.status_code == 403
        for name in ("rename", "code", "identifier"):
            assert client.post(page("subject_do", person.pk, name)).status_code == 403


class TestEntering:
    def test_a_new_organisation(self, client, clerk):
        data = {"kind": "legal_entity", "name": "郑州新公司", "uscc": uscc(1), "status": "active"}
        answer = client.post(page("subject_add"), data)
        one = Subject.objects.get()
        assert answer.status_code == 302
        assert (one.name, one.uscc, one.history.get().history_user_id) == ("郑州新公司", uscc(1), clerk.pk)
        assert one.identifiers.get().value == organisation_code(1)

    def test_a_damaged_code_brings_proposals_and_makes_nothing(self, client, clerk):
        known = subject(1)
        code = uscc(1)[:12] + ("8" if uscc(1)[12] != "8" else "3") + uscc(1)[13:]
        data = {"kind": "legal_entity", "name": "郑州新公司", "uscc": code, "status": "active"}
        answer = client.post(page("subject_add"), data)
        assert answer.status_code == 200
        assert f"{known.pk}/change/" in answer.text and known.name in answer.text
        assert Subject.objects.count() == 1

    def test_names_in_proposals_are_escaped(self, client, clerk):
        subject(1, "<script>alert(1)</script>")
        data = {"kind": "legal_entity", "name": "郑州新公司", "uscc": uscc(1), "status": "active"}
        assert "<script>alert(1)" not in client.post(page("subject_add"), data).text

    def test_an_issued_code_with_a_wrong_check_character(self, client, clerk):
        data = {
            "kind": "legal_entity", "name": "厦门某公司", "uscc": "91350211M0000XUF46", "status": "active",
            "override_reason": "执照如此",
        }  # fmt: skip
        assert client.post(page("subject_add"), data).status_code == 302
        assert Subject.objects.get().override_reason == "执照如此"


class TestChanging:
    def test_register_data_with_a_reason(self, client, clerk):
        one = subject(1)
        data = {"status": "cancelled", "address": "新地址", "reason": "依登记机关通报"}
        client.post(page("subject_change", one.pk), {**data, "reason": ""})
        one.refresh_from_db()
        assert one.status == "active"
        answer = client.post(page("subject_change", one.pk), data)
        assert answer.status_code == 302, answer.context["errors"]
        one.refresh_from_db()
        assert (one.status, one.history.first().history_change_reason) == ("cancelled", "依登记机关通报")

    def test_name_and_code_by_their_actions(self, client, clerk):
        one, name = subject(1), Subject(name="x")
        assert client.get(page("subject_do", one.pk, "rename")).status_code == 200
        data = {"name": "郑州改名公司", "reason": "变更", "keep_former": "on"}
        assert client.post(page("subject_do", one.pk, "rename"), data).status_code == 302
        data = {"scheme": "organisation_code", "value": "1234"}
        assert client.post(page("subject_do", one.pk, "identifier"), data).status_code == 200
        data = {"uscc": "91350211M0000XUF46", "reason": "执照如此"}
        assert client.post(page("subject_do", one.pk, "code"), data).status_code == 200
        assert client.post(page("subject_do", one.pk, "code"), {**data, "override": "on"}).status_code == 302
        one.refresh_from_db()
        assert (one.name, one.uscc) == ("郑州改名公司", "91350211M0000XUF46")
        assert one.names.count() == 1
        assert Identifier.objects.get().value == uscc(1)
        assert name.pk is None

    def test_the_form_cannot_change_what_identifies(self, client, clerk):
        one = subject(1)
        data = {
            "status": "active",
            "reason": "x",
            "name": "别名",
            "uscc": uscc(9),
            "kind": "natural_person",
            "capital": "1",
        }
        client.post(page("subject_change", one.pk), data)
        one.refresh_from_db()
        assert (one.uscc, one.kind) == (uscc(1), "legal_entity")
        assert one.name != "别名"


class TestMerging:
    @pytest.fixture
    def officer(self, client):
        made = user("officer", *OFFICER)
        client.force_login(made)
        return made

    def test_choose_compare_merge_and_take_back(self, client, officer):
        one, other = subject(1, "郑州同名公司"), subject(2, "郑州同名公司")
        answer = client.get(page("subject_merge", one.pk))
        assert f"?with={other.pk}" in answer.text
        address = f"{page('subject_merge', one.pk)}?with={other.pk}"
        assert uscc(2) in client.get(address).text
        answer = client.post(address, {"remaining": other.pk, "reason": "同一企业重复登记"})
        assert answer["Location"] == page("subject_change", other.pk)
        one.refresh_from_db()
        assert one.merged_into == other
        # The duplicate's page still opens, points on, and changes nothing.
        answer = client.get(page("subject_change", one.pk))
        assert page("subject_change", other.pk).rsplit("/", 3)[1] in answer.text
        assert client.post(page("subject_do", one.pk, "rename"), {"name": "y", "reason": "x"}).status_code == 403
        merge = SubjectMerge.objects.get()
        assert "郑州同名公司" in client.get(page("subjectmerge_changelist")).text
        assert client.get(page("subjectmerge_change", merge.pk)).status_code == 200
        assert client.get(page("subjectmerge_reverse", merge.pk)).status_code == 200
        assert client.post(page("subjectmerge_reverse", merge.pk), {"reason": "误判"}).status_code == 302
        one.refresh_from_db()
        assert one.merged_into is None
        assert client.post(page("subjectmerge_reverse", merge.pk), {"reason": "误判"}).status_code == 403

    def test_a_clerk_cannot(self, client, clerk):
        one, other = subject(1), subject(2)
        address = f"{page('subject_merge', one.pk)}?with={other.pk}"
        assert client.post(address, {"remaining": other.pk, "reason": "x"}).status_code == 403

    def test_a_person_that_was_not_found_is_no_partner(self, client, officer, person):
        one = subject(1)
        for address in (f"{page('subject_merge', one.pk)}?with={person.pk}", page("subject_merge", person.pk)):
            assert client.get(address).status_code == 404
        for wrong in ("x", "999999999999999999999", str(one.pk)):
            assert client.get(f"{page('subject_merge', one.pk)}?with={wrong}").status_code == 404


class TestRegister:
    def test_trial_then_load(self, client):
        from django.core.files.uploadedfile import SimpleUploadedFile

        client.force_login(user("officer", *OFFICER))
        text = f"企业名称,统一社会信用代码\n郑州甲有限公司,{uscc(1)}\n坏行,123\n".encode("gb18030")
        assert client.get(page("subject_register")).status_code == 200
        for trial, count in (("on", 0), ("", 1)):
            data = {"file": SimpleUploadedFile("登记.csv", text), **({"dry_run": trial} if trial else {})}
            answer = client.post(page("subject_register"), data)
            assert "坏行" not in answer.text and "123" in answer.text
            assert Subject.objects.count() == count
        assert Subject.history.get().history_channel == "file"
        answer = client.post(page("subject_register"), {"file": SimpleUploadedFile("a.xlsx", b"%PDF-1.7")})
        assert answer.status_code == 200

    def test_only_with_the_permission(self, client, clerk):
        assert client.post(page("subject_register")).status_code == 403
        assert page("subject_register") not in client.get(page("subject_changelist")).text
