"""Links that open what calls, texts, chats or writes."""

from __future__ import annotations

import pytest

from outreach.reach import dialled, link


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+46 31 555 01 23", "+46315550123"),
        ("+46 (0)31-555 01 23", "+46315550123"),
        ("(031) 555.01.23", "0315550123"),
        ("0049 40 555", "004940555"),
        ("+49 40 555 ext. 12", "+4940555;ext=12"),
        ("040 555 x12", "040555;ext=12"),
        ("call Mara", ""),
        ("+", ""),
    ],
)
def test_a_number_is_dialled_without_what_is_only_written(written: str, number: str) -> None:
    assert dialled(written) == number


def test_a_call_and_a_text_message_open_by_their_number() -> None:
    assert link("phone", "+46 31 555", body="Points to make") == "tel:+4631555"
    assert link("sms", "+46 31 555", body="Is it on?\nMara") == (
        "sms:+4631555?body=Is%20it%20on%3F%0D%0AMara"
    )
    assert link("sms", "unknown") == ""


def test_a_mail_opens_with_its_words() -> None:
    said = {"subject": "The fleet & more", "body": "Hi Mara,\n\nso?"}
    assert link("email", "mara+x@example.org", **said) == (
        "mailto:mara+x@example.org?subject=The%20fleet%20%26%20more&body=Hi%20Mara%2C%0D%0A%0D%0Aso%3F"
    )
    assert link("email", "mara@example.org") == "mailto:mara@example.org"


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://wa.me/4631555", "https://wa.me/4631555"),
        ("chat.example.org/mara", "https://chat.example.org/mara"),
        ("tg://resolve?domain=mara", "tg://resolve?domain=mara"),
        ("xmpp:mara@example.org", "xmpp:mara@example.org"),
        ("mara.lind", ""),
        ("@mara", ""),
        ("http://example.org/mara", ""),
        ("javascript:alert(1)", ""),
        ("JavaScript:alert(1)//https://example.org", ""),
        ("data:text/html,x", ""),
        ("https://", ""),
        ("https://[", ""),
        ("https://example.org/\u202e", ""),
        ("https://example.org/a b", ""),
    ],
)
def test_a_chat_opens_where_its_address_is_one_of_a_few_kinds(value: str, url: str) -> None:
    assert link("chat", value) == url
    assert link("social", value) == url


def test_what_no_app_opens_has_no_link() -> None:
    assert link("letter", "https://example.org/") == ""
