"""Registered capital as real registers spell it. Expected amounts worked out by hand."""

from decimal import Decimal

import pytest

from apps.subjects.capital import parse_capital


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("26,853.6261(万元)", "268536261.00"),
        ("86600万人民币", "866000000.00"),
        ("10(万元)", "100000.00"),
        ("15,800(万元)", "158000000.00"),
        ("51(万)", "510000.00"),
        ("7,500(万)", "75000000.00"),
        ("500万元人民币", "5000000.00"),
        ("65.4万人民币", "654000.00"),
        ("135(万人民币元)", "1350000.00"),
        ("2,500(万人民币元)", "25000000.00"),
        ("31,500(万元人民币)", "315000000.00"),
        ("1,624,868.2832(万元)", "16248682832.00"),
        ("99.9700(万元)", "999700.00"),
        ("10000万人民币元", "100000000.00"),
        ("3.5万元", "35000.00"),
        ("119万", "1190000.00"),
        ("１００（万元）", "1000000.00"),
        ("人民币 50 万元整", "500000.00"),
        ("￥3000000元", "3000000.00"),
        ("2亿元", "200000000.00"),
        ("0.12345678万元", "1234.57"),
        ("0万元", "0.00"),
    ],
)
def test_an_amount_with_its_unit_is_taken(text, yuan):
    assert parse_capital(text) == Decimal(yuan)


@pytest.mark.parametrize(
    "text",
    [
        "N/A", "-", "", None, "无", "1000万美元", "920(万美元)", "669(万香港元)", "5(万欧元)", "1,000(万日元)", "500",
        "12,34万元",
        "1.000.000万元", "伍佰万元", "100万元（其中实缴50万元）", "1千克", "万元", "99999999999999999亿元",
    ],
)  # fmt: skip
def test_what_is_not_sure_stays_a_text(text):
    assert parse_capital(text) is None


def test_the_unit_in_the_header_serves_numbers_without_one():
    assert parse_capital("500", unit="万元") == Decimal("5000000.00")
    assert parse_capital("500万美元", unit="万元") is None
    assert parse_capital("500元", unit="万元") == Decimal("500.00")
