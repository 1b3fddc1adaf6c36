"""What the settings make of an environment, seen as an operator sees it: by starting."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
OURS = (
    "DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "DEBUG", "BASE_URL", "ALLOWED_HOSTS",
    "DJANGO_ALLOW_ASYNC_UNSAFE",  # set by the browser tests of the same process
)  # fmt: skip
SERVER = {
    "DATABASE_URL": "postgres://127.0.0.1/lamplighter",
    "CELERY_BROKER_URL": "redis://127.0.0.1:6379/0",
}
OWN_KEY = "k" * 50


def started(var: Path, command: str = "check", **environment: str) -> tuple[int, str]:
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    done = subprocess.run(
        [sys.executable, "manage.py", *command.split()],
        cwd=PROJECT,
        env=clean
        | {"DJANGO_SETTINGS_MODULE": "config.settings", "LAMPLIGHTER_VAR": str(var)}
        | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_with_nothing_set_it_starts_and_keeps_a_key_of_its_own(tmp_path):
    assert started(tmp_path / "var")[0] == 0

    kept = tmp_path / "var" / "secret_key"
    first = kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert started(tmp_path / "var")[0] == 0
    assert kept.read_text() == first


@pytest.mark.parametrize("key", ["", "change-me-to-fifty-random-characters-of-your-own", "short"])
@pytest.mark.parametrize("where", [{"DEBUG": "0"}, SERVER], ids=["debug-0", "server"])
def test_in_production_a_missing_or_known_key_refuses_to_start(tmp_path, key, where):
    status, said = started(tmp_path, **where, SECRET_KEY=key)

    assert status == 1
    assert said.startswith("Lamplighter cannot start. SECRET_KEY is missing, too short or")
    assert "Traceback" not in said


def test_the_example_environment_is_refused_as_it_stands(tmp_path):
    example = dict(
        line.split("=", 1)
        for line in (PROJECT / ".env.example").read_text().splitlines()
        if line.startswith("SECRET_KEY=")
    )

    assert started(tmp_path, DEBUG="0", **example)[0] == 1


def test_a_host_left_empty_is_that_of_the_base_url(tmp_path):
    said = started(
        tmp_path,
        "diffsettings",
        **SERVER,
        SECRET_KEY=OWN_KEY,
        ALLOWED_HOSTS="",
        BASE_URL="https://lamp.example.org",
    )[1]

    assert "ALLOWED_HOSTS = ['lamp.example.org', 'localhost', " in said


def test_a_server_writes_no_key_and_needs_no_folder(tmp_path):
    status, said = started(tmp_path / "var", **SERVER, SECRET_KEY=OWN_KEY)

    assert (status, said) == (0, "System check identified no issues (0 silenced).\n")
    assert not (tmp_path / "var").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence_with_the_remedy(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()  # root may write anywhere, but not below a file

    status, said = started(in_the_way / "var")

    assert status == 1
    assert said == (
        f"Lamplighter cannot start. The folder {in_the_way / 'var'} cannot be written to, and the "
        "data is kept there. Make it writable (chmod u+w), or name another one: "
        "LAMPLIGHTER_VAR=~/lamplighter\n"
    )


def test_the_deployment_checklist_of_a_server_is_clean(tmp_path):
    status, said = started(
        tmp_path,
        "check --deploy --fail-level WARNING",
        **SERVER,
        SECRET_KEY="".join(map(chr, range(48, 110))),
        BASE_URL="https://lamplighter.example",
    )

    assert (status, said) == (0, "System check identified no issues (2 silenced).\n")


def test_without_https_cookies_still_work_and_nothing_redirects(tmp_path):
    shown = (
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT)"
    )
    quiet = {"LOG_LEVEL": "ERROR"}

    plain = subprocess_shell(tmp_path, shown, BASE_URL="http://127.0.0.1:8000", **quiet)
    https = subprocess_shell(tmp_path, shown, BASE_URL="https://lamplighter.example", **quiet)

    assert (plain, https) == ("False False False", "True True True")


def test_pages_on_postgresql_have_a_time_limit_and_the_worker_has_none(tmp_path):
    shown = (
        "from django.conf import settings as s;"
        "print(s.DATABASES['default'].get('OPTIONS', {}).get('options'))"
    )

    web = subprocess_shell(tmp_path, shown, **SERVER, SECRET_KEY=OWN_KEY, LAMPLIGHTER_PROCESS="web")
    worker = subprocess_shell(tmp_path, shown, **SERVER, SECRET_KEY=OWN_KEY)

    assert web == (
        "-c statement_timeout=30s -c lock_timeout=5s -c idle_in_transaction_session_timeout=60s"
    )
    assert worker == "None"


def subprocess_shell(var: Path, code: str, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=clean
        | {"DJANGO_SETTINGS_MODULE": "config.settings", "LAMPLIGHTER_VAR": str(var)}
        | environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
