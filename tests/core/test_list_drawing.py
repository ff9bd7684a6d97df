"""What lists draw once for all rows looks as Unfold itself would draw it for each."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.utils.translation import gettext_lazy, override
from unfold import admin
from unfold.utils import display_for_label

from apps.core.list_drawing import checkbox, label

TONES = {"published": "success", "withdrawn": "danger", True: "warning", "a": "info"}


@pytest.mark.parametrize(
    "value",
    [
        ("published", "已发布"),
        ("withdrawn", "<b>已撤回</b>"),
        ("unknown", "未知"),
        (True, "yes"),
        ("a", ["one", "two"]),
        ("a", ""),
        "published",
        None,
    ],
)
@pytest.mark.parametrize("tones", [TONES, True])
def test_a_label_is_drawn_as_unfold_draws_it(value: Any, tones: Any) -> None:
    for _ in range(2):
        assert label(value, "-", tones) == display_for_label(value, "-", tones)


def test_a_label_follows_the_language() -> None:
    text = gettext_lazy("Date")
    with override("zh-hans"):
        chinese = label(("a", text), "-", TONES)
    with override("en"):
        assert label(("a", text), "-", TONES) != chinese


@pytest.mark.parametrize("key", [7, "a-b", '"><script>'])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_box_is_drawn_as_unfold_draws_it(key: Any, language: str) -> None:
    with override(language):
        assert checkbox(key) == admin.checkbox.render(ACTION_CHECKBOX_NAME, str(key))
