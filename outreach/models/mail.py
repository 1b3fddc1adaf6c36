"""Mail that reached us, through whatever door: first as it came, then as it was understood."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from contacts.models import Contact
from deals.models import Deal, Direction, Hold, Touch
from outreach.models.deliveries import Delivery
from outreach.models.mailboxes import Mailbox
from outreach.models.meetings import Meeting


class Door(models.TextChoices):
    """The ways by which mail reaches us."""

    IMAP = "imap", "A mailbox"
    CAPTURE = "capture", "A copy or forward to the capture address"
    WEBHOOK = "webhook", "The mail provider"
    ARCHIVE = "archive", "An archive"


class Intake(models.Model):
    """A mail as it came, until it has been filed; what cannot be read is set aside here.

    `received_at` is when our server had it (INTERNALDATE, the provider's word); in archives it is
    None, and the mail's own date counts. `tries` is counted before each reading, so that a mail
    which kills its reader is set aside (`set_aside_at`, with the `problem`) and the next goes on.
    Source: SILENCE.md, "Whose turn", rule 8.
    """

    door = models.CharField(max_length=10, choices=Door.choices)
    mailbox = models.ForeignKey(
        Mailbox, on_delete=models.CASCADE, null=True, blank=True, related_name="intake"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    is_from_us = models.BooleanField(default=False)  # it lay in a folder of sent mail
    raw = models.BinaryField()
    size_bytes = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    envelope_sender = models.CharField(max_length=320, blank=True)
    envelope_recipient = models.CharField(max_length=320, blank=True)
    origin = models.CharField(max_length=200, blank=True)  # folder and UID, file, provider's id
    received_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    set_aside_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        verbose_name_plural = "intake"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(  # the worker: what waits to be filed
                fields=["id"], condition=Q(set_aside_at=None), name="intake_waiting"
            ),
            models.Index(  # the admin's list of what could not be read
                fields=["-set_aside_at"],
                condition=Q(set_aside_at__isnull=False),
                name="intake_set_aside",
            ),
        ]

    def __str__(self) -> str:
        return self.origin or f"{self.get_door_display()}, {self.size_bytes} bytes"


class MailQuerySet(models.QuerySet["Mail"]):
    """Questions about many mails."""

    def visible_to(self, user: User) -> MailQuerySet:
        """Keep mail on deals that `user` may see, and what reached their own mailbox or address."""
        if user.is_admin:
            return self
        theirs = User.objects.visible_to(user).values("pk")
        return self.filter(Q(deal__in=Deal.objects.visible_to(user)) | Q(user__in=theirs))

    def unmatched(self) -> MailQuerySet:
        """Keep what waits for somebody to say whose it is."""
        return self.filter(state=Mail.State.UNMATCHED)

    def unverified(self) -> MailQuerySet:
        """Keep what waits for somebody to say that it is genuine."""
        return self.filter(state=Mail.State.UNVERIFIED)


class Mail(models.Model):
    """One mail, however many doors it came through: `identity` tells it from all others.

    `identity` is a digest of Message-ID, sender and body; without an id of date, sender and body.
    `touch` is what it became on a deal; of one that is unverified, `deal` and `contact` are the
    candidates. `verdict` and `why` are the classifier's. `text` is what they wrote, without quotes
    and signature; `html` is cleaned. Both are empty where the workspace keeps no bodies.
    `delivery` is the mail of ours that it answers or sends back. `until` is the day to which an
    out-of-office note says they are away. What a person decided (`decided_at`) no later copy of
    the mail changes. `meetings` are those that its calendars told of; `calendars` is what those say
    of times and people while the mail waits for somebody's decision, and empty afterwards.
    """

    class State(models.TextChoices):
        FILED = "filed", "On a deal"
        ASSUMED = "assumed", "On a deal, assumed"
        UNVERIFIED = "unverified", "Is it genuine?"
        UNMATCHED = "unmatched", "Whose is it?"
        IGNORED = "ignored", "Ignored"
        AUTOMATIC = "automatic", "Written by a machine"

    class Verdict(models.TextChoices):
        REPLY = "reply", "Written by a person"
        AUTO_REPLY = "auto_reply", "Automatic reply"
        OUT_OF_OFFICE = "out_of_office", "Out of office"
        BOUNCE = "bounce", "Did not arrive"
        DELAY = "delay", "Is delayed"
        RECEIPT = "receipt", "Receipt"
        CALENDAR = "calendar", "Calendar"
        BULK = "bulk", "Newsletter"
        REPORT = "report", "Complaint"
        UNREADABLE = "unreadable", "Cannot be read"

    class Authenticity(models.TextChoices):
        PASSED = "pass", "The server vouches for the sender"
        FAILED = "fail", "The server says it is forged"
        UNKNOWN = "none", "The server says nothing"

    identity = models.CharField(max_length=64, unique=True)
    message_id = models.CharField(max_length=500, blank=True)
    door = models.CharField(max_length=10, choices=Door.choices)
    mailbox = models.ForeignKey(
        Mailbox, on_delete=models.SET_NULL, null=True, blank=True, related_name="mails"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="mails"
    )
    direction = models.CharField(max_length=10, choices=Direction.choices)
    sender = models.CharField(max_length=320, blank=True)
    sender_name = models.CharField(max_length=200, blank=True)
    recipients = models.JSONField(default=list)  # addresses in lower case
    references = models.JSONField(default=list)  # Message-IDs, the one it answers last
    subject = models.CharField(max_length=300, blank=True)
    written_at = models.DateTimeField(null=True, blank=True)  # by its own word
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    verdict = models.CharField(max_length=15, choices=Verdict.choices)
    why = models.CharField(max_length=300, blank=True)
    until = models.DateField(null=True, blank=True)
    authenticity = models.CharField(
        max_length=5, choices=Authenticity.choices, default=Authenticity.UNKNOWN
    )
    state = models.CharField(max_length=10, choices=State.choices)
    state_why = models.CharField(max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="mails"
    )
    deal = models.ForeignKey(
        Deal, on_delete=models.SET_NULL, null=True, blank=True, related_name="mails"
    )
    touch = models.OneToOneField(
        Touch, on_delete=models.SET_NULL, null=True, blank=True, related_name="mail"
    )
    hold = models.ForeignKey(
        Hold, on_delete=models.SET_NULL, null=True, blank=True, related_name="mails"
    )
    delivery = models.ForeignKey(
        Delivery, on_delete=models.SET_NULL, null=True, blank=True, related_name="answers"
    )
    calendars = models.JSONField(default=list, db_default=[], blank=True)  # iCalendar, trimmed
    meetings = models.ManyToManyField(Meeting, related_name="mails", blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-occurred_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["message_id"], name="mail_by_message_id"),  # threads
            models.Index(  # the lists of what waits for a person
                fields=["state", "-occurred_at"],
                condition=Q(state__in=["unmatched", "unverified"]),
                name="mail_to_decide",
            ),
            models.Index(fields=["sender"], name="mail_by_sender"),  # all of one sender at once
        ]

    def __str__(self) -> str:
        return self.subject or "(no subject)"


class Attachment(models.Model):
    """A file that came with a mail: listed, and stored only where the workspace says so."""

    mail = models.ForeignKey(Mail, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=120)
    size_bytes = models.PositiveIntegerField()
    content = models.BinaryField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.name


class IgnoredSender(models.Model):
    """An address, or with `is_domain` a whole domain, whose mail nobody wants to be asked about."""

    value = models.CharField(max_length=254)  # in lower case
    is_domain = models.BooleanField(default=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["value"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["value", "is_domain"], name="outreach_ignored_sender_once"
            )
        ]

    def __str__(self) -> str:
        return f"@{self.value}" if self.is_domain else self.value
