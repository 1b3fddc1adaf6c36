"""SILENCE.md, "What is recorded does not depend on when sweeps ran", and `rebuild_silences`."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from deals import conversation, course, people, rebuilding, sweep, thresholds
from deals.models import DarkSpell, Deal, Hold, Outcome, Silence, Stage, Turn
from deals.replay import compare
from tests.cast import Story, day, make_contact, make_deal, sweep_at


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo on which they are silent since day 0, 10:00: dark after a week."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    return story


def beat_at(now: datetime) -> None:
    """Sweep, and note that it came to its end."""
    sweep_at(now)
    sweep.beat(now, marked_dark=0, suggested=0)


def pause(story: Story, since: datetime, to: datetime, now: datetime) -> Hold:
    held = Hold(deal=story.deal, reason="pause", starts_at=since, ends_at=to)
    return conversation.hold(held, now=now)


def in_line(now: datetime) -> bool:
    return rebuilding.check(lambda: now).differing == []


def test_a_hold_that_began_and_ended_between_two_sweeps_splits_the_spell(demo: Story) -> None:
    pause(demo, day(8), day(9), now=day(1))
    beat_at(day(7, 12))
    assert demo.is_dark
    beat_at(day(10))
    assert demo.spells == [(day(7, 10), day(8)), (day(9), None)]
    assert in_line(day(10))


def test_an_absence_that_began_and_ended_between_two_sweeps_splits_the_spell(demo: Story) -> None:
    away = Hold(contact=demo.deal.contact, reason="absence", starts_at=day(8), ends_at=day(9))
    conversation.hold(away, now=day(1))
    beat_at(day(7, 12))
    beat_at(day(10))
    assert demo.spells == [(day(7, 10), day(8)), (day(9), None)]
    assert in_line(day(10))


def test_what_crossed_and_was_held_between_two_sweeps_has_its_spell(demo: Story) -> None:
    pause(demo, day(8), day(20), now=day(1))
    beat_at(day(7))
    beat_at(day(10))
    assert demo.spells == [(day(7, 10), day(8))]
    assert in_line(day(10))


def test_a_threshold_that_was_raised_and_lowered_between_two_sweeps_splits_the_spell(
    demo: Story,
) -> None:
    stage = Stage.objects.get(name="Demo")
    beat_at(day(8))
    thresholds.change_span(stage, "30d", now=day(9))
    thresholds.change_span(stage, "5d", now=day(10))
    beat_at(day(11))
    assert demo.spells == [(day(7, 10), day(9)), (day(10), None)]
    assert in_line(day(11))


def test_a_threshold_that_was_raised_and_crossed_between_two_sweeps_splits_the_spell(
    demo: Story,
) -> None:
    beat_at(day(8))
    thresholds.change_span(Stage.objects.get(name="Demo"), "2w", now=day(9))
    beat_at(day(20))
    assert demo.spells == [(day(7, 10), day(9)), (day(14, 10), None)]
    assert in_line(day(20))


def test_what_crossed_before_a_threshold_was_raised_has_its_spell(demo: Story) -> None:
    beat_at(day(7))
    thresholds.change_span(Stage.objects.get(name="Demo"), "30d", now=day(8))
    beat_at(day(9))
    assert demo.spells == [(day(7, 10), day(8))]
    assert in_line(day(9))


def test_a_promise_made_and_broken_between_two_sweeps_splits_the_spell(demo: Story) -> None:
    beat_at(day(8))
    conversation.promise(demo.deal, made_at=day(9), due_at=day(10), now=day(9))
    beat_at(day(12))
    assert demo.spells == [(day(7, 10), day(9)), (day(10), None)]
    assert in_line(day(12))


def test_a_week_without_sweeps_records_what_minutely_ones_would(ines: User, demo: Story) -> None:
    often = Story(make_deal(ines, "Demo", contact=make_contact("Often")))
    often.we_write(day(0, 10))
    for story in (demo, often):
        pause(story, day(9), day(10), now=day(1))
    now = day(7)
    while now < day(14):
        sweep.replay([often.deal.pk], now, is_sweep=True)
        now += timedelta(hours=1)
    sweep_at(day(14))
    assert demo.spells == often.spells == [(day(7, 10), day(9)), (day(10), None)]


def test_a_sweep_that_finds_nothing_new_writes_nothing(demo: Story) -> None:
    pause(demo, day(8), day(9), now=day(1))
    beat_at(day(10))
    before = list(Silence.objects.values()), list(DarkSpell.objects.values())
    beat_at(day(11))
    assert (list(Silence.objects.values()), list(DarkSpell.objects.values())) == before


def test_the_mark_of_a_silence_is_the_beginning_of_its_last_spell(demo: Story) -> None:
    pause(demo, day(8), day(9), now=day(1))
    sweep_at(day(10))
    course.enter_stage(
        demo.deal, Stage.objects.get(name="Discovery"), turn=Turn.UNCHANGED, now=day(11)
    )  # fmt: skip
    assert demo.silence.dark_at is None
    assert demo.spells[-1] == (day(9), day(11))
    sweep_at(day(30))
    for silence in Silence.objects.open():
        last = silence.spells.filter(ended_at=None).first()
        assert silence.dark_at == (last.started_at if last else None)
    assert demo.silence.dark_at == day(22, 10)  # three weeks and the day that was held


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("started_at", day(2)),
        ("clock_from", day(2)),
        ("attempts", 7),
        ("held_until", day(50)),
        ("dark_at", None),
    ],
)
def test_a_row_that_somebody_changed_is_found_and_mended(
    demo: Story, field: str, value: object
) -> None:
    now = timezone.now()
    beat_at(now)
    row = Silence.objects.filter(pk=demo.silence.pk)
    [before] = row.values()
    row.update(**{field: value})
    with pytest.raises(CommandError, match=f"differ from their histories: {demo.deal.pk}"):
        call_command("rebuild_silences", "--check")
    call_command("rebuild_silences")
    sweep_at(now)
    [after] = row.values()
    assert after == before
    call_command("rebuild_silences", "--check")


def test_a_spell_that_somebody_took_away_is_found_and_mended(demo: Story) -> None:
    demo.they_write(day(9))
    DarkSpell.objects.all().delete()
    assert rebuilding.check(lambda: day(10)).differing == [demo.deal.pk]
    assert rebuilding.rebuild(lambda: day(10)).differing == [demo.deal.pk]
    assert demo.spells == [(day(7, 10), day(9))]


def test_a_deal_that_somebody_closed_by_hand_is_found_and_mended(demo: Story) -> None:
    Deal.objects.update(outcome=Outcome.WON, closed_at=day(1))
    assert rebuilding.check(lambda: day(3)).differing == [demo.deal.pk]
    rebuilding.rebuild(lambda: day(3))
    demo.deal.refresh_from_db()
    assert (demo.deal.outcome, demo.deal.closed_at) == (Outcome.OPEN, None)


def test_what_only_awaits_a_sweep_is_equal(demo: Story) -> None:
    beat_at(day(1))
    assert in_line(day(9))
    beat_at(day(9))
    pause(demo, day(10), day(12), now=day(9))
    assert in_line(day(11))


def test_hand_over_lets_the_next_crossing_be_the_new_owners(demo: Story, karl: User) -> None:
    pause(demo, day(8), day(9), now=day(1))
    sweep_at(day(7, 12))
    people.hand_over([demo.deal.pk], karl, now=day(7, 12))
    sweep_at(day(10))
    owners = demo.silence.spells.order_by("started_at").values_list("owner__name", flat=True)
    assert list(owners) == ["Ines", "Karl"]
    assert compare([demo.deal.pk], day(10)).differing == set()
