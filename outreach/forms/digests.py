"""How somebody wants to be told, and to whom a manager's report is mailed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User, Workspace
from deals.amounts import read_amount
from outreach.models import DigestSettings

OF_MANAGERS = (
    "at_once_of_teams", "weekly_by_mail", "weekly_in_app", "weekly_on", "weekly_at",
)  # fmt: skip


class AmountField(forms.CharField):
    """An amount as people write it; None for an empty field."""

    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "").strip()
        try:
            return read_amount(text) if text else None
        except ValueError as error:
            raise ValidationError(str(error), code="amount") from error


def _clock(**said: Any) -> forms.TimeField:
    return forms.TimeField(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **said)


class DigestForm(forms.ModelForm):
    """All that somebody chooses for themselves; what is a manager's to choose only for managers."""

    morning_at = _clock(label="At")
    weekly_at = _clock(label="At")
    quiet_from = _clock(label="Quiet from", required=False)
    quiet_until = _clock(
        label="Quiet until", required=False, help_text="Leave both empty for no quiet hours."
    )
    high_value_amount = AmountField(required=False, label="From what amount on")

    class Meta:
        model = DigestSettings
        fields = [
            "morning_by_mail", "morning_in_app", "morning_at", "at_once_by_mail",
            "at_once_in_app", "at_once_of_teams", "high_value_amount", "weekly_by_mail",
            "weekly_in_app", "weekly_on", "weekly_at", "quiet_from", "quiet_until", "working_days_only",
        ]  # fmt: skip
        labels = {
            "morning_by_mail": "By e-mail",
            "morning_in_app": "On Today",
            "at_once_by_mail": "By e-mail",
            "at_once_in_app": "On Today",
            "weekly_by_mail": "By e-mail",
            "weekly_in_app": "On Today",
            "weekly_on": "On",
            "working_days_only": "On working days only",
        }
        help_texts = {
            "weekly_on": "On a Saturday or Sunday it speaks of the week that ends then.",
            "working_days_only": (
                "By the workspace’s calendar, holidays left out: what waited is told on the next "
                "working day, the weekly report as well."
            ),
        }

    def __init__(self, *args: Any, user: User, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = self.fields["high_value_amount"]
        amount.help_text = _help(workspace)
        if not user.is_manager:
            for name in OF_MANAGERS:
                del self.fields[name]
            return
        of_teams = self.fields["at_once_of_teams"]
        of_teams.label, of_teams.help_text = _of_teams(user)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        since, until = said.get("quiet_from"), said.get("quiet_until")
        has_both = "quiet_from" in said and "quiet_until" in said
        if has_both and (since is None) != (until is None):
            missing = "quiet_until" if until is None else "quiet_from"
            self.add_error(missing, "Quiet hours need both ends. Set this one too, or empty both.")
        elif has_both and since is not None and since == until:
            self.add_error("quiet_until", "That would be the whole day. Choose another end.")
        return said


def _of_teams(user: User) -> tuple[str, str]:
    """Say of whose deals besides their own a manager may be told at once."""
    if user.is_admin:
        return "Also of everybody’s deals", "Without it only of your own."
    names = ", ".join(team.name for team in user.led_teams.all())
    return (
        "Also of my teams’ deals",
        f"Teams: {names}." if names else "You lead no team. An admin changes that under Teams.",
    )


def _help(workspace: Workspace) -> str:
    """Say which amount holds where one enters none, and what of other currencies."""
    kept = workspace.high_value_amount
    usual = f"the workspace’s, {kept:,.0f}" if kept is not None else "nothing is told at once"
    return (
        f"In {workspace.currency}. Empty: {usual}. Deals in other currencies count by the admin’s "
        "rates; without a rate they come in the morning."
    )


class RecipientForm(forms.Form):
    """Somebody else to whom the weekly report is mailed."""

    email = forms.EmailField(
        label="Address", widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
