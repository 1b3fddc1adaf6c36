"""Take the README's pictures of the demo, always the same story at the same moment.

Usage, from the project's root: make pictures (needs a Chromium). The demo is written into a folder
that is thrown away afterwards, and time stands still while it is shown: see MOMENT.
"""

import argparse
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import django
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SEED = 1
MOMENT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # a Tuesday, half past ten in Berlin
SINCE_SWEEP = timedelta(seconds=20)
DESK, PHONE = (1440, 960), (360, 800)
LONG = (1440, 1720)  # as far as the report's plots that tell why


@dataclass(frozen=True)
class Picture:
    """One page as one of the demo's people sees it."""

    name: str
    who: str
    path: str
    size: tuple[int, int] = DESK
    scheme: Literal["light", "dark"] = "light"
    tried: str = ""  # a threshold, typed into the studio


PICTURES = (
    Picture("today", "ines", "/"),
    Picture("today-dark", "ines", "/", scheme="dark"),
    Picture("today-phone", "ines", "/", PHONE),
    Picture("board", "ines", "/deals/board/"),
    Picture("report", "maud", "/report/", LONG),
    Picture("report-dark", "maud", "/report/?heat=value", LONG, scheme="dark"),
    Picture("report-phone", "maud", "/report/", PHONE),
    Picture("deal", "ines", "/deals/1/"),
    Picture("threshold", "ada", "/thresholds/2/", LONG, tried="5d"),
    Picture("threshold-dark", "ada", "/thresholds/2/", LONG, scheme="dark", tried="5d"),
    Picture("threshold-phone", "ada", "/thresholds/2/", PHONE),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="the name of one picture")
    parser.add_argument("--into", type=Path, default=FOLDER, help="a folder (%(default)s)")
    chosen = parser.parse_args()
    wanted = [picture for picture in PICTURES if chosen.only in ("", picture.name)]
    with tempfile.TemporaryDirectory() as var, shown(Path(var)) as address, a_browser() as browser:
        for picture in wanted:
            size = take(browser, address, picture, chosen.into / f"{picture.name}.png")
            print(f"{picture.name}: {size // 1000} KB")


@contextmanager
def shown(var: Path) -> Iterator[str]:
    """Serve the demo as of MOMENT from a folder of its own; give the address."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "LAMPLIGHTER_VAR": str(var)}
    os.environ |= {"ENV_FILE": os.devnull, "DATABASE_URL": "", "CELERY_BROKER_URL": ""}
    timezone.now = lambda: MOMENT + SINCE_SWEEP
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("demo", seed=SEED, at=MOMENT)
    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(WSGIHandler())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # so named there
        """Say nothing of each request."""


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Start the system's Chromium; stop with a sentence where there is none."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        sys.exit("There is no Chromium here. Install one (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


def take(browser: Browser, address: str, picture: Picture, into: Path) -> int:
    """Write one picture and return its size in bytes."""
    width, height = picture.size
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=picture.scheme,
        reduced_motion="reduce",
        base_url=address,
    )
    sign_in(page, picture.who)
    page.goto(picture.path, wait_until="networkidle")
    if picture.tried:
        page.get_by_label("Or type it").fill(picture.tried)
        page.get_by_role("button", name="Use ").wait_for()
    page.screenshot(path=into)
    page.context.close()
    return into.stat().st_size


def sign_in(page: Page, who: str) -> None:
    from outreach.demo.house import PASSWORD  # after django.setup

    page.goto("/account/login/")
    page.get_by_label("Email").fill(f"{who}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("/")


if __name__ == "__main__":
    main()
