"""All errors of all rows at once, each in the clerk's own row and column, and nothing half-loaded."""

import json
from pathlib import Path

import pytest

from apps.audit.context import acting
from apps.exchange.engine.run import Job, run
from apps.exchange.messages import message
from apps.exchange.models import Batch, BatchEntry
from apps.records.models import Record
from apps.subjects.models import Subject
from tests.factories import make_department
from tests.records.factories import Office, item
from tests.subjects.factories import uscc

from . import files, generate


@pytest.fixture
def planted(market: Office, tmp_path: Path) -> tuple[bytes, set[tuple[int, str, str]], int]:
    """A file of a few hundred rows about companies on record, a fifth of them wrong in all ways in turn."""
    known = generate.companies(40)
    for name, code in known:
        Subject.objects.create(kind="legal_entity", name=name, match_name=name, uscc=code)
    authority = (market.department.name, market.department.uscc or "")
    made = generate.penalties(400, known, authority=authority, wrong=0.2)
    first = generate.write_xlsx(tmp_path / "file.xlsx", made.rows)
    expected = {(first + place, column, code) for place, column, code in made.planted}
    assert len({code for _row, _column, code in expected}) >= 15
    return (tmp_path / "file.xlsx").read_bytes(), expected, len(made.rows)


def test_exactly_the_planted_errors_are_reported(market: Office, planted: tuple[bytes, set, int]) -> None:
    data, expected, count = planted
    report = files.send(market, data, keep=False)
    assert files.found(report) == expected
    assert report.rows == count
    assert report.rejected == len({row for row, _column, _code in expected})
    assert report.accepted == count - report.rejected
    assert not Record.objects.exists()


def test_the_right_rows_are_loaded_when_the_clerk_says_so(market: Office, planted: tuple[bytes, set, int]) -> None:
    data, expected, count = planted
    batch = files.load(market, data, partial=True)
    assert (batch.state, batch.rows, batch.rejected) == (Batch.State.LOADED, count, len(expected))
    assert Record.objects.filter(state="submitted", author=market.clerk).count() == batch.accepted
    wrong_rows = {row for row, _column, _code in expected}
    assert set(BatchEntry.objects.values_list("row", flat=True)) == set(range(3, count + 3)) - wrong_rows
    assert batch.errors.count() == len(expected)


def test_all_or_nothing_loads_nothing_when_a_row_is_wrong(market: Office, planted: tuple[bytes, set, int]) -> None:
    data, expected, _count = planted
    batch = files.load(market, data, partial=False)
    assert batch.state == Batch.State.CHECKED
    assert batch.errors.count() == len(expected)
    assert not Record.objects.exists()
    assert not BatchEntry.objects.exists()


def test_every_message_tells_what_is_wrong_and_how_to_mend_it(market: Office, planted: tuple[bytes, set, int]) -> None:
    report = files.send(market, planted[0], keep=False)
    for code, words in report.errors.select("code", "params").unique().iter_rows():
        text = message(code, json.loads(words))
        assert text != code
        assert "%(" not in text


def test_several_errors_of_one_row_come_together(market: Office) -> None:
    wrong = files.row(
        market, 1, subject_name=None, decided_on="2024/2/30", penalty_kinds="罚金", authority_code=uscc(99)
    )
    report = files.send(market, files.xlsx(files.table([wrong, files.row(market, 2)])), keep=False)
    assert {code for _row, _column, code in files.found(report)} == {
        "required",
        "date_impossible",
        "choice_unknown",
        "authority_foreign",
    }
    assert (report.accepted, report.rejected) == (1, 1)


def test_a_damaged_code_that_is_on_record_with_a_reason_may_be_named(market: Office) -> None:
    # Its check character fails.
    code = "91350211M0000XUF46"
    with acting(reason="执照如此"):
        Subject.objects.create(
            kind="legal_entity", name="厦门某公司", match_name="厦门某公司", uscc=code, override_reason="执照如此"
        )
    known = files.row(market, 1, subject_name="厦门某公司", subject_uscc=code)
    wrong = files.row(market, 2, decided_on="2024/2/30")
    report = files.send(market, files.xlsx(files.table([known, wrong])))
    assert (report.accepted, len(report.errors)) == (1, 1)
    assert files.found(report) == {(3, files.HEADERS["decided_on"], "date_impossible")}
    assert Record.objects.get().subject.uscc == code


def test_a_department_below_may_be_the_authority(market: Office) -> None:
    below = make_department("market-branch", parent=market.department, uscc=uscc(777, start="11", division="410100"))
    cells = files.table([files.row(market, 1, authority_code=below.uscc), files.row(market, 2)])
    assert files.send(market, files.xlsx(cells)).accepted == 2


def test_a_department_above_or_beside_may_not(market: Office, tax: Office) -> None:
    cells = files.table([files.row(market, 1, authority_code=tax.department.uscc)])
    report = files.send(market, files.xlsx(cells))
    assert files.found(report) == {(2, "处罚机关统一社会信用代码", "authority_foreign")}
    assert not Record.objects.exists()


def test_deadline_and_archive_day_are_counted(market: Office) -> None:
    # Decided on Friday 26 September 2025: 28 September is worked, 1 to 8 October are free, 11 October is worked.
    files.send(market, files.xlsx(files.table([files.row(market, 1, decided_on="2025-09-26")])))
    record = Record.objects.get()
    assert record.deadline is not None and record.deadline.isoformat() == "2025-10-13"
    assert record.archive_on is not None and record.archive_on.isoformat() == "2030-09-26"


def test_text_beyond_the_record_s_own_column_is_an_error_of_the_row(market: Office) -> None:
    field = item().fields.get(role="document_number")
    field.max_length = 1000
    field.save()
    report = files.send(market, files.xlsx(files.table([files.row(market, 1, document_number="号" * 300)])))
    assert files.found(report) == {(2, "行政处罚决定书文号", "too_long")}


def test_pieces_of_a_large_file_are_one_file(market: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.core.sheets.reading.PIECE", 7)
    monkeypatch.setattr("apps.exchange.engine.load.SLICE", 5)
    rows = [files.row(market, number) for number in range(1, 31)]
    rows.append(dict(rows[0]))
    rows.append({**rows[1], "facts": "另一事实"})
    report = files.send(market, files.text(files.table(rows)))
    assert (report.accepted, report.duplicates, report.rejected) == (30, 1, 1)
    assert files.found(report) == {(33, "行政处罚决定书文号", "conflict_in_file")}
    assert Record.objects.count() == 30


def test_the_preview_shows_the_first_right_rows(market: Office) -> None:
    rows = [files.row(market, 1, subject_name=None), files.row(market, 2), files.row(market, 3)]
    report = run(Job(item(), market.department, market.clerk), files.xlsx(files.table(rows)), keep=False, partial=True)
    assert [line[0] for line in report.preview_rows] == ["3", "4"]
    assert "郑州第2商贸有限公司" in report.preview_rows[0]
