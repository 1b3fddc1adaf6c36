"""The templates as they are listed: by play, then by channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.db.models.functions import Left

from contacts.models import Channel
from outreach.models import Play, Template
from outreach.situation import USUAL_ORDER

SHOWN = 90  # characters of how the words begin
FOR_ANY = "any"  # the filter's word for templates without a reason


@dataclass(frozen=True, slots=True)
class OnChannel:
    """The templates of one play on one channel."""

    channel: Channel
    rows: list[Template]
    is_open: bool


@dataclass(frozen=True, slots=True)
class OfPlay:
    """The templates of one play, channel by channel."""

    play: Play
    channels: list[OnChannel]
    is_open: bool

    @property
    def count(self) -> int:
        return sum(len(each.rows) for each in self.channels)


def languages() -> list[str]:
    """Return the languages that there are templates in."""
    return sorted(Template.objects.order_by().values_list("language", flat=True).distinct())


def rows(language: str, reason: str) -> list[Template]:
    """Return the templates of a language and a reason, "" for all, without all their words."""
    found = Template.objects.annotate(begins=Left("body", SHOWN)).defer("body")
    if language:
        found = found.filter(language=language)
    if reason:
        found = found.filter(reason="" if reason == FOR_ANY else reason)
    return sorted(found, key=_place)


def grouped(found: Iterable[Template], play: str = "", channel: str = "") -> list[OfPlay]:
    """Group templates, in the order of `rows`; the named play and channel stand open."""
    return [
        OfPlay(Play(name), _channels(group, channel if name == play else ""), name == play)
        for name, group in groupby(found, lambda row: row.play)
    ]


def _channels(found: Iterable[Template], opened: str) -> list[OnChannel]:
    return [
        OnChannel(Channel(name), list(group), name == opened)
        for name, group in groupby(found, lambda row: row.channel)
    ]


def _place(row: Template) -> tuple[int, int, str, str, int]:
    """Return where a template stands: by play, by how usual its channel is, those for any first."""
    play, channel = list(Play).index(Play(row.play)), USUAL_ORDER.index(Channel(row.channel))
    return play, channel, row.language, row.reason, row.variant
