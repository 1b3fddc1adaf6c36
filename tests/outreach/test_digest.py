"""Digests: what is news to whom, each silence once, whoever looks and however often."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User, Workspace
from deals import conversation, rates
from deals.models import Deal, Hold, WorkCalendar
from outreach.digest import asking, making
from outreach.digest.content import Content, Contents
from outreach.digest.people import Teams
from outreach.models import Digest, DigestSettings, Notice, Telling
from tests.cast import Cast, Story, day, make_cover, make_deal, sweep_at

State = Digest.State


@pytest.fixture(autouse=True)
def _clocks(workspace: Workspace) -> None:
    """Everybody reads the clock of UTC, where the workspace is open nine to five."""
    workspace.time_zone = "UTC"
    workspace.save()


def waiting(owner: User, **fields: Any) -> Story:
    """A deal in Demo on which it is their move since Monday at ten: dark a week later."""
    story = Story(make_deal(owner, "Demo", **fields))
    story.we_write(day(0, 10))
    return story


def swept(now: datetime) -> None:
    sweep_at(now)


def of(user: User, kind: str = "morning") -> list[Digest]:
    return list(user.digests.filter(kind=kind).order_by("pk"))


def content(digest: Digest, now: datetime) -> Content:
    return Contents([digest], now).of(digest)


def titles(digest: Digest, now: datetime) -> dict[str, list[str]]:
    return {each.kind: [told.title for told in each.told] for each in content(digest, now).sections}


def wants(user: User, **said: Any) -> None:
    DigestSettings.objects.update_or_create(user=user, defaults=said)


def test_the_morning_tells_what_went_dark_what_we_owe_and_what_falls_due(ines: User) -> None:
    waiting(ines, title="Harbour")
    asked = Story(make_deal(ines, "Demo", title="Depot"))
    asked.they_write(day(4, 10))  # Friday: an answer is owed within a working day
    later = Story(make_deal(ines, "Demo", title="Ferry"))
    later.we_write(day(1, 15))  # dark on Tuesday at three
    swept(day(7, 11))
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
    swept(day(7, 9, 30))
    assert making.make(day(7, 9, 31)) == 0
    assert making.make(day(8, 8)) == 1
    assert titles(of(ines)[1], day(8, 8)) == {"dark": ["Later"]}


def test_a_silence_is_never_told_twice(ines: User) -> None:
    waiting(ines)
    swept(day(7, 11))
    told = [making.make(day(number, 8)) for number in range(8, 12)]
    assert told == [1, 0, 0, 0]
    assert Telling.objects.count() == 1


def test_making_twice_makes_one(ines: User) -> None:
    waiting(ines)
    swept(day(7, 11))
    assert (making.make(day(8, 8)), making.make(day(8, 8, 1))) == (1, 0)
    assert len(of(ines)) == 1


def test_what_comes_as_foretold_is_not_told_again(ines: User) -> None:
    waiting(ines)
    making.make(day(7, 8))
    swept(day(7, 10))
    assert making.make(day(8, 8)) == 0
    assert list(Telling.objects.values_list("kind", flat=True)) == ["due"]


def test_what_did_not_come_as_foretold_is_told_once_when_it_does(ines: User) -> None:
    story = waiting(ines)
    making.make(day(7, 8))
    pause = Hold(deal=story.deal, reason="pause", starts_at=day(7, 9), ends_at=day(9, 9))
    conversation.hold(pause, now=day(7, 9))
    swept(day(9, 11))
    assert [making.make(day(number, 8)) for number in (10, 11)] == [1, 0]
    assert titles(of(ines)[1], day(11, 8)) == {"dark": [story.deal.title]}


def test_a_second_spell_of_the_same_silence_is_not_told(ines: User) -> None:
    story = waiting(ines)
    swept(day(7, 11))
    making.make(day(8, 8))
    pause = Hold(deal=story.deal, reason="pause", starts_at=day(8, 9), ends_at=day(9, 9))
    conversation.hold(pause, now=day(8, 9))
    swept(day(9, 10))
    assert story.deal.silences.get(ended_at=None, by="them").spells.count() == 2
    assert making.make(day(10, 8)) == 0


def test_what_was_answered_since_is_not_in_the_mail(ines: User) -> None:
    story = waiting(ines)
    swept(day(7, 11))
    making.make(day(8, 8))
    story.they_write(day(8, 8, 5))
    assert content(of(ines)[0], day(8, 8, 6)).is_empty


def test_what_was_given_away_since_is_not_in_the_mail(ines: User, noor: User) -> None:
    story = waiting(ines)
    swept(day(7, 11))
    making.make(day(8, 8))
    Deal.objects.filter(pk=story.deal.pk).update(owner=noor)
    assert content(of(ines)[0], day(8, 8)).is_empty


def test_nobody_is_told_of_others_deals(cast: Cast) -> None:
    waiting(cast.noor, title="South")
    waiting(cast.ines, title="North")
    swept(day(7, 11))
    making.make(day(8, 8))
    assert [titles(row, day(8, 8)) for row in of(cast.ines)] == [{"dark": ["North"]}]
    assert [titles(row, day(8, 8)) for row in of(cast.noor)] == [{"dark": ["South"]}]
    assert {row.state for row in of(cast.maud)} == {State.EMPTY}


def test_a_first_import_rings_no_bells(ines: User) -> None:
    waiting(ines)
    swept(day(9, 11))  # recorded two days after the crossing
    assert making.make(day(10, 8)) == 0


def test_whoever_covers_is_told_and_whoever_is_back_afterwards(cast: Cast) -> None:
    waiting(cast.ines, title="Harbour")
    make_cover(cast.karl, cast.ines, day(6, 0), day(9, 0))
    swept(day(7, 11))
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
    swept(day(7, 11))
    making.make(day(8, 8))
    assert content(of(cast.karl)[0], day(9, 1)).is_empty


def test_somebody_who_wants_none_gets_none(ines: User) -> None:
    wants(ines, morning_by_mail=False, morning_in_app=False)
    waiting(ines)
    swept(day(7, 11))
    assert making.make(day(8, 8)) == 0
    assert Digest.objects.filter(user=ines).count() == 0


def test_whoever_cannot_sign_in_is_told_nothing(ines: User) -> None:
    waiting(ines)
    swept(day(7, 11))
    User.objects.filter(pk=ines.pk).update(is_active=False)
    assert making.make(day(8, 8)) == 0


def test_a_holiday_is_made_up_for_on_the_next_working_day(ines: User) -> None:
    version = WorkCalendar.objects.get(is_workspace=True).versions.get()
    version.holidays = {"2026-03-10": "Founders’ Day"}  # Tuesday, day 8
    version.save()
    waiting(ines)
    swept(day(7, 11))
    assert [making.make(day(number, 8)) for number in (8, 9)] == [0, 1]


def test_two_zones_have_their_mornings_apart(cast: Cast) -> None:
    User.objects.filter(pk=cast.ines.pk).update(time_zone="America/New_York")
    waiting(cast.ines)
    waiting(cast.karl)
    swept(day(7, 11))
    making.make(day(8, 8))
    assert (len(of(cast.ines)), len(of(cast.karl))) == (0, 1)
    making.make(day(8, 12))  # eight in New York: daylight saving began there on Sunday
    assert len(of(cast.ines)) == 1


def test_a_high_value_deal_is_told_at_once(ines: User, workspace: Workspace) -> None:
    workspace.high_value_amount = Decimal(50_000)
    workspace.save()
    waiting(ines, title="Harbour", amount=Decimal(50_000))
    waiting(ines, title="Kiosk", amount=Decimal(49_999))
    making.make(day(7, 8))
    assert Telling.objects.filter(silence__deal__title="Harbour").count() == 0  # nor foretold
    swept(day(7, 10, 1))
    assert making.make(day(7, 10, 1)) == 1
    [digest] = of(ines, "at_once")
    assert titles(digest, day(7, 10, 1)) == {"dark": ["Harbour"]}
    assert making.make(day(7, 10, 2)) == 0
    assert making.make(day(8, 8)) == 0
    assert Telling.objects.filter(silence__deal__title="Harbour").count() == 1


def test_ones_own_threshold_wins(cast: Cast, workspace: Workspace) -> None:
    workspace.high_value_amount = Decimal(50_000)
    workspace.save()
    wants(cast.ines, high_value_amount=Decimal(500))
    wants(cast.karl, high_value_amount=Decimal(60_000))
    for owner in (cast.ines, cast.karl):
        wants(owner, morning_by_mail=False, morning_in_app=False)
        waiting(owner, amount=Decimal(55_000))
        waiting(owner, amount=Decimal(600))
    swept(day(7, 10, 1))
    making.make(day(7, 10, 1))
    assert [Telling.objects.filter(user=each).count() for each in (cast.ines, cast.karl)] == [2, 0]


def test_another_currency_is_not_compared_blindly(ines: User, workspace: Workspace) -> None:
    workspace.high_value_amount = Decimal(50_000)
    workspace.save()
    waiting(ines, amount=Decimal(900_000), currency="JPY")
    swept(day(7, 15))
    making.make(day(7, 15))
    assert of(ines, "at_once") == []
    assert making.make(day(8, 8)) == 1


def test_another_currency_counts_by_the_rate_of_the_day(ada: User, workspace: Workspace) -> None:
    workspace.high_value_amount = Decimal(50_000)
    workspace.save()
    for rate, on in (("1.10", 0), ("2.50", 7), ("0.10", 8)):
        rates.set_rate("GBP", day(on).date(), Decimal(rate), user=ada, now=day(0))
    waiting(ada, title="Harbour", amount=Decimal(20_000), currency="GBP")
    waiting(ada, title="Kiosk", amount=Decimal(19_999), currency="GBP")
    making.make(day(7, 8))
    swept(day(7, 10, 1))
    making.make(day(7, 10, 1))
    [digest] = of(ada, "at_once")
    assert titles(digest, day(7, 10, 1)) == {"dark": ["Harbour"]}


@pytest.fixture
def at_stake(cast: Cast, workspace: Workspace) -> Cast:
    """A deal of high value in each team is about to go dark; Maud leads North, where Ines is."""
    workspace.high_value_amount = Decimal(50_000)
    workspace.save()
    waiting(cast.ines, title="Harbour", amount=Decimal(84_000))
    waiting(cast.ines, title="Kiosk", amount=Decimal(600))
    waiting(cast.noor, title="South", amount=Decimal(84_000))
    making.make(day(7, 8))  # that morning's digests are behind everybody
    return cast


def told_at_once(user: User) -> list[tuple[str, str]]:
    """Return what somebody is told at once: titles, and whose the deals are."""
    return sorted(
        (told.title, told.whose)
        for digest in of(user, "at_once")
        for section in content(digest, day(7, 10, 1)).sections
        for told in section.told
    )


def test_a_manager_is_told_at_once_of_the_teams_they_lead_and_of_no_others(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True)
    swept(day(7, 10, 1))
    assert making.make(day(7, 10, 1)) == 3
    assert told_at_once(at_stake.maud) == [("Harbour", "owned by Ines")]
    assert told_at_once(at_stake.ines) == [("Harbour", "")]
    assert told_at_once(at_stake.noor) == [("South", "")]


def test_a_manager_who_has_not_asked_is_told_of_none(at_stake: Cast) -> None:
    swept(day(7, 10, 1))
    making.make(day(7, 10, 1))
    assert Telling.objects.filter(user=at_stake.maud).count() == 0


def test_an_admin_who_asks_is_told_of_everybodys(at_stake: Cast) -> None:
    wants(at_stake.ada, at_once_of_teams=True)
    swept(day(7, 10, 1))
    making.make(day(7, 10, 1))
    told = told_at_once(at_stake.ada)
    assert told == [("Harbour", "owned by Ines"), ("South", "owned by Noor")]


def test_somebody_who_leads_no_more_is_told_of_no_team(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True)
    swept(day(7, 10, 1))
    User.objects.filter(pk=at_stake.maud.pk).update(role=User.Role.REP)
    making.make(day(7, 10, 1))
    assert of(at_stake.maud, "at_once") == []


def test_a_deal_that_left_the_team_since_is_not_in_the_mail(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True)
    swept(day(7, 10, 1))
    making.make(day(7, 10, 1))
    User.objects.filter(pk=at_stake.ines.pk).update(team=at_stake.noor.team)
    assert told_at_once(at_stake.maud) == []


def test_a_manager_has_an_amount_of_their_own_for_their_teams(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True, high_value_amount=Decimal(100))
    swept(day(7, 10, 1))
    making.make(day(7, 10, 1))
    assert told_at_once(at_stake.maud) == [
        ("Harbour", "owned by Ines"), ("Kiosk", "owned by Ines"),
    ]  # fmt: skip


def test_whoever_leads_and_covers_and_then_owns_it_is_told_once(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True)
    make_cover(at_stake.maud, at_stake.ines, day(6), day(9))
    swept(day(7, 10, 1))
    making.make(day(7, 10, 1))
    assert told_at_once(at_stake.maud) == [("Harbour", "for Ines")]
    Deal.objects.filter(title="Harbour").update(owner=at_stake.maud)
    for number in (7, 8, 9, 10):
        making.make(day(number, 13))
    told = Telling.objects.filter(user=at_stake.maud, silence__deal__title="Harbour")
    assert [telling.kind for telling in told] == ["dark"]


def test_a_manager_on_leave_is_told_of_no_team_and_nor_is_who_covers_them(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True)
    wants(at_stake.karl, at_once_of_teams=True)
    make_cover(at_stake.karl, at_stake.maud, day(6), day(9))
    swept(day(7, 10, 1))
    making.make(day(7, 10, 1))
    assert [of(user, "at_once") for user in (at_stake.maud, at_stake.karl)] == [[], []]


def test_the_morning_does_not_speak_of_the_teams_deals(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True, at_once_by_mail=False, at_once_in_app=False)
    swept(day(7, 10, 1))
    making.make(day(7, 10, 1))
    making.make(day(8, 8))
    assert Telling.objects.filter(user=at_stake.maud).count() == 0


def test_whose_deals_are_told_are_whose_figures_one_reads(cast: Cast) -> None:
    people = list(User.objects.all())
    for user in people:
        wants(user, at_once_of_teams=True)
    teams = Teams.of(User.objects.select_related("digest_settings"))
    for user in (cast.maud, cast.ada):
        overseen = set(User.objects.overseen_by(user).values_list("pk", flat=True))
        assert teams.owners(user.pk) | {user.pk} == overseen
    assert [teams.owners(user.pk) for user in (cast.ines, cast.noor)] == [frozenset()] * 2


def test_teams_take_two_queries_however_many_lead_them(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    for user in (cast.maud, cast.ada):
        wants(user, at_once_of_teams=True)
    for number in range(2):
        people = list(User.objects.select_related("digest_settings"))
        with django_assert_num_queries(2):
            Teams.of(people)
        for one in range(3):
            name = f"lead{number}{one}"
            lead = User.objects.create_user(f"{name}@example.com", name=name, role="manager")
            lead.led_teams.add(cast.ines.team)
            wants(lead, at_once_of_teams=True)


def test_at_night_nothing_comes_at_once_and_the_morning_tells_it(
    ines: User, workspace: Workspace
) -> None:
    workspace.high_value_amount = Decimal(1)
    workspace.save()
    Story(make_deal(ines, "Demo")).we_write(day(0, 22))
    swept(day(7, 22, 1))
    assert making.make(day(7, 22, 1)) == 0
    assert making.make(day(8, 8)) == 1
    assert [len(of(ines, kind)) for kind in ("morning", "at_once")] == [1, 0]


def test_after_the_quiet_hours_it_comes_before_the_morning_does(
    ines: User, workspace: Workspace
) -> None:
    workspace.high_value_amount = Decimal(1)
    workspace.save()
    Story(make_deal(ines, "Demo")).we_write(day(0, 22))
    swept(day(7, 22, 1))
    assert making.make(day(8, 7)) == 1
    assert len(of(ines, "at_once")) == 1
    assert making.make(day(8, 8)) == 0


@pytest.fixture
def after_a_holiday(cast: Cast, workspace: Workspace) -> Cast:
    """A week without work, in which a deal of high value went dark on the first day."""
    workspace.high_value_amount = Decimal(1)
    workspace.save()
    waiting(cast.ines)
    version = WorkCalendar.objects.get(is_workspace=True).versions.get()
    version.holidays = {f"2026-03-{number:02}": "Holidays" for number in range(9, 14)}
    version.save()
    swept(day(7, 10, 1))
    return cast


def test_at_once_is_told_on_no_holiday_and_no_weekend(after_a_holiday: Cast) -> None:
    for number in range(7, 14):
        assert making.make(day(number, 10, 1)) == 0


def test_after_long_holidays_the_morning_tells_it(after_a_holiday: Cast) -> None:
    assert making.make(day(14, 7)) == 0
    making.make(day(14, 8))
    assert [len(of(after_a_holiday.ines, kind)) for kind in ("at_once", "morning")] == [0, 1]


def test_who_wants_no_morning_is_told_at_once_after_long_holidays(after_a_holiday: Cast) -> None:
    wants(after_a_holiday.ines, morning_by_mail=False, morning_in_app=False)
    wants(after_a_holiday.maud, at_once_of_teams=True)  # whose morning does not speak of it
    assert making.make(day(14, 7)) == 2
    for user in (after_a_holiday.ines, after_a_holiday.maud):
        assert len(of(user, "at_once")) == 1


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
    swept(day(7, 11))
    making.make(day(8, 8))
    [shown] = asking.on_today(ines, day(8, 8))
    assert [each.kind for each in shown.sections] == ["dark"]
    client.force_login(ines)
    assert client.post(f"/digests/{shown.digest.pk}/read/").status_code == 302
    assert asking.on_today(ines, day(8, 9)) == []


def test_nobody_puts_away_what_another_was_told(client: Client, cast: Cast) -> None:
    waiting(cast.ines)
    swept(day(7, 11))
    making.make(day(8, 8))
    client.force_login(cast.karl)
    assert client.post(f"/digests/{of(cast.ines)[0].pk}/read/").status_code == 404
    assert len(asking.on_today(cast.ines, day(8, 8))) == 1


def test_without_a_way_out_for_mail_it_stands_in_the_app(ines: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    waiting(ines)
    swept(day(7, 11))
    making.make(day(8, 8))
    assert [(row.state, row.in_app) for row in of(ines)] == [(State.IN_APP, True)]


def test_what_could_be_told_in_no_way_stays_to_be_told(ines: User, settings: Any) -> None:
    wants(ines, morning_in_app=False)
    waiting(ines)
    swept(day(7, 11))
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
        swept(day(14 * number + 7, 11))
        with CaptureQueriesContext(connection) as asked:
            made = making.make(day(14 * number + 8, 8))
        assert made >= User.objects.count()
        counts.append(len(asked))
    assert counts == [23, 23]


def test_old_digests_are_forgotten_and_what_was_told_is_not(ines: User) -> None:
    waiting(ines)
    swept(day(7, 11))
    making.make(day(8, 8))
    making.make(day(9, 8))
    making.forget_old(day(9, 8) + timedelta(days=15))
    assert [row.state for row in of(ines)] == [State.QUEUED]
    making.forget_old(day(9, 8) + timedelta(days=91))
    assert (of(ines), Telling.objects.count()) == ([], 1)


def test_the_hour_is_ones_own_choice(ines: User) -> None:
    wants(ines, morning_at=time(9, 30))
    waiting(ines)
    swept(day(7, 11))
    assert [making.make(day(8, 8)), making.make(day(8, 9, 30))] == [0, 1]


def test_what_can_reach_nobody_keeps_no_other_news_back(
    cast: Cast, workspace: Workspace, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    Workspace.objects.update(high_value_amount=500)
    DigestSettings.objects.create(user=cast.ines, at_once_in_app=False)
    waiting(cast.ines)
    swept(day(7, 11))
    making.make(day(8, 8))
    assert of(cast.ines, "at_once") == []
    waiting(cast.karl)
    swept(day(7, 11))
    making.make(day(8, 8, 1))
    assert len(of(cast.karl, "at_once")) == 1
