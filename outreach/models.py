"""What we do about silence: suggestions, the templates of their words, and notices."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import User
from contacts.models import Address, Channel, Contact, OptOut
from deals.models import DarkSpell, Deal, Participation, Silence


class Play(models.TextChoices):
    """The ways to re-engage. Source: SILENCE.md, "What to do"."""

    REFOCUS = "refocus", "Refocus"
    SWITCH_CHANNEL = "switch_channel", "Switch channel"
    PERSONALISE = "personalise", "Personal note"
    WIDEN = "widen", "Widen"
    LET_GO = "let_go", "Let go"


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
        """Leave out those that come after another live suggestion for the same contact."""
        first = Suggestion.objects.live().filter(pk=OuterRef("after"))
        return self.filter(Q(after=None) | ~Exists(first))


def _not_overtaken() -> Q:
    """No attempt was made since it was queued, nor recorded later for an earlier day."""
    since = Q(silence__attempted_at=None) | Q(silence__attempted_at__lt=F("created_at"))
    return since & Q(step__gt=F("silence__dark_attempts"))


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
    without a note, for want of what `lacks` says, or of nothing.
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
        ]

    def __str__(self) -> str:
        return f"{self.get_play_display()} ({self.get_state_display()})"


class Template(models.Model):
    """The words of one play on one channel in one language, with merge fields."""

    play = models.CharField(max_length=20, choices=Play.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    language = models.CharField(max_length=10, default="en")
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True,
        related_name="+",
    )  # fmt: skip

    class Meta:
        ordering: ClassVar[list[str]] = ["play", "channel", "language"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["play", "channel", "language"], name="outreach_template_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_play_display()} · {self.get_channel_display()} ({self.language})"

    def reword(self, *, user: User | None, now: datetime) -> None:
        """Save the words; `user` is who wrote them, None where they are the shipped ones."""
        self.changed_by, self.changed_at = user, now
        self.save(update_fields=["subject", "body", "changed_by", "changed_at"])


class Notice(models.Model):
    """Something a rep is told once: a hold ended, a meeting is over, a day to look again came."""

    class Kind(models.TextChoices):
        HOLD_ENDED = "hold_ended", "The pause is over"
        MEETING_PAST = "meeting_past", "Did the meeting take place?"
        LOOK_AGAIN = "look_again", "Worth another look"
        OVERDUE = "overdue", "We owe an answer"
        HEARD_AGAIN = "heard_again", "Heard after it was let go"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices"
    )
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=60)
    text = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "key"], name="outreach_told_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(  # Today: what the user has not read
                fields=["user", "-created_at"], condition=Q(read_at=None), name="notice_unread"
            ),
        ]

    def __str__(self) -> str:
        return self.text
