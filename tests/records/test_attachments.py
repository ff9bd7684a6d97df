"""Files of records: which are taken, under which name."""

import pytest
from django.core.exceptions import ValidationError

from apps.records import attachments
from apps.records.models import Attachment

from .factories import Office, enter
from .files import EXE, HTML, JPEG, PDF, PNG, SVG, office_document, upload

WORD = office_document("[Content_Types].xml", "word/document.xml")
EXCEL = office_document("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("决定书.pdf", PDF),
        ("照片.JPG", JPEG),
        ("照片.jpeg", JPEG),
        ("图.png", PNG),
        ("说明.docx", WORD),
        ("清单.xlsx", EXCEL),
    ],
)
def test_taken(name: str, content: bytes) -> None:
    assert attachments.check(upload(name, content))[0] == name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("决定书.pdf", EXE),
        ("决定书.exe", EXE),
        ("图.svg", SVG),
        ("图.png", SVG),
        ("页.html", HTML),
        ("页.pdf", HTML),
        ("照片.jpg", PNG),
        ("空.pdf", b""),
        ("说明.docx", EXCEL),
        ("说明.docx", office_document("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")),
        ("说明.docx", office_document("META-INF/MANIFEST.MF", "Main.class")),
        ("清单.xlsx", b"PK\x03\x04 torn"),
        ("无扩展名", PDF),
        ("决定书\u202efdp.exe", EXE),
    ],
)
def test_refused(name: str, content: bytes) -> None:
    with pytest.raises(ValidationError):
        attachments.check(upload(name, content))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\我的文档\\决定书.pdf", "决定书.pdf"),
        ("决定\u202e书.pdf", "决定书.pdf"),
        ('a"b<c>\r\nSet-Cookie: x.pdf', "a_b_c_Set-Cookie_ x.pdf"),
        ("长" * 300 + ".pdf", "长" * 196 + ".pdf"),
        (".", "file"),
    ],
)
def test_names_are_cleaned(name: str, kept: str) -> None:
    assert attachments.clean_name(name) == kept


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "LARGEST", 50)
    with pytest.raises(ValidationError):
        attachments.check(upload("大.pdf"))


def test_ten_at_most_and_all_or_none(market: Office) -> None:
    record = enter(market)
    attachments.attach(record, [upload(f"{number}.pdf") for number in range(9)], market.clerk)
    with pytest.raises(ValidationError):
        attachments.attach(record, [upload("10.pdf"), upload("11.pdf")], market.clerk)
    with pytest.raises(ValidationError) as caught:
        attachments.attach(record, [upload("10.exe", EXE)], market.clerk)
    assert "10.exe" in caught.value.message_dict["attachments"][0]
    assert Attachment.objects.filter(record=record).count() == 9


def test_the_stored_name_tells_nothing(market: Office) -> None:
    (kept,) = attachments.attach(enter(market), [upload("张某决定书.pdf")], market.clerk)
    assert kept.name == "张某决定书.pdf"
    assert "张" not in kept.file.name and not kept.file.name.endswith(".pdf")
    assert kept.file.read() == PDF
