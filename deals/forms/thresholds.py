"""Changing a stage's threshold: first see what it would do, then save it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.http import QueryDict

from deals import studio, thresholds
from deals.models import Stage, Threshold
from deals.segments import LABELS, Segment
from deals.spans import Span, parse_spans, validate_span, validate_spans
from deals.thresholds import SAYS

PK = re.compile(r"[0-9]{1,9}")
RETROACTIVE = "retroactive"
SALT = "deals.threshold.seen"
SEEN_SECONDS = 24 * 3600  # a preview older than a day says little about today
SPELLING = "Such as 3w, 7d or 36h; in working time 1wd or 4wh."
MONTHS = {
    **{count: f"{count} months" for count in (3, 6, 12, 24)},
    studio.EVER: "50 years",
}


class TrialForm(forms.Form):
    """What to try on a stage: a threshold, on how many of the last months, on which silences.

    All of it is optional, and what cannot be is passed over, but for a threshold: its field
    tells what is wrong.
    """

    dark_after = forms.CharField(
        label="Dark after", max_length=20, required=False, help_text=SPELLING,
        widget=forms.TextInput({"autocomplete": "off", "aria-describedby": "id_dark_after_notes"}),
    )  # fmt: skip
    months = forms.TypedChoiceField(
        label="Over the last", required=False, coerce=int, empty_value=None,
        choices=list(MONTHS.items()),
    )  # fmt: skip
    segment = forms.TypedChoiceField(
        label="Shown", required=False, coerce=Segment, empty_value=None,
        choices=[("", "All"), *LABELS.items()],
    )  # fmt: skip

    def __init__(self, data: Mapping[str, str], *, months: int = studio.MONTHS) -> None:
        super().__init__({"months": str(months), **data})
        self.customary = months

    def clean_dark_after(self) -> str:
        text = self.cleaned_data["dark_after"]
        return _code(text) if text else ""

    @property
    def span(self) -> Span | None:
        """The threshold to try; None: the one in force."""
        said = self._told("dark_after")
        return Span.parse(said) if said else None

    @property
    def over(self) -> int:
        """How many months to look back."""
        return int(self._told("months") or self.customary)

    @property
    def among(self) -> Segment | None:
        """Whose silences; None: all."""
        found: Segment | None = self._told("segment")
        return found

    def _told(self, name: str) -> Any:
        return self.cleaned_data.get(name)


class ThresholdForm(forms.ModelForm):
    """What a new version says. `seen` is the signed change that the admin was shown."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    retroactive = forms.BooleanField(
        label="Count the past by it too",
        required=False,
        help_text="Otherwise it counts from now on, and what reports said of the past stays said.",
    )

    class Meta:
        model = Threshold
        fields = (*SAYS, "note")
        labels = {
            "dark_after": "Dark after",
            "on_entry": "Entering the stage leaves it",
            "reply_within": "We reply within",
            "spacing": "Waits between attempts",
            "note": "Why",
        }
        help_texts = {
            "dark_after": SPELLING,
            "on_entry": "Whose move it is when a deal enters.",
            "reply_within": "How long we may owe them an answer.",
            "attempts": "How often we try before letting go.",
            "spacing": "Such as 1wd, 2wd, 3wd; the last one repeats.",
            "note": "For whoever reads the history.",
        }

    def __init__(
        self,
        data: Any = None,
        *,
        stage: Stage,
        current: Threshold | None,
    ) -> None:
        super().__init__(data, initial=model_to_dict(current, SAYS) if current else {})
        self.stage, self.current = stage, current
        for name in (*SAYS, "note"):  # where what is wrong with it is told, also while it is typed
            self.fields[name].widget.attrs["aria-describedby"] = f"id_{name}_notes"

    @classmethod
    def asked(
        cls, said: Mapping[str, str], *, stage: Stage, current: Threshold | None
    ) -> ThresholdForm:
        """Return the form as an address asks for it; what it does not say is as in force.

        Blank where it asks for nothing else than what is in force.
        """
        blank = cls(stage=stage, current=current)
        if not said.get("dark_after"):
            return blank
        told = _said(current or Threshold())
        told |= {name: said[name] for name in (*SAYS, "note") if said.get(name)}
        form = cls(told, stage=stage, current=current)
        return blank if form.non_field_errors() else form

    def clean_dark_after(self) -> str:
        return _code(self.cleaned_data["dark_after"])

    def clean_reply_within(self) -> str:
        return _code(self.cleaned_data["reply_within"])

    def clean_spacing(self) -> str:
        return _codes(self.cleaned_data["spacing"])

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if self.errors or self.current is None or said[RETROACTIVE]:
            return said
        if all(said[name] == _now(self.current, name) for name in SAYS):
            raise ValidationError("This is what is in force already. Change something first.")
        return said

    @property
    def has_seen(self) -> bool:
        """Whether just this change of just this threshold in force was shown before saving."""
        try:
            seen = signing.loads(self.cleaned_data["seen"], salt=SALT, max_age=SEEN_SECONDS)
        except signing.BadSignature:
            return False
        return bool(seen == self._token)

    def sign(self) -> str:
        """Return the proof that this change was shown."""
        return signing.dumps(self._token, salt=SALT)

    @property
    def _token(self) -> list[object]:
        current = self.current.pk if self.current else None
        return [self.stage.pk, current, *(self.cleaned_data[name] for name in (*SAYS, RETROACTIVE))]

    def said(self) -> dict[str, Any]:
        """Return what `thresholds.change` takes."""
        return {name: self.cleaned_data[name] for name in (*SAYS, "note", RETROACTIVE)}


def asked_of(query: QueryDict, stage: Stage) -> dict[str, str]:
    """Return what an address asks to try: what it says, or all that the `version` it names says."""
    said = {name: str(value) for name, value in query.items()}
    number = said.get("version", "")
    version = stage.thresholds.filter(pk=int(number)).first() if PK.fullmatch(number) else None
    if version is None:
        return said
    return {**said, **_said(version), "note": thresholds.return_note(version)}


def _said(version: Threshold) -> dict[str, str]:
    return {name: str(_now(version, name)) for name in SAYS}


def _now(current: Threshold, name: str) -> object:
    """Return what a version says, spelt as this form spells it."""
    value = getattr(current, name)
    return _codes(value) if name == "spacing" else value


def _code(text: str) -> str:
    """Spell a span as `Span` does; raise ValidationError, with the remedy, for what is none."""
    validate_span(text.lower())
    return Span.parse(text.lower()).code


def _codes(text: str) -> str:
    validate_spans(text.lower())
    return ", ".join(span.code for span in parse_spans(text.lower()))
