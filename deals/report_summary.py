"""The few figures at the head of the report, each with what it is a share of and a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from deals.figures import OF_A_MOMENT, Figure
from deals.report_tables import VALUED, query, said_value
from deals.reports import Report, Told
from deals.shares import ENOUGH, Share
from deals.tallies import CENTS, Tally
from deals.wording import say_duration, say_percent, say_sum

# What the share beside a figure is a share of.
OF = {
    Figure.DARK_NOW: "open deals",
    Figure.WENT_DARK: "silences",
    Figure.RELIT: "dark ones that ended",
    Figure.WE_WENT_QUIET: "answers we owed",
    Figure.WON: "won or lost",
}
# What a figure counts beyond the part of its share.
BESIDES = {
    Figure.WENT_DARK: "crossed again",
    Figure.RELIT: "after we let go",
    Figure.WE_WENT_QUIET: "overdue again",
}
AT_THE_BEGINNING = "when the period began"


class Said(NamedTuple):
    """A figure as it is shown: `url` leads to the deals behind it, where there are any.

    `notes` say what it is of, what it is worth, what it was. `is_thin` says that there are too
    few for it to mean much.
    """

    label: str
    value: str
    notes: Sequence[str]
    url: str
    is_thin: bool = False

    @property
    def note(self) -> str:
        """The notes on one line."""
        return " · ".join(self.notes)


def summary(report: Report, currency: str, deals_url: str) -> list[Said]:
    """Return the report's totals; `currency` is the workspace's, in which values are told."""

    def url(figure: Figure) -> str:
        found = report.tally(figure).count
        return f"{deals_url}?{query(figure, report.scope)}" if found else ""

    def told(figure: Figure, *notes: str, of: int | None = None) -> Said:
        share, tally = report.share(figure), report.tally(figure)
        few = share.whole if share is not None and figure not in OF_A_MOMENT else of
        worth = _worth(tally, currency) if figure in VALUED else ""
        said = [*_share(figure, report), *notes, worth, _before(report, figure)]
        said = [each for each in said if each]
        return Said(str(figure.label), f"{tally.count:,}", said, url(figure), _is_few(few))

    dark, attempts = Figure.DARK_NOW, report.attempts
    return [
        told(dark, "as of this minute" if report.scope.is_now else "as of then"),
        Said("Value dark now", *_value(report, currency), url(dark)),
        told(Figure.WENT_DARK),
        told(Figure.RELIT),
        _relighting(report),
        told(Figure.LET_GO, _attempts(report), of=attempts.count),
        told(Figure.WE_WENT_QUIET),
        told(Figure.WON),
        told(Figure.LOST),
    ]


def _is_few(count: int | None) -> bool:
    return count is not None and 0 < count < ENOUGH


def _before(report: Report, figure: Figure) -> str:
    count = report.before.tally(figure).count
    when = AT_THE_BEGINNING
    return f"{count:,} {when if figure in OF_A_MOMENT else _earlier(report)}"


def _earlier(report: Report) -> str:
    return f"in the {report.period.days} days before"


def _share(figure: Figure, report: Report) -> list[str]:
    """Say a share, and what of the number is not in it: "41 of 44 …", "3 after we let go"."""
    share = report.share(figure)
    if share is None or not share.whole:
        return []
    rest = report.tally(figure).count - share.part
    said = f"{share.part:,} of {share.whole:,} {OF[figure]} · {_percent(figure, share)}"
    return [said, *([f"{rest:,} {BESIDES[figure]}"] if rest else [])]


def _percent(figure: Figure, share: Share) -> str:
    """Say a share in per cent; of a moment all are counted, so there is nothing to guess."""
    said = say_percent(share.percent)
    return said if figure in OF_A_MOMENT else f"{said} ({say_percent(*share.range)})"


def _worth(tally: Tally, currency: str) -> str:
    """Say what they come to: told in one currency first, then what stays apart."""
    if not any(tally.amounts.values()):
        return ""
    told, *others = said_value(tally, currency)
    rates = " by your rates" if tally.is_converted(currency) else ""
    return " and ".join([f"worth {told}{rates}", *others])


def _relighting(report: Report) -> Said:
    now, before = report.relighting, report.before.relighting
    value = say_duration(now.median) if now.median is not None else "–"
    was = [f"{say_duration(before.median)} {_earlier(report)}"] if before.median is not None else []
    return Said("Median time to relight", value, was, "", _is_few(now.count))


def _attempts(told: Told) -> str:
    tried = told.attempts
    if tried.mean is None or tried.median is None:
        return ""
    return f"after {tried.mean:.1f} attempts, half of them after {tried.median:g} at most"


def _value(report: Report, currency: str) -> tuple[str, list[str]]:
    """Return the value dark, and notes: its share of the pipeline, what is apart, what it was."""
    dark, pipeline, before = (
        told.tally(figure)
        for told, figure in (
            (report, Figure.DARK_NOW), (report, Figure.OPEN), (report.before, Figure.DARK_NOW),
        )
    )  # fmt: skip
    if dark.is_told or not dark.amounts:
        share, first, main = report.value_share, dark.value, currency
        was = before.value
    else:
        main = min(dark.apart)
        first, was = dark.apart[main], before.apart.get(main, CENTS)
        share = first / pipeline.apart[main] if pipeline.apart.get(main) else None
    others = [
        f"and {say_sum(dark.apart[code], code)}" for code in sorted(dark.apart) if code != main
    ]
    notes = [
        f"{say_percent(round(100 * share))} of the open pipeline" if share else "",
        "by your rates" if dark.is_converted(currency) else "",
        *others,
        f"{say_sum(was, main)} {AT_THE_BEGINNING}",
    ]
    return say_sum(first, main), [each for each in notes if each]
