"""The whole demo: a house, its stories, and a first sweep."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from django.db import transaction

from contacts.models import Address, Channel, Contact
from deals.models import Outcome, Touch
from deals.policies import Rulebook
from outreach import learning, sweeping
from outreach.demo import endings, house, offers, office, saying, story, tried, writing
from outreach.demo.beats import Settled
from outreach.demo.endings import Ending
from outreach.demo.house import House
from outreach.demo.mix import (
    CLOSED,
    CLOSED_ON_TOUR,
    DARK_ON_TOUR,
    LET_GO_IN,
    STAGES,
    TOUR,
    USUAL,
    Weighted,
)
from outreach.demo.offers import Offer
from outreach.demo.people import Account, Folk, Person, Rep
from outreach.demo.scale import Scale
from outreach.demo.story import CUSTOMERS, LOOK_AGAIN, NEW_BUSINESS, Story
from outreach.demo.words import words

DEALS = 400
HISTORY = timedelta(days=730)
OPEN = 0.55  # of all deals
TOURED = 0.1  # of all deals, up to all that the tour has
# How long ago a rep let deals go, in turn.
RESTED_DAYS = (90, 2, 25, 140, 200, 55, 120, 260, 170, 75, 300, 230)
CLOSED_DAYS = (3, 480)  # how long ago the other deals were closed
RELIT = 0.05  # of the open ones of new business were let go once
AT_HOME = 0.15  # of the accounts are people, not companies
KNOWN_ACCOUNT = 0.2  # of the deals are one more with somebody known
UNTOUCHED = 2  # prospects of each rep await a first touch
A_FEW = 4  # to choose from is variety enough
WITH_FACTS = 0.55
DEAD, REFUSED = 0.03, 0.05

T = TypeVar("T")


@dataclass(frozen=True)
class Written:
    """How much the demo wrote."""

    deals: int
    touches: int


def fill(now: datetime, *, seed: int = 1, deals: int | None = None) -> Written:
    """Fill an empty workspace with so many deals as of `now`, all or nothing; learn, sweep, tell.

    The same seed at the same instant gives the same rows.
    """
    now = now.replace(microsecond=0)
    with transaction.atomic():
        random = Random(f"lamplighter {seed}")  # noqa: S311 -- for stories, not for secrets
        plan = Plan.of(house.build(now, random), random, now)
        plan.tell(deals or DEALS)
        writing.write_accounts(plan.folk.accounts)
        writing.write_deals(plan.stories, plan.house, now)
        saying.note_remarks(seed)
        office.furnish(now)
    learning.learn(now)
    sweeping.run(now)
    saying.answer_guesses(now, seed)
    tried.remember(seed)
    office.tell(now)
    return Written(len(plan.stories), Touch.objects.count())


@dataclass
class Plan:
    """All stories of the demo, told one after the other."""

    house: House
    random: Random
    now: datetime
    rulebook: Rulebook
    folk: Folk
    stories: list[Story] = field(default_factory=list)
    fresh: list[Story] = field(default_factory=list)
    let_go: Counter[int] = field(default_factory=Counter)
    sold: Counter[tuple[int, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, built: House, random: Random, now: datetime) -> Plan:
        """Return an empty plan for a house."""
        folk = Folk(random, built.calendars, built.rhythms)
        return cls(built, random, now, Rulebook.load(), folk)

    def tell(self, deals: int) -> None:
        """Tell so many deals: those of the tour, the other open ones, then the closed ones."""
        open_deals, toured = round(deals * OPEN), TOUR[: round(deals * TOURED)]
        ines, *others = self.house.reps
        for number, (stage, ending) in enumerate(toured):
            self._open(ines, stage, ending, has_colleagues=number < DARK_ON_TOUR)
        for number in range(open_deals - len(toured)):
            self._open(others[number % len(others)], self._draw(STAGES), self._draw(USUAL))
        self._tell_closed(deals - open_deals)
        for number, told in enumerate(self.stories):
            self._round_off(told, is_toured=number < len(toured))
        self._leave_untouched()

    def _tell_closed(self, deals: int) -> None:
        """Tell closed deals of all reps in turn; the tour's own come first."""
        customers = [told for told in self.stories if told.stage in CUSTOMERS]
        reps = self.house.reps
        for number in range(deals):
            turn = number // len(reps)
            is_toured = number % len(reps) == 0 and turn < len(CLOSED_ON_TOUR)
            how = CLOSED_ON_TOUR[turn] if is_toured else self._draw(CLOSED)
            self._close(reps[number % len(reps)], how, customers)

    def _open(self, rep: Rep, stage: str, ending: Ending, *, has_colleagues: bool = False) -> None:
        account, offer = self._account(rep, 0.0 if has_colleagues else AT_HOME)
        while has_colleagues and len(account.people) < 2:
            self.folk.person(account, offer)
        scale = Scale(self.now, self.rulebook, self.house.stages[stage].pk, account, self.random)
        if stage in NEW_BUSINESS and ending is endings.waiting and self.random.random() < 3 * RELIT:
            told = story.tell_closed(
                account, offer, stage, self._let_go(), at=self.now, random=self.random
            )
            told = story.relit(told, ending, scale)
        else:
            told = story.tell_open(account, offer, stage, ending, scale)
            if stage == "Discovery" and ending is endings.waiting:
                self.fresh.append(told)
        if ending is endings.bounced:
            told.people[0].addresses[Channel.EMAIL].health = Address.Health.DEAD
        self.stories.append(told)

    def _close(self, rep: Rep, how: str, customers: list[Story]) -> None:
        """Tell a closed deal; a won one is, if possible, how a customer became one."""
        ended_at = self.now - timedelta(days=self.random.uniform(*CLOSED_DAYS))
        if how == "won" and customers:
            later = customers.pop(self.random.randrange(len(customers)))
            account, offer = later.account, later.offer
            ended_at = later.opened_at - timedelta(hours=self.random.uniform(20, 90))
        else:
            account, offer = self._account(rep)
        stage, settled = self._settled(how)
        if settled.is_let_go:
            ended_at = self.now - timedelta(
                days=RESTED_DAYS[self.let_go[rep.user.pk] % len(RESTED_DAYS)]
            )
            self.let_go[rep.user.pk] += 1
        told = story.tell_closed(account, offer, stage, settled, at=ended_at, random=self.random)
        self.stories.append(told)

    def _settled(self, how: str) -> tuple[str, Settled]:
        """Return in which stage and how a deal closes."""
        lost = Settled(Outcome.LOST, self.random.choice(words().lost_because))
        match how:
            case "won":
                return "Negotiation", Settled(Outcome.WON)
            case "lost":
                return self.random.choice(NEW_BUSINESS), lost
            case "unsaid":
                return self.random.choice(NEW_BUSINESS), replace(lost, is_unsaid=True)
            case "resting":
                return self._draw(LET_GO_IN), self._let_go()
            case "let_go":
                reason = self.random.choice(words().let_go_because)
                return self._draw(LET_GO_IN), Settled(Outcome.LOST, reason, is_let_go=True)
            case "renewed":
                return "Renewal", Settled(Outcome.WON)
            case _:
                return "Active", Settled(Outcome.LOST, self.random.choice(words().churned_because))

    def _let_go(self) -> Settled:
        reason = self.random.choice(words().let_go_because)
        return Settled(Outcome.RESTING, reason, is_let_go=True, look_again_after=LOOK_AGAIN)

    def _account(self, rep: Rep, at_home: float = AT_HOME) -> tuple[Account, Offer]:
        """Return somebody to sell to, and something that they do not have yet."""
        known = [
            account
            for account in self.folk.accounts[DARK_ON_TOUR:]
            if account.owner is rep and account.company and len(account.sold) == 1
        ]
        if len(known) > A_FEW and self.random.random() < KNOWN_ACCOUNT:
            account = self.random.choice(known)
            others = [each for each in offers.for_any_branch() if each not in account.sold]
            offer = self._offer(rep, others)
        else:
            is_home = self.random.random() < at_home
            offer = self._offer(rep, offers.for_homes() if is_home else offers.for_companies())
            account = self.folk.account(rep, offer)
        account.sold.append(offer)
        self.sold[rep.user.pk, offer.thing] += 1
        return account, offer

    def _offer(self, rep: Rep, choice: list[Offer]) -> Offer:
        """Return one of those that a rep has sold least of."""
        rarest = sorted(choice, key=lambda offer: self.sold[rep.user.pk, offer.thing])
        return self.random.choice(rarest[:A_FEW])

    def _draw(self, weighted: Weighted[T]) -> T:
        things = [thing for thing, _ in weighted]
        return self.random.choices(things, [weight for _, weight in weighted])[0]

    def _round_off(self, told: Story, *, is_toured: bool) -> None:
        """Cut what is older than the workspace, and note what was learned about the people."""
        _cut(told, self.now - HISTORY)
        for person in told.people:
            if told.stage in CUSTOMERS:
                person.contact.kind = Contact.Kind.CUSTOMER
            if not person.facts and (is_toured or self.random.random() < WITH_FACTS):
                self.folk.facts(person, self.random.choice(told.beats).at.date())
            if told.account.owner is not self.house.reps[0]:
                self._wear_out(person)

    def _leave_untouched(self) -> None:
        """Leave a few prospects of each rep without a word so far; without drawing lots."""
        for rep in self.house.reps:
            mine = [told for told in self.fresh if told.account.owner is rep]
            for told in mine[:UNTOUCHED]:
                story.untouch(told)

    def _wear_out(self, person: Person) -> None:
        """Let a few addresses die, and a few people ask not to be called."""
        for address in person.addresses.values():
            if self.random.random() < DEAD:
                address.health = Address.Health.DEAD
            elif address.channel == Channel.PHONE and self.random.random() < REFUSED:
                address.consent = Address.Consent.REFUSED


def _cut(told: Story, since: datetime) -> None:
    """Let a story begin no earlier than an instant, in the stage that it was in by then."""
    before = [beat.enters for beat in told.beats if beat.at < since and beat.enters]
    told.beats = [beat for beat in told.beats if beat.at >= since]
    if before and not told.beats[0].enters:
        told.beats[0].enters = before[-1]
