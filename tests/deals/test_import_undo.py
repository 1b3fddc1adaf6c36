"""Stopping an import, and taking one back: what goes, what stays, and that both are told."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from contacts.models import Address, Company, Contact
from deals import conversation, people, rebuilding, tasks
from deals.importing import runs, undoing
from deals.importing.runs import Work
from deals.models import (
    Deal,
    Hold,
    ImportRun,
    OutcomeEntry,
    Pipeline,
    Silence,
    Stage,
    StageEntry,
    Touch,
)  # fmt: skip
from tests.cast import Story, day
from tests.deals.files import DEALS, STAGES, TOUCHES, loan_folder, write_csv

pytestmark = pytest.mark.usefixtures("workspace")
TABLES: tuple[Any, ...] = (
    User, Company, Contact, Address, Pipeline, Stage, Deal, Touch, StageEntry, OutcomeEntry, Silence,
)  # fmt: skip


@pytest.fixture
def loans(tmp_path: Path) -> Path:
    return loan_folder(tmp_path / "loans")


def everything() -> dict[str, list[dict[str, Any]]]:
    """Return all rows of the workspace, but for when they were recorded and the ids of silences."""
    told: dict[str, list[dict[str, Any]]] = {}
    for model in TABLES:
        order = ("deal", "started_at", "by") if model is Silence else ("pk",)
        aside = {"recorded_at", "last_login", *(["id"] if model is Silence else [])}
        rows = model.objects.order_by(*order).values()
        told[model.__name__] = [{n: v for n, v in row.items() if n not in aside} for row in rows]
    return told


def imported(folder: Path, ada: User, **said: str) -> ImportRun:
    """Import a folder in the background, to its end."""
    run = tried_out(folder, ada, **said)
    runs.confirm(run)
    tasks.go_on()
    run.refresh_from_db()
    assert run.state == "done", run.failure
    return run


def tried_out(folder: Path, ada: User, **said: str) -> ImportRun:
    files = [SimpleUploadedFile(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    run = ImportRun(mapping="native", pipeline="Loans", **said)
    runs.start(run, files, user=ada, now=timezone.now())
    tasks.go_on()
    return run


def undone(run: ImportRun) -> list[tuple[str, str]]:
    """Undo an import to its end; return what stayed, with the reason."""
    assert undoing.begin(run, timezone.now())
    tasks.go_on()
    tasks.go_on()
    run.refresh_from_db()
    assert run.state == "undone"
    assert run.imported.count() == 0
    return [(line["name"], line["why"]) for line in run.kept]


def deal(key: str) -> Deal:
    return Deal.objects.get(external_id=key)


def test_an_undone_import_is_as_if_it_had_never_come_in(loans: Path, ada: User) -> None:
    before = everything()
    run = imported(loans, ada)
    assert Deal.objects.count() == 2
    assert undone(run) == []
    assert everything() == before


def test_an_undone_import_can_come_in_again(loans: Path, ada: User) -> None:
    undone(imported(loans, ada))
    again = imported(loans, ada)
    assert (again.created, again.unchanged, again.rejected) == (9, 0, 0)


def test_what_an_import_corrected_says_again_what_it_said_before(loans: Path, ada: User) -> None:
    imported(loans, ada)
    before = everything()
    write_csv(
        loans / "deals.csv", (*DEALS, "company"),
        ("L1", "Ines", "7000", "EUR", day(-1), "lost", day(9), "Fjord AB"),
        ("L2", "Ines", "1200.50", "EUR", day(0), "lost", day(7), ""),
    )  # fmt: skip
    write_csv(
        loans / "touches.csv", TOUCHES,
        ("L1", "L1-2", day(2), "inbound", "email", "", "corrected"),
        ("L1", "L1-9", day(8), "outbound", "email", "Nina", "new"),
    )  # fmt: skip
    write_csv(loans / "stages.csv", STAGES, ("L1", "Signature", day(3)))
    run = imported(loans, ada)
    assert everything() != before
    assert deal("L1").amount == 7000
    assert undone(run) == []
    assert everything() == before
    assert rebuilding.check(timezone.now).differing == []


def test_a_supposed_stage_entry_comes_back_when_the_true_ones_go(tmp_path: Path, ada: User) -> None:
    folder = tmp_path / "late"
    write_csv(folder / "deals.csv", ("deal", "owner", "opened_at"), ("1", "Otto", day(0)))
    imported(folder, ada)
    before = everything()
    write_csv(folder / "stages.csv", STAGES, ("1", "Offer", day(2)))
    run = imported(folder, ada)
    assert deal("1").stage.name == "Offer"
    assert undone(run) == []
    assert everything() == before


def test_a_deal_that_somebody_worked_on_stays_whole_and_is_named(loans: Path, ada: User) -> None:
    run = imported(loans, ada)
    Story(deal("L1")).they_write(day(10))
    assert undone(run) == [("Deal L1", "a touch was recorded on it since")]
    assert [found.external_id for found in Deal.objects.all()] == ["L1"]
    assert Touch.objects.count() == 3
    assert {stage.name for stage in Stage.objects.filter(pipeline__name="Loans")} == {
        "Application", "Offer",
    }  # fmt: skip
    assert rebuilding.check(timezone.now).differing == []


@pytest.mark.parametrize(
    ("work", "why"),
    [
        (
            lambda found, at: Deal.objects.filter(pk=found.pk).update(next_step="Call"),
            "it was edited since",
        ),
        (
            lambda found, at: conversation.hold(
                Hold(deal=found, reason="pause", starts_at=at, ends_at=day(90)), now=at
            ),
            "a hold belongs to it",
        ),
        (
            lambda found, at: conversation.correct(
                Touch.objects.get(external_id="L1-2"), now=at, note="better"
            ),
            "a touch of it was corrected since",
        ),
        (
            lambda found, at: people.join(found, Contact.objects.create(last_name="New"), now=at),
            "people joined or left it since",
        ),
    ],
)
def test_every_kind_of_work_keeps_a_deal(loans: Path, ada: User, work: Any, why: str) -> None:
    run = imported(loans, ada)
    work(deal("L1"), day(40))
    assert undone(run) == [("Deal L1", why)]
    assert deal("L1").touches.count() == 2


def test_what_a_later_import_corrected_stays(loans: Path, ada: User) -> None:
    first = imported(loans, ada)
    write_csv(loans / "deals.csv", DEALS, ("L1", "Otto", "6000", "EUR", day(0), "open", ""))
    second = imported(loans, ada)
    assert undone(first) == [("Deal L1", "it was edited since")]
    assert deal("L1").amount == 6000
    assert undone(second) == []
    assert deal("L1").amount == 5000


def test_a_user_who_was_invited_since_and_a_contact_with_a_fact_stay(
    loans: Path, ada: User
) -> None:
    run = imported(loans, ada)
    User.objects.filter(name="Otto").update(email="otto@example.com")
    contact = deal("L2").contact
    contact.facts.create(text="Sails", learned_on=day(3).date())
    assert undone(run) == [
        (contact.name, "a fact belongs to it"), ("Otto", "it was changed since"),
    ]  # fmt: skip
    assert Deal.objects.count() == 0


def test_an_undo_goes_on_where_a_worker_died_and_two_share_it(
    loans: Path, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything()
    run = imported(loans, ada)
    monkeypatch.setattr(undoing, "BATCH", 1)
    undoing.begin(run, timezone.now())
    first, second = (undoing.Undo(run.pk, timezone.now()) for _ in range(2))
    assert first.step()
    run.refresh_from_db()
    assert 0 < run.deals_done < run.deals_total
    while second.step():
        first.step()
    assert not first.step()
    assert everything() == before


def test_an_import_stopped_midway_keeps_whole_batches_and_can_be_undone(
    loans: Path, ada: User, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    before = everything()
    monkeypatch.setattr("deals.importing.importer.BATCH", 1)
    run = tried_out(loans, ada)
    runs.confirm(run)
    run.refresh_from_db()
    work = Work(run, timezone.now())
    assert work.step()
    client.force_login(ada)
    page = f"/settings/import/{run.pk}/"
    assert client.post(f"{page}cancellation/").url == page
    assert not work.step()
    run.refresh_from_db()
    assert (run.state, run.created, Deal.objects.count()) == ("cancelled", 5, 1)
    assert not runs.folder_of(run).exists()
    assert "before it was stopped" in client.get(page).content.decode()
    assert client.post(f"{page}undo/").url == page
    tasks.go_on()
    assert everything() == before
    assert "as if it had never come in" in client.get(page).content.decode()


def test_an_import_stopped_while_it_is_read_brings_nothing(loans: Path, ada: User) -> None:
    files = [SimpleUploadedFile(path.name, path.read_bytes()) for path in sorted(loans.iterdir())]
    run = ImportRun(mapping="native", pipeline="Loans")
    runs.start(run, files, user=ada, now=timezone.now())
    work = Work(run, timezone.now())
    assert runs.cancel(run, timezone.now())
    assert not work.step()
    run.refresh_from_db()
    assert (run.state, run.failure, Deal.objects.count()) == ("cancelled", "", 0)
    assert not undoing.may_undo(run, timezone.now())


def test_an_import_can_be_undone_for_so_many_days_only(loans: Path, ada: User) -> None:
    run = imported(loans, ada)
    late: datetime = timezone.now() + (timedelta(days=undoing.UNDO_DAYS + 1))
    assert not undoing.begin(run, late)
    assert undoing.begin(run, timezone.now())
    assert not undoing.begin(run, timezone.now())


def test_what_can_no_longer_be_undone_is_forgotten_once_and_only_that(
    loans: Path, ada: User
) -> None:
    old, new = imported(loans, ada), imported(loans, ada)
    finished_at = timezone.now() - timedelta(days=undoing.UNDO_DAYS + 1)
    ImportRun.objects.filter(pk=old.pk).update(finished_at=finished_at)
    new.imported.create(kind="deal", row_id=1)
    for _ in range(2):
        tasks.go_on()
        assert (old.imported.count(), new.imported.count()) == (0, 1)


def test_only_admins_stop_and_undo(loans: Path, ada: User, maud: User, client: Client) -> None:
    run = imported(loans, ada)
    client.force_login(maud)
    for address in ("undo", "cancellation"):
        assert client.post(f"/settings/import/{run.pk}/{address}/").status_code == 403
    run.refresh_from_db()
    assert run.state == "done"


def test_rows_that_are_known_are_left_alone_where_so_chosen(loans: Path, ada: User) -> None:
    imported(loans, ada)
    write_csv(
        loans / "deals.csv", DEALS,
        ("L1", "Ines", "7000", "EUR", day(0), "lost", day(9)),
        ("L3", "Ines", "1", "EUR", day(0), "open", ""),
    )  # fmt: skip
    write_csv(
        loans / "touches.csv", TOUCHES,
        ("L1", "L1-2", day(2), "inbound", "email", "", "corrected"),
        ("L1", "L1-9", day(8), "outbound", "email", "Ines", "new"),
    )  # fmt: skip
    run = imported(loans, ada, known=ImportRun.Known.SKIP)
    assert (run.created, run.updated, run.unchanged) == (2, 0, 5)
    first = deal("L1")
    assert (first.amount, first.outcome) == (5000, "open")
    assert list(first.touches.order_by("occurred_at").values_list("external_id", "note")) == [
        ("L1-1", "applied"), ("L1-2", "sent an offer"), ("L1-9", "new"),
    ]  # fmt: skip
