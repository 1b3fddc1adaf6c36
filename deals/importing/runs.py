"""Imports through the browser: tried out first, then written in the background, told in a row.

The files of a run lie in `var/imports/<id>`; what is done is in its `ImportRun`, so that a worker
that dies costs one batch, and several workers share the work without doubling anything.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from celery.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import InterfaceError, OperationalError, transaction

from accounts.models import User, Workspace
from deals.importing import rejected, uploads
from deals.importing.counts import Counts
from deals.importing.importer import Import, Order, breathe, renew_statistics
from deals.importing.mapping import load
from deals.importing.plans import Plan
from deals.importing.recognising import fingerprint
from deals.importing.staging import Staging
from deals.models import ImportRun

OWN = "own"  # the mapping is a TOML file among those handed in
REJECTED = "rejected.csv"
STAGED = ".staged.sqlite3"
TRIES = ".tries"
MOST_TRIES = 10  # several workers may read at once, each for up to four turns
State = ImportRun.State
AWAY = (OperationalError, InterfaceError)
TOO_LONG = (
    "Reading it takes longer than the worker may. Split the file, or bring it in from a shell: "
    "manage.py import_crm."
)


def folder_of(run: ImportRun) -> Path:
    """Return where the files of a run lie."""
    return rejected.folder() / str(run.pk)


def rejected_of(run: ImportRun) -> Path | None:
    """Return the file of the rows that were set aside, None where there are none."""
    path = folder_of(run) / REJECTED
    return path if run.rejected and path.is_file() else None


def start(run: ImportRun, files: Sequence[UploadedFile], *, user: User, now: datetime) -> ImportRun:
    """Save a new run with its files; a worker then reads them and tries them out.

    Without a mapping the admin says first what their columns mean (`decide`).
    Raises ValidationError for files that cannot be kept.
    """
    run.user, run.created_at = user, now
    run.state = State.READ if run.mapping else State.ASKED
    run.name = ", ".join(file.name or "" for file in files)[:120]
    try:
        with transaction.atomic():
            run.save()
            uploads.store(files, folder_of(run))
    except (OSError, ValueError) as error:
        raise ValidationError(f"The files could not be kept: {error}") from error
    return run


def tables_of(run: ImportRun) -> list[str]:
    """Return the names of a run's files that hold rows."""
    return sorted(path.name for path in folder_of(run).glob("*") if _is_table(path))


def _is_table(path: Path) -> bool:
    is_ours = path.suffix in (".csv", ".txt", ".xlsx", ".xlsm") and path.name != REJECTED
    return is_ours and not path.name.startswith(".")


def decide(run: ImportRun, plan: Plan) -> bool:
    """Let a file be read and tried out as a plan says; also anew, with another plan.

    False if somebody else has let it be written or thrown it away meanwhile.
    """
    (folder_of(run) / STAGED).unlink(missing_ok=True)
    waiting = ImportRun.objects.filter(pk=run.pk, state__in=(State.ASKED, State.PREVIEWED))
    headings = fingerprint(plan.look(folder_of(run)).headings())
    return bool(
        waiting.update(
            state=State.READ, plan=plan.to_json(), kind=plan.kind, headings=headings,
            pipeline=run.pipeline, time_zone=run.time_zone, known=run.known, notes=[],
            position=0, deals_done=0, deals_total=0, created=0, updated=0, unchanged=0, rejected=0,
        )
    )  # fmt: skip


def cancel(run: ImportRun, now: datetime) -> bool:
    """Stop an import that is being read or written; whole batches that are written stay.

    False if it came to its end meanwhile.
    """
    running = ImportRun.objects.filter(pk=run.pk, state__in=(State.READ, State.WRITE))
    is_stopped = bool(running.update(state=State.CANCELLED, finished_at=now))
    if is_stopped:
        shutil.rmtree(folder_of(run), ignore_errors=True)
    return is_stopped


def confirm(run: ImportRun) -> bool:
    """Let a run that was tried out be written; False if somebody else decided already."""
    return _decide(run, State.WRITE, position=0, deals_done=0, created=0, updated=0, unchanged=0)


def drop(run: ImportRun, now: datetime) -> bool:
    """Throw a run that was tried out away, with its files."""
    waiting = ImportRun.objects.filter(pk=run.pk, state__in=(State.PREVIEWED, State.ASKED))
    is_dropped = bool(waiting.update(state=State.DROPPED, finished_at=now))
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
        except ValidationError as error:
            self._fail(" ".join(error.messages))
        except ValueError as error:
            if type(error) is not ValueError:  # Unicode, JSON: nobody wrote that for people
                self._break(error)
                raise
            self._fail(str(error))
        except AWAY:
            raise  # the database is, or the worker had to stop: the next turn goes on
        except SoftTimeLimitExceeded:
            if self.work is not None:
                raise  # between two batches: likewise
            self._fail(TOO_LONG)
        except Exception as error:
            self._break(error)
            raise  # to be told to whoever runs this
        return False

    def _begin(self) -> Import:
        if not self.folder.is_dir():
            raise ValueError(
                "The files are gone. All machines need the same folder var/imports: hand the files "
                "in again."
            )
        if not self.staged.is_file():
            self._read()
        run_id = self.run.pk if self.writes else None
        work = Import(self._order(), Staging(self.staged), self.now, run_id=run_id)
        work.settle(writes=self.writes)
        return work

    def _order(self) -> Order:
        """Return the order: the one file whatever its name, or the folder of several."""
        run = self.run
        skips = run.known == ImportRun.Known.SKIP
        if run.plan:
            plan = Plan.of(run)
            zone = ZoneInfo(run.time_zone or Workspace.current().time_zone)
            meaning = plan.meaning()
            return Order(self.folder / plan.file, meaning, run.pipeline, zone, skips)
        own = next(self.folder.glob("*.toml"), None)
        if run.mapping == OWN and own is None:
            raise ValueError("There is no TOML file among them: add your mapping, or choose ours.")
        mapping = str(own) if run.mapping == OWN else run.mapping
        tables = [self.folder / name for name in tables_of(run)]
        first = self.folder / load(mapping).tables[0].file
        path = tables[0] if len(tables) == 1 and not first.is_file() else self.folder
        order = Order.of(
            path, mapping=mapping, pipeline=run.pipeline, dates=run.dates,
            time_zone=run.time_zone, encoding=run.encoding,
        )  # fmt: skip
        return replace(order, skips_known=skips)

    def _read(self) -> None:
        """Lay the rows out under another name first, so that a half-read file is never taken."""
        self._count_try()
        part = self.folder / f".{uuid.uuid4().hex}"
        staging = Staging(part)
        try:
            work = Import(self._order(), staging, self.now)
            work.lay_out(self._tell)
            ImportRun.objects.filter(pk=self.run.pk).update(notes=work.notes)
            staging.close()
            part.replace(self.staged)
            (self.folder / TRIES).unlink(missing_ok=True)
        finally:
            part.unlink(missing_ok=True)

    def _count_try(self) -> None:
        """Count a reading before it begins: what kills its worker must not be tried for ever."""
        with (self.folder / TRIES).open("ab") as file:
            file.write(b"x")
            if file.tell() > MOST_TRIES:
                raise ValueError(
                    f"{MOST_TRIES} workers began to read it, and none came to the end. Split the file, "
                    "or bring it in from a shell: manage.py import_crm."
                )

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
                run.deals_done, run.deals_total = 0, work.total()
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

    def _break(self, error: Exception) -> None:
        """Come to an end at something that nobody foresaw."""
        stays = "What had come in by then stays, and can be undone. " if self.writes else ""
        self._fail(
            f"Lamplighter broke at this file, and that is no fault of yours ({type(error).__name__}). "
            f"{stays}Save it anew as CSV and hand it in again. If it breaks again, tell whoever runs "
            f"Lamplighter that it was import {self.run.pk}: its log says where."
        )

    def _fail(self, sentence: str) -> None:
        working = ImportRun.objects.filter(pk=self.run.pk, state=self.run.state)
        if working.update(state=State.FAILED, failure=sentence, finished_at=self.now):
            shutil.rmtree(self.folder, ignore_errors=True)


def _count(run: ImportRun, counts: Counts) -> None:
    run.created += counts.created
    run.updated += counts.updated
    run.unchanged += counts.unchanged
