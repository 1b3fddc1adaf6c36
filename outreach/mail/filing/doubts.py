"""Why a person must say first that a mail is genuine: that it is theirs, or that it is ours.

Sources: docs/decisions/095-whose-mail-it-is.md; docs/decisions/130-mail-in-our-name.md.
"""

from __future__ import annotations

from deals.models import Direction
from outreach.mail import asked, match
from outreach.mail.match import Found
from outreach.models import Door, Mail

FORGED = "Our server says that the sender is forged."
IN_OUR_NAME = "It is in the name of one of us, but nothing shows that one of us sent it."
NOT_VOUCHED_FOR = "Our server does not vouch for the sender, and the workspace asks for that."
ONLY_NAMED = "It comes from another address, and only asks to answer to this one."


def doubt_about(mail: Mail, found: Found) -> str:
    """Return why a person must say first that a mail is genuine; "" where it counts as it is.

    Mail of ours counts where it lay among sent mail, came to a rep's capture address or passed:
    it moves a turn, and anybody can write our address into it. A mail that the app sent is known
    by its Message-ID and is not asked about here. An archive is the word of who brings it.
    """
    if mail.door == Door.ARCHIVE:
        return ""
    if _is_only_named(mail, found):
        return ONLY_NAMED
    if mail.authenticity == Mail.Authenticity.PASSED:
        return ""
    if mail.direction == Direction.OUTBOUND:
        return FORGED if mail.authenticity == Mail.Authenticity.FAILED else IN_OUR_NAME
    if asked.workspace().demands_pass:
        return NOT_VOUCHED_FOR
    is_forged = mail.authenticity == Mail.Authenticity.FAILED and not found.is_answer
    return FORGED if is_forged else ""


def _is_only_named(mail: Mail, found: Found) -> bool:
    """Whether a mail is a contact's by its Reply-To alone: nobody vouches for that, and anybody
    can write it. What answers a mail of ours has proved that it knows us.
    """
    if mail.direction != Direction.INBOUND or found.contact is None or found.is_answer:
        return False
    return found.contact not in match.contacts_at([mail.sender])
