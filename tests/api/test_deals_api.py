"""Deals by the API: reading, opening, changing, and where they go."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from contacts.models import Contact
from deals.models import Deal, Outcome, Stage
from tests.calling import Program, program
from tests.cast import Cast, Story, day, make_company, make_contact, make_deal, today


@pytest.fixture
def caller(ines: User) -> Program:
    return program(ines)


def stage(name: str) -> int:
    return Stage.objects.get(name=name).pk


def test_a_deal_says_how_its_silence_stands(ines: User, caller: Program) -> None:
    deal = make_deal(ines, amount=Decimal("84000.50"))
    Story(deal).we_write(day(1))

    said = caller.get(f"/deals/{deal.pk}").said

    assert said["silence"] | {"id": 0} == {
        "id": 0, "by": "them", "state": "dark", "started_at": "2026-03-03T09:00:00Z",
        "due_at": "2026-03-24T09:00:00Z", "held_until": None, "promised_at": None, "attempts": 0,
    }  # fmt: skip
    assert (said["amount"], said["currency"], said["owner"]["name"]) == ("84000.50", "EUR", "Ines")
    assert said["url"] == f"http://testserver/deals/{deal.pk}/"


def test_a_deal_is_opened_with_a_contact_by_address(ines: User, caller: Program) -> None:
    company = make_company(owner=ines)
    mara = make_contact(owner=ines, company=company, addresses={"email": "mara@example.org"})

    answer = caller.post(
        "/deals",
        {
            "title": "Fleet telematics", "contact": {"email": "mara@example.org"},
            "stage": stage("Proposal"), "amount": "1200.50", "opened_at": "2026-03-02T09:00:00Z",
            "source": "hubspot", "external_id": "d-1",
        },
    )  # fmt: skip

    deal = Deal.objects.get()
    assert answer.status == 201
    assert (deal.owner, deal.contact, deal.company, deal.amount) == (
        ines, mara, company, Decimal("1200.50")
    )  # fmt: skip
    assert (deal.source, deal.external_id) == ("hubspot", "d-1")
    assert Story(deal).silences == [("them", day(0), None, "")]


def test_a_deal_that_is_there_already_is_not_opened_twice(ines: User, caller: Program) -> None:
    known = make_deal(ines, source="hubspot", external_id="d-1")
    said = {"title": "Again", "contact": known.contact_id, "stage": stage("Demo")}

    answer = caller.post("/deals", {**said, "source": "hubspot", "external_id": "d-1"})

    assert (answer.status, Deal.objects.count()) == (409, 1)
    assert f"deal {known.pk}" in answer.said["detail"]


def test_only_what_is_sent_is_changed(ines: User, caller: Program) -> None:
    deal = make_deal(ines, wanted="Order", next_step="A call")

    answer = caller.patch(f"/deals/{deal.pk}", {"wanted": "", "amount": None})

    deal.refresh_from_db()
    assert answer.status == 200
    assert (deal.wanted, deal.amount, deal.next_step, deal.title) == (
        "", None, "A call", "Fleet telematics"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "field", "remedy"),
    [
        ({"amount": 1.5}, "amount", 'Write it as text, so that it stays exact: "84000.50".'),
        ({"amount": "-3"}, "amount", "An amount cannot be negative."),
        ({"amount": "9999999999999"}, "amount", "That is too large"),
        ({"currency": "XXX"}, "currency", "It should be the three letters of a currency"),
        ({"title": ""}, "title", "String should have at least 1 character"),
        ({"title": " "}, "title", "String should have at least 1 character"),
        ({"title": None}, "title", "It should be a valid string"),
        ({"title": "a\x00b"}, "title", "It holds a NUL character"),
        ({"link": "javascript:alert(1)"}, "link", "Enter a valid URL."),
        ({"company": 10**12}, "company", "There is no such company"),
        ({"company": 2**63}, "company", "It should be less than or equal to"),
        ({"owner": True}, "owner", "It should be a valid integer"),
        ({"stage": 1}, "stage", "There is no such field"),
        ({"nonsense\x00": 1}, "nonsense\x00", "There is no such field"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    ines: User, caller: Program, said: dict[str, Any], field: str, remedy: str
) -> None:
    deal = make_deal(ines)

    answer = caller.patch(f"/deals/{deal.pk}", said)

    [error] = answer.said["errors"]
    assert (answer.status, error["field"]) == (422, field)
    assert error["detail"].startswith(remedy)


def test_half_a_surrogate_pair_is_refused(ines: User, caller: Program) -> None:
    deal = make_deal(ines)

    as_a_value = caller.patch(f"/deals/{deal.pk}", '{"title": "\\ud800"}')
    as_a_name = caller.patch(f"/deals/{deal.pk}", '{"\\udfff": 1}')

    assert (as_a_value.status, as_a_value.fields) == (422, ["title"])
    assert (as_a_name.status, as_a_name.fields) == (422, [""])


def test_a_deal_moves_closes_and_opens_again(ines: User, caller: Program) -> None:
    deal = make_deal(ines)
    path = f"/deals/{deal.pk}"

    moved = caller.post(f"{path}/move", {"stage": stage("Proposal")})
    same = caller.post(f"{path}/move", {"stage": stage("Proposal")})
    won = caller.post(f"{path}/close", {"outcome": "won", "reason": "Price"})
    twice = caller.post(f"{path}/close", {"outcome": "lost"})
    again = caller.post(f"{path}/reopen")

    assert [each.status for each in (moved, same, won, twice, again)] == [200, 409, 200, 409, 200]
    assert (moved.said["stage"]["name"], moved.said["silence"]["by"]) == ("Proposal", "them")
    assert (won.said["outcome"], won.said["silence"]) == ("won", None)
    assert (again.said["outcome"], again.said["silence"]["by"]) == ("open", "us")


def test_a_deal_is_let_go_with_a_day_to_look_again(ines: User, caller: Program) -> None:
    deal = make_deal(ines)
    Story(deal).we_write(day(1))
    path = f"/deals/{deal.pk}/let-go"

    past = caller.post(path, {"look_again_on": today().isoformat()})
    gone = caller.post(path, {"look_again_on": "2190-01-01", "reason": "No budget"})

    deal.refresh_from_db()
    assert [past.status, gone.status] == [422, 200]
    assert deal.outcome == Outcome.RESTING
    assert Story(deal).silences[-1][3] == "let_go"


def test_a_manager_hands_a_deal_over_within_their_teams(cast: Cast) -> None:
    deal = make_deal(cast.ines)
    caller = program(cast.maud)

    to_noor = caller.patch(f"/deals/{deal.pk}", {"owner": cast.noor.pk})
    to_karl = caller.patch(f"/deals/{deal.pk}", {"owner": cast.karl.pk})

    assert [(to_noor.status, to_noor.fields), to_karl.status] == [(422, ["owner"]), 200]
    assert Deal.objects.get().owner == cast.karl


def test_a_deal_is_changed_only_as_it_was_read(ines: User, caller: Program) -> None:
    deal = make_deal(ines)
    path = f"/deals/{deal.pk}"
    tag = caller.get(path).headers["ETag"]

    statuses = [
        caller.patch(path, {"title": "One"}, If_Match=tag).status,
        caller.patch(path, {"title": "Two"}, If_Match=tag).status,
        caller.post(f"{path}/close", {"outcome": "won"}, If_Match=tag).status,
        caller.patch(path, {"title": "Three"}, If_Match="*").status,
    ]

    assert statuses == [200, 412, 412, 200]
    assert Deal.objects.get().title == "Three"


def test_deals_are_listed_by_state_stage_and_key(ines: User, caller: Program) -> None:
    quiet, fresh = make_deal(ines), make_deal(ines, "Demo", source="hubspot", external_id="d-1")
    Story(quiet).we_write(day(1))
    won = make_deal(ines)
    caller.post(f"/deals/{won.pk}/close", {"outcome": "won"})

    def found(query: str) -> list[int]:
        return [each["id"] for each in caller.get(f"/deals?{query}").said["items"]]

    assert found("") == [quiet.pk, fresh.pk, won.pk]
    assert found("state=dark") == [quiet.pk]
    assert found("outcome=won") == [won.pk]
    assert found(f"stage={stage('Demo')}") == [fresh.pk]
    assert found(f"owner={ines.pk}&outcome=open") == [quiet.pk, fresh.pk]
    assert found("source=hubspot&external_id=d-1") == [fresh.pk]
    assert found("q=nothing") == []


def test_contacts_are_created_read_and_changed_with_their_addresses(caller: Program) -> None:
    made = caller.post(
        "/contacts",
        {
            "first_name": "Mara", "time_zone": "Europe/Riga",
            "addresses": [
                {"channel": "email", "value": "Mara@Example.org", "is_preferred": True},
                {"channel": "phone", "value": "+46 31 555 01 20", "consent": "given"},
            ],
        },
    )  # fmt: skip
    path = f"/contacts/{made.said['id']}"

    changed = caller.patch(
        path,
        {"last_name": "Lind", "addresses": [{"channel": "email", "value": "mara@example.org"}]},
    )
    unnamed = caller.patch(path, {"first_name": "", "last_name": ""})
    nowhere = caller.patch(path, {"time_zone": "Europe/Nowhere"})
    wrong = caller.patch(path, {"addresses": [{"channel": "email", "value": "mara"}]})

    contact = Contact.objects.get()
    assert made.status == 201
    assert [each["value"] for each in made.said["addresses"]] == [
        "mara@example.org", "+46 31 555 01 20"
    ]  # fmt: skip
    assert changed.said == caller.get(path).said
    assert (contact.name, contact.addresses.count()) == ("Mara Lind", 1)
    assert [(each.status, each.fields) for each in (unnamed, nowhere, wrong)] == [
        (422, ["last_name"]), (422, ["time_zone"]), (422, ["addresses.0.value"])
    ]  # fmt: skip
    assert caller.get("/contacts?email=MARA@example.org").said["items"] == [changed.said]


def test_companies_are_created_read_and_changed(caller: Program) -> None:
    made = caller.post("/companies", {"name": "Nordhavn", "source": "crm", "external_id": "1"})
    path = f"/companies/{made.said['id']}"

    changed = caller.patch(path, {"domain": "nordhavn.example"})
    again = caller.post("/companies", {"name": "Nordhavn", "source": "crm", "external_id": "1"})

    assert [made.status, changed.status, again.status] == [201, 200, 409]
    assert caller.get(path).said == changed.said
    assert caller.get("/companies?q=nord").said["items"] == [changed.said]


def test_stages_come_with_their_thresholds(caller: Program) -> None:
    stages = caller.get("/stages").said["items"]

    discovery, proposal = stages[0], stages[2]
    assert [each["name"] for each in stages][:3] == ["Discovery", "Demo", "Proposal"]
    assert discovery["threshold"]["dark_after"] == "3w"
    assert proposal["threshold"] == {
        "dark_after": "1wd", "on_entry": "theirs", "reply_within": "4wh", "attempts": 5,
        "spacing": ["1wd", "2wd", "3wd", "5wd"],
    }  # fmt: skip
