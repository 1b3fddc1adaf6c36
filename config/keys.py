"""The keys that stored secrets are encrypted with, such as the passwords of mailboxes."""

import base64
import hashlib
from collections.abc import Sequence

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured


def field_keys(named: Sequence[str], secret_key: str) -> list[str]:
    """Return the named keys, the first of which encrypts; without any one made from `secret_key`.

    Raises ImproperlyConfigured, with the remedy, for a key of another shape.
    """
    for key in named:
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(
                "FIELD_KEYS has a key that does not fit: 32 bytes in URL-safe Base64 are asked for. "
                "Make one: python -c 'import base64, os; "
                "print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
            ) from error
    made = hashlib.sha256(b"lamplighter.fields:" + secret_key.encode()).digest()
    return list(named) or [base64.urlsafe_b64encode(made).decode()]
