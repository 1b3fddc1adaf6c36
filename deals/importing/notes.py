"""What a person should know of how files were read: what was left out, and taken for granted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deals.importing.translating import Translator
from deals.importing.values import Reader

MOST_NAMED = 30  # columns or stages in one sentence


def of(translators: Sequence[Translator], reader: Reader) -> list[str]:
    """Return the sentences about one import."""
    notes = [note for translator in translators for note in _of_file(translator)]
    return [*notes, *_of_cells(reader)]


def _of_file(translator: Translator) -> Iterator[str]:
    file = translator.sheet.path.name
    if translator.sheet.line > 1:
        yield f"{file}: the headings stand on line {translator.sheet.line}; what is above is left out."
    if translator.unread:
        yield f"{file}: these columns are left out: {_named(translator.unread)}."
    owner = translator.table.constants.get("owner", "")
    if translator.ownerless and owner:
        yield f"Rows that name no owner ({translator.ownerless}) come in under {owner}."
    for outcome in ("won", "lost"):
        if told := [text for text, ours in translator.endings.items() if ours == outcome]:
            yield f"Stages that were read as {outcome}: {_named(told)}."
    if said := [text for text, ours in translator.endings.items() if not ours]:
        yield f"Deals in any other stage are open: {_named(said)}."


def _of_cells(reader: Reader) -> Iterator[str]:
    if reader.without_zone:
        yield (
            f"Dates without a time zone ({reader.without_zone}) were read as {reader.zone.key}: if "
            "that is wrong, name another time zone."
        )
    if reader.swapped:
        yield (
            f"Some dates ({reader.swapped}) make no sense as {reader.dates}, but do with day and "
            "month the other way round: check the order before you trust the others."
        )
    if reader.counted:
        yield (
            f"Numbers in place of dates ({reader.counted}) were read as the days that a spreadsheet "
            "counts, or as Unix time: 46085 is 4 March 2026."
        )
    if reader.rounded:
        yield f"Amounts finer than cents ({reader.rounded}) were rounded."
    if reader.several:
        yield f"Rows that name several companies ({reader.several}): the first of them counts."


def _named(texts: Sequence[str]) -> str:
    """Return texts in a row, no more than a person reads."""
    shown = ", ".join(texts[:MOST_NAMED])
    return f"{shown} and {len(texts) - MOST_NAMED} more" if len(texts) > MOST_NAMED else shown
