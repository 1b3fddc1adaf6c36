"""The weekly report: its week, its figures in both forms, by mail and on Today."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Team, User, Workspace
from deals import course
from deals.figures import Figure
from deals.models import Outcome, WorkCalendar
from outreach.digest import asking, making, sending, weekly
from outreach.fates import LOST_AFTER
from outreach.models import Digest, DigestSettings
from tests.cast import Cast, Story, day, make_cover, make_deal, sweep_at
from tests.digesting import dark, of
from tests.weekly import MONDAY_8, add, make_week, run, weeklies

State = Digest.State


@pytest.fixture(autouse=True)
def _clocks(workspace: Workspace) -> None:
    workspace.time_zone = "UTC"
    workspace.save()


@pytest.fixture
def week(cast: Cast) -> Cast:
    return make_week(cast)


@pytest.mark.parametrize(
    ("weekday", "first"),
    [("Monday", 2), ("Tuesday", 2), ("Wednesday", 2), ("Thursday", 2), ("Friday", 2),
     ("Saturday", 9), ("Sunday", 9)],
)  # fmt: skip
def test_it_speaks_of_the_week_whose_working_days_are_over(weekday: str, first: int) -> None:
    asked_for = date(2026, 3, 9) + timedelta(days=list(calendar.day_name).index(weekday))
    told = weekly.reported(asked_for, ZoneInfo("UTC"))
    assert (told.first, told.last) == (date(2026, 3, first), date(2026, 3, first + 6))


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_one_report_follows_another_without_a_gap(asked_for: date) -> None:
    zone, week = ZoneInfo("Europe/Berlin"), timedelta(days=7)
    assert weekly.reported(asked_for + week, zone).since == weekly.reported(asked_for, zone).until


@pytest.mark.parametrize("weekday", range(7))
def test_on_every_weekday_a_week_is_told_once(week: Cast, weekday: int) -> None:
    DigestSettings.objects.create(user=week.maud, weekly_on=weekday, working_days_only=False)
    User.objects.filter(pk=week.ada.pk).update(is_active=False)
    for number in range(7, 28):
        run(day(number, 8))
    [sent] = [each for each in mail.outbox if "of 9 March" in each.subject]
    so_far = " so far" if weekday >= 5 else ""
    assert sent.subject == f"Week of 9 March{so_far}: 1 went dark, 0 relit"
    assert f"in the week of 9 to 15 March 2026{so_far},\nteam North, as of" in sent.body
    assert sent.extra_headers["Date"][:3] == calendar.day_abbr[weekday]


def test_a_saturdays_report_that_comes_on_monday_is_of_the_whole_week(week: Cast) -> None:
    DigestSettings.objects.create(user=week.maud, weekly_on=5)
    run(day(12, 8))
    assert weeklies() == {}
    run(day(14, 8))
    sent = weeklies()["Maud <maud@example.com>"]
    assert sent.subject == "Week of 9 March: 1 went dark, 0 relit"


def test_a_manager_reads_the_teams_figures_and_no_others(week: Cast) -> None:
    run()
    told = weeklies()
    assert sorted(told) == ["Ada <ada@example.com>", "Maud <maud@example.com>"]
    maud = told["Maud <maud@example.com>"]
    assert maud.subject == "Week of 9 March: 1 went dark, 0 relit"
    assert "New business, Demo 1 1 0 0" in " ".join(maud.body.split())
    assert "Ines 1 1 0 0" in " ".join(maud.body.split())
    assert "Noor" not in maud.body + str(maud.alternatives[0][0])
    assert told["Ada <ada@example.com>"].subject == "Week of 9 March: 2 went dark, 0 relit"


def test_it_reads_without_html_and_without_images(week: Cast) -> None:
    run()
    sent = weeklies()["Maud <maud@example.com>"]
    html = str(sent.alternatives[0][0])
    assert "9 Mar  ████████████████████ 1\n" in sent.body
    assert ("<img" in html, "<svg" in html, "<script" in html) == (False, False, False)
    assert 'width="100%"' in html
    for figure in ("Dark now", "Went dark", "Relit", "Let go"):
        assert figure in sent.body
        assert figure in html


def test_a_number_is_never_parted_from_its_unit(week: Cast) -> None:
    run()
    sent = weeklies()["Maud <maud@example.com>"]
    for said in (sent.body, str(sent.alternatives[0][0]).split("</style>")[1]):
        assert ("€\u00a01,000" in said, "100\u00a0%" in said) == (True, True)
        assert re.search(r"[€$£¥] \d|\d %", said) is None


def test_the_link_leads_to_the_week_that_was_told(week: Cast) -> None:
    run()
    body = weeklies()["Maud <maud@example.com>"].body
    assert (
        "http://127.0.0.1:8000/report/?from=2026-03-09&to=2026-03-15&as_of=2026-03-16T08%3A00%3A00Z"
    ) in body


def test_it_comes_once_a_week(week: Cast) -> None:
    for number in range(14, 21):
        run(day(number, 8))
    assert len(weeklies()) == len(mail.outbox) == 2


def test_on_a_holiday_it_comes_a_day_later(week: Cast) -> None:
    version = WorkCalendar.objects.get(is_workspace=True).versions.get()
    version.holidays = {"2026-03-16": "Founders’ Day"}
    version.save()
    run()
    assert mail.outbox == []
    run(day(15, 8))
    assert weeklies()["Maud <maud@example.com>"].subject.startswith("Week of 9 March")


def test_nothing_to_report_is_not_sent(cast: Cast) -> None:
    run()
    assert mail.outbox == []
    assert {row.state for row in of(cast.maud, "weekly")} == {State.CANCELLED}


def test_a_week_in_which_only_we_went_quiet_is_told(cast: Cast) -> None:
    story = Story(make_deal(cast.ines, "Demo"))
    story.they_write(day(7, 10))
    sweep_at(day(9, 11))
    story.we_write(day(10, 10))
    assert told_of_stages(cast) == (f"{Figure.WE_WENT_QUIET.label}: 1", [])


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_week_in_which_a_once_dark_deal_was_closed_is_told(cast: Cast, outcome: str) -> None:
    story = Story(make_deal(cast.ines, "Demo"))
    story.we_write(day(-7, 10))
    sweep_at(day(0, 11))
    course.close(story.deal, Outcome(outcome), now=day(9, 10))
    assert told_of_stages(cast) == (f"{Figure(outcome).label}: 1", [])


def told_of_stages(cast: Cast) -> tuple[str, list[str]]:
    """Return the one figure of Maud's report that is not nothing, and its tables."""
    run()
    sent = weeklies()["Maud <maud@example.com>"]
    figures = [line.split(" (")[0].removesuffix(", few") for line in sent.body.splitlines()]
    counted = [line for line in figures if re.fullmatch(r"[A-Z][a-z ]+: [1-9]\d*", line)]
    assert len(counted) == 1
    tables = [line for line in sent.body.splitlines() if line.startswith("BY ")]
    assert [each in str(sent.alternatives[0][0]) for each in ("By stage", "By rep")] == [False] * 2
    return counted[0], tables


@pytest.mark.parametrize(
    ("teams", "mine", "theirs"),
    [([], "your own deals", "the deals of Maud"), (["North"], "team North", "team North"),
     (["North", "South"], "teams North and South", "teams North and South")],
)  # fmt: skip
def test_it_says_whose_deals_it_is_about(
    week: Cast, teams: list[str], mine: str, theirs: str
) -> None:
    week.maud.led_teams.set(Team.objects.filter(name__in=teams))
    dark(week.maud, title="Own")
    add(week.maud, "board@example.org")
    run()
    told = weeklies()
    for address, whose in (
        ("Maud <maud@example.com>", mine),
        ("board@example.org", theirs),
        ("Ada <ada@example.com>", "the whole workspace"),
    ):
        assert f"2026,\n{whose}, as of 16 March 2026, 08:00 UTC." in told[address].body
        assert f"March 2026, {whose}. As of" in str(told[address].alternatives[0][0])


def test_it_stands_on_today_with_the_way_to_its_figures(client: Client, week: Cast) -> None:
    run()
    [digest] = of(week.maud, "weekly")
    [shown] = asking.on_today(week.maud, MONDAY_8)
    path = "/report/?from=2026-03-09&to=2026-03-15&as_of=2026-03-16T08%3A00%3A00Z"
    assert (shown.digest, shown.says, shown.path) == (digest, "9 to 15 March 2026", path)
    client.force_login(week.maud)
    assert client.get(path).status_code == 200
    assert client.post(f"/digests/{digest.pk}/read/").status_code == 302
    assert asking.on_today(week.maud, MONDAY_8) == []


def test_without_a_way_out_for_mail_it_stands_on_today(week: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    add(week.maud, "board@example.org")
    run()
    told = [(row.state, row.in_app, row.recipient) for row in of(week.maud, "weekly")]
    assert told == [(State.IN_APP, True, None)]


def test_who_wants_it_by_mail_only_finds_none_on_today(week: Cast) -> None:
    DigestSettings.objects.create(user=week.maud, weekly_in_app=False)
    run()
    assert "Maud <maud@example.com>" in weeklies()
    assert asking.on_today(week.maud, MONDAY_8) == []


def test_who_wants_it_on_today_only_gets_no_mail(week: Cast) -> None:
    DigestSettings.objects.create(user=week.maud, weekly_by_mail=False)
    run()
    assert "Maud <maud@example.com>" not in weeklies()
    assert len(asking.on_today(week.maud, MONDAY_8)) == 1


def test_a_week_of_nothing_stands_nowhere(cast: Cast) -> None:
    run()
    assert asking.on_today(cast.maud, MONDAY_8) == []


def test_a_report_of_which_nobody_can_tell_stands_on_today(week: Cast) -> None:
    DigestSettings.objects.create(user=week.maud, weekly_in_app=False)
    add(week.maud, "board@example.org")
    making.make(MONDAY_8)
    for digest in of(week.maud, "weekly"):
        digest.move(State.SENDING, among=[State.QUEUED], claimed_at=MONDAY_8)
    sending.give_up_lost(MONDAY_8 + LOST_AFTER)
    [shown] = asking.on_today(week.maud, MONDAY_8)  # their own; the board's is the board's
    assert shown.digest.recipient is None


def test_who_leads_no_more_finds_no_report_on_today(week: Cast) -> None:
    run()
    User.objects.filter(pk=week.maud.pk).update(role=User.Role.REP)
    week.maud.refresh_from_db()
    assert asking.on_today(week.maud, MONDAY_8) == []


def test_a_report_on_today_asks_for_no_figures(week: Cast, django_assert_num_queries: Any) -> None:
    run()
    with django_assert_num_queries(4):  # the digests; the workspace, its calendar and its rates
        asking.on_today(week.maud, MONDAY_8)


def test_a_rep_gets_none(week: Cast) -> None:
    run()
    assert of(week.ines, "weekly") == []


def test_a_manager_on_leave_gets_none_and_their_recipients_do(week: Cast) -> None:
    add(week.maud, "board@example.org")
    make_cover(week.karl, week.maud, day(13), day(16))
    run()
    assert sorted(weeklies()) == ["Ada <ada@example.com>", "board@example.org"]
