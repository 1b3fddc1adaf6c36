"""Plays that were tried: whose time is over, and which of them were answered in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from contacts.models import Channel, Contact
from deals import people
from deals.models import Direction, Touch
from deals.periods import Period
from deals.scopes import Business, Scope
from deals.shares import Share
from outreach import sweeping, touches
from outreach.models import Delivery, Play, Suggestion
from outreach.plays_report import PlayRow, play_rows, total, written
from outreach.tries import Fate, Try, rows, tries
from tests.cast import Cast, Story, day, make_company, make_contact, make_deal

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), UTC)
TRIED = day(8, 12)  # a Tuesday; Demo gives the first try two working days of eight hours
UP = day(10, 12)
END = day(28)
MINUTE = timedelta(minutes=1)


def scope(as_of: datetime = END, **filters: object) -> Scope:
    """Return the cast's March as of an instant."""
    return Scope(MARCH, as_of, is_now=False).narrowed(**filters)


def goes_dark(owner: User, **fields: object) -> Story:
    """Return a deal in Demo that has been dark since its eighth day at nine, and is suggested."""
    story = Story(make_deal(owner, "Demo", **fields))
    story.we_write(day(0))
    sweeping.run(day(8))
    return story


def attempt(story: Story, at: datetime, channel: str = "email") -> None:
    """Log a touch of ours as its rep would."""
    touch = Touch(channel=channel, direction=Direction.OUTBOUND, occurred_at=at)
    touches.log(story.deal, touch, user=story.deal.owner, now=at)


def fates(reader: User, as_of: datetime = END) -> Counter[str]:
    return Counter(each.fate.value for each in tries(reader, scope(as_of)))


@pytest.mark.parametrize(
    ("heard_at", "as_of", "fate"),
    [
        (None, UP - MINUTE, "waiting"),
        (None, UP, "unanswered"),
        (UP - MINUTE, UP - MINUTE, "waiting"),  # answered early is not counted early
        (UP - MINUTE, UP, "replied"),
        (UP, UP, "replied"),
        (UP + MINUTE, END, "unanswered"),
        (day(9), END, "replied"),
    ],
)
def test_a_try_counts_when_the_wait_before_the_next_step_is_over(
    ines: User, heard_at: datetime | None, as_of: datetime, fate: str
) -> None:
    story = goes_dark(ines)
    attempt(story, TRIED)
    if heard_at:
        story.they_write(heard_at)
    assert fates(ines, as_of) == {fate: 1}


def test_a_report_of_the_past_knows_nothing_of_what_came_later(ines: User) -> None:
    story = goes_dark(ines)
    attempt(story, TRIED)
    story.they_write(day(9))
    assert fates(ines, TRIED - MINUTE) == {}
    assert fates(ines, day(8, 16)) == {"waiting": 1}


def test_a_call_that_was_taken_counts_as_one_that_was_not(ines: User) -> None:
    for taken in (True, False):
        story = goes_dark(ines)
        Suggestion.objects.pending().filter(deal=story.deal).update(channel="phone")
        if taken:
            story.we_talk(TRIED)
            sweeping.run(TRIED + MINUTE)
        else:
            attempt(story, TRIED, "phone")
    assert {(each.channel, each.fate) for each in tries(ines, scope())} == {
        ("phone", Fate.REPLIED), ("phone", Fate.UNANSWERED),
    }  # fmt: skip


def test_what_they_said_unasked_or_on_another_channel_is_nobodys_try(ines: User) -> None:
    goes_dark(ines).they_write(TRIED)
    goes_dark(ines).we_talk(TRIED)
    Suggestion.objects.pending().update(channel="email")
    sweeping.run(TRIED + MINUTE)
    assert fates(ines) == {}


def test_a_mail_is_tried_once_it_went_out(ines: User) -> None:
    story = goes_dark(ines)
    suggestion = Suggestion.objects.pending().get()
    mail = Delivery.objects.create(
        deal=story.deal, suggestion=suggestion, contact=story.deal.contact, sender="a@example.com",
        recipient="b@example.org", subject="A word", body="Hello", message_id="<1@example.com>",
        created_at=TRIED, send_at=TRIED + timedelta(hours=2),
    )  # fmt: skip
    Suggestion.objects.filter(pk=suggestion.pk).update(state="done", acted_at=TRIED)
    assert fates(ines) == {}
    Delivery.objects.filter(pk=mail.pk).update(state="sent", claimed_at=TRIED + timedelta(hours=2))
    assert fates(ines, UP) == {"waiting": 1}
    assert fates(ines, UP + timedelta(hours=2)) == {"unanswered": 1}


def test_letting_go_without_a_word_and_what_nobody_did_are_no_tries(ines: User) -> None:
    for changes in (
        {"state": "done", "acted_at": TRIED, "play": Play.LET_GO, "channel": ""},
        {"state": "dismissed", "acted_at": TRIED},
        {"state": "done", "acted_at": TRIED, "play": Play.ANSWER},
        {"state": "done", "acted_at": day(40)},
    ):
        story = goes_dark(ines)
        Suggestion.objects.filter(deal=story.deal).update(**changes)
    goes_dark(ines)
    assert fates(ines) == {}


def test_a_try_is_whose_the_deal_was_at_the_crossing(cast: Cast) -> None:
    story = goes_dark(cast.ines)
    attempt(story, TRIED)
    people.hand_over([story.deal.pk], cast.noor, now=day(12))
    readers = (cast.ines, cast.karl, cast.maud, cast.noor, cast.ada)
    assert [len(tries(reader, scope())) for reader in readers] == [1, 0, 1, 0, 1]


def test_each_filter_of_a_scope_keeps_its_own(cast: Cast) -> None:
    ours = goes_dark(cast.ines)
    theirs = goes_dark(
        cast.noor, contact=make_contact(company=make_company(), kind=Contact.Kind.CUSTOMER)
    )
    for story in (ours, theirs):
        attempt(story, TRIED)
    stage = ours.deal.stage
    kept = [
        {"owner": cast.ines}, {"team": cast.ines.team}, {"kind": Contact.Kind.PROSPECT.value},
        {"business": Business.B2C.value},
    ]  # fmt: skip
    mine = Suggestion.objects.get(deal=ours.deal, state="done").pk
    for filters in kept:
        assert [each.pk for each in tries(cast.ada, scope(**filters))] == [mine], filters
    for filters in ({"stage": stage}, {"pipeline": stage.pipeline}, {}):
        assert len(tries(cast.ada, scope(**filters))) == 2


WORKING_DAYS = (2, 3, 5, 7)  # Demo's waits, of which the last repeats


def later(start: datetime, hours: int) -> datetime:
    """Return when so many open hours have gone by, an hour after the other."""
    at = start
    while hours:
        at += timedelta(hours=1)
        hours -= at.weekday() < 5 and 9 < at.hour <= 17
    return at


def history(random: Random, owner: User) -> Iterator[tuple[str, str]]:
    """Let a rep try at random hours and perhaps be answered; yield each channel with its fate."""
    story = goes_dark(owner)
    tried: list[tuple[str, datetime, datetime]] = []
    at, heard_at = day(8, 9), None
    for wait in (*WORKING_DAYS, WORKING_DAYS[-1])[: random.randint(0, 5)]:
        at = at.replace(hour=random.randint(10, 16)) + timedelta(days=random.choice((0, 0, 1)))
        while at.weekday() > 4:
            at += timedelta(days=1)
        channel = random.choice(("email", "phone"))
        sweeping.run(at - MINUTE)
        Suggestion.objects.pending().filter(deal=story.deal).update(channel=channel)
        attempt(story, at, channel)
        ends = later(at, wait * 8)
        tried.append((channel, at, ends))
        if random.random() < 0.4:
            heard_at = at + random.random() * 1.5 * (ends - at)
            break
        at = ends + timedelta(days=1)
    if heard_at:
        story.they_write(heard_at)
    for channel, begun, ends in tried:
        if begun > END:
            continue
        is_answered = heard_at is not None and begun <= heard_at <= min(ends, END)
        yield (
            channel,
            "waiting" if ends > END else "replied" if is_answered else "unanswered",
        )


@pytest.mark.parametrize("seed", range(8))
def test_the_fates_are_those_of_counting_by_hand(ines: User, maud: User, seed: int) -> None:
    random = Random(seed)
    for _ in range(4):
        with transaction.atomic():
            expected = list(history(random, ines))
            found = [(each.channel, each.fate.value) for each in tries(maud, scope())]
            assert found == expected
            transaction.set_rollback(True)  # the next one begins in March again


def test_however_many_tries_the_queries_are_as_many(ines: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            tries(ines, scope())
        return len(found)

    counts = []
    for _ in range(3):
        attempt(goes_dark(ines), TRIED)
        counts.append(asked())
    assert counts == [4, 4, 4]


# --- by play and channel


def told(play: Play, channel: Channel, replied: int, unanswered: int, waiting: int) -> list[Try]:
    fates = {Fate.REPLIED: replied, Fate.UNANSWERED: unanswered, Fate.WAITING: waiting}
    return [Try(0, play, channel, fate) for fate, number in fates.items() for _ in range(number)]


def test_the_most_successful_play_stands_first_and_few_tries_last() -> None:
    rows = play_rows(
        told(Play.REFOCUS, Channel.EMAIL, 3, 9, 2)
        + told(Play.WIDEN, Channel.PHONE, 2, 0, 0)
        + told(Play.SWITCH_CHANNEL, Channel.PHONE, 6, 6, 0)
    )
    assert rows == [
        PlayRow(Play.SWITCH_CHANNEL, Channel.PHONE, Share(6, 12), 0),
        PlayRow(Play.REFOCUS, Channel.EMAIL, Share(3, 12), 2),
        PlayRow(Play.WIDEN, Channel.PHONE, Share(2, 2), 0),
    ]
    assert total(rows) == (Share(11, 26), 2)


def test_what_waits_only_has_a_row_without_a_share() -> None:
    [row] = play_rows(told(Play.REFOCUS, Channel.SMS, 0, 0, 4))
    assert (row.share, row.waiting) == (Share(0, 0), 4)


def test_a_file_says_of_how_many_each_number_is() -> None:
    rows = play_rows(told(Play.REFOCUS, Channel.EMAIL, 3, 9, 2))
    header, row = written(rows)
    assert row == ["Refocus", "E-mail", 14, 2, 12, 3, Decimal("0.2500"), *row[7:]]
    assert header[2:6] == [
        "Tried", "Of these still waiting", "Of these time is over", "Of those answered",
    ]  # fmt: skip


def test_what_was_withdrawn_long_after_the_period_still_counts_in_it(ines: User) -> None:
    story = goes_dark(ines)
    Suggestion.objects.pending().filter(deal=story.deal).update(channel="phone")
    story.we_talk(TRIED)
    sweeping.run(day(50))
    assert fates(ines) == {"replied": 1}


@pytest.mark.services
def test_the_tries_of_a_week_are_found_by_their_index(ines: User) -> None:
    attempt(goes_dark(ines), TRIED)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "suggestion_tried" in rows(ines, scope()).explain()
