"""A mail taken apart: its headers and pieces, decoded, before anybody asks what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Headers = tuple[tuple[str, str], ...]  # name in lower case, decoded value on one line


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a mail that holds something itself; containers are left out.

    `text` is the decoded text of text/*, of message/delivery-status and its like (RFC 3464, 8098,
    5965) and of returned headers; of everything else it is "". `headers` are those of a mail that
    is carried inside (message/rfc822, text/rfc822-headers), whose own parts follow as pieces one
    `depth` further down. `content` is a file's bytes, where it was asked for.
    """

    content_type: str  # in lower case: "text/plain"
    text: str = ""
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    headers: Headers = ()
    disposition: str = ""  # "attachment", "inline" or ""
    name: str = ""  # of a file
    size_bytes: int = 0
    depth: int = 0  # 0 is the mail itself, 1 a mail carried in it
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Structure:
    """A mail's headers in order, the nearest to us first, its outermost type, and its pieces."""

    headers: Headers
    content_type: str
    parameters: Mapping[str, str]
    pieces: tuple[Piece, ...]

    def header(self, name: str) -> str:
        """Return the first value of a header, "" where there is none."""
        return next(self.each(name), "")

    def each(self, name: str) -> Iterator[str]:
        """Yield the values of a header in order."""
        wanted = name.lower()
        return (value for key, value in self.headers if key == wanted)

    def of_type(self, *types: str, depth: int | None = 0) -> list[Piece]:
        """Return the pieces of some types, of the mail itself unless `depth` is None (any)."""
        return [
            piece
            for piece in self.pieces
            if piece.content_type in types and depth in (None, piece.depth)
        ]
