"""What a report's address asks for: a scope, and which figure's deals."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date, parse_datetime

from accounts.models import Team, User
from contacts.models import Contact
from deals.models import Pipeline, Stage
from deals.periods import LONGEST, SHORTCUTS, USUAL, Period
from deals.scopes import INSTANT, Business, Scope, teams_of

YEARS = range(1900, 2200)  # what leaves room for a period before, and for any time zone


def in_reach(moment: date) -> None:
    """Raise ValidationError for a day of a year that nobody can mean."""
    if moment.year not in YEARS:
        raise ValidationError(f"Choose a year from {YEARS[0]} to {YEARS[-1]}.", code="year")


class PeriodForm(forms.Form):
    """A shortcut (`period`), or the first and the last day (`from`, `to`) in the reader's zone."""

    period = forms.ChoiceField(
        choices=[(code, label) for code, (label, _) in SHORTCUTS.items()],
        required=False,
        widget=forms.HiddenInput,
    )

    def __init__(self, data: Any, *, now: datetime, zone: tzinfo) -> None:
        super().__init__(data)
        self.now, self.zone = now, zone
        for name, label in (("from", "From"), ("to", "To")):
            day = forms.DateInput(attrs={"type": "date"})
            self.fields[name] = forms.DateField(
                label=label, required=False, widget=day, validators=[in_reach]
            )

    @property
    def as_of(self) -> datetime:
        """The instant that a period without a last day goes up to."""
        return self.now

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        first, last = said.get("from"), said.get("to")
        if last and not first and "from" not in self.errors:
            self.add_error("from", "Give the first day too, or choose 4 weeks, 10 weeks or a year.")
        if not first:
            return said
        last = said["to"] = last or self.as_of.astimezone(self.zone).date()
        if first > last:
            self.add_error("to", "The last day comes before the first. Swap the two.")
        elif (last - first).days >= LONGEST:
            self.add_error("from", "That is more than five years. Choose a later first day.")
        return said

    @property
    def shown(self) -> Period:
        """The period asked for; the usual one where that makes no sense."""
        if self.is_valid() and self.cleaned_data["from"]:
            return Period(self.cleaned_data["from"], self.cleaned_data["to"], self.zone)
        return Period.until_today(SHORTCUTS[self.shortcut or USUAL][1], self.as_of, self.zone)

    @property
    def shortcut(self) -> str:
        """The shortcut that is chosen; empty where two days are."""
        if not self.is_valid():
            return USUAL
        return "" if self.cleaned_data["from"] else self.cleaned_data["period"] or USUAL


class MomentField(forms.CharField):
    """A day or an instant; a bare one is in the reader's zone. Becomes a date or a datetime."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            moment = parse_date(text) or parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None:
            remedy = "Write a day such as 2026-03-31, or an instant such as 2026-03-31T17:00Z."
            raise ValidationError(remedy, code="invalid")
        in_reach(moment)
        return moment


class ScopeForm(PeriodForm):
    """A period, the instant to report as of, and filters; all but what the reader may see is unknown.

    A day to report as of means its end, and today means now.
    """

    pipeline = forms.ModelChoiceField(Pipeline.objects.all(), required=False)
    stage = forms.ModelChoiceField(Stage.objects.select_related("pipeline"), required=False)
    team = forms.ModelChoiceField(Team.objects.none(), required=False)
    owner = forms.ModelChoiceField(User.objects.none(), required=False, label="Rep")
    kind = forms.ChoiceField(choices=[("", "All"), *Contact.Kind.choices], required=False)
    business = forms.ChoiceField(choices=[("", "All"), *Business.choices], required=False)

    def __init__(self, data: Any, *, reader: User, now: datetime, zone: tzinfo) -> None:
        super().__init__(data, now=now, zone=zone)
        day = forms.DateInput(attrs={"type": "date"})
        self.fields["as_of"] = MomentField(label="As of", required=False, widget=day)
        for name, rows in (("team", teams_of(reader)), ("owner", User.objects.overseen_by(reader))):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows

    @property
    def is_now(self) -> bool:
        """Whether it reports as of the present."""
        return self.as_of >= self.now

    @property
    def as_of(self) -> datetime:
        """The instant to report as of; now without one."""
        said = self.cleaned_data.get("as_of")
        if said is None:
            return self.now
        if isinstance(said, datetime):
            return said if said.tzinfo else said.replace(tzinfo=self.zone)
        today = self.now.astimezone(self.zone).date()
        return self.now if said == today else Period(said, said, self.zone).until - INSTANT

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if self.as_of > self.now:
            self.add_error("as_of", "That is still to come. Choose a day up to today.")
        elif said.get("from") and self._begins_after(said["from"]):
            self.add_error("as_of", "The period begins after that. Choose an earlier first day.")
        pipeline, stage = said.get("pipeline"), said.get("stage")
        if pipeline and stage and stage.pipeline_id != pipeline.pk:
            self.misplaced(pipeline)
        return said

    def misplaced(self, pipeline: Pipeline) -> None:
        """Refuse a stage of another pipeline than the one asked for."""
        self.add_error("stage", f"{pipeline} has no such stage. Choose one of its stages.")

    def _begins_after(self, first: date) -> bool:
        return Period(first, first, self.zone).since > self.as_of

    @property
    def scope(self) -> Scope:
        """The scope asked for; as of now and unfiltered where the address makes no sense."""
        if not self.is_valid():
            return Scope(self.shown, self.now)
        said = self.cleaned_data
        names = ("pipeline", "stage", "team", "owner", "kind", "business")
        return Scope(self.shown, self.as_of, self.is_now, **{name: said[name] for name in names})
