"""What comes in by mail: a reply ends a silence, whatever door it comes through and however often."""

from __future__ import annotations

from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from accounts.models import User, Workspace
from deals import course
from deals.models import Hold, Touch
from outreach import fates, sweeping
from outreach.mail import receive
from outreach.mail.parsing.parsed import AttachedFile
from outreach.models import Delivery, Door, Intake, Mail, Mailbox, Notice, Suggestion
from tests.cast import Story, day, make_contact, make_deal
from tests.incoming import came, raw_mail, read_mail, taken_in
from tests.mailing import order

MARA = "mara@example.org"


@pytest.fixture
def story(ines: User) -> Story:
    """A deal with Mara, in Demo, on which we wrote on the first day."""
    told = Story(make_deal(ines, "Demo", contact=make_contact(addresses={"email": MARA})))
    told.we_write(day(0, 10))
    return told


def test_a_reply_ends_the_silence_and_withdraws_what_was_suggested(story: Story) -> None:
    sweeping.run(day(9))
    assert Suggestion.objects.live().count() == 1
    mail = came(read_mail(sender=MARA), day(9, 12))
    assert (mail.state, mail.deal, mail.contact) == ("filed", story.deal, story.deal.contact)
    assert story.silences[-2:] == [
        ("them", day(0, 10), day(9, 12), "replied"),
        ("us", day(9, 12), None, ""),
    ]
    assert Suggestion.objects.live().count() == 0
    assert Intake.objects.count() == 0


def test_a_reply_to_a_mail_of_the_app_is_matched_by_its_id(story: Story, ines: User) -> None:
    sent = order(story.deal, ines, now=day(1))
    sent.move(Delivery.State.SENDING, among=["queued"], claimed_at=day(1, 9, 1))
    fates.sent(sent, now=day(1, 9, 1))
    mail = came(read_mail(sender="m@elsewhere.example", answers=(sent.message_id,)), day(2))
    assert (mail.state, mail.deal, mail.delivery) == ("assumed", story.deal, sent)
    assert mail.touch is not None
    assert mail.touch.contact is None
    assert story.silences[-1] == ("us", day(2), None, "")


def test_the_same_mail_through_four_doors_is_one_touch(story: Story) -> None:
    said = read_mail(sender=MARA, at=day(2, 8))
    for door in (Door.ARCHIVE, Door.WEBHOOK, Door.IMAP, Door.CAPTURE, Door.IMAP):
        came(said, day(2) + timedelta(minutes=1), door=door, received_at=day(2))
    assert Mail.objects.count() == 1
    assert list(Touch.objects.filter(source="mail").values_list("occurred_at")) == [(day(2),)]


def work(now: Any) -> int:
    """Let one worker file what waits."""
    return receive.file_waiting(now, monotonic() + 60)


def test_a_worker_reads_and_files_what_waits_and_twice_files_it_once(story: Story) -> None:
    for door in (Door.IMAP, Door.WEBHOOK):
        taken_in(day(2), raw=raw_mail(sender=f"Mara <{MARA}>"), door=door)
    assert receive.is_waiting(day(2))
    assert (work(day(2)), work(day(2))) == (2, 0)
    assert not receive.is_waiting(day(2))
    [mail] = Mail.objects.all()
    assert (mail.state, mail.text, mail.sender_name) == ("filed", "Yes, June is right.", "Mara")
    assert story.silences[-1] == ("us", day(2), None, "")


def test_what_cannot_be_read_is_set_aside_and_the_next_mail_goes_on(story: Story) -> None:
    bad = taken_in(day(2), raw=b"X-Long: header\r\n" * 10_000)
    taken_in(day(2), raw=raw_mail(sender=MARA))
    work(day(2))
    bad.refresh_from_db()
    assert bad.set_aside_at is not None
    assert bad.problem.endswith("Open it in your mail program and note by hand what it says.")
    assert story.silence.by == "us"
    assert receive.retry(bad)
    assert not receive.retry(bad)
    assert work(day(3)) == 1
    assert receive.delete(bad)
    assert not receive.delete(bad)


@pytest.mark.parametrize("door", list(Door))
def test_a_reply_with_a_huge_file_ends_the_silence_through_every_door(
    story: Story, door: Door
) -> None:
    Workspace.objects.update(keeps_attachments=True)
    raw = with_file(12 * 2**20)
    kept = taken_in(day(2), raw=raw, door=door)
    assert (len(kept.raw), kept.size_bytes) == (256 * 1024, len(raw))
    work(day(2))
    [mail] = Mail.objects.all()
    assert (mail.state, mail.text) == ("filed", "Yes, June is right.")
    assert mail.why.endswith(
        "It has over 10 MB: its beginning was read, and its files are listed as far as that."
    )
    assert story.silences[-1][0] == "us"
    assert list(mail.attachments.values_list("name", "content")) == [("plan.pdf", None)]


def test_a_huge_mail_through_two_doors_is_one_touch(story: Story) -> None:
    raw = with_file(12 * 2**20)
    taken_in(day(2), raw=raw[: 256 * 1024], size_bytes=len(raw))
    taken_in(
        day(2),
        raw=b"Received: by mx.example.com; Wed, 4 Mar 2026 09:00:00 +0000\r\n" + raw,
        door=Door.WEBHOOK,
    )
    work(day(2))
    assert Mail.objects.count() == Touch.objects.filter(source="mail").count() == 1


def with_file(size_bytes: int) -> bytes:
    """Return a reply with a file of so many bytes."""
    mail = message_from_bytes(raw_mail(sender=MARA), policy=policy.default)
    mail.add_attachment(
        b"x" * size_bytes, maintype="application", subtype="pdf", filename="plan.pdf"
    )
    return mail.as_bytes()


def test_a_mail_whose_worker_was_killed_is_filed_by_the_next_one(story: Story) -> None:
    taken_in(day(2), raw=raw_mail(sender=MARA))
    killed = receive.claim(day(2))
    assert killed is not None
    assert receive.claim(day(2)) is None
    assert work(day(2)) == 0
    assert work(day(2) + receive.LEASE) == 1
    assert Mail.objects.count() == 1


def test_a_mail_that_kills_its_reader_three_times_is_set_aside(story: Story) -> None:
    taken_in(day(2), raw=raw_mail(sender=MARA))
    taken_in(day(2), raw=raw_mail(sender=MARA, message_id="<two@example.org>"))
    for tries in range(3):
        killed = receive.claim(day(2) + tries * receive.LEASE)
        assert killed is not None
        assert killed.tries == tries + 1
    assert work(day(2) + 3 * receive.LEASE) == 1
    killed.refresh_from_db()
    assert (killed.problem, Mail.objects.count()) == (receive.KILLED, 1)


def test_a_copy_of_a_mail_of_the_app_adds_nothing_and_settles_what_nobody_could_tell(
    story: Story, ines: User
) -> None:
    sent = order(story.deal, ines, now=day(1))
    sent.move(Delivery.State.SENDING, among=["queued"], claimed_at=day(1, 9, 1))
    fates.unclear(sent, now=day(1, 9, 20))
    copy = read_mail(sender="ines@example.com", to=(MARA,), message_id=sent.message_id)
    for _ in range(2):
        mail = came(copy, day(1, 10), is_from_us=True)
        sent.refresh_from_db()
        assert (mail.state, mail.touch, mail.delivery) == ("filed", None, sent)
        assert (sent.state, story.deal.touches.count()) == ("sent", 2)
    assert story.silence.attempts == 1


def test_our_own_mail_in_the_sent_folder_is_an_attempt_and_does_what_was_suggested(
    story: Story, ines: User
) -> None:
    sweeping.run(day(9))
    [suggested] = Suggestion.objects.live()
    mail = came(
        read_mail(sender="alias@yard.example", to=(MARA,)), day(9, 12), is_from_us=True, user=ines
    )
    suggested.refresh_from_db()
    assert (mail.direction, mail.state, mail.touch.user) == ("outbound", "filed", ines)
    assert (story.silence.started_at, story.silence.attempts) == (day(0, 10), 1)
    assert (suggested.state, Suggestion.objects.live().count()) == ("done", 0)


def test_a_mail_found_among_received_mail_first_is_ours_once_the_sent_folder_has_it(
    story: Story, ines: User
) -> None:
    said = read_mail(sender="alias@yard.example", to=(MARA, "karl@example.com"))
    assert came(said, day(2), user=ines).state == "unmatched"
    mail = came(said, day(2), is_from_us=True, user=ines)
    assert (mail.direction, mail.state, mail.deal) == ("outbound", "filed", story.deal)


def test_mail_between_colleagues_is_nobodys_business(story: Story, ines: User, karl: User) -> None:
    mail = came(read_mail(sender="ines@example.com", to=("karl@example.com",)), day(1))
    assert (mail.state, mail.text, mail.touch) == ("ignored", "", None)


def test_a_mail_that_names_no_sender_is_nobodys_of_us_and_waits(workspace: Workspace) -> None:
    mail = came(read_mail(sender="", to=()), day(1))
    assert (mail.state, mail.direction, mail.text) == (
        "unmatched", "inbound", "Yes, June is right.",
    )  # fmt: skip


def test_out_of_office_holds_the_clock_and_is_not_heard(story: Story) -> None:
    note = read_mail(sender=MARA, verdict="out_of_office", until=date(2026, 3, 6), text="Away.")
    for door in (Door.IMAP, Door.WEBHOOK):
        mail = came(note, day(2), door=door)
    assert (mail.state, mail.deal, mail.touch.is_heard) == ("automatic", story.deal, False)
    [hold] = Hold.objects.all()
    # The sixth of March ends at midnight in Berlin, where the workspace is.
    assert (hold.contact, hold.starts_at, hold.ends_at) == (
        story.deal.contact, day(2), day(4, 23),
    )  # fmt: skip
    assert (story.silence.by, story.silence.held_until) == ("them", day(4, 23))
    came(read_mail(sender=MARA, message_id="<two@example.org>"), day(3))
    assert story.silences[-1] == ("us", day(3), None, "")


def test_notes_that_repeat_themselves_or_are_over_hold_no_longer(story: Story) -> None:
    for number, at in enumerate((day(1), day(5))):
        came(
            read_mail(sender=MARA, verdict="out_of_office", message_id=f"<{number}@example.org>"),
            at,
        )
    assert story.silence.held_until == day(15)
    over = read_mail(
        sender=MARA, verdict="out_of_office", message_id="<9@example.org>", until=date(2026, 2, 1)
    )
    assert came(over, day(6)).hold is None


def test_three_notes_of_one_absence_are_told_once(story: Story) -> None:
    for number in range(3):
        note = read_mail(
            sender=MARA, verdict="out_of_office", message_id=f"<{number}@example.org>",
            until=date(2026, 3, 6),
        )  # fmt: skip
        came(note, day(1 + number))
    sweeping.run(day(8))
    told = Notice.objects.filter(kind="hold_ended")
    assert told.count() == 1


@pytest.mark.parametrize("verdict", ["auto_reply", "receipt", "bulk", "delay", "report"])
def test_what_a_machine_wrote_is_never_heard(story: Story, verdict: str) -> None:
    mail = came(read_mail(sender=MARA, verdict=verdict), day(2))
    assert (mail.state, mail.deal) == ("automatic", story.deal)
    assert story.silences[-1] == ("them", day(0, 10), None, "")
    assert [touch.is_heard for touch in Touch.objects.filter(source="mail")] == (
        [False] if verdict == "auto_reply" else []
    )


def test_a_forged_note_holds_no_clock(story: Story) -> None:
    fails = (("authentication-results", "mx.example.com; dmarc=fail"),)
    box = Mailbox(address="ines@yard.example", authority="mx.example.com")
    box.save()
    came(read_mail(sender=MARA, verdict="out_of_office", headers=fails), day(2), mailbox=box)
    assert not Hold.objects.exists()


def test_a_workspace_that_keeps_no_bodies_keeps_none(story: Story, workspace: Workspace) -> None:
    workspace.keeps_bodies = False
    workspace.save()
    files = (AttachedFile("offer.pdf", "application/pdf", 12, b"%PDF"),)
    mail = came(read_mail(sender=MARA, html="<p>Yes", attachments=files), day(2))
    assert (mail.text, mail.html, mail.touch.note, mail.subject) == ("", "", "", "Re: The fleet")
    [file] = mail.attachments.all()
    assert (file.name, file.size_bytes, file.content) == ("offer.pdf", 12, None)


def test_a_workspace_that_wants_files_has_them(story: Story, workspace: Workspace) -> None:
    workspace.keeps_attachments = True
    workspace.save()
    files = (AttachedFile("offer.pdf", "application/pdf", 4, b"%PDF"),)
    mail = came(read_mail(sender=MARA, attachments=files), day(2))
    assert bytes(mail.attachments.get().content) == b"%PDF"


def test_a_reply_after_letting_go_relights_the_deal(story: Story) -> None:
    course.let_go(story.deal, now=day(9))
    mail = came(read_mail(sender=MARA), day(12))
    story.deal.refresh_from_db()
    assert (mail.deal, story.deal.outcome) == (story.deal, "open")
    assert story.deal.silences.filter(ending="let_go", relit_at=day(12)).count() == 1


def test_what_came_long_ago_in_an_archive_tells_nobody_of_a_crossing(ines: User) -> None:
    mara = make_contact(addresses={"email": MARA})
    story = Story(make_deal(ines, "Demo", contact=mara))
    ours = read_mail(sender="ines@example.com", to=(MARA,), at=day(0, 10), message_id="<a@x>")
    came(ours, day(40), door=Door.ARCHIVE)
    came(read_mail(sender=MARA, at=day(20)), day(40), door=Door.ARCHIVE)
    assert story.silences[-2:] == [
        ("them", day(0, 10), day(20), "replied"), ("us", day(20), None, ""),
    ]  # fmt: skip
    assert story.spells == [(day(7, 10), day(20))]
    assert not Notice.objects.exists()


@pytest.mark.services  # half a minute: hostile mails take their time
def test_every_real_mail_is_filed_or_set_aside(workspace: Workspace, real_data: Path) -> None:
    files = sorted(
        file for file in (real_data / "mail").rglob("*") if file.suffix in (".txt", ".eml", ".msg")
    )
    assert len(files) > 100
    for file in files:
        taken_in(day(2), raw=file.read_bytes(), origin=file.name)
    assert work(day(2)) == len(files)
    aside = Intake.objects.exclude(set_aside_at=None)
    assert Intake.objects.count() == aside.count()
    assert not aside.filter(problem="").exists()
    assert Mail.objects.count() + aside.count() <= len(files)
    bounces = Mail.objects.filter(verdict="bounce").count()
    assert bounces > 50
    assert not Touch.objects.exists()


def accepted(starts: str, ends: str) -> str:
    return "\r\n".join([
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//EN", "METHOD:REPLY", "BEGIN:VEVENT",
        "UID:m1", "DTSTAMP:20260303T090000Z", f"DTSTART:{starts}", f"DTEND:{ends}",
        "ORGANIZER:mailto:ines@example.com", f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{MARA}",
        "SUMMARY:Demo", "END:VEVENT", "END:VCALENDAR", "",
    ])  # fmt: skip


def test_a_meeting_that_they_accept_holds_the_clock_and_is_not_heard(story: Story) -> None:
    calendars = (accepted("20260310T090000Z", "20260310T100000Z"),)
    said = read_mail(sender=MARA, verdict="calendar", calendars=calendars)
    for _ in range(2):
        mail = came(said, day(2))
    assert (mail.state, mail.touch) == ("automatic", None)
    [hold] = Hold.objects.all()
    assert (hold.deal, hold.reason, hold.ends_at) == (story.deal, "meeting", day(8, 10))
    assert story.silences[-1] == ("them", day(0, 10), None, "")


def test_a_meeting_in_a_forged_mail_holds_nothing(story: Story) -> None:
    fails = (("authentication-results", "mx.example.com; dmarc=fail"),)
    box = Mailbox.objects.create(address="ines@yard.example", authority="mx.example.com")
    calendars = (accepted("20260310T090000Z", "20260310T100000Z"),)
    for verdict in ("calendar", "reply"):
        said = read_mail(
            sender=MARA,
            verdict=verdict,
            calendars=calendars,
            headers=fails,
            message_id=f"<{verdict}@x>",
        )
        came(said, day(2), mailbox=box)
    assert not Hold.objects.exists()


def test_a_date_at_the_end_of_the_calendar_counts_as_when_the_mail_came(story: Story) -> None:
    line = "from a.example by b.example; Fri, 31 Dec 9999 23:59:59 -2300"
    said = read_mail(sender=MARA, at=None, headers=(("received", line),))
    assert came(said, day(2), door=Door.ARCHIVE).occurred_at == day(2)


@pytest.mark.parametrize("is_first_plain", [True, False])
def test_a_copy_with_a_footer_of_a_gateway_is_the_same_mail(
    story: Story, is_first_plain: bool
) -> None:
    plain = read_mail(sender=MARA, at=day(2))
    footed = read_mail(sender=MARA, at=day(2), text=f"{plain.text}\n\nThis mail is confidential.")
    first, second = (plain, footed) if is_first_plain else (footed, plain)
    came(first, day(2, 10))
    came(second, day(2, 11), door=Door.WEBHOOK)
    assert Touch.objects.filter(source="mail").count() == Mail.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [{"at": day(2, 9, 1)}, {"text": "No. Yes, June is right."}, {"sender": "x@example.org"}],
)
def test_what_only_looks_like_a_copy_with_a_footer_is_another_mail(
    story: Story, other: dict[str, Any]
) -> None:
    came(read_mail(sender=MARA, at=day(2)), day(2, 10))
    came(
        read_mail(
            **{"sender": MARA, "at": day(2), "text": "Yes, June is right. And July", **other}
        ),
        day(2, 11),
    )
    assert Mail.objects.count() == 2
