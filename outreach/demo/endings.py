"""How a deal stands at the demo's now: dark, dimming, waiting, ours, held, or long over.

An ending says what the last beats are and pins the one that decides how the deal stands; the
rest of the story is laid back from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from contacts.models import Channel
from deals.models import Hold, Turn
from outreach.demo.beats import Beat, Who
from outreach.demo.rhythms import MINUTE, Rhythm
from outreach.demo.scale import Scale
from outreach.demo.scenes import Teller

WE_SAY = {
    "Discovery": ("we_ask", "cold_mail", "recap"),
    "Demo": ("recap", "invite", "we_ask"),
    "Proposal": ("proposal", "we_add", "proposal"),
    "Negotiation": ("terms", "we_add"),
    "Onboarding": ("setup_ask", "setup_done"),
    "Active": ("check_in",),
    "Renewal": ("renewal", "renewal_answer"),
}
THEY_SAY = {
    "Discovery": ("warm_reply", "they_answer"),
    "Demo": ("opinion",),
    "Proposal": ("on_proposal",),
    "Negotiation": ("haggle", "nearly"),
    "Onboarding": ("setup_answer", "trouble"),
    "Active": ("trouble", "check_in_reply"),
    "Renewal": ("on_renewal",),
}


@dataclass
class Tail:
    """The last beats of an open deal: `key` decides how it stands, `after` follows it, dated."""

    key: Beat
    after: list[Beat]


Ending = Callable[[Teller, Scale, str], Tail]


def _ours(teller: Teller, stage: str) -> Beat:
    """Return the touch with which we pass the ball to them."""
    return teller.us(teller.random.choice(WE_SAY[stage]), gap=teller.later())


def _theirs(teller: Teller, stage: str) -> Beat:
    """Return something of theirs that wants an answer."""
    if teller.random.random() < 0.5:
        return teller.them("question", said=f"“{teller.question()[0]}”", person=0)
    return teller.them(teller.random.choice(THEY_SAY[stage]), person=0)


def waiting(teller: Teller, scale: Scale, stage: str) -> Tail:
    """We wrote, they have time."""
    return _waiting(teller, scale, stage, 0.04, 0.7)


def dimming(teller: Teller, scale: Scale, stage: str) -> Tail:
    """It gets late."""
    return _waiting(teller, scale, stage, 0.78, 0.96)


def _waiting(teller: Teller, scale: Scale, stage: str, low: float, high: float) -> Tail:
    key = _ours(teller, stage)
    key.at = scale.share("them", low, high, scale.account.owner.rhythm)
    return Tail(key, [])


def crossing(minutes: float) -> Ending:
    """Cross the threshold so many minutes from now, or some before it."""

    def ending(teller: Teller, scale: Scale, stage: str) -> Tail:
        key = _ours(teller, stage)
        key.at = scale.due("them", scale.now + minutes * MINUTE).replace(microsecond=0)
        return Tail(key, [])

    return ending


def dark(attempts: int, channel: Channel | None = None) -> Ending:
    """Went dark; so many attempts since, the last one long enough ago for the next."""

    def ending(teller: Teller, scale: Scale, stage: str) -> Tail:
        rep, random = scale.account.owner.rhythm, teller.random
        key, tries = _ours(teller, stage), teller.tries(attempts)
        tries = [teller.attempt(channel) for _ in tries] if channel else tries
        at = scale.now
        for number, beat in reversed(list(enumerate(tries, start=1))):
            at = rep.back(scale.work_back(at, scale.spacing(number)), random.uniform(0.5, 3))
            beat.at = at
        crossed = rep.back(at, random.uniform(2, 14))
        key.at = rep.back(scale.due("them", crossed), 0.1) if attempts else _dark(scale, rep)
        return Tail(key, tries)

    return ending


def _dark(scale: Scale, rep: Rhythm) -> datetime:
    """Return when a silence began that went dark some hours or days ago."""
    return scale.share(
        "them", 1.03, 1.5 if scale.policy("them").day == timedelta(days=1) else 4.0, rep
    )


def tried_before(teller: Teller, scale: Scale, stage: str) -> Tail:
    """Went dark in spite of a word or two before the crossing."""
    tail = dark(0)(teller, scale, stage)
    tries, rep = teller.tries(teller.random.choice((1, 2))), scale.account.owner.rhythm
    crossed = scale.policy("them").clock.add(tail.key.at, scale.policy("them").threshold)
    span = (crossed - tail.key.at) / (len(tries) + 1)
    for number, beat in enumerate(tries, start=1):
        beat.at = max(rep.back(tail.key.at + number * span, 0.1), tail.key.at + number * MINUTE)
    return Tail(tail.key, tries)


def spent(teller: Teller, scale: Scale, stage: str) -> Tail:
    """Dark, and all attempts of the stage are spent."""
    return dark(scale.rulebook.threshold(scale.stage, scale.now).attempts)(teller, scale, stage)


def broken_promise(teller: Teller, scale: Scale, stage: str) -> Tail:
    """They named a day, and it went by."""
    due = scale.now - teller.random.uniform(3, 60) * 60 * MINUTE
    person = teller.people[0].rhythm
    key = teller.them("promise", person=0, turn=Turn.THEIRS, due=person.back(due, 0.1))
    key.at = person.back(due, teller.random.uniform(14, 40))
    return Tail(key, [])


def promised(teller: Teller, scale: Scale, stage: str) -> Tail:
    """They named a day that is to come."""
    person = teller.people[0].rhythm
    due = person.clock.add(scale.now, timedelta(hours=teller.random.uniform(5, 40)))
    key = teller.them(
        "promise", person=0, turn=Turn.THEIRS, due=due.replace(second=0, microsecond=0)
    )
    key.at = person.back(scale.now, teller.random.uniform(2, 24))
    return Tail(key, [])


def our_move(teller: Teller, scale: Scale, stage: str) -> Tail:
    """They wrote, we have time."""
    return _our_move(teller, scale, stage, 0.1, 0.85)


def overdue(teller: Teller, scale: Scale, stage: str) -> Tail:
    """They wrote, and we owe the answer for too long."""
    return _our_move(teller, scale, stage, 1.2, 2.5)


def _our_move(teller: Teller, scale: Scale, stage: str, low: float, high: float) -> Tail:
    key = _theirs(teller, stage)
    key.at = scale.share("us", low, high, teller.people[0].rhythm)
    return Tail(key, [])


def bounced(teller: Teller, scale: Scale, stage: str) -> Tail:
    """They asked, and our answer did not arrive."""
    tail = _our_move(teller, scale, stage, 1.1, 1.9)
    answer = teller.us("bounce_ours", is_delivered=False, turn=Turn.UNCHANGED)
    answer.at = tail.key.at + (scale.now - tail.key.at) / 2
    answer.at = max(scale.account.owner.rhythm.back(answer.at, 0.1), tail.key.at + MINUTE)
    return Tail(tail.key, [answer])


def nobodys(teller: Teller, scale: Scale, stage: str) -> Tail:
    """Nothing is asked of anybody."""
    return _nobodys(teller, scale, 0.05, 0.8)


def stale(teller: Teller, scale: Scale, stage: str) -> Tail:
    """Nothing was asked of anybody, and too long ago."""
    return _nobodys(teller, scale, 1.1, 1.9)


def _nobodys(teller: Teller, scale: Scale, low: float, high: float) -> Tail:
    key = teller.them("thanks", person=0, turn=Turn.NOBODY)
    if teller.random.random() < 0.4:
        key = teller.both("call", turn=Turn.NOBODY)
    key.at = scale.share("nobody", low, high, teller.people[0].rhythm)
    return Tail(key, [])


def booked(teller: Teller, scale: Scale, stage: str) -> Tail:
    """A meeting is to come."""
    person, random = teller.people[0].rhythm, teller.random
    soon = person.clock.add(scale.now, timedelta(hours=random.uniform(2, 48)))
    key = teller.them("accept_date", person=0, turn=Turn.THEIRS, hold=Hold.Reason.MEETING)
    key.until = _on_the_half_hour(soon, person)
    key.at = person.back(scale.now, random.uniform(1, 24))
    return Tail(key, [])


def met(teller: Teller, scale: Scale, stage: str) -> Tail:
    """A meeting was to be over by now; nobody has said yet whether it took place."""
    person = teller.people[0].rhythm
    key = teller.them("accept_date", person=0, turn=Turn.THEIRS, hold=Hold.Reason.MEETING)
    ended_at = person.back(scale.now, 0.3)
    key.until, key.is_news = ended_at, True
    key.at = person.back(ended_at, teller.random.uniform(10, 30))
    return Tail(key, [])


def rested(teller: Teller, scale: Scale, stage: str) -> Tail:
    """An agreed pause has just come to its end."""
    tail = paused(teller, scale, stage)
    ended_at = scale.account.owner.rhythm.back(scale.now, teller.random.uniform(0.2, 2))
    tail.key.until, tail.key.is_news = ended_at, True
    tail.key.at = teller.people[0].rhythm.back(ended_at, teller.random.uniform(60, 120))
    return tail


def paused(teller: Teller, scale: Scale, stage: str) -> Tail:
    """Agreed to rest it for some weeks."""
    person, random = teller.people[0].rhythm, teller.random
    later = person.clock.add(scale.now, timedelta(hours=random.uniform(30, 240)))
    key = teller.them("pause", person=0, turn=Turn.THEIRS, hold=Hold.Reason.PAUSE)
    key.until, key.at = (
        later.replace(minute=0, second=0, microsecond=0),
        person.back(scale.now, random.uniform(4, 90)),
    )
    return Tail(key, [])


def away(teller: Teller, scale: Scale, stage: str) -> Tail:
    """They are out of office; one in four names no date."""
    tail = _waiting(teller, scale, stage, 0.1, 0.6)
    back = teller.people[0].rhythm.clock.add(
        scale.now, timedelta(hours=teller.random.uniform(9, 70))
    )
    dated = teller.random.random() < 0.75
    robot = Beat(
        Who.ROBOT, teller.say("absence" if dated else "absence_open"), Channel.EMAIL, 0.0,
        subject="Out of office", hold=Hold.Reason.ABSENCE,
        until=back.replace(minute=0, second=0, microsecond=0) if dated else None,
        at=min(tail.key.at + MINUTE, scale.now),
    )  # fmt: skip
    tail.key.channel = Channel.EMAIL
    return Tail(tail.key, [robot])


def opted_out(teller: Teller, scale: Scale, stage: str) -> Tail:
    """They asked us to stop writing."""
    key = teller.them("opt_out", person=0, turn=Turn.NOBODY, opts_out=True)
    key.at = teller.people[0].rhythm.back(scale.now, teller.random.uniform(6, 60))
    return Tail(key, [])


def _on_the_half_hour(at: datetime, rhythm: Rhythm) -> datetime:
    """Return the next half or full hour at which a meeting ends within open hours."""
    ends = at.replace(minute=30 if at.minute < 30 else 0, second=0, microsecond=0)
    ends += timedelta(hours=1)
    return ends if rhythm.is_on(ends - MINUTE) else rhythm.clock.add(ends, timedelta(hours=1))
