"""Reading mailboxes on a real Dovecot: each mail once, whatever happens on either side."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from config.celery import app
from outreach import tasks
from outreach.mail.mailboxes import polling, trial
from outreach.models import Intake, Mailbox, MailFolder
from tests.dovecot import PASSWORD, Account, Dovecot, dovecot

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2020, 5, 4, 10, tzinfo=UTC)


def mail(name: str, *, size_bytes: int = 0) -> bytes:
    head = f"From: mara@yard.example\r\nTo: ines@yard.example\r\nSubject: {name}\r\n\r\n{name}\r\n"
    line = b"x" * 76 + b"\r\n"
    return head.encode() + line * (size_bytes // len(line))


def mailbox(account: Account, user: User | None = None, **fields: Any) -> Mailbox:
    told = {
        "user": user, "address": "ines@yard.example", "imap_host": "127.0.0.1",
        "imap_port": account.server.port, "imap_security": "none", "username": account.name,
        "password": PASSWORD, **fields,
    }  # fmt: skip
    return Mailbox.objects.create(**told)


def read(box: Mailbox) -> int | None:
    """Read a mailbox now, whatever pause it was given."""
    Mailbox.objects.filter(pk=box.pk).update(claimed_until=None)
    again_in = polling.read(box.pk, timezone.now())
    box.refresh_from_db()
    return again_in


def taken(**only: Any) -> list[str]:
    """Return the subjects of what was taken in, in that order."""
    rows = Intake.objects.filter(**only).order_by("pk").values_list("raw", flat=True)
    return [bytes(raw).partition(b"Subject: ")[2].split(b"\r\n")[0].decode() for raw in rows]


def asked_for() -> list[int]:
    """Return the mailboxes for which beat's task asks, each in a message of its own."""
    with app.connection_for_write() as broker:
        queue = broker.SimpleQueue(app.conf.task_default_queue)
        queue.clear()
        tasks.read_mail()
        asked = []
        for _ in polling.due(timezone.now()):
            message = queue.get(timeout=10)
            message.ack()
            assert message.headers["task"] == "outreach.tasks.read_mailbox"
            asked += message.payload[0]
        with pytest.raises(queue.Empty):
            queue.get_nowait()
        queue.close()
    return asked


@pytest.fixture
def account(post_office: Dovecot) -> Account:
    return post_office.new_account()


@pytest.fixture
def box(account: Account, ines: User) -> Mailbox:
    """Ines's mailbox, read once, when it was empty."""
    made = mailbox(account, ines)
    assert read(made) is None
    assert made.read_problem == ""
    return made


def test_what_is_new_is_taken_in_once_and_stays_unread(
    box: Mailbox, account: Account, ines: User
) -> None:
    at = timezone.now().replace(microsecond=0) - timedelta(hours=2)
    account.put(mail("One"), mail("Two"), at=at)
    assert read(box) is None
    assert read(box) is None
    assert taken() == ["One", "Two"]
    assert account.read_ones() == 0
    row = Intake.objects.first()
    assert row is not None
    assert (row.user, row.mailbox, row.received_at, row.is_from_us) == (ines, box, at, False)
    assert row.origin == "INBOX 1"
    assert bytes(row.raw) == mail("One")


def test_mail_from_tomorrow_counts_as_of_now(box: Mailbox, account: Account) -> None:
    account.deliver(mail("Early"), at=timezone.now() + timedelta(days=1))
    before = timezone.now()
    read(box)
    received_at = Intake.objects.get().received_at
    assert received_at is not None
    assert before <= received_at <= timezone.now()


def test_what_was_sent_from_any_program_is_ours(box: Mailbox, account: Account) -> None:
    account.put(mail("Sent by phone"), folder="Sent")
    account.put(mail("Answer"))
    read(box)
    assert taken(is_from_us=True) == ["Sent by phone"]
    assert taken() == ["Sent by phone", "Answer"]


def test_old_mail_comes_back_to_a_day_newest_first_with_progress(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "PIECE_MAILS", 2)
    monkeypatch.setattr(polling, "BACKLOG_MAILS", 3)
    account.put(mail("Ancient"), at=LONG_AGO)
    week_ago = timezone.now() - timedelta(days=7)
    account.put(*[mail(f"Old {number}") for number in range(6)], at=week_ago)
    box = mailbox(account, backfill_days=30)

    assert read(box) == polling.BACKLOG_PAUSE_SECONDS
    folder = MailFolder.objects.get(role="inbox")
    assert (folder.backfill_total, folder.backfill_done) == (6, 4)

    account.put(mail("New"))
    assert read(box) == polling.BACKLOG_PAUSE_SECONDS
    assert taken() == ["Old 5", "Old 4", "Old 3", "Old 2", "New"]

    Intake.objects.filter(pk__lte=Intake.objects.order_by("pk")[3].pk).delete()
    assert read(box) is None
    assert taken() == ["New", "Old 1", "Old 0"]
    folder.refresh_from_db()
    assert (folder.backfill_total, folder.backfill_done, folder.backfill_before) == (6, 6, None)


def test_without_days_only_what_is_new_counts(account: Account) -> None:
    account.put(mail("Before"))
    box = mailbox(account, backfill_days=0)
    read(box)
    account.put(mail("After"))
    read(box)
    assert taken() == ["After"]


def test_numbers_that_count_anew_are_read_anew(box: Mailbox, account: Account) -> None:
    account.put(mail("One"))
    read(box)
    account.does("create", "Away")
    account.put(mail("One"), mail("Two"), folder="Away")
    account.does("delete", "Sent")
    account.does("rename", "Away", "Sent")  # as a server that was restored: same name, new numbers
    read(box)
    assert taken(is_from_us=True) == ["Two", "One"]
    assert MailFolder.objects.filter(role="sent").count() == 1


def test_a_folder_that_is_deleted_keeps_no_reply_back(box: Mailbox, account: Account) -> None:
    account.put(mail("Sent"), folder="Sent")
    read(box)
    account.does("delete", "Sent")
    account.put(mail("Answer"))
    read(box)
    assert taken() == ["Sent", "Answer"]
    assert box.read_problem == ""


def test_mail_that_is_deleted_leaves_a_gap(box: Mailbox, account: Account) -> None:
    account.put(mail("One"), mail("Two"), mail("Three"))
    with account.signed_in() as client:
        client.select()
        client.store("2", "+FLAGS", "\\Deleted")
        client.expunge()
    read(box)
    account.put(mail("Four"))
    read(box)
    assert taken() == ["One", "Three", "Four"]


def test_of_a_long_mail_the_beginning_is_read(box: Mailbox, account: Account) -> None:
    account.put(mail("Drawings", size_bytes=11 * 2**20), mail("Next"))
    read(box)
    assert taken() == ["Drawings", "Next"]
    long = Intake.objects.order_by("pk")[0]
    assert (len(long.raw), long.origin) == (256 * 1024, "INBOX 1")
    assert long.size_bytes > 11 * 2**20


def test_a_server_that_comes_back_is_read_on(ines: User) -> None:
    with dovecot() as server:
        account = server.new_account()
        box = mailbox(account, ines)
        read(box)
        account.put(mail("One"))
        server.stop()
        assert read(box) is None
        assert box.read_problem == f"Nothing answers at 127.0.0.1, port {server.port}. Check both."
        server.start()
        account.put(mail("Two"))
        read(box)
        assert box.read_problem == ""
    assert taken() == ["One", "Two"]


def test_a_failing_server_is_left_alone_for_longer_and_longer(box: Mailbox) -> None:
    Mailbox.objects.filter(pk=box.pk).update(imap_port=1)
    for failing_for, pause in ((0, 1), (7, 7), (600, 60)):
        now = timezone.now()
        read_at = now - timedelta(minutes=failing_for)
        Mailbox.objects.filter(pk=box.pk).update(claimed_until=None, read_at=read_at)
        polling.read(box.pk, now)
        soon, later = now + timedelta(minutes=pause), now + timedelta(minutes=pause + 1)
        assert polling.due(soon - timedelta(seconds=1)) == []
        assert polling.due(later) == [box.pk]


def test_a_wrong_password_is_said_and_not_tried_again_soon(account: Account, ines: User) -> None:
    box = mailbox(account, ines, password="wrong")
    now = timezone.now()
    polling.read(box.pk, now)
    box.refresh_from_db()
    assert box.read_problem == (
        "127.0.0.1 refused the user name or the password. Enter both again, or an app password."
    )
    assert polling.due(now + timedelta(minutes=14)) == []
    assert polling.due(now + timedelta(minutes=16)) == [box.pk]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"imap_host": "nowhere.invalid"}, "There is no server called nowhere.invalid."),
        ({"imap_security": "tls"}, "127.0.0.1 speaks no TLS on port"),
        ({"imap_security": "starttls"}, "127.0.0.1 does not offer that on port"),
    ],
)
def test_what_does_not_work_is_said_with_its_remedy(
    account: Account, fields: dict[str, Any], words: str
) -> None:
    box = mailbox(account, **fields)
    read(box)
    assert box.read_problem.startswith(words)
    assert trial.try_reading(box, now=timezone.now()).problem == box.read_problem


def test_a_trial_finds_the_folders_and_keeps_nothing(account: Account) -> None:
    account.put(mail("One"))
    found = trial.try_reading(mailbox(account), now=timezone.now())
    assert found.problem == ""
    assert found.folders == {"Sent": "sent", "INBOX": "inbox"}
    assert Intake.objects.count() == 0
    assert MailFolder.objects.count() == 0


def test_beat_reads_every_mailbox_that_is_due_and_no_other(post_office: Dovecot, cast: Any) -> None:
    for user in (cast.ines, cast.karl, cast.noor, None):
        account = post_office.new_account()
        mailbox(account, user)
        account.put(mail(str(user)))
    Mailbox.objects.filter(user=cast.karl).update(is_read=False)
    User.objects.filter(pk=cast.noor.pk).update(is_active=False)
    Mailbox.objects.create(user=cast.maud, address="maud@yard.example", smtp_host="127.0.0.1")
    for box in asked_for() * 2:
        tasks.read_mailbox(box)
    assert sorted(taken()) == ["Ines", "None"]


@pytest.mark.django_db(transaction=True)
def test_of_ten_workers_one_reads(account: Account) -> None:
    box = mailbox(account)
    account.put(*[mail(str(number)) for number in range(30)])
    together = Barrier(10)

    def work() -> None:
        together.wait()
        polling.read(box.pk, timezone.now())
        connection.close()

    workers = [Thread(target=work) for _ in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(taken(), key=int) == [str(number) for number in range(30)]


@pytest.mark.django_db(transaction=True)
def test_a_worker_whose_lease_ran_out_takes_nothing_in_again(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = mailbox(account)
    read(box)
    account.put(*[mail(str(number)) for number in range(20)])
    monkeypatch.setattr(polling, "PIECE_MAILS", 2)
    together = Barrier(3)

    def work() -> None:
        together.wait()
        read(Mailbox.objects.get(pk=box.pk))  # which takes the claim from whoever has it
        connection.close()

    workers = [Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    read(box)
    assert taken() == [str(number) for number in range(20)]


def test_what_is_not_kept_is_read_again(box: Mailbox, account: Account) -> None:
    account.put(mail("One"))

    def dies() -> None:
        with transaction.atomic():
            read(box)
            raise RuntimeError("the machine stops here")

    with pytest.raises(RuntimeError):
        dies()
    assert taken() == []
    read(box)
    assert taken() == ["One"]
