"""What happened on a deal, newest first: touches, silences, holds, promises, moves and outcomes.

One reading of the rows serves the thread and the conversation strip.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from django.db.models import Prefetch, Q

from accounts.models import User
from contacts.models import Channel
from deals import strip
from deals.models import (
    By,
    DarkSpell,
    Deal,
    Direction,
    Ending,
    Hold,
    Outcome,
    OutcomeEntry,
    Promise,
    Silence,
    StageEntry,
    Touch,
    Turn,
)
from deals.silence import UNDATED_ABSENCE
from deals.standing import Standing
from deals.strip import Mark, Stretch, Strip
from deals.wording import say_duration, say_end, say_when

SHOWN = 30  # touches on a page; the rest is a link away
WROTE = {
    Channel.EMAIL: "e-mailed",
    Channel.PHONE: "called",
    Channel.SMS: "texted",
    Channel.CHAT: "wrote in the chat",
    Channel.SOCIAL: "wrote on social media",
    Channel.MEETING: "asked to meet",
    Channel.LETTER: "wrote a letter",
    Channel.WEB: "wrote on the web",
    Channel.OTHER: "got in touch",
}
TALKED = {
    Channel.PHONE: "talked on the phone to",
    Channel.MEETING: "met",
    Channel.CHAT: "chatted with",
}
ENDED = {
    Ending.REPLIED: "until they replied",
    Ending.ANSWERED: "until we answered",
    Ending.TURNED: "until the turn passed",
    Ending.CLOSED: "until the deal closed",
    Ending.LET_GO: "until we let go",
    Ending.WITHDRAWN: "until nobody was left to talk to",
}
OUTCOMES = {
    Outcome.WON: "Won",
    Outcome.LOST: "Lost",
    Outcome.ARCHIVED: "Archived",
    Outcome.RESTING: "Let go for now",
    Outcome.OPEN: "Opened again",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the thread. `when` replaces the date; a `touch` may be edited and deleted."""

    at: datetime
    kind: str
    title: str
    text: str = ""
    when: str = ""
    state: str = ""
    touch: Touch | None = None
    hold: Hold | None = None
    promise: Promise | None = None

    @property
    def asks_for_an_answer(self) -> bool:
        """Whether "needs no answer" can still be said of it."""
        return self.touch is not None and self.touch.turn in (Turn.OURS, Turn.THEIRS)


@dataclass
class Conversation:
    """The rows of one deal's latest history; `has_more` says that older touches are left out."""

    deal: Deal
    touches: list[Touch]
    has_more: bool
    silences: list[Silence] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    stages: list[StageEntry] = field(default_factory=list)
    outcomes: list[OutcomeEntry] = field(default_factory=list)

    def thread(
        self, reader: User, now: datetime, zone: tzinfo, stands: Standing | None = None
    ) -> list[Entry]:
        """Tell it newest first, in the words of a reader; dates in their zone.

        `stands` is how the open silence stands: it is told on the clock that judges it.
        """
        told = [
            *(_of_touch(touch, reader) for touch in self.touches),
            *(
                entry
                for silence in self.silences
                for entry in _of_silence(silence, now, zone, stands)
            ),
            *(_of_hold(hold, now, zone) for hold in self.holds),
            *(_of_promise(promise, now, zone) for promise in self.promises),
            *(
                _of_stage(entry, first=not self.has_more and entry is self.stages[0])
                for entry in self.stages
            ),
            *(_of_outcome(entry) for entry in self.outcomes),
        ]
        return sorted(told, key=lambda entry: entry.at, reverse=True)

    def strip(self, now: datetime, zone: tzinfo) -> Strip:
        """Draw it up to now."""
        marks = [
            Mark(touch.occurred_at, touch.direction) for touch in self.touches if counts(touch)
        ]
        silences = [
            Stretch(silence.started_at, silence.ended_at, _dark_from(silence))
            for silence in self.silences
            if silence.by == By.THEM
        ]
        holds = [Stretch(hold.starts_at, _end_of(hold)) for hold in self.holds]
        begun = [hold for hold in holds if hold.since <= now]
        return strip.draw(marks, silences, begun, now=now, zone=zone)


def read(deal: Deal, limit: int = SHOWN) -> Conversation:
    """Read the latest touches of a deal and all that happened since the oldest of them.

    Seven queries, however long the history. The caller has asked who may see the deal.
    """
    rows = deal.touches.standing().select_related("user", "contact")[: limit + 1]
    touches = list(rows)[:limit]
    has_more = len(rows) > limit
    since = (
        touches[-1].occurred_at if has_more else datetime.min.replace(tzinfo=deal.opened_at.tzinfo)
    )
    spells = Prefetch("spells", DarkSpell.objects.order_by("started_at"))
    still = Q(ended_at=None) | Q(ended_at__gte=since)
    return Conversation(
        deal=deal,
        touches=touches,
        has_more=has_more,
        silences=list(deal.silences.filter(still).prefetch_related(spells)),
        holds=_holds(deal, since),
        promises=list(deal.promises.standing().filter(made_at__gte=since)),
        stages=list(
            deal.stage_entries.filter(occurred_at__gte=since).select_related("stage", "user")
        ),
        outcomes=list(deal.outcome_entries.filter(occurred_at__gte=since).select_related("user")),
    )


def counts(touch: Touch) -> bool:
    """Whether a touch plays the ball: heard from them, or arrived from us."""
    return touch.is_delivered if touch.direction == Direction.OUTBOUND else touch.is_heard


def _holds(deal: Deal, since: datetime) -> list[Hold]:
    theirs = Q(deal=deal) | Q(contact=deal.contact_id)
    return list(Hold.objects.filter(theirs, Q(ends_at=None) | Q(ends_at__gte=since)))


def _end_of(hold: Hold) -> datetime:
    return hold.ends_at or hold.starts_at + UNDATED_ABSENCE


def _dark_from(silence: Silence) -> datetime | None:
    """Return since when a silence is dark, or when it first was if it ended."""
    if silence.ended_at is None:
        return silence.dark_at
    return next((spell.started_at for spell in silence.spells.all()), None)


def _of_touch(touch: Touch, reader: User) -> Entry:
    kind = touch.direction if counts(touch) else "undelivered"
    title = f"{_who(touch, reader)} {_did(touch)}"
    if not touch.is_heard and touch.direction != Direction.OUTBOUND:
        kind, title = "event", f"{title} (automatic, so nobody was heard)"
    elif kind == "undelivered":
        title = f"{title} (did not arrive)"
    text = ": ".join(part for part in (touch.subject, touch.note) if part)
    return Entry(touch.occurred_at, kind, title, text, touch=touch)


def _who(touch: Touch, reader: User) -> str:
    if touch.direction == Direction.INBOUND:
        return touch.contact.short_name if touch.contact else "They"
    if touch.user is None:
        return "We"
    return "You" if touch.user_id == reader.pk else touch.user.get_short_name()


def _did(touch: Touch) -> str:
    channel = Channel(touch.channel)
    if touch.direction != Direction.TWO_WAY:
        return WROTE[channel]
    them = touch.contact.short_name if touch.contact else "them"
    return f"{TALKED.get(channel, 'talked to')} {them}"


def _of_silence(
    silence: Silence, now: datetime, zone: tzinfo, stands: Standing | None
) -> Iterator[Entry]:
    """Tell of silences by them that last, and of those that went dark; the others need no line."""
    dark_at = _dark_from(silence)
    is_waiting = silence.by == By.THEM and silence.ended_at is None
    if silence.by == By.NOBODY or (dark_at is None and not is_waiting):
        return
    what = "of silence" if silence.by == By.THEM else "in which we owed an answer,"
    until = ENDED[Ending(silence.ending)] if silence.ending else "so far"
    lasted = say_duration((silence.ended_at or now) - silence.started_at)
    if stands and not silence.ending:
        lasted = say_duration(stands.elapsed, stands.day)
        until += ", in working time" if stands.day < timedelta(days=1) else ""
    went = "went dark" if silence.by == By.THEM else "overdue"
    yield Entry(
        at=dark_at or silence.started_at,
        kind="silence",
        title="",
        text=f"{lasted} {what} {until}",
        when=f"{went} {_day(dark_at, zone)}" if dark_at else "until now",
        state="dark" if dark_at else "",
    )


def _day(at: datetime, zone: tzinfo) -> str:
    there = at.astimezone(zone)
    return f"{there.day} {there:%b}"


def _of_hold(hold: Hold, now: datetime, zone: tzinfo) -> Entry:
    lasts = say_end(_end_of(hold), now, zone)
    return Entry(
        hold.starts_at, "hold", f"{hold.get_reason_display()}, {lasts}", hold.note,
        hold=hold if _end_of(hold) > now else None,
    )  # fmt: skip


def _of_promise(promise: Promise, now: datetime, zone: tzinfo) -> Entry:
    due = say_when(promise.due_at, now, zone)
    standing = promise if promise.due_at > now else None
    return Entry(
        promise.made_at, "event", f"They will come back {due}", promise.note, promise=standing
    )


def _of_stage(entry: StageEntry, *, first: bool) -> Entry:
    title = f"Opened in {entry.stage}" if first else f"Moved to {entry.stage}"
    turn = "" if entry.turn == Turn.UNCHANGED else Turn(entry.turn).label
    return Entry(entry.occurred_at, "event", title, turn)


def _of_outcome(entry: OutcomeEntry) -> Entry:
    title = OUTCOMES[Outcome(entry.outcome)]
    if entry.is_let_go and entry.outcome == Outcome.LOST:
        title = "Let go for good"
    if entry.look_again_on:
        title = f"{title}, worth another look on {entry.look_again_on:%d %B %Y}"
    return Entry(entry.occurred_at, "event", title, entry.reason)
