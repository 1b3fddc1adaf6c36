"""Whom we talk to: companies, contacts, their addresses and what they asked of us."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from accounts.models import Sourced, User, validate_time_zone


class Channel(models.TextChoices):
    """The ways a touch can travel. Source: SILENCE.md, "Words"."""

    EMAIL = "email", "E-mail"
    PHONE = "phone", "Phone"
    SMS = "sms", "SMS"
    CHAT = "chat", "Chat"
    SOCIAL = "social", "Social"
    MEETING = "meeting", "Meeting"
    LETTER = "letter", "Letter"
    WEB = "web", "Web"
    OTHER = "other", "Other"


class CompanyQuerySet(models.QuerySet["Company"]):
    """Questions about many companies."""

    def visible_to(self, user: User) -> CompanyQuerySet:
        """Keep the companies that have a contact whom `user` may see, or that are the user's own."""
        if user.is_admin:
            return self
        contacts = Contact.objects.visible_to(user).filter(company=OuterRef("pk"))
        owners = User.objects.visible_to(user).values("pk")
        return self.filter(Q(owner__in=owners) | Exists(contacts))


class Company(Sourced):
    """The organisation a contact belongs to; a consumer has none."""

    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=200, blank=True)
    sector = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=80, blank=True)
    note = models.TextField(blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="kept_companies",
    )

    objects = CompanyQuerySet.as_manager()

    class Meta(Sourced.Meta):
        ordering: ClassVar[list[str]] = ["name", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["name"], name="company_by_name"),  # lists and search
            models.Index(Lower("domain"), name="company_by_domain"),  # matching mail
        ]

    def __str__(self) -> str:
        return self.name


class ContactQuerySet(models.QuerySet["Contact"]):
    """Questions about many contacts."""

    def visible_to(self, user: User) -> ContactQuerySet:
        """Keep the contacts of deals that `user` may see, and those that are the user's own."""
        if user.is_admin:
            return self
        owners = User.objects.visible_to(user).values("pk")
        on_deals = Contact.objects.filter(participations__deal__owner__in=owners).values("pk")
        return self.filter(Q(owner__in=owners) | Q(pk__in=on_deals))


class Contact(Sourced):
    """A person we talk to: a prospect or a paying customer."""

    class Kind(models.TextChoices):
        PROSPECT = "prospect", "Prospect"
        CUSTOMER = "customer", "Customer"

    first_name = models.CharField(max_length=120, blank=True)
    last_name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PROSPECT)
    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, null=True, blank=True, related_name="contacts"
    )
    job_title = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=10, blank=True)
    time_zone = models.CharField(max_length=60, blank=True, validators=[validate_time_zone])
    city = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=80, blank=True)
    note = models.TextField(blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="kept_contacts",
    )

    objects = ContactQuerySet.as_manager()

    class Meta(Sourced.Meta):
        ordering: ClassVar[list[str]] = ["last_name", "first_name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *Sourced.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(first_name="", last_name=""), name="contacts_contact_has_a_name"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["last_name", "first_name"], name="contact_by_name"),  # lists
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def short_name(self) -> str:
        """What a draft calls them: the first name, else the whole name."""
        return self.first_name or self.last_name

    def wall_time(self, now: datetime) -> datetime | None:
        """Return what clocks show where they are, or None where their time zone is not known.

        It carries no zone: a template would turn one that does into the reader's time.
        """
        if not self.time_zone:
            return None
        return now.astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None)


class ContactAlias(Sourced):
    """By what id a source knew a contact who was merged into another: an import finds them by it."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="aliases")

    class Meta(Sourced.Meta):
        verbose_name_plural = "former ids"

    def __str__(self) -> str:
        return f"{self.source} {self.external_id}"


class CompanyAlias(Sourced):
    """By what id a source knew a company that was merged into another."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="aliases")

    class Meta(Sourced.Meta):
        verbose_name_plural = "former ids"

    def __str__(self) -> str:
        return f"{self.source} {self.external_id}"


class Address(models.Model):
    """Where one contact is reached on one channel, with their consent and its health."""

    class Consent(models.TextChoices):
        """From the strictest to the most open; merging keeps the strictest."""

        REFUSED = "refused", "Asked us not to"
        UNKNOWN = "unknown", "Not asked"
        GIVEN = "given", "Agreed"

    class Health(models.TextChoices):
        DEAD = "dead", "Does not arrive"
        ALIVE = "alive", "Works"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="addresses")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    value = models.CharField(max_length=254)
    consent = models.CharField(max_length=10, choices=Consent.choices, default=Consent.UNKNOWN)
    health = models.CharField(max_length=10, choices=Health.choices, default=Health.ALIVE)
    is_preferred = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["channel", "-is_preferred", "pk"]
        verbose_name_plural = "addresses"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["contact", "channel", "value"], name="contacts_address_once"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["channel", "value"], name="address_by_value"),  # imports
            models.Index("channel", Lower("value"), name="address_by_lower_value"),  # mail
        ]

    def __str__(self) -> str:
        return self.value

    @property
    def is_usable(self) -> bool:
        """Whether a suggestion may name it; opt-outs of the contact come on top."""
        return self.health == self.Health.ALIVE and self.consent != self.Consent.REFUSED


class OptOut(Sourced):
    """From when to when a contact wants to hear nothing from us: on one channel, or on none at all."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="opt_outs")
    channel = models.CharField(max_length=10, choices=Channel.choices, blank=True)
    occurred_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta(Sourced.Meta):
        ordering: ClassVar[list[str]] = ["occurred_at", "pk"]


class Fact(Sourced):
    """Something personal that we know about a contact, with where we know it from."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="facts")
    text = models.CharField(max_length=300)
    learned_from = models.CharField(max_length=200, blank=True)
    learned_on = models.DateField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta(Sourced.Meta):
        ordering: ClassVar[list[str]] = ["-learned_on", "pk"]

    def __str__(self) -> str:
        return self.text
