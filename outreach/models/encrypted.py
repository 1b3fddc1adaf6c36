"""A text column that is encrypted at rest, with keys of its own (FIELD_KEYS)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class UnreadableSecretError(Exception):
    """A secret was encrypted with a key that FIELD_KEYS does not name any more."""


class EncryptedField(models.TextField):
    """Text that the database holds encrypted; "" stays "", so that its lack can be asked for.

    The first key encrypts, all of them decrypt, so that keys can be changed one after the other.
    Reading a value whose key is gone raises UnreadableSecretError.
    """

    description = "Text, encrypted at rest"

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return _cipher(*settings.FIELD_KEYS).encrypt(text.encode()).decode() if text else text

    def from_db_value(self, value: str | None, *_context: Any) -> str | None:
        if not value:
            return value
        try:
            return _cipher(*settings.FIELD_KEYS).decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise UnreadableSecretError(
                "A stored password cannot be read with the keys in FIELD_KEYS. Add the key that it "
                "was saved with, or enter the password again."
            ) from error


@lru_cache
def _cipher(*keys: str) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
