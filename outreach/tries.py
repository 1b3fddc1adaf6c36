"""Plays that were tried, and whether they brought an answer within their time.

A play's time is the wait that the stage gives it before the next step (the last wait repeats; a
stage without waits gives as long as it waits at all), on the contact's calendar, from when the
word went out. Only a try whose time is over counts, however it went: one that was answered early
would else stand for many that are still waiting. A call that was taken answers itself.
Source: docs/figures.md; SILENCE.md, "What the sweep does"; decision 116.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When

from accounts.models import User
from deals.basis import Basis
from deals.models import Direction, Ending, Touch
from deals.policies import Rulebook
from deals.scopes import Scope
from outreach.models import Delivery, Play, Suggestion

State = Suggestion.State
OVER = [State.DONE, State.WITHDRAWN]  # as `suggestion_tried` keeps them
Rows = QuerySet[Any]


class Fate(StrEnum):
    """What became of a try."""

    REPLIED = "replied"
    UNANSWERED = "unanswered"
    WAITING = "waiting"


class Told(NamedTuple):
    """What of a try decides its fate; instants in UTC."""

    pk: int
    play: str
    channel: str
    stage: int
    calendar: int
    step: int
    begun_at: datetime
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class Try:
    """One play on one channel, and what became of it; `pk` is its suggestion's."""

    pk: int
    play: str
    channel: str
    fate: Fate


def tries(reader: User, scope: Scope, basis: Basis | None = None) -> list[Try]:
    """Return the plays that were tried in a scope, as a reader may know: one query, and the basis."""
    rules = (basis or Basis(scope.as_of)).rulebook
    return list(_judged(rows(reader, scope), rules, scope.as_of))


def among(reader: User, scope: Scope, play: str, channel: str, fates: Sequence[str]) -> Rows:
    """Return the rows of the tries of one play and channel that came to one of some fates."""
    asked = [
        each.pk
        for each in tries(reader, scope)
        if (each.play, each.channel) == (play, channel) and each.fate in fates
    ]
    return rows(reader, scope).filter(pk__in=asked)


def rows(reader: User, scope: Scope) -> Rows:
    """Return the suggestions that were tried in a scope, in the shape of `figures`' rows.

    Stage, owner, amount, kind and business are those of the spell that they were for. Where a
    late touch shows that there was none, nobody had to be brought back.
    """
    tried = _tried(scope).filter(spell__isnull=False, **scope.filters("spell__"))
    found: Rows = tried.annotate(
        at=Case(When(state=State.WITHDRAWN, then=F("begun_at")), default=F("acted_at")),
        crossed_at=F("spell__started_at"),
        of_silence=F("silence"),
        of_deal=F("deal"),
        of_stage=F("spell__stage"),
        of_owner=F("spell__owner"),
        of_amount=F("spell__amount"),
        of_currency=F("spell__currency"),
        of_kind=F("spell__kind"),
        of_is_business=F("spell__is_business"),
    )
    if reader.is_admin:
        return found
    theirs: Rows = found.filter(of_owner__in=User.objects.overseen_by(reader).values("pk"))
    return theirs


def _tried(scope: Scope) -> Rows:
    """Return what was done, and what a taken call had done before it could be marked so.

    It belongs to the period in which the rep did it; a mail counts once it went out. What began
    after they had been heard, as a late touch may show, was no try; nor was letting go without a
    word.
    """
    done = Q(state=State.DONE, acted_at__lt=scope.until)
    over = Suggestion.objects.filter(state__in=OVER, acted_at__gte=scope.since)
    asked = over.filter(play__in=Play.re_engaging()).exclude(channel="")
    told = asked.annotate(
        sent_at=Subquery(_mails().filter(state=Delivery.State.SENT).values("claimed_at")[:1]),
        is_mailed=Exists(_mails()),
        heard_at=Case(
            When(silence__relit_at__lte=scope.as_of, then=F("silence__relit_at")),
            When(
                silence__ending=Ending.REPLIED,
                silence__ended_at__lte=scope.as_of,
                then=F("silence__ended_at"),
            ),
        ),
        begun_at=Case(
            When(state=State.WITHDRAWN, then=F("silence__relit_at")),
            When(sent_at__isnull=False, then=F("sent_at")),
            When(is_mailed=False, then=F("acted_at")),
        ),
    )
    tried = told.filter(done | _taken_calls(scope), begun_at__lte=scope.as_of)
    return tried.filter(Q(heard_at=None) | Q(heard_at__gte=F("begun_at")))


def _mails() -> QuerySet[Delivery]:
    """Return the mails that were ordered for the suggestion of the outer query, latest first."""
    ordered = Delivery.objects.filter(suggestion=OuterRef("pk")).order_by("-created_at")
    return ordered.exclude(state__in=[Delivery.State.CANCELLED, Delivery.State.FAILED])


def _taken_calls(scope: Scope) -> Q:
    """Say of suggestions that a talk on their channel ended their silence while they were pending.

    The talk withdraws them, for there is nothing left to suggest: without these, only calls that
    nobody took would count.
    """
    talk = Touch.objects.standing().filter(
        deal=OuterRef("deal"), channel=OuterRef("channel"), direction=Direction.TWO_WAY,
        occurred_at=OuterRef("silence__relit_at"),
    )  # fmt: skip
    heard = Q(silence__relit_at__gte=scope.since, silence__relit_at__lt=scope.until)
    pending = Q(created_at__lte=F("silence__relit_at"), acted_at__gte=F("silence__relit_at"))
    return Q(heard & pending & Q(Exists(talk)), state=State.WITHDRAWN)


def _judged(found: Rows, rules: Rulebook, as_of: datetime) -> Iterator[Try]:
    told = found.order_by("begun_at", "pk").values_list(
        "pk", "play", "channel", "of_stage", "silence__calendar", "step", "begun_at", "heard_at"
    )
    for each in map(Told._make, told):
        yield Try(each.pk, each.play, each.channel, fate(each, rules, as_of))


def fate(told: Told, rules: Rulebook, as_of: datetime) -> Fate:
    """Return what became of a try as of an instant."""
    ends = time_is_up(told, rules)
    if ends > as_of:
        return Fate.WAITING
    is_answered = told.heard_at is not None and told.heard_at <= ends
    return Fate.REPLIED if is_answered else Fate.UNANSWERED


def time_is_up(told: Told, rules: Rulebook) -> datetime:
    """Return when the time of a try is over, in UTC."""
    threshold = rules.threshold(told.stage, told.begun_at)
    waits = threshold.spacing_spans or [threshold.patience]
    wait = waits[min(told.step, len(waits)) - 1]
    policy = rules.measure(wait, told.calendar, told.begun_at)
    return policy.clock.add(told.begun_at, policy.threshold)
