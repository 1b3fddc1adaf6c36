"""Files that an admin hands in through the browser: unpacked, bounded, kept in a folder per run."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path, PurePosixPath
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

MOST_BYTES = 500 * 1024 * 1024  # unpacked: years of touches of a large team
MOST_FILES = 20
CHUNK = 1024 * 1024
TABLES = (".csv", ".txt", ".xlsx", ".xlsm")
ENDINGS = (*TABLES, ".toml")


def store(files: Sequence[UploadedFile], folder: Path) -> None:
    """Write uploaded files, zip archives unpacked, into a folder of their own.

    Raises ValidationError, naming the remedy, for what is no CSV file, too large or damaged;
    then the folder is gone again.
    """
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was rolled back, or an older database
    folder.mkdir(parents=True)
    try:
        _store(files, folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        shutil.rmtree(folder)
        raise ValidationError(
            "The zip file is damaged or locked with a password. Pack it anew, or choose the CSV files."
        ) from error
    except ValidationError:
        shutil.rmtree(folder)
        raise


def _store(files: Sequence[UploadedFile], folder: Path) -> None:
    left = MOST_BYTES
    names: set[str] = set()
    for name, opened in _parts(files):
        if name in names or len(names) == MOST_FILES:
            raise ValidationError(
                f"“{name}” is there twice, or there are more than {MOST_FILES} files. "
                "Choose each file once."
            )
        names.add(name)
        with opened as source, (folder / name).open("wb") as target:
            left -= _copy(source, target, left)
    if not any(name.endswith(TABLES) for name in names):
        raise ValidationError(
            "There is no CSV file among them, and no workbook (XLSX). Choose one, or a zip of them."
        )


def _parts(
    files: Iterable[UploadedFile],
) -> Iterator[tuple[str, AbstractContextManager[IO[bytes] | UploadedFile]]]:
    """Yield the plain name of each file that is ours to read, with how it is opened."""
    for file in files:
        name = _plain(file.name or "")
        if name.endswith(".zip"):
            with zipfile.ZipFile(file) as archive:
                for part in archive.infolist():
                    inner = _plain(part.filename)
                    is_ours = inner.endswith(ENDINGS) and not inner.startswith(".")
                    if is_ours and "__MACOSX" not in part.filename:
                        yield inner, archive.open(part)
        elif name.endswith(ENDINGS):
            yield name, nullcontext(file)
        else:
            raise ValidationError(
                f"“{name}” is no CSV file and no workbook (XLSX). Save it as one of them."
            )


def _plain(name: str) -> str:
    """Return a file's own name: no path of an archive leads anywhere."""
    return PurePosixPath(name.replace("\\", "/")).name.lower()


def _copy(source: IO[bytes] | UploadedFile, target: IO[bytes], most: int) -> int:
    size = 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if size > most:
            raise ValidationError(
                f"The files are larger than {MOST_BYTES // 1024 // 1024} MB unpacked. Bring them in "
                "from a shell: manage.py import_crm."
            )
        target.write(chunk)
    return size
