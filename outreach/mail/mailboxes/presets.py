"""What is known of the large mail providers: servers, how one signs in, who vouches for senders.

Sources: the providers' own help pages on IMAP and SMTP settings, as of 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from outreach.models import Mailbox

Security = Mailbox.Security
SignIn = Mailbox.SignIn


@dataclass(frozen=True, slots=True)
class Preset:
    """One provider: what fills the form in, and in a sentence what it asks for."""

    label: str
    hint: str
    anchor: str  # of docs/connecting.md
    imap_host: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = Security.STARTTLS
    signs_in_by: str = SignIn.PASSWORD
    token_url: str = ""
    authority: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        """Return what it says of a mailbox, by field of the form."""
        return {
            "imap_host": self.imap_host, "imap_port": 993, "imap_security": Security.TLS,
            "smtp_host": self.smtp_host, "smtp_port": self.smtp_port,
            "smtp_security": self.smtp_security, "signs_in_by": self.signs_in_by,
            "token_url": self.token_url, "authority": self.authority,
        }  # fmt: skip


PRESETS = {
    "gmail": Preset(
        label="Gmail",
        hint=(
            "Google takes an app password, which needs two-step verification, or an OAuth client "
            "of your own. Your everyday password does not work."
        ),
        anchor="gmail",
        imap_host="imap.gmail.com",
        smtp_host="smtp.gmail.com",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106  # no secret
        authority="mx.google.com",
    ),
    "microsoft": Preset(
        label="Microsoft 365",
        hint=(
            "Microsoft takes no passwords for reading: an app registration is needed, once for "
            "the whole organisation."
        ),
        anchor="microsoft-365",
        imap_host="outlook.office365.com",
        smtp_host="smtp.office365.com",
        signs_in_by=SignIn.OAUTH2,
        token_url="https://login.microsoftonline.com/organizations/oauth2/v2.0/token",  # noqa: S106
        authority="mx.microsoft.com",
    ),
    "fastmail": Preset(
        label="Fastmail",
        hint="Fastmail asks for an app password: Settings, Privacy & Security, Manage app passwords.",
        anchor="a-plain-imap-server",
        imap_host="imap.fastmail.com",
        smtp_host="smtp.fastmail.com",
        smtp_port=465,
        smtp_security=Security.TLS,
    ),
    "plain": Preset(
        label="Another server",
        hint="Your provider’s help pages say the names of its servers, often imap.… and smtp.…",
        anchor="a-plain-imap-server",
    ),
}
