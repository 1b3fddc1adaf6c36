"""What each of us answered to a meeting that they called: accepted while any of us accepts it.

Of one user's answers the one with the higher SEQUENCE counts, with the same one an answer over the
invitation, and of two the later. The organizer's own mail asks everybody anew where its SEQUENCE is
higher, and ends the meeting for all where it cancels. Nothing depends on what arrived first.
Source: decision 133.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from outreach.models import Meeting

State = Meeting.State
ANSWERS = frozenset({State.ACCEPTED, State.TENTATIVE, State.DECLINED, State.PROPOSED})
ORGANIZER = ""  # who called the meeting, beside the ids of our users


class Answer(NamedTuple):
    """What somebody said of a meeting, when, and where we read it."""

    state: str
    sequence: int
    said_at: datetime
    source: str


def rank(state: str) -> int:
    """Return what counts over what: a cancellation over an answer, that over an invitation."""
    if state == State.CANCELLED:
        return 2
    return 1 if state in ANSWERS else 0


def read(meeting: Meeting) -> dict[str, Answer]:
    """Return what was said of a meeting, by the user's id."""
    return {
        who: Answer(state, sequence, datetime.fromisoformat(said_at), source)
        for who, (state, sequence, said_at, source) in meeting.answers.items()
    }


def note(meeting: Meeting, who: str, said: Answer) -> None:
    """Keep what somebody said, unless it is older than what we know of them; not saved."""
    known = read(meeting).get(who)
    if known is None or _counts_over(said, known):
        written = [str(said.state), said.sequence, said.said_at.isoformat(), said.source]
        meeting.answers = {**meeting.answers, who: written}


def forget(meeting: Meeting, who: str) -> None:
    """Take back what somebody said; not saved."""
    meeting.answers = {other: said for other, said in meeting.answers.items() if other != who}


def settle(meeting: Meeting) -> str:
    """Let a meeting stand as whoever accepted first says, else as the last word does; not saved.

    Returns whose word that is; "" also where nobody has said anything.
    """
    found = _counting(meeting)
    accepted = [(said.said_at, who) for who, said in found.items() if said.state == State.ACCEPTED]
    last = max(((_weight(said), who) for who, said in found.items()), default=None)
    if last is None:
        return ORGANIZER
    who = min(accepted)[1] if accepted else last[1]
    meeting.state, meeting.updated_at = State(found[who].state), found[who].said_at
    return who


def is_accepted_beside(meeting: Meeting, who: str) -> bool:
    """Tell whether somebody else of us has accepted."""
    found = _counting(meeting).items()
    return any(other != who and said.state == State.ACCEPTED for other, said in found)


def _counting(meeting: Meeting) -> dict[str, Answer]:
    """Leave out the answers to what the organizer has asked anew, or cancelled, since."""
    found = read(meeting)
    asked = found.get(ORGANIZER)
    if asked is None:
        return found
    first = asked.sequence + (asked.state == State.CANCELLED)
    return {who: said for who, said in found.items() if who == ORGANIZER or said.sequence >= first}


def _counts_over(said: Answer, known: Answer) -> bool:
    if said.sequence != known.sequence:
        return said.sequence > known.sequence
    return said.state != known.state and _weight(said) > _weight(known)


def _weight(said: Answer) -> tuple[int, int, datetime]:
    return said.sequence, rank(said.state), said.said_at
