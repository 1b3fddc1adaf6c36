"""What is understood of a mail: who, when, what is new in it, and one body told from another."""

from datetime import UTC, datetime

import pytest

from outreach.mail.parsing.parsed import ParsedMail, Party
from outreach.mail.parsing.reading import read
from outreach.mail.parsing.replying import LONGEST, reply_of

QUOTE = "\n> Hello Mara,\n> is June still right?\n"


@pytest.mark.parametrize(
    "heading",
    [
        "On Mon, May 6, 2024 at 10:00 AM Ines Ochoa <ines@example.com> wrote:",
        "On Mon, May 6, 2024 at 10:00 AM Ines Maria Ochoa Fernandez <\nines@example.com> wrote:",
        "On 6 May 2024, at 10:00, Ines Ochoa <ines@example.com> wrote:",
        "Am 06.05.2024 um 10:00 schrieb Ines Ochoa:",
        "Am Mo., 6. Mai 2024 um 10:00 Uhr schrieb Ines Ochoa <\nines@example.com>:",
        "Le lun. 6 mai 2024 à 10:00, Ines Ochoa <ines@example.com> a écrit :",
        "El lun, 6 may 2024 a las 10:00, Ines Ochoa (<ines@example.com>) escribió:",
        "Op ma 6 mei 2024 om 10:00 schreef Ines Ochoa <ines@example.com>:",
        "pon., 6 maj 2024 o 10:00 Ines Ochoa <ines@example.com> napisał(a):",
        "W dniu 6.05.2024 o 10:00, Ines Ochoa pisze:",
        "Il giorno lun 6 mag 2024 alle ore 10:00 Ines Ochoa <ines@example.com> ha scritto:",
        "pirmd., 2024. g. 6. maijs, plkst. 10:00 — lietotājs Ines (<ines@example.com>)\nrakstīja:",
        "Ines Ochoa <ines@example.com> wrote on 6 May 2024:",
        "",
    ],
)
def test_the_quoted_mail_and_its_heading_are_left_out(heading):
    assert reply_of(f"Yes, it is.\n\n{heading}\n{QUOTE}") == "Yes, it is."


@pytest.mark.parametrize(
    "heading",
    [
        "From: Ines <ines@example.com>\nSent: Monday, May 6, 2024 10:00 AM\nTo: Mara\nSubject: x",
        "________________________________\nFrom: Ines\nSent: Monday\nTo: Mara\nSubject: x",
        "Von: Ines <ines@example.com>\nGesendet: Montag, 6. Mai 2024 10:00\nAn: Mara\nBetreff: x",
        "De : Ines <ines@example.com>\nEnvoyé : lundi 6 mai 2024 10:00\nÀ : Mara\nObjet : x",
        "De: Ines <ines@example.com>\nEnviado: lunes\nPara: Mara\nAsunto: x",
        "Van: Ines <ines@example.com>\nVerzonden: maandag\nAan: Mara\nOnderwerp: x",
        "Od: Ines <ines@example.com>\nWysłano: poniedziałek\nDo: Mara\nTemat: x",
        "No: Ines <ines@example.com>\nNosūtīts: pirmdiena\nKam: Mara\nTēma: x",
        "-----Original Message-----\nFrom: Ines\nSent: Monday",
        "-----Ursprüngliche Nachricht-----\nVon: Ines",
        "-------- Message d'origine --------\nDe : Ines",
        "---------- Forwarded message ---------\nFrom: Ines",
    ],
)
def test_what_stands_below_the_heading_of_an_older_mail_is_left_out(heading):
    older = "Hello Mara,\n\nis June still right?\n\nInes"

    assert reply_of(f"Yes, it is.\n\n{heading}\n\n{older}") == "Yes, it is."


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nMara Lind\nNordhavn Shipping",
        "--\nMara",
        "Best regards,\nMara Lind\nNordhavn Shipping\n+45 1234",
        "Mit freundlichen Grüßen\n\nMara Lind",
        "Viele Grüße\nMara",
        "Cordialement,\nMara",
        "Saludos,\nMara",
        "Met vriendelijke groet,\nMara",
        "Pozdrawiam\nMara",
        "Ar cieņu,\nMara",
        "Sent from my iPhone",
        "Get Outlook for Android",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Best regards\nMara\n\nSent from my iPhone",
    ],
)
def test_signatures_are_left_out(signature):
    assert reply_of(f"Yes, it is.\n\n{signature}") == "Yes, it is."


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, we take the offer.\nPlease send the contract.",
        "We need:\n- two licences\n- one course",
        "Yes.\n\nBest regards\nMara\n\nPS: could you send the contract?",
        "As I wrote on 3 May 2024:\nwe need more time.",
        "On page 3 your colleague wrote in 2024: the price is 5.\nI agree with the rest.",
        "From: what I see, all is fine.\nTo: do list follows.",
        "Tak, zgadzam się.",
        "Best,\nMara",
        "> Hello Mara,\n> is June still right?",
        "",
    ],
)
def test_what_is_their_own_stays_and_nothing_is_left_empty(text):
    assert reply_of(text) == text


def test_answers_between_quoted_lines_are_kept():
    text = (
        "On 6 May 2024, Ines wrote:\n> Can you do Tuesday?\n\nYes, at ten.\n\n"
        "> And the price?\n\nFine with me.\n\n-- \nMara"
    )

    assert reply_of(text) == "Yes, at ten.\n\nFine with me."


def test_an_answer_below_the_quote_is_kept():
    assert reply_of(f"On 6 May 2024, Ines wrote:{QUOTE}\nYes, it is.") == "Yes, it is."


def test_of_a_very_long_text_the_beginning_is_looked_at():
    assert reply_of("Yes. " * 20_000) == ("Yes. " * 20_000)[:LONGEST].strip()


def mail(body: bytes = b"Yes.\n", *headers: bytes) -> ParsedMail:
    return read(b"".join(header + b"\n" for header in headers) + b"\n" + body)


def test_a_mail_is_laid_out():
    said = mail(
        b"Yes.\n",
        b"From: =?utf-8?q?J=C3=B6rg?= <J@Yard.example>",
        b"To: ines@example.com, Karl <karl@example.com>",
        b"Cc: ines@example.com",
        b"Reply-To: office@yard.example",
        b"Message-ID: <2@yard.example>",
        b"References: <0@example.com> <1@example.com>",
        b"In-Reply-To: <0@example.com>",
        b"Date: Mon, 6 May 2024 10:00:00 +0200",
        b"Subject: Re: Offer",
    )

    assert said.sender == Party("j@yard.example", "Jörg")
    assert [party.address for party in said.recipients] == ["ines@example.com", "karl@example.com"]
    assert said.reply_to == (Party("office@yard.example"),)
    assert said.message_id == "<2@yard.example>"
    assert said.references == ("<1@example.com>", "<0@example.com>")  # what it answers stands last
    assert said.written_at == datetime(2024, 5, 6, 8, tzinfo=UTC)
    assert (said.subject, said.text, said.reply) == ("Re: Offer", "Yes.", "Yes.")
    assert said.verdict.name == "reply"


def test_a_mail_without_anything_is_taken_in_with_what_there_is():
    said = mail(b"Hello")

    assert (said.message_id, said.written_at, said.senders, said.references, said.subject) == (
        "", None, (), (), "",
    )  # fmt: skip
    assert said.text == "Hello"


@pytest.mark.parametrize(
    "date",
    [
        b"yesterday",
        b"",
        b"Mon, 99 Foo 99999 99:99 +99999",
        b"31 Dec 9999 23:59 -1200",
        b"(" * 5_000,
    ],
)
def test_a_date_that_cannot_be_is_none(date):
    assert mail(b"Hello", b"Date: " + date).written_at is None


def test_a_message_id_without_its_brackets_is_given_them():
    assert mail(b"", b"Message-ID: 7@x.example").message_id == "<7@x.example>"
    assert mail(b"", b"Message-ID: <>").message_id == ""
    assert mail(b"", b"Message-ID: <" + b"x" * 600 + b">").message_id == ""


def test_who_is_no_author_stands_in_for_one():
    assert mail(b"", b"Sender: mara@x.example").sender == Party("mara@x.example")


def alternative(plain: str, page: str) -> ParsedMail:
    body = (
        f"--b\nContent-Type: text/plain; charset=utf-8\n\n{plain}\n--b\n"
        f"Content-Type: text/html; charset=utf-8\n\n{page}\n--b--\n"
    )
    return mail(body.encode(), b"Content-Type: multipart/alternative; boundary=b")


def test_of_two_versions_the_plain_one_is_the_text():
    said = alternative("Yes, *June*.", "<p>Yes, <b>June</b>.</p>")

    assert (said.text, said.html) == ("Yes, *June*.", "<p>Yes, <b>June</b>.</p>")


def test_a_plain_version_that_only_points_away_is_not_the_text():
    page = f"<p>Yes, June is right. {'We look forward to it. ' * 10}</p>"

    assert alternative("See the page.", page).text.startswith("Yes, June is right.")


def test_html_alone_gives_text_and_reply():
    page = (
        "<div>Yes, it is.</div><div class=gmail_quote>On Mon, 6 May 2024, Ines wrote:"
        "<blockquote>Hello Mara</blockquote></div>"
    )
    said = mail(page.encode(), b"Content-Type: text/html; charset=utf-8")

    assert said.reply == "Yes, it is."
    assert said.text == "Yes, it is.\nOn Mon, 6 May 2024, Ines wrote:\n\n> Hello Mara"


def test_calendars_are_handed_on_once_each():
    calendar = b"BEGIN:VCALENDAR\nEND:VCALENDAR"
    part = b"--b\nContent-Type: %s\n\n" + calendar + b"\n"
    body = part % b"text/calendar; method=REPLY" + part % b"application/ics; name=i.ics" + b"--b--"

    assert mail(body, b"Content-Type: multipart/mixed; boundary=b").calendars == (
        calendar.decode(),
    )


def test_the_same_words_in_another_wrapping_are_the_same_body():
    plain = mail("Grüße\nan alle.".encode(), b"Content-Type: text/plain; charset=utf-8")
    packed = mail(b"R3LDvMOfZSBhbg0KYWxsZS4=", b"Content-Transfer-Encoding: base64",
                  b"Content-Type: text/plain; charset=utf-8")  # fmt: skip
    other = mail("Grüße an viele.".encode(), b"Content-Type: text/plain; charset=utf-8")

    assert plain.body_digest == packed.body_digest
    assert plain.body_digest != other.body_digest


def test_a_crowd_of_recipients_is_cut_and_the_verdict_says_so():
    crowd = b", ".join(b"a%d@x.example" % number for number in range(150))
    said = mail(b"Hello", b"From: mara@x.example", b"To: " + crowd)

    assert len(said.recipients) == 100
    assert said.verdict.why.endswith(" Of its recipients the first 100 were read.")


def test_what_was_read_crosses_to_another_process_and_back():
    said = alternative("Yes.", "<p>Yes.</p>")

    assert ParsedMail.from_json(said.to_json()) == said


def test_lines_that_were_broken_for_the_way_flow_together():
    body = (
        b"We would like to \nstart in June.\n\n  indented\n>From here on.\n> Is June \n> right?\n"
        b">> Hello \n> Ines\n-- \nMara \nLind"
    )
    said = mail(body, b"Content-Type: text/plain; format=flowed")

    assert said.text == (
        "We would like to start in June.\n\n indented\n> From here on.\n> Is June right?\n"
        ">> Hello \n> Ines\n-- \nMara Lind"
    )
    assert said.reply == "We would like to start in June.\n\nindented"


def test_the_space_that_broke_a_word_is_dropped_where_the_mail_says_so():
    body = "日本 \n語".encode()
    kind = b"Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes"

    assert mail(body, kind).text == "日本語"


def test_the_name_of_a_file_reads_as_it_ends():
    name = 'Content-Type: application/octet-stream; name="plan\u202efdp.exe"'.encode()
    body = b"--b\n" + name + b"\n\nx\n--b--\n"
    [file] = mail(body, b"Content-Type: multipart/mixed; boundary=b").attachments

    assert file.name == "planfdp.exe"
