"""Another draft: a really different one each time, and nothing typed is lost unasked."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User
from outreach import drafts, suggest, sweeping
from outreach.forms.drafts import CHANGED
from outreach.models import Suggestion, Template
from tests.cast import Story, day, make_deal

ON_TODAY = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "queue"}


@pytest.fixture
def suggestion(ines: User) -> Suggestion:
    Story(make_deal(ines, "Demo")).we_write(day(0, 10))
    sweeping.run(day(8))
    found = Suggestion.objects.select_related("deal__owner", "contact__company").get()
    found.reason = "unknown"
    found.save()
    return found


@pytest.fixture
def url(suggestion: Suggestion) -> str:
    return f"/suggestions/{suggestion.pk}/draft/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_drafts_go_round(suggestion: Suggestion) -> None:
    shown = []
    for _ in range(4):
        shown.append(drafts.render(suggestion).body)
        suggest.redraft(suggestion)
    assert len(set(shown[:3])) == 3
    assert shown[3] == shown[0]
    suggestion.refresh_from_db()
    assert suggestion.variant == 1


def test_what_is_done_has_no_other_draft(suggestion: Suggestion, ines: User) -> None:
    suggest.done(suggestion, user=ines, now=day(9))
    with pytest.raises(ValidationError, match="no longer open"):
        suggest.redraft(suggestion)


def test_where_there_is_one_draft_only_the_page_offers_no_other(
    suggestion: Suggestion, ines: User, url: str
) -> None:
    client = signed_in(ines)
    assert b"Another draft" in client.get("/").content
    Template.objects.exclude(variant=0, reason="").delete()
    assert b"Another draft" not in client.get("/").content
    answer = client.post(url, follow=True)
    assert "There is no other draft for it." in answer.content.decode()
    suggestion.refresh_from_db()
    assert suggestion.variant == 0


def test_without_scripts_the_reader_goes_back_to_the_deal(
    suggestion: Suggestion, ines: User, url: str
) -> None:
    answer = signed_in(ines).post(url)
    assert (answer.status_code, answer.url) == (302, f"/?deal={suggestion.deal_id}")
    suggestion.refresh_from_db()
    assert suggestion.variant == 1


def test_on_today_the_answer_is_the_deal_with_the_next_draft(ines: User, url: str) -> None:
    answer = signed_in(ines).post(url, **ON_TODAY)
    assert 'id="pane"' in answer.content.decode()
    assert answer.context["pane"].draft.subject == "One small piece of Fleet telematics"


def test_nobody_else_takes_another_draft(
    suggestion: Suggestion, karl: User, noor: User, url: str
) -> None:
    assert [signed_in(user).post(url).status_code for user in (karl, noor)] == [404, 404]
    assert signed_in(noor).get(url).status_code == 405
    suggestion.refresh_from_db()
    assert suggestion.variant == 0


def test_what_somebody_typed_is_asked_about_and_kept(
    suggestion: Suggestion, ines: User, url: str
) -> None:
    client = signed_in(ines)
    typed = {"drafted": "Hello Mara,\n\nA line.", "note": "Hello Mara,\r\n\r\nMy own line."}
    asked = client.post(url, typed)
    assert asked.status_code == 422
    assert asked.context["form"].non_field_errors() == [CHANGED]
    assert "My own line." in asked.content.decode()
    in_dialog = client.post(url, typed, **ON_TODAY)
    assert in_dialog.headers["HX-Retarget"] == "#dialog-body"
    suggestion.refresh_from_db()
    assert suggestion.variant == 0

    sure = {name: asked.context["form"][name].value() for name in ("note", "sure")}
    assert client.post(url, {**typed, **sure}).status_code == 302
    suggestion.refresh_from_db()
    assert suggestion.variant == 1


def test_a_changed_subject_counts_and_other_line_ends_do_not(
    suggestion: Suggestion, ines: User, url: str
) -> None:
    client = signed_in(ines)
    same = {"drafted": "A\n\nB", "note": "A\r\n\r\nB \r\n", "drafted_subject": "S"}
    assert client.post(url, {**same, "subject": "S"}).status_code == 302
    assert client.post(url, {**same, "subject": "Mine"}).status_code == 422
