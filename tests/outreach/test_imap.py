"""Speaking IMAP: with a real Dovecot in secret, and with servers that are strange or hostile."""

from __future__ import annotations

import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from socket import SHUT_RDWR
from threading import Event, Thread
from typing import Any

import pytest
from imap_tools import FolderInfo

from outreach.mail.imap import NoFolderError, NotReadError, NotSignedInError, Server, connected
from outreach.mail.mailboxes import imap_link
from outreach.mail.mailboxes.folders import to_read
from tests.certificates import for_this_machine
from tests.dovecot import PASSWORD, Dovecot, dovecot

GREETING = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"
EXAMINED = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 12] ok\r\n"
Answers = dict[str, bytes | Callable[[Any], None]]


@contextmanager
def scripted(
    answers: Answers, greeting: bytes | Callable[[Any], None] = GREETING
) -> Iterator[Server]:
    """Run a server that answers each command with given bytes and an OK, or does as it is told."""

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say(greeting)
            for line in self.rfile:
                tag, _, words = line.decode().strip().partition(" ")
                name = words.removeprefix("UID ").split(" ")[0].upper()
                answer = answers.get(name, b"* BYE\r\n" if name == "LOGOUT" else b"")
                self._say(answer)
                if not callable(answer):
                    self.wfile.write(f"{tag} OK done\r\n".encode())

        def _say(self, answer: bytes | Callable[[Any], None]) -> None:
            if callable(answer):
                answer(self)
            else:
                self.wfile.write(answer)

        def finish(self) -> None:
            with suppress(OSError):  # whoever spoke to us is gone
                super().finish()

    class Listening(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Say nothing: whoever spoke to us is gone."""

    with Listening(("127.0.0.1", 0), Session) as server:
        Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        try:
            yield Server("127.0.0.1", server.server_address[1], "none", "ines", PASSWORD)
        finally:
            server.shutdown()


def test_what_is_said_in_another_order_or_form_is_understood() -> None:
    listed = (
        b'* 1 FETCH (RFC822.SIZE 5 INTERNALDATE " 2-Mar-2026 10:00:00 +0100" UID 9)\r\n'
        b"* 2 FETCH (FLAGS (\\Seen))\r\n"
        b'* 2 FETCH (UID 10 INTERNALDATE "02-Mar-2026 09:00:00 +0000" RFC822.SIZE 3)\r\n'
    )
    fetched = (
        b"* 1 FETCH (BODY[] {5}\r\nHello UID 9)\r\n* 3 FETCH (FLAGS ())\r\n"
        b"* 2 FETCH (UID 10 BODY[] {3}\r\nYes)\r\n"
    )
    answers: Answers = {"EXAMINE": EXAMINED.replace(b"* OK [UIDNEXT 12] ok\r\n", b"")}
    answers["SEARCH"] = b"* SEARCH 9 10\r\n"
    with scripted(answers) as server, connected(server) as account:
        opened = account.open("INBOX")
        assert (opened.uid_validity, opened.uid_next) == (7, 11)
        assert account.after(9) == [10]
        assert account.since(date(2026, 3, 1), before=11) == [10, 9]
        answers["FETCH"] = listed
        mails = account.listed([9, 10, 11])
        at = datetime(2026, 3, 2, 9, tzinfo=UTC)
        assert [(mail.uid, mail.size_bytes, mail.received_at) for mail in mails.values()] == [
            (9, 5, at), (10, 3, at),
        ]  # fmt: skip
        answers["FETCH"] = fetched
        assert account.fetch([9, 10, 11]) == {9: b"Hello", 10: b"Yes"}
        assert account.fetch([]) == {}


def test_a_folder_that_numbers_nothing_is_none() -> None:
    why = pytest.raises(NoFolderError, match="does not number its mail")
    with scripted({"EXAMINE": b"* 3 EXISTS\r\n"}) as server, connected(server) as account, why:
        account.open("INBOX")


def test_a_server_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_link, "LONGEST_SECONDS", 0.5)

    def drip(session: Any) -> None:
        while True:
            session.wfile.write(b"*")
            Event().wait(0.05)

    with scripted({}, drip) as server, pytest.raises(NotReadError), connected(server):
        pass
    why = pytest.raises(NotReadError)
    with scripted({"LIST": drip}) as server, connected(server) as account, why:
        account.folders()


def test_a_server_that_says_nothing_is_waited_for_only_so_long() -> None:
    def sleep(_: Any) -> None:
        Event().wait(20)

    with scripted({}, sleep) as silent:
        server = Server(silent.host, silent.port, "none", "ines", PASSWORD, timeout_seconds=1)
        with pytest.raises(NotReadError, match="did not answer in time"), connected(server):
            pass


def test_an_answer_that_is_too_large_is_not_taken() -> None:
    answers: Answers = {"EXAMINE": EXAMINED, "FETCH": b"* 1 FETCH (UID 1 BODY[] {99999999999}\r\n"}
    with scripted(answers) as server, connected(server) as account:
        account.open("INBOX")
        with pytest.raises(NotReadError, match="broke off"):
            account.fetch([1])


def test_a_server_that_leaves_is_said_to_break_off() -> None:
    def leave(session: Any) -> None:
        session.wfile.write(b"* BYE restarting\r\n")
        session.connection.shutdown(SHUT_RDWR)

    why = pytest.raises(NotReadError, match="broke off")
    with scripted({"EXAMINE": leave}) as server, connected(server) as account, why:
        account.open("INBOX")


@pytest.mark.parametrize("greeting", [b"220 smtp.example.org ESMTP\r\n", b"\xff\xfe\r\n", b""])
def test_what_is_no_imap_is_said_so(greeting: bytes) -> None:
    def say(session: Any) -> None:
        session.wfile.write(greeting)
        session.connection.shutdown(SHUT_RDWR)

    with scripted({}, say) as server, pytest.raises(NotReadError), connected(server):
        pass


def test_a_server_that_takes_no_password_in_the_open_is_given_none() -> None:
    said: list[bytes] = []
    greeting = b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n"
    answers: Answers = {"LOGIN": lambda session: said.append(b"a password")}
    why = pytest.raises(NotReadError, match="Check port and security")
    with scripted(answers, greeting) as server, why, connected(server):
        pass
    assert said == []


@pytest.fixture(scope="module")
def certificate() -> bytes:
    return for_this_machine()


@pytest.fixture(scope="module")
def secret_office(certificate: bytes) -> Iterator[Dovecot]:
    with dovecot(certificate=certificate) as server:
        yield server


def by(office: Dovecot, security: str, name: str, password: str = PASSWORD) -> Server:
    port = office.tls_port if security == "tls" else office.port
    return Server("127.0.0.1", port, security, name, password)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_that_is_known_is_spoken_to_in_secret(
    secret_office: Dovecot, certificate: bytes, security: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    known = tmp_path / "known.pem"
    known.write_bytes(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(known))
    account = secret_office.new_account()
    with connected(by(secret_office, security, account.name)) as signed_in:
        assert list(to_read(signed_in.folders())) == ["Sent", "INBOX"]
    with pytest.raises(NotSignedInError), connected(by(secret_office, security, "x", "wrong")):
        pass


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    secret_office: Dovecot, security: str
) -> None:
    name = secret_office.new_account().name
    why = pytest.raises(NotReadError, match="is not to be trusted")
    with why, connected(by(secret_office, security, name)):
        pass
    assert f"user=<{name}>" not in (secret_office.folder / "log").read_text()


def test_names_and_passwords_may_have_any_letters(post_office: Dovecot) -> None:
    server = by(post_office, "none", "zoë", "pässwörd\r\nA1 DELETE INBOX")
    with pytest.raises(NotSignedInError), connected(server):
        pass


def test_a_folder_may_have_any_letters(post_office: Dovecot) -> None:
    account = post_office.new_account()
    account.does("create", "Wys&AUI-ane")
    account.put(b"Subject: x\r\n\r\nx\r\n", folder="Wys&AUI-ane")
    with connected(by(post_office, "none", account.name)) as signed_in:
        assert "Wysłane" in {folder.name for folder in signed_in.folders()}
        signed_in.open("Wysłane")
        assert signed_in.after(0) == [1]
        with pytest.raises(NoFolderError, match="There is no folder “Nowhere” any more"):
            signed_in.open("Nowhere")


def folder(name: str, *flags: str, delim: str = "/") -> FolderInfo:
    return FolderInfo(name, delim, flags)


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        ([folder("INBOX"), folder("Gone Out", "\\Sent"), folder("Sent")], ["Gone Out", "INBOX"]),
        ([folder("INBOX"), folder("[Gmail]/All"), folder("[Gmail]/Sent Mail", "\\SENT")],
         ["[Gmail]/Sent Mail", "INBOX"]),
        ([folder("INBOX"), folder("INBOX.Sent", delim=".")], ["INBOX.Sent", "INBOX"]),
        ([folder("Inbox"), folder("Gesendete Elemente")], ["Gesendete Elemente", "Inbox"]),
        ([folder("INBOX"), folder("Wysłane"), folder("Sent Items")],
         ["Wysłane", "Sent Items", "INBOX"]),
        ([folder("INBOX"), folder("Sent", "\\Noselect"), folder("Sentimental")], ["INBOX"]),
        ([folder("INBOX"), folder("Éléments envoyés"), folder("Drafts", "\\Drafts")],
         ["Éléments envoyés", "INBOX"]),
    ],
)  # fmt: skip
def test_the_folders_to_read_are_known_by_their_mark_or_else_their_name(
    listed: list[FolderInfo], names: list[str]
) -> None:
    found = to_read(listed)
    assert list(found) == names
    assert [found[name] for name in names] == ["sent"] * (len(names) - 1) + ["inbox"]
