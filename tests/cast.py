"""The people, the places and the days that every test tells its story with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Cover, Team, User, Workspace
from contacts.models import Address, Company, Contact
from deals import conversation, course, missed, sweep
from deals.calendars import new_version
from deals.defaults import furnish
from deals.models import Deal, Direction, Silence, Stage, Touch, Turn, WorkCalendar

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MONDAY_9 = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday, opening time on the cast's calendar


def day(number: int, hour: int = 9, minute: int = 0) -> datetime:
    """Return an hour of a day counted from that Monday (0), in UTC."""
    return MONDAY_9.replace(hour=0) + timedelta(days=number, hours=hour, minutes=minute)


def today() -> date:
    """Return the day it is for the cast, who read in the workspace's time zone."""
    return timezone.localdate(timezone=ZoneInfo(Workspace.current().time_zone))


@dataclass
class Cast:
    """Ines owns, Karl is her team-mate, Maud leads the team, Noor sees nothing, Ada is admin."""

    ines: User
    karl: User
    maud: User
    noor: User
    ada: User


@pytest.fixture
def workspace(db: None) -> Workspace:
    """A furnished workspace that works Monday to Friday, nine to five UTC, without holidays."""
    furnish(LONG_AGO)
    calendar = WorkCalendar.objects.get(is_workspace=True)
    calendar.versions.all().delete()
    hours = {str(weekday): [["09:00", "17:00"]] for weekday in range(5)}
    new_version(calendar, now=LONG_AGO, hours=hours, time_zone="UTC")
    return Workspace.current()


@pytest.fixture
def cast(workspace: Workspace) -> Cast:
    """The five people of every story; their password is their name, doubled."""
    north, south = Team.objects.create(name="North"), Team.objects.create(name="South")
    roles = User.Role

    def user(name: str, role: str, team: Team | None) -> User:
        return User.objects.create_user(
            f"{name.lower()}@example.com", name.lower() * 2, name=name, role=role, team=team
        )

    people = Cast(
        ines=user("Ines", roles.REP, north),
        karl=user("Karl", roles.REP, north),
        maud=user("Maud", roles.MANAGER, north),
        noor=user("Noor", roles.REP, south),
        ada=user("Ada", roles.ADMIN, None),
    )
    north.managers.add(people.maud)
    return people


@pytest.fixture
def ines(cast: Cast) -> User:
    return cast.ines


@pytest.fixture
def karl(cast: Cast) -> User:
    return cast.karl


@pytest.fixture
def maud(cast: Cast) -> User:
    return cast.maud


@pytest.fixture
def noor(cast: Cast) -> User:
    return cast.noor


@pytest.fixture
def ada(cast: Cast) -> User:
    return cast.ada


def make_contact(first_name: str = "Mara", last_name: str = "Lind", **fields: Any) -> Contact:
    """Save a contact, with an e-mail address and a phone number unless `addresses` says otherwise."""
    addresses = fields.pop("addresses", None)
    contact = Contact.objects.create(first_name=first_name, last_name=last_name, **fields)
    if addresses is None:
        name = f"{first_name}.{last_name}.{contact.pk}".lower()
        addresses = {"email": f"{name}@example.org", "phone": f"+46 31 555 {contact.pk:04}"}
    for channel, value in addresses.items():
        Address.objects.create(contact=contact, channel=channel, value=value)
    return contact


def make_deal(
    owner: User,
    stage: str = "Discovery",
    *,
    opened_at: datetime = MONDAY_9,
    turn: Turn | None = Turn.UNCHANGED,
    **fields: Any,
) -> Deal:
    """Open a deal as a rep would; by default it is nobody's move on it."""
    contact = fields.pop("contact", None) or make_contact()
    deal = Deal(
        title=fields.pop("title", "Fleet telematics"),
        stage=Stage.objects.get(name=stage),
        contact=contact,
        company=contact.company,
        owner=owner,
        amount=fields.pop("amount", Decimal("1000.00")),
        opened_at=opened_at,
        **fields,
    )
    return course.open_deal(deal, now=opened_at, turn=turn)


def make_company(name: str = "Nordhavn Marine", **fields: Any) -> Company:
    return Company.objects.create(name=name, **fields)


def make_cover(colleague: User, person: User, since: datetime, until: datetime) -> Cover:
    """Let a colleague cover for a person from one instant to another."""
    return Cover.objects.create(
        user=person, colleague=colleague, starts_at=since, ends_at=until, made_at=since
    )


@dataclass
class Story:
    """One deal, told touch by touch."""

    deal: Deal

    def we_write(self, at: datetime, **fields: Any) -> Touch:
        return self._touch(Direction.OUTBOUND, at, fields)

    def they_write(self, at: datetime, **fields: Any) -> Touch:
        return self._touch(Direction.INBOUND, at, fields)

    def we_talk(self, at: datetime, **fields: Any) -> Touch:
        return self._touch(Direction.TWO_WAY, at, {"channel": "phone", **fields})

    def _touch(self, direction: Direction, at: datetime, fields: dict[str, Any]) -> Touch:
        now = fields.pop("recorded_at", at)
        promised_at = fields.pop("promised_at", None)
        touch = Touch(
            direction=direction, occurred_at=at, channel=fields.pop("channel", "email"), **fields
        )
        recorded = conversation.record(self.deal, touch, now=now, promised_at=promised_at)
        self.deal.refresh_from_db()
        return recorded.touch

    @property
    def silence(self) -> Silence | None:
        """The open silence, if the deal is open."""
        return self.deal.silences.open().first()

    @property
    def silences(self) -> list[tuple[str, datetime, datetime | None, str]]:
        """Every silence in order: by whom, from when, to when, ended how."""
        rows = self.deal.silences.order_by("started_at", "pk")
        return list(rows.values_list("by", "started_at", "ended_at", "ending"))

    @property
    def spells(self) -> list[tuple[datetime, datetime | None]]:
        """Every dark spell by them in order: from when, to when."""
        rows = self.deal.silences.by_them().order_by("spells__started_at")
        rows = rows.filter(spells__isnull=False)
        return list(rows.values_list("spells__started_at", "spells__ended_at"))

    @property
    def is_dark(self) -> bool:
        return bool(self.silence and self.silence.by == "them" and self.silence.is_dark)


def sweep_at(now: datetime) -> list[int]:
    """Sweep as of an instant until nothing is left to do; return what was marked."""
    marked: list[int] = []
    with transaction.atomic():
        missed.catch_up(missed.missed(now), now)
        while sweep.lapse_batch(now):
            pass
        while batch := sweep.mark_batch(now):
            marked += batch
    return marked
