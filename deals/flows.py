"""What became of the silences that began in a period: each of them counted exactly once.

Source: docs/figures.md, "What became of them"; decision 113.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Case, Count, Exists, OuterRef, Q, TextChoices, Value, When

from accounts.models import User
from deals import cohorts
from deals.basis import Basis
from deals.models import DarkSpell, Ending
from deals.plots import flow
from deals.plots.caption import Caption
from deals.scopes import Scope
from deals.spreadsheets import Value as Written
from deals.wording import say_percent


class Fate(TextChoices):
    """How a silence stands, or ended, as of the report: in the order in which they are drawn."""

    ANSWERED = "answered", "answered"
    WAITING = "waiting", "still waiting"
    TURNED = "turned", "turn passed on"
    CLOSED = "closed", "deal closed"
    LET_GO = "let_go", "let go"
    RELIT = "relit", "relit"
    DARK = "dark", "still dark"


ALL, WENT_DARK = "all", "went_dark"
MARKS = {
    Fate.ANSWERED: "lit", Fate.WAITING: "line", Fate.RELIT: "relit", Fate.DARK: "dark",
    Fate.TURNED: "closed", Fate.CLOSED: "closed", Fate.LET_GO: "let_go",
}  # fmt: skip
# The address of the silences that did (or did not) go dark and came to this; None: to anything.
Links = Callable[[bool | None, Fate | None], str]


@dataclass(frozen=True, slots=True)
class Became:
    """So many silences that went dark, or did not, and what became of them."""

    was_dark: bool
    fate: Fate
    count: int


def became(reader: User, scope: Scope, basis: Basis | None = None) -> list[Became]:
    """Count the silences that began in the scope's days by what they were as of its instant.

    Their counts add up to how many began. One query, and those of the basis where it is now.
    """
    rows = (
        silences(reader, scope, basis=basis).values_list("was_dark", "fate").annotate(Count("pk"))
    )
    found = {(was_dark, Fate(fate)): count for was_dark, fate, count in rows}
    return [
        Became(was_dark, fate, found[was_dark, fate])
        for was_dark in (False, True)
        for fate in Fate
        if (was_dark, fate) in found
    ]


def silences(
    reader: User,
    scope: Scope,
    was_dark: bool | None = None,
    fate: Fate | None = None,
    *,
    basis: Basis | None = None,
) -> cohorts.Rows:
    """Return the silences behind a number of the flow, each with `was_dark` and `fate`.

    Dark is what was dark by a recorded spell; as of now also what is due and not swept yet.
    """
    at = scope.as_of
    spells = DarkSpell.objects.filter(silence=OuterRef("pk"), started_at__lte=at)
    lasting = Exists(spells.filter(Q(ended_at=None) | Q(ended_at__gt=at)))
    due = (basis or Basis(at)).dark if scope.is_now else Q(pk__in=[])
    rows = cohorts.begun(reader, scope).annotate(
        was_dark=Case(When(Exists(spells) | due, then=True), default=False),
        fate=_fate(scope, due if scope.is_now else Q(lasting)),
    )
    asked = {"was_dark": was_dark, "fate": fate}
    kept: cohorts.Rows = rows.filter(
        **{name: said for name, said in asked.items() if said is not None}
    )
    return kept


def _fate(scope: Scope, is_dark: Q) -> Case:
    ended = Q(ended_at__lte=scope.as_of)
    return Case(
        When(relit_at__lte=scope.as_of, then=Value(Fate.RELIT)),
        When(ended & Q(ending=Ending.REPLIED), then=Value(Fate.ANSWERED)),
        When(ended & Q(ending=Ending.LET_GO), then=Value(Fate.LET_GO)),
        When(ended & Q(ending=Ending.TURNED), then=Value(Fate.TURNED)),
        When(ended, then=Value(Fate.CLOSED)),
        When(is_dark, then=Value(Fate.DARK)),
        default=Value(Fate.WAITING),
    )


def written(found: Sequence[Became]) -> Iterator[Sequence[Written]]:
    """Yield the table of a file: a row for each way, with how many went it."""
    yield ["Went dark", "Became", "Silences"]
    for each in found:
        yield ["yes" if each.was_dark else "no", str(each.fate.label), each.count]


def say(found: Sequence[Became]) -> str:
    """Say a flow in a sentence, the text alternative of its plot."""
    total = sum(each.count for each in found)
    dark = sum(each.count for each in found if each.was_dark)
    back = sum(each.count for each in found if each.was_dark and each.fate == Fate.RELIT)
    if not total:
        return "No silence began in these days."
    began = f"{total:,} silence{'' if total == 1 else 's'} began in these days"
    if not dark:
        return f"{began}; none of them went dark."
    share = f"{dark:,} of them ({say_percent(round(100 * dark / total))}) went dark"
    return f"{began}; {share}, and {back:,} of these {'was' if back == 1 else 'were'} relit."


def plot(
    found: Sequence[Became], caption: Caption, link: Links = lambda was_dark, fate: ""
) -> flow.Flow:
    """Lay out a flow: waiting, on to dark or not, on to what became of them."""
    nodes = [
        flow.Node(ALL, "silences", 0, "line", link(None, None)),
        flow.Node(WENT_DARK, "went dark", 1, "dark", link(True, None)),
        *(flow.Node(fate, str(fate.label), 2, MARKS[fate], link(None, fate)) for fate in Fate),
    ]
    dark = sum(each.count for each in found if each.was_dark)
    streams = [
        flow.Stream(
            WENT_DARK if each.was_dark else ALL, each.fate, each.count,
            link(each.was_dark, each.fate),
        )
        for each in found
    ]  # fmt: skip
    return flow.draw(
        caption, nodes, [flow.Stream(ALL, WENT_DARK, dark, link(True, None)), *streams]
    )
