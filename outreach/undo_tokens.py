"""What can be taken back, and the token that says so: signed, for one person, for a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.core import signing

from accounts.models import User

SALT = "lamplighter.undo"
LASTS = timedelta(days=1)


class Kind(StrEnum):
    """What can be taken back."""

    TOUCH = "touch"
    DELETION = "deletion"
    TURN = "turn"
    CALL = "call"
    OUTCOME = "outcome"
    LET_GO = "let_go"
    LOOK = "look"
    HOLD = "hold"
    PROMISE = "promise"
    SUGGESTION = "suggestion"
    REASON = "reason"
    REMARK = "remark"
    BULK = "bulk"
    DELIVERY = "delivery"
    MAIL = "mail"
    WORD = "word"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What to say, and the deals that stand differently now."""

    text: str
    deals: Sequence[int] = ()


ALREADY = TakenBack("That was taken back already.")


class TooLateError(Exception):
    """What was done can be taken back no more; its words say why, for the reader."""


@dataclass(frozen=True, slots=True)
class Undo:
    """What to take back: a row by kind and id, what it said before, and the page to return to.

    Its token stands in an address, which proxies log: let `before` name rows and states, and leave
    what people wrote in the database.
    """

    kind: Kind
    pk: int
    back: str = "/"
    before: str = ""

    def token(self, user: User) -> str:
        """Return it signed, for one user."""
        return signing.dumps(
            [user.pk, self.kind, self.pk, self.back, self.before], salt=SALT, compress=True
        )

    @classmethod
    def read(cls, token: str, user: User) -> Undo:
        """Return what a token of this user names.

        Raises BadSignature for a forged one or another's, TooLateError after a day.
        """
        try:
            whose, kind, pk, back, before = signing.loads(token, salt=SALT, max_age=LASTS)
        except signing.SignatureExpired as error:
            raise TooLateError("It is too late: an undo lasts a day.") from error
        if whose != user.pk:
            raise signing.BadSignature
        return cls(Kind(kind), pk, back, before)
