"""Who works here and what they may see: the workspace, its teams and its users."""

from __future__ import annotations

import uuid
import zoneinfo
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q


def validate_time_zone(name: str) -> None:
    """Refuse a name that the time zone database does not know."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            "“%(name)s” is not a time zone. Use a name such as Europe/Berlin.",
            params={"name": name},
        )


def new_external_id() -> str:
    """Name a row made by hand: a random UUID, as SILENCE.md ("History") asks."""
    return uuid.uuid4().hex


class Sourced(models.Model):
    """A row that another system may know: told apart by `source` and `external_id` together."""

    HAND = "hand"

    source = models.CharField(max_length=60, default=HAND)
    external_id = models.CharField(max_length=200, default=new_external_id)

    class Meta:
        abstract = True
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="%(app_label)s_%(class)s_known_once"
            )
        ]


class Workspace(models.Model):
    """The one organisation that this installation serves, with its settings."""

    name = models.CharField(max_length=120, default="My workspace")
    currency = models.CharField(max_length=3, default="EUR")
    time_zone = models.CharField(
        max_length=60, default="Europe/Berlin", validators=[validate_time_zone]
    )
    is_demo = models.BooleanField(default=False)
    look_again_days = models.PositiveSmallIntegerField(default=90)
    unique = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(unique=True), name="accounts_one_workspace")
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Workspace:
        """Return the one workspace, made with its defaults on first use."""
        return cls.objects.first() or cls.objects.get_or_create(unique=True)[0]


class Team(models.Model):
    """Reps who work together; its managers see what its members own."""

    name = models.CharField(max_length=120, unique=True)
    managers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="led_teams", blank=True
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    """Questions about many users."""

    def active(self) -> UserQuerySet:
        """Keep those who work here, whether or not they can sign in yet."""
        return self.filter(is_active=True)

    def able_to_sign_in(self) -> UserQuerySet:
        """Keep those with an address and a password."""
        without = Q(email=None) | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
        return self.active().exclude(without)

    def admins(self) -> UserQuerySet:
        """Keep the admins."""
        return self.filter(role=User.Role.ADMIN)

    def assignable_by(self, user: User) -> UserQuerySet:
        """Keep those whom `user` may make an owner: active, and visible to them."""
        return self.active().visible_to(user)

    def visible_to(self, user: User) -> UserQuerySet:
        """Keep those whose deals `user` may see: oneself, one's teams, or for an admin everyone."""
        if user.is_admin:
            return self
        if user.role == User.Role.MANAGER:
            led = Team.objects.filter(managers=user).values("pk")
            return self.filter(Q(pk=user.pk) | Q(team__in=led))
        return self.filter(pk=user.pk)


class UserManager(BaseUserManager["User"]):
    """Make users by e-mail address; sign-in needs no user name."""

    def create_user(self, email: str | None, password: str | None = None, **fields: Any) -> User:
        """Create a user; without a password they cannot sign in until invited."""
        user = self.model(email=self.normalize_email(email).lower() if email else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an admin from a shell (`manage.py createsuperuser`)."""
        return self.create_user(email, password, is_superuser=True, role=User.Role.ADMIN, **fields)


class User(Sourced, AbstractBaseUser, PermissionsMixin):
    """A person who signs in: a rep, a manager of teams, or an admin."""

    class Role(models.TextChoices):
        REP = "rep", "Rep"
        MANAGER = "manager", "Manager"
        ADMIN = "admin", "Admin"

    email = models.EmailField(unique=True, null=True, blank=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.REP)
    team = models.ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="members"
    )
    time_zone = models.CharField(max_length=60, blank=True, validators=[validate_time_zone])
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager.from_queryset(UserQuerySet)()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta(Sourced.Meta):
        ordering: ClassVar[list[str]] = ["name", "pk"]

    def __str__(self) -> str:
        return self.name or self.email or f"User {self.pk}"

    def get_short_name(self) -> str:
        """Return the first word of the name, for greetings."""
        return self.name.split(" ")[0] if self.name else str(self)

    @property
    def can_sign_in(self) -> bool:
        """Whether they have an address and a password, and still work here."""
        return self.is_active and self.email is not None and self.has_usable_password()

    @property
    def is_admin(self) -> bool:
        return self.role == self.Role.ADMIN

    @property
    def is_manager(self) -> bool:
        """Whether the report and the team's figures are theirs to read."""
        return self.role in (self.Role.MANAGER, self.Role.ADMIN)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Questions about many invitations."""

    def open(self) -> InvitationQuerySet:
        """Keep those that were neither used nor taken back; some may be too old."""
        return self.filter(ended_at=None)


class Invitation(models.Model):
    """A link sent to a person, with which they choose their password, once."""

    LIFETIME = timedelta(days=7)  # long enough for a holiday's start, short for a forgotten mail

    class Ending(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        REPLACED = "replaced", "Replaced by a newer one"
        WITHDRAWN = "withdrawn", "Withdrawn"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    invited_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="sent_invitations"
    )
    email = models.EmailField()
    sent_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True, help_text="Left out: the admin passes the link on.")
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-sent_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at=None), name="accounts_one_open_invitation"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | (Q(ended_at__isnull=False) & ~Q(ending="")),
                name="accounts_invitation_ends_somehow",
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation of {self.email}"

    @property
    def expires_at(self) -> datetime:
        return self.sent_at + self.LIFETIME

    def is_valid(self, now: datetime) -> bool:
        """Whether its link still opens at `now`."""
        return self.ended_at is None and now < self.expires_at
