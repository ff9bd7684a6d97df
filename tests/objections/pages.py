"""Helpers for the tests of pages: who looks, and what a page holds."""

import html
import re
from typing import Any

from django.test import Client
from django.urls import reverse

from tests.leaks.pages import Page


def client_of(user: Any) -> Client:
    """A browser in which ``user`` is logged in, in English."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def page(name: str, *args: Any) -> str:
    """The address of a page of cases."""
    return reverse(f"admin:objections_case_{name}", args=args)


def text_of(response: Any) -> str:
    """What a person reads on the page: no tags, single spaces."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def listed(response: Any) -> list[str]:
    """The numbers of the cases that a list shows, in its order."""
    return [case.number for case in response.context_data["cl"].result_list]


def filled_form(response: Any, field: str) -> dict[str, list[str]]:
    """What a browser would send of the form that has this field, as it stands."""
    forms = Page("/", response.content.decode()).forms
    form = next(each for each in forms if any(one.name == field for one in each.fields))
    sent: dict[str, list[str]] = {}
    for each in form.fields:
        if each.value is not None and each.kind not in {"submit", "file"}:
            sent.setdefault(each.name, []).append(each.value)
    return sent
