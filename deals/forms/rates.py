"""The form of one exchange rate."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.currencies import CURRENCIES
from accounts.models import Workspace
from deals import rates
from deals.models import ExchangeRate

AHEAD = timedelta(days=366)  # a rate that is agreed for next year; later, a slip of the finger


class RateField(forms.DecimalField):
    """A number with a point or a comma before its decimals."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.count(",") == 1 and "." not in value:
            value = value.replace(",", ".")
        if isinstance(value, str) and "_" in value:  # Python would read 1_000
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class RateForm(forms.ModelForm):
    """What a currency is worth in the workspace's, from a day on."""

    currency = forms.ChoiceField(
        error_messages={"invalid_choice": "“%(value)s” is not a currency. Choose one of the list."}
    )
    rate = RateField(
        max_digits=18,
        decimal_places=8,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={"invalid": "Enter a number, such as 0.0873 or 0,0873."},
    )
    from_on = forms.DateField(
        label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    class Meta:
        model = ExchangeRate
        fields = ("currency", "rate", "from_on")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.into = Workspace.current().currency
        self.fields["rate"].help_text = f"What one unit of it is worth in {self.into}."
        self.fields["from_on"].help_text = "It counts from that day on, until the next rate’s."
        others = sorted(set(CURRENCIES) - {self.into})
        currency: Any = self.fields["currency"]
        currency.choices = [("", "Choose one"), *((code, code) for code in others)]
        if self.instance.pk:
            self.initial["rate"] = self.instance.said
        else:
            self.initial["currency"] = next(iter(rates.lacking(self.into)), "")
            self.initial["from_on"] = timezone.localdate()

    def clean_rate(self) -> Any:
        rate = self.cleaned_data["rate"]
        if rate <= 0:
            raise ValidationError("A rate is above zero. Write 0.0873, for example.")
        return rate

    def clean_from_on(self) -> date:
        day: date = self.cleaned_data["from_on"]
        if day > timezone.localdate() + AHEAD:
            raise ValidationError("That is more than a year ahead. Look at the year once more.")
        return day

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        currency, day = said.get("currency"), said.get("from_on")
        if not (currency and day):
            return said
        standing = ExchangeRate.objects.standing().exclude(pk=self.instance.pk)
        if standing.filter(currency=currency, into=self.into, from_on=day).exists():
            self.add_error("from_on", "That day has a rate already. Correct it, or choose another.")
        return said
