"""How an end is said: by its day, by its hour where the day alone would mislead."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from deals.wording import say_end

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
