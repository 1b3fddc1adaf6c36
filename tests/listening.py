"""A web server of the tests' own: keeps what it was told, and answers as it is bidden."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True, slots=True)
class Heard:
    """One request, as it came over the wire."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass
class Listener:
    """How a server answers, and what it was asked.

    `answers` are given in turn, then always `status` and `body`. While `is_slow` it keeps its
    answer to itself, and lets go of it bit by bit while `drips`.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    is_slow: bool = False
    drips: bool = False
    hangs_up: bool = False
    answer: Callable[[Heard], int | None] | None = None
    heard: list[Heard] = field(default_factory=list)
    has_heard: Event = field(default_factory=Event)
    may_go_on: Event = field(default_factory=Event)
    url: str = ""

    def says(self, heard: Heard) -> int:
        told = self.answer(heard) if self.answer else None
        return told or (self.answers.pop(0) if self.answers else self.status)


@contextmanager
def listening(
    listener: Listener | None = None, *, tls: ssl.SSLContext | None = None
) -> Iterator[Listener]:
    """Run a web server on a free port of this machine, with TLS where a context is given."""
    listener = listener or Listener()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Handler,), {"listener": listener})
    )
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme, port = "https" if tls else "http", server.server_address[1]
    listener.url = f"{scheme}://127.0.0.1:{port}/hook"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.may_go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    listener: Listener

    def do_GET(self) -> None:
        self._take()

    def do_POST(self) -> None:
        self._take()

    def log_message(self, *_words: object) -> None:
        pass

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        heard = Heard(self.command, self.path, self.headers, body)
        self.listener.heard.append(heard)
        self.listener.has_heard.set()
        if self.listener.hangs_up:
            return
        if self.listener.is_slow:
            self.listener.may_go_on.wait()
        with suppress(ConnectionError):  # a caller who has heard enough hangs up
            self._say(self.listener.says(heard))

    def _say(self, status: int) -> None:
        self.send_response(status)
        length = {"Content-Length": str(len(self.listener.body))}
        for name, value in {**length, **self.listener.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.listener.drips:
            self._drip()
        else:
            self.wfile.write(self.listener.body)

    def _drip(self) -> None:
        for place in range(len(self.listener.body)):
            if self.listener.may_go_on.wait(0.05):
                return
            self.wfile.write(self.listener.body[place : place + 1])
            self.wfile.flush()


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return what a server on 127.0.0.1 shows itself with, and the file of who vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public
