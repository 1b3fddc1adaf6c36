"""How many suggestions a threshold would take back is what the next sweep takes back."""

from __future__ import annotations

import pytest

from accounts.models import User
from deals import thresholds
from deals.models import Stage
from deals.supposing import suppose
from outreach import sweeping
from outreach.models import Suggestion
from outreach.withdrawing import would_withdraw
from tests.cast import Story, day, make_deal


@pytest.mark.django_db
def test_what_would_be_withdrawn_is_what_the_sweep_withdraws(ines: User) -> None:
    demo = Stage.objects.get(name="Demo")
    for since in (0, 1, 8):
        Story(make_deal(ines, "Demo", opened_at=day(since))).we_write(day(since, 10))
    Story(make_deal(ines, "Discovery")).we_write(day(0, 10))
    sweeping.run(day(22))
    assert Suggestion.objects.live().count() == 4

    supposed = suppose(demo, "3w", day(22))
    assert (supposed.no_longer_dark.count(), would_withdraw(supposed.no_longer_dark)) == (2, 2)
    thresholds.change_span(demo, "3w", now=day(22))
    sweeping.run(day(22, 9, 1))

    assert Suggestion.objects.live().count() == 2
    assert would_withdraw(suppose(demo, "9w", day(22, 9, 2)).no_longer_dark) == 1
