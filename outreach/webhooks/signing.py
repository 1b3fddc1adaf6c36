"""Sign what is sent, so that the receiver knows it is from us, whole and fresh.

Source: Standard Webhooks, specification 1.0: `id.timestamp.body`, HMAC-SHA256, base64.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """Return a fresh secret as receivers' libraries take it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(
    message_id: str, body: bytes, signed_by: Iterable[str], now: datetime
) -> dict[str, str]:
    """Return the headers of a message sent at `now`, with a signature by each secret."""
    seconds = str(int(now.timestamp()))
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in signed_by),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
