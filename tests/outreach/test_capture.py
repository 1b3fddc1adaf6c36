"""The capture address: copies and forwards of reps count as what they pass on, and theirs alone."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User, Workspace
from deals.models import Deal, Touch
from outreach.mail import receive
from outreach.mail.doors import capture
from outreach.mail.parsing.forwards import block_of
from outreach.models import Door, Intake, Mail, Mailbox
from tests.cast import Cast, Story, make_contact, make_deal

HOUR = timedelta(hours=1)
INES, KARL, MARA = "ines@example.com", "karl@example.com", "mara@yard.example"
FORWARDED = """
Look at this

---------- Forwarded message ---------
From: Mara Lind <Mara@yard.example>
Date: Mon, 2 Mar 2026 at 09:00
Subject: The fleet
To: Ines <ines@example.com>

We take it.
"""


@pytest.fixture
def address(cast: Cast) -> str:
    """Ines's own capture address."""
    Workspace.objects.update(capture_address="touches@in.example.com")
    return capture.address_of(cast.ines)


@pytest.fixture
def deal(cast: Cast) -> Deal:
    """A deal of Ines's with Mara, who has been silent for an hour."""
    mara = make_contact(addresses={"email": MARA})
    deal = make_deal(cast.ines, contact=mara, opened_at=timezone.now() - 3 * HOUR)
    Story(deal).we_write(timezone.now() - HOUR)
    return deal


def mail(body: str = "Yes.", **headers: str) -> bytes:
    told = {
        "From": INES,
        "Subject": "The fleet",
        "Message-ID": f"<{id(headers)}@x.example>",
        **headers,
    }
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in told.items()]
    text = "\r\n".join([*lines, "", *body.splitlines(), ""])
    return text.encode()


def captured(raw: bytes, **told: Any) -> Mail:
    """Let a mail come in by the provider, have it filed, and return it."""
    capture.take_in(Door.WEBHOOK, raw, now=timezone.now(), received_at=timezone.now(), **told)
    receive.file_waiting(timezone.now(), until=monotonic() + 60)
    assert list(Intake.objects.values_list("problem", flat=True)) == []
    return Mail.objects.latest("pk")


def turns(deal: Deal) -> list[tuple[str, str]]:
    """Return direction and contact's address of the touches by mail."""
    rows = Touch.objects.filter(deal=deal, source="mail").order_by("pk")
    return [(touch.direction, str(touch.address)) for touch in rows]


def is_silent(deal: Deal) -> bool:
    return deal.silences.open().filter(by="them").exists()


def test_each_rep_has_an_address_that_nobody_guesses_and_a_new_one_ends_the_old(
    cast: Cast, address: str
) -> None:
    local, _, domain = address.partition("@")
    assert (local.partition("+")[0], domain) == ("touches", "in.example.com")
    assert len(local.partition("+")[2]) == 16
    assert capture.address_of(cast.ines) == address
    assert capture.address_of(cast.karl) != address
    assert capture.user_of(b"", address) == cast.ines
    capture.renew(cast.ines)
    assert capture.user_of(b"", address) is None
    assert capture.user_of(b"", capture.address_of(cast.ines)) == cast.ines


def test_without_an_address_of_the_workspace_there_is_none(cast: Cast) -> None:
    assert capture.address_of(cast.ines) == ""
    assert capture.user_of(b"To: touches+abcdefghijklmnop@in.example.com\r\n\r\n") is None


@pytest.mark.parametrize(
    "header",
    ["To: %s", "Cc: Karl <k@y.example>, Touches <%s>", "Bcc: %s", "Delivered-To: %s",
     "X-Original-To: %s", "Received: from a by b for <%s>; Mon, 2 Mar 2026 09:00:00 +0000"],
)  # fmt: skip
def test_the_token_is_found_in_whatever_header_names_it(
    cast: Cast, address: str, header: str
) -> None:
    assert (
        capture.user_of(f"Subject: x\r\n{header % address.upper()}\r\n\r\n".encode()) == cast.ines
    )


def test_a_token_in_the_text_or_inside_another_address_is_none(cast: Cast, address: str) -> None:
    assert capture.user_of(f"Subject: x\r\n\r\nTo: {address}\r\n".encode()) is None
    assert capture.user_of(f"To: x{address}\r\n\r\n".encode()) is None
    assert capture.user_of(f"To: {address}.evil.example\r\n\r\n".encode()) is None
    User.objects.filter(pk=cast.ines.pk).update(is_active=False)
    assert capture.user_of(f"To: {address}\r\n\r\n".encode()) is None


def test_a_blind_copy_of_a_mail_to_a_contact_is_an_attempt(deal: Deal, address: str) -> None:
    filed = captured(mail(To=f"Mara <{MARA}>"), envelope_recipient=address)
    assert (filed.state, filed.door, filed.user) == ("filed", "capture", deal.owner)
    assert turns(deal) == [("outbound", MARA)]
    assert is_silent(deal)


def test_a_forward_by_hand_is_what_the_first_writer_says(deal: Deal, address: str) -> None:
    filed = captured(mail(FORWARDED, To=address, Subject="Fwd: The fleet"))
    assert (filed.state, filed.sender, filed.text) == ("filed", MARA, "We take it.")
    assert turns(deal) == [("inbound", MARA)]
    assert not is_silent(deal)


def test_a_rule_that_forwards_leaves_the_writer_in_place(deal: Deal, address: str) -> None:
    captured(mail(From=MARA, To=INES), envelope_recipient=address)
    assert turns(deal) == [("inbound", MARA)]
    assert not is_silent(deal)


def test_a_forward_of_our_own_mail_is_ours_to_whom_it_went(deal: Deal, address: str) -> None:
    own = FORWARDED.replace("Mara Lind <Mara@yard.example>", f"Ines <{INES}>").replace(
        f"To: Ines <{INES}>", f"To: Mara <{MARA}>"
    )
    captured(mail(own, To=address, Subject="WG: The fleet"))
    assert turns(deal) == [("outbound", MARA)]


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Fwd: The fleet", "Mara said yes on the phone."),
        ("The fleet", FORWARDED),  # the subject does not say so
        ("Fwd: The fleet", "From: Mara <mara@yard.example>\nshe says yes"),
    ],
)
def test_what_is_not_sure_waits_for_a_person(
    deal: Deal, address: str, subject: str, body: str
) -> None:
    filed = captured(mail(body, To=address, Subject=subject))
    assert (filed.state, filed.state_why) == (
        "unmatched", "Forwarded, and it does not say clearly who wrote it first.",
    )  # fmt: skip
    assert turns(deal) == []
    assert is_silent(deal)


def test_a_forward_that_also_went_to_the_contact_is_a_mail_of_ours(
    deal: Deal, address: str
) -> None:
    captured(mail(FORWARDED, To=MARA, Cc=address, Subject="Fwd: The fleet"))
    assert turns(deal) == [("outbound", MARA)]
    assert is_silent(deal)


@pytest.mark.parametrize("sender", ["stranger@else.example", KARL])
def test_under_a_token_that_leaked_nobody_else_can_end_a_silence(
    deal: Deal, address: str, sender: str
) -> None:
    captured(mail(FORWARDED, From=sender, To=address, Subject="Fwd: The fleet"))
    assert turns(deal) == []
    assert is_silent(deal)


def test_a_forward_that_our_server_calls_forged_waits_to_be_confirmed(
    deal: Deal, address: str, settings: Any
) -> None:
    settings.MAIL_AUTHORITIES = ["mx.in.example.com"]
    forged = "mx.in.example.com; dmarc=fail header.from=example.com"
    told = {"To": address, "Subject": "Fwd: The fleet"}
    filed = captured(
        b"Authentication-Results: " + forged.encode() + b"\r\n" + mail(FORWARDED, **told)
    )
    assert filed.state == "unverified"
    assert is_silent(deal)


def test_where_a_pass_is_demanded_a_forward_needs_one(
    deal: Deal, address: str, settings: Any
) -> None:
    Workspace.objects.update(demands_pass=True)
    settings.MAIL_AUTHORITIES = ["mx.in.example.com"]
    told = {"To": address, "Subject": "Fwd: The fleet"}
    assert captured(mail(FORWARDED, **told)).state == "unverified"
    assert is_silent(deal)
    passed = b"Authentication-Results: mx.in.example.com; dmarc=pass header.from=example.com\r\n"
    assert captured(passed + mail(FORWARDED + "More.", **told)).state == "filed"
    assert not is_silent(deal)


def test_in_a_shared_mailbox_the_token_counts_and_in_ones_own_it_is_an_answer_to_all(
    deal: Deal, address: str, cast: Cast
) -> None:
    shared = Mailbox.objects.create(address="touches@in.example.com")
    own = Mailbox.objects.create(user=cast.ines, address=INES)
    doors = []
    for number, box in enumerate((shared, own)):
        raw = mail(f"No. {number}", From=MARA, To=f"{INES}, {address}")
        capture.take_in(Door.IMAP, raw, now=timezone.now(), mailbox=box, user=box.user)
        doors.append(Intake.objects.latest("pk").door)
    assert doors == ["capture", "imap"]
    receive.file_waiting(timezone.now(), until=monotonic() + 60)
    assert turns(deal) == [("inbound", MARA)] * 2


@pytest.mark.parametrize(
    "block",
    [
        (
            "Von: Mara Lind <mara@yard.example>\nGesendet: Montag, 2. März 2026 09:00\n"
            "An: Ines <ines@example.com>\nBetreff: Flotte"
        ),
        (
            "De : Mara Lind <mara@yard.example>\nEnvoyé : lundi 2 mars 2026 09:00\n"
            "À : Ines <ines@example.com>\nObjet : La flotte"
        ),
        (
            "De: Mara Lind <mara@yard.example>\nEnviado el: lunes, 2 de marzo de 2026 9:00\n"
            "Para: Ines <ines@example.com>\nAsunto: La flota"
        ),
        (
            "Van: Mara Lind <mara@yard.example>\nVerzonden: maandag 2 maart 2026 09:00\n"
            "Aan: Ines <ines@example.com>\nOnderwerp: De vloot"
        ),
        (
            "Od: Mara Lind <mara@yard.example>\nWysłano: poniedziałek, 2 marca 2026 09:00\n"
            "Do: Ines <ines@example.com>\nTemat: Flota"
        ),
        (
            "No: Mara Lind <mara@yard.example>\nNosūtīts: pirmdiena, 2026. gada 2. marts 09:00\n"
            "Kam: Ines <ines@example.com>\nTēma: Flote"
        ),
        (
            "*From:* Mara Lind [mailto:mara@yard.example]\n*Sent:* Monday, March 2, 2026 9:00 AM\n"
            "*To:* Ines <ines@example.com>\n*Subject:* The fleet"
        ),
        (
            "> From: Mara Lind\n> <mara@yard.example>\n> Date: 2 March 2026 at 09:00:00 CET\n"
            "> To: Ines <ines@example.com>\n> Subject: The fleet"
        ),
    ],
)
def test_the_block_of_a_forward_is_read_in_many_languages(block: str) -> None:
    quoted = "> " if block.startswith(">") else ""
    found = block_of(f"See below.\n\n{block}\n{quoted}\n{quoted}We take it.\n")
    assert found is not None
    assert (found.senders, found.recipients) == ((MARA,), (INES,))
    assert (found.name, found.text) == ("Mara Lind", "We take it.")
