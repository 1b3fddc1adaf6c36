"""The deal that is open beside the list: how it stands, why, what to say, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from contacts.models import Address, Channel, Contact, OptOut
from deals import course, standing, thread
from deals.models import By, Deal, Hold, Silence
from deals.policies import Rulebook
from deals.standing import Standing
from deals.strip import Strip
from deals.thread import Entry
from outreach import drafts, given_back, letters, odds, reach, remarks, resting, timing
from outreach.answering import answer
from outreach.drafts import Draft
from outreach.given_back import GivenBack
from outreach.letters import Letter
from outreach.mail.filing.consequences import SOURCE
from outreach.models import Delivery, Play, Remark, Suggestion
from outreach.odds import Odds
from outreach.resting import Rest
from outreach.timing import Slot
from outreach.why import Why, why
from outreach.wording import say_play


@dataclass(frozen=True, slots=True)
class Way:
    """A channel that a draft can go by: a link that opens what writes or calls."""

    channel: str
    label: str
    url: str
    is_suggested: bool = False
    address: int = 0

    @property
    def asks(self) -> bool:
        """Whether to ask on return how it went: a mail that was written elsewhere is logged."""
        return self.channel != Channel.EMAIL

    @property
    def asking(self) -> str:
        """What the link to that question says."""
        return "Log the call" if self.channel == Channel.PHONE else "Log the message"

    @property
    def is_page(self) -> bool:
        """Whether it opens a page, which is to be one beside this."""
        return self.url.startswith("https:")

    @property
    def carries_words(self) -> bool:
        """Whether its link takes the draft along, as it was changed."""
        is_text = self.channel == Channel.SMS and self.is_suggested
        return is_text or self.channel == Channel.EMAIL


@dataclass(frozen=True)
class Pane:
    """All that is shown of one deal."""

    deal: Deal
    contact: Contact
    stands: Standing | None
    patience: str
    suggestion: Suggestion | None
    play: str
    first: str
    tries: str
    best: str
    best_at: datetime | None
    draft: Draft | None
    letter: Letter | None
    mails: Sequence[Delivery]
    ways: Sequence[Way]
    thread: Sequence[Entry]
    has_more: bool
    strip: Strip
    past_meeting: Hold | None
    rest: Rest | None
    gives: GivenBack | None
    offers_onboarding: bool
    onboarding: Deal | None
    why: Why | None
    odds: Odds | None
    remarks: Sequence[Remark]

    @property
    def words(self) -> str:
        """The text to begin with: what was written before, else the draft."""
        if self.letter:
            return self.letter.body
        return self.draft.body if self.draft else ""

    @property
    def can_write(self) -> bool:
        """Whether there is an e-mail address that works and may be used."""
        return any(way.channel == Channel.EMAIL for way in self.ways)

    @property
    def has_mail(self) -> bool:
        """Whether mail came by itself, of which some may belong elsewhere."""
        return any(entry.touch and entry.touch.source == SOURCE for entry in self.thread)

    @property
    def writes_here(self) -> bool:
        """Whether a mail can be written right here, so that the link to one says where it leads."""
        return self.letter is not None or self.suggestion is None

    @property
    def onward_says(self) -> str:
        """What the form of the words does with them."""
        return "Send" if self.letter else "Log as sent"

    @property
    def asks_on_return(self) -> bool:
        """Whether the suggested way asks how it went, so that nothing else need log it."""
        return any(way.asks for way in self.ways if way.is_suggested)

    @property
    def reply_channel(self) -> str:
        """On which channel "they replied" is noted: the one we wrote on last."""
        ours = [e.touch for e in self.thread if e.touch and e.touch.direction != "inbound"]
        return ours[0].channel if ours else str(Channel.EMAIL)


def read(deal: Deal, *, reader: User, now: datetime, rulebook: Rulebook) -> Pane:
    """Read one deal that the reader may see, in a number of queries that never grows."""
    zone = timezone.get_current_timezone()
    silence = deal.silences.open().first()
    stands, patience, tries = _standing(silence, now, rulebook)
    suggestion = _suggestion(deal, silence, stands, reader=reader, now=now, rulebook=rulebook)
    mails = letters.recent(deal)
    if suggestion is not None and not suggestion.pk and letters.is_under_way(mails):
        suggestion = None  # the answer is on its way
    slot = _slot(suggestion, stands, now, rulebook)
    draft = drafts.render(suggestion, now=now) if suggestion else None
    contact = suggestion.contact if suggestion else deal.contact
    talk = thread.read(deal)
    shown = {touch.pk for touch in talk.touches}
    today = timezone.localtime(now).date()
    return Pane(
        deal=deal,
        contact=contact,
        stands=stands,
        patience=patience,
        suggestion=suggestion,
        play=_play(suggestion, deal),
        first=_first(suggestion, reader),
        tries=tries,
        best=timing.say(slot, now, zone) if slot else "",
        best_at=slot.starts_at if slot and slot.starts_at > now else None,
        draft=draft,
        letter=letters.letter(suggestion, draft, mails),
        mails=letters.news(mails),
        ways=_ways(contact, suggestion, draft),
        thread=talk.thread(reader, now, zone, stands),
        has_more=talk.has_more,
        strip=talk.strip(now, zone),
        past_meeting=_past_meeting(deal, now),
        rest=resting.rest_of(deal, timezone.localtime(now).date()),
        gives=_gives(deal, suggestion, silence, reader=reader, now=now, rulebook=rulebook),
        offers_onboarding=course.offers_onboarding(deal),
        onboarding=_onboarding(deal, reader),
        why=why(suggestion, reader, shown, today) if suggestion and suggestion.pk else None,
        odds=odds.read(suggestion, now) if suggestion and suggestion.pk else None,
        remarks=list(remarks.of(deal, reader)),
    )


def _standing(
    silence: Silence | None, now: datetime, rulebook: Rulebook
) -> tuple[Standing | None, str, str]:
    """Return how the open silence stands, how long it may last, and how many tries were made."""
    if silence is None:
        return None, "", ""
    threshold = rulebook.threshold(silence.stage_id, now)
    span = threshold.reply_span if silence.by == By.US else threshold.patience
    tries = f"{silence.dark_attempts} of {threshold.attempts} tries" if silence.is_dark else ""
    stands = standing.of([silence], now, rulebook)[silence.pk]
    return stands, str(span), tries if silence.by == By.THEM else ""


def _suggestion(
    deal: Deal,
    silence: Silence | None,
    stands: Standing | None,
    *,
    reader: User,
    now: datetime,
    rulebook: Rulebook,
) -> Suggestion | None:
    """Return what to do: what is suggested on a dark deal, or to answer where it is our move."""
    if silence is None or stands is None:
        return None
    if silence.by == By.US:
        within = rulebook.threshold(silence.stage_id, now).reply_span
        zone = timezone.get_current_timezone()
        return answer(deal, silence, stands, within, now=now, zone=zone)
    return _suggested(deal, reader) if silence.is_dark else None


def _suggested(deal: Deal, reader: User) -> Suggestion | None:
    live = Suggestion.objects.visible_to(reader).live().filter(deal=deal)
    found = live.select_related(
        "contact__company", "address", "silence__reason_entry__user", "stage",
        "deal__contact", "deal__company", "deal__owner", "after__deal",
    )  # fmt: skip
    return found.order_by("-rank", "pk").first()


def _play(suggestion: Suggestion | None, deal: Deal) -> str:
    if suggestion is None:
        return ""
    whom = "" if suggestion.contact_id == deal.contact_id else suggestion.contact.name
    return say_play(suggestion.play, suggestion.channel, whom)


def _slot(
    suggestion: Suggestion | None, stands: Standing | None, now: datetime, rulebook: Rulebook
) -> Slot | None:
    """Return when to write or call, where there is somebody to; an answer by when it is due."""
    if suggestion is None or stands is None or not suggestion.channel:
        return None
    by = stands.due_at if stands.by == By.US else None
    contact, channel = suggestion.contact, suggestion.channel
    return timing.best_time(contact, channel, now=now, rulebook=rulebook, by=by)


def _first(suggestion: Suggestion | None, reader: User) -> str:
    """Say which deal to talk about first; one that the reader may not see stays unnamed."""
    if suggestion is None or suggestion.after is None:
        return ""
    is_seen = Deal.objects.visible_to(reader).filter(pk=suggestion.after.deal_id).exists()
    return suggestion.after.deal.title if is_seen else "another deal"


def _ways(contact: Contact, suggestion: Suggestion | None, draft: Draft | None) -> list[Way]:
    """Return how to reach a contact now: what works and is allowed, the suggested one first."""
    refused = OptOut.objects.filter(contact=contact, lifted_at=None)
    closed = set(refused.values_list("channel", flat=True))
    if "" in closed:
        return []
    usable = [
        address
        for address in contact.addresses.all()
        if address.is_usable and address.channel not in closed
    ]
    chosen = suggestion.address_id if suggestion else None
    ways = [_way(address, draft, is_suggested=address.pk == chosen) for address in usable]
    return sorted(filter(None, ways), key=lambda way: not way.is_suggested)


def _way(address: Address, draft: Draft | None, *, is_suggested: bool) -> Way | None:
    carries = is_suggested or address.channel == Channel.EMAIL
    words = {"subject": draft.subject, "body": draft.body} if draft and carries else {}
    url = reach.link(address.channel, address.value, **words)
    if not url:
        return None
    label = reach.say(address.channel, address.value)
    return Way(address.channel, label, url, is_suggested, address.pk)


def _gives(
    deal: Deal,
    suggestion: Suggestion | None,
    silence: Silence | None,
    *,
    reader: User,
    now: datetime,
    rulebook: Rulebook,
) -> GivenBack | None:
    """Return what letting go gives, where that is what is suggested."""
    if suggestion is None or suggestion.play != Play.LET_GO:
        return None
    return given_back.read(deal, silence, reader=reader, now=now, rulebook=rulebook)


def _past_meeting(deal: Deal, now: datetime) -> Hold | None:
    """Return a meeting that is over and of which nobody said whether it took place."""
    meetings = deal.holds.filter(reason=Hold.Reason.MEETING, took_place=None, ends_at__lte=now)
    return meetings.order_by("-ends_at").first()


def _onboarding(deal: Deal, reader: User) -> Deal | None:
    opened = Deal.objects.visible_to(reader).filter(source="onboarding", external_id=str(deal.pk))
    return opened.first()
