"""Old mail is brought in from archives: each mail once, by its own date, with what went wrong said."""

from __future__ import annotations

import json
import mailbox
import sqlite3
import subprocess
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from deals.models import Touch
from outreach.mail.doors import archives
from outreach.mail.parsing.scanning import LARGEST_MAIL
from outreach.models import Intake, Mail
from tests.cast import Story, day, make_contact, make_deal
from tests.incoming import raw_mail
from tests.serving import PATIENCE_SECONDS, PROJECT, command, environment

MARA = "mara@example.org"
OURS = raw_mail(
    sender="Ines <ines@example.com>", to=MARA, message_id="<a@example.com>", at=day(0, 10)
)
THEIRS = raw_mail(sender=f"Mara <{MARA}>", answers="<a@example.com>", at=day(5, 9))
ROBOT = raw_mail(
    sender=MARA, message_id="<r@example.org>", at=day(1), subject="Automatic reply: The fleet",
    headers={"Auto-Submitted": "auto-replied"},
)  # fmt: skip
STRANGER = raw_mail(sender="pia@shop.example", message_id="<s@shop.example>", at=day(2))
ALL = (THEIRS, ROBOT, OURS, STRANGER)


@pytest.fixture
def story(ines: User) -> Story:
    return Story(make_deal(ines, "Demo", contact=make_contact(addresses={"email": MARA})))


def run(*paths: Path, **options: Any) -> dict[str, int]:
    out = StringIO()
    call_command(
        "import_mail", *map(str, paths), "--json", stdout=out, stderr=StringIO(), **options
    )
    told: dict[str, int] = json.loads(out.getvalue())
    return told


def as_mbox(folder: Path) -> Path:
    """The file that Python's own library writes: it quotes lines that begin with From."""
    box = mailbox.mbox(folder / "archive")
    for raw in ALL:
        box.add(raw)
    box.flush()
    return folder / "archive"


def as_maildir(folder: Path) -> Path:
    box = mailbox.Maildir(folder / "maildir")
    for raw in ALL:
        box.add(raw)
    (folder / "maildir" / "tmp" / "half").write_bytes(THEIRS[:100])
    return folder / "maildir"


def as_files(folder: Path) -> Path:
    for number, raw in enumerate(ALL):
        (folder / f"{number}.eml").write_bytes(raw)
    (folder / "0.eml").rename(folder / "0.txt")  # some programs call them so
    (folder / "readme.txt").write_bytes(b"From here on there is no mail.")
    return folder


@pytest.mark.parametrize("laid_out", [as_mbox, as_maildir, as_files])
def test_an_archive_comes_in_once_whatever_its_form(
    story: Story, tmp_path: Path, laid_out: Any
) -> None:
    path = laid_out(tmp_path)
    assert run(path) == {
        "touches": 2, "replies": 1, "automatic": 1, "unmatched": 1, "rejected": 0,
    }  # fmt: skip
    assert story.silences[-2:] == [
        ("them", day(0, 10), day(5, 9), "replied"), ("us", day(5, 9), None, ""),
    ]  # fmt: skip
    before = (Mail.objects.count(), Touch.objects.count())
    assert run(path) == dict.fromkeys(
        ("touches", "replies", "automatic", "unmatched", "rejected"), 0
    )
    assert (Mail.objects.count(), Touch.objects.count()) == before
    assert Intake.objects.count() == 0


def test_three_archives_at_once_are_one(story: Story, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    paths = [as_mbox(folders[0]), as_maildir(folders[1]), as_files(folders[2])]
    assert run(*paths)["touches"] == 2


def test_dates_in_the_future_count_as_the_import(story: Story, tmp_path: Path) -> None:
    ahead = raw_mail(sender=MARA, at=day(100_000))
    (tmp_path / "a.eml").write_bytes(ahead)
    run(tmp_path)
    mail = Mail.objects.get()
    assert mail.written_at == day(100_000)
    assert mail.occurred_at == mail.recorded_at


def test_what_cannot_be_read_is_named_with_the_reason_and_set_aside_once(
    story: Story, tmp_path: Path
) -> None:
    (tmp_path / "huge.eml").write_bytes(b"X-Long: header\r\n" * 10_000 + raw_mail())
    (tmp_path / "good.eml").write_bytes(THEIRS)
    errors = StringIO()
    for _ in range(2):
        call_command("import_mail", str(tmp_path), "--json", stdout=StringIO(), stderr=errors)
    assert errors.getvalue().startswith("huge.eml: ")
    assert Intake.objects.filter(set_aside_at__isnull=False).count() == 1
    assert Mail.objects.get().state == "filed"


def test_mail_of_a_rep_is_theirs_to_see(
    story: Story, karl: User, noor: User, tmp_path: Path
) -> None:
    (tmp_path / "a.eml").write_bytes(STRANGER)
    run(tmp_path, user="karl@example.com")
    assert Mail.objects.visible_to(karl).count() == 1
    assert Mail.objects.visible_to(noor).count() == 0


def test_what_is_not_there_is_said_with_the_remedy(workspace: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"Name an mbox file, a maildir or .eml files"):
        run(tmp_path / "nothing")
    with pytest.raises(CommandError, match=r"Nobody here has the address x@example.com"):
        run(tmp_path, user="x@example.com")


def test_without_a_reader_of_mail_it_says_so_and_goes_on_the_next_time(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good.eml").write_bytes(THEIRS)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(CommandError, match=r"does not start.* run this again to go on"):
        run(tmp_path)
    monkeypatch.undo()
    assert run(tmp_path)["replies"] == 1


def test_lines_that_look_like_separators_stay_in_their_mail(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(
        b"From mara@example.org Wed Mar  4 09:00:00 2026\nSubject: one\n\nHello\n"
        b"From here on, 2 ways lead on.\n\nFrom now on we agree.\n\n>From me\n\n"
        b"From - Wed Mar  4 09:00:00 2026\r\nSubject: two\r\n\r\n"
    )
    one, two = (archived.raw for archived in archives.mails([path]))
    assert one.splitlines()[2:] == [
        b"Hello", b"From here on, 2 ways lead on.", b"", b"From now on we agree.", b"",
        b"From me", b"",
    ]  # fmt: skip
    assert two == b"Subject: two\r\n\r\n"


def test_an_archive_is_read_one_mail_at_a_time_and_no_more_of_one_than_may_be(
    tmp_path: Path,
) -> None:
    path = tmp_path / "box"
    with path.open("wb") as stream:
        stream.write(b"From a@b Wed Mar  4 09:00:00 2026\nSubject: huge\n\n")
        for _ in range(30):
            stream.write(b"a" * 2**20 + b"\n")
        stream.write(b"\nFrom a@b Wed Mar  4 09:00:00 2026\nSubject: small\n\n")
    huge, small = archives.mails([path])
    assert LARGEST_MAIL < len(huge.raw) < LARGEST_MAIL + 2**20 + 2
    assert (small.raw, small.position) == (b"Subject: small\n\n", path.stat().st_size)


@pytest.mark.services  # a minute: three processes and a database of their own
def test_an_import_that_is_killed_goes_on_and_doubles_nothing(tmp_path: Path) -> None:
    env = environment(tmp_path)
    command(env, "migrate", "--verbosity", "0")
    box = mailbox.mbox(tmp_path / "box")
    for number in range(120):
        box.add(raw_mail(message_id=f"<{number}@example.org>", text=str(number)))
    box.flush()
    words = [sys.executable, "manage.py", "import_mail", str(tmp_path / "box"), "--json"]
    with subprocess.Popen(words, cwd=PROJECT, env=env, stdout=subprocess.DEVNULL) as killed:
        deadline = monotonic() + PATIENCE_SECONDS
        while _count(tmp_path, "outreach_mail") < 10:
            assert monotonic() < deadline
            Event().wait(0.05)
        killed.kill()
    before = _count(tmp_path, "outreach_mail")
    done = subprocess.run(words, cwd=PROJECT, env=env, check=True, capture_output=True, text=True)
    assert 10 <= before < 120
    assert json.loads(done.stdout)["unmatched"] == 120 - before
    assert _count(tmp_path, "outreach_mail") == 120
    assert _count(tmp_path, "outreach_intake") <= 1  # the one in hand: a worker finds it done


def _count(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / "lamplighter.sqlite3")) as database:
        [(count,)] = database.execute(f"SELECT count(*) FROM {table}")  # ours
    return int(count)
