"""A mail account: of a rep, who sends through it and has it read, or shared and only read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator

from outreach.models import Mailbox

PLAIN_HOST = RegexValidator(
    r"^[a-zA-Z0-9.:_-]+$", "Only the name of the server, such as mail.example.org."
)
PORTS = [MinValueValidator(1), MaxValueValidator(65535)]
LONGEST_BACKFILL = 730  # days; an archive is imported by import_mail
READING = ("imap_host", "imap_port", "imap_security", "backfill_days", "authority")
SIGNING_IN = (
    "username", "signs_in_by", "password", "client_id", "client_secret", "refresh_token",
    "token_url",
)  # fmt: skip
SENDING = ("smtp_host", "smtp_port", "smtp_security")
SECRETS = ("password", "client_secret", "refresh_token")
LEFT_AS_THEY_ARE = frozenset(  # where nothing is entered
    {"smtp_port", "smtp_security", "imap_port", "imap_security", "backfill_days", "signs_in_by"}
)
# A kept secret goes nowhere but where it was entered for
WHERE_TO = {
    "password": (*SENDING, "imap_host", "imap_port", "imap_security", "username"),
    "client_secret": ("token_url", "client_id"),
    "refresh_token": ("token_url", "client_id"),
}
KEPT = "Empty keeps the one that is saved. It is never shown."


class SecretField(forms.CharField):
    """A secret: never shown, whatever was typed."""

    def __init__(self, **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(required=False, strip=False, widget=widget, **options)


class ReadMailboxForm(forms.ModelForm):
    """A mailbox to read. A secret that is left empty stays, unless it would go elsewhere."""

    password = SecretField(
        help_text="Kept encrypted and never shown. Some providers ask for an app password."
    )
    client_secret = SecretField(label="Client secret")
    token_url = forms.URLField(
        required=False,
        assume_scheme="https",
        validators=[
            RegexValidator("^https://", "An address that begins with https://.", code="insecure")
        ],
        label="Token address",
        help_text="Where the refresh token is traded for access.",
    )
    refresh_token = SecretField(label="Refresh token")

    class Meta:
        model = Mailbox
        fields: tuple[str, ...] = ("name", "address", *READING, *SIGNING_IN)
        labels = {
            "name": "Name",
            "address": "E-mail address",
            "imap_host": "Server for incoming mail (IMAP)",
            "imap_port": "Port",
            "imap_security": "Security",
            "backfill_days": "Look back (days)",
            "authority": "Who vouches for senders",
            "username": "User name",
            "signs_in_by": "Sign in by",
            "client_id": "Client ID",
            "smtp_host": "Server for outgoing mail (SMTP)",
            "smtp_port": "Port",
            "smtp_security": "Security",
        }
        help_texts = {
            "name": "What people here call it: Sales, Support.",
            "imap_host": "It is only read: nothing is marked, moved or deleted there.",
            "imap_port": "993 with TLS at most providers.",
            "backfill_days": "How far back mail is taken in when it is read for the first time.",
            "authority": (
                "The first word of the Authentication-Results that your mail server writes, such "
                "as mx.google.com. Only its word on forged senders is believed; empty, nobody’s."
            ),
            "username": "Often the address itself. Empty where the server asks for none.",
            "smtp_host": "Empty: your mail goes out by the workspace’s provider, in your name.",
            "smtp_port": "587 with STARTTLS or 465 with TLS at most providers.",
        }
        widgets = {"signs_in_by": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = {name: getattr(self.instance, name) for name in SECRETS}
        for name, field in self.fields.items():
            if name.endswith(("_host", "authority")):
                field.validators.append(PLAIN_HOST)
            if name.endswith("_port"):
                field.validators += PORTS
            if name in LEFT_AS_THEY_ARE:
                field.required = False
            if self.kept.get(name):
                field.help_text = KEPT
        self.fields["backfill_days"].validators.append(MaxValueValidator(LONGEST_BACKFILL))

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        for name in LEFT_AS_THEY_ARE & told.keys():
            if told[name] in (None, ""):
                told[name] = self.initial[name]
        for name in SECRETS:
            if not told.get(name):
                told[name] = "" if self._goes_elsewhere(name) else self.kept[name]
        self._ask_for_what_is_needed()
        return told

    def _ask_for_what_is_needed(self) -> None:
        told = self.cleaned_data
        if told.get("signs_in_by") == Mailbox.SignIn.OAUTH2:
            for name in ("username", "token_url", "client_id", "refresh_token"):
                if not told.get(name) and name not in self.errors:
                    self.add_error(name, "OAuth 2 needs this. The help tells where it comes from.")
        elif told.get("username") and not told.get("password"):
            self.add_error("password", "Enter the password for this server and user name.")

    def _goes_elsewhere(self, name: str) -> bool:
        """Whether a kept secret would be given to a server or for a name it was not meant for."""
        told = self.cleaned_data
        return any(
            told[where] != (self.initial.get(where) or "")
            for where in WHERE_TO[name]
            if where in told
        )


class MailboxForm(ReadMailboxForm):
    """One's own: mail goes out through it, and what comes and was sent is read."""

    class Meta(ReadMailboxForm.Meta):
        fields = ("address", *SENDING, *READING, *SIGNING_IN)
        help_texts = {
            **ReadMailboxForm.Meta.help_texts,
            "address": "Your mail comes from it, and replies go to it.",
            "imap_host": (
                "Replies arrive by themselves, and mail you send from any program counts. Nothing "
                "is marked, moved or deleted there. Empty: nothing is read."
            ),
        }

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        if not told.get("smtp_host") and not told.get("imap_host") and not self.errors:
            self.add_error("smtp_host", "Name the server to send by, the one to read, or both.")
        return told


class SharedMailboxForm(ReadMailboxForm):
    """One that many write to: sales@, support@."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["imap_host"].required = True
