"""A signed-in browser for the journeys of tests."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

from accounts.models import User


def open_for(browser: Browser, live_server: Any, user: User, **options: Any) -> Page:
    """Return a new page of a browser in which `user` is signed in; `options` are the context's."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context = browser.new_context(base_url=live_server.url, **options)
    context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
    )
    return context.new_page()
