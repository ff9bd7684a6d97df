"""Registered capital as registers spell it. Pure.

Sure is an amount in renminbi with its unit: ``26,853.6261(万元)``, ``86600万人民币``, ``3.5亿元``, ``人民币伍佰万元``
is not.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from apps.core.text import match_form

_AMOUNT: Final = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_WHOLE: Final = re.compile(r"(?P<before>[^\d]*)(?P<amount>[\d,.]+)(?P<after>[^\d]*)")
_SCALES: Final = {"": 1, "百": 100, "千": 1000, "万": 10_000, "百万": 10**6, "千万": 10**7, "亿": 10**8, "万亿": 10**12}
# What may stand around the amount besides the scale: brackets, the unit, the name of the currency.
_DECORATION: Final = re.compile(r"[（）\[\]]|人民币|RMB|CNY|[￥¥]|元整?|圆")
_CENT: Final = Decimal("0.01")
_MOST: Final = Decimal(10) ** 18


def parse_capital(text: str | None, unit: str = "") -> Decimal | None:
    """The amount in yuan, rounded to the cent; None where there is none or where it is not sure.

    Not sure: another currency, a number without a unit (``500``: yuan or 万元?), a thousands separator in an odd
    place, two numbers. ``unit`` is what the header of the column says (``万元``), for numbers that carry none
    themselves.
    """
    form = match_form(text)
    match = _WHOLE.fullmatch(form)
    if match is None or not _AMOUNT.fullmatch(match["amount"]):
        return None
    words = match["before"] + match["after"]
    if not words:
        words = match_form(unit)
        if not words:
            return None
    scale = _DECORATION.sub("", words)
    if scale not in _SCALES:
        return None
    amount = (Decimal(match["amount"].replace(",", "")) * _SCALES[scale]).quantize(_CENT, ROUND_HALF_UP)
    return amount if amount < _MOST else None
