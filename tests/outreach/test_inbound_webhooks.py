"""What mail providers post: believed from them alone, and once; kept to the byte."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from contacts.models import Address, OptOut
from outreach.mail import send
from outreach.mail.doors.forms import form_of
from outreach.models import Delivery, Intake, ProviderPost
from tests.cast import make_deal
from tests.mailing import order

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
NOW = timezone.now()  # of what is posted, so that it can be posted again to the byte
KEY = "a signing key of the provider"
BY_ADDRESS = "Basic " + b64encode(b"provider:open sesame").decode()
# Neither UTF-8 nor ASCII, and nested: it is not for the web process to take apart.
RAW = b"From: mara@yard.example\r\nTo: ines@yard.example\r\nSubject: J\xe4\r\n\r\nGr\xfc\xdfe\r\n"
PLAIN = b"From: mara@yard.example\r\nTo: ines@yard.example\r\nSubject: Yes\r\n\r\nYes.\r\n"
ENVELOPE = ("mara@yard.example", "ines@yard.example")


@pytest.fixture(autouse=True)
def set_up(settings: Any) -> None:
    settings.ANYMAIL = {
        "WEBHOOK_SECRET": "provider:open sesame", "MAILGUN_WEBHOOK_SIGNING_KEY": KEY,
        "MANDRILL_WEBHOOK_KEY": KEY, "MAILERSEND_INBOUND_SECRET": KEY,
        "MAILERSEND_SIGNING_SECRET": KEY, "BREVO_API_KEY": "a key",
    }  # fmt: skip


def signed(client: Client, path: str, body: bytes, kind: str, **headers: str) -> HttpResponse:
    headers = {"authorization": BY_ADDRESS, **headers}  # is asked of all once it is set
    told = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    return client.post(f"/anymail/{path}/", body, content_type=kind, **told)  # type: ignore[return-value]


def by_mailgun(client: Client, raw: bytes = RAW, **said: str) -> HttpResponse:
    at = said.pop("at", None) or str(int(NOW.timestamp()))
    token = said.pop("token", "a" * 50)
    proof = hmac.new(KEY.encode(), f"{at}{token}".encode(), hashlib.sha256).hexdigest()
    told = {
        "timestamp": at, "token": token, "signature": proof, "sender": ENVELOPE[0],
        "recipient": ENVELOPE[1], "body-mime": raw, **said,
    }  # fmt: skip
    return signed(client, "mailgun/inbound_mime", urlencode(told).encode(), FORM)


def by_sendgrid(client: Client, raw: bytes = RAW) -> HttpResponse:
    envelope = json.dumps({"from": ENVELOPE[0], "to": [ENVELOPE[1]]}).encode()
    parts = b"".join(
        b'--xYz\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % part
        for part in ((b"envelope", envelope), (b"email", raw))
    )
    kind = "multipart/form-data; boundary=xYz"
    return signed(client, "sendgrid/inbound", parts + b"--xYz--\r\n", kind)


def by_postmark(client: Client, raw: bytes = PLAIN) -> HttpResponse:
    told = {"RawEmail": raw.decode(), "OriginalRecipient": ENVELOPE[1], "Headers": []}
    return posted(client, "postmark/inbound", told)


def by_sparkpost(client: Client, raw: bytes = RAW) -> HttpResponse:
    content = {"email_rfc822": b64encode(raw).decode(), "email_rfc822_is_base64": True}
    relayed = {"content": content, "msg_from": ENVELOPE[0], "rcpt_to": ENVELOPE[1]}
    told = [{"msys": {"relay_message": relayed}}, {"msys": {}}]
    return posted(client, "sparkpost/inbound", told)


def by_mailersend(client: Client, raw: bytes = PLAIN) -> HttpResponse:
    said = {
        "raw": raw.decode(), "sender": {"email": ENVELOPE[0]},
        "recipients": {"rcptTo": [{"email": ENVELOPE[1]}]},
    }  # fmt: skip
    body = json.dumps({"type": "inbound.message", "data": said}).encode()
    proof = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    return signed(client, "mailersend/inbound", body, "application/json", signature=proof)


def by_mandrill(client: Client, raw: bytes = PLAIN) -> HttpResponse:
    message = {"raw_msg": raw.decode(), "email": ENVELOPE[1]}
    events = json.dumps([{"event": "inbound", "ts": NOW.timestamp(), "msg": message}])
    covered = (
        f"http://provider:open sesame@testserver/anymail/mandrill/inbound/mandrill_events{events}"
    )
    proof = b64encode(hmac.new(KEY.encode(), covered.encode(), hashlib.sha1).digest()).decode()
    body = urlencode({"mandrill_events": events}).encode()
    return signed(client, "mandrill/inbound", body, FORM, x_mandrill_signature=proof)


def by_brevo(client: Client, raw: bytes = PLAIN) -> HttpResponse:
    headers = {
        "From": ENVELOPE[0],
        "To": ENVELOPE[1],
        "Subject": "Yes",
        "Delivered-To": ENVELOPE[1],
    }
    told = {
        "items": [{"Uuid": ["1"], "Headers": headers, "RawTextBody": "Yes.", "Attachments": []}]
    }
    return posted(client, "brevo/inbound", told)


def posted(client: Client, path: str, told: Any, **headers: str) -> HttpResponse:
    return signed(client, path, json.dumps(told).encode(), "application/json", **headers)


WHOLE = [by_mailgun, by_sendgrid, by_postmark, by_sparkpost, by_mailersend, by_mandrill]


@pytest.mark.parametrize("post", WHOLE)
def test_a_mail_is_kept_to_the_byte_with_its_envelope(
    client: Client, post: Callable[..., HttpResponse]
) -> None:
    raw = RAW if post in (by_mailgun, by_sendgrid, by_sparkpost) else PLAIN
    assert post(client, raw).status_code == 200
    taken = Intake.objects.get()
    assert bytes(taken.raw) == raw
    assert taken.envelope_recipient == "ines@yard.example"
    assert (taken.door, taken.origin) == ("webhook", post.__name__.removeprefix("by_"))
    assert taken.received_at is not None
    assert NOW - timedelta(seconds=1) <= taken.received_at <= timezone.now()


def test_of_a_provider_that_takes_mail_apart_it_is_put_together(client: Client) -> None:
    assert by_brevo(client).status_code == 200
    made = message_from_bytes(bytes(Intake.objects.get().raw), policy=policy.default)
    assert (made["From"], made["Subject"]) == ("mara@yard.example", "Yes")
    texts = [part for part in made.walk() if part.get_content_type() == "text/plain"]
    assert [part.get_content() for part in texts] == ["Yes."]


@pytest.mark.parametrize("post", [*WHOLE, by_brevo])
def test_a_replay_is_refused_and_adds_nothing(
    client: Client, post: Callable[..., HttpResponse]
) -> None:
    assert [post(client).status_code for _ in range(2)] == [200, 409]
    assert Intake.objects.count() == 1


def test_a_caught_signature_signs_no_other_mail(client: Client) -> None:
    assert by_mailgun(client).status_code == 200
    assert by_mailgun(client, PLAIN).status_code == 409
    assert by_mailgun(client, PLAIN, token="b" * 50).status_code == 200
    assert [bytes(row.raw) for row in Intake.objects.order_by("pk")] == [RAW, PLAIN]


def test_an_old_signature_is_refused_and_what_was_seen_is_forgotten_later(client: Client) -> None:
    old = timezone.now() - timedelta(days=3)
    assert by_mailgun(client, at=str(int(old.timestamp()))).status_code == 409
    ProviderPost.objects.create(key="seen long ago", seen_at=timezone.now() - timedelta(days=8))
    assert by_mailgun(client).status_code == 200
    assert not ProviderPost.objects.filter(key="seen long ago").exists()
    assert Intake.objects.count() == 1


@pytest.mark.parametrize("post", [*WHOLE, by_brevo])
def test_without_its_secret_a_provider_does_not_exist(
    client: Client, settings: Any, post: Callable[..., HttpResponse]
) -> None:
    settings.ANYMAIL = {"BREVO_API_KEY": "a key"}
    assert post(client).status_code == 404
    assert Intake.objects.count() == 0


@pytest.mark.parametrize("post", [*WHOLE, by_brevo])
def test_with_another_secret_nobody_is_believed(
    client: Client, settings: Any, post: Callable[..., HttpResponse]
) -> None:
    if post in (by_mailgun, by_mandrill, by_mailersend):
        theirs = {name: "another key" for name in settings.ANYMAIL if name != "WEBHOOK_SECRET"}
    else:
        theirs = {"WEBHOOK_SECRET": "provider:another"}
    settings.ANYMAIL = {**settings.ANYMAIL, **theirs}
    assert post(client).status_code == 403
    assert Intake.objects.count() == 0


def test_postal_signs_with_a_key_of_its_own(client: Client, settings: Any) -> None:
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    settings.ANYMAIL = {"POSTAL_WEBHOOK_KEY": b64encode(public).decode()}
    told = {"message": b64encode(RAW).decode(), "base64": True, "mail_from": ENVELOPE[0],
            "rcpt_to": ENVELOPE[1]}  # fmt: skip
    body = json.dumps(told).encode()
    proof = b64encode(key.sign(body, padding.PKCS1v15(), hashes.SHA1())).decode()
    post = ("postal/inbound", body, "application/json")
    assert signed(client, *post, x_postal_signature=proof).status_code == 200
    assert signed(client, *post, x_postal_signature=proof).status_code == 409
    assert signed(client, *post, x_postal_signature=proof[::-1]).status_code == 403
    assert bytes(Intake.objects.get().raw) == RAW


@pytest.mark.parametrize("post", [by_mailgun, by_sendgrid])
def test_a_long_mail_comes_whole(client: Client, post: Callable[..., HttpResponse]) -> None:
    raw = RAW + b"x" * 5 * 2**20
    assert post(client, raw).status_code == 200
    assert Intake.objects.get().size_bytes == len(raw)


def test_what_is_no_message_of_the_provider_is_said(client: Client) -> None:
    for body in ("", "[]", "7", '{"RawEmail": 7}', '{"Headers": 7}', "nonsense"):
        answer = signed(client, "postmark/inbound", body.encode(), "application/json")
        assert answer.status_code == 400, body
    assert Intake.objects.count() == 0
    assert client.post("/anymail/nobody/inbound/").status_code == 404
    assert client.get("/anymail/postmark/inbound/").status_code == 405


@pytest.fixture
def sent(ines: User) -> Delivery:
    """A mail that the provider accepted from us."""
    an_hour_ago = timezone.now() - timedelta(hours=1)
    delivery = order(make_deal(ines, opened_at=an_hour_ago), ines, now=an_hour_ago)
    send.deliver(delivery.pk, timezone.now())
    delivery.refresh_from_db()
    assert delivery.state == "sent"
    return delivery


def tell_mailgun(client: Client, event: str, **said: Any) -> HttpResponse:
    at, token = str(int(timezone.now().timestamp())), said.pop("token", "c" * 50)
    proof = hmac.new(KEY.encode(), f"{at}{token}".encode(), hashlib.sha256).hexdigest()
    told = {
        "signature": {"timestamp": at, "token": token, "signature": proof},
        "event-data": {"event": event, "timestamp": float(at), "user-variables": {}, **said},
    }
    return posted(client, "mailgun/tracking", told)


def test_a_bounce_that_the_provider_tells_of_gives_the_move_back(
    client: Client, sent: Delivery
) -> None:
    told = {
        "message": {"headers": {"message-id": sent.message_id.strip("<>")}},
        "recipient": sent.recipient, "severity": "permanent",
        "delivery-status": {"message": "550 No such user", "description": ""},
    }  # fmt: skip
    assert tell_mailgun(client, "failed", severity_="", **told).status_code == 200
    assert tell_mailgun(client, "failed", token="d" * 50, **told).status_code == 200
    sent.refresh_from_db()
    assert (sent.state, sent.problem) == ("bounced", "550 No such user")
    assert sent.touch is not None
    assert sent.touch.is_delivered is False
    assert Address.objects.get(pk=sent.address_id).health == "dead"


def test_a_bounce_without_our_id_is_about_the_last_mail_there(
    client: Client, sent: Delivery
) -> None:
    told = {"RecordType": "Bounce", "Type": "HardBounce", "Email": sent.recipient, "ID": 1,
            "MessageID": "their own", "BouncedAt": "2026-11-22T10:00:00Z", "Details": "gone"}  # fmt: skip
    assert posted(client, "postmark/tracking", told).status_code == 200
    sent.refresh_from_db()
    assert sent.state == "bounced"


def test_a_soft_bounce_and_an_opening_change_nothing(client: Client, sent: Delivery) -> None:
    soft = {"RecordType": "Bounce", "Type": "SoftBounce", "Email": sent.recipient, "ID": 1}
    opened = {"RecordType": "Open", "Recipient": sent.recipient, "MessageID": "x"}
    for told in (soft, opened):
        answer = posted(client, "postmark/tracking", told)
        assert answer.status_code == 200
    sent.refresh_from_db()
    assert sent.state == "sent"
    assert Address.objects.get(pk=sent.address_id).health == "alive"


def test_a_complaint_ends_all_mail(client: Client, sent: Delivery) -> None:
    told = {"message": {"headers": {"message-id": sent.message_id.strip("<>")}}}
    assert tell_mailgun(client, "complained", recipient=sent.recipient, **told).status_code == 200
    assert OptOut.objects.get().contact == sent.contact


def nested(depth: int) -> bytes:
    """A mail with parts in parts, each line the boundary of one."""
    heads = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (at, at)
        for at in range(depth)
    )
    return b"From: mara@yard.example\r\nSubject: Deep\r\n" + heads + b"\r\nDeep.\r\n"


@pytest.mark.parametrize(
    "raw", [nested(3000), b"From: a@b.example\r\n\r\n--xYzA\r\nno boundary\r\n--xY\r\n"]
)
def test_a_mail_in_a_form_is_not_taken_apart_with_the_form(client: Client, raw: bytes) -> None:
    assert by_sendgrid(client, raw).status_code == 200
    assert bytes(Intake.objects.get().raw) == raw


def test_what_anymail_cannot_take_apart_is_set_aside_and_lost_for_nobody(client: Client) -> None:
    deep = b"Content-Type: message/rfc822\r\n\r\n" * 3000 + b"\r\nDeep.\r\n"
    fields = [
        (b'name="headers"', b"From: mara@yard.example\nTo: ines@yard.example\nSubject: Files"),
        (b'name="text"', b"See inside."), (b'name="attachments"', b"1"),
        (b'name="attachment-info"', b'{"attachment1": {"filename": "a.eml", "type": "message/rfc822"}}'),
        (b'name="attachment1"; filename="a.eml"\r\nContent-Type: message/rfc822', deep),
    ]  # fmt: skip
    body = b"".join(
        b"--xYz\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % field for field in fields
    )
    kind = "multipart/form-data; boundary=xYz"
    for status in (200, 409):
        answer = signed(client, "sendgrid/inbound", body + b"--xYz--\r\n", kind)
        assert answer.status_code == status
    waits = Intake.objects.get()
    assert waits.problem.startswith(
        "The mail provider posted it in pieces that are nested too deep."
    )
    assert deep in bytes(waits.raw)


def form(body: bytes, kind: str = "multipart/form-data; boundary=xYz") -> dict[str, bytes]:
    return form_of(RequestFactory().post("/", body, content_type=kind))


def test_the_fields_of_a_form_are_the_bytes_that_they_were() -> None:
    body = (
        b'--xYz\nContent-Disposition: form-data; name="a"\nContent-Type: text/plain\n\none\n\ntwo\n'
        b'--xYz\r\ncontent-disposition: form-data; filename="x"; name="b"\r\n\r\n\r\n\xff--xYz\r\n'
        b"--xYz \r\nContent-Disposition: form-data\r\n\r\nnameless\r\n--xYz\r\nno head"
        b'\r\n--xYz\r\nContent-Disposition: form-data; name="c"\r\n\r\nunfinished'
    )
    assert form(body) == {"a": b"one\n\ntwo", "b": b"\r\n\xff--xYz", "c": b"unfinished"}
    assert form(b"--xYz--\r\n" + body) == form(body)
    assert form(b"a=J%E4&b=", FORM) == {"a": b"J\xe4", "b": b""}


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"--xYz\r\n\r\n" * 1002, "multipart/form-data; boundary=xYz"), (b"--x", "multipart/form-data"),
     (b"a=1&" * 1002, FORM)],
)  # fmt: skip
def test_what_is_no_form_or_has_too_many_fields_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        form(body, kind)


@given(st.lists(st.binary(max_size=200), max_size=5), st.binary(max_size=300))
def test_any_bytes_between_boundaries_come_back_and_no_bytes_do_harm(
    values: list[bytes], noise: bytes
) -> None:
    mark = b"q" * 40
    body = b"".join(
        b'--%s\r\nContent-Disposition: form-data; name="%d"\r\n\r\n%s\r\n' % (mark, at, value)
        for at, value in enumerate(values)
    )
    kind = f"multipart/form-data; boundary={mark.decode()}"
    assert form(body + b"--" + mark + b"--", kind) == {
        str(at): value for at, value in enumerate(values)
    }
    form(noise, "multipart/form-data; boundary=q")
