"""Take a mail out of what a provider posts, to the byte, without taking the mail apart.

That is left to the reader, which has limits and a process of its own.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import policy
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from outreach.mail.doors.forms import form_of

# Longer than providers try again; what was accepted is remembered for longer still.
OLDEST = timedelta(days=2)
REMEMBERED = timedelta(days=7)


class ReplayError(Exception):
    """A message was accepted before, or is so old that this cannot be told."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A mail as a provider handed it over, with its envelope, and when they had it."""

    raw: bytes
    sender: str = ""
    recipient: str = ""
    received_at: datetime | None = None


def mailersend(request: HttpRequest) -> list[Handed]:
    said = _json(request).get("data", {})
    recipients = said.get("recipients", {}).get("rcptTo") or [{}]
    raw = said.get("raw")
    sender = said.get("sender", {}).get("email", "")
    return [Handed(_bytes(raw), sender, recipients[0].get("email", ""))] if raw else []


def mailgun(request: HttpRequest) -> list[Handed]:
    form = form_of(request)
    if "body-mime" not in form:
        return []
    sender, recipient = _text(form, "sender"), _text(form, "recipient")
    return [Handed(form["body-mime"], sender, recipient, _instant(_text(form, "timestamp")))]


def mandrill(request: HttpRequest) -> list[Handed]:
    events = json.loads(request.POST["mandrill_events"])
    return [
        Handed(
            _bytes(event["msg"]["raw_msg"]),
            recipient=event["msg"].get("email", ""),
            received_at=_instant(event.get("ts")),
        )
        for event in events
        if event.get("event") == "inbound" and event["msg"].get("raw_msg")
    ]


def postal(request: HttpRequest) -> list[Handed]:
    said = _json(request)
    if "message" not in said or "rcpt_to" not in said:
        return []
    raw = b64decode(said["message"]) if said.get("base64") else _bytes(said["message"])
    return [Handed(raw, said.get("mail_from") or "", said["rcpt_to"] or "")]


def postmark(request: HttpRequest) -> list[Handed]:
    said = _json(request)
    raw, recipient = said.get("RawEmail"), said.get("OriginalRecipient", "")
    return [Handed(_bytes(raw), recipient=recipient)] if raw else []


def sendgrid(request: HttpRequest) -> list[Handed]:
    form = form_of(request)
    if "email" not in form or "headers" in form:
        return []
    envelope = json.loads(form.get("envelope", b"{}"))
    recipient = (envelope.get("to") or [""])[0]
    return [Handed(form["email"], envelope.get("from", ""), recipient)]


def sparkpost(request: HttpRequest) -> list[Handed]:
    relayed = [event.get("msys", {}).get("relay_message") for event in json.loads(request.body)]
    return [
        Handed(_relayed(said["content"]), said.get("msg_from", ""), said.get("rcpt_to", ""))
        for said in relayed
        if said and "email_rfc822" in said.get("content", {})
    ]


def put_together(event: Any) -> Handed:
    """Return the mail that anymail put together from a provider's fields."""
    message = event.message
    try:
        raw = message.as_bytes()
    except (LookupError, ValueError, UnicodeError):  # a header that the modern policy cannot say
        raw = message.as_bytes(policy=policy.compat32)
    sender, recipient = message.envelope_sender or "", message.envelope_recipient or ""
    return Handed(raw, sender, recipient, event.timestamp)


def signed_by_mailgun(request: HttpRequest) -> str:
    """Return what Mailgun's signature covers; the rest of the form is anybody's.

    Raises ReplayError for what was signed so long ago that it may have been forgotten.
    """
    is_json = request.content_type == "application/json"
    signed = _json(request)["signature"] if is_json else request.POST
    at = _instant(signed["timestamp"])
    if at is None or not timezone.now() - OLDEST <= at <= timezone.now() + OLDEST:
        raise ReplayError
    return f"{signed['timestamp']}{signed['token']}"


def spare_django(request: HttpRequest, longest_bytes: int = 2**16) -> None:
    """Give a request the short fields of its form, so that nobody decodes the long ones."""
    fields = QueryDict(mutable=True)
    for name, value in form_of(request).items():
        if len(value) <= longest_bytes:
            fields[name] = value.decode(errors="replace")
    request.POST = fields  # type: ignore[assignment]  # an ordinary property with a setter


def _json(request: HttpRequest) -> dict[str, Any]:
    said = json.loads(request.body)
    return said if isinstance(said, dict) else {}


def _relayed(content: Mapping[str, Any]) -> bytes:
    raw = content["email_rfc822"]
    return b64decode(raw) if content.get("email_rfc822_is_base64") else _bytes(raw)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _text(form: Mapping[str, bytes], name: str) -> str:
    return form.get(name, b"").decode(errors="replace")


def _instant(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(seconds), tz=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
