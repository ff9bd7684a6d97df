"""What a page offers: links and forms, read from its HTML as a browser would."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit


@dataclass
class Field:
    """``value`` None: not sent unless chosen; ``options``: what a select or a group of buttons offers."""

    kind: str
    name: str
    value: str | None
    options: list[str] = field(default_factory=list)
    accept: str = ""


@dataclass
class Form:
    action: str
    method: str
    fields: list[Field] = field(default_factory=list)
    key: str = ""


class Page(HTMLParser):
    """``links``: every address on the same host that any attribute names; ``forms``: with all their fields."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.address = address
        self.links: set[str] = set()
        self.forms: list[Form] = []
        self._apart: list[tuple[str, Field]] = []
        self._form: Form | None = None
        self._select: Field | None = None
        self._area: Field | None = None
        self.feed(text)
        by_key = {form.key: form for form in self.forms if form.key}
        for key, found in self._apart:
            if key in by_key:
                by_key[key].fields.append(found)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        given: dict[str, str] = {name: value or "" for name, value in attributes}
        for name, value in given.items():
            if (value.startswith(("/", "?")) and name not in {"action", "value"}) or (
                name == "href" and not urlsplit(value).scheme and not value.startswith("#")
            ):
                self.links.add(self._absolute(value))
        if tag == "form":
            address = self._absolute(given.get("action") or self.address)
            self._form = Form(address, given.get("method", "get").lower(), key=given.get("id", ""))
            self.forms.append(self._form)
        elif tag in {"input", "button"} and given.get("name"):
            kind = given.get("type", "submit" if tag == "button" else "text")
            chosen = kind not in {"checkbox", "radio"} or "checked" in given
            value = given.get("value", "on" if kind in {"checkbox", "radio"} else "")
            options = [value] if kind in {"checkbox", "radio", "submit"} else []
            self._add(given, Field(kind, given["name"], value if chosen else None, options, given.get("accept", "")))
        elif tag == "select" and given.get("name"):
            self._select = Field("select", given["name"], None)
            self._add(given, self._select)
        elif tag == "option" and self._select is not None:
            value = given.get("value", "")
            self._select.options.append(value)
            if "selected" in given or self._select.value is None:
                self._select.value = value
        elif tag == "textarea" and given.get("name"):
            self._area = Field("textarea", given["name"], "")
            self._add(given, self._area)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value = f"{self._area.value}{data}"

    def _add(self, given: dict[str, str], found: Field) -> None:
        if "form" in given:
            self._apart.append((given["form"], found))
        elif self._form is not None:
            self._form.fields.append(found)

    def _absolute(self, link: str) -> str:
        parts = urlsplit(urljoin(f"http://testserver{self.address}", link))
        if parts.netloc != "testserver":
            return "/"
        return parts.path + (f"?{parts.query}" if parts.query else "")
