"""What a rep does with a deal on Today, with and without scripts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from deals.models import Deal, Hold, Outcome, Promise, Touch
from outreach import sweeping
from outreach.models import Notice, Suggestion
from tests.cast import Story, make_contact, make_deal, today

ON_TODAY = {
    "HX-Request": "true",
    "HX-Target": "queue",
    "HX-Current-URL": "http://testserver/?deal=1",
}
IN_DIALOG = {**ON_TODAY, "HX-Target": "dialog-body"}


def ago(**length: float) -> datetime:
    """Return an instant before now: the doors go by the real clock."""
    return timezone.now() - timedelta(**length)


@pytest.fixture
def rep(client: Client, ines: User) -> Client:
    client.force_login(ines)
    return client


@pytest.fixture
def story(ines: User) -> Story:
    """A deal in Demo that went dark three days ago, swept."""
    told = Story(make_deal(ines, "Demo", opened_at=ago(days=12)))
    told.we_write(ago(days=10))
    sweeping.run(timezone.now())
    return told


@pytest.fixture
def deal(story: Story) -> Deal:
    return story.deal


def said(client: Client, response: object) -> list[str]:
    """Return the messages that the next page shows."""
    page = client.get("/search/")
    return [str(message) for message in page.context["messages"]]


def undo(client: Client) -> str:
    """Return the address that takes the last action back."""
    page = client.get("/search/")
    [message] = page.context["messages"]
    return str(message.extra_tags)


def test_a_reply_ends_the_silence_and_makes_it_our_move(rep: Client, story: Story) -> None:
    response = rep.post(f"/deals/{story.deal.pk}/reply/", {"next": "/?deal=1&whose=team"})
    assert (response.status_code, response.url) == (302, "/?deal=1&whose=team")
    assert story.silence.by == "us"
    assert said(rep, response) == ["Mara replied: it is our move on “Fleet telematics”."]


def test_a_reply_is_noted_on_the_channel_we_used_last(rep: Client, deal: Deal) -> None:
    rep.post(f"/deals/{deal.pk}/reply/", {"channel": "sms"})
    assert deal.touches.latest("recorded_at").channel == "sms"


def test_a_way_back_to_elsewhere_is_not_followed(rep: Client, deal: Deal) -> None:
    response = rep.post(f"/deals/{deal.pk}/reply/", {"next": "https://example.com/"})
    assert response.url == f"/?deal={deal.pk}"


def test_htmx_gets_list_pane_and_figures_anew(rep: Client, deal: Deal) -> None:
    response = rep.post(f"/deals/{deal.pk}/reply/", {"next": f"/?deal={deal.pk}"}, headers=ON_TODAY)
    page = response.content.decode()
    assert response.status_code == 200
    for part in ("queue", "pane", "headline", "summary", "rail-count-today", "messages"):
        assert f'id="{part}"' in page
    assert "<html" not in page


def test_a_call_that_was_answered_is_logged_and_the_deal_leaves_the_dark(
    rep: Client, story: Story
) -> None:
    told = {"channel": "phone", "direction": "two_way", "note": "They look at it on Friday"}
    rep.post(f"/deals/{story.deal.pk}/touches/", told)
    assert story.silence.by == "us"
    touch = story.deal.touches.latest("recorded_at")
    assert (touch.channel, touch.note, touch.user.name) == (
        "phone", "They look at it on Friday", "Ines",
    )  # fmt: skip


def test_a_promise_named_in_a_call_makes_it_their_move_until_the_end_of_its_day(
    rep: Client, story: Story
) -> None:
    day = today() + timedelta(days=3)
    told = {"channel": "phone", "direction": "two_way", "promised_on": day.isoformat()}
    rep.post(f"/deals/{story.deal.pk}/touches/", told)
    assert story.silence.by == "them"
    due = Promise.objects.get().due_at.astimezone(timezone.get_default_timezone())
    assert due > timezone.now() + timedelta(days=2)


def test_an_attempt_counts_as_the_suggestion_done(rep: Client, deal: Deal, ines: User) -> None:
    rep.post(f"/deals/{deal.pk}/touches/", {"channel": "email", "direction": "outbound"})
    suggestion = Suggestion.objects.get()
    assert (suggestion.state, suggestion.acted_by) == ("done", ines)


def test_a_touch_in_the_future_is_refused_with_its_remedy(rep: Client, deal: Deal) -> None:
    told = {"channel": "email", "direction": "outbound", "occurred_at": "2099-01-01T10:00"}
    response = rep.post(f"/deals/{deal.pk}/touches/", told, headers=ON_TODAY)
    assert response.status_code == 422
    assert response["HX-Retarget"] == "#dialog-body"
    assert "That is in the future" in response.content.decode()


def test_a_form_is_a_page_without_scripts_and_a_dialog_with_them(rep: Client, deal: Deal) -> None:
    for name in ("touches", "pause", "let-go", "won", "lost"):
        url = f"/deals/{deal.pk}/{name}/"
        assert "<html" in rep.get(url).content.decode()
        dialog = rep.get(url, headers=IN_DIALOG).content.decode()
        assert "<html" not in dialog
        assert 'hx-target="#queue"' in dialog


def test_a_touch_is_corrected_to_the_minute_and_keeps_its_seconds(
    rep: Client, story: Story
) -> None:
    touch = story.deal.touches.get()
    page = rep.get(f"/touches/{touch.pk}/")
    told = page.context["form"]["occurred_at"].value()
    form = {"channel": "phone", "direction": "outbound", "note": "A call after all"}
    rep.post(f"/touches/{touch.pk}/", {**form, "occurred_at": f"{told:%Y-%m-%dT%H:%M}"})
    touch.refresh_from_db()
    assert (touch.channel, touch.note) == ("phone", "A call after all")
    assert touch.occurred_at == story.silence.started_at


def test_a_touch_that_needs_no_answer_gives_no_turn_and_undo_gives_it_back(
    rep: Client, story: Story
) -> None:
    touch = story.deal.touches.get()
    rep.post(f"/touches/{touch.pk}/settled/")
    assert story.silence.by == "nobody"
    rep.post(undo(rep))
    assert story.silence.by == "them"


def test_a_deleted_touch_comes_back_by_undo(rep: Client, story: Story) -> None:
    touch = story.deal.touches.get()
    rep.post(f"/touches/{touch.pk}/deletion/")
    assert story.silence.by == "nobody"
    rep.post(undo(rep))
    assert story.silence.by == "them"


def test_a_pause_stops_the_clock_until_its_day(rep: Client, story: Story) -> None:
    rep.post(f"/deals/{story.deal.pk}/pause/", {"kind": "pause", "until": "tomorrow"})
    held = Hold.objects.get()
    assert (held.reason, held.deal, story.is_dark) == ("pause", story.deal, False)
    assert timezone.now() < held.ends_at < timezone.now() + timedelta(days=2)


def test_an_absence_belongs_to_the_contact(rep: Client, deal: Deal) -> None:
    rep.post(f"/deals/{deal.pk}/pause/", {"kind": "absence", "until": "next_week"})
    assert (Hold.objects.get().contact, Hold.objects.get().deal) == (deal.contact, None)


def test_a_promise_replaces_the_threshold(rep: Client, story: Story) -> None:
    rep.post(f"/deals/{story.deal.pk}/pause/", {"kind": "promise", "until": "tomorrow"})
    assert story.silence.promised_at == Promise.objects.get().due_at


def test_a_pause_needs_its_day(rep: Client, deal: Deal) -> None:
    response = rep.post(f"/deals/{deal.pk}/pause/", {"kind": "pause", "until": "day"})
    assert response.status_code == 422
    assert "Choose the day." in response.content.decode()
    past = {"kind": "pause", "until": "day", "day": "2020-01-01"}
    assert "Choose a day to come." in rep.post(f"/deals/{deal.pk}/pause/", past).content.decode()


def test_whoever_names_a_day_means_it(rep: Client, deal: Deal) -> None:
    day = today() + timedelta(days=20)
    told = {"kind": "pause", "until": "tomorrow", "day": day.isoformat()}
    rep.post(f"/deals/{deal.pk}/pause/", told)
    assert Hold.objects.get().ends_at > timezone.now() + timedelta(days=18)


def test_a_pause_is_ended_before_its_day(rep: Client, story: Story) -> None:
    rep.post(f"/deals/{story.deal.pk}/pause/", {"kind": "pause", "until": "next_week"})
    rep.post(f"/holds/{Hold.objects.get().pk}/end/")
    assert Hold.objects.get().ends_at < timezone.now()


def test_an_absence_is_ended_before_its_day(rep: Client, story: Story) -> None:
    rep.post(f"/deals/{story.deal.pk}/pause/", {"kind": "absence", "until": "next_week"})
    rep.post(f"/holds/{Hold.objects.get().pk}/end/")
    assert Hold.objects.get().ends_at < timezone.now()


def test_a_promise_that_was_none_is_taken_away(rep: Client, story: Story) -> None:
    rep.post(f"/deals/{story.deal.pk}/pause/", {"kind": "promise", "until": "tomorrow"})
    rep.post(f"/promises/{Promise.objects.get().pk}/release/")
    assert story.silence.promised_at is None


@pytest.mark.parametrize(("answer", "by"), [("yes", "us"), ("no", "them")])
def test_a_past_meeting_asks_whether_it_took_place(
    rep: Client, story: Story, answer: str, by: str
) -> None:
    held = Hold.objects.create(
        deal=story.deal, reason="meeting", starts_at=ago(days=2), ends_at=ago(hours=2)
    )
    assert "take place?" in rep.get(f"/?deal={story.deal.pk}").content.decode()
    rep.post(f"/holds/{held.pk}/meeting/", {"took_place": answer})
    assert story.silence.by == by
    assert "take place?" not in rep.get(f"/?deal={story.deal.pk}").content.decode()


def test_letting_go_rests_the_deal_until_a_day_to_look_again(rep: Client, deal: Deal) -> None:
    form = rep.get(f"/deals/{deal.pk}/let-go/").context["form"]
    day = form["look_again_on"].value()
    assert day == today() + timedelta(days=90)
    rep.post(f"/deals/{deal.pk}/let-go/", {"outcome": "resting", "look_again_on": day})
    deal.refresh_from_db()
    assert deal.outcome == Outcome.RESTING
    assert deal.outcome_entries.get().look_again_on == day


def test_letting_go_for_good_names_no_day(rep: Client, deal: Deal) -> None:
    told = {"outcome": "lost", "look_again_on": "2099-01-01", "reason": "They chose to build it"}
    rep.post(f"/deals/{deal.pk}/let-go/", told)
    entry = deal.outcome_entries.get()
    assert (entry.outcome, entry.look_again_on, entry.reason) == (
        "lost", None, "They chose to build it",
    )  # fmt: skip


def test_a_day_to_look_again_must_be_to_come(rep: Client, deal: Deal) -> None:
    told = {"outcome": "resting", "look_again_on": "2020-01-01"}
    assert rep.post(f"/deals/{deal.pk}/let-go/", told).status_code == 422


def test_winning_offers_onboarding(rep: Client, deal: Deal) -> None:
    rep.post(f"/deals/{deal.pk}/won/", {"reason": "Signed"})
    deal.refresh_from_db()
    assert deal.outcome == Outcome.WON
    page = rep.get(f"/?deal={deal.pk}").content.decode()
    assert "Open an onboarding deal" in page
    rep.post(f"/deals/{deal.pk}/onboarding/")
    assert "Won, and it goes on" in rep.get(f"/?deal={deal.pk}").content.decode()


def test_losing_closes_the_deal_and_undo_opens_it(rep: Client, deal: Deal) -> None:
    rep.post(f"/deals/{deal.pk}/lost/", {"reason": "No budget"})
    deal.refresh_from_db()
    assert deal.outcome == Outcome.LOST
    rep.post(undo(rep))
    deal.refresh_from_db()
    assert deal.outcome == Outcome.OPEN


def test_what_is_closed_is_not_closed_again(rep: Client, deal: Deal) -> None:
    rep.post(f"/deals/{deal.pk}/won/")
    for name in ("won", "lost", "let-go"):
        rep.post(f"/deals/{deal.pk}/{name}/")
    assert deal.outcome_entries.count() == 1
    assert "is won already. Reopen it first." in said(rep, None)[-1]


def test_a_suggestion_is_snoozed_dismissed_and_taken_another_way(rep: Client, deal: Deal) -> None:
    suggestion = Suggestion.objects.get()
    rep.post(f"/suggestions/{suggestion.pk}/snooze/", {"until": "tomorrow"})
    suggestion.refresh_from_db()
    assert suggestion.state == "snoozed"
    rep.post(undo(rep))
    suggestion.refresh_from_db()
    assert suggestion.state == "queued"
    page = rep.get(f"/suggestions/{suggestion.pk}/another/")
    choices = dict(page.context["form"].fields["to"].choices)
    phone = next(key for key in choices if key.endswith(":phone"))
    rep.post(f"/suggestions/{suggestion.pk}/another/", {"play": "switch_channel", "to": phone})
    chosen = Suggestion.objects.pending().get()
    assert (chosen.play, chosen.channel) == ("switch_channel", "phone")
    rep.post(f"/suggestions/{chosen.pk}/dismissal/")
    chosen.refresh_from_db()
    assert chosen.state == "dismissed"


def test_a_form_about_a_suggestion_is_a_page_and_says_what_is_wrong(
    rep: Client, deal: Deal
) -> None:
    pk = Suggestion.objects.get().pk
    assert "The deal stays dark" in rep.get(f"/suggestions/{pk}/snooze/").content.decode()
    rep.post(f"/suggestions/{pk}/dismissal/")
    told = {"play": "let_go", "to": ""}
    response = rep.post(f"/suggestions/{pk}/another/", told)
    assert response.status_code == 422
    assert "no longer open" in response.content.decode()


def test_a_promised_day_must_come_after_the_touch(rep: Client, deal: Deal) -> None:
    told = {"channel": "phone", "direction": "two_way", "promised_on": "2020-01-01"}
    response = rep.post(f"/deals/{deal.pk}/touches/", told)
    assert response.status_code == 422
    assert "Choose a day after the touch itself." in response.content.decode()


def test_only_letting_go_does_without_anybody(rep: Client, deal: Deal) -> None:
    pk = Suggestion.objects.get().pk
    response = rep.post(f"/suggestions/{pk}/another/", {"play": "refocus", "to": ""})
    assert response.status_code == 422
    rep.post(f"/suggestions/{pk}/another/", {"play": "let_go", "to": ""})
    assert Suggestion.objects.pending().get().play == "let_go"


def test_a_suggestion_that_somebody_acted_on_is_told_so(rep: Client, deal: Deal) -> None:
    pk = Suggestion.objects.get().pk
    rep.post(f"/suggestions/{pk}/dismissal/")
    for name, told in (("dismissal", {}), ("snooze", {"until": "tomorrow"})):
        rep.post(f"/suggestions/{pk}/{name}/", told)
        assert "no longer open" in said(rep, None)[-1]


def test_a_notice_is_put_away(rep: Client, deal: Deal, ines: User, noor: User) -> None:
    told = Notice(
        user=ines, deal=deal, kind="look_again", key="1", text="Worth a look",
        created_at=timezone.now(),
    )  # fmt: skip
    told.save()
    assert "Worth a look" in rep.get("/").content.decode()
    part = rep.post(f"/notices/{told.pk}/read/", {"next": f"/?deal={deal.pk}"}, headers=ON_TODAY)
    assert part.context["asked"].deal == deal.pk
    assert "Worth a look" not in rep.get("/").content.decode()
    rep.force_login(noor)
    assert rep.post(f"/notices/{told.pk}/read/").status_code == 404


def test_nothing_can_be_done_to_what_one_may_not_see(
    client: Client, story: Story, noor: User
) -> None:
    client.force_login(noor)
    deal, touch = story.deal.pk, story.deal.touches.get().pk
    suggestion = Suggestion.objects.get().pk
    held = Hold.objects.create(
        deal=story.deal, reason="meeting", starts_at=ago(days=2), ends_at=ago(hours=2)
    ).pk
    absence = Hold.objects.create(
        contact=story.deal.contact, reason="absence", starts_at=ago(days=2)
    ).pk
    promise = Promise.objects.create(deal=story.deal, made_at=ago(days=1), due_at=ago(days=-1)).pk
    for url in (
        f"/deals/{deal}/reply/", f"/deals/{deal}/pause/", f"/deals/{deal}/let-go/",
        f"/deals/{deal}/won/", f"/deals/{deal}/lost/", f"/deals/{deal}/touches/",
        f"/touches/{touch}/", f"/touches/{touch}/settled/", f"/touches/{touch}/deletion/",
        f"/holds/{held}/end/", f"/holds/{absence}/end/", f"/holds/{held}/meeting/",
        f"/promises/{promise}/release/", f"/suggestions/{suggestion}/snooze/",
        f"/suggestions/{suggestion}/dismissal/", f"/suggestions/{suggestion}/another/",
    ):  # fmt: skip
        assert client.post(url).status_code == 404, url
    assert client.get(f"/?deal={deal}").status_code == 404
    assert Touch.objects.count() == 1


def test_who_cannot_be_reached_gets_an_address_and_a_better_way(rep: Client, ines: User) -> None:
    contact = make_contact(addresses={})
    told = Story(make_deal(ines, "Demo", contact=contact, opened_at=ago(days=12)))
    told.we_write(ago(days=10))
    sweeping.run(timezone.now())
    [first] = Suggestion.objects.live()
    assert (first.play, first.lacks) == ("let_go", "address")
    url = f"/suggestions/{first.pk}/address/"
    assert f'href="{url}' in rep.get(f"/?deal={told.deal.pk}").content.decode()
    assert rep.post(url, {"channel": "email", "value": "nobody"}).status_code == 422
    response = rep.post(url, {"channel": "email", "value": "Mara@Example.org"})
    assert response.status_code == 302
    [better] = Suggestion.objects.live()
    assert (better.play, better.channel, better.address.value) == (
        "refocus", "email", "mara@example.org",
    )  # fmt: skip


def test_who_only_asks_how_they_can_be_reached_waits_for_no_writer(rep: Client, deal: Deal) -> None:
    [suggestion] = Suggestion.objects.filter(deal=deal)
    url = f"/suggestions/{suggestion.pk}/address/"
    with CaptureQueriesContext(connection) as asked:
        answers = [rep.get(url), rep.post(url, {"channel": "email", "value": "nobody"})]
    assert [answer.status_code for answer in answers] == [200, 422]
    assert not [each for each in asked if each["sql"].startswith(("SAVEPOINT", "BEGIN"))]


def test_a_known_address_that_may_not_be_used_is_not_added_again(rep: Client, ines: User) -> None:
    contact = make_contact(addresses={"email": "mara@example.org"})
    contact.addresses.update(health="dead")
    told = Story(make_deal(ines, "Demo", contact=contact, opened_at=ago(days=12)))
    told.we_write(ago(days=10))
    sweeping.run(timezone.now())
    [suggestion] = Suggestion.objects.live()
    told_again = {"channel": "email", "value": "mara@example.org"}
    response = rep.post(f"/suggestions/{suggestion.pk}/address/", told_again)
    assert response.status_code == 422
    assert contact.addresses.count() == 1


def test_nobody_adds_an_address_to_a_suggestion_they_may_not_see(
    client: Client, noor: User, deal: Deal
) -> None:
    client.force_login(noor)
    [suggestion] = Suggestion.objects.filter(deal=deal)
    told = {"channel": "email", "value": "mara@example.org"}
    assert client.post(f"/suggestions/{suggestion.pk}/address/", told).status_code == 404
