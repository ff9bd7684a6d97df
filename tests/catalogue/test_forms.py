"""The form that an item's fields make, and the lines its stored values are shown as."""

import datetime
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import translation

from apps.catalogue.forms import build_form_fields, display_rows
from apps.catalogue.rules import FieldSpec, ItemSpec
from tests.catalogue.factories import AMOUNT, BOOLEAN, CHOICE, CHOICES, DATE, TEXT, fixture_spec

SPEC = ItemSpec("an-item", "某某信息", fields=(DATE, AMOUNT, CHOICE, CHOICES, TEXT, BOOLEAN))


def form_of(spec: ItemSpec, query: str = "", initial: dict[str, Any] | None = None) -> forms.Form:
    form = forms.Form(QueryDict(query) if query else None, initial=initial)
    form.fields.update(build_form_fields(spec))
    return form


def test_a_form_cleans_to_parsed_values() -> None:
    form = form_of(
        SPEC,
        "day=2026年1月5日&fine=1.5&kind_choice=其他&kind_note=备案&kinds_choice=罚款&kinds_choice=其他&kinds_note=责令改正"
        "&facts=抽检不合格&confirmed=是",
    )
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {
        "day": datetime.date(2026, 1, 5),
        "fine": Decimal(15000),
        "kind": "其他-备案",
        "kinds": ["罚款", "其他-责令改正"],
        "facts": "抽检不合格",
        "confirmed": True,
    }


def test_a_form_shows_stored_values_as_they_are_written_outside() -> None:
    stored = {
        "day": "2026-01-05",
        "fine": "15000",
        "kind": "其他-备案",
        "kinds": ["罚款", "其他-责令改正"],
        "confirmed": False,
    }
    form = form_of(SPEC, initial=stored)
    assert form["day"].value() == "2026/01/05"
    assert form["fine"].value() == "1.5"
    assert form["confirmed"].value() == "否"
    page = form.as_p()
    assert 'value="备案"' in page and 'value="责令改正"' in page
    assert len(re.findall(r" checked(?=[\s>])", page)) == 2 and "selected" in page


def test_what_was_typed_is_shown_again_as_it_was_typed() -> None:
    form = form_of(SPEC, "day=2026年1月5日&fine=1.5")
    assert form["day"].value() == "2026年1月5日"
    assert form["fine"].value() == "1.5"


def test_an_unchanged_form_has_not_changed() -> None:
    stored = {
        "day": "2026-01-05",
        "fine": "15000",
        "kind": "核准",
        "kinds": ["罚款"],
        "facts": "正文",
        "confirmed": True,
    }
    query = "day=2026/01/05&fine=1.50&kind_choice=核准&kinds_choice=罚款&facts=正文&confirmed=是"
    assert form_of(SPEC, query, stored).changed_data == []
    assert form_of(SPEC, query.replace("1.50", "2"), stored).changed_data == ["fine"]


def test_errors_carry_the_stable_code_and_the_mend() -> None:
    with translation.override("en"):
        form = form_of(SPEC, "day=2025-02-30&fine=-1")
        assert [error.code for error in form.errors["day"].as_data()] == ["date_impossible"]
        assert "2025-02-30" in form.errors["day"][0]
        assert [error.code for error in form.errors["fine"].as_data()] == ["amount_negative"]


def test_required_fields_are_asked_for() -> None:
    form = form_of(fixture_spec("penalty-legal"), "note=x")
    assert form.errors["document_number"].as_data()[0].code == "required"
    assert "fine_amount" not in form.errors


def test_the_help_text_states_the_rule() -> None:
    with translation.override("en"):
        fields = build_form_fields(fixture_spec("penalty-legal"), "en")
    assert fields["subject_name"].label == "Name of the counterparty"
    assert "“Kinds of penalty” has 罚款" in str(fields["fine_amount"].help_text)
    assert fields["fine_amount"].widget.attrs["data-required-if-field"] == "penalty_kinds"


def test_the_hint_is_in_the_language_of_the_page() -> None:
    spec = fixture_spec("penalty-legal")
    chinese = build_form_fields(spec)["subject_uscc"].help_text
    with translation.override("en"):
        english = build_form_fields(spec, "en")["subject_uscc"].help_text
    assert "填写17个0加X" in str(chinese)
    assert "seventeen zeros and X" in str(english) and "填写" not in str(english)


def test_a_hint_without_english_is_shown_in_chinese() -> None:
    field = FieldSpec("a", "甲", help_text="四位年份。")
    assert field.help_in("en") == "四位年份。" == field.help_in("zh-hans")


def test_no_markup_of_an_administrator_reaches_the_page() -> None:
    field = FieldSpec("a", "甲", help_text="<script>alert(1)</script>")
    assert "<script>" not in str(build_form_fields(ItemSpec("i", "x", fields=(field,)))["a"].help_text)


def test_display_masks_what_is_confidential() -> None:
    spec = fixture_spec("penalty-legal")
    stored = {
        "subject_name": "郑州某某食品有限公司",
        "representative_document_number": "11010519491231002X",
        "fine_amount": "15000",
        "note": "",
    }
    with translation.override("en"):
        rows = dict(display_rows(spec, stored, "en"))
    assert rows["Fine (ten thousand yuan)"] == "1.5 ten thousand yuan"
    assert "19491231" not in str(rows)
    assert "Note" not in rows
    encrypted = dict(display_rows(spec, {"representative_document_number": {"key": 1, "text": "x"}}, "en"))
    assert set(encrypted.values()) == {"****"}


def test_the_public_sees_no_confidential_field() -> None:
    spec = fixture_spec("penalty-legal")
    stored = {
        "representative_document_number": "11010519491231002X",
        "representative_document_kind": "身份证",
        "note": "x",
    }
    assert [text for _label, text in display_rows(spec, stored, only_public=True)] == ["x"]
