"""A phrase of the workspace's own for the tone check, and which of the shipped ones is meant."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms

from accounts.models import User
from outreach.house_tone import OWN
from outreach.models import Phrasing
from outreach.phrasebook import phrasebooks

LANGUAGES = {"en": "English", "de": "German"}
LONGEST = 200  # characters; of words that people say, few have 40


class OwnPhraseForm(forms.ModelForm):
    """A phrase, why it had better not be said, and what to write instead."""

    language = forms.ChoiceField(choices=list(LANGUAGES.items()), widget=forms.HiddenInput)
    notation = forms.CharField(
        label="Phrase",
        max_length=LONGEST,
        help_text="As you would write it, in small letters or large: “per my last note”.",
    )
    why = forms.CharField(label="Why not", max_length=300)
    instead = forms.CharField(label="What to write instead", max_length=300)

    class Meta:
        model = Phrasing
        fields: ClassVar = ["language", "notation", "why", "instead"]

    def clean(self) -> dict[str, Any]:
        """Refuse a phrase that cannot be read, and one that is shipped or there already."""
        cleaned = super().clean() or {}
        language, notation = cleaned.get("language"), cleaned.get("notation")
        if not language or not notation:
            return cleaned
        book = phrasebooks()[language]
        try:
            book.phrase(notation, kind=OWN, why="", instead="")
        except ValueError as error:
            self.add_error("notation", str(error))
        if notation in {phrase.notation for phrase in book.blame.phrases}:
            self.add_error("notation", "This phrase is shipped. Switch it on below instead.")
        return cleaned

    def add(self, *, user: User, now: datetime) -> Phrasing:
        """Save the phrase."""
        self.instance.changed_by, self.instance.changed_at = user, now
        row: Phrasing = self.save()
        return row


class SwitchForm(forms.Form):
    """A shipped phrase, and whether it is looked for."""

    language = forms.ChoiceField(choices=list(LANGUAGES.items()))
    notation = forms.CharField(max_length=2000, strip=False)
    is_on = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        book = phrasebooks().get(cleaned.get("language", ""))
        shipped = {phrase.notation for phrase in book.blame.phrases} if book else set()
        if cleaned.get("notation") not in shipped:
            raise forms.ValidationError("No shipped phrase reads so. Open the list again.")
        return cleaned
