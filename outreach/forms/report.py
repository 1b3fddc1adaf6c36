"""What the report's address asks for beside its scope: how to show it, and which mark was chosen."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime, tzinfo
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.http import urlencode

from accounts.models import User
from contacts.models import Channel
from deals import flows
from deals.figures import Figure
from deals.forms.deals import StageField
from deals.forms.report import ScopeForm
from deals.models import Pipeline
from deals.periods import SHORTCUTS, Period
from outreach.marks import ANSWERS, FATES, OTHERS, SILENCES, TRIED, Mark
from outreach.models import Play
from outreach.reasons_report import LABELS

COUNT, VALUE, RATE = "count", "value", "rate"
MEASURES = [(COUNT, "Number"), (VALUE, "Value"), (RATE, "Share relit")]
MOMENTS = ("from", "to", "as_of")
DAYS = ("from", "to", "period")  # what a shortcut replaces
CHOICES = ("pipeline", "stage", "team", "owner", "kind", "business")
NEEDED = {TRIED: ("play", "channel", "fate"), ANSWERS: ("weekday", "hour")}
PARTS: dict[tuple[str, ...], list[str]] = {  # what may be said of which marks
    ("reason",): [Figure.WENT_DARK], ("play", "channel", "fate"): [TRIED],
    ("weekday", "hour"): [ANSWERS], ("dark", "became"): [SILENCES],
}  # fmt: skip
OF_PEOPLE = ("team", "owner")  # whoever leads nobody has none to choose among
ALL = {
    "pipeline": "All pipelines", "stage": "All stages", "team": "All teams", "owner": "All reps",
    "kind": "All contacts", "business": "B2B and B2C",
}  # fmt: skip


class ReportForm(ScopeForm):
    """A scope, and by what the heatmap is shaded. A stage of another pipeline is left out.

    Of what an address says twice the last word counts that says something.
    """

    pipeline = forms.ModelChoiceField(Pipeline.objects.all(), required=False)
    stage = StageField(required=False)
    heat = forms.ChoiceField(choices=MEASURES, required=False, widget=forms.HiddenInput)

    def __init__(self, query: QueryDict, *, reader: User, now: datetime, zone: tzinfo) -> None:
        self.said = said_only(query)
        self.left_out = ""  # a sentence, where something asked for was left out
        super().__init__(self.said, reader=reader, now=now, zone=zone)
        for name, label in ALL.items():
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.empty_label = label
            elif isinstance(field, forms.ChoiceField):
                _, *rest = cast("list[tuple[str, str]]", field.choices)
                field.choices = [("", label), *rest]
        stage = self.fields["stage"]
        assert isinstance(stage, StageField)
        stage.group(self.said.get("pipeline", ""))
        self.reader = reader

    def misplaced(self, pipeline: Pipeline) -> None:
        """Leave out a stage that the pipeline asked for does not have."""
        stage, self.cleaned_data["stage"] = self.cleaned_data["stage"], None
        self.left_out = f"{stage} is not a stage of {pipeline}: all stages of {pipeline} are shown."

    @property
    def asked(self) -> dict[str, str]:
        """What an address has to say to ask for the same again; nothing where it makes no sense."""
        if not self.is_valid():
            return {}
        known = self.fields.keys() - ({"stage"} if self.left_out else set())
        return {name: word for name, word in self.said.items() if name in known}

    @property
    def measure(self) -> str:
        """By what the heatmap is shaded: one of MEASURES."""
        return (self.is_valid() and self.cleaned_data["heat"]) or COUNT

    @property
    def choices(self) -> list[forms.BoundField]:
        """The filters that this reader has, in the order of the bar."""
        hidden = () if self.reader.is_manager else OF_PEOPLE
        return [self[name] for name in CHOICES if name not in hidden]

    @property
    def moments(self) -> list[dict[str, Any]]:
        """The days that are asked for: those of a shortcut stay empty, as it goes on with time.

        An instant is no day: it stays as it is until another day is chosen.
        """
        said = self.cleaned_data if self.is_valid() else {}
        return [
            {"name": name, "label": self[name].label, "id_for_label": self[name].id_for_label,
             "errors": self[name].errors, **_kept(said.get(name), self.said.get(name, ""))}
            for name in MOMENTS
        ]  # fmt: skip

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What goes along unseen when the bar is sent: the shortcut, and the measure of the heatmap."""
        told = {"period": self.shortcut, "heat": "" if self.measure == COUNT else self.measure}
        return [(name, said) for name, said in told.items() if said]

    @property
    def chosen(self) -> list[str]:
        """What the filters leave, in words."""
        return [_said(field) for field in self.choices if self._asked(field.name)]

    @property
    def shortcuts(self) -> list[tuple[str, str, bool]]:
        """Each shortcut with the address that it leads to, and whether it is what is shown."""
        asked = self.asked or self.said
        kept = {name: said for name, said in asked.items() if name not in DAYS}
        return [
            (label, urlencode({"period": code, **kept}), self.shown == self._lasting(days))
            for code, (label, days) in SHORTCUTS.items()
        ]

    @property
    def is_by_days(self) -> bool:
        """Whether two days are asked for that no shortcut means."""
        return not any(self.shown == self._lasting(days) for _, days in SHORTCUTS.values())

    def _lasting(self, days: int) -> Period:
        return Period.until_today(days, self.as_of, self.zone)

    def _asked(self, name: str) -> object:
        return self.is_valid() and self.cleaned_data.get(name)


class MarkForm(ReportForm):
    """A scope, and which mark of the report was pointed at."""

    figure = forms.ChoiceField(choices=[*Figure.choices, *OTHERS])
    reason = forms.ChoiceField(choices=list(LABELS.items()), required=False)
    play = forms.ChoiceField(choices=Play.choices, required=False)
    channel = forms.ChoiceField(choices=Channel.choices, required=False)
    fate = forms.ChoiceField(choices=list(FATES.items()), required=False)
    weekday = forms.IntegerField(min_value=0, max_value=6, required=False)
    hour = forms.IntegerField(min_value=0, max_value=23, required=False)
    dark = forms.ChoiceField(choices=[("yes", ""), ("no", "")], required=False)
    became = forms.ChoiceField(choices=flows.Fate.choices, required=False)
    back = forms.CharField(required=False)  # what the report's address said: see `Ways.trail`

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        figure = str(said.get("figure"))
        for names, owners in PARTS.items():
            if figure not in owners and any(said.get(name) for name in names):
                raise ValidationError("That is said of other marks.", code="mark")
        needed = NEEDED.get(figure, ())
        if any(said.get(name) in (None, "") for name in needed):
            raise ValidationError(f"Say also: {', '.join(needed)}.", code="mark")
        return said

    @property
    def mark(self) -> Mark:
        """The mark that was pointed at."""
        return Mark(**{each.name: self.cleaned_data[each.name] for each in fields(Mark)})


def _kept(moment: date | datetime | None, said: str) -> dict[str, str]:
    """Return a moment as a date field takes it, or as the address says it where it is an instant."""
    if isinstance(moment, datetime):
        return {"day": "", "instant": said}
    return {"day": moment.isoformat() if moment else "", "instant": ""}


def said_only(query: QueryDict) -> dict[str, str]:
    """Return what a query says, without what was left empty."""
    told = {name: [str(word) for word in words if word] for name, words in query.lists()}
    return {name: words[-1] for name, words in told.items() if words}


def _said(field: forms.BoundField) -> str:
    """Return the words of what is chosen in a field."""
    assert isinstance(field.field, forms.ChoiceField)
    value = field.value()
    if isinstance(field.field, forms.ModelChoiceField):
        return str(field.form.cleaned_data[field.name])
    return str(dict(field.field.choices)[value])  # type: ignore[arg-type]
