"""Who lives by a calendar, who may read it, and removing one that nobody needs."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from deals import calendar_users, calendars, rebuilding
from deals.models import CalendarVersion, Silence, WorkCalendar
from tests.cast import Story, day, make_company, make_contact, make_deal, sweep_at


@pytest.fixture
def sweden(workspace: object) -> WorkCalendar:
    """A calendar beside the workspace's."""
    calendar = WorkCalendar.objects.create(name="Sweden")
    calendars.new_version(
        calendar, now=day(0), hours=calendars.WORKING_WEEK, time_zone="Europe/Stockholm"
    )
    return calendar


def test_a_calendar_names_whom_the_reader_may_see_of_those_who_live_by_it(
    ines: User, noor: User, sweden: WorkCalendar
) -> None:
    company = make_company(owner=ines)
    make_contact(company=company, owner=ines)
    own = make_contact("Nils", owner=ines)
    calendars.assign_company(company, sweden, now=day(0))
    calendars.assign(own, sweden, now=day(0))

    users = calendar_users.users_of(sweden, ines)

    assert (users.companies, users.contacts, users.heirs) == ([company], [own], 1)
    assert calendar_users.counted([sweden]) == {sweden.pk: (1, 2)}
    assert not calendar_users.users_of(sweden, noor)


def test_who_lives_by_another_one_now_is_no_user(ines: User, sweden: WorkCalendar) -> None:
    contact, company = make_contact(owner=ines), make_company(owner=ines)
    calendars.assign(contact, sweden, now=day(0))
    calendars.assign_company(company, sweden, now=day(0))
    calendars.assign(contact, None, now=day(1))
    calendars.assign_company(company, None, now=day(1))
    assert calendar_users.counted([sweden]) == {sweden.pk: (0, 0)}
    assert not calendar_users.users_of(sweden, ines)


def test_a_rep_reads_the_calendars_of_whom_they_see_and_the_workspaces_own(
    ines: User, noor: User, ada: User, sweden: WorkCalendar
) -> None:
    calendars.assign(make_contact(owner=ines), sweden, now=day(0))
    own = WorkCalendar.objects.get(is_workspace=True)
    assert set(calendar_users.readable_by(ines)) == {own, sweden}
    assert set(calendar_users.readable_by(noor)) == {own}
    assert set(calendar_users.readable_by(ada)) == {own, sweden}


def test_a_calendar_in_use_stays_and_says_by_whom(ines: User, sweden: WorkCalendar) -> None:
    calendars.assign(make_contact(owner=ines), sweden, now=day(0))
    with pytest.raises(ValidationError, match="0 companies and 1 contact live by it"):
        calendar_users.remove(sweden, now=day(1))
    own = WorkCalendar.objects.get(is_workspace=True)
    with pytest.raises(ValidationError, match="workspace’s calendar"):
        calendar_users.remove(own, now=day(1))
    assert WorkCalendar.objects.offered().count() == 2


def test_one_that_never_counted_is_gone_for_good(sweden: WorkCalendar) -> None:
    assert calendar_users.remove(sweden, now=day(1))
    assert not WorkCalendar.objects.filter(name="Sweden").exists()
    assert CalendarVersion.objects.filter(calendar__name="Sweden").count() == 0


def test_one_that_judged_the_past_is_kept_for_it_and_can_be_brought_back(
    ines: User, ada: User, sweden: WorkCalendar
) -> None:
    contact = make_contact(owner=ines)
    calendars.assign(contact, sweden, now=day(0))
    story = Story(make_deal(ines, "Proposal", contact=contact))
    story.we_write(day(0, 10))
    sweep_at(day(2))
    story.they_write(day(2, 10))
    calendars.assign(contact, None, now=day(3))
    before = (story.silences, story.spells)
    assert before[1]  # it was dark once, on that calendar

    assert not calendar_users.remove(sweden, now=day(4), user=ada)

    sweden.refresh_from_db()
    assert (sweden.removed_at, sweden.removed_by) == (day(4), ada)
    assert sweden.versions.exists()
    assert rebuilding.check(lambda: day(5)).differing == []
    assert (story.silences, story.spells) == before
    with pytest.raises(ValidationError, match="Choose another calendar"):
        calendars.assign(contact, sweden, now=day(5))
    calendar_users.bring_back(sweden)
    calendars.assign(contact, sweden, now=day(5))
    assert calendar_users.counted([sweden]) == {sweden.pk: (0, 1)}


def test_one_that_judges_an_open_deal_stays(ines: User, sweden: WorkCalendar) -> None:
    contact = make_contact(owner=ines)
    calendars.assign(contact, sweden, now=day(0))
    Story(make_deal(ines, "Proposal", contact=contact)).we_write(day(0, 10))
    contact.calendar_uses.all().delete()
    assert Silence.objects.open().filter(calendar=sweden).exists()
    with pytest.raises(ValidationError, match="still judges 1 open deal"):
        calendar_users.remove(sweden, now=day(1))
