"""Forms about contacts and companies."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts import time_zones
from accounts.models import User
from contacts.models import Address, Channel, Company, Contact, Fact
from deals.forms.choices import CompanyField, ContactField
from deals.models import WorkCalendar

DIGITS = re.compile(r"\d")
FEWEST_DIGITS = 5  # a phone number with its area; shorter ones are a slip of the keys
EMPTY_ROWS = 2


class OwnedForm(forms.ModelForm):
    """A form whose `owner` is one of those whom the reader may choose."""

    def __init__(self, *args: Any, reader: User, **options: Any) -> None:
        super().__init__(*args, **options)
        owner: Any = self.fields["owner"]
        owner.queryset = User.objects.assignable_by(reader)
        owner.empty_label = "Nobody"
        current = getattr(self.instance, "owner", None)
        if current is not None and not owner.queryset.filter(pk=current.pk).exists():
            del self.fields["owner"]  # somebody else's stays so
        elif self.instance.pk is None:
            self.initial.setdefault("owner", reader)


class ContactForm(OwnedForm):
    """Who a contact is; their addresses come as a set beside it."""

    company = CompanyField(
        required=False, help_text="Leave empty for a consumer. A new name makes a new company."
    )
    time_zone = forms.ChoiceField(required=False, choices=())

    class Meta:
        model = Contact
        fields = (
            "first_name", "last_name", "company", "job_title", "kind", "language",
            "city", "country", "time_zone", "owner", "note",
        )  # fmt: skip
        help_texts = {"language": "As a code, such as en or sv: drafts are written in it."}
        widgets = {"note": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, reader: User, **options: Any) -> None:
        super().__init__(*args, reader=reader, **options)
        company: Any = self.fields["company"]
        company.reader = reader
        self.initial["company"] = self.instance.company or self.initial.get("company")
        zones: Any = self.fields["time_zone"]
        zones.choices = [("", "Not known"), *time_zones.choices()]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not told.get("first_name") and not told.get("last_name"):
            raise ValidationError("Give them a name: the first or the last one will do.")
        return told


class AddressForm(forms.ModelForm):
    """One row of the addresses: emptied, it goes."""

    class Meta:
        model = Address
        fields: tuple[str, ...] = ("channel", "value", "consent", "health", "is_preferred")
        labels = {"value": "Address or number", "is_preferred": "Preferred", "health": "Arrives?"}

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        channel, value = told.get("channel"), told.get("value", "")
        if channel == Channel.EMAIL and value:
            told["value"] = _email(value)
        elif channel in (Channel.PHONE, Channel.SMS) and len(DIGITS.findall(value)) < FEWEST_DIGITS:
            self.add_error("value", "Write the whole number, such as +46 31 555 01 20.")
        return told


def _email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        message = f"“{value}” is not an e-mail address. Write one such as mara@example.org."
        raise ValidationError({"value": message}) from None
    return value.lower()


class AddressSet(forms.BaseInlineFormSet):
    """The addresses of one contact: each once, one preferred on each channel."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance.pk:
            form.fields["DELETE"].label = "Remove"
            form.fields["id"] = self._known_id(form.instance.pk)

    def _known_id(self, pk: int) -> forms.Field:
        """Return a field for the id of a row: one of those read already, so nothing is asked twice."""
        known = [(each.pk, str(each.pk)) for each in self.get_queryset()]
        return forms.TypedChoiceField(
            choices=known, coerce=int, initial=pk, widget=forms.HiddenInput
        )

    def validate_unique(self) -> None:
        """Leave it to `clean`, which says at the row itself what is twice."""

    def clean(self) -> None:
        seen: set[tuple[str, str]] = set()
        preferred: set[str] = set()
        for form in self.forms:
            told = getattr(form, "cleaned_data", None) or {}
            if not told.get("value") or told.get("DELETE"):
                continue
            channel, value, is_preferred = told["channel"], told["value"], told.get("is_preferred")
            if (channel, value.casefold()) in seen:
                form.add_error("value", "This address stands there already. Remove one of the two.")
            if is_preferred and channel in preferred:
                form.add_error("is_preferred", "Prefer one address on each channel, not two.")
            seen.add((channel, value.casefold()))
            preferred.update([channel] if is_preferred else [])


AddressFormSet = forms.inlineformset_factory(
    Contact, Address, form=AddressForm, formset=AddressSet, extra=EMPTY_ROWS, can_delete=True
)


class CompanyForm(OwnedForm):
    """What a company is."""

    class Meta:
        model = Company
        fields = ("name", "domain", "sector", "country", "owner", "note")
        help_texts = {"domain": "Of their mail and web, such as example.org."}
        widgets = {"note": forms.Textarea({"rows": 3})}


class OptOutForm(forms.Form):
    """What a contact wants to hear no more."""

    channel = forms.ChoiceField(
        required=False,
        label="They want to hear nothing",
        choices=[("", "on any channel"), *((c.value, f"by {c.label}") for c in Channel)],
    )
    note = forms.CharField(
        required=False, max_length=200, help_text="How they said so; it is kept as evidence."
    )


class FactForm(forms.ModelForm):
    """Something personal, for a note that opens with them."""

    class Meta:
        model = Fact
        fields = ("text", "learned_from", "learned_on")
        labels = {"text": "What we know", "learned_from": "From where", "learned_on": "Since"}
        help_texts = {"text": "As you would say it to them: “the race round Gotland”."}
        widgets = {"learned_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}


class CalendarUseForm(forms.Form):
    """By whose working time a contact or company lives."""

    calendar = forms.ModelChoiceField(
        WorkCalendar.objects.offered(),
        required=False,
        help_text="Counts from now on. Working time of thresholds goes by it.",
    )

    def __init__(self, *args: Any, otherwise: str, **options: Any) -> None:
        super().__init__(*args, **options)
        calendar: Any = self.fields["calendar"]
        calendar.empty_label = otherwise


class OtherContactForm(forms.Form):
    """With whom a contact is to be merged."""

    contact = ContactField(label="Who is the same person?", help_text="Start typing their name.")

    def __init__(self, *args: Any, reader: User, **options: Any) -> None:
        super().__init__(*args, **options)
        contact: Any = self.fields["contact"]
        contact.reader = reader


class OtherCompanyForm(forms.Form):
    """With which company another one is to be merged."""

    company = CompanyField(
        label="Which one is the same company?", help_text="Start typing its name."
    )

    def __init__(self, *args: Any, reader: User, **options: Any) -> None:
        super().__init__(*args, **options)
        company: Any = self.fields["company"]
        company.reader = reader

    def clean_company(self) -> Company:
        company: Company = self.cleaned_data["company"]
        if company.pk is None:
            raise ValidationError(f"No company is called “{company}”. Check the spelling.")
        return company
