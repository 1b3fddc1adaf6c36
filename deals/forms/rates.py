"""The form of one exchange rate."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.currencies import CURRENCIES
from accounts.models import Workspace
from deals.models import ExchangeRate


class RateField(forms.DecimalField):
    """A number with a point or a comma before its decimals."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.count(",") == 1 and "." not in value:
            value = value.replace(",", ".")
        return super().to_python(value)


class RateForm(forms.ModelForm):
    """What a currency is worth in the workspace's, from a day on."""

    currency = forms.ChoiceField(choices=[(code, code) for code in sorted(CURRENCIES)])
    rate = RateField(
        max_digits=18, decimal_places=8, widget=forms.TextInput(attrs={"inputmode": "decimal"})
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
        currency.choices = [(code, code) for code in others]
        if self.instance.pk:
            self.initial["rate"] = f"{self.instance.rate.normalize():f}"

    def clean_rate(self) -> Any:
        rate = self.cleaned_data["rate"]
        if rate <= 0:
            raise ValidationError("A rate is above zero. Write 0.0873, for example.")
        return rate

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        currency, day = said.get("currency"), said.get("from_on")
        if not (currency and day):
            return said
        standing = ExchangeRate.objects.standing().exclude(pk=self.instance.pk)
        if standing.filter(currency=currency, into=self.into, from_on=day).exists():
            self.add_error("from_on", "That day has a rate already. Correct it, or choose another.")
        return said
