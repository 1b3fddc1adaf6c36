"""The plots of the report, from what was counted to what is drawn, each mark with its way on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from deals import curves, flows, rhythms
from deals.curves import Waits
from deals.figures import Figure
from deals.plots import grouped, intervals
from deals.plots.caption import Caption, Entry, Key
from deals.report_tables import said_day, said_value
from deals.reports import PLOTTED, Report
from deals.rhythms import Replies
from deals.wording import say_percent
from outreach import plays_report
from outreach.marks import ANSWERS, SILENCES, TRIED
from outreach.plays_report import PlayRow
from outreach.reasons_report import LAST, ReasonRow
from outreach.report_ways import CSV, XLSX, Ways
from outreach.tries import Fate

LEGEND = [Key("dark", "went dark"), Key("relit", "relit"), Key("let_go", "let go")]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot that is laid out, and the template that draws it."""

    template: str
    drawn: Any


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One reason as the page shows it; `width` is its share of the most frequent, in per cent."""

    label: str
    width: float
    said: str
    value: Sequence[str]
    url: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons, laid out: `templates/outreach/report/reasons.html` draws it."""

    caption: Caption
    rows: Sequence[ReasonLine]


def captioned(ways: Ways, name: str, title: str, finding: str, **more: Any) -> Caption:
    """Return a caption whose files are the report's table of the same name."""
    csv, xlsx = ways.file(name, CSV), ways.file(name, XLSX)
    return Caption(name, title, finding, csv_url=csv, xlsx_url=xlsx, **more)


def steps(report: Report, ways: Ways) -> Plot:
    """Draw what went dark, was relit and was let go, week by week or month by month."""
    unit = report.period.step
    totals = {figure: sum(step.counts[figure] for step in report.steps) for figure in PLOTTED}
    groups = [
        grouped.Group(
            said_day(step.period.first, report.period),
            [
                grouped.Value(
                    step.counts[figure],
                    f"{step.counts[figure]:,}",
                    ways.within({"period": step.period}, figure.value)
                    if step.counts[figure]
                    else "",
                )
                for figure in PLOTTED
            ],
            _short(step.period.first, unit),
        )
        for step in report.steps
    ]
    worst = max(report.steps, key=lambda step: step.counts[Figure.WENT_DARK])
    most = (
        f" Most went dark in the {unit} from {said_day(worst.period.first, report.period)}: "
        f"{worst.counts[Figure.WENT_DARK]:,}."
    )
    finding = (
        f"{totals[Figure.WENT_DARK]:,} went dark, {totals[Figure.RELIT]:,} were relit and "
        f"{totals[Figure.LET_GO]:,} let go.{most if totals[Figure.WENT_DARK] else ''}"
        if any(totals.values())
        else "In these days nothing went dark, was relit or let go."
    )
    title = f"{unit.capitalize()} by {unit}"
    caption = captioned(ways, "steps", title, finding, count=sum(totals.values()))
    return Plot(
        "plots/bars.html", grouped.draw(caption, LEGEND, groups, corner=f"{title[:5]} from")
    )


def _short(first: date, unit: str) -> str:
    """Say a step as its axis does: weeks are of a year at most, so that none needs its year."""
    return f"{first.day} {first:%b}" if unit == "week" else f"{first:%b %Y}"


def survival(found: Sequence[Waits], ways: Ways) -> list[Plot]:
    """Draw, for each stage, who is still silent after how long."""
    return [
        Plot(
            "plots/band.html",
            curves.plot(
                waits,
                Caption(
                    f"curve-{waits.stage.pk}", f"{waits.stage.pipeline}: {waits.stage}", curves.say(waits),
                    count=waits.count, csv_url=ways.file(f"curve-{waits.stage.pk}", CSV),
                    xlsx_url=ways.file(f"curve-{waits.stage.pk}", XLSX), level=3,
                ),
            ),
        )
        for waits in found
    ]  # fmt: skip


def rhythm(replies: Replies, ways: Ways) -> Plot:
    """Draw when people reply, on their own clocks."""
    count = int(replies.counts.sum())
    caption = captioned(ways, "replies", "When people reply", rhythms.say(replies), count=count)

    def link(weekday: int, hour: int) -> str:
        return ways.behind(ANSWERS, weekday=weekday, hour=hour)

    return Plot("plots/week.html", rhythms.plot(replies, caption, link))


def became(found: Sequence[flows.Became], ways: Ways) -> Plot:
    """Draw what became of the silences that began in the period."""
    count = sum(each.count for each in found)
    caption = captioned(ways, "flow", "What became of them", flows.say(found), count=count)

    def link(was_dark: bool | None, fate: flows.Fate | None) -> str:
        mark = {"dark": {True: "yes", False: "no", None: ""}[was_dark], "became": fate or ""}
        return ways.behind(SILENCES, **{name: said for name, said in mark.items() if said})

    return Plot("plots/flow.html", flows.plot(found, caption, link))


def plays(rows: Sequence[PlayRow], ways: Ways) -> Plot:
    """Draw what share of the tries of each play on each channel was answered in its time."""
    title, (share, waiting) = "What brings them back", plays_report.total(rows)
    told = [row for row in rows if row.share.is_enough]
    best = (
        f"{told[0].label} most often: {say_percent(told[0].share.percent)} of"
        f" {told[0].share.whole:,}. "
        if told
        else ""
    )
    finding = (
        f"{best}Of {share.whole:,} tries whose time is over, {share.part:,} were answered in it; "
        f"{waiting:,} are still within theirs."
        if rows
        else "No play was tried in this period. Each suggestion that a rep does counts here."
    )
    caption = captioned(ways, "plays", title, finding, count=share.whole + waiting)
    headings = ("Channel", "Tried", "Of these still waiting", "Of the rest answered")
    shares = [_play(row, ways) for row in rows]
    return Plot("plots/intervals.html", intervals.draw(caption, headings, shares, corner="Play"))


def _play(row: PlayRow, ways: Ways) -> intervals.Told:
    def entry(count: int, *fates: Fate) -> Entry:
        mark = {"play": row.play.value, "channel": row.channel.value, "fate": "-".join(fates)}
        return Entry(f"{count:,}", ways.behind(TRIED, **mark) if count else "")

    entries = (
        Entry(str(row.channel.label)),
        entry(row.tried, Fate.REPLIED, Fate.UNANSWERED, Fate.WAITING),
        entry(row.waiting, Fate.WAITING),
        entry(row.share.part, Fate.REPLIED),
    )
    return intervals.Told(row.play.label, row.share, entries)


def reasons(rows: Sequence[ReasonRow], currency: str, ways: Ways) -> Plot:
    """Draw why silences went dark, by number, with what they are worth."""
    most = max((row.tally.count for row in rows), default=0)
    whole = sum(row.tally.count for row in rows)
    finding = _named(rows, whole)
    if any(row.tally.is_converted(currency) for row in rows):
        finding += " Values are by your rates."
    lines = [
        ReasonLine(
            row.label, round(100 * row.tally.count / most, 1), f"{row.tally.count:,}",
            said_value(row.tally, currency),
            ways.behind(Figure.WENT_DARK.value, reason=row.reason),
        )
        for row in rows
    ]  # fmt: skip
    caption = captioned(ways, "reasons", "Why they went quiet", finding, count=whole)
    return Plot("outreach/report/reasons.html", Reasons(caption, lines))


def _named(rows: Sequence[ReasonRow], whole: int) -> str:
    named = [row for row in rows if row.reason not in LAST]
    if not rows:
        return "Nothing went dark, so there is nothing to explain."
    if not named:
        return (
            f"No reason is known for any of {whole:,}: they were over before anything was suggested, "
            "or nothing spoke for one."
        )
    most = named[0]
    return (
        f"{most.label} is named most: {most.tally.count:,} of {whole:,}. What a rep says wins over "
        "the guess."
    )
