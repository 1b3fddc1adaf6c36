"""The command that says what kind of mail files hold."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import missing

REPLY = b"From: Rita <rita@klients.example>\nSubject: Re: Our offer\n\nYes.\n"
AWAY = (
    b"From: Rita <rita@klients.example>\nSubject: Automatic reply: Our offer\n"
    b"Date: Tue, 28 Jul 2026 10:00:00 +0200\n\nI am on leave until 14 August.\n"
)
BOUNCE = (
    b"From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n<kim@gone.example>:\n"
    b"Sorry, no mailbox here by that name. (#5.1.1)\n"
)


def lines(*paths: Path) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("classify_mail", *map(str, paths), stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_mail_is_one_line_of_json(tmp_path: Path) -> None:
    for name, raw in (("a.eml", REPLY), ("b.txt", AWAY), ("c", BOUNCE)):
        (tmp_path / name).write_bytes(raw)

    [reply, away, bounce] = lines(tmp_path)

    assert list(reply) == ["path", "verdict", "until", "recipients", "why"]
    assert reply == {
        "path": str(tmp_path / "a.eml"), "verdict": "reply", "until": None, "recipients": [],
        "why": "Nothing says that a machine wrote it.",
    }  # fmt: skip
    assert (away["verdict"], away["until"]) == ("out_of_office", "2026-08-14")
    assert (bounce["verdict"], bounce["recipients"]) == ("bounce", ["kim@gone.example"])


def test_an_mbox_and_a_maildir_give_all_their_mails(tmp_path: Path) -> None:
    mbox = tmp_path / "inbox"
    mbox.write_bytes(
        b"".join(b"From rita Tue Jul 28 10:00:00 2026\n" + raw + b"\n" for raw in (REPLY, AWAY))
    )
    for name in ("cur", "new", "tmp"):
        (tmp_path / "dir" / name).mkdir(parents=True)
    (tmp_path / "dir" / "new" / "1.host").write_bytes(BOUNCE)

    told = [(line["path"], line["verdict"]) for line in lines(mbox, tmp_path / "dir")]

    assert told == [
        (f"{mbox}#1", "reply"),
        (f"{mbox}#2", "out_of_office"),
        (str(tmp_path / "dir" / "new" / "1.host"), "bounce"),
    ]


def test_a_mail_that_cannot_be_read_is_told_and_the_next_goes_on(tmp_path: Path) -> None:
    too_deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (at, at) for at in range(1000)
    )
    (tmp_path / "a.eml").write_bytes(b"From: x@y.example\n" + too_deep)
    (tmp_path / "b.eml").write_bytes(REPLY)

    [broken, reply] = lines(tmp_path)

    assert (broken["verdict"], reply["verdict"]) == ("unreadable", "reply")
    assert broken["why"] != ""


def test_what_is_not_there_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"^There is nothing at .*nowhere\. Name an mbox file"):
        lines(tmp_path / "nowhere")


def test_every_mail_of_the_real_data_has_a_line(real_data: Path) -> None:
    folder = real_data / "mail"
    if not folder.is_dir():
        missing("the real mails")
    told = lines(folder)

    files = [file for file in folder.rglob("*") if file.suffix in (".txt", ".eml")]
    assert sorted(line["path"] for line in told) == sorted(map(str, files))
