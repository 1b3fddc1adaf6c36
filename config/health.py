"""Is it alive, is it ready, and figures for a monitor. All three answer without a sign-in."""

import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from config.celery import app
from deals.sweep import last_sweep_at

BROKER_PATIENCE_SECONDS = 2
# A sweep may take a while and a beat may be late: five ticks without one is no accident.
LATE_AFTER_TICKS = 5


@login_not_required
@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"live": True})


@login_not_required
@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    reasons = what_is_wrong(timezone.now())
    body = {
        "ready": not any(reasons.values()),
        **{part: why or "ok" for part, why in reasons.items()},
    }
    return JsonResponse(body, status=200 if body["ready"] else 503)


@login_not_required
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not may_read_metrics(request):
        raise Http404
    registry = CollectorRegistry()
    registry.register(Figures(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def what_is_wrong(now: datetime) -> dict[str, str]:
    """Say for each part what keeps it from working, with the remedy; "" where nothing does."""
    database = _wrong_with_database()
    return {
        "database": database,
        "broker": _wrong_with_broker(),
        "sweep": (database and "Unknown without the database.") or _wrong_with_sweep(now),
    }


def may_read_metrics(request: HttpRequest) -> bool:
    """Say whether the asker has the METRICS_TOKEN or, where none is set, sits on this machine.

    A request that a proxy passes on also comes from this machine: one that says so does not count.
    """
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    passed_on = {"X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"} & set(request.headers)
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not passed_on


class Figures:
    """What a monitor asks for, read from the rows: right however many processes serve."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        reasons = what_is_wrong(self.now)
        up = GaugeMetricFamily("lamplighter_up", "1 where the part works.", labels=["part"])
        for part, why in reasons.items():
            up.add_metric([part], float(not why))
        yield up
        if not reasons["database"] and (swept_at := last_sweep_at()):
            age_seconds = (self.now - swept_at).total_seconds()
            yield GaugeMetricFamily(
                "lamplighter_last_sweep_age_seconds", "Age of the last sweep.", value=age_seconds
            )


def _wrong_with_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"No answer from the database ({_line(error)}). Start it, or correct DATABASE_URL."
    return ""


def _wrong_with_broker() -> str:
    try:
        with app.connection_for_write(connect_timeout=BROKER_PATIENCE_SECONDS) as broker:
            broker.ensure_connection(
                max_retries=1, interval_start=0, timeout=BROKER_PATIENCE_SECONDS
            )
    except Exception as error:  # noqa: BLE001  # each transport has its own family of errors
        return (
            f"No answer from the broker ({_line(error)}). Start it, or correct CELERY_BROKER_URL."
        )
    return ""


def _wrong_with_sweep(now: datetime) -> str:
    remedy = "Start the worker and beat, or look why they stopped."
    try:
        swept_at = last_sweep_at()
    except DatabaseError as error:
        return f"The sweep cannot be asked about ({_line(error)}). Run: manage.py migrate"
    if swept_at is None:
        return f"There has been no sweep yet. {remedy}"
    age = now - swept_at
    if age > LATE_AFTER_TICKS * timedelta(seconds=settings.SWEEP_SECONDS):
        return f"The last sweep was {int(age.total_seconds())} seconds ago. {remedy}"
    return ""


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
