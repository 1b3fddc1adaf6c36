"""What another program's columns mean to us: mappings, read from TOML files.

The ones we ship are in `mappings/`; docs/importing.md says how to write one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parent / "mappings"
NATIVE = "native"
KINDS = ("deals", "touches", "stages", "contacts", "companies")
ORDERS = ("iso", "month/day/year", "day/month/year", "year/month/day", "day.month.year")
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
SETTINGS = {"about", "dates", "time_zone", "encoding", "separator", "stage_order", *KINDS}
TABLE_SETTINGS = {"file", "required", "columns", "constants", "corrections", "values", "joins"}


@dataclass(frozen=True)
class Join:
    """Another file whose row with the same `key` adds its columns to ours."""

    name: str
    file: str
    key: str
    column: str


@dataclass(frozen=True)
class Table:
    """How one file becomes rows of one kind: where each field of ours comes from.

    A source is a column of theirs, a column of a joined file ("products.sales_price"), a text
    with columns in braces, or several of those, of which the first that is not empty counts.
    """

    kind: str
    file: str
    required: tuple[str, ...]
    sources: Lookup[str, tuple[str, ...]]
    constants: Lookup[str, str] = field(default_factory=dict)
    corrections: Lookup[str, Lookup[str, str]] = field(default_factory=dict)
    values: Lookup[str, Lookup[str, str]] = field(default_factory=dict)
    joins: tuple[Join, ...] = ()
    is_lenient: bool = False  # the native form: a column that is missing says nothing
    is_plain: bool = False  # a source is one column, whatever signs its heading has
    only: frozenset[str] = frozenset()  # fields in which an unknown word says nothing
    key: tuple[str, ...] = ()  # fields that tell deals apart where no column has an id

    def columns(self) -> set[str]:
        """Return the columns of the file itself (not of joined ones) that are read."""
        if self.is_plain:
            return {column for source in self.sources.values() for column in source}
        named = {column for source in self.sources.values() for column in columns_of(source)}
        joined = {f"{join.name}." for join in self.joins}
        own = {name for name in named if not any(name.startswith(prefix) for prefix in joined)}
        return own | {join.column for join in self.joins}


@dataclass(frozen=True)
class Mapping:
    """What the columns of another program's export mean, and how its dates are written."""

    name: str
    about: str
    tables: tuple[Table, ...]
    dates: str = "iso"
    time_zone: str = ""
    encoding: str = ""
    separator: str = ""
    stage_order: tuple[str, ...] = ()
    sheet: str = ""
    decimal: str = ""
    currency: str = ""  # of amounts that name none
    line: int = 0  # where the headings stand; 0 for the first line that says something

    def but(self, *, dates: str = "", encoding: str = "") -> Mapping:
        """Return it with another way of reading; "" keeps its own."""
        return replace(self, dates=dates or self.dates, encoding=encoding or self.encoding)


def columns_of(source: Sequence[str]) -> list[str]:
    """Return the columns that a source reads."""
    return [column for text in source for column in (PLACEHOLDER.findall(text) or [text])]


def names() -> list[str]:
    """Return the mappings that are shipped, the native form first."""
    return sorted((path.stem for path in SHIPPED.glob("*.toml")), key=lambda name: name != NATIVE)


@cache
def fields_of(kind: str) -> tuple[str, ...]:
    """Return the fields that a row of a kind can have: the columns of the native form."""
    said = tomllib.loads((SHIPPED / f"{NATIVE}.toml").read_text(encoding="utf-8"))
    return tuple(said[kind]["columns"])


def load(name: str) -> Mapping:
    """Read a mapping by the name of a shipped one or the path of a TOML file.

    Raises ValueError, naming the remedy, for one that is missing or that says what we do not know.
    """
    path = SHIPPED / f"{name}.toml" if name in names() else Path(name)
    if not path.is_file():
        raise ValueError(
            f"There is no mapping “{name}”. Take one of {', '.join(names())}, or the path of a "
            "TOML file of your own (docs/importing.md says how to write one)."
        )
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"The mapping {path.name} is not TOML: {error}.") from error
    return _mapping(path.stem, said)


def _mapping(name: str, said: dict[str, Any]) -> Mapping:
    _known(f"The mapping {name}", said, SETTINGS)
    if "deals" not in said:
        raise ValueError(f"The mapping {name} has no [deals]: say there which columns a deal has.")
    mapping = Mapping(
        name=name,
        about=said.get("about", name),
        tables=tuple(_table(name, kind, said[kind]) for kind in KINDS if kind in said),
        stage_order=tuple(said.get("stage_order", ())),
        **{
            key: said[key] for key in ("dates", "time_zone", "encoding", "separator") if key in said
        },
    )
    check_dates(mapping.dates)
    return mapping


def check_dates(dates: str) -> None:
    """Raise ValueError for an order of day and month that we cannot read."""
    if dates not in ORDERS and "%" not in dates:
        raise ValueError(
            f"Dates cannot be written as “{dates}”. Say {', '.join(ORDERS[:-1])} or {ORDERS[-1]}, "
            "or spell it out, such as %d %b %Y."
        )


def _table(name: str, kind: str, said: dict[str, Any]) -> Table:
    place = f"[{kind}] in the mapping {name}"
    _known(place, said, TABLE_SETTINGS)
    columns = said.get("columns", {})
    is_lenient = isinstance(columns, list)
    sources = {key: key for key in columns} if is_lenient else columns
    constants = said.get("constants", {})
    fields = fields_of(kind)
    _known(f"columns of {place}", sources, fields)
    _known(f"constants of {place}", constants, fields)
    _known(f"values of {place}", said.get("values", {}), fields)
    required = tuple(said.get("required", sources))
    for needed in NEEDED[kind]:
        if needed not in sources and needed not in constants:
            raise ValueError(f"{place} does not say which column is the {needed}.")
    return Table(
        kind=kind,
        file=_bare(said.get("file", f"{kind}.csv")),
        required=required,
        sources={key: _several(value) for key, value in sources.items()},
        constants={key: str(value) for key, value in constants.items()},
        corrections=said.get("corrections", {}),
        values=said.get("values", {}),
        joins=tuple(
            Join(join, _bare(parts["file"]), parts["key"], parts["column"])
            for join, parts in said.get("joins", {}).items()
        ),
        is_lenient=is_lenient,
    )


NEEDED = {
    "deals": ("deal", "owner"),
    "touches": ("occurred_at", "direction", "channel"),
    "stages": ("deal", "stage", "entered_at"),
    "contacts": (),
    "companies": (),
}


def _known(place: str, said: Any, allowed: Any) -> None:
    strange = sorted(set(said) - set(allowed))
    if strange:
        raise ValueError(
            f"{place}: “{strange[0]}” is not known. What can be said there: "
            f"{', '.join(sorted(allowed))}."
        )


def normal(heading: str) -> str:
    """Return a heading without regard to case, spaces, hyphens and underscores."""
    return re.sub(r"[\s_-]+", "_", heading.strip().casefold())


def _bare(file: str) -> str:
    """Return the name of a file in the folder of the import; no other folder is read."""
    if Path(file).name != file:
        raise ValueError(f"“{file}” is no plain name: put the file beside the others.")
    return file


def _several(source: str | list[str]) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else tuple(source)
