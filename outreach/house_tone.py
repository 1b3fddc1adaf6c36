"""The tone check as this workspace wants it: with its own phrases, and without those it switched off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from outreach import mending, tone
from outreach.mending import Spot
from outreach.models import Phrasing
from outreach.phrasebook import phrasebooks
from outreach.phrases import Phrase
from outreach.tone import Finding

OWN = "own"  # the kind of the workspace's own phrases
LONGEST = 20_000  # characters looked at: a long e-mail has 2,000


@dataclass(frozen=True)
class HouseRules:
    """What a workspace adds to the shipped phrases and takes from them, in one language or in all."""

    extra: tuple[Phrase, ...]
    without: frozenset[str]

    @classmethod
    def load(cls, language: str | None = None) -> HouseRules:
        """Read the rules, in one query; those of one language where that is known."""
        rows = [row for row in Phrasing.objects.all() if language in {None, row.language}]
        return cls(
            extra=tuple(_readable(row for row in rows if not row.is_off)),
            without=frozenset(row.notation for row in rows if row.is_off),
        )


def findings(
    text: str, *, channel: str, language: str | None = None, expects_answer: bool = True
) -> list[Finding]:
    """Return what to mend in a text by the rules of this workspace, in the order of the text.

    Makes one query. Of a text over 20,000 characters only these are looked at. The rest is as
    `tone.check` tells it.
    """
    text = text[:LONGEST]
    language = language or tone.language_of(text)
    rules = HouseRules.load(language and language.lower().partition("-")[0])
    return tone.check(
        text,
        channel=channel,
        language=language,
        expects_answer=expects_answer,
        extra=rules.extra,
        without=rules.without,
    )


def spots(
    text: str, *, channel: str, language: str | None = None, expects_answer: bool = True
) -> list[Spot]:
    """Return the findings as outreach/partials/tone.html shows them, each with how to mend it."""
    text = text[:LONGEST]
    found = findings(text, channel=channel, language=language, expects_answer=expects_answer)
    return mending.spots(text, found, language=language)


def switch_off(language: str, notation: str, *, user: User, now: datetime) -> None:
    """Have a shipped phrase no longer looked for; no effect on one that is off already."""
    Phrasing.objects.get_or_create(
        language=language,
        notation=notation,
        defaults={"is_off": True, "changed_at": now, "changed_by": user},
    )


def switch_on(language: str, notation: str) -> None:
    """Have a shipped phrase looked for again."""
    Phrasing.objects.filter(language=language, notation=notation, is_off=True).delete()


def restore(language: str) -> int:
    """Have all shipped phrases of a language looked for again; return how many were off."""
    return Phrasing.objects.filter(language=language, is_off=True).delete()[0]


def _readable(rows: Iterable[Phrasing]) -> Iterable[Phrase]:
    """Yield the own phrases that can be read; a set may have gone since one was written."""
    for row in rows:
        book = phrasebooks().get(row.language)
        try:
            if book:
                yield book.phrase(row.notation, kind=OWN, why=row.why, instead=row.instead)
        except ValueError:
            continue
