"""What headers and senders say: written by a machine, or sent to very many at once.

Sources: RFC 3834 (automatic answers), RFC 2369 and 2919 (lists), and what programs that know none
of these write. Each reader returns what decided, for people, or "".
"""

from __future__ import annotations

import re
from email.utils import getaddresses

from outreach.mail.parsing import addresses
from outreach.mail.parsing.structure import Structure
from outreach.mail.sorting import ticketing
from outreach.mail.sorting.words import fold, words

# Set by programs that answer by themselves, whatever the value but "no".
AUTORESPONDERS = (
    "x-auto-reply-from", "x-autoreply-domain", "x-autoreply-from",
    "x-facebook-notify", "x-facebook-priority",
    "x-fc-machinegenerated", "x-cron-env", "x-list-administrivia",
    "x-github-reason", "x-gitlab-project", "x-jira-fingerprint",
    "x-noreply", "x-vacation", "x-challenge", "x-tmda-fingerprint",
    "x-bugzilla-reason", "x-jenkins-job", "x-trac-version", "x-redmine-host", "x-otrs-loop",
    "x-servicenow-source", "x-servicenow-generated", "x-linkedin-template", "x-linkedin-class",
    "x-meetup-messageid", "x-evernote-request-id",
)  # fmt: skip
# The same by their end, whoever's they are: X-Autoreply, X-QQ-Auto-Reply, X-Ticket-Autoreply.
AUTORESPONDING = re.compile(r"(?:.+-)?auto-?(?:reply|respond(?:er)?|response|generated)")
AUTORESPONDING_PROGRAMS = re.compile(
    r"(?:vacation|auto-?respon|auto-?reply|mail-?robot"
    r"|out-?of-?office|scheduled? mailer|cron\b)", re.IGNORECASE
)  # fmt: skip
# Set by programs that send one mail to very many.
CAMPAIGNS = (
    "x-campaign", "x-campaign-id", "x-campaignid", "x-mc-user", "x-mailchimp", "x-cm-campaign",
    "x-newsletter", "x-newsletter-id", "x-mailing-id", "x-mailer-recptid", "x-mandrill-user",
    "x-rpcampaign", "x-bulkmail", "x-job", "x-emarsys-environment", "x-mktarchive",
    "x-mktmailid", "x-marketoid", "x-sfmc-stack", "x-sg-campaign", "x-klaviyo-message-id",
    "x-sib-id", "x-mailjet-campaign", "x-cleverreach", "x-rmx-source", "x-ej-mailing",
    "x-csa-complaints", "x-pardot-lb3", "x-hs-cid", "x-constantcontact", "x-roving-id",
    "x-roving-campaignid", "x-cmail-gateway", "x-subscriber", "x-mailgun-tag", "x-xpid",
    "x-ses-campaign", "x-msys-campaign", "x-virtualservergroup", "x-brevo-id", "x-ctct-id",
)  # fmt: skip
MASS_MAILERS = re.compile(
    r"\blyris|listmanager|\bphplist|mailchimp|constant contact|sendblaster|\bgroup ?mail\b"
    r"|\binterspire|\bacymailing|\bcleverreach|\bcampaign", re.IGNORECASE
)  # fmt: skip
# Set by mailing lists, on which people write to each other.
DISCUSSIONS = (
    "list-post", "x-beenthere", "x-mailman-version", "mailing-list", "x-mailing-list",
    "x-listprocessor-version", "x-sequence", "x-mlserver", "x-yahoogroups-version",
    "x-listserver", "x-majordomo-version", "x-ml-name", "x-ml-count",
)  # fmt: skip
# Set by the mail programs of people and by their servers, not by those of machines.
PERSONAL = (
    "thread-index", "thread-topic", "user-agent", "x-gm-message-state", "x-originating-ip",
    "accept-language", "x-ms-has-attach",
)  # fmt: skip
PERSONAL_PROGRAMS = re.compile(
    r"outlook|apple mail|iphone|ipad|thunderbird|mozilla|lotus notes|eudora|the bat|mutt|evolution"
    r"|kmail|sylpheed|claws|blackberry|airmail|spark|mailspring|em client|roundcube|squirrelmail"
    r"|zimbra|groupwise|yahoomail|webmail|open-xchange|postbox|incredimail|pegasus|pine\b", re.IGNORECASE
)  # fmt: skip

# What programs send by, which leaves headers of Outlook.
LIBRARIES = re.compile(r"microsoft cdo\b", re.IGNORECASE)


def answers(structure: Structure) -> bool:
    """Tell whether a mail says that it answers another one."""
    return bool(structure.header("in-reply-to").strip() or structure.header("references").strip())


def subject_of(structure: Structure) -> str:
    """Return the folded subject without what gateways put in front of it."""
    subject = fold(structure.header("subject"))
    tags = words("subject", "tags")
    for _ in range(3):
        bare = tags.sub("", subject, count=1) if tags.match(subject) else ""
        if not bare or words("subject", "answers").match(subject):
            break
        subject = bare
    return subject


def is_discussion(structure: Structure) -> bool:
    """Tell whether a mail came over a list on which people write to each other."""
    if structure.header("list-post").strip().lower() in ("no", "<no>"):
        return False
    sender = _address(structure.header("sender"))
    by_list = re.search(r"^owner-|-(?:bounces|admin|owner|errors)(?:\+.*)?@", sender) is not None
    listed = any(structure.header(name) for name in DISCUSSIONS)
    answering = bool(structure.header("list-id") and answers(structure))
    return listed or by_list or answering or _is_relayed(structure)


def _is_relayed(structure: Structure) -> bool:
    """Tell whether it went to the host of a list, which sent it on for somebody from elsewhere.

    So lists do that name no address to post to; a newsletter goes from its own house to us.
    """
    relay = _address(structure.header("sender")).rpartition("@")[2]
    author = _address(structure.header("from")).rpartition("@")[2]
    to = {address.lower().rpartition("@")[2] for _, address in getaddresses(structure.each("to"))}
    return bool(author) and relay in to and not _is_of_house(author, relay)


def _is_of_house(domain: str, other: str) -> bool:
    return domain == other or domain.endswith(f".{other}") or other.endswith(f".{domain}")


def by_headers(structure: Structure) -> str:
    """Return which header says that a program answered; "" where none does."""
    submitted = structure.header("auto-submitted").strip().lower()
    if ticketing.is_typed(structure):
        return ""
    if submitted and re.split(r"[;\s(]", submitted)[0] not in ("no", "", "auto-forwarded"):
        return f"The header Auto-Submitted says “{submitted[:40]}”."
    for name, value in structure.headers:
        is_set = value.strip().lower() not in ("", "no", "false", "0")
        if is_set and (name in AUTORESPONDERS or AUTORESPONDING.fullmatch(name)):
            return f"The header {name.title()} is set by programs that answer by themselves."
    if made := ticketing.by_rule(structure):
        return made
    precedence = structure.header("precedence").strip().lower()
    if re.match(r"auto[-_ ]?reply", precedence):
        return f"The header Precedence says “{precedence[:40]}”."
    if any(value.strip().lower() == "autoresponder" for value in structure.each("delivered-to")):
        return "The header Delivered-To says “Autoresponder”."
    if AUTORESPONDING_PROGRAMS.search(structure.header("x-mailer")):
        return f"The header X-Mailer names a program: {structure.header('x-mailer')[:40]}."
    return _by_inbox_rule(structure)


def _by_inbox_rule(structure: Structure) -> str:
    """Return what an Exchange inbox rule or a loop guard says.

    People's mail carries X-Auto-Response-Suppress and X-MS-Exchange-Inbox-Rules-Loop too, alone:
    only "All" counts, with the other header, or where nothing shows a person: no mail that it
    answers, no title of an answer, no mail program.
    """
    suppressed = structure.header("x-auto-response-suppress").strip().lower() == "all"
    if suppressed and structure.header("x-ms-exchange-inbox-rules-loop"):
        return "X-Auto-Response-Suppress with X-MS-Exchange-Inbox-Rules-Loop: an inbox rule."
    if answers(structure) or is_discussion(structure):
        return ""
    is_titled = words("subject", "answers").match(subject_of(structure))
    if suppressed and not is_titled and not is_personal(structure):
        return "The header X-Auto-Response-Suppress says “All”, and no mail program of a person."
    loop = structure.header("x-loop")
    is_own = not is_titled or _address(loop) == _address(structure.header("from"))
    if loop and is_own and not is_personal(structure):
        return "The header X-Loop is set, and it answers no mail."
    return ""


def is_personal(structure: Structure) -> bool:
    """Tell whether headers show a mail program that people write with."""
    program = structure.header("x-mailer")
    if LIBRARIES.match(program):
        return False
    if any(structure.header(name) for name in PERSONAL):
        return True
    return bool(PERSONAL_PROGRAMS.search(program))


SERVER = "The sender is a mail server: "


def by_daemon(structure: Structure) -> str:
    """Return how the sender's address says that a mail server wrote; "" where it does not."""
    _name, address = _party(structure.header("from"))
    if words("sender", "daemon").fullmatch(address.split("@")[0]):
        return f"{SERVER}{address[:60]}."
    if structure.header("from") and not address.strip("<>@ ") and "<" in structure.header("from"):
        return f"{SERVER}it has no address."
    return ""


def by_daemon_name(structure: Structure) -> str:
    """Return how the sender's name says that a mail server wrote; people have other names."""
    name, _address = _party(structure.header("from"))
    if words("sender", "daemon_names").fullmatch(fold(name)):
        return f"The sender calls itself “{name[:40]}”."
    return ""


def by_envelope(structure: Structure) -> str:
    """Return how the envelope says that no answer is wanted. Source: RFC 3834, 3.3."""
    path = structure.header("return-path").strip().lower() or None
    if path is not None and re.fullmatch(r"<?\s*(?:mailer-daemon(?:@\S*)?)?\s*>?", path):
        return "The envelope names no sender (Return-Path: <>)."
    return ""


def by_silence(structure: Structure) -> str:
    """Return how the sender's address or name says that nobody reads what is sent there."""
    name, _address = _party(structure.header("from"))
    if words("sender", "robot_names").fullmatch(fold(name)):
        return f"The sender calls itself “{name[:40]}”."
    return _by_address(structure, "silent", "takes no answers")


def by_answering(structure: Structure) -> str:
    """Return how the sender's address is one that a program answers from."""
    return _by_address(structure, "answering", "is a program that answers")


def by_robot(structure: Structure) -> str:
    """Return how the sender's address is one that machines write from."""
    is_typed = is_discussion(structure) or is_personal(structure)
    account = "" if is_typed else _by_address(structure, "accounts", "is a machine’s")
    return account or _by_address(structure, "robots", "is a machine’s")


def _by_address(structure: Structure, table: str, what: str) -> str:
    _name, address = _party(structure.header("from"))
    local = address.split("@")[0]
    return f"The sender {address[:60]} {what}." if words("sender", table).fullmatch(local) else ""


def is_campaign(structure: Structure) -> bool:
    """Tell whether headers show a mail that went to many who may leave it."""
    return bool(structure.header("list-unsubscribe") and not is_discussion(structure)) or any(
        structure.header(name) for name in CAMPAIGNS
    )


def by_bulk(structure: Structure) -> str:
    """Return which header says that a mail went to very many; "" where none does.

    A person who writes to a list, or answers, is none of it.
    """
    found = next((name for name in CAMPAIGNS if structure.header(name)), "")
    if found and not answers(structure):
        return f"The header {found.title()} is set by programs that write to many."
    if is_discussion(structure):
        return ""
    if ticketing.is_of_rt(structure) and answers(structure):  # all mail of RT is “bulk”
        return ""
    precedence = _precedence(structure)
    if precedence in ("bulk", "junk"):
        return f"The header Precedence says “{precedence}”, and no mailing list does."
    if answers(structure) and words("subject", "answers").match(subject_of(structure)):
        return ""
    return _by_sending_to_many(structure)


def _precedence(structure: Structure) -> str:
    """Return what the writer's program says of a mail's precedence; "" where a server put it.

    Servers on the way put their headers on top, and some that forward call all mail “bulk”.
    """
    names = [name for name, _value in structure.headers]
    first = names.index("precedence") if "precedence" in names else len(names)
    if "received" in names[first:]:
        return ""
    return structure.header("precedence").strip().lower()


def _by_sending_to_many(structure: Structure) -> str:
    if MASS_MAILERS.search(structure.header("x-mailer")):
        return f"The header X-Mailer names a program: {structure.header('x-mailer')[:40]}."
    if structure.header("list-unsubscribe"):
        return "The header List-Unsubscribe is there, and none of a mailing list of people."
    feedback = (structure.header("feedback-id") or structure.header("x-feedback-id")).lower()
    if feedback and not feedback.endswith(":fastmail") and not is_personal(structure):
        return "The header Feedback-ID is set by programs that write to many."
    if structure.header("list-id") and not is_personal(structure):
        return "The header List-Id is there, and none of a mailing list of people."
    return ""


def _party(value: str) -> tuple[str, str]:
    """Return a name and an address, which may have no domain."""
    if (first := next(iter(addresses.parties(value)), None)) and first.address:
        return first.name, first.address
    try:
        found = getaddresses([value])
    except RecursionError:  # it descends a step for each of thousands of brackets and colons
        found = []
    name, address = found[0] if found else ("", "")
    return name, (address or value).strip().lower()


def _address(value: str) -> str:
    return _party(value)[1]
