"""Imports through the browser: tried out first, then written in the background, told in a row.

The files of a run lie in `var/imports/<id>`; what is done is in its `ImportRun`, so that a worker
that dies costs one batch, and several workers share the work without doubling anything.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from deals.importing import rejected, uploads
from deals.importing.arrival import Counts
from deals.importing.importer import Import, Order, breathe, renew_statistics
from deals.importing.mapping import load
from deals.importing.staging import Staging
from deals.models import ImportRun

OWN = "own"  # the mapping is a TOML file among those handed in
REJECTED = "rejected.csv"
STAGED = ".staged.sqlite3"
State = ImportRun.State


def folder_of(run: ImportRun) -> Path:
    """Return where the files of a run lie."""
    return rejected.folder() / str(run.pk)


def rejected_of(run: ImportRun) -> Path | None:
    """Return the file of the rows that were set aside, None where there are none."""
    path = folder_of(run) / REJECTED
    return path if run.rejected and path.is_file() else None


def start(run: ImportRun, files: Sequence[UploadedFile], *, user: User, now: datetime) -> ImportRun:
    """Save a new run with its files; a worker then reads them and tries them out.

    Raises ValidationError for files that cannot be kept.
    """
    run.user, run.created_at = user, now
    run.name = ", ".join(file.name or "" for file in files)[:120]
    try:
        with transaction.atomic():
            run.save()
            uploads.store(files, folder_of(run))
    except (OSError, ValueError) as error:
        raise ValidationError(f"The files could not be kept: {error}") from error
    return run


def confirm(run: ImportRun) -> bool:
    """Let a run that was tried out be written; False if somebody else decided already."""
    return _decide(run, State.WRITE, position=0, deals_done=0, created=0, updated=0, unchanged=0)


def drop(run: ImportRun, now: datetime) -> bool:
    """Throw a run that was tried out away, with its files."""
    is_dropped = _decide(run, State.DROPPED, finished_at=now)
    if is_dropped:
        shutil.rmtree(folder_of(run), ignore_errors=True)
    return is_dropped


def _decide(run: ImportRun, state: State, **fields: object) -> bool:
    waiting = ImportRun.objects.filter(pk=run.pk, state=State.PREVIEWED)
    return bool(waiting.update(state=state, **fields))


class Work:
    """One worker at a run: reads it if nobody did, then goes batch by batch."""

    def __init__(self, run: ImportRun, now: datetime) -> None:
        self.run = run
        self.now = now
        self.folder = folder_of(run)
        self.writes = run.state == State.WRITE
        self.staged = self.folder / STAGED
        self.work: Import | None = None

    def step(self) -> bool:
        """Do the next piece of the run; return whether there may be more to do."""
        try:
            if self.work is None:
                self.work = self._begin()
            return self._batch(self.work)
        except (ValueError, ValidationError) as error:
            sentence = (
                " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            )
            self._fail(sentence)
            return False

    def _begin(self) -> Import:
        if not self.folder.is_dir():
            raise ValueError(
                "The files are gone. All machines need the same folder var/imports: hand the files "
                "in again."
            )
        if not self.staged.is_file():
            self._read()
        work = Import(self._order(), Staging(self.staged), self.now)
        work.settle(writes=self.writes)
        return work

    def _order(self) -> Order:
        """Return the order: the one CSV file whatever its name, or the folder of several."""
        run = self.run
        own = next(self.folder.glob("*.toml"), None)
        if run.mapping == OWN and own is None:
            raise ValueError("There is no TOML file among them: add your mapping, or choose ours.")
        mapping = str(own) if run.mapping == OWN else run.mapping
        files = [*self.folder.glob("*.csv"), *self.folder.glob("*.txt")]
        tables = [path for path in files if path.name != REJECTED]
        first = self.folder / load(mapping).tables[0].file
        path = tables[0] if len(tables) == 1 and not first.is_file() else self.folder
        return Order.of(
            path, mapping=mapping, pipeline=run.pipeline, dates=run.dates,
            time_zone=run.time_zone, encoding=run.encoding,
        )  # fmt: skip

    def _read(self) -> None:
        """Lay the rows out under another name first, so that a half-read file is never taken."""
        part = self.folder / f".{uuid.uuid4().hex}"
        staging = Staging(part)
        try:
            work = Import(self._order(), staging, self.now)
            work.lay_out(self._tell)
            ImportRun.objects.filter(pk=self.run.pk).update(notes=work.notes)
            staging.close()
            part.replace(self.staged)
        finally:
            part.unlink(missing_ok=True)

    def _tell(self, done: int, total: int) -> None:
        """Note how far the reading is, in steps of a twentieth."""
        if done * 20 // max(total, 1) != self.run.deals_done * 20 // max(total, 1):
            self.run.deals_done, self.run.deals_total = done, total
            self.run.save(update_fields=["deals_done", "deals_total"])

    def _batch(self, work: Import) -> bool:
        """Foresee or write the next batch together with its place in the row."""
        with transaction.atomic():
            rows = ImportRun.objects.select_for_update(no_key=True, of=("self",))
            run = rows.filter(pk=self.run.pk, state=self.run.state).first()
            if run is None:
                return False  # another worker came to the end
            if run.position == 0:
                run.deals_done, run.deals_total = 0, work.staging.count("deal")
                run.rows = work.rows()
            for position, deals, counts in work.batches(run.position, writes=self.writes):
                run.position = position
                run.deals_done += deals
                _count(run, counts)
                run.save()
                break
            else:
                self._finish(run, work)
                return False
        breathe(writes=self.writes)
        return True

    def _finish(self, run: ImportRun, work: Import) -> None:
        """Come to the end of trying out, or of writing: then only the rows set aside are kept."""
        run.rejected = work.staging.count("rejected")
        run.unchanged += work.staging.count("repeated")
        with (self.folder / REJECTED).open("w", encoding="utf-8", newline="") as file:
            file.writelines(rejected.lines(work.staging))
        if self.writes:
            run.state, run.finished_at = State.DONE, self.now
            renew_statistics(Counts(created=run.created))
            transaction.on_commit(self._tidy)
        else:
            run.state = State.PREVIEWED
        run.save()

    def _tidy(self) -> None:
        for path in self.folder.iterdir():
            if path.name != REJECTED:
                path.unlink(missing_ok=True)

    def _fail(self, sentence: str) -> None:
        ImportRun.objects.filter(pk=self.run.pk).update(
            state=State.FAILED, failure=sentence, finished_at=self.now
        )
        shutil.rmtree(self.folder, ignore_errors=True)


def _count(run: ImportRun, counts: Counts) -> None:
    run.created += counts.created
    run.updated += counts.updated
    run.unchanged += counts.unchanged
