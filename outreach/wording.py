"""How plays, counts and days are said on the page Today. Pure text, no markup."""

from __future__ import annotations

from datetime import datetime

from contacts.models import Channel
from outreach.evidence import WORDS
from outreach.models import Play

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
