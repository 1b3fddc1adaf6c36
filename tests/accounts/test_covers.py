"""Leave and its cover: which ones may be, in whose days, and when they end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts import covers, people
from accounts.covers import Leave
from accounts.models import Cover, User
from tests.cast import Cast, day

NOW = day(0, 15)  # Monday 2 March 2026, four in the afternoon in Berlin
MONDAY, TUESDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 6)


def arranged(
    person: User, colleague: User, first: date = TUESDAY, last: date = FRIDAY, now: datetime = NOW
) -> Cover:
    return covers.arrange(Leave(person, colleague, first, last), by=person, now=now)


def refusal(*given: object, **more: object) -> str:
    with pytest.raises(ValidationError) as caught:
        arranged(*given, **more)  # type: ignore[arg-type]
    return " ".join(caught.value.messages)


def test_a_cover_lasts_from_the_first_midnight_to_the_end_of_the_last_day(cast: Cast) -> None:
    cover = arranged(cast.ines, cast.karl)  # in the workspace's zone, Berlin

    assert cover.starts_at == datetime(2026, 3, 2, 23, tzinfo=UTC)
    assert cover.ends_at == datetime(2026, 3, 6, 23, tzinfo=UTC)
    assert (cover.made_by, cover.made_at) == (cast.ines, NOW)


def test_its_days_are_those_of_the_person_on_leave(cast: Cast) -> None:
    cast.ines.time_zone, cast.karl.time_zone = "Asia/Tokyo", "America/New_York"
    cast.ines.save()
    arranged(cast.ines, cast.karl)

    cover = Cover.objects.with_people().get()
    assert cover.starts_at == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert (cover.first_on, cover.last_on) == (TUESDAY, FRIDAY)
    assert (cover.days, cover.until) == ("3 March to 6 March", "6 March")


def test_a_leave_over_the_turn_of_the_year_names_the_year(cast: Cast) -> None:
    cover = arranged(cast.ines, cast.karl, date(2026, 12, 21), date(2027, 1, 8))

    assert cover.days == "21 December to 8 January 2027"


def test_a_leave_of_one_day_is_said_as_one(cast: Cast) -> None:
    assert arranged(cast.ines, cast.karl, FRIDAY, FRIDAY).days == "6 March"


def test_over_a_change_of_clocks_a_day_is_as_long_as_it_is(cast: Cast) -> None:
    cover = arranged(cast.ines, cast.karl, date(2026, 3, 29), date(2026, 3, 29))

    assert cover.ends_at - cover.starts_at == timedelta(hours=23)


def test_leave_may_begin_today_and_not_earlier(cast: Cast) -> None:
    sunday = MONDAY - timedelta(days=1)

    assert "That day is over" in refusal(cast.ines, cast.karl, sunday, FRIDAY)
    assert "That day is over" in refusal(cast.ines, cast.karl, sunday, sunday)
    assert arranged(cast.ines, cast.karl, MONDAY, FRIDAY).has_begun(NOW)


def test_today_is_where_the_person_on_leave_is(cast: Cast) -> None:
    cast.ines.time_zone = "Pacific/Auckland"  # where it is Tuesday

    assert "That day is over" in refusal(cast.ines, cast.karl, MONDAY, FRIDAY)


def test_days_in_the_wrong_order_or_years_ahead_are_refused(cast: Cast) -> None:
    assert "Swap the two" in refusal(cast.ines, cast.karl, FRIDAY, TUESDAY)
    assert "two years ahead" in refusal(cast.ines, cast.karl, FRIDAY, date(9999, 12, 30))


def test_nobody_covers_for_themself_nor_after_they_left(cast: Cast) -> None:
    cast.karl.is_active = False

    assert "Name somebody else" in refusal(cast.ines, cast.ines)
    assert "no longer works here" in refusal(cast.ines, cast.karl)


def test_a_colleague_of_another_team_may_cover(cast: Cast) -> None:
    assert arranged(cast.ines, cast.noor).colleague == cast.noor


def test_one_person_has_one_cover_at_a_time(cast: Cast) -> None:
    arranged(cast.ines, cast.karl)

    told = refusal(cast.ines, cast.maud, FRIDAY, FRIDAY)
    assert told.startswith("Karl covers for Ines from 3 March to 6 March already.")
    saturday = FRIDAY + timedelta(days=1)
    assert arranged(cast.ines, cast.maud, saturday, saturday).pk


def test_one_colleague_may_cover_for_several(cast: Cast) -> None:
    arranged(cast.ines, cast.karl)

    assert arranged(cast.maud, cast.karl).pk


def test_whoever_is_away_covers_for_nobody(cast: Cast) -> None:
    arranged(cast.karl, cast.maud)

    assert "Karl is away too, from 3 March to 6 March." in refusal(cast.ines, cast.karl)


def test_whoever_covers_goes_away_only_once_somebody_else_does(cast: Cast) -> None:
    arranged(cast.ines, cast.karl)

    told = refusal(cast.karl, cast.ines)
    assert "Ines is away too" in told
    told = refusal(cast.karl, cast.maud, FRIDAY, FRIDAY)
    assert told.endswith("Let somebody else cover for Ines first.")


def test_a_cover_to_come_changes_as_a_whole(cast: Cast) -> None:
    known = arranged(cast.ines, cast.karl)
    leave = Leave(cast.ines, cast.maud, FRIDAY, FRIDAY)
    covers.change(known, leave, by=cast.maud, now=NOW)

    assert [str(cover) for cover in Cover.objects.all()] == ["Maud for Ines"]
    assert Cover.objects.get().first_on == FRIDAY


def test_a_refused_change_leaves_all_as_it_was(cast: Cast) -> None:
    known = arranged(cast.ines, cast.karl)
    with pytest.raises(ValidationError):
        covers.change(known, Leave(cast.ines, cast.karl, MONDAY, MONDAY), by=cast.ines, now=day(3))

    assert list(Cover.objects.values_list("pk", "ends_at")) == [(known.pk, known.ends_at)]


def test_a_cover_that_has_begun_becomes_longer_or_shorter(cast: Cast) -> None:
    known = arranged(cast.ines, cast.karl)
    start = known.starts_at
    leave = Leave(cast.ines, cast.karl, TUESDAY, TUESDAY + timedelta(days=10))
    changed = covers.change(known, leave, by=cast.ines, now=day(2))

    assert (changed.pk, changed.starts_at) == (known.pk, start)
    assert changed.last_on == date(2026, 3, 13)


def test_another_colleague_takes_over_at_this_moment(cast: Cast) -> None:
    known = arranged(cast.ines, cast.karl)
    covers.change(known, Leave(cast.ines, cast.maud, TUESDAY, FRIDAY), by=cast.maud, now=day(2))

    rows = Cover.objects.order_by("starts_at").values_list(
        "colleague__name", "starts_at", "ends_at"
    )
    assert list(rows) == [
        ("Karl", known.starts_at, day(2)),
        ("Maud", day(2), known.ends_at),
    ]


def test_a_cover_that_is_over_changes_no_more(cast: Cast) -> None:
    known = arranged(cast.ines, cast.karl)
    with pytest.raises(ValidationError, match="That cover is over"):
        covers.change(known, Leave(cast.ines, cast.karl, FRIDAY, FRIDAY), by=cast.ines, now=day(9))


def test_a_cover_ends_early_and_with_it_the_sight(cast: Cast) -> None:
    known = arranged(cast.ines, cast.noor)
    assert cast.ines in User.objects.visible_to(cast.noor, day(2))
    covers.end(known, now=day(2))

    assert cast.ines not in User.objects.visible_to(cast.noor, day(2))
    assert Cover.objects.get().ends_at == day(2)


def test_a_cover_to_come_that_ends_was_never_there_and_one_over_stays(cast: Cast) -> None:
    covers.end(arranged(cast.ines, cast.karl), now=NOW)
    assert not Cover.objects.exists()
    known = arranged(cast.ines, cast.karl)
    covers.end(known, now=day(20))
    assert Cover.objects.get().ends_at == known.ends_at


def test_whoever_is_deactivated_covers_no_more_also_when_they_come_back(cast: Cast) -> None:
    arranged(cast.ines, cast.karl, MONDAY, TUESDAY)
    arranged(cast.ines, cast.karl, FRIDAY, FRIDAY)
    people.deactivate(cast.karl, now=NOW)
    people.reactivate(cast.karl)

    assert list(Cover.objects.values_list("ends_at", flat=True)) == [NOW]


def test_covers_concern_both_people_and_who_leads_them(cast: Cast) -> None:
    arranged(cast.ines, cast.noor)
    arranged(cast.ada, cast.maud, FRIDAY, FRIDAY)

    seen = {
        user.name: [str(cover) for cover in covers.seen_by(user, NOW)]
        for user in (cast.ines, cast.karl, cast.maud, cast.noor, cast.ada)
    }
    assert seen == {
        "Ines": ["Noor for Ines"],
        "Karl": [],
        "Maud": ["Noor for Ines", "Maud for Ada"],
        "Noor": ["Noor for Ines"],
        "Ada": ["Noor for Ines", "Maud for Ada"],
    }
    assert list(covers.of(cast.ines, day(9))) == []


def test_whoever_is_back_from_leave_may_take_over(cast: Cast) -> None:
    arranged(cast.maud, cast.ada, MONDAY, TUESDAY)
    known = arranged(cast.ines, cast.karl)
    leave = Leave(cast.ines, cast.maud, TUESDAY, FRIDAY)

    assert covers.change(known, leave, by=cast.ines, now=day(2)).colleague == cast.maud
