"""The pages on which mail, calendars and programs are connected, with all they can show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from accounts import tokens
from accounts.models import User, Workspace
from deals import conversation
from deals.models import Hold
from outreach.models import (
    CalendarFeed,
    IgnoredSender,
    Mail,
    Mailbox,
    Meeting,
    WebhookEndpoint,
    WebhookMessage,
)
from outreach.webhooks import delivering, endpoints
from tests.cast import Cast, Story, make_contact, make_deal
from tests.incoming import came, read_mail
from tests.test_pages_axe import WATCH_POLICY, listen, look_at, sign_in, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MARA, JONAS = "mara@example.org", "jonas@kontor.example"
FAILS = (("authentication-results", "mx.example.com; dmarc=fail header.from=example.org"),)


@pytest.fixture
def wide(browser: Browser, live_server: Any) -> Iterator[Page]:
    yield from opened(browser, live_server.url, 1440)


@pytest.fixture
def narrow(browser: Browser, live_server: Any) -> Iterator[Page]:
    yield from opened(browser, live_server.url, 360)


def opened(browser: Browser, url: str, width: int) -> Iterator[Page]:
    size: Any = {"width": width, "height": 900}
    context = browser.new_context(base_url=url, reduced_motion="reduce", viewport=size)
    page = context.new_page()
    page.add_init_script(WATCH_POLICY)
    yield page
    context.close()


@pytest.fixture
def addresses(cast: Cast) -> list[str]:
    """The pages to look at, each with something on it."""
    now = timezone.now()
    return [
        *mail_that_waits(cast, now),
        *webhooks(cast.ada, now),
        *settings_of_mail(cast, now),
        *calendar(cast.ada, now),
        *programs(cast.ada, now),
    ]


def mail_that_waits(cast: Cast, now: datetime) -> list[str]:
    box = Mailbox.objects.create(
        user=cast.ada, address="ada@yard.example", imap_host="imap.yard.example",
        authority="mx.example.com", read_problem="Nothing answers at imap.yard.example.",
    )  # fmt: skip
    mara = make_contact("Mara", "Lind", owner=cast.ada, addresses={"email": MARA})
    deals = [make_deal(cast.ada, contact=mara, title=title) for title in ("Yard", "Depot")]
    Story(deals[0]).we_write(now - timedelta(days=2))
    told: list[dict[str, Any]] = [
        {"sender": JONAS, "name": "Jonas Berg", "text": "Two vans."},
        {"sender": JONAS, "name": "Jonas Berg", "text": "Or three."},
        {"sender": "", "name": "", "subject": ""},
        {"sender": MARA, "headers": FAILS, "text": "Pay to this account."},
        {"sender": MARA},
    ]
    for number, each in enumerate(told):
        mail = read_mail(message_id=f"<{number}@example.org>", **each)
        came(mail, now - timedelta(hours=9 - number), mailbox=box, user=cast.ada)
    lists = ["/mails/unmatched/", "/mails/unverified/", f"/deals/{deals[0].pk}/assumed/"]
    waiting = Mail.objects.filter(state=Mail.State.UNMATCHED)
    return [*lists, *(f"/mails/unmatched/?mail={mail.pk}" for mail in waiting)]


def webhooks(ada: User, now: datetime) -> list[str]:
    """Three endpoints: one that works, one that fails, one that was switched off."""
    rows = [
        endpoints.add(f"http://127.0.0.1:9/{status}", ["silence.dark"], user=ada, now=now)
        for status in (200, 500, 410)
    ]
    for endpoint, status in zip(rows, (200, 500, 410), strict=True):
        for _ in range(2):
            message = endpoints.try_out(endpoint, now) if not endpoint.disabled_at else None
            if message is not None:
                came_of_it = delivering.Outcome(status, "It says why.", timedelta(seconds=1))
                delivering.record(message.pk, came_of_it, now)
            endpoint.refresh_from_db()
    pages = [f"/settings/webhooks/{row.pk}/" for row in WebhookEndpoint.objects.all()]
    told = [
        f"/settings/webhooks/{row.endpoint_id}/messages/{row.pk}/"
        for row in WebhookMessage.objects.all()
    ]
    return ["/settings/webhooks/", "/settings/webhooks/new/", *pages, *told, "/"]


def settings_of_mail(cast: Cast, now: datetime) -> list[str]:
    Workspace.objects.update(capture_address="touches@in.example.com")
    shared = Mailbox.objects.create(
        address="sales@yard.example", name="Sales", imap_host="imap.yard.example", read_at=now
    )
    for value, is_domain in (("spam@offers.example", False), ("news.example", True)):
        IgnoredSender.objects.create(
            value=value, is_domain=is_domain, user=cast.ines, created_at=now
        )
    return [
        "/settings/mail/", "/settings/mailbox/", "/settings/mailbox/?preset=gmail",
        "/settings/mail/mailboxes/new/", f"/settings/mail/mailboxes/{shared.pk}/",
    ]  # fmt: skip


def calendar(ada: User, now: datetime) -> list[str]:
    CalendarFeed.objects.create(user=ada, url="https://calendar.example/a.ics", read_at=now)
    deal = make_deal(ada, title="Cold store")
    for days, state in ((1, "accepted"), (2, "declined"), (3, "tentative")):
        starts_at = now + timedelta(days=days)
        held = Hold(deal=deal, reason=Hold.Reason.MEETING, starts_at=now, ends_at=starts_at)
        Meeting.objects.create(
            user=ada, deal=deal, contact=deal.contact, uid=f"{days}", summary="A walk",
            updated_at=now,
            starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), state=state,
            hold=conversation.hold(held, now=now) if state == "accepted" else None,
        )  # fmt: skip
    return ["/settings/calendar/"]


def programs(ada: User, now: datetime) -> list[str]:
    for name in ("Zapier", "Phone system"):
        tokens.issue(ada, name=name, scopes=["read", "touches"], now=now)
    tokens.revoke(tokens.issue(ada, name="Old", scopes=["read"], now=now)[0], now=now)
    return ["/settings/tokens/", "/settings/tokens/?ended"]


def test_what_is_connected_is_usable_by_everyone(
    wide: Page, live_server: Any, cast: Cast, addresses: list[str]
) -> None:
    said: list[str] = []
    listen(wide, said)
    sign_in(wide, cast.ada, live_server.url)
    found = {path: look_at(wide, urljoin(live_server.url, path)) for path in addresses}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    assert said == []


def test_what_is_connected_fits_a_narrow_screen(
    narrow: Page, live_server: Any, cast: Cast, addresses: list[str]
) -> None:
    sign_in(narrow, cast.ada, live_server.url)
    cut = []
    for path in addresses:
        narrow.goto(path)
        cut += narrow.evaluate(
            """path => [document.documentElement, ...document.querySelectorAll("main .segmented")]
              .filter((each) => each.scrollWidth > each.clientWidth)
              .map((each) => `${path}: ${each.className || "the page"}`)""",
            path,
        )
    assert cut == []


def test_a_secret_that_is_shown_once_is_usable_by_everyone(
    wide: Page, live_server: Any, cast: Cast
) -> None:
    sign_in(wide, cast.ada, live_server.url)
    wide.goto("/settings/tokens/")
    wide.get_by_label("Name").fill("Zapier")
    wide.get_by_role("button", name="Make the token").click()
    wide.get_by_role("heading", name="Copy it now").wait_for()
    assert violations(wide) == []
    wide.reload()
    assert wide.get_by_role("heading", name="Copy it now").count() == 0
    assert wide.get_by_role("row").count() == 2  # its head and one token
