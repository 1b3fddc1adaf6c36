"""One click that ends one kind of mail to one person. No sign-in; a look changes nothing.

Source: RFC 8058. The link names the kind and who gets it, not a mail and not a row of a list: it
works for ever, also for whoever was taken off the list and put on it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from accounts.models import User
from outreach.digest.recipients import Listed
from outreach.models import Digest, DigestSettings

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
    """What a link stops: a kind of mail to a user, or a manager's report to somebody `listed`.

    Both are None where nobody is left to get any.
    """

    kind: Digest.Kind
    user: User | None = None
    listed: Listed | None = None

    @property
    def name(self) -> str:
        """What stops, in words."""
        return f"the weekly report of {self.listed.manager}" if self.listed else NAMES[self.kind]

    @property
    def is_stopped(self) -> bool:
        """Whether they get none of it already."""
        if self.listed is not None:
            return self.listed.has_stopped
        return self.user is None or not getattr(DigestSettings.of(self.user), FIELDS[self.kind])

    def run(self, now: datetime) -> None:
        """Stop it. Again, it changes nothing."""
        if self.listed is not None:
            self.listed.stop(now)
        elif self.user is not None:
            DigestSettings.objects.update_or_create(
                user=self.user, defaults={FIELDS[self.kind]: False}
            )


def address_of(digest: Digest) -> str:
    """Return the address at which whoever gets a mail ends all further ones of its kind."""
    said = [digest.kind, str(digest.user_id)]
    if digest.recipient is not None:
        person, email = digest.recipient.person_id, digest.recipient.email
        said.append(f"p{person}" if person else f"a{urlsafe_base64_encode(email.encode())}")
    path = reverse("outreach:digest-stop", args=[SIGNER.sign(".".join(said))])
    return f"{settings.BASE_URL}{path}"


def headers_of(digest: Digest) -> dict[str, str]:
    """Return the headers by which mail programs offer one click. Source: RFC 8058, 3.1."""
    return {
        "List-Unsubscribe": f"<{address_of(digest)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def find(token: str) -> Stop | None:
    """Return what a link stops; None for a forged one."""
    try:
        kind, whose, *to = SIGNER.unsign(token).split(".")
    except (BadSignature, ValueError):
        return None
    user = User.objects.filter(pk=int(whose)).first()
    if not to or user is None:
        return Stop(Kind(kind), user=user)
    return Stop(Kind(kind), listed=_listed(user, to[0]))


def _listed(manager: User, said: str) -> Listed | None:
    """Return to whom a manager's report went; None for a colleague who is gone."""
    sort, name = said[0], said[1:]
    if sort == "a":
        return Listed(manager, email=urlsafe_base64_decode(name).decode())
    person = User.objects.filter(pk=int(name)).first()
    return Listed(manager, person=person) if person else None
