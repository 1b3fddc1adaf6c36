"""The figures of the gone-dark report, as its page counts them for the same reader."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import BaseModel, Field

from accounts.api.answers import ApiRequest, one
from accounts.api.problems import unprocessable, wrong_parameter
from accounts.api.router import Routes
from accounts.api.scopes import READ
from accounts.api.values import Given, Named, named
from accounts.models import User
from deals import reports
from deals.api.said import StageRef
from deals.figures import TOLD, Figure
from deals.forms.report import ScopeForm
from deals.lengths import Attempts, Relighting
from deals.models import Stage
from deals.reports import Report, Told
from deals.shares import Share
from deals.tallies import Tally

router = Routes(tags=["Report"])
A_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
A_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{5,15}(Z|[+ -][0-9]{2}:[0-9]{2})?)?$"
AN_ID = r"^[0-9]{1,18}$"


class Asked(BaseModel):
    """Of which days, as of when, and of which part of the deals: as the report’s address says it.

    Days are in the zone of whoever the token belongs to: the last ten weeks without, or those of
    `period`. A day to report as of means its end.
    """

    first: str | None = Field(default=None, alias="from", pattern=A_DAY)
    last: str | None = Field(default=None, alias="to", pattern=A_DAY)
    period: str | None = Field(default=None, pattern="^(4w|10w|year)$")
    as_of: str | None = Field(default=None, pattern=A_MOMENT)
    pipeline: str | None = Field(default=None, pattern=AN_ID)
    stage: str | None = Field(default=None, pattern=AN_ID)
    team: str | None = Field(default=None, pattern=AN_ID)
    owner: str | None = Field(default=None, pattern=AN_ID)
    kind: str | None = Field(default=None, pattern="^(prospect|customer)$")
    business: str | None = Field(default=None, pattern="^(b2b|b2c)$")


NAMES = tuple(field.alias or name for name, field in Asked.model_fields.items())


class Count(Given):
    """How many, and what they are worth.

    `amounts` has each currency for itself. `value` is in the workspace’s currency, by the rates
    of the days of their crossings; `apart` is what had none.
    """

    count: int
    amounts: dict[str, str]
    value: str
    apart: dict[str, str]

    @classmethod
    def of(cls, tally: Tally) -> Count:
        """Describe a tally."""
        return cls(
            count=tally.count,
            amounts=_written(tally.amounts),
            value=f"{tally.value:.2f}",
            apart=_written(tally.apart),
        )


class ShareOut(Given):
    """So many of so many, and where the true share lies in 19 of 20 cases, from 0 to 1."""

    part: int
    whole: int
    low: float
    high: float
    is_enough: bool

    @classmethod
    def of(cls, share: Share) -> ShareOut:
        """Describe a share."""
        low, high = share.interval
        return cls(
            part=share.part, whole=share.whole, low=low, high=high, is_enough=share.is_enough
        )


class Shares(Given):
    """Of silences that waited, those that went dark, and so on: see docs/figures.md."""

    dark_now: ShareOut
    went_dark: ShareOut
    relit: ShareOut
    we_went_quiet: ShareOut
    won: ShareOut


class Figures(Given):
    """Each figure of the report. docs/figures.md says what each counts."""

    dark_now: Count
    went_dark: Count
    relit: Count
    let_go: Count
    we_went_quiet: Count
    won: Count
    lost: Count
    open: Count
    shares: Shares

    @classmethod
    def of(cls, told: Told, stage: Stage | None = None, owner: User | None = None) -> Figures:
        """Describe the figures of one stage or owner, or of all."""
        counts: dict[str, Any] = {
            each.value: Count.of(told.tally(each, stage, owner)) for each in (*TOLD, Figure.OPEN)
        }
        shares: dict[str, Any] = {
            figure.value: ShareOut.of(share)
            for figure in reports.SHARES
            if (share := told.share(figure, stage, owner)) is not None
        }
        return cls(**counts, shares=Shares(**shares))


class Lengths(Given):
    """How long the relit ones had been dark, and after how many attempts silences were let go.

    `None` of none.
    """

    relit: int
    median_seconds_to_relight: float | None
    let_go: int
    mean_attempts: float | None
    median_attempts: float | None

    @classmethod
    def of(cls, relighting: Relighting, attempts: Attempts) -> Lengths:
        """Describe both."""
        median = relighting.median
        return cls(
            relit=relighting.count,
            median_seconds_to_relight=None if median is None else median.total_seconds(),
            let_go=attempts.count,
            mean_attempts=attempts.mean,
            median_attempts=attempts.median,
        )


class Period(Given):
    """The figures of one period."""

    total: Figures
    lengths: Lengths

    @classmethod
    def of(cls, told: Told) -> Period:
        """Describe what a period amounts to."""
        return cls(total=Figures.of(told), lengths=Lengths.of(told.relighting, told.attempts))


class OfStage(Given):
    stage: StageRef
    figures: Figures


class OfOwner(Given):
    owner: Named
    figures: Figures


class StepOut(Given):
    """One week or month of the period."""

    first: date
    last: date
    went_dark: int
    relit: int
    let_go: int


class ReportOut(Given):
    """The gone-dark report of a period; `before` is the same of the period of equal length before.

    `as_of` is null in a report of the present.
    """

    first: date
    last: date
    time_zone: str
    as_of: datetime | None
    currency: str
    total: Figures
    lengths: Lengths
    before: Period
    stages: list[OfStage]
    owners: list[OfOwner]
    steps: list[StepOut]


@router.operation("GET", "/report", READ, gives=ReportOut, summary="The report’s figures")
def report(request: ApiRequest, asked: Query[Asked]) -> HttpResponse:
    zone = timezone.get_current_timezone()
    form = ScopeForm(_sent(request), reader=request.user, now=request.now, zone=zone)
    if not form.is_valid():
        raise unprocessable(
            wrong_parameter(name, str(message))
            for name, messages in form.errors.items()
            for message in messages
        )
    return one(_said(reports.report(request.user, form.scope)))


def _sent(request: ApiRequest) -> dict[str, str]:
    unknown = [name for name in request.GET if name not in NAMES]
    if unknown:
        remedy = f"There is no such parameter. There are: {', '.join(NAMES)}."
        raise unprocessable(wrong_parameter(name, remedy) for name in unknown)
    return {name: request.GET[name] for name in NAMES if name in request.GET}


def _written(amounts: dict[str, Any]) -> dict[str, str]:
    return {code: f"{amount:.2f}" for code, amount in sorted(amounts.items())}


def _said(found: Report) -> ReportOut:
    period = found.period
    steps: list[Any] = [
        {"first": step.period.first, "last": step.period.last}
        | {figure.value: count for figure, count in step.counts.items()}
        for step in found.steps
    ]
    return ReportOut(
        first=period.first, last=period.last, time_zone=str(period.zone),
        as_of=None if found.scope.is_now else found.scope.as_of, currency=found.currency,
        total=Figures.of(found),
        lengths=Lengths.of(found.relighting, found.attempts),
        before=Period.of(found.before),
        stages=[
            OfStage(stage=StageRef.of(each), figures=Figures.of(found, stage=each))
            for each in found.stages
        ],
        owners=[
            OfOwner(owner=named(each), figures=Figures.of(found, owner=each))
            for each in found.owners
        ],
        steps=[StepOut(**step) for step in steps],
    )  # fmt: skip
