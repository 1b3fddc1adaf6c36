"""The settings of the tone check: everyone reads them, admins change them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from outreach.house_tone import findings
from outreach.models import Phrasing
from outreach.phrasebook import example, phrasebooks
from outreach.phrases import phrase
from tests.cast import LONG_AGO

URL = "/settings/tone/"
OWN = {"language": "en", "notation": "no brainer", "why": "It presses.", "instead": "Say why."}
SHIPPED = next(
    one.notation
    for one in phrasebooks()["de"].blame.phrases
    if one.kind == "reminding" and len(one.notation) > 200
)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin(ada: User) -> Client:
    return signed_in(ada)


def post(client: Client, address: str, posted: dict[str, str] | None = None) -> Any:
    """Post to a page of these settings."""
    return client.post(f"{URL}{address}", posted or {})


def told(text: str) -> list[str]:
    return [one.phrase for one in findings(text, channel="email", language="en") if one.is_blame]


def test_everyone_reads_the_phrases_of_each_kind_and_language(ines: User) -> None:
    client = signed_in(ines)
    answer = client.get(URL)
    assert (answer.context["language"], answer.context["kind"]) == ("en", "checking_in")
    assert b"just checking in" in answer.content
    assert b"Switch off" not in answer.content
    for language in ("en", "de"):
        for kind, _, count in answer.context["kinds"]:
            page = client.get(f"{URL}?language={language}&kind={kind}")
            assert (page.context["language"], page.context["kind"]) == (language, kind)
            assert count > 0
    assert client.get(f"{URL}?language=xx&kind=xx").context["language"] == "en"


def test_the_page_makes_as_many_queries_for_many_own_phrases_as_for_one(
    admin: Client, ada: User, django_assert_num_queries: Any
) -> None:
    for count in (1, 3):
        for nth in range(count):
            Phrasing.objects.get_or_create(
                language="en", notation=f"phrase {nth}", defaults={"changed_at": LONG_AGO}
            )
        with django_assert_num_queries(5):
            admin.get(URL)


def test_the_settings_lead_to_it(ines: User) -> None:
    assert b'href="/settings/tone/"' in signed_in(ines).get("/settings/").content


def test_a_rep_changes_nothing(ines: User) -> None:
    row = Phrasing.objects.create(
        language="en", notation="no brainer", changed_at=LONG_AGO, why="x", instead="y"
    )
    client = signed_in(ines)
    for url, posted in (
        (f"{URL}own/", OWN),
        (f"{URL}own/{row.pk}/removal/", {}),
        (f"{URL}shipped/", {"language": "de", "notation": SHIPPED}),
        (f"{URL}restoration/", {"language": "de"}),
    ):
        assert client.post(url, posted).status_code == 404
    assert list(Phrasing.objects.all()) == [row]


def test_an_admin_adds_a_phrase_and_takes_it_away(admin: Client, ada: User) -> None:
    text = "It is a no-brainer for you. Is June fine?"
    assert told(text) == []
    assert post(admin, "own/", OWN).url == f"{URL}?language=en"
    row = Phrasing.objects.get()
    assert (row.changed_by, row.is_off) == (ada, False)
    assert told(text) == ["no-brainer"]
    assert b"no brainer" in admin.get(URL).content

    assert post(admin, f"own/{row.pk}/removal/").url == f"{URL}?language=en"
    assert told(text) == []


@pytest.mark.parametrize(
    ("notation", "remedy"),
    [
        ("(one|two", "A “)” is missing in the phrase. Add it."),
        ("[perhaps]", "“[perhaps]” could match anything. Begin it with a word."),
        (SHIPPED[:200], None),
        ("touching base", "This phrase is shipped. Switch it on below instead."),
        ("", "This field is required."),
    ],
)
def test_a_phrase_that_cannot_be_kept_is_refused_and_stays_in_the_form(
    admin: Client, notation: str, remedy: str | None
) -> None:
    answer = post(admin, "own/", {**OWN, "notation": notation})
    assert answer.status_code == 422
    assert b'value="It presses."' in answer.content
    if remedy:
        assert answer.context["form"].errors["notation"] == [remedy]


def test_one_phrase_is_kept_once(admin: Client) -> None:
    post(admin, "own/", OWN)
    answer = post(admin, "own/", OWN)
    assert answer.status_code == 422
    assert Phrasing.objects.count() == 1


def test_a_shipped_phrase_is_switched_off_and_on_and_all_of_them_on(admin: Client) -> None:
    posted = {"language": "de", "notation": SHIPPED, "kind": "reminding"}
    back = f"{URL}?language=de&kind=reminding"
    assert post(admin, "shipped/", posted).url == back
    assert post(admin, "shipped/", posted).url == back
    assert Phrasing.objects.get().is_off
    page = admin.get(back)
    assert [row["notation"] for row in page.context["phrases"] if not row["is_on"]] == [SHIPPED]
    assert b"Switch all on again (1)" in page.content

    post(admin, "shipped/", {**posted, "is_on": "on"})
    assert not Phrasing.objects.exists()
    post(admin, "shipped/", posted)
    post(admin, "own/", OWN)
    post(admin, "restoration/", {"language": "de"})
    assert [row.notation for row in Phrasing.objects.all()] == ["no brainer"]


@pytest.mark.parametrize("notation", ["", "nobody says so"])
def test_only_shipped_phrases_are_switched(admin: Client, notation: str) -> None:
    posted = {"language": "en", "notation": notation}
    assert post(admin, "shipped/", posted).status_code == 400
    assert post(admin, "shipped/", {**posted, "language": "xx"}).status_code == 400


def test_every_shipped_phrase_reads_as_somebody_would_say_it() -> None:
    shown = [example(one.parts) for book in phrasebooks().values() for one in book.blame.phrases]
    assert all(shown)
    one = phrase("([x] just|only) checking ... word* !no $", kind="", why="", instead="")
    assert example(one.parts) == "just checking … word…"
