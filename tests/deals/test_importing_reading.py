"""CSV files of sizes and signs that no program should write: rows or a sentence, in flat memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from deals import tasks
from deals.importing import detecting
from deals.importing.reading import LONGEST_LINE, Sheet
from deals.models import Deal, ImportRun
from tests.deals.files import bring, counts

MEGABYTE = 1024 * 1024
MOST_HELD = 60 * MEGABYTE  # a line of the longest, cut at each of four separators


def read(path: Path) -> list[list[str]] | str:
    """Return headings and rows as the page opens a file, or the sentence that refuses it."""
    encoding = detecting.encoding(path)
    sheet = Sheet(path, encoding, detecting.separator(path, encoding), has_twins=True)
    try:
        return [sheet.headings(()), *(row.cells for row in sheet.rows(()))]
    except ValueError as refusal:
        return str(refusal)


def written(path: Path, *pieces: tuple[bytes, int]) -> Path:
    """Write pieces, each so many times, without holding them."""
    with path.open("wb") as file:
        for piece, times in pieces:
            for _ in range(times):
                file.write(piece)
    return path


def held(act: Callable[[], object]) -> tuple[object, int]:
    """Return what an act returns, and the most memory that it held, in bytes."""
    tracemalloc.start()
    try:
        return act(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


LONG = (
    f"x.csv: line {{}} is longer than {LONGEST_LINE:,} characters, as no table’s is. Export it anew "
    "as CSV or XLSX."
)


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ([(b"x" * MEGABYTE, 100)], LONG.format(1)),
        ([(b"," * MEGABYTE, 100)], LONG.format(1)),
        ([(b"a,b\n1,2\n", 1), (b"x" * MEGABYTE, 100)], LONG.format(3)),
        (
            [(b"c", 1), (b",", 999_999), (b"\n", 1)],
            "x.csv has 1,000,000 columns: at most 500 are read. Remove those that nobody needs.",
        ),
        (
            [(b'a,b\n"', 1), (b"never closed\n", 2_000_000)],
            (
                "x.csv: a quotation mark opened on line 2 is never closed. Close it, or double it "
                "where it is part of the text."
            ),
        ),
        (
            [(b"a\x00b,c\n1,2\n", 1)],
            (
                "x.csv names a column with a NUL byte, as no text has it. Say how its text is "
                "written (UTF-16, for example), or export it anew."
            ),
        ),
    ],
    ids=["a line", "separators", "a line amid", "columns", "a quote", "a NUL"],
)
def test_what_is_no_table_is_a_sentence_in_flat_memory(
    tmp_path: Path, pieces: list[tuple[bytes, int]], told: str
) -> None:
    path = written(tmp_path / "x.csv", *pieces)
    found, most = held(lambda: read(path))
    assert found == told
    assert most < MOST_HELD


def test_a_file_without_end_that_is_a_table_is_read_in_flat_memory(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", (b"a,b\n", 1), (b"1,2\n", 200_000))
    rows, most = held(lambda: sum(1 for _ in Sheet(path).rows(())))
    assert rows == 200_000
    assert most < MEGABYTE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_mixed_line_ends_end_lines_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes('Name;Ort\r\nJörg;Köln\nŻaneta;"a\r\nb"\r;\r\n\r\nZoë;Łódź'.encode(encoding))
    assert read(path) == [
        ["Name", "Ort"], ["Jörg", "Köln"], ["Żaneta", "a\r\nb"], ["Zoë", "Łódź"],
    ]  # fmt: skip


def test_a_file_that_ends_amid_a_letter_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("a;b\r\n1;ö".encode("utf-16")[:-1])
    assert read(path) == (
        "x.csv is not UTF-16-LE (byte 0xf6 near line 2). Save it as UTF-8, or say which encoding it "
        "has, for example cp1252."
    )


@pytest.mark.usefixtures("workspace")
def test_rows_with_nul_bytes_and_far_too_many_cells_are_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(b"deal,owner\n1,Ot\x00to\n2,Ines\n3" + b",x" * 100_000 + b"\n4,Ines\n")
    work = bring(path)
    assert work.counts == counts(created=2, rejected=2)
    reasons = [(row.line, row.reason) for row in work.staging.rejected()]
    assert reasons == [
        (2, "contains a NUL byte: remove it"),
        (
            4,
            (
                "has 100001 fields where the headings name 2: put texts that contain the separator "
                "in quotation marks"
            ),
        ),
    ]
    assert max(len(row.text) for row in work.staging.rejected()) < 1000
    assert Deal.objects.count() == 2


@pytest.mark.usefixtures("workspace")
def test_a_very_long_row_that_is_set_aside_is_shown_and_handed_out(
    client: Client, ada: User
) -> None:
    client.force_login(ada)
    rows = b"deal,owner,wanted\n1,Otto," + b"x" * 99_000 + b'\n2,Otto,"' + b'""' * 99_000 + b'"\n'
    told = {
        "uploads": SimpleUploadedFile("deals.csv", rows), "mapping": "native", "pipeline": "Loans",
    }  # fmt: skip
    client.post("/settings/import/", told)
    tasks.go_on()
    run = ImportRun.objects.get()
    assert (run.state, run.rejected) == ("previewed", 2)
    page = client.get(f"/settings/import/{run.pk}/")
    assert page.status_code == 200
    assert [len(row["row"]) for row in page.context["rejected"]] == [99_007, 198_009]
    assert len(page.content) < 100_000
