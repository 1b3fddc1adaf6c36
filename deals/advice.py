"""Which threshold the own history speaks for: where a further wait wins less than a set share.

Waiting as long again, at an age t, wins the share of those still silent then who answer by 2 t:
w(t) = 1 − S(2 t) ÷ S(t), with S from Kaplan and Meier. The threshold that is advised is the
shortest one that can be set at which, and at every longer one that enough silences tell of, w is
at most the set share. It is never applied by itself. Source: docs/thresholds.md, "Advice".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deals.shares import ENOUGH
from deals.spans import Span
from deals.survival import TAIL, WIDEST, Floats, Table, Z, kaplan_meier

FEW = 30  # fewer silences than this say little: SILENCE.md, "Defaults", lets the floor wait for 30
ANSWERS = ENOUGH  # fewer, and the first of them may be a chance find
WIDE = 0.2  # an interval wider than this, from 0 to 1, leaves much open


@dataclass(frozen=True, slots=True)
class Wait:
    """What waiting as long again wins after a span: a share from 0 to 1 with its 95 % interval.

    `still` is the share still silent by then, `lasted` how many silences were seen to be; of
    `known` of these it is known what came in as much time again.
    """

    span: Span
    wins: float
    low: float
    high: float
    still: float
    lasted: int
    known: int

    @property
    def is_thin(self) -> bool:
        """Whether the history behind it leaves much open."""
        return self.high - self.low > WIDE


@dataclass(frozen=True, slots=True)
class Advice:
    """A threshold with its reason, or a reason why there is none."""

    wait: Wait | None
    reason: str
    warning: str = ""

    @property
    def span(self) -> Span | None:
        """The threshold."""
        return self.wait.span if self.wait else None


def waits(table: Table, stops: Sequence[tuple[Span, float]]) -> list[Wait]:
    """Return what waiting wins after each span; `stops` have their lengths, in the table's unit.

    Only of those that the history tells of: from the first answer on, as long as 30 silences
    lasted past them and somebody was watched for as long again.
    """
    return [wait for wait in _seen(table, stops) if wait.lasted >= FEW]


def advise(table: Table, stops: Sequence[tuple[Span, float]], share: float) -> Advice:
    """Return the threshold past which waiting as long again wins at most a share, from 0 to 1.

    `stops` are the spans that can be set, ascending, with their lengths in the table's unit. None
    where fewer than 10 silences were answered, or of fewer than 30 that lasted past the threshold
    it is known what came in as much time again, or where even the few that lasted longer than the
    history tells of show that waiting won more.
    """
    if (answers := int(table.replied.sum())) < ANSWERS:
        return Advice(None, _too_few_answers(table, answers))
    seen = _seen(table, stops)
    known = [wait for wait in seen if wait.lasted >= FEW]
    if not known:
        return Advice(None, _too_few(table))
    worth = [place for place, wait in enumerate(known) if wait.wins > share]
    place = worth[-1] + 1 if worth else 0
    if place == len(known):
        return Advice(None, _still_pays(known[-1], share))
    beyond = [wait for wait in seen if wait.lasted < FEW and wait.low > share]
    if beyond:
        return Advice(None, _pays_beyond(beyond[-1], share))
    wait = known[place]
    if wait.known < FEW:
        return Advice(None, _too_few(table))
    return Advice(wait, _reason(wait, share), _warning(wait))


def _seen(table: Table, stops: Sequence[tuple[Span, float]]) -> list[Wait]:
    """Return what waiting wins after each span, however few lasted past it."""
    answered = table.times[table.replied > 0]
    if not answered.size:
        return []
    seen = [
        (span, length)
        for span, length in stops
        if answered[0] <= length <= table.times[-1] / 2 and table.lasted(length)
    ]
    lengths = np.array([length for _, length in seen], np.float64)
    still = _still(table, lengths)
    wins, low, high = _wins(table, lengths)
    return [
        Wait(
            span, float(wins[i]), float(low[i]), float(high[i]), float(still[i]),
            table.lasted(length), _known(table, length),
        )
        for i, (span, length) in enumerate(seen)
    ]  # fmt: skip


def _known(table: Table, length: float) -> int:
    """Return of how many that lasted past a length it is known what came in as much time again."""
    within = (table.times > length) & (table.times < 2 * length)
    return int(table.replied[within].sum()) + table.lasting(2 * length)


def _wins(table: Table, lengths: Floats) -> tuple[Floats, Floats, Floats]:
    """Return what waiting as long again wins after each length, with its interval; all (k,).

    Greenwood's variance of the stretch, on the log-log scale; where nobody answered in it, the
    exact interval for as many as were watched to its end (Clopper and Pearson, 1934).
    """
    n, answered = table.at_risk, table.replied
    left = n - answered
    steps = np.divide(answered, n * left, out=np.zeros(n.size), where=left > 0)
    hazard = np.append(0.0, np.cumsum(steps))
    age, again = (np.searchsorted(table.times, at, side="right") for at in (lengths, 2 * lengths))
    silent = _still(table, 2 * lengths) / _still(table, lengths)
    inside = (silent > 0) & (silent < 1)
    log = np.log(silent, out=np.full(silent.size, -1.0), where=inside)
    spread = np.minimum(Z * np.sqrt(hazard[again] - hazard[age]) / -log, WIDEST)
    low, high = (np.exp(log * np.exp(sign * spread)) for sign in (1, -1))
    ended = np.append(0, np.cumsum(answered + table.closed))
    lasting = np.array([table.lasting(float(2 * length)) for length in lengths], np.int64)
    nobody = TAIL ** (1 / np.maximum(ended[again] - ended[age] + lasting, 1))
    low = np.where(silent == 1, nobody, np.where(inside, low, 0.0))
    high = np.where(silent == 1, 1.0, np.where(inside, high, 1 - nobody))
    return 1 - silent, 1 - high, 1 - low


def _still(table: Table, ages: Floats) -> Floats:
    """Return the share still silent after each age (k,)."""
    share = np.append(1.0, kaplan_meier(table).share)
    found: Floats = share[np.searchsorted(table.times, ages, side="right")]
    return found


def _reason(wait: Wait, share: float) -> str:
    between = f"{100 * wait.low:.0f} to {100 * wait.high:.0f}"
    return (
        f"Of those still silent after {wait.span}, {_of_100(wait.wins)} answer in as much time "
        f"again unless the deal is closed (likely {between}); waiting counts as worth it above "
        f"{_of_100(share)}."
    )


def _warning(wait: Wait) -> str:
    if not wait.is_thin:
        return ""
    return (
        f"The history is thin: {wait.lasted} silences lasted that long, so that the true share may "
        f"be anything from {100 * wait.low:.0f} to {100 * wait.high:.0f} in 100."
    )


def _too_few(table: Table) -> str:
    return (
        f"The history is too thin to tell: of {_count(table):,} silences fewer than {FEW} lasted "
        "past the first answer and were watched for as long again."
    )


def _too_few_answers(table: Table, answers: int) -> str:
    return (
        f"The history is too thin to tell: of {_count(table):,} silences {answers} "
        f"{'was' if answers == 1 else 'were'} answered, and a suggestion takes {ANSWERS}."
    )


def _count(table: Table) -> int:
    return int(table.at_risk[0]) if table.times.size else 0


def _still_pays(last: Wait, share: float) -> str:
    return (
        f"Waiting pays as far as the history tells: of those still silent after {last.span}, "
        f"{_of_100(last.wins)} answer in as much time again unless the deal is closed, and it "
        f"counts as worth it above {_of_100(share)}."
    )


def _pays_beyond(wait: Wait, share: float) -> str:
    return (
        f"The history is too thin to tell: only {wait.lasted} silences lasted past {wait.span}, "
        f"but {_of_100(wait.wins)} of them answer in as much time again unless the deal is closed, "
        f"and waiting counts as worth it above {_of_100(share)}."
    )


def _of_100(share: float) -> str:
    return f"{100 * share:.0f} in 100"
