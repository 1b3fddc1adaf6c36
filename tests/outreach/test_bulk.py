"""Many deals at once: what is left out, what is done, and what can be taken back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from accounts.models import User
from deals import conversation, course
from deals.models import Deal, Hold, Outcome
from deals.people import hand_over
from outreach import bulk, sweeping
from outreach.acts import Act, LetGo, Pause, Reassign
from outreach.bulk import CHANGED, ONLY_COVERED
from outreach.models import BulkAction, Suggestion
from outreach.undo import ALREADY, Kind, TooLateError, Undo, run
from tests.cast import Cast, Story, day, make_cover, make_deal

NOW = day(9)
UNTIL = day(20)
LOOK_AGAIN = date(2026, 6, 1)


@pytest.fixture
def stories(cast: Cast) -> list[Story]:
    """Three dark deals of Ines's, swept."""
    told = []
    for number in range(3):
        story = Story(make_deal(cast.ines, "Demo", title=f"Deal {number}"))
        story.we_write(day(0, 10))
        told.append(story)
    sweeping.run(NOW)
    return told


def ids(stories: list[Story]) -> list[int]:
    return [story.deal.pk for story in stories]


def previewed(act: Act, stories: list[Story], user: User) -> bulk.Preview:
    return bulk.preview(act, ids(stories), user=user, now=NOW)


def left_out(act: Act, stories: list[Story], user: User) -> dict[str, str]:
    return {line.deal.title: line.why for line in previewed(act, stories, user).left}


def acted(act: Act, stories: list[Story], user: User, now: datetime = NOW) -> bulk.Outcome:
    marks = bulk.read_marks(previewed(act, stories, user).chosen)
    return bulk.act_on(act, marks, user=user, now=now)


def undone(outcome: bulk.Outcome, user: User, now: datetime = NOW) -> str:
    return run(Undo(Kind.BULK, outcome.action.pk), user=user, now=now)


def pause() -> Pause:
    return Pause(UNTIL, "They merge with another company")


def let_go(outcome: Outcome = Outcome.RESTING) -> LetGo:
    return LetGo(outcome, LOOK_AGAIN if outcome == Outcome.RESTING else None, "No budget")


def outcomes() -> list[str]:
    return list(Deal.objects.order_by("pk").values_list("outcome", flat=True))


def owners() -> list[str]:
    return list(Deal.objects.order_by("pk").values_list("owner__name", flat=True))


def test_a_preview_changes_nothing(stories: list[Story], cast: Cast) -> None:
    before = list(Deal.objects.values()), list(Suggestion.objects.values())
    for act in (Reassign(cast.karl), pause(), let_go()):
        assert len(previewed(act, stories, cast.maud).acted) == 3
    assert (list(Deal.objects.values()), list(Suggestion.objects.values())) == before
    assert not BulkAction.objects.exists()
    assert not Hold.objects.exists()


def test_a_preview_says_what_becomes_of_each_and_what_they_are_worth(
    stories: list[Story], cast: Cast
) -> None:
    told = previewed(Reassign(cast.karl), stories, cast.maud)
    assert {line.fate for line in told.acted} == {"Becomes Karl’s"}
    assert told.amounts == "€\u00a03,000"
    assert {line.fate for line in previewed(pause(), stories, cast.maud).acted} == {
        "Waits until 22 March"
    }
    assert previewed(let_go(), stories, cast.maud).acted[0].fate == "Rests until 1 June 2026"
    for_good = previewed(let_go(Outcome.LOST), stories, cast.maud)
    assert for_good.acted[0].fate == "Lost, for good"
    for_ever = LetGo(Outcome.RESTING, None, "")
    assert previewed(for_ever, stories, cast.maud).acted[0].fate == "Rests until they are heard"


def test_closed_deals_are_left_out(stories: list[Story], cast: Cast) -> None:
    course.close(stories[0].deal, Outcome.WON, now=NOW)
    course.let_go(stories[1].deal, now=NOW)
    assert left_out(pause(), stories, cast.maud) == {
        "Deal 0": "Won already", "Deal 1": "Resting already",
    }  # fmt: skip
    assert left_out(let_go(), stories, cast.maud) == left_out(pause(), stories, cast.maud)
    assert left_out(Reassign(cast.karl), stories, cast.maud) == {"Deal 0": "Won already"}


def test_who_owns_a_deal_already_does_not_get_it_again(stories: list[Story], cast: Cast) -> None:
    hand_over([stories[0].deal.pk], cast.karl, now=NOW)
    assert left_out(Reassign(cast.karl), stories, cast.maud) == {"Deal 0": "Karl’s already"}


def test_what_is_held_is_not_paused_again(stories: list[Story], cast: Cast) -> None:
    held = Hold(deal=stories[0].deal, reason="pause", starts_at=NOW, ends_at=day(12))
    conversation.hold(held, now=NOW)
    away = Hold(contact=stories[1].deal.contact, reason="absence", starts_at=NOW, ends_at=day(13))
    conversation.hold(away, now=NOW)
    assert left_out(pause(), stories, cast.maud) == {
        "Deal 0": "On hold until 14 March already", "Deal 1": "On hold until 15 March already",
    }  # fmt: skip
    assert left_out(let_go(), stories, cast.maud) == {}


def test_whom_we_are_to_meet_is_neither_paused_nor_let_go(stories: list[Story], cast: Cast) -> None:
    meeting = Hold(deal=stories[0].deal, reason="meeting", starts_at=NOW, ends_at=day(12))
    conversation.hold(meeting, now=NOW)
    booked = {"Deal 0": "A meeting is booked, until 14 March"}
    assert left_out(pause(), stories, cast.maud) == booked
    assert left_out(let_go(), stories, cast.maud) == booked
    assert left_out(Reassign(cast.karl), stories, cast.maud) == {}


def test_a_deal_of_another_team_is_counted_and_not_named(stories: list[Story], cast: Cast) -> None:
    stories.append(Story(make_deal(cast.noor, title="Secret")))
    told = previewed(Reassign(cast.karl), stories, cast.maud)
    assert (len(told.acted), told.hidden) == (3, 1)
    bulk.act_on(Reassign(cast.karl), {stories[3].deal.pk: ""}, user=cast.maud, now=NOW)
    assert owners() == ["Ines", "Ines", "Ines", "Noor"]


def test_what_a_cover_shows_is_not_given_away(stories: list[Story], cast: Cast) -> None:
    hers = Story(make_deal(cast.noor, title="Covered"))
    now = datetime.now(NOW.tzinfo)
    make_cover(cast.maud, cast.noor, now - timedelta(1), now + timedelta(1))
    for act in (Reassign(cast.karl), pause(), let_go()):
        assert left_out(act, [hers], cast.maud) == {"Covered": ONLY_COVERED}


def test_deals_are_reassigned_and_given_back(stories: list[Story], cast: Cast) -> None:
    done = acted(Reassign(cast.karl), stories, cast.maud)
    assert (done.count, done.left, owners()) == (3, [], ["Karl"] * 3)
    sweeping.run(NOW)
    assert {row.owner for row in Suggestion.objects.live()} == {cast.karl}
    assert undone(done, cast.maud) == "Taken back: three deals are as before."
    assert owners() == ["Ines"] * 3
    assert {row.owner for row in Suggestion.objects.live()} == {cast.ines}
    assert undone(done, cast.maud) == ALREADY.text


def test_deals_are_paused_and_run_again(stories: list[Story], cast: Cast) -> None:
    done = acted(pause(), stories, cast.maud)
    assert done.action.get_kind_display() == "Pause"
    held = Hold.objects.first()
    assert held is not None
    assert (held.ends_at, held.note, held.user) == (
        UNTIL, "They merge with another company", cast.maud,
    )  # fmt: skip
    assert all(story.silence and story.silence.held_until == UNTIL for story in stories)
    undone(done, cast.maud)
    assert not Hold.objects.exists()
    assert all(story.is_dark for story in stories)


def test_deals_are_let_go_and_open_again(stories: list[Story], cast: Cast) -> None:
    done = acted(let_go(), stories, cast.maud)
    assert outcomes() == ["resting"] * 3
    entry = stories[0].deal.outcome_entries.get()
    assert (entry.is_let_go, entry.look_again_on, entry.reason, entry.user) == (
        True, LOOK_AGAIN, "No budget", cast.maud,
    )  # fmt: skip
    assert stories[0].silences[-1][3] == "let_go"
    undone(done, cast.maud)
    assert outcomes() == ["open"] * 3
    assert all(story.is_dark for story in stories)
    assert Suggestion.objects.live().count() == 3


def test_letting_go_for_good_loses_them(stories: list[Story], cast: Cast) -> None:
    acted(let_go(Outcome.LOST), stories, cast.maud)
    assert outcomes() == ["lost"] * 3


@pytest.mark.parametrize("what", ["reply", "attempt", "owner", "stage", "pause", "closed"])
def test_a_deal_that_changed_since_the_preview_is_left_and_named(
    stories: list[Story], cast: Cast, what: str
) -> None:
    act = let_go()
    marks = bulk.read_marks(previewed(act, stories, cast.maud).chosen)
    deal = stories[1].deal
    match what:
        case "reply":
            stories[1].they_write(NOW)
        case "attempt":
            stories[1].we_write(NOW)
        case "owner":
            hand_over([deal.pk], cast.karl, now=NOW)
        case "stage":
            course.enter_stage(deal, _another(deal), turn="unchanged", now=NOW)
        case "pause":
            held = Hold(deal=deal, reason="pause", starts_at=NOW, ends_at=day(12))
            conversation.hold(held, now=NOW)
        case "closed":
            course.close(deal, Outcome.WON, now=NOW)
    done = bulk.act_on(act, marks, user=cast.maud, now=NOW)
    assert (done.count, done.left) == (2, [("Deal 1", CHANGED)])


def _another(deal: Deal) -> object:
    return deal.stage.pipeline.stages.exclude(pk=deal.stage_id).first()


def test_nothing_done_is_no_act(stories: list[Story], cast: Cast) -> None:
    marks = dict.fromkeys(ids(stories), "made up")
    done = bulk.act_on(pause(), marks, user=cast.maud, now=NOW)
    assert (done.count, len(done.left)) == (0, 3)
    assert not BulkAction.objects.exists()


def test_what_a_door_refuses_is_named_with_its_reason(stories: list[Story], cast: Cast) -> None:
    done = acted(LetGo(Outcome.RESTING, NOW.date(), ""), stories[:1], cast.maud)
    assert done.left == [("Deal 0", "Choose a day to come for the next look.")]


def test_undo_leaves_what_has_moved_on_and_names_it(stories: list[Story], cast: Cast) -> None:
    done = acted(Reassign(cast.karl), stories, cast.maud)
    hand_over([stories[0].deal.pk], cast.maud, now=NOW)
    told = undone(done, cast.maud)
    assert told == "Taken back: two deals are as before. One deal has moved on since: “Deal 0”."
    assert owners() == ["Maud", "Ines", "Ines"]


def test_a_let_go_deal_that_was_heard_stays_open_when_the_rest_is_taken_back(
    stories: list[Story], cast: Cast
) -> None:
    done = acted(let_go(), stories, cast.maud)
    course.reopen(stories[2].deal, now=day(10))
    told = undone(done, cast.maud, day(10))
    assert told.endswith("One deal has moved on since: “Deal 2”.")
    assert outcomes() == ["open"] * 3
    assert stories[2].deal.outcome_entries.count() == 2


def test_a_pause_that_ended_stays_ended(stories: list[Story], cast: Cast) -> None:
    done = acted(pause(), stories, cast.maud)
    conversation.end_hold(Hold.objects.get(deal=stories[0].deal), now=day(10))
    assert undone(done, cast.maud, day(11)).startswith("Taken back: two deals are as before.")
    assert Hold.objects.get().ends_at == day(10)


def test_deals_do_not_go_back_to_whoever_left(stories: list[Story], cast: Cast) -> None:
    done = acted(Reassign(cast.karl), stories, cast.maud)
    User.objects.filter(pk=cast.ines.pk).update(is_active=False)
    assert undone(done, cast.maud).startswith(
        "Taken back: no deals are as before. Three deals have"
    )
    assert owners() == ["Karl"] * 3


def test_an_act_is_its_doers_to_take_back(stories: list[Story], cast: Cast) -> None:
    done = acted(Reassign(cast.karl), stories, cast.maud)
    with pytest.raises(BulkAction.DoesNotExist):
        undone(done, cast.ada)
    assert owners() == ["Karl"] * 3


def test_what_is_out_of_sight_by_now_is_not_taken_back_nor_named(
    stories: list[Story], cast: Cast
) -> None:
    done = acted(Reassign(cast.karl), stories, cast.maud)
    hand_over([stories[0].deal.pk], cast.noor, now=NOW)
    assert undone(done, cast.maud).endswith("One deal has moved on since.")
    assert owners() == ["Noor", "Ines", "Ines"]


def test_batches_follow_each_other_in_order_of_id(
    stories: list[Story], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    done = acted(pause(), stories, cast.maud)
    assert [deal for deal, _, _ in done.action.done] == sorted(ids(stories))
    stored = BulkAction.objects.get().done
    assert [tuple(row) for row in stored] == done.action.done


def test_marks_are_read_as_far_as_they_make_sense() -> None:
    assert bulk.read_marks("7.ab,8,x.1,,999999999999999999999.a") == {7: "ab", 8: ""}
    assert len(bulk.read_marks(",".join(map(str, range(2000))))) == bulk.LIMIT


def test_the_number_of_queries_of_a_preview_does_not_grow(
    stories: list[Story], cast: Cast, django_assert_num_queries
) -> None:
    for some in (stories[:1], stories):
        with django_assert_num_queries(7):
            previewed(pause(), some, cast.maud)


def test_a_token_of_another_kind_of_row_is_too_late(stories: list[Story], cast: Cast) -> None:
    done = acted(pause(), stories, cast.maud)
    held = Hold.objects.first()
    assert held is not None
    with pytest.raises(TooLateError):
        run(Undo(Kind.HOLD, held.pk), user=cast.maud, now=day(30))
    assert done.count == 3
