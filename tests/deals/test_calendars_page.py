"""Work calendars, as admins set them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from deals import calendars, standing
from deals.models import Silence, WorkCalendar
from tests.cast import Story, make_contact, make_deal

PAGE = "/settings/calendars/"
WEEK = {f"hours_{day}": "9:00-12:00, 13:00-17:00" for day in range(5)}
SAID = {
    "name": "Munich",
    "time_zone": "Europe/Berlin",
    "country": "DE",
    "subdivision": "by",
    **WEEK,
}


def look_and_save(admin: Client, pk: int, said: dict[str, str]) -> HttpResponse:
    """Save what a calendar says after a look at what it changes."""
    looked = admin.post(f"{PAGE}{pk}/preview/", said)
    assert looked.status_code == 200, looked.context["form"].errors
    return admin.post(f"{PAGE}{pk}/", {**said, "seen": looked.context["seen"]})


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def test_only_admins_find_the_calendars(client: Client, ines: User, maud: User) -> None:
    own = WorkCalendar.objects.get()
    for user in (ines, maud):
        client.force_login(user)
        for url in (PAGE, f"{PAGE}new/", f"{PAGE}{own.pk}/"):
            assert client.get(url).status_code == 404
        assert client.post(f"{PAGE}new/", SAID).status_code == 404
    assert WorkCalendar.objects.get() == own


def test_a_new_calendar_keeps_its_hours_holidays_and_extra_days(admin: Client, ada: User) -> None:
    special = "2026-12-24: 9:00-12:00\n2026-12-28: closed"
    assert admin.post(f"{PAGE}new/", SAID | {"special": special})["Location"] == PAGE
    version = WorkCalendar.objects.get(name="Munich").versions.get()
    assert version.hours == {str(day): [["09:00", "12:00"], ["13:00", "17:00"]] for day in range(5)}
    assert (version.country, version.subdivision) == ("DE", "BY")
    assert version.holidays["2026-01-06"]  # Epiphany is a holiday in Bavaria, not in all of Germany
    assert version.special == {"2026-12-24": [["09:00", "12:00"]], "2026-12-28": []}
    assert (version.counts_from, version.created_by) == (None, ada)


def test_a_change_is_a_new_version_that_counts_from_now(admin: Client) -> None:
    admin.post(f"{PAGE}new/", SAID)
    calendar = WorkCalendar.objects.get(name="Munich")
    before = timezone.now()
    look_and_save(admin, calendar.pk, SAID | {"hours_4": "9-12"})
    first, second = calendar.versions.order_by("pk")
    assert first.hours["4"] == [["09:00", "12:00"], ["13:00", "17:00"]]
    assert second.hours["4"] == [["09:00", "12:00"]]
    assert second.counts_from is not None
    assert second.counts_from >= before
    page = admin.get(f"/calendars/{calendar.pk}/").content.decode()
    assert "From the beginning" in page
    hours = "09:00–12:00, 13:00–17:00"
    for week in (f"<dt>Mon–Fri</dt><dd>{hours}</dd>", f"<dt>Mon–Thu</dt><dd>{hours}</dd>"):
        assert page.count(week) == 1
    assert page.count("<dt>Fri</dt><dd>09:00–12:00</dd>") == 1


def test_another_name_alone_is_no_new_version(admin: Client) -> None:
    admin.post(f"{PAGE}new/", SAID)
    calendar = WorkCalendar.objects.get(name="Munich")
    admin.post(f"{PAGE}{calendar.pk}/", SAID | {"name": "Bavaria"})
    calendar.refresh_from_db()
    assert (calendar.name, calendar.versions.count()) == ("Bavaria", 1)


def test_what_the_form_shows_can_be_saved_unchanged(admin: Client) -> None:
    admin.post(f"{PAGE}new/", SAID | {"special": "2026-12-24: 9-12"})
    calendar = WorkCalendar.objects.get(name="Munich")
    form = admin.get(f"{PAGE}{calendar.pk}/").context["form"]
    shown = {name: form[name].value() or "" for name in form.fields}
    assert admin.post(f"{PAGE}{calendar.pk}/", shown).status_code == 302
    assert calendar.versions.count() == 1


def test_open_silences_are_judged_by_the_new_hours_at_once(admin: Client, ines: User) -> None:
    now = timezone.now()
    story = Story(make_deal(ines, "Negotiation", opened_at=now - timedelta(days=1)))
    story.we_write(now - timedelta(days=1))
    own = WorkCalendar.objects.get(is_workspace=True)
    always = {f"hours_{day}": "0:00-24:00" for day in range(7)}
    look_and_save(admin, own.pk, {"name": "Ours", "time_zone": "UTC", **always})
    silence = Silence.objects.open().get()
    later = timezone.now()
    [stands] = standing.of([silence], later).values()
    assert stands.elapsed == later - silence.started_at
    assert stands.state == "dark"


@pytest.mark.parametrize(
    ("told", "field", "remedy"),
    [
        ({"hours_0": "nine to five"}, "hours_0", "“nine to five” is not a span of hours."),
        ({"special": "Christmas"}, "special", "“Christmas” is not a day."),
        ({"subdivision": "XX"}, "subdivision", "No holidays are known for “DE XX”."),
        ({"name": "workspace"}, "name", "Another calendar is called so."),
        ({"time_zone": "Mars/Base"}, "time_zone", "Select a valid choice."),
        ({f"hours_{day}": "" for day in range(5)}, "__all__", "Give at least one weekday"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_with_the_remedy(
    admin: Client, told: dict[str, str], field: str, remedy: str
) -> None:
    response = admin.post(f"{PAGE}new/", SAID | told)
    assert response.status_code == 422
    assert response.context["form"].errors[field][0].startswith(remedy)
    assert WorkCalendar.objects.count() == 1


def test_the_page_asks_no_more_for_more_calendars(admin: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert admin.get(PAGE).status_code == 200
        return len(asked)

    admin.get(PAGE)
    one = queries()
    for name in ("Two", "Three"):
        admin.post(f"{PAGE}new/", SAID | {"name": name})
    admin.get(PAGE)
    assert (one, queries()) == (8, 8)


def test_nothing_is_saved_before_its_effect_was_seen(admin: Client, ines: User) -> None:
    now = timezone.now()
    story = Story(make_deal(ines, "Negotiation", opened_at=now - timedelta(hours=5)))
    story.we_write(now - timedelta(hours=5))
    own = WorkCalendar.objects.get(is_workspace=True)
    half_an_hour = {str((now.weekday() + 3) % 7): [["09:00", "09:30"]]}
    own.versions.update(hours=half_an_hour)  # so that four working hours have not passed
    always = {f"hours_{day}": "0:00-24:00" for day in range(7)}
    said = {"name": own.name, "time_zone": "UTC", **always}

    looked = admin.post(f"{PAGE}{own.pk}/preview/", said)

    changes = {name: count for name, count, _ in looked.context["changes"]}
    assert changes["Would turn dark"] == 1
    assert (looked.context["judged"], own.versions.count()) == (1, 1)
    assert admin.post(f"{PAGE}{own.pk}/", said).status_code == 422
    seen = looked.context["seen"]
    other = admin.post(f"{PAGE}{own.pk}/", {**said, "hours_6": "", "seen": seen})
    assert (other.status_code, other.context["was_changed_since"]) == (422, True)
    assert own.versions.count() == 1
    assert admin.post(f"{PAGE}{own.pk}/", {**said, "seen": seen})["Location"] == PAGE
    assert own.versions.count() == 2
    assert admin.get(f"{PAGE}{own.pk}/preview/")["Location"] == f"{PAGE}{own.pk}/"


def test_a_look_at_what_another_admin_changed_meanwhile_does_not_save(admin: Client) -> None:
    admin.post(f"{PAGE}new/", SAID)
    calendar = WorkCalendar.objects.get(name="Munich")
    mine = SAID | {"hours_4": "9-12"}
    seen = admin.post(f"{PAGE}{calendar.pk}/preview/", mine).context["seen"]
    look_and_save(admin, calendar.pk, SAID | {"hours_0": "10-12"})
    assert admin.post(f"{PAGE}{calendar.pk}/", {**mine, "seen": seen}).status_code == 422
    assert calendar.versions.count() == 2


def test_a_calendar_is_removed_and_brought_back(admin: Client, ines: User) -> None:
    admin.post(f"{PAGE}new/", SAID)
    calendar = WorkCalendar.objects.get(name="Munich")
    contact = make_contact(owner=ines)
    calendars.assign(contact, calendar, now=timezone.now())
    where = f"{PAGE}{calendar.pk}/"
    assert admin.post(f"{where}removal/")["Location"] == f"/calendars/{calendar.pk}/"
    assert "live by it. Give them another one first." in admin.get(PAGE).content.decode()

    calendars.assign(contact, None, now=timezone.now())
    assert admin.post(f"{where}removal/")["Location"] == PAGE
    assert list(admin.get(PAGE).context["removed"]) == [calendar]
    assert admin.get(where).status_code == 404
    assert (
        f'value="{calendar.pk}"'
        not in admin.get(f"/contacts/{contact.pk}/calendar/").content.decode()
    )
    refused = admin.post(f"/contacts/{contact.pk}/calendar/", {"calendar": calendar.pk})
    assert refused.status_code == 422

    assert admin.post(f"{where}return/")["Location"] == PAGE
    assert admin.get(where).status_code == 200


def test_only_admins_remove_calendars(client: Client, ines: User, maud: User) -> None:
    other = WorkCalendar.objects.create(name="Elsewhere")
    calendars.new_version(
        other, now=timezone.now(), hours=calendars.WORKING_WEEK, time_zone="Europe/Berlin"
    )
    for user in (ines, maud):
        client.force_login(user)
        for act in ("removal", "return", "preview"):
            assert client.post(f"{PAGE}{other.pk}/{act}/", SAID).status_code == 404
    other.refresh_from_db()
    assert other.removed_at is None
