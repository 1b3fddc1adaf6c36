"""What to do about a dark silence: one suggestion for each step."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery

from accounts.models import User
from contacts.models import Address, Channel, Contact, OptOut
from deals.models import DarkSpell, Deal, Direction, Participation, Silence, Touch
from outreach.models.reasons import Reason


class Play(models.TextChoices):
    """The ways to re-engage. Source: SILENCE.md, "What to do"."""

    REFOCUS = "refocus", "Refocus"
    SWITCH_CHANNEL = "switch_channel", "Switch channel"
    PERSONALISE = "personalise", "Personal note"
    WIDEN = "widen", "Widen"
    LET_GO = "let_go", "Let go"
    ANSWER = "answer", "Answer"

    @classmethod
    def re_engaging(cls) -> list[Play]:
        """Return the ways to re-engage; answering is for a silence of ours."""
        return [play for play in cls if play != cls.ANSWER]


class Lack(models.TextChoices):
    """What is missing where nobody can be written to or called; adding it changes the play."""

    ADDRESS = "address", "An address that works"
    CHANNEL = "channel", "A second channel"


USABLE = Q(health=Address.Health.ALIVE) & ~Q(consent=Address.Consent.REFUSED)


def opted_out(contact: str, channel: str) -> Exists:
    """Whether the contact wants nothing on the channel; both name columns of the outer query."""
    whole_or_this = Q(channel="") | Q(channel=OuterRef(channel))
    return Exists(
        OptOut.objects.filter(whole_or_this, contact=OuterRef(contact), lifted_at=None).order_by()
    )


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    """Questions about many suggestions."""

    def visible_to(self, user: User) -> SuggestionQuerySet:
        """Keep the suggestions of deals that `user` may see."""
        return self if user.is_admin else self.filter(deal__in=Deal.objects.visible_to(user))

    def pending(self) -> SuggestionQuerySet:
        """Keep those that nobody has acted on, whether they still hold or not."""
        return self.filter(state__in=Suggestion.PENDING)

    def acted(self) -> SuggestionQuerySet:
        """Keep those that a person did or dismissed: their steps do not come back."""
        return self.filter(state__in=Suggestion.ACTED)

    def live(self) -> SuggestionQuerySet:
        """Keep the pending ones that still hold: what each rests on is asked, never copied.

        The spell lasts, no attempt has overtaken the step, deal and stage are as they were, and
        person and address may be used. Source: SILENCE.md, "What the sweep does"; decision 005.
        """
        return (
            self.pending()
            .filter(
                _not_overtaken(),
                _person_takes_part(),
                _way_is_open(),
                _is_no_third_in_a_row(),
                spell__isnull=False,
                spell__ended_at=None,
                owner=F("deal__owner"),
                stage=F("silence__stage"),
                contact__erased_at=None,
            )
            .exclude(opted_out("contact", "channel"))
        )

    def awake(self, now: datetime) -> SuggestionQuerySet:
        """Leave out what is snoozed until later than `now`."""
        return self.exclude(state=Suggestion.State.SNOOZED, snoozed_until__gt=now)

    def free(self) -> SuggestionQuerySet:
        """Leave out those that come after another live suggestion for the same contact.

        Where the one that led is gone, the best ranked of those that came after it leads, until
        the next sweep lines them up anew.
        """
        first = Suggestion.objects.live().filter(pk=OuterRef("after"))
        better = Q(rank__gt=OuterRef("rank")) | Q(rank=OuterRef("rank"), pk__lt=OuterRef("pk"))
        next_one = Suggestion.objects.live().filter(
            better, after=OuterRef("after"), state=Suggestion.State.QUEUED
        )
        return self.filter(Q(after=None) | (~Exists(first) & ~Exists(next_one)))


def _not_overtaken() -> Q:
    """No attempt was made since it was queued, nor recorded later for an earlier day."""
    since = Q(silence__attempted_at=None) | Q(silence__attempted_at__lt=F("created_at"))
    return since & Q(step__gt=F("silence__dark_attempts"))


def _is_no_third_in_a_row() -> Q:
    """The last two attempts were not both on its channel, as late ones may turn out to have been.

    Asked only of the few silences that have two. Source: decision 074.
    """
    ours = Touch.objects.standing().filter(
        deal=OuterRef("deal"), direction=Direction.OUTBOUND, is_delivered=True
    )
    latest = ours.order_by("-occurred_at", "-source", "-external_id").values("channel")
    return (
        Q(silence__attempts__lt=2)
        | Q(channel="")
        | ~(Q(channel=Subquery(latest[:1])) & Q(channel=Subquery(latest[1:2])))
    )


def _person_takes_part() -> Q:
    """The person is on the deal, or never was (somebody else of the company); nobody who left."""
    parts = Participation.objects.filter(deal=OuterRef("deal"), contact=OuterRef("contact"))
    return Exists(parts.filter(left_at=None).order_by()) | ~Exists(parts.order_by())


def _way_is_open() -> Q:
    """The address works and may be used; or, where none was left, none has been added since."""
    usable = Address.objects.filter(USABLE, contact=OuterRef("contact")).order_by()
    usable = usable.exclude(opted_out("contact", "channel"))
    second = usable.filter(contact=OuterRef("contact")).exclude(channel=OuterRef("channel"))
    two_channels = usable.filter(Exists(second))
    by_address = Q(
        address__health=Address.Health.ALIVE,
        address__channel=F("channel"),
        address__contact=F("contact"),
    ) & ~Q(address__consent=Address.Consent.REFUSED)
    without = Q(channel="") & (
        Q(lacks="")
        | (Q(lacks=Lack.ADDRESS) & ~Exists(usable))
        | (Q(lacks=Lack.CHANNEL) & ~Exists(two_channels))
    )
    return by_address | without


class Suggestion(models.Model):
    """One play queued for one silence and step, with channel, person and evidence.

    Its words are rendered from a template when someone reads it. `owner`, `stage` and `rank` are
    as they were when it was queued, for Today's pages; `after` is the suggestion for the same
    contact that comes first. Without a channel nobody is written to or called: a deal to let go
    without a note, for want of what `lacks` says, or of nothing. `evidence` says why this play;
    `reason` was guessed with a `confidence` from 0 to 100 from `reason_evidence`: pairs of a
    sentence and the id of the touch it rests on, or None. `rank_parts` is what `rank` was
    multiplied from; `variant` counts the drafts that the rep has asked for, from 0.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        SNOOZED = "snoozed", "Snoozed"
        DONE = "done", "Done"
        DISMISSED = "dismissed", "Dismissed"
        REPLACED = "replaced", "Replaced"
        WITHDRAWN = "withdrawn", "Withdrawn"

    PENDING = (State.QUEUED, State.SNOOZED)
    ACTED = (State.DONE, State.DISMISSED)
    # an import may still be undone beneath the others: nobody has spent work on them
    counts_as_work = Q(state__in=(*ACTED, State.SNOOZED))

    silence = models.ForeignKey(Silence, on_delete=models.CASCADE, related_name="suggestions")
    spell = models.ForeignKey(
        DarkSpell, on_delete=models.SET_NULL, null=True, related_name="suggestions"
    )
    step = models.PositiveSmallIntegerField()
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="suggestions")
    stage = models.ForeignKey("deals.Stage", on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="suggestions"
    )
    rank = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    play = models.CharField(max_length=20, choices=Play.choices)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="suggestions")
    channel = models.CharField(max_length=10, choices=Channel.choices, blank=True)
    address = models.ForeignKey(Address, on_delete=models.SET_NULL, null=True, blank=True)
    lacks = models.CharField(max_length=10, choices=Lack.choices, blank=True)
    evidence = models.JSONField(default=list)
    reason = models.CharField(max_length=20, choices=Reason.choices, default=Reason.UNKNOWN)
    confidence = models.PositiveSmallIntegerField(default=0)
    reason_evidence = models.JSONField(default=list)
    rank_parts = models.JSONField(default=dict)
    variant = models.PositiveSmallIntegerField(default=0)
    after = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="followers"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    acted_at = models.DateTimeField(null=True, blank=True)
    acted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True,
        related_name="+",
    )  # fmt: skip

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-rank", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["silence", "step"],
                condition=Q(state__in=["queued", "snoozed"]),
                name="outreach_one_pending_step",
            ),
            models.CheckConstraint(
                condition=~Q(state="snoozed") | Q(snoozed_until__isnull=False),
                name="outreach_snoozed_until_when",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(  # Today's pages: the owner's, most to win first
                fields=["owner", "-rank", "id"],
                condition=Q(state__in=["queued", "snoozed"]),
                name="suggestion_queue",
            ),
            models.Index(  # the sweep: what comes back
                fields=["snoozed_until"],
                condition=Q(state="snoozed"),
                name="suggestion_snoozed",
            ),
            models.Index(  # the report's plays: `outreach.tries`
                fields=["acted_at"],
                condition=Q(state__in=["done", "withdrawn"]),
                name="suggestion_tried",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_play_display()} ({self.get_state_display()})"
