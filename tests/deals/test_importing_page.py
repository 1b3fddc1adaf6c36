"""Import in the browser: hand files in, see what would happen, let it happen in the background."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from deals import tasks
from deals.importing import runs, uploads
from deals.models import Deal, ImportRun, Rejudging, Stage
from tests.cast import Story, day, make_deal
from tests.deals.files import DEALS, loan_folder, write_csv
from tests.deals.test_thresholds import change

PAGE = "/settings/import/"


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def loans(tmp_path: Path) -> Path:
    folder = loan_folder(tmp_path / "loans")
    with (folder / "deals.csv").open("a") as file:
        file.write(f"=cmd(),Otto,-5,EUR,{day(0).isoformat()},open,\r\n")
    return folder


def zipped(folder: Path, **more: str) -> SimpleUploadedFile:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.glob("*.*")):
            archive.write(path, f"../export/{path.name}")
        for name, text in more.items():
            archive.writestr(name.replace("__", "."), text)
    return SimpleUploadedFile("loans.zip", packed.getvalue())


def hand_in(client: Client, *files: SimpleUploadedFile, **said: str) -> ImportRun:
    told = {"uploads": list(files), "mapping": "native", "pipeline": "Loans", **said}
    answer = client.post(PAGE, told)
    assert answer.status_code == 302, answer.context["form"].errors
    run = ImportRun.objects.get()
    assert answer.url == f"{PAGE}{run.pk}/"
    return run


def figures(run: ImportRun) -> tuple[str, int, int, int, int]:
    run.refresh_from_db()
    return run.state, run.created, run.updated, run.unchanged, run.rejected


def test_files_are_tried_out_then_imported_in_the_background(
    admin: Client, loans: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    run = hand_in(admin, zipped(loans, notes__md="not ours", **{"__MACOSX/a__csv": "x"}))
    assert "Reading and trying out" in admin.get(f"{PAGE}{run.pk}/").content.decode()

    tasks.go_on()

    assert figures(run) == ("previewed", 9, 0, 0, 1)
    assert Deal.objects.count() == 0
    page = admin.get(f"{PAGE}{run.pk}/").content.decode()
    assert "An amount cannot be negative" in page
    assert "Import 9 rows" in page
    assert run.rows == 10

    assert admin.post(f"{PAGE}{run.pk}/confirm/").url == f"{PAGE}{run.pk}/"
    with django_capture_on_commit_callbacks(execute=True):
        tasks.go_on()
        tasks.go_on()

    assert figures(run) == ("done", 9, 0, 0, 1)
    assert (run.deals_done, run.share) == (2, 1.0)
    assert Story(Deal.objects.get(external_id="L1")).silences[-1] == ("them", day(1), None, "")
    assert [path.name for path in runs.folder_of(run).iterdir()] == ["rejected.csv"]


def test_the_rows_set_aside_can_be_downloaded_and_run_nothing(admin: Client, loans: Path) -> None:
    run = hand_in(admin, zipped(loans))
    assert admin.get(f"{PAGE}{run.pk}/rejected.csv").status_code == 404
    tasks.go_on()
    answer = admin.get(f"{PAGE}{run.pk}/rejected.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert answer["Content-Disposition"] == f'attachment; filename="rejected-{run.pk}.csv"'
    heading, row = text.splitlines()
    assert heading == "file,line,reason,row"
    assert row.startswith("deals.csv,4,")
    assert "\"'=cmd()," in row


def test_a_second_import_of_the_same_files_changes_nothing(admin: Client, loans: Path) -> None:
    for expected in ((9, 0), (0, 9)):
        ImportRun.objects.all().delete()
        run = hand_in(admin, zipped(loans))
        tasks.go_on()
        assert (figures(run)[1], figures(run)[3]) == expected
        runs.confirm(run)
        tasks.go_on()
    assert figures(run) == ("done", 0, 0, 9, 1)


def test_one_csv_file_comes_in_whatever_its_name_and_with_a_mapping_of_ones_own(
    admin: Client,
) -> None:
    mapping = '[deals.columns]\ndeal = "id"\nowner = "rep"\nopened_at = "since"\n'
    run = hand_in(
        admin,
        SimpleUploadedFile("Export 2026.CSV", b"id;rep;since\r\n7;Otto;31.12.2025\r\n"),
        SimpleUploadedFile("mine.toml", mapping.encode()),
        mapping="own", dates="day.month.year", time_zone="UTC",
    )  # fmt: skip
    tasks.go_on()
    assert figures(run) == ("previewed", 1, 0, 0, 0)
    assert run.notes == [
        "Dates without a time zone (1) were read as UTC: if that is wrong, name another time zone."
    ]
    runs.confirm(run)
    tasks.go_on()
    assert Deal.objects.get().opened_at.isoformat() == "2025-12-31T00:00:00+00:00"


def test_progress_is_told_and_survives_a_worker_that_dies(
    admin: Client, loans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deals.importing.importer.BATCH", 1)
    run = hand_in(admin, zipped(loans))
    tasks.go_on()
    runs.confirm(run)
    run.refresh_from_db()
    first, second = runs.Work(run, timezone.now()), runs.Work(run, timezone.now())
    assert first.step()
    run.refresh_from_db()
    assert (run.deals_done, run.deals_total, run.share) == (1, 2, 0.5)
    page = admin.get(f"{PAGE}{run.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "Importing: 1 of 2 deals." in page
    assert "<html" not in page
    assert second.step()  # another worker: it takes what the first left
    assert not second.step()
    assert not first.step()
    assert figures(run) == ("done", 9, 0, 0, 1)
    assert Deal.objects.count() == 2


def test_long_work_gives_its_turn_back(
    admin: Client, loans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deals.tasks.A_WHILE", -1)
    run = hand_in(admin, zipped(loans))
    for _ in range(3):
        tasks.go_on()
    assert figures(run) == ("previewed", 9, 0, 0, 1)


def test_the_past_is_judged_anew_in_the_background(ines: User) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    story.they_write(day(3))
    change(Stage.objects.get(name="Demo"), "24h", retroactive=True)
    tasks.go_on()
    assert story.spells == [(day(1, 10), day(3))]
    assert Rejudging.objects.get().finished_at is not None


def test_what_was_tried_out_can_be_thrown_away(admin: Client, loans: Path) -> None:
    run = hand_in(admin, zipped(loans))
    assert not runs.drop(run, day(0))  # not read yet
    tasks.go_on()
    assert admin.post(f"{PAGE}{run.pk}/drop/").url == PAGE
    assert figures(run)[0] == "dropped"
    assert not runs.folder_of(run).exists()
    admin.post(f"{PAGE}{run.pk}/confirm/")
    assert figures(run)[0] == "dropped"
    assert "Nothing came in" in admin.get(f"{PAGE}{run.pk}/").content.decode()


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([("deals.pdf", b"x")], "“deals.pdf” is no CSV file and no workbook (XLSX)."),
        ([("deals.zip", b"x")], "The zip file is damaged"),
        ([("a.csv", b"x"), ("A.CSV", b"y")], "“a.csv” is there twice"),
        ([("mine.toml", b"x")], "There is no CSV file among them, and no workbook (XLSX)."),
    ],
)
def test_files_that_are_none_of_ours_are_refused(
    admin: Client, files: list[tuple[str, bytes]], sentence: str
) -> None:
    handed = [SimpleUploadedFile(name, content) for name, content in files]
    told = {"uploads": handed, "mapping": "native", "pipeline": "Loans"}
    answer = admin.post(PAGE, told)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert ImportRun.objects.count() == 0


def test_files_too_large_are_refused(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    handed = SimpleUploadedFile("deals.csv", b"deal,owner\r\n1,Otto")
    answer = admin.post(PAGE, {"uploads": handed, "mapping": "native", "pipeline": "Loans"})
    assert answer.status_code == 422
    assert "manage.py import_crm" in answer.content.decode()


def test_files_that_cannot_be_kept_say_why(
    admin: Client, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "file").write_text("")
    settings.VAR = tmp_path / "file"
    handed = SimpleUploadedFile("deals.csv", b"deal,owner\r\n1,Otto")
    answer = admin.post(PAGE, {"uploads": handed, "mapping": "native", "pipeline": "Loans"})
    assert answer.status_code == 422
    assert "Say another folder with LAMPLIGHTER_VAR" in answer.content.decode()
    assert ImportRun.objects.count() == 0


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, "has no column “deal”"),
        ({"mapping": "own"}, "There is no TOML file among them"),
        ({"mapping": "crm_sales"}, "has no column"),
    ],
)
def test_files_that_cannot_be_read_say_why(
    admin: Client, said: dict[str, str], sentence: str
) -> None:
    run = hand_in(admin, SimpleUploadedFile("deals.csv", b"a,b\r\n1,2\r\n"), **said)
    tasks.go_on()
    assert figures(run)[0] == "failed"
    assert sentence in run.failure
    page = admin.get(f"{PAGE}{run.pk}/").content.decode()
    assert "Choose files again" in page
    assert not runs.folder_of(run).exists()


def test_a_machine_without_the_files_says_so(admin: Client, loans: Path) -> None:
    run = hand_in(admin, zipped(loans))
    runs.folder_of(run).rename(runs.folder_of(run).with_name("elsewhere"))
    tasks.go_on()
    assert run.pk
    assert figures(run)[0] == "failed"
    assert "hand the files in again" in run.failure.replace("\n", " ")


def test_only_admins_import_and_others_are_told_who_can(
    client: Client, maud: User, ines: User, ada: User, loans: Path
) -> None:
    client.force_login(ada)
    run = hand_in(client, zipped(loans))
    tasks.go_on()
    before = figures(run)
    for other in (maud, ines):
        client.force_login(other)
        for address in (PAGE, f"{PAGE}{run.pk}/", f"{PAGE}{run.pk}/rejected.csv", f"{PAGE}9/"):
            answer = client.get(address)
            assert answer.status_code == 403
            page = answer.content.decode()
            assert "only an admin of this workspace can do it: Ada." in page
            assert "loans.zip" not in page
            assert 'href="/deals/new/"' in page
        for address in ("confirm", "drop", "cancellation", "undo"):
            assert client.post(f"{PAGE}{run.pk}/{address}/").status_code == 403
        assert client.post(PAGE, {"uploads": []}).status_code == 403
        assert figures(run) == before
    client.logout()
    assert client.get(PAGE).status_code == 302


def test_the_page_asks_as_often_for_three_imports_as_for_one(admin: Client, ada: User) -> None:
    asked = []
    for _ in range(3):
        ImportRun.objects.create(
            name="deals.csv", mapping="native", pipeline="Loans", user=ada, created_at=day(0)
        )
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert admin.get(PAGE).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[2]


def test_a_form_without_files_is_told_what_is_missing(admin: Client) -> None:
    answer = admin.post(PAGE, {"mapping": "native", "pipeline": ""})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"uploads", "pipeline"}


def test_a_folder_with_a_plain_csv_needs_no_zip(admin: Client, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x.csv", DEALS[:2], ("1", "Otto"))
    run = hand_in(admin, SimpleUploadedFile("x.csv", path.read_bytes()))
    tasks.go_on()
    assert figures(run) == ("previewed", 1, 0, 0, 0)
