"""One mail as it was understood: who sees it, how it is shown, and its files."""

import pytest
from django.test import Client

from accounts.models import User, Workspace
from deals.models import Deal
from outreach.mail.parsing import reading
from outreach.models import Mail
from tests.cast import Cast, day, make_contact, make_deal
from tests.incoming import came, raw_mail

pytestmark = pytest.mark.django_db
HTML = (
    '<p>Yes, <b>June</b> is right.</p><img src="https://evil.example/seen.png">'
    '<p onclick="x()" style="color:red">Mara</p><script>alert(1)</script>'
)
FILE = (
    b"From: mara@example.org\nMessage-ID: <file@example.org>\nSubject: The plan\n"
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee there.\n--b\n"
    b'Content-Type: text/html; name="../plan <1>.html"\nContent-Disposition: attachment\n\n'
    b"<script>alert(1)</script>\n--b--\n"
)


@pytest.fixture
def deal(cast: Cast) -> Deal:
    """Return a deal of Ines with Mara, who writes from example.org."""
    mara = make_contact("Mara", "Lind", addresses={"email": "mara@example.org"}, owner=cast.ines)
    return make_deal(cast.ines, opened_at=day(0), contact=mara)


def arrived(raw: bytes, deal: Deal, *, with_files: bool = False) -> Mail:
    return came(reading.read(raw, with_files=with_files), day(1), user=deal.owner)


def page_for(user: User, url: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get(url).content.decode()


def status_for(user: User, url: str) -> int:
    client = Client()
    client.force_login(user)
    return client.get(url).status_code


def test_a_mail_is_shown_with_what_decided_and_where_it_stands(cast, deal):
    mail = arrived(raw_mail(html=HTML), deal)
    page = page_for(cast.ines, f"/mails/{mail.pk}/")

    assert "Mara Lind" in page
    assert "Written by a person" in page
    assert mail.why in page
    assert f'href="/deals/{deal.pk}/"' in page
    assert "Yes, June is right." in page


def test_its_layout_is_shown_without_what_acts_or_fetches(cast, deal):
    mail = arrived(raw_mail(html=HTML), deal)
    page = page_for(cast.ines, f"/mails/{mail.pk}/").partition('class="mail-page"')[2]

    assert "<p>Yes, <b>June</b> is right.</p>" in page
    assert [
        danger for danger in ("evil.example", "onclick", "style=", "alert(1)") if danger in page
    ] == []


def test_whatever_stands_in_the_row_is_cleaned_when_it_is_shown(cast, deal):
    mail = arrived(raw_mail(html=HTML), deal)
    Mail.objects.filter(pk=mail.pk).update(html="<p>Hello</p><script>alert(2)</script>")

    assert "alert(2)" not in page_for(cast.ines, f"/mails/{mail.pk}/")


def test_the_touch_in_the_thread_leads_to_its_mail(cast, deal):
    mail = arrived(raw_mail(), deal)
    assert mail.touch is not None
    url = f"/touches/{mail.touch.pk}/mail/"

    assert f'href="{url}"' in page_for(cast.ines, f"/deals/{deal.pk}/")
    assert "The fleet" in page_for(cast.ines, url)


def test_who_may_not_see_the_deal_sees_neither_its_mail_nor_its_files(cast, deal):
    Workspace.objects.update(keeps_attachments=True)
    mail = arrived(FILE, deal, with_files=True)
    file = mail.attachments.get()
    assert mail.touch is not None
    urls = [f"/mails/{mail.pk}/", f"/touches/{mail.touch.pk}/mail/", f"/attachments/{file.pk}/"]

    assert [status_for(cast.maud, url) for url in urls] == [200, 200, 200]
    assert [status_for(cast.noor, url) for url in urls] == [404, 404, 404]


def test_a_kept_file_is_handed_out_to_be_stored_and_never_opened(cast, deal):
    Workspace.objects.update(keeps_attachments=True)
    file = arrived(FILE, deal, with_files=True).attachments.get()
    client = Client()
    client.force_login(cast.ines)
    answer = client.get(f"/attachments/{file.pk}/")

    assert answer.content == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == 'attachment; filename=".._plan <1>.html"'


def test_a_file_that_is_not_kept_is_listed_and_cannot_be_fetched(cast, deal):
    mail = arrived(FILE, deal)
    file = mail.attachments.get()
    page = page_for(cast.ines, f"/mails/{mail.pk}/")

    assert "plan &lt;1&gt;.html" in page
    assert "not kept" in page
    assert status_for(cast.ines, f"/attachments/{file.pk}/") == 404


def test_where_no_bodies_are_kept_the_page_says_so(cast, deal):
    Workspace.objects.update(keeps_bodies=False)
    mail = arrived(raw_mail(html=HTML), deal)
    page = page_for(cast.ines, f"/mails/{mail.pk}/")

    assert "What it says is not kept" in page
    assert "June is right" not in page


def test_a_mail_is_shown_in_the_dialog_too(cast, deal):
    mail = arrived(raw_mail(), deal)
    client = Client()
    client.force_login(cast.ines)
    answer = client.get(f"/mails/{mail.pk}/", headers={"HX-Request": "true"})

    assert answer["Vary"].split(", ").count("HX-Request") == 1
    assert answer.content.decode().lstrip().startswith('<div class="dialog-head">')
    assert "Yes, June is right." in answer.content.decode()


def test_when_it_was_written_is_told_only_where_that_is_another_minute(cast, deal):
    told = [
        "says it was written on" in page_for(cast.ines, f"/mails/{mail.pk}/")
        for mail in (
            arrived(raw_mail(message_id="<then@example.org>", at=day(1)), deal),
            arrived(raw_mail(message_id="<before@example.org>", at=day(0)), deal),
        )
    ]
    assert told == [False, True]
