"""What holds for all mail that is captured here."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Workspace


class MailSettingsForm(forms.ModelForm):
    """What is kept, whose word is needed, and where copies are sent to."""

    class Meta:
        model = Workspace
        fields = ("keeps_bodies", "keeps_attachments", "demands_pass", "capture_address")
        labels = {
            "keeps_bodies": "Keep what mail says",
            "keeps_attachments": "Store attachments",
            "demands_pass": "Demand that our server vouches for every sender",
            "capture_address": "Capture address",
        }
        help_texts = {
            "keeps_bodies": (
                "Reps read replies on the deal, and drafts rest on them. Off: only sender, "
                "recipients, subject and time of mail to come are kept; what was kept before stays."
            ),
            "keeps_attachments": (
                "Files can be opened on the deal. Off: only their names and sizes are listed."
            ),
            "demands_pass": (
                "Mail from a sender whom no server of ours vouches for waits under Unverified until "
                "a rep says that it is genuine, answers to our own mail too. Off: only mail waits that "
                "our server calls forged and that answers none of ours. Archives never wait."
            ),
            "capture_address": (
                "Reps send copies and forwards to it, each with a word of their own after a plus "
                "sign. What arrives there must reach us: by a shared mailbox, or by your mail "
                "provider’s webhook. Empty: there is none."
            ),
        }

    def clean_capture_address(self) -> str:
        address: str = self.cleaned_data["capture_address"].lower()
        if "+" in address.partition("@")[0]:
            raise forms.ValidationError(
                "Leave the plus sign and what follows out: each rep has a word of their own there."
            )
        return address

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("keeps_attachments") and not told.get("keeps_bodies"):
            self.add_error(
                "keeps_attachments", "Files are stored only where what mail says is kept, too."
            )
        return told
