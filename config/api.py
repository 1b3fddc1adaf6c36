"""The API: the operations of the apps, behind one door, under `/api/v1/`."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError as RuleError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser

from accounts.api import people
from accounts.api.door import door
from accounts.api.problems import CONTENT_TYPE, Problem, not_found, of_call, of_rule, unprocessable
from deals.api import (
    batches,
    companies,
    contacts,
    deals,
    report,
    silences,
    stages,
    thresholds,
    touches,
    waiting,
)
from outreach.api import suggestions
from outreach.api import thresholds as trials

VERSION = "1"


class JsonOnly(Parser):
    """Read bodies as the JSON standard says: it knows no NaN."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return what a body says; raises ValueError."""
        return json.loads(request.body, parse_constant=_no_number)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


class Api(NinjaAPI):
    """All operations, and their description."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name an operation after its function; no two have the same name."""
        return str(operation.view_func.__name__)

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Describe the API; errors are of a media type of their own."""
        schema = super().get_openapi_schema(**options)
        batches.describe(schema["components"]["schemas"])
        for operations in schema["paths"].values():
            for operation in operations.values():
                _say_problems(operation["responses"])
        return schema


def _say_problems(responses: dict[int, Any]) -> None:
    for status, response in responses.items():
        content = response.get("content", {})
        if status >= HTTPStatus.BAD_REQUEST and "application/json" in content:
            content[CONTENT_TYPE] = content.pop("application/json")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            response["headers"] = {
                "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
            }


api = Api(
    title="Lamplighter",
    version=VERSION,
    description="Capture touches and read silences. docs/api.md has the reasons.",
    docs_url=None,
    parser=JsonOnly(),
    urls_namespace="api",
)
for app in (
    people,
    contacts,
    companies,
    deals,
    stages,
    thresholds,
    trials,
    touches,
    waiting,
    silences,
    report,
    suggestions,
):
    api.add_router("", app.router)


@api.exception_handler(Problem)
def _problem(_request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem.response()


@api.exception_handler(ValidationError)
def _wrong_shape(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    return unprocessable(of_call(error.errors)).response()


@api.exception_handler(RuleError)
def _against_a_rule(_request: HttpRequest, error: RuleError) -> HttpResponse:
    return unprocessable(of_rule(error)).response()


@api.exception_handler(Http404)
def _not_there(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return not_found("thing").response()


@api.exception_handler(HttpError)
def _unreadable(_request: HttpRequest, error: HttpError) -> HttpResponse:
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST:
        return Problem(status, "The body is no JSON in UTF-8. Check its quotes.").response()
    return Problem(status, error.message).response()


@api.exception_handler(Exception)
def _unexpected(_request: HttpRequest, error: Exception) -> HttpResponse:
    raise error  # the door's to answer


@require_safe
@login_not_required
def described(request: HttpRequest) -> HttpResponse:
    """Give the description of the API, which tells nothing about anybody: to everyone."""
    return HttpResponse(
        json.dumps(api.get_openapi_schema(), default=str), content_type="application/json"
    )


def _nowhere(request: HttpRequest, **_told: Any) -> HttpResponse:
    raise Problem(
        HTTPStatus.NOT_FOUND, "There is no such address. See /api/v1/openapi.json for all of them."
    )


def _behind_the_door(pattern: Any) -> URLPattern:
    callback: Callable[..., HttpResponse] = pattern.callback
    return URLPattern(pattern.pattern, door(callback), pattern.default_args, pattern.name)


OURS = {"openapi-json", "api-root"}
operations: list[Any] = [each for each in api.urls[0] if getattr(each, "name", "") not in OURS]
urls = (
    [
        path("openapi.json", described, name="openapi-json"),
        path("", door(_nowhere), name="api-root"),
        *map(_behind_the_door, operations),
        re_path(r"^.*$", door(_nowhere)),
    ],
    "api",
    "api",
)
