"""The forms of templates: words whose fields are those that there are, filters, a deal to look at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from contacts.models import Channel
from deals.models import Deal
from outreach import fields
from outreach.filling import fill, parts
from outreach.models import Reason, Template
from outreach.models.templates import say_language
from outreach.previews import SAMPLE, seconds

WITH_SUBJECT = (Channel.EMAIL, Channel.LETTER, Channel.MEETING, Channel.WEB, Channel.OTHER)
LONGEST_SHORT = 300  # characters: two text messages, and no wall of words in a chat
SHORT = (Channel.SMS, Channel.CHAT, Channel.SOCIAL)
LONGEST_VOICEMAIL = 20  # seconds
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")
ANY_REASON = ("", "Any reason")
REASONS = [ANY_REASON, *(one for one in Reason.choices if one[0] != Reason.UNKNOWN)]


class TemplateForm(forms.ModelForm):
    """The subject, where the channel has one, and the words."""

    class Meta:
        model = Template
        fields: tuple[str, ...] = ("subject", "body")
        labels = {"body": "Words"}
        widgets = {"body": forms.Textarea({"rows": 16})}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk and self.instance.channel == Channel.PHONE:
            self.fields["body"].help_text = (
                f"What comes after the line “{fields.VOICEMAIL}” is what to say to a voicemail: "
                f"{LONGEST_VOICEMAIL} seconds at most."
            )
        if self.instance.pk and self.instance.channel not in WITH_SUBJECT:
            del self.fields["subject"]

    def clean_subject(self) -> str:
        subject: str = self.cleaned_data["subject"]
        fields.check(subject)
        return subject

    def clean_body(self) -> str:
        body = "\n".join(line.rstrip() for line in self.cleaned_data["body"].splitlines()).strip()
        fields.check(body)
        return body

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        body = told.get("body", "")
        channel = told.get("channel") or self.instance.channel
        language = told.get("language") or self.instance.language
        if body and channel:
            self._check_length(body, channel, language)
        if channel not in WITH_SUBJECT:
            told["subject"] = ""
        return told

    def _check_length(self, body: str, channel: str, language: str) -> None:
        words, voicemail = (fill(text, fields.sample(language)) for text in parts(body))
        if voicemail and channel != Channel.PHONE:
            self.add_error("body", f"Only a call has a voicemail: leave “{fields.VOICEMAIL}” out.")
        if seconds(voicemail) > LONGEST_VOICEMAIL:
            self.add_error(
                "body",
                f"The voicemail takes {seconds(voicemail)} seconds. "
                f"Keep it to {LONGEST_VOICEMAIL}: few listen longer.",
            )
        if channel in SHORT and len(words) > LONGEST_SHORT:
            self.add_error(
                "body",
                f"That is {len(words)} characters with sample values. "
                f"Keep it to {LONGEST_SHORT}: short messages are read.",
            )


class NewTemplateForm(TemplateForm):
    """Other words: for which play and channel, in which language, for which reason."""

    reason = forms.ChoiceField(choices=REASONS, required=False, label="For silences of")
    language = forms.CharField(max_length=10, help_text="As a code, such as en, de or sv.")

    field_order = ("play", "channel", "reason", "language", "subject", "body")

    class Meta(TemplateForm.Meta):
        fields = ("play", "channel", "reason", "language", "subject", "body")
        help_texts = {
            "subject": "Left out where the channel has none.",
            "body": "For a call, what comes after the line “Voicemail:” is said to one.",
        }

    def clean_language(self) -> str:
        language: str = self.cleaned_data["language"].lower()
        if not LANGUAGE.fullmatch(language):
            raise ValidationError("Give a code of two or three letters, such as en or pt-br.")
        return language


class TemplateFilterForm(forms.Form):
    """Which templates to list."""

    language = forms.ChoiceField(required=False)
    reason = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, languages: Iterable[str], **options: Any) -> None:
        super().__init__(*args, **options)
        known = [("", "All languages"), *((code, say_language(code)) for code in languages)]
        self.fields["language"].choices = known  # type: ignore[attr-defined]
        every = [("", "All"), ("any", "For any reason"), *REASONS[1:]]
        self.fields["reason"].choices = every  # type: ignore[attr-defined]


class PreviewForm(forms.Form):
    """Which deal to look at a template with."""

    deal = forms.ChoiceField(required=False, label="Preview with")

    def __init__(self, offered: list[Deal], deal: Deal | None) -> None:
        super().__init__(initial={"deal": deal.pk if deal else SAMPLE})
        shown = offered if deal is None or deal in offered else [deal, *offered]
        known = [(one.pk, f"{one.title} · {one.contact}") for one in shown]
        self.fields["deal"].choices = [*known, (SAMPLE, "Sample data")]  # type: ignore[attr-defined]
