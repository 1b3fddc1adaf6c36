"""What somebody says of a mail that waits: who wrote it, and which deal it belongs to."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from contacts.models import Company, Contact
from deals.forms.choices import CompanyField, ContactField
from deals.forms.deals import StageField
from deals.models import Deal
from outreach.mail.filing import naming
from outreach.mail.match import company_at
from outreach.models import Mail

ANSWERED = re.compile(
    r"^(?:\s*(?:re|aw|fwd?|wg|sv|tr|rv|odp|antw)\s*(?:\[\d+\])?:)+\s*", re.IGNORECASE
)


class NewContactForm(forms.Form):
    """The sender as a contact, with a deal or without."""

    first_name = forms.CharField(max_length=120, required=False)
    last_name = forms.CharField(max_length=120, required=False)
    company = CompanyField(required=False, help_text="Empty for a consumer. A new name makes one.")
    stage = StageField(required=False, label="With a deal in", empty_label="No deal yet")
    title = forms.CharField(max_length=200, required=False, label="Title of the deal")

    def __init__(self, *args: Any, mail: Mail, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mail = mail
        self.fields["company"].reader = reader  # type: ignore[attr-defined]
        self.fields["stage"].group()  # type: ignore[attr-defined]
        first, last = naming.name_of(mail.sender_name, mail.sender)
        guessed: dict[str, Any] = {
            "first_name": first,
            "last_name": last,
            "company": _company_of(mail, reader),
            "title": ANSWERED.sub("", mail.subject)[:200],
        }
        self.initial.update(guessed)
        if mail.contact is not None:  # known, but without a deal
            for name in ("first_name", "last_name", "company"):
                del self.fields[name]
            self.fields["stage"].required = True
            self.fields["stage"].group()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        is_new = self.mail.contact is None
        if is_new and not told.get("first_name") and not told.get("last_name"):
            self.add_error("first_name", "Give them a first or a last name.")
        if told.get("stage") and not told.get("title"):
            self.add_error("title", "Name the deal, as you would say it.")
        return told

    @property
    def contact(self) -> Contact:
        """The contact as entered, not saved yet; a new company gets the sender's domain."""
        if self.mail.contact is not None:
            return self.mail.contact
        told, company = self.cleaned_data, self.cleaned_data["company"]
        if company is not None and not company.pk:
            company.domain = naming.domain_of(self.mail.sender)
        return Contact(first_name=told["first_name"], last_name=told["last_name"], company=company)


class AssignForm(forms.Form):
    """A contact whom the reader may see, and of several deals which."""

    contact = ContactField(label="Contact", help_text="Start typing their name or company.")
    deal = forms.ModelChoiceField(
        queryset=Deal.objects.none(), required=False, widget=forms.RadioSelect, empty_label=None
    )

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader
        self.fields["contact"].reader = reader  # type: ignore[attr-defined]
        self.offers_deals = False

    def clean_contact(self) -> Contact | None:
        contact: Contact | None = self.cleaned_data["contact"]
        if contact is not None:
            deals = Deal.objects.visible_to(self.reader).open().select_related("stage")
            theirs = deals.filter(
                participations__contact=contact, participations__left_at=None
            ).distinct()
            self.fields["deal"].queryset = theirs.order_by("-opened_at", "-pk")  # type: ignore[attr-defined]
        return contact

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if not told.get("contact") or told.get("deal"):
            return told
        deals = list(self.fields["deal"].queryset[:2])  # type: ignore[attr-defined]
        if not deals:
            raise ValidationError(
                f"{told['contact']} has no open deal. Open one under Deals, then assign the mail."
            )
        if len(deals) > 1:
            self.offers_deals = True
            self.add_error("deal", f"{told['contact']} has several deals. Choose one.")
        else:
            told["deal"] = deals[0]
        return told


def _company_of(mail: Mail, reader: User) -> Company | str:
    """Return the company under whose domain the sender is, else what it may be called."""
    known = company_at(mail.sender)
    if known and Company.objects.visible_to(reader).filter(pk=known.pk).exists():
        return known
    return naming.company_of(mail.sender)
