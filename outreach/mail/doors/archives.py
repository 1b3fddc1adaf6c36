"""Read archives of mail as bytes, one mail at a time: mbox files, maildirs and .eml files.

However large an archive is, no more than one mail of it is in memory, and of that no more than
may be read at all. Sources: RFC 4155 (mbox); https://cr.yp.to/proto/maildir.html.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from outreach.mail.parsing.scanning import LARGEST_MAIL

MAILDIR = ("cur", "new")
IS_MAIL = (".eml", ".mbox", ".msg", ".mail")
NOT_MAIL = (".msf", ".dat", ".sqlite", ".json", ".csv", ".html", ".md", ".py")
SEPARATOR = re.compile(rb"^From \S+.*\d")  # with a date, so that a line of prose seldom looks so
HEADER = re.compile(rb"[\x21-\x39\x3b-\x7e]{1,80}:")
QUOTED = re.compile(rb"^>+From ")
LINE = 64 * 1024  # bytes read at once where a line does not end


@dataclass(frozen=True, slots=True)
class Archived:
    """One mail of an archive, where it lay, and how many bytes of the archive lie behind us."""

    raw: bytes
    origin: str
    position: int


def size_of(paths: Sequence[Path]) -> int:
    """Return how many bytes there are to read. Raises ValueError for what is not there."""
    return sum(file.stat().st_size for path in paths for file in files(path))


def mails(paths: Sequence[Path]) -> Iterator[Archived]:
    """Yield the mails of some archives in order of file and place."""
    behind = 0
    for path in paths:
        for file in files(path):
            with file.open("rb") as stream:
                is_mbox = stream.read(5) == b"From "
                stream.seek(0)
                found = _of_mbox(stream) if is_mbox else _of_file(stream)
                for number, (raw, end) in enumerate(found, start=1):
                    origin = f"{file.name} {number}" if is_mbox else file.name
                    yield Archived(raw, origin, behind + end)
            behind += file.stat().st_size


def files(path: Path, takes: Callable[[Path], bool] | None = None) -> Iterator[Path]:
    """Yield the files that hold mail, in order; half-written ones of a maildir are left out.

    A file that is named is taken as it is; of a folder's files `takes` says which, by default
    `may_be_mail`. Raises ValueError for what is not there.
    """
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise ValueError(f"There is nothing at {path}. Name an mbox file, a maildir or .eml files.")
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if name != "tmp" or not _is_maildir(folder))
        for name in sorted(names):
            file = Path(folder, name)
            if file.is_file() and (takes or may_be_mail)(file):
                yield file


def _is_maildir(folder: str) -> bool:
    return all(Path(folder, name).is_dir() for name in MAILDIR)


def may_be_mail(file: Path) -> bool:
    """Whether a file of a folder holds mail: by where it lies or its name, else by its first line."""
    if file.parent.name in MAILDIR or file.suffix.lower() in IS_MAIL:
        return True
    if file.name.startswith(".") or file.suffix.lower() in NOT_MAIL:
        return False
    with file.open("rb") as stream:
        line = stream.readline(LINE)
    return bool(SEPARATOR.match(line) or HEADER.match(line))


def _of_file(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield the one mail of a file, no more of it than shows that it is too large."""
    raw = stream.read(LARGEST_MAIL + 1)
    if raw.strip():
        yield raw, len(raw)


def _of_mbox(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield the mails of an mbox file with the place at which each ends."""
    lines: list[bytes] = []
    size, position, is_after_blank = 0, 0, True
    while line := stream.readline(LINE):
        if is_after_blank and SEPARATOR.match(line):
            if lines:
                yield b"".join(lines), position
            lines, size = [], 0
        elif size <= LARGEST_MAIL:
            lines.append(line[1:] if QUOTED.match(line) else line)
            size += len(line)
        is_after_blank = line in (b"\n", b"\r\n")
        position += len(line)
    if lines:
        yield b"".join(lines), position
