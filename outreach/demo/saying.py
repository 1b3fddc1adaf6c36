"""What contacts said in passing, and what reps answered to the guess of why they are silent.

Drawn from a stream of its own, so that the stories stay as they are for the same seed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

from deals.models import By, Deal, Direction, Silence, Touch
from outreach import reasons
from outreach.demo.house import REPS
from outreach.models import Reason, ReasonEntry, Remark, Suggestion

TEXTS = Path(__file__).parent / "data" / "remarks.toml"
REMARKED = 0.15  # of the open deals
ANSWERED = 0.4  # of the silences that went dark and ended
ANSWERED_NOW = 0.2  # of the suggestions that are open, but for those that the tour shows
RIGHT = 0.72  # of the guesses
GUESSES = {  # how often each is guessed
    Reason.BUSY: 3, Reason.HARD_TO_REACH: 2, Reason.LOW_PRIORITY: 3,
    Reason.CANNOT_COMMIT_YET: 4, Reason.LOST_INTEREST: 2, Reason.UNKNOWN: 1,
}  # fmt: skip


def note_remarks(seed: int) -> None:
    """Note on some open deals what somebody said when they were last heard."""
    random = stream("remarks", seed)
    heard = Touch.objects.standing().filter(is_heard=True, contact__isnull=False)
    heard = heard.exclude(direction=Direction.OUTBOUND).order_by("occurred_at", "external_id")
    columns = ("deal_id", "contact_id", "occurred_at")
    last = {row.deal_id: row for row in heard.values_list(*columns, named=True)}
    deals = Deal.objects.open().order_by("external_id")
    Remark.objects.bulk_create(
        _remark(deal, last[deal.pk], random)
        for deal in deals
        if random.random() < REMARKED and deal.pk in last
    )


def answer_guesses(now: datetime, seed: int) -> None:
    """Let reps have answered guesses of the past, and some that are open."""
    random = stream("answers", seed)
    ended = Silence.objects.filter(by=By.THEM, ended_at__isnull=False, spells__isnull=False)
    past = ended.order_by("deal__external_id", "started_at").select_related("deal").distinct()
    ReasonEntry.objects.bulk_create(
        _entry(silence, random) for silence in past if random.random() < ANSWERED
    )
    shown = REPS[0].email
    live = Suggestion.objects.live().exclude(owner__email=shown).select_related("owner")
    for suggestion in live.order_by("deal__external_id"):
        if random.random() < ANSWERED_NOW:
            said = _said(Reason(suggestion.reason), random)
            reasons.say(suggestion, said, user=suggestion.owner, now=now)


def _remark(deal: Deal, heard: Touch, random: Random) -> Remark:
    assert heard.contact_id is not None
    topic = random.choice(list(Remark.Topic))
    return Remark(
        deal=deal, contact_id=heard.contact_id, topic=topic, text=random.choice(_texts()[topic]),
        said_on=heard.occurred_at.date(), user_id=deal.owner_id, recorded_at=heard.occurred_at,
    )  # fmt: skip


def _entry(silence: Silence, random: Random) -> ReasonEntry:
    """Return an answer that was given while the silence was dark."""
    spell = silence.spells.order_by("started_at")[0]
    assert silence.ended_at is not None
    later = timedelta(hours=random.uniform(1, 30))
    guessed = random.choices(list(GUESSES), list(GUESSES.values()))[0]
    return ReasonEntry(
        silence=silence, guessed=guessed, said=_said(guessed, random), user_id=silence.deal.owner_id,
        confidence=0 if guessed == Reason.UNKNOWN else random.randint(35, 80),
        said_at=min(spell.started_at + later, silence.ended_at),
    )  # fmt: skip


def _said(guessed: Reason, random: Random) -> Reason:
    known = guessed != Reason.UNKNOWN
    others = [reason for reason in GUESSES if reason not in (guessed, Reason.UNKNOWN)]
    return guessed if known and random.random() < RIGHT else random.choice(others)


@cache
def _texts() -> Mapping[str, list[str]]:
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


def stream(name: str, seed: int) -> Random:
    """Return chance of its own for one part of the demo."""
    return Random(f"lamplighter {name} {seed}")  # noqa: S311 -- for stories, not for secrets
