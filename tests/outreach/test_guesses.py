"""How often the guess was right: counted for each reason, with what the count can tell."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from scipy import stats

from accounts.models import Cover, User
from deals.periods import Period
from outreach.guesses import Record, guesses, wilson
from outreach.models import Reason, ReasonEntry
from tests.cast import Cast, Story, day, make_deal

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), UTC)
R = Reason


def answered(owner: User, guessed: Reason, said: Reason, at: datetime | None = None) -> None:
    """Let the owner of a new deal answer a guess."""
    story = Story(make_deal(owner, "Demo"))
    story.we_write(day(0, 10))
    ReasonEntry.objects.create(
        silence=story.silence, guessed=guessed, confidence=50, said=said, user=owner,
        said_at=at or day(9),
    )  # fmt: skip


def test_the_record_counts_what_was_confirmed_of_each_guess(cast: Cast) -> None:
    for guessed, said in ((R.BUSY, R.BUSY), (R.BUSY, R.LOST_INTEREST), (R.LOW_PRIORITY, R.BUSY)):
        answered(cast.ines, guessed, said)
    answered(cast.ines, R.UNKNOWN, R.UNKNOWN)
    told = guesses(cast.ada, MARCH)
    assert told.records == [Record("Busy", 2, 1), Record("Low priority", 1, 0)]
    assert told.total == Record("All guesses", 3, 1)
    assert told.without == 1


def test_only_answers_of_the_period_count(cast: Cast) -> None:
    for at in (MARCH.since - timedelta(seconds=1), MARCH.since, MARCH.until):
        answered(cast.ines, R.BUSY, R.BUSY, at)
    assert guesses(cast.ada, MARCH).total.answered == 1


def test_who_leads_sees_their_teams_record_and_the_admin_all(cast: Cast) -> None:
    answered(cast.ines, R.BUSY, R.BUSY)
    answered(cast.noor, R.BUSY, R.LOST_INTEREST)
    assert guesses(cast.maud, MARCH).total == Record("All guesses", 1, 1)
    assert guesses(cast.ada, MARCH).total == Record("All guesses", 2, 1)


@pytest.mark.parametrize(("right", "of"), [(0, 10), (7, 10), (10, 10), (55, 80), (1, 3)])
def test_the_range_is_wilsons(right: int, of: int) -> None:
    known = stats.binomtest(right, of).proportion_ci(0.95, method="wilson")
    assert wilson(right, of) == pytest.approx((known.low, known.high), abs=1e-6)


def test_the_range_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_under_ten_answers_there_is_no_share_to_tell() -> None:
    assert not Record("Busy", 9, 9).is_enough
    ten = Record("Busy", 10, 7)
    assert (ten.is_enough, ten.share, ten.range) == (True, 70, (40, 89))


# --- the page


def sign_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def test_the_section_shows_shares_and_says_where_there_are_too_few(
    client: Client, cast: Cast
) -> None:
    for number in range(10):
        answered(cast.ines, R.BUSY, R.BUSY if number < 7 else R.LOST_INTEREST, timezone.now())
    answered(cast.ines, R.LOW_PRIORITY, R.BUSY, timezone.now())
    answered(cast.ines, R.UNKNOWN, R.BUSY, timezone.now())
    page = sign_in(client, cast.maud).get("/report/guesses/").content.decode()
    assert "70 %" in page
    assert "40 and 89 %" in page
    assert page.count("too few to say") == 1
    assert "1 answer was given where nothing was guessed" in page


def test_the_report_fetches_the_section_for_its_period(client: Client, cast: Cast) -> None:
    page = sign_in(client, cast.maud).get("/report/?from=2026-03-01&to=2026-03-31")
    url = "/report/guesses/?from=2026-03-01&amp;to=2026-03-31"
    assert f'hx-get="{url}"' in page.content.decode()
    assert f'<a href="{url}">' in page.content.decode()
    part = client.get(url.replace("&amp;", "&"), headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<section class="card stack"')
    assert "nobody answered a guess" in part.content.decode()


def test_it_is_for_those_who_lead(client: Client, cast: Cast) -> None:
    assert sign_in(client, cast.ines).get("/report/guesses/").status_code == 404
    assert "report/guesses" not in client.get("/report/").content.decode()
    assert sign_in(client, cast.ada).get("/report/guesses/").status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_answers(
    client: Client, cast: Cast, django_assert_num_queries
) -> None:
    sign_in(client, cast.maud)
    headers = {"HX-Request": "true"}
    answered(cast.ines, R.BUSY, R.BUSY, timezone.now())
    client.get("/report/guesses/")
    with django_assert_num_queries(3):  # user, the workspace's zone, the counts
        client.get("/report/guesses/", headers=headers)
    for reason in (R.LOW_PRIORITY, R.LOST_INTEREST):
        answered(cast.ines, reason, reason, timezone.now())
    with django_assert_num_queries(3):
        client.get("/report/guesses/", headers=headers)


def test_deals_that_one_only_covers_do_not_count_as_ones_own(cast: Cast) -> None:
    answered(cast.noor, R.BUSY, R.BUSY)
    now = timezone.now()
    Cover.objects.create(
        user=cast.noor, colleague=cast.maud, starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1), made_at=now,
    )  # fmt: skip
    assert guesses(cast.maud, MARCH).total.answered == 0
