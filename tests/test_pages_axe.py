"""Every page that links lead to, light and dark: usable by everyone, and nothing on the console."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone
from playwright.sync_api import Browser, Page

from accounts.models import User
from contacts.models import Fact
from deals import conversation, course
from deals.models import Deal, Hold, Outcome, OutcomeEntry
from outreach import fates, sweeping
from outreach.mail import receive
from outreach.mail.parsing import reading
from outreach.mail.sending import unsubscribe
from outreach.models import Delivery
from tests.cast import Cast, Story, make_company, make_contact, make_cover, make_deal, today
from tests.incoming import came, raw_mail, taken_in
from tests.mailing import order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`refused by the content policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""
ADDRESSES = (
    "links => links.map((link) => new URL(link.getAttribute('href'), document.baseURI).href)"
)
FILES = (".csv", ".xlsx", ".eml")  # to take away
IN_THE_DARK = {"runOnly": ["color-contrast"]}  # the rest does not depend on the colours


@pytest.fixture
def story(cast: Cast) -> Deal:
    """Deals in every state, so that no page is empty."""
    now = timezone.now()
    mara = make_contact(
        company=make_company(owner=cast.ada), owner=cast.ada, job_title="Head of Fleet",
        city="Gothenburg", time_zone="Europe/Stockholm",
    )  # fmt: skip
    Fact.objects.create(contact=mara, text="Sails round Gotland in July", learned_on=now.date())
    for days, title in ((20, "The whole fleet"), (9, "Yard cameras"), (6, "Depot")):
        deal = make_deal(cast.ada, "Demo", title=title, contact=mara, opened_at=now - timedelta(40))
        told = Story(deal)
        told.they_write(now - timedelta(30))
        told.we_write(now - timedelta(days))
    told.we_talk(now - timedelta(1), promised_at=now + timedelta(2))
    Story(make_deal(cast.ada, opened_at=now - timedelta(3))).they_write(now - timedelta(2))
    make_deal(cast.ada, "Demo", opened_at=now - timedelta(30), amount=Decimal("10.50"))
    paused = make_deal(cast.ada, opened_at=now - timedelta(3))
    held = Hold(deal=paused, reason="pause", starts_at=now, ends_at=now + timedelta(3))
    conversation.hold(held, now=now)
    course.close(make_deal(cast.ada), Outcome.WON, now=now)
    course.let_go(make_deal(cast.ada), now=now, look_again_on=(now + timedelta(90)).date())
    make_cover(cast.noor, cast.ines, now - timedelta(days=1), now + timedelta(days=3))
    sweeping.run(now)
    return Deal.objects.get(title="The whole fleet")


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    # what is still fading in has less contrast than it will have
    context = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
    page = context.new_page()
    page.add_init_script(WATCH_POLICY)
    yield page
    context.close()


def sign_in(page: Page, user: User, url: str) -> None:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


def walk(page: Page, start: str) -> tuple[set[str], dict[str, Any]]:
    """Follow every link to a page not seen yet; return the pages' names, and what is wrong where."""
    said: list[str] = []
    listen(page, said)
    seen, wrong, ahead = set(), {}, [start]
    while ahead:
        url = ahead.pop(0)
        name = name_of(url)
        if name is None or name in seen:
            continue
        seen.add(name)
        found = look_at(page, url)
        if found or said:
            wrong[url] = [*found, *said]
        said.clear()
        ahead += page.eval_on_selector_all("a[href]", ADDRESSES)
    return seen, wrong


def listen(page: Page, said: list[str]) -> None:
    """Note what the console complains of; its hints to developers are none."""
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "console",
        lambda told: said.append(told.text) if told.type in ("error", "warning") else None,
    )


def name_of(url: str) -> str | None:
    """Return the name of our page at an address, None for what is none or no page to read."""
    try:
        match = resolve(urlsplit(url).path)
    except Resolver404:
        return None
    is_ours = urlsplit(url).scheme == "http" and not urlsplit(url).path.endswith(FILES)
    return None if not is_ours or not match.view_name else match.view_name


def look_at(page: Page, url: str) -> list[str]:
    """Open a page, light and then dark, and return what is wrong with it."""
    page.emulate_media(color_scheme="light")
    response = page.goto(url)
    if response is None or response.status != 200:
        return [f"answered {response.status if response else 'nothing'}"]
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    page.goto("about:blank")  # anew, or colours are still on their way from light to dark
    page.goto(url)
    return [*found, *(f"in the dark: {each}" for each in violations(page, IN_THE_DARK))]


def violations(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    results = Axe().run(page, options=options)
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in results.response["violations"]
        for node in each["nodes"]
    ]


def test_every_page_an_admin_can_reach_is_usable_by_everyone(
    page: Page, live_server: Any, cast: Cast, story: Deal
) -> None:
    sign_in(page, cast.ada, live_server.url)
    seen, wrong = walk(page, urljoin(live_server.url, f"/?deal={story.pk}"))
    assert wrong == {}
    assert {
        "outreach:today", "outreach:pause", "outreach:touches", "outreach:let-go", "outreach:won",
        "outreach:snooze", "outreach:another", "outreach:touch", "outreach:send",
        "outreach:mailbox", "deals:list", "deals:board", "deals:deal",
        "deals:contacts", "deals:contact", "outreach:report",
        "accounts:away", "accounts:cover", "accounts:covers",
        "accounts:tokens", "outreach:mail-settings", "outreach:shared-mailbox-new",
        "outreach:unmatched", "outreach:unverified", "outreach:help",
    } <= seen  # fmt: skip


def test_the_pages_of_whoever_is_not_signed_in_are_usable_by_everyone(
    page: Page, live_server: Any
) -> None:
    seen, wrong = walk(page, urljoin(live_server.url, "/account/login/"))
    assert wrong == {}
    assert "account_login" in seen


def test_mails_on_their_way_and_gone_wrong_are_usable_by_everyone(
    page: Page, live_server: Any, cast: Cast, story: Deal
) -> None:
    now = timezone.now()
    made = [order(story, cast.ada, now=now, body=str(number)) for number in range(3)]
    for each in made[1:]:
        each.move(Delivery.State.SENDING, among=["queued"], claimed_at=now)
    fates.unclear(made[1], now=now)
    fates.failed(made[2], "The server said no.", now=now)
    sign_in(page, cast.ada, live_server.url)
    for address in (f"/?deal={story.pk}", f"/deals/{story.pk}/", f"/deals/{story.pk}/deliveries/"):
        assert look_at(page, urljoin(live_server.url, address)) == []
        page.get_by_text("The server said no.").first.wait_for()
    page.goto(urljoin(live_server.url, urlsplit(unsubscribe.address_of(made[0])).path))
    assert violations(page) == []
    page.get_by_role("button", name="No more e-mail").click()
    page.get_by_text("You will get no more e-mail").wait_for()
    assert violations(page) == []


def test_a_new_workspace_is_usable_by_everyone(page: Page, live_server: Any, cast: Cast) -> None:
    sign_in(page, cast.ines, live_server.url)
    assert look_at(page, urljoin(live_server.url, "/")) == []


def test_acting_on_many_deals_is_usable_by_everyone(
    page: Page, live_server: Any, cast: Cast, story: Deal
) -> None:
    said: list[str] = []
    listen(page, said)
    sign_in(page, cast.ada, live_server.url)
    for act in ("Reassign…", "Pause…", "Let go…"):
        page.goto(urljoin(live_server.url, "/deals/"))
        page.get_by_label(f"Choose {story.title}").check()
        page.get_by_role("button", name=act).click()
        page.get_by_role("button", name="Show what would happen").wait_for()
        assert violations(page) == []
        if act == "Reassign…":
            page.get_by_label("New owner").select_option(label=cast.karl.name)
        else:
            page.get_by_label("Why").fill("They merge")
        page.get_by_role("button", name="Show what would happen").click()
        page.get_by_role("heading", name="What would happen").wait_for()
        assert violations(page) == []
    page.get_by_role("button", name="Let go of 1 deal").click()
    page.get_by_text("One deal let go.").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Taken back: one deal is as before.").wait_for()
    assert said == []


def test_a_day_with_the_deals_of_whom_one_covers_is_usable_by_everyone(
    page: Page, live_server: Any, cast: Cast, story: Deal
) -> None:
    now = timezone.now()
    make_cover(cast.karl, cast.ada, now - timedelta(1), now + timedelta(1))
    sign_in(page, cast.karl, live_server.url)
    assert look_at(page, urljoin(live_server.url, "/")) == []
    page.get_by_role("link", name="Ada’s").click()
    page.get_by_text("for Ada until").first.wait_for()
    page.get_by_role("link", name="Mine").click()
    page.get_by_text("Every lamp is lit").wait_for()


def test_dialogs_and_searches_are_usable_by_everyone(
    page: Page, live_server: Any, cast: Cast, story: Deal
) -> None:
    sign_in(page, cast.ada, live_server.url)
    assert look_at(page, urljoin(live_server.url, "/search/?q=fleet")) == []
    assert look_at(page, urljoin(live_server.url, "/search/?q=zebra")) == []
    page.goto(urljoin(live_server.url, f"/?deal={story.pk}"))
    for key in "plgwx":
        page.keyboard.press(key)
        page.get_by_role("dialog").wait_for()
        assert violations(page) == []
        page.keyboard.press("Escape")


def test_what_was_let_go_and_calls_are_usable_by_everyone(
    page: Page, live_server: Any, cast: Cast, story: Deal
) -> None:
    sign_in(page, cast.ada, live_server.url)
    resting = Deal.objects.get(outcome=Outcome.RESTING)
    OutcomeEntry.objects.filter(deal=resting).update(look_again_on=today())
    phone = story.contact.addresses.get(channel="phone")
    for address in (
        f"/?deal={resting.pk}", f"/deals/{resting.pk}/another-look/",
        f"/deals/{story.pk}/calls/?address={phone.pk}", f"/deals/{story.pk}/let-go/",
    ):  # fmt: skip
        assert look_at(page, urljoin(live_server.url, address)) == []


def test_a_mail_and_one_that_could_not_be_read_are_usable_by_everyone(
    page: Page, live_server: Any, cast: Cast
) -> None:
    now = timezone.now()
    html = "<h1>Yes</h1><ol><li>June</li></ol><table><tr><td>1</td></tr></table>"
    mail = came(reading.read(raw_mail(html=html, text="")), now, user=cast.ada)
    broken = taken_in(now, raw=b"From: eve@evil.example\n\nHello")
    receive.set_aside(broken, "It is broken.", now)
    sign_in(page, cast.ada, live_server.url)
    said: list[str] = []
    listen(page, said)
    urls = [f"/mails/{mail.pk}/", "/settings/set-aside/", f"/settings/set-aside/{broken.pk}/"]

    assert [look_at(page, urljoin(live_server.url, url)) for url in urls] == [[], [], []]
    assert said == []
