"""Mail that waits for somebody's word: whose it is, whether it is genuine, where it belongs.

It is told party by party: of each the newest mail stands for all, so that somebody with a hundred
mails is one line. The party is who wrote to us, or to whom we wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, TextField, When
from django.db.models.functions import Cast

from accounts.models import User
from deals.models import Deal, Direction, Participation, Touch
from outreach.models import Mail

PAGE = 25  # parties
OTHERS = 5  # earlier mails of the opened one's party
OFFERED = 6  # deals to move a mail to
STATES = (Mail.State.UNMATCHED, Mail.State.UNVERIFIED)
PARTS = "~"  # of a cursor
PARTY = Case(
    When(direction=Direction.OUTBOUND, then=Cast("recipients", TextField())),
    default=F("sender"),
    output_field=TextField(),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One party: the newest mail that waits, and how many there are."""

    mail: Mail
    count: int

    @property
    def others(self) -> int:
        return self.count - 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of parties, newest first; `next` is the cursor of the page after it."""

    lines: Sequence[Line]
    next: str = ""


@dataclass(frozen=True, slots=True)
class Assumed:
    """A mail that stands on a deal by assumption, and the deals where it may belong instead."""

    mail: Mail
    elsewhere: Sequence[Deal]


def waiting(reader: User) -> QuerySet[Mail]:
    """Return the mail that waits for a reader's word; an admin's, for anybody's."""
    return Mail.objects.visible_to(reader).filter(state__in=STATES)


def counts(reader: User) -> Mapping[str, int]:
    """Return how many mails wait in each state."""
    rows = waiting(reader).order_by().values_list("state").annotate(Count("pk"))
    found: dict[str, int] = dict(rows)
    return {str(state): found.get(state, 0) for state in STATES}


def listed(reader: User, state: str, after: str = "") -> Listed:
    """Return a page of parties whose mail waits in a state, from a cursor on.

    Raises ValueError for a cursor that is none.
    """
    rows = _parties(reader, state)
    since = Q(occurred_at__gt=OuterRef("occurred_at"))
    since |= Q(occurred_at=OuterRef("occurred_at"), pk__gt=OuterRef("pk"))
    newer = rows.filter(since, sender=OuterRef("sender"), party=OuterRef("party")).order_by()
    heads = rows.exclude(Exists(newer), ~Q(party="")).filter(_older_than(after))
    found = list(heads.select_related("mailbox", "user").defer("html")[: PAGE + 1])
    shown = found[:PAGE]
    lines = [Line(mail, count) for mail, count in zip(shown, _counted(rows, shown), strict=True)]
    return Listed(lines, _cursor(shown[-1]) if len(found) > PAGE else "")


def earlier(reader: User, mail: Mail) -> list[Mail]:
    """Return the latest of the party's other mails that wait as this one does."""
    if not mail.sender:
        return []
    rows = _parties(reader, mail.state).filter(sender=mail.sender).exclude(pk=mail.pk)
    itself = Mail.objects.filter(pk=mail.pk).annotate(party=PARTY)
    return list(rows.filter(party__in=itself.values("party")).defer("html")[:OTHERS])


def assumed_on(deal: Deal, reader: User) -> list[Assumed]:
    """Return the mail that stands on a deal by assumption, newest first."""
    rows = deal.mails.filter(state=Mail.State.ASSUMED).select_related("contact", "touch")
    mails = list(rows.defer("html").order_by("-occurred_at", "-pk"))
    contacts = {mail.contact_id for mail in mails} - {None}
    open_deals = Deal.objects.visible_to(reader).open().exclude(pk=deal.pk)
    there = _also_on(mails)
    parts = Participation.objects.filter(contact__in=contacts, left_at=None, deal__in=open_deals)
    found: dict[int, dict[int, Deal]] = {}
    for part in parts.select_related("deal__stage").order_by("-deal__opened_at", "-deal"):
        found.setdefault(part.contact_id, {})[part.deal_id] = part.deal
    return [
        Assumed(
            mail,
            [
                other
                for other in found.get(mail.contact_id or 0, {}).values()
                if (mail.identity, other.pk) not in there
            ][:OFFERED],
        )
        for mail in mails
    ]


def _also_on(mails: Sequence[Mail]) -> set[tuple[str, int]]:
    """Return on which further deals mails stand, by identity."""
    names = Q(pk__in=())
    for mail in mails:
        names |= Q(external_id__startswith=mail.identity)
    rows = Touch.objects.standing().filter(names, source="mail") if mails else Touch.objects.none()
    return {
        (name.partition(":")[0], deal) for name, deal in rows.values_list("external_id", "deal")
    }


def _parties(reader: User, state: str) -> Any:
    rows = waiting(reader).filter(state=state).annotate(party=PARTY)
    return rows.order_by("-occurred_at", "-pk")


def _counted(rows: Any, shown: Sequence[Any]) -> list[int]:
    """Return how many mails wait of each one's party."""
    same = rows.filter(sender__in={mail.sender for mail in shown} - {""}).order_by()
    grouped = same.values_list("sender", "party").annotate(Count("pk"))
    many = {(sender, party): count for sender, party, count in grouped}
    return [many.get((mail.sender, mail.party), 1) for mail in shown]


def _cursor(mail: Mail) -> str:
    return f"{mail.occurred_at.isoformat()}{PARTS}{mail.pk}"


def _older_than(cursor: str) -> Q:
    if not cursor:
        return Q()
    at, _, pk = cursor.partition(PARTS)
    instant = datetime.fromisoformat(at)
    if instant.tzinfo is None:
        raise ValueError("a cursor without a time zone")
    instant = instant.astimezone(UTC)  # OverflowError where there is no such year in UTC
    return Q(occurred_at__lt=instant) | Q(occurred_at=instant, pk__lt=int(pk))
