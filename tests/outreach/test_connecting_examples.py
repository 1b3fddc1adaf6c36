"""The examples of docs/connecting.md: each call is answered as the page says, each line runs."""

from __future__ import annotations

import json
import re
import shlex
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import User
from deals.models import Announcement, Touch
from outreach import handbook
from outreach.mail.mailboxes.presets import PRESETS
from outreach.webhooks import delivering, signing
from tests.cast import Story, make_deal, sweep_at

PAGE = (settings.BASE_DIR / "docs" / "connecting.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```sh\n(.*?)```(?:\n\nAnswer, (\d+):\n\n```json\n(.*?)```)?", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
ROOT = "https://lamplighter.example.org/api/v1"


@dataclass(frozen=True)
class Example:
    """A call of the page, and the answer that stands under it, if one does."""

    command: str
    status: int
    answer: Any


EXAMPLES = [
    Example(command, int(status or 0), json.loads(answer) if answer else None)
    for command, status, answer in EXAMPLE.findall(PAGE)
]


@pytest.fixture
def secret(ines: User) -> str:
    """A token of Ines, whose one deal, known to HubSpot, went dark."""
    now = timezone.now()
    deal = make_deal(
        ines, opened_at=now - timedelta(60), source="hubspot", external_id="901"
    )  # fmt: skip
    Story(deal).we_write(now - timedelta(50))
    sweep_at(now)
    scopes = ["read", "touches"]
    return tokens.issue(ines, name="Zapier", scopes=scopes, now=now)[1]


def call(command: str, secret: str) -> Any:
    """Send what curl would send."""
    curl = ArgumentParser()
    curl.add_argument("-X", dest="method", default="GET")
    curl.add_argument("-H", dest="headers", action="append", default=[])
    curl.add_argument("-d", dest="body", default="")
    curl.add_argument("url")
    line = command.replace("\\\n", " ").replace("$LAMP", ROOT).replace("$TOKEN", secret)
    program, *words = shlex.split(line)
    assert program == "curl"
    told = curl.parse_args(words)
    headers = dict(header.split(": ", 1) for header in told.headers)
    path = told.url.removeprefix("https://lamplighter.example.org")
    kind = headers.get("Content-Type", "")
    return Client().generic(told.method, path, told.body, content_type=kind, headers=headers)


def lacks(told: Any, real: Any, path: str = "") -> list[str]:
    """Return where the page names a field that the answer has not, or has as another kind."""
    if isinstance(told, dict) and isinstance(real, dict):
        missing = [f"{path}.{name}" for name in told.keys() - real.keys()]
        both = [(name, told[name], real[name]) for name in told.keys() & real.keys()]
        return missing + [each for name, a, b in both for each in lacks(a, b, f"{path}.{name}")]
    if isinstance(told, list) and isinstance(real, list):
        pairs = zip(told, real, strict=False)
        short = [f"{path}: too few"] if len(told) > len(real) else []
        return short + [each for a, b in pairs for each in lacks(a, b, f"{path}[]")]
    return [] if type(told) is type(real) else [f"{path}: {real!r}"]


@pytest.mark.django_db
def test_every_call_of_the_page_is_answered_as_it_says(secret: str) -> None:
    assert len(EXAMPLES) == 6
    for example in EXAMPLES:
        answer = call(example.command, secret)
        assert answer.status_code == example.status or (not example.status and answer.status_code < 300), (
            answer.content
        )  # fmt: skip
        if example.answer is not None:
            assert lacks(example.answer, answer.json()) == []
    assert list(Touch.objects.order_by("pk").values_list("source", "external_id"))[1:3] == [
        ("phone-system", "call-7781"),
        ("mailer", "m-1"),
    ]


@pytest.mark.django_db
def test_calls_with_a_name_or_a_key_may_come_twice(secret: str) -> None:
    posted = [each.command for each in EXAMPLES if "POST" in each.command and each.status < 400]
    assert len(posted) == 3
    for command in posted:
        call(command, secret)
    count = Touch.objects.count()
    for command in posted:
        assert call(command, secret).status_code < 300
    assert Touch.objects.count() == count


def test_every_page_that_sends_readers_here_names_a_section_that_is_there() -> None:
    there = {heading.anchor for heading in handbook.read("connecting").headings}
    templates = (settings.BASE_DIR / "templates").rglob("*.html")
    led_to = {
        anchor
        for path in templates
        for anchor in re.findall(r"'connecting' %}#([\w-]+)", path.read_text(encoding="utf-8"))
    }
    assert led_to
    assert (led_to | {preset.anchor for preset in PRESETS.values()}) - there == set()


def test_the_page_names_every_kind_of_webhook() -> None:
    assert [kind for kind in Announcement.Kind.values if f"`{kind}`" not in PAGE] == []


def test_the_page_says_how_long_webhooks_are_tried_again() -> None:
    hours = [round(pause.total_seconds() / 3600, 2) for pause in delivering.PAUSES]
    assert hours == [0.0, 0.08, 0.5, 2, 5, 10, 14, 20, 24]
    assert "after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours" in PAGE


def test_the_check_of_a_signature_believes_us_and_nobody_else() -> None:
    [source] = PYTHON.findall(PAGE)
    names: dict[str, Any] = {}
    exec(source, names)
    check = names["is_from_lamplighter"]
    secret, other, body, now = (
        signing.new_secret(),
        signing.new_secret(),
        b'{"a": 1}',
        timezone.now(),
    )
    rotated = signing.headers("msg_1", body, [other, secret], now)
    assert check(secret, signing.headers("msg_1", body, [secret], now), body)
    assert check(secret, rotated, body)
    assert not check(secret, signing.headers("msg_1", body, [other], now), body)
    assert not check(secret, rotated, b'{"a": 2}')
    assert not check(secret, {**rotated, "webhook-id": "msg_2"}, body)
    old = signing.headers("msg_1", body, [secret], now - timedelta(hours=1))
    assert not check(secret, old, body)
