"""What the rows say about why somebody may be silent, read for many deals at once.

The number of queries does not grow with the silences, and who asks makes no difference: touches
of other deals are counted, never shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, F, Max, Q
from django.db.models.functions import Left

from contacts.models import Contact
from deals.darkness import Interval
from deals.models import By, Direction, Ending, Hold, Pipeline, Silence, StageEntry, Touch
from deals.silence import absences
from outreach.mentions import Topic, find
from outreach.models import Reason, ReasonEntry, Remark
from outreach.people import Way
from outreach.signs import Away, Mentions, Opening, Said, Signs

LATE_CHANCE = 50  # a stage from which every second deal is won has a decision on the table
LATELY = timedelta(days=60)  # before the silence: what they asked then may still be open
ENOUGH = 4000  # characters of a note: what a letter is about stands at its head
Row = Any  # a named row of values_list: which columns it has, each reader says
Day = Callable[[datetime], date]  # the day that an instant is where the deal's owner is


class Absence(NamedTuple):
    """From when to when somebody was away, and whether they had named the day of their return."""

    when: Interval
    is_dated: bool


class Heard(NamedTuple):
    """One touch in which they were heard, and what was said in it."""

    touch: int
    deal: int
    channel: str
    at: datetime
    text: str


@dataclass
class Told:
    """What the history of many deals tells: by deal, but `heard` and `away` by contact."""

    was_heard: set[int] = field(default_factory=set)
    replies: dict[int, list[timedelta]] = field(default_factory=lambda: defaultdict(list))
    heard: dict[int, list[Heard]] = field(default_factory=lambda: defaultdict(list))
    ours: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    away: dict[int, list[Absence]] = field(default_factory=lambda: defaultdict(list))
    meetings: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    remarks: dict[int, dict[Remark.Topic, date]] = field(default_factory=lambda: defaultdict(dict))
    people: dict[int, int] = field(default_factory=dict)
    said: dict[int, tuple[Reason, datetime]] = field(default_factory=dict)


def read(silences: Sequence[Silence], deals: Mapping[int, Row], now: datetime) -> Told:
    """Read what happened on the deals of open silences: nine queries, one more for who was away."""
    told = Told()
    if not silences:
        return told
    oldest = min(silence.started_at for silence in silences)
    _their_words(told, deals, oldest)
    _openings(told, deals)
    _holds(told, deals, now)
    remarks = Remark.objects.standing().filter(deal__in=deals).order_by()
    for deal, topic, day in remarks.values_list("deal", "topic").annotate(Max("said_on")):
        told.remarks[deal][Remark.Topic(topic)] = day
    companies = {row.company_id for row in deals.values() if row.company_id}
    known = Contact.objects.filter(company__in=companies, erased_at=None).order_by()
    told.people = dict(known.values_list("company_id").annotate(Count("pk")))
    said = ReasonEntry.objects.filter(silence__in=[silence.pk for silence in silences])
    for silence, reason, at in said.values_list("silence_id", "said", "said_at"):
        told.said[silence] = Reason(reason), at
    return told


def signs_of(
    silence: Silence, deal: Row, told: Told, ways: Sequence[Way], today: datetime
) -> Signs:
    """Return the signs of one dark silence; `today` is now where the deal's owner is."""
    assert silence.dark_at is not None

    def day(at: datetime) -> date:
        return at.astimezone(today.tzinfo).date()

    heard = [each for each in told.heard[deal.contact_id] if each.deal != deal.pk]
    elsewhere = [each.at for each in heard if each.at >= silence.started_at]
    is_prospect = deal.stage__pipeline__kind == Pipeline.Kind.PROSPECTS
    said = told.said.get(silence.pk)
    return Signs(
        today=today.date(),
        patience=silence.dark_at - silence.started_at,
        attempts=silence.attempts,
        replies=tuple(told.replies[deal.pk]),
        was_heard=deal.pk in told.was_heard,
        heard_elsewhere_on=day(max(elsewhere)) if elsewhere else None,
        opening=_opening(silence, told, day),
        away=_away(silence, told.away[deal.contact_id], day),
        moved=tuple(day(at) for at in moved(told.meetings[deal.pk])),
        promised_on=day(silence.promised_at) if silence.promised_at else None,
        dead=tuple(dict.fromkeys(way.channel for way in ways if not way.is_alive)),
        people=told.people.get(deal.company_id) if deal.company_id else None,
        late_stage=deal.stage__name if is_prospect and deal.stage__chance >= LATE_CHANCE else "",
        mentions=_mentions(silence, deal, told, day),
        remarks=told.remarks[deal.pk],
        said=Said(said[0], day(said[1])) if said else None,
    )


def moved(meetings: Iterable[Row]) -> list[datetime]:
    """Return for when meetings were set that failed, or made way for another before their time.

    Only those after the last one that took place, in the order in which they were set.
    """
    rows = list(meetings)
    met = max((row.ends_at for row in rows if row.took_place), default=None)
    open_ = [row for row in rows if not row.took_place and (met is None or row.ends_at > met)]
    return [
        row.ends_at
        for row in open_
        if row.took_place is False
        or any(row.starts_at < other.starts_at < row.ends_at for other in rows)
    ]


def _their_words(told: Told, deals: Mapping[int, Row], oldest: datetime) -> None:
    """Read when they were heard, how long they took, and lately about what."""
    heard = Touch.objects.standing().filter(is_heard=True).exclude(direction=Direction.OUTBOUND)
    on_deal = heard.filter(deal__in=deals).order_by()
    told.was_heard = set(on_deal.values_list("deal_id", flat=True).distinct())
    replied = Silence.objects.filter(deal__in=deals, by=By.THEM, ending=Ending.REPLIED)
    replied = replied.order_by("ended_at", "pk")
    for deal, since, heard_at in replied.values_list("deal_id", "started_at", "ended_at"):
        assert heard_at is not None
        told.replies[deal].append(heard_at - since)
    contacts = {row.contact_id for row in deals.values()}
    lately = heard.filter(
        Q(deal__in=deals) | Q(contact__in=contacts), occurred_at__gte=oldest - LATELY
    )
    for row in _with_text(lately).order_by("occurred_at", "pk").iterator():
        about = Heard(row.pk, row.deal_id, row.channel, row.occurred_at, _text(row))
        whose = deals[row.deal_id].contact_id if row.deal_id in deals else row.contact_id
        told.heard[whose].append(about)


def _openings(told: Told, deals: Collection[int]) -> None:
    """Read the touches of ours with which the open silences began, and the stage entries since."""
    began = F("deal__silences__started_at")
    is_open = Q(deal__in=deals, deal__silences__ended_at=None)
    ours = Touch.objects.standing().filter(is_open, occurred_at=began)
    for row in _with_text(ours.exclude(direction=Direction.INBOUND)).order_by("pk"):
        told.ours[row.deal_id].append(row)
    entries = StageEntry.objects.filter(is_open, occurred_at__gte=began)
    rows = entries.order_by("occurred_at", "pk")
    for row in rows.values_list("deal_id", "stage__name", "occurred_at", named=True):
        told.entries[row.deal_id].append(row)


def _holds(told: Told, deals: Mapping[int, Row], now: datetime) -> None:
    """Read when their contacts were away, and which meetings were set."""
    contacts = {row.contact_id for row in deals.values()}
    concerned = Q(deal__in=deals, reason=Hold.Reason.MEETING) | Q(contact__in=contacts)
    held = Hold.objects.filter(concerned, starts_at__lte=now).order_by("starts_at", "pk")
    columns = ("deal_id", "contact_id", "starts_at", "ends_at", "took_place")
    notes: dict[int, list[Row]] = defaultdict(list)
    for row in held.values_list(*columns, named=True):
        if row.deal_id:
            told.meetings[row.deal_id].append(row)
        else:
            notes[row.contact_id].append(row)
    if notes:
        _absences(told, notes)


def _absences(told: Told, notes: Mapping[int, Sequence[Row]]) -> None:
    """Tell from their notes when contacts were away; hearing from them ended it."""
    heard: dict[int, list[datetime]] = defaultdict(list)
    touches = Touch.objects.standing().filter(contact__in=notes, is_heard=True)
    said = touches.exclude(direction=Direction.OUTBOUND).order_by()
    for contact, at in said.values_list("contact_id", "occurred_at"):
        heard[contact].append(at)
    for contact, rows in notes.items():
        dated = {row.starts_at for row in rows if row.ends_at}
        found = absences([(row.starts_at, row.ends_at) for row in rows], heard[contact])
        told.away[contact] = [Absence(when, when.since in dated) for when in found]


def _opening(silence: Silence, told: Told, day: Day) -> Opening | None:
    """Return what a silence began with; the stage is the one that the deal entered since."""
    ours, entered = told.ours[silence.deal_id], told.entries[silence.deal_id]
    if not ours and not entered:
        return None
    stage = entered[0].stage__name if entered else ""
    if not ours:
        return Opening(day(entered[0].occurred_at), stage=stage)
    names_price = [row for row in ours if Topic.PRICE in find(_text(row))]
    row = (names_price or ours)[0]
    at = entered[0].occurred_at if stage and not names_price else row.occurred_at
    return Opening(day(at), row.channel, stage, bool(names_price), row.pk)


def _away(silence: Silence, found: Iterable[Absence], day: Day) -> Away | None:
    """Return the absence that reached into a silence: the one that lasts longest."""
    reached = [each for each in found if each.when.to > silence.started_at]
    if not reached:
        return None
    when, is_dated = max(reached, key=lambda each: each.when.to)
    return Away(day(when.since), day(when.to) if is_dated else None)


def _mentions(silence: Silence, deal: Row, told: Told, day: Day) -> dict[Topic, Mentions]:
    """Count by topic the touches that mention it, of this silence and a while before it."""
    since = silence.started_at - LATELY
    lately = [each for each in told.heard[deal.contact_id] if each.at >= since]
    found = [(each, find(each.text)) for each in lately]
    return {
        topic: _count(
            [(each, topics[topic]) for each, topics in found if topic in topics], deal.pk, day
        )
        for topic in Topic
    }


def _count(told_of: Sequence[tuple[Heard, str]], deal: int, day: Day) -> Mentions:
    """Count touches with the word that tells: those of a deal, with its last one, and the others."""
    here = [(each, word) for each, word in told_of if each.deal == deal]
    elsewhere = len(told_of) - len(here)
    if not here:
        return Mentions(elsewhere=elsewhere)
    last, word = here[-1]
    return Mentions(len(here), elsewhere, day(last.at), last.channel, word, last.touch)


def _with_text(touches: Any) -> Any:
    columns = ("pk", "deal_id", "contact_id", "channel", "occurred_at", "subject", "head")
    return touches.annotate(head=Left("note", ENOUGH)).values_list(*columns, named=True)


def _text(row: Row) -> str:
    return f"{row.subject}\n{row.head}"
