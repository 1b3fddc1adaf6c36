"""The sections of the settings that a reader may open."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from accounts.models import User

EVERYONE = frozenset(User.Role.values)
MANAGERS = frozenset({User.Role.MANAGER, User.Role.ADMIN})
ADMINS = frozenset({User.Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Section:
    """One page of the settings: who may open it, and by which URL name."""

    label: str
    says: str
    url_name: str
    roles: frozenset[str]

    @property
    def url(self) -> str:
        """Return its address; raises NoReverseMatch where this installation has no such page."""
        return reverse(self.url_name)


SECTIONS = (
    Section("Profile", "Your name, time zone and password", "accounts:profile", EVERYONE),
    Section("Away", "Who is away, and who covers for them", "accounts:away", EVERYONE),
    Section("Digests", "What you are told, when and how", "outreach:digests", EVERYONE),
    Section("Mailbox", "The mail account that you send and read by", "outreach:mailbox", EVERYONE),
    Section("Calendar", "The calendar with your meetings", "outreach:feed", EVERYONE),
    Section("Mail", "What is kept of mail, shared mailboxes", "outreach:mail-settings", ADMINS),
    Section("Set aside", "Mail that could not be read", "outreach:quarantine", ADMINS),
    Section("People", "Who works here, and what they may see", "accounts:people", MANAGERS),
    Section("Teams", "Who works with whom, and who leads", "accounts:teams", ADMINS),
    Section("Workspace", "Name, currency, time zone", "accounts:workspace", ADMINS),
    Section("Pipelines and stages", "The ways a deal goes", "deals:pipelines", ADMINS),
    Section("Thresholds", "How long a silence may last", "deals:thresholds", MANAGERS),
    Section("Calendars", "Working hours and holidays", "deals:calendars", ADMINS),
    Section("Exchange rates", "What other currencies are worth", "deals:rates", ADMINS),
    Section("Templates", "The words that drafts begin with", "outreach:templates", EVERYONE),
    Section("Tone", "What drafts had better not say", "outreach:phrasings", EVERYONE),
    Section("API tokens", "Programs that work in your name", "accounts:tokens", EVERYONE),
    Section("Webhooks", "Programs that are told what happens", "outreach:webhooks", ADMINS),
    Section("Import", "Bring in deals from elsewhere", "deals:import", ADMINS),
)


def sections_for(user: User) -> list[Section]:
    """Return the sections that exist here and that `user` may open, in order."""
    return [section for section in SECTIONS if user.role in section.roles and _exists(section)]


def _exists(section: Section) -> bool:
    try:
        return bool(section.url)
    except NoReverseMatch:
        return False
