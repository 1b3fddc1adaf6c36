"""Text whose lines were broken for the way alone, put together again. RFC 3676."""

from __future__ import annotations

import re

from outreach.mail.parsing.structure import Piece

LINE = re.compile(
    r"(>*) ?(.*)", re.DOTALL
)  # how deep it is quoted, the space that guards it, words
SIGNATURE = "-- "


def text_of(piece: Piece) -> str:
    """Return a piece's text, each paragraph on one line where its lines may flow."""
    if piece.parameters.get("format", "").lower() != "flowed":
        return piece.text
    return _joined(piece.text, drops_space=piece.parameters.get("delsp", "").lower() == "yes")


def _joined(text: str, *, drops_space: bool) -> str:
    lines: list[str] = []
    open_at = None  # how deep the line is quoted that goes on, if one does
    words: list[str] = []
    for line in text.split("\n"):
        found = LINE.match(line)
        assert found is not None
        depth, said = len(found[1]), found[2]
        if open_at is not None and (depth != open_at or said == SIGNATURE):
            lines.append(_quoted(open_at, words))
            words = []
        goes_on = said.endswith(" ") and said != SIGNATURE
        words.append(said[:-1] if goes_on and drops_space else said)
        open_at = depth if goes_on else None
        if not goes_on:
            lines.append(_quoted(depth, words))
            words = []
    if words:
        lines.append(_quoted(open_at or 0, words))
    return "\n".join(lines)


def _quoted(depth: int, words: list[str]) -> str:
    return f"{'>' * depth}{' ' if depth else ''}{''.join(words)}"
