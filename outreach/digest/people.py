"""Who may be told something now: their settings, their hours, and whose deals they work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts.models import Cover, User, Workspace
from deals.models import CalendarVersion
from deals.policies import Versions
from outreach.digest import hours
from outreach.digest.hours import Quiet, Rhythm
from outreach.digest.worth import Worth
from outreach.models import DigestSettings

ALWAYS = Rhythm(ZoneInfo("UTC")).works_on


@dataclass(frozen=True, slots=True)
class House:
    """What holds for everybody: the workspace, on which days it works, and its rates."""

    workspace: Workspace
    works_on: hours.WorksOn
    worth: Worth

    @classmethod
    def at(cls, now: datetime) -> House:
        """Read it as of an instant, in three queries."""
        versions = CalendarVersion.objects.filter(calendar__is_workspace=True)
        found = list(versions.order_by("pk"))
        open_on = hours.works_on(Versions(found).at(now)) if found else ALWAYS
        workspace = Workspace.current()
        return cls(workspace, open_on, Worth.at(now, workspace))

    def rhythm(self, user: User) -> Rhythm:
        """Return when somebody may be told: a rep works by the workspace's calendar, where they are."""
        said = DigestSettings.of(user)
        quiet = None
        if said.quiet_from is not None and said.quiet_until is not None:
            quiet = Quiet(said.quiet_from, said.quiet_until)
        zone = ZoneInfo(user.time_zone or self.workspace.time_zone)
        return Rhythm(zone, quiet, self.works_on if said.working_days_only else ALWAYS)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is told now: for which day of theirs, and of whose deals.

    `of_teams` are those of `owners` of whom they are told at once only.
    """

    user: User
    settings: DigestSettings
    rhythm: Rhythm
    day: date
    owners: frozenset[int]
    of_teams: frozenset[int] = frozenset()

    @property
    def day_end(self) -> datetime:
        """When the day is over where they are, in UTC."""
        return self.rhythm.end_of(self.day)


@dataclass(frozen=True, slots=True)
class Covers:
    """Who is away at an instant, and whose deals each colleague works meanwhile."""

    away: frozenset[int]
    worked: dict[int, frozenset[int]]

    @classmethod
    def at(cls, now: datetime) -> Covers:
        """Read them, in one query."""
        worked: dict[int, frozenset[int]] = {}
        rows = list(Cover.objects.at(now).order_by().values_list("user_id", "colleague_id"))
        for person, colleague in rows:
            worked[colleague] = worked.get(colleague, frozenset()) | {person}
        return cls(frozenset(person for person, _ in rows), worked)

    def owners(self, user: int) -> frozenset[int]:
        """Return whose deals somebody works: their own, and those they cover for."""
        return self.worked.get(user, frozenset()) | {user}


@dataclass(frozen=True, slots=True)
class Teams:
    """Of whose deals managers want to be told at once, besides their own: those they oversee.

    That is `UserQuerySet.overseen_by`, for many managers in two queries.
    """

    led: Mapping[int, frozenset[int]]

    @classmethod
    def of(cls, users: Iterable[User]) -> Self:
        """Read them for users, with their settings; no query where nobody asks for it."""
        asking = [user for user in users if user.is_manager and _is_told_of_teams(user)]
        admins = [user.pk for user in asking if user.is_admin]
        managers = [user.pk for user in asking if not user.is_admin]
        led: dict[int, set[int]] = {pk: set() for pk in managers}
        members = User.objects.filter(team__managers__in=managers).order_by()
        for manager, member in members.values_list("team__managers", "pk") if managers else ():
            if manager in led:
                led[manager].add(member)
        everyone = set(User.objects.order_by().values_list("pk", flat=True)) if admins else set()
        found = {**led, **dict.fromkeys(admins, everyone)}
        return cls({pk: frozenset(owners) for pk, owners in found.items()})

    def owners(self, user: int) -> frozenset[int]:
        """Return whose deals those are."""
        return self.led.get(user, frozenset())


def _is_told_of_teams(user: User) -> bool:
    said = DigestSettings.of(user)
    return said.at_once_of_teams and said.is_wanted("at_once")


def candidates(among: Collection[int] | None = None) -> QuerySet[User]:
    """Return who can be told at all, with their settings: whoever can sign in."""
    users = User.objects.able_to_sign_in().select_related("digest_settings").order_by("pk")
    return users if among is None else users.filter(pk__in=among)


def due_this_morning(
    users: Iterable[User], house: House, covers: Covers, now: datetime
) -> list[Reader]:
    """Return who gets a morning digest at an instant; whoever is on leave gets it when back."""
    found = []
    for user in users:
        said, rhythm = DigestSettings.of(user), house.rhythm(user)
        if user.pk in covers.away or not said.is_wanted("morning"):
            continue
        if day := hours.morning(rhythm, said.morning_at, now):
            found.append(Reader(user, said, rhythm, day, covers.owners(user.pk)))
    return found


def to_be_told_at_once(
    users: Sequence[User], house: House, covers: Covers, now: datetime
) -> list[Reader]:
    """Return who may be told of a high-value deal at an instant."""
    found, teams = [], Teams.of(users)
    for user in users:
        said, rhythm = DigestSettings.of(user), house.rhythm(user)
        if user.pk in covers.away or not said.is_wanted("at_once"):
            continue
        if said.threshold(house.workspace) is not None and rhythm.may_be_told(now):
            today = now.astimezone(rhythm.zone).date()
            own = covers.owners(user.pk)
            of_teams = teams.owners(user.pk) - own
            found.append(Reader(user, said, rhythm, today, own | of_teams, of_teams))
    return found
