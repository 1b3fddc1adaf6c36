"""What every test may ask for. The cast of people is below the plumbing."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

if TYPE_CHECKING:
    from tests.dovecot import Dovecot

PROJECT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# The system's Chromium, without sandbox (containers), without talking to anyone but us.
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests of PostgreSQL and Redis to `make test-services`."""
    if settings.EMBEDDED:
        theirs = [item for item in items if item.get_closest_marker("services")]
        items[:] = [item for item in items if item not in theirs]
        config.hook.pytest_deselected(items=theirs)


def missing(what: str) -> None:
    """Skip a test for want of `what`; in CI, where nothing may be missing, fail it."""
    if os.environ.get("LAMPLIGHTER_REQUIRE_DATA"):
        pytest.fail(f"{what} is missing, and LAMPLIGHTER_REQUIRE_DATA is set")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real data that lies beside the project."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        missing("The real data (../shared/data)")
    return folder


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Have Playwright start the system's own Chromium."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        missing("A Chromium (Debian: apt-get install chromium)")
    # Playwright keeps an event loop in this thread, and Django would refuse to query beside one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return {**browser_type_launch_args, "executable_path": chromium, "args": BROWSER_FLAGS}


@pytest.fixture(scope="session")
def post_office() -> Iterator["Dovecot"]:
    """Run one Dovecot for all tests of a worker; each takes a mailbox of its own name."""
    from tests.dovecot import dovecot

    with dovecot() as server:
        yield server


from tests.cast import ada, cast, ines, karl, maud, noor, workspace  # noqa: E402, F401
