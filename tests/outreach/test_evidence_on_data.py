"""On the demo and on others' data: every dark silence has a suggestion, and its evidence is true."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from accounts.models import User
from contacts.models import Channel
from deals.models import Direction, Silence, Touch
from outreach import rates, sweeping
from outreach.demo import build
from outreach.evidence import NOUNS, say_count
from outreach.models import Suggestion
from outreach.steps import Steps, next_steps

WEDNESDAY = datetime(2026, 10, 14, 13, 40, tzinfo=UTC)
SINGULAR = {noun: channel for channel, nouns in NOUNS.items() for noun in nouns}
pytestmark = pytest.mark.django_db


def dark() -> list[Silence]:
    return list(Silence.objects.open().by_them().filter(dark_at__isnull=False))


def each_dark_silence(now: datetime) -> Iterator[Suggestion]:
    """Yield the suggestion of each dark silence; without one, its next step must be yet to come."""
    live = {
        each.silence_id: each
        for each in Suggestion.objects.live().select_related("silence", "deal", "contact")
    }
    steps, following = Steps.at(now), next_steps(dark())
    for silence in dark():
        if silence.pk in live:
            yield live[silence.pk]
        else:
            assert not steps.is_due(silence, following[silence.pk])


def counted(suggestion: Suggestion) -> set[str]:
    """Count our touches since the silence began, as its first sentence says them."""
    ours = Touch.objects.standing().filter(
        deal=suggestion.deal, direction=Direction.OUTBOUND, is_delivered=True,
        occurred_at__gte=suggestion.silence.started_at,
    )  # fmt: skip
    channels = Counter(ours.values_list("channel", flat=True))
    return {say_count(number, NOUNS[Channel(name)]) for name, number in channels.items()}


def answered(suggestion: Suggestion) -> dict[str, tuple[int, int]]:
    """Count by hand how the contact answered: (answered, tried) by channel."""
    said = Touch.objects.standing().filter(contact=suggestion.contact).order_by("occurred_at", "pk")
    found: dict[str, tuple[int, int]] = {}
    for channel in Channel.values:
        tried = got = 0
        is_waiting = False
        for touch in said.filter(channel=channel):
            if touch.direction == Direction.OUTBOUND:
                tried, is_waiting = tried + touch.is_delivered, is_waiting or touch.is_delivered
            elif touch.is_heard:
                tried += touch.direction == Direction.TWO_WAY
                got += is_waiting or touch.direction == Direction.TWO_WAY
                is_waiting = False
        if tried:
            found[channel] = (got, tried)
    return found


def check(suggestion: Suggestion) -> None:
    """Compare what the evidence counts with the touches themselves."""
    first = suggestion.evidence[0]
    if "went unanswered" in first:
        parts = re.split(r", | and ", first.partition(" since ")[0])
        assert {part[0].lower() + part[1:] for part in parts} == counted(suggestion)
    else:
        assert first.startswith("It has been their move since ")
        assert counted(suggestion) == set()
    for sentence in suggestion.evidence:
        for got, tried, noun in re.findall(r"(\d+) of (\d+) ([a-z -]+?)(?=[,.;])", sentence):
            assert answered(suggestion)[SINGULAR[noun]] == (int(got), int(tried))


def test_the_evidence_of_the_demo_is_true_and_stands_on_the_page(client: Client) -> None:
    build.fill(WEDNESDAY, deals=120)
    rates.learn(WEDNESDAY)
    Suggestion.objects.all().delete()
    Silence.objects.update(is_settled=None)
    sweeping.run(WEDNESDAY)

    suggestions = list(each_dark_silence(WEDNESDAY))

    assert len(suggestions) > 10
    assert any("the team’s" in " ".join(each.evidence) for each in suggestions)
    for suggestion in suggestions:
        check(suggestion)
    client.force_login(User.objects.get(email="ada@example.com"))
    for suggestion in suggestions[:5]:
        page = client.get(reverse("outreach:today"), {"deal": suggestion.deal_id}).content.decode()
        for sentence in suggestion.evidence:
            assert escape(sentence) in page


def test_the_evidence_of_the_loan_offers_is_true(real_data: Path) -> None:
    out = StringIO()
    call_command("import_crm", str(real_data / "loan_offers"), "--pipeline", "Loans", stdout=out)
    now = Touch.objects.latest("recorded_at").recorded_at
    rates.learn(now)
    sweeping.run(now)

    suggestions = list(each_dark_silence(now))

    assert len(suggestions) == len(dark()) > 100
    for suggestion in suggestions:
        check(suggestion)
