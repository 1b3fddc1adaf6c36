"""The studio's page: what managers may try, segments, returns, and suggestions that would go."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deals import patience, studio, thresholds
from deals.forms.thresholds import SPELLING, TrialForm
from deals.models import Deal, Silence, Stage, Threshold
from deals.segments import Segment
from deals.spans import REMEDY, Span
from deals.studio_page import Bench, say_count
from outreach import suggest
from outreach.models import Suggestion
from tests.cast import Story, make_company, make_contact, make_deal, sweep_at
from tests.deals.test_thresholds_page import PAGE, look, said, waiting, words

PART = {"HX-Request": "true"}


@pytest.fixture
def demo(workspace: object) -> Stage:
    """Demo: dark after a week."""
    return Stage.objects.get(name="Demo")


def answered(owner: User, *, days: float, deal: Deal | None = None, ago: int = 100) -> None:
    """Tell of a deal in Demo that was answered after so many days, that many days ago."""
    start = timezone.now() - timedelta(days=ago)
    story = Story(deal or make_deal(owner, "Demo", opened_at=start))
    story.we_write(start)
    story.they_write(start + timedelta(days=days))


def quick_companies_slow_people(owner: User) -> None:
    """Tell of 40 companies that answer within two days, and 40 people who take three weeks."""
    start = timezone.now() - timedelta(days=100)
    works = make_company()
    for number in range(40):
        of_company = make_contact(company=works)
        quick = make_deal(owner, "Demo", opened_at=start, contact=of_company)
        answered(owner, days=1 + number / 40, deal=quick)
        answered(owner, days=20 + number / 40)


def notes(response: HttpResponse, field: str = "dark_after") -> str:
    """Return what stands below a field: how it is written, and what is wrong with it."""
    found = re.search(
        rf'<div id="id_{field}_notes"[^>]*>(.*?)</div>\s*(?:</div>|<div|$)',
        response.content.decode(), re.DOTALL,
    )  # fmt: skip
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def dark_ids() -> list[int]:
    return [*Silence.objects.exclude(dark_at=None).values_list("pk", flat=True)]


def bench(stage: Stage, code: str, segment: Segment | None = None, months: int = 12) -> Bench:
    now = timezone.now()
    effect = thresholds.effect(stage, code, now)
    return Bench(studio.read(stage, now, months), Span.parse(code), effect, segment)


@pytest.mark.parametrize(("ago", "months"), [(None, 12), (364, 12), (3000, 600)])
def test_the_page_begins_with_a_year_or_with_all_where_all_is_older(
    client: Client, demo: Stage, ines: User, ada: User, ago: int | None, months: int
) -> None:
    if ago is not None:
        answered(ines, days=2, ago=ago)
    client.force_login(ada)

    page = client.get(f"{PAGE}{demo.pk}/")
    asked = client.get(f"{PAGE}{demo.pk}/", {"months": 3})

    assert f'<option value="{months}" selected>' in page.content.decode()
    assert ("1 silence" in words(page)) == (ago is not None)
    assert '<option value="3" selected>' in asked.content.decode()


def test_a_manager_tries_a_threshold_and_learns_no_deal_of_others(
    client: Client, demo: Stage, noor: User, maud: User
) -> None:
    waiting(noor, 6, title="Theirs")
    answered(noor, days=9)
    client.force_login(maud)
    told = client.get(f"{PAGE}{demo.pk}/?dark_after=5D&months=3", headers=PART)
    assert told.status_code == 200
    page = words(told)
    for figure in bench(demo, "5d", months=3).figures:
        assert f"{figure.name} {figure.said} {figure.beside}" in page
    assert ("Theirs" in page, "It would flag" in page, "Use 5 days" in page) == (False,) * 3


def test_what_the_history_speaks_for_is_said_and_drawn_but_not_applied(
    client: Client, demo: Stage, ines: User, maud: User
) -> None:
    client.force_login(maud)
    assert "No suggestion. The history is too thin" in words(client.get(f"{PAGE}{demo.pk}/"))
    for number in range(40):
        answered(ines, days=1 + number / 40)
        waiting(ines, 90)
    told = bench(demo, "1w")
    assert told.advice.span is not None
    page = client.get(f"{PAGE}{demo.pk}/")
    assert f"Suggested: {told.advice.span}. {told.advice.reason}" in words(page)
    assert '<g class="rule" data-kind="suggested"' in page.content.decode()
    in_force = patience.in_force(demo, timezone.now())
    assert in_force is not None
    assert in_force.dark_after == "1w"


def test_what_a_manager_types_wrong_is_told_with_its_remedy(
    client: Client, demo: Stage, maud: User
) -> None:
    client.force_login(maud)
    url = f"{PAGE}{demo.pk}/?dark_after=soon"
    for headers in ({}, PART):
        told = client.get(url, headers=headers)
        assert told.status_code == 422
        assert notes(told) == f"{SPELLING} “soon” is not a span of time. {REMEDY}"
    assert notes(client.get(f"{PAGE}{demo.pk}/?dark_after=5d", headers=PART)) == SPELLING


def test_what_an_admin_types_wrong_is_told_at_its_field(
    client: Client, demo: Stage, ada: User
) -> None:
    client.force_login(ada)
    wrong = {"dark_after": "soon", "spacing": "1wd; 2wd"}
    typed, _ = look(client, demo, **wrong)
    part = client.post(f"{PAGE}{demo.pk}/preview/", said(**wrong), headers=PART)
    opened = client.get(f"{PAGE}{demo.pk}/?dark_after=soon")
    for told in (typed, part, opened):
        assert told.status_code == 422
        assert notes(told) == f"{SPELLING} “soon” is not a span of time. {REMEDY}"
    for told in (typed, part):
        assert "“1wd; 2wd” is not a span of time" in notes(told, "spacing")
        assert notes(told, "reply_within") == "How long we may owe them an answer."


def test_an_address_with_a_threshold_shows_it_tried_and_ready_to_be_used(
    client: Client, demo: Stage, ines: User, ada: User
) -> None:
    answered(ines, days=9)
    waiting(ines, 6, title="Six days")
    client.force_login(ada)
    page = client.get(f"{PAGE}{demo.pk}/?dark_after=5d")
    body = page.content.decode()
    assert 'name="dark_after" value="5d"' in body
    assert ("Use 5 days" in words(page), "Six days" in words(page)) == (True, True)
    seen = re.search(r'name="seen" value="([^"]+)"', body)
    assert seen is not None
    client.post(f"{PAGE}{demo.pk}/", said(dark_after="5d", seen=seen[1]))
    in_force = patience.in_force(demo, timezone.now())
    assert in_force is not None
    assert in_force.dark_after == "5d"
    same = client.get(f"{PAGE}{demo.pk}/?dark_after=5d")
    assert (same.status_code, 'name="seen"' in same.content.decode()) == (200, False)


def test_a_figure_stands_beside_the_one_in_force(demo: Stage, ines: User) -> None:
    answered(ines, days=9)
    told = bench(demo, "12d")
    assert told.figures[1].beside == "was 100 %; not known of any flag yet"
    assert bench(demo, "1w").figures[1].beside == "today; likely 21 to 100 %, on 1 flag only"


def test_what_cannot_be_looked_back_on_is_passed_over(workspace: object) -> None:
    form = TrialForm({"months": "7", "segment": "nobody", "dark_after": ""})
    form.is_valid()
    assert (form.over, form.among, form.span) == (studio.MONTHS, None, None)


def test_a_history_of_long_ago_is_found_by_looking_further_back(
    client: Client, demo: Stage, ines: User, maud: User
) -> None:
    answered(ines, days=9)  # a hundred days ago
    client.force_login(maud)
    near, far = (
        words(client.get(f"{PAGE}{demo.pk}/?months={months}", headers=PART)) for months in (3, 600)
    )
    assert "No silence of this stage began in this time. Look further back." in near
    assert "1 silence." in far


def test_segments_are_offered_only_where_they_answer_differently(
    client: Client, demo: Stage, ines: User, maud: User
) -> None:
    client.force_login(maud)
    assert "Companies (B2B)" not in words(client.get(f"{PAGE}{demo.pk}/"))
    quick_companies_slow_people(ines)
    page = words(client.get(f"{PAGE}{demo.pk}/?segment=b2b"))
    assert ("Companies (B2B)" in page, "Consumers (B2C)" in page) == (True, True)
    assert "Prospects" not in page.split("Who is still silent")[0]
    assert "40 silences." in page
    told = bench(demo, "1w", Segment.B2B)
    assert told.figures[0].said == say_count(told.studio.would(Span(1, "w"), Segment.B2B).a_month)
    assert told.figures[0].said == "0"


def test_the_slider_goes_as_far_as_the_curve_on_the_clock_in_force(demo: Stage, ines: User) -> None:
    quick_companies_slow_people(ines)
    told = bench(demo, "5d")
    codes = [stop.code for stop in told.stops]
    assert (codes[0], codes[told.place - 1], codes[-1]) == ("1d", "5d", "21d")
    assert (codes[6], "7d" in codes) == ("1w", False)  # as the threshold in force is called
    assert told.plot.longest == len(codes) * 24 * 3600
    assert [bench(demo, code).place for code in ("1h", "36h", "9w")] == [1, 2, 21]
    other = bench(demo, "3wd")
    assert (other.is_comparable, codes[other.place - 1]) == (False, "1w")
    assert [rule.kind for rule in other.plot.rules if rule.kind != "suggested"] == ["current"]
    assert {rule.kind for rule in told.plot.rules} >= {"current", "chosen"}


def test_an_older_version_is_returned_to_by_one_click(
    client: Client, demo: Stage, ada: User, maud: User
) -> None:
    first = Threshold.objects.get(stage=demo)
    thresholds.change_span(demo, "5d", now=timezone.now(), user=ada)
    url = f"{PAGE}{demo.pk}/versions/{first.pk}/return/"
    client.force_login(maud)
    assert client.post(url).status_code == 404
    client.force_login(ada)
    assert client.get(url).status_code == 405
    other = Stage.objects.get(name="Proposal")
    assert client.post(f"{PAGE}{other.pk}/versions/{first.pk}/return/").status_code == 404
    assert "Demo is dark after 1 week, from now on." in words(client.post(url, follow=True))
    again = client.post(url, follow=True)
    assert "This is what is in force already. Choose another version." in words(again)
    in_force = patience.in_force(demo, timezone.now())
    assert in_force is not None
    assert (in_force.dark_after, in_force.created_by) == ("1w", ada)
    assert Threshold.objects.filter(stage=demo).count() == 3


def test_suggestions_that_would_go_are_named_to_admins_only(
    client: Client, demo: Stage, ines: User, ada: User, maud: User
) -> None:
    waiting(ines, 10, title="Ten days")
    waiting(ines, 40, title="Forty days")
    sweep_at(timezone.now())
    suggest.for_silences(dark_ids(), timezone.now())
    assert Suggestion.objects.live().count() == 2
    url = f"{PAGE}{demo.pk}/withdrawn/"
    client.force_login(maud)
    assert client.get(f"{url}?dark_after=3w").status_code == 404
    client.force_login(ada)
    assert [client.get(f"{url}{asked}").status_code for asked in ("", "?dark_after=soon")] == [
        404, 404,
    ]  # fmt: skip
    for headers in ({}, PART):
        page = words(client.get(f"{url}?dark_after=3w", headers=headers))
        assert "1 suggestion would be withdrawn" in page
        assert ("Ten days" in page, "Forty days" in page) == (True, False)
    assert f"{url}?dark_after=3w" in look(client, demo, dark_after="3w")[0].content.decode()
    none = words(client.get(f"{url}?dark_after=1w", headers=PART))
    assert "No suggestion would be withdrawn." in none


def test_a_trial_and_what_it_withdraws_cost_the_same_for_more_deals(
    client: Client, demo: Stage, ines: User, ada: User, django_assert_num_queries: object
) -> None:
    client.force_login(ada)
    for count in (1, 3):
        for _ in range(count):
            waiting(ines, 10)
        sweep_at(timezone.now())
        suggest.for_silences(dark_ids(), timezone.now())
        with django_assert_num_queries(29):  # type: ignore[operator]
            client.get(f"{PAGE}{demo.pk}/?dark_after=3w", headers=PART)
        with django_assert_num_queries(10):  # type: ignore[operator]
            client.get(f"{PAGE}{demo.pk}/withdrawn/?dark_after=3w", headers=PART)


def test_the_studio_opens_on_the_busiest_pipeline_at_its_first_stage_with_deals(
    client: Client, demo: Stage, ines: User, noor: User, maud: User, ada: User
) -> None:
    active = Stage.objects.get(name="Active")
    for owner, name in ((ines, "Demo"), (noor, "Active"), (noor, "Active"), (ines, "Renewal")):
        make_deal(owner, name)
    for user, stage in ((maud, demo), (ada, active)):
        client.force_login(user)
        page = client.get(PAGE).content.decode()
        assert f'<h2 id="studio-title">{stage}</h2>' in page
    chosen = client.get(f"{PAGE}?pipeline={demo.pipeline_id}").content.decode()
    assert '<h2 id="studio-title">Demo</h2>' in chosen


def test_where_no_pipeline_has_deals_the_studio_opens_on_the_first(
    client: Client, demo: Stage, ada: User
) -> None:
    client.force_login(ada)
    assert '<h2 id="studio-title">Discovery</h2>' in client.get(PAGE).content.decode()


def test_a_pipeline_that_is_not_there_is_not_found(client: Client, demo: Stage, ada: User) -> None:
    client.force_login(ada)
    assert client.get(f"{PAGE}?pipeline=99999").status_code == 404
    assert client.get(f"{PAGE}?pipeline={demo.pipeline_id}").status_code == 200
    assert client.get(f"{PAGE}?pipeline=x").status_code == 404
    Stage.objects.all().delete()
    assert "No stages yet" in words(client.get(PAGE))
