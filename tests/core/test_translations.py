"""Message catalogues: compiled when older, complete or named."""

import gettext
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from apps.core import translations
from apps.core.identifiers import check_resident_identity, check_uscc, messages, propose_uscc

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def write(root: Path, text: str, app: str = "some") -> Path:
    path = root / "apps" / app / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + text, encoding="utf-8")
    return path


def test_a_catalogue_is_compiled_once_and_again_when_it_changed(tmp_path: Path) -> None:
    path = write(tmp_path, 'msgid "record"\nmsgstr "记录"\n')
    assert translations.catalogues(tmp_path) == [path]
    assert translations.compile_catalogue(path)
    with path.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("record") == "记录"
    assert not translations.compile_catalogue(path)
    later = path.with_suffix(".mo").stat().st_mtime + 10
    os.utime(path, (later, later))
    assert translations.compile_catalogue(path)


def test_what_was_compiled_is_spoken_at_once(tmp_path: Path, settings: Any) -> None:
    path = write(tmp_path, 'msgid "a word of this test"\nmsgstr "测试用词"\n')
    settings.BASE_DIR, settings.LOCALE_PATHS = tmp_path, [path.parents[2]]
    with translation.override("zh-hans"):
        assert translation.gettext("a word of this test") == "a word of this test"
    call_command("compile_translations")
    with translation.override("zh-hans"):
        assert translation.gettext("a word of this test") == "测试用词"


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('msgid "a"\nmsgstr ""\n', "not translated: 'a'"),
        ('#, fuzzy\nmsgid "a"\nmsgstr "甲"\n', "fuzzy: 'a'"),
        ('msgid "a"\nmsgid_plural "as"\nmsgstr[0] ""\n', "not translated: 'a'"),
        ('msgid "a"\nmsgstr "甲"\n', None),
        ('#~ msgid "a"\n#~ msgstr ""\n', None),
    ],
)
def test_gaps_are_named(tmp_path: Path, settings: Any, entry: str, fault: str | None) -> None:
    path = write(tmp_path, entry)
    settings.BASE_DIR = tmp_path
    if fault is None:
        call_command("check_translations")
    else:
        with pytest.raises(CommandError) as error:
            call_command("check_translations")
        assert fault in str(error.value)
        assert str(path) in str(error.value)


def test_a_text_that_two_apps_translate_differently_is_named(tmp_path: Path, settings: Any) -> None:
    settings.BASE_DIR = tmp_path
    write(tmp_path, 'msgid "Take back"\nmsgstr "撤销合并"\n')
    write(tmp_path, 'msgid "Take back"\nmsgstr "撤销合并"\n', "same")
    call_command("check_translations")
    write(tmp_path, 'msgctxt "proposal"\nmsgid "Take back"\nmsgstr "收回"\n', "other")
    call_command("check_translations")
    write(tmp_path, 'msgid "Take back"\nmsgstr "收回"\n', "other")
    with pytest.raises(CommandError, match="translated differently: 'Take back'"):
        call_command("check_translations")


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="texts are extracted by xgettext")
@pytest.mark.parametrize("place", ["views.py", "templates/page.html"])
def test_a_text_that_is_in_no_catalogue_is_named(tmp_path: Path, settings: Any, place: str) -> None:
    write(tmp_path, 'msgid "known"\nmsgstr "已知"\n')
    source = tmp_path / "apps" / "some" / place
    source.parent.mkdir(parents=True, exist_ok=True)
    call = '{% load i18n %}{% translate "TEXT" %}' if place.endswith("html") else '_("TEXT")\n'
    settings.BASE_DIR = tmp_path
    source.write_text(call.replace("TEXT", "known"))
    call_command("check_translations")
    source.write_text(call.replace("TEXT", "unheard of"))
    with pytest.raises(CommandError, match="in no catalogue: 'unheard of'"):
        call_command("check_translations")


def test_the_words_of_this_app_are_complete() -> None:
    ours = [path for path in translations.catalogues() if "core" in path.parts]
    assert ours
    assert [gap for path in ours for gap in translations.gaps(path)] == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "text", ["", "9141", "9141O100170051302N", "94410100170051302N", "91410100170051302M", "0" * 18, "9.14E+17"]
)
def test_an_error_names_the_value_and_the_mend(text: str, language: str) -> None:
    with translation.override(language):
        message = messages.message_for(check_uscc(text))
    assert message
    assert "%" not in message
    assert text[:2] in message


def test_every_error_of_every_scheme_has_words() -> None:
    errors = {
        "uscc": "empty scientific length charset zeros authority_kind checksum placeholder",
        "organisation_code": "empty scientific length charset zeros checksum",
        "registration_number": "empty scientific length charset zeros checksum",
        "tax_number": "empty scientific length charset zeros authority_kind checksum placeholder",
        "resident_identity": "empty scientific length charset birth_date birth_future checksum",
    }
    assert set(messages.MESSAGES) == {
        f"{scheme}.{error}" for scheme, names in errors.items() for error in names.split()
    }


def test_the_number_of_a_person_is_never_repeated() -> None:
    for text in ("110105194912310021", "11010519491231", "110105194902310025", "A1010519491231002X", "1.1E+17"):
        message = messages.message_for(check_resident_identity(text))
        assert message
        assert text not in message


def test_a_proposal_says_why() -> None:
    with translation.override("en"):
        assert messages.reason_for(propose_uscc("94110100170051302N")[0]) == "Characters at positions 2 and 3 exchanged"
