"""The catalogue in the admin, up to an item that nobody wrote code for."""

import io
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from apps.catalogue.columns import match_columns
from apps.catalogue.forms import build_form_fields
from apps.catalogue.models import ColumnMapping, InformationItem, ItemField, LegalDocument, MappedColumn
from apps.catalogue.rules import parse_row
from apps.catalogue.specs import item_spec
from apps.departments.models import User
from tests.catalogue.factories import TODAY, make_item, make_user

pytestmark = pytest.mark.django_db

MODELS = ("informationitem", "itemfield", "itemprovider", "columnmapping", "mappedcolumn", "legaldocument")
READER = tuple(f"catalogue.view_{model}" for model in MODELS)
KEEPER = (
    *(f"catalogue.{verb}_{model}" for verb in ("view", "add", "change", "delete") for model in MODELS),
    "catalogue.activate_informationitem",
    "catalogue.retire_informationitem",
)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(page: str, *arguments: Any, model: str = "informationitem") -> str:
    return reverse(f"admin:catalogue_{model}_{page}", args=arguments)


def field_rows(rows: list[dict[str, Any]], initial: int = 0, prefix: str = "fields") -> dict[str, Any]:
    data: dict[str, Any] = {
        f"{prefix}-TOTAL_FORMS": len(rows),
        f"{prefix}-INITIAL_FORMS": initial,
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in {"separator": ";", **row}.items()}
    return data


def posted(fields: list[dict[str, Any]], initial: int = 0, **changes: Any) -> dict[str, Any]:
    """What the browser sends for an item with its fields."""
    return {
        "name": "信用承诺履行",
        "name_en": "Commitments kept",
        "code": "commitment-kept",
        "edition": "",
        "kind": "commitment",
        "nature": "neutral",
        "disclosure": "public",
        "basis": "",
        "basis_article": "",
        "subject_kinds": ["legal_entity", "individual_business"],
        "retention_months": "",
        "update_cycle": "按月",
        "deadline_rule": "",
        "position": 0,
        "note": "",
        "reason": "目录调整",
        **field_rows(fields, initial),
        **field_rows([], prefix="itemprovider_set"),
        **field_rows([], prefix="mappings"),
        **changes,
    }


FIELDS: list[dict[str, Any]] = [
    {
        "code": "subject_name",
        "label": "承诺主体名称",
        "label_en": "Name",
        "type": "text",
        "role": "subject_name",
        "required": "on",
        "max_length": 200,
        "public": "on",
    },
    {
        "code": "subject_uscc",
        "label": "统一社会信用代码",
        "label_en": "Code",
        "type": "code",
        "role": "subject_uscc",
        "required": "on",
        "code_scheme": "uscc",
        "public": "on",
    },
    {
        "code": "document_number",
        "label": "承诺书编号",
        "label_en": "Number",
        "type": "text",
        "role": "document_number",
        "required": "on",
        "public": "on",
    },
    {
        "code": "decided_on",
        "label": "认定日期",
        "label_en": "Date",
        "type": "date",
        "role": "decided_on",
        "required": "on",
        "public": "on",
    },
    {
        "code": "outcome",
        "label": "履行情况",
        "label_en": "Outcome",
        "type": "choice",
        "required": "on",
        "choices": "已履行\n未履行\n其他",
        "public": "on",
    },
    {
        "code": "loss",
        "label": "造成损失(万元)",
        "label_en": "Loss",
        "type": "amount",
        "digits": 18,
        "decimals": 6,
        "unit": "wan_yuan",
        "required_if": "outcome: 未履行、其他",
        "public": "on",
    },
]


def test_an_item_made_in_the_admin_needs_no_code() -> None:
    client = signed_in(make_user(*KEEPER))
    rows = [{**row, "position": place} for place, row in enumerate(FIELDS)]
    response = client.post(address("add"), posted(rows))
    assert response.status_code == 302, response.context["errors"]
    item = InformationItem.objects.get(code="commitment-kept")
    spec = item_spec(item)

    # The form, the file's columns and the rules follow from what was entered.
    assert list(build_form_fields(spec)) == [row["code"] for row in FIELDS]
    headers = ["序号", "履行情况", "造成损失（万元）", "承诺主体名称*", "统一社会信用代码", "承诺书编号", "认定日期"]
    match = match_columns(headers, spec)
    assert match.unknown == ((0, "序号"),) and not match.missing
    row = {
        "subject_name": "郑州某某食品有限公司",
        "subject_uscc": "91350100M000100Y43",
        "document_number": "承诺〔2026〕1号",
        "decided_on": "2026年2月1日",
        "outcome": "未履行",
    }
    assert {code: errors[0].code for code, errors in parse_row(spec, row, TODAY).errors.items()} == {
        "loss": "required_if"
    }
    assert parse_row(spec, row | {"loss": "1.5"}, TODAY).ok

    # Without a basis it does not come into force; with one it does.
    refused = client.post(address("activate_item", item.pk), {"reason": "发布"})
    assert refused.status_code == 200 and refused.context["form"].non_field_errors()
    document = LegalDocument.objects.create(code="d", title="某某办法", issuer="国务院", kind="document")
    InformationItem.objects.filter(pk=item.pk).update(basis=document)
    assert client.post(address("activate_item", item.pk), {"reason": "发布"}).status_code == 302
    item.refresh_from_db()
    assert item.state == "active"


def test_what_is_wrong_with_a_field_is_said_beside_it() -> None:
    client = signed_in(make_user(*KEEPER))
    wrong = [FIELDS[0] | {"type": "choice"}, FIELDS[5] | {"required_if": "outcome"}]
    response = client.post(address("add"), posted(wrong))
    assert response.status_code == 200
    errors = response.context["inline_admin_formsets"][0].formset.errors
    assert "choices" in errors[0] and "required_if" in errors[1]
    assert not InformationItem.objects.exists()


def test_pages_open_for_a_reader_and_change_nothing() -> None:
    item = make_item()
    mapping = ColumnMapping.objects.create(item=item, edition="2016")
    field = item.fields.get(code="decided_on")
    column = MappedColumn.objects.create(mapping=mapping, header="日期", field=field, values={"1": "撤销"})
    client = signed_in(make_user(*READER))
    pages = [
        address("changelist"),
        address("change", item.pk),
        address("history", item.pk),
        address("preview_item", item.pk),
        address("changelist", model="legaldocument"),
        address("change", item.basis_id, model="legaldocument"),
        address("changelist", model="columnmapping"),
        address("change", mapping.pk, model="columnmapping"),
        address("change", field.pk, model="itemfield"),
        address("history", field.pk, model="itemfield"),
        address("changelist", model="itemfield"),
        address("change", column.pk, model="mappedcolumn"),
    ]
    for page in pages:
        assert client.get(page).status_code == 200, page
    assert client.post(address("change", item.pk), posted([])).status_code == 403
    assert client.post(address("activate_item", item.pk), {"reason": "x"}).status_code == 403
    item.refresh_from_db()
    assert (item.name, item.state) == ("某某信息", "draft")


def test_pages_stay_shut_for_others() -> None:
    item = make_item()
    client = signed_in(make_user())
    for page in ("preview_item", "blank"):
        assert client.get(address(page, item.pk)).status_code == 404
    assert client.get(address("preview_item", 99999)).status_code == 404


def test_the_preview_judges_and_saves_nothing() -> None:
    item = make_item()
    client = signed_in(make_user(*READER))
    page = client.get(address("preview_item", item.pk))
    assert page.status_code == 200 and 'name="decided_on"' in page.content.decode()
    judged = client.post(address("preview_item", item.pk), {"decided_on": "2025-02-30"})
    assert judged.context["form"].errors["decided_on"].as_data()[0].code == "date_impossible"


def test_the_blank_file_downloads() -> None:
    item = make_item()
    response = signed_in(make_user(*READER)).get(address("blank", item.pk))
    assert response["Content-Disposition"].startswith("attachment")
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    assert [cell.value for cell in book.worksheets[0][1]] == [field.label for field in item.fields.all()]


def test_an_item_in_force_is_retired_with_a_reason_and_then_rests() -> None:
    item = make_item(state="active")
    client = signed_in(make_user(*KEEPER))
    assert client.post(address("retire_item", item.pk), {"reason": ""}).status_code == 200
    assert client.post(address("retire_item", item.pk), {"reason": "目录取消"}).status_code == 302
    item.refresh_from_db()
    assert item.state == "retired"
    assert client.post(address("change", item.pk), posted([])).status_code == 403


def test_the_basis_of_an_item_in_force_cannot_be_taken_away() -> None:
    item = make_item(state="active", fields=())
    client = signed_in(make_user(*KEEPER))
    response = client.post(address("change", item.pk), posted([], code=item.code))
    assert response.status_code == 200
    assert "basis" in response.context["adminform"].form.errors


def saved_fields(item: InformationItem, **changes: Any) -> list[dict[str, Any]]:
    rows = []
    for field in item.fields.order_by("position"):
        row = {
            "id": field.pk,
            "code": field.code,
            "label": field.label,
            "label_en": field.label_en,
            "type": field.type,
            "role": field.role,
            "required": "on",
            "public": "on",
            "code_scheme": field.code_scheme,
            "position": field.position,
        }
        rows.append(row | changes if field.code == "document_number" else row)
    return rows


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [({"label": "新文号", "help_text": "说明", "position": 9}, True), ({"type": "date"}, False), ({"role": ""}, False)],
)
def test_a_field_that_records_were_entered_with_keeps_its_meaning(changes: dict[str, Any], accepted: bool) -> None:
    item = make_item(state="active")
    use(item)
    client = signed_in(make_user(*KEEPER))
    rows = saved_fields(item, **changes)
    data = posted(rows, len(rows), basis=item.basis_id, code=item.code)
    response = client.post(address("change", item.pk), data)
    assert response.status_code == (302 if accepted else 200), response.context and response.context["errors"]
    field = ItemField.objects.get(item=item, code="document_number")
    assert (field.type, field.role) == ("text", "document_number")
    assert field.label == ("新文号" if accepted else "列1")


def test_a_field_that_records_were_entered_with_is_not_removed() -> None:
    item = make_item(state="active")
    client = signed_in(make_user(*KEEPER))
    page = client.get(address("change", item.pk))
    assert page.context["inline_admin_formsets"][0].formset.can_delete
    use(item)
    page = client.get(address("change", item.pk))
    assert not page.context["inline_admin_formsets"][0].formset.can_delete


def use(item: InformationItem) -> None:
    """Something of a higher floor that refers to the item: here a record."""
    from apps.departments.models import Department
    from apps.records.models import Record
    from apps.subjects.models import Subject

    department = Department.objects.create(
        slug="d", name="某局", name_en="d", short_name="d", kind=Department.Kind.COLLECTING
    )
    author = make_user(username="author", department=department)
    subject = Subject.objects.create(
        name="郑州某某食品有限公司", match_name="郑州某某食品有限公司", kind="legal_entity"
    )
    Record.objects.create(
        item=item,
        department=department,
        subject=subject,
        document_number="1号",
        decided_on=TODAY,
        authority_name="某局",
        authority_code="11410100000000027P",
        source_name="某局",
        source_code="11410100000000027P",
        author=author,
    )


def test_an_edition_is_kept_as_plain_lines() -> None:
    item = make_item()
    client = signed_in(make_user(*KEEPER))
    data = {
        "item": item.pk,
        "edition": "2016",
        "basis": "",
        "defaults": "source_name = {department.name}",
        "reason": "旧版",
    }
    assert client.post(address("add", model="columnmapping"), data).status_code == 302
    mapping = ColumnMapping.objects.get()
    assert mapping.defaults == {"source_name": "{department.name}"}
    field = item.fields.get(code="decided_on")
    rows = [{"header": "决定日期", "field": field.pk, "values": "0 = 正常\n1 = 撤销"}, {"header": "地方编码"}]
    changed = {**data, **field_rows(rows, prefix="columns")}
    assert client.post(address("change", mapping.pk, model="columnmapping"), changed).status_code == 302
    assert MappedColumn.objects.get(header="决定日期").values == {"0": "正常", "1": "撤销"}
    wrong = {**data, **field_rows([{"header": "状态", "values": "撤销"}], prefix="columns")}
    response = client.post(address("change", mapping.pk, model="columnmapping"), wrong)
    assert response.context["inline_admin_formsets"][0].formset.errors[0]["values"]


def test_list_pages_do_not_cost_a_query_per_row(django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        make_item(code=f"item-{number}")
    client = signed_in(make_user(*KEEPER))
    client.get(address("changelist"))
    with django_assert_max_num_queries(14):
        assert client.get(address("changelist")).status_code == 200
