"""The rows that were set aside, as a CSV file that a spreadsheet shows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.conf import settings

from deals.importing.reading import LONGEST_FIELD
from deals.importing.staging import Staging
from deals.spreadsheets import csv_lines

HEADINGS = ("file", "line", "reason", "row")


def lines(staging: Staging) -> Iterator[str]:
    """Yield the file's lines: which row of which file, why, and the row as it stood."""
    yield from csv_lines([HEADINGS])
    rows = ((row.file, row.line, row.reason, row.text) for row in staging.rejected())
    body = csv_lines(rows)
    next(body)  # its byte order mark: the file has one
    yield from body


def first(path: Path, count: int) -> list[dict[str, str]]:
    """Return the first rows of such a file, each by its headings."""
    csv.field_size_limit(LONGEST_FIELD)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(islice(csv.DictReader(file), count))


def folder() -> Path:
    """Return where files of imports are kept, made if it is missing.

    Raises ValueError, naming the remedy, where that cannot be written to.
    """
    place = Path(settings.VAR) / "imports"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"{place} cannot be written to ({error.strerror}). Say another folder with "
            "LAMPLIGHTER_VAR, or let this user write there."
        ) from error
    return place


def keep(staging: Staging, name: str, now: datetime) -> Path:
    """Write the rows that were set aside into a file of their own and return its path."""
    plain = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)[:80]
    path = folder() / f"{plain}-{now:%Y%m%d-%H%M%S}-rejected.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines(staging))
    return path
