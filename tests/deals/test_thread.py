"""The thread of a deal: what happened, newest first, in the reader's words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.models import User
from deals import conversation, course, standing, thread
from deals.models import Hold, Outcome, Stage, Touch, Turn
from tests.cast import Story, day, make_deal, sweep_at


@pytest.fixture
def story(ines: User) -> Story:
    return Story(make_deal(ines, "Demo"))


def lines(story: Story, reader: User, now: datetime) -> list[tuple[str, str, str]]:
    """Return kind, title (or when) and text of each entry."""
    told = thread.read(story.deal).thread(reader, now, UTC)
    return [(entry.kind, entry.title or entry.when, entry.text) for entry in told]


def test_it_is_told_newest_first_in_the_readers_words(story: Story, ines: User, karl: User) -> None:
    story.we_write(day(1), user=ines, note="the offer")
    story.they_write(day(2), subject="Re: offer", note="thanks")
    story.we_talk(day(2, 12), user=ines)
    story.we_talk(day(3, 10), channel="meeting")
    story.we_write(day(3, 11), channel="phone")
    assert lines(story, ines, day(5)) == [
        ("outbound", "We called", ""),
        ("silence", "until now", "1 d 22 h of silence so far"),
        ("two_way", "We met Mara", ""),
        ("two_way", "You talked on the phone to Mara", ""),
        ("inbound", "Mara e-mailed", "Re: offer: thanks"),
        ("outbound", "You e-mailed", "the offer"),
        ("event", "Opened in Demo", ""),
    ]
    assert lines(story, karl, day(5))[3][1] == "Ines talked on the phone to Mara"


def test_silences_that_went_dark_are_told_where_they_did(story: Story, ines: User) -> None:
    story.we_write(day(0, 10))
    story.they_write(day(9, 10))
    story.we_write(day(14))
    sweep_at(day(21, 12))
    silences = [line for line in lines(story, ines, day(22)) if line[0] == "silence"]
    assert silences == [
        ("silence", "went dark 23 Mar", "8 d of silence so far"),
        ("silence", "overdue 12 Mar", "4 d 23 h in which we owed an answer, until we answered"),
        ("silence", "went dark 9 Mar", "9 d of silence until they replied"),
    ]


def test_what_counts_for_nothing_says_so(story: Story, ines: User) -> None:
    story.we_write(day(1), is_delivered=False)
    story.they_write(day(2), is_heard=False)
    assert lines(story, ines, day(3))[:2] == [
        ("event", "Mara e-mailed (automatic, so nobody was heard)", ""),
        ("undelivered", "We e-mailed (did not arrive)", ""),
    ]
    assert thread.read(story.deal).strip(day(3), UTC).dots == []


def test_holds_promises_moves_and_outcomes_are_told(story: Story, ines: User) -> None:
    deal = story.deal
    story.we_write(day(0, 10))
    held = Hold(deal=deal, reason="pause", starts_at=day(1), ends_at=day(2), note="budget round")
    conversation.hold(held, now=day(1))
    conversation.hold(Hold(contact=deal.contact, reason="absence", starts_at=day(3)), now=day(3))
    conversation.promise(deal, made_at=day(4), due_at=day(6), now=day(4), note="by phone")
    course.enter_stage(deal, Stage.objects.get(name="Proposal"), turn=Turn.THEIRS, now=day(5))
    course.let_go(deal, now=day(6), look_again_on=day(90).date(), reason="no budget")
    course.reopen(deal, now=day(7))
    course.let_go(deal, now=day(8), outcome=Outcome.LOST)
    events = [line for line in lines(story, ines, day(9)) if line[0] in ("event", "hold")]
    assert events == [
        ("event", "Let go for good", ""),
        ("event", "Opened again", ""),
        ("event", "Let go for now, worth another look on 31 May 2026", "no budget"),
        ("event", "Moved to Proposal", "Their move"),
        ("event", "They will come back on 8 March", "by phone"),
        ("hold", "Out of office, until 19 March", ""),
        ("hold", "An agreed pause, ended 4 March", "budget round"),
        ("event", "Opened in Demo", ""),
    ]


def test_what_stands_still_can_be_ended(story: Story, ines: User) -> None:
    held = Hold(deal=story.deal, reason="pause", starts_at=day(1), ends_at=day(9))
    conversation.hold(held, now=day(1))
    made = conversation.promise(story.deal, made_at=day(2), due_at=day(6), now=day(2))
    entries = thread.read(story.deal).thread(ines, day(3), UTC)
    assert [entry.hold for entry in entries if entry.hold] == [held]
    assert [entry.promise for entry in entries if entry.promise] == [made]
    later = thread.read(story.deal).thread(ines, day(10), UTC)
    assert [entry for entry in later if entry.hold or entry.promise] == []


def test_only_what_waits_for_an_answer_can_be_settled(story: Story, ines: User) -> None:
    story.they_write(day(1))
    story.they_write(day(2), turn=Turn.UNCHANGED)
    entries = thread.read(story.deal).thread(ines, day(3), UTC)
    assert [entry.asks_for_an_answer for entry in entries if entry.touch] == [False, True]


def test_a_long_history_is_told_from_its_latest_touches(
    story: Story, ines: User, django_assert_num_queries
) -> None:
    for number in range(5):
        story.we_write(day(number + 1))
    with django_assert_num_queries(7):
        short = thread.read(story.deal, limit=2)
    assert short.has_more
    told = short.thread(ines, day(6), UTC)
    assert [entry.kind for entry in told] == ["outbound", "outbound", "silence"]
    with django_assert_num_queries(7):
        whole = thread.read(story.deal)
    assert not whole.has_more
    assert len(whole.touches) == Touch.objects.count() == 5


def test_the_open_silence_is_told_on_the_clock_that_judges_it(ines: User) -> None:
    story = Story(make_deal(ines, "Proposal"))
    story.we_write(day(4, 16))
    stands = standing.of([story.silence], day(7, 11))[story.silence.pk]
    [silence] = [
        entry.text
        for entry in thread.read(story.deal).thread(ines, day(7, 11), UTC, stands)
        if entry.kind == "silence"
    ]
    assert silence == "3 h of silence so far, in working time"
