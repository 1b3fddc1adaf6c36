"""The words that a new workspace starts with: templates shipped as data, one file a language."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from outreach.models import Template

FOLDER = Path(__file__).parent / "data"
ENGLISH = "en"  # every play and channel has words in it


class Shipped(NamedTuple):
    """The shipped words of one play on one channel in one language."""

    subject: str
    body: str


@cache
def shipped() -> dict[tuple[str, str, str], Shipped]:
    """Return the shipped words by play, channel and language."""
    return {
        key: words for path in sorted(FOLDER.glob("templates_*.toml")) for key, words in _read(path)
    }


def furnish(now: datetime) -> None:
    """Make a row of each shipped template that has none; what is there was perhaps edited."""
    known = set(Template.objects.values_list("play", "channel", "language"))
    missing = [
        Template(
            play=play, channel=channel, language=language,
            subject=words.subject, body=words.body, changed_at=now,
        )
        for (play, channel, language), words in shipped().items()
        if (play, channel, language) not in known
    ]  # fmt: skip
    Template.objects.bulk_create(missing, ignore_conflicts=True)


def restore(template: Template, now: datetime) -> None:
    """Give a template the words again that it was shipped with, in English where it had none."""
    words = shipped()
    own = words.get((template.play, template.channel, template.language))
    template.subject, template.body = own or words[template.play, template.channel, ENGLISH]
    template.reword(user=None, now=now)


def _read(path: Path) -> Iterator[tuple[tuple[str, str, str], Shipped]]:
    language = path.stem.removeprefix("templates_")
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["template"]:
        words = Shipped(entry.get("subject", ""), entry["body"].strip())
        for channel in entry["channels"]:
            yield (entry["play"], channel, language), words
