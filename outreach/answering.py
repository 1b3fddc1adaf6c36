"""What to do on a deal on which it is our move: answer, whom, how, and by when.

Derived when it is read and never kept: no row can go stale. Source: SILENCE.md, "Our turn".
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from contacts.models import Channel, Contact
from deals.models import Deal, Direction, Silence, Touch
from deals.spans import Span
from deals.standing import Standing, State
from deals.wording import say_duration
from outreach import people
from outreach.answers import Answers
from outreach.evidence import say_day
from outreach.models import Play, Suggestion
from outreach.people import Person, Way
from outreach.rates import Rate, Rates
from outreach.situation import USUAL_ORDER

SAID = {
    Direction.INBOUND: "{name} wrote on {day} {how}.",
    Direction.TWO_WAY: "We talked to {name} on {day} {how}.",
}
HOW = {
    Channel.EMAIL: "by e-mail",
    Channel.PHONE: "by phone",
    Channel.SMS: "by text message",
    Channel.CHAT: "in the chat",
    Channel.SOCIAL: "on social media",
    Channel.MEETING: "in a meeting",
    Channel.LETTER: "by letter",
    Channel.WEB: "on the web",
    Channel.OTHER: "another way",
}


def answer(
    deal: Deal, silence: Silence, stands: Standing, within: Span, *, now: datetime, zone: tzinfo
) -> Suggestion | None:
    """Return what to do on a deal whose open silence is ours, unsaved; None where nobody may be asked.

    To whom was heard last, where they were heard if that is open, else where an answer is
    likeliest. `within` is how soon the stage wants an answer; days are said in `zone`.
    """
    heard = _heard_last(deal)
    contact = heard.contact if heard and heard.contact else deal.contact
    person = people.read([contact.pk])[contact.pk]
    if contact.erased_at is not None or not person.may_be_named:
        return None
    way = _way(person, heard, Rates.load().of(deal.owner.team_id))
    today = now.astimezone(zone).date()
    since = (heard.occurred_at if heard else silence.started_at).astimezone(zone).date()
    told = _say_heard(heard, contact, since, today)
    return Suggestion(
        play=Play.ANSWER, deal=deal, contact=contact, silence=silence, stage=silence.stage,
        owner=deal.owner, step=1, channel=way.channel if way else "",
        address_id=way.address if way else None, created_at=now,
        evidence=[told, _say_due(stands, within, now, zone)],
    )  # fmt: skip


def _heard_last(deal: Deal) -> Touch | None:
    """Return the touch by which somebody was heard last who is still on the deal."""
    members = deal.participations.filter(left_at=None, contact__erased_at=None)
    heard = deal.touches.standing().filter(is_heard=True, contact__in=members.values("contact"))
    heard = heard.exclude(direction=Direction.OUTBOUND).select_related("contact__company")
    return heard.order_by("-occurred_at", "-source", "-external_id").first()


def _way(person: Person, heard: Touch | None, rates: dict[str, Rate]) -> Way | None:
    """Return where they were heard if that is open, else where an answer is likeliest."""

    def place(way: Way) -> tuple[bool, bool, float, int, bool, int]:
        likely = rates[way.channel].likely(person.answers.get(way.channel, Answers()))
        usual = USUAL_ORDER.index(Channel(way.channel))
        is_there = heard is not None and way.channel == heard.channel
        is_the_one = heard is not None and way.address == heard.address_id
        return not is_there, not is_the_one, -likely, usual, not way.is_preferred, way.address

    return min(person.usable(), key=place, default=None)


def _say_heard(heard: Touch | None, contact: Contact, since: date, today: date) -> str:
    if heard is None:
        return f"It has been our move since {say_day(since, today)}."
    how = HOW[Channel(heard.channel)]
    said = SAID[Direction(heard.direction)]
    if heard.is_inbound and heard.channel == Channel.PHONE:
        said = "{name} called on {day}."
    return said.format(name=contact.short_name, day=say_day(since, today), how=how)


def _say_due(stands: Standing, within: Span, now: datetime, zone: tzinfo) -> str:
    """Say by when this stage wants an answer: what is left of it, or since when it is overdue."""
    due = stands.due_at.astimezone(zone)
    at = f"{say_day(due.date(), now.astimezone(zone).date())}, {due:%H:%M}"
    said = f"This stage wants an answer within {within}"
    if stands.state == State.OVERDUE:
        return f"{said}: overdue since {at}."
    left = say_duration(max(stands.threshold - stands.elapsed, timedelta()), stands.day)
    return f"{said}: {left} left, until {at}."
