"""Signing in by OAuth 2: a real token server, a real Dovecot that asks it, a real SMTP server."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from django.db import connection
from django.utils import timezone

from accounts.models import User
from outreach.mail import send
from outreach.mail.mailboxes import oauth, polling, trial
from outreach.models import Delivery, Intake, Mailbox
from tests.cast import make_deal
from tests.dovecot import Account, dovecot
from tests.mailing import Postbox, mail_server, order

pytestmark = pytest.mark.django_db
MAIL = b"From: mara@yard.example\r\nSubject: Yes\r\n\r\nYes.\r\n"


@dataclass
class Tokens:
    """A server that gives out access tokens, and tells whose one is."""

    of: dict[str, str] = field(default_factory=dict)  # those that hold, and whose each is
    asked: list[dict[str, str]] = field(default_factory=list)
    owner: str = ""
    answer: tuple[int, dict[str, Any]] | None = None  # instead of a token
    also: dict[str, Any] = field(default_factory=dict)  # said beside it
    url: str = ""

    def give(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        if self.answer is not None:
            return self.answer
        token = f"token-{len(self.asked)}"
        self.of[token] = self.owner
        return 200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer", **self.also}


@contextmanager
def token_server() -> Iterator[Tokens]:
    tokens = Tokens()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.say(*tokens.give({name: each for name, [each] in parse_qs(form).items()}))

        def do_GET(self) -> None:  # the library's name
            owner = tokens.of.get(parse_qs(urlsplit(self.path).query)["of"][0])
            self.say(200, {"username": owner}) if owner else self.say(401, {"error": "no"})

        def say(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    tokens.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    try:
        yield tokens
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def tokens(settings: Any) -> Iterator[Tokens]:
    settings.ALLOWED_PRIVATE_TARGETS = [ip_network("127.0.0.1/32")]
    with token_server() as served:
        yield served


@pytest.fixture
def account(tokens: Tokens) -> Iterator[Account]:
    with dovecot(tokens=f"{tokens.url}/tokens?of=") as server:
        account = server.new_account()
        tokens.owner = account.name
        yield account


def mailbox(tokens: Tokens, user: User, **fields: Any) -> Mailbox:
    told = {
        "user": user, "address": "ines@yard.example", "signs_in_by": "oauth2",
        "token_url": f"{tokens.url}/token", "client_id": "lamp", "client_secret": "hush",
        "refresh_token": "lasting", **fields,
    }  # fmt: skip
    return Mailbox.objects.create(**told)


def by_imap(account: Account) -> dict[str, Any]:
    return {
        "imap_host": "127.0.0.1", "imap_port": account.server.port, "imap_security": "none",
        "username": account.name,
    }  # fmt: skip


def test_a_mailbox_is_read_with_a_token_that_is_kept_until_it_ends(
    tokens: Tokens, account: Account, ines: User
) -> None:
    account.put(MAIL)
    box = mailbox(tokens, ines, **by_imap(account))
    now = timezone.now()
    for minutes in (0, 1, 50):
        assert polling.read(box.pk, now + timedelta(minutes=minutes)) is None
    assert len(tokens.asked) == 1
    polling.read(box.pk, now + timedelta(minutes=56))
    assert len(tokens.asked) == 2
    assert tokens.asked[0] == {
        "grant_type": "refresh_token", "refresh_token": "lasting", "client_id": "lamp",
        "client_secret": "hush",
    }  # fmt: skip
    box.refresh_from_db()
    assert (box.read_problem, box.access_token) == ("", "token-2")
    assert Intake.objects.count() == 1


def test_a_token_that_the_server_refuses_is_renewed_at_once(
    tokens: Tokens, account: Account, ines: User
) -> None:
    ends_at = timezone.now() + timedelta(hours=1)
    box = mailbox(
        tokens, ines, access_token="withdrawn", access_expires_at=ends_at, **by_imap(account)
    )
    polling.read(box.pk, timezone.now())
    box.refresh_from_db()
    assert (box.read_problem, box.access_token) == ("", "token-1")


def test_whoever_gets_in_with_no_token_is_told_and_asked_no_more_soon(
    tokens: Tokens, account: Account, ines: User
) -> None:
    tokens.owner = "somebody-else"
    box, now = mailbox(tokens, ines, **by_imap(account)), timezone.now()
    polling.read(box.pk, now)
    box.refresh_from_db()
    assert box.read_problem == ("127.0.0.1 did not accept the sign-in. Connect the account again.")
    assert polling.due(now + timedelta(minutes=10)) == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((400, {"error": "invalid_grant"}), "127.0.0.1 lets us in no longer: the permission"),
        ((401, {"error": "invalid_client"}), "127.0.0.1 does not know the client."),
        ((503, {}), "127.0.0.1 gave no access token (answer 503)."),
        ((200, {"token": "x"}), "127.0.0.1 gave no access token. Check the token address."),
    ],
)
def test_why_there_is_no_token_is_said(
    tokens: Tokens, ines: User, answer: tuple[int, dict[str, Any]], words: str
) -> None:
    tokens.answer = answer
    box = mailbox(tokens, ines, imap_host="127.0.0.1")
    polling.read(box.pk, timezone.now())
    box.refresh_from_db()
    assert box.read_problem.startswith(words)
    assert trial.try_reading(box, now=timezone.now()).problem == box.read_problem


def test_tokens_come_only_from_where_the_internet_is(
    tokens: Tokens, ines: User, settings: Any
) -> None:
    settings.ALLOWED_PRIVATE_TARGETS = []
    box = mailbox(tokens, ines, imap_host="127.0.0.1")
    polling.read(box.pk, timezone.now())
    box.refresh_from_db()
    assert box.read_problem.startswith("No access token: ")
    assert tokens.asked == []


def test_a_new_refresh_token_replaces_the_old_one_and_all_are_encrypted(
    tokens: Tokens, ines: User
) -> None:
    tokens.also = {"refresh_token": "next one"}
    box = mailbox(tokens, ines)
    oauth.access_token(box, now=timezone.now())
    oauth.access_token(box, now=timezone.now() + timedelta(hours=2))
    assert [form["refresh_token"] for form in tokens.asked] == ["lasting", "next one"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT refresh_token, access_token, client_secret FROM outreach_mailbox")
        [row] = cursor.fetchall()
    for stored, secret in zip(row, ("next one", "token-2", "hush"), strict=True):
        assert secret not in stored
    box.refresh_from_db()
    assert (box.refresh_token, box.access_token) == ("next one", "token-2")


def test_an_account_that_was_connected_anew_meanwhile_stays_so(tokens: Tokens, ines: User) -> None:
    tokens.also = {"refresh_token": "next one"}
    box = mailbox(tokens, ines)
    Mailbox.objects.filter(pk=box.pk).update(refresh_token="connected anew")
    assert oauth.access_token(box, now=timezone.now()) == "token-1"
    box.refresh_from_db()
    assert (box.refresh_token, box.access_token) == ("connected anew", "")


class ByToken(Postbox):
    """A mail server that lets in whoever presents a token that holds."""

    tokens: Tokens

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        said = b64decode(args[1]).decode() if len(args) > 1 else ""
        user, _, token = said.strip("\1").partition("\1auth=Bearer ")
        self.sign_ins.append((user.removeprefix("user=").encode(), token.encode()))
        return AuthResult(success=token in self.tokens.of, handled=False)


def test_mail_is_sent_with_a_token_and_a_refused_one_is_renewed(tokens: Tokens, ines: User) -> None:
    tokens.owner = "ines@yard.example"
    postbox = ByToken()
    postbox.tokens = tokens
    with mail_server(postbox, authenticator=None, auth_required=False) as served:
        ends_at = timezone.now() + timedelta(hours=1)
        box = mailbox(
            tokens, ines, smtp_host="127.0.0.1", smtp_port=served.port, smtp_security="none",
            access_token="withdrawn", access_expires_at=ends_at,
        )  # fmt: skip
        ago = timezone.now() - timedelta(hours=1)
        delivery = order(make_deal(ines, opened_at=ago), ines, now=ago)
        send.deliver(delivery.pk, timezone.now())
        delivery.refresh_from_db()
        assert delivery.state == "queued"
        Delivery.objects.update(send_at=ago)
        send.deliver(delivery.pk, timezone.now())
    delivery.refresh_from_db()
    assert delivery.state == "sent"
    assert postbox.sign_ins == [
        (b"ines@yard.example", b"withdrawn"),
        (b"ines@yard.example", b"token-1"),
    ]
    box.refresh_from_db()
    assert box.access_token == "token-1"
