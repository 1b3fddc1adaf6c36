"""One click that ends one kind of mail to one person. No sign-in; a look changes nothing.

Source: RFC 8058. The link names the person and the kind, not a mail: it works for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from accounts.models import User
from outreach.models import Digest, DigestSettings, ReportRecipient

SIGNER = Signer(salt="outreach.digest")
Kind = Digest.Kind
FIELDS = {
    Kind.MORNING: "morning_by_mail",
    Kind.AT_ONCE: "at_once_by_mail",
    Kind.WEEKLY: "weekly_by_mail",
}
NAMES = {
    Kind.MORNING: "the morning digest",
    Kind.AT_ONCE: "mail about high-value deals",
    Kind.WEEKLY: "the weekly report",
}


@dataclass(frozen=True, slots=True)
class Stop:
    """What a link stops: a kind of mail to a user, or a manager's report to a recipient."""

    kind: Digest.Kind
    user: User | None = None
    recipient: ReportRecipient | None = None

    @property
    def name(self) -> str:
        """What stops, in words."""
        return NAMES[self.kind]

    def run(self, now: datetime) -> None:
        """Stop it. Again, it changes nothing."""
        if self.recipient is not None:
            rows = ReportRecipient.objects.filter(pk=self.recipient.pk, stopped_at=None)
            rows.update(stopped_at=now)
        elif self.user is not None:
            DigestSettings.objects.update_or_create(
                user=self.user, defaults={FIELDS[self.kind]: False}
            )


def address_of(digest: Digest) -> str:
    """Return the address at which whoever gets a mail ends all further ones of its kind."""
    whose = f"r{digest.recipient_id}" if digest.recipient_id else f"u{digest.user_id}"
    token = SIGNER.sign(f"{digest.kind}.{whose}")
    return f"{settings.BASE_URL}{reverse('outreach:digest-stop', args=[token])}"


def headers_of(digest: Digest) -> dict[str, str]:
    """Return the headers by which mail programs offer one click. Source: RFC 8058, 3.1."""
    return {
        "List-Unsubscribe": f"<{address_of(digest)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def find(token: str) -> Stop | None:
    """Return what a link stops; None for a forged one.

    Of a recipient or person who is gone by now nothing is left to stop, which is as wanted.
    """
    try:
        kind, whose = SIGNER.unsign(token).split(".")
    except (BadSignature, ValueError):
        return None
    pk = int(whose[1:])
    if whose.startswith("r"):
        return Stop(Kind(kind), recipient=ReportRecipient.objects.filter(pk=pk).first())
    return Stop(Kind(kind), user=User.objects.filter(pk=pk).first())
