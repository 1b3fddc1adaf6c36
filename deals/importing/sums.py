"""Amounts and currencies as programs and people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from accounts.currencies import CURRENCIES
from deals.amounts import read_amount
from deals.importing.recognising import plain

MARKS = {
    "€": "EUR", "£": "GBP", "zł": "PLN", "kč": "CZK", "us$": "USD", "a$": "AUD", "au$": "AUD",
    "c$": "CAD", "ca$": "CAD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "r$": "BRL", "fr": "CHF",
    "sfr": "CHF", "ft": "HUF", "lei": "RON", "₹": "INR", "₺": "TRY", "₽": "RUB", "₴": "UAH",
    "₪": "ILS", "₩": "KRW",
}  # fmt: skip
SHARED = {  # the currency of a mark that several have, unless the file's is another of them
    "$": ("USD", "AUD", "CAD", "NZD", "HKD", "SGD", "MXN", "ARS", "CLP", "COP", "TWD"),
    "¥": ("JPY", "CNY"),
    "kr": ("", "SEK", "NOK", "DKK", "ISK"),
}
NAMES = {
    "euro": "EUR", "euros": "EUR", "usdollar": "USD", "usdollars": "USD", "dollarus": "USD",
    "poundsterling": "GBP", "britishpound": "GBP", "britischespfund": "GBP", "pfund": "GBP",
    "swissfranc": "CHF", "schweizerfranken": "CHF", "franken": "CHF", "zloty": "PLN",
    "swedishkrona": "SEK", "norwegiankrone": "NOK", "danishkrone": "DKK", "yen": "JPY",
    "czechkoruna": "CZK", "canadiandollar": "CAD", "australiandollar": "AUD",
}  # fmt: skip
TIMES = {"k": 10**3, "tsd": 10**3, "m": 10**6, "mio": 10**6, "mn": 10**6, "mln": 10**6}
NOTHING = {"", "na", "none", "null", "nil", "nan", "tbd", "tba", "ka", "unknown", "unbekannt"}
SAID = re.compile(
    r"(?P<before>[^\d\s.,()+−-]{1,4}\.?)?\s*(?P<number>\d[\d.,'’\s\u00a0\u202f_]*?)(?:[.,]?[-–—]{1,2})?"
    r"\s*(?P<times>(?:k|tsd|mio|mln|mn|m)(?!\w)\.?)?\s*(?P<after>[^\d\s.,()]{1,4}\.?)?",
    re.IGNORECASE,
)
FINE = re.compile(r"(\d+[.,]\d{2})\d{2,}|(\d{4,}[.,]\d{2})\d+", re.ASCII)  # finer than cents


@dataclass(frozen=True)
class Sum:
    """An amount that a cell says, None for none; `mark` is what stands for its currency."""

    amount: Decimal | None
    mark: str = ""
    is_rounded: bool = False


def read(text: str, decimal: str = "") -> Sum:
    """Read an amount that is not negative; `decimal` settles what "1.000" means.

    Raises ValueError, naming the remedy, for what is none or could be read in two ways.
    """
    if plain(text) in NOTHING:
        return Sum(None)
    negative = re.fullmatch(r"\((.+)\)", text.strip())
    if negative:
        return read(f"-{negative[1]}", decimal)
    match = SAID.fullmatch(text.strip())
    marks = sorted(filter(None, (match["before"], match["after"])) if match else (), key=_meant)
    if not match or not all(map(codes, marks)) or not _agree(marks):
        return Sum(read_amount(text))
    mark = marks[0] if marks else ""
    number = match["number"].strip()
    is_fine = FINE.fullmatch(number)
    amount = read_amount(_pointed(number, decimal) if decimal and not is_fine else _cut(number))
    if is_fine:
        amount = round(Decimal(number.replace(",", ".")), 2)
    times = TIMES[plain(match["times"])] if match["times"] else 1
    return Sum(amount * times, mark, bool(is_fine))


def _meant(mark: str) -> int:
    return len(codes(mark))


def _agree(marks: list[str]) -> bool:
    """Whether two marks can mean the same currency: “$900 CAD”."""
    return len(marks) < 2 or bool(set(codes(marks[0])) & set(codes(marks[1])))


def _cut(number: str) -> str:
    """Return a number with no more than two decimals, to be judged; the rest is rounded later."""
    match = FINE.fullmatch(number)
    return (match[1] or match[2]) if match else number


def _pointed(text: str, decimal: str) -> str:
    """Return an amount with a point before its cents and no other marks; "1,2,3" stays as it is."""
    group = "," if decimal == "." else "."
    bare = re.sub(r"[\s'’_]", "", text)
    whole, sign, cents = bare.partition(decimal)
    if group in whole and not re.fullmatch(rf"\d{{1,3}}(?:\{group}\d{{2,3}})+", whole):
        return text
    whole, cents = whole.replace(group, ""), cents.rstrip("0").ljust(2, "0")
    return f"{whole}.{cents}" if sign else whole


def codes(mark: str) -> tuple[str, ...]:
    """Return the currencies that a mark, a code or a name can stand for; none for another text."""
    text = mark.strip().rstrip(".").casefold()
    if text.upper() in CURRENCIES:
        return (text.upper(),)
    known = MARKS.get(text) or NAMES.get(plain(text))
    return (known,) if known else tuple(filter(None, SHARED.get(text, ())))


def currency(mark: str, usual: str) -> str:
    """Return the currency of a mark: `usual` where it can be that, else whose it mostly is, or ""."""
    meant = codes(mark)
    if usual in meant or len(meant) < 2:
        return usual if usual in meant else "".join(meant)
    return SHARED[mark.strip().rstrip(".").casefold()][0]


def of_heading(heading: str) -> str:
    """Return the currency that a heading names behind: “Amount (USD)”, “Betrag in €”."""
    match = re.search(r"(?:[(\[]|\bin\s|\s)\s*([^\s()\[\]]{1,4})\s*[)\]]?$", heading)
    meant = codes(match[1]) if match else ()
    return meant[0] if len(meant) == 1 else ""
