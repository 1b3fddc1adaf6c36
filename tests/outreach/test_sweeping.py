"""One sweep does all that is due, however many ticks were missed."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import User
from contacts.models import Address
from deals import conversation, course, people
from deals.models import Heartbeat, Hold, Stage, Turn
from outreach import suggest, sweeping, tasks
from outreach.models import Suggestion
from tests.cast import Story, day, make_contact, make_deal

State = Suggestion.State


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo, on which it is their move since Monday at ten."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    return story


def states(story: Story) -> list[tuple[int, str]]:
    rows = Suggestion.objects.filter(deal=story.deal).order_by("pk")
    return list(rows.values_list("step", "state"))


def live(story: Story) -> list[int]:
    rows = Suggestion.objects.live().filter(deal=story.deal)
    return list(rows.values_list("step", flat=True))


def test_a_sweep_marks_suggests_and_notes_its_heartbeat(demo: Story) -> None:
    swept = sweeping.run(day(8))
    assert (swept.marked_dark, swept.suggested) == (1, 1)
    beat = Heartbeat.objects.get()
    assert (beat.swept_at, beat.marked_dark, beat.suggested) == (day(8), 1, 1)


def test_a_second_sweep_finds_nothing_to_do(demo: Story) -> None:
    sweeping.run(day(8))
    swept = sweeping.run(day(8, 10))
    assert (swept.marked_dark, swept.suggested) == (0, 0)
    assert states(demo) == [(1, "queued")]


def test_only_silences_by_them_count_as_marked_dark(demo: Story) -> None:
    demo.they_write(day(1))
    swept = sweeping.run(day(3))
    assert (swept.marked_dark, swept.suggested) == (0, 0)
    assert demo.silence.dark_at == day(1, 17)


def test_a_reply_before_the_sweep_is_never_followed_by_a_suggestion(demo: Story) -> None:
    demo.they_write(day(8))
    sweeping.run(day(9))
    assert states(demo) == []


def test_a_reply_after_the_sweep_ends_the_suggestion_at_once(demo: Story) -> None:
    sweeping.run(day(8))
    demo.they_write(day(8, 10))
    assert live(demo) == []
    sweeping.run(day(8, 11))
    assert states(demo) == [(1, "withdrawn")]


def test_an_attempt_is_followed_by_the_next_step_after_the_spacing(demo: Story) -> None:
    sweeping.run(day(8))
    demo.we_write(day(8, 12))
    assert live(demo) == []
    sweeping.run(day(8, 13))
    assert states(demo) == [(1, "done")]
    sweeping.run(day(10, 11, 59))
    assert states(demo) == [(1, "done")]
    sweeping.run(day(10, 12))
    assert states(demo) == [(1, "done"), (2, "queued")]


def test_the_spacing_counts_working_time_and_its_last_wait_repeats(demo: Story) -> None:
    sweeping.run(day(8))
    at = day(8, 12)
    for wait, weekend in ((2, 0), (3, 2), (5, 2), (7, 2), (7, 4)):
        demo.we_write(at)
        due_at = at + timedelta(days=wait + weekend)
        sweeping.run(due_at - timedelta(minutes=1))
        assert live(demo) == []
        sweeping.run(due_at)
        assert len(live(demo)) == 1
        at = due_at


def test_when_the_attempts_are_spent_the_play_is_to_let_go(demo: Story) -> None:
    at = day(8)
    for _ in range(5):
        sweeping.run(at)
        demo.we_write(at + timedelta(hours=1))
        at += timedelta(days=30)
    sweeping.run(at)
    assert Suggestion.objects.live().get().play == "let_go"


def test_what_was_dismissed_does_not_come_back(demo: Story, ines: User) -> None:
    sweeping.run(day(8))
    suggest.dismiss(Suggestion.objects.get(), user=ines, now=day(8))
    sweeping.run(day(8, 10))
    assert live(demo) == []
    sweeping.run(day(10, 9))
    assert states(demo) == [(1, "dismissed"), (2, "queued")]


def test_a_hold_withdraws_the_suggestion_and_its_end_brings_a_new_one(demo: Story) -> None:
    sweeping.run(day(8))
    pause = Hold(deal=demo.deal, reason="pause", starts_at=day(8, 10), ends_at=day(15))
    conversation.hold(pause, now=day(8, 10))
    assert live(demo) == []
    sweeping.run(day(9))
    assert states(demo) == [(1, "withdrawn")]
    sweeping.run(day(15))
    assert states(demo) == [(1, "withdrawn"), (1, "queued")]


def test_a_spell_that_is_due_no_longer_takes_its_suggestion_with_it(demo: Story) -> None:
    pause = Hold(deal=demo.deal, reason="pause", starts_at=day(8), ends_at=day(15))
    sweeping.run(day(7, 10))
    conversation.hold(pause, now=day(7, 11))
    assert len(live(demo)) == 1
    sweeping.run(day(8))
    assert states(demo) == [(1, "withdrawn")]


def test_another_owner_or_stage_gets_a_suggestion_of_its_own(demo: Story, karl: User) -> None:
    sweeping.run(day(8))
    people.hand_over([demo.deal.pk], karl, now=day(8))
    assert live(demo) == []
    sweeping.run(day(8, 10))
    demo.deal.refresh_from_db()
    negotiation = Stage.objects.get(name="Negotiation")
    course.enter_stage(demo.deal, negotiation, turn=Turn.UNCHANGED, now=day(8, 11))
    assert live(demo) == []
    sweeping.run(day(8, 12))
    assert states(demo) == [(1, "withdrawn"), (1, "withdrawn"), (1, "queued")]
    latest = Suggestion.objects.live().get()
    assert (latest.owner, latest.stage) == (karl, negotiation)


def test_an_opt_out_withdraws_and_the_next_sweep_asks_somebody_else(demo: Story) -> None:
    jonas = make_contact("Jonas", "Weber")
    people.join(demo.deal, jonas, now=day(1))
    sweeping.run(day(8))
    people.opt_out(demo.deal.contact, now=day(8, 10))
    assert live(demo) == []
    sweeping.run(day(8, 11))
    latest = Suggestion.objects.live().get()
    assert (latest.play, latest.contact) == ("widen", jonas)


def test_an_opt_out_on_one_channel_leaves_the_others(demo: Story) -> None:
    sweeping.run(day(8))
    people.opt_out(demo.deal.contact, now=day(8, 10), channel="sms")
    assert len(live(demo)) == 1
    people.opt_out(demo.deal.contact, now=day(8, 10), channel="email")
    assert live(demo) == []
    sweeping.run(day(8, 11))
    assert Suggestion.objects.live().get().channel == "phone"


def test_a_dead_address_withdraws_and_none_left_lets_go_until_one_is_added(ines: User) -> None:
    contact = make_contact(addresses={"email": "mara@example.org"})
    story = Story(make_deal(ines, "Demo", contact=contact))
    story.we_write(day(0, 10))
    sweeping.run(day(8))
    address = contact.addresses.get()
    address.health = "dead"
    people.change_address(address)
    assert live(story) == []
    sweeping.run(day(8, 10))
    none_left = Suggestion.objects.live().get()
    assert (none_left.play, none_left.channel, none_left.lacks) == ("let_go", "", "address")
    people.change_address(Address(contact=contact, channel="phone", value="+46 31 555 01 20"))
    assert live(story) == []
    sweeping.run(day(8, 11))
    assert Suggestion.objects.live().get().channel == "phone"


def test_with_one_channel_worn_out_a_second_one_changes_the_play(ines: User) -> None:
    contact = make_contact(addresses={"email": "mara@example.org"})
    story = Story(make_deal(ines, "Demo", contact=contact))
    story.we_write(day(0, 10))
    story.we_write(day(1))
    story.we_write(day(2))
    sweeping.run(day(8))
    stuck = Suggestion.objects.live().get()
    assert (stuck.play, stuck.channel, stuck.lacks) == ("let_go", "", "channel")
    sweeping.run(day(8, 10))
    assert states(story) == [(1, "queued")]
    people.change_address(Address(contact=contact, channel="phone", value="+46 31 555 01 20"))
    sweeping.run(day(8, 11))
    assert Suggestion.objects.live().get().channel == "phone"


def test_what_is_snoozed_comes_back_on_time(demo: Story, ines: User) -> None:
    sweeping.run(day(8))
    suggest.snooze(Suggestion.objects.get(), until=day(9), user=ines, now=day(8))
    sweeping.run(day(8, 12))
    assert states(demo) == [(1, "snoozed")]
    assert Suggestion.objects.live().awake(day(8, 12)).count() == 0
    sweeping.run(day(9))
    assert states(demo) == [(1, "queued")]


def test_the_task_sweeps_as_of_now(demo: Story) -> None:
    tasks.sweep()
    assert demo.is_dark


def test_the_command_answers_for_people_and_for_programs(demo: Story) -> None:
    out = StringIO()
    call_command("sweep", "--at", "2026-03-10T09:00:00+00:00", "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert list(answer) == ["marked_dark", "suggested", "elapsed_ms"]
    assert (answer["marked_dark"], answer["suggested"]) == (1, 1)
    out = StringIO()
    call_command("sweep", "--at", "2026-03-10T09:00:00+00:00", stdout=out)
    assert out.getvalue().startswith("Marked dark: 0. Suggested: 0. It took ")


def test_the_number_of_queries_does_not_grow_with_the_batch(
    ines: User, django_assert_num_queries
) -> None:
    sweeping.run(day(0))
    for number in (1, 3):
        for _ in range(number):
            Story(make_deal(ines, "Demo")).we_write(day(0, 10))
        with django_assert_num_queries(159):
            assert sweeping.run(day(8)).suggested == number
