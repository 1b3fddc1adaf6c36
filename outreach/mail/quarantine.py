"""Mail that could not be read: looked at as it came, tried again or deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models, transaction
from django.db.models import QuerySet
from django.db.models.functions import Length, Substr

from outreach.mail import receive
from outreach.mail.parsing import decoding
from outreach.models import Intake

SHOWN_BYTES = 64 * 1024  # of a mail, as text


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The beginning of a mail as it came: its headers and what follows, as plain text."""

    headers: str
    body: str
    is_cut: bool


def set_aside() -> QuerySet[Intake]:
    """Return what was set aside, the latest first, without the mails themselves."""
    rows = Intake.objects.filter(set_aside_at__isnull=False).select_related("mailbox", "user")
    return rows.defer("raw").order_by("-set_aside_at", "-pk")


def glimpse(intake: Intake) -> Glimpse:
    """Return the beginning of a mail, not parsed, whatever is wrong with it."""
    first = Substr("raw", 1, SHOWN_BYTES, output_field=models.BinaryField())
    rows = Intake.objects.filter(pk=intake.pk)
    head, length = rows.values_list(first, Length("raw")).get()
    text = decoding.UNSEEN.sub("\ufffd", decoding.text_of(bytes(head)))
    headers, _, body = text.lstrip("\n").partition("\n\n")
    return Glimpse(headers, body, is_cut=length > SHOWN_BYTES)


def retry(pks: Iterable[int]) -> int:
    """Let mails be read again that were set aside; return how many."""
    return sum(map(receive.retry, set_aside().filter(pk__in=pks)))


@transaction.atomic
def delete(pks: Iterable[int]) -> int:
    """Delete mails that were set aside; return how many."""
    return sum(map(receive.delete, set_aside().filter(pk__in=pks)))
