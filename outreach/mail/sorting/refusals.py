"""Mail of mail servers that comes without a delivery status: refused, late, delivered, complained.

Known by its sender and envelope, else by its subject together with its words. A person who writes
about a delivery that failed gives no address, no code and no mail that came back.
"""

from __future__ import annotations

import re

from outreach.mail.parsing.parsed import Verdict
from outreach.mail.sorting import automatic, bounces, fullness, recipients
from outreach.mail.sorting.looking import Look
from outreach.mail.sorting.words import words

FOR_GOOD = re.compile(
    r"permanent|giving up|given up|fatal|(?:user|recipient|address)\w* (?:is )?unknown"
    r"|failed permanently|does not exist|no such user"
)
ARRIVED = re.compile(
    r"success|\brelayed\b|was delivered to|has been delivered|\(delivered\)|^delivered$"
)
LONGEST_REFUSAL = 2_500  # letters of one whose subject says nothing
# Headers of programs that pass complaints on.
COMPLAINING = ("x-spamcop-sourceip", "x-xarf", "x-arf")


def complaint(look: Look) -> Verdict | None:
    """Return the verdict on a complaint about our mail that comes without a feedback report."""
    about = bounces.ids(look.structure)
    header = next((name for name in COMPLAINING if any(look.structure.each(name))), "")
    if header and not look.is_titled_as_answer:
        return Verdict(
            "report", f"The header {header.title()} is that of a complaint.", about=about
        )
    is_titled = look.names_in_subject("complaints") and not look.names_in_subject("refused")
    if is_titled and look.returns_mail and not look.is_titled_as_answer:
        why = f"The subject is that of a complaint: “{look.shown}”."
        return Verdict("report", why, about=about)
    return None


def failed_recipients(look: Look) -> Verdict | None:
    """Return the verdict on a mail whose headers name who was not reached."""
    dead = recipients.failed_recipients(look.structure)
    if not dead:
        return None
    about = bounces.ids(look.structure)
    if _is_delay(look):
        return Verdict("delay", "It names who was not reached yet.", about=about)
    why = "The header X-Failed-Recipients names who was not reached."
    why = fullness.told(why, look.prose)
    return Verdict("bounce", why, recipients=dead, about=about)


def by_daemon(look: Look) -> Verdict | None:
    """Return the verdict on a mail whose sender or envelope is a mail server's."""
    address, name = automatic.by_daemon(look.structure), automatic.by_daemon_name(look.structure)
    if address and not (look.is_personal and look.is_titled_as_answer):
        is_postmaster = address.removeprefix(automatic.SERVER).startswith("post")
        if tells_refusal(look) or not is_postmaster:
            return of_server(look, address)
        return None if look.is_personal or look.answers else Verdict("auto_reply", address)
    if name and tells_refusal(look):
        return of_server(look, name)
    return _without_envelope(look)


def _without_envelope(look: Look) -> Verdict | None:
    """Programs that answer leave the envelope empty, so that nobody answers them (RFC 3834, 3.3)."""
    why = automatic.by_envelope(look.structure)
    if not why or look.is_by_hand:
        return None
    if tells_refusal(look) and not look.titled("away", "automatic", "registered"):
        return of_server(look, why)
    return Verdict("auto_reply", why)


def by_words(look: Look) -> Verdict | None:
    """Return the verdict on a refusal that only its subject and its words give away."""
    if look.is_titled_as_answer and not re.search(
        r": ?(?:non remis|undeliverable|delivery failed)\b", look.subject
    ):
        return None
    if look.is_personal and not (look.returns_mail and bounces.has_code(look.prose)):
        return None
    if (look.is_discussion or look.quotes_ours) and not look.returns_mail:
        return None
    if look.names_in_subject("refused") or look.names_in_subject("delayed"):
        why = f"The subject and the words are a mail server’s: “{look.shown}”."
        return of_server(look, why) if proves_refusal(look) else None
    return _untitled(look)


def _untitled(look: Look) -> Verdict | None:
    """A refusal under any other subject: a reason, a code, an address, and the mail itself."""
    if not look.returns_mail or look.answers or len(look.prose) > LONGEST_REFUSAL:
        return None
    named = recipients.in_prose(look.structure, look.prose)
    is_proven = bounces.has_code(look.prose) or _names_whom_it_was_for(look, named)
    if not named or not is_proven or not words("body", "refused").search(look.refusal):
        return None
    return of_server(look, "Its words are a mail server’s, and it returns a mail.")


def _names_whom_it_was_for(look: Look, named: list[str]) -> bool:
    """Tell whether a mail names the very address that the mail in it was for, as programs do.

    People have it in the middle of a sentence, or ask something.
    """
    if len(named) != 1 or "?" in look.prose:
        return False
    stands = re.compile(rf"(?:^|[:<])[ \t<]*{re.escape(named[0])}", re.IGNORECASE | re.MULTILINE)
    is_said = stands.search(look.prose)
    return bool(is_said) and recipients.sent_to(look.structure, look.prose) == named


def of_server(look: Look, why: str) -> Verdict:
    """Return what a mail server says: late, arrived, an automatic answer, or else refused."""
    about = bounces.ids(look.structure)
    if look.titled("away", "automatic", "registered") and not look.names_in_subject("refused"):
        return Verdict("auto_reply", why)
    if _is_delay(look):
        return Verdict("delay", why, about=about)
    if ARRIVED.search(look.subject) and not words("body", "refused").search(look.refusal):
        return Verdict("receipt", why, about=about)
    dead = tuple(recipients.in_prose(look.structure, look.prose))
    return Verdict("bounce", fullness.told(why, look.prose), recipients=dead, about=about)


def tells_refusal(look: Look) -> bool:
    """Tell whether anything in a mail speaks of one that was not delivered."""
    return bool(
        look.names_in_subject("refused")
        or look.names_in_subject("delayed")
        or words("body", "refused").search(look.refusal)
        or words("subject", "refused").search(look.refusal)
        or look.returns_mail
    )


def proves_refusal(look: Look) -> bool:
    """Tell whether a mail gives a server's reason, with an address or the mail that it is about."""
    late = words("body", "delayed").search(look.refusal)
    reason = late or words("body", "refused").search(look.refusal)
    named = recipients.in_prose(look.structure, look.prose)
    if look.returns_mail:
        return bool(reason or bounces.has_code(look.prose))
    return bool(
        reason
        and named
        and (late or bounces.has_code(look.prose) or len(look.prose) < LONGEST_REFUSAL)
    )


def _is_delay(look: Look) -> bool:
    if look.names_in_subject("delayed"):
        return True
    late = words("body", "delayed").search(look.refusal)
    return bool(late) and not FOR_GOOD.search(look.refusal)
