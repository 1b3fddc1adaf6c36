"""One batch of deals with all that the files say of them: foreseen, or written and replayed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from deals.arrivals import Recorded
from deals.importing import writing
from deals.importing.changes import Changes
from deals.importing.counts import Counts
from deals.importing.known import Known
from deals.importing.parties import Owners, find_companies, have_companies, have_contacts
from deals.importing.place import Place
from deals.importing.record import Record
from deals.importing.rows import DealRow
from deals.importing.staging import Laid, StagedDeal
from deals.models import Deal, Direction, Participation
from deals.replay import lock


@dataclass(frozen=True, slots=True)
class Stray:
    """A row of a deal that no file and no earlier import names."""

    kind: str
    deal: str
    laid: Laid


@dataclass
class Arrival:
    """One batch on its way into a place."""

    batch: Sequence[StagedDeal]
    place: Place
    owners: Owners
    now: datetime
    currency: str
    skips_known: bool = False
    record: Record = field(default_factory=Record)
    counts: Counts = field(default_factory=Counts)
    strays: list[Stray] = field(default_factory=list)

    def foresee(self) -> None:
        """Count what writing it would do, writing nothing."""
        known = Known.of(self.batch, self.place.source)
        changes = self._changes(known, find_companies(self._rows))
        for staged in self._here(known):
            if staged.key in known.deals:
                changes.take(known.deals[staged.key], staged)
            else:
                self.counts.count("created", staged.size)
        self._tally(changes, changes.foresee())

    @transaction.atomic
    def write(self) -> None:
        """Write it with all its silences, or nothing of it; imports into one place queue up."""
        self.place.lock()
        lock(deal.pk for deal in Known.of(self.batch, self.place.source).deals.values())
        known = Known.of(self.batch, self.place.source)
        self._have_owners()
        companies = have_companies(self._rows, self.record)
        changes = self._changes(known, companies)
        new = self._open(changes, companies)
        for staged in self._here(known):
            changes.take(known.deals[staged.key], staged, is_new=staged.key in new)
        self._tally(changes, writing.write(changes, self.record))
        self.owners.tell(self.record)
        self.record.save()

    @property
    def _rows(self) -> list[DealRow]:
        return [staged.row for staged in self.batch if staged.row]

    def _changes(self, known: Known, companies: dict[str, int]) -> Changes:
        return Changes(
            self.place, self.owners, self.now, known, companies, skips_known=self.skips_known
        )

    def _have_owners(self) -> None:
        """Make the users that deals and touches name; the team counts where a deal tells it."""
        for row in self._rows:
            self.owners.have(row.owner, team=row.team, manager=row.manager)
        for staged in self.batch:
            for touch in staged.touches:
                if touch.row.direction != Direction.INBOUND:
                    self.owners.have(touch.row.by)

    def _open(self, changes: Changes, companies: dict[str, int]) -> set[str]:
        """Save the deals that nobody knew, with their contacts; return their ids in the files."""
        known = changes.known.deals
        new = [(s, s.row) for s in self.batch if s.row and s.key not in known]
        rows = [row for _, row in new]
        contacts = have_contacts(rows, self.place.source, companies, self.record)
        deals = Deal.objects.bulk_create(
            changes.new_deal(staged, row, contacts[row.key], self.currency) for staged, row in new
        )
        Participation.objects.bulk_create(
            Participation(
                deal=deal, contact_id=deal.contact_id, is_primary=True, joined_at=deal.opened_at
            )
            for deal in deals
        )
        self.record.made("deal", deals)
        known.update((deal.external_id, deal) for deal in deals)
        return {deal.external_id for deal in deals}

    def _here(self, known: Known) -> Iterator[StagedDeal]:
        """Yield the deals that a file names or that are known; the rows of others are strays."""
        for staged in self.batch:
            if staged.row or staged.key in known.deals:
                yield staged
                continue
            self.strays += [Stray("touches", staged.key, laid) for laid in staged.touches]
            self.strays += [Stray("stages", staged.key, laid) for laid in staged.entries]

    def _tally(self, changes: Changes, recorded: Sequence[Recorded]) -> None:
        """Count the rows; a deal's last contact is no row of its own."""
        for touch in recorded:
            deal = changes.last_contacts.get(touch.touch.external_id)
            if deal is None:
                self.counts.count(touch.fate)
            elif touch.fate != "unchanged" and changes.fates[deal] == "unchanged":
                changes.fates[deal] = "updated"
        for fate in (*changes.fates.values(), *changes.entry_fates):
            self.counts.count(fate)
