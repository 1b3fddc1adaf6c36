"""The gone-dark report as its readers see it, and the deals behind its numbers."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from datetime import date, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from deals import people
from deals.models import Deal, Stage, Touch
from outreach import sweeping, touches
from outreach.report_page import TABLES
from tests.cast import Story, make_company, make_contact, make_deal, sweep_at

LINK = re.compile(r'<a[^>]* href="(/report/deals/\?[^"]+)"[^>]*>(.*?)</a>', re.DOTALL)
COUNT = re.compile(r"([\d,]+)")
COUNT_IN_TITLE = re.compile(r": ([\d,]+)(?: |$)")
PAGE, BEHIND = "/report/", "/report/deals/"


def goes_dark(owner: User, stage: str = "Demo", *, days: int = 10, **fields: object) -> Story:
    """Return a deal that has waited for them so many days up to now, as the last sweep left it."""
    start = timezone.now() - timedelta(days=days)
    story = Story(make_deal(owner, stage, opened_at=start, **fields))
    story.we_write(start + timedelta(hours=1))
    sweep_at(timezone.now())
    return story


def seen(client: Client, user: User, url: str, **query: object) -> str:
    """Return a page as a user sees it, its tags taken out."""
    client.force_login(user)
    response = client.get(url, query)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def exported(client: Client, user: User, url: str, **query: object) -> list[list[str]]:
    """Return an export as the rows a spreadsheet reads."""
    client.force_login(user)
    response = client.get(url, query)
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(text.splitlines()))


def marks(client: Client, user: User, **query: object) -> dict[str, set[int]]:
    """Return each address on the report behind which deals stand, with the counts that lead there.

    A count is a link's own words, or the number in the title of a shape.
    """
    client.force_login(user)
    page = client.get(PAGE, query).content.decode()
    found: dict[str, set[int]] = defaultdict(set)
    for url, inside in LINK.findall(page):
        title = re.search(r"<title>(.*?)</title>", inside)
        words = title[1] if title else re.sub(r"<[^>]+>", "", inside)
        number = COUNT_IN_TITLE.search(words) if title else COUNT.fullmatch(words.strip())
        found[unescape(url)] |= {int(number[1].replace(",", ""))} if number else set()
    return found


def test_every_mark_opens_as_many_deals_as_it_says(
    client: Client, ines: User, karl: User, maud: User
) -> None:
    now = timezone.now()
    goes_dark(ines)
    goes_dark(ines).they_write(now)
    goes_dark(karl, "Proposal", days=20)
    goes_dark(karl, "Negotiation", days=5)
    tried = goes_dark(ines, days=40)
    sweeping.run(now - timedelta(days=30))
    touch = Touch(channel="email", direction="outbound", occurred_at=now - timedelta(days=20))
    touches.log(tried.deal, touch, user=ines, now=now - timedelta(days=20))
    sweeping.run(now)
    for query in ({"period": "10w"}, {"period": "year", "heat": "rate"}, {"heat": "value"}):
        found = marks(client, maud, **query)
        for url, counts in found.items():
            page = client.get(url).content.decode()
            rows = page.count('<th scope="row">')
            assert len(counts) <= 1, url
            assert rows in (counts or {rows}), url
            assert rows > 0, url
        named = {parse_qs(urlsplit(url).query)["figure"][0] for url in found}
        assert named >= {
            "dark_now", "went_dark", "relit", "tried", "answers", "silences",
        }  # fmt: skip
        assert any("reason=" in url for url in found)


def test_every_table_of_the_page_is_handed_out_with_its_numbers(
    client: Client, ines: User, maud: User
) -> None:
    goes_dark(ines)
    goes_dark(ines).they_write(timezone.now())
    client.force_login(maud)
    page = client.get(PAGE).content.decode()
    files = {unescape(url) for url in re.findall(r'<a[^>]+href="(/report/[^"]+)" download', page)}
    names = {urlsplit(url).path.split("/")[-1] for url in files}
    demo = Stage.objects.get(name="Demo").pk
    tables = {*TABLES, f"curve-{demo}"}
    assert names == {f"{name}.{form}" for name in tables for form in ("csv", "xlsx")}
    for url in files:
        response = client.get(url)
        assert response.status_code == 200
        content = b"".join(response.streaming_content)
        assert content.startswith(b"PK" if ".xlsx" in url else b"\xef\xbb\xbf")


def test_nothing_of_another_team_is_on_the_page_behind_it_or_in_an_export(
    client: Client, ines: User, maud: User, noor: User
) -> None:
    goes_dark(ines, title="Ours")
    goes_dark(noor, title="Theirs", amount=987_654)
    for user, owner, other, title in (
        (maud, "Ines", "Noor", "Theirs"),
        (noor, "Noor", "Ines", "Ours"),
    ):
        page = seen(client, user, PAGE)
        assert (owner in page, other in page.replace(user.name, "")) == (True, False)
        assert ("987,654" in page) == (user == noor)
        assert title not in seen(client, user, BEHIND, figure="went_dark")
        for name in ("stages", "reps", "heat", "steps"):
            rows = exported(client, user, f"/report/{name}.csv")
            assert other not in str(rows)
            assert ("987654" in str(rows)) == (user == noor and name in {"stages", "reps"})
        rows = exported(client, user, "/report/deals.csv", figure="dark_now")
        assert len(rows) == 2
        assert title not in str(rows)


def test_asking_for_an_owner_one_may_not_see_finds_nothing(
    client: Client, maud: User, noor: User
) -> None:
    goes_dark(noor)
    client.force_login(maud)
    for url in (BEHIND, "/report/deals.csv"):
        assert client.get(url, {"figure": "dark_now", "owner": noor.pk}).status_code == 404


@pytest.mark.parametrize(
    "query",
    [{}, {"figure": "none"}, {"figure": "relit", "stage": "x"}, {"figure": "relit", "from": "x"}],
)
def test_an_address_that_makes_no_sense_is_not_found(
    client: Client, maud: User, query: dict[str, str]
) -> None:
    client.force_login(maud)
    assert client.get(BEHIND, query).status_code == 404


def test_a_rep_sees_their_own_figures_only(client: Client, ines: User, karl: User) -> None:
    goes_dark(ines, title="Her own")
    goes_dark(karl, title="His own")
    sums = ["1000.00", "1", "1000.00", "0", "0.00", "0", "0.00", "0", "0", "0.00", "0", "0.00"]
    assert exported(client, ines, "/report/reps.csv")[1:] == [
        ["Ines", "1", *sums],
        ["All reps", "1", *sums],
    ]
    behind = seen(client, ines, BEHIND, figure="dark_now")
    assert ("Her own" in behind, "His own" in behind) == (True, False)


def test_a_deal_handed_to_another_team_still_counts_but_shows_no_name(
    client: Client, ines: User, maud: User, noor: User, ada: User
) -> None:
    story = goes_dark(ines, title="Handed on")
    people.hand_over([story.deal.pk], noor, now=timezone.now())
    behind = seen(client, maud, BEHIND, figure="went_dark")
    assert "Handed on" not in behind
    assert "1 more is counted" in behind
    assert "Handed on" in seen(client, ada, BEHIND, figure="went_dark")
    assert "Handed on" not in seen(client, noor, BEHIND, figure="went_dark")
    assert "Handed on" not in seen(client, noor, BEHIND, figure="dark_now")
    assert exported(client, maud, "/report/deals.csv", figure="went_dark")[1:] == []


def test_the_period_stands_in_the_address_and_is_in_the_readers_zone(
    client: Client, ines: User, maud: User
) -> None:
    goes_dark(ines, days=10)  # crossed three days ago
    maud.time_zone = "Pacific/Kiritimati"
    maud.save(update_fields=["time_zone"])
    crossed = Deal.objects.get().silences.get(by="them").dark_at
    assert crossed
    days = [(crossed + timedelta(hours=14, days=apart)).date() for apart in (-1, 0, 1)]
    found = [
        len(
            exported(
                client, maud, "/report/deals.csv", figure="went_dark", **{"from": day, "to": day}
            )
        )
        for day in days
    ]
    assert found == [1, 2, 1]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"from": "2026-03-08", "to": "2026-03-01"}, "Swap the two"),
        ({"to": "2026-03-01"}, "Give the first day too"),
        ({"from": "1999-01-01", "to": "2026-03-01"}, "more than five years"),
        ({"from": "yesterday"}, "Enter a valid date"),
        ({"period": "century"}, "century"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused_with_its_remedy(
    client: Client, maud: User, query: dict[str, str], said: str
) -> None:
    client.force_login(maud)
    response = client.get(PAGE, query)
    assert response.status_code == 422
    assert said in response.content.decode()


def test_without_a_last_day_the_period_goes_up_to_today(client: Client, ines: User) -> None:
    goes_dark(ines)
    first = timezone.now().date() - timedelta(days=20)
    assert (
        len(exported(client, ines, "/report/deals.csv", figure="went_dark", **{"from": first})) == 2
    )


def test_htmx_gets_the_part_and_a_browser_the_whole(client: Client, maud: User) -> None:
    client.force_login(maud)
    whole = client.get(PAGE)
    part = client.get(PAGE, headers={"HX-Request": "true"})
    assert ("<html" in whole.content.decode(), "<html" in part.content.decode()) == (True, False)
    assert "HX-Request" in part["Vary"]


def test_the_page_says_whose_figures_it_shows(
    client: Client, ines: User, maud: User, ada: User
) -> None:
    scopes = {ines: "Your own deals ·", maud: "North ·", ada: "All teams ·"}
    for user, scope in scopes.items():
        assert scope in seen(client, user, PAGE)


def test_an_empty_period_says_so(client: Client, maud: User) -> None:
    assert "Nothing went dark" in seen(client, maud, PAGE)
    assert "No deal stands behind this" in seen(client, maud, BEHIND, figure="relit")


def test_a_table_nobody_made_is_not_found(client: Client, maud: User) -> None:
    client.force_login(maud)
    assert client.get("/report/secrets.csv").status_code == 404


def test_words_that_a_spreadsheet_would_run_are_exported_as_words(
    client: Client, ines: User
) -> None:
    contact = make_contact("=2+3", "Lind", company=make_company("@SUM(A1)"))
    goes_dark(ines, title="-5", contact=contact)
    header, row = exported(client, ines, "/report/deals.csv", figure="dark_now")
    assert header[:4] == ["Deal", "Contact", "Company", "Stage"]
    assert row[:3] == ["-5", "'=2+3 Lind", "'@SUM(A1)"]


def test_values_of_two_currencies_have_a_column_each(client: Client, ines: User) -> None:
    goes_dark(ines)
    goes_dark(ines, currency="SEK", amount=12)
    header, row, _ = exported(client, ines, "/report/reps.csv")
    assert header[:4] == ["Rep", "Dark now", "Value dark now EUR", "Value dark now SEK"]
    assert row[:4] == ["Ines", "2", "1000.00", "12.00"]
    page = seen(client, ines, PAGE)
    assert "€ 1,000" in page
    assert "100 % of the open pipeline and SEK 12" in page


def test_weeks_in_a_file_begin_with_whole_days(client: Client, ines: User) -> None:
    first = timezone.localdate() - timedelta(days=20)
    header, *rows = exported(client, ines, "/report/steps.csv", **{"from": first})
    assert (header[0], rows[0][0]) == ("Week from", first.isoformat())
    assert [date.fromisoformat(row[0]).weekday() for row in rows[1:]] == [0] * len(rows[1:])


def test_more_deals_than_a_page_holds_are_paged(client: Client, ines: User) -> None:
    start = timezone.now() - timedelta(days=10)
    for _ in range(51):
        Story(make_deal(ines, "Demo", opened_at=start)).we_write(start)
    assert "1 to 50 of 51" in seen(client, ines, BEHIND, figure="dark_now")
    assert "51 to 51 of 51" in seen(client, ines, BEHIND, figure="dark_now", page=2)


@pytest.mark.parametrize(
    ("url", "queries"),
    [
        ("/report/", 47),
        ("/report/stages.csv", 33),
        ("/report/deals/?figure=dark_now", 22),
        ("/report/deals/?figure=went_dark", 14),
        ("/report/deals/?figure=relit", 14),
        ("/report/deals.csv?figure=relit", 10),
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_deals(
    client: Client, ines: User, karl: User, maud: User, url: str, queries: int
) -> None:
    client.force_login(maud)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            response = client.get(url)
            b"".join(response)
        return len(found)

    def one_more(owner: User, stage: str) -> None:
        goes_dark(owner, stage)
        goes_dark(owner, stage).they_write(timezone.now())

    one_more(ines, "Demo")
    at_one = asked()
    one_more(karl, "Proposal")
    one_more(ines, "Negotiation")
    assert (at_one, asked()) == (queries, queries)


def test_where_no_reason_is_known_none_is_said_to_lead(client: Client, ines: User) -> None:
    goes_dark(ines)
    assert "No reason is known for any of 1" in seen(client, ines, PAGE)
