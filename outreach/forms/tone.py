"""A text that is to be looked at by the tone check, and the place in it that is to be mended."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

from contacts.models import Channel
from outreach import house_tone, mending
from outreach.mending import How, Spot
from outreach.models import Play

NAME = RegexValidator(r"^[a-z][a-z0-9_-]{0,40}$")
ITS_OWN = {"csrfmiddlewaretoken", "mend", "words_id", "words_name", "onward", "onward_says"}
ON_PAGE = {"language", "play"}  # words.html has them too


class ToneForm(forms.Form):
    """The text lies in the field that `words_name` names, of the form that is being written."""

    data: QueryDict

    channel = forms.ChoiceField(choices=Channel.choices, required=False)
    language = forms.CharField(max_length=10, required=False)
    play = forms.ChoiceField(choices=Play.choices, required=False)
    words_id = forms.CharField(validators=[NAME])
    words_name = forms.CharField(validators=[NAME])
    mend = forms.RegexField(r"^\d{1,6}-(out|say)$", required=False)
    onward = forms.CharField(required=False, max_length=2000)
    onward_says = forms.CharField(required=False, max_length=40)

    @property
    def text(self) -> str:
        """The text as it was written, each line ended by one character."""
        return self.data.get(self.cleaned_data["words_name"], "").replace("\r\n", "\n")

    @property
    def mended(self) -> str:
        """The text with the place mended that was asked for; as it is where nothing is there."""
        start, _, how = self.cleaned_data["mend"].partition("-")
        at = [spot for spot in self.spots(self.text) if start == str(spot.finding.start)]
        for spot in at:
            if (how == How.SAY and spot.say) or (how == How.OUT and spot.can_go):
                return mending.mend(self.text, spot.finding, How(how))
        return self.text

    @property
    def others(self) -> list[tuple[str, str]]:
        """The other fields of the form that is being written, to be carried along."""
        left = {*ITS_OWN, *ON_PAGE, self.cleaned_data["words_name"]}
        return [
            (name, value)
            for name in self.data
            if name not in left
            for value in self.data.getlist(name)
        ]

    def told(self, text: str) -> dict[str, Any]:
        """Return what the page shows of a text: its words, and what to mend."""
        names = ("words_id", "words_name", "channel", "language", "play", "onward", "onward_says")
        return {
            **{name: self.cleaned_data[name] for name in names},
            "words": text,
            "is_checked": bool(text.strip()),
            "spots": self.spots(text),
        }

    def spots(self, text: str) -> list[Spot]:
        """Return what to mend in a text."""
        cleaned = self.cleaned_data
        return house_tone.spots(
            text,
            channel=cleaned["channel"] or Channel.EMAIL,
            language=cleaned["language"] or None,
            expects_answer=cleaned["play"] != Play.LET_GO,
        )

    def clean_onward(self) -> str:
        """Return the page that the form goes on to; none for one that is not ours."""
        url: str = self.cleaned_data["onward"]
        is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
        return url if is_ours else ""
