"""A token sees and does no more than its user: of the rest it learns nothing, not even that it is."""

from typing import Any

import pytest
from django.utils import timezone

from contacts.models import Company, Contact
from deals import conversation
from deals.models import Deal, Hold, Promise, Silence, Touch
from outreach import sweeping
from outreach.models import Suggestion
from tests.calling import Answer, Program, program
from tests.cast import Cast, Story, day, make_company, make_contact, make_cover, make_deal

KEY = {"source": "hubspot", "external_id": "4711"}
SENT = {"channel": "email", "direction": "outbound", "occurred_at": "2026-03-03T09:00:00Z"}


@pytest.fixture
def secret(cast: Cast) -> Deal:
    """A deal of Ines, with all that could leak of it to Noor."""
    company = make_company("Nordhavn Marine", owner=cast.ines, source="hubspot", external_id="co")
    mara = make_contact(
        company=company, owner=cast.ines, source="hubspot", external_id="c",
        addresses={"email": "mara@example.org"},
    )  # fmt: skip
    deal = make_deal(cast.ines, contact=mara, title="Secret fleet", **KEY)
    Story(deal).we_write(day(1), note="Our last price", **KEY)
    absence = Hold(contact=mara, reason="absence", starts_at=day(2), ends_at=day(3))
    conversation.hold(absence, now=day(2))
    conversation.promise(deal, made_at=day(1), due_at=day(5), now=day(2))
    sweeping.run(timezone.now())
    return deal


@pytest.fixture
def noor(cast: Cast) -> Program:
    return program(cast.noor)


def test_lists_hold_nothing_of_others(secret: Deal, noor: Program) -> None:
    mara = secret.contact_id
    lists = [
        "/deals", "/deals?q=Secret", "/deals?source=hubspot&external_id=4711", "/deals?state=dark",
        "/contacts", "/contacts?email=mara@example.org", "/contacts?q=Mara", "/companies",
        "/silences", f"/silences?deal={secret.pk}", "/suggestions", f"/suggestions?deal={secret.pk}",
        "/holds", f"/holds?contact={mara}",
    ]  # fmt: skip

    assert [noor.get(path).said["items"] for path in lists] == [[] for _ in lists]
    assert [each["name"] for each in noor.get("/users").said["items"]] == ["Noor"]


def test_what_is_not_theirs_is_answered_as_what_is_not_there(
    secret: Deal, noor: Program, cast: Cast
) -> None:
    rows: list[tuple[str, Any, str]] = [
        ("GET", Deal, "/deals/{}"),
        ("GET", Deal, "/deals/{}/touches"),
        ("PATCH", Deal, "/deals/{}"),
        ("POST", Deal, "/deals/{}/move"),
        ("POST", Deal, "/deals/{}/close"),
        ("POST", Deal, "/deals/{}/reopen"),
        ("POST", Deal, "/deals/{}/let-go"),
        ("POST", Deal, "/deals/{}/promises"),
        ("GET", Contact, "/contacts/{}"),
        ("PATCH", Contact, "/contacts/{}"),
        ("GET", Company, "/companies/{}"),
        ("PATCH", Company, "/companies/{}"),
        ("GET", Touch, "/touches/{}"),
        ("PATCH", Touch, "/touches/{}"),
        ("DELETE", Touch, "/touches/{}"),
        ("GET", Hold, "/holds/{}"),
        ("POST", Hold, "/holds/{}/end"),
        ("DELETE", Promise, "/promises/{}"),
        ("GET", Silence, "/silences/{}"),
        ("GET", Suggestion, "/suggestions/{}"),
        ("POST", Suggestion, "/suggestions/{}/done"),
        ("POST", Suggestion, "/suggestions/{}/dismiss"),
        ("POST", Suggestion, "/suggestions/{}/snooze"),
    ]
    bodies: dict[str, Any] = {
        "/deals/{}/move": {"stage": secret.stage_id},
        "/deals/{}/close": {"outcome": "won"},
        "/deals/{}/promises": {"due_at": "2199-01-01T00:00:00Z"},
        "/suggestions/{}/snooze": {"until": "2199-01-01T00:00:00Z"},
    }
    before = _everything()
    ada = program(cast.ada)
    tag = ada.get(f"/deals/{secret.pk}").headers["ETag"]

    for method, model, path in rows:
        there, nowhere = (path.format(pk) for pk in (model.objects.latest("pk").pk, 10**9))
        said = bodies.get(path, None if method in ("GET", "DELETE") else {})
        for headers in ({}, {"If-Match": tag}, {"If-Match": '"other"'}):
            theirs = noor.call(method, there, said, headers)
            assert (theirs.status, theirs.said) == (404, noor.call(method, nowhere, said, {}).said)
    assert _everything() == before


def _everything() -> list[Any]:
    models = (Deal, Contact, Company, Touch, Hold, Promise, Silence, Suggestion)
    return [list(model.objects.order_by("pk").values()) for model in models]


def same(first: Answer, second: Answer) -> bool:
    """Whether two answers say the same, but for the ids of what was made."""
    return (first.status, _without_ids(first.said)) == (second.status, _without_ids(second.said))


def _without_ids(said: Any) -> Any:
    if isinstance(said, dict):
        left_out = ("id", "url", "recorded_at", "external_id", "touch" if "index" in said else "")
        return {name: _without_ids(each) for name, each in said.items() if name not in left_out}
    return [_without_ids(each) for each in said] if isinstance(said, list) else said


def test_a_body_cannot_name_what_is_not_theirs(secret: Deal, noor: Program, cast: Cast) -> None:
    own = make_deal(cast.noor)
    nowhere = 10**9

    def refused(path: str, **said: Any) -> Answer:
        return noor.post(path, said)

    pairs = [
        [refused("/touches", deal=pk, **SENT) for pk in (secret.pk, nowhere)],
        [
            refused("/touches", deal={"source": "hubspot", "external_id": name}, **SENT)
            for name in ("4711", "none")
        ],
        [refused("/touches", deal=own.pk, contact=pk, **SENT) for pk in (secret.contact_id, nowhere)],
        [
            refused("/touches", deal=own.pk, contact={"email": mail}, **SENT)
            for mail in ("mara@example.org", "none@example.org")
        ],
        [
            refused("/deals", title="Own", stage=secret.stage_id, contact={"email": mail})
            for mail in ("mara@example.org", "none@example.org")
        ],
        [refused("/holds", contact=pk, reason="absence") for pk in (secret.contact_id, nowhere)],
        [refused("/contacts", first_name="Tove", company=pk) for pk in (secret.company_id, nowhere)],
        [
            refused("/deals", title="Own", stage=secret.stage_id, contact=own.contact_id, owner=pk)
            for pk in (cast.ines.pk, nowhere)
        ],
    ]  # fmt: skip

    assert [(there.status, there.said == gone.said) for there, gone in pairs] == [(422, True)] * 8
    assert Touch.objects.filter(deal=own).count() == 0


def test_a_key_that_a_hidden_row_has_taken_is_as_free_as_any(
    secret: Deal, noor: Program, cast: Cast
) -> None:
    own, before = make_deal(cast.noor), _everything()[3][0]
    touch = {"deal": own.pk, **SENT, "note": "Mine"}
    free = {"source": "hubspot", "external_id": "nobody’s"}

    taken, other = (noor.post("/touches", {**touch, **key}) for key in (KEY, free))
    again = noor.post("/touches", {**touch, **KEY, "note": "Mine, corrected"})

    assert same(taken, other)
    assert (taken.status, again.said["result"]) == (201, "updated")
    assert again.said["touch"]["source"] == "hubspot"
    assert again.said["touch"]["id"] == taken.said["touch"]["id"]
    assert list(Touch.objects.filter(deal=secret).values()) == [before]


def test_a_batch_gives_nothing_away_either(secret: Deal, noor: Program, cast: Cast) -> None:
    own = make_deal(cast.noor)
    item = {"deal": own.pk, **SENT}
    before = list(Touch.objects.filter(deal=secret).values())

    answer = noor.post(
        "/touches/batch",
        {
            "items": [
                {**item, **KEY},
                {**item, "deal": secret.pk, **KEY},
                {**item, "deal": 10**9, **KEY},
                {**item, "deal": KEY},
            ]
        },
    )

    results = answer.said["items"]
    assert [each["result"] for each in results] == ["created", "refused", "refused", "refused"]
    details = {each["problem"]["errors"][0]["detail"] for each in results[1:]}
    assert len(details) == 1
    assert list(Touch.objects.filter(deal=secret).values()) == before


def test_taken_keys_of_deals_contacts_and_companies_are_as_free_as_any(
    secret: Deal, noor: Program, cast: Cast
) -> None:
    own = make_deal(cast.noor)
    deal = {"title": "Own", "stage": secret.stage_id, "contact": own.contact_id}
    told: list[tuple[str, dict[str, Any], str]] = [
        ("/deals", deal, "4711"),
        ("/contacts", {"first_name": "Tove"}, "c"),
        ("/companies", {"name": "Own"}, "co"),
    ]

    for path, said, taken in told:
        sent = {**said, "source": "hubspot"}
        first, other = (noor.post(path, {**sent, "external_id": key}) for key in (taken, "free"))
        again = noor.post(path, {**sent, "external_id": taken})
        assert (first.status, again.status, first.said["source"]) == (201, 409, "hubspot")
        assert {**first.said, "silence": 0, "opened_at": 0, "id": 0, "url": "", "external_id": ""} == {
            **other.said, "silence": 0, "opened_at": 0, "id": 0, "url": "", "external_id": ""
        }  # fmt: skip
    found = noor.get("/deals?source=hubspot&external_id=4711").said["items"]
    assert [each["title"] for each in found] == ["Own"]


def test_a_manager_sees_what_their_team_does(secret: Deal, cast: Cast) -> None:
    maud = program(cast.maud)

    assert [each["id"] for each in maud.get("/deals").said["items"]] == [secret.pk]
    assert maud.get("/contacts").said["items"][0]["addresses"][0]["value"] == "mara@example.org"


def test_a_touch_is_not_taken_away_from_a_deal_one_sees_no_more(cast: Cast) -> None:
    deal, other = make_deal(cast.ines), make_deal(cast.ines)
    caller = program(cast.ines)
    first = caller.post("/touches", {"deal": deal.pk, **SENT, **KEY})
    Deal.objects.filter(pk=deal.pk).update(owner=cast.noor)

    second = caller.post("/touches", {"deal": other.pk, **SENT, **KEY})

    assert [first.said["result"], second.said["result"]] == ["created", "created"]
    assert Touch.objects.filter(deal=deal).count() == 1


def test_sight_for_a_time_gives_no_right_to_give_away(cast: Cast) -> None:
    deal = make_deal(cast.noor)
    now = timezone.now()
    make_cover(cast.ines, cast.noor, now, now.replace(year=now.year + 1))

    seen = program(cast.ines).get(f"/deals/{deal.pk}")
    given = program(cast.ines).patch(f"/deals/{deal.pk}", {"owner": cast.ines.pk})

    assert (seen.status, given.status, given.fields) == (200, 422, ["owner"])
