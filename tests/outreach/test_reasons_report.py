"""Why silences went dark: the rep's word, else the guess as it stood, one for each crossing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from deals import figures
from deals.figures import Figure
from deals.models import Silence
from deals.periods import Period
from deals.rates import Rates
from deals.scopes import Scope
from deals.tallies import Tally
from outreach.models import Play, Reason, ReasonEntry, Suggestion
from outreach.reasons_report import NOT_GUESSED, ReasonRow, explained, reason_rows
from tests.cast import Cast, Story, day, make_deal, sweep_at

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), UTC)
END = day(28)
R = Reason


def scope(as_of: datetime = END) -> Scope:
    return Scope(MARCH, as_of, is_now=False)


def goes_dark(owner: User, **fields: object) -> Silence:
    """Return a silence in Demo that crossed on its eighth day at nine."""
    story = Story(make_deal(owner, "Demo", **fields))
    story.we_write(day(0))
    sweep_at(day(8))
    assert story.silence
    return story.silence


def guess(silence: Silence, reason: Reason, at: datetime, step: int = 1) -> None:
    """Suggest something for a silence with a guess, as a sweep at that instant would."""
    Suggestion.objects.create(
        silence=silence, spell=silence.spells.first(), step=step, deal=silence.deal,
        stage=silence.stage, owner=silence.deal.owner, play=Play.REFOCUS,
        contact=silence.deal.contact, channel="email", reason=reason, created_at=at,
        state="done", acted_at=at,
    )  # fmt: skip


def say(silence: Silence, guessed: Reason, said: Reason, at: datetime) -> None:
    ReasonEntry.objects.create(
        silence=silence, guessed=guessed, confidence=50, said=said, said_at=at,
        user=silence.deal.owner,
    )  # fmt: skip


def named(reader: User, as_of: datetime = END) -> dict[str, int]:
    found = figures.rows(Figure.WENT_DARK, reader=reader, scope=scope(as_of))
    return {row.reason: row.tally.count for row in reason_rows(found, Rates.at(as_of))}


def test_what_the_rep_says_wins_from_when_it_was_said(ines: User) -> None:
    silence = goes_dark(ines)
    guess(silence, R.BUSY, day(8))
    guess(silence, R.LOST_INTEREST, day(12), step=2)
    say(silence, R.LOST_INTEREST, R.LOW_PRIORITY, day(14))
    assert named(ines, day(6)) == {}
    assert named(ines, day(14)) == {R.LOW_PRIORITY: 1}
    assert named(ines) == {R.LOW_PRIORITY: 1}


def test_before_it_was_said_the_latest_guess_of_then_counts(ines: User) -> None:
    silence = goes_dark(ines)
    guess(silence, R.BUSY, day(8))
    guess(silence, R.LOST_INTEREST, day(12), step=2)
    assert named(ines, day(8)) == {R.BUSY: 1}
    assert named(ines, day(12)) == {R.LOST_INTEREST: 1}


def test_what_the_word_of_a_rep_made_of_the_guess_does_not_reach_back(ines: User) -> None:
    silence = goes_dark(ines)
    guess(silence, R.LOW_PRIORITY, day(8))  # as `reasons.say` leaves it
    say(silence, R.BUSY, R.LOW_PRIORITY, day(14))
    assert named(ines, day(13)) == {R.BUSY: 1}


def test_what_was_over_before_anything_was_suggested_is_told_apart_from_unknown(ines: User) -> None:
    guess(goes_dark(ines), R.UNKNOWN, day(8))
    guess(goes_dark(ines), R.BUSY, day(9))
    goes_dark(ines)
    assert named(ines, day(8, 12)) == {R.UNKNOWN: 1, NOT_GUESSED: 2}
    assert list(named(ines)) == [R.BUSY, R.UNKNOWN, NOT_GUESSED]


def test_each_currency_keeps_its_value(ines: User) -> None:
    for amount, currency in ((100, "EUR"), (250, "EUR"), (70, "SEK"), (None, "EUR")):
        guess(goes_dark(ines, amount=amount, currency=currency), R.BUSY, day(8))
    found = figures.rows(Figure.WENT_DARK, reader=ines, scope=scope())
    assert reason_rows(found, Rates.at(END)) == [
        ReasonRow(
            R.BUSY,
            Tally(
                4,
                {"EUR": Decimal("350.00"), "SEK": Decimal("70.00")},
                Decimal("350.00"),
                {"SEK": Decimal("70.00")},
            ),
        )
    ]


def test_whoever_sees_the_figure_sees_its_reasons(cast: Cast) -> None:
    guess(goes_dark(cast.ines), R.BUSY, day(8))
    guess(goes_dark(cast.noor), R.LOST_INTEREST, day(8))
    assert named(cast.ines) == named(cast.maud) == {R.BUSY: 1}
    assert named(cast.karl) == {}
    assert named(cast.noor) == {R.LOST_INTEREST: 1}
    assert named(cast.ada) == {R.BUSY: 1, R.LOST_INTEREST: 1}


def by_hand(silence: Silence, as_of: datetime) -> str:
    """Return the reason of a silence as a reader of its rows would find it."""
    before = [row for row in silence.suggestions.all() if row.created_at <= as_of]
    entry = ReasonEntry.objects.filter(silence=silence).first()
    if entry and entry.said_at <= as_of:
        return entry.said
    if not before:
        return NOT_GUESSED
    return entry.guessed if entry else max(before, key=lambda row: row.created_at).reason


@pytest.mark.parametrize("seed", range(3))
def test_the_counts_are_those_of_reading_each_silence(ines: User, seed: int) -> None:
    random = Random(seed)
    silences = [goes_dark(ines) for _ in range(12)]
    for silence in silences:
        for step in range(random.randint(0, 3)):
            guess(silence, random.choice(list(R)), day(8) + step * timedelta(days=3), step + 1)
        if random.random() < 0.5:
            said = random.choice(list(R)), random.choice(list(R))
            say(silence, *said, day(random.randint(8, 20)))
    for as_of in (day(8), day(10), day(15), END):
        assert named(ines, as_of) == Counter(by_hand(silence, as_of) for silence in silences)


def test_a_mark_keeps_exactly_what_its_row_counts_in_one_query(ines: User) -> None:
    for reason in (R.BUSY, R.BUSY, R.LOW_PRIORITY):
        guess(goes_dark(ines), reason, day(8))
    found = figures.rows(Figure.WENT_DARK, reader=ines, scope=scope())
    rates = Rates.at(END)
    with CaptureQueriesContext(connection) as asked:
        rows = reason_rows(found, rates)
    assert len(asked) == 1
    for row in rows:
        behind = explained(found, END, row.reason)
        assert behind.count() == row.tally.count
