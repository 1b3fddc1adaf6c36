"""What happens is announced once, in the same transaction, and never when it is old news."""

import pytest
from django.db import transaction

from accounts.models import User
from deals import conversation, course, rebuilding
from deals.models import Announcement, Deal, Hold, Outcome, Turn
from deals.replay import lock, replay
from outreach import suggest, sweeping
from outreach.models import Play, Suggestion
from tests.cast import Story, day, make_contact, make_deal, sweep_at

Kind = Announcement.Kind


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo: dark after a week. We wrote on Monday at ten."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    return story


def told() -> list[tuple[str, str]]:
    """Return what was announced since somebody last asked, and when it came about."""
    rows = list(Announcement.objects.values_list("kind", "occurred_at"))
    Announcement.objects.all().delete()
    return [(kind, f"{at:%a %H:%M}") for kind, at in rows]


def test_a_silence_that_goes_dark_is_announced_by_the_sweep_and_once(demo: Story) -> None:
    assert told() == []

    sweep_at(day(7, 11))
    sweep_at(day(7, 12))
    replay([demo.deal.pk], day(7, 13), is_sweep=True)

    assert told() == [("silence.dark", "Mon 10:00")]


def test_what_is_told_names_deal_and_silence_and_quotes_nobody(demo: Story) -> None:
    demo.we_write(day(1, 10), note="A word in confidence")
    sweep_at(day(7, 11))

    row, deal = Announcement.objects.get(), demo.deal
    assert (row.deal, row.silence, row.occurred_at, row.recorded_at) == (
        deal, demo.silence, day(7, 10), day(7, 11),
    )  # fmt: skip
    assert row.content == {
        "deal": {
            "id": deal.pk, "source": "hand", "external_id": deal.external_id,
            "title": "Fleet telematics", "owner_id": deal.owner_id, "stage_id": deal.stage_id,
            "contact_id": deal.contact_id, "company_id": None, "amount": "1000.00",
            "currency": "EUR", "outcome": "open",
        },
        "silence": {
            "id": row.silence_id, "started_at": "2026-03-02T10:00:00Z",
            "dark_at": "2026-03-09T10:00:00Z", "ended_at": None, "ending": None, "attempts": 1,
        },
    }  # fmt: skip


def test_a_reply_ends_a_silence_and_relights_one_that_was_dark(demo: Story) -> None:
    sweep_at(day(7, 11))
    told()

    demo.they_write(day(7, 12), recorded_at=day(7, 13))

    ended = Announcement.objects.get(kind=Kind.SILENCE_ENDED).content["silence"]
    assert (ended["ending"], ended["dark_at"]) == ("replied", "2026-03-09T10:00:00Z")
    assert told() == [("silence.ended", "Mon 12:00"), ("deal.relit", "Mon 12:00")]


def test_a_reply_in_time_only_ends_the_silence(demo: Story) -> None:
    demo.they_write(day(1))

    ended = Announcement.objects.get().content["silence"]
    assert (ended["ending"], ended["dark_at"]) == ("replied", None)
    assert told() == [("silence.ended", "Tue 09:00")]


def test_nothing_is_announced_of_what_we_owe(demo: Story) -> None:
    demo.they_write(day(1))
    told()

    sweep_at(day(4))  # our answer is overdue
    demo.we_write(day(4, 10))  # and given

    assert told() == []


def test_a_silence_that_a_late_touch_splits_ends_once_for_each_end(demo: Story) -> None:
    demo.they_write(day(1, 12))
    assert told() == [("silence.ended", "Tue 12:00")]

    demo.they_write(day(1, 10), recorded_at=day(1, 13))
    demo.we_write(day(1, 11), recorded_at=day(1, 14))

    assert demo.silences[1][2] == day(1, 10)
    assert told() == [("silence.ended", "Tue 12:00")]  # the second silence's, which is new


def test_an_end_that_moves_is_not_announced_again(demo: Story) -> None:
    reply = demo.they_write(day(1, 12))
    told()

    demo.they_write(day(1, 10), recorded_at=day(1, 13))
    conversation.delete(reply, now=day(1, 14))

    assert demo.silences[1][2] == day(1, 10)
    assert told() == []


def test_what_came_about_a_day_before_it_is_recorded_is_no_news(demo: Story) -> None:
    demo.they_write(day(1), recorded_at=day(2))  # 24 hours: still
    demo.we_write(day(2))
    assert told() == [("silence.ended", "Tue 09:00")]

    demo.they_write(day(3), recorded_at=day(4, 10))

    assert told() == []


def test_a_crossing_that_no_sweep_saw_for_a_day_is_no_news(demo: Story) -> None:
    sweep_at(day(8, 11))

    assert demo.is_dark
    assert told() == []


def test_a_silence_that_is_dark_again_after_a_hold_is_told_again(demo: Story) -> None:
    sweep_at(day(7, 11))
    conversation.hold(Hold(deal=demo.deal, starts_at=day(7, 12), ends_at=day(9)), now=day(7, 12))
    sweep_at(day(7, 13))
    sweep_at(day(9, 10))

    assert told() == [("silence.dark", "Mon 10:00"), ("silence.dark", "Wed 09:00")]


def test_winning_and_losing_are_told_with_the_silence_they_end(ines: User) -> None:
    for outcome, kind in ((Outcome.WON, "deal.won"), (Outcome.LOST, "deal.lost")):
        story = Story(make_deal(ines, "Demo"))
        story.we_write(day(0, 10))
        course.close(story.deal, outcome, now=day(1))

        assert Announcement.objects.get(kind=kind).content["deal"]["outcome"] == outcome
        assert told() == [(kind, "Tue 09:00"), ("silence.ended", "Tue 09:00")]


def test_archiving_is_tidying_up_and_no_news_but_for_the_silence(demo: Story) -> None:
    course.close(demo.deal, Outcome.ARCHIVED, now=day(1))

    assert told() == [("silence.ended", "Tue 09:00")]


@pytest.mark.parametrize("outcome", [Outcome.RESTING, Outcome.LOST])
def test_letting_go_is_told_for_now_and_for_good(demo: Story, outcome: Outcome) -> None:
    course.let_go(demo.deal, now=day(1), outcome=outcome)

    let_go = Announcement.objects.get(kind=Kind.DEAL_LET_GO).content["deal"]["outcome"]
    assert let_go == outcome
    assert told() == [("deal.let_go", "Tue 09:00"), ("silence.ended", "Tue 09:00")]


def test_whoever_is_heard_after_a_let_go_is_relit_and_the_deal_open(demo: Story) -> None:
    course.let_go(demo.deal, now=day(1))
    told()

    demo.they_write(day(20))

    reopened = Announcement.objects.get(kind=Kind.DEAL_REOPENED)
    assert reopened.content["how"] == "heard"
    assert told() == [("deal.reopened", "Sun 09:00"), ("deal.relit", "Sun 09:00")]


def test_a_deal_reopened_by_hand_is_told_from_a_closing_taken_back(demo: Story) -> None:
    course.close(demo.deal, Outcome.LOST, now=day(1))
    told()
    course.reopen(demo.deal, now=day(2))
    assert Announcement.objects.get().content["how"] == "reopened"
    assert told() == [("deal.reopened", "Wed 09:00")]

    entry = course.close(demo.deal, Outcome.WON, now=day(3))
    told()
    course.undo(entry, now=day(3, 10))

    assert Announcement.objects.get().content["how"] == "taken_back"
    assert told() == [("deal.reopened", "Thu 10:00")]


def test_an_old_closing_is_no_news(ines: User) -> None:
    deal = make_deal(ines, "Demo")
    course.close(deal, Outcome.WON, now=day(9), at=day(1))

    assert told() == []


def test_a_rebuild_tells_nobody(demo: Story) -> None:
    demo.they_write(day(1))
    told()
    demo.deal.silences.all().delete()

    assert rebuilding.rebuild(lambda: day(1, 10)).differing == [demo.deal.pk]
    assert told() == []


def test_what_is_rolled_back_was_never_told(demo: Story) -> None:
    def reply_and_fail() -> None:
        with transaction.atomic():
            demo.they_write(day(1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        reply_and_fail()

    assert told() == []


def test_news_of_many_deals_is_one_insert(ines: User, django_assert_num_queries) -> None:
    def queries(number: int) -> int:
        deals = []
        for _ in range(number):
            story = Story(make_deal(ines, "Demo"))
            story.we_write(day(0, 10))
            deals.append(story.deal.pk)
        with transaction.atomic(), django_assert_num_queries(25) as asked:
            lock(deals)
            replay(deals, day(7, 11), is_sweep=True)
        assert told() == [("silence.dark", "Mon 10:00")] * number
        return len(asked)

    assert queries(1) == queries(3)


def test_a_suggestion_is_told_with_what_to_do_and_with_whom(demo: Story) -> None:
    sweeping.run(day(7, 11))

    suggestion = Suggestion.objects.get()
    row = Announcement.objects.get(kind=Kind.SUGGESTION_CREATED)
    assert (row.deal, row.silence, row.occurred_at) == (demo.deal, demo.silence, day(7, 11))
    assert row.content["suggestion"] == {
        "id": suggestion.pk, "step": 1, "play": suggestion.play, "channel": suggestion.channel,
        "contact_id": demo.deal.contact_id, "reason": suggestion.reason,
        "confidence": suggestion.confidence,
    }  # fmt: skip
    sweeping.run(day(7, 12))
    assert told() == [("silence.dark", "Mon 10:00"), ("suggestion.created", "Mon 11:00")]


def test_a_suggestion_for_a_crossing_that_is_no_news_is_none_either(demo: Story) -> None:
    sweeping.run(day(9))

    assert Suggestion.objects.count() == 1
    assert told() == []


def test_the_next_step_is_told_however_old_the_crossing(demo: Story) -> None:
    sweeping.run(day(9))
    demo.we_write(day(9, 10))
    sweeping.run(day(13, 10))

    assert Suggestion.objects.filter(step=2).count() == 1
    assert told() == [("suggestion.created", "Sun 10:00")]


def test_what_a_rep_chooses_instead_is_told_too(demo: Story, ines: User) -> None:
    sweeping.run(day(7, 11))
    told()

    suggest.replace(
        Suggestion.objects.get(), play=Play.SWITCH_CHANNEL, contact=demo.deal.contact,
        channel="phone", user=ines, now=day(7, 12),
    )  # fmt: skip

    assert Announcement.objects.get().content["suggestion"]["play"] == "switch_channel"
    assert told() == [("suggestion.created", "Mon 12:00")]


def test_a_new_deal_is_no_news(ines: User) -> None:
    make_deal(ines, "Proposal", contact=make_contact("Nils"), turn=Turn.THEIRS)

    assert told() == []


def test_a_deal_that_is_deleted_takes_its_news_along(demo: Story) -> None:
    demo.they_write(day(1))
    Deal.objects.filter(pk=demo.deal.pk).delete()

    assert Announcement.objects.count() == 0
