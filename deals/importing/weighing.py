"""What the cells of a column say against its heading: a heading alone can mislead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from deals.importing import recognising
from deals.importing.instants import is_instant

MOST = 0.5  # the share of a column's cells that settles what it is
YES_OR_NO = frozenset(
    {"true", "false", "yes", "no", "1", "0", "ja", "nein", "wahr", "falsch", "t", "f"}
)
Cells = Mapping[str, Sequence[str]]  # what stands in each column, empty cells left out


def weighed(kind: str, columns: Mapping[str, str], cells: Cells) -> dict[str, str]:
    """Return which column is which field, once what stands in them is looked at.

    A column whose cells cannot be what its heading says is left out, or is what else it can be.
    """
    found = dict(columns)
    for name, fits in FITS.items():
        texts = cells.get(found.get(name, ""), ())
        if texts and not any(map(fits, texts)):
            _move(found, name, OTHERWISE.get(name, ""), texts)
    if kind == "deals":
        _weigh_deals(found, cells)
    return {name: found[name] for name in recognising.fields(kind) if name in found}


def _move(found: dict[str, str], name: str, other: str, texts: Sequence[str]) -> None:
    """Take a column from a field, and give it to another that has none and that it fits."""
    heading = found.pop(name)
    if other and other not in found and all(map(FITS[other], texts)):
        found[other] = heading


def _weigh_deals(found: dict[str, str], cells: Cells) -> None:
    """Tell names from ids, and what a status column is: an outcome, a stage, or neither."""
    for name, other in (("deal", "title"), ("contact", "contact_name")):
        if name in found and other not in found and _most(cells[found[name]], _is_name):
            found[other] = found.pop(name)
    told = [_is_outcome(text) for text in cells.get(found.get("outcome", ""), ())]
    if told and not all(told) and "stage" not in found:
        found["stage"] = found.pop("outcome")  # which tells the outcome where it can
    elif told and sum(told) <= MOST * len(told):
        del found["outcome"]


def _most(texts: Sequence[str], fits: Callable[[str], bool]) -> bool:
    return sum(map(fits, texts)) > MOST * len(texts)


def _is_name(text: str) -> bool:
    """Whether a cell reads like words, not like an id: letters, and most of them no digits."""
    letters, digits = sum(map(str.isalpha, text)), sum(map(str.isdigit, text))
    return letters > 2 * digits and (" " in text.strip() or not digits) and "_" not in text


def _is_outcome(text: str) -> bool:
    return recognising.words("outcome").get(text) is not None


def _is_yes_or_no(text: str) -> bool:
    return text.casefold() in YES_OR_NO


def _has_digit(text: str) -> bool:
    return bool(re.search(r"\d", text))


FITS: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(
        ("opened_at", "closed_at", "won_at", "lost_at", "entered_at", "last_contact_at"),
        is_instant,
    ),
    "is_won": _is_yes_or_no, "is_closed": _is_yes_or_no, "no_email": _is_yes_or_no,
    "no_phone": _is_yes_or_no, "amount": _has_digit,
}  # fmt: skip
OTHERWISE = {"closed_at": "is_closed", "won_at": "is_won"}
