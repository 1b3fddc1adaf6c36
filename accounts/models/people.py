"""Who works here and what they may see: teams and users."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q

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
    signature = models.TextField(blank=True)
    booking_url = models.URLField(blank=True)
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
