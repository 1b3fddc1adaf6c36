"""Mail that could not be read: who finds it, what is seen of it, and what can be done."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from outreach.mail import quarantine, receive
from outreach.models import Intake, Mail
from tests.cast import Cast, day
from tests.incoming import raw_mail, taken_in

pytestmark = pytest.mark.django_db
URL = "/settings/set-aside/"
QUERIES = 6
SENTENCE = "It has more than 100 parts. Open it in your mail program and note by hand what it says."


def set_aside(raw: bytes = b"From: Eve <eve@evil.example>\n\nHello", *, number: int = 1) -> Intake:
    """Take a mail in and set it aside, on a day of its own."""
    intake = taken_in(day(number), raw=raw + b"%d" % number, origin=f"INBOX/{number}")
    receive.set_aside(intake, SENTENCE, day(number))
    return Intake.objects.get(pk=intake.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_admin_finds_what_was_set_aside_the_latest_first(cast: Cast):
    set_aside(number=1)
    set_aside(number=2)
    waiting = taken_in(day(3), raw=b"still to be read")
    rows = signed_in(cast.ada).get(URL).context["page"].object_list

    assert [row.origin for row in rows] == ["INBOX/2", "INBOX/1"]
    assert waiting.set_aside_at is None


def test_nobody_else_finds_any_of_it(cast: Cast):
    intake = set_aside()
    urls = [URL, f"{URL}{intake.pk}/", f"{URL}{intake.pk}.eml"]
    for user in (cast.ines, cast.maud):
        client = signed_in(user)
        assert [client.get(url).status_code for url in urls] == [404, 404, 404]
        for act in ("trials", "deletion"):
            answer = client.post(f"{URL}{act}/", {"intake": intake.pk})
            assert answer.status_code == 404
    assert Intake.objects.get().set_aside_at == intake.set_aside_at


def test_the_list_asks_as_much_for_three_mails_as_for_one(cast: Cast):
    client = signed_in(cast.ada)
    set_aside(number=1)
    client.get(URL)
    counts = []
    for numbers in ((), (2, 3)):
        for number in numbers:
            set_aside(number=number)
        with CaptureQueriesContext(connection) as asked:
            client.get(URL)
        counts.append(len(asked))

    assert counts == [QUERIES, QUERIES]


def test_a_mail_is_seen_as_it_came_and_does_nothing(cast: Cast):
    raw = (
        b"Subject: <script>alert(1)</script>\r\nX-Odd: \xff\x00\r\n\r\n"
        b"<img src=//evil.example/seen.png>\xe2\x80\xaegpj.exe"
    )
    intake = set_aside(raw)
    page = signed_in(cast.ada).get(f"{URL}{intake.pk}/")

    assert page.context["glimpse"] == quarantine.Glimpse(
        headers="Subject: <script>alert(1)</script>\nX-Odd: ÿ",
        body="<img src=//evil.example/seen.png>â€®gpj.exe1",
        is_cut=False,
    )
    assert "<script>alert(1)" not in page.content.decode()
    assert "<img src=//evil.example" not in page.content.decode()


def test_letters_that_turn_the_direction_are_shown_as_such():
    intake = set_aside("Subject: x\n\nexe\u202egpj.\u200b".encode())

    assert quarantine.glimpse(intake).body == "exe\ufffdgpj.\ufffd1"


def test_of_a_large_mail_only_the_beginning_is_shown(cast: Cast):
    intake = set_aside(b"Subject: x\n\n" + b"y" * 70_000)
    shown = quarantine.glimpse(intake)

    assert (len(shown.body), shown.is_cut) == (65_536 - len("Subject: x\n\n"), True)


def test_the_whole_mail_is_handed_out_as_a_file_of_text(cast: Cast):
    intake = set_aside(b"Subject: x\n\n<script>alert(1)</script>")
    answer = signed_in(cast.ada).get(f"{URL}{intake.pk}.eml")

    assert answer.content == bytes(intake.raw)
    assert answer["Content-Type"] == "text/plain"
    assert answer["Content-Disposition"] == f'attachment; filename="mail-{intake.pk}.eml.txt"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_several_are_tried_again_at_once_and_what_can_be_read_is_filed(cast: Cast):
    readable = taken_in(day(1), raw=raw_mail())
    receive.set_aside(readable, "Its reader was stopped.", day(1))
    broken = set_aside(b"X: y\n" * 20_000, number=2)
    left = set_aside(number=3)
    signed_in(cast.ada).post(f"{URL}trials/", {"intake": [readable.pk, broken.pk, "nonsense"]})
    assert sorted(Intake.objects.filter(set_aside_at=None).values_list("pk", "tries")) == [
        (readable.pk, 0),
        (broken.pk, 0),
    ]

    receive.file_waiting(day(4), until=float("inf"))

    assert [mail.subject for mail in Mail.objects.all()] == ["Re: The fleet"]
    rows = Intake.objects.order_by("pk")
    assert [(row.pk, row.problem.partition(". ")[0]) for row in rows] == [
        (broken.pk, "Its headers have over 64 KB"),
        (left.pk, "It has more than 100 parts"),
    ]


def test_several_are_deleted_at_once_and_what_waits_is_not(cast: Cast):
    gone, kept = set_aside(number=1), set_aside(number=2)
    waiting = taken_in(day(3), raw=b"still to be read")
    client = signed_in(cast.ada)
    for _ in range(2):
        client.post(f"{URL}deletion/", {"intake": [gone.pk, waiting.pk]})

    assert list(Intake.objects.order_by("pk").values_list("pk", flat=True)) == [
        kept.pk,
        waiting.pk,
    ]


def test_nothing_chosen_does_nothing_and_says_so(cast: Cast):
    set_aside()
    answer = signed_in(cast.ada).post(f"{URL}deletion/", follow=True)

    assert [str(message) for message in answer.context["messages"]] == [
        "Nothing was chosen that is still here."
    ]
    assert Intake.objects.count() == 1


def test_the_pages_of_mail_tell_an_admin_how_many_were_set_aside(cast: Cast):
    set_aside()
    seen = {
        user.name: [
            tab["label"] for tab in signed_in(user).get("/mails/unmatched/").context["tabs"]
        ]
        for user in (cast.ada, cast.ines)
    }

    assert seen == {
        "Ada": ["Unmatched", "Unverified", "Set aside"],
        "Ines": ["Unmatched", "Unverified"],
    }
