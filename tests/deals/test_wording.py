"""How ends, amounts and shares are said."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from deals.wording import say_end, say_money, say_percent, say_sum

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 15, tzinfo=BERLIN)
AWAY = [  # until the end of 2 December where they are, and how that is said in Berlin
    ("Europe/Berlin", "until 2 December"),
    ("Europe/London", "until 3 December, 01:00"),
    ("America/New_York", "until 3 December, 06:00"),
    ("Europe/Riga", "until 2 December"),
]


@pytest.mark.parametrize(("there", "said"), AWAY)
def test_an_absence_that_ends_in_another_zone_is_said_so_that_both_dates_agree(
    there: str, said: str
) -> None:
    end = datetime(2026, 12, 3, tzinfo=ZoneInfo(there))
    assert say_end(end, NOW, BERLIN) == said


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("2026-11-23T18:30", "until 18:30"),
        ("2026-11-24T00:00", "until midnight"),
        ("2026-11-24T01:00", "until Tuesday, 01:00"),
        ("2026-11-26T10:30", "until Thursday"),
        ("2026-12-03T10:30", "until 3 December"),
        ("2026-11-23T01:00", "ended at 01:00"),
        ("2026-11-23T00:00", "ended 22 November"),
    ],
)
def test_an_end_is_said_as_short_as_it_stays_clear(end: str, said: str) -> None:
    assert say_end(datetime.fromisoformat(end).replace(tzinfo=BERLIN), NOW, BERLIN) == said


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("1277719.10", "€ 1.28 M"),
        ("999999.49", "€ 999,999"),
        ("999999.50", "€ 1.00 M"),
        ("1234567890123", "€ 1,234.57 B"),
        ("84000.50", "€ 84,001"),
        ("100.40", "€ 100"),
        ("99.40", "€ 99.40"),
        ("0", "€ 0"),
    ],
)
def test_what_many_come_to_is_rounded_to_be_read(amount: str, said: str) -> None:
    assert say_sum(Decimal(amount), "EUR") == said.replace(" ", "\u00a0")


def test_no_line_breaks_between_a_number_and_its_unit() -> None:
    assert say_money(Decimal("84000.50"), "SEK") == "SEK\u00a084,000.50"
    assert (say_percent(26), say_percent(22, 31)) == ("26\u00a0%", "22 to 31\u00a0%")
