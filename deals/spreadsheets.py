"""Tables as CSV that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as something else
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n")  # OWASP, "CSV Injection"
NUMERIC = re.compile(r"[+-]?[\d\s.,()/-]*\d[\d\s.,()/-]*", re.ASCII)

Value = str | int | Decimal | datetime | None


class _Echo:
    """A file that hands back what is written to it, so that a table streams."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """Yield a table's lines, as RFC 4180 has them, beginning with a byte order mark."""
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([plain(value) for value in row])


def plain(value: Value) -> str:
    """Return a value as text; what a spreadsheet would run as a formula gets a leading quote.

    Numbers and phone numbers keep their sign. Instants are said in their own time zone.
    """
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if not isinstance(value, str):
        return "" if value is None else str(value)
    is_formula = value.lstrip(" ").startswith(TRIGGERS) and not NUMERIC.fullmatch(value)
    return f"'{value}" if is_formula else value
