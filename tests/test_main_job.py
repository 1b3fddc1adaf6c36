"""The main job, end to end: the real web, worker and beat, and a real browser."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.serving import PATIENCE_SECONDS, PROJECT, command, environment, served

pytestmark = pytest.mark.browser

USUAL_MILLISECONDS = 5_000  # Playwright's own patience, for the tests that follow
WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`refused by the content policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An installation with one rep and one deal, that sweeps every second."""
    folder = tmp_path_factory.mktemp("installation")
    env = environment(folder, SWEEP_SECONDS="1")
    command(env, "migrate", "--verbosity", "0")
    seed = [sys.executable, "-m", "tests.main_job"]
    subprocess.run(seed, cwd=PROJECT, env=env, check=True)
    with served(env, folder / "up.log") as url:
        yield url


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page whose console says nothing and whose content policy refuses nothing."""
    context = browser.new_context(base_url=address)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    page = context.new_page()
    page.add_init_script(WATCH_POLICY)
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    expect.set_options(timeout=USUAL_MILLISECONDS)
    context.close()
    assert said == []


def test_a_dark_deal_is_found_called_and_relit(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Email").fill("ines@example.com")
    page.get_by_label("Password").fill("a lamp for Ines")
    page.get_by_role("button", name="Sign in", exact=True).click()

    # the sweep marks it, and the page shows it by itself
    expect(page.get_by_role("heading", level=1)).to_have_text("One deal went dark")
    dark = page.get_by_role("region", name="Focus")
    expect(dark.get_by_role("link")).to_have_count(1)
    expect(dark).to_contain_text("Mara Lind · Nordhavn Marine")
    pane = page.get_by_label("The open deal")
    expect(pane.get_by_role("region", name="Why this step")).to_contain_text("went unanswered")
    expect(pane.get_by_label("What to say")).to_have_value(re.compile("Mara"))

    # a call that nobody answered is logged by keyboard: the deal leaves the list until the next step
    page.keyboard.press("l")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Channel").select_option(label="Phone")
    dialog.get_by_label("What was said").fill("Nobody answered")
    dialog.get_by_role("button", name="Log it").click()
    expect(page.get_by_text("Logged: your touch to Mara.")).to_be_visible()
    expect(dark).to_have_count(0)
    expect(page.get_by_text("1 more is dark")).to_be_visible()
    expect(pane).to_contain_text("1 of 5 tries")

    # they call back: the silence is over, it is our move
    page.keyboard.press("r")
    expect(page.get_by_text("Mara replied: it is our move on “Fleet telematics”.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("One deal waits for us")
    expect(page.get_by_role("region", name="Our move")).to_contain_text("Fleet telematics")
    expect(pane).to_contain_text("of silence until they replied")
    expect(page.get_by_text("Last sweep")).to_be_visible()
