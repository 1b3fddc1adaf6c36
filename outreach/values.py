"""What is known of a deal and a contact for the fields of a template, read as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property

from accounts.models import User
from contacts.models import Contact, Fact
from deals.models import Deal
from outreach import slots
from outreach.filling import inline
from outreach.speech import say_month, speech_of


class Known:
    """What can be said to one contact about one deal, in one language.

    Without `now` no times are offered, and a fact's month is said with its year.
    """

    def __init__(
        self, deal: Deal, contact: Contact, *, language: str, now: datetime | None = None
    ) -> None:
        self.deal, self.contact, self.now = deal, contact, now
        self.speech = speech_of(language)

    def values(self, names: Iterable[str]) -> dict[str, str]:
        """Return what is known for each field; "" where nothing is."""
        return {name: inline(READ[name](self)) for name in names}

    @property
    def owner(self) -> User:
        return self.deal.owner

    @cached_property
    def fact(self) -> Fact | None:
        """The latest personal fact that was not used yet."""
        return Fact.objects.filter(contact=self.contact, last_used_at=None).first()

    @property
    def company(self) -> str:
        company = self.contact.company or self.deal.company
        return company.name if company else ""

    @property
    def fact_month(self) -> str:
        if self.fact is None or self.speech is None:
            return ""
        today = self.now.date() if self.now else None
        return say_month(self.fact.learned_on, today, self.speech)

    @property
    def free_times(self) -> str:
        if self.now is None or self.speech is None:
            return ""
        return slots.say(self.owner, self.contact, self.speech, self.now)


READ: dict[str, Callable[[Known], str]] = {
    "first_name": lambda known: known.contact.short_name,
    "name": lambda known: known.contact.name,
    "wanted": lambda known: known.deal.wanted,
    "next_step": lambda known: known.deal.next_step,
    "fact": lambda known: known.fact.text if known.fact else "",
    "fact_date": lambda known: known.fact_month,
    "slots": lambda known: known.free_times,
    "link": lambda known: known.deal.link,
    "booking": lambda known: known.owner.booking_url,
    "title": lambda known: known.deal.title,
    "company": lambda known: known.company,
    "owner_first_name": lambda known: known.owner.get_short_name(),
    "owner_name": lambda known: known.owner.name,
}
