"""The figures of Today: dark now, our move, dimming, relit and let go this week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from django.db.models import Count, Q, Sum

from accounts.models import User
from deals.models import By, DarkSpell, Deal, OutcomeEntry
from deals.wording import say_sum, say_when
from outreach.today import Group, Row, Scope, Today


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as the page shows it."""

    label: str
    value: str
    note: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Relit:
    """How many of the silences that were dark in a week were relit in it."""

    lit: int
    dark: int

    @property
    def rate(self) -> str:
        """The share in percent, or "" where nothing was dark."""
        return f"{100 * self.lit / self.dark:.0f} %" if self.dark else ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the figures say, and how many deals the headline speaks of."""

    open_deals: int
    dark: int
    queued: int
    ours: int
    shown: list[Figure]

    @property
    def resting(self) -> int:
        """How many dark deals were tried, put off or dismissed lately: their next step is to come."""
        return max(self.dark - self.queued, 0)


def figures(today: Today, groups: list[Group], zone: tzinfo) -> Figures:
    """Count a reader's day, in a number of queries that does not grow with the deals."""
    now, scope = today.now, today.scope
    monday = start_of_week(now, zone)
    dark, dark_note = _dark_now(scope)
    queued = scope.suggestions.awake(now).count()
    ours, wait = today.ours.count(), today.longest_wait()
    shown = [
        Figure("Dark now", f"{dark:,}", dark_note),
        Figure("Our move", f"{ours:,}", f"waiting on us for {wait}" if wait else ""),
        Figure("Dimming", f"{today.dimming.count():,}", _next_at(groups, now, zone)),
    ]
    if scope.has_own:
        shown += [
            _relit_this_week(scope.alone, monday, now),
            _let_go_this_week(scope.alone, monday),
        ]
    keepers = scope.alone if scope.has_own else scope
    kept = Deal.objects.visible_to(scope.reader).open().filter(keepers.within("owner")).count()
    return Figures(kept, dark, queued, ours, shown)


def start_of_week(now: datetime, zone: tzinfo) -> datetime:
    """Return the midnight, in `zone`, with which the Monday before `now` began."""
    there = now.astimezone(zone)
    monday = there.date() - timedelta(days=there.weekday())
    return datetime.combine(monday, time(), zone)


def _dark_now(scope: Scope) -> tuple[int, str]:
    """Count what is dark, and say the amounts at risk, each currency for itself."""
    dark = scope.silences.filter(by=By.THEM, dark_at__isnull=False).order_by()
    rows = dark.values_list("deal__currency").annotate(Count("pk"), Sum("deal__amount"))
    found = list(rows.order_by("deal__currency"))
    amounts = [say_sum(amount, currency) for currency, _, amount in found if amount]
    return sum(count for _, count, _ in found), (
        f"{' + '.join(amounts)} at risk" if amounts else ""
    )


def _next_at(groups: list[Group], now: datetime, zone: tzinfo) -> str:
    rows = next((group.rows for group in groups if group.key == "dimming"), ())
    first = rows[0] if rows else None
    return f"next {say_when(first.standing.due_at, now, zone)}" if isinstance(first, Row) else ""


def _relit_this_week(scope: Scope, monday: datetime, now: datetime) -> Figure:
    own, team = relit(scope, monday, now)
    value = f"{own.lit:,} of {own.dark:,}"
    rates = [own.rate, f"team {team.rate}" if team and team.rate else ""]
    return Figure("Relit this week", value, ", ".join(filter(None, rates)))


def relit(scope: Scope, since: datetime, now: datetime) -> tuple[Relit, Relit | None]:
    """Count the silences that were dark since an instant, and those relit; also the reader's team.

    A spell counts for its owner at the crossing. Only counts leave the team's deals, so a rep
    may compare without seeing them; None where the reader has no team to compare with.
    """
    is_mine = scope.within("owner")
    team = User.objects.filter(team=scope.reader.team_id) if scope.reader.team_id else None
    is_team = Q(owner__in=team.values("pk")) if team is not None else Q(pk__in=[])
    lit = Q(silence__relit_at__gte=since, silence__relit_at__lte=now)
    spells = DarkSpell.objects.filter(is_mine | is_team if is_mine else is_mine)
    spells = spells.filter(Q(ended_at=None) | Q(ended_at__gte=since), silence__by=By.THEM)
    count = spells.aggregate(
        own=Count("silence", filter=is_mine, distinct=True),
        own_lit=Count("silence", filter=is_mine & lit, distinct=True),
        team=Count("silence", filter=is_team, distinct=True),
        team_lit=Count("silence", filter=is_team & lit, distinct=True),
    )
    own = Relit(count["own_lit"], count["own"])
    compares = team is not None and not scope.of_team
    return own, Relit(count["team_lit"], count["team"]) if compares else None


def _let_go_this_week(scope: Scope, monday: datetime) -> Figure:
    entries = OutcomeEntry.objects.filter(scope.within("deal__owner"), is_let_go=True)
    count = entries.filter(occurred_at__gte=monday).aggregate(
        all=Count("pk"), again=Count("pk", filter=Q(look_again_on__isnull=False))
    )
    note = f"{count['again']:,} to look at again" if count["again"] else ""
    return Figure("Let go this week", f"{count['all']:,}", note)
