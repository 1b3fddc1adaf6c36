"""Where it is dark: the report's heatmap of stages by reps, by number, by value or by what came back."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import User
from deals.figures import Figure
from deals.models import Stage
from deals.plots import heat, ticks
from deals.plots.caption import Switch
from deals.report_tables import said_value
from deals.reports import Report
from deals.tallies import Tally
from deals.wording import say_sum
from outreach.forms.report import COUNT, MEASURES, RATE, VALUE
from outreach.report_plots import Plot, captioned
from outreach.report_ways import Ways


def dark(report: Report, measure: str, ways: Ways) -> Plot:
    """Draw where it is dark now, stage by rep: how many, what they are worth, or what share is relit."""
    stages = [
        each
        for each in report.stages
        if measure == RATE or report.tally(Figure.DARK_NOW, each).count
    ]
    owners = [
        owner
        for owner in report.owners
        if any(_shade(report, stage, owner, measure, ways).url for stage in stages)
    ]
    is_of_one = len({stage.pipeline_id for stage in stages}) == 1
    rows = [
        heat.Row(
            stage.name,
            [_shade(report, stage, owner, measure, ways) for owner in owners],
            "" if is_of_one else stage.pipeline.name,
        )
        for stage in stages
    ]
    rows = [row for row in rows if any(cell.url for cell in row.cells)]
    switches = [
        Switch(label, f"{ways.page(heat='' if code == COUNT else code)}#heat", code == measure)
        for code, label in MEASURES
    ]
    title = "What share comes back" if measure == RATE else "Where it is dark now"
    caption = captioned(
        ways, "heat", title, _darkest(report, stages, owners, measure),
        count=None if rows else 0, switches=switches,
    )  # fmt: skip
    names = [str(owner) for owner in owners]
    if measure == RATE:
        drawn = heat.draw(caption, names, rows, corner="Stage", highest=1.0, ends=("0 %", "100 %"))
    else:
        drawn = heat.draw(caption, names, rows, corner="Stage")
    return Plot("plots/heat.html", drawn)


def _shade(report: Report, stage: Stage, owner: User, measure: str, ways: Ways) -> heat.Cell:
    figure = Figure.ENDED_DARK if measure == RATE else Figure.DARK_NOW
    narrowed = {"stage": stage, "owner": owner}
    if measure == RATE:
        share = report.share(Figure.RELIT, stage, owner)
        assert share is not None
        url = ways.within(narrowed, figure.value) if share.whole else ""
        said = [f"{share.percent} %"] if share.whole else ["–"]
        return heat.Cell(share.rate, said, url, count=share.whole)
    tally = report.tally(figure, stage, owner)
    url = ways.within(narrowed, figure.value) if tally.count else ""
    if measure == VALUE:
        return _worth(tally, report.currency, url)
    return heat.Cell(tally.count, [f"{tally.count:,}"], url)


def _worth(tally: Tally, currency: str, url: str) -> heat.Cell:
    """Return what silences are worth, as short as it fits a cell; exactly where one points at it."""
    apart = [ticks.say_money(float(amount), code) for code, amount in sorted(tally.apart.items())]
    told = [ticks.say_money(float(tally.value), currency)] if tally.is_told else []
    lines = told + apart or ["no amount" if tally.count else "–"]
    exact = " + ".join(said_value(tally, currency))
    return heat.Cell(float(tally.value), lines, url, is_apart=bool(apart), title=exact)


def _darkest(report: Report, stages: Sequence[Stage], owners: Sequence[User], measure: str) -> str:
    if measure == RATE:
        return _came_back(report)
    tallies = [
        (report.tally(Figure.DARK_NOW, stage, owner), f"{stage.name} with {owner}")
        for stage in stages
        for owner in owners
    ]
    if not tallies:
        return "Nothing is dark now." if report.scope.is_now else "Nothing was dark at that time."
    total = report.tally(Figure.DARK_NOW)
    if measure == VALUE and total.amounts:
        worst, place = max(tallies, key=lambda each: each[0].value)
        worth = " + ".join(said_value(total, report.currency))
        most = f"; most in one place: {say_sum(worst.value, report.currency)} in {place}"
        return f"{worth} in the dark{most if worst.value else ''}."
    worst, place = max(tallies, key=lambda each: each[0].count)
    silences = f"{total.count:,} dark silence{'' if total.count == 1 else 's'}"
    return f"{silences}; most in one place: {worst.count:,} in {place}."


def _came_back(report: Report) -> str:
    share = report.share(Figure.RELIT)
    assert share is not None
    if not share.whole:
        return "No dark silence ended in these days, so there is no share to tell."
    return (
        f"Of {share.whole:,} dark silences that ended in these days, {share.part:,} did so in a "
        f"reply. Each cell is a share of its own."
    )
