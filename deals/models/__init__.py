"""The rows of the deals app, by concept."""

from deals.models.announcements import Announcement
from deals.models.calendars import CalendarUse, CalendarVersion, WorkCalendar
from deals.models.deals import Deal, Outcome, Participation
from deals.models.history import Direction, OutcomeEntry, StageEntry, Touch
from deals.models.imports import ImportedRow, ImportRun
from deals.models.particulars import Particulars
from deals.models.pipelines import Pipeline, Stage, Threshold, Turn
from deals.models.rates import ExchangeRate
from deals.models.rejudgings import Rejudging
from deals.models.silences import By, DarkSpell, Ending, Heartbeat, Silence
from deals.models.waiting import Hold, Promise

__all__ = [
    "Announcement",
    "By",
    "CalendarUse",
    "CalendarVersion",
    "DarkSpell",
    "Deal",
    "Direction",
    "Ending",
    "ExchangeRate",
    "Heartbeat",
    "Hold",
    "ImportRun",
    "ImportedRow",
    "Outcome",
    "OutcomeEntry",
    "Participation",
    "Particulars",
    "Pipeline",
    "Promise",
    "Rejudging",
    "Silence",
    "Stage",
    "StageEntry",
    "Threshold",
    "Touch",
    "Turn",
    "WorkCalendar",
]
