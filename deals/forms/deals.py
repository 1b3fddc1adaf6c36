"""Forms about one deal: its facts, a new one, a move, another owner, another person."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.currencies import CURRENCIES
from accounts.models import User, Workspace
from contacts.models import Contact
from deals.amounts import read_amount
from deals.course import turn_on_entry
from deals.forms.choices import CompanyField, ContactField
from deals.models import Deal, Stage, Turn
from deals.people import next_owners

FACTS = ("title", "company", "amount", "currency", "wanted", "next_step", "link")
LOCAL_TIME = "%Y-%m-%dT%H:%M"
AT_ENTRY = [
    (Turn.THEIRS, "Yes: it is their move now"),
    (Turn.OURS, "No: we owe them something"),
    (Turn.UNCHANGED, "The move changes nothing for them"),
]


class AmountField(forms.CharField):
    """An amount of money, exact, however its thousands are marked."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return read_amount(text) if text else None
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return f"{value:f}".removesuffix(".00")
        return value


class StageField(forms.ModelChoiceField):
    """A stage of any pipeline, grouped by pipeline."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Stage.objects.select_related("pipeline"), **options)

    def group(self, pipeline: str = "") -> None:
        """Read the choices, once, into one group for each pipeline, or for the one with that id."""
        groups: dict[str, list[tuple[int, str]]] = {}
        for stage in Stage.objects.select_related("pipeline"):
            if pipeline in ("", str(stage.pipeline_id)):
                groups.setdefault(stage.pipeline.name, []).append((stage.pk, stage.name))
        empty = [] if self.required else [("", self.empty_label or "")]
        self.choices = [*empty, *groups.items()]


class DealFactsForm(forms.ModelForm):
    """What a deal is about; its course and its people have forms of their own."""

    company = CompanyField(
        required=False, help_text="Leave empty for a consumer. A new name makes a new company."
    )
    amount = AmountField(required=False, widget=forms.TextInput({"inputmode": "decimal"}))
    currency = forms.ChoiceField(choices=[(code, code) for code in sorted(CURRENCIES)])
    link = forms.URLField(
        required=False,
        assume_scheme="https",
        help_text="What they look at: the proposal, a demo. Drafts lead there.",
    )

    class Meta:
        model = Deal
        fields: tuple[str, ...] = FACTS
        labels = {"wanted": "What they want", "next_step": "Next step"}
        help_texts = {
            "wanted": "And why, as you would say it to them: drafts come back to it.",
            "next_step": "What you agreed with them last, as you would say it to them.",
        }
        widgets = {"wanted": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, reader: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["company"].reader = reader  # type: ignore[attr-defined]
        self.initial["company"] = self.instance.company or self.initial.get("company")


class NewDealForm(DealFactsForm):
    """A deal to open: whose it is, with whom, in which stage, since when."""

    contact = ContactField(help_text="The person you talk to. Start typing their name.")
    stage = StageField()
    owner = forms.ModelChoiceField(queryset=User.objects.none())
    opened_at = forms.DateTimeField(
        label="Opened",
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=LOCAL_TIME),
    )
    field_order = (
        "title", "contact", "company", "stage", "amount", "currency",
        "owner", "opened_at", "wanted", "next_step", "link",
    )  # fmt: skip

    class Meta(DealFactsForm.Meta):
        fields: tuple[str, ...] = (*FACTS, "stage", "owner", "opened_at")

    def __init__(self, *args: Any, reader: User, **options: Any) -> None:
        super().__init__(*args, reader=reader, **options)
        self.fields["contact"].reader = reader  # type: ignore[attr-defined]
        self.fields["stage"].group()  # type: ignore[attr-defined]
        self.fields["owner"].queryset = User.objects.assignable_by(reader)  # type: ignore[attr-defined]
        self.initial.setdefault("owner", reader)
        self.initial["currency"] = Workspace.current().currency

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        contact = told.get("contact")
        if isinstance(contact, Contact):
            self.instance.contact = contact
            if not told.get("company") and contact.company is not None:
                self.instance.company = told["company"] = contact.company
        return told


class MoveForm(forms.Form):
    """Into which stage, and whose turn that makes it."""

    stage = StageField()
    turn = forms.ChoiceField(
        label="Do they have all they need?", choices=AT_ENTRY, widget=forms.RadioSelect
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, deal: Deal, **options: Any) -> None:
        super().__init__(*args, **options)
        self.deal = deal
        field = self.fields["stage"]
        field.group()  # type: ignore[attr-defined]
        field.widget.attrs |= {  # another stage presets another answer
            "hx-get": reverse("deals:move", args=[deal.pk]),
            "hx-trigger": "change",
            "hx-include": "[name='next']",
            "hx-target": "closest form",
            "hx-select": "form",
            "hx-swap": "outerHTML",
        }
        stage = self.initial.setdefault("stage", next_stage(deal))
        self.initial.setdefault("turn", turn_on_entry(stage))

    def clean_stage(self) -> Stage:
        stage: Stage = self.cleaned_data["stage"]
        if stage == self.deal.stage:
            raise ValidationError(f"It is in {stage} already. Choose another stage.")
        return stage


def next_stage(deal: Deal) -> Stage:
    """Return the stage that follows in the deal's pipeline; its own where it is the last."""
    following = deal.stage.pipeline.stages.filter(position__gt=deal.stage.position)
    return following.first() or deal.stage


class OwnerForm(forms.Form):
    """Whose deal it shall be."""

    owner = forms.ModelChoiceField(queryset=User.objects.none(), label="New owner")

    def __init__(self, *args: Any, reader: User, deal: Deal, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["owner"].queryset = next_owners(deal, reader)  # type: ignore[attr-defined]


class ParticipantForm(forms.Form):
    """Who else takes part."""

    contact = ContactField(help_text="Someone you know already. Start typing their name.")

    def __init__(self, *args: Any, reader: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["contact"].reader = reader  # type: ignore[attr-defined]
