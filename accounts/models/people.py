"""Who works here and what they may see: teams and users."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from accounts.models.workspace import Sourced, validate_time_zone


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
        """Keep those whom `user` may make an owner: active, and overseen by them."""
        return self.active().overseen_by(user)

    def overseen_by(self, user: User) -> UserQuerySet:
        """Keep those whose figures and settings are `user`'s to read: oneself, one's teams; for an
        admin everyone. A cover adds nobody: it gives sight of deals, for a time.
        """
        return self if user.is_admin else self.filter(pk__in=_team_of(user))

    def visible_to(self, user: User, at: datetime | None = None) -> UserQuerySet:
        """Keep those whose deals `user` may see: whom they oversee, and whom they cover at an instant.

        None is now, by the database's clock, so that no door needs to pass it on. Of a manager on
        leave it is their own deals, not their teams'. Source: decision 080.
        """
        if user.is_admin:
            return self
        # a union, for with an "or" PostgreSQL takes half of all users for visible, and scans
        return self.filter(pk__in=_team_of(user).union(_covered_by(user, at)))

    def worked_by(self, user: User) -> UserQuerySet:
        """Keep those whose queue `user` works now: oneself, and whom one covers."""
        oneself = User.objects.filter(pk=user.pk).order_by().values("pk")
        return self.filter(pk__in=oneself.union(_covered_by(user, None)))


def _team_of(user: User) -> QuerySet[User, Any]:
    """Return the ids of oneself and of the members of the teams that a manager leads."""
    oneself = User.objects.filter(pk=user.pk).order_by().values("pk")
    if user.role != User.Role.MANAGER:
        return oneself
    led = User.objects.filter(team__managers=user).order_by().values("pk")
    return oneself.union(led)


def _covered_by(user: User, at: datetime | None) -> QuerySet[User, Any]:
    """Return the ids of those whom `user` covers at an instant, None being now."""
    instant = Now() if at is None else at
    covered = User.objects.filter(
        covers__colleague=user, covers__starts_at__lte=instant, covers__ends_at__gt=instant
    )
    return covered.order_by().values("pk")


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
    signature = models.TextField(blank=True)
    booking_url = models.URLField(blank=True)
    capture_token = models.CharField(max_length=20, unique=True, null=True, editable=False)
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
