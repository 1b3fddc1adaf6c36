"""Why they are probably silent, as the open deal shows it: the guess, or what was said of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from outreach.evidence import say_day
from outreach.models import Reason, ReasonEntry, Suggestion


@dataclass(frozen=True, slots=True)
class Ground:
    """A sentence of the evidence, and where the touch that it rests on can be read."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A reason that a rep may say, with its key."""

    key: int
    reason: Reason
    is_said: bool


@dataclass(frozen=True, slots=True)
class Why:
    """The likely reason; `likely` is its share in per cent, and `said` who said it where one did."""

    reason: Reason
    likely: int
    said: str
    grounds: tuple[Ground, ...]
    choices: tuple[Choice, ...]

    @property
    def is_known(self) -> bool:
        return self.reason != Reason.UNKNOWN

    @property
    def label(self) -> str:
        """The reason inside a sentence: "cannot commit yet"."""
        return str(self.reason.label).lower()


def why(suggestion: Suggestion, reader: User, shown: Collection[int], today: date) -> Why:
    """Return why a suggestion's silence may last; `shown` are the touches of the reader's page."""
    entry: ReasonEntry | None = getattr(suggestion.silence, "reason_entry", None)
    return Why(
        reason=Reason(suggestion.reason),
        likely=suggestion.confidence,
        said=_said(entry, reader, today) if entry else "",
        grounds=tuple(
            Ground(text, _url(suggestion, touch, shown))
            for text, touch in suggestion.reason_evidence
        ),
        choices=tuple(
            Choice(key, reason, entry is not None and entry.said == reason)
            for key, reason in enumerate(Reason, start=1)
        ),
    )


def _said(entry: ReasonEntry, reader: User, today: date) -> str:
    day = say_day(timezone.localtime(entry.said_at).date(), today)
    if entry.user_id == reader.pk:
        return f"you said so on {day}"
    whom = entry.user.get_short_name() if entry.user else "somebody"
    return f"{whom} said so on {day}"


def _url(suggestion: Suggestion, touch: int | None, shown: Collection[int]) -> str:
    """Return the address of a touch: on the page, or on the deal's whole story."""
    if touch is None:
        return ""
    story = "" if touch in shown else f"{reverse('deals:deal', args=[suggestion.deal_id])}?all"
    return f"{story}#touch-{touch}"
