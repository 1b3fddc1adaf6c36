"""The words that a workspace starts with: templates shipped as data, a folder a language.

`data/templates/<language>/<play>.toml`: each entry says its channels, its words, and where they
are for one reason only or not the first, `reason` and `variant`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from outreach.models import Template

FOLDER = Path(__file__).parent / "data" / "templates"
ENGLISH = "en"  # every play and channel has words in it


class Key(NamedTuple):
    """Which words: for which play, on which channel, in which language, for which reason."""

    play: str
    channel: str
    language: str
    reason: str = ""  # for any
    variant: int = 0

    @classmethod
    def of(cls, row: Template) -> Key:
        """Return the key of a row."""
        return cls(row.play, row.channel, row.language, row.reason, row.variant)


class Shipped(NamedTuple):
    """The shipped words of one key."""

    subject: str
    body: str


@cache
def shipped() -> dict[Key, Shipped]:
    """Return the shipped words."""
    return {key: words for path in sorted(FOLDER.glob("*/*.toml")) for key, words in _read(path)}


def furnish(now: datetime) -> None:
    """Make a row of each shipped template that has none; what is there was perhaps edited."""
    names = Template.objects.values_list(*Key._fields)
    known = {Key(*row) for row in names}
    missing = [
        Template(**key._asdict(), **words._asdict(), changed_at=now)
        for key, words in shipped().items()
        if key not in known
    ]
    Template.objects.bulk_create(missing, ignore_conflicts=True)


def is_shipped(template: Template) -> bool:
    """Whether there are shipped words for it to take back; else it is the workspace's own."""
    return Key.of(template) in shipped()


def restore(template: Template, now: datetime) -> None:
    """Give a template the words again that it was shipped with; KeyError where it had none."""
    template.subject, template.body = shipped()[Key.of(template)]
    template.reword(user=None, now=now)


def _read(path: Path) -> Iterator[tuple[Key, Shipped]]:
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["template"]:
        words = Shipped(entry.get("subject", ""), entry["body"].strip())
        for channel in entry["channels"]:
            yield (
                Key(
                    path.stem, channel, path.parent.name,
                    entry.get("reason", ""), entry.get("variant", 0),
                ),
                words,
            )  # fmt: skip
