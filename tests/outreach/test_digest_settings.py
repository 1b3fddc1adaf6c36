"""How somebody wants to be told: defaults without a row, and what holds where they say nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError

from accounts.models import User, Workspace
from outreach.models import DigestSettings, ReportRecipient
from tests.cast import day


def test_who_said_nothing_has_the_defaults_and_no_row(ines: User) -> None:
    said = DigestSettings.of(ines)
    assert (said.morning_by_mail, f"{said.morning_at:%H:%M}", said.working_days_only) == (
        True,
        "08:00",
        True,
    )
    assert DigestSettings.objects.count() == 0


def test_ones_own_amount_wins_over_the_workspaces(ines: User, workspace: Workspace) -> None:
    said = DigestSettings(user=ines)
    assert said.threshold(workspace) is None
    workspace.high_value_amount = Decimal(50_000)
    assert said.threshold(workspace) == 50_000
    said.high_value_amount = Decimal(0)
    assert said.threshold(workspace) == 0


@pytest.mark.parametrize("ends", [("19:00", None), (None, "07:00"), ("07:00", "07:00")])
def test_quiet_hours_have_two_different_ends(ines: User, ends: tuple[str, str]) -> None:
    with pytest.raises(IntegrityError):
        DigestSettings.objects.create(user=ines, quiet_from=ends[0], quiet_until=ends[1])


def test_a_recipient_is_a_colleague_or_an_address(maud: User, ines: User) -> None:
    with pytest.raises(IntegrityError):
        ReportRecipient.objects.create(
            manager=maud, person=ines, email="x@y.example", added_at=day(0)
        )
