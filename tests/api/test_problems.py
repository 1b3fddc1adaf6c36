"""Whatever goes wrong is said as a problem that names the field and the remedy."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.api import door
from accounts.models import User
from deals.models import Deal
from tests.calling import API, Program, program
from tests.cast import make_deal

DEEP = "[" * 200_000
PROBLEM = "application/problem+json"


@pytest.fixture
def caller(ines: User) -> Program:
    return program(ines)


@pytest.mark.parametrize(
    ("method", "path", "said", "status"),
    [
        ("GET", "/nothing", None, 404),
        ("GET", "/", None, 404),
        ("GET", "/deals/", None, 404),
        ("GET", "/deals/1", None, 404),
        ("GET", "/deals/one", None, 422),
        ("GET", "/deals/0", None, 422),
        ("GET", f"/deals/{2**63}", None, 422),
        ("PUT", "/deals", {}, 405),
        ("DELETE", "/deals", None, 405),
        ("POST", "/companies", "{", 400),
        ("POST", "/companies", b"\xff\xfe", 400),
        ("POST", "/companies", '{"name": NaN}', 400),
        ("POST", "/companies", DEEP, 400),
        ("POST", "/companies", '{"name": ' + "1" * 5000 + "}", 400),
        ("POST", "/companies", None, 422),
        ("POST", "/companies", [], 422),
        ("POST", "/companies", "null", 422),
        ("POST", "/companies", {"name": ["Nordhavn"]}, 422),
        ("POST", "/companies", {"name": "x" * 201}, 422),
        ("POST", "/deals", {"amount": "\ud800"}, 422),
        ("GET", "/contacts?q=%00", None, 422),
        ("GET", "/contacts?email=a%00b", None, 422),
        ("GET", "/companies?q=%00", None, 422),
        ("GET", "/deals?q=%00", None, 422),
        ("GET", "/deals?source=%00&external_id=1", None, 422),
    ],
)
def test_each_error_is_a_problem(
    caller: Program, method: str, path: str, said: Any, status: int
) -> None:
    answer = caller.call(method, path, said, {})

    assert (answer.status, answer.said["status"]) == (status, status)
    assert answer.headers["Content-Type"] == PROBLEM
    assert {"type", "title", "detail", "errors"} <= set(answer.said)


def test_a_method_that_there_is_not_names_those_there_are(caller: Program) -> None:
    answer = caller.call("PUT", "/deals", {}, {})

    assert sorted(answer.headers["Allow"].split(", ")) == ["GET", "POST"]


def test_several_errors_are_told_at_once(caller: Program) -> None:
    answer = caller.post("/companies", {"nam": "Nordhavn", "owner": "Ines"})

    assert sorted(answer.fields) == ["nam", "name", "owner"]
    assert answer.said["detail"].endswith("And 2 more.")


def test_a_body_too_large_is_refused(caller: Program) -> None:
    answer = caller.post("/companies", json.dumps({"name": "x" * door.LARGEST_BODY_BYTES}))

    assert (answer.status, answer.said["detail"]) == (
        413, "A body has at most 5 MiB. Send smaller batches."
    )  # fmt: skip


def test_a_body_that_is_no_json_is_refused(ines: User) -> None:
    answer = Client().post(
        f"{API}/companies", {"name": "Nordhavn"},
        headers={"Authorization": f"Bearer {program(ines).secret}"},
    )  # fmt: skip

    assert (answer.status_code, answer["Content-Type"]) == (415, PROBLEM)


def test_an_error_of_ours_tells_nothing_and_does_nothing(
    ines: User, caller: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = make_deal(ines)
    monkeypatch.setattr(Deal, "clean_fields", lambda *_, **__: 1 / 0)

    answer = caller.patch(f"/deals/{deal.pk}", {"title": "Another"})

    assert (answer.status, answer.headers["Content-Type"]) == (500, PROBLEM)
    assert "division" not in json.dumps(answer.said)
    assert Deal.objects.get().title == "Fleet telematics"


def test_answers_are_for_the_token_alone(caller: Program) -> None:
    answer = caller.get("/me")

    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in answer.headers["Vary"]
