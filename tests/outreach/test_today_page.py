"""The page Today as a browser asks for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User, Workspace
from contacts.models import Address
from deals import course
from deals.models import Hold, Outcome
from outreach import sweeping
from outreach.figures import Relit, figures, relit, start_of_week
from outreach.models import Suggestion
from outreach.today import Scope, Today
from tests.cast import Cast, Story, day, make_company, make_contact, make_deal

POLL = {"HX-Request": "true", "HX-Target": "queue"}


def ago(**length: float) -> datetime:
    return timezone.now() - timedelta(**length)


@pytest.fixture
def rep(client: Client, ines: User) -> Client:
    client.force_login(ines)
    return client


def gone_dark(owner: User, title: str = "Fleet telematics", **fields: object) -> Story:
    story = Story(make_deal(owner, "Demo", title=title, opened_at=ago(days=12), **fields))
    story.we_write(ago(days=10))
    return story


def one_of_each(owner: User) -> None:
    """Tell of one deal for each group."""
    gone_dark(owner)
    for stage, days in (("Demo", 6), ("Proposal", 0)):
        story = Story(make_deal(owner, stage, opened_at=ago(days=12)))
        if days:
            story.we_write(ago(days=days))
        else:
            story.they_write(ago(hours=3))
    make_deal(owner, "Demo", opened_at=ago(days=12))
    sweeping.run(timezone.now())


def test_the_page_needs_a_sign_in(client: Client, db: None) -> None:
    assert client.get("/").url == "/account/login/?next=/"


def test_a_new_workspace_says_what_to_do_first(client: Client, ines: User, ada: User) -> None:
    client.force_login(ines)
    page = client.get("/").content.decode()
    assert "No deals yet" in page
    assert "Import deals" not in page
    client.force_login(ada)
    page = client.get("/").content.decode()
    assert "Import deals" in page
    assert "manage.py demo" in page


def test_a_day_with_nothing_to_do_is_a_good_day(rep: Client, ines: User) -> None:
    make_deal(ines, "Demo", opened_at=ago(hours=1))
    page = rep.get("/").content.decode()
    assert "Every lamp is lit" in page
    assert "Nothing to do right now" in page


def test_the_first_deal_is_open_and_a_row_opens_another(rep: Client, ines: User) -> None:
    small = gone_dark(ines, "Small", amount=Decimal(10)).deal
    large = gone_dark(ines, "Large", amount=Decimal(9000)).deal
    sweeping.run(timezone.now())
    assert rep.get("/").context["pane"].deal == large
    page = rep.get(f"/?deal={small.pk}")
    assert page.context["pane"].deal == small
    assert "data-opened" in page.content.decode()


def test_a_row_asks_for_the_list_and_the_pane_only(rep: Client, ines: User) -> None:
    deal = gone_dark(ines).deal
    headers = {"HX-Request": "true", "HX-Target": "work"}
    part = rep.get(f"/?deal={deal.pk}", headers=headers).content.decode()
    assert part.lstrip().startswith('<div class="split" id="work">')


def test_a_refresh_says_nothing_while_nothing_changed(rep: Client, ines: User) -> None:
    story = gone_dark(ines)
    sweeping.run(timezone.now())
    version = rep.get("/").context["version"]
    assert rep.get("/", {"version": version}, headers=POLL).status_code == 204
    story.they_write(timezone.now())
    changed = rep.get("/", {"version": version}, headers=POLL)
    assert changed.status_code == 200
    assert 'id="queue"' in changed.content.decode()


def test_what_nobody_changed_costs_few_queries(
    rep: Client, ines: User, django_assert_num_queries
) -> None:
    one_of_each(ines)
    version = rep.get("/").context["version"]
    with django_assert_num_queries(6):  # user, the workspace's zone, covers, three of the version
        rep.get("/", {"version": version}, headers=POLL)


def test_the_number_of_queries_is_the_same_for_one_row_and_for_three(
    rep: Client, ines: User, django_assert_num_queries
) -> None:
    one_of_each(ines)
    rep.get("/")  # the session is cached from here on
    with django_assert_num_queries(52):
        once = rep.get("/")
    one_of_each(ines)
    one_of_each(ines)
    with django_assert_num_queries(52):
        thrice = rep.get("/")
    assert [len(each.lines) for each in once.context["shown"]] == [1, 1, 1, 1]
    assert [len(each.lines) for each in thrice.context["shown"]] == [3, 3, 3, 3]


def test_more_rows_are_a_link_away(rep: Client, ines: User) -> None:
    for number in range(18):
        gone_dark(ines, f"Deal {number}")
    sweeping.run(timezone.now())
    focus, dark = rep.get("/").context["shown"]
    assert (len(focus.lines), focus.more_url) == (7, "")
    assert (len(dark.lines), dark.more_url) == (10, "/?dark=20")
    focus, dark = rep.get(dark.more_url).context["shown"]
    assert (len(focus.lines), len(dark.lines), dark.more_url) == (7, 11, "")


def test_the_focus_list_is_as_long_as_the_admin_says(rep: Client, ines: User) -> None:
    for number in range(3):
        gone_dark(ines, f"Deal {number}")
    sweeping.run(timezone.now())
    for size, lengths in ((2, {"focus": 2, "dark": 1}), (3, {"focus": 3}), (0, {"dark": 3})):
        Workspace.objects.update(focus_size=size)
        shown = rep.get("/").context["shown"]
        assert {each.group.key: len(each.lines) for each in shown} == lengths


def test_a_team_has_no_focus_list(client: Client, ines: User, maud: User) -> None:
    gone_dark(ines)
    sweeping.run(timezone.now())
    client.force_login(maud)
    shown = client.get("/?whose=team").context["shown"]
    assert [each.group.key for each in shown] == ["dark"]


def test_the_place_of_a_deal_is_told_on_hover_and_to_who_cannot_hover(
    rep: Client, ines: User
) -> None:
    story = gone_dark(ines)
    sweeping.run(timezone.now())
    page = rep.get("/").content.decode()
    said = "€\u00a01,000 × 25 % for Demo × 10 in 100 assumed to answer"
    assert f'title="{said}" aria-describedby="place-{story.deal.pk}"' in page
    assert f'<span id="place-{story.deal.pk}" hidden>{said}</span>' in page


def test_the_pane_shows_evidence_draft_ways_and_thread(rep: Client, ines: User) -> None:
    mara = make_contact(
        company=make_company(), job_title="Head of Fleet", time_zone="Asia/Tokyo", city="Osaka"
    )
    gone_dark(ines, contact=mara)
    sweeping.run(timezone.now())
    response = rep.get("/")
    page = response.content.decode()
    pane = response.context["pane"]
    there = response.context["local_time"]
    assert f"Head of Fleet · {there:%H:%M} where they are, Osaka" in page
    assert pane.suggestion.evidence[0] in page
    assert pane.draft.body.splitlines()[0] in page
    assert [way.url.partition(":")[0] for way in pane.ways] == ["mailto", "tel"]
    assert [entry.kind for entry in pane.thread] == ["silence", "outbound", "event"]
    assert "went dark" in page


def test_each_action_shows_its_key(rep: Client, ines: User) -> None:
    gone_dark(ines)
    sweeping.run(timezone.now())
    page = rep.get("/").content.decode()
    for key in "rplgwxsd":
        assert f'data-key="{key}"' in page


def test_a_contact_who_opted_out_is_offered_no_way(rep: Client, ines: User) -> None:
    from deals.people import opt_out

    deal = gone_dark(ines).deal
    opt_out(deal.contact, now=timezone.now(), channel="email")
    ways = rep.get(f"/?deal={deal.pk}").context["pane"].ways
    assert [way.channel for way in ways] == ["phone"]
    Address.objects.filter(channel="phone").update(health="dead")
    page = rep.get(f"/?deal={deal.pk}").content.decode()
    assert "There is no address that works and may be used." in page


def test_a_long_thread_shows_its_latest_touches(rep: Client, ines: User) -> None:
    story = gone_dark(ines)
    for number in range(32):
        story.we_write(ago(days=9, minutes=-number))
    page = rep.get(f"/?deal={story.deal.pk}")
    assert len([entry for entry in page.context["pane"].thread if entry.touch]) == 30
    assert "Older touches" in page.content.decode()


def test_figures_count_the_day(ines: User, karl: User) -> None:
    now = day(30, 12)  # a Wednesday
    for title, currency in (("A", "EUR"), ("B", "USD")):
        Story(make_deal(ines, "Demo", title=title, currency=currency)).we_write(day(0, 10))
    heard = Story(make_deal(ines, "Demo"))
    heard.we_write(day(10))
    heard.they_write(day(30, 10))
    Story(make_deal(karl, "Demo")).we_write(day(0, 10))
    gone = make_deal(ines, "Demo")
    course.let_go(gone, now=day(29), look_again_on=day(90).date())
    Story(make_deal(ines, "Demo")).we_write(day(23, 13))
    sweeping.run(now)
    today = Today.at(now, Scope(ines))
    count = figures(today, today.groups({}), now.tzinfo)
    assert count.open_deals == 4
    assert [(each.value, each.note) for each in count.shown] == [
        ("2", "€\u00a01,000 + $\u00a01,000 at risk"),
        ("1", "waiting on us for 2 h"),
        ("1", "next at 13:00"),
        ("1 of 3", "33 %, team 25 %"),
        ("1", "1 to look at again"),
    ]


def test_a_team_is_compared_only_where_there_is_one(cast: Cast) -> None:
    now = day(30, 12)
    Story(make_deal(cast.noor, "Demo")).we_write(day(0, 10))
    sweeping.run(now)
    monday = start_of_week(now, now.tzinfo)
    assert monday == day(28, 0)
    assert relit(Scope(cast.ada), monday, now) == (Relit(0, 0), None)
    assert relit(Scope(cast.noor), monday, now) == (Relit(0, 1), Relit(0, 1))
    assert relit(Scope(cast.ada, of_team=True), monday, now)[0] == Relit(0, 1)


def test_what_is_dark_but_rests_is_counted_apart(rep: Client, ines: User) -> None:
    gone_dark(ines)
    sweeping.run(timezone.now())
    rep.post(f"/suggestions/{Suggestion.objects.get().pk}/dismissal/")
    page = rep.get("/").content.decode()
    assert "1 more is dark" in page
    assert "Nothing to do about the dark ones yet" in page


def test_who_leads_may_switch_to_their_team(client: Client, cast: Cast) -> None:
    gone_dark(cast.karl, "Karls own")
    sweeping.run(timezone.now())
    client.force_login(cast.maud)
    assert "Karls own" not in client.get("/").content.decode()
    page = client.get("/?whose=team").content.decode()
    assert "Karls own" in page
    assert "they keep 1 open deal" in page


def test_a_paused_deal_shows_its_pause_and_a_closed_one_how_it_ended(
    rep: Client, ines: User
) -> None:
    deal = gone_dark(ines).deal
    Hold.objects.create(deal=deal, reason="pause", starts_at=ago(hours=1), ends_at=ago(days=-3))
    assert "End it now" in rep.get(f"/?deal={deal.pk}").content.decode()
    course.close(deal, Outcome.LOST, now=timezone.now())
    page = rep.get(f"/?deal={deal.pk}").content.decode()
    assert "Lost since" in page
    assert "Reopen" in page


def test_an_address_that_makes_no_sense_is_the_plain_page(rep: Client, workspace) -> None:
    assert rep.get("/?deal=x&dark=-3&ours=99999999999999999999&whose=me").status_code == 200


def test_search_finds_by_every_word_what_one_may_see(rep: Client, ines: User, noor: User) -> None:
    mara = make_contact("Mara", "Lindqvist", company=make_company("Nordhavn Marine"))
    make_deal(ines, title="Fleet telematics", contact=mara)
    make_deal(noor, title="Fleet secret", contact=make_contact("Marabel", "Secret"))
    for text in ("mara nord", "MARA", f"mara.lindqvist.{mara.pk}@"):
        found = rep.get("/search/", {"q": text}).context
        assert [contact.name for contact in found["contacts"]] == ["Mara Lindqvist"]
    found = rep.get("/search/", {"q": "fleet"}).context
    assert [deal.title for deal in found["deals"]] == ["Fleet telematics"]
    assert "Nothing found" in rep.get("/search/", {"q": "zebra"}).content.decode()
    assert "What are you looking for?" in rep.get("/search/").content.decode()


def test_search_costs_the_same_for_one_and_for_three(
    rep: Client, ines: User, django_assert_num_queries
) -> None:
    make_deal(ines)
    rep.get("/search/")
    with django_assert_num_queries(6):
        rep.get("/search/", {"q": "a"})
    make_deal(ines)
    make_deal(ines)
    with django_assert_num_queries(6):
        rep.get("/search/", {"q": "a"})
