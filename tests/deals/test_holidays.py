"""Public holidays are stored with a calendar, and the years to come are brought in in time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from accounts.models import User
from config.celery import app
from deals import calendars
from deals.calendars import WORKING_WEEK
from deals.models import CalendarVersion, WorkCalendar
from deals.replay import compare
from tests.cast import Story, make_contact, make_deal, sweep_at


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.fixture
def berlin(workspace: object) -> WorkCalendar:
    """Nine to five in Berlin, with Germany's public holidays up to 2026."""
    calendar = WorkCalendar.objects.create(name="Berlin")
    calendars.new_version(
        calendar, now=utc(2024, 1, 1), hours=WORKING_WEEK, time_zone="Europe/Berlin", country="DE"
    )
    return calendar


def test_known_years_of_holidays_never_change(berlin: WorkCalendar) -> None:
    [version] = CalendarVersion.objects.filter(calendar=berlin)
    before = dict(version.holidays)
    assert calendars.refresh_holidays(utc(2026, 6, 1)) == 1
    assert calendars.refresh_holidays(utc(2026, 6, 1)) == 0
    version.refresh_from_db()
    assert {day: version.holidays[day] for day in before} == before
    assert version.holidays["2028-12-25"]


def test_beat_has_the_holidays_of_the_years_to_come_brought_in(berlin: WorkCalendar) -> None:
    known = CalendarVersion.objects.filter(calendar=berlin)
    known.update(holidays={}, holidays_to=timezone.now().year)
    app.loader.import_default_modules()

    app.tasks[app.conf.beat_schedule["refresh-holidays"]["task"]]()

    year = timezone.now().year + 2
    assert known.get().holidays_to == year
    assert known.get().holidays[f"{year}-12-25"]


def test_a_superseded_version_and_one_without_a_country_are_left_alone(
    berlin: WorkCalendar,
) -> None:
    [old] = CalendarVersion.objects.filter(calendar=berlin)
    calendars.new_version(
        berlin, now=utc(2025, 1, 1), hours=WORKING_WEEK, time_zone="Europe/Berlin"
    )
    assert calendars.refresh_holidays(utc(2026, 6, 1)) == 0
    assert CalendarVersion.objects.get(pk=old.pk).holidays_to == 2026


def test_a_year_that_began_without_its_holidays_has_them_from_now_on(
    ines: User, berlin: WorkCalendar
) -> None:
    """Nobody swept for years: what was dark on a holiday stays so, and the next one is free."""
    contact = make_contact()
    calendars.assign(contact, berlin, now=utc(2027, 3, 1))
    story = Story(make_deal(ines, "Negotiation", contact=contact, opened_at=utc(2027, 3, 1)))
    story.we_write(utc(2027, 3, 25, 14))  # the day before Good Friday, 15:00, four hours
    sweep_at(utc(2027, 3, 26, 12))
    crossed = [(utc(2027, 3, 26, 10), None)]
    assert story.spells == crossed
    assert calendars.refresh_holidays(utc(2027, 4, 1)) == 1
    assert calendars.refresh_holidays(utc(2027, 4, 1)) == 0
    sweep_at(utc(2027, 4, 2))
    assert story.spells == crossed
    story.we_talk(utc(2027, 4, 2))
    story.we_write(utc(2027, 5, 5, 14))  # the day before Ascension Day, 16:00
    sweep_at(utc(2027, 5, 7, 8))
    assert story.spells == [(utc(2027, 3, 26, 10), utc(2027, 4, 2))]
    sweep_at(utc(2027, 5, 7, 12))
    assert story.spells[-1] == (utc(2027, 5, 7, 10), None)
    assert not compare([story.deal.pk], utc(2030, 1, 1)).differing


def test_a_country_no_longer_known_keeps_no_other_calendar_waiting(berlin: WorkCalendar) -> None:
    lost = WorkCalendar.objects.create(name="Atlantis")
    version = calendars.drafted(lost, now=utc(2024, 1, 1), hours=WORKING_WEEK, time_zone="UTC")
    version.country = "XX"
    version.save()
    later = WorkCalendar.objects.create(name="Lyon")
    calendars.new_version(
        later, now=utc(2024, 1, 1), hours=WORKING_WEEK, time_zone="Europe/Paris", country="FR"
    )
    assert calendars.refresh_holidays(utc(2026, 6, 1)) == 2
