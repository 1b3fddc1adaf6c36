"""What is left of somebody's mail once they were erased: that it came, and nothing of them."""

import pytest
from django.db import connection

from accounts.models import Workspace
from deals import people
from outreach import tasks
from outreach.mail import receive
from outreach.mail.parsing import reading
from outreach.models import Attachment, Intake, Mail
from tests.cast import Cast, day, make_contact, make_deal
from tests.incoming import came, raw_mail, read_mail, taken_in

pytestmark = pytest.mark.django_db
FILE = (
    b"From: Mara Lind <mara@example.org>\nMessage-ID: <file@example.org>\nSubject: Mara's plan\n"
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nIt is I, Mara.\n--b\n"
    b"Content-Type: text/plain; name=mara.txt\nContent-Disposition: attachment\n\nMara\n--b--\n"
)


def test_of_an_erased_contact_nothing_is_left_in_any_mail(cast: Cast):
    Workspace.objects.update(keeps_attachments=True)
    mara = make_contact("Mara", "Lind", addresses={"email": "mara@example.org"}, owner=cast.ines)
    make_deal(cast.ines, opened_at=day(0), contact=mara)
    jonas = make_contact("Jonas", "Berg", addresses={"email": "jonas@other.example"})
    make_deal(cast.ines, opened_at=day(0), contact=jonas)
    hers = came(reading.read(FILE, with_files=True), day(1), user=cast.ines)
    his = came(read_mail(sender="jonas@other.example", name="Jonas"), day(1), user=cast.ines)
    broken = taken_in(day(1), raw=b"Mara", envelope_sender="mara@example.org")
    receive.set_aside(broken, "It is broken.", day(1))
    assert Attachment.objects.count() == 1

    people.erase(mara, now=day(2))
    for _ in range(2):
        tasks.sweep()

    hers.refresh_from_db()
    assert (hers.sender, hers.sender_name, hers.subject, hers.text, hers.html, hers.recipients) == (
        "", "", "", "", "", [],
    )  # fmt: skip
    assert hers.touch is not None
    assert Attachment.objects.count() == 0
    assert Intake.objects.count() == 0
    his.refresh_from_db()
    assert (his.sender_name, his.text) == ("Jonas", "Yes, June is right.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM outreach_mail WHERE id = %s", [hers.pk])
        assert "mara" not in str(cursor.fetchall()).lower().replace("file@example.org", "")


def test_mail_of_the_same_address_that_waits_for_a_word_is_forgotten_too(cast: Cast):
    waiting = came(reading.read(raw_mail()), day(1), user=cast.ines)
    assert waiting.state == Mail.State.UNMATCHED
    mara = make_contact("Mara", "Lind", addresses={"email": "mara@example.org"}, owner=cast.ines)
    make_deal(cast.ines, opened_at=day(2), contact=mara)
    came(reading.read(raw_mail(message_id="<two@example.org>", text="Two")), day(3), user=cast.ines)
    Mail.objects.filter(pk=waiting.pk).update(contact=None, state=Mail.State.UNMATCHED)

    people.erase(mara, now=day(4))
    tasks.sweep()

    waiting.refresh_from_db()
    assert (waiting.state, waiting.sender, waiting.text) == (Mail.State.IGNORED, "", "")
