"""Speak HTTP with machines that people name: guarded, impatient, and content with little.

No redirects (they would lead around the guard), no proxies from the environment, no cookies;
certificates are checked; every answer has an end, in bytes and in seconds.
"""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import ip_address
from time import monotonic
from typing import Self

from outreach.targets import ForbiddenTargetError, NotReachedError, Target, is_public

__all__ = ["Answer", "ForbiddenTargetError", "NotReachedError", "check", "get", "post"]

SECONDS = 10.0  # for the whole of it: looking up, connecting, sending and reading
SECONDS_TO_CONNECT = 4.0  # to one address; then comes the name's next one
SMALL_BYTES = 64 * 1024
LARGE_BYTES = 5 * 1024 * 1024
MOST_ADDRESSES = 4  # of one name are tried
USER_AGENT = "Lamplighter"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: header names in lower case; `is_cut` where there was more of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body for people to read, whatever bytes it is made of."""
        return self.body.decode(errors="replace").replace("\x00", "�")


def get(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    limit_bytes: int = LARGE_BYTES,
    seconds: float = SECONDS,
) -> Answer:
    """Fetch a URL. Raises NotReachedError (ForbiddenTargetError), in a sentence for people."""
    return _ask("GET", url, None, headers or {}, limit_bytes=limit_bytes, seconds=seconds)


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    limit_bytes: int = SMALL_BYTES,
    seconds: float = SECONDS,
) -> Answer:
    """Send a body, to the byte, to a URL. Raises NotReachedError (ForbiddenTargetError)."""
    return _ask("POST", url, body, headers or {}, limit_bytes=limit_bytes, seconds=seconds)


def check(url: str, *, seconds: float = SECONDS) -> None:
    """Raise NotReachedError (ForbiddenTargetError) where a URL leads nowhere we may go to now.

    Nor over the public internet without TLS: what is sent there is not everybody's to read.
    """
    target = Target.of(url)
    addresses = [ip_address(place[0]) for _, place in target.addresses(seconds=seconds)]
    if not target.is_secure and any(is_public(address) for address in addresses):
        raise ForbiddenTargetError(
            "Use https:// for it: with http:// anyone on the way could read along."
        )


def _ask(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    *,
    limit_bytes: int,
    seconds: float,
) -> Answer:
    until = monotonic() + seconds
    target = Target.of(url)
    said = {"Host": target.authority, "User-Agent": USER_AGENT, "Connection": "close", **headers}
    with _connected(target, until) as wire:
        connection = HTTPConnection(target.host, target.port)
        connection.sock = wire
        try:
            connection.request(method, target.path, body, said)
            with connection.getresponse() as response:
                return _answer(response, limit_bytes)
        except TimeoutError as error:
            raise NotReachedError(f"{target.host} took too long to answer.") from error
        except OSError as error:
            raise NotReachedError(f"{target.host} broke off the conversation.") from error
        except (HTTPException, ValueError) as error:
            raise NotReachedError(
                f"{target.host} answered something else than a web server."
            ) from error


def _answer(response: HTTPResponse, limit_bytes: int) -> Answer:
    """Read an answer; one that ends before its `Content-Length` is none."""
    body = response.read(limit_bytes + 1)
    if response.length and len(body) <= limit_bytes:
        raise ConnectionResetError
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, body[:limit_bytes], is_cut=len(body) > limit_bytes)


def _connected(target: Target, until: float) -> _Wire:
    """Connect to the first address that answers, of those that were judged, and to no other."""
    problem: OSError | None = None
    for family, place in target.addresses(seconds=until - monotonic())[:MOST_ADDRESSES]:
        wire = _Wire(socket.socket(family, socket.SOCK_STREAM), until)
        try:
            wire.connect(place)
            if target.is_secure:
                wire.secure(target.host)
        except OSError as error:
            wire.hang_up()
            problem = error
        else:
            return wire
    raise NotReachedError(_say(problem, target)) from problem


def _say(error: OSError | None, target: Target) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            why = error.verify_message.rstrip(".")
            return f"The certificate of {target.host} cannot be trusted: {why}."
        case TimeoutError():
            return f"{target.host} does not answer on port {target.port}."
        case ssl.SSLError():
            return f"{target.host} speaks no TLS that we understand on port {target.port}."
        case _:
            return f"{target.host} cannot be connected to on port {target.port}."


class _Wire:
    """A socket on which everything together has to be over by `until` (as of `monotonic`)."""

    def __init__(self, plain: socket.socket, until: float) -> None:
        self.socket = plain
        self.until = until

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.hang_up()

    def hurry(self, most: float = SECONDS) -> None:
        """Give the next word only what is left of the time, and `most` seconds of it."""
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(min(left, most))

    def connect(self, place: object) -> None:
        self.hurry(SECONDS_TO_CONNECT)
        self.socket.connect(place)  # type: ignore[arg-type]

    def secure(self, host: str) -> None:
        self.hurry()
        context = ssl.create_default_context()
        self.socket = context.wrap_socket(self.socket, server_hostname=host)

    def sendall(self, content: bytes) -> None:
        """Send in pieces: of TLS each has its own timeout, however little arrives of it."""
        for start in range(0, len(content), SMALL_BYTES):
            self.hurry()
            self.socket.sendall(content[start : start + SMALL_BYTES])

    def makefile(self, _mode: str = "rb", *_more: object) -> io.BufferedReader:
        return io.BufferedReader(_Ear(self))

    def close(self) -> None:
        """Do nothing: http.client lets go of its socket while there is still something to read."""

    def hang_up(self) -> None:
        with suppress(OSError):
            self.socket.close()


class _Ear(io.RawIOBase):
    """What comes over a wire: one byte at a time does not make it last longer."""

    def __init__(self, wire: _Wire) -> None:
        super().__init__()
        self.wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self.wire.hurry()
        return self.wire.socket.recv_into(buffer)
