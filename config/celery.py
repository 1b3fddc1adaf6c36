"""The Celery application. All its settings are in settings.py, as CELERY_…"""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("lamplighter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Leave the logging as settings.py made it: unheard, Celery would set up its own."""


@beat_init.connect
def sweep_at_once(**_: Any) -> None:
    """Sweep when beat starts, and not only one interval later: an hour may have been missed."""
    entry = app.conf.beat_schedule["sweep"]
    app.send_task(entry["task"], **entry["options"])
