"""Write down what deals are: whose, worth what, with whom; read what they were at an instant.

Every door that changes an owner, an amount, a currency, a primary contact, a contact's kind or a
company calls `note`; `rebuild_silences --check` finds what a door forgot. Source: decision 110.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from deals.models import DarkSpell, Deal, Particulars

BATCH = 500  # databases take only so many values at once


class Facts(NamedTuple):
    """What a report tells a deal apart by, besides its stage."""

    owner_id: int
    amount: Decimal | None
    currency: str
    kind: str
    is_business: bool

    @classmethod
    def of(cls, row: Particulars | DarkSpell) -> Facts:
        """Return what particulars or a spell say."""
        return cls(row.owner_id, row.amount, row.currency, row.kind, row.is_business)

    def tell(self, row: Particulars | DarkSpell) -> None:
        """Have a row say it."""
        for name, value in self._asdict().items():
            setattr(row, name, value)


def note(deals: Iterable[int], now: datetime) -> None:
    """Write down what deals say now where it differs from what stands written of them.

    Two queries for however many where nothing differs. The caller holds the locks
    (`replay.lock`) of deals that others know already.
    """
    for ids in _batches(deals):
        _note(ids, now)


def note_led_by(contacts: Iterable[int], now: datetime) -> None:
    """Write down what the deals led by contacts say now that something changed about these."""
    for ids in _batches(contacts):
        note(Deal.objects.filter(contact__in=ids).values_list("pk", flat=True), now)


def _note(ids: Sequence[int], now: datetime) -> None:
    written = {row.deal_id: row for row in Particulars.objects.current().filter(deal__in=ids)}
    ended, corrected, new = [], [], []
    for deal, facts in _facts(ids):
        known = written.get(deal)
        if known is None:
            new.append(Particulars(deal_id=deal, **facts._asdict()))
        elif Facts.of(known) == facts:
            continue
        elif known.since is not None and known.since >= now:  # of two words at once the last counts
            facts.tell(known)
            corrected.append(known)
        else:
            ended.append(known.pk)
            new.append(Particulars(deal_id=deal, since=now, **facts._asdict()))
    Particulars.objects.filter(pk__in=ended).update(until=now)
    Particulars.objects.bulk_update(corrected, Facts._fields, batch_size=BATCH)
    Particulars.objects.bulk_create(new, batch_size=BATCH)


def _facts(ids: Sequence[int]) -> Iterator[tuple[int, Facts]]:
    """Yield what deals say now."""
    rows = Deal.objects.filter(pk__in=ids).order_by("pk")
    columns = ("pk", "owner_id", "amount", "currency", "contact__kind")
    for pk, owner, amount, currency, kind, *companies in rows.values_list(
        *columns, "company_id", "contact__company_id"
    ):
        yield pk, Facts(owner, amount, currency, kind, any(companies))


def recall(crossings: Sequence[tuple[Deal, DarkSpell]]) -> None:
    """Have spells say what stood at their crossing, whenever they are recorded; one query for all.

    Of a deal of which nothing is written the deal itself speaks.
    """
    written = _written(deal.pk for deal, _ in crossings)
    led = _led([deal for deal, _ in crossings if deal.pk not in written])
    for deal, spell in crossings:
        known = _standing(written.get(deal.pk, ()), spell.started_at)
        (Facts.of(known) if known else led[deal.pk]).tell(spell)


def differing(deals: Iterable[int]) -> set[int]:
    """Return the deals whose particulars or spells do not say what they should."""
    ids = list(deals)
    written = _written(ids)
    wrong = {
        deal for deal, facts in _facts(ids) if not (rows := written.get(deal))
        or Facts.of(rows[-1]) != facts or not _is_whole(rows)
    }  # fmt: skip
    spells = DarkSpell.objects.filter(silence__deal__in=ids).select_related("silence")
    for spell in spells:
        known = _standing(written.get(spell.silence.deal_id, ()), spell.started_at)
        if known is None or Facts.of(known) != Facts.of(spell):
            wrong.add(spell.silence.deal_id)
    return wrong


def mend(deals: Iterable[int], now: datetime) -> None:
    """Bring particulars in line with their deals from now on, and spells in line with them."""
    ids = list(deals)
    note(ids, now)
    found = DarkSpell.objects.filter(silence__deal__in=ids).select_related("silence__deal")
    spells = list(found)
    recall([(spell.silence.deal, spell) for spell in spells])
    DarkSpell.objects.bulk_update(spells, Facts._fields, batch_size=BATCH)


def _written(deals: Iterable[int]) -> dict[int, list[Particulars]]:
    """Return all that was written of deals, each in order of time."""
    written: dict[int, list[Particulars]] = {}
    ids = set(deals)
    for row in Particulars.objects.filter(deal__in=ids) if ids else ():
        written.setdefault(row.deal_id, []).append(row)
    return written


def _standing(rows: Iterable[Particulars], at: datetime) -> Particulars | None:
    return next((row for row in rows if row.until is None or row.until > at), None)


def _is_whole(rows: Sequence[Particulars]) -> bool:
    """Whether particulars reach from the beginning until now without a gap."""
    begun = [*(row.since for row in rows), None]
    return begun == [None, *(row.until for row in rows)]


def _led(deals: Sequence[Deal]) -> dict[int, Facts]:
    return dict(_facts([deal.pk for deal in deals])) if deals else {}


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    rest = sorted(set(ids))
    for start in range(0, len(rest), BATCH):
        yield rest[start : start + BATCH]
