"""What is sent is signed as Standard Webhooks say, checked by their reference library."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from outreach.webhooks import signing

BODY = '{"type":"silence.dark","data":{"title":"Flotte für Årstad ☕"}}'.encode()


def signed(*secrets: str, at: datetime | None = None, body: bytes = BODY) -> dict[str, str]:
    return signing.headers("msg_1", body, secrets, at or datetime.now(UTC))


def test_the_reference_library_accepts_a_signature():
    secret = signing.new_secret()

    assert Webhook(secret).verify(BODY, signed(secret))["type"] == "silence.dark"


def test_while_a_secret_is_changed_the_new_and_the_former_one_both_open():
    new, former = signing.new_secret(), signing.new_secret()
    headers = signed(new, former)

    assert Webhook(new).verify(BODY, headers) == Webhook(former).verify(BODY, headers)
    assert len(headers["webhook-signature"].split(" ")) == 2


@pytest.mark.parametrize(
    "forge",
    [
        lambda headers: {**headers, "webhook-id": "msg_2"},
        lambda headers: {
            **headers,
            "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1),
        },
        lambda headers: {**headers, "webhook-signature": "v1,AAAA"},
        lambda headers: signed(signing.new_secret()),
        lambda headers: signed(SECRET, body=BODY + b" "),
    ],
)
def test_what_was_tampered_with_is_refused(forge):
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, forge(signed(SECRET)))


SECRET = signing.new_secret()


def test_an_old_message_is_refused_so_that_it_cannot_be_replayed():
    headers = signed(SECRET, at=datetime.now(UTC) - timedelta(minutes=6))

    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, headers)


@given(st.text(max_size=200))
def test_any_text_is_signed_to_the_byte(text):
    body = text.encode(errors="replace")
    moment = datetime.now(UTC)

    signature = Webhook(SECRET).sign("msg_1", moment, body.decode())
    assert signed(SECRET, at=moment, body=body)["webhook-signature"] == signature


def test_no_two_secrets_are_the_same_and_each_is_as_long_as_the_standard_asks():
    secrets = {signing.new_secret() for _ in range(50)}

    assert len(secrets) == 50
    assert {secret[:6] for secret in secrets} == {"whsec_"}
    assert {len(secret) for secret in secrets} == {50}  # 32 bytes
