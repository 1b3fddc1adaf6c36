"""The capture address: reps copy or forward mail to it, each under a token of their own.

The token stands after a plus: `touches+k3…@in.example.com`. It cannot be guessed, and a new one
ends the old one. Such mail comes by a shared mailbox or by the mail provider.
Source: docs/decisions/100-capture-address.md.
"""

from __future__ import annotations

import re
import secrets
from base64 import b32encode
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User, Workspace
from outreach.mail import receive
from outreach.models import Door, Intake

TOKEN_BYTES = 10  # eighty bits: nobody guesses one, and it stays short
HEADERS_BYTES = 64 * 2**10
END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


def address_of(user: User) -> str:
    """Return where a rep sends copies and forwards, with a token made on first use.

    "" where the workspace has no capture address.
    """
    local, _, domain = Workspace.current().capture_address.rpartition("@")
    if not local:
        return ""
    if user.capture_token is None:
        renew(user)
    return f"{local}+{user.capture_token}@{domain}"


def renew(user: User) -> None:
    """Give a rep a new token; mail under the old one is nobody's word any more."""
    while True:
        user.capture_token = b32encode(secrets.token_bytes(TOKEN_BYTES)).decode().lower()
        try:
            with transaction.atomic():
                user.save(update_fields=["capture_token"])
        except IntegrityError:  # taken, against all odds
            continue
        return


def user_of(raw: bytes, envelope_recipient: str = "") -> User | None:
    """Return whose token a mail came under, in its envelope or in a header; None for nobody's.

    A blind copy shows its address only where a server noted it: Delivered-To, X-Original-To,
    Received.
    """
    local, _, domain = Workspace.current().capture_address.lower().rpartition("@")
    if not local:
        return None
    wanted = re.compile(
        rb"(?<![\w.+-])" + re.escape(f"{local}+".encode()) + rb"([a-z2-7]{16})"
        + re.escape(f"@{domain}".encode()) + rb"(?![\w.-])"
    )  # fmt: skip
    head = END_OF_HEADERS.split(raw[:HEADERS_BYTES], maxsplit=1)[0]
    said = envelope_recipient.encode(errors="replace") + b"\n" + head
    tokens = {found.decode() for found in wanted.findall(said.lower())}
    return User.objects.filter(capture_token__in=tokens, is_active=True).order_by("pk").first()


def take_in(door: Door, raw: bytes, **told: Any) -> Intake:
    """Take a mail in as `receive.take` does; one under somebody's token is their word.

    In a mailbox of somebody's own it is not: there, an answer to all may name the address.
    """
    mailbox = told.get("mailbox")
    if mailbox is None or mailbox.user_id is None:
        user = user_of(raw, told.get("envelope_recipient", ""))
        if user is not None:
            return receive.take(Door.CAPTURE, raw, **{**told, "user": user})
    return receive.take(door, raw, **told)
