"""A mail as it leaves: plain text, and an HTML part that reads the same.

No images, no tracking, nothing automatic about it: a person wrote it. Sources: RFC 5322, 3.6.4
(threads); RFC 3676, 4.3 (signature).
"""

from __future__ import annotations

from datetime import datetime
from email.charset import QP, Charset
from email.utils import format_datetime, formataddr

from django.core.mail import EmailMultiAlternatives
from django.utils.html import linebreaks, urlize
from django.utils.safestring import SafeString

from accounts.models import Workspace
from outreach.mail.sending import unsubscribe
from outreach.mail.sending.senders import mailbox_of
from outreach.models import Delivery

LONGEST_CHAIN = 10  # mails that a thread names; readers need the last ones
READABLE = Charset("utf-8")
READABLE.body_encoding = QP  # every server takes seven bits and short lines


def compose(delivery: Delivery) -> EmailMultiAlternatives:
    """Return the mail of a delivery; it follows from the row, so that it can be made again."""
    offers = Workspace.current().offers_unsubscribe
    text = _text(delivery, unsubscribe.address_of(delivery) if offers else "")
    mail = EmailMultiAlternatives(
        subject=delivery.subject,
        body=text,
        from_email=_from(delivery),
        to=[_named(delivery.contact.name, delivery.recipient)],
        reply_to=_reply_to(delivery),
        headers={**_headers(delivery), **(unsubscribe.headers_of(delivery) if offers else {})},
    )
    mail.encoding = READABLE
    mail.attach_alternative(html_of(text), "text/html")
    return mail


def html_of(text: str) -> SafeString:
    """Return a text as a page: its paragraphs, lines and links, everything else escaped."""
    words = linebreaks(urlize(text, nofollow=False, autoescape=True))
    return SafeString(
        f'<!doctype html><html><head><meta charset="utf-8"></head><body>{words}</body></html>'
    )


def _text(delivery: Delivery, unsubscribe_url: str) -> str:
    parts = [delivery.body]
    if delivery.user is not None and delivery.user.signature.strip():
        parts.append(f"-- \n{delivery.user.signature.strip()}")
    if unsubscribe_url:
        parts.append(f"To hear no more from us by e-mail: {unsubscribe_url}")
    return "\n\n".join(part.replace("\r\n", "\n") for part in parts) + "\n"


def _from(delivery: Delivery) -> str:
    return _named(str(delivery.user or ""), delivery.sender)


def _reply_to(delivery: Delivery) -> list[str]:
    """Return where replies go, where the provider's address is not the rep's own."""
    user = delivery.user
    if user is None or not user.email or mailbox_of(user) is not None:
        return []
    return [_named(str(user), user.email)]


def _named(name: str, address: str) -> str:
    """Return an address with a name on one line: a line break in it would begin another header."""
    return formataddr((" ".join(name.split()), address))


def _headers(delivery: Delivery) -> dict[str, str]:
    at: datetime = delivery.claimed_at or delivery.send_at
    headers = {"Message-ID": delivery.message_id, "Date": format_datetime(at)}
    chain = _chain(delivery)
    if chain:
        headers |= {"In-Reply-To": chain[-1], "References": " ".join(chain)}
    return headers


def _chain(delivery: Delivery) -> list[str]:
    """Return the ids of our last mails to the same person about the same deal, oldest first."""
    before = Delivery.objects.filter(
        deal=delivery.deal_id, contact=delivery.contact_id, state=Delivery.State.SENT,
        claimed_at__lt=delivery.claimed_at or delivery.send_at,
    )  # fmt: skip
    latest = before.order_by("-claimed_at").values_list("message_id", flat=True)
    return list(reversed(latest[:LONGEST_CHAIN]))
