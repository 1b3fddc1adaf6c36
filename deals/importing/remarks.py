"""Lines of a list that are no rows of it: headings again, names of groups, totals, remarks below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from deals.importing.reading import Row

TOTAL = re.compile(
    r"(?:(?:(?:grand|sub)[ -]?)?(?:totals?|sum|count)|(?:gesamt|zwischen|teil)?summe|gesamt|insgesamt"
    r"|total g[eé]n[eé]ral|total general|sous-total|suma|somme|totale|totaal|razem)"
    r"[\s:]*(?:\(?[\d.,\s]+(?:records?|rows?|deals?|datensätze)?\)?)?[\s:]*",
    re.IGNORECASE,
)
REMARK = re.compile(
    r"(?:copyright\b|©|confidential information|vertrauliche informationen|(?:generated|exported|printed)"
    r" (?:by|on|from|at)\b|(?:exportiert|erstellt|gedruckt) (?:am|von|aus)\b|report generated|as of \d"
    r"|stand:? \d|(?:page|seite) \d)",
    re.IGNORECASE,
)  # fmt: skip
MOST_SAID = 3  # cells of a line that is no row
FEWEST = 3  # headings of a list in which one lonely cell is remarkable


def sifted(rows: Iterable[Row], headings: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a list, each line that is none of them with the reason to set it aside."""
    before: Row | None = None
    for row in rows:
        if before is not None:
            yield _judged(before, row, headings)
        before = row
    if before is not None:
        yield _judged(before, None, headings)


def _judged(row: Row, following: Row | None, headings: Sequence[str]) -> Row:
    cells = [text for cell in row.cells if (text := cell.strip())]
    if not cells or len(headings) < FEWEST:
        return row if row.refusal else replace(row, refusal=_why(row, cells))
    if _repeats(row, headings):
        why = "repeats the headings"
    elif len(cells) == 1 and following is not None and _repeats(following, headings):
        why = f"seems to be the name of a group, “{cells[0][:60]}”: nothing of it is lost"
    elif len(row.cells) == 1:
        why = "seems to be a remark, not a row: it has one cell"
    else:
        why = _why(row, cells)
    return replace(row, refusal=why or row.refusal)


def _repeats(row: Row, headings: Sequence[str]) -> bool:
    """Whether a line says the headings again; two cells and more, so that no single word does."""
    said = [(text, name) for cell, name in zip(row.cells, headings, strict=False)
            if (text := cell.strip())]  # fmt: skip
    return len(said) > 1 and all(text == name for text, name in said)


def _why(row: Row, cells: Sequence[str]) -> str:
    """Return why a line that says little is no row: it sums others up, or is a remark."""
    if not 0 < len(cells) <= MOST_SAID:
        return row.refusal
    if TOTAL.fullmatch(cells[0]):
        return "seems to be a total of the others: remove it, or call it otherwise"
    if REMARK.match(cells[0]) and len(cells) < MOST_SAID:
        return "seems to be a remark below the list: remove it, or call it otherwise"
    return row.refusal
