"""Amounts as people write them."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from deals.amounts import read_amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("84000", "84000.00"),
        ("84000.5", "84000.50"),
        ("84000,50", "84000.50"),
        ("84,000.50", "84000.50"),
        ("84.000,50", "84000.50"),
        ("1.000,00", "1000.00"),
        ("1,234,567", "1234567.00"),
        ("1’234’567.10", "1234567.10"),
        ("€ 84 000", "84000.00"),
        ("0", "0.00"),
        ("0.50", "0.50"),
        ("12.30", "12.30"),
        ("7.", "7.00"),
    ],
)
def test_an_amount_is_read_exactly_however_thousands_are_marked(text: str, amount: str) -> None:
    assert str(read_amount(text)) == amount
    assert read_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("-5", "An amount cannot be negative. Leave it empty if there is none yet."),
        ("1.000", "“1.000” can be read in two ways: write 1000, or 1.00."),
        ("12,345", "“12,345” can be read in two ways: write 12345, or 12.34."),
        ("0.123", "An amount has at most two decimals: write 84000.50, for example."),
        ("1234.567", "An amount has at most two decimals: write 84000.50, for example."),
        ("many", "“many” is not an amount. Write digits, such as 84000 or 84000.50."),
        ("NaN", "“NaN” is not an amount. Write digits, such as 84000 or 84000.50."),
        ("1e9", "“1e9” is not an amount. Write digits, such as 84000 or 84000.50."),
        ("1,00,000", "“1,00,000” is not an amount. Write digits, such as 84000 or 84000.50."),
        ("", "“” is not an amount. Write digits, such as 84000 or 84000.50."),
        ("9999999999999", "That is too large: at most 999,999,999,999.99 can be kept."),
        ("9" * 400, "That is too large: at most 999,999,999,999.99 can be kept."),
    ],
)
def test_what_is_no_amount_is_refused_with_the_remedy(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(remedy)}$"):
        read_amount(text)
