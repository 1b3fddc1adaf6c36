"""What the files say of known deals, held against the rows: what is new, corrected, or as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Self

from contacts.models import Contact
from deals import arrivals
from deals.arrivals import Recorded
from deals.importing.parties import Owners
from deals.importing.place import Place
from deals.importing.rows import DealRow, EntryRow, TouchRow, identity
from deals.importing.staging import StagedDeal
from deals.models import Deal, Direction, Outcome, OutcomeEntry, Stage, StageEntry, Touch, Turn
from deals.replay import replay

Fate = Literal["created", "updated", "unchanged"]
DEAL_FIELDS = (
    "title", "owner_id", "company_id", "amount", "currency", "wanted", "next_step", "opened_at",
)  # fmt: skip
TOUCH_FIELDS = ("deal_id", "user_id", "channel", "direction", "occurred_at", "note")
NOBODY = -1  # an owner or company that is still to be made: differs from whatever is known
BATCH = 500


@dataclass
class Known:
    """What the database knows of a batch of deals already, by the ids of the files."""

    deals: dict[str, Deal]
    entries: dict[str, StageEntry]
    outcomes: dict[str, OutcomeEntry]
    last_stage: dict[int, int]

    @classmethod
    def of(cls, batch: Sequence[StagedDeal], source: str) -> Self:
        keys = [staged.key for staged in batch]
        deals = {d.external_id: d for d in Deal.objects.filter(source=source, external_id__in=keys)}
        ids = [deal.pk for deal in deals.values()]
        entries = StageEntry.objects.filter(source=source, deal__in=ids).order_by(
            "occurred_at", "pk"
        )
        outcomes = OutcomeEntry.objects.filter(source=source, deal__in=ids)
        return cls(
            deals,
            {entry.external_id: entry for entry in entries},
            {entry.external_id: entry for entry in outcomes},
            {entry.deal_id: entry.stage_id for entry in entries},
        )


@dataclass
class Changes:
    """What a batch changes. A deal's row answers for its stage, its outcome and its last contact."""

    place: Place
    owners: Owners
    now: datetime
    known: Known
    companies: Mapping[str, int]
    deals: list[Deal] = field(default_factory=list)
    new_entries: list[StageEntry] = field(default_factory=list)
    entries: list[StageEntry] = field(default_factory=list)
    gone_entries: list[int] = field(default_factory=list)
    new_outcomes: list[OutcomeEntry] = field(default_factory=list)
    outcomes: list[OutcomeEntry] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    tells_turn: bool = False
    tells_subject: bool = False
    moved: set[int] = field(default_factory=set)  # deals to replay
    fates: dict[int, Fate] = field(default_factory=dict)  # of the deals' own rows
    entry_fates: list[Fate] = field(default_factory=list)
    last_contacts: dict[str, int] = field(default_factory=dict)  # touch → deal it belongs to

    def new_deal(self, staged: StagedDeal, row: DealRow, contact: Contact, currency: str) -> Deal:
        """Return a deal as the files tell it, to be saved."""
        opened_at = row.opened_at or first_instant(staged) or self.now
        is_open = row.outcome in ("", Outcome.OPEN)
        return Deal(
            source=self.place.source, external_id=row.key,
            title=row.title or f"Deal {row.key}"[:200], contact=contact,
            company_id=self.companies.get(row.company) or contact.company_id,
            owner_id=self.owners.find(row.owner) or NOBODY, amount=row.amount,
            currency=row.currency or currency, wanted=row.wanted, next_step=row.next_step,
            opened_at=opened_at, stage=self.latest_stage(staged),
            outcome=Outcome.OPEN if is_open else row.outcome, closed_at=row.closed_at,
        )  # fmt: skip

    def latest_stage(self, staged: StagedDeal) -> Stage:
        """Return the last stage that the files name for a deal, else the pipeline's first."""
        entered = sorted((entry.row.entered_at, entry.row.stage) for entry in staged.entries)
        name = entered[-1][1] if entered else staged.row.stage if staged.row else ""
        return self.place.stage(name) or self.place.first_stage

    def take(self, deal: Deal, staged: StagedDeal, *, is_new: bool = False) -> None:
        """Hold all that the files say of one deal against what is known of it."""
        if staged.row:
            self.fates[deal.pk] = "created" if is_new else "unchanged"
            if not is_new:
                self._deal(deal, staged.row)
            self._outcome(deal, staged.row)
            self._own_stage(deal, staged, staged.row, is_new=is_new)
            if staged.row.last_touch:
                self.last_contacts[staged.row.last_touch.key] = deal.pk
                self._touch(deal, staged.row.last_touch)
        for entry in staged.entries:
            self.entry_fates.append(self._entry(deal, entry.row))
        for touch in staged.touches:
            self._touch(deal, touch.row)
        if is_new:
            self.moved.add(deal.pk)

    def _deal(self, deal: Deal, row: DealRow) -> None:
        """Correct what the row says otherwise; what it leaves empty stays."""
        said = {
            "owner_id": self.owners.find(row.owner) or NOBODY,
            "company_id": self.companies.get(row.company, NOBODY) if row.company else None,
            **{name: getattr(row, name) for name in DEAL_FIELDS if not name.endswith("_id")},
        }
        changed = {
            name: value
            for name, value in said.items()
            if value not in (None, "") and getattr(deal, name) != value
        }
        for name, value in changed.items():
            setattr(deal, name, value)
        if changed:
            self.deals.append(deal)
            self._changed(deal)

    def _changed(self, deal: Deal) -> None:
        self.moved.add(deal.pk)
        if self.fates.get(deal.pk) == "unchanged":
            self.fates[deal.pk] = "updated"

    def _outcome(self, deal: Deal, row: DealRow) -> None:
        """Close a deal that the row says is closed; open again one that it says is open after all.

        What was closed by hand is not in the files, and stays.
        """
        closing = self.known.outcomes.get(row.key)
        if row.outcome == Outcome.OPEN and closing is not None:
            reopening = identity(row.key, "reopened")
            last = self.known.outcomes.get(reopening)
            if last is None or last.occurred_at < closing.occurred_at:
                self._say_outcome(deal, reopening, Outcome.OPEN.value, self.now, "")
        elif row.closed_at is not None:
            self._say_outcome(deal, row.key, row.outcome, row.closed_at, row.reason)

    def _say_outcome(self, deal: Deal, key: str, outcome: str, at: datetime, reason: str) -> None:
        entry = self.known.outcomes.get(key)
        if entry is None:
            entry = OutcomeEntry(deal_id=deal.pk, source=self.place.source, external_id=key)
            self.new_outcomes.append(entry)
        elif (entry.outcome, entry.occurred_at) == (outcome, at) and reason in ("", entry.reason):
            return
        else:
            self.outcomes.append(entry)
        entry.outcome, entry.occurred_at, entry.reason = outcome, at, reason or entry.reason
        self._changed(deal)

    def _own_stage(self, deal: Deal, staged: StagedDeal, row: DealRow, *, is_new: bool) -> None:
        """Enter the stage that the deal's own row names, where no stage entries tell it better.

        A known deal enters it now, unless the row says when. Every deal has one entry at least.
        """
        if staged.entries or not (is_new or row.stage):
            return
        stage = self.place.stage(row.stage) if row.stage else deal.stage
        if not is_new and stage and stage.pk == self.known.last_stage.get(deal.pk):
            return
        at = row.entered_at or (deal.opened_at if is_new else self.now)
        key = identity(row.key, row.stage, at.isoformat()) if row.stage else opening_id(row.key)
        self._entry(deal, EntryRow(deal=row.key, key=key, stage=row.stage, entered_at=at), stage)
        self._changed(deal)

    def _entry(self, deal: Deal, row: EntryRow, stage: Stage | None = None) -> Fate:
        """Add or correct a stage entry; none of them gives the turn. Source: SILENCE.md, rule 5."""
        stage = stage or self.place.stage(row.stage)
        entry = self.known.entries.get(row.key)
        supposed = self.known.entries.get(opening_id(row.deal))
        if supposed is not None and supposed.pk and supposed is not entry:
            self.gone_entries.append(supposed.pk)
            self.moved.add(deal.pk)
        if entry is None:
            entry = StageEntry(
                deal_id=deal.pk, stage=stage, occurred_at=row.entered_at, turn=Turn.UNCHANGED,
                source=self.place.source, external_id=row.key,
            )  # fmt: skip
            self.new_entries.append(entry)
            self.moved.add(deal.pk)
            return "created"
        said = (deal.pk, stage.pk if stage else NOBODY, row.entered_at)
        if (entry.deal_id, entry.stage_id, entry.occurred_at) == said:
            return "unchanged"
        self.moved |= {deal.pk, entry.deal_id}
        entry.deal_id, entry.stage_id, entry.occurred_at = said
        self.entries.append(entry)
        return "updated"

    def _touch(self, deal: Deal, row: TouchRow) -> None:
        """Lay a touch ready; who is named as speaking on their side is none of our users."""
        is_ours = row.direction != Direction.INBOUND
        self.tells_turn |= bool(row.turn)
        self.tells_subject |= bool(row.subject)
        self.touches.append(
            Touch(
                deal=deal,
                source=self.place.source,
                external_id=row.key,
                channel=row.channel,
                direction=row.direction,
                occurred_at=row.occurred_at,
                turn=row.turn,
                user_id=(self.owners.find(row.by) or NOBODY) if is_ours and row.by else None,
                note=row.note,
                subject=row.subject,
            )
        )

    @property
    def told(self) -> tuple[str, ...]:
        """What the files say of touches; the rest of a known one stays as it was corrected here."""
        extra = {"turn": self.tells_turn, "subject": self.tells_subject}
        return (*TOUCH_FIELDS, *(name for name, is_told in extra.items() if is_told))

    def foresee(self) -> list[Recorded]:
        """Return what would become of the touches, writing nothing."""
        return arrivals.foresee(self.touches, now=self.now, told=self.told)

    def write(self) -> list[Recorded]:
        """Write it all and replay each deal once; return what became of the touches."""
        Deal.objects.bulk_update(self.deals, DEAL_FIELDS, batch_size=BATCH)
        StageEntry.objects.filter(pk__in=self.gone_entries).delete()
        StageEntry.objects.bulk_create(self.new_entries, batch_size=BATCH)
        StageEntry.objects.bulk_update(
            self.entries, ("deal_id", "stage_id", "occurred_at"), batch_size=BATCH
        )
        OutcomeEntry.objects.bulk_create(self.new_outcomes, batch_size=BATCH)
        OutcomeEntry.objects.bulk_update(
            self.outcomes, ("outcome", "occurred_at", "reason"), batch_size=BATCH
        )
        recorded, affected = arrivals.take_in(self.touches, now=self.now, told=self.told)
        replay(self.moved | affected, self.now)
        return recorded


def opening_id(key: str) -> str:
    """Name the entry of a deal whose files tell no stage entry; a true one takes its place."""
    return identity(key, "opening")


def first_instant(staged: StagedDeal) -> datetime | None:
    """Return when a deal first shows up in its files."""
    instants = [entry.row.entered_at for entry in staged.entries]
    instants += [touch.row.occurred_at for touch in staged.touches]
    if staged.row:
        more = (staged.row.entered_at, staged.row.last_contact_at, staged.row.closed_at)
        instants += [at for at in more if at is not None]
    return min(instants, default=None)
