"""How often touches are answered on each channel: by a contact, by a team's, by everybody's.

A contact has been asked a few times only, so their own share is drawn toward their team's, that
toward the workspace's, and that toward what is customary: the posterior mean of a Beta prior,
`(answered + strength · prior) / (tried + strength)`. So one call that was taken does not outweigh
thirty e-mails, and nine of ten does. docs/re-engaging.md works an example.
Source: SILENCE.md, "What to do (plays)"; the Beta prior of a binomial share is in any textbook,
e.g. Gelman et al., Bayesian Data Analysis, section 2.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts.models import Workspace
from contacts.models import Channel
from deals.models import Direction, Touch
from deals.models.history import TouchQuerySet
from outreach.answers import Answers, Told, Try, outcomes
from outreach.evidence import NOUNS
from outreach.models import ChannelRate

OWN_STRENGTH = 4  # a contact outweighs their team after four touches on a channel
SHARED_STRENGTH = 20  # a team outweighs the workspace after twenty; so few are said to nobody
CHUNK = 5000
# Our own guess for a workspace that has not counted yet: only the order is meant. What is quick
# to read first, what takes a visit last.
CUSTOMARY: Mapping[Channel, float] = {
    Channel.EMAIL: 0.35,
    Channel.PHONE: 0.25,
    Channel.CHAT: 0.22,
    Channel.SMS: 0.20,
    Channel.SOCIAL: 0.15,
    Channel.LETTER: 0.10,
    Channel.MEETING: 0.08,
    Channel.WEB: 0.06,
    Channel.OTHER: 0.05,
}
Counts = Counter[tuple[int | None, str]]


@dataclass(frozen=True, slots=True)
class Rate:
    """What share of touches is answered on a channel, from 0 to 1, and by whose count.

    `whose` is "" where too few were counted to speak of.
    """

    share: float
    whose: str = ""

    def likely(self, answers: Answers) -> float:
        """Return how likely a contact answers: their own share, drawn toward this one.

        What they sent unasked counts as a touch of ours that they answered.
        """
        heard, tried = answers.answered + answers.unasked, answers.tried + answers.unasked
        return shrunk(heard, tried, toward=self.share, strength=OWN_STRENGTH)

    def say(self, channel: str) -> str:
        """Say it: "the team’s calls are answered 31 in 100"; "" where too few were counted."""
        noun = NOUNS[Channel(channel)][1]
        return f"{self.whose} {noun} are answered {self.share * 100:.0f} in 100" * bool(self.whose)


@dataclass(frozen=True)
class Rates:
    """The counts as they were learned: (tried, answered) by team (None: everybody) and channel."""

    counts: Mapping[tuple[int | None, str], tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Rates:
        """Read what was learned last, in one query."""
        rows = ChannelRate.objects.values_list("team_id", "channel", "tried", "answered")
        return cls({(team, channel): (tried, answered) for team, channel, tried, answered in rows})

    def of(self, team: int | None) -> dict[str, Rate]:
        """Return a team's rate on every channel; without a team, the workspace's."""
        return {channel: self._rate(team, channel) for channel in CUSTOMARY}

    def _rate(self, team: int | None, channel: Channel) -> Rate:
        tried, answered = self.counts.get((None, channel), (0, 0))
        share = shrunk(answered, tried, toward=CUSTOMARY[channel], strength=SHARED_STRENGTH)
        whose = "all teams’" if tried >= SHARED_STRENGTH else ""
        if team is None:
            return Rate(share, whose)
        tried, answered = self.counts.get((team, channel), (0, 0))
        share = shrunk(answered, tried, toward=share, strength=SHARED_STRENGTH)
        return Rate(share, "the team’s" if tried >= SHARED_STRENGTH else whose)


def shrunk(answered: int, tried: int, *, toward: float, strength: float) -> float:
    """Return a share drawn toward another: the posterior mean of a Beta prior.

    The prior counts as `strength` touches of which the share `toward` was answered.
    """
    return (answered + strength * toward) / (tried + strength)


def learn(now: datetime) -> None:
    """Count anew how often the touches of each team, and of all, were answered on each channel.

    By the definition in outreach/answers.py, over the whole history, contact by contact: memory
    does not grow with the touches. Meant to run daily; running it again changes nothing.
    """
    tried, answered = _count(_tries())
    rows = [
        ChannelRate(
            team_id=team, channel=channel, tried=number, answered=answered[team, channel],
            counted_at=now,
        )
        for (team, channel), number in sorted(tried.items(), key=str)
    ]  # fmt: skip
    with transaction.atomic():
        list(Workspace.objects.select_for_update().values_list("pk"))  # one learner at a time
        ChannelRate.objects.all().delete()
        ChannelRate.objects.bulk_create(rows)


def _count(tries: Iterable[Try]) -> tuple[Counts, Counts]:
    """Count tries and answers by team and channel, and with None as team for everybody."""
    tried: Counts = Counter()
    answered: Counts = Counter()
    for each in tries:
        for team in {each.team, None}:
            tried[team, each.channel] += 1
            answered[team, each.channel] += each.is_answered
    return tried, answered


def _tries() -> Iterator[Try]:
    """Yield every touch of ours and whether it was answered, in the order of contacts.

    It is its writer's team's, or the team's of the deal's owner where nobody is named.
    """
    rows = counted().filter(contact__isnull=False).order_by("contact_id", "occurred_at", "pk")
    team = Coalesce("user__team_id", "deal__owner__team_id")
    told = rows.values_list("contact_id", "channel", "direction", team)
    for _, touches in groupby(told.iterator(chunk_size=CHUNK), key=itemgetter(0)):
        for each in outcomes(Told(*touch[1:]) for touch in touches):
            if isinstance(each, Try):
                yield each


def counted() -> TouchQuerySet:
    """Return the touches that count: ours that arrived, and theirs that were heard."""
    ours = Q(direction=Direction.OUTBOUND, is_delivered=True)
    theirs = ~Q(direction=Direction.OUTBOUND) & Q(is_heard=True)
    return Touch.objects.standing().filter(ours | theirs)
