"""The rows of the accounts app, by concept."""

from accounts.models.covers import Cover
from accounts.models.invitations import Invitation
from accounts.models.people import Team, User, UserQuerySet
from accounts.models.tokens import AnsweredCall, ApiToken
from accounts.models.workspace import (
    Sourced,
    Workspace,
    new_external_id,
    validate_time_zone,
)

__all__ = [
    "AnsweredCall",
    "ApiToken",
    "Cover",
    "Invitation",
    "Sourced",
    "Team",
    "User",
    "UserQuerySet",
    "Workspace",
    "new_external_id",
    "validate_time_zone",
]
