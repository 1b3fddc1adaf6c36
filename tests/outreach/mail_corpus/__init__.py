"""Mails to try the classification on: what machines and what people write, all of it invented.

It was written down before the rules were tuned for it; docs/mail.md tells how the rules first did.
"""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import cycle
from pathlib import Path

HERE = Path(__file__).parent
SENT = "Tue, 28 Jul 2026 10:00:00 +0200"
ORIGINAL = (
    "From: Ines <ines@ours.example>\nTo: Rita Kalns <rita@klients.example>\nSubject: Our offer\n"
    "Message-ID: <o1@ours.example>\nDate: Mon, 27 Jul 2026 09:00:00 +0200\n\nHello, our offer.\n"
)
LATER = (
    "second.txt", "third.txt", "fourth.txt", "fifth.txt", "sixth.txt", "seventh.txt", "eighth.txt",
    "ninth.txt",
)  # fmt: skip
QUOTE = "\n\nOn Mon, 27 Jul 2026 at 09:00, Ines <ines@ours.example> wrote:\n> Hello, our offer.\n"
ICS = (
    "BEGIN:VCALENDAR\nVERSION:2.0\n{method}BEGIN:VEVENT\nUID:fleet-demo\nDTSTAMP:20260728T080000Z\n"
    "DTSTART:20260804T080000Z\nDTEND:20260804T090000Z\nSUMMARY:Fleet demo\n"
    "ORGANIZER:mailto:ines@ours.example\nATTENDEE;PARTSTAT={answer}:mailto:rita@klients.example\n"
    "END:VEVENT\nEND:VCALENDAR\n"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail as it came, and what it is."""

    name: str
    verdict: str
    raw: bytes
    until: date | None = None
    dead: tuple[str, ...] = ()


def robots() -> list[Sample]:
    """Return what machines wrote."""
    later = (one for name in LATER for one in _singles(name) if one.verdict != "reply")
    return [*_singles("robots.txt"), *_notes(), *later]


def _singles(name: str) -> Iterator[Sample]:
    text = (HERE / name).read_text(encoding="utf-8")
    for entry in text.split("\n=== ")[1:]:
        title, _, mail = entry.partition("\n")
        said, _, name = title.partition(" | ")
        verdict, *facts = said.split()
        head, _, body = mail.partition("\n\n")
        dead = tuple(fact.removeprefix("dead=") for fact in facts if fact.startswith("dead="))
        days = [fact.removeprefix("until=") for fact in facts if fact.startswith("until=")]
        until = date.fromisoformat(days[0]) if days else None
        yield Sample(f"{verdict}: {name}", verdict, _mail(head, body.strip("\n")), until, dead)


def _notes() -> Iterator[Sample]:
    said = tomllib.loads((HERE / "away.toml").read_text(encoding="utf-8"))
    programs = cycle(said["programs"].items())
    for number, note in enumerate(said["notes"]):
        for _ in range(2):
            name, program = next(programs)
            words = {
                "automatic": said["automatic"][note["in"]], "about": "Our offer",
                "name": "Rita Kalns",
            }  # fmt: skip
            subject = program["subject"].format(**words)
            head = f"Subject: {subject}\n{program['headers'].format(**words)}"
            yield Sample(
                f"out_of_office: {note['in']} {number} by {name}", "out_of_office",
                _mail(head, note["says"]), until=note.get("until"),
            )  # fmt: skip


def people() -> list[Sample]:
    """Return what people wrote, most of it by two mail programs."""
    groups = (*_written("people.toml", 2), *_written("archives.toml", 2))
    singles = (one for name in LATER for one in _singles(name) if one.verdict == "reply")
    return [*groups, *_written("tempting.toml", 13), *singles]


def _written(file: str, times: int) -> Iterator[Sample]:
    said = tomllib.loads((HERE / file).read_text(encoding="utf-8"))
    programs = cycle(said["programs"].items())
    for group in said["mails"]:
        for words in group["says"]:
            for _ in range(times):
                name, headers = next(programs)
                head = f"Subject: {group['subject']}\n{headers.format(subject=group['subject'])}"
                if group.get("quotes"):
                    head += "\nIn-Reply-To: <o1@ours.example>\nReferences: <o1@ours.example>"
                body = words + (QUOTE if group.get("quotes") else "")
                raw = _mail(head.strip(), _macro(group) + body)
                yield Sample(f"{group['subject']} by {name}: {words[:60]}", "reply", raw)


def _macro(group: dict[str, object]) -> str:
    if group.get("html"):
        return "@html\n"
    if group.get("base64"):
        return "@base64\n"
    return f"@{group['shape']}\n" if "shape" in group else ""


def _mail(head: str, body: str) -> bytes:
    """Return a mail; a first line like "@dsn failed …" says how its body is built."""
    macro, words = "", body
    if body.startswith("@"):
        first, _, words = body.partition("\n")
        macro = first.removeprefix("@")
    kind, *facts = macro.split() or ["plain"]
    about, content = SHAPES[kind](words, facts)
    names = {line.split(":")[0].lower() for line in head.split("\n")}
    if "content-type" in names:  # it came as it stands here
        about, content = "X-As-It-Came: yes", body
    defaults = {
        "From": "Rita Kalns <rita@klients.example>", "To": "Ines <ines@ours.example>",
        "Date": SENT, "Message-ID": "<m1@klients.example>", "MIME-Version": "1.0",
    }  # fmt: skip
    rest = "\n".join(
        f"{key}: {value}" for key, value in defaults.items() if key.lower() not in names
    )
    return f"{head}\n{rest}\n{about}\n\n{content}\n".replace("\n", "\r\n").encode()


def _parts(kind: str, *parts: tuple[str, str]) -> tuple[str, str]:
    inside = "".join(f"--=_b1\n{about}\n\n{content}\n" for about, content in parts)
    return f'Content-Type: {kind}; boundary="=_b1"', f"{inside}--=_b1--"


def _text(words: str) -> tuple[str, str]:
    return "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit", words


def _page(words: str, _facts: list[str]) -> tuple[str, str]:
    return "Content-Type: text/html; charset=utf-8", f"<html><body>{words}</body></html>"


def _base64(words: str, _facts: list[str]) -> tuple[str, str]:
    about = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64"
    return about, base64.encodebytes(words.encode()).decode().strip()


def _dsn(words: str, facts: list[str]) -> tuple[str, str]:
    action, person, code = facts
    status = (
        "Reporting-MTA: dns; mx.ours.example\n\n"
        f"Final-Recipient: rfc822; {person}\nAction: {action}\nStatus: {code}"
    )
    return _parts(
        "multipart/report; report-type=delivery-status", _text(words),
        ("Content-Type: message/delivery-status", status),
        ("Content-Type: text/rfc822-headers", ORIGINAL.split("\n\n", maxsplit=1)[0]),
    )  # fmt: skip


def _mdn(words: str, facts: list[str]) -> tuple[str, str]:
    said = (
        "Final-Recipient: rfc822; rita@klients.example\nOriginal-Message-ID: <o1@ours.example>\n"
        f"Disposition: manual-action/MDN-sent-manually; {facts[0]}"
    )
    return _parts(
        "multipart/report; report-type=disposition-notification", _text(words),
        ("Content-Type: message/disposition-notification", said),
    )  # fmt: skip


def _arf(words: str, facts: list[str]) -> tuple[str, str]:
    said = f"Feedback-Type: {facts[0]}\nUser-Agent: Tool/1.0\nVersion: 1"
    return _parts(
        "multipart/report; report-type=feedback-report", _text(words),
        ("Content-Type: message/feedback-report", said),
        ("Content-Type: message/rfc822", ORIGINAL),
    )  # fmt: skip


def _ics(words: str, facts: list[str]) -> tuple[str, str]:
    method = facts[0]
    text = ICS.format(method=f"METHOD:{method}\n", answer=facts[1] if facts[1:] else "NEEDS-ACTION")
    return _parts(
        "multipart/alternative", _text(words),
        (f"Content-Type: text/calendar; charset=utf-8; method={method}", text),
    )  # fmt: skip


def _icsfile(words: str, _facts: list[str]) -> tuple[str, str]:
    about = "Content-Type: text/calendar\nContent-Disposition: attachment; filename=demo.ics"
    return _parts(
        "multipart/mixed", _text(words), (about, ICS.format(method="", answer="ACCEPTED"))
    )


def _original(words: str, _facts: list[str]) -> tuple[str, str]:
    return _parts("multipart/mixed", _text(words), ("Content-Type: message/rfc822", ORIGINAL))


def _forwarded(words: str, _facts: list[str]) -> tuple[str, str]:
    about, content = _dsn(
        "I'm sorry: <kim@ours.example>: 550 User unknown", ["failed", "kim@ours.example", "5.1.1"]
    )
    head = "From: MAILER-DAEMON@mx.klients.example\nSubject: Undelivered Mail Returned to Sender"
    inner = f"{head}\n{about}\n\n{content}".replace("=_b1", "=_b2")
    return _parts("multipart/mixed", _text(words), ("Content-Type: message/rfc822", inner))


def _signed(words: str, _facts: list[str]) -> tuple[str, str]:
    kind = 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256'
    signature = ("Content-Type: application/pkcs7-signature; name=smime.p7s", "MIAGCSqGSIb3")
    return _parts(kind, _text(words), signature)


def _encrypted(_words: str, _facts: list[str]) -> tuple[str, str]:
    return _parts(
        'multipart/encrypted; protocol="application/pgp-encrypted"',
        ("Content-Type: application/pgp-encrypted", "Version: 1"),
        ("Content-Type: application/octet-stream", "-----BEGIN PGP MESSAGE-----\nhQ=="),
    )  # fmt: skip


def _file(words: str, _facts: list[str]) -> tuple[str, str]:
    about = "Content-Type: application/pdf\nContent-Disposition: attachment; filename=contract.pdf"
    return _parts("multipart/mixed", _text(words), (about, "%PDF-1.4"))


SHAPES = {
    "plain": lambda words, _facts: _text(words), "html": _page, "base64": _base64, "dsn": _dsn,
    "mdn": _mdn, "arf": _arf, "ics": _ics, "icsfile": _icsfile, "original": _original,
    "forwarded": _forwarded, "signed": _signed, "encrypted": _encrypted, "file": _file,
}  # fmt: skip
