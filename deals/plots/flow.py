"""What became of many: ribbons from column to column, each as thick as its count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from deals.plots.caption import Caption, Entry, Line, Sheet
from deals.plots.frame import FIELD

TALLEST = 220  # pixels, for all of them together
SLOT = 30  # pixels, for a node and its two lines of words at least
GAP, TOP = 8, 6  # pixels between two slots, and above the first
THICK = 1.6  # per cent of the width, for a node
LAST = 62.0  # per cent: where the last column stands; its words stand beside it
THINNEST = 1.0  # pixels: as much of a small count has to be seen


@dataclass(frozen=True, slots=True)
class Node:
    """A place that silences come to: its column from 0, its look, and what it opens.

    Nodes of a column stand in their order, from the top.
    """

    key: str
    label: str
    column: int
    mark: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """So many who went from one node to another, in a later column."""

    source: str
    target: str
    count: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A node laid out: `x` and `width` in per cent, the rest in pixels."""

    x: float
    y: float
    width: float
    height: float
    mark: str
    label: str
    said: str
    title: str
    url: str
    words_x: float
    words_y: float


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A stream laid out: an SVG path in a field FIELD wide and as high as the plot."""

    path: str
    mark: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow, laid out: `templates/plots/flow.html` draws it."""

    caption: Caption
    height: int
    posts: Sequence[Post]
    ribbons: Sequence[Ribbon]
    sheet: Sheet
    field: float = FIELD


@dataclass(slots=True)
class _Place:
    """Where a node stands, and how much of either side ribbons have taken so far."""

    x: float
    y: float
    height: float
    out: float = 0.0
    into: float = 0.0


def draw(caption: Caption, nodes: Sequence[Node], streams: Sequence[Stream]) -> Flow:
    """Lay out a flow; nodes that nobody came to and streams of nobody are left out.

    A node holds as many as came to it, the first ones as many as left. Raises KeyError for a
    stream from or to no node.
    """
    known = {node.key: node for node in nodes}
    told = [each for each in streams if each.count > 0]
    sizes = _sizes(known, told)
    shown = [node for node in nodes if sizes[node.key]]
    places, height, scale = _places(shown, sizes)
    return Flow(
        caption=caption,
        height=height,
        posts=[_post(node, places[node.key], sizes[node.key]) for node in shown],
        ribbons=list(_ribbons(_in_order(told, places), known, places, scale)),
        sheet=_sheet(told, known),
    )


def _sizes(known: Mapping[str, Node], streams: Sequence[Stream]) -> dict[str, int]:
    came, left = dict.fromkeys(known, 0), dict.fromkeys(known, 0)
    for stream in streams:
        left[stream.source] += stream.count
        came[stream.target] += stream.count
    return {key: max(came[key], left[key]) for key in known}


def _places(
    shown: Sequence[Node], sizes: Mapping[str, int]
) -> tuple[dict[str, _Place], int, float]:
    """Return where nodes stand, how high the plot is, and pixels to one of them.

    One scale for all columns; what is small gets a slot for its words all the same.
    """
    columns = [list(found) for _, found in groupby(sorted(shown, key=_column), key=_column)]
    most = max((sum(sizes[node.key] for node in column) for column in columns), default=0)
    scale = TALLEST / most if most else 0.0
    last = max((node.column for node in shown), default=0)
    heights = {node.key: max(sizes[node.key] * scale, THINNEST) for node in shown}
    depths = [sum(max(heights[node.key], SLOT) + GAP for node in column) for column in columns]
    deepest = max(depths, default=0)
    places: dict[str, _Place] = {}
    for column, depth in zip(columns, depths, strict=True):
        # what passes by a column between two others does so above it
        y = TOP + (deepest - depth if 0 < column[0].column < last else 0.0)
        for node in column:
            x = LAST * node.column / last if last else 0.0
            places[node.key] = _Place(x, y, heights[node.key])
            y += max(heights[node.key], SLOT) + GAP
    return places, TOP + round(deepest), scale


def _in_order(streams: Sequence[Stream], places: Mapping[str, _Place]) -> list[Stream]:
    """Return streams from the top down, so that few of them cross."""

    def order(stream: Stream) -> tuple[float, float]:
        return places[stream.target].y, places[stream.source].y

    return sorted(streams, key=order)


def _column(node: Node) -> int:
    return node.column


def _post(node: Node, place: _Place, size: int) -> Post:
    said = f"{size:,}"
    return Post(
        round(place.x, 2), round(place.y, 1), THICK, round(place.height, 1), node.mark, node.label,
        said, f"{node.label}: {said}", node.url, round(place.x + THICK + 1, 2),
        round(place.y + 12, 1),
    )  # fmt: skip


def _ribbons(
    streams: Sequence[Stream],
    known: Mapping[str, Node],
    places: Mapping[str, _Place],
    scale: float,
) -> Iterator[Ribbon]:
    for stream in streams:
        source, target = places[stream.source], places[stream.target]
        thick = max(stream.count * scale, THINNEST)
        begins, ends = source.y + source.out, target.y + target.into
        source.out += stream.count * scale
        target.into += stream.count * scale
        since, to = known[stream.source], known[stream.target]
        title = f"{since.label} → {to.label}: {stream.count:,}"
        x = (source.x + THICK) * FIELD / 100, target.x * FIELD / 100
        yield Ribbon(_path(x, begins, ends, thick), to.mark, title, stream.url)


def _path(x: tuple[float, float], begins: float, ends: float, thick: float) -> str:
    """Return a ribbon that leaves and arrives level, bent halfway."""
    left, right = x
    middle = (left + right) / 2
    return (
        f"M{left:.1f} {begins:.1f}C{middle:.1f} {begins:.1f} {middle:.1f} {ends:.1f} {right:.1f}"
        f" {ends:.1f}V{ends + thick:.1f}C{middle:.1f} {ends + thick:.1f} {middle:.1f}"
        f" {begins + thick:.1f} {left:.1f} {begins + thick:.1f}Z"
    )


def _sheet(streams: Sequence[Stream], known: Mapping[str, Node]) -> Sheet:
    lines = [
        Line(
            f"{known[stream.source].label} → {known[stream.target].label}",
            [Entry(f"{stream.count:,}", stream.url)],
        )
        for stream in streams
    ]
    return Sheet("From → to", ["Silences"], lines)
