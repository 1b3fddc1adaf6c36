"""How plays, counts and days are said on the page Today. Pure text, no markup."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contacts.models import Channel
from outreach.evidence import WORDS
from outreach.models import Play

Flat = Any  # a named row of values_list
SWITCHES = {
    Channel.EMAIL: "e-mail",
    Channel.PHONE: "phone",
    Channel.SMS: "text message",
    Channel.CHAT: "chat",
    Channel.SOCIAL: "social media",
    Channel.MEETING: "a meeting",
    Channel.LETTER: "a letter",
    Channel.WEB: "the web",
    Channel.OTHER: "another way",
}


def say_play(play: str, channel: str, whom: str = "") -> str:
    """Say a play on a chip: "Switch to phone", "Refocus", "Widen to Jonas Weber"."""
    match play:
        case Play.SWITCH_CHANNEL if channel:
            return f"Switch to {SWITCHES[Channel(channel)]}"
        case Play.WIDEN if whom:
            return f"Widen to {whom}"
        case _:
            return str(Play(play).label)


def say_count(number: int, one: str, many: str) -> str:
    """Say how many at the start of a sentence: "Four deals", "One deal", "13 deals"."""
    word = WORDS[number].capitalize() if number < len(WORDS) else f"{number:,}"
    return f"{word} {one if number == 1 else many}"


def say_headline(queued: int, ours: int, dark: int) -> str:
    """Say what matters most today: "Four deals went dark".

    `queued` counts the dark deals that something is to be done about now, `dark` all of them.
    """
    if queued:
        return f"{say_count(queued, 'deal', 'deals')} went dark"
    if ours:
        return f"{say_count(ours, 'deal waits', 'deals wait')} for us"
    return "Nothing to do about the dark ones yet" if dark else "Every lamp is lit"


def say_day(at: datetime) -> str:
    """Say a day in full, in the zone it comes in: "Monday 23 November"."""
    return f"{at:%A} {at.day} {at:%B}"


def full_name(first: str, last: str) -> str:
    """Join the two parts of a name, of which either may be missing."""
    return f"{first} {last}".strip()


def say_after(play: Flat) -> str:
    """Say what is to be talked of first; a deal that the reader may not see stays unnamed."""
    if play.after_id is None:
        return ""
    return str(play.after__deal__title) if play.after_is_seen else "another deal"


def whom(play: Flat, flat: Flat) -> str:
    """Return the name of somebody else than the deal's own contact, or nothing."""
    name = full_name(play.contact__first_name, play.contact__last_name)
    own = full_name(flat.deal__contact__first_name, flat.deal__contact__last_name)
    return "" if name == own else name
