"""Notices: what a rep is told once, however many sweepers run."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import covers
from accounts.models import User
from deals import conversation, course
from deals.models import Hold, Outcome
from outreach import notices
from outreach.models import Notice
from outreach.today import unread
from tests.cast import Story, day, make_cover, make_deal, sweep_at


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo, on which it is their move since Monday at ten."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    return story


def told() -> list[tuple[str, str]]:
    return list(Notice.objects.order_by("pk").values_list("user__name", "kind"))


def test_an_ended_pause_is_told_once(demo: Story) -> None:
    pause = Hold(deal=demo.deal, reason="pause", starts_at=day(1), ends_at=day(3))
    conversation.hold(pause, now=day(1))
    assert notices.tell(day(2)) == 0
    assert notices.tell(day(3)) == 1
    assert notices.tell(day(4)) == 0
    assert told() == [("Ines", "hold_ended")]


def test_a_past_meeting_asks_whether_it_took_place(demo: Story) -> None:
    meeting = Hold(deal=demo.deal, reason="meeting", starts_at=day(1), ends_at=day(1, 10))
    conversation.hold(meeting, now=day(1))
    notices.tell(day(2))
    assert told() == [("Ines", "meeting_past")]


def test_a_meeting_that_was_answered_asks_nothing(demo: Story) -> None:
    meeting = Hold(deal=demo.deal, reason="meeting", starts_at=day(1), ends_at=day(1, 10))
    conversation.hold(meeting, now=day(1))
    conversation.meeting_took_place(meeting, now=day(1, 11))
    assert notices.tell(day(2)) == 0


def test_an_absence_is_told_for_each_deal_that_the_contact_leads(demo: Story, karl: User) -> None:
    other = Story(make_deal(karl, "Demo", contact=demo.deal.contact))
    other.we_write(day(0, 10))
    away = Hold(contact=demo.deal.contact, reason="absence", starts_at=day(1), ends_at=day(5))
    conversation.hold(away, now=day(1))
    assert notices.tell(day(5)) == 2
    assert told() == [("Ines", "hold_ended"), ("Karl", "hold_ended")]


def test_an_absence_that_a_word_of_theirs_ended_is_no_news(demo: Story) -> None:
    away = Hold(contact=demo.deal.contact, reason="absence", starts_at=day(1), ends_at=day(5))
    conversation.hold(away, now=day(1))
    demo.they_write(day(2))
    assert notices.tell(day(5)) == 0


def test_a_repeated_note_without_a_date_is_told_once(demo: Story) -> None:
    for number in (1, 3):
        note = Hold(contact=demo.deal.contact, reason="absence", starts_at=day(number))
        conversation.hold(note, now=day(number))
    assert notices.tell(day(14)) == 0
    assert notices.tell(day(15)) == 1
    assert notices.tell(day(20)) == 0


def test_a_hold_of_a_closed_deal_is_no_news(demo: Story) -> None:
    pause = Hold(deal=demo.deal, reason="pause", starts_at=day(1), ends_at=day(3))
    conversation.hold(pause, now=day(1))
    course.close(demo.deal, "won", now=day(2))
    assert notices.tell(day(4)) == 0


def test_the_day_to_look_again_is_told_once(demo: Story) -> None:
    course.let_go(demo.deal, now=day(8), look_again_on=day(90).date())
    assert notices.tell(day(89)) == 0
    assert notices.tell(day(90)) == 1
    assert notices.tell(day(91)) == 0
    assert told() == [("Ines", "look_again")]


def test_a_deal_that_came_back_before_the_day_is_not_told(demo: Story) -> None:
    course.let_go(demo.deal, now=day(8), look_again_on=day(90).date())
    demo.they_write(day(20))
    assert notices.tell(day(90)) == 0


def test_an_overdue_move_of_ours_is_told_once(demo: Story) -> None:
    demo.they_write(day(1, 10))
    sweep_at(day(2, 11))
    assert notices.tell(day(2, 11)) == 1
    assert notices.tell(day(2, 12)) == 0
    assert told() == [("Ines", "overdue")]


def test_an_old_crossing_is_recorded_without_a_notice(demo: Story) -> None:
    demo.they_write(day(1, 10))
    sweep_at(day(9))
    assert notices.tell(day(9)) == 0
    assert notices.tell(day(9) + timedelta(minutes=1)) == 0


def pause_to(story: Story, until: int) -> None:
    pause = Hold(deal=story.deal, reason="pause", starts_at=day(1), ends_at=day(until))
    conversation.hold(pause, now=day(1))


def test_during_a_cover_the_colleague_is_told_too(demo: Story, ines: User, karl: User) -> None:
    make_cover(karl, ines, day(2), day(4))
    pause_to(demo, 3)
    assert notices.tell(day(3)) == 2
    assert notices.tell(day(3, 10)) == 0
    assert told() == [("Ines", "hold_ended"), ("Karl", "hold_ended")]
    texts = list(Notice.objects.order_by("pk").values_list("text", flat=True))
    assert texts[1] == f"For Ines: {texts[0]}"


@pytest.mark.parametrize(("since", "until"), [(0, 3), (4, 6)])
def test_before_and_after_a_cover_only_the_owner_is_told(
    demo: Story, ines: User, karl: User, since: int, until: int
) -> None:
    make_cover(karl, ines, day(since), day(until))
    pause_to(demo, 3)
    assert notices.tell(day(3)) == 1
    assert told() == [("Ines", "hold_ended")]


def test_what_the_colleague_reads_stays_news_to_the_owner(
    demo: Story, ines: User, karl: User
) -> None:
    now = timezone.now()
    make_cover(karl, ines, now - timedelta(days=1), now + timedelta(days=1))
    pause_to(demo, 3)
    notices.tell(now)
    Notice.objects.filter(user=karl).update(read_at=now)
    assert [notice.kind for notice in unread(ines)] == ["hold_ended"]
    assert list(unread(karl)) == []


def test_once_the_cover_is_over_its_news_are_out_of_sight(
    demo: Story, ines: User, karl: User
) -> None:
    now = timezone.now()
    cover = make_cover(karl, ines, now - timedelta(days=1), now + timedelta(days=1))
    pause_to(demo, 3)
    notices.tell(now)
    assert unread(karl).count() == 1
    covers.end(cover, now=now)
    assert list(unread(karl)) == []


def test_the_number_of_queries_does_not_grow_with_what_is_told(
    ines: User, django_assert_num_queries
) -> None:
    for number in (1, 3):
        for _ in range(number):
            story = Story(make_deal(ines, "Demo"))
            story.we_write(day(0, 10))
            pause = Hold(deal=story.deal, reason="pause", starts_at=day(1), ends_at=day(2))
            conversation.hold(pause, now=day(1))
            let_go = Story(make_deal(ines, "Demo"))
            course.let_go(let_go.deal, now=day(0, 11), look_again_on=day(3).date())
            ours = Story(make_deal(ines, "Demo"))
            ours.they_write(day(1, 10))
        sweep_at(day(2, 11))
        with django_assert_num_queries(27):  # three that tell ask who covers
            assert notices.tell(day(3)) == 3 * number


def test_a_lost_deal_that_was_let_go_asks_when_it_is_heard_again(demo: Story) -> None:
    course.let_go(demo.deal, now=day(8), outcome=Outcome.LOST)
    assert notices.tell(day(8)) == 0
    demo.they_write(day(20))
    assert notices.tell(day(20, 10)) == 1
    assert notices.tell(day(21)) == 0
    assert told() == [("Ines", "heard_again")]
    assert demo.deal.outcome == Outcome.LOST


def test_a_resting_deal_that_is_heard_again_opens_and_asks_nothing(demo: Story) -> None:
    course.let_go(demo.deal, now=day(8), look_again_on=day(90).date())
    demo.they_write(day(20))
    assert notices.tell(day(20, 10)) == 0
    assert demo.deal.outcome == Outcome.OPEN
