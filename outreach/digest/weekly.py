"""The weekly report of a manager: for which days, to whom, and its figures.

It speaks of a whole week (Monday to Sunday): on a working day of the week before, on a Saturday or
Sunday of the one that ends then, so far. Source: docs/decisions/121.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.invitations import is_mail_set_up
from accounts.models import User, Workspace
from deals import figures, reports
from deals.figures import TOLD, Figure
from deals.periods import DAY, Period
from deals.report_summary import Said, summary
from deals.scopes import Scope
from outreach.digest import hours
from outreach.digest.people import Covers, House, candidates
from outreach.digest.recipients import receiving
from outreach.models import Digest, DigestSettings, ReportRecipient

Kind, State = Digest.Kind, Digest.State
SATURDAY = 5
WEEKS = 6  # how many the plot shows, the one that is reported among them
PLOTTED = (Figure.WENT_DARK, Figure.RELIT, Figure.LET_GO)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a plot: `share` is of the longest, 0 to 100."""

    label: str
    count: int
    share: int


@dataclass(frozen=True, slots=True)
class Row:
    """One stage or rep: how many are dark now, and went dark, were relit, were let go that week."""

    name: str
    counts: tuple[int, ...]

    @property
    def has_any(self) -> bool:
        """Whether it says anything."""
        return any(self.counts)


@dataclass(frozen=True, slots=True)
class Week:
    """What a weekly report says; `query` is the permanent address of the same report.

    `teams` are those whose deals it is about, `is_all` says that it is about everybody's.
    """

    period: Period
    as_of: datetime
    teams: Sequence[str]
    is_all: bool
    counts: Mapping[Figure, int]
    figures: Sequence[Said]
    bars: Sequence[Bar]
    stages: Sequence[Row]
    reps: Sequence[Row]
    query: str

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell at all."""
        return not any(self.counts.values())

    @property
    def is_over(self) -> bool:
        """Whether the week had ended when it was reported."""
        return self.as_of >= self.period.until


def reported(day: date, zone: ZoneInfo) -> Period:
    """Return the week, Monday to Sunday, that a report for a day speaks of.

    On a weekend the working days are over: it is the week that ends, else the one before.
    """
    monday = day - day.weekday() * DAY
    first = monday if day.weekday() >= SATURDAY else monday - 7 * DAY
    return Period(first, first + 6 * DAY, zone)


def scope_of(day: date, zone: ZoneInfo, as_of: datetime) -> Scope:
    """Return what a report for a day is about, fixed at an instant."""
    return Scope(reported(day, zone), as_of).pinned


def has_any(manager: User, scope: Scope) -> bool:
    """Whether any figure of a report counts anything: a query for each until one does."""
    return any(figures.rows(each, reader=manager, scope=scope).exists() for each in TOLD)


def week_of(manager: User, day: date, zone: ZoneInfo, as_of: datetime) -> Week:
    """Return the report for a day as a manager sees it; the figures are as of an instant.

    A fixed number of queries. This is the only place where a mail asks for figures.
    """
    scope = scope_of(day, zone, as_of)
    period = scope.period
    report = reports.report(manager, scope)
    longer = Period(period.last - (7 * WEEKS - 1) * DAY, period.last, zone)
    steps = reports.steps(manager, scope.narrowed(period=longer))
    return Week(
        period=period,
        as_of=as_of,
        teams=[] if manager.is_admin else [team.name for team in manager.led_teams.all()],
        is_all=manager.is_admin,
        counts={each: report.tally(each).count for each in TOLD},
        figures=summary(report, Workspace.current().currency, ""),
        bars=_bars(
            [(f"{each.period.first.day} {each.period.first:%b}", each.counts) for each in steps]
        ),
        stages=[_row_of(f"{each.pipeline}, {each}", report, stage=each) for each in report.stages],
        reps=[_row_of(str(each), report, owner=each) for each in report.owners],
        query=scope.query(),
    )


def make(people: Sequence[User], house: House, covers: Covers, now: datetime) -> int:
    """Make the weekly reports that are due, to each recipient one; return how many."""
    due = {user.pk for user in people if user.is_manager and _due_day(user, house, now) is not None}
    if not due:
        return 0
    with transaction.atomic():
        locked = User.objects.filter(pk__in=due).order_by("pk")
        ours = locked.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
        managers = list(candidates(list(ours)))
        known = Digest.objects.filter(user__in=managers, kind=Kind.WEEKLY, is_asked_for=False)
        done = set(known.filter(created_at__gt=now - timedelta(days=9)).values_list("user", "day"))
        days = {each.pk: day for each in managers if (day := _due_day(each, house, now))}
        fresh = [each for each in managers if (each.pk, days.get(each.pk)) not in done]
        fresh = [each for each in fresh if each.pk in days]
        rows = _rows(fresh, days, house, covers, now)
        Digest.objects.bulk_create(rows)
    return sum(row.state != State.EMPTY for row in rows)


def _due_day(user: User, house: House, now: datetime) -> date | None:
    said = DigestSettings.of(user)
    return hours.weekly(house.rhythm(user), said.weekly_on, said.weekly_at, now)


def _rows(
    managers: Sequence[User], days: Mapping[int, date], house: House, covers: Covers, now: datetime
) -> list[Digest]:
    """Return a row for each recipient of each report, and one that closes the day for each manager."""
    recipients: dict[int, list[ReportRecipient]] = {}
    if is_mail_set_up():
        for each in receiving(house.workspace).filter(manager__in=managers):
            recipients.setdefault(each.manager_id, []).append(each)
    rows = []
    for manager in managers:
        day, is_here = days[manager.pk], manager.pk not in covers.away
        own = _row(manager, None, day, State.EMPTY, now)
        said, scope = DigestSettings.of(manager), scope_of(day, house.rhythm(manager).zone, now)
        own.in_app = is_here and said.weekly_in_app and has_any(manager, scope)
        if is_here and said.weekly_by_mail and is_mail_set_up():
            own.state = State.QUEUED
        elif own.in_app:
            own.state = State.IN_APP
        rows.append(own)
        rows += [
            _row(manager, each, day, State.QUEUED, now)
            for each in recipients.get(manager.pk, ())
            if each.address
        ]
    return rows


def _row(
    manager: User, recipient: ReportRecipient | None, day: date, state: Digest.State, now: datetime
) -> Digest:
    key = f"{day.isoformat()}{f' to {recipient.pk}' if recipient else ''}"
    return Digest(
        user=manager, recipient=recipient, kind=Kind.WEEKLY, key=key, day=day, state=state,
        created_at=now, send_at=now,
    )  # fmt: skip


def _row_of(name: str, report: reports.Report, **of: object) -> Row:
    figures = (Figure.DARK_NOW, *PLOTTED)
    return Row(name, tuple(report.tally(each, **of).count for each in figures))  # type: ignore[arg-type]


def _bars(steps: Sequence[tuple[str, Mapping[Figure, int]]]) -> list[Bar]:
    counts = [(label, found.get(Figure.WENT_DARK, 0)) for label, found in steps]
    longest = max((count for _, count in counts), default=0) or 1
    return [Bar(label, count, round(100 * count / longest)) for label, count in counts]
