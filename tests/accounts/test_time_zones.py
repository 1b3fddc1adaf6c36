"""Hours are said in the reader's own time zone."""

from datetime import UTC, datetime

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.utils import timezone

from accounts.middleware import ReaderTimeZone
from accounts.models import User, Workspace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def noon(request: HttpRequest) -> HttpResponse:
    return HttpResponse(timezone.localtime(NOON).strftime("%H:%M"))


def noon_as_read_by(user: object) -> str:
    request = RequestFactory().get("/")
    request.user = user  # type: ignore[assignment]
    return ReaderTimeZone(noon)(request).content.decode()  # type: ignore[attr-defined]


def test_a_reader_with_a_time_zone_reads_the_hours_in_it(ines: User):
    ines.time_zone = "America/New_York"

    assert noon_as_read_by(ines) == "07:00"


def test_a_reader_without_one_reads_them_in_the_workspace_s(ines: User):
    Workspace.objects.update(time_zone="Asia/Tokyo")

    assert noon_as_read_by(ines) == "21:00"


def test_whoever_is_signed_out_reads_utc():
    from django.contrib.auth.models import AnonymousUser

    assert noon_as_read_by(AnonymousUser()) == "12:00"


def test_the_zone_ends_with_the_page(ines: User):
    ines.time_zone = "Asia/Tokyo"
    noon_as_read_by(ines)

    assert timezone.get_current_timezone_name() == "UTC"


def test_a_page_written_bit_by_bit_keeps_the_reader_s_zone(ines: User):
    def bits(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(timezone.localtime(NOON).strftime("%H") for _ in [1])

    ines.time_zone = "Asia/Tokyo"
    request = RequestFactory().get("/")
    request.user = ines
    try:
        assert ReaderTimeZone(bits)(request).getvalue() == b"21"  # type: ignore[attr-defined]
    finally:
        timezone.deactivate()


@pytest.mark.django_db
def test_every_page_tells_caches_that_htmx_gets_another_rendering(client):
    assert "HX-Request" in client.get("/account/login/")["Vary"].split(", ")
