"""How often the guess was right: counted for each reason, with what the count can tell."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.test import Client
from django.utils import timezone

from accounts.models import Cover, User
from deals.periods import Period
from outreach.guesses import Record, guesses
from outreach.models import Reason, ReasonEntry
from tests.cast import Cast, Story, day, make_deal

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), UTC)
R = Reason
HTMX = {"HX-Request": "true"}


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


def test_the_report_shows_the_section_of_its_period(client: Client, cast: Cast) -> None:
    answered(cast.ines, R.BUSY, R.BUSY, MARCH.since)
    client = sign_in(client, cast.maud)
    page = client.get("/report/?from=2026-03-01&to=2026-03-31").content.decode()
    assert "How often reps confirmed the guess" in page
    part = client.get("/report/guesses/?from=2026-02-01&to=2026-02-28", headers=HTMX)
    assert part.content.decode().lstrip().startswith('<section class="card stack"')
    assert "nobody answered a guess" in part.content.decode()


def test_the_report_knows_no_answer_given_after_its_day_nor_one_of_all_under_a_filter(
    client: Client, cast: Cast
) -> None:
    answered(cast.ines, R.BUSY, R.BUSY, MARCH.since)
    answered(cast.ines, R.BUSY, R.BUSY, MARCH.since + timedelta(days=5))
    client = sign_in(client, cast.maud)
    asked = {"from": "2026-03-01", "to": "2026-03-03", "as_of": "2026-03-03"}
    assert client.get("/report/", asked).context["guesses"].total.answered == 1
    assert client.get("/report/", {**asked, "kind": "customer"}).context["guesses"] is None


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
