"""Stories into rows: written in bulk, and every deal replayed once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from contacts.models import Address, Company, Contact, Fact, OptOut
from deals import particulars
from deals.arrivals import take_in
from deals.models import (
    CalendarUse,
    Deal,
    Hold,
    OutcomeEntry,
    Participation,
    Promise,
    Stage,
    StageEntry,
    Touch,
    Turn,
)
from deals.people import deals_with
from deals.replay import lock, replay
from outreach.demo.beats import Beat, Who
from outreach.demo.house import House
from outreach.demo.people import SOURCE, Account, Person
from outreach.demo.story import Story, told

BATCH = 40  # deals in one transaction
WITH_LINK = ("Proposal", "Negotiation", "Renewal")  # stages in which there is something to look at
FRESH = timedelta(days=4)  # days to look again that are longer ago were told by the sweeps of then


def write_accounts(accounts: Sequence[Account]) -> None:
    """Write companies and people with their addresses, facts and calendars."""
    Company.objects.bulk_create(account.company for account in accounts if account.company)
    people = [(account, person) for account in accounts for person in account.people]
    Contact.objects.bulk_create(person.contact for _, person in people)
    Address.objects.bulk_create(
        address for _, person in people for address in person.addresses.values()
    )
    Fact.objects.bulk_create(fact for _, person in people for fact in person.facts)
    CalendarUse.objects.bulk_create(_calendar_uses(people))


def _calendar_uses(people: Iterable[tuple[Account, Person]]) -> Iterator[CalendarUse]:
    """Yield by which calendar companies and people live, where it is not the workspace's."""
    seen = set()
    for account, person in people:
        if account.calendar.is_workspace:
            continue
        company = account.company
        if company is not None and company.pk not in seen:
            seen.add(company.pk)
            yield CalendarUse(company=company, calendar=account.calendar)
        yield CalendarUse(
            contact=person.contact, calendar=account.calendar, is_inherited=company is not None
        )


def write_deals(stories: Sequence[Story], house: House, now: datetime) -> None:
    """Write deals with all that happened on them, some at a time."""
    rest = iter(list(enumerate(stories, start=1)))
    while batch := list(islice(rest, BATCH)):
        _write(batch, house, now)


@transaction.atomic
def _write(batch: Sequence[tuple[int, Story]], house: House, now: datetime) -> None:
    rows = [_Rows(story, _deal(story, number, house), house, now) for number, story in batch]
    deals = Deal.objects.bulk_create(row.deal for row in rows)
    lock(deal.pk for deal in deals)
    Participation.objects.bulk_create(part for row in rows for part in row.participations())
    StageEntry.objects.bulk_create(entry for row in rows for entry in row.stage_entries())
    OutcomeEntry.objects.bulk_create(entry for row in rows for entry in row.outcomes())
    Hold.objects.bulk_create(hold for row in rows for hold in row.holds())
    outs = OptOut.objects.bulk_create(out for row in rows for out in row.opt_outs())
    recorded, affected = take_in([touch for row in rows for touch in row.touches()], now=now)
    known = {each.touch.external_id: each.touch for each in recorded}
    particulars.note((deal.pk for deal in deals), now)
    Promise.objects.bulk_create(made for row in rows for made in row.promises(known))
    gone = {deal for out in outs for deal in deals_with(out.contact)}
    lock(gone)
    replay({deal.pk for deal in deals} | affected | gone, now, is_news=False)


def _deal(story: Story, number: int, house: House) -> Deal:
    return Deal(
        title=story.title, stage=house.stages[story.stage], contact=story.people[0].contact,
        company=story.account.company, owner=story.account.owner.user, amount=story.amount,
        currency=story.currency, wanted=story.wanted, next_step=story.next_step,
        link=f"https://example.com/proposals/{number:04}" if story.stage in WITH_LINK else "",
        opened_at=story.opened_at, source=SOURCE, external_id=f"deal-{number:04}",
    )  # fmt: skip


@dataclass(frozen=True)
class _Rows:
    """The rows of one deal's history."""

    story: Story
    deal: Deal
    house: House
    now: datetime

    def key(self, place: int) -> str:
        return f"{self.deal.external_id}-{place:03}"

    @property
    def dated(self) -> Iterator[tuple[int, Beat]]:
        return iter(enumerate(self.story.beats))

    def participations(self) -> Iterator[Participation]:
        joined = {0: self.story.opened_at}
        for beat in self.story.beats:
            joined.setdefault(beat.person, beat.at)
        for place, at in joined.items():
            contact = self.story.people[place].contact
            yield Participation(
                deal=self.deal, contact=contact, is_primary=place == 0, joined_at=at
            )

    def stage_entries(self) -> Iterator[StageEntry]:
        for place, beat in self.dated:
            if beat.enters:
                stage = self.house.stages[beat.enters]
                yield StageEntry(
                    deal=self.deal, stage=stage, occurred_at=beat.at, turn=_turn(stage, beat),
                    user=self.deal.owner, source=SOURCE, external_id=self.key(place),
                )  # fmt: skip

    def outcomes(self) -> Iterator[OutcomeEntry]:
        for place, beat in self.dated:
            if beat.settles is None:
                continue
            later = beat.settles.look_again_after
            again = (beat.at + later).date() if later else None
            yield OutcomeEntry(
                deal=self.deal, outcome=beat.settles.outcome, is_let_go=beat.settles.is_let_go,
                occurred_at=beat.at, reason=beat.settles.reason, look_again_on=again,
                told_at=self.now if again and again < (self.now - FRESH).date() else None,
                user=self.deal.owner, source=SOURCE, external_id=self.key(place),
            )  # fmt: skip

    def holds(self) -> Iterator[Hold]:
        for place, beat in self.dated:
            if beat.hold is None:
                continue
            until = beat.held_until
            of_person = beat.hold == Hold.Reason.ABSENCE
            yield Hold(
                deal=None if of_person else self.deal,
                contact=self.deal.contact if of_person else None,
                reason=beat.hold, starts_at=beat.at, ends_at=until, took_place=beat.took_place,
                note="", user=None if of_person else self.deal.owner,
                told_at=until if until and until <= self.now and not beat.is_news else None,
                source=SOURCE, external_id=self.key(place),
            )  # fmt: skip

    def opt_outs(self) -> Iterator[OptOut]:
        for place, beat in self.dated:
            if beat.opts_out:
                yield OptOut(
                    contact=self.deal.contact, occurred_at=beat.at, note="Asked by e-mail",
                    source=SOURCE, external_id=self.key(place),
                )  # fmt: skip

    def promises(self, known: dict[str, Touch]) -> Iterator[Promise]:
        for place, beat in self.dated:
            due = beat.due_at
            if due is not None and due > beat.at:
                yield Promise(
                    deal=self.deal, touch=known[self.key(place)], made_at=beat.at, due_at=due,
                    user=self.deal.owner, source=SOURCE, external_id=self.key(place),
                )  # fmt: skip

    def touches(self) -> Iterator[Touch]:
        for place, beat in self.dated:
            if not beat.said:
                continue
            person = self.story.people[beat.person]
            yield Touch(
                deal=self.deal, contact=person.contact,
                user=self.deal.owner if beat.who in {Who.US, Who.BOTH} else None,
                address=person.addresses.get(beat.channel), channel=beat.channel,
                direction=beat.direction, occurred_at=beat.at, turn=beat.leaves,
                is_heard=beat.who != Who.ROBOT, is_delivered=beat.is_delivered,
                subject=told(beat, self.story, beat.subject),
                note=told(beat, self.story, beat.said), source=SOURCE, external_id=self.key(place),
            )  # fmt: skip


def _turn(stage: Stage, beat: Beat) -> Turn:
    """Return the turn that an entry gives: we sent what they need, or nothing changes."""
    is_sent = beat.who == Who.US and stage.name in {"Proposal", "Renewal"}
    return Turn.THEIRS if is_sent else Turn.UNCHANGED
