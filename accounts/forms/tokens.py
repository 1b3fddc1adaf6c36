"""A token for a program: what it is called, what it may do, until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms

from accounts.models import ApiToken, User

LIVES = {  # days; what is forgotten somewhere should not be good for ever
    "30": "30 days",
    "90": "90 days",
    "365": "One year",
    "": "Until it is revoked",
}
MAY = {
    ApiToken.Scope.READ: "Read: deals, contacts, silences, suggestions and the report, as you see them",
    ApiToken.Scope.TOUCHES: "Write touches and holds",
    ApiToken.Scope.DEALS: "Write deals, contacts and companies, and act on suggestions",
    ApiToken.Scope.ADMIN: "Everything you may do as an admin",
}


class TokenForm(forms.Form):
    """What a token shall be good for; only an admin is offered “everything”."""

    name = forms.CharField(
        max_length=120,
        help_text="The program that will use it, so that you know later what stops when you revoke it.",
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do", widget=forms.CheckboxSelectMultiple, initial=[ApiToken.Scope.READ]
    )
    lasts = forms.ChoiceField(
        label="Good for", choices=list(LIVES.items()), initial="365", required=False
    )

    def __init__(self, *args: Any, reader: User, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        scopes: Any = self.fields["scopes"]
        scopes.choices = [
            (scope.value, label)
            for scope, label in MAY.items()
            if reader.is_admin or scope != ApiToken.Scope.ADMIN
        ]

    @property
    def expires_at(self) -> datetime | None:
        """When it ends, None where it lasts until it is revoked."""
        days = self.cleaned_data["lasts"]
        return self.now + timedelta(days=int(days)) if days else None
