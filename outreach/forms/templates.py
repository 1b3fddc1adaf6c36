"""The form of a template: words whose fields are those that there are."""

from __future__ import annotations

from typing import Any

from django import forms

from contacts.models import Channel
from outreach import fields
from outreach.models import Template

WITH_SUBJECT = (Channel.EMAIL, Channel.LETTER, Channel.MEETING, Channel.WEB, Channel.OTHER)
LONGEST_SHORT = 300  # characters: two text messages, and no wall of words in a chat
SHORT = (Channel.SMS, Channel.CHAT, Channel.SOCIAL)


class TemplateForm(forms.ModelForm):
    """The subject, where the channel has one, and the words."""

    class Meta:
        model = Template
        fields = ("subject", "body")
        labels = {"body": "Words"}
        widgets = {"body": forms.Textarea(attrs={"rows": 14})}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.channel not in WITH_SUBJECT:
            del self.fields["subject"]

    def clean_subject(self) -> str:
        subject: str = self.cleaned_data["subject"]
        fields.check(subject)
        return subject

    def clean_body(self) -> str:
        body = "\n".join(line.rstrip() for line in self.cleaned_data["body"].splitlines()).strip()
        fields.check(body)
        if self.instance.channel in SHORT and len(body) > LONGEST_SHORT:
            raise forms.ValidationError(
                f"That is {len(body)} characters. Keep it to {LONGEST_SHORT}: short messages are read."
            )
        return body
