"""What our own server found out about a sender, and nobody else's word for it.

Anybody can write `Authentication-Results` into a mail. Only the topmost report under a name that
we trust counts, with those of the same name right below it: whatever stands further down came
with the mail. A server removes what pretends to be its own (RFC 8601, 5).
Sources: RFC 8601; RFC 7489, 3.1 (alignment).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from outreach.mail.parsing.parsed import ParsedMail
from outreach.models import Mail

Authenticity = Mail.Authenticity
# Microsoft 365 gives its reports no name: they are believed under this one, at the very top only.
NAMELESS = "mx.microsoft.com"
RESULT = re.compile(r"^\s*([a-z0-9-]+)(?:/\d+)?\s*=\s*([a-z0-9]+)", re.IGNORECASE)
PROPERTY = re.compile(r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom)\s*=\s*([^\s;]+)")
BY = re.compile(r"\bby\s+([^\s;()]+)", re.IGNORECASE)
VOUCHED = ("pass", "bestguesspass")


@dataclass(frozen=True, slots=True)
class _Result:
    """One result of a report: "dmarc=fail header.from=example.org"."""

    method: str
    verdict: str
    properties: dict[str, str]


def judge(parsed: ParsedMail, authorities: Collection[str]) -> Mail.Authenticity:
    """Return what the trusted authserv-ids in `authorities` say of a mail's sender.

    It passes where DMARC does, or where there is no DMARC and an aligned signature or SPF does;
    it fails where DMARC fails, and where the server judged another sender than the one we read:
    a mail that names several is made to be misread (RFC 7489, 6.6.1). All else is unknown.
    """
    results = list(_trusted(parsed, {name.strip().lower() for name in authorities} - {""}))
    domains = {_domain(party.address) for party in parsed.senders}
    if not results or not domains:
        return Authenticity.UNKNOWN
    if len(domains) > 1:
        return Authenticity.FAILED
    domain = _domain(parsed.sender.address)
    for result in results:
        if result.method == "dmarc" and result.verdict in (*VOUCHED, "fail"):
            is_theirs = _is_within(_domain(result.properties.get("header.from", domain)), domain)
            is_vouched_for = is_theirs and result.verdict in VOUCHED
            return Authenticity.PASSED if is_vouched_for else Authenticity.FAILED
    is_aligned = any(_is_aligned(result, domain) for result in results)
    return Authenticity.PASSED if is_aligned else Authenticity.UNKNOWN


def _domain(address: str) -> str:
    """Return the domain of an address, as it stands on the wire where it is international."""
    domain = address.rpartition("@")[2]
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def _trusted(parsed: ParsedMail, authorities: Collection[str]) -> Iterator[_Result]:
    """Yield the results of the topmost trusted report, and of its like right below it."""
    is_within, received, reports = False, 0, 0
    for name, value in parsed.headers:
        is_report = name == "authentication-results"
        if is_report and _is_named(value, authorities, is_top=is_within or not reports):
            is_within = True
            yield from _results(value)
        elif is_within or (name == "received" and received and _is_foreign(value, authorities)):
            return
        received += name == "received"
        reports += is_report


def _is_foreign(received: str, authorities: Collection[str]) -> bool:
    """Whether a Received line, not the topmost, was written before a server of ours had the mail.

    Hosts beside a trusted one are ours, and those inside a provider that give only an address.
    """
    host = BY.search(received)
    if host is None or ":" in host[1] or not re.search(r"[a-z]", host[1], re.IGNORECASE):
        return False
    return _organisation(host[1].lower()) not in {_organisation(name) for name in authorities}


def _organisation(host: str) -> str:
    return ".".join(host.rstrip(".").split(".")[-2:])


def _is_named(value: str, authorities: Collection[str], *, is_top: bool) -> bool:
    """Whether a report stands under a trusted name."""
    first = _plain(value).partition(";")[0]
    if "=" in first:
        return NAMELESS in authorities and is_top
    words = first.split()
    return bool(words) and words[0].lower() in authorities


def _results(value: str) -> Iterator[_Result]:
    for part in _plain(value).split(";"):
        if found := RESULT.match(part):
            properties = {key.lower(): said.lower() for key, said in PROPERTY.findall(part.lower())}
            yield _Result(found[1].lower(), found[2].lower(), properties)


def _is_aligned(result: _Result, domain: str) -> bool:
    """Whether a signature or SPF passes for the domain that the sender names, or one above it."""
    if result.verdict != "pass" or result.method not in ("dkim", "spf"):
        return False
    names = ("header.d", "header.i") if result.method == "dkim" else ("smtp.mailfrom",)
    said = (_domain(result.properties.get(name, "")) for name in names)
    return any(_is_within(one, domain) for one in said if "." in one)


def _is_within(one: str, other: str) -> bool:
    """Whether two domains are the same, or one is below the other. Source: RFC 7489, 3.1.1."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _plain(value: str) -> str:
    """Return a header without its comments, however deep, and with nothing but words in quotes.

    What a sender can have quoted (a reason, the envelope's address) must not look like a result.
    """
    kept: list[str] = []
    depth, is_quoted, is_escaped = 0, False, False
    for sign in value:
        if is_escaped or (sign == "\\" and (is_quoted or depth)):
            is_escaped = not is_escaped
        elif is_quoted:
            is_quoted = sign != '"'
            kept.append(sign if sign.isalnum() or sign in ".-@" else "")
        elif sign == '"' and not depth:
            is_quoted = True
        elif sign in "()":
            depth = depth + 1 if sign == "(" else max(0, depth - 1)
            kept.append(" ")
        elif not depth:
            kept.append(sign)
    return "".join(kept)
