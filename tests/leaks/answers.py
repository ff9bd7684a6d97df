"""What an answer says, as one text without what differs each time."""

import html
import io
import re
import traceback
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from django.contrib.messages.storage.cookie import CookieStorage
from django.test import RequestFactory

from tests.planting import MADE_LATER

from .pages import Page
from .probes import Probe

NEW: Final = re.compile(rf"(?<!\d){str(MADE_LATER)[:3]}\d{{4}}(?!\d)")
CHANGING: Final = re.compile(
    r'<(?:input[^>]*name="csrfmiddlewaretoken"[^>]*>|(?:script|link)[^>]*/static/[^>]*>(?:</script>)?\s*'
    r'|code class="acc-secret">[^<]*</code>)'
)
"""What differs each time: the token of a form, a password just made, and the order in which a page names its scripts
and styles."""
TIME: Final = re.compile(r"(?<=[T日 ])\d{1,2}:\d\d(:\d\d(\.\d+)?(\+\d\d:\d\d)?)?")
ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
UNTOLD: Final = {"Content-Length", "Expires", "Last-Modified", "Vary", "X-Request-ID"}
"""Headers that differ each time, or follow from the rest."""
WITHIN_ARCHIVE: Final = re.compile(r"docProps/")
"""Parts of a workbook that say when it was made."""


@dataclass(frozen=True)
class Answer:
    """``error``: why the page broke; ``led``: the address it was followed to, whose text is part of this one.

    ``depends``: whether it may be another one once the foreign rows exist (reading.py).
    """

    status: int
    text: str
    error: str = ""
    led: str = ""
    depends: bool = True

    def same_as(self, other: "Answer") -> bool:
        return (self.status, self.text) == (other.status, other.text)


def error_of(response: Any) -> str:
    """The end of the traceback of a page that broke."""
    if response.status_code < 500:
        return ""
    information = getattr(response, "exc_info", None)
    return "".join(traceback.format_exception(*information)[-6:]) if information else f"status {response.status_code}"


def text_of(response: Any) -> str:
    """Body, headers, messages and files of an answer, readable, without what differs each time."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    text = "\n".join((*_readable(body), *_headers(response), *_told(response)))
    if "\\u" in text:
        text = ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return TIME.sub("#", NEW.sub("#", html.unescape(CHANGING.sub("", text))))


def page_of(probe: Probe, response: Any) -> Page | None:
    """The page with its links and forms, where the answer is one."""
    is_page = response.status_code == 200 and "text/html" in response.get("Content-Type", "")
    return Page(probe.address, response.text) if is_page and probe.method == "GET" else None


def difference(before: Answer, after: Answer) -> str:
    """The first lines that differ."""
    if before.status != after.status:
        return f"  status {before.status}, then {after.status}"
    pairs = zip(before.text.splitlines(), after.text.splitlines(), strict=False)
    for line, other in pairs:
        if line != other:
            return f"  before: {line.strip()[:300]}\n  after:  {other.strip()[:300]}"
    return f"  {len(before.text)} characters, then {len(after.text)}"


def _readable(body: bytes) -> Iterator[str]:
    if body[:2] != b"PK":
        yield body.decode("utf-8", "replace")
        return
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for name in archive.namelist():
            if not WITHIN_ARCHIVE.match(name):
                yield name + "\n" + archive.read(name).decode("utf-8", "replace")


def _headers(response: Any) -> Iterator[str]:
    for name, value in response.items():
        if name not in UNTOLD:
            yield f"{name}: {unquote(value)}"


def _told(response: Any) -> Iterator[str]:
    cookie = response.cookies.get("messages")
    if cookie is not None and cookie.value:
        for message in CookieStorage(RequestFactory().get("/"))._decode(cookie.value) or []:
            yield f"told: {message}"
