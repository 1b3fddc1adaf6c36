"""The house of the demo: its workspace, calendars, teams, and who signs in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password

from accounts import covers
from accounts.covers import Leave
from accounts.models import Team, User, Workspace
from deals import thresholds
from deals.calendars import holidays_of, new_version
from deals.defaults import furnish
from deals.models import Stage, Threshold, WorkCalendar
from deals.policies import clock_of
from outreach.demo import rhythms
from outreach.demo.countries import Country, countries
from outreach.demo.people import SOURCE, Rep
from outreach.demo.rhythms import Rhythm

NAME = "Hollenbeck Sensors (demo)"
PASSWORD = "lamplighter"  # noqa: S105 -- of demo users only, printed by the command
YEARS = 3
MANAGER, ADMIN, REP = User.Role.MANAGER, User.Role.ADMIN, User.Role.REP


@dataclass(frozen=True)
class Member:
    """One user of the demo; `where` lists the countries of their customers, first their own."""

    name: str
    team: str
    where: str
    role: User.Role = REP

    @property
    def home(self) -> tuple[Country, ...]:
        return tuple(countries()[code] for code in self.where.split())

    @property
    def email(self) -> str:
        return f"{self.name.split()[0].lower()}@example.com"


REPS = (
    Member("Ines Fontaval", "North", "DE SE SE ES GB PL JP"),
    Member("Karl Brunsholt", "North", "DE DE SE"),
    Member("Signe Tallmark", "North", "SE SE PL"),
    Member("Nuria Castellmar", "South", "ES"),
    Member("Luc Armorel", "South", "FR FR ES"),
    Member("Noor Ashbrindle", "Overseas", "GB GB US"),
    Member("Wade Tallhouse", "Overseas", "US"),
    Member("Emi Hoshikura", "Overseas", "JP JP GB"),
)
LEADERS = (
    Member("Maud Ehrensvik", "North", "DE", MANAGER),
    Member("Pilar Montcada", "South", "ES", MANAGER),
    Member("Rhys Calderbrook", "Overseas", "GB", MANAGER),
    Member("Ada Winterfeldt", "", "DE", ADMIN),
)
OURS = "DE"  # whose calendar is the workspace's


@dataclass(frozen=True)
class House:
    """What the stories are told in."""

    reps: list[Rep]
    stages: Mapping[str, Stage]
    calendars: Mapping[str, WorkCalendar]
    rhythms: Mapping[str, tuple[Rhythm, Rhythm]]


def build(now: datetime, random: Random) -> House:
    """Write workspace, calendars, thresholds, teams and users, as if two years ago."""
    long_ago = now - timedelta(days=365 * YEARS)
    workspace = Workspace.current()
    workspace.name, workspace.is_demo = NAME, True
    workspace.save(update_fields=["name", "is_demo"])
    calendars = _calendars(long_ago, now)
    furnish(long_ago)
    Threshold.objects.update(created_at=long_ago)  # an installation furnishes by itself, today
    users = _users(now)
    _away_next_week(users, now)
    stages = {stage.name: stage for stage in Stage.objects.select_related("pipeline")}
    _changed_minds(stages, users[LEADERS[-1].email], now)
    reps = [_rep(users[member.email], member, random, now) for member in REPS]
    people = {
        country.code: _rhythms(country, calendars[country.code]) for country in countries().values()
    }
    return House(reps, stages, calendars, people)


def sign_ins() -> list[tuple[str, str, str]]:
    """Return who may sign in: name, address, and what they are."""
    told = {REP: "rep, {team}", MANAGER: "leads {team}", ADMIN: "admin"}
    return [
        (member.name, member.email, told[member.role].format(team=member.team))
        for member in (*REPS, *LEADERS)
    ]


def _calendars(long_ago: datetime, now: datetime) -> dict[str, WorkCalendar]:
    """Return a work calendar for each country; the workspace's own is Germany's."""
    calendars = {}
    for country in countries().values():
        is_ours = country.code == OURS
        calendar = WorkCalendar.objects.filter(is_workspace=True).first() if is_ours else None
        if calendar is None:
            name = "Workspace" if is_ours else country.name
            calendar = WorkCalendar.objects.create(name=name, is_workspace=is_ours)
        calendar.versions.all().delete()
        hours = {str(day): country.hours for day in range(5)}
        version = new_version(
            calendar, now=now, hours=hours, time_zone=country.time_zone, country=country.code
        )
        version.created_at = long_ago
        version.save(update_fields=["created_at"])
        calendars[country.code] = calendar
    return calendars


def _users(now: datetime) -> dict[str, User]:
    """Return the users by address, in their teams."""
    teams = {name: Team.objects.create(name=name) for name in ("North", "South", "Overseas")}
    password = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(
            email=member.email, name=member.name, role=member.role, team=teams.get(member.team),
            time_zone=member.home[0].time_zone, password=password, source=SOURCE,
            external_id=member.email.split("@")[0],
            booking_url=f"https://example.com/book/{member.email.split('@')[0]}",
        )
        for member in (*REPS, *LEADERS)
    )  # fmt: skip
    for member, user in zip((*REPS, *LEADERS), users, strict=True):
        if member.role == MANAGER:
            teams[member.team].managers.add(user)
    return {user.email or "": user for user in users}


def _away_next_week(users: Mapping[str, User], now: datetime) -> None:
    """Let the second rep be away next week, Monday to Friday; the first one covers."""
    covering, away = (users[member.email] for member in REPS[:2])
    today = now.astimezone(ZoneInfo(away.time_zone)).date()
    monday = today + timedelta(days=7 - today.weekday())
    leave = Leave(away, covering, monday, monday + timedelta(days=4))
    covers.arrange(leave, by=away, now=now)


def _changed_minds(stages: Mapping[str, Stage], admin: User, now: datetime) -> None:
    """Let the admin have changed two thresholds on the way, with the reason."""
    for name, dark_after, days, note in (
        (
            "Discovery",
            "4w",
            290,
            "The trade fair brings more talks than we can follow in three weeks.",
        ),
        (
            "Discovery",
            "3w",
            150,
            "Four weeks were too long: those who came back did so within three.",
        ),
        ("Active", "30d", 200, "A word a month is what our customers ask for."),
    ):
        known = Threshold.objects.filter(stage=stages[name]).order_by("pk").last()
        assert known is not None
        thresholds.change(
            stages[name], dark_after=dark_after, on_entry=known.on_entry,
            reply_within=known.reply_within, attempts=known.attempts, spacing=known.spacing,
            now=now - timedelta(days=days), user=admin, note=note,
        )  # fmt: skip


def _rep(user: User, member: Member, random: Random, now: datetime) -> Rep:
    """Return a rep with their working hours, public holidays and days off."""
    country = member.home[0]
    public = holidays_of(country.code, "", _years(now.date()))
    off = rhythms.days_off(random, now.date(), YEARS)
    clock = rhythms.clock(rhythms.REP_HOURS, country.time_zone, public, off)
    return Rep(user, Rhythm(clock), member.home)


def _rhythms(country: Country, calendar: WorkCalendar) -> tuple[Rhythm, Rhythm]:
    """Return when people of a country are at it, at work and at home."""
    version = calendar.versions.get()
    at_home = rhythms.clock(rhythms.HOME_HOURS, country.time_zone)
    return Rhythm(clock_of(version)), Rhythm(at_home)


def _years(today: date) -> Iterable[int]:
    return range(today.year - YEARS, today.year + 2)
