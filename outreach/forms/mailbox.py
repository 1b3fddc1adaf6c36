"""The mail account that somebody sends through."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator

from outreach.models import Mailbox

PLAIN_HOST = RegexValidator(
    r"^[a-zA-Z0-9.:_-]+$", "Only the name of the server, such as smtp.example.org."
)


class MailboxForm(forms.ModelForm):
    """Address and server. The password is never shown: left empty, the one that is kept stays."""

    password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Kept encrypted and never shown. Some providers ask for an app password.",
    )

    class Meta:
        model = Mailbox
        fields = ("address", "smtp_host", "smtp_port", "smtp_security", "username", "password")
        labels = {
            "address": "E-mail address",
            "smtp_host": "Server for outgoing mail (SMTP)",
            "smtp_port": "Port",
            "smtp_security": "Security",
            "username": "User name",
        }
        help_texts = {
            "address": "Your mail comes from it, and replies go to it.",
            "smtp_port": "587 with STARTTLS or 465 with TLS at most providers.",
            "username": "Often the address itself. Empty where the server asks for none.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = self.instance.password
        self.fields["smtp_host"].validators.append(PLAIN_HOST)
        self.fields["smtp_port"].validators += [MinValueValidator(1), MaxValueValidator(65535)]
        if self.kept:
            self.fields[
                "password"
            ].help_text = "Empty keeps the one that is saved. It is never shown."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") or not cleaned.get("username"):
            return cleaned
        if self.kept and not self._goes_elsewhere():
            cleaned["password"] = self.kept
        else:
            self.add_error("password", "Enter the password for this server and user name.")
        return cleaned

    def _goes_elsewhere(self) -> bool:
        """Whether the kept password would be given to a server or for a name it was not meant for."""
        return bool(
            {"smtp_host", "smtp_port", "smtp_security", "username"} & set(self.changed_data)
        )
