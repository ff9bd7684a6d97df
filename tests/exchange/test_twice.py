"""The same file twice changes nothing; the same key with other content is a conflict that names the record."""

import json

from apps.exchange.messages import message
from apps.records import bulk
from apps.records.models import Record
from apps.subjects.models import Subject
from tests.records.factories import Office, put
from tests.subjects.factories import identity_number

from . import files


def test_the_same_file_twice_adds_nothing(market: Office) -> None:
    data = files.xlsx(files.table([files.row(market, number) for number in range(1, 6)]))
    first = files.send(market, data)
    before = list(Record.objects.order_by("pk").values())
    second = files.send(market, data)
    assert (first.accepted, first.subjects_created) == (5, 5)
    assert (second.accepted, second.duplicates, second.rejected, second.subjects_created) == (0, 5, 0, 0)
    assert list(Record.objects.order_by("pk").values()) == before
    assert Subject.objects.count() == 5


def test_the_same_file_after_review_adds_nothing(market: Office) -> None:
    data = files.xlsx(files.table([files.row(market, 1)]))
    files.send(market, data)
    bulk.publish_many(market.reviewer, Record.objects.all())
    assert files.send(market, data).duplicates == 1
    assert Record.objects.get().state == "published"


def test_the_same_rows_in_another_layout_are_duplicates(market: Office) -> None:
    rows = [files.row(market, 1, fine_amount=1.5), files.row(market, 2)]
    files.send(market, files.xlsx(files.table(rows)))
    written = [{**rows[0], "fine_amount": "15000元", "decided_on": "2025年9月26日"}, rows[1]]
    report = files.send(market, files.text(files.table(written), encoding="gb18030"))
    assert (report.duplicates, report.accepted) == (2, 0)


def test_confidential_values_count_as_content(market: Office) -> None:
    values = {"representative": "李四", "representative_document_kind": "身份证"}
    one, other = identity_number(11), identity_number(12)
    first = files.row(market, 1, representative_document_number=one, **values)
    files.send(market, files.xlsx(files.table([first])))
    assert files.send(market, files.xlsx(files.table([first]))).duplicates == 1
    changed = {**first, "representative_document_number": other}
    report = files.send(market, files.xlsx(files.table([changed])))
    assert files.found(report) == {(2, "行政处罚决定书文号", "conflict")}
    without = {**first, "representative_document_number": None}
    assert files.send(market, files.xlsx(files.table([without]))).rejected == 1


def test_other_content_under_the_same_number_names_the_record(market: Office) -> None:
    files.send(market, files.xlsx(files.table([files.row(market, 1)])))
    record = Record.objects.get()
    report = files.send(market, files.xlsx(files.table([files.row(market, 1, facts="另一事实")])))
    assert files.found(report) == {(2, "行政处罚决定书文号", "conflict")}
    (words,) = report.errors["params"]
    assert str(record.pk) in message("conflict", json.loads(words))
    record.refresh_from_db()
    assert record.data["facts"] == "销售不合格商品"


def test_a_repeated_row_counts_as_a_duplicate_and_a_contradiction_as_an_error(market: Office) -> None:
    row = files.row(market, 1)
    cells = files.table([row, dict(row), {**row, "facts": "另一事实"}])
    report = files.send(market, files.xlsx(cells))
    assert (report.accepted, report.duplicates, report.rejected) == (1, 1, 1)
    assert files.found(report) == {(4, "行政处罚决定书文号", "conflict_in_file")}


def test_rows_that_repeat_a_row_in_conflict_are_in_conflict_too(market: Office) -> None:
    files.send(market, files.xlsx(files.table([files.row(market, 1)])))
    row = files.row(market, 1, facts="另一事实")
    report = files.send(market, files.xlsx(files.table([row, dict(row)])))
    assert (report.accepted, report.duplicates, report.rejected) == (0, 0, 2)


def test_one_number_for_two_companies_is_two_records(market: Office) -> None:
    rows = [files.row(market, 1), files.row(market, 2, document_number="郑市监处罚〔2025〕1号")]
    assert files.send(market, files.xlsx(files.table(rows))).accepted == 2


def test_a_withdrawn_record_does_not_come_back_by_the_same_file(market: Office) -> None:
    data = files.xlsx(files.table([files.row(market, 1)]))
    files.send(market, data)
    put(Record.objects.get(), "withdrawn")
    report = files.send(market, data)
    assert (report.accepted, report.duplicates) == (0, 1)
    # The decision that took its place says something else and is new.
    assert files.send(market, files.xlsx(files.table([files.row(market, 1, content="警告")]))).accepted == 1


def test_another_department_s_record_is_no_duplicate(market: Office, tax: Office) -> None:
    files.send(market, files.xlsx(files.table([files.row(market, 1)])))
    rows = files.table([files.row(tax, 1)])
    assert files.send(tax, files.xlsx(rows)).accepted == 1
