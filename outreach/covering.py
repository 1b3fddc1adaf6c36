"""Whose queues a reader works today besides their own, and who works theirs.

While a colleague is on leave, their deals stand in the reader's queue, marked, and can be looked
at apart. Source: docs/re-engaging.md, "While somebody is away"; decision 080.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from accounts.models import Cover, User
from outreach.page import Asked
from outreach.today import Scope

OWN = "own"  # what the address says for one's own deals only
TEAM = "team"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the queues that a reader may look at."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Covering:
    """The covers of an instant that a reader takes part in: those they do, and the one for them."""

    reader: User
    covers: tuple[Cover, ...]
    covered_by: Cover | None

    @classmethod
    def of(cls, reader: User, now: datetime) -> Covering:
        """Read them, in one query."""
        concerned = Cover.objects.at(now).filter(Q(colleague=reader) | Q(user=reader))
        found = list(concerned.with_people().order_by("user__name", "pk"))
        done = tuple(cover for cover in found if cover.colleague_id == reader.pk)
        return cls(reader, done, next((each for each in found if each not in done), None))

    def scope(self, asked: Asked) -> Scope:
        """Return whose deals a page is about; whom the reader no longer covers is as not asked."""
        if asked.of_team:
            return Scope(self.reader, of_team=True)
        chosen = tuple(cover for cover in self.covers if str(cover.user_id) == asked.whose)
        if chosen:
            return Scope(self.reader, covers=chosen, has_own=False)
        return Scope(self.reader, covers=() if asked.whose == OWN else self.covers)

    def choices(self, asked: Asked) -> list[Choice]:
        """Return the queues to switch between; none where there is but one."""
        told = [("Mine", "")]
        if self.covers:
            told = [("Both" if len(self.covers) == 1 else "All", ""), ("Mine", OWN)]
            told += [(f"{each.user.get_short_name()}’s", str(each.user_id)) for each in self.covers]
        if self.reader.is_manager:
            told.append(("Everyone’s" if self.reader.is_admin else "My team’s", TEAM))
        current = self._current(asked)
        home = reverse("outreach:today")
        choices = [
            Choice(label, f"{home}?whose={whose}" if whose else home, whose == current)
            for label, whose in told
        ]
        return choices if len(choices) > 1 else []

    def _current(self, asked: Asked) -> str:
        if asked.of_team:
            return TEAM
        known = {str(cover.user_id) for cover in self.covers} | ({OWN} if self.covers else set())
        return asked.whose if asked.whose in known else ""
