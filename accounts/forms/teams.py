"""Teams, their members and their managers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q

from accounts.forms.names import NameField
from accounts.models import Team, User


class NewTeamForm(forms.ModelForm):
    """A team by its name."""

    class Meta:
        model = Team
        fields = ["name"]
        field_classes = {"name": NameField}
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
