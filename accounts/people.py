"""What happens to the people who work here: they change, leave and come back."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import covers
from accounts.models import Invitation, Team, User

FIELDS = ["name", "email", "role", "team"]


@transaction.atomic
def change(person: User, *, now: datetime) -> None:
    """Save a person's name, address, role and team as they stand on `person`.

    Raises ValidationError where that would leave nobody who can administer.
    """
    before = _locked(person)
    if before.is_admin and not person.is_admin:
        _require_another_admin(before)
    person.save(update_fields=FIELDS)
    if person.email != before.email:
        _forget_address(person, now)
    if not person.is_manager:
        person.led_teams.clear()


@transaction.atomic
def deactivate(person: User, *, now: datetime) -> None:
    """Close a person's sign-in and open invitation, and end the covers that they do.

    All they own stays theirs.     Raises ValidationError where that would leave nobody who can administer.
    """
    before = _locked(person)
    if before.is_admin:
        _require_another_admin(before)
    _set_active(person, False)
    withdraw_invitation(person, now=now)
    covers.end_all(person, now=now)


def reactivate(person: User) -> None:
    """Let a person work here again, with the password they had."""
    _set_active(person, True)


def withdraw_invitation(person: User, *, now: datetime) -> None:
    """End the open invitation of a person, if there is one."""
    person.invitations.open().update(ended_at=now, ending=Invitation.Ending.WITHDRAWN)


def change_members(team: Team, members: list[User]) -> None:
    """Make `members` the whole team: others leave it, and members of other teams come over."""
    kept = [member.pk for member in members]
    with transaction.atomic():
        team.members.exclude(pk__in=kept).update(team=None)
        User.objects.filter(pk__in=kept).update(team=team)


def delete_team(team: Team) -> None:
    """Delete a team without members. Raises ValidationError where it has some."""
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)
        count = team.members.count()
        if count:
            have = "1 member" if count == 1 else f"{count} members"
            raise ValidationError(f"{team} still has {have}. Move them to another team first.")
        team.delete()


def _locked(person: User) -> User:
    """Lock all admins, in order, and return the person as stored: two admins cannot both leave."""
    list(User.objects.admins().select_for_update().order_by("pk"))
    return User.objects.select_for_update().get(pk=person.pk)


def _require_another_admin(person: User) -> None:
    others = User.objects.admins().able_to_sign_in().exclude(pk=person.pk)
    if person.can_sign_in and not others.exists():
        raise ValidationError(
            f"{person} is the only admin who can sign in. Make someone else an admin first."
        )


def _forget_address(person: User, now: datetime) -> None:
    """Take every right from a former address: to sign in, and to accept an invitation."""
    EmailAddress.objects.filter(user=person).delete()
    withdraw_invitation(person, now=now)


def _set_active(person: User, is_active: bool) -> None:
    person.is_active = is_active
    person.save(update_fields=["is_active"])
