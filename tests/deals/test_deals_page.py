"""The list of deals, a deal's page and its forms, as their readers see them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from contacts.models import Company
from deals import conversation, course, people
from deals import thread as conversations
from deals.models import Deal, Hold, Outcome, Stage, Turn
from tests.cast import Story, day, make_company, make_contact, make_deal, sweep_at

LIST = "/deals/"
HTMX = {"HX-Request": "true"}


def ago(**length: float) -> object:
    return timezone.now() - timedelta(**length)


def waits(owner: User, title: str, *, days: float, stage: str = "Demo", **fields: object) -> Deal:
    """Return a deal on which they have owed an answer for so many days."""
    start = timezone.now() - timedelta(days=days)
    story = Story(make_deal(owner, stage, title=title, opened_at=start, **fields))
    story.we_write(start)
    return story.deal


@pytest.fixture
def book(ines: User) -> dict[str, Deal]:
    """One deal of Ines's in each state; Demo is dark after a week."""
    held = waits(ines, "Held", days=9)
    now = timezone.now()
    pause = Hold(deal=held, reason="pause", starts_at=now - timedelta(days=1))
    pause.ends_at = now + timedelta(days=3)
    conversation.hold(pause, now=now)
    ours = Story(waits(ines, "Ours", days=3))
    ours.they_write(now - timedelta(hours=1))
    return {
        "dark": waits(ines, "Dark", days=8),
        "dimming": waits(ines, "Dimming", days=6),
        "waiting": waits(ines, "Waiting", days=1),
        "held": held,
        "ours": ours.deal,
        "nobody": make_deal(ines, title="Nobody", opened_at=now - timedelta(days=1)),
    }


def titles(client: Client, user: User, **query: object) -> list[str]:
    client.force_login(user)
    response = client.get(LIST, query)
    assert response.status_code == 200
    return [row.deal.title for row in response.context["rows"]]


@pytest.mark.parametrize("state", ["dark", "dimming", "waiting", "held", "ours", "nobody"])
def test_each_state_lists_just_its_deal(
    client: Client, ines: User, book: dict[str, Deal], state: str
) -> None:
    assert titles(client, ines, state=state) == [book[state].title]


def test_the_states_hold_before_and_after_a_sweep(
    client: Client, ines: User, book: dict[str, Deal]
) -> None:
    sweep_at(timezone.now())
    assert titles(client, ines, state="dark") == ["Dark"]
    assert titles(client, ines, state="dimming") == ["Dimming"]


def test_each_row_wears_its_meter(client: Client, ines: User, book: dict[str, Deal]) -> None:
    client.force_login(ines)
    rows = client.get(LIST).context["rows"]
    assert {row.deal.title: row.stands.state.value for row in rows} == {
        "Dark": "dark", "Dimming": "dimming", "Waiting": "waiting", "Held": "held",
        "Ours": "ours", "Nobody": "nobody",
    }  # fmt: skip


def test_the_longest_silence_comes_first_and_those_by_them_before_the_rest(
    client: Client, ines: User, book: dict[str, Deal]
) -> None:
    assert titles(client, ines, sort="silence") == [
        "Dark", "Dimming", "Held", "Waiting", "Nobody", "Ours",
    ]  # fmt: skip


def test_amounts_sort_with_none_last_either_way(client: Client, ines: User) -> None:
    for title, amount in (("Small", 5), ("None", None), ("Large", 900)):
        make_deal(ines, title=title, amount=amount)
    assert titles(client, ines, sort="-amount") == ["Large", "Small", "None"]
    assert titles(client, ines, sort="amount") == ["Small", "Large", "None"]
    assert titles(client, ines, amount="without") == ["None"]
    assert titles(client, ines, amount="with", sort="title") == ["Large", "Small"]


def test_search_finds_title_contact_and_company(client: Client, ines: User) -> None:
    contact = make_contact("Aiko", "Tanabe", company=make_company("Tanabe Dental"))
    make_deal(ines, title="Practice plan", contact=contact)
    make_deal(ines, title="Yard cameras")
    assert titles(client, ines, q="dental plan") == ["Practice plan"]
    assert titles(client, ines, q="aiko") == ["Practice plan"]
    assert titles(client, ines, q="yard") == ["Yard cameras"]
    assert titles(client, ines, q="nothing such") == []


def test_open_deals_are_listed_unless_others_are_asked_for(client: Client, ines: User) -> None:
    won, lost = make_deal(ines, title="Won"), make_deal(ines, title="Lost", stage="Proposal")
    make_deal(ines, title="Open")
    course.close(won, Outcome.WON, now=timezone.now())
    course.close(lost, Outcome.LOST, now=timezone.now())
    assert titles(client, ines) == ["Open"]
    assert titles(client, ines, outcome="won") == ["Won"]
    assert titles(client, ines, outcome="any", sort="title") == ["Lost", "Open", "Won"]
    proposal = Stage.objects.get(name="Proposal")
    assert titles(client, ines, outcome="any", stage=proposal.pk) == ["Lost"]
    assert titles(client, ines, outcome="any", pipeline=proposal.pipeline_id + 1) == []


def test_what_is_no_filter_narrows_nothing(client: Client, ines: User) -> None:
    make_deal(ines, title="Here")
    assert titles(client, ines, stage="x", state="x", sort="x", page="x", outcome="x") == ["Here"]


def test_a_manager_filters_by_owner_and_others_see_nothing(
    client: Client, ines: User, karl: User, maud: User, noor: User, ada: User
) -> None:
    make_deal(ines, title="Hers")
    make_deal(karl, title="His")
    assert titles(client, maud, sort="title") == ["Hers", "His"]
    assert titles(client, maud, owner=karl.pk) == ["His"]
    assert titles(client, karl, owner=ines.pk) == ["His"]
    assert titles(client, noor) == []
    assert titles(client, ada, sort="title") == ["Hers", "His"]


def test_pages_do_not_overlap_though_all_were_opened_at_once(client: Client, ines: User) -> None:
    contact = make_contact()
    for number in range(30):
        make_deal(ines, title=f"{number:02}", contact=contact)
    for sort in ("-opened", "silence", "amount"):
        first, second = (titles(client, ines, sort=sort, page=page) for page in (1, 2))
        assert (len(first), len(second)) == (25, 5)
        assert len({*first, *second}) == 30


def test_htmx_gets_the_list_alone_and_caches_know(client: Client, ines: User) -> None:
    make_deal(ines, title="Here")
    client.force_login(ines)
    part, whole = client.get(LIST, headers=HTMX), client.get(LIST)
    assert b"<html" not in part.content
    assert b'id="list"' in part.content
    assert b"<html" in whole.content
    assert "HX-Request" in whole["Vary"]


@pytest.mark.parametrize(("state", "count"), [("", 14), ("held", 20)])
def test_the_list_asks_no_more_for_three_deals_than_for_one(
    client: Client, ines: User, state: str, count: int
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(LIST, {"state": state}, headers=HTMX).status_code == 200
        return len(asked)

    def another() -> None:
        deal, now = waits(ines, "Held", days=2), timezone.now()
        ends_at = now + timedelta(days=1)
        conversation.hold(Hold(deal=deal, reason="pause", starts_at=now, ends_at=ends_at), now=now)

    client.force_login(ines)
    client.get(LIST)
    another()
    one = queries()
    another()
    another()
    assert (one, queries()) == (count, count)


def test_a_deals_page_asks_no_more_for_three_people_and_touches_than_for_one(
    client: Client, ines: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/deals/{story.deal.pk}/").status_code == 200
        return len(asked)

    story = Story(make_deal(ines))
    story.we_write(day(1))
    client.force_login(ines)
    client.get(LIST)
    one = queries()
    for number in (2, 3):
        story.they_write(day(number))
        people.join(story.deal, make_contact(), now=day(number))
    assert (one, queries()) == (21, 21)


def test_a_long_thread_says_where_the_rest_is(client: Client, ines: User) -> None:
    story = Story(make_deal(ines))
    for number in range(conversations.SHOWN + 1):
        story.we_write(day(number), subject=f"Letter {number:02}")
    client.force_login(ines)
    page = client.get(f"/deals/{story.deal.pk}/").content.decode()
    assert ('href="?all"' in page, "Letter 00" in page) == (True, False)
    whole = client.get(f"/deals/{story.deal.pk}/", {"all": ""}).content.decode()
    assert ('href="?all"' in whole, "Letter 00" in whole) == (False, True)


def test_a_deal_of_someone_else_is_not_there(client: Client, ines: User, noor: User) -> None:
    deal = make_deal(ines, title="Secret fleet")
    client.force_login(noor)
    for url in ("", "edit/", "move/", "owner/", "people/"):
        assert client.get(f"/deals/{deal.pk}/{url}").status_code == 404
    for url in ("reopen/", "onboarding/", "people/1/leave/", "people/1/lead/", "moves/1/undo/"):
        assert client.post(f"/deals/{deal.pk}/{url}").status_code == 404


def test_the_page_of_a_deal_tells_who_what_and_how_it_stands(client: Client, ines: User) -> None:
    deal = waits(ines, "Fleet telematics", days=8, amount=Decimal(84000))
    lena = make_contact("Lena", "Aalto")
    people.join(deal, lena, now=timezone.now())
    client.force_login(ines)
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    for words in ("Fleet telematics", "€\u00a084,000", "Lena Aalto", "Dark · 8 d", "not heard yet"):
        assert words in page


def test_a_new_deal_opens_in_its_stage_with_its_turn(client: Client, ines: User) -> None:
    contact = make_contact("Grace", "Obi", company=make_company("Meridian Health"))
    make_deal(ines, contact=contact, title="Earlier")
    client.force_login(ines)
    response = client.post(
        "/deals/new/",
        {
            "title": "Patient intake", "contact": "grace obi", "amount": "51.000,50",
            "currency": "EUR", "stage": Stage.objects.get(name="Proposal").pk, "owner": ines.pk,
            "opened_at": "2026-03-02T09:00",
        },
    )  # fmt: skip
    deal = Deal.objects.get(title="Patient intake")
    assert response["Location"] == f"/deals/{deal.pk}/"
    assert (deal.contact, deal.company, deal.amount) == (
        contact, contact.company, Decimal("51000.50"),
    )  # fmt: skip
    assert deal.stage_entries.get().turn == Turn.THEIRS
    assert deal.silences.open().get().by == "them"


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("amount", "-5", "An amount cannot be negative. Leave it empty if there is none yet."),
        ("amount", "1.000", "“1.000” can be read in two ways: write 1000, or 1.00."),
        ("amount", "0.001", "An amount has at most two decimals: write 84000.50, for example."),
        ("opened_at", "2999-01-01T09:00", "That is in the future."),
        ("contact", "Nobody Such", "No contact of yours is called “Nobody Such”."),
        ("contact", "Lind", "Several fit “Lind”. Write which one:"),
        ("title", "", "This field is required."),
    ],
)
def test_a_new_deal_that_cannot_be_is_refused_with_the_remedy(
    client: Client, ines: User, noor: User, field: str, value: str, remedy: str
) -> None:
    for first in ("Mara", "Mira"):
        make_contact(first, "Lind", owner=ines)
    make_contact("Nobody", "Such", owner=noor)
    told = {
        "title": "Fleet", "contact": "Mara Lind", "currency": "EUR", "owner": ines.pk,
        "stage": Stage.objects.get(name="Demo").pk, "opened_at": "2026-03-02T09:00",
    }  # fmt: skip
    client.force_login(ines)
    response = client.post("/deals/new/", told | {field: value})
    assert response.status_code == 422
    [error] = response.context["form"].errors[field]
    assert error.startswith(remedy)
    assert not Deal.objects.exists()


def test_a_rep_opens_deals_for_themselves_only(client: Client, ines: User, karl: User) -> None:
    client.force_login(ines)
    form = client.get("/deals/new/").context["form"]
    assert list(form.fields["owner"].queryset) == [ines]


def test_editing_a_deal_keeps_its_course_and_makes_a_company_named_anew(
    client: Client, ines: User
) -> None:
    deal = make_deal(ines, title="Fleet")
    client.force_login(ines)
    client.post(
        f"/deals/{deal.pk}/edit/",
        {"title": "Fleet, 40 vessels", "amount": "12", "currency": "SEK", "company": "Nordhavn"},
    )
    deal.refresh_from_db()
    assert (deal.title, deal.amount, deal.currency) == ("Fleet, 40 vessels", Decimal(12), "SEK")
    assert deal.company == Company.objects.get(name="Nordhavn", owner=ines)
    assert deal.stage.name == "Discovery"


def test_a_deal_has_a_link_to_what_they_look_at(client: Client, ines: User) -> None:
    deal = make_deal(ines, title="Fleet")
    client.force_login(ines)
    told = {"title": "Fleet", "currency": "EUR"}
    client.post(f"/deals/{deal.pk}/edit/", {**told, "link": "example.com/proposal"})
    assert Deal.objects.get(pk=deal.pk).link == "https://example.com/proposal"
    assert (
        'href="https://example.com/proposal"' in client.get(f"/deals/{deal.pk}/").content.decode()
    )
    refused = client.post(f"/deals/{deal.pk}/edit/", {**told, "link": "javascript:alert(1)"})
    assert refused.status_code == 422
    assert Deal.objects.get(pk=deal.pk).link == "https://example.com/proposal"


def test_moving_asks_for_the_turn_and_can_be_taken_back(client: Client, ines: User) -> None:
    deal = make_deal(ines, title="Fleet")
    proposal = Stage.objects.get(name="Proposal")
    client.force_login(ines)
    form = client.get(f"/deals/{deal.pk}/move/", {"stage": proposal.pk}).context["form"]
    assert (form["stage"].value(), form["turn"].value()) == (proposal.pk, Turn.THEIRS)

    told = {"stage": proposal.pk, "turn": "ours", "next": "/deals/board/?pipeline=1"}
    response = client.post(f"/deals/{deal.pk}/move/", told)
    assert response["Location"] == "/deals/board/?pipeline=1"
    deal.refresh_from_db()
    assert (deal.stage, deal.silences.open().get().by) == (proposal, "us")

    entry = deal.stage_entries.get(stage=proposal)
    client.post(f"/deals/{deal.pk}/moves/{entry.pk}/undo/")
    deal.refresh_from_db()
    assert (deal.stage.name, deal.silences.open().get().by) == ("Discovery", "nobody")


def test_the_first_stage_of_a_deal_stays(client: Client, ines: User) -> None:
    deal = make_deal(ines)
    client.force_login(ines)
    url = f"/deals/{deal.pk}/moves/{deal.stage_entries.get().pk}/undo/"
    answer = client.post(url, follow=True).content.decode()
    assert "A deal needs a stage: its first entry stays." in answer


def test_moving_to_the_same_stage_is_refused_and_next_stays_here(
    client: Client, ines: User
) -> None:
    deal = make_deal(ines)
    client.force_login(ines)
    url = f"/deals/{deal.pk}/move/"
    same = client.post(url, {"stage": deal.stage_id, "turn": "ours"})
    assert (same.status_code, same.context["form"].errors["stage"]) == (
        422, ["It is in Discovery already. Choose another stage."],
    )  # fmt: skip
    demo = Stage.objects.get(name="Demo")
    away = client.post(url, {"stage": demo.pk, "turn": "ours", "next": "https://elsewhere.org/"})
    assert away["Location"] == f"/deals/{deal.pk}/"


def test_a_form_in_a_dialog_goes_on_by_a_redirect_of_the_page(client: Client, ines: User) -> None:
    deal = make_deal(ines)
    client.force_login(ines)
    form = client.get(f"/deals/{deal.pk}/move/", headers=HTMX)
    assert b"<html" not in form.content
    told = {"stage": Stage.objects.get(name="Demo").pk, "turn": "ours"}
    moved = client.post(f"/deals/{deal.pk}/move/", told, headers=HTMX)
    assert moved["HX-Redirect"] == f"/deals/{deal.pk}/"


def test_a_manager_hands_a_deal_over_within_their_team(
    client: Client, ines: User, karl: User, maud: User, noor: User
) -> None:
    deal = make_deal(ines, title="Fleet")
    client.force_login(maud)
    form = client.get(f"/deals/{deal.pk}/owner/").context["form"]
    assert set(form.fields["owner"].queryset) == {karl, maud}
    assert client.post(f"/deals/{deal.pk}/owner/", {"owner": noor.pk}).status_code == 422
    client.post(f"/deals/{deal.pk}/owner/", {"owner": karl.pk})
    deal.refresh_from_db()
    assert deal.owner == karl


def test_people_join_lead_and_leave(client: Client, ines: User) -> None:
    deal, lena = make_deal(ines), make_contact("Lena", "Aalto", owner=ines)
    client.force_login(ines)
    page = f"/deals/{deal.pk}/people/"
    client.post(page, {"contact": "Lena Aalto"})
    mara, part = deal.contact, deal.participations.get(contact=lena)
    client.post(f"{page}{part.pk}/lead/")
    deal.refresh_from_db()
    assert deal.contact == lena

    lead = deal.participations.get(is_primary=True, left_at=None)
    refused = client.post(f"{page}{lead.pk}/leave/", follow=True).content.decode()
    assert "Make someone else the primary contact first." in refused
    former = deal.participations.get(contact=mara, left_at=None)
    client.post(f"{page}{former.pk}/leave/")
    assert list(deal.participations.filter(left_at=None)) == [lead]


def test_a_closed_deal_reopens_and_it_is_our_move(client: Client, ines: User) -> None:
    deal = make_deal(ines, title="Fleet")
    course.close(deal, Outcome.LOST, now=timezone.now(), reason="Too dear")
    client.force_login(ines)
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    assert "Too dear" in page
    assert client.get(f"/deals/{deal.pk}/move/").status_code == 404
    client.post(f"/deals/{deal.pk}/reopen/")
    deal.refresh_from_db()
    assert (deal.outcome, deal.silences.open().get().by) == ("open", "us")
    assert client.post(f"/deals/{deal.pk}/reopen/").status_code == 404


def test_winning_offers_an_onboarding_deal_once(client: Client, ines: User) -> None:
    deal = make_deal(ines, title="Fleet")
    client.force_login(ines)
    url = f"/deals/{deal.pk}/onboarding/"
    assert client.post(url).status_code == 404
    course.close(deal, Outcome.WON, now=timezone.now())
    assert "Open an onboarding deal" in client.get(f"/deals/{deal.pk}/").content.decode()
    assert client.get(url).status_code == 200

    places = {client.post(url)["Location"] for _ in range(2)}

    onboarding = Deal.objects.get(source="onboarding")
    assert places == {f"/deals/{onboarding.pk}/"}
    assert (onboarding.stage.name, onboarding.contact.kind) == ("Onboarding", "customer")
    assert "Open an onboarding deal" not in client.get(f"/deals/{deal.pk}/").content.decode()
