"""The kinds of values that deals have besides."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from accounts.currencies import CURRENCIES
from deals.amounts import LARGEST, read_amount

PLAIN_AMOUNT = r"^[0-9]{1,12}(\.[0-9]{1,2})?$"
WHOLE = int(LARGEST)


def _read(value: Any) -> Decimal:
    """Read an amount exactly; a number with a fraction is not exact any more once it is read."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError('Write it as text, so that it stays exact: "84000.50".')  # noqa: TRY004  # pydantic takes no other
    # JSON can hold half a letter, and the remedy quotes what was sent
    return read_amount(str(value).encode("utf-8", "replace").decode())


Amount = Annotated[
    Decimal,
    BeforeValidator(_read),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": PLAIN_AMOUNT},
                {"type": "integer", "minimum": 0, "maximum": WHOLE},
            ],
            "description": "Exact, as text with a point, or a whole number.",
        },
        mode="validation",
    ),
]


def _is_known(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("It should be the three letters of a currency, such as EUR or SEK.")
    return code


Currency = Annotated[
    str,
    BeforeValidator(lambda code: _is_known(code) if isinstance(code, str) else code),
    WithJsonSchema({"type": "string", "enum": sorted(CURRENCIES)}),
]


def plain(amount: Decimal | None) -> str | None:
    """Return an amount as exact text."""
    return None if amount is None else f"{amount:.2f}"
