"""A real Dovecot that the tests start on free ports of this machine, unprivileged also as root.

Whoever signs in with the password has a mailbox of that name, made on first use: a test takes a
name of its own and so finds it empty. As everywhere, mail that a test puts there is written by it.
"""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from grp import getgrgid
from pathlib import Path
from secrets import token_hex
from tempfile import mkdtemp
from threading import Event

from tests.conftest import missing

PASSWORD = "open-sesame"
PATIENCE_SECONDS = 60
SETTINGS = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
instance_name = {folder.name}
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_home = {folder}/mail/%u
mail_location = maildir:~/Maildir
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
mail_fsync = never
mail_max_userip_connections = 50
{tls}
passdb {{
  driver = static
  args = password={password}
  mechanisms = plain login
}}
{oauth}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service auth-worker {{
  user = {user}
}}
"""
TLS = """
ssl = yes
ssl_cert = <{folder}/both.pem
ssl_key = <{folder}/both.pem
"""
OAUTH = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2
}}
"""
TOKENS = """
tokeninfo_url = {url}
username_attribute = username
"""


@dataclass
class Dovecot:
    """A running server; `stop` and `start` are for tests of what comes back."""

    folder: Path
    port: int
    tls_port: int
    account: pwd.struct_passwd
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            [_executable(), "-F", "-c", str(self.folder / "dovecot.conf")],
            user=self.account.pw_uid if os.getuid() == 0 else None,
            group=self.account.pw_gid if os.getuid() == 0 else None,
            extra_groups=[] if os.getuid() == 0 else None,
            stdout=subprocess.DEVNULL, stderr=(self.folder / "log").open("a"),
        )  # fmt: skip
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            Event().wait(0.05)

    def stop(self) -> None:
        """Stop it, and with it every connection."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_SECONDS)

    def new_account(self) -> Account:
        """Return a mailbox that nobody has used yet."""
        return Account(self, f"rep{token_hex(6)}")

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as there:
                return there.recv(4) == b"* OK"
        except OSError:
            return False


@dataclass
class Account:
    """One person's mailbox on the server, as their own mail program sees it."""

    server: Dovecot
    name: str

    @contextmanager
    def signed_in(self) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.server.port, 30)
        try:
            client.login(self.name, PASSWORD)
            yield client
        finally:
            client.shutdown()

    def put(
        self, *mails: bytes, folder: str = "INBOX", at: datetime | None = None, flags: str = ""
    ) -> None:
        """Put mails into a folder, received at an instant (now, unless said)."""
        received = (at or datetime.now(UTC)).strftime('"%d-%b-%Y %H:%M:%S +0000"')
        with self.signed_in() as client:
            for mail in mails:
                said, why = client.append(folder, flags, received, mail)
                assert said == "OK", why

    def deliver(self, *mails: bytes, at: datetime | None = None, folder: str = "") -> None:
        """Put mails into the inbox as a mail server does, or into ".Sent": without signing in."""
        maildir, owner = self.server.folder / "mail" / self.name / "Maildir", self.server.account
        for part in (maildir, maildir / folder):
            if not (part / "tmp").exists():
                self._make(part)
        there = maildir / folder
        for mail in mails:
            waiting = there / "tmp" / f"{time.time():.6f}.{token_hex(6)}.yard"
            waiting.write_bytes(mail)
            if at is not None:
                os.utime(waiting, (at.timestamp(), at.timestamp()))
            os.chown(waiting, owner.pw_uid, owner.pw_gid)
            waiting.rename(there / "new" / waiting.name)

    def _make(self, folder: Path) -> None:
        owner = self.server.account
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        for path in (folder.parent, folder, *folder.iterdir()):
            os.chown(path, owner.pw_uid, owner.pw_gid)

    def does(self, command: str, *words: str) -> None:
        """Give one command of imaplib: "create", "delete", "rename" …"""
        with self.signed_in() as client:
            said, why = getattr(client, command)(*words)
            assert said == "OK", why

    def read_ones(self, folder: str = "INBOX") -> int:
        """Return how many mails of a folder are marked as read."""
        with self.signed_in() as client:
            client.select(folder, readonly=True)
            return len(client.search(None, "SEEN")[1][0].split())


@contextmanager
def dovecot(*, certificate: bytes = b"", tokens: str = "") -> Iterator[Dovecot]:
    """Run a Dovecot, with an own folder for everything, until the block ends.

    `certificate`, with its key, has it speak TLS. `tokens` is a URL that tells of an access token,
    appended to it, whose it is.
    """
    account = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
    folder = Path(mkdtemp(prefix="dovecot-", dir="/tmp"))  # short: paths of sockets are
    server = Dovecot(folder, _free_port(), _free_port(), account)
    (folder / "dovecot.conf").write_text(
        SETTINGS.format(
            folder=folder, user=account.pw_name, group=getgrgid(account.pw_gid).gr_name,
            password=PASSWORD, port=server.port, tls_port=server.tls_port,
            tls=TLS.format(folder=folder) if certificate else "ssl = no",
            oauth=OAUTH.format(folder=folder) if tokens else "",
        )
    )  # fmt: skip
    (folder / "mail").mkdir()
    (folder / "log").touch()
    (folder / "both.pem").write_bytes(certificate)
    (folder / "oauth2").write_text(TOKENS.format(url=tokens))
    for path in (folder, *folder.iterdir()):
        os.chown(path, account.pw_uid, account.pw_gid)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _executable() -> str:
    found = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        missing("A Dovecot (Debian: apt-get install dovecot-imapd)")
    return str(found)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])
