"""What digests say, read for many at once: only what still holds when it is read or sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from deals.models import Silence
from deals.wording import say_money
from outreach.digest import lines, weekly
from outreach.digest.people import Covers, House, Reader, Teams
from outreach.digest.weekly import Week
from outreach.digest.wording import say_counts, say_line
from outreach.models import Digest, DigestSettings, Notice, Suggestion, Telling
from outreach.wording import full_name, say_play

Kind = Telling.Kind
Name = tuple[int, str, str]  # of a digest
Row = Any  # a named row of values_list
MOST_LINES = 15  # of a section; Today has the rest
TITLES = {Kind.DARK: "Went dark", Kind.OURS: "Our move", Kind.DUE: "Due today"}
COLUMNS = (
    "pk", "by", "dark_at", "ended_at", "deal_id", "stage__name", "deal__title", "deal__amount",
    "deal__currency", "deal__contact__first_name", "deal__contact__last_name",
    "deal__company__name", "deal__owner_id", "deal__owner__name",
)  # fmt: skip
QUEUED = ("silence_id", "play", "channel", "rank", "contact__first_name", "contact__last_name")


@dataclass(frozen=True, slots=True)
class Told:
    """One deal of a digest, in words; `play` is what is suggested, `owner` somebody else.

    `is_covered` says that the reader works it for the owner, who is away.
    """

    deal: int
    title: str
    whom: str
    stage: str
    amount: str
    when: str
    play: str = ""
    owner: str = ""
    is_covered: bool = False
    rank: float = 0.0

    @property
    def whose(self) -> str:
        """Say whose deal it is, where it is not the reader's: "for Ines", "owned by Ines"."""
        if not self.owner:
            return ""
        return f"for {self.owner}" if self.is_covered else f"owned by {self.owner}"

    @property
    def path(self) -> str:
        return f"{reverse('outreach:today')}?deal={self.deal}"

    @property
    def url(self) -> str:
        return f"{settings.BASE_URL}{self.path}"


@dataclass(frozen=True, slots=True)
class Section:
    """Some deals under a heading; `more` says how many there are besides."""

    kind: str
    title: str
    told: Sequence[Told]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """All that one digest says to one reader."""

    sections: Sequence[Section] = ()
    notices: Sequence[Notice] = ()
    week: Week | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many silences of each kind it tells."""
        return {each.kind: len(each.told) + each.more for each in self.sections}

    @property
    def says(self) -> str:
        """What it tells, in a line."""
        return say_counts(self.counts, len(self.notices))

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it is news any more."""
        if self.week is not None:
            return self.week.is_empty
        return not self.sections and not self.notices


class Contents:
    """The contents of some digests as of an instant: a fixed number of queries, however many."""

    def __init__(self, digests: Sequence[Digest], now: datetime) -> None:
        self.now = now
        self.house = House.at(now)
        self._digests = list(digests)
        self._weeks: dict[tuple[int, date, datetime], Week] = {}

    def zone(self, user: User) -> ZoneInfo:
        """Return the zone in which somebody is told."""
        return ZoneInfo(user.time_zone or self.house.workspace.time_zone)

    def of(self, digest: Digest) -> Content:
        """Return what a digest says now."""
        if digest.kind == Digest.Kind.WEEKLY:
            return Content(week=self._week(digest))
        tellings = self._tellings.get(digest.name, ())
        owners = self._owners(digest)
        told = [each for each in tellings if self._holds(each, owners)]
        zone = self.zone(digest.user)
        sections = [self._section(kind, told, zone) for kind in TITLES]
        return Content([each for each in sections if each.told], self._notices_of(digest))

    def _week(self, digest: Digest) -> Week:
        """Return a manager's report; one for all its recipients."""
        key = digest.user_id, digest.day, digest.created_at
        if key not in self._weeks:
            zone = self.zone(digest.user)
            self._weeks[key] = weekly.week_of(digest.user, digest.day, zone, digest.created_at)
        return self._weeks[key]

    @cached_property
    def _covers(self) -> Covers:
        return Covers.at(self.now)

    @cached_property
    def _teams(self) -> Teams:
        at_once = [each for each in self._digests if each.kind == Digest.Kind.AT_ONCE]
        return Teams.of({each.user_id: each.user for each in at_once}.values())

    @cached_property
    def _tellings(self) -> Mapping[Name, list[Telling]]:
        """What each digest tells; one that somebody asked for tells all that holds."""
        saved = {each.pk: each.name for each in self._digests if each.pk}
        found: dict[Name, list[Telling]] = {}
        for telling in Telling.objects.filter(digest__in=saved).order_by("at", "pk"):
            found.setdefault(saved[telling.digest_id or 0], []).append(telling)
        for digest in self._digests:
            if digest.is_asked_for and digest.kind == Digest.Kind.MORNING:
                found[digest.name] = as_of_now(digest.user, self.house, self._covers, self.now)
        return found

    @cached_property
    def _silences(self) -> Mapping[int, Row]:
        silences = {each.silence_id for some in self._tellings.values() for each in some}
        rows = Silence.objects.filter(pk__in=silences).values_list(*COLUMNS, named=True)
        return {row.pk: row for row in rows}

    @cached_property
    def _plays(self) -> Mapping[int, Row]:
        live = Suggestion.objects.live().filter(silence__in=self._silences).awake(self.now)
        rows = live.order_by("rank").values_list(*QUEUED, named=True)
        return {row.silence_id: row for row in rows}

    @cached_property
    def _notices(self) -> Mapping[int, list[Notice]]:
        since = {each.user_id: each.news_since for each in self._digests if each.news_since}
        found: dict[int, list[Notice]] = {}
        if since:
            rows = lines.notices(list(since), min(since.values()))
            for notice in rows.select_related("deal"):
                found.setdefault(notice.user_id, []).append(notice)
        return found

    def _notices_of(self, digest: Digest) -> list[Notice]:
        since = digest.news_since
        if since is None:
            return []
        owners = self._covers.owners(digest.user_id)
        return [
            each
            for each in self._notices.get(digest.user_id, [])
            if since < each.created_at <= digest.created_at
            and (each.deal is None or each.deal.owner_id in owners)
        ]

    def _owners(self, digest: Digest) -> frozenset[int]:
        """Return whose deals a digest may speak of: the reader's, whom they cover, their teams'."""
        owners = self._covers.owners(digest.user_id)
        is_at_once = digest.kind == Digest.Kind.AT_ONCE
        return owners | self._teams.owners(digest.user_id) if is_at_once else owners

    def _holds(self, telling: Telling, owners: frozenset[int]) -> bool:
        """Whether what was told holds still, of a deal of one of its owners.

        What was foretold holds while nobody moved, also once it has come true.
        """
        row = self._silences.get(telling.silence_id)
        if row is None or row.ended_at is not None:
            return False
        stands = telling.kind == Kind.DUE or row.dark_at is not None
        return stands and row.deal__owner_id in owners

    def _section(self, kind: Telling.Kind, tellings: Sequence[Telling], zone: ZoneInfo) -> Section:
        told = [self._told(each, zone) for each in tellings if each.kind == kind]
        if kind == Kind.DARK:
            told.sort(key=lambda each: -each.rank)
        return Section(kind, TITLES[kind], told[:MOST_LINES], max(len(told) - MOST_LINES, 0))

    def _told(self, telling: Telling, zone: ZoneInfo) -> Told:
        row, play = self._silences[telling.silence_id], self._plays.get(telling.silence_id)
        person = full_name(row.deal__contact__first_name, row.deal__contact__last_name)
        is_own = row.deal__owner_id == telling.user_id
        amount = row.deal__amount
        return Told(
            deal=row.deal_id,
            title=row.deal__title,
            whom=", ".join(filter(None, [person, row.deal__company__name])),
            stage=row.stage__name,
            amount="" if amount is None else say_money(amount, row.deal__currency),
            when=say_line(telling.kind, row.by, telling.at, self.now, zone),
            play=_say_play(play, person) if play else "",
            owner="" if is_own else row.deal__owner__name,
            is_covered=row.deal__owner_id in self._covers.owners(telling.user_id),
            rank=float(play.rank) if play else 0.0,
        )


def as_of_now(user: User, house: House, covers: Covers, now: datetime) -> list[Telling]:
    """Return all that a morning digest could tell somebody, whether or not it was told before."""
    rhythm = house.rhythm(user)
    today = now.astimezone(rhythm.zone).date()
    reader = Reader(user, DigestSettings.of(user), rhythm, today, covers.owners(user.pk))
    found = lines.of_morning([reader], now, house, only_news=False)
    return [
        Telling(user=user, silence_id=each.silence, kind=each.kind, at=each.at) for each in found
    ]


def _say_play(play: Row, person: str) -> str:
    whom = full_name(play.contact__first_name, play.contact__last_name)
    return say_play(play.play, play.channel, "" if whom == person else whom)
