"""Specs and rows for the tests of the catalogue."""

import datetime
import json
from typing import Any

from django.contrib.auth.models import Permission

from apps.catalogue import reference
from apps.catalogue.models import InformationItem, ItemField, ItemProvider, LegalDocument
from apps.catalogue.shapes import Edition, EditionColumn, FieldSpec, ItemSpec, RequiredIf
from apps.departments.models import User
from tests.planting import Side, plants

TODAY = datetime.date(2026, 3, 2)

DATE = FieldSpec("day", "处罚决定日期", "date")
AMOUNT = FieldSpec("fine", "罚款金额(万元)", "amount", digits=18, decimals=6, unit="wan_yuan")
YUAN = FieldSpec("price", "金额(元)", "amount", digits=12, decimals=2, unit="yuan")
CHOICE = FieldSpec(
    "kind", "许可类别", "choice", choices=("普通", "特许", "认可", "核准", "登记", "其他"), max_length=64
)
CHOICES = FieldSpec(
    "kinds",
    "处罚类别",
    "choices",
    choices=("警告", "通报批评", "罚款", "没收违法所得", "没收非法财物", "责令停产停业", "其他"),
)
TEXT = FieldSpec("facts", "违法事实", "text", max_length=20)
BOOLEAN = FieldSpec("confirmed", "是否确认", "boolean")


def code(scheme: str, **changes: Any) -> FieldSpec:
    return FieldSpec("code", "代码", "code", code_scheme=scheme, **changes)


def fixture_spec(item: str) -> ItemSpec:
    """The spec of a fixture item, without a database."""
    raw = json.loads((reference.FOLDER / "items" / f"{item}.json").read_text(encoding="utf-8"))
    fields = []
    for field in raw["fields"]:
        field = dict(field, required_if=RequiredIf.read(field.get("required_if")))
        fields.append(FieldSpec(**{**field, "choices": tuple(field.get("choices", ()))}))
    mappings = tuple(
        Edition(
            name=mapping["edition"],
            columns=tuple(
                EditionColumn(column["header"], column["field"], column.get("values", {}))
                for column in mapping["columns"]
                if column["field"]
            ),
            defaults=mapping["defaults"],
            ignored=tuple(column["header"] for column in mapping["columns"] if not column["field"]),
        )
        for mapping in raw["mappings"]
    )
    return ItemSpec(code=raw["code"], name=raw["name"], fields=tuple(fields), mappings=mappings, edition=raw["edition"])


def penalty_row(**changes: Any) -> dict[str, Any]:
    """A complete row of the penalty item, as a file carries it."""
    return {
        "subject_name": "郑州某某食品有限公司",
        "subject_category": "法人及非法人组织",
        "subject_uscc": "91350100M000100Y43",
        "document_number": "郑市监处罚〔2026〕15号",
        "violation_kind": "生产经营不符合标准的食品",
        "facts": "抽检不合格",
        "grounds": "《食品安全法》第一百二十四条",
        "penalty_kinds": "罚款;没收违法所得",
        "content": "罚款1.5万元，没收违法所得0.2万元",
        "fine_amount": "1.5",
        "confiscated_amount": "0.2",
        "decided_on": "2026/02/27",
        "valid_to": "2099/12/31",
        "authority_name": "郑州市市场监督管理局",
        "authority_code": "11410100000000027P",
        "source_name": "郑州市市场监督管理局",
        "source_code": "11410100000000027P",
        **changes,
    }


def make_item(**changes: Any) -> InformationItem:
    """A draft item with the fields a record needs and a legal basis."""
    fields = changes.pop("fields", None)
    basis = LegalDocument.objects.get_or_create(
        code="a-law", defaults={"title": "某某条例", "issuer": "国务院", "kind": LegalDocument.Kind.REGULATION}
    )[0]
    item = InformationItem.objects.create(
        **{
            "code": "an-item",
            "name": "某某信息",
            "name_en": "Some information",
            "kind": InformationItem.Kind.ADMINISTRATION,
            "nature": InformationItem.Nature.NEUTRAL,
            "disclosure": InformationItem.Disclosure.PUBLIC,
            "subject_kinds": ["legal_entity"],
            "basis": basis,
            **changes,
        }
    )
    roles = ("subject_name", "document_number", "decided_on", "subject_uscc") if fields is None else fields
    kinds = {"decided_on": {"type": "date"}, "subject_uscc": {"type": "code", "code_scheme": "uscc"}}
    for place, role in enumerate(roles):
        ItemField.objects.create(
            item=item,
            code=role,
            label=f"列{place}",
            label_en=role,
            role=role,
            required=True,
            position=place,
            **kinds.get(role, {"type": "text"}),
        )
    return item


def make_user(*permissions: str, **changes: Any) -> User:
    """A person who may open the admin, with model permissions given as ``app.codename``."""
    user = User.objects.create_user(
        username=changes.pop("username", "keeper"), password="a-long-password", name="目录员", is_staff=True, **changes
    )
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


@plants(ItemProvider)
def plant_providers(side: Side) -> None:
    ItemProvider.objects.get_or_create(
        item=InformationItem.objects.get(code="penalty-legal"), department=side.office.department
    )
