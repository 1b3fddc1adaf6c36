"""What a person says of a mail: it is genuine, it belongs there, it is theirs, leave it out.

Every word is one transaction and said once: a mail that waits no longer for it stays as it is, and
the function returns False. Whoever says it must see the mail, and the deal that they name.
"""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import User
from contacts.models import Address, Channel, Contact
from deals import conversation, course, people
from deals.models import Deal, Direction, Stage
from deals.replay import lock
from outreach import meeting_holds
from outreach.mail import match
from outreach.mail.filing import again, consequences, naming
from outreach.mail.match import Found
from outreach.models import IgnoredSender, Mail

State = Mail.State
ON_A_DEAL = (State.FILED, State.ASSUMED, State.AUTOMATIC)
NOT_YOURS = "Choose one of the deals that you see."


@transaction.atomic
def confirm(mail: Mail, *, user: User, now: datetime) -> bool:
    """Say that a mail is genuine, or that an assumed deal is the right one.

    It counts as of its receipt. Returns whether it waited for that still.
    """
    held = _held(mail, user, (State.UNVERIFIED, State.ASSUMED))
    if held is None:
        return False
    found = match.find(held)
    if held.touch is None and held.deal is None:
        raise ValidationError("Say on which deal it is first.", code="deal")
    deal = held.deal or found.deal
    _file(held, Found(deal, held.contact, delivery=found.delivery), user, now, "confirmed")
    return True


@transaction.atomic
def reject(mail: Mail, *, user: User, now: datetime) -> bool:
    """Say that a mail is not genuine: it counts for nothing. Returns whether it waited for that."""
    held = _held(mail, user, (State.UNVERIFIED,))
    if held is None:
        return False
    _put_away(held, f"{user.get_short_name()} says that it is not genuine", user, now)
    return True


@transaction.atomic
def move(mail: Mail, deal: Deal, *, user: User, now: datetime) -> bool:
    """Say that a mail is on another deal: its touch and its meetings go there.

    Returns whether it was elsewhere. Raises ValidationError for a deal that the user does not see.
    """
    _require_visible(deal, user)
    held = _held(mail, user, ON_A_DEAL)
    if held is None or held.deal_id == deal.pk:
        return False
    if held.touch is None and not held.meetings.exists():
        raise ValidationError("This mail was sent from its deal: it stays there.", code="sent")
    _file(held, Found(deal, held.contact, delivery=held.delivery), user, now, "moved")
    return True


@transaction.atomic
def also(mail: Mail, deal: Deal, *, user: User, now: datetime) -> bool:
    """Say that a mail is about another deal too: it is heard there as well, at the same instant.

    Returns whether it was not there yet. Raises ValidationError for a deal that the user does not
    see. Source: SILENCE.md, "Whose turn", rule 6; docs/decisions/132-one-reply-several-deals.md.
    """
    _require_visible(deal, user)
    held = _held(mail, user, (State.FILED, State.ASSUMED))
    if held is None or held.touch is None or held.deal_id == deal.pk:
        return False
    _lock(held, Found(deal, held.contact))
    if held.contact is not None:
        _let_join(deal, held.contact, now)
    return consequences.put_on_too(held, deal, now=now)


@transaction.atomic
def assign(
    mail: Mail, *, user: User, now: datetime, deal: Deal | None = None,
    contact: Contact | None = None,
) -> bool:  # fmt: skip
    """Say whose an unmatched mail is: a contact's, who has its address from now on, or a deal's.

    All other mail of the contact files itself. Returns whether it waited for that still.
    Raises ValidationError for a deal or contact that the user does not see, and without a deal.
    """
    if deal is not None:
        _require_visible(deal, user)
    if contact is not None and not Contact.objects.visible_to(user).filter(pk=contact.pk).exists():
        raise ValidationError("Choose one of the contacts that you see.", code="contact")
    held = _held(mail, user, (State.UNMATCHED,))
    if held is None:
        return False
    if contact is not None:
        _give_address(contact, _other_address(held))
    found = match.find(held)
    deal = deal or found.deal
    if deal is None:
        raise ValidationError("Choose a deal, or open one with them first.", code="no-deal")
    _file(held, Found(deal, contact, delivery=found.delivery), user, now, "assigned")
    return True


@transaction.atomic
def create_contact(
    mail: Mail, *, user: User, now: datetime, deal: Deal | None = None, title: str = "",
    stage: Stage | None = None,
) -> Contact:  # fmt: skip
    """Make a contact of whoever is on the other side of a mail, and file all their mail.

    On `deal`, else on the one it is assumed to be on, else on a new one with a `title` (in `stage`,
    else in the first there is); without any of these the mail goes on waiting.
    Raises ValidationError for a deal that the user does not see, and for a mail that is decided.
    """
    if deal is not None:
        _require_visible(deal, user)
    held = _held(mail, user, (State.UNMATCHED, State.ASSUMED))
    if held is None:
        raise ValidationError("Somebody has filed this mail already. Look again.", code="decided")
    contact = _contact_at(_other_address(held), held, user)
    deal = deal or held.deal
    if deal is None and title:
        at = conversation.not_in_the_future(held.occurred_at, now)
        new = Deal(title=title[:200], contact=contact, owner=user, opened_at=at)
        deal = _open(new, stage, user, now)
    held.contact = contact
    if deal is None:
        held.save(update_fields=["contact"])
    else:
        _file(held, Found(deal, contact, delivery=held.delivery), user, now, "a new contact")
    return contact


def ignore(value: str, *, user: User, now: datetime, is_domain: bool = False) -> int:
    """Leave out all mail of an address or a domain that nobody knows; return how many waited.

    Raises ValidationError for what is neither, and for a domain that anybody may write from.
    """
    value = _ignorable(value, is_domain=is_domain)
    IgnoredSender.objects.get_or_create(
        value=value, is_domain=is_domain, defaults={"user": user, "created_at": now}
    )
    wanted = {"sender__endswith": f"@{value}"} if is_domain else {"sender": value}
    waiting = Mail.objects.unmatched().filter(direction=Direction.INBOUND, **wanted)
    sent = Mail.objects.unmatched().filter(direction=Direction.OUTBOUND)
    ending = f'{"@" if is_domain else chr(34)}{value}"'
    ids = {*waiting.values_list("pk", flat=True)}
    ids |= {*sent.filter(recipients__icontains=ending).values_list("pk", flat=True)}
    again.look_at(sorted(ids), now)
    return Mail.objects.filter(pk__in=ids, state=State.IGNORED).count()


def unignore(ignored: IgnoredSender) -> None:
    """Ask about mail of an address or a domain again, from now on."""
    ignored.delete()


@transaction.atomic
def leave_out(mail: Mail, *, user: User, now: datetime) -> bool:
    """Leave one mail out that nobody could match. Returns whether it waited for that still."""
    held = _held(mail, user, (State.UNMATCHED,))
    if held is None:
        return False
    _put_away(held, f"{user.get_short_name()} left it out", user, now)
    return True


def _held(mail: Mail, user: User, among: tuple[State, ...]) -> Mail | None:
    """Lock a mail that the user sees and that waits for a word still; None for any other."""
    rows = Mail.objects.filter(pk=mail.pk, state__in=among)
    locked = rows.select_for_update(of=("self",))
    held = locked.select_related("touch", "deal", "contact", "delivery", "hold").first()
    is_theirs = Mail.objects.visible_to(user).filter(pk=mail.pk).exists()
    return held if is_theirs else None


def _require_visible(deal: Deal, user: User) -> None:
    if not Deal.objects.visible_to(user).filter(pk=deal.pk).exists():
        raise ValidationError(NOT_YOURS, code="deal")


def _file(held: Mail, found: Found, user: User, now: datetime, how: str) -> None:
    """Put a mail on a deal by somebody's word; what waits for that is looked at again."""
    assert found.deal is not None
    _lock(held, found)
    if found.contact is not None:
        _let_join(found.deal, found.contact, now)
    is_calendars = held.verdict == Mail.Verdict.CALENDAR
    held.state = State.AUTOMATIC if is_calendars else State.FILED
    held.state_why = f"By {user.get_short_name()}: {how}"
    held.decided_at, held.decided_by = now, user
    consequences.put_on(held, found, now=now)
    told, held.calendars = held.calendars, []
    held.save()
    consequences.let_meet(held, told, now)
    meeting_holds.take_along(held, found.deal, now=now)
    transaction.on_commit(lambda: again.look_at_all_with(held, now), robust=True)


def _let_join(deal: Deal, contact: Contact, now: datetime) -> None:
    """Let whoever wrote about a deal take part in it, unless they do or did."""
    if not deal.participations.filter(contact=contact).exists():
        people.join(deal, contact, now=now)


def _lock(held: Mail, found: Found) -> None:
    """Lock the deals that it leaves, comes to and may touch besides, all at once."""
    parties = {found.contact, held.contact, *match.contacts_at(match.others(held))}
    theirs = Deal.objects.filter(participations__contact__in=parties - {None})
    deals = {*theirs.values_list("pk", flat=True)}
    lock(deals | {deal.pk for deal in (held.deal, found.deal) if deal})


def _put_away(held: Mail, why: str, user: User, now: datetime) -> None:
    held.state, held.state_why = State.IGNORED, why
    held.decided_at, held.decided_by = now, user
    held.text, held.html, held.calendars = "", "", []
    held.save()


def _other_address(mail: Mail) -> str:
    longest = Address._meta.get_field("value").max_length or 0  # noqa: SLF001  # Django's way in
    addresses = [address for address in match.others(mail) if len(address) <= longest]
    if not addresses:
        raise ValidationError("This mail names no address. Leave it out.", code="address")
    return addresses[0]


def _contact_at(address: str, mail: Mail, user: User) -> Contact:
    """Return the contact who has an address, made where there is none."""
    known = match.contacts_at([address])
    if known:
        return known[0]
    signed = mail.sender_name if mail.direction == Direction.INBOUND else ""
    first, last = naming.name_of(signed, address)
    first = first or ("" if last else address)
    made = Contact.objects.create(
        first_name=first[:120], last_name=last[:120], company=match.company_at(address), owner=user
    )
    _give_address(made, address)
    return made


def _give_address(contact: Contact, address: str) -> None:
    known = contact.addresses.filter(channel=Channel.EMAIL, value__iexact=address)
    if not known.exists():
        people.change_address(Address(contact=contact, channel=Channel.EMAIL, value=address))


def _open(deal: Deal, stage: Stage | None, user: User, now: datetime) -> Deal:
    """Open a new deal in a stage, by default in the first there is."""
    first = stage or Stage.objects.order_by("pipeline__position", "position").first()
    if first is None:
        raise ValidationError("There is no pipeline yet. Make one in the settings first.")
    deal.stage, deal.company = first, deal.contact.company
    return course.open_deal(deal, now=now, user=user)


def _ignorable(value: str, *, is_domain: bool) -> str:
    value = value.strip().lower().removeprefix("@")
    if is_domain and match.is_public(value):
        raise ValidationError(
            f"Anybody may write from {value}. Ignore the one address instead.", code="public"
        )
    validate_email(f"anybody@{value}" if is_domain else value)
    return value
