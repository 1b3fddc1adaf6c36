"""The pages of many deals at once: choose on the list, look, confirm, take back."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deals import course
from deals.models import Deal, Hold
from outreach.models import BulkAction
from outreach.views import many
from tests.cast import Cast, Story, make_cover, make_deal

LIST, MANY = "/deals/", "/deals/many/"
KINDS = ["reassign", "pause", "let_go"]


def ago(**length: float) -> datetime:
    return timezone.now() - timedelta(**length)


@pytest.fixture
def deals(cast: Cast) -> list[Deal]:
    """Three deals of Ines's and one of Noor's, on which they are silent."""
    told = []
    for owner, title in (
        (cast.ines, "One"), (cast.ines, "Two"), (cast.ines, "Three"), (cast.noor, "Secret")
    ):  # fmt: skip
        story = Story(make_deal(owner, "Demo", title=title, opened_at=ago(days=12)))
        story.we_write(ago(days=10))
        told.append(story.deal)
    return told


@pytest.fixture
def lead(client: Client, maud: User) -> Client:
    client.force_login(maud)
    return client


def details(kind: str, cast: Cast) -> dict[str, object]:
    """Return what the form of an act is told."""
    day = (timezone.now() + timedelta(days=30)).date()
    return {
        "reassign": {"owner": cast.karl.pk},
        "pause": {"until": "day", "day": day, "note": "They merge"},
        "let_go": {"outcome": "resting", "look_again_on": day, "reason": "No budget"},
    }[kind]


def chosen(deals: list[Deal]) -> str:
    return ",".join(str(deal.pk) for deal in deals)


def preview(client: Client, kind: str, deals: list[Deal], cast: Cast, **more: object) -> object:
    posted = {"chosen": chosen(deals), "step": "preview", **details(kind, cast), **more}
    return client.post(f"{MANY}{kind}/", posted)


def confirm(client: Client, kind: str, marks: str, cast: Cast) -> str:
    posted = {"chosen": marks, "step": "confirm", "next": "/deals/?state=dark"}
    response = client.post(f"{MANY}{kind}/", {**posted, **details(kind, cast)}, follow=True)
    assert response.redirect_chain == [("/deals/?state=dark", 302)]
    return response.content.decode()


def stand() -> list[tuple[str, str, int]]:
    rows = Deal.objects.order_by("pk").values_list("owner__name", "outcome")
    return [(*row, Hold.objects.count()) for row in rows]


@pytest.mark.parametrize("name", ["ines", "noor"])
def test_reps_find_no_such_pages_and_no_boxes(
    client: Client, cast: Cast, deals: list[Deal], name: str
) -> None:
    client.force_login(getattr(cast, name))
    before = stand()
    posted = {"which": "page", "on_page": [deal.pk for deal in deals], "kind": "let_go"}
    answers = [client.post(MANY, posted).status_code]
    for kind in KINDS:
        for step in ("details", "preview", "confirm"):
            told = {"chosen": chosen(deals), "step": step, **details(kind, cast)}
            answers.append(client.post(f"{MANY}{kind}/", told).status_code)
    assert answers == [404] * 10
    assert stand() == before
    page = client.get(LIST).content.decode()
    assert 'name="deal"' not in page
    assert "deals/many" not in page


def test_those_who_lead_have_a_box_for_each_deal(lead: Client, deals: list[Deal]) -> None:
    page = lead.get(LIST).content.decode()
    assert page.count('name="deal"') == 3
    assert "All 3 on this page" in page
    assert "that match" not in page


@pytest.mark.parametrize("kind", KINDS)
def test_from_the_list_to_the_form_of_the_act(lead: Client, deals: list[Deal], kind: str) -> None:
    posted = {"which": "ticked", "deal": [deals[0].pk, deals[2].pk], "kind": kind}
    response = lead.post(MANY, {**posted, "filter": "state=dark"})
    assert response.context["chosen"] == f"{deals[0].pk},{deals[2].pk}"
    assert response.context["back_url"] == "/deals/?state=dark"
    assert "2 deals" in response.content.decode()


def test_all_on_the_page_are_those_that_it_showed(lead: Client, deals: list[Deal]) -> None:
    posted = {"which": "page", "on_page": [deals[1].pk], "deal": [deals[0].pk], "kind": "pause"}
    assert lead.post(MANY, posted).context["chosen"] == str(deals[1].pk)


def test_all_that_match_go_by_the_filter_and_by_what_one_sees(
    lead: Client, deals: list[Deal]
) -> None:
    posted = {"which": "all", "kind": "pause", "filter": urlencode({"q": "t", "sort": "title"})}
    assert lead.post(MANY, posted).context["chosen"] == f"{deals[2].pk},{deals[1].pk}"
    everything = lead.post(MANY, {**posted, "filter": "sort=opened"}).context["chosen"]
    assert everything == chosen(deals[:3])


def test_more_than_go_at_once_are_cut_off_and_this_is_said(
    lead: Client, deals: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "LIMIT", 2)
    response = lead.post(MANY, {"which": "all", "kind": "pause", "filter": "sort=opened"})
    assert response.context["chosen"] == chosen(deals[:2])
    assert "These are the first 2 of your list" in response.content.decode()


def test_nothing_chosen_is_said_and_the_list_stays_as_it_was_asked_for(lead: Client) -> None:
    response = lead.post(MANY, {"kind": "pause", "filter": "state=dark"}, follow=True)
    assert response.redirect_chain == [("/deals/?state=dark", 302)]
    assert "No deal is chosen." in response.content.decode()


def test_what_makes_no_sense_leads_back_to_the_list(lead: Client, deals: list[Deal]) -> None:
    assert lead.get(MANY).url == LIST
    assert lead.post(MANY, {"kind": "burn"}).url == LIST
    assert lead.get(f"{MANY}pause/").status_code == 404
    assert lead.post(f"{MANY}burn/").status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_preview_names_each_deal_and_changes_nothing(
    lead: Client, cast: Cast, deals: list[Deal], kind: str
) -> None:
    before = stand()
    course.close(deals[1], "won", now=timezone.now())
    response = preview(lead, kind, deals, cast)
    shown = response.context["preview"]
    assert [line.deal.title for line in shown.acted] == ["One", "Three"]
    assert [(line.deal.title, line.why) for line in shown.left] == [("Two", "Won already")]
    assert shown.hidden == 1
    page = response.content.decode()
    assert "Secret" not in page
    assert "€\u00a02,000" in page
    course.undo(deals[1].outcome_entries.get(), now=timezone.now())
    assert stand() == before
    assert not BulkAction.objects.exists()


@pytest.mark.parametrize(
    ("kind", "wrong", "error"),
    [
        ("reassign", {"owner": ""}, "This field is required"),
        ("pause", {"day": "2020-01-01"}, "Choose a day to come"),
        ("pause", {"note": ""}, "This field is required"),
        ("let_go", {"look_again_on": "2020-01-01"}, "Choose a day to come"),
    ],
)
def test_a_wrong_form_comes_back_with_the_deals_still_chosen(
    lead: Client, cast: Cast, deals: list[Deal], kind: str, wrong: dict[str, str], error: str
) -> None:
    response = preview(lead, kind, deals[:2], cast, **wrong)
    assert response.status_code == 422
    assert error in response.content.decode()
    assert response.context["chosen"] == chosen(deals[:2])


def test_nobody_out_of_reach_can_be_made_the_owner(
    lead: Client, cast: Cast, deals: list[Deal]
) -> None:
    make_cover(cast.maud, cast.noor, ago(days=1), ago(days=-1))
    response = preview(lead, "reassign", deals, cast, owner=cast.noor.pk)
    assert response.status_code == 422
    offered = response.context["form"].fields["owner"].queryset
    assert [user.name for user in offered] == ["Ines", "Karl", "Maud"]


def test_the_way_back_to_the_form_keeps_what_was_said(
    lead: Client, cast: Cast, deals: list[Deal]
) -> None:
    response = preview(lead, "let_go", deals, cast, step="details", next="/deals/?q=one")
    page = response.content.decode()
    assert response.status_code == 200
    assert "No budget" in page
    assert response.context["back_url"] == "/deals/?q=one"


def test_the_way_back_is_a_list_of_ours(lead: Client, cast: Cast, deals: list[Deal]) -> None:
    for elsewhere in ("https://example.com/deals/", "//example.com/deals/", "/report/"):
        response = preview(lead, "let_go", deals, cast, next=elsewhere)
        assert response.context["back_url"] == LIST


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("reassign", "Three deals reassigned to Karl."),
        ("pause", "Three deals paused until"),
        ("let_go", "Three deals let go."),
    ],
)
def test_confirmed_it_is_done_and_can_be_taken_back(
    lead: Client, cast: Cast, deals: list[Deal], kind: str, says: str
) -> None:
    before = stand()
    marks = preview(lead, kind, deals, cast).context["preview"].chosen
    page = confirm(lead, kind, marks, cast)
    assert says in page
    assert stand() != before
    assert stand()[3][:2] == ("Noor", "open")
    undo = page.split('action="/undo/')[1].split('"')[0]
    back = lead.post(f"/undo/{undo}", follow=True)
    assert back.redirect_chain == [("/deals/?state=dark", 302)]
    assert "Taken back: three deals are as before." in back.content.decode()
    assert stand() == before


def test_only_the_deals_that_were_shown_are_acted_on(
    lead: Client, cast: Cast, deals: list[Deal]
) -> None:
    marks = preview(lead, "let_go", deals[:1], cast).context["preview"].chosen
    made_up = f"{marks},{deals[3].pk}.00000000,{deals[1].pk}"
    page = confirm(lead, "let_go", made_up, cast)
    assert "One deal let go." in page
    assert "Left as they are: “Two” (changed since you looked)." in page
    assert "Secret" not in page
    assert [row[1] for row in stand()] == ["resting", "open", "open", "open"]


def test_a_reply_in_between_keeps_a_deal(lead: Client, cast: Cast, deals: list[Deal]) -> None:
    marks = preview(lead, "let_go", deals[:2], cast).context["preview"].chosen
    Story(deals[0]).they_write(timezone.now())
    page = confirm(lead, "let_go", marks, cast)
    assert "“One” (changed since you looked)" in page
    assert [row[1] for row in stand()[:2]] == ["open", "resting"]


def test_where_nothing_is_left_to_do_this_is_said(
    lead: Client, cast: Cast, deals: list[Deal]
) -> None:
    page = confirm(lead, "let_go", f"{deals[3].pk}.ab", cast)
    assert "Nothing was done" in page
    assert not BulkAction.objects.exists()


def test_many_left_ones_are_counted(
    lead: Client, cast: Cast, deals: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "NAMED", 1)
    page = confirm(lead, "let_go", ",".join(f"{deal.pk}.ab" for deal in deals[:3]), cast)
    assert "“One” (changed since you looked); and 2 more." in page


def test_letting_go_for_good_names_no_day(lead: Client, cast: Cast, deals: list[Deal]) -> None:
    shown = preview(lead, "let_go", deals, cast, outcome="lost").context["preview"]
    assert {line.fate for line in shown.acted} == {"Lost, for good"}
    assert shown.act.look_again_on is None


def test_an_admin_acts_on_all_teams(client: Client, cast: Cast, deals: list[Deal]) -> None:
    client.force_login(cast.ada)
    marks = preview(client, "reassign", deals, cast).context["preview"].chosen
    confirm(client, "reassign", marks, cast)
    assert [row[0] for row in stand()] == ["Karl"] * 4


def test_the_number_of_queries_of_a_preview_does_not_grow(
    lead: Client, cast: Cast, deals: list[Deal], django_assert_num_queries
) -> None:
    preview(lead, "pause", deals[:1], cast)
    for some in (deals[:1], deals[:3]):
        with django_assert_num_queries(11):
            preview(lead, "pause", some, cast)
