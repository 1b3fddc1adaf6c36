from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.utils import timezone

from accounts.commands import ProgressBar, SpokenCommand
from accounts.models import User
from outreach.mail.doors import archives
from outreach.mail.doors.bringing import Bringing


class Command(SpokenCommand):
    help = (
        "Bring old mail into the workspace: mbox files, maildirs, .eml files, or folders of them. "
        "Each mail counts by its own date. Run it again to go on; a second run adds nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("paths", type=Path, nargs="+", metavar="PATH")
        parser.add_argument(
            "--user", default="", metavar="EMAIL", help="whose mail it is, if somebody's"
        )

    def answer(self, *, paths: list[Path], user: str, **_: Any) -> Mapping[str, Any]:
        owner = _user(user)
        total = archives.size_of(paths)
        bar = ProgressBar(self.stderr, "Importing")
        bringing = Bringing(owner, timezone.now())
        try:
            for archived in archives.mails(paths):
                bringing.bring(archived)
                bar(archived.position, total)
        except OSError as error:  # a file that may not be read, or no reader of mail
            raise CommandError(f"{error} Mend it and run this again to go on.") from error
        finally:
            bringing.close()
            bar.close()
        for problem in bringing.problems:
            self.stderr.write(problem)
        return bringing.counts()

    def say(self, result: Mapping[str, Any]) -> str:
        return (
            f"{result['touches']} touches, {result['replies']} of them replies; "
            f"{result['automatic']} automatic, {result['unmatched']} unmatched, "
            f"{result['rejected']} rejected."
        )


def _user(email: str) -> User | None:
    if not email:
        return None
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        raise ValueError(f"Nobody here has the address {email}. Look under Settings, People.")
    return user
