"""Decision 126: whoever comes with an instant that is behind takes back nothing that is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from accounts.models import User
from deals import calendars, conversation, course, people, rebuilding, sweep, thresholds
from deals.calendars import WORKING_WEEK
from deals.importing import importer
from deals.models import Deal, Hold, Outcome, Silence, Stage, Turn, WorkCalendar
from deals.replay import replay
from deals.silence import LONGEST_BEHIND
from tests.cast import Story, day, make_contact, make_deal, sweep_at
from tests.deals.files import DEALS, TOUCHES, bring, write_csv

BEFORE, THEN = day(1, 10), day(1, 10, 2)  # when somebody looked at the clock; what came meanwhile


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo on which they are silent since day 0, 10:00: dark after a week."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    return story


def rows(story: Story) -> list[dict[str, object]]:
    """Return all that is stored of a deal's silences, ids and all, and where the deal stands."""
    story.deal.refresh_from_db()
    stands = {"stage": story.deal.stage_id, "outcome": story.deal.outcome}
    return [stands, *story.deal.silences.values(), {"spells": story.spells}]


def join_and_lead(story: Story) -> None:
    lyon = WorkCalendar.objects.create(name="Lyon")
    calendars.new_version(lyon, now=day(0), hours=WORKING_WEEK, time_zone="Europe/Paris")
    other = make_contact("Tove", "Berg")
    calendars.assign(other, lyon, now=day(0))
    people.make_primary(story.deal, other, now=THEN)


@pytest.mark.parametrize(
    "happens",
    [
        lambda story: story.they_write(THEN),
        lambda story: story.we_write(THEN),
        lambda story: course.enter_stage(
            story.deal, Stage.objects.get(name="Discovery"), turn=Turn.UNCHANGED, now=THEN
        ),
        lambda story: course.close(story.deal, Outcome.WON, now=THEN),
        lambda story: conversation.promise(story.deal, made_at=THEN, due_at=day(5), now=THEN),
        lambda story: people.opt_out(story.deal.contact, now=THEN),
        join_and_lead,
    ],
    ids=["reply", "attempt", "stage", "closing", "promise", "opt-out", "lead"],
)
def test_what_was_recorded_meanwhile_stays(demo: Story, happens: Callable[[Story], None]) -> None:
    happens(demo)
    written = rows(demo)
    assert rebuilding.rebuild(lambda: BEFORE).differing == []
    replay([demo.deal.pk], BEFORE, is_sweep=True)
    assert rows(demo) == written
    assert rebuilding.check(lambda: BEFORE).differing == []


def test_a_door_that_waited_writes_its_row_among_those_that_came_meanwhile(demo: Story) -> None:
    demo.they_write(THEN)
    demo.we_write(BEFORE)
    assert demo.silences[1:] == [("them", day(0, 10), THEN, "replied"), ("us", THEN, None, "")]
    assert demo.deal.silences.get(by="them").attempts == 1


def test_an_attempt_made_during_a_long_sweep_counts(demo: Story) -> None:
    demo.we_write(day(7, 12, 2))
    sweep_at(day(7, 12))
    silence = Silence.objects.get(pk=demo.silence.pk)
    assert (silence.dark_at, silence.dark_attempts) == (day(7, 10), 1)


def test_what_a_later_sweep_marked_stays_marked(demo: Story) -> None:
    sweep_at(day(7, 10, 1))
    written = rows(demo)
    demo.we_write(day(7, 9, 59))
    assert demo.spells == written[-1]["spells"] == [(day(7, 10), None)]
    conversation.hold(
        Hold(deal=demo.deal, reason="pause", starts_at=day(7, 10, 3), ends_at=day(9)),
        now=day(7, 10, 3),
    )
    replay([demo.deal.pk], day(7, 9, 59))
    assert demo.spells == [(day(7, 10), day(7, 10, 3))]


def test_what_lies_further_ahead_does_not_count_yet(demo: Story) -> None:
    demo.they_write(THEN)
    replay([demo.deal.pk], THEN - LONGEST_BEHIND - timedelta.resolution)
    assert demo.silences[1:] == [("them", day(0, 10), None, "")]
    replay([demo.deal.pk], THEN - LONGEST_BEHIND)
    assert demo.silences[-1] == ("us", THEN, None, "")


def test_a_long_rebuild_judges_each_chunk_as_of_its_own_instant(
    demo: Story, ines: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "CHUNK", 1)
    other = Story(make_deal(ines, "Demo", contact=make_contact()))
    other.they_write(day(1, 12))
    written = rows(other)
    assert rebuilding.check(partial(next, iter([BEFORE, day(2)]))).differing == []
    assert rebuilding.rebuild(partial(next, iter([BEFORE, day(2)]))).differing == []
    assert rows(other) == written


def test_judging_the_past_anew_judges_each_batch_as_of_its_own_instant(demo: Story) -> None:
    stage = Stage.objects.get(name="Demo")
    version = thresholds.change_span(stage, "3d", now=BEFORE, retroactive=True)
    demo.they_write(day(1, 12))
    written = rows(demo)
    thresholds.rejudge(version.rejudging, partial(next, iter([day(2), day(2)])))
    assert rows(demo) == written


def test_a_long_import_judges_each_batch_as_of_its_own_instant(
    ines: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", 1)
    touches = [(key, f"{key}-1", day(0, 10), "outbound", "email", "", "") for key in "AB"]
    write_csv(
        tmp_path / "deals.csv", DEALS, *((key, "Ines", "", "", day(0), "", "") for key in "AB")
    )
    write_csv(tmp_path / "touches.csv", TOUCHES, *touches)
    bring(tmp_path, now=BEFORE)
    second = Story(Deal.objects.get(external_id="B"))
    earlier = [(key, f"{key}-2", day(0, 9), "outbound", "phone", "", "") for key in "AB"]
    write_csv(tmp_path / "touches.csv", TOUCHES, *touches, *earlier)

    def clock() -> datetime:
        if second.silence.by == "them":
            second.they_write(day(1, 12))
        return day(1, 12, 1)

    bring(tmp_path, now=BEFORE, clock=clock)

    assert second.deal.touches.count() == 3
    assert second.silences[-1] == ("us", day(1, 12), None, "")


def test_check_calls_equal_what_was_recorded_since_the_last_sweep(demo: Story) -> None:
    """The pause that began is the next sweep's to record; the attempt stands already."""
    sweep_at(day(9))
    sweep.beat(day(9), marked_dark=1, suggested=0)
    pause = Hold(deal=demo.deal, reason="pause", starts_at=day(10), ends_at=day(12))
    conversation.hold(pause, now=day(9))
    demo.we_write(day(9, 12))
    assert rebuilding.check(lambda: day(11)).differing == []
