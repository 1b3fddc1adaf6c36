"""Sweepers beside sweepers and beside replies, each on a connection of its own (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from time import monotonic

import pytest
from django.db import connection, transaction

from accounts.models import User
from contacts.models import OptOut
from deals import conversation, people, sweep
from deals.models import DarkSpell, Direction, Hold, Touch
from outreach import lines, suggest, sweeping
from outreach.mail.sending import unsubscribe
from outreach.models import Notice, Suggestion
from tests.cast import Story, day, make_contact, make_deal

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
PATIENCE_SECONDS = 30


@pytest.fixture
def run() -> Iterator[Callable[..., Future]]:
    """Run something in a thread; its connection is closed when it is done."""

    def closing(act: Callable[..., object], *args: object) -> object:
        try:
            return act(*args)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as pool:
        yield lambda act, *args: pool.submit(closing, act, *args)


def waiting_deal(owner: User, **fields: object) -> Story:
    """A deal in Demo, on which it is their move since Monday at ten."""
    story = Story(make_deal(owner, "Demo", **fields))
    story.we_write(day(0, 10))
    return story


def reply(story: Story) -> None:
    touch = Touch(direction=Direction.INBOUND, channel="email", occurred_at=day(8))
    conversation.record(story.deal, touch, now=day(8))


def until_somebody_waits_for_a_lock() -> None:
    """Return when another connection waits for a lock of ours."""
    deadline = monotonic() + PATIENCE_SECONDS
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    while monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone() != (0,):
                return
    pytest.fail("Nobody waits for a lock of ours.")


def test_several_sweepers_mark_suggest_and_tell_once(
    ines: User, run: Callable[..., Future]
) -> None:
    contact = make_contact()
    for number in range(30):
        waiting_deal(ines, amount=number, contact=contact if number % 2 else make_contact())
    for _ in range(10):
        story = waiting_deal(ines)
        pause = Hold(deal=story.deal, reason="pause", starts_at=day(1), ends_at=day(5))
        conversation.hold(pause, now=day(1))
    together = Barrier(6)

    def sweep_together() -> sweeping.Swept:
        together.wait()
        return sweeping.run(day(8))

    swept = [run(sweep_together) for _ in range(6)]
    totals = [(each.result().marked_dark, each.result().suggested) for each in swept]
    last = sweeping.run(day(8) + timedelta(minutes=1))
    assert sum(marked for marked, _ in totals) + last.marked_dark == 30
    assert sum(suggested for _, suggested in totals) + last.suggested == 30
    assert (Suggestion.objects.count(), Suggestion.objects.live().count()) == (30, 30)
    assert DarkSpell.objects.count() == 30
    assert Notice.objects.count() == 10
    leading = Suggestion.objects.live().filter(contact=contact).free().get()
    assert leading.rank == max(row.rank for row in Suggestion.objects.filter(contact=contact))


def test_a_reply_that_commits_during_the_sweep_is_never_followed_by_a_suggestion(
    ines: User, run: Callable[..., Future]
) -> None:
    story = waiting_deal(ines)
    is_written, may_commit = Event(), Event()

    def reply_slowly() -> None:
        with transaction.atomic():
            reply(story)
            is_written.set()
            may_commit.wait(PATIENCE_SECONDS)

    replied = run(reply_slowly)
    is_written.wait(PATIENCE_SECONDS)
    beside = sweeping.run(day(8))
    may_commit.set()
    replied.result()
    after = sweeping.run(day(8) + timedelta(minutes=1))
    assert (beside.marked_dark, beside.suggested) == (0, 0)
    assert (after.marked_dark, after.suggested) == (0, 0)
    assert Suggestion.objects.count() == 0


def test_a_reply_that_waited_for_the_sweep_ends_the_suggestion_at_once(
    ines: User, run: Callable[..., Future]
) -> None:
    story = waiting_deal(ines)
    with transaction.atomic():
        marked = sweep.mark_batch(day(8))
        replied = run(reply, story)
        until_somebody_waits_for_a_lock()
        assert suggest.for_silences(marked, day(8)) == 1
    replied.result()
    assert (Suggestion.objects.count(), Suggestion.objects.live().count()) == (1, 0)


def test_an_opt_out_that_waited_for_the_sweep_ends_the_suggestion_at_once(
    ines: User, run: Callable[..., Future]
) -> None:
    story = waiting_deal(ines)
    with transaction.atomic():
        marked = sweep.mark_batch(day(8))
        opted_out = run(lambda: people.opt_out(story.deal.contact, now=day(8), channel="email"))
        until_somebody_waits_for_a_lock()
        assert suggest.for_silences(marked, day(8)) == 1
    opted_out.result()
    assert Suggestion.objects.live().count() == 0
    sweeping.run(day(8) + timedelta(minutes=1))
    assert Suggestion.objects.live().get().channel == "phone"


def test_an_unsubscription_that_waited_for_a_reply_waits_in_no_ring(
    ines: User, run: Callable[..., Future]
) -> None:
    story = waiting_deal(ines)
    with transaction.atomic():
        reply(story)
        unsubscribed = run(unsubscribe.unsubscribe, story.deal.contact, day(8))
        until_somebody_waits_for_a_lock()
        lines.line_up([story.deal.contact_id])
    unsubscribed.result()
    assert OptOut.objects.get().channel == "email"


def test_acting_beside_sweepers_settles_each_suggestion_once(
    ines: User, run: Callable[..., Future]
) -> None:
    contact = make_contact()
    for number in range(12):
        waiting_deal(ines, amount=number, contact=contact)
    sweeping.run(day(8))
    together = Barrier(8)

    def act(share: int) -> None:
        together.wait()
        for suggestion in Suggestion.objects.order_by("pk"):
            if suggestion.pk % 4 == share:
                suggest.dismiss(suggestion, user=ines, now=day(8))

    def sweep_often() -> None:
        together.wait()
        for minute in range(5):
            sweeping.run(day(8) + timedelta(minutes=minute))

    for each in [run(act, share) for share in range(4)] + [run(sweep_often) for _ in range(4)]:
        each.result()
    states = Suggestion.objects.values_list("state", flat=True)
    assert list(states) == ["dismissed"] * 12
