"""Whatever happens on two deals with three people: no suggestion ever breaks a rule of SILENCE.md.

A state machine tells histories through the doors that pages and imports use; after each step it
asks of every live suggestion what must hold, from the rows and not from the rules under test.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contacts.models import Address, Contact, OptOut
from deals import calendars, conversation, course, people, rebuilding, standing
from deals.models import (
    Deal,
    Direction,
    Hold,
    Outcome,
    Silence,
    Stage,
    Touch,
    Turn,
    WorkCalendar,
)
from deals.policies import Rulebook
from outreach import rates, suggest, sweeping, timing, touches
from outreach.models import Suggestion
from outreach.steps import Steps
from tests.cast import Cast, Story, day, make_company, make_contact, make_deal

EXAMPLES = int(os.environ.get("LAMPLIGHTER_EXAMPLES", "12"))
STEPS = 30
CHANNELS = ["email", "phone", "sms", "chat"]
STAGES = ["Discovery", "Demo", "Proposal", "Negotiation"]

deals = st.integers(0, 1)
who = st.integers(0, 2)
channels = st.sampled_from(CHANNELS)
# Mostly at once, at times days late: then it may be of a time before the last sweep.
late = st.sampled_from([0, 0, 0, 0, 5, 30, 120])
spans = st.sampled_from([2, 12, 30, 80, 200])


class Histories(RuleBasedStateMachine):
    """Two deals of one contact, three people of a company, and all that may happen to them."""

    cast: Cast

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.now = day(0)
        company = make_company()
        mara = make_contact(company=company, owner=self.cast.ines, time_zone="Asia/Kolkata")
        jonas = make_contact(
            "Jonas", "Weber", company=company,
            addresses={"email": "jonas@example.org", "sms": "+46 70 555 01"},
        )  # fmt: skip
        pia = make_contact(
            "Pia", "Holm", company=company, owner=self.cast.ines,
            addresses={"email": "pia@example.org", "chat": "https://chat.example.org/pia"},
        )  # fmt: skip
        self.people = [mara, jonas, pia]
        self.stories = [
            Story(make_deal(self.cast.ines, stage, contact=mara)) for stage in ("Demo", "Proposal")
        ]
        people.join(self.stories[0].deal, jonas, now=self.now)
        self.outs: list[OptOut] = []

    @initialize(number=deals, mails=st.integers(0, 2), times=st.integers(0, 4))
    def we_wrote(self, number: int, mails: int, times: int) -> None:
        """Both deals begin with a mail of ours and are dark; one of them was chased since."""
        for story in self.stories:
            story.we_write(self.tick())
        for _ in range(mails):
            self.write(number, 0, "email", 0)
        self.pass_time(200)
        self.chase(number, times)

    def teardown(self) -> None:
        try:
            self.pass_time(1)
            assert rebuilding.check(lambda: self.now).differing == []
        finally:
            transaction.set_rollback(True)
            self.world.__exit__(None, None, None)

    def tick(self) -> datetime:
        """Return a time of its own, a little later: no two things happen at one instant."""
        self.now += timedelta(minutes=1, seconds=7)
        return self.now

    def deal(self, number: int) -> Deal:
        deal = self.stories[number].deal
        deal.refresh_from_db()
        return deal

    # What is said, and how it arrives

    def say(self, number: int, whom: int, late: int, **told: Any) -> None:
        """Record a touch: a rep's own at once, or one that arrives late."""
        deal, now = self.deal(number), self.tick()
        touch = Touch(
            deal=deal, contact=self.people[whom], occurred_at=now - timedelta(hours=late), **told
        )
        if late:
            conversation.record(deal, touch, now=now)
        else:
            touches.log(deal, touch, user=deal.owner, now=now)

    @rule(number=deals, whom=who, channel=channels, late=late)
    def write(self, number: int, whom: int, channel: str, late: int) -> None:
        self.say(number, whom, late, channel=channel, direction=Direction.OUTBOUND, turn="theirs")

    @rule(number=deals, whom=who, channel=channels, late=late)
    def hear(self, number: int, whom: int, channel: str, late: int) -> None:
        self.say(number, whom, late, channel=channel, direction=Direction.INBOUND, turn="ours")

    @rule(number=deals, whom=who, is_taken=st.booleans(), late=late)
    def call(self, number: int, whom: int, is_taken: bool, late: int) -> None:
        direction = Direction.TWO_WAY if is_taken else Direction.OUTBOUND
        self.say(number, whom, late, channel="phone", direction=direction, turn="theirs")

    @rule(number=deals)
    def follow(self, number: int) -> None:
        """The rep does what is suggested."""
        if (live := self.live().filter(deal=self.deal(number)).exclude(channel="").first()) is None:
            return
        touch = Touch(
            deal=live.deal, contact=live.contact, channel=live.channel, occurred_at=self.tick(),
            direction=Direction.OUTBOUND, turn="theirs",
        )  # fmt: skip
        touches.log(live.deal, touch, user=live.owner, now=self.now)

    @rule(number=deals, times=st.integers(1, 4))
    def chase(self, number: int, times: int) -> None:
        """The rep does what is suggested, again and again, and nobody answers."""
        for _ in range(times):
            self.follow(number)
            self.every_live_suggestion_keeps_the_rules()
            self.pass_time(300)

    @rule(number=deals, whom=who, channel=channels, late=late)
    def insist(self, number: int, whom: int, channel: str, late: int) -> None:
        """Two attempts in a row on one channel."""
        self.write(number, whom, channel, late)
        self.write(number, whom, channel, late)

    @rule(number=deals)
    def bounce(self, number: int) -> None:
        """The last mail came back: it was not delivered, and the address is dead."""
        mails = Touch.objects.standing().filter(deal=self.deal(number), channel="email")
        last = mails.filter(direction=Direction.OUTBOUND, is_delivered=True).first()
        if last is None:
            return
        conversation.correct(last, now=self.tick(), is_delivered=False)
        for address in Address.objects.filter(contact=last.contact_id, channel="email"):
            address.health = Address.Health.DEAD
            people.change_address(address)

    @rule(number=deals, is_back=st.booleans(), channel=channels)
    def correct(self, number: int, is_back: bool, channel: str) -> None:
        """The last touch is deleted, or was on another channel."""
        if (last := Touch.objects.standing().filter(deal=self.deal(number)).first()) is None:
            return
        if is_back:
            touches.take_back(last, now=self.tick())
        else:
            conversation.correct(last, now=self.tick(), channel=channel)

    # What they ask of us, and how they are reached

    @rule(whom=who, channel=st.sampled_from(["", *CHANNELS]))
    def opt_out(self, whom: int, channel: str) -> None:
        self.outs.append(people.opt_out(self.people[whom], now=self.tick(), channel=channel))

    @precondition(lambda self: self.outs)
    @rule()
    def lift(self) -> None:
        people.opt_in(self.outs.pop(), now=self.tick())

    @rule(
        whom=who, number=st.integers(0, 3),
        health=st.sampled_from(Address.Health.values),
        consent=st.sampled_from(Address.Consent.values),
    )  # fmt: skip
    def change_address(self, whom: int, number: int, health: str, consent: str) -> None:
        known = list(self.people[whom].addresses.all())
        if number < len(known):
            known[number].health, known[number].consent = health, consent
            people.change_address(known[number])

    @rule(whom=who, channel=channels)
    def add_address(self, whom: int, channel: str) -> None:
        contact = self.people[whom]
        value = f"{channel}-{contact.pk}-{contact.addresses.count()}"
        people.change_address(Address(contact=contact, channel=channel, value=value))

    # Why the clock stands still

    @rule(number=deals, hours=spans)
    def pause(self, number: int, hours: int) -> None:
        now, until = self.tick(), self.now + timedelta(hours=hours)
        held = Hold(deal=self.deal(number), reason="pause", starts_at=now, ends_at=until)
        conversation.hold(held, now=now)

    @rule(whom=who, hours=st.one_of(st.none(), spans))
    def be_away(self, whom: int, hours: int | None) -> None:
        now = self.tick()
        until = now + timedelta(hours=hours) if hours else None
        held = Hold(contact=self.people[whom], reason="absence", starts_at=now, ends_at=until)
        conversation.hold(held, now=now)

    @rule(number=deals, hours=spans)
    def promise(self, number: int, hours: int) -> None:
        now = self.tick()
        due_at = now + timedelta(hours=hours)
        conversation.promise(self.deal(number), made_at=now, due_at=due_at, now=now)

    @rule(days=st.integers(0, 3))
    def take_a_holiday(self, days: int) -> None:
        """A day to come is a holiday; it counts from now on, and the sweep judges anew."""
        calendar = WorkCalendar.objects.get(is_workspace=True)
        version = calendar.versions.order_by("pk").last()
        assert version is not None
        closed = (self.now + timedelta(days=days)).date().isoformat()
        calendars.new_version(
            calendar, now=self.tick(), hours=version.hours, time_zone=version.time_zone,
            special={**version.special, closed: []},
        )  # fmt: skip
        self.pass_time(1)

    # Where the deal goes, and whose it is

    @rule(
        number=deals, stage=st.sampled_from(STAGES),
        turn=st.sampled_from([Turn.THEIRS, Turn.THEIRS, Turn.OURS, Turn.UNCHANGED]),
    )  # fmt: skip
    def move(self, number: int, stage: str, turn: Turn) -> None:
        there = Stage.objects.get(name=stage)
        course.enter_stage(self.deal(number), there, turn=turn, now=self.tick())

    @rule(number=deals, is_karls=st.booleans())
    def hand_over(self, number: int, is_karls: bool) -> None:
        now = self.tick()
        owner = self.cast.karl if is_karls else self.cast.ines
        people.hand_over([self.deal(number).pk], owner, now=now)

    @rule(number=deals, whom=who)
    def make_primary(self, number: int, whom: int) -> None:
        people.make_primary(self.deal(number), self.people[whom], now=self.tick())

    @rule(number=deals, whom=who, comes=st.booleans())
    def come_and_go(self, number: int, whom: int, comes: bool) -> None:
        deal, now = self.deal(number), self.tick()
        part = deal.participations.filter(contact=self.people[whom], left_at=None).first()
        if comes:
            people.join(deal, self.people[whom], now=now)
        elif part is not None and not part.is_primary:
            people.leave(part, now=now)

    @rule(number=deals, outcome=st.sampled_from([Outcome.RESTING, Outcome.LOST]))
    def let_go(self, number: int, outcome: Outcome) -> None:
        if self.deal(number).is_open:
            course.let_go(self.deal(number), now=self.tick(), outcome=outcome)

    @rule(number=deals)
    def reopen(self, number: int) -> None:
        if not (deal := self.deal(number)).is_open:
            course.reopen(deal, now=self.tick())
            Story(deal).we_write(self.tick())

    # What a rep does with a suggestion

    def act(self, number: int, what: Callable[[Suggestion], object]) -> None:
        if (live := self.live().filter(deal=self.deal(number)).first()) is not None:
            what(live)

    @rule(number=deals)
    def dismiss(self, number: int) -> None:
        now = self.tick()
        self.act(number, lambda live: suggest.dismiss(live, user=self.cast.ines, now=now))

    @rule(number=deals)
    def call_it_done(self, number: int) -> None:
        now = self.tick()
        self.act(number, lambda live: suggest.done(live, user=self.cast.ines, now=now))

    @rule(number=deals, hours=spans)
    def snooze(self, number: int, hours: int) -> None:
        now, until = self.tick(), self.now + timedelta(hours=hours)
        self.act(number, lambda it: suggest.snooze(it, until=until, user=self.cast.ines, now=now))

    @rule(number=deals, data=st.data())
    def replace(self, number: int, data: st.DataObject) -> None:
        now = self.tick()

        def choose(live: Suggestion) -> None:
            ways = suggest.ways(live, now)
            told = [(pk, way.channel) for pk, open_ways in ways.items() for way in open_ways]
            if told:
                contact, channel = data.draw(st.sampled_from(told))
                way = {"contact": Contact.objects.get(pk=contact), "channel": channel}
                try:
                    suggest.replace(live, play="refocus", user=self.cast.ines, now=now, **way)
                except ValidationError as error:
                    assert (error.code, live.play) == ("spent", "let_go")  # noqa: PT017

        self.act(number, choose)

    @rule()
    def undo(self) -> None:
        """The last thing that was done with a suggestion is taken back."""
        acted = Suggestion.objects.filter(silence__ended_at=None, acted_by__isnull=False)
        last = acted.exclude(state__in=["queued", "replaced"]).order_by("-acted_at", "-pk").first()
        if last is not None:
            try:
                suggest.undo(last, now=self.tick())
            except ValidationError as error:
                assert error.code == "undo"  # noqa: PT017 -- withdrawn since

    # Time passes

    @rule(hours=st.sampled_from([1, 20, 50, 120, 300]))
    def pass_time(self, hours: int) -> None:
        """So many hours later, to the minute, the sweep comes by."""
        self.tick()
        self.now += timedelta(hours=hours)
        sweeping.run(self.now)
        assert list(suggest.due(Steps.at(self.now))) == []
        self.nothing_is_overlooked()

    def nothing_is_overlooked(self) -> None:
        """Looking at every silence finds nothing to do, though the sweep looked at few."""
        before = set(Suggestion.objects.values_list("pk", "state"))
        with transaction.atomic():
            every = list(Silence.objects.values_list("pk", flat=True))
            assert suggest.for_silences(every, self.now) == 0
            assert set(Suggestion.objects.values_list("pk", "state")) == before
            transaction.set_rollback(True)

    @rule()
    def learn(self) -> None:
        rates.learn(self.tick())

    # What must hold of every live suggestion, whatever happened

    def live(self) -> Any:
        return Suggestion.objects.live().select_related("silence", "contact", "address", "deal")

    @invariant()
    def every_live_suggestion_keeps_the_rules(self) -> None:
        live = list(self.live())
        rulebook = Rulebook.load()
        for each in live:
            self.it_is_of_a_dark_silence(each, rulebook)
            self.it_names_who_may_be_asked(each)
            self.it_is_no_third_in_a_row(each)
            self.it_stops_when_the_attempts_are_spent(each, rulebook)
            self.its_best_time_is_not_on_a_day_off(each, rulebook)
            assert each.evidence
            assert all(sentence.endswith(".") for sentence in each.evidence)
        assert max(Counter(each.silence_id for each in live).values(), default=1) == 1
        self.each_contact_has_one_that_leads(live)

    def each_contact_has_one_that_leads(self, live: list[Suggestion]) -> None:
        known = {each.pk for each in live}
        awake = [each for each in live if each.state == "queued" and each.channel]
        leading = Counter(each.contact_id for each in awake if each.after_id not in known)
        assert max(leading.values(), default=1) == 1

    def it_is_of_a_dark_silence(self, each: Suggestion, rulebook: Rulebook) -> None:
        """It lasts, is theirs, not held, past its threshold, and nobody was heard since."""
        silence = each.silence
        assert (silence.by, silence.ended_at, each.deal.is_open) == ("them", None, True)
        assert standing.of([silence], self.now, rulebook)[silence.pk].state == "dark"
        heard = Touch.objects.standing().filter(deal=each.deal, is_heard=True)
        heard = heard.exclude(direction=Direction.OUTBOUND)
        assert not heard.filter(occurred_at__gt=silence.started_at).exists()
        assert (each.owner_id, each.stage_id) == (each.deal.owner_id, each.deal.stage_id)

    def it_names_who_may_be_asked(self, each: Suggestion) -> None:
        refused = OptOut.objects.filter(contact=each.contact, lifted_at=None)
        assert not {"", each.channel} & set(refused.values_list("channel", flat=True))
        if not each.channel:
            assert (each.play, each.address) == ("let_go", None)
            return
        address = each.address
        assert address is not None
        assert (address.contact_id, address.channel) == (each.contact_id, each.channel)
        assert (address.health, address.consent == "refused") == ("alive", False)

    def it_is_no_third_in_a_row(self, each: Suggestion) -> None:
        ours = Touch.objects.standing().filter(
            deal=each.deal, direction=Direction.OUTBOUND, is_delivered=True,
            occurred_at__gt=each.silence.started_at,
        )  # fmt: skip
        last = list(ours.order_by("-occurred_at").values_list("channel", flat=True)[:2])
        assert not each.channel or last != [each.channel] * 2

    def it_stops_when_the_attempts_are_spent(self, each: Suggestion, rulebook: Rulebook) -> None:
        allowed = rulebook.threshold(each.silence.stage_id, self.now).attempts
        if each.step > allowed or each.silence.dark_attempts >= allowed:
            assert each.play == "let_go"

    def its_best_time_is_not_on_a_day_off(self, each: Suggestion, rulebook: Rulebook) -> None:
        contact = each.contact
        slot = timing.best_time(contact, each.channel, now=self.now, rulebook=rulebook)
        if slot is None:
            return
        version = rulebook.calendars[rulebook.workspace_calendar].at(self.now)
        closed = {closed for closed, hours in version.special.items() if not hours}
        ends_at = slot.ends_at - timedelta(seconds=1)
        days = {at.astimezone(slot.zone).date().isoformat() for at in (slot.starts_at, ends_at)}
        assert not closed & days
        away = Hold.objects.filter(contact=contact, starts_at__lt=slot.ends_at)
        assert not away.filter(ends_at__gt=slot.starts_at).exists()


@pytest.mark.django_db
def test_no_history_makes_a_suggestion_break_a_rule(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "SQLITE_PAUSE", timedelta())  # nobody else writes here
    Histories.cast = cast
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="LAMPLIGHTER_EXAMPLES" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
