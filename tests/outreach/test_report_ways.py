"""What the report's address asks for, the ways from it to its lists, and the way back."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User, Workspace
from deals import conversation, rates
from deals.models import Pipeline, Stage, Touch
from deals.plots import ticks
from tests.cast import sweep_at
from tests.outreach.test_report_page import BEHIND, PAGE, goes_dark, seen

LINK = re.compile(r'href="(/report/deals/\?[^"]+)"')
CRUMB = re.compile(r'aria-label="Where you are">.*?href="([^"]+)"', re.DOTALL)
SWITCH = re.compile(r'<a href="([^"]+)"[^>]*>(Number|Value|Share relit)</a>')
OPTIONS = re.compile(r'<select name="stage".*?</select>', re.DOTALL)


def page(client: Client, user: User, url: str = PAGE, **query: object) -> str:
    client.force_login(user)
    response = client.get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def asked(url: str) -> dict[str, str]:
    """Return what an address says."""
    return dict(parse_qsl(urlsplit(unescape(url)).query))


# --- a stage and its pipeline


@pytest.fixture
def demo(cast: object) -> Stage:
    return Stage.objects.get(name="Demo")


@pytest.fixture
def customers(cast: object) -> Pipeline:
    return Pipeline.objects.get(name="Customers")


def test_stages_are_offered_by_pipeline_and_of_a_chosen_one_only_its_own(
    client: Client, maud: User, demo: Stage, customers: Pipeline
) -> None:
    def groups(**query: object) -> list[str]:
        found = OPTIONS.search(page(client, maud, **query))
        assert found
        return re.findall(r'<optgroup label="([^"]+)"', found[0])

    assert groups() == [each.name for each in Pipeline.objects.all()]
    assert groups(pipeline=customers.pk) == ["Customers"]
    assert groups(pipeline=demo.pipeline_id, stage=demo.pk) == [demo.pipeline.name]


def test_a_stage_is_left_out_when_another_pipeline_is_chosen(
    client: Client, ines: User, maud: User, demo: Stage, customers: Pipeline
) -> None:
    goes_dark(ines, title="Ours")
    said = seen(client, maud, PAGE, pipeline=customers.pk, stage=demo.pk)
    assert "Demo is not a stage of Customers: all stages of Customers are shown." in said
    assert "North · Customers · " in said
    assert "Nothing went dark" in said
    assert "not a stage" not in seen(client, maud, PAGE, pipeline=demo.pipeline_id, stage=demo.pk)


def test_the_address_forgets_a_stage_that_was_left_out(
    client: Client, maud: User, demo: Stage, customers: Pipeline
) -> None:
    client.force_login(maud)
    query = {"pipeline": customers.pk, "stage": demo.pk, "period": "4w"}
    response = client.get(PAGE, query, headers={"HX-Request": "true"})
    assert response["HX-Push-Url"] == f"{PAGE}?pipeline={customers.pk}&period=4w"
    shortcuts = re.findall(r'href="(/report/\?period=year[^"]*)"', response.content.decode())
    assert asked(shortcuts[0]) == {"period": "year", "pipeline": str(customers.pk)}


def test_days_that_make_no_sense_keep_the_other_filters(
    client: Client, ines: User, maud: User
) -> None:
    client.force_login(maud)
    query = {"from": "2026-03-08", "to": "2026-03-01", "owner": ines.pk}
    response = client.get(PAGE, query)
    assert response.status_code == 422
    year = re.findall(r'href="(/report/\?period=year[^"]*)"', response.content.decode())
    assert asked(year[0]) == {"period": "year", "owner": str(ines.pk)}


# --- there and back


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"period": "4w", "heat": "value", "business": "b2c"},
        {"from": "2026-01-05", "to": "2031-01-03"},
    ],
)
def test_every_list_leads_back_to_the_report_as_it_was(
    client: Client, ines: User, maud: User, query: dict[str, str]
) -> None:
    goes_dark(ines)
    goes_dark(ines).they_write(timezone.now())
    lists = {unescape(url) for url in LINK.findall(page(client, maud, **query))}
    assert {bool(asked(url).keys() & {"stage", "owner"}) for url in lists} == {True, False}
    for url in lists:
        crumb = CRUMB.search(client.get(url).content.decode())
        assert crumb
        assert (urlsplit(crumb[1]).path, asked(crumb[1])) == (PAGE, query)


def test_a_list_that_nothing_led_to_leads_to_the_report_of_its_own_scope(
    client: Client, maud: User
) -> None:
    said = page(client, maud, BEHIND, figure="relit", **{"from": "2026-01-05", "to": "2026-01-09"})
    crumb = CRUMB.search(said)
    assert crumb
    assert asked(crumb[1]) == {"from": "2026-01-05", "to": "2026-01-09"}


def test_a_way_back_never_leaves_the_report(client: Client, maud: User) -> None:
    said = page(client, maud, BEHIND, figure="relit", back='//evil.example/"><b>?period=4w')
    crumb = CRUMB.search(said)
    assert crumb
    assert crumb[1].startswith("/report/?")
    assert '"><b>' not in said


def test_the_heatmap_switches_without_fixing_the_period(
    client: Client, ines: User, maud: User
) -> None:
    goes_dark(ines)
    found = SWITCH.findall(page(client, maud, period="4w", heat="value", business="b2c"))
    kept = {"period": "4w", "business": "b2c"}
    assert {label: asked(url) for url, label in found} == {
        "Number": kept, "Value": {**kept, "heat": "value"}, "Share relit": {**kept, "heat": "rate"},
    }  # fmt: skip
    assert all(urlsplit(url).fragment == "heat" for url, _ in found)


# --- as of an instant


def test_an_instant_to_report_as_of_is_kept_to_the_second(client: Client, maud: User) -> None:
    instant = (timezone.now() - timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%S.123456Z")
    said = page(client, maud, as_of=instant)
    assert f'<input type="hidden" name="as_of" value="{instant}">' in said
    assert re.search(r'<input type="date" name="as_of" id="\w+" value="" >', said)
    client.force_login(maud)
    kept = client.get(f"{PAGE}?as_of={instant}&as_of=&kind=customer&stage=")
    assert asked(kept["Location"]) == {"as_of": instant, "kind": "customer"}
    other = client.get(f"{PAGE}?as_of={instant}&as_of=2026-01-05&stage=")
    assert asked(other["Location"]) == {"as_of": "2026-01-05"}


def test_a_day_to_report_as_of_stays_a_day(client: Client, maud: User) -> None:
    said = page(client, maud, as_of="2026-01-05")
    assert re.search(r'<input type="date" name="as_of" id="\w+" value="2026-01-05" >', said)
    assert 'type="hidden" name="as_of"' not in said


# --- how many, and what they are worth


def test_a_list_says_how_many_deals_it_has_and_what_they_are_worth(
    client: Client, ines: User, maud: User
) -> None:
    goes_dark(ines, amount=155_000)
    assert "1 deal, € 155,000 " in plain(seen(client, maud, BEHIND, figure="dark_now"))
    goes_dark(ines, amount=None)
    goes_dark(ines, amount=200)
    goes_dark(ines, amount=12, currency="SEK")
    dark = plain(seen(client, maud, BEHIND, figure="dark_now"))
    assert "4 deals, € 155,200 + SEK 12 " in dark
    assert "0 deals · " in plain(seen(client, maud, BEHIND, figure="relit"))


def test_a_list_tells_its_sum_in_the_currency_of_the_workspace_where_it_can(
    client: Client, ines: User, maud: User, ada: User
) -> None:
    goes_dark(ines, amount=100)
    goes_dark(ines, amount=50, currency="SEK")
    rates.set_rate("SEK", date(2020, 1, 1), Decimal("0.1"), user=ada, now=timezone.now())
    assert "2 deals, € 105 " in plain(seen(client, maud, BEHIND, figure="went_dark"))


def test_a_deal_that_went_dark_twice_is_one_deal_of_two_silences(
    client: Client, ines: User, maud: User
) -> None:
    story = goes_dark(ines, days=40)
    story.they_write(timezone.now() - timedelta(days=20))
    conversation.record(
        story.deal,
        Touch(
            channel="email", direction="outbound", occurred_at=timezone.now() - timedelta(days=19)
        ),
        now=timezone.now(),
    )
    sweep_at(timezone.now())
    assert "2 silences of 1 deal, € 2,000 " in plain(
        seen(client, maud, BEHIND, figure="went_dark", period="year")
    )


def test_a_list_of_the_dark_says_since_when_and_how_long_they_have_been_quiet(
    client: Client, ines: User, maud: User
) -> None:
    story = goes_dark(ines, days=10)
    crossed = story.deal.silences.get(by="them").dark_at
    assert crossed
    there = crossed.astimezone(ZoneInfo(maud.time_zone or Workspace.current().time_zone))
    assert f"Dark since {there.day} {there:%b %Y, %H:%M} quiet for 9 d 23 h, threshold 7 d" in seen(
        client, maud, BEHIND, figure="dark_now"
    )


# --- the heatmap


def test_the_heatmap_by_value_speaks_of_value_and_tells_what_has_no_rate(
    client: Client, ines: User, karl: User, maud: User
) -> None:
    goes_dark(ines, amount=107_550)
    goes_dark(karl, amount=1_240, currency="SEK")
    goes_dark(karl, "Proposal", days=20, amount=None)
    said = page(client, maud, heat="value")
    finding = re.search(r'id="heat-finding">(.*?)</p>', said)
    assert finding
    assert plain(finding[1]) == (
        "€ 107,550 + SEK 1,240 in the dark; most in one place: € 107,550 in Demo with Ines."
    )
    cells = re.findall(
        r'<td data-level="(\d)" class="tabular"\s*(data-apart)?[^>]*>(.*?)</td>', said
    )
    told = [(level, apart, re.sub("<[^>]+>", "", words)) for level, apart, words in cells]
    assert told == [
        ("5", "", "€ 108 k"), ("0", "data-apart", "SEK 1,240"),
        ("0", "", "–"), ("0", "", "no amount"),
    ]  # fmt: skip
    assert "outlined: no exchange rate" in said
    assert "outlined" not in page(client, maud)


def test_the_heatmap_by_number_says_where_most_are(
    client: Client, ines: User, karl: User, maud: User
) -> None:
    goes_dark(ines)
    goes_dark(ines)
    goes_dark(karl)
    assert "3 dark silences; most in one place: 2 in Demo with Ines." in seen(client, maud, PAGE)


def test_rates_of_few_are_explained(client: Client, ines: User, maud: User) -> None:
    goes_dark(ines)
    assert "No dark silence ended in these days" in seen(client, maud, PAGE, heat="rate")
    goes_dark(ines).they_write(timezone.now())
    assert "hatched: under 10" in seen(client, maud, PAGE, heat="rate")
    assert "hatched" not in seen(client, maud, PAGE)


def test_amounts_in_cells_are_short() -> None:
    said = [ticks.say_money(amount, "EUR") for amount in (950, 107_550, 1_500_000)]
    assert said == ["€ 950", "€ 108 k", "€ 1.5 M"]


# --- nothing to tell, much to tell


def test_days_without_anything_say_so_once_and_still_tell_what_is_dark_now(
    client: Client, ines: User, maud: User
) -> None:
    goes_dark(ines)
    said = seen(client, maud, PAGE, **{"from": "2019-01-01", "to": "2019-03-01"})
    assert said.count("Nothing went dark") == 1
    assert "Choose a longer period, or fewer filters" in said
    assert "1 dark silence; most in one place" in said
    assert "No play was tried" not in said
    assert "Nothing went dark" not in seen(client, maud, PAGE)


def test_many_weeks_or_many_reps_have_the_width_of_the_page(
    client: Client, ines: User, maud: User
) -> None:
    goes_dark(ines)
    assert 'data-layout="stacked"' not in page(client, maud)
    assert 'data-layout="stacked"' in page(client, maud, period="year")
    for number in range(6):
        rep = User.objects.create_user(
            f"rep{number}@example.com", name=f"Rep {number}", team=ines.team
        )
        goes_dark(rep)
    assert 'data-layout="stacked"' in page(client, maud)


def test_what_folds_on_a_phone_is_named(client: Client, ines: User, maud: User) -> None:
    goes_dark(ines)
    parts = re.findall(
        r'<details class="report-part" (open)?>\s*<summary>(.*?)</summary>', page(client, maud)
    ) + re.findall(
        r'<details class="(report-part)">\s*<summary>(.*?)</summary>', page(client, maud)
    )
    assert [name for opened, name in parts if opened == "open"] == [
        "Week by week", "Where it is dark now",
    ]  # fmt: skip
    assert {name for _, name in parts} >= {
        "What brings them back", "Why they went quiet", "What became of them", "When people reply",
        "How long replies take", "By stage", "By rep", "Was the guess right?",
    }  # fmt: skip


def plain(text: str) -> str:
    """Return words with plain spaces."""
    return text.replace("\u00a0", " ")
