"""The history page: readable, bounded, and a way back where that is lawful."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from apps.audit.context import acting
from apps.core.admin_base import BaseAdmin
from apps.core.history_diff import Reader
from apps.departments.models import Department, LiaisonOfficer
from tests.departments.test_row_admin import browser
from tests.factories import installing, make_department, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Department:
    return make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)


@pytest.fixture
def system(root: Department) -> Any:
    return browser(make_user("system", name="冯凯", department=root, role="system-administrator"))


def address(department: Department, page: str = "history") -> str:
    return f"/admin/departments/department/{department.pk}/{page}/"


def told(web: Any, department: Department, query: str = "") -> list[Any]:
    return web.get(address(department) + query).context["entries"]


def test_a_change_reads_as_field_old_new_in_words(system: Any, root: Department) -> None:
    department = make_department("market", parent=root)
    district = make_department("east", parent=root, name_en="East")
    with acting(user_id=make_user("li", name="李建国").pk, reason="机构改革", channel="file"), installing():
        department.kind = Department.Kind.BUREAU
        department.parent = district
        department.four_eyes = False
        department.save()
    entry = told(system, department)[0]
    assert (entry.who, entry.reason, entry.door, str(entry.kind)) == ("李建国 (li)", "机构改革", "file", "changed")
    changes = {each.label: (each.old, each.new) for each in entry.changes}
    assert changes["kind"] == ("collecting department", "district bureau")
    assert changes["parent"] == (str(root.name_en), "East")
    assert changes["four eyes"] == ("yes", "no")
    assert changes.keys() == {"kind", "parent", "four eyes", "path"}
    page = system.get(address(department)).content.decode()
    assert "机构改革" in page and "district bureau" in page


def test_the_first_entry_tells_what_was_entered(system: Any, root: Department) -> None:
    department = make_department("market", parent=root, uscc="11410100000000027P")
    (entry,) = told(system, department)
    assert entry.is_first
    assert {each.label: each.new for each in entry.changes}["unified social credit code"] == "11410100000000027P"


def test_a_database_session_is_named(system: Any, root: Department) -> None:
    department = make_department("market", parent=root)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.channel', '', true), set_config('app.user_id', '', true)")
    Department.objects.filter(pk=department.pk).update(position=7)
    entry = told(system, department)[0]
    assert entry.door == "database session"
    assert entry.who == f"database user {connection.settings_dict['USER']}"


def test_text_of_a_value_is_never_markup(system: Any, root: Department) -> None:
    department = make_department("market", parent=root, short_name="<b>x</b>")
    assert "<b>x</b>" not in system.get(address(department)).content.decode()


def test_confidential_fields_tell_only_that_they_changed(root: Department) -> None:
    officer = LiaisonOfficer.objects.create(department=root, name="王", phone="1", since=datetime.date(2026, 1, 5))
    officer.phone = "13800000000"
    officer.save()
    rows = list(LiaisonOfficer.history.order_by("-history_id"))
    latest, first = Reader(LiaisonOfficer.history.model, confidential=["phone"]).entries(rows)
    (change,) = latest.changes
    assert (change.confidential, change.old, change.new) == (True, "–", "–")
    assert "13800000000" not in str([latest, first])


def test_pages_are_bounded_in_rows_and_queries(system: Any, root: Department) -> None:
    department = make_department("market", parent=root)
    system.get(address(department))
    with CaptureQueriesContext(connection) as few:
        system.get(address(department))
    for number in range(1, 61):
        with acting(user_id=make_user().pk):
            Department.objects.filter(pk=department.pk).update(position=number)
    with CaptureQueriesContext(connection) as many:
        first = told(system, department)
    assert len(first) == BaseAdmin.history_per_page
    # A list of names of foreign keys and of users is one query each, however many rows.
    assert len(many) <= len(few) + 2
    second, third = told(system, department, "?page=2"), told(system, department, "?page=3")
    assert [len(second), len(third)] == [25, 11]
    # Also the last row of a page knows what came before it.
    assert [(each.old, each.new) for each in first[-1].changes] == [("35", "36")]
    assert system.get(address(department) + "?page=99999999999999999999").status_code == 200
    assert system.get(address(department) + "?page=x").status_code == 200


def test_setting_back_is_a_reasoned_change_that_deletes_no_history(system: Any, root: Department) -> None:
    department = make_department("market", parent=root, short_name="旧")
    Department.objects.filter(pk=department.pk).update(short_name="新")
    latest, first = told(system, department)
    assert first.revertible and not latest.revertible
    revert = address(department, f"history/{first.pk}/revert")
    assert [(each.old, each.new) for each in system.get(revert).context["changes"]] == [("新", "旧")]
    assert "reason" in system.post(revert, {"reason": ""}).context["form"].errors
    system.post(revert, {"reason": "误改"})
    department.refresh_from_db()
    assert department.short_name == "旧"
    assert [each.reason for each in told(system, department)] == ["误改", "", ""]


def test_setting_back_to_what_is_no_longer_valid_is_refused_in_words(system: Any, root: Department) -> None:
    department = make_department("market", parent=root, name="甲")
    Department.objects.filter(pk=department.pk).update(name="乙")
    make_department("other", parent=root, name="甲")
    first = told(system, department)[-1]
    answer = system.post(address(department, f"history/{first.pk}/revert"), {"reason": "x"})
    assert answer.context["form"].non_field_errors()
    department.refresh_from_db()
    assert department.name == "乙"


def test_another_rows_history_can_not_be_used(system: Any, root: Department) -> None:
    department, other = make_department("market", parent=root), make_department("tax", parent=root)
    foreign = other.history.get()
    assert system.get(address(department, f"history/{foreign.pk}/revert")).status_code == 404


def test_who_may_only_look_can_not_set_back(root: Department) -> None:
    department = make_department("market", parent=root)
    Department.objects.filter(pk=department.pk).update(short_name="新")
    auditor = browser(make_user(department=root, role="audit-administrator"))
    entries = told(auditor, department)
    assert not any(each.revertible for each in entries)
    assert auditor.get(address(department, f"history/{entries[-1].pk}/revert")).status_code == 403


def test_some_histories_are_never_set_back(root: Department) -> None:
    person = make_user("wang", name="王")
    person.name = "王一"
    person.save()
    system = browser(make_user(department=root, role="system-administrator"))
    page = f"/admin/departments/user/{person.pk}/history/"
    entries = system.get(page).context["entries"]
    assert len(entries) == 2 and not any(each.revertible for each in entries)
    assert system.get(f"{page}{entries[-1].pk}/revert/").status_code == 403


def test_the_platforms_own_reasons_are_told_in_the_language_of_the_page() -> None:
    with acting(channel="command", reason="reference data"):
        department = make_department("archives")
    row = department.history.get()
    with translation.override("zh-hans"):
        assert [entry.reason for entry in Reader(Department.history.model).entries([row])] == ["基础数据"]
    with translation.override("en"):
        assert [entry.reason for entry in Reader(Department.history.model).entries([row])] == ["reference data"]
