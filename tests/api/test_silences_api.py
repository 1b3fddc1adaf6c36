"""Silences, holds, promises, suggestions and the report's figures by the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from deals.models import Deal, Hold, Promise
from outreach import sweeping
from outreach.models import Suggestion
from tests.calling import Program, program
from tests.cast import Cast, Story, day, make_deal


@pytest.fixture
def caller(ines: User) -> Program:
    return program(ines)


@pytest.fixture
def quiet(ines: User) -> Deal:
    """A deal that has gone dark, with a suggestion."""
    deal = make_deal(ines)
    Story(deal).we_write(day(1))
    sweeping.run(timezone.now())
    return deal


def test_silences_are_listed_by_how_they_stand(ines: User, caller: Program, quiet: Deal) -> None:
    answered = make_deal(ines, "Demo")
    Story(answered).we_write(day(1))
    Story(answered).they_write(day(2))

    def found(query: str) -> list[tuple[int, str, str]]:
        items = caller.get(f"/silences?{query}").said["items"]
        return [(each["deal"]["id"], each["by"], each["state"]) for each in items]

    dark, ours = (quiet.pk, "them", "dark"), (answered.pk, "us", "overdue")
    assert found("state=dark") == [dark]
    assert found("state=open") == [dark, ours]
    assert found("state=ours") == [ours]
    assert found("state=ended&by=them") == [(answered.pk, "them", "ended")]
    assert found(f"state=open&stage={quiet.stage_id}") == [dark]
    assert found(f"state=open&owner={ines.pk}&since=2026-03-04T00:00:00Z") == [ours]
    assert found("since=2026-03-04T00:00:00%2B01:00") == [ours]
    assert found("state=waiting") == []


def test_a_silence_tells_its_story(caller: Program, quiet: Deal) -> None:
    silence = Story(quiet).silence
    assert silence is not None

    said = caller.get(f"/silences/{silence.pk}").said

    assert (said["dark_since"], said["due_at"]) == ("2026-03-24T09:00:00Z",) * 2
    assert (said["ended_at"], said["attempts"], said["owner"]["name"]) == (None, 0, "Ines")


def test_a_pause_holds_a_deal_until_it_is_ended(caller: Program, quiet: Deal) -> None:
    until = (timezone.now() + timedelta(days=9)).isoformat()
    said = {"deal": quiet.pk, "reason": "pause", "ends_at": until, "note": "After the fair"}

    made = caller.post("/holds", said)
    held = caller.get(f"/deals/{quiet.pk}").said["silence"]["state"]
    listed = caller.get(f"/holds?deal={quiet.pk}").said["items"]
    ended = caller.post(f"/holds/{made.said['id']}/end")

    assert [made.status, ended.status] == [201, 204]
    assert (held, listed) == ("held", [made.said])
    assert caller.get(f"/deals/{quiet.pk}").said["silence"]["state"] == "dark"


def test_an_absence_is_the_contact_s_whichever_way_it_is_named(
    caller: Program, quiet: Deal
) -> None:
    caller.post("/holds", {"deal": quiet.pk, "reason": "absence"})
    caller.post("/holds", {"contact": quiet.contact_id, "reason": "absence"})

    assert list(Hold.objects.values_list("contact", "deal")) == [(quiet.contact_id, None)] * 2


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"reason": "pause"}, "ends_at"),
        ({"reason": "pause", "ends_at": "2026-01-01T00:00:00Z"}, ""),
        ({"reason": "holiday"}, "reason"),
        ({"reason": "absence", "contact": 1}, "deal"),
    ],
)
def test_a_hold_that_cannot_be_is_refused(
    caller: Program, quiet: Deal, said: dict[str, object], field: str
) -> None:
    answer = caller.post("/holds", {"deal": quiet.pk, **said})

    assert (answer.status, answer.fields, Hold.objects.count()) == (422, [field], 0)


def test_a_promise_replaces_the_threshold_until_it_is_taken_back(
    caller: Program, quiet: Deal
) -> None:
    due = (timezone.now() + timedelta(days=3)).isoformat(timespec="seconds")

    made = caller.post(f"/deals/{quiet.pk}/promises", {"due_at": due})
    waiting = caller.get(f"/deals/{quiet.pk}").said["silence"]
    gone = caller.delete(f"/promises/{made.said['id']}")

    assert [made.status, gone.status, Promise.objects.count()] == [201, 204, 0]
    assert (waiting["state"], waiting["due_at"]) == ("dimming", due.replace("+00:00", "Z"))
    assert caller.get(f"/deals/{quiet.pk}").said["silence"]["state"] == "dark"


def test_suggestions_are_listed_read_with_their_words_and_done(
    caller: Program, quiet: Deal
) -> None:
    [listed] = caller.get("/suggestions").said["items"]
    path = f"/suggestions/{listed['id']}"

    whole = caller.get(path).said
    done = caller.post(f"{path}/done")
    twice = caller.post(f"{path}/dismiss")

    assert (listed["deal"]["id"], listed["state"]) == (quiet.pk, "queued")
    assert whole["draft"]["body"] != ""
    assert whole | {"draft": None} == listed | {"draft": None}
    assert (done.said["state"], twice.status) == ("done", 409)
    assert caller.get("/suggestions").said["items"] == []


def test_a_suggestion_is_put_off_and_dismissed(caller: Program, quiet: Deal) -> None:
    path = f"/suggestions/{Suggestion.objects.get().pk}"
    later = (timezone.now() + timedelta(days=2)).isoformat()

    past = caller.post(f"{path}/snooze", {"until": "2026-03-03T00:00:00Z"})
    put_off = caller.post(f"{path}/snooze", {"until": later})
    dismissed = caller.post(f"{path}/dismiss")

    assert [past.status, put_off.status, dismissed.status] == [422, 200, 200]
    assert [put_off.said["state"], dismissed.said["state"]] == ["snoozed", "dismissed"]


def test_the_report_counts_as_its_page_does(cast: Cast, quiet: Deal) -> None:
    query = "/report?from=2026-03-01&to=2026-03-31"

    of_maud, of_noor = program(cast.maud).get(query).said, program(cast.noor).get(query).said

    assert of_maud["total"]["went_dark"] == {
        "count": 1, "amounts": {"EUR": "1000.00"}, "value": "1000.00", "apart": {},
    }  # fmt: skip
    assert of_maud["total"]["shares"]["went_dark"] | {"low": 0, "high": 1} == {
        "part": 1, "whole": 1, "low": 0, "high": 1, "is_enough": False,
    }  # fmt: skip
    assert (of_maud["as_of"], of_maud["currency"]) == (None, "EUR")
    assert of_maud["before"]["total"]["went_dark"]["count"] == 0
    assert [each["owner"]["name"] for each in of_maud["owners"]] == ["Ines"]
    assert of_noor["total"]["went_dark"] == {
        "count": 0, "amounts": {}, "value": "0.00", "apart": {},
    }  # fmt: skip
    assert of_noor["owners"] == []
    assert [each["went_dark"] for each in of_maud["steps"]] == [0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("to=2026-03-31", "from"),
        ("from=2026-03-31&to=2026-03-01", "to"),
        ("from=2026-02-30", "from"),
        ("from=March", "from"),
        ("since=2026-03-01", "since"),
        ("as_of=2999-01-01", "as_of"),
        ("business=b3b", "business"),
        ("owner=987654", "owner"),
        ("stage=987654", "stage"),
    ],
)
def test_days_that_cannot_be_are_refused(caller: Program, query: str, field: str) -> None:
    answer = caller.get(f"/report?{query}")

    assert (answer.status, answer.fields) == (422, [field])


def test_the_report_takes_the_same_scope_as_its_page(cast: Cast, quiet: Deal) -> None:
    maud = program(cast.maud)
    days = "from=2026-03-01&to=2026-03-31"

    def dark(query: str) -> tuple[int, int]:
        total = maud.get(f"/report?{days}&{query}").said["total"]
        return total["went_dark"]["count"], total["dark_now"]["count"]

    found = [
        dark("as_of=2026-03-30"),
        dark("as_of=2026-03-20"),
        dark(f"owner={cast.ines.pk}"),
        dark(f"owner={cast.karl.pk}"),
        dark(f"team={cast.ines.team_id}&kind=prospect&business=b2c"),
        dark("business=b2b"),
    ]

    assert found == [(1, 1), (0, 0), (1, 1), (0, 0), (1, 1), (0, 0)]
    for asked in (f"owner={cast.noor.pk}", f"team={cast.noor.team_id}"):
        refused = maud.get(f"/report?{days}&{asked}")
        unknown = maud.get(f"/report?{days}&{asked.split('=')[0]}=987654")
        assert (refused.status, refused.said["errors"]) == (422, unknown.said["errors"])
