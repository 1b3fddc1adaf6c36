"""Amounts as people write them, read exactly; and the currencies that they are in."""

from __future__ import annotations

import re
from decimal import Decimal

# ISO 4217, the currencies of countries in use; the codes of metals, funds and tests left out.
CURRENCIES = tuple(
    re.findall(
        r"[A-Z]{3}",
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN "
        "BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL "
        "GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF "
        "KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
        "MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD "
        "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH "
        "UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG",
    )
)
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
    if amount != round(amount, 2):
        raise ValueError("An amount has at most two decimals: write 84000.50, for example.")
    if amount > LARGEST:
        raise ValueError(f"That is too large: at most {LARGEST:,} can be kept.")
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
