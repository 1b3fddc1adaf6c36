"""While somebody is away: who sees their deals, for how long, and where they stand on Today."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts import covers
from accounts.models import Cover, User
from contacts.models import Company, Contact
from deals import course
from deals.figures import Figure
from deals.models import Deal, Outcome, Silence, Touch
from deals.periods import Period
from deals.reports import report
from deals.scopes import Scope
from outreach import sweeping
from outreach.context import rail_of
from outreach.covering import Covering
from outreach.models import Suggestion
from outreach.page import Asked
from tests.cast import Cast, Story, day, make_company, make_contact, make_cover, make_deal

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
POLL = {"HX-Request": "true", "HX-Target": "queue"}


def ago(**length: float) -> datetime:
    return timezone.now() - timedelta(**length)


def gone_dark(owner: User, title: str, **fields: object) -> Story:
    person = make_contact("Mara", title, company=make_company(f"{title} Ltd"))
    start = ago(days=12)
    story = Story(make_deal(owner, "Demo", title=title, opened_at=start, contact=person, **fields))
    story.we_write(ago(days=10))
    return story


def covers_now(colleague: User, person: User) -> Cover:
    now = timezone.now()
    return make_cover(colleague, person, now - DAY, now + DAY)


@pytest.fixture
def book(cast: Cast) -> dict[str, Story]:
    """A dark deal of Ines's, one of Karl's and one of Noor's, each with its suggestion."""
    told = {
        user.name: gone_dark(user, f"{user.name}s") for user in (cast.ines, cast.karl, cast.noor)
    }
    sweeping.run(timezone.now())
    return told


def seen_by(user: User) -> dict[str, int]:
    """Return how many rows of each kind a user sees."""
    models = (Deal, Silence, Touch, Suggestion, Contact, Company)
    return {model.__name__: model.objects.visible_to(user).count() for model in models}


def pages_of(deal: Deal) -> list[str]:
    return [
        f"/deals/{deal.pk}/", f"/contacts/{deal.contact_id}/", f"/companies/{deal.company_id}/",
        f"/?deal={deal.pk}", f"/deals/{deal.pk}/pause/", f"/deals/{deal.pk}/let-go/",
    ]  # fmt: skip


def statuses(client: Client, user: User, urls: list[str]) -> set[int]:
    client.force_login(user)
    return {client.get(url).status_code for url in urls}


@pytest.mark.parametrize(
    ("at", "is_seen"), [(day(1) - TICK, 0), (day(1), 1), (day(2) - TICK, 1), (day(2), 0)]
)
def test_deals_are_seen_from_the_first_instant_to_just_before_the_last(
    cast: Cast, at: datetime, is_seen: int
) -> None:
    make_deal(cast.ines)
    make_cover(cast.noor, cast.ines, day(1), day(2))
    assert Deal.objects.visible_to(cast.noor, at).count() == is_seen


def test_all_that_belongs_to_a_deal_is_seen_with_it_and_no_longer(
    cast: Cast, book: dict[str, Story]
) -> None:
    one = {
        "Deal": 1, "Silence": 2, "Touch": 1, "Suggestion": 1, "Contact": 1, "Company": 1,
    }  # fmt: skip
    assert seen_by(cast.noor) == one
    cover = covers_now(cast.noor, cast.ines)
    assert seen_by(cast.noor) == {name: 2 * count for name, count in one.items()}
    covers.end(cover, now=timezone.now())
    assert seen_by(cast.noor) == one


def test_the_pages_open_for_the_time_of_the_cover(
    client: Client, cast: Cast, book: dict[str, Story]
) -> None:
    urls = pages_of(book["Ines"].deal)
    assert statuses(client, cast.noor, urls) == {404}
    cover = covers_now(cast.noor, cast.ines)
    assert statuses(client, cast.noor, urls) == {200}
    covers.end(cover, now=timezone.now())
    assert statuses(client, cast.noor, urls) == {404}


def test_a_cover_to_come_or_for_another_opens_nothing(
    client: Client, cast: Cast, book: dict[str, Story]
) -> None:
    now = timezone.now()
    make_cover(cast.noor, cast.ines, now + DAY, now + 2 * DAY)
    covers_now(cast.noor, cast.maud)  # who leads Ines, and owns nothing here
    assert statuses(client, cast.noor, pages_of(book["Ines"].deal)) == {404}
    assert seen_by(cast.noor)["Deal"] == 1


def test_whoever_covers_gives_no_deal_away_and_takes_none(
    client: Client, cast: Cast, book: dict[str, Story]
) -> None:
    covers_now(cast.noor, cast.ines)
    deal = book["Ines"].deal
    client.force_login(cast.noor)
    url = f"/deals/{deal.pk}/owner/"
    assert client.post(url, {"owner": cast.noor.pk}).status_code == 404
    assert client.get(f"/deals/{deal.pk}/").context["may_hand_over"] is False
    deal.refresh_from_db()
    assert deal.owner == cast.ines


def test_the_report_of_a_manager_who_covers_counts_their_team_alone(
    cast: Cast, book: dict[str, Story]
) -> None:
    covers_now(cast.maud, cast.noor)
    now = timezone.now()
    period = Period.until_today(28, now, timezone.get_current_timezone())
    told = report(cast.maud, Scope(period, now))
    assert told.tally(Figure.DARK_NOW).count == 2
    assert [owner.name for owner in told.owners] == ["Ines", "Karl"]
    assert told.tally(Figure.OPEN).amounts == {"EUR": Decimal(2000)}


def test_what_somebody_achieved_stays_their_own(
    client: Client, cast: Cast, book: dict[str, Story]
) -> None:
    covers_now(cast.karl, cast.ines)
    course.let_go(book["Ines"].deal, now=timezone.now())
    client.force_login(cast.karl)
    own = {figure.label: figure.value for figure in client.get("/").context["figures"]}
    assert (own["Dark now"], own["Let go this week"]) == ("1", "0")
    assert own["Relit this week"] == "0 of 1"
    hers = client.get(f"/?whose={cast.ines.pk}").context["figures"]
    assert [figure.label for figure in hers] == ["Dark now", "Our move", "Dimming"]


def test_covered_deals_stand_in_the_queue_and_say_whose_they_are(
    client: Client, cast: Cast, book: dict[str, Story]
) -> None:
    covers_now(cast.karl, cast.ines)
    client.force_login(cast.karl)
    response = client.get("/")
    rows = [row for row, _ in response.context["shown"][0].lines]
    until = Cover.objects.with_people().get().until
    assert {row.flat.deal__title: row.cover and str(row.cover) for row in rows} == {
        "Iness": "Karl for Ines", "Karls": None,
    }  # fmt: skip
    page = response.content.decode()
    assert page.count(f"for Ines until {until}") == 1
    assert "you keep 1 open deal<" in page


@pytest.mark.parametrize(
    ("whose", "titles", "current"),
    [
        ("", ["Iness", "Karls"], "Both"), ("own", ["Karls"], "Mine"), ("ines", ["Iness"], "Ines’s"),
        ("noor", ["Iness", "Karls"], "Both"), ("team", ["Iness", "Karls"], "Both"),
    ],
)  # fmt: skip
def test_either_queue_can_be_looked_at_alone(
    client: Client, cast: Cast, book: dict[str, Story], whose: str, titles: list[str], current: str
) -> None:
    covers_now(cast.karl, cast.ines)
    client.force_login(cast.karl)
    named = {"ines": cast.ines.pk, "noor": cast.noor.pk}.get(whose, whose)
    context = client.get("/", {"whose": named}).context
    shown = [row.flat.deal__title for each in context["shown"] for row, _ in each.lines]
    assert sorted(shown) == titles
    assert [each.label for each in context["queues"] if each.is_current] == [current]
    assert [each.label for each in context["queues"]] == ["Both", "Mine", "Ines’s"]


def test_the_switch_goes_with_the_links_of_the_rows(
    client: Client, cast: Cast, book: dict[str, Story]
) -> None:
    covers_now(cast.karl, cast.ines)
    client.force_login(cast.karl)
    context = client.get("/", {"whose": cast.ines.pk}).context
    assert context["shown"][0].lines[0][1].startswith(f"/?whose={cast.ines.pk}&deal=")
    assert context["keeper"] == "Ines"


def test_without_a_cover_a_rep_has_nothing_to_switch(
    client: Client, cast: Cast, book: dict[str, Story]
) -> None:
    client.force_login(cast.karl)
    assert client.get("/").context["queues"] == []
    client.force_login(cast.maud)
    assert [each.label for each in client.get("/").context["queues"]] == ["Mine", "My team’s"]


def test_a_manager_who_covers_finds_their_team_without_it(
    client: Client, cast: Cast, book: dict[str, Story]
) -> None:
    covers_now(cast.maud, cast.noor)
    client.force_login(cast.maud)
    context = client.get("/", {"whose": "team"}).context
    shown = [row.flat.deal__title for each in context["shown"] for row, _ in each.lines]
    assert sorted(shown) == ["Iness", "Karls"]
    labels = [each.label for each in context["queues"]]
    assert labels == ["Both", "Mine", "Noor’s", "My team’s"]


def test_whoever_covers_several_sees_all_of_them(cast: Cast) -> None:
    covers_now(cast.karl, cast.ines)
    covers_now(cast.karl, cast.noor)
    covering = Covering.of(cast.karl, timezone.now())
    labels = [choice.label for choice in covering.choices(Asked())]
    assert labels == ["All", "Mine", "Ines’s", "Noor’s"]


def test_whoever_is_away_reads_who_covers(
    client: Client, cast: Cast, book: dict[str, Story]
) -> None:
    covers_now(cast.karl, cast.ines)
    client.force_login(cast.ines)
    response = client.get("/")
    until = Cover.objects.with_people().get().until
    assert f"Karl covers for you until {until}." in response.content.decode()
    assert [len(each.lines) for each in response.context["shown"]] == [1]


def test_the_rail_counts_what_today_lists(cast: Cast, book: dict[str, Story]) -> None:
    now = timezone.now()
    assert rail_of(cast.karl, "/", now).items[0].count == 1
    covers_now(cast.karl, cast.ines)
    assert rail_of(cast.karl, "/", now).items[0].count == 2


def test_a_cover_that_begins_or_ends_renews_the_page(
    client: Client, cast: Cast, book: dict[str, Story]
) -> None:
    client.force_login(cast.karl)
    version = client.get("/").context["version"]
    assert client.get("/", {"version": version}, headers=POLL).status_code == 204
    covers_now(cast.karl, cast.ines)
    assert client.get("/", {"version": version}, headers=POLL).status_code == 200


def test_a_let_go_deal_of_the_covered_one_comes_back_to_the_colleague(
    client: Client, cast: Cast, book: dict[str, Story]
) -> None:
    entry = course.let_go(book["Ines"].deal, now=timezone.now(), outcome=Outcome.RESTING)
    type(entry).objects.filter(pk=entry.pk).update(look_again_on=ago(days=1).date())
    covers_now(cast.karl, cast.ines)
    client.force_login(cast.karl)
    response = client.get("/")
    [again] = [each for each in response.context["shown"] if each.group.key == "again"]
    assert str(again.lines[0][0].cover) == "Karl for Ines"
    assert "for Ines until" in response.content.decode()


def test_what_the_colleague_does_counts_for_the_deal(
    client: Client, cast: Cast, book: dict[str, Story]
) -> None:
    covers_now(cast.karl, cast.ines)
    client.force_login(cast.karl)
    deal = book["Ines"].deal
    form = {"channel": "email", "direction": "outbound", "note": "Hello"}
    client.post(f"/deals/{deal.pk}/touches/", form)
    silence = deal.silences.open().get()
    assert silence.attempts == 1
    assert deal.touches.latest("pk").user == cast.karl
    deal.refresh_from_db()
    assert deal.owner == cast.ines


def test_the_number_of_queries_does_not_grow_with_the_covers(
    client: Client, cast: Cast, book: dict[str, Story], django_assert_max_num_queries
) -> None:
    client.force_login(cast.karl)
    client.get("/")
    with django_assert_max_num_queries(100) as alone:
        client.get("/")
    covers_now(cast.karl, cast.ines)
    covers_now(cast.karl, cast.noor)
    with django_assert_max_num_queries(100) as both:
        client.get("/")
    assert len(both) == len(alone)
