"""What a rep says of why somebody is silent: it wins, the suggestion follows, undo takes it back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts.models import User
from contacts.models import Address, Fact
from deals.models import Silence
from outreach import reasons, suggest, sweeping, why
from outreach.models import Reason, ReasonEntry, Suggestion
from outreach.undo import ALREADY, Kind, Undo, run
from tests.cast import Story, day, make_deal

NOW = day(8)
R = Reason


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo, never heard, dark since the seventh day."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    return story


@pytest.fixture
def first(demo: Story) -> Suggestion:
    sweeping.run(NOW)
    return Suggestion.objects.get()


def anew(suggestion: Suggestion) -> Suggestion:
    return Suggestion.objects.get(pk=suggestion.pk)


def test_a_confirmed_guess_is_kept_as_it_was(first: Suggestion, ines: User) -> None:
    assert reasons.say(first, R.LOW_PRIORITY, user=ines, now=NOW) == ""
    entry = ReasonEntry.objects.get()
    assert (entry.guessed, entry.confidence, entry.said) == ("low_priority", 64, "low_priority")
    assert (entry.user, entry.said_at, entry.silence) == (ines, NOW, first.silence)
    assert str(entry) == "Low priority"


def test_the_suggestion_follows_what_was_said(first: Suggestion, ines: User) -> None:
    reasons.say(first, R.BUSY, user=ines, now=NOW)
    followed = anew(first)
    assert (followed.reason, followed.confidence) == ("busy", 100)
    assert followed.reason_evidence == [
        ["On the other hand: They have not been heard on this deal so far.", None],
    ]


def test_who_changes_their_mind_changes_it_and_the_guess_stays(
    first: Suggestion, ines: User, maud: User
) -> None:
    reasons.say(first, R.BUSY, user=ines, now=NOW)
    assert reasons.say(anew(first), R.LOST_INTEREST, user=maud, now=day(9)) == "busy"
    entry = ReasonEntry.objects.get()
    assert (entry.guessed, entry.confidence) == ("low_priority", 64)
    assert (entry.said, entry.user, entry.said_at) == ("lost_interest", maud, day(9))


def test_the_next_step_of_the_silence_has_the_reason_too(
    demo: Story, first: Suggestion, ines: User
) -> None:
    reasons.say(first, R.CANNOT_COMMIT_YET, user=ines, now=NOW)
    suggest.done(anew(first), user=ines, now=NOW)
    sweeping.run(day(12))
    second = Suggestion.objects.live().get()
    assert (second.step, second.reason, second.confidence) == (2, "cannot_commit_yet", 100)


def test_the_next_silence_is_guessed_anew(demo: Story, first: Suggestion, ines: User) -> None:
    reasons.say(first, R.CANNOT_COMMIT_YET, user=ines, now=NOW)
    demo.they_write(day(9))
    demo.we_write(day(10))
    sweeping.run(day(20))
    assert Suggestion.objects.live().get().reason != "cannot_commit_yet"


def test_the_play_follows_the_reason(demo: Story, first: Suggestion, ines: User) -> None:
    """Who lost interest gets something about them at once; a low priority, a smaller step."""
    Fact.objects.create(
        contact=demo.deal.contact, text="the race round Gotland", learned_on=date(2026, 2, 1)
    )
    assert first.play == "refocus"
    reasons.say(first, R.LOST_INTEREST, user=ines, now=NOW)
    assert anew(first).play == "personalise"
    run(Undo(Kind.REASON, first.silence_id), user=ines, now=NOW)
    assert anew(first).play == "refocus"


def test_a_way_that_the_rep_chose_stays(first: Suggestion, ines: User) -> None:
    phone = suggest.replace(
        first, play="switch_channel", contact=first.contact, channel="phone", user=ines, now=NOW
    )
    assert (phone.reason, phone.reason_evidence) == (first.reason, anew(first).reason_evidence)
    reasons.say(phone, R.BUSY, user=ines, now=NOW)
    kept = anew(phone)
    assert (kept.play, kept.channel, kept.reason) == ("switch_channel", "phone", "busy")


def test_what_is_snoozed_stays_so(first: Suggestion, ines: User) -> None:
    suggest.snooze(first, until=day(20), user=ines, now=NOW)
    reasons.say(first, R.BUSY, user=ines, now=NOW)
    assert (anew(first).state, anew(first).reason) == ("snoozed", "busy")


def test_nothing_is_said_about_what_is_no_longer_open(first: Suggestion, ines: User) -> None:
    suggest.dismiss(first, user=ines, now=NOW)
    with pytest.raises(ValidationError, match="no longer open"):
        reasons.say(first, R.BUSY, user=ines, now=NOW)
    assert not ReasonEntry.objects.exists()


def test_where_nobody_may_be_named_only_the_reason_follows(
    demo: Story, first: Suggestion, ines: User
) -> None:
    Address.objects.update(health=Address.Health.DEAD)
    reasons.renew([demo.silence], NOW)
    assert (anew(first).play, anew(first).reason) == ("let_go", "hard_to_reach")


def test_what_is_no_longer_dark_is_left_to_the_sweep(demo: Story, first: Suggestion) -> None:
    silence = Silence.objects.get(pk=first.silence_id)
    silence.dark_at = None
    reasons.renew([silence], NOW)
    reasons.renew([], NOW)
    assert anew(first).reason == "low_priority"


def test_undo_takes_back_what_was_said_once(first: Suggestion, ines: User) -> None:
    undo = Undo(Kind.REASON, first.silence_id)
    reasons.say(first, R.BUSY, user=ines, now=NOW)
    assert run(undo, user=ines, now=NOW) == "Taken back: the reason is as it was before."
    assert not ReasonEntry.objects.exists()
    assert (anew(first).reason, anew(first).confidence) == ("low_priority", 64)
    assert run(undo, user=ines, now=NOW) == ALREADY.text


def test_undo_of_a_change_brings_the_former_answer_back(first: Suggestion, ines: User) -> None:
    reasons.say(first, R.BUSY, user=ines, now=NOW)
    before = reasons.say(anew(first), R.LOST_INTEREST, user=ines, now=NOW)
    run(Undo(Kind.REASON, first.silence_id, before=before), user=ines, now=NOW)
    assert (ReasonEntry.objects.get().said, anew(first).reason) == ("busy", "busy")


def test_undo_is_for_those_who_see_the_deal(first: Suggestion, ines: User, noor: User) -> None:
    reasons.say(first, R.BUSY, user=ines, now=NOW)
    with pytest.raises(Silence.DoesNotExist):
        run(Undo(Kind.REASON, first.silence_id), user=noor, now=NOW)
    assert ReasonEntry.objects.count() == 1


# --- the page


@pytest.fixture
def dark(ines: User) -> Story:
    """A deal that is dark now, by a person of few words."""
    at = timezone.now() - timedelta(days=10)
    story = Story(make_deal(ines, "Demo", opened_at=at))
    story.we_write(at)
    sweeping.run(timezone.now())
    return story


@pytest.fixture
def rep(client: Client, ines: User) -> Client:
    client.force_login(ines)
    return client


def url(story: Story) -> str:
    return f"/suggestions/{story.deal.suggestions.get().pk}/reason/"


def test_the_pane_shows_the_guess_its_evidence_and_a_key_for_each_reason(
    rep: Client, dark: Story
) -> None:
    page = rep.get("/").content.decode()
    assert "Probably: <strong>low priority</strong>, 64 %" in page
    assert "<li>They have not been heard on this deal so far.</li>" in page
    assert 'data-key="y"' in page
    assert [f'data-key="{key}"' in page for key in "1234567"] == [True] * 6 + [False]
    assert 'href="/help/re-engaging/#why-they-are-silent"' in page


def test_saying_it_answers_with_an_undo_and_the_page_follows(rep: Client, dark: Story) -> None:
    said = rep.post(url(dark), {"reason": "busy"}, follow=True).content.decode()
    assert "Noted: busy. The suggestion follows." in said
    assert "<strong>Busy</strong>: you said so on" in said
    assert "Probably" not in said
    assert 'data-key="y"' not in said
    assert '<form method="post" action="/undo/' in said


def test_for_htmx_the_list_and_the_pane_come_back(rep: Client, dark: Story) -> None:
    headers = {"HX-Request": "true", "HX-Target": "queue"}
    said = rep.post(url(dark), {"reason": "busy"}, headers=headers)
    assert said.status_code == 200
    assert 'id="queue"' in said.content.decode()


def test_no_other_word_is_a_reason(rep: Client, dark: Story) -> None:
    assert rep.post(url(dark), {"reason": "rude"}).status_code == 400
    assert rep.post(url(dark)).status_code == 400
    assert rep.get(url(dark)).status_code == 405
    assert not ReasonEntry.objects.exists()


def test_what_was_answered_meanwhile_is_refused_in_words(rep: Client, dark: Story) -> None:
    address = url(dark)
    suggest.dismiss(dark.deal.suggestions.get(), user=dark.deal.owner, now=timezone.now())
    said = rep.post(address, {"reason": "busy"}, follow=True).content.decode()
    assert "This suggestion is no longer open." in said


def test_noor_sees_no_reason_and_says_none(client: Client, noor: User, dark: Story) -> None:
    client.force_login(noor)
    assert client.post(url(dark), {"reason": "busy"}).status_code == 404
    assert not ReasonEntry.objects.exists()


def test_without_a_guess_there_is_nothing_to_confirm(rep: Client, ines: User) -> None:
    at = timezone.now() - timedelta(days=12)
    story = Story(make_deal(ines, "Demo", opened_at=at))
    story.they_write(at)
    story.we_write(at + timedelta(days=1))
    sweeping.run(timezone.now())
    page = rep.get("/").content.decode()
    assert "Nobody can tell yet. You may know:" in page
    assert "Nothing in what happened speaks for one reason more than for another." in page
    assert 'data-key="y"' not in page
    assert 'data-key="1"' in page


def test_a_sentence_that_rests_on_a_touch_leads_to_it(rep: Client, ines: User) -> None:
    at = timezone.now() - timedelta(days=12)
    story = Story(make_deal(ines, "Demo", opened_at=at))
    asked = story.they_write(at, note="What is the price?")
    story.we_write(at + timedelta(days=1))
    sweeping.run(timezone.now())
    page = rep.get("/").content.decode()
    assert f'<a href="#touch-{asked.pk}">They brought up the price on' in page
    assert f'id="touch-{asked.pk}"' in page


def test_a_touch_that_is_not_on_the_page_is_found_in_the_whole_story(
    first: Suggestion, ines: User, karl: User
) -> None:
    first.reason_evidence = [["They brought up the price.", 7], ["Nothing else.", None]]
    told = why.why(first, ines, shown={8}, today=NOW.date())
    assert [ground.url for ground in told.grounds] == [f"/deals/{first.deal_id}/?all#touch-7", ""]
    reasons.say(first, R.BUSY, user=karl, now=NOW)
    told = why.why(anew(first), ines, shown=(), today=NOW.date())
    assert told.said == "Karl said so on 10 March"
    ReasonEntry.objects.update(user=None)
    assert why.why(anew(first), ines, (), NOW.date()).said == "somebody said so on 10 March"
