"""The reference data of the catalogue."""

import pytest

from apps.audit.context import acting
from apps.catalogue import actions, reference
from apps.catalogue.models import InformationItem, ItemField, ItemProvider, LegalDocument, MappedColumn
from apps.catalogue.specs import item_spec
from apps.core.reference import load_rules
from apps.departments.models import Department
from tests.catalogue.factories import fixture_spec, make_user

pytestmark = pytest.mark.django_db

ITEMS = {
    "licence-legal",
    "licence-person",
    "penalty-legal",
    "penalty-person",
    "abnormal-operation",
    "serious-dishonesty-list",
    "judgment-debtor",
    "tax-arrears",
    "tax-grade-a",
    "contract-performance",
    "honours",
}


def test_every_item_is_in_force_and_rests_on_a_document() -> None:
    load_rules()
    reference.load()
    items = InformationItem.objects.all()
    assert {item.code for item in items} == ITEMS
    for item in items:
        assert item.state == "active" and item.basis is not None
        assert actions.obstacles(item) == []
        item.full_clean()
        for field in item.fields.all():
            field.full_clean()


def test_every_hint_and_remark_is_there_in_english_too() -> None:
    reference.load()
    assert not ItemField.objects.exclude(help_text="").filter(help_text_en="").exists()
    assert not InformationItem.objects.exclude(note="").filter(note_en="").exists()


def test_loading_again_changes_nothing() -> None:
    reference.load()
    before = [model.history.count() for model in (LegalDocument, InformationItem, ItemField, MappedColumn)]
    reference.load()
    assert before == [model.history.count() for model in (LegalDocument, InformationItem, ItemField, MappedColumn)]


def test_what_a_person_edited_stays_as_it_is() -> None:
    reference.load()
    with acting(user_id=make_user().pk, channel="admin"):
        InformationItem.objects.filter(code="honours").update(name="诚信荣誉")
        LegalDocument.objects.filter(code="tax-arrears-rule").update(number="第9号令")
        ItemField.objects.filter(item__code="penalty-legal", code="note").update(help_text="本市说明")
    summary = reference.load()
    assert InformationItem.objects.get(code="honours").name == "诚信荣誉"
    assert LegalDocument.objects.get(code="tax-arrears-rule").number == "第9号令"
    assert ItemField.objects.get(item__code="penalty-legal", code="note").help_text == "本市说明"
    assert "1 edited here" in summary


def test_what_only_the_platform_wrote_is_brought_up_to_date() -> None:
    reference.load()
    InformationItem.objects.filter(code="honours").update(name="旧名")
    reference.load()
    assert InformationItem.objects.get(code="honours").name == "诚实守信荣誉"


def test_providers_are_linked_and_those_unknown_are_named() -> None:
    taxation = Department.objects.create(
        slug="taxation", name="税务局", name_en="Taxation", short_name="税务", kind=Department.Kind.COLLECTING
    )
    summary = reference.load()
    assert set(ItemProvider.objects.filter(department=taxation).values_list("item__code", flat=True)) == {
        "serious-dishonesty-list",
        "tax-arrears",
        "tax-grade-a",
    }
    assert "market-supervision" in summary and "taxation" not in summary


@pytest.mark.parametrize("code", ["licence-legal", "licence-person", "penalty-legal", "penalty-person"])
def test_the_database_gives_the_specs_of_the_files(code: str) -> None:
    reference.load()
    spec = item_spec(InformationItem.objects.get(code=code))
    expected = fixture_spec(code)
    assert [field.code for field in spec.fields] == [field.code for field in expected.fields]
    assert spec.fields == expected.fields
    assert spec.mappings[0].columns == expected.mappings[0].columns
    assert spec.mappings[0].ignored == expected.mappings[0].ignored
    assert spec.mappings[0].defaults == expected.mappings[0].defaults
    assert spec.deadline_rule == "publicity.deadline"


def test_terms_of_disclosure() -> None:
    reference.load()
    months = dict(InformationItem.objects.values_list("code", "retention_months"))
    assert months["penalty-legal"] == months["penalty-person"] == 60
    assert months["licence-legal"] is None and months["honours"] is None


def test_identity_numbers_are_confidential_everywhere() -> None:
    reference.load()
    numbers = ItemField.objects.filter(code_scheme="identity_number")
    assert numbers.count() == 4
    assert all(field.confidential and not field.public and field.kind_field for field in numbers)
