from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils import timezone


def furnish_templates(**kwargs: Any) -> None:
    """Furnish a workspace whose tables have just been made (or emptied by a test)."""
    from outreach.defaults import furnish

    furnish(timezone.now())


class OutreachConfig(AppConfig):
    name = "outreach"

    def ready(self) -> None:
        post_migrate.connect(furnish_templates, sender=self)
