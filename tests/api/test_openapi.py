"""The API is what its description says: every operation is tried with what fits and what does not."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.utils import timezone
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from accounts.models import User
from config.api import api
from outreach import sweeping
from tests.calling import program
from tests.cast import Story, day, make_deal

SEED = 20260302
# The description cannot say which ids and tags there are, nor that one date comes after another:
# so what fits it may be refused still, as gone, changed or against a rule.
UNTOLD = ["2xx", "3xx", "401", "403", "404", "409", "412", "422", "429"]


def config(secret: str) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "continue-on-failure": True,
            "headers": {"Authorization": f"Bearer {secret}"},
            "parameters": {"header.If-Match": "*"},  # or few calls would change anything
            "suppress-health-check": ["all"],
            "generation": {"max-examples": 2, "deterministic": True, "database": "none"},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": UNTOLD},
                # its second try knows no WSGI (4.32): the test below asks the same
                "ignored_auth": {"enabled": False},
            },
            "phases": {"stateful": {"generation": {"max-examples": 2}}},
        }
    )


def results_of(schema: Any) -> tuple[list[str], set[str]]:
    """Return what every check found, and which checks there were."""
    found, checks = [], set()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            found.append(f"{event.label}: {event.value!r}")
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.ScenarioFinished):
            for case, results in event.recorder.checks.items():
                checks |= {each.name for each in results}
                call = event.recorder.cases[case].value
                failures = [each.failure_info.failure for each in results if each.failure_info]
                found += [f"{call.as_curl_command()}\n{failure}" for failure in failures]
    return found, checks


@pytest.mark.django_db(transaction=True)
def test_every_call_is_answered_as_described(ines: User, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 10**9
    Story(make_deal(ines)).we_write(day(1))
    sweeping.run(timezone.now())
    secret = program(ines, "read", "touches", "deals").secret
    schema = schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json", WSGIHandler(), config=config(secret)
    )

    found, checks = results_of(schema)

    assert found == []
    assert checks >= {
        "not_a_server_error", "status_code_conformance", "content_type_conformance",
        "response_schema_conformance", "response_headers_conformance", "negative_data_rejection",
        "positive_data_acceptance", "unsupported_method", "use_after_free",
        "ensure_resource_availability",
    }  # fmt: skip


def every_operation() -> list[tuple[str, str]]:
    paths = api.get_openapi_schema()["paths"]
    return [(method, path) for path, methods in paths.items() for method in methods]


@pytest.mark.parametrize(("method", "path"), every_operation())
def test_no_operation_is_done_without_a_token(db: None, method: str, path: str) -> None:
    secrets = [None, "", "Bearer", "Bearer lamp_" + "x" * 43, "Basic aW5lczppbmVz"]
    answers = [
        Client().generic(
            method.upper(), path.replace("{pk}", "1"), headers={"Authorization": each} if each else {}
        )
        for each in secrets
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [401] * 5
    assert [answer["Content-Type"] for answer in answers] == ["application/problem+json"] * 5


def test_each_operation_says_the_scope_that_it_needs_and_every_answer_it_gives() -> None:
    schema = api.get_openapi_schema()
    operations = [each for methods in schema["paths"].values() for each in methods.values()]
    ids = [each["operationId"] for each in operations]

    assert len({*ids}) == len(ids) == len(operations)
    assert [each for each in operations if "Needs the scope `" not in each["description"]] == []
    assert [each["operationId"] for each in operations if 401 not in each["responses"]] == []


def test_the_description_is_open_to_everyone(db: None) -> None:
    answer = Client().get("/api/v1/openapi.json")

    assert (answer.status_code, answer.json()["openapi"]) == (200, "3.1.0")
