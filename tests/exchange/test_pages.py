"""The pages of batches: upload, progress, findings, what can be done; a foreign batch is not there."""

import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.exchange import actions, runs
from apps.exchange.models import Batch, BatchProgress
from apps.exchange.progress import Progress
from apps.records.models import Record
from tests.records.factories import Office, item
from tests.records.test_pages import logged_in

from . import files

UPLOAD = reverse("admin:exchange_batch_import")
LIST = reverse("admin:exchange_batch_changelist")
SECRET = "绝密文件七七"


def page(batch: Batch, name: str = "change") -> str:
    return reverse(f"admin:exchange_batch_{name}", args=[batch.pk])


def do(batch: Batch, action: str) -> str:
    return reverse("admin:exchange_batch_do", args=[batch.pk, action])


def upload(client: Client, of: Office, data: bytes, name: str = "处罚.xlsx", **values: Any) -> Any:
    return client.post(
        UPLOAD,
        {
            "item": item().pk,
            "department": of.department.pk,
            "import_file": SimpleUploadedFile(name, data),
            **values,
        },
    )


@pytest.fixture
def clerk(market: Office) -> Client:
    return logged_in(market.clerk)


@pytest.fixture
def checked(market: Office) -> Batch:
    rows = [files.row(market, 1), files.row(market, 2, decided_on="2024/2/30", facts=SECRET)]
    batch = runs.receive(
        user=market.clerk,
        item=item(),
        department=market.department,
        name=f"{SECRET}.xlsx",
        chunks=[files.xlsx(files.table(rows))],
    )
    runs._work(batch.pk, Batch.State.CHECKING, keep=False, progress=Progress())
    batch.refresh_from_db()
    return batch


def test_an_upload_becomes_a_batch_that_waits_for_its_check(clerk: Client, market: Office) -> None:
    assert clerk.get(UPLOAD).status_code == 200
    answer = upload(clerk, market, files.xlsx(files.table([files.row(market, 1)])))
    batch = Batch.objects.get()
    assert answer.status_code == 302 and answer.url == page(batch)
    assert (batch.state, batch.uploaded_by) == (Batch.State.CHECKING, market.clerk)
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args["batch_id"]) == ("exchange.check_batch", batch.pk)
    text = clerk.get(answer.url).text
    assert "progress.js" in text and 'http-equiv="refresh"' in text
    assert "<script>" not in text


def test_what_cannot_be_taken_is_told_on_the_form(clerk: Client, market: Office, tax: Office, monkeypatch: Any) -> None:
    answers = [
        upload(clerk, market, b"x", item=item("tax-arrears").pk),
        upload(clerk, market, b"x", department=tax.department.pk),
        upload(clerk, market, b""),
    ]
    monkeypatch.setattr("apps.exchange.forms.UPLOAD_LIMIT", 10)
    answers.append(upload(clerk, market, b"x" * 11))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert not Batch.objects.exists()


def test_the_page_tells_what_was_found(clerk: Client, checked: Batch) -> None:
    text = clerk.get(page(checked)).text
    assert "2024/2/30" in text
    assert checked.errors.get().message in text
    assert "郑州第1商贸有限公司" in text
    assert "2024/2/30" in clerk.get(page(checked) + "?code=date_impossible").text
    assert "2024/2/30" not in clerk.get(page(checked) + "?code=required").text
    assert clerk.get(page(checked) + "?page=99&code=nothing").status_code == 200


def test_the_clerk_loads_the_right_rows_and_sees_what_became_of_them(clerk: Client, checked: Batch) -> None:
    assert do(checked, "load-right") in clerk.get(page(checked)).text
    assert do(checked, "load") not in clerk.get(page(checked)).text
    answer = clerk.post(do(checked, "load-right"))
    assert answer.status_code == 302
    # Nothing is done yet, and nothing says so.
    text = clerk.get(answer.url).text
    assert "已排队" in text and "已完成" not in text
    checked.refresh_from_db()
    assert (checked.state, checked.mode) == (Batch.State.LOADING, Batch.Mode.PARTIAL)
    assert clerk.get(page(checked, "progress")).json() == {
        "state": "loading",
        "busy": True,
        "progress": {"phase": "waiting", "done": 0, "total": 0},
    }
    runs.load(checked.pk, progress=Progress())
    record = Record.objects.get()
    text = clerk.get(page(checked)).text
    assert reverse("admin:records_record_change", args=[record.pk]) in text
    assert clerk.get(page(checked, "progress")).json()["busy"] is False


def test_a_progress_shows_speed_and_time_left(clerk: Client, checked: Batch) -> None:
    from datetime import timedelta

    from django.utils import timezone

    Batch.objects.filter(pk=checked.pk).update(state=Batch.State.LOADING)
    now = timezone.now()
    BatchProgress.objects.create(
        batch=checked, phase="loading", done=500, total=2000, started_at=now - timedelta(seconds=5), beat_at=now
    )
    progress = clerk.get(page(checked, "progress")).json()["progress"]
    assert (progress["rows_per_second"], progress["seconds_left"]) == (100, 15)


def test_the_annotated_file_is_downloaded(clerk: Client, checked: Batch) -> None:
    answer = clerk.get(page(checked, "annotated"))
    assert "attachment" in answer["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None and sheet.max_row == 3
    only = clerk.get(page(checked, "annotated") + "?only=rejected")
    sheet = openpyxl.load_workbook(io.BytesIO(only.content)).active
    assert sheet is not None and sheet.max_row == 2


def test_the_blank_file_is_read_back_without_trouble(clerk: Client, market: Office) -> None:
    answer = clerk.get(reverse("admin:exchange_batch_template", args=["penalty-legal"]))
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.active
    assert sheet is not None
    headers = {cell.value: cell.column for cell in sheet[1]}
    for key, value in files.row(market, 1).items():
        sheet.cell(2, headers[files.HEADERS[key]], value)
    out = io.BytesIO()
    book.save(out)
    assert files.send(market, out.getvalue()).accepted == 1
    assert clerk.get(reverse("admin:exchange_batch_template", args=["tax-arrears"])).status_code == 404


def test_undo_asks_why(clerk: Client, market: Office) -> None:
    batch = files.load(market, files.xlsx(files.table([files.row(market, 1)])))
    assert do(batch, "undo") in clerk.get(page(batch)).text
    assert "do-reason" in clerk.get(do(batch, "undo")).text
    clerk.post(do(batch, "undo"), {"do-reason": ""})
    assert Record.objects.exists()
    clerk.post(do(batch, "undo"), {"do-reason": "传错了文件"})
    assert not Record.objects.exists()
    batch.refresh_from_db()
    assert batch.state == Batch.State.UNDONE


def test_a_reviewer_sees_one_button_of_undo(market: Office) -> None:
    batch = files.load(market, files.xlsx(files.table([files.row(market, 1)])))
    text = logged_in(market.reviewer).get(page(batch)).text
    assert text.count("/do/undo") == 1


def test_rows_not_handed_over_are_not_for_those_who_merely_look(market: Office, checked: Batch) -> None:
    viewer = logged_in(market.viewer)
    assert viewer.get(page(checked)).status_code == 404
    assert viewer.get(UPLOAD).status_code == 403
    viewer.post(do(checked, "load-right"))
    checked.refresh_from_db()
    assert checked.state == Batch.State.CHECKED


def test_the_history_page_opens_and_hides_where_the_file_lies(clerk: Client, checked: Batch) -> None:
    text = clerk.get(page(checked, "history")).text
    assert checked.stored_name not in text
    assert checked.sha256 not in text


def test_nobody_edits_or_deletes_a_batch_by_hand(clerk: Client, checked: Batch) -> None:
    assert clerk.post(page(checked), {"state": "loaded"}).status_code == 403
    assert clerk.get(reverse("admin:exchange_batch_add")).status_code in {403, 404}
    assert clerk.post(reverse("admin:exchange_batch_delete", args=[checked.pk])).status_code in {403, 404}
    assert clerk.post(reverse("admin:exchange_batch_process_import")).status_code == 404


@pytest.mark.parametrize("name", ["change", "history", "progress", "annotated"])
def test_a_foreign_batch_is_not_there(name: str, tax: Office, checked: Batch) -> None:
    stranger = logged_in(tax.clerk)
    answer = stranger.get(page(checked, name))
    assert answer.status_code == 404
    assert SECRET not in answer.text


def test_nothing_can_be_done_to_a_foreign_batch(tax: Office, checked: Batch) -> None:
    stranger = logged_in(tax.clerk)
    for action in actions.ROW_ACTIONS:
        assert stranger.get(do(checked, action.name)).status_code == 404
        assert stranger.post(do(checked, action.name), {"do-reason": "x"}).status_code == 404
    checked.refresh_from_db()
    assert checked.state == Batch.State.CHECKED


@pytest.mark.parametrize(
    "query",
    ["", f"?q={SECRET}", "?state__exact=checked", "?uploaded_by__username=market-supervision.clerk", "?p=9", "?all="],
)
def test_lists_show_no_foreign_batch(query: str, tax: Office, checked: Batch) -> None:
    text = logged_in(tax.clerk).get(LIST + query, follow=True).text
    assert SECRET not in text.replace(f'value="{SECRET}"', "")


def test_the_list_shows_the_department_s_own(clerk: Client, checked: Batch, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        Batch.objects.create(
            department=checked.department,
            item=checked.item,
            uploaded_by=checked.uploaded_by,
            original_name=f"{number}.xlsx",
            stored_name="",
            data_key=b"",
            size=0,
            sha256="",
        )
    with django_assert_max_num_queries(25):
        text = clerk.get(LIST).text
    assert SECRET in text and UPLOAD in text
