"""One pass over the bytes of a mail: where its parts are, within limits, before anything is decoded.

The standard library's parser is not used: it recurses to death on a thousand nested parts, and
takes seconds and gigabytes for a long header of encoded words. This one is linear: it looks for
the boundaries that are open at the moment, of which there are at most as many as parts may be
nested. Sources: RFC 5322, 2.2; RFC 2046, 5.1.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from outreach.mail.parsing import decoding, parameters

LARGEST_MAIL = 10 * 1024 * 1024  # bytes; of longer ones the beginning is read
BEGINNING = 256 * 1024  # bytes: the words stand in it, what is long are the files
LARGEST_HEADERS = 64 * 1024  # bytes, of each part
LARGEST_HEADER = 8 * 1024  # bytes; what is longer is cut
LONGEST_BOUNDARY = 250  # bytes; RFC 2046 allows 70
MOST_PARTS = 100
DEEPEST = 10
REMEDY = "Open it in your mail program and note by hand what it says"

FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*+:[ \t]*+")
LIKE_A_BOUNDARY = re.compile(rb"--([^\s]{1,70})[ \t]*+\r?\n")
MAIL_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
Fields = tuple[tuple[str, bytes], ...]  # name in lower case, value on one line, as it came


def beginning_of(raw: bytes, size_bytes: int) -> bytes:
    """Return what is read of a mail: all of it, or the beginning of one that is too long."""
    return raw[:BEGINNING] if size_bytes > LARGEST_MAIL else raw


class UnreadableMailError(ValueError):
    """A mail that is not read. Its text is a sentence for people that names the remedy."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mail as it lies in the bytes; `parts` are those inside it.

    A mail carried inside is the only one of its part's `parts`. `body` is undecoded.
    """

    fields: Fields
    content_type: str
    parameters: dict[str, str]
    body: memoryview
    parts: tuple[Part, ...] = ()

    def field(self, name: str) -> bytes:
        """Return the first value of a header, b"" where there is none."""
        return next((value for key, value in self.fields if key == name), b"")

    @property
    def encoding(self) -> str:
        """Return its transfer encoding: `base64`, `7bit`, "" where it names none."""
        return parameters.split(self.field("content-transfer-encoding").decode("latin_1"))[0]


@dataclass(slots=True)
class Toll:
    """What one mail has used of the limits, and what was left out of it."""

    parts: int = 0
    header_bytes: int = 0  # of mails carried inside
    notes: list[str] = field(default_factory=list)

    def count(self, depth: int) -> None:
        """Count a part at a depth. Raises UnreadableMailError where it is one too many."""
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise UnreadableMailError(f"It has more than {MOST_PARTS} parts. {REMEDY}.")
        if depth > DEEPEST:
            raise UnreadableMailError(f"Its parts are nested over {DEEPEST} deep. {REMEDY}.")

    def note(self, sentence: str) -> None:
        """Note once what was left out."""
        if sentence not in self.notes:
            self.notes.append(sentence)


def scan(raw: bytes, toll: Toll | None = None) -> Part:
    """Return the parts of a mail. Raises UnreadableMailError where it is over the limits."""
    refuse_too_large(len(raw))
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    raw = raw.replace(b"\r\r\n", b"\r\n").removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    return _Scan(raw, toll if toll is not None else Toll()).entity(0)


def refuse_too_large(size_bytes: int) -> None:
    """Raise UnreadableMailError for a mail of a size that is not read."""
    if size_bytes > LARGEST_MAIL:
        megabytes = size_bytes / 1024 / 1024
        raise UnreadableMailError(f"It has {megabytes:.1f} MB, and 10 are read. {REMEDY}.")


class _Scan:
    """A walk through the bytes: `at` is the next that nobody has read."""

    def __init__(self, raw: bytes, toll: Toll) -> None:
        self.raw, self.view, self.toll = raw, memoryview(raw), toll
        self.at = 0
        self.boundaries: list[bytes] = []
        self.pattern: re.Pattern[bytes] | None = None

    def entity(self, depth: int, default: str = "text/plain") -> Part:
        """Return the part that begins here, and stand before the boundary that ends it."""
        self.toll.count(depth)
        fields = self._fields()
        declared = next((value for key, value in fields if key == "content-type"), b"")
        kind, parameters_ = parameters.split(decoding.text_of(declared))
        part = Part(fields, kind if "/" in kind else default, parameters_, memoryview(b""))
        if part.content_type.startswith("multipart/"):
            return self._multipart(part, depth)
        if part.content_type in MAIL_TYPES:
            return self._carried(part, depth)
        return self._leaf(part)

    def _leaf(self, part: Part, content_type: str = "") -> Part:
        body = self._rest()
        return Part(part.fields, content_type or part.content_type, part.parameters, body)

    def _carried(self, part: Part, depth: int) -> Part:
        """Return a part that holds a mail, which may be encoded, though it should not."""
        begin = self.at
        if part.encoding in {"base64", "quoted-printable"}:
            body = self._rest()
            inner = _Scan(decoding.content(body, part.encoding), self.toll).entity(depth + 1)
        else:
            inner = self.entity(depth + 1)
            body = self.view[begin : self.at]
        return Part(part.fields, part.content_type, part.parameters, body, (inner,))

    def _multipart(self, part: Part, depth: int) -> Part:
        """Return a part of parts; one whose boundary never comes is text."""
        boundary = self._boundary_of(part)
        begin, level = self.at, len(self.boundaries)
        if not boundary:
            return self._leaf(part, "text/plain")
        self._open([*self.boundaries, boundary])
        default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        parts = []
        while (hit := self._next()) and self._level(hit) == level:
            self._pass(hit)
            if hit[2]:
                break
            parts.append(self.entity(depth + 1, default))
        self._open(self.boundaries[:level])
        if not parts:
            self.at = begin
            return self._leaf(part, "text/plain")
        self._rest()
        body = self.view[begin : self.at]
        return Part(part.fields, part.content_type, part.parameters, body, tuple(parts))

    def _boundary_of(self, part: Part) -> bytes:
        """Return its boundary; where it names none, the line that looks like one."""
        named = part.parameters.get("boundary", "").rstrip().encode("utf_8", "replace")
        if not named and (line := LIKE_A_BOUNDARY.match(self.raw, self.at)):
            named = line[1]
        return named if len(named) <= LONGEST_BOUNDARY else b""

    def _open(self, boundaries: list[bytes]) -> None:
        self.boundaries = boundaries
        any_of = b"|".join(map(re.escape, boundaries))
        ending = rb")(--)?+[ \t]*+(?=[\r\n]|\Z)"
        self.pattern = re.compile(rb"[\r\n]--(" + any_of + ending) if boundaries else None

    def _next(self, end: int | None = None) -> re.Match[bytes] | None:
        """Return the next boundary from here on, whosever it is."""
        if self.pattern is None:
            return None
        begin = max(self.at - 1, 0)  # the line's end before it belongs to it
        return self.pattern.search(self.raw, begin, len(self.raw) if end is None else end)

    def _level(self, hit: re.Match[bytes]) -> int:
        return len(self.boundaries) - 1 - self.boundaries[::-1].index(hit[1])

    def _pass(self, hit: re.Match[bytes]) -> None:
        """Stand on the line after a boundary."""
        self.at = hit.end()
        for ending in (b"\r\n", b"\n", b"\r"):
            if self.raw.startswith(ending, self.at):
                self.at += len(ending)
                return

    def _rest(self) -> memoryview:
        """Return what lies before the next boundary, and stand there."""
        begin, hit = self.at, self._next()
        self.at = max(hit.start(), begin) if hit else len(self.raw)
        end = self.at
        if hit and end > begin and self.raw[end : end + 1] == b"\n":
            end -= self.raw[end - 1 : end] == b"\r"
        return self.view[begin:end]

    def _fields(self) -> Fields:
        """Return the headers that begin here, and stand at the body.

        Whatever is no header ends them, as does a boundary. A cut line costs no more than itself.
        """
        begin = self.at
        limit = min(begin + LARGEST_HEADERS, len(self.raw))
        hit = self._next(limit)
        stop = hit.start() + 1 if hit else limit
        found: list[tuple[str, list[bytes]]] = []
        is_cut = not hit and stop < len(self.raw)
        while self.at < stop:
            end = self.raw.find(b"\n", self.at, stop)
            line = self.raw[self.at : end if end >= 0 else stop].rstrip(b"\r")
            is_last = end < 0 and is_cut
            if line and not (self._read(line, found) or (found and is_last)):
                break
            self.at = end + 1 if end >= 0 else stop
            if not line:
                break
        else:
            if is_cut:
                raise UnreadableMailError(f"Its headers have over 64 KB. {REMEDY}.")
        return tuple((name, self._value(name, lines)) for name, lines in found)

    def _read(self, line: bytes, found: list[tuple[str, list[bytes]]]) -> bool:
        """Read one line of the headers; False where it is none."""
        if line[:1] in b" \t":
            if found:
                found[-1][1].append(line.strip())
            return True
        if named := FIELD.match(line):
            found.append((named[1].decode("ascii").lower(), [line[named.end() :].rstrip()]))
            return True
        return not found and line.startswith((b"From ", b">From "))

    def _value(self, name: str, lines: list[bytes]) -> bytes:
        """Return a header on one line; of a very long one what matters most."""
        value = b" ".join(lines)
        if len(value) <= LARGEST_HEADER:
            return value
        self.toll.note(f"A header of {len(value)} bytes ({name[:40]}) was cut.")
        return value[-LARGEST_HEADER:] if name == "references" else value[:LARGEST_HEADER]
