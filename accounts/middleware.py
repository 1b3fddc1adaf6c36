"""Say every hour in the reader's own time zone."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.models import User, Workspace


class ReaderTimeZone:
    """Activate the reader's time zone, or the workspace's where they chose none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if isinstance(request.user, User):
            timezone.activate(zone_of(request.user))
        else:
            timezone.deactivate()
        response = self.get_response(request)
        if not response.streaming:  # a stream is written after we have gone
            timezone.deactivate()
        return response


def zone_of(user: User) -> zoneinfo.ZoneInfo:
    """Return the zone in which `user` reads the hours."""
    return zoneinfo.ZoneInfo(user.time_zone or _zone_of_workspace())


def _zone_of_workspace() -> str:
    """Read the one column: every page of most people asks for it, and none should make the row."""
    zones = Workspace.objects.values_list("time_zone", flat=True)
    return zones.first() or Workspace().time_zone
