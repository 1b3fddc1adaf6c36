"""What a threshold would do if it were set now, and what it would have done: nothing is written."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpResponse
from pydantic import Field

from accounts.api.answers import ApiRequest, one
from accounts.api.problems import unprocessable, wrong
from accounts.api.router import Routes
from accounts.api.scopes import ADMIN
from accounts.api.values import Code, Given, PathId, Taken
from deals import studio
from deals.advice import Advice
from deals.api.thresholds import readable_stage
from deals.models import Threshold
from deals.segments import Segment
from deals.spans import Span
from deals.supposing import suppose
from deals.whatif import Would
from outreach.withdrawing import would_withdraw

router = Routes(tags=["Thresholds"])
LONGEST_MONTHS = 60


class TrialIn(Taken):
    """A threshold to try, on how many of the last months, and on which silences."""

    dark_after: Code
    months: Annotated[int, Field(strict=True, ge=1, le=LONGEST_MONTHS)] = studio.MONTHS
    segment: Segment | None = Field(default=None, description="Null: all silences of the stage.")


class ShareOut(Given):
    """So many `part` of `whole`; the true share lies from `low` to `high` in 19 of 20 cases."""

    part: int
    whole: int
    low: float
    high: float


class WouldOut(Given):
    """What a threshold would have done over the months. docs/thresholds.md says how it is counted."""

    dark_after: str
    flags: int
    flags_a_month: float
    would_have_answered_anyway: ShareOut
    found_later_seconds: float | None
    found: int
    missed: int

    @classmethod
    def of(cls, would: Would) -> WouldOut:
        """Describe what would have been."""
        low, high = would.anyway.interval
        anyway = ShareOut(part=would.anyway.part, whole=would.anyway.whole, low=low, high=high)
        return cls(
            dark_after=would.span.code, flags=would.flags, flags_a_month=would.a_month,
            would_have_answered_anyway=anyway,
            found_later_seconds=None if would.later is None else would.later.total_seconds(),
            found=would.found, missed=would.missed,
        )  # fmt: skip


class AdviceOut(Given):
    """Which threshold the history speaks for, and why; null: for none."""

    dark_after: str | None
    reason: str
    warning: str

    @classmethod
    def of(cls, advice: Advice) -> AdviceOut:
        """Describe an advice."""
        code = advice.span.code if advice.span else None
        return cls(dark_after=code, reason=advice.reason, warning=advice.warning)


class TrialOut(Given):
    """What setting it would change at this moment, and what it would have done."""

    dark_before: int
    now_dark: int
    no_longer_dark: int
    suggestions_withdrawn: int
    would: WouldOut
    current: WouldOut
    advice: AdviceOut


@router.operation(
    "POST", "/stages/{pk}/thresholds/try", ADMIN, gives=TrialOut,
    summary="Try a threshold without setting it",
)  # fmt: skip
def try_threshold(request: ApiRequest, pk: PathId, said: TrialIn) -> HttpResponse:
    stage = readable_stage(request, pk)
    if not Threshold.objects.filter(stage=stage).exists():
        raise unprocessable([wrong("The stage has no threshold yet. Set its first one.")])
    supposed = suppose(stage, said.dark_after, request.now)
    read = studio.read(stage, request.now, said.months)
    span = Span.parse(said.dark_after)
    return one(
        TrialOut(
            dark_before=supposed.before.count(),
            now_dark=supposed.now_dark.count(),
            no_longer_dark=supposed.no_longer_dark.count(),
            suggestions_withdrawn=would_withdraw(supposed.no_longer_dark),
            would=WouldOut.of(read.would(span, said.segment)),
            current=WouldOut.of(read.would(read.current, said.segment)),
            advice=AdviceOut.of(read.advice),
        )
    )
