"""What all parts of a report rest on: rates, thresholds and calendars, each read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q

from deals.cutoffs import Cutoffs
from deals.policies import Rulebook
from deals.rates import Rates


@dataclass(frozen=True)
class Basis:
    """What was known at an instant (UTC), read when it is first asked for."""

    as_of: datetime

    @cached_property
    def rates(self) -> Rates:
        """By what amounts are told in the workspace's currency."""
        return Rates.at(self.as_of)

    @cached_property
    def rulebook(self) -> Rulebook:
        """The thresholds and calendars through time."""
        return Rulebook.load()

    @cached_property
    def dark(self) -> Q:
        """Which silences by them are dark, were the instant now."""
        return Cutoffs(self.as_of, self.rulebook).dark()
