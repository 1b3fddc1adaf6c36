"""Look into one IMAP account: sign in, list and fetch, and never change a thing.

Folders are opened by EXAMINE and mail is fetched by BODY.PEEK, so that nothing is ever marked as
read. Sources: RFC 9051 and RFC 3501.
"""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from imap_tools import FolderInfo
from imap_tools.errors import (
    ImapToolsError,
    MailboxFolderSelectError,
    MailboxLoginError,
    UnexpectedCommandStatusError,
)

from outreach.mail.mailboxes.imap_link import TIMEOUT_SECONDS, Box, Server, sign_in
from outreach.mail.sending import failures

__all__ = ["TIMEOUT_SECONDS", "Account", "NotReadError", "Server", "connected"]

IMPATIENT_SECONDS = 8  # where somebody waits before a page
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UID = re.compile(rb"\bUID (\d+)")
SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
RECEIVED = re.compile(
    rb'\bINTERNALDATE "\s?(\d{1,2})-(\w{3})-(\d{4}) (\d\d:\d\d:\d\d) ([+-]\d{4})"'
)


class NotReadError(Exception):
    """A mailbox could not be read; its words are for people."""


class NotSignedInError(NotReadError):
    """The server did not let us in: trying again soon would lock the account."""


class NoFolderError(NotReadError):
    """A folder is not there, or not for us."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder that is looked into: under which validity its numbers count, and the next one."""

    name: str
    uid_validity: int
    uid_next: int


@dataclass(frozen=True, slots=True)
class Listed:
    """What the server knows of a mail without fetching it; `received_at` is in UTC."""

    uid: int
    size_bytes: int
    received_at: datetime


@contextmanager
def connected(server: Server) -> Iterator[Account]:
    """Connect and sign in. Raises NotReadError, in plain words, as all that an account does."""
    with _in_plain_words(server):
        box = Box(server)
    try:
        with _in_plain_words(server):
            sign_in(box, server)
        yield Account(box, server)
        with suppress(OSError, imaplib.IMAP4.error, ImapToolsError):
            box.logout()
    finally:
        box.client.shutdown()


class Account:
    """A connection that is signed in."""

    def __init__(self, box: Box, server: Server) -> None:
        self.box, self.server = box, server

    def folders(self) -> list[FolderInfo]:
        """Return all folders, with what the server says they are for."""
        with _in_plain_words(self.server):
            return self.box.folder.list()

    def open(self, name: str) -> Opened:
        """Look into a folder, without the right to change it. Raises NoFolderError."""
        with _in_plain_words(self.server):
            try:
                self.box.folder.set(name, readonly=True)
            except MailboxFolderSelectError as error:
                raise NoFolderError(f"There is no folder “{name}” any more.") from error
            validity = self._told("UIDVALIDITY")
            if validity is None:
                raise NoFolderError(f"The folder “{name}” does not number its mail.")
            return Opened(name, validity, self._told("UIDNEXT") or self._last() + 1)

    def after(self, uid: int) -> list[int]:
        """Return the numbers of the mails that came after one, in order."""
        with _in_plain_words(self.server):
            # "n:*" names the last mail even where that is older
            return sorted(found for found in self._search(f"UID {uid + 1}:*") if found > uid)

    def since(self, day: date, *, before: int) -> list[int]:
        """Return the numbers below one of mail that came on a day or later, the newest first."""
        if before <= 1:
            return []
        # a day more: the server counts days on its own clock
        first = day - timedelta(days=1)
        said = f"{first.day}-{MONTHS[first.month - 1]}-{first.year}"
        with _in_plain_words(self.server):
            return sorted(self._search(f"UID 1:{before - 1} SINCE {said}"), reverse=True)

    def listed(self, uids: Iterable[int]) -> dict[int, Listed]:
        """Return size and receipt of mails by number; what is gone meanwhile is left out."""
        found = {}
        with _in_plain_words(self.server):
            for line, _ in self._fetch(uids, "(UID INTERNALDATE RFC822.SIZE)"):
                uid, size = UID.search(line), SIZE.search(line)
                if uid and size:
                    found[int(uid[1])] = Listed(int(uid[1]), int(size[1]), _received(line))
        return found

    def fetch(self, uids: Iterable[int], *, limit_bytes: int | None = None) -> dict[int, bytes]:
        """Return mails by number, or only their first bytes; what is gone is left out."""
        part = "BODY.PEEK[]" if limit_bytes is None else f"BODY.PEEK[]<0.{limit_bytes}>"
        found = {}
        with _in_plain_words(self.server):
            for line, content in self._fetch(uids, f"(UID {part})"):
                if content is not None and (uid := UID.search(line)):
                    found[int(uid[1])] = content
        return found

    def _told(self, name: str) -> int | None:
        """Return a number that the server said when the folder was opened."""
        values = self.box.client.response(name)[1]
        return int(values[-1]) if values and values[-1] else None

    def _last(self) -> int:
        return max(self._search("UID *"), default=0)

    def _search(self, criteria: str) -> list[int]:
        return [int(uid) for uid in self.box.uids(criteria, charset=None)]

    def _fetch(self, uids: Iterable[int], parts: str) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield what is said of each mail around its content, and the content, if it has any."""
        numbers = ",".join(map(str, uids))
        if not numbers:
            return
        status, answers = self.box.client.uid("FETCH", numbers, parts)
        if status != "OK":
            raise UnexpectedCommandStatusError((status, answers), "OK")
        waiting: tuple[bytes, bytes] | None = None
        for answer in answers:
            if isinstance(answer, tuple):
                waiting = (answer[0], answer[1])
            elif waiting is not None:  # what follows the content belongs to it
                yield waiting[0] + answer, waiting[1]
                waiting = None
            elif answer:
                yield answer, None
        if waiting is not None:
            yield waiting


@contextmanager
def _in_plain_words(server: Server) -> Iterator[None]:
    try:
        yield
    except MailboxLoginError as error:
        raise NotSignedInError(_refused(server)) from error
    except OSError as error:
        raise NotReadError(failures.say(error, server.host, server.port)) from error
    except imaplib.IMAP4.abort as error:
        raise NotReadError(
            f"{server.host}, port {server.port}, broke off. It is tried again."
        ) from error
    except (imaplib.IMAP4.error, ImapToolsError, UnicodeError, ValueError) as error:
        raise NotReadError(
            f"{server.host} does not offer that on port {server.port}, or answered in a way that "
            "is no IMAP. Check port and security."
        ) from error


def _refused(server: Server) -> str:
    if server.access_token:
        return f"{server.host} did not accept the sign-in. Connect the account again."
    return (
        f"{server.host} refused the user name or the password. Enter both again, or an app "
        "password."
    )


def _received(line: bytes) -> datetime:
    """Return INTERNALDATE in UTC. Raises ValueError for what is none."""
    found = RECEIVED.search(line)
    if found is None:
        raise ValueError("a mail without INTERNALDATE")
    day, month, year, clock, offset = (part.decode() for part in found.groups())
    number = MONTHS.index(month.title()) + 1
    said = datetime.strptime(f"{year}-{number}-{day} {clock} {offset}", "%Y-%m-%d %H:%M:%S %z")
    return said.astimezone(UTC)
