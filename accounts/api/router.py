"""How routes are made: with a scope, and every answer they can give said in the description."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from ninja import Router

from accounts.api.problems import ProblemOut
from accounts.api.scopes import Token
from accounts.api.values import Given

ALWAYS = (400, 401, 403, 422, 429, 500)
WRITING = (409, 413, 415, 503)
NAMED = (404,)
CHANGING = (412,)
PRINTABLE = r"^[\x21-\x7e]{1,200}$"


class Routes(Router):
    """The operations of one kind of resource."""

    def operation(  # what an operation is, each by its name
        self,
        method: str,
        path: str,
        auth: Token,
        *,
        gives: type[Given] | None = None,
        status: int | tuple[int, ...] = HTTPStatus.OK,
        summary: str,
        guards: bool = False,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add an operation; `guards` says that it heeds If-Match."""
        statuses = (status,) if isinstance(status, int) else status
        problems = {*ALWAYS, *(WRITING if method != "GET" else ())}
        problems |= {*(NAMED if "{" in path or method == "POST" else ())}
        problems |= {*(CHANGING if guards else ())}
        response: dict[int, Any] = {int(each): gives for each in statuses}
        if method == "GET":
            response[304] = None
        response |= dict.fromkeys(sorted(problems), ProblemOut)
        return self.api_operation(
            [method], path, auth=auth, response=response, summary=summary,
            description=f"Needs the scope `{auth.scope.value}`.",
            openapi_extra=_headers(method, guards=guards),
        )  # fmt: skip


def _headers(method: str, *, guards: bool) -> dict[str, Any]:
    """Describe the headers that an operation heeds."""
    told: list[tuple[str, str, dict[str, Any]]] = []
    if method == "GET":
        known = "The tag of an answer that you have: 304 if it is the same."
        told.append(("If-None-Match", known, {"type": "string"}))
    if method == "POST":
        once = "The same key with the same call is done once. Kept for a day."
        told.append(("Idempotency-Key", once, {"type": "string", "pattern": PRINTABLE}))
    if guards:
        same = "The tag of what you read: 412 if it has changed since."
        told.append(("If-Match", same, {"type": "string"}))
    return {
        "parameters": [
            {
                "in": "header", "name": name, "required": False, "description": text,
                "schema": schema,
            }
            for name, text, schema in told
        ]
    }  # fmt: skip
