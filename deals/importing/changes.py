"""What the files say of known deals, held against the rows: what is new, corrected, or as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from contacts.models import Contact
from deals import arrivals
from deals.arrivals import Recorded
from deals.importing.known import Known, found, may_be_ours
from deals.importing.parties import Owners
from deals.importing.place import Place
from deals.importing.rows import DealRow, EntryRow, TouchRow, identity
from deals.importing.staging import StagedDeal
from deals.models import Deal, Direction, Outcome, OutcomeEntry, Stage, StageEntry, Touch, Turn

Fate = Literal["created", "updated", "unchanged"]
DEAL_FIELDS = (
    "title", "owner_id", "company_id", "amount", "currency", "wanted", "next_step", "opened_at",
)  # fmt: skip
TOUCH_FIELDS = ("deal_id", "user_id", "channel", "direction", "occurred_at", "note")
ENTRY_FIELDS = ("deal_id", "stage_id", "occurred_at", "turn")
OUTCOME_FIELDS = ("outcome", "occurred_at", "reason", "is_let_go")
NOBODY = -1  # an owner or company that is still to be made: differs from whatever is known


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
    gone_entries: dict[int, StageEntry] = field(default_factory=dict)
    new_outcomes: list[OutcomeEntry] = field(default_factory=list)
    outcomes: list[OutcomeEntry] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    skips_known: bool = False
    extras: set[str] = field(default_factory=set)  # what only some files say of touches
    before: dict[int, dict[str, object]] = field(default_factory=dict)  # of deals, by id
    entry_before: dict[tuple[str, int], dict[str, object]] = field(default_factory=dict)
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
        entered = sorted(
            (entry.row.entered_at, entry.row.stage, staged.pipeline_of(entry))
            for entry in staged.entries
        )
        row = staged.row
        name, pipeline = (
            entered[-1][1:] if entered else (row.stage, row.pipeline) if row else ("", "")
        )
        place = self.place.of(pipeline)
        return place.stage(name) or place.first_stage

    def take(self, deal: Deal, staged: StagedDeal, *, is_new: bool = False) -> None:
        """Hold all that the files say of one deal against what is known of it."""
        if staged.row:
            self.fates[deal.pk] = "created" if is_new else "unchanged"
            if is_new or not self.skips_known:
                self._row(deal, staged, staged.row, is_new=is_new)
            if staged.row.last_touch:
                self.last_contacts[staged.row.last_touch.key] = deal.pk
                self._touch(deal, staged.row.last_touch)
        for entry in staged.entries:
            stage = self.place.of(staged.pipeline_of(entry)).stage(entry.row.stage)
            self.entry_fates.append(self._entry(deal, entry.row, stage))
        for touch in staged.touches:
            self._touch(deal, touch.row)
        if is_new:
            self.moved.add(deal.pk)

    def _row(self, deal: Deal, staged: StagedDeal, row: DealRow, *, is_new: bool) -> None:
        if not is_new:
            self._deal(deal, row)
        self._outcome(deal, row)
        self._own_stage(deal, staged, row, is_new=is_new)

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
        self.before[deal.pk] = {name: getattr(deal, name) for name in changed}
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
        is_old = self.fates.get(deal.pk) != "created"
        if entry is None and is_old and (deal.outcome, deal.closed_at) == (outcome, at):
            return  # it was closed so here, by hand
        if entry is None:
            entry = OutcomeEntry(deal_id=deal.pk, source=self.place.source, external_id=key)
            self.new_outcomes.append(entry)
        elif (entry.outcome, entry.occurred_at) == (outcome, at) and reason in ("", entry.reason):
            return
        else:
            self.outcomes.append(entry)
            self.entry_before["outcome", entry.pk] = {
                name: getattr(entry, name) for name in OUTCOME_FIELDS
            }
        entry.outcome, entry.occurred_at, entry.reason = outcome, at, reason or entry.reason
        entry.is_let_go = outcome == Outcome.RESTING
        self._changed(deal)

    def _own_stage(self, deal: Deal, staged: StagedDeal, row: DealRow, *, is_new: bool) -> None:
        """Enter the stage that the deal's own row names, where no stage entries tell it better.

        A known deal enters it now, unless the row says when; it stays where it is in a stage of
        that name, whatever its pipeline if the row names none. Every deal has one entry at least.
        """
        if staged.entries or not (is_new or row.stage):
            return
        if not is_new and self.known.is_called(deal.stage_id, row.stage, row.pipeline):
            return
        stage = self.place.of(row.pipeline).stage(row.stage) if row.stage else deal.stage
        if not is_new and stage and stage.pk in (self.known.last_stage.get(deal.pk), deal.stage_id):
            return
        at = row.entered_at or (deal.opened_at if is_new else self.now)
        key = identity(row.key, row.stage, at.isoformat()) if row.stage else opening_id(row.key)
        said = EntryRow(
            deal=row.key, key=key, stage=row.stage, entered_at=at, pipeline=row.pipeline
        )
        self._entry(deal, said, stage)
        self._changed(deal)

    def _entry(self, deal: Deal, row: EntryRow, stage: Stage | None) -> Fate:
        """Add or correct a stage entry; it gives the turn only where it says so, as ours do.

        Source: SILENCE.md, rule 5.

        `stage` is None while one is foreseen that is still to be made.
        """
        entry = self.known.entries.get(row.key)
        supposed = self.known.entries.get(opening_id(row.deal))
        if supposed is not None and supposed.pk and supposed is not entry:
            self.gone_entries[supposed.pk] = supposed
            self.moved.add(deal.pk)
        if entry is None:
            entry = StageEntry(
                deal_id=deal.pk, stage=stage, occurred_at=row.entered_at,
                turn=row.turn or Turn.UNCHANGED, source=self.place.source, external_id=row.key,
            )  # fmt: skip
            self.new_entries.append(entry)
            self.moved.add(deal.pk)
            return "created"
        stays = self.known.is_called(entry.stage_id, row.stage, row.pipeline)
        stage_id = entry.stage_id if stays else stage.pk if stage else NOBODY
        said = (deal.pk, stage_id, row.entered_at, row.turn or entry.turn)
        was = (entry.deal_id, entry.stage_id, entry.occurred_at, entry.turn)
        if was == said or self.skips_known:
            return "unchanged"
        self.moved |= {deal.pk, entry.deal_id}
        self.entry_before["entry", entry.pk] = {name: getattr(entry, name) for name in ENTRY_FIELDS}
        entry.deal_id, entry.stage_id, entry.occurred_at, entry.turn = said
        self.entries.append(entry)
        return "updated"

    def _touch(self, deal: Deal, row: TouchRow) -> None:
        """Lay a touch ready; who is named as speaking on their side is none of our users."""
        is_ours = row.direction != Direction.INBOUND
        said: dict[str, object] = {"turn": row.turn, "subject": row.subject}
        said |= {"is_heard": row.heard is not None, "is_delivered": row.delivered is not None}
        self.extras |= {name for name, is_told in said.items() if is_told}
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
                is_heard=row.heard is not False,
                is_delivered=row.delivered is not False,
            )
        )

    @property
    def told(self) -> tuple[str, ...]:
        """What the files say of touches; the rest of a known one stays as it was corrected here."""
        return () if self.skips_known else (*TOUCH_FIELDS, *sorted(self.extras))

    def foresee(self) -> list[Recorded]:
        """Return what would become of the touches, writing nothing."""
        self.meet_own_touches()
        return arrivals.foresee(self.touches, now=self.now, told=self.told)

    def meet_own_touches(self) -> None:
        """Let the touches of an export of ours be known by what they were exported as."""
        asked = {each.external_id: each for each in self.touches if may_be_ours(each.external_id)}
        for key, row in found(Touch, asked, self.place.source).items():
            asked[key].source, asked[key].external_id = row.source, row.external_id
            if asked[key].direction == Direction.INBOUND:
                asked[key].user_id = row.user_id  # whose mailbox it reached; files do not tell it


def opening_id(key: str) -> str:
    """Name the entry of a deal whose files tell no stage entry; a true one takes its place."""
    return identity(key, "opening")


def first_instant(staged: StagedDeal) -> datetime | None:
    """Return when a deal first shows up in its files."""
    instants = [entry.row.entered_at for entry in staged.entries]
    instants += [touch.row.occurred_at for touch in staged.touches]
    if row := staged.row:
        instants += filter(None, (row.entered_at, row.last_contact_at, row.closed_at))
    return min(instants, default=None)
