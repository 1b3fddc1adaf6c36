"""Whatever stands in an address after the question mark: a list answers, or says that it is none."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from outreach.models import IgnoredSender
from outreach.webhooks import endpoints
from tests.cast import Cast, day, make_deal
from tests.incoming import came, read_mail

LISTS = (
    "/", "/deals/", "/contacts/", "/companies/", "/report/", "/settings/people/",
    "/settings/tokens/", "/settings/mail/", "/settings/set-aside/", "/settings/webhooks/{hook}/",
    "/mails/unmatched/", "/mails/unverified/",
)  # fmt: skip
HOSTILE = (
    "-1", "²", "9" * 25, "9" * 5000, "1\x00", "0001-01-01T00:00:00+14:00~1",
    f"2026-01-01T00:00:00Z~{'9' * 5000}",
)  # fmt: skip
NAMES = ("page", "before", "after", "mail", "deal", "state")


@pytest.fixture
def hook(cast: Cast) -> int:
    """One row on each list, so that there is something to go astray in."""
    make_deal(cast.ada)
    came(read_mail(), day(1), user=cast.ada)
    IgnoredSender.objects.create(value="a@b.example", created_at=day(0))
    return endpoints.add("http://127.0.0.1:9/", [], user=cast.ada, now=day(0)).pk


@pytest.mark.parametrize("page", LISTS)
def test_a_list_survives_any_page_number(client: Client, cast: Cast, hook: int, page: str) -> None:
    client.force_login(cast.ada)
    url = page.format(hook=hook)
    assert client.get(url).status_code == 200
    answered: dict[Any, int] = {}
    for name in NAMES:
        for value in HOSTILE:
            query = urlencode({name: value})
            answered[name, value[:30]] = client.get(f"{url}?{query}").status_code
    assert {
        told: status for told, status in answered.items() if status not in (200, 400, 404)
    } == {}
