"""What people wrote is set as it is, whatever it is; what cannot be set is named."""

import dataclasses
import datetime
import io
import re
import shutil
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from apps.letters import rendering
from apps.letters.checks import check_fonts, check_further_fonts
from apps.letters.contents import Office, Party
from apps.letters.errors import MissingValue, NoFonts, UnknownTemplate, UnshowableText
from apps.letters.rendering import TEMPLATES, render, typeset
from apps.letters.samples import CENTRE, SAMPLES

from .reading import pages, text

RECEIPT = SAMPLES["objection-receipt"]


def with_words(words):
    return dataclasses.replace(RECEIPT, disputed=words)


@pytest.mark.parametrize(
    "words",
    [
        '#import "@preview/cetz:0.3.0": *',
        '#read("/etc/passwd")',
        "#panic()",
        "$ x^2 $ *粗* _斜_ `原样` = 标题 - 列表 <标签> @引用 \\ // 注释 /* 注释 */",
        '{"values": "}"}',
        "</table><script>",
        "“引号”‘引号’…——《书名》",
        "龘䶮㼆𬭎①㎡〇",
    ],
)
def test_nothing_that_is_written_is_markup(words):
    assert re.sub(r"\s", "", words) in text(render(with_words(words)))


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=60))
def test_every_text_of_a_keyboard_comes_out_as_it_went_in(words):
    assert re.sub(r"\s", "", words) in text(render(with_words(words or "。")))


def test_marks_that_turn_the_writing_are_dropped():
    words = text(render(with_words("罚款\u202e05\u202c万元\u200f，\u2066已缴\u2069\u200d\ufeff\x00\ud800")))
    assert "罚款05万元，已缴" in words


def test_lines_of_a_long_text_begin_new_lines():
    # The opinion is prose: each line a paragraph of its own, also where it came from another system.
    letter = dataclasses.replace(SAMPLES["review-request"], opinion="第一段。\r\n第二段。\u2028第三段。")
    assert "第一段。第二段。第三段。" in text(render(letter))


@pytest.mark.parametrize("words", ["异议" * 2500, "x" * 5000, "A1-" * 1700])
def test_a_very_long_text_is_set_whole_and_within_the_margins(words):
    pdf = render(with_words(words))
    assert len(pages(pdf)) >= 3
    assert words in text(pdf)
    for page in PdfReader(io.BytesIO(pdf)).pages:
        ends = []
        page.extract_text(visitor_text=lambda words, _cm, matrix, _font, _size, ends=ends: ends.append(matrix[4]))
        assert max(ends) < 595 - 72


@pytest.mark.parametrize(
    ("words", "shown"), [("您好😀", "“😀” (U+1F600)"), ("𠮷某", "“𠮷” (U+20BB7)"), ("a\ue000", "U+E000")]
)
def test_a_character_that_no_font_shows_is_named_with_its_place(words, shown):
    with pytest.raises(UnshowableText) as refused:
        render(with_words(words))
    assert list(refused.value.places) == ["disputed"]
    assert f"“{words}”" in str(refused.value)
    assert shown in str(refused.value)
    with pytest.raises(UnshowableText) as refused:
        render(dataclasses.replace(RECEIPT, papers=("一份", words)))
    assert refused.value.places == {"papers[2]": words}


def test_all_that_no_font_shows_is_named_at_once():
    letter = dataclasses.replace(RECEIPT, disputed="😀𠮷😀", addressee=Party(name="𠮷某"))
    with pytest.raises(UnshowableText) as refused:
        render(letter)
    assert set(refused.value.characters) == {"😀", "𠮷"}
    assert set(refused.value.places) == {"addressee.name", "disputed"}


def test_a_missing_value_is_named():
    values = RECEIPT.values()
    del values["grounds"]
    with pytest.raises(MissingValue) as refused:
        typeset("objection-receipt", values)
    assert refused.value.name == "grounds"


@pytest.mark.parametrize("template", ["objektion", "layout", "../rendering", "", "objection-receipt.typ"])
def test_an_unknown_template_is_refused_with_the_known_ones(template):
    with pytest.raises(UnknownTemplate) as refused:
        typeset(template, RECEIPT.values())
    assert "objection-receipt" in str(refused.value)


def test_the_same_letter_gives_the_same_bytes():
    assert render(RECEIPT) == render(RECEIPT)
    assert render(RECEIPT) != render(dataclasses.replace(RECEIPT, number="示信异收〔2026〕18号"))


def test_the_pdf_tells_what_it_is():
    reader = PdfReader(io.BytesIO(render(RECEIPT)))
    assert reader.metadata.title == "信用信息异议申请收件回执 示信异收〔2026〕17号"
    assert reader.metadata.author == CENTRE.name
    assert reader.metadata.creation_date.date() == RECEIPT.date
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "zh-CN"
    assert root["/MarkInfo"]["/Marked"]
    described = root["/Metadata"].get_object().get_data()
    assert b"<pdfaid:part>2</pdfaid:part>" in described
    assert b"<pdfuaid:part>1</pdfuaid:part>" in described
    assert not {"/JavaScript", "/EmbeddedFiles"} & set(root.get("/Names", {}))


def test_the_templates_reach_for_nothing_outside_their_folder():
    for path in TEMPLATES.glob("*.typ"):
        source = path.read_text("utf-8")
        assert re.findall(r'#?(?:import|include)\s+"([^"]+)"', source) in ([], ["layout.typ"]), path.name
        assert not re.search(r"\b(?:eval|plugin|read)\(", source), path.name


def test_a_long_addressee_and_a_long_office_stay_on_the_paper():
    addressee = Party(name="示范市" + "高新技术产业开发区" * 6 + "有限公司")
    office = Office(name="示范航空港经济综合实验区" * 2 + "公共信用信息中心", address="某路1号", phone="0371-1")
    words = text(render(dataclasses.replace(RECEIPT, addressee=addressee, office=office)))
    assert f"{addressee.name}：" in words
    assert words.count(office.name) == 2


@pytest.mark.parametrize("name", ["commitment-letter", "objection-accepted", "repair-accepted", "repair-clock-paused"])
def test_a_short_letter_is_one_sheet(name):
    assert len(pages(render(SAMPLES[name]))) == 1


@pytest.mark.parametrize("papers", range(1, 26, 2))
def test_no_page_bears_a_signature_alone(papers):
    letter = dataclasses.replace(RECEIPT, papers=tuple(f"第{number}份材料" for number in range(papers)))
    last = pages(render(letter))[-1]
    assert "本回执不代表对异议事项的认定。" in last
    assert letter.office.name in last
    assert "2026年11月23日" in last
    assert "（盖章处）" in last


class TestFonts:
    @pytest.fixture(autouse=True)
    def forgotten(self):
        rendering.find_fonts.cache_clear()
        yield
        rendering.find_fonts.cache_clear()

    def test_they_come_from_the_package_alone(self):
        folder = {str(each.path) for each in rendering.find_fonts().fonts()}
        assert len(folder) == 2
        assert all("pylopdf_fonts_zh_cn" in path for path in folder)
        assert check_fonts(None) == []

    def test_a_machine_without_them_says_so(self, monkeypatch):
        monkeypatch.setattr(rendering, "_FONT_PACKAGE", "no_such_package")
        with pytest.raises(NoFonts, match="pylopdf-fonts-zh-cn"):
            render(RECEIPT)
        assert [each.id for each in check_fonts(None)] == ["letters.E001"]

    def test_a_package_that_lost_a_font_says_which(self, monkeypatch):
        monkeypatch.setattr(rendering, "FAMILIES", ("Noto Serif SC", "Noto Sans TC"))
        with pytest.raises(NoFonts, match="Noto Sans TC"):
            render(RECEIPT)

    def test_an_office_adds_its_own(self, settings, tmp_path):
        settings.LETTER_FONTS = [str(tmp_path / "absent")]
        assert [each.id for each in check_further_fonts(None)] == ["letters.E002"]
        for font in Path(str(resources.files("pylopdf_fonts_zh_cn"))).glob("*Sans*.otf"):
            shutil.copy(font, tmp_path / "own.otf")
        settings.LETTER_FONTS = [str(tmp_path)]
        assert check_further_fonts(None) == []
        assert str(tmp_path / "own.otf") in {str(each.path) for each in rendering.find_fonts().fonts()}
        assert render(RECEIPT)


def test_dates_are_written_as_the_standard_has_them():
    assert rendering.chinese_date(datetime.date(2026, 1, 5)) == "2026年1月5日"
