"""Which deal a touch belongs to whose file names no deal by its id: by title, else by address."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from django.db.models import Case, When

from contacts.models import Address, Channel
from deals.importing.known import known_as
from deals.importing.place import Place
from deals.importing.values import RefusalError
from deals.models import Deal, Outcome, Participation

REMEMBERED = 5000  # answers kept: files are mostly sorted by deal


class Finder:
    """Finds deals that are here already; those of the same upload are named by their ids."""

    def __init__(self, pipeline: str) -> None:
        self.place = Place.find(pipeline)
        self._titled = lru_cache(REMEMBERED)(self._by_title)
        self._written_to = lru_cache(REMEMBERED)(self._by_email)

    def deal_of(self, said: Mapping[str, str]) -> str:
        """Return the id by which the deal of a touch is known again.

        Raises RefusalError where none, or more than one, is meant.
        """
        title, email = said.get("deal_title", ""), said.get("email", "")
        if not title and not email:
            raise RefusalError(
                "names no deal: fill in the deal, its title, or the contact’s e-mail"
            )
        keys = self._titled(title) if title else []
        if len(keys) != 1 and email:
            keys = self._written_to(email.casefold())[:1]
        if not keys:
            meant = f"“{title}”" if title else f"with {email}"
            raise RefusalError(f"there is no deal {meant} here: import the deals first")
        if len(keys) > 1:
            raise RefusalError(f"several deals are called “{title}”: name the deal by its id")
        return keys[0]

    def _by_title(self, title: str) -> list[str]:
        deals = Deal.objects.filter(title=title)
        if self.place.pipeline:
            deals = deals.filter(stage__pipeline=self.place.pipeline)
        return [known_as(deal, source=self.place.source) for deal in deals.order_by()[:2]]

    def _by_email(self, email: str) -> list[str]:
        """Return the deals of a person, the open ones first, the latest of them leading."""
        theirs = Address.objects.filter(channel=Channel.EMAIL, value__iexact=email)
        parts = Participation.objects.filter(contact__in=theirs.values("contact"), left_at=None)
        is_open = Case(When(outcome=Outcome.OPEN, then=0), default=1)
        deals = Deal.objects.filter(pk__in=parts.order_by().values("deal"))
        deals = deals.order_by(is_open, "-opened_at", "-pk")
        return [known_as(deal, source=self.place.source) for deal in deals[:1]]
