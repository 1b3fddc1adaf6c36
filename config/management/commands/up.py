import os
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.supervisor import Child, Supervisor

HIGHEST_PORT = 65535


class Command(BaseCommand):
    help = "Run web, worker and beat on this machine until Ctrl-C; restart what dies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="listen there (%(default)s)")
        parser.add_argument(
            "--port", type=port_number, default=8000, help="listen there (%(default)s)"
        )
        parser.add_argument(
            "--demo", action="store_true", help="fill an empty workspace with the demo first"
        )

    def handle(self, *, host: str, port: int, demo: bool, **_: Any) -> None:
        refuse_taken_port(host, port)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        if demo:
            call_command("demo", if_empty=True, stdout=self.stdout, stderr=self.stderr)
        self.say("Starting web, worker and beat; Ctrl-C stops them")
        Supervisor(children(), environment_of_children(host, port), self.say).run()

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def port_number(text: str) -> int:
    """Read a port as the command line gives it."""
    if not (text.isdecimal() and 1 <= int(text) <= HIGHEST_PORT):
        raise ArgumentTypeError(f"a port is a number from 1 to {HIGHEST_PORT}, and not {text}")
    return int(text)


def refuse_taken_port(host: str, port: int) -> None:
    """Raise CommandError, naming the remedy, where `host`:`port` cannot be listened on."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # as gunicorn will, or a connection just closed would look like a taken port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CommandError(
            f"Port {port} on {host} cannot be used ({error.strerror}). "
            f"Take another one: PORT={port + 1} make run, or manage.py up --port {port + 1}"
        ) from error


def environment_of_children(host: str, port: int) -> dict[str, str]:
    """Tell the children where they serve, unless the environment says it already."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return {"BASE_URL": f"http://{address}", **os.environ, "BIND": address}


def children() -> list[Child]:
    """Return what runs: the web, the worker and beat."""
    celery = [sys.executable, "-m", "celery", "--quiet", "--app", "config"]
    # prefork hangs on the broker of files when a child dies
    pool = "threads" if settings.ON_FILE_BROKER else "prefork"
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [
        Child("web", [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn"]),
        Child("worker", [*celery, "worker", "--pool", pool, "--concurrency", "2", *quiet]),
        # nothing to keep between runs: there are only intervals, and a start sweeps at once
        Child("beat", [*celery, "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile="]),
    ]
