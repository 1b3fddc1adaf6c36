"""The few figures at the head of the report, each with a word of comparison."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from deals.figures import Figure
from deals.report_tables import query
from deals.reports import Report
from deals.wording import say_money


class Said(NamedTuple):
    """A figure as it is shown: `url` leads to the deals behind it, where there are any."""

    label: str
    value: str
    note: str
    url: str


def summary(report: Report, currency: str, deals_url: str) -> list[Said]:
    """Return the report's totals; `currency` is the workspace's, whose value stands first."""
    dark = report.tally(Figure.DARK_NOW)
    value, note = _value(dark.amounts, report.open_amounts, currency)

    def url(figure: Figure) -> str:
        found = report.tally(figure).count
        return f"{deals_url}?{query(figure, report.period)}" if found else ""

    def told(figure: Figure) -> Said:
        count = report.tally(figure).count
        return Said(str(figure.label), f"{count:,}", _before(report, figure), url(figure))

    return [
        Said("Dark now", f"{dark.count:,}", "open deals, as of this minute", url(Figure.DARK_NOW)),
        Said("Value dark now", value, note, url(Figure.DARK_NOW)),
        *(told(figure) for figure in Figure if figure != Figure.DARK_NOW),
    ]


def _before(report: Report, figure: Figure) -> str:
    count = report.before[figure]
    return f"{count:,} in the {report.period.days} days before"


def _value(
    dark: Mapping[str, Decimal], all_open: Mapping[str, Decimal], currency: str
) -> tuple[str, str]:
    """Return the value in the workspace's currency, and a note with its share and the others."""
    main = currency if currency in dark or not dark else min(dark)
    others = [say_money(amount, code) for code, amount in sorted(dark.items()) if code != main]
    notes = [_share(dark.get(main), all_open.get(main)), *others]
    return say_money(dark.get(main, Decimal(0)), main), " · and ".join(filter(None, notes))


def _share(part: Decimal | None, whole: Decimal | None) -> str:
    return f"{part / whole:.0%} of the open pipeline".replace("%", " %") if part and whole else ""
