"""Workbooks as archives of XML that unpack no further than is sound, however they are packed.

What is packed is looked at before anything is unpacked, and each part again while it is read:
a parser beside the reader's own counts what the reader would have to hold.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from xml.etree import ElementTree as ET
from xml.parsers import expat

MEGABYTE = 1024 * 1024
MOST_UNPACKED = 1000 * MEGABYTE  # of all parts together
MOST_IN_MEMORY = 64 * MEGABYTE  # of each part but the sheets: openpyxl reads those at once
MOST_RATIO = 300  # unpacked to packed, of a part over a megabyte; a table of zeros reaches 100
MOST_PARTS = 2000
MOST_ROWS = 1_048_576  # of a sheet, and texts of a book. ECMA-376 has no more rows
MOST_CELLS = 16_384  # of a row, likewise
LONGEST_CELL = 100_000  # characters; a spreadsheet writes 32,767 at most
LONGEST_ROW = 4_000_000  # characters, what its cells are called and look like included
LONGEST_MARK = 1_000_000  # bytes between two marks: one attribute would be held whole
MOST_MARKS = 100_000  # that are held at once: of a row, or of a part that is read whole
DEEPEST = 50  # marks inside one another
CONTENT_TYPES = "[Content_Types].xml"  # which part is what, by whatever name. ECMA-376, part 2
READ_BY_ROW = ("worksheet+xml", "pivotcacherecords+xml")  # the latter not at all
LET_GO = ("row", "si")  # marks that the reader forgets once it has read them
CHUNK = 64 * 1024

TOO_MUCH = "unpacks to far more than its size: it is not read. Save the sheet that you mean as CSV."
DOCTYPE = (
    "contains a document type, as no spreadsheet writes one: it is not read. Save the sheet that "
    "you mean as CSV."
)


class UnsoundError(ValueError):
    """Why a workbook is not read: a sentence without its subject, which is the file."""


class Archive(zipfile.ZipFile):
    """A workbook whose parts are watched while they are read. Raises UnsoundError."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._look()

    def open(self, name: Any, *args: Any, **more: Any) -> Any:
        """Open a part that is read bit by bit: rows and texts are forgotten as they pass."""
        return Watched(super().open(name, *args, **more), Watch())

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        """Return a part that is held whole."""
        with Watched(super().open(name, pwd=pwd), Watch(lets_go=False)) as part:
            return part.read()

    def _look(self) -> None:
        """Refuse one that would unpack to more than is sound, before anything is unpacked."""
        parts = self.infolist()
        if (
            len(parts) > MOST_PARTS
            or sum(part.file_size for part in parts) > MOST_UNPACKED
            or any(map(_is_dense, parts))
            or self.getinfo(CONTENT_TYPES).file_size > MEGABYTE
            or _holds_too_much(parts, self.read(CONTENT_TYPES))
        ):
            raise UnsoundError(TOO_MUCH)


def _is_dense(part: zipfile.ZipInfo) -> bool:
    return part.file_size > MEGABYTE and part.file_size > MOST_RATIO * max(part.compress_size, 1)


def _holds_too_much(parts: Collection[zipfile.ZipInfo], content_types: bytes) -> bool:
    """Whether a part is too large that is read at once: all but those that are nothing but sheets.

    What it is called says nothing: the list of content types makes any part the texts.
    """
    types: dict[str, set[str]] = {}
    for each in ET.fromstring(content_types):  # noqa: S314  # watched: it has no document type
        name, said = each.get("PartName", ""), each.get("ContentType", "")
        types.setdefault(name.removeprefix("/"), set()).add(said.lower())
    return any(
        part.file_size > MOST_IN_MEMORY
        and not all(said.endswith(READ_BY_ROW) for said in types.get(part.filename, {""}))
        for part in parts
    )


class Watched:
    """A part of an archive; what is read from it has passed its watch."""

    def __init__(self, part: IO[bytes], watch: Watch) -> None:
        self._part, self._watch = part, watch

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        found = self._part.read(min(size, CHUNK))
        self._watch.feed(found)
        return found

    def close(self) -> None:
        self._part.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()


class Watch:
    """What a reader of XML holds of it at each moment, counted. Raises UnsoundError."""

    def __init__(self, *, lets_go: bool = True) -> None:
        self._lets_go = LET_GO if lets_go else ()
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.ordered_attributes = True
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.DefaultHandler = self._else
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._depth = self._let_go = self._waiting = 0
        self._forget()

    def feed(self, content: bytes) -> None:
        """Take the next bytes of a part, empty at its end, before its reader does."""
        self._waiting += len(content)
        self._parser.Parse(content, not content)
        if self._waiting > LONGEST_MARK:
            raise UnsoundError(TOO_MUCH)

    def _forget(self) -> None:
        self._marks = self._cells = self._row = self._cell = 0

    def _begin(self, name: str, attributes: list[str]) -> None:
        self._waiting = 0
        self._depth += 1
        self._marks += 1
        plain = name.rpartition(" ")[2]
        if plain in ("c", "si"):
            self._cells += 1
            self._cell = 0
        elif plain == "row":
            self._check_place(attributes)
        self._count(sum(map(len, attributes)))
        if self._depth > DEEPEST or self._marks > MOST_MARKS or self._cells > MOST_CELLS:
            raise UnsoundError(TOO_MUCH)

    def _check_place(self, attributes: list[str]) -> None:
        """Refuse a row that stands past the last: all before it would be made up."""
        named = dict(zip(attributes[::2], attributes[1::2], strict=True))
        if not 1 <= float(named.get("r", 1)) <= MOST_ROWS:
            raise UnsoundError(TOO_MUCH)

    def _end(self, name: str) -> None:
        self._waiting = 0
        self._depth -= 1
        if name.rpartition(" ")[2] in self._lets_go:
            self._forget()
            self._let_go += 1
            if self._let_go > MOST_ROWS:
                raise UnsoundError(TOO_MUCH)

    def _text(self, text: str) -> None:
        self._waiting = 0
        self._cell += len(text)
        self._count(len(text))
        if self._cells and self._cell > LONGEST_CELL and self._lets_go:
            raise UnsoundError(TOO_MUCH)

    def _count(self, signs: int) -> None:
        self._row += signs
        if self._row > LONGEST_ROW and self._lets_go:
            raise UnsoundError(TOO_MUCH)

    def _else(self, _text: str) -> None:
        self._waiting = 0

    def _refuse(self, *_: object) -> None:
        raise UnsoundError(DOCTYPE)
