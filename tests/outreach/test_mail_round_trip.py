"""The whole way of a mail: sent by the app, answered in the mailbox, and the silence is over.

Real web, worker and beat, a real mail server on either side.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from tests.dovecot import PASSWORD, Dovecot
from tests.mailing import Postbox, mail_server
from tests.serving import PROJECT, command, environment, served


class Knowing(Postbox):
    """A mail server that lets in whoever has the password of the mailbox."""

    def knows(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


STORY = [sys.executable, "-m", "tests.one_answer"]


@contextmanager
def watched(env: dict[str, str]) -> Iterator[Iterator[dict[str, Any]]]:
    """Give, one after the other, the states through which the story goes."""
    watching = subprocess.Popen([*STORY, "watch"], cwd=PROJECT, env=env, stdout=subprocess.PIPE)
    try:
        assert watching.stdout is not None
        yield map(json.loads, watching.stdout)
    finally:
        watching.kill()
        watching.communicate()


def until(states: Iterator[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for told in states:
        if all(told[name] == value for name, value in wanted.items()):
            return told
    pytest.fail(f"{wanted} never comes true: {told}")


def answer_to(mail: EmailMessage) -> bytes:
    """Answer as a mail program does."""
    reply = EmailMessage()
    reply["From"], reply["To"] = "Mara Lind <mara@yard.example>", mail["From"]
    reply["Subject"], reply["Message-ID"] = f"Re: {mail['Subject']}", "<yes@yard.example>"
    reply["In-Reply-To"] = reply["References"] = mail["Message-ID"]
    reply.set_content("Yes, June is right.\n\nOn Monday Ines wrote:\n> is June still right?\n")
    return reply.as_bytes()


def test_a_mail_that_is_answered_ends_the_silence_and_withdraws_the_suggestion(
    tmp_path: Path, post_office: Dovecot
) -> None:
    account = post_office.new_account()
    env = environment(tmp_path, SWEEP_SECONDS="1", READ_SECONDS="1")
    command(env, "migrate", "--verbosity", "0")
    with mail_server(Knowing()) as postbox:
        ports = (str(postbox.port), str(post_office.port))
        subprocess.run([*STORY, "begin", *ports, account.name], cwd=PROJECT, env=env, check=True)
        [sent] = postbox.mails
        with served(env, tmp_path / "up.log"), watched(env) as states:
            waiting = until(states, is_dark=True, suggestions=["queued"], folders=2)
            assert (waiting["delivery"], waiting["silence"]) == ("sent", "open")
            assert waiting["touches"] == [["outbound", "delivery"]]

            # the copy that a mail program keeps is the same mail; the answer is news
            account.put(postbox.accepted[0][2], folder="Sent")
            account.put(answer_to(sent))
            told = until(states, silence="replied", suggestions=["withdrawn"])
    assert told["touches"] == [["outbound", "delivery"], ["inbound", "mail"]]
    assert told["mails"] == [["inbound", "filed"], ["outbound", "filed"]]
    assert account.read_ones() == 0
