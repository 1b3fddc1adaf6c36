"""What contacts said about timing, budget, competitors and priorities."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deals import people
from deals.importing.worked import worked_on
from deals.models import Deal
from outreach import remarks, sweeping
from outreach.models import Remark, Suggestion
from outreach.undo import ALREADY, Kind, Undo, run
from tests.cast import Story, make_contact, make_deal, today


@pytest.fixture
def dark(ines: User) -> Deal:
    """A deal that is dark now."""
    at = timezone.now() - timedelta(days=10)
    story = Story(make_deal(ines, "Demo", opened_at=at))
    story.we_write(at)
    sweeping.run(timezone.now())
    return story.deal


@pytest.fixture
def rep(client: Client, ines: User) -> Client:
    client.force_login(ines)
    return client


def said(deal: Deal, **fields: object) -> dict[str, object]:
    known = {
        "topic": "budget", "text": "Nothing before July", "said_on": today(),
        "contact": deal.contact_id,
    }  # fmt: skip
    return {**known, **fields}


def make_remark(deal: Deal, **fields: object) -> Remark:
    known = {
        "deal": deal, "contact": deal.contact, "topic": "budget", "text": "Nothing before July",
        "said_on": today(), "recorded_at": timezone.now(),
    }  # fmt: skip
    return Remark.objects.create(**{**known, **fields})


def test_a_remark_is_noted_with_who_and_when_and_the_guess_follows(
    rep: Client, dark: Deal, ines: User
) -> None:
    page = rep.post(f"/deals/{dark.pk}/remarks/new/", said(dark), follow=True).content.decode()
    assert "Noted what they said about budget." in page
    assert "“Nothing before July”" in page
    remark = Remark.objects.get()
    assert (remark.deal, remark.contact, remark.user) == (dark, dark.contact, ines)
    assert str(remark) == "Nothing before July"
    guess = Suggestion.objects.get()
    assert guess.reason == "cannot_commit_yet"
    assert guess.reason_evidence[0][0].startswith("They spoke of their budget on")


def test_the_form_asks_by_whom_of_the_deal(rep: Client, dark: Deal) -> None:
    form = rep.get(f"/deals/{dark.pk}/remarks/new/").context["form"]
    assert [person.pk for person in form.fields["contact"].queryset] == [dark.contact_id]
    assert form["contact"].value() == dark.contact_id
    stranger = make_contact("Someone", "Else")
    bad = rep.post(f"/deals/{dark.pk}/remarks/new/", said(dark, contact=stranger.pk))
    assert bad.status_code == 422


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"text": " "}, "This field is required."),
        ({"topic": "weather"}, "Select a valid choice."),
        ({"text": "x" * 301}, "Ensure this value has at most 300 characters"),
    ],
)
def test_bad_input_comes_back_with_the_form_filled(
    rep: Client, dark: Deal, fields: dict[str, object], error: str
) -> None:
    answer = rep.post(f"/deals/{dark.pk}/remarks/new/", said(dark, **fields))
    assert answer.status_code == 422
    assert error in answer.content.decode()
    assert str(today()) in answer.content.decode()
    assert not Remark.objects.exists()


def test_nobody_said_it_tomorrow(rep: Client, dark: Deal) -> None:
    tomorrow = today() + timedelta(days=1)
    answer = rep.post(f"/deals/{dark.pk}/remarks/new/", said(dark, said_on=tomorrow))
    assert answer.status_code == 422
    assert "Choose the day on which they said it." in answer.content.decode()


def test_a_remark_is_corrected_and_whose_it_is_stays(rep: Client, dark: Deal, karl: User) -> None:
    remark = make_remark(dark, user=karl)
    before = remark.recorded_at
    form = rep.get(f"/remarks/{remark.pk}/").context["form"]
    assert form["text"].value() == "Nothing before July"
    rep.post(f"/remarks/{remark.pk}/", said(dark, topic="timing", text="After the fair"))
    remark.refresh_from_db()
    assert (remark.topic, remark.text, remark.user) == ("timing", "After the fair", karl)
    assert remark.recorded_at == before


def test_a_deleted_remark_comes_back_as_it_was(rep: Client, dark: Deal, ines: User) -> None:
    remark = make_remark(dark, user=ines, text="“Später”, 40 %")
    known = Remark.objects.values().get()
    page = rep.post(f"/remarks/{remark.pk}/deletion/", follow=True).content.decode()
    assert "The remark is deleted." in page
    assert "Später" not in page
    assert rep.get(f"/remarks/{remark.pk}/").status_code == 404
    assert "Später" not in rep.get(f"/deals/{dark.pk}/remarks/").content.decode()
    assert Suggestion.objects.get().reason == "low_priority"
    token = page.split('action="/undo/')[1].split('/"')[0]
    page = rep.post(f"/undo/{token}/", follow=True).content.decode()
    assert "Taken back: the remark is there again." in page
    assert Remark.objects.values().get() == known
    assert Suggestion.objects.get().reason == "cannot_commit_yet"
    assert ALREADY.text in rep.post(f"/undo/{token}/", follow=True).content.decode()


def test_a_remark_comes_back_only_to_those_who_see_the_deal(dark: Deal, noor: User) -> None:
    now = timezone.now()
    remark = make_remark(dark)
    remarks.delete(remark, now=now)
    with pytest.raises(Remark.DoesNotExist):
        run(Undo(Kind.REMARK, remark.pk), user=noor, now=now)
    assert not Remark.objects.standing().exists()


def test_an_undo_stands_in_an_address_and_says_nothing_of_the_remark(
    rep: Client, dark: Deal, ines: User
) -> None:
    remark = make_remark(dark, text="They wait for the merger with Nordwind")
    page = rep.post(f"/remarks/{remark.pk}/deletion/", follow=True).content.decode()
    token = page.split('action="/undo/')[1].split('/"')[0]
    undo = Undo.read(token, ines)
    assert (undo.kind, undo.pk, undo.before) == (Kind.REMARK, remark.pk, "")


def test_a_deleted_remark_does_not_keep_an_import_from_being_undone(dark: Deal) -> None:
    remark = make_remark(dark)
    assert "remark" in worked_on(Deal, [dark])[dark.pk]
    remarks.delete(remark, now=timezone.now())
    assert worked_on(Deal, [dark]) == {}


def test_what_a_contact_said_is_erased_with_them_and_not_brought_back(
    rep: Client, dark: Deal
) -> None:
    now = timezone.now()
    other = make_remark(dark, contact=make_contact("Jonas"))
    remark, gone = make_remark(dark), make_remark(dark)
    page = rep.post(f"/remarks/{gone.pk}/deletion/", follow=True).content.decode()
    token = page.split('action="/undo/')[1].split('/"')[0]
    people.erase(dark.contact, now=now)
    assert list(Remark.objects.all()) == [other]
    assert rep.get(f"/remarks/{remark.pk}/").status_code == 404
    assert rep.post(f"/undo/{token}/").status_code == 404


def test_noor_sees_and_changes_no_remark(client: Client, noor: User, dark: Deal) -> None:
    remark = make_remark(dark)
    client.force_login(noor)
    for url in (
        f"/deals/{dark.pk}/remarks/",
        f"/deals/{dark.pk}/remarks/new/",
        f"/remarks/{remark.pk}/",
    ):
        assert client.get(url).status_code == 404
    assert client.post(f"/deals/{dark.pk}/remarks/new/", said(dark)).status_code == 404
    assert client.post(f"/remarks/{remark.pk}/", said(dark)).status_code == 404
    assert client.post(f"/remarks/{remark.pk}/deletion/").status_code == 404
    assert list(Remark.objects.all()) == [remark]
    assert list(Remark.objects.visible_to(noor)) == []


def test_the_pane_and_the_deals_page_show_them(rep: Client, dark: Deal) -> None:
    make_remark(dark)
    assert "“Nothing before July”" in rep.get("/").content.decode()
    page = rep.get(f"/deals/{dark.pk}/").content.decode()
    assert f'hx-get="/deals/{dark.pk}/remarks/?next=/deals/{dark.pk}/"' in page
    part = rep.get(
        f"/deals/{dark.pk}/remarks/?next=/deals/{dark.pk}/", headers={"HX-Request": "true"}
    )
    assert part.content.decode().lstrip().startswith('<section class="card stack"')
    assert f'name="next" value="/deals/{dark.pk}/"' in part.content.decode()
    assert "HX-Request" in part["Vary"]


def test_a_page_without_remarks_says_so(rep: Client, dark: Deal) -> None:
    page = rep.get(f"/deals/{dark.pk}/remarks/").content.decode()
    assert "Nothing noted yet" in page
    assert f"/deals/{dark.pk}/remarks/new/" in page


def test_the_number_of_queries_does_not_grow_with_the_remarks(
    rep: Client, dark: Deal, django_assert_num_queries
) -> None:
    url = f"/deals/{dark.pk}/remarks/"
    headers = {"HX-Request": "true"}
    make_remark(dark)
    rep.get(url)
    with django_assert_num_queries(4):
        rep.get(url, headers=headers)
    make_remark(dark, topic="timing")
    make_remark(dark, topic="priorities")
    with django_assert_num_queries(4):
        rep.get(url, headers=headers)
