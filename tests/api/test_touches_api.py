"""Touches by the API: recorded once, corrected, deleted, and what each does to a silence."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from deals import people
from deals.models import Deal, Promise, Touch
from tests.calling import program
from tests.cast import MONDAY_9, Story, day, make_contact, make_deal

SENT = {"channel": "email", "direction": "outbound", "occurred_at": "2026-03-03T10:00:00+01:00"}
HEARD = {"channel": "email", "direction": "inbound", "occurred_at": "2026-03-04T09:00:00Z"}
KEY = {"source": "zapier", "external_id": "4711"}


@pytest.fixture
def deal(ines: User) -> Deal:
    return make_deal(ines)


def test_a_touch_of_ours_gives_them_the_move(ines: User, deal: Deal) -> None:
    answer = program(ines, "touches").post("/touches", {"deal": deal.pk, **SENT, **KEY})

    touch = Touch.objects.get()
    silence = Story(deal).silence
    assert silence is not None
    assert (answer.status, answer.said["result"]) == (201, "created")
    assert (touch.source, touch.external_id, touch.user) == ("zapier", "4711", ines)
    assert (silence.by, silence.started_at) == ("them", day(1))
    assert answer.headers["Location"] == f"/api/v1/touches/{touch.pk}"


def test_being_heard_ends_the_silence(ines: User, deal: Deal) -> None:
    caller = program(ines)
    caller.post("/touches", {"deal": deal.pk, **SENT})

    caller.post("/touches", {"deal": deal.pk, **HEARD})

    assert Story(deal).silences[1:] == [
        ("them", day(1), day(2), "replied"), ("us", day(2), None, "")
    ]  # fmt: skip


def test_the_same_touch_again_changes_nothing_and_another_word_corrects_it(
    ines: User, deal: Deal
) -> None:
    caller = program(ines)
    said = {"deal": deal.pk, **SENT, **KEY}
    first = caller.post("/touches", said)

    again = caller.post("/touches", said)
    corrected = caller.post("/touches", {**said, "subject": "The proposal"})

    assert [each.status for each in (first, again, corrected)] == [201, 200, 200]
    assert [each.said["result"] for each in (again, corrected)] == ["unchanged", "updated"]
    assert Touch.objects.get().subject == "The proposal"


def test_what_is_not_sent_again_stays_as_it_is_known(ines: User, deal: Deal) -> None:
    tove = make_contact("Tove", "Berg", owner=ines)
    people.join(deal, tove, now=MONDAY_9)
    caller = program(ines)
    first = {
        **SENT, **KEY, "contact": tove.pk, "turn": "unchanged", "is_delivered": False,
        "subject": "The proposal", "note": "They decide next week.",
    }  # fmt: skip
    caller.post("/touches", {"deal": deal.pk, **first})
    known = Touch.objects.values().get()

    bare = {"deal": deal.pk, "channel": "email", "direction": "outbound", **KEY}
    empty = {"occurred_at": None, "contact": None, "turn": None}
    again = [caller.post("/touches", said) for said in (bare, {**bare, **empty})]

    assert [each.said["result"] for each in again] == ["unchanged", "unchanged"]
    assert Touch.objects.values().get() == known


def test_the_same_touch_again_without_its_instant_leaves_the_silence_as_it_was(
    ines: User, deal: Deal
) -> None:
    caller = program(ines)
    said = {"deal": deal.pk, "channel": "email", "direction": "outbound", **KEY}
    caller.post("/touches", {**said, "occurred_at": SENT["occurred_at"]})

    corrected = caller.post("/touches", {**said, "note": "They were not in."})

    assert (corrected.said["result"], Touch.objects.get().note) == ("updated", "They were not in.")
    assert Story(deal).silences[1:] == [("them", day(1), None, "")]


def test_a_touch_told_again_by_somebody_else_stays_with_who_told_it(
    ines: User, ada: User, deal: Deal
) -> None:
    said = {"deal": deal.pk, **SENT, **KEY}
    program(ines).post("/touches", said)

    again = program(ada).post("/touches", said)

    assert (again.said["result"], Touch.objects.get().user) == ("unchanged", ines)


def test_a_touch_told_again_on_another_deal_is_with_somebody_of_that_deal(
    ines: User, deal: Deal
) -> None:
    other = make_deal(ines, contact=make_contact("Tove", "Berg", owner=ines))
    caller = program(ines)
    caller.post("/touches", {"deal": deal.pk, **SENT, **KEY})

    moved = caller.post("/touches", {"deal": other.pk, **SENT, **KEY})

    touch = Touch.objects.get()
    assert moved.said["result"] == "updated"
    assert (touch.deal, touch.contact) == (other, other.contact)


def test_a_deal_and_a_contact_can_be_named_as_another_system_knows_them(ines: User) -> None:
    mara = make_contact(source="hubspot", external_id="c-1")
    other = make_deal(ines, contact=mara, source="hubspot", external_id="d 7/8")
    caller = program(ines)
    deal = {"deal": {"source": "hubspot", "external_id": "d 7/8"}}

    by_key = caller.post(
        "/touches", {**deal, **SENT, "contact": {"source": "hubspot", "external_id": "c-1"}}
    )
    by_mail = caller.post(
        "/touches", {**deal, **HEARD, "contact": {"email": f"MARA.lind.{mara.pk}@example.org"}}
    )

    assert [by_key.said["touch"]["deal"], by_mail.said["touch"]["deal"]] == [other.pk, other.pk]
    assert list(Touch.objects.values_list("contact", flat=True)) == [mara.pk, mara.pk]


def test_a_touch_can_only_be_with_who_takes_part(ines: User, deal: Deal) -> None:
    stranger = make_contact("Tove", "Berg", owner=ines)

    answer = program(ines).post("/touches", {"deal": deal.pk, **SENT, "contact": stranger.pk})

    assert (answer.status, answer.fields) == (422, ["contact"])


def test_without_a_time_it_was_just_now_and_a_little_ahead_counts_as_now(
    ines: User, deal: Deal
) -> None:
    caller = program(ines)
    before = timezone.now()
    ahead = (before + timedelta(minutes=4)).isoformat()

    caller.post("/touches", {"deal": deal.pk, "channel": "phone", "direction": "two_way"})
    caller.post("/touches", {"deal": deal.pk, **SENT, "occurred_at": ahead})

    times = list(Touch.objects.values_list("occurred_at", flat=True))
    assert [before <= at <= timezone.now() for at in times] == [True, True]


@pytest.mark.parametrize(
    ("at", "remedy"),
    [
        ("2099-01-01T00:00:00Z", "That is in the future."),
        ("2026-03-03T10:00:00", "Write an instant with its zone"),
        ("2026-03-03", "Write an instant with its zone"),
        (1772528400, "Write an instant with its zone"),
        ("2026-02-30T10:00:00Z", "There is no such day or hour."),
        ("0001-01-01T00:00:00+14:00", "There is no such day or hour."),
        ("1969-12-31T23:59:59Z", "That is before 1970"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_the_remedy(
    ines: User, deal: Deal, at: object, remedy: str
) -> None:
    answer = program(ines).post("/touches", {"deal": deal.pk, **SENT, "occurred_at": at})

    [error] = answer.said["errors"]
    assert (answer.status, error["pointer"]) == (422, "#/occurred_at")
    assert error["detail"].startswith(remedy)
    assert Touch.objects.count() == 0


def test_a_promise_comes_with_the_touch(ines: User, deal: Deal) -> None:
    said = {"deal": deal.pk, **HEARD, "turn": "theirs", "promised_at": "2026-03-06T17:00:00Z"}

    program(ines).post("/touches", said)

    assert Promise.objects.get().due_at == day(4, 17)


def test_another_date_told_again_corrects_the_promise_of_the_touch(ines: User, deal: Deal) -> None:
    caller = program(ines)
    said = {"deal": deal.pk, **HEARD, **KEY, "turn": "theirs"}
    caller.post("/touches", {**said, "promised_at": "2026-03-06T17:00:00Z"})
    del said["occurred_at"]  # the promised date is over, but not before the touch

    results = [
        caller.post("/touches", {**said, **date}).said["result"]
        for date in (
            {"promised_at": "2026-03-06T17:00:00Z"}, {}, {"promised_at": "2026-03-20T17:00:00Z"},
        )
    ]  # fmt: skip
    bad = caller.post("/touches", {**said, "promised_at": "2026-03-01T17:00:00Z"})

    made = Promise.objects.get()
    silence = Story(deal).silence
    assert results == ["unchanged", "unchanged", "updated"]
    assert bad.status == 422
    assert (made.made_at, made.due_at) == (day(2), day(18, 17))
    assert silence is not None
    assert silence.promised_at == day(18, 17)


def test_a_promise_that_was_taken_back_does_not_return_with_its_touch(
    ines: User, deal: Deal
) -> None:
    caller = program(ines)
    said = {"deal": deal.pk, **HEARD, **KEY, "promised_at": "2026-03-06T17:00:00Z"}
    caller.post("/touches", said)
    caller.delete(f"/promises/{Promise.objects.get().pk}")

    again = caller.post("/touches", said)

    assert (again.said["result"], Promise.objects.count()) == ("unchanged", 0)


def test_a_touch_is_read_corrected_and_deleted(ines: User, deal: Deal) -> None:
    caller = program(ines)
    made = caller.post("/touches", {"deal": deal.pk, **SENT}).said["touch"]
    path = f"/touches/{made['id']}"

    read = caller.get(path)
    corrected = caller.patch(path, {"direction": "inbound", "note": "They wrote."})
    gone = caller.delete(path)

    assert read.said == made
    assert (corrected.said["turn"], corrected.said["note"]) == ("ours", "They wrote.")
    assert (gone.status, caller.get(path).status, caller.delete(path).status) == (204, 404, 404)
    assert Story(deal).silences == [("nobody", MONDAY_9, None, "")]


def test_a_deleted_touch_stays_deleted_however_often_it_arrives(ines: User, deal: Deal) -> None:
    caller = program(ines)
    made = caller.post("/touches", {"deal": deal.pk, **SENT, **KEY}).said["touch"]
    caller.delete(f"/touches/{made['id']}")

    again = caller.post("/touches", {"deal": deal.pk, **SENT, **KEY})

    assert (again.said["result"], Touch.objects.standing().count()) == ("unchanged", 0)


def test_a_touch_is_changed_only_as_it_was_read(ines: User, deal: Deal) -> None:
    caller = program(ines)
    made = caller.post("/touches", {"deal": deal.pk, **SENT}).said["touch"]
    path = f"/touches/{made['id']}"
    tag = caller.get(path).headers["ETag"]

    first = caller.patch(path, {"note": "One"}, If_Match=tag)
    late = caller.patch(path, {"note": "Two"}, If_Match=tag)
    later = caller.patch(path, {"note": "Two"}, If_Match=first.headers["ETag"])
    gone = caller.delete(path, If_Match=tag)

    assert [each.status for each in (first, late, later, gone)] == [200, 412, 200, 412]
    assert Touch.objects.get().note == "Two"


def test_words_of_our_own_are_no_source(ines: User, deal: Deal) -> None:
    caller = program(ines)
    refused = [
        caller.post("/touches", {"deal": deal.pk, **SENT, "source": source, "external_id": "1"})
        for source in ("hand", "meeting", "mail", "onboarding", "zap~1", "")
    ]

    assert [(each.status, each.fields) for each in refused] == [(422, ["source"])] * 6


def test_a_source_needs_an_id(ines: User, deal: Deal) -> None:
    answer = program(ines).post("/touches", {"deal": deal.pk, **SENT, "source": "zapier"})

    assert (answer.status, answer.said["detail"]) == (
        422, "Send source and external_id together, or neither."
    )  # fmt: skip
