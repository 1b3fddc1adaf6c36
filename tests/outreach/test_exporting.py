"""Today, suggestions, templates and waiting mail taken away: each to whom its page is for."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deals.spreadsheets import restored
from outreach import sweeping
from outreach.models import Mail, Template
from tests.cast import Cast, Story, make_deal

pytestmark = pytest.mark.usefixtures("workspace")


def taken(client: Client, user: User, address: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file that an address hands out to somebody."""
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def dark(owner: User, title: str) -> None:
    """Let a deal be dark since three weeks, with its suggestion."""
    opened = timezone.now() - timedelta(days=60)
    story = Story(make_deal(owner, "Demo", title=title, opened_at=opened))
    story.we_write(timezone.now() - timedelta(days=28))
    sweeping.run(timezone.now())


def mail(user: User, sender: str) -> Mail:
    now = timezone.now()
    return Mail.objects.create(
        identity=sender, door="imap", user=user, direction="inbound", sender=sender,
        subject="=cmd()", occurred_at=now, recorded_at=now, verdict="reply", state="unmatched",
        text="Only for whom it was sent to",
    )  # fmt: skip


def test_today_is_exported_as_it_stands_on_the_page(client: Client, cast: Cast) -> None:
    dark(cast.ines, "Boats")
    dark(cast.karl, "Oars")
    [row] = taken(client, cast.ines, "/today.csv")
    assert (row["Group"], row["Deal"], row["Owner"]) == ("Dark", "Boats", "Ines")
    assert row["Silence"].startswith("Dark · ")
    assert row["Next step"]
    assert taken(client, cast.noor, "/today.csv") == []
    of_team = taken(client, cast.maud, "/today.csv?whose=team")
    assert sorted(row["Deal"] for row in of_team) == ["Boats", "Oars"]


def test_suggestions_are_exported_with_their_reasons(client: Client, cast: Cast) -> None:
    dark(cast.ines, "Boats")
    [row] = taken(client, cast.ines, "/suggestions.csv")
    assert (row["Deal"], row["Owner"], row["Channel"]) == ("Boats", "Ines", "E-mail")
    assert row["Why"]
    assert taken(client, cast.karl, "/suggestions.csv") == []


def test_waiting_mail_is_exported_without_its_text_to_whom_it_waits_for(
    client: Client, cast: Cast
) -> None:
    mail(cast.ines, "mara@example.org")
    mail(cast.noor, "secret@example.org")
    [row] = taken(client, cast.ines, "/mail/unmatched.csv")
    assert (row["From"], row["Subject"]) == ("mara@example.org", "'=cmd()")
    assert "Only for whom" not in str(row)
    assert taken(client, cast.ines, "/mail/unverified.csv") == []


def test_templates_are_exported_as_they_are_worded(client: Client, cast: Cast) -> None:
    rows = taken(client, cast.ines, "/settings/templates.csv")
    assert len(rows) == Template.objects.count() > 0
    assert {restored(row["Body"]) for row in rows} == set(
        Template.objects.values_list("body", flat=True)
    )
