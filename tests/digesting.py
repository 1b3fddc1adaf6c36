"""Digests in tests: deals that are dark on a morning, and what became of the mails."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import User
from outreach.digest.content import Content, Contents
from outreach.models import Digest, DigestSettings
from tests.cast import Story, day, make_deal, sweep_at

TUESDAY_8 = day(8, 8)


def waiting(owner: User, **fields: Any) -> Story:
    """A deal in Demo on which it is their move since Monday at ten: dark a week later."""
    story = Story(make_deal(owner, "Demo", **fields))
    story.we_write(day(0, 10))
    return story


def dark(owner: User, **fields: Any) -> Story:
    """A deal that went dark the day before that Tuesday."""
    story = waiting(owner, **fields)
    sweep_at(day(7, 11))
    return story


def of(user: User, kind: str = "morning") -> list[Digest]:
    return list(user.digests.filter(kind=kind).order_by("pk"))


def states() -> list[str]:
    """Return what became of all digests that had something to tell, the oldest first."""
    told = Digest.objects.exclude(state=Digest.State.EMPTY).order_by("pk")
    return list(told.values_list("state", flat=True))


def moment(hour: int, minute: int = 0) -> datetime:
    """Return an hour of that Tuesday, in UTC."""
    return day(8, hour, minute)


def content(digest: Digest, now: datetime) -> Content:
    return Contents([digest], now).of(digest)


def titles(digest: Digest, now: datetime) -> dict[str, list[str]]:
    return {each.kind: [told.title for told in each.told] for each in content(digest, now).sections}


def wants(user: User, **said: Any) -> None:
    DigestSettings.objects.update_or_create(user=user, defaults=said)
