"""The few figures at the head of the report, each with what it is a share of and a comparison."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from deals.figures import Figure
from deals.report_tables import query, said_value
from deals.reports import Report, Told
from deals.shares import Share
from deals.wording import say_duration, say_money

# What the share beside a figure is a share of.
OF = {
    Figure.WENT_DARK: "silences",
    Figure.RELIT: "dark ones that ended",
    Figure.WON: "once dark that were won or lost",
}


class Said(NamedTuple):
    """A figure as it is shown: `url` leads to the deals behind it, where there are any.

    `is_thin` says that there are too few for it to mean much.
    """

    label: str
    value: str
    note: str
    url: str
    is_thin: bool = False


def summary(report: Report, currency: str, deals_url: str) -> list[Said]:
    """Return the report's totals; `currency` is the workspace's, in which values are told."""

    def url(figure: Figure) -> str:
        found = report.tally(figure).count
        return f"{deals_url}?{query(figure, report.scope)}" if found else ""

    def told(figure: Figure, *notes: str) -> Said:
        share, label = report.share(figure), str(figure.label)
        is_thin = share is not None and not share.is_enough
        said = [_share(figure, share), *notes, _before(report, figure)]
        count = f"{report.tally(figure).count:,}"
        return Said(label, count, " · ".join(filter(None, said)), url(figure), is_thin)

    dark = Figure.DARK_NOW
    moment = "as of this minute" if report.scope.is_now else "as of then"
    return [
        Said("Dark now", f"{report.tally(dark).count:,}", f"open deals, {moment}", url(dark)),
        Said("Value dark now", *_value(report, currency), url(dark)),
        told(Figure.WENT_DARK),
        told(Figure.RELIT),
        _relighting(report),
        told(Figure.LET_GO, _attempts(report)),
        told(Figure.WE_WENT_QUIET),
        told(Figure.WON),
        told(Figure.LOST),
    ]


def _before(report: Report, figure: Figure) -> str:
    count = report.before.tally(figure).count
    return f"{count:,} in the {report.period.days} days before"


def _share(figure: Figure, share: Share | None) -> str:
    if share is None or not share.whole:
        return ""
    low, high = share.range
    return f"{share.percent} % of {share.whole:,} {OF[figure]} ({low} to {high} %)"


def _relighting(report: Report) -> Said:
    now, before = report.relighting, report.before.relighting
    value = say_duration(now.median) if now.median is not None else "–"
    note = f"was {say_duration(before.median)}" if before.median is not None else ""
    return Said("Median time to relight", value, note, "", not now.is_enough)


def _attempts(told: Told) -> str:
    tried = told.attempts
    if tried.mean is None or tried.median is None:
        return ""
    return f"after {tried.mean:.1f} attempts, half of them after {tried.median:g} at most"


def _value(report: Report, currency: str) -> tuple[str, str]:
    """Return the value dark in the workspace's currency, and a note with its share and the others."""
    dark, pipeline = report.tally(Figure.DARK_NOW), report.tally(Figure.OPEN)
    if dark.is_told or not dark.amounts:
        share = report.value_share
        others = [say_money(amount, code) for code, amount in sorted(dark.apart.items())]
        first = say_money(dark.value, currency)
    else:
        main = min(dark.apart)
        share = dark.apart[main] / pipeline.apart[main] if pipeline.apart.get(main) else None
        first, *others = said_value(dark, currency)
    notes = [_percent(share), *others]
    return first, " · and ".join(filter(None, notes))


def _percent(share: Decimal | None) -> str:
    return f"{share:.0%} of the open pipeline".replace("%", " %") if share else ""
