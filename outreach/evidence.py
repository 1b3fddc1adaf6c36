"""Evidence in sentences that a rep can check: plain, plural-safe, dates in words. Pure text.

Sentences are kept with the suggestion, so they name days and not "yesterday", and no person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from contacts.models import Channel

NOUNS = {
    Channel.EMAIL: ("e-mail", "e-mails"),
    Channel.PHONE: ("call", "calls"),
    Channel.SMS: ("text message", "text messages"),
    Channel.CHAT: ("chat message", "chat messages"),
    Channel.SOCIAL: ("message on social media", "messages on social media"),
    Channel.MEETING: ("meeting", "meetings"),
    Channel.LETTER: ("letter", "letters"),
    Channel.WEB: ("message on the web", "messages on the web"),
    Channel.OTHER: ("other message", "other messages"),
}
WORDS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
)  # fmt: skip


def say_day(day: date, today: date) -> str:
    """Say a day so that it stays true: "12 November", with the year unless it is this one."""
    year = f" {day.year}" if day.year != today.year else ""
    return f"{day.day} {day:%B}{year}"


def say_count(number: int, noun: tuple[str, str]) -> str:
    """Say how many: "two e-mails", "one call", "13 letters"."""
    word = WORDS[number] if number < len(WORDS) else f"{number:,}"
    return f"{word} {noun[0] if number == 1 else noun[1]}"


def say_list(parts: Sequence[str]) -> str:
    """Join parts as one says them: "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def say_unanswered(channels: Iterable[str], since: date, today: date) -> str:
    """Say what went unanswered: "Two e-mails and one call since 12 November went unanswered.\""""
    counts = [say_count(number, NOUNS[Channel(channel)]) for channel, number in counted(channels)]
    day = say_day(since, today)
    if not counts:
        return f"It has been their move since {day}."
    return _sentence(f"{say_list(counts)} since {day} went unanswered")


def say_answers(answers: Mapping[str, tuple[int, int]]) -> str:
    """Say how they answer: "Answered 2 of 3 calls, 1 of 5 e-mails."; "" where they never did.

    `answers` has for each channel how many were answered and how many there were.
    """
    best_first = sorted(answers.items(), key=lambda item: -item[1][0] / max(item[1][1], 1))
    parts = [
        f"{answered} of {tried} {NOUNS[Channel(channel)][tried != 1]}"
        for channel, (answered, tried) in best_first
        if tried
    ]
    known = any(answered for answered, _ in answers.values())
    return f"Answered {', '.join(parts)}." if known else ""


def say_length(length: timedelta) -> str:
    """Say about how long: "2 hours", "6 days"."""
    hours = max(1, round(length / timedelta(hours=1)))
    if hours < 36:
        return f"{hours} hour" if hours == 1 else f"{hours} hours"
    return f"{round(hours / 24)} days"


def counted(channels: Iterable[str]) -> list[tuple[str, int]]:
    """Count equal channels, the most used first, else in the order of first use."""
    counts: dict[str, int] = {}
    for channel in channels:
        counts[channel] = counts.get(channel, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
