"""Mail accounts that we send through and read, and how far the reading is."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from outreach.models.encrypted import EncryptedField


class Mailbox(models.Model):
    """A mail account: of a rep, who sends through it, or shared (without a `user`), only read.

    One that is not `is_active`, or whose last trial left a `problem`, sends nothing. It is read
    where `imap_host` is set and `is_read`; `read_problem` says why the last reading failed.
    `authority` is the authserv-id under which its server reports what it checked of a sender
    (RFC 8601); without one no such report is believed.
    """

    class Security(models.TextChoices):
        STARTTLS = "starttls", "STARTTLS"
        TLS = "tls", "TLS"
        NONE = "none", "None"

    class SignIn(models.TextChoices):
        PASSWORD = "password", "A password"
        OAUTH2 = "oauth2", "OAuth 2 (Gmail, Microsoft 365)"

    SECRETS = ("password", "client_secret", "refresh_token", "access_token")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="mailbox",
    )
    name = models.CharField(max_length=120, blank=True)
    address = models.EmailField()
    smtp_host = models.CharField(max_length=200, blank=True)
    smtp_port = models.PositiveIntegerField(default=587)
    smtp_security = models.CharField(
        max_length=10, choices=Security.choices, default=Security.STARTTLS
    )
    username = models.CharField(max_length=254, blank=True)
    password = EncryptedField(blank=True)
    is_active = models.BooleanField(default=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    # Reading
    imap_host = models.CharField(max_length=200, blank=True)
    imap_port = models.PositiveIntegerField(default=993)
    imap_security = models.CharField(max_length=10, choices=Security.choices, default=Security.TLS)
    is_read = models.BooleanField(default=True)
    backfill_days = models.PositiveSmallIntegerField(default=30)
    authority = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    read_problem = models.CharField(max_length=300, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    # Signing in
    signs_in_by = models.CharField(max_length=10, choices=SignIn.choices, default=SignIn.PASSWORD)
    token_url = models.URLField(blank=True)
    client_id = models.CharField(max_length=300, blank=True)
    client_secret = EncryptedField(blank=True)
    refresh_token = EncryptedField(blank=True)
    access_token = EncryptedField(blank=True)
    access_expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["address", "pk"]
        verbose_name_plural = "mailboxes"

    def __str__(self) -> str:
        return self.name or self.address


class MailFolder(models.Model):
    """A folder of a mailbox that is read, and up to which mail: numbers count under `uid_validity`.

    `after_uid` is the last new mail that was taken in. What was there on the first reading, `since`
    a day, is fetched beside it, the newest first: what is numbered below `backfill_before` is still
    to come, None once it is over; `backfill_total` and `backfill_done` count it. A new
    `uid_validity` begins anew, and doubles nothing. Source: RFC 9051, 2.3.1.1.
    """

    class Role(models.TextChoices):
        INBOX = "inbox", "Received"
        SENT = "sent", "Sent"

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="folders")
    name = models.CharField(max_length=250)
    role = models.CharField(max_length=10, choices=Role.choices)
    uid_validity = models.BigIntegerField(null=True, blank=True)
    after_uid = models.BigIntegerField(default=0)
    since = models.DateField(null=True, blank=True)
    backfill_before = models.BigIntegerField(null=True, blank=True)
    backfill_total = models.PositiveIntegerField(default=0)
    backfill_done = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["mailbox", "role", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["mailbox", "name"], name="outreach_folder_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ProviderPost(models.Model):
    """A message of the mail provider that was accepted: one with the same `key` is a replay."""

    key = models.CharField(max_length=64, unique=True)  # a digest of what its signature vouches for
    seen_at = models.DateTimeField(db_index=True)  # the old ones are forgotten

    def __str__(self) -> str:
        return self.key


class CalendarFeed(models.Model):
    """A calendar that a rep publishes as an .ics address; the address is a secret."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed"
    )
    url = EncryptedField()
    etag = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    read_problem = models.CharField(max_length=300, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Calendar of {self.user}"
