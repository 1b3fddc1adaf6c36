"""The directory of people: who works here, and who can sign in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django import forms
from django.db.models import OuterRef, Q, Subquery, TextChoices

from accounts.models import Invitation, Team, User, UserQuerySet


class SignIn(TextChoices):
    """Whether a person can sign in, and if not, why."""

    OPEN = "open", "Can sign in"
    INVITED = "invited", "Invited"
    EXPIRED = "expired", "Invitation too old"
    UNINVITED = "uninvited", "Not invited yet"
    CLOSED = "closed", "Deactivated"

    @classmethod
    def of(cls, person: User, invited_at: datetime | None, now: datetime) -> SignIn:
        """Tell it from a person and when their open invitation was sent, if there is one."""
        if not person.is_active:
            return cls.CLOSED
        if person.can_sign_in:
            return cls.OPEN
        if invited_at is None:
            return cls.UNINVITED
        return cls.INVITED if now < invited_at + Invitation.LIFETIME else cls.EXPIRED


LEVELS = {SignIn.OPEN: "good", SignIn.EXPIRED: "warn"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the directory."""

    person: User
    sign_in: SignIn

    @property
    def level(self) -> str:
        return LEVELS.get(self.sign_in, "")


class DirectoryForm(forms.Form):
    """Whom to list; what is not understood is left out, not refused."""

    HERE, WAITING, GONE = "", "waiting", "deactivated"
    SHOWN: ClassVar[list[tuple[str, str]]] = [
        (HERE, "Working here"),
        (WAITING, "Cannot sign in yet"),
        (GONE, "Deactivated"),
    ]

    q = forms.CharField(label="Name or e-mail", required=False, widget=forms.SearchInput)
    team = forms.ModelChoiceField(Team.objects.none(), required=False, empty_label="All teams")
    show = forms.ChoiceField(label="Who", choices=SHOWN, required=False)

    def __init__(self, *args: object, reader: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # as Form takes them
        teams = Team.objects.all() if reader.is_admin else Team.objects.filter(managers=reader)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]  # a model choice

    def among(self, people: UserQuerySet) -> UserQuerySet:
        """Keep those of `people` that are asked for."""
        self.is_valid()
        asked = self.cleaned_data
        if team := asked.get("team"):
            people = people.filter(team=team)
        for word in asked.get("q", "").split():
            people = people.filter(Q(name__icontains=word) | Q(email__icontains=word))
        match asked.get("show", self.HERE):
            case self.GONE:
                return people.filter(is_active=False)
            case self.WAITING:
                return people.active().exclude(pk__in=people.able_to_sign_in().values("pk"))
            case _:
                return people.active()


def with_invitations(people: UserQuerySet) -> UserQuerySet:
    """Fetch with each person their team, and as `invited_at` when their open invitation was sent."""
    open_ones = Invitation.objects.open().filter(user=OuterRef("pk"))
    invited_at = Subquery(open_ones.values("sent_at")[:1])
    return people.select_related("team").annotate(invited_at=invited_at)


def entries(people: Iterable[User], *, now: datetime) -> list[Entry]:
    """Return the lines of people fetched `with_invitations`."""
    return [
        Entry(person, SignIn.of(person, getattr(person, "invited_at", None), now))
        for person in people
    ]


def invitation_of(person: User) -> Invitation | None:
    """Return the open invitation of a person, also one that is too old."""
    return person.invitations.open().select_related("invited_by").first()
