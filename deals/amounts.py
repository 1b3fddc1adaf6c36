"""Amounts as people write them, read exactly."""

from __future__ import annotations

import re
from decimal import Decimal

LARGEST = Decimal("999999999999.99")  # twelve digits before the point: the column's size
NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
GROUPED = re.compile(r"[1-9]\d{0,2}(?:([.,])\d{3})+(?:(?!\1)([.,])\d*)?", re.ASCII)
SIGNS = str.maketrans("", "", "€$£¥ \u00a0\u202f'’_")


def read_amount(text: str) -> Decimal:
    """Read "84000", "84 000.50", "84,000.50" or "84.000,50" as an exact amount.

    Raises ValueError, naming the remedy, for what is none, is negative, has more than two
    decimals, is too large, or could be read in two ways such as "1.000".
    """
    bare = text.translate(SIGNS)
    if bare.startswith(("-", "−")):
        raise ValueError("An amount cannot be negative. Leave it empty if there is none yet.")
    amount = Decimal(_plain(bare, text))
    if amount > LARGEST:  # before it is rounded, which takes no more than 28 digits
        raise ValueError(f"That is too large: at most {LARGEST:,} can be kept.")
    if amount != round(amount, 2):
        raise ValueError("An amount has at most two decimals: write 84000.50, for example.")
    return round(amount, 2)


def _plain(bare: str, text: str) -> str:
    """Return digits with at most one point, whichever way thousands and decimals were marked."""
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", bare):
        whole, part = re.split(r"[.,]", bare)
        raise ValueError(
            f"“{text.strip()}” can be read in two ways: write {whole}{part}, or {whole}.{part[:2]}."
        )
    if grouped := GROUPED.fullmatch(bare):
        thousands, mark = grouped.groups()
        bare = bare.replace(thousands, "").replace(mark or ".", ".")
    bare = bare.replace(",", ".").removesuffix(".")
    if not NUMBER.fullmatch(bare):
        raise ValueError(
            f"“{text.strip()}” is not an amount. Write digits, such as 84000 or 84000.50."
        )
    return bare
