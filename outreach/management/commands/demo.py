from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from accounts.commands import SpokenCommand, instant
from accounts.models import User, Workspace
from contacts.models import Contact
from deals.models import Deal, Touch
from outreach.demo import build, house

OCCUPIED = (
    "This workspace is not empty, and the demo would mix with what is in it. Give the demo a "
    "database of its own (DATABASE_URL=sqlite:///var/demo.sqlite3 manage.py migrate, then the "
    "same with demo), or use --if-empty to leave a workspace in use alone."
)


class Command(SpokenCommand):
    help = "Fill an empty workspace with invented people, deals and two years of conversations."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--seed", type=int, default=1, help="another number, another story (%(default)s)"
        )
        parser.add_argument("--at", type=instant, help="as of this instant (ISO 8601), not now")
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where there is something already"
        )

    def answer(self, **options: Any) -> Mapping[str, Any]:
        if is_empty():
            written = build.fill(options["at"] or timezone.now(), seed=options["seed"])
            return {"deals": written.deals, "touches": written.touches}
        if not options["if_empty"]:
            raise CommandError(OCCUPIED)
        return {"deals": 0, "touches": 0}

    def say(self, result: Mapping[str, Any]) -> str:
        if result["deals"]:
            deals, touches = result["deals"], result["touches"]
            return f"The demo has {deals} deals and {touches:,} touches.\n{say_sign_ins()}"
        if Workspace.current().is_demo:
            return f"The demo is there already; nothing was changed.\n{say_sign_ins()}"
        return "There is something in this workspace already: it stays as it is, without a demo."


def is_empty() -> bool:
    """Whether nobody has put anything into the workspace."""
    return not any(model.objects.exists() for model in (User, Contact, Deal, Touch))


def say_sign_ins() -> str:
    """Say who can sign in to the demo, Ines first: every page has something for her."""
    lines = [f"  {email:22} {name} ({what})" for name, email, what in house.sign_ins()]
    return "\n".join([f"Sign in with the password “{house.PASSWORD}” as", *lines])
