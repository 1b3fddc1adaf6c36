"""The pages of leave: who may arrange a cover, and what stands there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Cover, User
from tests.cast import Cast, make_cover

TODAY = timezone.now().date()
DAY = timedelta(days=1)


def leave(colleague: User, first: int = 3, last: int = 5) -> dict[str, object]:
    """Return what a form posts: days counted from today."""
    return {"first": TODAY + first * DAY, "last": TODAY + last * DAY, "colleague": colleague.pk}


def now_covers(colleague: User, person: User) -> Cover:
    now = timezone.now()
    return make_cover(colleague, person, now - DAY, now + 3 * DAY)


def soon_covers(colleague: User, person: User) -> Cover:
    now = timezone.now()
    return make_cover(colleague, person, now + 10 * DAY, now + 12 * DAY)


def arranges(client: Client, user: User, person: User, colleague: User) -> int:
    client.force_login(user)
    return client.post(f"/settings/people/{person.pk}/covers/", leave(colleague)).status_code


def test_people_arrange_their_own_cover_with_anybody_who_works_here(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.ines)
    response = client.post(
        f"/settings/people/{cast.ines.pk}/covers/", leave(cast.noor), follow=True
    )

    assert response.redirect_chain == [("/settings/profile/", 302)]
    assert "Noor covers for Ines" in response.content.decode()
    assert str(Cover.objects.get()) == "Noor for Ines"


@pytest.mark.parametrize(
    ("who", "whose", "status"),
    [
        ("maud", "ines", 302), ("ada", "ines", 302), ("maud", "noor", 404), ("ines", "karl", 404),
        ("noor", "ines", 404), ("karl", "ines", 404),
    ],
)  # fmt: skip
def test_else_their_manager_or_an_admin_does(
    client: Client, cast: Cast, who: str, whose: str, status: int
) -> None:
    colleague = cast.ada if who != "ada" else cast.maud
    assert arranges(client, getattr(cast, who), getattr(cast, whose), colleague) == status
    assert Cover.objects.exists() == (status == 302)


def test_whoever_covers_may_not_pass_the_cover_on(client: Client, cast: Cast) -> None:
    cover = now_covers(cast.noor, cast.ines)
    client.force_login(cast.noor)
    urls = [f"/settings/covers/{cover.pk}/", f"/settings/people/{cast.ines.pk}/covers/"]

    assert [client.post(url, leave(cast.karl)).status_code for url in urls] == [404, 404]
    assert client.post(f"/settings/covers/{cover.pk}/end/").status_code == 404
    assert Cover.objects.get().ends_at == cover.ends_at


def test_a_manager_who_covers_for_another_team_does_not_read_its_people(
    client: Client, cast: Cast
) -> None:
    now_covers(cast.maud, cast.noor)
    client.force_login(cast.maud)

    assert client.get(f"/settings/people/{cast.noor.pk}/").status_code == 404
    names = [entry.person.name for entry in client.get("/settings/people/").context["entries"]]
    assert names == ["Ines", "Karl", "Maud"]


def test_a_refused_leave_keeps_what_was_typed(client: Client, cast: Cast) -> None:
    client.force_login(cast.ines)
    url = f"/settings/people/{cast.ines.pk}/covers/"
    response = client.post(url, leave(cast.karl, first=5, last=3))

    page = response.content.decode()
    assert response.status_code == 422
    assert "Swap the two" in page
    assert f'value="{TODAY + 5 * DAY}"' in page


def test_nobody_inactive_and_not_oneself_is_offered(client: Client, cast: Cast) -> None:
    User.objects.filter(pk=cast.karl.pk).update(is_active=False)
    client.force_login(cast.ines)
    form = client.get(f"/settings/people/{cast.ines.pk}/covers/").context["form"]

    assert [user.name for user in form.fields["colleague"].queryset] == ["Ada", "Maud", "Noor"]
    assert arranges(client, cast.ines, cast.ines, cast.karl) == 422


def test_a_cover_that_has_begun_keeps_its_first_day(client: Client, cast: Cast) -> None:
    cover = now_covers(cast.karl, cast.ines)
    client.force_login(cast.ines)
    url = f"/settings/covers/{cover.pk}/"
    assert client.get(url).context["form"].fields["first"].disabled
    client.post(url, leave(cast.karl, first=2, last=9))

    changed = Cover.objects.with_people().get()
    assert (changed.starts_at, changed.last_on) == (cover.starts_at, TODAY + 9 * DAY)


def test_a_cover_ends_early_from_the_list(client: Client, cast: Cast) -> None:
    begun, coming = now_covers(cast.karl, cast.ines), soon_covers(cast.noor, cast.ines)
    client.force_login(cast.maud)
    page = client.get("/settings/away/").content.decode()
    assert page.count("End now") == page.count("Call off") == 1
    for cover in (begun, coming):
        client.post(f"/settings/covers/{cover.pk}/end/")

    assert Cover.objects.get().ends_at <= timezone.now()
    assert "Nobody is away" in client.get("/settings/away/").content.decode()
    assert client.get(f"/settings/covers/{begun.pk}/").status_code == 404


def test_the_list_offers_no_button_to_whoever_covers(client: Client, cast: Cast) -> None:
    now_covers(cast.karl, cast.ines)
    client.force_login(cast.karl)
    page = client.get("/settings/away/").content.decode()

    assert "Away now" in page
    assert "End now" not in page


def test_others_covers_are_not_listed(client: Client, cast: Cast) -> None:
    now_covers(cast.karl, cast.ines)
    client.force_login(cast.noor)

    assert client.get("/settings/away/").context["lines"] == []


def test_leave_stands_on_the_profile_and_on_the_persons_page(client: Client, cast: Cast) -> None:
    cover = soon_covers(cast.karl, cast.ines)
    days = Cover.objects.with_people().get(pk=cover.pk).days
    for user, url in (
        (cast.ines, "/settings/profile/"), (cast.maud, f"/settings/people/{cast.ines.pk}/")
    ):  # fmt: skip
        client.force_login(user)
        page = client.get(url).content.decode()
        assert days in page
        assert "Call off" in page


def test_the_number_of_queries_does_not_grow_with_the_covers(
    client: Client, cast: Cast, django_assert_num_queries
) -> None:
    client.force_login(cast.maud)
    client.get("/settings/away/")
    for number in (1, 3):
        for _ in range(number):
            soon_covers(cast.karl, cast.ines)
        with django_assert_num_queries(6):
            client.get("/settings/away/")


def test_dates_that_are_none_are_refused(client: Client, cast: Cast) -> None:
    client.force_login(cast.ines)
    posted = {**leave(cast.karl), "first": "soon"}

    assert client.post(f"/settings/people/{cast.ines.pk}/covers/", posted).status_code == 422
