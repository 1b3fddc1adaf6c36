"""The rows of the deals app, by concept."""

from deals.models.calendars import CalendarUse, CalendarVersion, WorkCalendar
from deals.models.deals import Deal, Outcome, Participation
from deals.models.history import Direction, OutcomeEntry, StageEntry, Touch
from deals.models.imports import ImportRun
from deals.models.pipelines import Pipeline, Stage, Threshold, Turn
from deals.models.rejudgings import Rejudging
from deals.models.silences import By, DarkSpell, Ending, Heartbeat, Silence
from deals.models.waiting import Hold, Promise

__all__ = [
    "By",
    "CalendarUse",
    "CalendarVersion",
    "DarkSpell",
    "Deal",
    "Direction",
    "Ending",
    "Heartbeat",
    "Hold",
    "ImportRun",
    "Outcome",
    "OutcomeEntry",
    "Participation",
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
