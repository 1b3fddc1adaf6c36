"""The files that deploy: they agree with each other and with the settings."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
PARTS = ("web", "worker", "beat")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((PROJECT / "docker-compose.yml").read_text())


@pytest.mark.parametrize("part", PARTS)
def test_each_part_waits_for_migrations_and_has_a_health_check(compose, part):
    service = compose["services"][part]

    assert service["command"] == [part]
    assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert "test" in service["healthcheck"]


def test_migrations_run_once_and_wait_for_the_database(compose):
    assert compose["services"]["migrate"]["command"] == ["migrate", "--no-input"]
    assert compose["services"]["migrate"]["depends_on"] == {
        "postgres": {"condition": "service_healthy"}
    }


def test_redis_writes_down_its_queue_and_never_throws_a_message_away(compose):
    assert compose["services"]["redis"]["command"] == [
        "redis-server",
        "--appendonly",
        "yes",
        "--maxmemory-policy",
        "noeviction",
    ]


def test_only_the_web_is_reachable_from_outside(compose):
    services = compose["services"]
    assert [name for name in services if "ports" in services[name]] == ["web"]


@pytest.mark.parametrize("part", PARTS)
def test_the_entrypoint_knows_each_part(part):
    assert f"\n{part}) exec " in (PROJECT / "docker" / "entrypoint.sh").read_text()


def test_the_image_does_not_run_as_root():
    lines = (PROJECT / "Dockerfile").read_text().splitlines()
    assert lines.index("USER lamplighter") < lines.index('CMD ["web"]')


def test_the_example_environment_names_every_variable_that_is_read(compose):
    read = set()
    for file in ("settings.py", "gunicorn.py"):
        text = (PROJECT / "config" / file).read_text()
        read |= set(re.findall(r"env(?:iron\.get)?(?:\.\w+)?\(\s*\"([A-Z_]+)\"", text))
    entrypoint = (PROJECT / "docker" / "entrypoint.sh").read_text()
    read |= set(re.findall(r"\$\{([A-Z_]+)", entrypoint))
    read |= set(compose["services"]["web"]["environment"])
    example = (PROJECT / ".env.example").read_text()
    named = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))

    told_by_programs = {"BIND", "ENV_FILE", "LAMPLIGHTER_PROCESS"}
    assert read - told_by_programs == named


def test_the_containers_are_given_every_variable_that_the_example_names(compose):
    example = (PROJECT / ".env.example").read_text()
    named = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))

    of_other_ways_to_run = {"DEBUG", "LAMPLIGHTER_VAR"}
    for part in ("migrate", *PARTS):
        assert set(compose["services"][part]["environment"]) == named - of_other_ways_to_run


def test_the_lock_files_carry_hashes_and_name_no_index():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (PROJECT / name).read_text()
        pins = re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[a-z0-9].* \\$", text, re.MULTILINE))
        assert "://" not in text
        assert "--index-url" not in text
