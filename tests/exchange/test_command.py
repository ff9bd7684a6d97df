"""``manage.py import_records``: its answer, its exit, and that nothing stays of a dry run."""

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from apps.exchange.models import Batch
from apps.records.models import Record
from apps.subjects.models import Subject
from tests.records.factories import Office

from . import files


@pytest.fixture
def path(market: Office, tmp_path: Path) -> Path:
    rows = [files.row(market, 1), files.row(market, 2), files.row(market, 3, decided_on="2024/2/30")]
    file = tmp_path / "处罚.xlsx"
    file.write_bytes(files.xlsx([["行政处罚公示表"], *files.table(rows)]))
    return file


def import_file(path: Path, of: Office, **options: Any) -> Any:
    out = io.StringIO()
    who = {"item": "penalty-legal", "department": of.department.slug, "user": of.clerk.username, **options}
    call_command("import_records", str(path), stdout=out, **who)
    return json.loads(out.getvalue()) if options.get("json") else out.getvalue()


def test_the_answer_is_one_object(path: Path, market: Office) -> None:
    answer = import_file(path, market, json=True)
    assert {name: answer[name] for name in ("rows", "accepted", "rejected", "duplicates", "subjects_created")} == {
        "rows": 3,
        "accepted": 2,
        "rejected": 1,
        "duplicates": 0,
        "subjects_created": 2,
    }
    assert answer["loaded"] is True
    assert answer["seconds"] > 0
    assert Batch.objects.get().pk == answer["batch"]
    (error,) = answer["errors"]
    assert (error["row"], error["column"], error["value"], error["code"]) == (
        5,
        "处罚决定日期",
        "2024/2/30",
        "date_impossible",
    )
    assert error["message"]


def test_nothing_is_loaded_when_a_row_is_wrong_and_all_were_asked_for(path: Path, market: Office) -> None:
    answer = import_file(path, market, json=True, all_or_nothing=True)
    assert (answer["loaded"], answer["rejected"]) == (False, 1)
    assert not Record.objects.exists()
    # The clerk may decide in the admin.
    assert Batch.objects.get().state == Batch.State.CHECKED


def test_a_dry_run_leaves_nothing(path: Path, market: Office, settings: Any) -> None:
    answer = import_file(path, market, json=True, dry_run=True)
    assert (answer["accepted"], answer["subjects_created"], answer["batch"]) == (2, 2, None)
    assert not Record.objects.exists()
    assert not Batch.objects.exists()
    assert not Subject.objects.exists()
    assert not settings.MEDIA_ROOT.exists()


def test_the_department_may_be_named_by_its_code(path: Path, market: Office) -> None:
    assert import_file(path, market, department=market.department.uscc, json=True)["rows"] == 3


def test_twice_the_same_file(path: Path, market: Office) -> None:
    import_file(path, market)
    answer = import_file(path, market, json=True)
    assert (answer["accepted"], answer["duplicates"], answer["rejected"]) == (0, 2, 1)
    assert Record.objects.count() == 2


def test_the_annotated_file_is_written(path: Path, market: Office, tmp_path: Path) -> None:
    out = tmp_path / "marked.xlsx"
    import_file(path, market, dry_run=True, annotated=out)
    page = openpyxl.load_workbook(out).active
    assert page is not None and page.cell(2, page.max_column).value == "错误原因"


TROUBLE: dict[str, dict[str, Any]] = {
    "no such item": {"item": "nothing"},
    "no such department": {"department": "nowhere"},
    "no such user": {"user": "nobody"},
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_wrong_name_is_told_in_one_line(trouble: str, path: Path, market: Office) -> None:
    with pytest.raises(CommandError) as refused:
        import_file(path, market, **TROUBLE[trouble])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", b"a,b\n1,2\n", None])
def test_an_unreadable_file_is_told_in_one_line(data: bytes | None, market: Office, tmp_path: Path) -> None:
    path = tmp_path / "bad.xlsx"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(CommandError) as refused:
        import_file(path, market, json=True)
    assert "bad.xlsx" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not Batch.objects.exists()


def test_a_user_without_the_right_is_refused(path: Path, market: Office, tax: Office) -> None:
    with pytest.raises(CommandError):
        import_file(path, market, user=tax.clerk.username)
    with pytest.raises(CommandError):
        import_file(path, market, user=market.viewer.username)


def test_the_history_names_user_and_door(path: Path, market: Office) -> None:
    import_file(path, market)
    assert set(Record.history.values_list("history_user", "history_channel")) == {(market.clerk.pk, "command")}
