"""One deal from its first word to the demo's now."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from contacts.models import Channel
from deals.models import Outcome, Turn
from outreach.demo import stages
from outreach.demo.beats import Beat, Settled, Who, lay
from outreach.demo.endings import THEY_SAY, WE_SAY, Ending
from outreach.demo.offers import Offer
from outreach.demo.people import Account, Person
from outreach.demo.scale import Scale
from outreach.demo.scenes import ANSWERS, Teller
from outreach.demo.words import words

NEW_BUSINESS = ("Discovery", "Demo", "Proposal", "Negotiation")
CUSTOMERS = ("Onboarding", "Active", "Renewal")
SCENES = {
    "Discovery": (2, 5), "Demo": (1, 4), "Proposal": (1, 4), "Negotiation": (1, 4),
    "Onboarding": (3, 6), "Active": (5, 26), "Renewal": (1, 2),
}  # fmt: skip
RESTED = 0.7  # of the stages begin after a while in which it is nobody's move
REST = (20, 220)  # hours at work
LOOK_AGAIN = timedelta(days=90)  # SILENCE.md, "Defaults"
STARTING = re.compile(r"(?:(?<=^)|(?<=^“)|(?<=[.?!:] ))\{other\}")


@dataclass
class Story:
    """A deal as it will be written: about what, with whom, and its beats in order."""

    account: Account
    offer: Offer
    people: list[Person]
    stage: str
    beats: list[Beat]
    count: int
    amount: Decimal
    currency: str
    wanted: str
    title: str
    next_step: str = ""
    slots: dict[str, str] = field(default_factory=dict)

    @property
    def opened_at(self) -> datetime:
        return self.beats[0].at


def tell_open(account: Account, offer: Offer, stage: str, ending: Ending, scale: Scale) -> Story:
    """Tell a deal that is open now and stands as `ending` says."""
    story, teller = _begin(account, offer, stage, scale.random)
    body = stages.answer(_body(teller, stage, is_last_short=True), teller)
    tail = ending(teller, scale, stage)
    if all(beat.enters != stage for beat in body):
        tail.key.enters = stage
    story.beats = [*body, *_opener(teller, body, tail.key, stage), tail.key]
    stages.hurry(story.beats, scale.random)
    lay(story.beats, account.owner, story.people)
    story.beats += tail.after
    if scale.random.random() < 0.6:
        steps = words().next_steps_in(account.country.language)
        story.next_step = scale.random.choice(steps[stage])
    return story


def untouch(story: Story) -> None:
    """Let a deal begin where its last word was, without one so far."""
    at = story.beats[-1].at
    story.beats = [Beat(Who.US, "", Channel.EMAIL, 0.0, enters=story.stage, at=at)]
    story.next_step = ""


def tell_closed(
    account: Account, offer: Offer, stage: str, settled: Settled, *, at: datetime, random: Random
) -> Story:
    """Tell a deal that is over: won, lost or let go in a stage."""
    story, teller = _begin(account, offer, stage, random)
    last = _last(teller, settled, stage)
    story.beats = stages.answer([*_body(teller, stage), *last], teller)
    stages.hurry(story.beats, random)
    story.beats[-1].at = account.owner.rhythm.back(at, 0.1)
    lay(story.beats, account.owner, story.people)
    return story


def relit(story: Story, ending: Ending, scale: Scale) -> Story:
    """Let a deal that was let go come back: they write again, and it stands as `ending` says."""
    teller = Teller(scale.random, story.offer, story.people)
    tail = ending(teller, scale, story.stage)
    gap = scale.random.uniform(240, 600)
    back = teller.them("back_again", gap=gap, person=0)
    story.beats += [back, *teller.asking(), teller.them(THEY_SAY[story.stage][0]), tail.key]
    stages.hurry(story.beats, scale.random)
    lay(story.beats, story.account.owner, story.people)
    story.beats += tail.after
    return story


def _opener(teller: Teller, body: list[Beat], key: Beat, stage: str) -> list[Beat]:
    """Return what must come before the last beat so that a silence begins with it, not earlier."""
    before = stages.turn_after(body)
    if before != stages.turn_after([*body, key]):
        return []
    if key.who == Who.US:
        occasion = ANSWERS.get(key.occasion) or teller.random.choice(THEY_SAY[stage])
        opener = teller.them(occasion)
        key.said = teller.say(key.occasion)
        return [opener]
    return [teller.us(teller.random.choice(WE_SAY[stage]))] if before != Turn.THEIRS else []


def _begin(account: Account, offer: Offer, stage: str, random: Random) -> tuple[Story, Teller]:
    people = [account.people[0], *random.sample(account.people[1:], len(account.people) - 1)][:2]
    count = random.randint(*offer.counts)
    part = max(2, round(count / random.choice((3, 4, 5))))
    site = account.site
    slots = {"count": str(count), "part": str(part), "site": site, "units": offer.units}
    story = Story(
        account=account, offer=offer, people=people, stage=stage, beats=[], count=count,
        amount=_amount(offer, count, stage, random), currency=account.country.currency,
        wanted=random.choice(offer.wanted_in(account.country.language)).format(**slots),
        title=random.choice(offer.titles).format(**slots), slots=slots,
    )  # fmt: skip
    return story, Teller(random, offer, people)


def _amount(offer: Offer, count: int, stage: str, random: Random) -> Decimal:
    """Return what it would bring, in round figures; customers pay a fifth of it every year."""
    share = 0.2 if stage in CUSTOMERS else 1.0
    amount = count * random.uniform(*offer.price) * share
    step = 100 if amount > 2000 else 10
    return Decimal(round(amount / step) * step)


def _body(teller: Teller, stage: str, *, is_last_short: bool = False) -> list[Beat]:
    """Return the beats of all stages up to one."""
    path = NEW_BUSINESS if stage in NEW_BUSINESS else CUSTOMERS
    beats: list[Beat] = []
    for name in path[: path.index(stage) + 1]:
        low, high = SCENES[name]
        count = teller.random.randint(low, high)
        if name == stage and is_last_short and name not in {"Discovery", "Active"}:
            count = teller.random.choice((0, 1, 1, 2)) if name != "Onboarding" else 1
        scenes = stages.stage(teller, name, count)
        if beats and scenes and teller.random.random() < RESTED:
            beats.append(teller.them("thanks", turn=Turn.NOBODY))
            scenes[0].gap = teller.random.uniform(*REST)
        beats += scenes
    return beats


def _last(teller: Teller, settled: Settled, stage: str) -> list[Beat]:
    """Return the beats that close a deal."""
    if settled.is_let_go:
        tries = teller.tries(teller.random.choice((2, 3, 4)))
        note = teller.us("closing_note", gap=teller.random.uniform(20, 40), turn=Turn.UNCHANGED)
        note.settles = settled
        return [teller.us("nudge", gap=teller.later()), *tries, note]
    if settled.outcome == Outcome.WON:
        key = "renewed" if stage == "Renewal" else "yes"
        return [teller.them(key, settles=settled, person=0), _done(teller, "confirm")]
    if settled.is_unsaid:
        tries = teller.tries(teller.random.choice((1, 2, 3)))
        gone = Beat(Who.US, "", Channel.EMAIL, teller.random.uniform(10, 40), settles=settled)
        return [teller.us("nudge", gap=teller.later()), *tries, gone]
    said = teller.them("churned" if stage in CUSTOMERS else "no", person=0)
    said.settles = settled
    return [said, _done(teller, "good_bye")]


def _done(teller: Teller, key: str) -> Beat:
    return teller.us(key, gap=teller.random.uniform(0.3, 4), turn=Turn.UNCHANGED)


def told(beat: Beat, story: Story, text: str) -> str:
    """Fill the slots of a text as of its beat."""
    if "{" not in text:
        return text
    first = story.people[0].contact.first_name
    is_alone = len(story.people) == 1
    other = story.people[0 if is_alone or beat.person else 1].contact.first_name
    if is_alone:
        other = "your colleague" if beat.who == Who.US else "a colleague"
        text = STARTING.sub(other.capitalize(), text)
    until, due = beat.held_until, beat.due_at
    company = story.account.company
    return text.format(
        **story.slots, first=first, other=other, me=story.account.owner.user.get_short_name(),
        thing=story.offer.thing, title=story.title, company=company.name if company else first,
        month=f"{beat.at + timedelta(days=45):%B}",
        last_month=f"{beat.at - timedelta(days=28):%B}", until=_day(until) if until else "next week",
        when=_when(until, story) if until else "next week", due=_day(due) if due else "Friday",
    )  # fmt: skip


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B}"


def _when(at: datetime, story: Story) -> str:
    """Say when a meeting begins, in the contact's own zone: half an hour before it ends."""
    there = (at - timedelta(minutes=30)).astimezone(ZoneInfo(story.account.country.time_zone))
    return f"{there:%A} at {there:%H:%M}"
