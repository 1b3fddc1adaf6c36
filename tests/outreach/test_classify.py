"""What kind of mail it is: the real samples, the invented ones, and the rules one by one."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path

import pytest

from outreach.mail.classify import classify
from outreach.mail.parsing.parsed import Verdict
from outreach.mail.parsing.scanning import UnreadableMailError
from outreach.mail.sorting.words import PATH
from tests.incoming import take_apart
from tests.outreach.mail_corpus import Sample, people, robots

AUTOMATIC = {"auto_reply", "out_of_office"}
# What the labels of header_vectors.csv mean here: an absence is a kind of automatic reply.
LABELS: dict[str, set[str]] = {
    "auto_reply": AUTOMATIC,
    "automated": AUTOMATIC | {"bulk", "receipt", "report", "bounce"},
    "ordinary": {"reply"},
    "not auto_reply (newsletter)": {"bulk"},
}
# Files of flufl_bounce that are not what their label says, and why that is right.
NO_BOUNCES = {
    "groupwise_03.txt": ("reply", "a person's mail; the label only says that nothing is found"),
    "qmail_08.txt": ("auto_reply", "Precedence: auto_reply, and thanks for contacting us"),
}
# Files whose recipients are not as labelled, and why.
OTHER_RECIPIENTS: dict[str, tuple[set[str], str]] = {
    "aol_01.txt": (set(), "it names a screen name without a domain; the label puts one there"),
    "groupwise_02.txt": ({"userx@example.com"}, "the text names whom it did not reach"),
    "yale_01.txt": (set(), "it names a user without a domain; the label guesses two addresses"),
}
# Malformed mails that are no replies, and why: they are what they look like.
MACHINES = {
    "msg_02.txt": "bulk",  # the digest of a list
    "msg_05.txt": "bounce", "msg_16.txt": "bounce", "msg_25.txt": "bounce", "msg_42.txt": "bounce",
    "msg_43.txt": "bounce",
}  # fmt: skip


def verdict(*headers: str, body: str = "Lorem ipsum dolor") -> Verdict:
    head = list(headers)
    if not any(line.lower().startswith("from:") for line in head):
        head.append("From: Ann Lee <ann@client.example>")
    return classify(take_apart("\n".join([*head, "", body]).encode()))


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


# Real samples


def test_header_vectors_are_judged_as_other_tools_judge_them(real_data: Path) -> None:
    rows = _rows(real_data / "mail" / "header_vectors.csv")
    wrong = {}
    for row in rows:
        headers = [part.strip() for part in row["headers"].split("¦") if ":" in part]
        answers = ["In-Reply-To: <o1@ours.example>"] if row["has_in_reply_to"] else []
        found = verdict(*headers, f"Subject: {row['subject']}", *answers)
        if found.name not in LABELS[row["expect"]]:
            wrong[row["id"]] = found

    assert len(rows) == 29
    assert wrong == {}


def test_real_bounces_are_what_they_are_labelled_or_explained(real_data: Path) -> None:
    folder = real_data / "mail" / "flufl_bounce"
    rows = _rows(folder / "labels.csv")
    wrong = {}
    for row in rows:
        found = classify(take_apart((folder / row["path"]).read_bytes()))
        label = "delay" if row["label"] == "delayed_dsn" else "bounce"
        wanted = NO_BOUNCES.get(row["path"], (label, ""))[0]
        if found.name != wanted or not _are_as_labelled(row, found):
            wrong[row["path"]] = found

    assert len(rows) == len(list(folder.glob("*.txt")))
    assert wrong == {}


def _are_as_labelled(row: dict[str, str], found: Verdict) -> bool:
    """Tell whether the dead are those of the label, which may have been cut short."""
    if row["label"] != "bounce" or row["path"] in NO_BOUNCES:
        return found.recipients == ()
    said = {name.lower() for name in re.findall(r"b'([^']*@[^']*)'", row["evidence"])}
    is_cut = "temporary" in row["evidence"] and "] temporary" not in row["evidence"]
    dead = set(found.recipients)
    wanted: set[str] = OTHER_RECIPIENTS.get(row["path"], (said, ""))[0]
    return dead > wanted if is_cut else dead == wanted


@pytest.mark.parametrize("folder", ["cpython", "stalwart"])
def test_malformed_mail_is_classified_or_refused(real_data: Path, folder: str) -> None:
    found = {}
    files = sorted((real_data / "mail" / "malformed" / folder).iterdir())
    for file in files:
        try:
            found[file.name] = classify(take_apart(file.read_bytes())).name
        except UnreadableMailError as error:
            assert str(error)  # noqa: PT017  # a sentence is all it must give
            found[file.name] = "unreadable"
    machines = {name: kind for name, kind in found.items() if kind not in ("reply", "unreadable")}

    assert len(found) == len(files)
    assert machines == {name: kind for name, kind in MACHINES.items() if name in found}


# Invented samples


def _wrong(samples: list[Sample]) -> dict[str, Verdict]:
    return {
        sample.name: found
        for sample in samples
        if (found := classify(take_apart(sample.raw))).name != sample.verdict
    }


def test_what_machines_write_is_never_a_reply() -> None:
    assert len(robots()) >= 430
    assert _wrong(robots()) == {}


def test_what_people_write_is_always_a_reply() -> None:
    assert len(people()) >= 1000
    assert _wrong(people()) == {}


def test_notes_and_bounces_say_until_when_and_whom() -> None:
    wrong = {}
    for sample in robots():
        found = classify(take_apart(sample.raw))
        if (found.until, found.recipients) != (sample.until, sample.dead):
            wrong[sample.name] = found

    assert wrong == {}


def test_what_comes_back_names_the_mail_that_it_is_about() -> None:
    named = {
        sample.name.split(":")[0]
        for sample in robots()
        if classify(take_apart(sample.raw)).about == ("<o1@ours.example>",)
    }
    assert named >= {"bounce", "delay", "receipt", "report"}


# Rules


@pytest.mark.parametrize(
    "header",
    [
        "X-Auto-Response-Suppress: DR, OOF, AutoReply", "X-MS-Exchange-Inbox-Rules-Loop: a@b.example",
        "Precedence: list", "Disposition-Notification-To: <ann@client.example>",
        "Return-Receipt-To: <ann@client.example>", "Auto-Submitted: no", "Precedence: normal",
        "X-Auto-Response-Suppress: All\nThread-Index: Adx1",
        "X-Auto-Response-Suppress: All\nSubject: AW: Fleet",
        "X-Auto-Response-Suppress: All\nAccept-Language: de-DE",
        "X-Auto-Response-Suppress: All\nX-MS-Has-Attach: yes",
        "Feedback-ID: i12:Fastmail",
        "Precedence: bulk\nList-Post: <mailto:fleet@lists.example>",
        "Precedence: list\nTo: fleet@lists.example\nSender: bounce-7@lists.example",
        "List-Unsubscribe: <mailto:a@b.example>\nTo: fleet@lists.example\nSender: fleet@lists.example",
    ],
)  # fmt: skip
def test_headers_that_peoples_mail_carries_too_decide_nothing(header: str) -> None:
    assert verdict(*header.split("\n"), "Subject: The contract").name == "reply"


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Auto-Submitted: auto-replied", "auto_reply"), ("X-Autoreply: yes", "auto_reply"),
        ("Auto-Submitted: auto-generated", "auto_reply"), ("Precedence: auto_reply", "auto_reply"),
        ("Delivered-To: Autoresponder", "auto_reply"), ("X-Loop: yes", "auto_reply"),
        ("X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: a@b.example", "auto_reply"),
        ("Return-Path: <>", "auto_reply"), ("Precedence: bulk", "bulk"),
        ("List-Unsubscribe: <mailto:out@shop.example>", "bulk"), ("X-Campaign: 7", "bulk"),
        ("Feedback-ID: 1:camp:esp", "bulk"), ("From: no-reply@shop.example", "bulk"),
    ],
)  # fmt: skip
def test_headers_that_only_machines_write_decide(header: str, kind: str) -> None:
    assert verdict(*header.split("\n"), "Subject: The contract").name == kind


def test_every_verdict_says_in_a_sentence_what_decided() -> None:
    for sample in [*robots(), *people()]:
        why = classify(take_apart(sample.raw)).why
        assert why.endswith((".", ".”", "”.")), why
        assert len(why) <= 300


def test_a_person_who_answers_a_note_of_absence_is_heard() -> None:
    subject = "Subject: Re: Automatic reply: Our offer"
    assert verdict(subject, "In-Reply-To: <a@b.example>", body="Welcome back!").name == "reply"
    assert verdict("Subject: Automatic reply: Re: Our offer").name == "auto_reply"


def test_a_newsletter_that_goes_over_a_list_of_its_own_house_is_none_of_people() -> None:
    headers = ("To: news@lists.shop.example", "Sender: news@lists.shop.example", "Precedence: bulk")
    assert verdict(*headers, "From: Press <press@shop.example>", "Subject: May").name == "bulk"
    assert verdict(*headers, "From: Ann <ann@client.example>", "Subject: May").name == "reply"


def test_only_a_program_says_of_itself_that_it_is_one_even_behind_re() -> None:
    said = "This is an automatically generated response. You will hear from us."
    answer = ("Subject: Re: Our offer", "In-Reply-To: <a@b.example>")
    assert verdict("Subject: Re: Our offer", body=said).name == "auto_reply"
    assert verdict(*answer, body=f"Yes to the offer.\n\n> {said}").name == "reply"


def test_who_asks_something_is_no_note_of_absence() -> None:
    said = "I am out of the office until Friday. In urgent cases call my mobile. When I am back, "
    note, question = said + "I will answer.", said + "shall we meet?"
    assert verdict("Subject: Friday", body=note).name == "out_of_office"
    assert verdict("Subject: Friday", body=question).name == "reply"


def test_a_calendar_file_that_a_person_attached_is_a_reply_and_an_invitation_is_not() -> None:
    event = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR"
    by_hand = "Content-Disposition: attachment; filename=demo.ics"
    assert verdict("Content-Type: text/calendar", body=event).name == "calendar"
    assert verdict("Content-Type: text/calendar", by_hand, body=event).name == "reply"


def test_the_recipient_is_the_one_we_wrote_to_and_not_a_local_rewriting() -> None:
    status = (
        "Reporting-MTA: dns; mx.client.example\n\nOriginal-Recipient: rfc822;<Kim@client.example>\n"
        "Final-Recipient: rfc822; k123@store7.client.example\nAction: failed\nStatus: 5.1.1\n"
    )
    found = verdict("Content-Type: message/delivery-status", body=status)
    assert (found.name, found.recipients) == ("bounce", ("kim@client.example",))


def test_a_delivery_status_on_several_tells_of_those_that_failed() -> None:
    blocks = [
        f"Final-Recipient: rfc822; {name}@client.example\nAction: {action}\nStatus: {code}"
        for name, action, code in (
            ("ann", "delivered", "2.0.0"), ("ben", "failed", "5.1.1"), ("cem", "delayed", "4.4.1"),
        )
    ]  # fmt: skip
    status = "\n\n".join(["Reporting-MTA: dns; mx.client.example", *blocks])
    found = verdict("Content-Type: message/delivery-status", body=status)
    assert (found.name, found.recipients) == ("bounce", ("ben@client.example",))


def test_no_mail_takes_long_however_it_repeats_itself() -> None:
    """Patterns that try again at every letter would not come to an end here."""
    for unit in (
        "a",
        "<",
        "<style>",
        "<!--",
        "a@b.",
        "on 1 2026 ",
        "1/1 ",
        "until monday ",
        "550 ",
    ):
        text = unit * (200_000 // len(unit))
        for kind in ("text/plain", "text/html", "message/delivery-status"):
            assert verdict(f"Content-Type: {kind}", f"Subject: {text[:4000]}", body=text).why


def test_the_words_are_written_as_folded_text_is() -> None:
    """A capital letter in a pattern would never match anything."""
    for table, lists in tomllib.loads(PATH.read_text(encoding="utf-8")).items():
        for name, patterns in lists.items():
            for pattern in [patterns] if isinstance(patterns, str) else patterns:
                letters = re.sub(r"\\.|\(\?P<\w+>", "", pattern)
                assert letters == letters.casefold(), (table, name, pattern)


@pytest.mark.parametrize("sign", ["(", ":", "Re: "])
def test_a_sender_of_nothing_but_signs_is_still_a_persons(sign: str) -> None:
    structure = take_apart(b"From: " + (sign * 2000).encode() + b"\n\nSee you at ten.")
    assert classify(structure).name == "reply"
