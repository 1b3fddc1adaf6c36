"""Suggestions: one for each silence and step, what a rep does with it, and who comes first."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from contacts.models import Address, Fact
from deals import conversation, people
from deals.models import Threshold
from deals.replay import lock
from outreach import suggest, sweeping
from outreach.models import Play, Suggestion
from outreach.steps import Steps
from tests.cast import Story, day, make_company, make_contact, make_deal, sweep_at

State = Suggestion.State


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo, on which it is their move since Monday at ten."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    return story


@pytest.fixture
def first(demo: Story) -> Suggestion:
    """The suggestion of the deal in Demo, eight days later."""
    sweeping.run(day(8))
    return Suggestion.objects.get()


def test_a_dark_silence_gets_one_suggestion_and_the_next_after_the_spacing(demo: Story) -> None:
    marked = sweep_at(day(8))
    assert suggest.for_silences(marked, day(8)) == 1
    assert suggest.for_silences(marked, day(8)) == 0
    first = Suggestion.objects.live().get()
    assert (first.step, first.play, first.channel) == (1, "refocus", "email")
    suggest.done(first, user=demo.deal.owner, now=day(8))
    assert list(suggest.due(Steps.at(day(9)))) == marked  # something was done with it
    assert suggest.for_silences(marked, day(9)) == 0
    assert list(suggest.due(Steps.at(day(9)))) == []
    assert list(suggest.due(Steps.at(day(10)))) == marked
    assert suggest.for_silences(marked, day(10)) == 1
    assert Suggestion.objects.live().get().step == 2


def test_nothing_is_queued_for_a_silence_that_is_not_dark(demo: Story) -> None:
    assert suggest.for_silences([demo.silence.pk], day(1)) == 0


def test_what_it_repeats_of_the_deal_is_as_it_was(first: Suggestion, ines: User) -> None:
    assert (first.owner, first.stage.name, first.rank) == (ines, "Demo", Decimal("25.00"))
    assert first.evidence == [
        "One e-mail since 2 March went unanswered.",
        "If it is a low priority: one smaller step.",
    ]


def test_the_likely_reason_is_kept_with_its_evidence(first: Suggestion) -> None:
    assert (first.reason, first.confidence) == ("low_priority", 64)
    assert first.reason_evidence == [["They have not been heard on this deal so far.", None]]


def test_a_deal_without_an_amount_ranks_as_a_typical_one(ines: User) -> None:
    Story(make_deal(ines, "Demo", amount=None)).we_write(day(0, 10))
    sweeping.run(day(8))
    assert Suggestion.objects.get().rank == Decimal("25.00")  # as 1000 do


def test_what_a_rep_did_is_kept_with_who_and_when(first: Suggestion, ines: User) -> None:
    suggest.done(first, user=ines, now=day(8, 12))
    kept = Suggestion.objects.get()
    assert (kept.state, kept.acted_by, kept.acted_at) == ("done", ines, day(8, 12))


def test_what_is_no_longer_open_is_refused(first: Suggestion, ines: User) -> None:
    suggest.dismiss(first, user=ines, now=day(8))
    for again in (suggest.done, suggest.dismiss):
        with pytest.raises(ValidationError, match="no longer open"):
            again(first, user=ines, now=day(8, 10))
    assert Suggestion.objects.get().state == "dismissed"


def test_a_snooze_needs_a_time_to_come(first: Suggestion, ines: User) -> None:
    with pytest.raises(ValidationError, match="time to come"):
        suggest.snooze(first, until=day(8), user=ines, now=day(8))


@pytest.mark.parametrize("state", [State.DONE, State.DISMISSED, State.SNOOZED])
def test_it_can_be_taken_back(first: Suggestion, ines: User, state: str) -> None:
    match state:
        case State.DONE:
            suggest.done(first, user=ines, now=day(8))
        case State.DISMISSED:
            suggest.dismiss(first, user=ines, now=day(8))
        case _:
            suggest.snooze(first, until=day(9), user=ines, now=day(8))
    assert Suggestion.objects.get().state == state
    suggest.undo(first, now=day(8, 10))
    back = Suggestion.objects.live().get()
    assert (back.state, back.acted_at, back.snoozed_until) == ("queued", None, None)


def test_taking_a_dismissal_back_withdraws_what_was_queued_instead(
    first: Suggestion, ines: User
) -> None:
    suggest.dismiss(first, user=ines, now=day(8))
    sweeping.run(day(15))
    suggest.undo(first, now=day(15))
    rows = Suggestion.objects.order_by("pk").values_list("step", "state")
    assert list(rows) == [(1, "queued"), (2, "withdrawn")]


def test_what_is_queued_cannot_be_taken_back(first: Suggestion) -> None:
    with pytest.raises(ValidationError, match="nothing to take back"):
        suggest.undo(first, now=day(8))


def test_an_attempt_that_was_logged_counts_as_done(demo: Story, first: Suggestion) -> None:
    demo.we_write(day(8, 10))
    suggest.attempted(demo.silence, user=demo.deal.owner, now=day(8, 10))
    suggest.attempted(demo.silence, user=demo.deal.owner, now=day(8, 10))
    kept = Suggestion.objects.get()
    assert (kept.state, kept.acted_by) == ("done", demo.deal.owner)


def test_an_attempt_that_is_recorded_late_overtakes_its_step(demo: Story) -> None:
    sweeping.run(day(9))
    demo.we_write(day(8, 12), recorded_at=day(10))
    assert Suggestion.objects.live().count() == 0
    sweeping.run(day(10))
    kept = Suggestion.objects.get()
    assert (kept.state, kept.acted_at) == ("done", day(8, 12))


def test_an_attempt_recorded_late_makes_its_channel_the_third_in_a_row(demo: Story) -> None:
    """It was made before the deal went dark, so it overtakes no step; the channel is worn out."""
    demo.they_write(day(0, 9), recorded_at=day(0, 11))
    demo.we_write(day(3))
    sweeping.run(day(8))
    assert Suggestion.objects.live().get().channel == "email"
    late = demo.we_write(day(4), recorded_at=day(8, 10))
    assert Suggestion.objects.live().count() == 0
    sweeping.run(day(8, 11))
    assert Suggestion.objects.live().get().channel == "phone"
    conversation.correct(late, now=day(8, 12), channel="phone")
    assert Suggestion.objects.live().get().channel == "phone"


def test_a_personal_note_uses_its_fact_once(demo: Story, ines: User) -> None:
    demo.they_write(day(0, 9), recorded_at=day(0, 11))
    fact = Fact.objects.create(
        contact=demo.deal.contact, text="the race round Gotland", learned_on=date(2026, 2, 1)
    )
    sweeping.run(day(8))
    suggest.done(Suggestion.objects.live().get(), user=ines, now=day(8))
    sweeping.run(day(10))
    personal = Suggestion.objects.live().get()
    assert personal.play == "personalise"
    suggest.done(personal, user=ines, now=day(10))
    fact.refresh_from_db()
    assert fact.last_used_at == day(10)
    sweeping.run(day(18))
    assert Suggestion.objects.live().get().play != "personalise"
    suggest.undo(personal, now=day(18))
    fact.refresh_from_db()
    assert fact.last_used_at is None


def test_a_rep_chooses_another_way(first: Suggestion, demo: Story, ines: User) -> None:
    contact = demo.deal.contact
    phone = contact.addresses.get(channel="phone")
    chosen = suggest.replace(
        first, play=Play.SWITCH_CHANNEL, contact=contact, channel="phone", user=ines, now=day(8)
    )
    assert list(Suggestion.objects.order_by("pk").values_list("state", flat=True)) == [
        "replaced", "queued",
    ]  # fmt: skip
    assert (chosen.step, chosen.address, Suggestion.objects.live().get()) == (1, phone, chosen)


def test_a_way_that_the_rules_leave_out_is_refused(
    first: Suggestion, demo: Story, ines: User
) -> None:
    contact = demo.deal.contact
    people.opt_out(contact, now=day(8), channel="phone")
    for channel in ("phone", "letter"):
        with pytest.raises(ValidationError, match="cannot be reached that way"):
            suggest.replace(
                first, play="refocus", contact=contact, channel=channel, user=ines, now=day(8)
            )
    with pytest.raises(ValidationError, match="Choose a channel"):
        suggest.replace(first, play="refocus", contact=contact, channel="", user=ines, now=day(8))
    assert Suggestion.objects.live().get() == first


def test_where_the_attempts_are_spent_only_letting_go_can_be_chosen(
    demo: Story, ines: User
) -> None:
    Threshold.objects.filter(stage=demo.deal.stage).update(attempts=1)
    sweeping.run(day(8))
    demo.we_write(day(8, 10))
    sweeping.run(day(15))
    spent = Suggestion.objects.live().get()
    told = {"contact": demo.deal.contact, "channel": "phone", "user": ines, "now": day(15)}
    with pytest.raises(ValidationError, match="attempts of this stage are spent"):
        suggest.replace(spent, play="refocus", **told)
    assert Suggestion.objects.live().get() == spent
    assert suggest.replace(spent, play="let_go", **told).channel == "phone"


def test_a_rep_may_choose_to_let_go_without_a_note(
    first: Suggestion, demo: Story, ines: User
) -> None:
    contact = demo.deal.contact
    suggest.replace(first, play="let_go", contact=contact, channel="", user=ines, now=day(8))
    assert Suggestion.objects.live().get().play == "let_go"


def test_the_ways_that_are_left_are_shown_likeliest_first(first: Suggestion, demo: Story) -> None:
    jonas = make_contact("Jonas", "Weber", addresses={"email": "jonas@example.org"})
    people.join(demo.deal, jonas, now=day(8))
    ways = suggest.ways(first, day(8))
    assert {contact: [way.channel for way in open_] for contact, open_ in ways.items()} == {
        demo.deal.contact_id: ["email", "phone"],
        jonas.pk: ["email"],
    }


def test_of_a_contacts_deals_the_one_with_most_to_win_comes_first(demo: Story, ines: User) -> None:
    contact = demo.deal.contact
    for amount in (9000, 500):
        Story(make_deal(ines, "Demo", contact=contact, amount=amount)).we_write(day(0, 10))
    sweeping.run(day(8))
    best, middle, last = Suggestion.objects.order_by("-rank")
    assert (best.after, middle.after, last.after) == (None, best, best)
    assert list(Suggestion.objects.live().free()) == [best]

    suggest.done(best, user=ines, now=day(8))

    middle.refresh_from_db()
    last.refresh_from_db()
    assert (middle.after, last.after) == (None, middle)


def test_when_the_first_deal_is_heard_the_next_is_free_at_once(demo: Story, ines: User) -> None:
    big = Story(make_deal(ines, "Demo", contact=demo.deal.contact, amount=9000))
    big.we_write(day(0, 10))
    sweeping.run(day(8))
    assert [each.deal for each in Suggestion.objects.live().free()] == [big.deal]
    big.they_write(day(8, 10))
    assert [each.deal for each in Suggestion.objects.live().free()] == [demo.deal]
    sweeping.run(day(8, 11))
    assert Suggestion.objects.live().get().after is None


def test_when_the_first_of_three_deals_is_heard_only_the_next_is_free(
    demo: Story, ines: User
) -> None:
    stories = [
        Story(make_deal(ines, "Demo", contact=demo.deal.contact, amount=amount))
        for amount in (5000, 9000)
    ]
    for story in stories:
        story.we_write(day(0, 10))
    sweeping.run(day(8))
    middle, big = stories
    big.they_write(day(8, 10))
    assert [each.deal for each in Suggestion.objects.live().free()] == [middle.deal]
    middle.they_write(day(8, 11))
    assert [each.deal for each in Suggestion.objects.live().free()] == [demo.deal]


def test_a_snoozed_suggestion_does_not_keep_the_next_deal_waiting(demo: Story, ines: User) -> None:
    big = Story(make_deal(ines, "Demo", contact=demo.deal.contact, amount=9000))
    big.we_write(day(0, 10))
    sweeping.run(day(8))
    first, second = Suggestion.objects.order_by("-rank")
    suggest.snooze(first, until=day(9), user=ines, now=day(8))
    second.refresh_from_db()
    assert second.after is None
    sweeping.run(day(9))
    second.refresh_from_db()
    assert second.after == first


def test_somebody_else_is_one_whom_the_owner_knows(ines: User, noor: User) -> None:
    """A colleague of the contact whom only another team knows must not be named."""
    company = make_company()
    hers = make_contact("Grace", "Obi", company=company, owner=noor)
    contact = make_contact(company=company, addresses={})
    deal = make_deal(ines, "Demo", contact=contact)
    Story(deal).we_write(day(0, 10))
    sweeping.run(day(8))
    alone = Suggestion.objects.live().get()
    assert (alone.play, alone.contact) == ("let_go", contact)
    assert list(suggest.ways(alone, day(8))) == []
    known = make_contact("Jonas", "Weber", company=company, owner=ines)
    with transaction.atomic():
        lock([deal.pk])
        alone.delete()
    sweeping.run(day(8, 10))
    widened = Suggestion.objects.live().get()
    assert (widened.play, widened.contact) == ("widen", known)
    assert hers.pk not in suggest.ways(widened, day(8))


def test_who_left_the_deal_is_not_asked(ines: User) -> None:
    company = make_company()
    contact = make_contact(company=company, addresses={})
    jonas = make_contact("Jonas", "Weber", company=company)
    deal = make_deal(ines, "Demo", contact=contact)
    part = people.join(deal, jonas, now=day(0))
    Story(deal).we_write(day(0, 10))
    sweeping.run(day(8))
    assert Suggestion.objects.live().get().contact == jonas
    people.leave(part, now=day(8, 10))
    assert Suggestion.objects.live().count() == 0
    sweeping.run(day(8, 11))
    assert Suggestion.objects.live().get().play == "let_go"


def test_an_erased_contact_is_not_named(first: Suggestion, demo: Story) -> None:
    jonas = make_contact("Jonas", "Weber")
    people.join(demo.deal, jonas, now=day(8))
    people.erase(demo.deal.contact, now=day(8))
    assert Suggestion.objects.live().count() == 0
    sweeping.run(day(8, 10))
    assert Suggestion.objects.live().get().contact == jonas


def test_an_erased_contact_is_nobody_to_let_go_for_want_of_an_address(
    demo: Story, ines: User
) -> None:
    """Somebody else is on the deal who cannot be reached: what is missing is their address."""
    jonas = make_contact("Jonas", "Weber", addresses={})
    people.join(demo.deal, jonas, now=day(0, 11))
    people.erase(demo.deal.contact, now=day(0, 12))
    sweeping.run(day(8))
    told = Suggestion.objects.live().get()
    assert (told.play, told.contact, told.lacks) == ("let_go", jonas, "address")
    assert sweeping.run(day(8, 10)).suggested == 0


def test_an_address_that_was_refused_moved_or_taken_away_is_not_used(
    first: Suggestion, demo: Story
) -> None:
    address = Address.objects.get(pk=first.address_id)
    address.consent = "refused"
    people.change_address(address)
    assert Suggestion.objects.live().count() == 0
    address.consent = "given"
    people.change_address(address)
    assert Suggestion.objects.live().count() == 1
    address.contact = make_contact("Jonas", "Weber")
    address.save()
    assert Suggestion.objects.live().count() == 0
    address.delete()
    assert Suggestion.objects.live().count() == 0


def test_only_those_who_see_the_deal_see_its_suggestion(
    first: Suggestion, ines: User, karl: User, maud: User, noor: User, ada: User
) -> None:
    seen = {
        user.name: Suggestion.objects.visible_to(user).count()
        for user in (ines, karl, maud, noor, ada)
    }
    assert seen == {"Ines": 1, "Karl": 0, "Maud": 1, "Noor": 0, "Ada": 1}


def test_the_queries_for_a_batch_do_not_grow_with_it(ines: User, django_assert_num_queries) -> None:
    for number in (1, 3):
        for _ in range(number):
            Story(make_deal(ines, "Demo")).we_write(day(0, 10))
        marked = sweep_at(day(8))
        with django_assert_num_queries(35):
            assert suggest.for_silences(marked, day(8)) == number


def test_a_step_waits_for_the_spacing_also_at_the_crossing(demo: Story) -> None:
    """Whoever wrote between the crossing and the sweep is not asked to write again at once."""
    demo.we_write(day(7, 10) + timedelta(seconds=20))
    swept = sweeping.run(day(7, 10) + timedelta(seconds=40))
    assert (swept.marked_dark, swept.suggested) == (1, 0)
    assert sweeping.run(day(9, 11)).suggested == 1
    assert Suggestion.objects.get().step == 2
