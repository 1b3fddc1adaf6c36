"""What reps did about silences of the past: the suggestions that their attempts answered.

A history that is written down afterwards was never swept, so that nothing was suggested in it.
Drawn from a stream of its own, so that the stories stay as they are for the same seed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import NamedTuple

from contacts.models import Channel
from deals.models import By, DarkSpell, Direction, Ending, Touch
from outreach.demo.saying import GUESSES, stream
from outreach.models import Play, Reason, ReasonEntry, Suggestion

State = Suggestion.State
BATCH = 500  # rows written at once
PERSONAL = 0.4  # of what goes to the same person on the same channel


@dataclass(frozen=True)
class _Word:
    """A touch of a deal: ours, or a talk."""

    at: datetime
    channel: str
    contact: int
    is_talk: bool


class _Deed(NamedTuple):
    """A step that was suggested at an instant, and how it was settled at another."""

    step: int
    play: Play
    channel: str
    contact: int
    state: str
    asked_at: datetime
    at: datetime


def remember(seed: int) -> None:
    """Write down what was suggested for each dark spell of the past, and what became of it."""
    random = stream("tried", seed)
    spells = DarkSpell.objects.filter(silence__by=By.THEM).select_related("silence__deal")
    known = list(spells.order_by("silence__deal__external_id", "started_at", "pk"))
    guesses = dict(ReasonEntry.objects.values_list("silence", "guessed"))
    taken = set(Suggestion.objects.values_list("silence", "step"))
    words = _words(spell.silence.deal_id for spell in known)
    rows = [
        row
        for spell in known
        for row in _suggestions(spell, words[spell.silence.deal_id], guesses, random)
        if (row.silence_id, row.step) not in taken
    ]
    Suggestion.objects.bulk_create(rows, batch_size=BATCH)


def _words(deals: Iterable[int]) -> Mapping[int, list[_Word]]:
    said = Touch.objects.standing().filter(deal__in=set(deals), contact__isnull=False)
    said = said.exclude(direction=Direction.INBOUND).filter(is_delivered=True)
    found = defaultdict(list)
    columns = ("deal_id", "occurred_at", "channel", "contact_id", "direction")
    for deal, at, channel, contact, direction in said.order_by(
        "occurred_at", "external_id"
    ).values_list(*columns):
        is_talk = direction == Direction.TWO_WAY
        found[deal].append(_Word(at, channel, contact, is_talk))
    return found


def _suggestions(
    spell: DarkSpell, words: Sequence[_Word], guesses: Mapping[int, str], random: Random
) -> Iterator[Suggestion]:
    guess = guesses.get(spell.silence_id)
    guess = guess or random.choices(list(GUESSES), list(GUESSES.values()))[0]
    draft = _Draft(spell, guess, 0 if guess == Reason.UNKNOWN else random.randint(35, 80))
    return (draft.row(deed) for deed in _deeds(spell, words, random))


def _deeds(spell: DarkSpell, words: Sequence[_Word], random: Random) -> Iterator[_Deed]:
    """Yield a step for each attempt; one for a spell without any, and one that let go."""
    silence = spell.silence
    primary = silence.deal.contact_id
    ended_at = spell.ended_at or silence.ended_at
    step, asked_at, before = 0, spell.started_at, _last(words, spell.started_at)
    for word in words:
        if word.at < spell.started_at or (ended_at is not None and word.at > ended_at):
            continue
        step += 1
        state = State.WITHDRAWN if word.is_talk else State.DONE
        play = _play(word, before, primary, random)
        yield _Deed(step, play, word.channel, word.contact, state, asked_at, word.at)
        asked_at, before = word.at, word
    if ended_at is None:
        return
    if silence.ending == Ending.LET_GO and silence.ended_at == ended_at:
        channel = random.choice([Channel.EMAIL, ""])
        yield _Deed(step + 1, Play.LET_GO, channel, primary, State.DONE, asked_at, ended_at)
    elif not step:
        yield _Deed(1, Play.REFOCUS, Channel.EMAIL, primary, State.WITHDRAWN, asked_at, ended_at)


def _last(words: Sequence[_Word], at: datetime) -> _Word | None:
    return next((word for word in reversed(words) if word.at < at), None)


def _play(word: _Word, before: _Word | None, primary: int, random: Random) -> Play:
    if word.contact != primary:
        return Play.WIDEN
    if word.is_talk or (before is not None and word.channel != before.channel):
        return Play.SWITCH_CHANNEL
    return Play.PERSONALISE if random.random() < PERSONAL else Play.REFOCUS


@dataclass(frozen=True)
class _Draft:
    """What all suggestions of one spell have in common."""

    spell: DarkSpell
    reason: str
    confidence: int

    def row(self, deed: _Deed) -> Suggestion:
        """Return what was suggested and settled so."""
        spell = self.spell
        is_done = deed.state == State.DONE
        return Suggestion(
            silence_id=spell.silence_id, spell=spell, deal=spell.silence.deal,
            stage_id=spell.stage_id, owner_id=spell.owner_id, step=deed.step, play=deed.play,
            channel=deed.channel, contact_id=deed.contact, state=deed.state,
            created_at=deed.asked_at, acted_at=deed.at,
            acted_by_id=spell.owner_id if is_done else None,
            reason=self.reason, confidence=self.confidence,
        )  # fmt: skip
