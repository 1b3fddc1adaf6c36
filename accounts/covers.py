"""Leave and its cover: a colleague looks after somebody's deals from a day to a day.

Days are those of the person on leave, in their own zone: from the first one's midnight to the end
of the last. One rule holds all others together: whoever covers is here. So nobody covers who is
away then, and nobody goes away who covers then. Source: decision 080.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts.models import Cover, User, Workspace
from accounts.models.covers import CoverQuerySet

DAY = timedelta(days=1)
FURTHEST = timedelta(days=731)  # two years: further ahead is a slip of the keys


@dataclass(frozen=True, slots=True)
class Leave:
    """Who is away from which day to which, and who covers."""

    person: User
    colleague: User
    first: date
    last: date

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its days begin and end."""
        return ZoneInfo(self.person.time_zone or Workspace.current().time_zone)

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        return datetime.combine(self.last + DAY, time(), self.zone).astimezone(UTC)


def arrange(leave: Leave, *, by: User, now: datetime) -> Cover:
    """Let a colleague cover for somebody.

    Raises ValidationError, by field, for what is over, oneself, whoever left, and where the cover
    meets another one.
    """
    with transaction.atomic():
        _lock(leave)
        _check(leave, now, among=Cover.objects.all())
        if leave.first < now.astimezone(leave.zone).date():
            raise ValidationError({"first": "That day is over. Choose today or a later one."})
        return Cover.objects.create(
            user=leave.person, colleague=leave.colleague, starts_at=leave.starts_at,
            ends_at=leave.ends_at, made_by=by, made_at=now,
        )  # fmt: skip


def change(cover: Cover, leave: Leave, *, by: User, now: datetime) -> Cover:
    """Change the days or the colleague of a cover; return the one that holds from now on.

    One that has begun keeps its first day, and what was before stays as it was: another colleague
    takes over now. Raises ValidationError as `arrange`, and where the cover is over.
    """
    with transaction.atomic():
        _lock(leave)
        known = _still(cover, now)
        if not known.has_begun(now):
            known.delete()
            return arrange(leave, by=by, now=now)
        _check(leave, now, among=Cover.objects.exclude(pk=known.pk))
        if known.colleague_id == leave.colleague.pk:
            known.ends_at = leave.ends_at
            known.save(update_fields=["ends_at"])
            return known
        end(known, now=now)
        return Cover.objects.create(
            user=leave.person, colleague=leave.colleague, starts_at=now, ends_at=leave.ends_at,
            made_by=by, made_at=now,
        )  # fmt: skip


def end(cover: Cover, *, now: datetime) -> None:
    """End a cover now; one to come is as if it had never been, one that is over stays."""
    if not cover.has_begun(now):
        cover.delete()
    elif cover.ends_at > now:
        cover.ends_at = now
        cover.save(update_fields=["ends_at"])


def end_all(person: User, *, now: datetime) -> None:
    """End all covers that somebody does, for they work here no more."""
    for cover in Cover.objects.to_come(now).filter(colleague=person):
        end(cover, now=now)


def of(person: User, now: datetime) -> CoverQuerySet:
    """Return the covers of somebody that hold or are to come, the next first."""
    return Cover.objects.to_come(now).filter(user=person).with_people().order_by("starts_at", "pk")


def seen_by(reader: User, now: datetime) -> CoverQuerySet:
    """Return the covers, now or to come, that concern a reader: theirs, and those they oversee."""
    overseen = User.objects.overseen_by(reader).values("pk")
    told = Cover.objects.to_come(now).filter(Q(user__in=overseen) | Q(colleague=reader))
    return told.with_people().order_by("starts_at", "pk")


def _lock(leave: Leave) -> None:
    """Lock the two people, in order, so that no two covers of theirs are arranged at once."""
    people = User.objects.filter(pk__in=[leave.person.pk, leave.colleague.pk])
    list(people.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _still(cover: Cover, now: datetime) -> Cover:
    known = Cover.objects.to_come(now).filter(pk=cover.pk).first()
    if known is None:
        raise ValidationError("That cover is over. Arrange a new one.")
    return known


def _check(leave: Leave, now: datetime, *, among: CoverQuerySet) -> None:
    """Refuse what makes no sense; raise ValidationError by field."""
    today = now.astimezone(leave.zone).date()
    if leave.last < leave.first:
        raise ValidationError({"last": "The last day comes before the first. Swap the two."})
    if leave.last < today:
        raise ValidationError({"last": "That day is over. Choose today or a later one."})
    if leave.last - today > FURTHEST:
        raise ValidationError({"last": "That is more than two years ahead. Choose an earlier day."})
    if leave.person == leave.colleague:
        raise ValidationError({"colleague": "Nobody covers for themself. Name somebody else."})
    if not leave.colleague.is_active:
        left = f"{leave.colleague} no longer works here. Name somebody else."
        raise ValidationError({"colleague": left})
    since = max(leave.starts_at, now)  # who was away before it is back
    _check_others(leave, among.between(since, leave.ends_at).with_people())


def _check_others(leave: Leave, others: CoverQuerySet) -> None:
    """Refuse a cover that meets another: two for one person, or a colleague who is away."""
    if twice := others.filter(user=leave.person).first():
        raise ValidationError(
            f"{twice.colleague} covers for {twice.user} from {twice.days} already. "
            "Change or end that first, or choose other days."
        )
    if away := others.filter(user=leave.colleague).first():
        told = f"{away.user} is away too, from {away.days}. Name somebody else."
        raise ValidationError({"colleague": told})
    if duty := others.filter(colleague=leave.person).first():
        raise ValidationError(
            f"{duty.colleague} covers for {duty.user} from {duty.days}. "
            f"Let somebody else cover for {duty.user} first."
        )
