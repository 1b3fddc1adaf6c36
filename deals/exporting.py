"""Lists as tables to take away: what a reader sees, under the filters on the screen.

Headings and cells are those of the native form (docs/importing.md), so that an export can be
imported; rows are read in chunks, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import islice
from typing import Any, TypeVar

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import User
from contacts.models import Channel, Company, Contact
from deals import listing
from deals.importing.card_rows import ALL_CHANNELS, SEVERAL
from deals.importing.known import known_as
from deals.models import Deal, OutcomeEntry, Silence, StageEntry, Touch
from deals.policies import Rulebook
from deals.spreadsheets import Value
from deals.wording import say_standing

CHUNK = 500  # rows that are read at once
Row = TypeVar("Row")


@dataclass(frozen=True)
class Table:
    """A table to take away: what its file is called, its headings, and its rows, read as asked."""

    name: str
    headings: Sequence[str]
    rows: Callable[[], Iterable[Sequence[Value]]]

    def lines(self) -> Iterator[Sequence[Value]]:
        """Yield the headings, then the rows."""
        yield self.headings
        yield from self.rows()


def deals(found: QuerySet[Deal], now: datetime, zone: tzinfo) -> Table:
    """Return deals as deals.csv of the native form has them, with how each one's silence stands."""
    headings = (
        "Deal", "Title", "Owner", "Contact", "Contact name", "Email", "Phone", "Company", "Amount",
        "Currency", "Wanted", "Next step", "Stage", "Entered at", "Opened at", "Outcome",
        "Closed at", "Reason", "Pipeline", "Silence",
    )  # fmt: skip

    def rows() -> Iterator[Sequence[Value]]:
        rulebook = Rulebook.load()
        for chunk in _chunks(_with_history(listing.with_people(found))):
            for row in listing.rows(chunk, now, rulebook):
                stands = say_standing(row.stands, now, zone) if row.stands else ""
                yield [*_deal(row.deal), stands]

    return Table("deals", headings, rows)


def _with_history(found: QuerySet[Deal]) -> QuerySet[Deal]:
    entries = StageEntry.objects.filter(deal=OuterRef("pk")).order_by("-occurred_at", "-pk")
    endings = OutcomeEntry.objects.filter(deal=OuterRef("pk")).order_by("-occurred_at", "-pk")
    told = found.annotate(
        entered_at=Subquery(entries.values("occurred_at")[:1]),
        reason=Subquery(endings.values("reason")[:1]),
    )
    return told.prefetch_related("contact__addresses")


def _deal(deal: Any) -> Sequence[Value]:
    contact, pipeline = deal.contact, deal.stage.pipeline
    return [
        deal_id(deal), deal.title, user_key(deal.owner), known_as(contact), contact.name,
        _first(contact, Channel.EMAIL), _first(contact, Channel.PHONE), str(deal.company or ""),
        deal.amount, deal.currency, deal.wanted, deal.next_step, deal.stage.name,
        _at(deal.entered_at), _at(deal.opened_at), deal.outcome, _at(deal.closed_at),
        "" if deal.is_open else deal.reason or "", pipeline.name,
    ]  # fmt: skip


def deal_id(deal: Deal) -> str:
    """Return the id by which an import knows a deal again, into whatever pipeline it goes."""
    return known_as(deal)


def touches(found: QuerySet[Touch]) -> Table:
    """Return touches as touches.csv of the native form has them, in order."""
    headings = (
        "Deal", "Deal title", "Touch", "Occurred at", "Direction", "Channel", "By", "Note",
        "Subject", "Turn", "Heard", "Delivered", "Contact",
    )  # fmt: skip
    related = found.standing().select_related("deal__stage", "user", "contact")  # type: ignore[attr-defined]

    def rows() -> Iterator[Sequence[Value]]:
        for chunk in _chunks(related.order_by("deal", "occurred_at", "pk")):
            for touch in chunk:
                yield [
                    deal_id(touch.deal), touch.deal.title, known_as(touch),
                    _at(touch.occurred_at), touch.direction, touch.channel,
                    user_key(touch.user) if touch.user else "", touch.note, touch.subject,
                    touch.turn, _yes(touch.is_heard), _yes(touch.is_delivered),
                    touch.contact.name if touch.contact else "",
                ]  # fmt: skip

    return Table("touches", headings, rows)


def stages(found: QuerySet[Deal]) -> Table:
    """Return the stage entries of deals as stages.csv of the native form has them."""
    entries = StageEntry.objects.filter(deal__in=found.order_by().values("pk"))
    related = entries.select_related("deal__stage", "stage__pipeline")
    related = related.order_by("deal", "occurred_at", "pk")

    def rows() -> Iterator[Sequence[Value]]:
        for chunk in _chunks(related):
            for entry in chunk:
                stage, key = entry.stage, known_as(entry)
                at = _at(entry.occurred_at)
                yield [
                    deal_id(entry.deal), key, stage.pipeline.name, stage.name, at, entry.turn,
                ]  # fmt: skip

    return Table("stages", ("Deal", "Entry", "Pipeline", "Stage", "Entered at", "Turn"), rows)


def silences(found: QuerySet[Silence]) -> Table:
    """Return silences with how each ended, for figures of one's own; they cannot be imported."""
    headings = (
        "Deal", "Deal title", "Owner", "Stage", "By", "Started at", "Ended at", "How it ended",
        "Attempts", "Dark since", "Relit at",
    )  # fmt: skip
    related = found.select_related("deal__stage", "deal__owner", "stage")

    def rows() -> Iterator[Sequence[Value]]:
        for chunk in _chunks(related.order_by("deal", "started_at", "pk")):
            for row in chunk:
                yield [
                    deal_id(row.deal), row.deal.title, user_key(row.deal.owner), row.stage.name,
                    row.get_by_display(), _at(row.started_at), _at(row.ended_at),
                    row.get_ending_display(), row.attempts, _at(row.dark_at), _at(row.relit_at),
                ]  # fmt: skip

    return Table("silences", headings, rows)


def contacts(found: QuerySet[Contact]) -> Table:
    """Return contacts as contacts.csv of the native form has them."""
    headings = (
        "Contact", "First name", "Last name", "Kind", "Company", "Job title", "Email", "Phone",
        "Language", "Time zone", "City", "Country", "Note", "Owner", "Opted out",
    )  # fmt: skip
    related = found.select_related("company", "owner").prefetch_related("addresses", "opt_outs")

    def rows() -> Iterator[Sequence[Value]]:
        for chunk in _chunks(related):
            for each in chunk:
                yield [
                    known_as(each), each.first_name, each.last_name, each.kind,
                    str(each.company or ""), each.job_title, _all(each, Channel.EMAIL),
                    _all(each, Channel.PHONE), each.language, each.time_zone, each.city,
                    each.country, each.note, user_key(each.owner) if each.owner else "",
                    _opted_out(each),
                ]  # fmt: skip

    return Table("contacts", headings, rows)


def companies(found: QuerySet[Company]) -> Table:
    """Return companies as companies.csv of the native form has them."""
    headings = ("Company", "Name", "Domain", "Sector", "Country", "Note", "Owner")

    def rows() -> Iterator[Sequence[Value]]:
        for chunk in _chunks(found.select_related("owner")):
            for each in chunk:
                owner = user_key(each.owner) if each.owner else ""
                yield [
                    known_as(each), each.name, each.domain, each.sector, each.country, each.note,
                    owner,
                ]  # fmt: skip

    return Table("companies", headings, rows)


def people(found: QuerySet[User]) -> Table:
    """Return the people who work here; no password or key of theirs."""
    headings = ("Name", "Email", "Role", "Team", "Time zone", "Works here", "Joined at")

    def rows() -> Iterator[Sequence[Value]]:
        for each in found.select_related("team"):
            yield [
                each.name, each.email or "", each.get_role_display(), str(each.team or ""),
                each.time_zone, _yes(each.is_active), _at(each.joined_at),
            ]  # fmt: skip

    return Table("people", headings, rows)


def user_key(user: User) -> str:
    """Return how an import knows one of us again: by address, else by name."""
    return user.email or user.name


def _chunks(found: QuerySet[Any]) -> Iterator[list[Any]]:
    rows = found.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _first(contact: Contact, channel: str) -> str:
    return next((each.value for each in contact.addresses.all() if each.channel == channel), "")


def _all(contact: Contact, channel: str) -> str:
    values = (each.value for each in contact.addresses.all() if each.channel == channel)
    return f"{SEVERAL} ".join(values)


def _opted_out(contact: Contact) -> str:
    outs = (out.channel or ALL_CHANNELS for out in contact.opt_outs.all() if not out.lifted_at)
    return f"{SEVERAL} ".join(outs)


def _at(at: datetime | None) -> str:
    """Return an instant exactly, in UTC."""
    return at.astimezone(UTC).isoformat() if at else ""


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
