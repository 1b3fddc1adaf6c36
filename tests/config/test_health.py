from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from config.health import what_is_wrong
from deals.models import Heartbeat

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def no_broker(monkeypatch):
    """Point the application at a port where nobody listens, as when Redis is down."""
    monkeypatch.setenv("CELERY_BROKER_URL", NOWHERE)  # Celery looks there first


def test_live_answers_without_a_sign_in_and_without_the_database(client):
    response = client.get("/health/live")

    assert (response.status_code, response.json()) == (200, {"live": True})


@pytest.mark.django_db
def test_it_is_ready_when_database_and_broker_answer_and_the_sweep_is_on_time():
    Heartbeat.objects.create(swept_at=NOON - timedelta(seconds=60))

    assert what_is_wrong(NOON) == {"database": "", "broker": "", "sweep": ""}


@pytest.mark.django_db
def test_before_the_first_sweep_it_is_not_ready_and_says_what_to_start(client):
    response = client.get("/health/ready")

    assert (response.status_code, response.json()) == (
        503,
        {
            "ready": False,
            "database": "ok",
            "broker": "ok",
            "sweep": "There has been no sweep yet. "
            "Start the worker and beat, or look why they stopped.",
        },
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("age_seconds", "late"), [(300, False), (301, True)])
def test_the_sweep_is_late_after_five_missed_ticks(settings, age_seconds, late):
    settings.SWEEP_SECONDS = 60
    Heartbeat.objects.create(swept_at=NOON - timedelta(seconds=age_seconds))

    assert bool(what_is_wrong(NOON)["sweep"]) == late


@pytest.mark.django_db
def test_a_late_sweep_answers_503_with_its_age():
    Heartbeat.objects.create(swept_at=NOON - timedelta(hours=1))

    assert what_is_wrong(NOON)["sweep"] == (
        "The last sweep was 3600 seconds ago. Start the worker and beat, or look why they stopped."
    )


@pytest.mark.django_db
def test_a_broker_that_does_not_answer_is_named_with_the_remedy(no_broker):
    said = what_is_wrong(NOON)["broker"]

    assert said.startswith("No answer from the broker (")
    assert said.endswith("). Start it, or correct CELERY_BROKER_URL.")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_is_named_with_the_remedy():
    connection.close()
    where, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], "/nowhere/at/all"
    try:
        wrong = what_is_wrong(NOON)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = where

    assert wrong["database"].endswith("). Start it, or correct DATABASE_URL.")
    assert wrong["sweep"] == "Unknown without the database."


@pytest.mark.django_db
def test_metrics_tell_the_age_of_the_last_sweep(client):
    Heartbeat.objects.create(swept_at=datetime.now(UTC))

    figures = client.get("/metrics").content.decode()

    assert 'lamplighter_up{part="database"} 1.0' in figures
    assert 'lamplighter_up{part="sweep"} 1.0' in figures
    assert "lamplighter_last_sweep_age_seconds " in figures


@pytest.mark.parametrize(
    "asker",
    [
        {"REMOTE_ADDR": "192.0.2.1"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.1"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=192.0.2.1"},
    ],
)
def test_metrics_are_hidden_from_other_machines(client, asker):
    assert client.get("/metrics", **asker).status_code == 404


@pytest.mark.django_db
def test_with_a_token_metrics_answer_whoever_has_it_and_nobody_else(client, settings):
    settings.METRICS_TOKEN = "t0ken"
    other_machine = {"REMOTE_ADDR": "192.0.2.1"}

    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer no"}).status_code == 404
    good = client.get("/metrics", headers={"authorization": "Bearer t0ken"}, **other_machine)
    assert good.status_code == 200
