"""Which mark of the report was pointed at, and the deals behind it."""

from __future__ import annotations

from calendar import day_name
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from django.db.models import F

from accounts.models import User
from contacts.models import Channel
from deals import cohorts, figures, flows, rhythms
from deals.drilldown import Behind
from deals.figures import FACTS, Figure, Rows
from deals.report_tables import said_value
from deals.scopes import Scope
from deals.spreadsheets import Value
from outreach import tries
from outreach.models import Play
from outreach.reasons_report import LABELS, explained
from outreach.tries import Fate

# beside `Figure`: plays that were tried, answers by the hour, silences by what became of them
TRIED, ANSWERS, SILENCES = "tried", "answers", "silences"
OTHERS = [(TRIED, "Tried"), (ANSWERS, "Replies"), (SILENCES, "Silences")]
OVER = f"{Fate.REPLIED}-{Fate.UNANSWERED}"  # tries whose time is over
ALL = f"{OVER}-{Fate.WAITING}"
FATES = {
    ALL: "tried", OVER: "tried, and its time is over",
    Fate.REPLIED: "answered in its time", Fate.WAITING: "still within its time",
}  # fmt: skip
UNITS = {TRIED: "tries", ANSWERS: "replies"}  # what is counted, where that is no silence
WHEN: dict[str, str] = {
    TRIED: "Tried",
    ANSWERS: "Replied",
    SILENCES: "Silent since",
    Figure.DARK_NOW: "Silent since",
    Figure.WENT_DARK: "Went dark",
    Figure.RELIT: "Relit",
    Figure.LET_GO: "Let go",
    Figure.WE_WENT_QUIET: "Overdue since",
    Figure.WON: "Won",
    Figure.LOST: "Lost",
    Figure.OPEN: "Silent since",
    Figure.WAITED: "Silent since",
    Figure.CROSSED: "Silent since",
    Figure.OWED: "Owed since",
    Figure.OWED_LONG: "Owed since",
    Figure.ENDED_DARK: "Ended",
    Figure.CAME_BACK: "Heard",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What was pointed at.

    A figure, perhaps of one `reason`; tries of one `play`, `channel` and `fate`; answers of a
    `weekday` (0 is Monday) and `hour`, theirs; or silences that did or did not go `dark` ("yes",
    "no") and `became` one of `flows.Fate`.
    """

    figure: str
    reason: str = ""
    play: str = ""
    channel: str = ""
    fate: str = ""
    weekday: int | None = None
    hour: int | None = None
    dark: str = ""
    became: str = ""

    @property
    def title(self) -> str:
        """What it counts, in words."""
        match self.figure:
            case "tried":
                way = Channel(self.channel).label
                return f"{Play(self.play).label}, {way}: {FATES[self.fate]}"
            case "answers":
                assert self.weekday is not None
                return f"Replied on {day_name[self.weekday]}, {self.hour}:00 to {self.hour}:59"
            case "silences":
                return self._became
        label = str(Figure(self.figure).label)
        return f"{label}: {LABELS[self.reason]}" if self.reason else label

    @property
    def when(self) -> str:
        """What its instants are, in words."""
        return WHEN[self.figure]

    @property
    def _became(self) -> str:
        said = {"yes": "went dark", "no": "never went dark", "": ""}[self.dark]
        fate = str(flows.Fate(self.became).label) if self.became else ""
        return (
            ": ".join(["Silences", ", ".join(filter(None, [said, fate]))])
            if said or fate
            else "Silences"
        )

    @property
    def is_now(self) -> bool:
        """Whether it is about how deals stand, and not about a period."""
        return self.figure == Figure.DARK_NOW

    def parameters(self) -> dict[str, str]:
        """Return what an address says of it."""
        return {name: str(said) for name, said in asdict(self).items() if said not in (None, "")}


@dataclass(frozen=True)
class BehindMark(Behind):
    """The deals behind a mark of the report, within a scope."""

    mark: Mark = Mark(Figure.WENT_DARK)

    @classmethod
    def of(cls, mark: Mark, reader: User, scope: Scope) -> BehindMark:
        """Return what stands behind a mark, as a reader may know."""
        figure = Figure(mark.figure) if mark.figure in Figure else Figure.WENT_DARK
        return cls(figure, reader, scope, mark=mark)

    @cached_property
    def counted(self) -> Rows:
        """All that the mark counts, latest first."""
        return self._rows.order_by("-at", "-pk")

    @property
    def said(self) -> str:
        """How many it counts and what they are worth: "4 deals, € 155,200"."""
        count, deals = self.total.count, self.deal_count
        of = f"{deals:,} deal{'' if deals == 1 else 's'}"
        many = (
            of if count == deals else f"{count:,} {UNITS.get(self.mark.figure, 'silences')} of {of}"
        )
        worth = " + ".join(said_value(self.total, self.rates.currency))
        return ", ".join(filter(None, [many, worth]))

    @property
    def _rows(self) -> Rows:
        mark, reader, scope = self.mark, self.reader, self.scope
        match mark.figure:
            case "tried":
                return tries.among(reader, scope, mark.play, mark.channel, mark.fate.split("-"))
            case "answers":
                assert mark.weekday is not None
                assert mark.hour is not None
                replies = rhythms.read(reader, scope).silences_at(mark.weekday, mark.hour)
                found = cohorts.heard(reader, scope).filter(pk__in=replies)
                return _shaped(found, "heard_at")
            case "silences":
                was_dark = {"yes": True, "no": False}.get(mark.dark)
                fate = flows.Fate(mark.became) if mark.became else None
                return _shaped(flows.silences(reader, scope, was_dark, fate), "started_at")
        found = figures.rows(self.figure, reader=reader, scope=scope)
        return explained(found, scope.as_of, mark.reason) if mark.reason else found


def _shaped(silences: Rows, at: str) -> Rows:
    """Give silences of `deals.cohorts` the shape of `figures`' rows."""
    shaped: Rows = silences.annotate(
        at=F(at),
        crossed_at=F("started_at"),
        of_silence=F("pk"),
        of_deal=F("deal"),
        of_stage=F("stage"),
        **{f"of_{name}": F(f"{cohorts.STOOD}__{name}") for name in FACTS},
    )
    return shaped


def exported(behind: BehindMark) -> Iterator[Sequence[Value]]:
    """Yield the header and the deals behind a mark; instants in the zone of the period."""
    zone = behind.scope.period.zone
    when = f"{behind.mark.when} ({zone})"
    yield ["Deal", "Contact", "Company", "Stage", "Rep", "Amount", "Currency", when]
    for line in behind.every_line():
        deal = line.deal
        yield [
            deal.title, deal.contact.name, str(deal.company or ""), line.stage, line.owner,
            line.amount, line.currency, line.at.astimezone(zone),
        ]  # fmt: skip
