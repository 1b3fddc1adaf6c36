"""What people type into the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from accounts import time_zones
from accounts.currencies import validate_currency
from accounts.models import Team, User, Workspace


class TimeZoneField(forms.ChoiceField):
    """A time zone from the list; one saved earlier stays choosable though the list lacks it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=time_zones.choices, **options)

    def offer_also(self, zone: str, label: str) -> None:
        """Offer one more choice, first of all, unless it is there."""
        if not self.valid_value(zone):
            offered: Any = self.choices
            self.choices = [(zone, label), *offered]


class CodeField(forms.CharField):
    """A code in capitals, however it was typed."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").upper()


class ProfileForm(forms.ModelForm):
    """What everyone may change about themselves."""

    time_zone = TimeZoneField(required=False, help_text="All hours are shown to you in it.")

    class Meta:
        model = User
        fields = ["name", "time_zone"]
        widgets = {"name": forms.TextInput({"autocomplete": "name"})}

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones: Any = self.fields["time_zone"]
        zones.offer_also(self.instance.time_zone, self.instance.time_zone)
        zones.offer_also("", f"The workspace’s: {workspace.time_zone}")


class WorkspaceForm(forms.ModelForm):
    """What holds for everyone here."""

    currency = CodeField(
        max_length=3,
        validators=[validate_currency],
        help_text="Three letters, such as EUR. For new deals; deals that exist keep theirs.",
    )
    time_zone = TimeZoneField(help_text="For everyone who has not chosen one in their profile.")
    look_again_days = forms.IntegerField(
        label="Look again after (days)",
        min_value=1,
        max_value=3650,
        help_text="When a deal that was let go comes back for another look, unless the rep says otherwise.",
    )

    class Meta:
        model = Workspace
        fields = ["name", "currency", "time_zone", "look_again_days"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones: Any = self.fields["time_zone"]
        zones.offer_also(self.instance.time_zone, self.instance.time_zone)


class PersonForm(forms.ModelForm):
    """A person as an admin sees them."""

    class Meta:
        model = User
        fields = ["name", "email", "role", "team"]
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


class NewTeamForm(forms.ModelForm):
    """A team by its name."""

    class Meta:
        model = Team
        fields = ["name"]
        error_messages = {"name": {"unique": "There is a team of this name. Choose another name."}}


class PeopleField(forms.ModelMultipleChoiceField):
    """Some of the people, as boxes to tick; who is in another team says so."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        elsewhere = self.team and obj.team and obj.team != self.team
        return f"{obj} · now in {obj.team}" if elsewhere else str(obj)

    team: Team | None = None


class TeamForm(NewTeamForm):
    """A team with those who are in it and those who lead it."""

    managers = PeopleField(
        queryset=User.objects.none(),
        required=False,
        help_text="They see the deals of all members. Only managers and admins can lead a team.",
    )
    members = PeopleField(
        queryset=User.objects.none(),
        required=False,
        help_text="Everyone is in one team at most: who is ticked here leaves the other.",
    )

    class Meta(NewTeamForm.Meta):
        fields = ["name", "managers"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("members", Q(), Q(team=self.instance))
        leaders = Q(role__in=[User.Role.MANAGER, User.Role.ADMIN])
        self._offer("managers", leaders, Q(led_teams=self.instance))
        members: Any = self.fields["members"]
        members.team = self.instance
        self.initial["members"] = self.instance.members.all()

    def _offer(self, name: str, suitable: Q, chosen: Q) -> None:
        people = User.objects.select_related("team")
        field: Any = self.fields[name]
        field.queryset = people.filter((Q(is_active=True) & suitable) | chosen).distinct()


def has_gone_through(form: forms.BaseForm, act: Callable[[], object]) -> bool:
    """Act on a valid form; return False, with the reason on the form, where it is not to be."""
    if not form.is_valid():
        return False
    try:
        act()
    except ValidationError as refusal:
        form.add_error(None, refusal)
    return form.is_valid()


def status_of(*shown: forms.BaseForm) -> int:
    """Return the status of a page with these forms: 422 where one was refused."""
    return 422 if any(form.errors for form in shown) else 200
