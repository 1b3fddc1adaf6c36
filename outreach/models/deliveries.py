"""Mail that the app sends, and what became of each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from contacts.models import Address, Contact
from deals.models import Deal, Touch
from outreach.models.suggestions import Suggestion


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Questions about many deliveries."""

    def visible_to(self, user: User) -> DeliveryQuerySet:
        """Keep the deliveries on deals that `user` may see."""
        return self if user.is_admin else self.filter(deal__in=Deal.objects.visible_to(user))


class Delivery(models.Model):
    """One mail of ours, from the order to send it until what became of it.

    It is sent from `send_at` on, once: a worker claims it (`claimed_at`, state "sending") before
    it speaks to the server. One that was claimed and never came back is "unknown": only a person
    may say what became of it. Its `touch` is made when the server has accepted it. `tries` counts
    how often the server put it off; `problem` says why it waits, was cancelled by us or failed.
    Source: SILENCE.md, "Whose turn", rule 5.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waits to go out"
        SENDING = "sending", "Going out"
        SENT = "sent", "Sent"
        UNKNOWN = "unknown", "Unknown, please check"
        FAILED = "failed", "Did not go out"
        BOUNCED = "bounced", "Did not arrive"
        CANCELLED = "cancelled", "Cancelled"

    UNDER_WAY = (State.QUEUED, State.SENDING)

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="deliveries")
    suggestion = models.ForeignKey(
        Suggestion, on_delete=models.SET_NULL, null=True, blank=True, related_name="deliveries"
    )
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="deliveries")
    address = models.ForeignKey(Address, on_delete=models.SET_NULL, null=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="deliveries"
    )
    sender = models.EmailField()
    recipient = models.EmailField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField()
    send_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    touch = models.OneToOneField(
        Touch, on_delete=models.SET_NULL, null=True, blank=True, related_name="delivery"
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        verbose_name_plural = "deliveries"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state="queued", claimed_at=None)
                | Q(state__in=["failed", "cancelled"])
                | Q(claimed_at__isnull=False),
                name="outreach_claimed_before_it_is_sent",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(  # the worker: what is due, and what never came back
                fields=["state", "send_at"],
                condition=Q(state__in=["queued", "sending"]),
                name="delivery_under_way",
            ),
            models.Index(fields=["deal", "-created_at"], name="delivery_by_deal"),  # the thread
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.get_state_display()})"

    def move(self, state: State, *, among: Collection[str], **changes: Any) -> bool:
        """Bring it into a state if it is in one of `among` still; return whether this call did.

        Of two who try only one succeeds, whatever either has read before.
        """
        rows = Delivery.objects.filter(pk=self.pk, state__in=among)
        is_ours = bool(rows.update(state=state, **changes))
        if is_ours:
            for name, value in {"state": state, **changes}.items():
                setattr(self, name, value)
        return is_ours
