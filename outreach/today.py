"""What a reader does today: whose deals went dark, who waits for us, what dims next.

Each group reads as many rows as it shows and one more; its count is a figure's to say.
Source: SILENCE.md, "Whose turn", "When it is dark" and "What the sweep does".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone

from accounts.models import Cover, User
from deals import standing
from deals.cutoffs import Cutoffs
from deals.models import By, Deal, Silence
from deals.standing import DIMMING_SHARE, Standing, State
from deals.wording import say_duration
from outreach import resting
from outreach.focus import pick
from outreach.models import Notice, Suggestion, SuggestionQuerySet
from outreach.ranking import say
from outreach.resting import Again
from outreach.wording import full_name, say_after, say_play, whom

PAGE = 10
ORDER = ("focus", "dark", "ours", "again", "dimming", "nobody")  # of the groups, by their keys
LONGEST = 200  # rows of one group on a page; the list of deals has the rest
COLUMNS = (
    "pk", "deal_id", "by", "started_at", "stage_id", "calendar_id", "held_until", "promised_at",
    "dark_at", "stage__name", "deal__title", "deal__amount", "deal__currency",
    "deal__contact__first_name", "deal__contact__last_name", "deal__company__name",
    "deal__owner_id", "deal__owner__name",
)  # fmt: skip
QUEUED = (
    "silence_id", "play", "channel", "contact__first_name", "contact__last_name",
    "after_id", "after__deal__title", "after_is_seen", "rank_parts",
)  # fmt: skip
Flat = Any  # a named row of values_list with COLUMNS or QUEUED


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose deals a page is about: the reader's own and those they cover for, or their teams'."""

    reader: User
    of_team: bool = False
    covers: tuple[Cover, ...] = ()
    has_own: bool = True

    @property
    def alone(self) -> Scope:
        """The same for figures of what somebody achieved: those of a colleague are not told."""
        return Scope(self.reader, self.of_team)

    def within(self, path: str) -> Q:
        """Return the condition that the owner at a path is one of them."""
        if self.of_team:
            team = User.objects.overseen_by(self.reader).values("pk")
            return Q() if self.reader.is_admin else Q(**{f"{path}__in": team})
        owners = [cover.user_id for cover in self.covers]
        owners += [self.reader.pk] if self.has_own else []
        return Q(**{path: owners[0]}) if len(owners) == 1 else Q(**{f"{path}__in": owners})

    def cover_of(self, owner: int) -> Cover | None:
        """Return the cover by which somebody's deals are among them."""
        return next((cover for cover in self.covers if cover.user_id == owner), None)

    @property
    def silences(self) -> QuerySet[Silence]:
        """Their open silences."""
        return Silence.objects.visible_to(self.reader).open().filter(self.within("deal__owner"))

    @property
    def suggestions(self) -> SuggestionQuerySet:
        """What is suggested about their deals."""
        return Suggestion.objects.visible_to(self.reader).live().filter(self.within("owner"))


@dataclass(frozen=True, slots=True)
class Row:
    """One deal of a group; `play` is what is suggested and `after` what is to be talked of first.

    `place` says what its rank was multiplied from, "" where it has none; `cover` is the one by
    which it stands in the reader's queue, None for their own.
    """

    flat: Flat
    standing: Standing
    patience: str
    play: str = ""
    after: str = ""
    place: str = ""
    cover: Cover | None = None

    @property
    def deal(self) -> int:
        return int(self.flat.deal_id)

    @property
    def person(self) -> str:
        return full_name(self.flat.deal__contact__first_name, self.flat.deal__contact__last_name)

    @property
    def company(self) -> str:
        return self.flat.deal__company__name or ""


@dataclass(frozen=True, slots=True)
class Group:
    """Some rows under a heading; `has_more` says that there are others."""

    key: str
    title: str
    note: str
    rows: Sequence[Row | Again]
    has_more: bool = False


def queued(user: User, now: datetime) -> SuggestionQuerySet:
    """Return the live suggestions that nobody put off beyond now, also of those one covers."""
    worked = Q(owner__in=User.objects.worked_by(user).values("pk"))
    return Suggestion.objects.visible_to(user).live().filter(worked).awake(now)


def unread(user: User) -> QuerySet[Notice]:
    """Return what a reader was told and has not read.

    That we owe an answer only while we do, that an endpoint is off only to admins while it is.
    """
    owed = Silence.objects.open().filter(deal=OuterRef("deal"), by=By.US, dark_at__isnull=False)
    of_deals = Q(
        ~Q(kind=Notice.Kind.OVERDUE) | Exists(owed), deal__in=Deal.objects.visible_to(user)
    )
    of_endpoints = Q(endpoint__disabled_at__isnull=False) if user.is_admin else Q(pk__in=())
    return Notice.objects.filter(of_deals | of_endpoints, user=user, read_at=None)


@dataclass(frozen=True)
class Today:
    """The groups of one reader's day at an instant, from one reading of the thresholds."""

    scope: Scope
    cutoffs: Cutoffs

    @classmethod
    def at(cls, now: datetime, scope: Scope) -> Today:
        """Read the thresholds in force at an instant, in three queries."""
        return cls(scope, Cutoffs.at(now))

    @property
    def now(self) -> datetime:
        return self.cutoffs.now

    def groups(self, sizes: Mapping[str, int], focus: int = 0) -> list[Group]:
        """Return the groups that have rows, each as long as `sizes` says by its key.

        At most `focus` of the dark deals and of our overdue moves stand in a group above the rest.
        """
        dark, plays = self._dark(_size(sizes, "dark") + focus + 1)
        ours = self._flat(self.ours, ("dark_at", "started_at"), _size(sizes, "ours") + focus + 1)
        dimming = self._next_to_go_dark(_size(sizes, "dimming") + 1)
        stale = self._flat(self.stale, ("started_at",), _size(sizes, "nobody") + 1)
        everything = [*dark, *ours, *dimming, *stale]
        stands = standing.of(everything, self.now, self.cutoffs.rulebook)
        dimming.sort(key=lambda flat: (stands[flat.pk].due_at, flat.pk))
        # what is due and was not swept yet is dark all the same; it has no suggestion so far
        dark += [flat for flat in dimming if stands[flat.pk].state == State.DARK]
        dimming = [flat for flat in dimming if stands[flat.pk].state != State.DARK]
        first = pick(
            [flat for flat in dark if flat.pk in plays and plays[flat.pk].after_id is None],
            [flat for flat in ours if flat.dark_at is not None],
            focus,
        )
        dark, ours = ([flat for flat in flats if flat not in first] for flats in (dark, ours))
        named = (
            ("focus", "Focus", "what to do before all else", first),
            ("dark", "Dark", "most to win first", dark),
            ("ours", "Our move", "they are waiting on us", ours),
            ("dimming", "Dimming", "next to go dark first", dimming),
            ("nobody", "Nobody’s move", "for longer than the stage’s threshold", stale),
        )
        groups = [
            Group(key, title, note, self._rows(flat[:size], stands, plays), len(flat) > size)
            for key, title, note, flat in named
            if flat and (size := focus if key == "focus" else _size(sizes, key))
        ]
        groups += self._again(_size(sizes, "again"))
        return sorted(groups, key=lambda group: ORDER.index(group.key))

    def _again(self, size: int) -> list[Group]:
        """Return the let-go deals whose day for another look has come where the reader is."""
        day = timezone.localtime(self.now).date()
        found = [
            replace(row, cover=self.scope.cover_of(row.flat.deal__owner_id))
            for row in resting.rows(
                self.scope.reader, self.scope.within("deal__owner"), day, size + 1
            )
        ]
        group = Group(
            "again", "Worth another look", "let go, and their day is here", found[:size],
            len(found) > size,
        )  # fmt: skip
        return [group] if found else []

    @property
    def ours(self) -> QuerySet[Silence]:
        """The silences by us: they are waiting."""
        return self.scope.silences.filter(by=By.US)

    def longest_wait(self) -> str:
        """Say how long they have waited on us at most, on our clock; "" where nobody does."""
        first = self._flat(self.ours, ("started_at",), 1)
        if not first:
            return ""
        stands = standing.of(first, self.now, self.cutoffs.rulebook)[first[0].pk]
        return say_duration(stands.elapsed, stands.day)

    @property
    def dimming(self) -> QuerySet[Silence]:
        """The silences by them past three quarters of their threshold that are not marked dark."""
        return self._past(By.THEM, DIMMING_SHARE).filter(dark_at=None)

    @property
    def stale(self) -> QuerySet[Silence]:
        """The deals on which it is nobody's move for longer than the threshold."""
        return self._past(By.NOBODY, 1.0)

    def _past(self, by: By, share: float) -> QuerySet[Silence]:
        mine = self.scope.silences.filter(by=by)
        return mine.filter(self.cutoffs.due(by, share, among=mine))

    def _dark(self, limit: int) -> tuple[list[Flat], dict[int, Flat]]:
        """Return the dark silences something is suggested for, most to win first, with the plays."""
        owners = User.objects.visible_to(self.scope.reader).filter(pk=OuterRef("after__owner"))
        best = self.scope.suggestions.awake(self.now).order_by("-rank", "pk")
        best = best.annotate(after_is_seen=Exists(owners))
        plays = {row.silence_id: row for row in best.values_list(*QUEUED, named=True)[:limit]}
        found = {
            flat.pk: flat
            for flat in Silence.objects.filter(pk__in=plays).values_list(*COLUMNS, named=True)
        }
        return [found[pk] for pk in plays if pk in found], plays

    def _flat(self, silences: QuerySet[Silence], order: Iterable[str], limit: int) -> list[Flat]:
        ordered = [F(name).asc(nulls_last=True) for name in order]
        return list(silences.order_by(*ordered, "pk").values_list(*COLUMNS, named=True)[:limit])

    def _next_to_go_dark(self, limit: int) -> list[Flat]:
        """Return for each policy those whose clocks are furthest; among them are the first of all.

        Within a policy the clock says who is next; between policies only their due dates do.
        """
        goes_by = Coalesce("promised_at", "clock_from")
        place = Window(
            RowNumber(), partition_by=[F("stage"), F("calendar")], order_by=[goes_by, F("pk")]
        )
        first = self.dimming.annotate(place=place).filter(place__lte=limit)
        return list(first.order_by("pk").values_list(*COLUMNS, named=True))

    def _rows(
        self, flat: Iterable[Flat], stands: Mapping[int, Standing], plays: Mapping[int, Flat]
    ) -> list[Row]:
        return [self._row(row, stands[row.pk], plays.get(row.pk)) for row in flat]

    def _row(self, flat: Flat, stands: Standing, play: Flat | None) -> Row:
        threshold = self.cutoffs.rulebook.threshold(flat.stage_id, self.now)
        span = threshold.reply_span if flat.by == By.US else threshold.patience
        return Row(
            flat,
            stands,
            str(span),
            play=say_play(play.play, play.channel, whom(play, flat)) if play else "",
            after=say_after(play) if play else "",
            place=say(play.rank_parts) if play else "",
            cover=self.scope.cover_of(flat.deal__owner_id),
        )


def _size(sizes: Mapping[str, int], key: str) -> int:
    return min(max(sizes.get(key, PAGE), PAGE), LONGEST)
