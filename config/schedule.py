"""Which tasks beat asks for, and how often."""

from datetime import timedelta


def beat(sweep_seconds: int, read_seconds: int) -> dict[str, dict[str, object]]:
    """Return the schedule: sweeps every `sweep_seconds`, mailboxes every `read_seconds`."""
    return {
        "sweep": _every(sweep_seconds, "outreach.tasks.sweep"),
        # imports and other long work, in case the message that began it was lost
        "go-on": _every(sweep_seconds, "deals.tasks.go_on"),
        "read-mail": _every(read_seconds, "outreach.tasks.read_mail"),
        "file-mail": _every(60, "outreach.tasks.file_mail"),
        "read-calendars": _every(60, "outreach.tasks.read_calendars"),  # each every five minutes
        "pass-on": _every(10, "outreach.tasks.pass_on"),
        "make-digests": _every(60, "outreach.tasks.make_digests"),
        "forget": _every(3600, "outreach.tasks.forget"),
        "refresh-holidays": _every(3600, "deals.tasks.refresh_holidays"),  # it acts once a year
        "learn": _every(3600, "outreach.tasks.learn"),  # it acts once a day, and after an import
    }


def _every(seconds: int, task: str) -> dict[str, object]:
    """Ask for a task; a tick that nobody took in time is no use: the next one does its work."""
    schedule = timedelta(seconds=seconds)
    return {"task": task, "schedule": schedule, "options": {"expires": seconds}}
