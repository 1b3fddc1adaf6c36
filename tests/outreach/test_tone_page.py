"""The tone check while somebody types: what is found, how it is mended, and without scripts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from outreach import sweeping
from tests.cast import Story, day, make_deal

TEXT = "Hi Tom, just checking in.\r\n\r\nThe oven is in stock."


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(ines: User) -> Client:
    return client_of(ines)


def told(client: Client, text: str = TEXT, **fields: Any) -> Any:
    posted = {"words_id": "draft", "words_name": "note", "channel": "email", "note": text, **fields}
    headers = {} if posted.pop("plain", "") else {"HX-Request": "true"}
    return client.post("/tone/", posted, headers=headers)


def found(answer: Any) -> list[str]:
    return [spot.finding.phrase for spot in answer.context["spots"]]


def test_typing_answers_with_the_findings_alone(client: Client) -> None:
    answer = told(client)

    assert answer.status_code == 200
    assert found(answer) == ["just checking in", "The oven is in stock"]
    assert b"<mark>just checking in</mark>" in answer.content
    assert b"<textarea" not in answer.content


def test_a_check_costs_one_query_beside_those_of_the_sign_in(
    client: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):  # session, reader, the workspace's phrases
        told(client)


def test_a_good_text_is_said_to_be_one_and_an_empty_one_is_not_judged(client: Client) -> None:
    assert b"Nothing to mend." in told(client, "Hi Tom, is June still good for the oven?").content
    assert told(client, "  ").content.strip() == b""


def test_the_play_and_the_channel_decide_what_is_missing(client: Client) -> None:
    text = "The oven is in stock with us."
    assert found(told(client, text, play="let_go")) == []
    assert found(told(client, text, channel="phone")) == []
    assert found(told(client, text, channel="sms")) == ["The oven is in stock with us"]
    assert found(told(client, "Just checking in, is it June?", language="de")) == []


def test_a_sentence_is_left_out_or_replaced_and_the_text_comes_back(client: Client) -> None:
    start = TEXT.index("just")
    answer = told(client, mend=f"{start}-out")
    assert answer.context["words"] == "Hi Tom,\n\nThe oven is in stock."
    assert found(answer) == ["The oven is in stock"]
    assert b"data-changed autofocus" in answer.content

    answer = told(client, mend=f"{start}-say")
    assert answer.context["words"] == (
        "Hi Tom, is this still planned for this year?\n\nThe oven is in stock."
    )
    assert found(answer) == []


def test_a_place_where_nothing_is_found_any_more_changes_nothing(client: Client) -> None:
    answer = told(client, mend="3-out")
    assert answer.context["words"] == TEXT.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "fields", [{"words_id": "x y"}, {"words_name": ""}, {"mend": "1-up"}, {"channel": "pigeon"}]
)
def test_a_post_that_no_page_makes_is_refused(client: Client, fields: dict[str, str]) -> None:
    assert told(client, **fields).status_code == 400


def test_whose_session_has_ended_keeps_the_page_and_what_they_wrote() -> None:
    answer = told(Client())
    assert (answer.status_code, answer.content) == (204, b"")


def test_without_scripts_a_page_shows_the_mended_text_and_goes_on_with_the_form(
    client: Client,
) -> None:
    answer = told(
        client, plain="yes", mend=f"{TEXT.index('just')}-say", subject="The oven", contact="7",
        onward="/deals/7/touches/", onward_says="Log as sent",
    )  # fmt: skip
    html = answer.content.decode()

    assert "is this still planned for this year?" in html
    assert 'action="/deals/7/touches/"' in html
    hidden = re.findall(r'<input type="hidden" name="(\w+)"', html)
    assert sorted(set(hidden) - {"csrfmiddlewaretoken"}) == [
        "channel", "contact", "language", "onward", "onward_says", "play", "subject",
        "words_id", "words_name",
    ]  # fmt: skip
    assert ">Log as sent</button>" in html


@pytest.mark.parametrize("url", ["https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_a_form_never_goes_on_to_a_page_of_somebody_else(client: Client, url: str) -> None:
    answer = told(client, plain="yes", onward=url)
    assert answer.context["onward"] == ""


def test_the_draft_of_a_dark_deal_is_checked_where_it_is_written(ines: User) -> None:
    deal = make_deal(ines, "Demo")
    Story(deal).we_write(day(0))
    sweeping.run(day(0) + timedelta(days=8))

    html = client_of(ines).get(f"/?deal={deal.pk}").content.decode()

    assert 'id="draft-words"' in html
    assert 'hx-post="/tone/"' in html
