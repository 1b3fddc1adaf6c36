"""Digests: what is news to whom, each silence once, whoever looks and however often."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User, Workspace
from deals import conversation
from deals.models import Deal, Hold, WorkCalendar
from outreach.digest import asking, making
from outreach.models import Digest, Notice, Telling
from tests.cast import Cast, Story, day, make_cover, make_deal, sweep_at
from tests.digesting import content, of, titles, waiting, wants

State = Digest.State


@pytest.fixture(autouse=True)
def _clocks(workspace: Workspace) -> None:
    """Everybody reads the clock of UTC, where the workspace is open nine to five."""
    workspace.time_zone = "UTC"
    workspace.save()


def test_the_morning_tells_what_went_dark_what_we_owe_and_what_falls_due(ines: User) -> None:
    waiting(ines, title="Harbour")
    asked = Story(make_deal(ines, "Demo", title="Depot"))
    asked.they_write(day(4, 10))  # Friday: an answer is owed within a working day
    later = Story(make_deal(ines, "Demo", title="Ferry"))
    later.we_write(day(1, 15))  # dark on Tuesday at three
    sweep_at(day(7, 11))
    assert making.make(day(8, 8)) == 1
    [digest] = of(ines)
    assert titles(digest, day(8, 8)) == {"dark": ["Harbour"], "ours": ["Depot"], "due": ["Ferry"]}
    assert content(digest, day(8, 8)).says == "1 deal went dark · 1 waits for us · 1 due today"
    assert digest.state == State.QUEUED


def test_nothing_new_is_sent_to_nobody(cast: Cast) -> None:
    assert making.make(day(8, 8)) == 0
    assert {row.state for row in Digest.objects.all()} == {State.EMPTY}
    assert Telling.objects.count() == 0


def test_news_of_later_that_day_wait_for_the_next_morning(ines: User) -> None:
    waiting(ines)
    making.make(day(7, 8))  # it falls due that day
    assert [row.state for row in of(ines)] == [State.QUEUED]
    fresh = Story(make_deal(ines, "Demo", title="Later"))
    fresh.we_write(day(0, 9))
    sweep_at(day(7, 9, 30))
    assert making.make(day(7, 9, 31)) == 0
    assert making.make(day(8, 8)) == 1
    assert titles(of(ines)[1], day(8, 8)) == {"dark": ["Later"]}


def test_a_silence_is_never_told_twice(ines: User) -> None:
    waiting(ines)
    sweep_at(day(7, 11))
    told = [making.make(day(number, 8)) for number in range(8, 12)]
    assert told == [1, 0, 0, 0]
    assert Telling.objects.count() == 1


def test_making_twice_makes_one(ines: User) -> None:
    waiting(ines)
    sweep_at(day(7, 11))
    assert (making.make(day(8, 8)), making.make(day(8, 8, 1))) == (1, 0)
    assert len(of(ines)) == 1


def test_what_comes_as_foretold_is_not_told_again(ines: User) -> None:
    waiting(ines)
    making.make(day(7, 8))
    sweep_at(day(7, 10))
    assert making.make(day(8, 8)) == 0
    assert list(Telling.objects.values_list("kind", flat=True)) == ["due"]


def test_what_did_not_come_as_foretold_is_told_once_when_it_does(ines: User) -> None:
    story = waiting(ines)
    making.make(day(7, 8))
    pause = Hold(deal=story.deal, reason="pause", starts_at=day(7, 9), ends_at=day(9, 9))
    conversation.hold(pause, now=day(7, 9))
    sweep_at(day(9, 11))
    assert [making.make(day(number, 8)) for number in (10, 11)] == [1, 0]
    assert titles(of(ines)[1], day(11, 8)) == {"dark": [story.deal.title]}


def test_a_second_spell_of_the_same_silence_is_not_told(ines: User) -> None:
    story = waiting(ines)
    sweep_at(day(7, 11))
    making.make(day(8, 8))
    pause = Hold(deal=story.deal, reason="pause", starts_at=day(8, 9), ends_at=day(9, 9))
    conversation.hold(pause, now=day(8, 9))
    sweep_at(day(9, 10))
    assert story.deal.silences.get(ended_at=None, by="them").spells.count() == 2
    assert making.make(day(10, 8)) == 0


def test_what_was_answered_since_is_not_in_the_mail(ines: User) -> None:
    story = waiting(ines)
    sweep_at(day(7, 11))
    making.make(day(8, 8))
    story.they_write(day(8, 8, 5))
    assert content(of(ines)[0], day(8, 8, 6)).is_empty


def test_what_was_given_away_since_is_not_in_the_mail(ines: User, noor: User) -> None:
    story = waiting(ines)
    sweep_at(day(7, 11))
    making.make(day(8, 8))
    Deal.objects.filter(pk=story.deal.pk).update(owner=noor)
    assert content(of(ines)[0], day(8, 8)).is_empty


def test_nobody_is_told_of_others_deals(cast: Cast) -> None:
    waiting(cast.noor, title="South")
    waiting(cast.ines, title="North")
    sweep_at(day(7, 11))
    making.make(day(8, 8))
    assert [titles(row, day(8, 8)) for row in of(cast.ines)] == [{"dark": ["North"]}]
    assert [titles(row, day(8, 8)) for row in of(cast.noor)] == [{"dark": ["South"]}]
    assert {row.state for row in of(cast.maud)} == {State.EMPTY}


def test_a_first_import_rings_no_bells(ines: User) -> None:
    waiting(ines)
    sweep_at(day(9, 11))  # recorded two days after the crossing
    assert making.make(day(10, 8)) == 0


def test_whoever_covers_is_told_and_whoever_is_back_afterwards(cast: Cast) -> None:
    waiting(cast.ines, title="Harbour")
    make_cover(cast.karl, cast.ines, day(6, 0), day(9, 0))
    sweep_at(day(7, 11))
    assert making.make(day(8, 8)) == 1
    [digest] = of(cast.karl)
    [section] = content(digest, day(8, 8)).sections
    assert [(told.title, told.owner) for told in section.told] == [("Harbour", "Ines")]
    assert of(cast.ines) == []
    assert making.make(day(9, 8)) == 1
    assert titles(of(cast.ines)[0], day(9, 8)) == {"dark": ["Harbour"]}


def test_a_cover_that_ended_leaves_nothing_to_read(cast: Cast) -> None:
    waiting(cast.ines)
    make_cover(cast.karl, cast.ines, day(6, 0), day(9, 0))
    sweep_at(day(7, 11))
    making.make(day(8, 8))
    assert content(of(cast.karl)[0], day(9, 1)).is_empty


def test_somebody_who_wants_none_gets_none(ines: User) -> None:
    wants(ines, morning_by_mail=False, morning_in_app=False)
    waiting(ines)
    sweep_at(day(7, 11))
    assert making.make(day(8, 8)) == 0
    assert Digest.objects.filter(user=ines).count() == 0


def test_whoever_cannot_sign_in_is_told_nothing(ines: User) -> None:
    waiting(ines)
    sweep_at(day(7, 11))
    User.objects.filter(pk=ines.pk).update(is_active=False)
    assert making.make(day(8, 8)) == 0


def test_a_holiday_is_made_up_for_on_the_next_working_day(ines: User) -> None:
    version = WorkCalendar.objects.get(is_workspace=True).versions.get()
    version.holidays = {"2026-03-10": "Founders’ Day"}  # Tuesday, day 8
    version.save()
    waiting(ines)
    sweep_at(day(7, 11))
    assert [making.make(day(number, 8)) for number in (8, 9)] == [0, 1]


def test_two_zones_have_their_mornings_apart(cast: Cast) -> None:
    User.objects.filter(pk=cast.ines.pk).update(time_zone="America/New_York")
    waiting(cast.ines)
    waiting(cast.karl)
    sweep_at(day(7, 11))
    making.make(day(8, 8))
    assert (len(of(cast.ines)), len(of(cast.karl))) == (0, 1)
    making.make(day(8, 12))  # eight in New York: daylight saving began there on Sunday
    assert len(of(cast.ines)) == 1


def test_other_news_of_the_app_stand_in_the_mail_once(ines: User) -> None:
    story = waiting(ines)
    news = {"user": ines, "deal": story.deal, "kind": "look_again", "text": "Worth another look."}
    Notice.objects.create(**news, key="1", created_at=day(1, 7))
    Notice.objects.create(**news, key="2", created_at=day(-1, 7))  # older than a day
    Notice.objects.create(**news, key="3", created_at=day(1, 7), read_at=day(1, 7))
    assert making.make(day(1, 8)) == 1
    [digest] = of(ines)
    assert [notice.key for notice in content(digest, day(1, 8)).notices] == ["1"]
    assert not digest.in_app
    assert making.make(day(2, 8)) == 0


def test_today_shows_a_digest_once_and_not_what_a_notice_says(client: Client, ines: User) -> None:
    waiting(ines, title="Harbour")
    Story(make_deal(ines, "Demo", title="Depot")).they_write(day(4, 10))
    sweep_at(day(7, 11))
    making.make(day(8, 8))
    [shown] = asking.on_today(ines, day(8, 8))
    assert [each.kind for each in shown.sections] == ["dark"]
    client.force_login(ines)
    assert client.post(f"/digests/{shown.digest.pk}/read/").status_code == 302
    assert asking.on_today(ines, day(8, 9)) == []


def test_nobody_puts_away_what_another_was_told(client: Client, cast: Cast) -> None:
    waiting(cast.ines)
    sweep_at(day(7, 11))
    making.make(day(8, 8))
    client.force_login(cast.karl)
    assert client.post(f"/digests/{of(cast.ines)[0].pk}/read/").status_code == 404
    assert len(asking.on_today(cast.ines, day(8, 8))) == 1


def test_without_a_way_out_for_mail_it_stands_in_the_app(ines: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    waiting(ines)
    sweep_at(day(7, 11))
    making.make(day(8, 8))
    assert [(row.state, row.in_app) for row in of(ines)] == [(State.IN_APP, True)]


def test_what_could_be_told_in_no_way_stays_to_be_told(ines: User, settings: Any) -> None:
    wants(ines, morning_in_app=False)
    waiting(ines)
    sweep_at(day(7, 11))
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert making.make(day(8, 8)) == 0
    settings.EMAIL_BACKEND = usual
    assert making.make(day(9, 8)) == 1


def test_a_run_asks_the_same_for_five_people_as_for_sixty(cast: Cast) -> None:
    counts = []
    for number, more in enumerate((0, 55)):
        for one in range(more):
            User.objects.create_user(f"rep{one}@example.com", "x" * 8, name=f"Rep {one}")
        for user in User.objects.all():
            Story(make_deal(user, "Demo")).we_write(day(14 * number, 10))
        sweep_at(day(14 * number + 7, 11))
        with CaptureQueriesContext(connection) as asked:
            made = making.make(day(14 * number + 8, 8))
        assert made >= User.objects.count()
        counts.append(len(asked))
    assert counts == [23, 23]


def test_old_digests_are_forgotten_and_what_was_told_is_not(ines: User) -> None:
    waiting(ines)
    sweep_at(day(7, 11))
    making.make(day(8, 8))
    making.make(day(9, 8))
    making.forget_old(day(9, 8) + timedelta(days=15))
    assert [row.state for row in of(ines)] == [State.QUEUED]
    making.forget_old(day(9, 8) + timedelta(days=91))
    assert (of(ines), Telling.objects.count()) == ([], 1)


def test_the_hour_is_ones_own_choice(ines: User) -> None:
    wants(ines, morning_at=time(9, 30))
    waiting(ines)
    sweep_at(day(7, 11))
    assert [making.make(day(8, 8)), making.make(day(8, 9, 30))] == [0, 1]
