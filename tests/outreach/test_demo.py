"""The demo: a workspace one could believe in, the same one for the same seed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse

from accounts.models import Cover, User, Workspace
from contacts.models import Address, Company, Contact, Fact, OptOut
from deals import reports
from deals.figures import Figure
from deals.models import (
    CalendarUse,
    Deal,
    Direction,
    ExchangeRate,
    Hold,
    OutcomeEntry,
    Promise,
    Silence,
    StageEntry,
    Threshold,
    Touch,
)
from deals.periods import Period
from deals.replay import compare
from deals.scopes import Scope
from outreach import tone
from outreach.demo import build, house
from outreach.demo.offers import offers
from outreach.demo.words import words
from outreach.digest.recipients import receiving
from outreach.models import Digest, Notice, ReasonEntry, Remark, Suggestion, Telling
from outreach.tries import Fate, tries

WEDNESDAY = datetime(2026, 10, 14, 13, 40, tzinfo=UTC)
SUNDAY_NIGHT = datetime(2026, 3, 1, 23, 5, tzinfo=UTC)
FEW = 80
pytestmark = pytest.mark.django_db


class UndoneError(Exception):
    """Ends a transaction that is to leave nothing behind."""


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Return all that the demo says, by what it is, without the ids of rows."""
    told = {
        Company: ("external_id", "name", "domain", "country"),
        Contact: ("external_id", "first_name", "last_name", "job_title", "company__external_id"),
        Address: ("contact__external_id", "channel", "value", "consent", "health"),
        Fact: ("external_id", "text", "learned_on"),
        CalendarUse: ("company__external_id", "contact__external_id", "calendar__name"),
        Deal: ("external_id", "title", "stage__name", "owner__email", "amount", "outcome"),
        StageEntry: ("external_id", "stage__name", "occurred_at", "turn"),
        OutcomeEntry: ("external_id", "outcome", "occurred_at", "look_again_on"),
        Touch: ("external_id", "occurred_at", "channel", "direction", "turn", "note"),
        Hold: ("external_id", "reason", "starts_at", "ends_at"),
        Promise: ("external_id", "made_at", "due_at"),
        OptOut: ("external_id", "occurred_at"),
        Silence: ("deal__external_id", "by", "started_at", "ended_at", "dark_at"),
        Suggestion: ("deal__external_id", "play", "channel", "contact__external_id", "step"),
        Remark: ("deal__external_id", "topic", "text", "said_on", "contact__external_id"),
        ReasonEntry: ("silence__deal__external_id", "guessed", "confidence", "said", "said_at"),
        Notice: ("deal__external_id", "kind", "user__email"),
    }
    return {
        model.__name__: sorted(model._default_manager.values_list(*columns), key=str)
        for model, columns in told.items()
    }


def told_and_undone(seed: int) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of a demo that is taken back."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with pytest.raises(UndoneError), transaction.atomic():  # noqa: PT012 -- the raise takes it back
        build.fill(WEDNESDAY, seed=seed, deals=FEW)
        found = rows()
        raise UndoneError
    return found


def test_the_same_seed_tells_the_same_story_and_another_one_another() -> None:
    first = told_and_undone(seed=7)

    assert told_and_undone(seed=7) == first
    assert told_and_undone(seed=8)["Deal"] != first["Deal"]


@pytest.mark.parametrize("now", [WEDNESDAY, SUNDAY_NIGHT])
def test_the_stored_silences_are_what_the_told_histories_amount_to(now: datetime) -> None:
    build.fill(now, deals=FEW)

    deals = list(Deal.objects.values_list("pk", flat=True))
    assert compare(deals, now).differing == set()
    assert not Touch.objects.filter(occurred_at__gt=now).exists()
    oldest = Touch.objects.order_by("occurred_at").values_list("occurred_at", flat=True)[0]
    assert oldest >= now - timedelta(days=730)


def test_what_was_over_long_ago_is_not_told_as_news() -> None:
    build.fill(WEDNESDAY, deals=FEW)

    told = Notice.objects.values_list("deal").order_by("deal")
    assert 0 < told.count() < 20


def test_reps_hardly_ever_write_at_weekends() -> None:
    build.fill(WEDNESDAY, deals=FEW)

    ours = Touch.objects.filter(direction=Direction.OUTBOUND).select_related("user")
    days = [touch.occurred_at.astimezone(zone_of(touch.user)).weekday() for touch in ours]
    assert sum(day > 4 for day in days) <= 6  # those about to go dark are laid to the minute


def zone_of(user: User | None) -> Any:
    from zoneinfo import ZoneInfo

    assert user is not None
    return ZoneInfo(user.time_zone)


def test_nobody_in_the_demo_can_be_reached_for_real() -> None:
    build.fill(WEDNESDAY, deals=FEW)

    mails = Address.objects.filter(channel="email").values_list("value", flat=True)
    hosts = {
        value.split("@")[1] for value in [*mails, *User.objects.values_list("email", flat=True)]
    }
    assert [
        host for host in hosts if not re.search(r"(^example\.(com|org|net)|\.example)$", host)
    ] == []
    numbers = Address.objects.filter(channel__in=["phone", "sms"]).values_list("value", flat=True)
    assert [number for number in numbers if not FICTION.match(number)] == []


FICTION = re.compile(
    r"\+49 (30 23125 \d{3}|171 39200\d{2})$|\+46 (31 390 06 \d{2}|70 174 06 \d{2})$"
    r"|\+44 (20 7946 0\d{3}|7700 900\d{3})$|\+1 (212|646) 555 01\d{2}$"
    r"|\+33 (1 99 00|6 39 98) \d{2} \d{2}$|\+(34|48|81) 00 "
)


def test_every_slot_of_every_text_is_filled() -> None:
    build.fill(WEDNESDAY, deals=FEW)

    of_deals = Deal.objects.values_list("title", "wanted", "next_step")
    of_touches = Touch.objects.values_list("subject", "note")
    texts = [text for row in (*of_deals, *of_touches) for text in row]
    assert [text for text in texts if "{" in text] == []
    assert Touch.objects.filter(note="").count() == 0


def test_germans_are_written_to_from_notes_in_german() -> None:
    """As many texts in each language: the same seed gives the same deals."""
    for offer in offers():
        assert len(offer.wanted_in("de")) == len(offer.wanted_in("sv"))
    assert len(words().facts_in("de")) == len(words().facts_in("en"))
    told = [words().next_steps_in(language) for language in ("en", "de")]
    assert len({tuple((stage, len(steps)) for stage, steps in each.items()) for each in told}) == 1

    build.fill(WEDNESDAY, deals=FEW)
    german = Deal.objects.filter(contact__language="de")
    texts = (re.escape(text) for offer in offers() for text in offer.wanted_in("de"))
    in_german = re.compile("|".join(re.sub(r"\\{\w+\\}", ".+", text) for text in texts))
    assert german.exists()
    assert [deal.wanted for deal in german if not in_german.fullmatch(deal.wanted)] == []


def every_text() -> Iterator[str]:
    for texts in words().said.values():
        yield from texts


def test_nobody_in_the_demo_is_asked_why_they_do_not_answer() -> None:
    blamed = [text for text in every_text() for found in tone.check(text) if found.is_blame]
    assert blamed == []


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("demo", *arguments, stdout=said)
    return said.getvalue()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command tell fewer deals than the four hundred."""
    monkeypatch.setattr(build, "DEALS", FEW)


def test_the_command_prints_who_can_sign_in_and_they_can(small: None, client: Client) -> None:
    said = run("--at", "2026-10-14T13:40:00+00:00")

    assert Workspace.current().is_demo
    assert said.count("@example.com") == 12
    client.post(reverse("account_login"), {"login": "ines@example.com", "password": house.PASSWORD})
    assert client.get("/").status_code == 200


def test_a_colleague_is_away_next_week_and_the_first_rep_covers(small: None) -> None:
    run("--at", WEDNESDAY.isoformat())
    cover = Cover.objects.with_people().get()
    assert str(cover) == "Ines Fontaval for Karl Brunsholt"
    assert cover.days == "19 October to 23 October"


def test_the_command_leaves_a_workspace_in_use_alone(small: None, ines: User) -> None:
    with pytest.raises(CommandError, match="not empty"):
        run()

    said = run("--if-empty")

    assert (
        said == "There is something in this workspace already: it stays as it is, without a demo.\n"
    )
    assert (Deal.objects.count(), Workspace.current().is_demo) == (0, False)


def test_a_second_run_changes_nothing_and_tells_the_sign_ins_again(small: None) -> None:
    first = json.loads(run("--json", "--at", "2026-10-14T13:40:00+00:00"))

    assert first == {"deals": FEW, "touches": Touch.objects.count()}
    assert "ines@example.com" in run("--if-empty")
    assert json.loads(run("--json", "--if-empty")) == {"deals": 0, "touches": 0}
    assert Deal.objects.count() == FEW


def test_every_dark_deal_says_why_and_with_what_evidence() -> None:
    build.fill(WEDNESDAY, deals=FEW)

    told = list(Suggestion.objects.live().values_list("evidence", "reason_evidence", "confidence"))
    assert len(told) > 5
    assert [row for row in told if not row[0] or not row[1]] == []
    sentences = [text for _, grounds, _ in told for text, _ in grounds]
    assert [text for text in sentences if not re.fullmatch(r"[A-Z0-9].*\.", text)] == []
    touches = {touch for _, grounds, _ in told for _, touch in grounds if touch}
    assert Touch.objects.filter(pk__in=touches, deal__suggestions__isnull=False).exists()


def test_contacts_said_things_and_reps_answered_guesses() -> None:
    build.fill(WEDNESDAY, deals=FEW)

    assert Remark.objects.count() > 3
    assert not Remark.objects.filter(said_on__gt=WEDNESDAY.date()).exists()
    answers = ReasonEntry.objects.all()
    assert answers.filter(silence__ended_at__isnull=False).count() > 10
    assert answers.filter(said_at__gt=WEDNESDAY).count() == 0
    assert (
        answers.filter(silence__deal__owner__email="ines@example.com", said_at=WEDNESDAY).count()
        == 0
    )


def test_what_reps_tried_in_the_past_brought_some_back_and_others_not() -> None:
    build.fill(WEDNESDAY, deals=FEW)
    months = Period(WEDNESDAY.date() - timedelta(days=364), WEDNESDAY.date(), UTC)
    told = tries(User.objects.get(email="ada@example.com"), Scope(months, WEDNESDAY))
    assert {each.fate for each in told} >= {Fate.REPLIED, Fate.UNANSWERED}
    assert len({(each.play, each.channel) for each in told}) >= 4
    past = Suggestion.objects.exclude(state__in=Suggestion.PENDING)
    assert not past.filter(acted_at__gt=WEDNESDAY).exists()
    assert not past.filter(acted_at__lt=F("created_at")).exists()


def test_dollars_have_rates_and_pounds_stay_apart() -> None:
    build.fill(WEDNESDAY, deals=FEW)
    assert set(ExchangeRate.objects.values_list("currency", flat=True)) == {"USD"}
    assert ExchangeRate.objects.exclude(withdrawn_at=None).count() == 1
    weeks = Period(WEDNESDAY.date() - timedelta(days=364), WEDNESDAY.date(), UTC)
    ada = User.objects.get(email="ada@example.com")
    went_dark = reports.report(ada, Scope(weeks, WEDNESDAY)).tally(Figure.WENT_DARK)
    assert went_dark.value > 0
    assert set(went_dark.apart) == {"GBP"}


def test_a_manager_mails_her_report_to_two_others() -> None:
    build.fill(WEDNESDAY, deals=FEW)
    readers = receiving(Workspace.current())
    assert [(str(each.manager), each.address) for each in readers] == [
        ("Maud Ehrensvik", "ada@example.com"), ("Maud Ehrensvik", "board@example.org"),
    ]  # fmt: skip


@pytest.mark.parametrize("now", [WEDNESDAY, SUNDAY_NIGHT])
def test_the_first_rep_finds_a_digest_of_the_latest_morning(now: datetime) -> None:
    build.fill(now, deals=FEW)
    told = Digest.objects.get(user__email="ines@example.com", kind=Digest.Kind.MORNING)
    assert (told.in_app, told.created_at <= now) == (True, True)
    assert Telling.objects.filter(digest=told).exists()


def test_the_first_thresholds_are_as_old_as_the_workspace() -> None:
    build.fill(WEDNESDAY, deals=FEW)
    changes = Threshold.objects.filter(stage__name="Discovery").order_by("pk")
    days = [(WEDNESDAY - change.created_at).days for change in changes]
    assert days == [3 * 365, 290, 150]
