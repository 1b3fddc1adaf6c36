"""People as an admin sees them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm

from accounts.forms.names import NameField
from accounts.models import User


class PersonForm(forms.ModelForm):
    """A person as an admin sees them."""

    class Meta:
        model = User
        fields = ["name", "email", "role", "team"]
        field_classes = {"name": NameField}
        labels = {"email": "E-mail"}
        help_texts = {
            "role": "A rep sees their own deals, a manager those of the teams they lead, an admin all.",
        }
        error_messages = {
            "email": {
                "unique": "Someone here has this address already. Search for it under People."
            },
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team: Any = self.fields["team"]
        team.empty_label = "No team"

    def clean_email(self) -> str | None:
        email = lowered(self.cleaned_data["email"])
        if self.instance.email and not email:
            raise forms.ValidationError(
                "They sign in with it. To stop them from signing in, deactivate them."
            )
        return email


class InviteForm(PersonForm):
    """A person who does not work here yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True


class AddressForm(forms.ModelForm):
    """The address at which somebody who is here already is invited."""

    class Meta:
        model = User
        fields = ["email"]
        labels = {"email": "E-mail"}
        error_messages = PersonForm.Meta.error_messages

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True

    def clean_email(self) -> str | None:
        return lowered(self.cleaned_data["email"])


def lowered(email: str | None) -> str | None:
    """Write an address as it is stored, so that it is the same person however it is typed."""
    return email.lower() if email else None


class PasswordForm(SetPasswordForm):
    """The password that somebody chooses for themself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, second = self.fields["new_password1"], self.fields["new_password2"]
        first.label, second.label = "Password", "The same again"
        first.help_text = "Eight characters or more, and not one that many people use."
        second.help_text = ""
