"""Dates, amounts and currencies in the forms that programs and people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from deals.importing import instants, sums
from deals.importing.values import Reader, RefusalError, amount, currency

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def reader(dates: str = "iso", decimal: str = "", money: str = "EUR") -> Reader:
    return Reader(dates, ZoneInfo("UTC"), NOW, decimal, money)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("04-Mar-2026", "2026-03-04"), ("4-Mar-26", "2026-03-04"), ("4 March 2026", "2026-03-04"),
        ("Mar 4, 2026", "2026-03-04"), ("March 4th, 2026 9:30 pm", "2026-03-04 21:30"),
        ("Wed 4 Mar 2026", "2026-03-04"), ("Wednesday, March 4, 2026", "2026-03-04"),
        ("4. März 2026", "2026-03-04"), ("04 mars 2026 08:15", "2026-03-04 08:15"),
        ("4 de marzo de 2026", "2026-03-04"), ("4 marca 2026", "2026-03-04"),
        ("4 mrt 2026", "2026-03-04"), ("1er août 2026", None), ("4 Jui 2026", None),
        ("31-Feb-2026", None), ("Call 4 later 2026", None), ("2026/3/4", "2026-03-04"),
        ("2026-03-04 9:30 PM", "2026-03-04 21:30"), ("2026-03-04 09:30 UTC", "2026-03-04 09:30"),
        ("2026-03-04 09:30 CET", "2026-03-04 08:30"), ("4/4/2026", "2026-04-04"),
        ("2026-03-04 08:11:12 +0000", "2026-03-04 08:11:12"), ("46085", "2026-03-04"),
        ("46085.5", "2026-03-04 12:00"), ("46085,25", "2026-03-04 06:00"), ("12345", None),
        ("1772582400", "2026-03-04"), ("1772582400000", "2026-03-04"),
        ("1512101200000", "2017-12-01 04:06:40"),
    ],
)  # fmt: skip
def test_a_date_that_no_order_can_turn_round_is_read(text: str, at: str | None) -> None:
    if at is None:
        assert not instants.is_instant(text)
        with pytest.raises(RefusalError):
            reader().instant("opened_at", text)
    else:
        expected = datetime.fromisoformat(at).replace(tzinfo=UTC)
        assert reader().instant("opened_at", text) == expected


def test_numbers_in_place_of_dates_are_counted_to_be_told() -> None:
    read = reader()
    read.instant("opened_at", "46085")
    read.instant("opened_at", "2026-03-04")
    assert read.counted == 1


@pytest.mark.parametrize(
    ("dates", "text", "day"),
    [
        ("month/day/year", "3/14/26", (2026, 3, 14)), ("day/month/year", "14/3/26", (2026, 3, 14)),
        ("day/month/year", "4-3-98", (1998, 3, 4)), ("year/month/day", "26/3/14", None),
    ],
)  # fmt: skip
def test_a_short_year_is_read_where_the_order_was_said(
    dates: str, text: str, day: tuple[int, int, int] | None
) -> None:
    if day is None:
        with pytest.raises(RefusalError, match="no year of four digits"):
            reader(dates).instant("opened_at", text)
    else:
        assert reader(dates).instant("opened_at", text) == datetime(*day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "decimal", "found"),
    [
        ("$1,234", ".", "1234 USD"), ("1.234,56 €", "", "1234.56 EUR"), ("€ 18.000,50", ",", "18000.50 EUR"),
        ("1 234,56", ",", "1234.56 EUR"), ("1\u202f234,56\u00a0€", ",", "1234.56 EUR"),
        ("USD 18,000.00", ".", "18000 USD"), ("$900.00 USD", ".", "900 USD"), ("$900 CAD", "", "900 CAD"),
        ("US$8,200", ".", "8200 USD"),
        ("CHF 1'500.--", "", "1500 CHF"), ("500,- €", "", "500 EUR"), ("500 Kč", "", "500 CZK"),
        ("1 200 zł", ",", "1200 PLN"), ("R$ 500", "", "500 BRL"), ("£500", "", "500 GBP"),
        ("12k", "", "12000 EUR"), ("1.2M", ".", "1200000 EUR"), ("1,5 Mio. €", ",", "1500000 EUR"),
        ("20 Tsd. €", ",", "20000 EUR"), ("$12k", "", "12000 USD"),
        ("1234.5678", "", "1234.57 EUR"), ("8333.333", ".", "8333.33 EUR"),
        ("N/A", "", None), ("-", "", None), ("TBD", "", None), ("–", "", None),
    ],
)  # fmt: skip
def test_amounts_are_read_with_what_stands_for_their_currency(
    text: str, decimal: str, found: str | None
) -> None:
    value, code = amount(text, "", reader(decimal=decimal))
    expected = found.split() if found else [None, ""]
    assert (value, code) == (Decimal(expected[0]) if expected[0] else None, expected[1])


@pytest.mark.parametrize(
    ("text", "stated", "sentence"),
    [
        ("(500)", "", "amount “(500)”: An amount cannot be negative"),
        ("-500 €", "", "amount “-500 €”: An amount cannot be negative"),
        ("€ 100", "USD", "amount “€ 100” is not in USD, as currency says: correct one of them"),
        ("kr 500", "", "currency “kr” is no currency in use: write its code"),
        ("100", "Taler", "currency “Taler” is no currency in use: write its code"),
        ("1.000", "", "can be read in two ways"), ("1.000k", "", "can be read in two ways"),
        ("€900 USD", "", "is not an amount"), ("about 5", "", "is not an amount"),
        ("1e3", "", "is not an amount"),
    ],
)  # fmt: skip
def test_an_amount_that_nobody_can_read_says_so(text: str, stated: str, sentence: str) -> None:
    with pytest.raises(RefusalError) as refused:
        amount(text, stated, reader())
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("text", "usual", "code"),
    [
        ("$", "EUR", "USD"), ("$", "CAD", "CAD"), ("kr", "NOK", "NOK"), ("¥", "", "JPY"),
        ("Euro", "", "EUR"), ("US Dollar", "", "USD"), ("€", "SEK", "EUR"), ("eur", "", "EUR"),
    ],
)  # fmt: skip
def test_a_mark_that_several_currencies_share_is_the_usual_one(
    text: str, usual: str, code: str
) -> None:
    assert currency("currency", text, usual) == code


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("Amount (USD)", "USD"), ("Betrag in EUR", "EUR"), ("Wert [€]", "EUR"), ("Amount", ""),
        ("Value ($)", ""), ("Betrag (netto)", ""), ("Amount in k", ""),
    ],
)  # fmt: skip
def test_a_heading_can_name_the_currency(heading: str, code: str) -> None:
    assert sums.of_heading(heading) == code


def test_amounts_finer_than_cents_are_rounded_and_counted() -> None:
    read = reader()
    assert amount("1234.5678", "", read)[0] == Decimal("1234.57")
    assert amount("1234.56", "", read)[0] == Decimal("1234.56")
    assert read.rounded == 1
