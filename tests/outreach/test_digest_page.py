"""Settings, Digests: one's own choices, previews, samples, and who gets a manager's report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import User, Workspace
from deals.models import Deal
from outreach import sweeping, tasks
from outreach.digest import making
from outreach.models import Digest, DigestSettings, ReportRecipient, Telling
from tests.cast import Cast, Story, make_deal

QUERIES = 12
CHOICES = {
    "morning_by_mail": "on", "morning_at": "07:30", "at_once_in_app": "on",
    "high_value_amount": "25 000", "weekly_on": "4", "weekly_at": "16:00",
    "quiet_from": "18:00", "quiet_until": "07:00",
}  # fmt: skip


def gone_dark(owner: User, title: str = "Harbour") -> Deal:
    """A deal that went dark an hour ago, and was swept now."""
    now = timezone.now()
    written = now - timedelta(days=7, hours=1)
    story = Story(make_deal(owner, "Demo", title=title, opened_at=written))
    story.we_write(written)
    sweeping.run(now)
    return story.deal


def test_a_rep_chooses_for_themselves(client: Client, ines: User) -> None:
    client.force_login(ines)
    assert client.post("/settings/digests/", CHOICES).status_code == 302
    said = DigestSettings.objects.get(user=ines)
    assert (said.morning_by_mail, said.morning_in_app, f"{said.morning_at:%H:%M}") == (
        True,
        False,
        "07:30",
    )
    assert said.high_value_amount == 25_000
    assert not said.working_days_only
    assert (said.weekly_on, said.weekly_by_mail) == (0, True)  # not a rep's to choose


def test_a_manager_chooses_the_week_too(client: Client, maud: User) -> None:
    client.force_login(maud)
    client.post("/settings/digests/", CHOICES)
    said = DigestSettings.objects.get(user=maud)
    assert (said.weekly_on, said.weekly_by_mail, said.weekly_in_app) == (4, False, False)


@pytest.mark.parametrize(
    ("name", "label", "help_text"),
    [
        ("maud", "Also of my teams’ deals", "Teams: North."),
        ("ada", "Also of everybody’s deals", "Without it only of your own."),
    ],
)
def test_who_leads_chooses_whether_to_be_told_of_the_teams_deals(
    client: Client, cast: Cast, name: str, label: str, help_text: str
) -> None:
    user = getattr(cast, name)
    client.force_login(user)
    field = client.get("/settings/digests/").context["form"]["at_once_of_teams"]
    assert (field.label, field.help_text, field.value()) == (label, help_text, False)
    client.post("/settings/digests/", {**CHOICES, "at_once_of_teams": "on"})
    assert DigestSettings.objects.get(user=user).at_once_of_teams


def test_a_manager_without_a_team_is_told_who_changes_that(client: Client, maud: User) -> None:
    maud.led_teams.clear()
    client.force_login(maud)
    page = client.get("/settings/digests/").content.decode()
    assert "You lead no team. An admin changes that under Teams." in page


def test_a_rep_cannot_choose_to_be_told_of_others_deals(client: Client, ines: User) -> None:
    client.force_login(ines)
    assert "at_once_of_teams" not in client.get("/settings/digests/").content.decode()
    client.post("/settings/digests/", {**CHOICES, "at_once_of_teams": "on"})
    assert not DigestSettings.objects.get(user=ines).at_once_of_teams


@pytest.mark.parametrize(
    ("spoiled", "field", "why"),
    [
        (
            {"quiet_until": ""},
            "quiet_until",
            "Quiet hours need both ends. Set this one too, or empty both.",
        ),
        (
            {"quiet_until": "18:00"},
            "quiet_until",
            "That would be the whole day. Choose another end.",
        ),
        (
            {"high_value_amount": "1.000"},
            "high_value_amount",
            "“1.000” can be read in two ways: write 1000, or 1.00.",
        ),
        ({"morning_at": "25:00"}, "morning_at", "Enter a valid time."),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    client: Client, ines: User, spoiled: dict[str, str], field: str, why: str
) -> None:
    client.force_login(ines)
    answer = client.post("/settings/digests/", {**CHOICES, **spoiled})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {field: [why]}
    assert DigestSettings.objects.count() == 0


def test_no_quiet_hours_are_a_choice_too(client: Client, ines: User) -> None:
    client.force_login(ines)
    client.post("/settings/digests/", {**CHOICES, "quiet_from": "", "quiet_until": ""})
    said = DigestSettings.objects.get(user=ines)
    assert (said.quiet_from, said.quiet_until) == (None, None)


def test_the_page_names_the_workspaces_amount(client: Client, ines: User) -> None:
    Workspace.objects.update(high_value_amount=50_000)
    client.force_login(ines)
    page = client.get("/settings/digests/").content.decode()
    assert "Empty: the workspace’s, 50,000." in page


def test_a_preview_shows_what_would_be_told_and_tells_nothing(client: Client, ines: User) -> None:
    gone_dark(ines)
    client.force_login(ines)
    shown = client.get("/settings/digests/morning/preview/").context["message"]
    assert shown.subject == "1 deal went dark"
    assert "- Harbour, €\u00a01,000" in shown.text
    html = client.get("/settings/digests/morning/mail/")
    assert "Harbour" in html.content.decode()
    assert (Telling.objects.count(), Digest.objects.count()) == (0, 0)


def test_the_framed_mail_may_style_itself_and_run_nothing(client: Client, ines: User) -> None:
    gone_dark(ines)
    client.force_login(ines)
    answer = client.get("/settings/digests/morning/mail/")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert ("script-src" in policy, answer["X-Frame-Options"]) == (False, "SAMEORIGIN")


def test_with_nothing_to_tell_the_preview_says_so(client: Client, ines: User) -> None:
    client.force_login(ines)
    page = client.get("/settings/digests/morning/preview/").content.decode()
    assert "There is nothing to tell just now" in page
    assert client.get("/settings/digests/morning/mail/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_sample_is_mailed_and_counts_as_no_telling(
    client: Client, ines: User, settings: Any
) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    gone_dark(ines)
    client.force_login(ines)
    client.post("/settings/digests/morning/sending/")
    tasks.send_digests()
    [sent] = mail.outbox
    assert (sent.subject, sent.recipients()) == ("1 deal went dark", ["Ines <ines@example.com>"])
    assert Telling.objects.count() == 0


def test_a_manager_gets_the_week_as_a_sample(client: Client, cast: Cast) -> None:
    gone_dark(cast.ines)
    client.force_login(cast.maud)
    client.post("/settings/digests/weekly/sending/")
    tasks.send_digests()
    assert [sent.recipients() for sent in mail.outbox] == [["Maud <maud@example.com>"]]


@pytest.mark.parametrize("kind", ["weekly", "at_once", "nonsense"])
def test_a_rep_has_no_weekly_report_to_see(client: Client, ines: User, kind: str) -> None:
    client.force_login(ines)
    paths = [f"/settings/digests/{kind}/{what}/" for what in ("preview", "mail")]
    assert [client.get(path).status_code for path in paths] == [404, 404]
    assert client.post(f"/settings/digests/{kind}/sending/").status_code == 404


def test_a_preview_has_no_other_teams_deals(client: Client, cast: Cast) -> None:
    gone_dark(cast.noor, "South")
    client.force_login(cast.ines)
    page = client.get("/settings/digests/morning/preview/").content.decode()
    assert "South" not in page


def test_a_manager_adds_and_removes_a_recipient(client: Client, maud: User) -> None:
    client.force_login(maud)
    client.post("/settings/digests/recipients/", {"email": "board@example.org"})
    [board] = ReportRecipient.objects.all()
    assert (board.manager, board.email) == (maud, "board@example.org")
    client.post(f"/settings/digests/recipients/{board.pk}/removal/")
    assert ReportRecipient.objects.count() == 0


def test_nobody_changes_anothers_list(client: Client, cast: Cast) -> None:
    board = ReportRecipient.objects.create(
        manager=cast.maud, email="board@example.org", added_at=timezone.now()
    )
    client.force_login(cast.ada)
    assert client.post(f"/settings/digests/recipients/{board.pk}/removal/").status_code == 404
    client.force_login(cast.ines)
    assert client.post("/settings/digests/recipients/", {"email": "x@y.example"}).status_code == 404
    assert ReportRecipient.objects.count() == 1


def test_who_cannot_be_added_is_said_on_the_page(client: Client, maud: User) -> None:
    client.force_login(maud)
    answer = client.post("/settings/digests/recipients/", {"email": maud.email})
    assert answer.status_code == 422
    assert "That is you." in answer.content.decode()


def test_today_shows_the_digest_until_it_is_put_away(client: Client, ines: User) -> None:
    User.objects.filter(pk=ines.pk).update(time_zone="UTC")
    now = timezone.now()
    DigestSettings.objects.create(
        user=ines, morning_at=(now - timedelta(minutes=5)).time(), quiet_from=None,
        quiet_until=None, working_days_only=False,
    )  # fmt: skip
    gone_dark(ines)
    making.make(timezone.now())
    client.force_login(ines)
    page = client.get("/").content.decode()
    assert "1 deal went dark</p>" in page
    [digest] = Digest.objects.filter(user=ines)
    client.post(f"/digests/{digest.pk}/read/")
    assert "1 deal went dark</p>" not in client.get("/").content.decode()


def test_the_page_asks_the_same_however_many_stand_on_it(
    client: Client, maud: User, django_assert_num_queries: Any
) -> None:
    client.force_login(maud)
    client.get("/settings/digests/")
    for number in range(2):
        with django_assert_num_queries(QUERIES):
            client.get("/settings/digests/")
        for one in range(3):
            ReportRecipient.objects.create(
                manager=maud, email=f"p{number}{one}@example.org", added_at=timezone.now()
            )
            Digest.objects.create(
                user=maud, kind="weekly", key=f"{number}{one}", day=timezone.localdate(),
                state="failed", created_at=timezone.now(), send_at=timezone.now(),
            )  # fmt: skip


def test_a_demo_says_that_it_prints_its_mail_instead_of_sending_it(
    client: Client, ines: User, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    Workspace.objects.update(is_demo=True)
    gone_dark(ines)
    client.force_login(ines)
    told = client.post("/settings/digests/morning/sending/", follow=True)
    assert "Printed by the worker into its log: no mail leaves this demo." in told.content.decode()


def test_no_next_report_is_announced_to_whom_none_is_mailed(client: Client, maud: User) -> None:
    client.force_login(maud)
    assert (
        "The figures of the week before. Next:" in client.get("/settings/digests/").content.decode()
    )
    DigestSettings.objects.create(user=maud, weekly_by_mail=False, weekly_in_app=False)
    assert (
        "The figures of the week before. Next:"
        not in client.get("/settings/digests/").content.decode()
    )
