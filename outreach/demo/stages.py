"""Which scenes come in which stage, and whose turn it is between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from deals.models import Turn
from outreach.demo.beats import Beat, Who
from outreach.demo.scenes import Scene, Teller

Maker = Callable[[Teller], Scene]
T = Teller


def briefly(teller: Teller) -> Scene:
    """They come back soon, where they come back at all."""
    return teller.slow((0, 1, 1))


# What may come in a stage after its first scene, with how often it does.
STAGES: dict[str, tuple[tuple[Maker, int], ...]] = {
    "Discovery": (
        (T.asked, 3), (T.asking, 3), (T.ringing, 2), (T.calling, 3), (T.texting, 1), (T.slow, 3),
        (T.away, 1), (lambda t: t.meeting("discovery_meeting"), 2),
    ),
    "Demo": (
        (T.asked, 3), (T.calling, 2), (T.joining, 2), (briefly, 2), (T.texting, 1), (T.away, 1),
        (T.promised, 1), (T.ringing, 1),
    ),
    "Proposal": (
        (T.asked, 3), (T.ringing, 2), (T.promised, 3), (briefly, 3), (T.paused, 1), (T.away, 1),
        (T.calling, 2), (lambda t: t.meeting("offer_meeting"), 1),
    ),
    "Negotiation": (
        (T.haggling, 3), (T.promised, 2), (T.calling, 2), (T.slow, 2),
        (lambda t: t.meeting("terms_meeting"), 1), (T.ringing, 1),
    ),
    "Onboarding": ((T.setting_up, 3), (T.asked, 2), (T.in_trouble, 2), (T.texting, 1), (T.slow, 1)),
    "Active": (
        (T.checking_in, 5), (T.in_trouble, 3), (T.quarterly, 2), (T.asked, 1), (T.slow, 1), (T.away, 1),
    ),
    "Renewal": ((T.calling, 2), (T.promised, 2), (T.slow, 2), (T.asked, 1)),
}  # fmt: skip
FIRST: dict[str, Maker] = {
    "Discovery": T.opening,
    "Demo": lambda t: t.meeting("demo_meeting"),
    "Proposal": T.proposing,
    "Negotiation": T.haggling,
    "Onboarding": T.kicking_off,
    "Active": T.checking_in,
    "Renewal": T.renewing,
}


# How long we take to answer, in hours at work: most answers are in time for the stage.
WE_ANSWER = {"Proposal": 2.5, "Negotiation": 0.6}
USUALLY = 4.5
PROMPT = 0.97
# Who answers at all does it within so many hours here, and the others never do.
THEY_ANSWER = {"Demo": 18.0, "Proposal": 12.0}


def stage(teller: Teller, name: str, scenes: int) -> list[Beat]:
    """Return some scenes in a stage; the first beat enters it."""
    if scenes == 0:
        return []
    makers, weights = zip(*STAGES[name], strict=True)
    beats = FIRST[name](teller)
    for make in teller.random.choices(makers, weights, k=scenes - 1):
        beats += make(teller)
    beats[0].enters = name
    return beats


def answer(beats: Sequence[Beat], teller: Teller) -> list[Beat]:
    """Let us have a word wherever they would speak twice while it is our turn, or they take it."""
    result: list[Beat] = []
    for beat in beats:
        if result and beat.who == Who.THEM and turn_after(result) == Turn.OURS:
            if result[-1].who == Who.BOTH:
                result[-1].turn = Turn.THEIRS
            elif teller.random.random() < PROMPT:
                result.append(teller.us("ack"))
        result.append(beat)
    return result


def hurry(beats: Sequence[Beat], random: Random) -> None:
    """Let us answer in time, mostly, and them where waiting on is to win nothing."""
    name = ""
    for beat, turn in zip(beats, turns(beats), strict=True):
        name = beat.enters or name
        if turn == Turn.OURS and beat.who in {Who.US, Who.BOTH} and random.random() < PROMPT:
            beat.gap = min(beat.gap, random.uniform(0.1, WE_ANSWER.get(name, USUALLY)))
        elif turn == Turn.THEIRS and beat.who in {Who.THEM, Who.BOTH} and name in THEY_ANSWER:
            beat.gap = min(beat.gap, random.uniform(0.4, 1) * THEY_ANSWER[name])
        name = "" if beat.settles else name


def turns(beats: Sequence[Beat]) -> list[Turn]:
    """Return whose turn it is before each beat. Source: SILENCE.md, "Whose turn"."""
    turn, before = Turn.NOBODY, []
    for beat in beats:
        before.append(turn)
        turn = _turn_after(beat, turn)
    return before


def turn_after(beats: Sequence[Beat]) -> Turn:
    """Return whose turn it is after the last beat."""
    return _turn_after(beats[-1], turns(beats)[-1]) if beats else Turn.NOBODY


def _turn_after(beat: Beat, turn: Turn) -> Turn:
    if beat.who == Who.ROBOT or not beat.is_delivered:
        return turn
    if beat.leaves != Turn.UNCHANGED:
        return beat.leaves
    was_writers = turn == (Turn.OURS if beat.who == Who.US else Turn.THEIRS)
    return Turn.NOBODY if was_writers else turn
