"""The signs of a silence as they are read from its rows."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from accounts.models import User
from deals import conversation, course, people
from deals.models import Deal, Hold, Stage, Turn
from outreach.mentions import Topic
from outreach.models import Reason, ReasonEntry, Remark
from outreach.observing import read, signs_of
from outreach.people import Way
from outreach.signs import Away, Mentions, Opening, Signs
from tests.cast import Story, day, make_company, make_contact, make_deal, sweep_at

NOW = day(40)
HOUR = timedelta(hours=1)


def seen(story: Story, now: datetime = NOW, *ways: Way) -> Signs:
    """Return the signs of a story's open silence, which is dark."""
    sweep_at(now)
    rows = Deal.objects.filter(pk=story.deal.pk).values_list(
        "pk", "contact_id", "company_id", "stage__name", "stage__chance", "stage__pipeline__kind",
        named=True,
    )  # fmt: skip
    deals = {row.pk: row for row in rows}
    silence = story.silence
    assert silence is not None
    told = read([silence], deals, now)
    return signs_of(silence, deals[story.deal.pk], told, ways, now)


def deal_in(owner: User, stage: str = "Demo", **fields: object) -> Story:
    return Story(make_deal(owner, stage, **fields))


@pytest.fixture
def demo(ines: User) -> Story:
    return deal_in(ines)


def answer_quickly(story: Story, times: int = 3) -> None:
    for number in range(times):
        story.we_write(day(number, 10))
        story.they_write(day(number, 10) + (number + 1) * HOUR)


def enter(story: Story, stage: str, at: datetime) -> None:
    course.enter_stage(story.deal, Stage.objects.get(name=stage), now=at, turn=Turn.THEIRS)
    story.deal.refresh_from_db()


def test_nothing_is_read_for_no_silence(workspace: object, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert read([], {}, NOW).replies == {}


def test_replies_are_told_in_order_with_what_the_silence_began_with(demo: Story) -> None:
    answer_quickly(demo)
    touch = demo.we_write(day(4, 10))
    told = seen(demo)
    assert told.replies == (HOUR, 2 * HOUR, 3 * HOUR)
    assert told.opening == Opening(day(4).date(), "email", touch=touch.pk)
    assert told.was_heard


def test_a_silence_that_began_with_our_price_says_so(demo: Story) -> None:
    touch = demo.we_write(day(4, 10), note="The price is 900 a month.")
    demo.we_write(day(5, 10), note="nothing new")
    assert seen(demo).opening == Opening(day(4).date(), "email", "", True, touch.pk)


def test_a_silence_in_which_the_deal_entered_a_stage_says_which(demo: Story) -> None:
    demo.we_write(day(4, 10))
    enter(demo, "Proposal", day(5, 10))
    opening = seen(demo).opening
    assert opening is not None
    assert (opening.stage, opening.day) == ("Proposal", day(5).date())


def test_a_silence_may_begin_with_a_stage_entry_alone(demo: Story) -> None:
    demo.they_write(day(3, 10))
    enter(demo, "Proposal", day(5, 10))
    assert seen(demo).opening == Opening(day(5).date(), stage="Proposal")


def test_a_silence_may_begin_with_nothing_of_ours(ines: User) -> None:
    story = deal_in(ines)
    story.they_write(day(3, 10), turn=Turn.THEIRS)
    assert seen(story).opening is None


def test_the_price_that_they_brought_up_lately_is_counted_with_the_last_touch(
    demo: Story, karl: User
) -> None:
    demo.we_write(day(0, 10))
    demo.they_write(day(1, 10), note="What does it cost?", subject="Costs")
    last = demo.we_talk(day(2, 10), note="A discount for two years?", turn=Turn.THEIRS)
    other = deal_in(karl, contact=demo.deal.contact)
    other.they_write(day(2, 12), note="Our budget is small.")
    other.we_write(day(2, 13))
    told = seen(demo).mentions
    assert told[Topic.PRICE] == Mentions(2, 1, day(2).date(), "phone", "discount", last.pk)
    assert told[Topic.COMPETITOR] == Mentions()


def test_what_only_other_deals_tell_is_counted_and_no_more(demo: Story, noor: User) -> None:
    demo.we_write(day(0, 10))
    other = deal_in(noor, contact=demo.deal.contact, title="Secret")
    other.they_write(day(0, 9), note="You are cheaper than another supplier.")
    told = seen(demo).mentions
    assert told == {Topic.PRICE: Mentions(elsewhere=1), Topic.COMPETITOR: Mentions(elsewhere=1)}


def test_what_was_said_long_before_does_not_count(demo: Story) -> None:
    demo.they_write(day(0, 10), note="The price?")
    demo.we_write(day(70, 10))
    assert seen(demo, day(90)).mentions[Topic.PRICE] == Mentions()


def test_what_they_did_not_say_themselves_does_not_count(demo: Story) -> None:
    demo.they_write(day(0, 9), note="Our prices are sent by a robot.", is_heard=False)
    gone = demo.they_write(day(0, 10), note="The price?")
    demo.we_write(day(0, 11), note="This is not about the cost.")
    conversation.delete(gone, now=day(0, 12))
    assert seen(demo).mentions[Topic.PRICE] == Mentions()


def test_who_talks_about_another_deal_meanwhile_is_heard(demo: Story, karl: User) -> None:
    demo.we_write(day(1, 10))
    other = deal_in(karl, contact=demo.deal.contact)
    other.they_write(day(0, 10))
    assert seen(demo).heard_elsewhere_on is None
    other.they_write(day(9, 10))
    assert seen(demo).heard_elsewhere_on == day(9).date()
    assert not seen(demo).was_heard


def absent(story: Story, since: datetime, until: datetime | None) -> None:
    held = Hold(
        contact=story.deal.contact, reason=Hold.Reason.ABSENCE, starts_at=since, ends_at=until
    )
    conversation.hold(held, now=since)


def test_an_absence_that_reached_into_the_silence_is_told_and_an_older_one_not(
    demo: Story,
) -> None:
    absent(demo, day(-20), day(-10))
    demo.we_write(day(2, 10))
    assert seen(demo).away is None
    absent(demo, day(1), day(4))
    assert seen(demo).away == Away(day(1).date(), day(4).date())


def test_an_absence_that_hearing_from_them_ended_is_over(demo: Story, karl: User) -> None:
    absent(demo, day(1), day(20))
    demo.we_write(day(2, 10))
    deal_in(karl).they_write(day(5))  # somebody else
    assert seen(demo).away == Away(day(1).date(), day(20).date())
    demo.they_write(day(6))
    demo.we_write(day(7))
    assert seen(demo).away is None


def test_an_absence_without_a_day_counts_for_fourteen_days(demo: Story) -> None:
    absent(demo, day(1), None)
    demo.we_write(day(2, 10))
    assert seen(demo, day(60)).away == Away(day(1).date())


def meet(story: Story, since: datetime, until: datetime, took_place: bool | None = None) -> Hold:
    held = Hold(
        deal=story.deal, reason=Hold.Reason.MEETING, starts_at=since, ends_at=until,
        took_place=took_place,
    )  # fmt: skip
    return conversation.hold(held, now=since)


def test_meetings_that_failed_or_made_way_are_counted_since_the_last_that_took_place(
    demo: Story,
) -> None:
    demo.we_write(day(0, 10))
    meet(demo, day(0, 11), day(1, 10), took_place=False)
    meet(demo, day(2), day(3, 10), took_place=True)
    meet(demo, day(4), day(7, 10))
    meet(demo, day(6), day(9, 10))  # in the place of the one on the seventh day
    meet(demo, day(8), day(10, 10), took_place=False)
    assert seen(demo).moved == (day(7).date(), day(9).date(), day(10).date())


def test_a_meeting_of_which_nobody_said_anything_is_not_moved(demo: Story) -> None:
    demo.we_write(day(0, 10))
    meet(demo, day(1), day(3, 10))
    meet(demo, day(4), day(6, 10))
    assert seen(demo).moved == ()


def test_who_is_known_at_the_company_is_counted_whoever_knows_them(ines: User, noor: User) -> None:
    company = make_company()
    story = deal_in(ines, contact=make_contact(company=company))
    story.we_write(day(0, 10))
    assert seen(story).people == 1
    other = make_contact("Jonas", company=company, owner=noor)
    assert seen(story).people == 2
    people.erase(other, now=NOW)
    assert seen(story).people == 1


def test_a_consumer_has_no_colleagues(demo: Story) -> None:
    demo.we_write(day(0, 10))
    assert seen(demo).people is None


def test_channels_that_do_not_work_are_named_once(demo: Story) -> None:
    demo.we_write(day(0, 10))
    dead = [Way(number, "email", is_alive=False) for number in (1, 2)]
    assert seen(demo, NOW, *dead, Way(3, "phone")).dead == ("email",)


def test_remarks_tell_the_last_day_of_each_topic(demo: Story, ines: User) -> None:
    demo.we_write(day(0, 10))
    for number in (3, 5, 4):
        Remark.objects.create(
            deal=demo.deal, contact=demo.deal.contact, topic=Remark.Topic.BUDGET, user=ines,
            text="Nothing before July", said_on=date(2026, 3, number), recorded_at=day(number),
        )  # fmt: skip
    assert seen(demo).remarks == {Remark.Topic.BUDGET: date(2026, 3, 5)}


def test_what_a_rep_said_of_this_silence_is_a_sign(demo: Story, ines: User) -> None:
    demo.we_write(day(0, 10))
    ReasonEntry.objects.create(
        silence=demo.silence, guessed=Reason.BUSY, confidence=50, said=Reason.LOST_INTEREST,
        user=ines, said_at=day(9),
    )  # fmt: skip
    assert seen(demo).said == (Reason.LOST_INTEREST, day(9).date())


def test_a_stage_of_which_every_second_deal_is_won_is_late(ines: User) -> None:
    late, early = deal_in(ines, "Negotiation"), deal_in(ines, "Demo")
    for story in (late, early):
        story.we_write(day(0, 10))
    assert (seen(late).late_stage, seen(early).late_stage) == ("Negotiation", "")


def test_the_number_of_queries_does_not_grow_with_the_silences(
    ines: User, django_assert_num_queries
) -> None:
    for number in (1, 3):
        stories = [
            deal_in(ines, contact=make_contact(company=make_company())) for _ in range(number)
        ]
        for story in stories:
            story.we_write(day(0, 10))
        sweep_at(NOW)
        rows = Deal.objects.values_list("pk", "contact_id", "company_id", named=True)
        deals = {row.pk: row for row in rows}
        silences = [story.silence for story in stories]
        with django_assert_num_queries(9):
            read(silences, deals, NOW)
