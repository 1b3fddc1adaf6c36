"""Template tags that say what `deals.wording` says, in the reader's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from deals import wording
from deals.standing import Standing

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """`{{ deal.amount|money:deal.currency }}` → € 84,000"""
    return wording.say_money(amount, currency)


@register.filter
def duration(length: timedelta) -> str:
    """`{{ elapsed|duration }}` → 2 d 3 h"""
    return wording.say_duration(length)


@register.inclusion_tag("partials/meter.html")
def meter(standing: Standing) -> dict[str, Any]:
    """`{% meter standing %}`: the silence meter, with its words for those who cannot see it."""
    return {
        "at": wording.meter_at(standing),
        "label": wording.meter_label(standing),
        "state": wording.meter_state(standing),
    }


@register.inclusion_tag("partials/state.html")
def standing(stands: Standing, now: datetime) -> dict[str, Any]:
    """`{% standing stands now %}`: the state in its colour, such as Dark · 2 d 3 h."""
    return {
        "state": wording.meter_state(stands),
        "text": wording.say_standing(stands, now, timezone.get_current_timezone()),
    }
