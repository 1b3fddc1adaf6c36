"""Who works here and what they may see: the workspace, its teams and its users."""

from __future__ import annotations

import uuid
import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
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
        return cls.objects.get_or_create(unique=True)[0]


class Team(models.Model):
    """Reps who work together; its managers see what its members own."""

    name = models.CharField(max_length=120, unique=True)
    managers = models.ManyToManyField("User", related_name="led_teams", blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    """Questions about many users."""

    def active(self) -> UserQuerySet:
        """Keep those who may sign in or be invited to."""
        return self.filter(is_active=True)

    def visible_to(self, user: User) -> UserQuerySet:
        """Keep those whose deals `user` may see: oneself, one's teams, or for an admin everyone."""
        if user.is_admin:
            return self
        if user.role == User.Role.MANAGER:
            return self.filter(Q(pk=user.pk) | Q(team__in=user.led_teams.values("pk")))
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
    def is_admin(self) -> bool:
        return self.role == self.Role.ADMIN

    @property
    def is_manager(self) -> bool:
        """Whether the report and the team's figures are theirs to read."""
        return self.role in (self.Role.MANAGER, self.Role.ADMIN)
