"""What of a mail is somebody's own, whichever program they write with."""

from __future__ import annotations

import pytest

from outreach.mail.parsing.replying import reply_of

OWN = "Yes, it is.\n\nShall we say ten?"
OLD = "Hello Mara,\n\nis June still right?\n\nInes"
QUOTED = "> Hello Mara,\n>\n> is June still right?"
# What programs write above the mail that is answered, which they mark line by line.
ABOVE_A_QUOTE = [
    "Ines Ochoa <ines@example.com> writes:",
    ">>> On 5/6/2024 at 10:00 AM, in message <5EC1.1@gw>, Ines Ochoa\n<ines@example.com> wrote:",
    "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nOn Monday, May 6, 2024 10:00 AM, Ines <ines@example.com> wrote:",
    'On May 6, 2024 10:00 AM, "Ines Ochoa" <\nines@example.com> wrote:',
    '06.05.2024 10:00 пользователь "Ines Ochoa" <\nines@example.com> написал:',
    "6 мая 2024 г., в 10:00, Ines Ochoa <ines@example.com> написал(а):",
    "пн, 6 мая 2024 г. в 10:00, Ines Ochoa <ines@example.com>:",
    "06.05.2024 10:00, Ines Ochoa пишет:",
    "пн, 6 трав. 2024 р. о 10:00 Ines Ochoa <ines@example.com> пише:",
    "На пн, 6.05.2024 г. в 10:00 Ines Ochoa <ines@example.com> написа:",
    "Ines Ochoa <ines@example.com> 于2024年5月6日周一 10:00写道：",
    "2024年5月6日(月) 10:00 Ines Ochoa <ines@example.com>:",
    "2024년 5월 6일 (월) 오전 10:00, Ines Ochoa <ines@example.com>님이 작성:",
    "Ines Ochoa <ines@example.com>, 6 May 2024 Pzt, 10:00 tarihinde şunu yazdı:",
    "În lun., 6 mai 2024 la 10:00, Ines Ochoa <ines@example.com> a scris:",
    "po 6. 5. 2024 v 10:00 odesílatel Ines Ochoa <ines@example.com> napsal:",
    "po 6. 5. 2024 o 10:00 Ines Ochoa <ines@example.com> napísal(a):",
    "pon, 6. svi 2024. u 10:00 Ines Ochoa <ines@example.com> napisao je:",
    "Στις Δευ 6 Μαΐ 2024 στις 10:00 π.μ., ο/η Ines Ochoa <ines@example.com>\nέγραψε:",
    "בתאריך יום ב׳, 6 במאי 2024 ב-10:00 מאת Ines <\u202aines@example.com\u202c>:\u202c",
    "Pada tanggal Sen, 6 Mei 2024 pukul 10.00 Ines Ochoa <ines@example.com>\nmenulis:",
    "Zitat von Ines Ochoa <ines@example.com>:",
    "On Mon, 6 May 2024 10:00:00 -0800 (PST), Ines Ochoa wrote",
    "On Mon, May 6, 2024 10:00 am, Ines Ochoa said:",
    "Ines Ochoa wrote:",
    "2024/5/6 Ines Ochoa <ines@example.com>",
    "Ines Ochoa <ines@example.com> on 05/06/2024 12:39:56 PM",
    "* Ines Ochoa <ines@example.com> [2024-05-06 10:00]:",
]
# And what they write above one that they do not mark.
ABOVE = [
    "Ines <ines@example.com>\nSent by: Ines\n06/05/24 10:00\n\nTo\nMara Lind\ncc\n\nSubject\nOffer",
    "---- On Mon, 06 May 2024 10:00:00 +0200 Ines Ochoa <ines@example.com> wrote ----",
    ">>> Ines Ochoa <ines@example.com> 05/06/24 10:00 AM >>>",
    "**From:** Ines <ines@example.com>\n**Sent:** Monday, May 6, 2024\n**To:** Mara\n**Subject:** Offer",
    "От: Ines <ines@example.com>\nОтправлено: 6 мая 2024 г. 10:00\nКому: Mara\nТема: Offer",
    "Понедельник, 6 мая 2024, 10:00 +03:00 от Ines Ochoa <ines@example.com>:",
    "发件人: Ines <ines@example.com>\n发送时间: 2024年5月6日 10:00\n收件人: Mara\n主题: Offer",
    "差出人: Ines <ines@example.com>\n送信日時: 2024年5月6日 10:00\n宛先: Mara\n件名: Offer",
    "De: Ines <ines@example.com>\nEnviada em: segunda-feira, 6 de maio\nPara: Mara\nAssunto: Offer",
    "Kimden: Ines <ines@example.com>\nGönderildi: 6 Mayıs 2024 10:00\nKime: Mara\nKonu: Offer",
    "Feladó: Ines <ines@example.com>\nElküldve: 2024. május 6.\nCímzett: Mara\nTárgy: Offer",
    "Lähettäjä: Ines <ines@example.com>\nLähetetty: 6. toukokuuta\nVastaanottaja: Mara\nAihe: Offer",
    "-----Ursprüngliche Mitteilung-----\nVon: Ines <ines@example.com>\nVerschickt: Mo\nBetreff: Offer",
    "-------- Oryginalna wiadomość --------\nOd: Ines <ines@example.com>\nDo: Mara\nTemat: Offer",
    "Am Montag, 6. Mai 2024, 10:00:00 MESZ hat Ines <ines@example.com> Folgendes geschrieben:",
    "_____________________________\nFrom: Ines\nSent: 6 May 2024\nTo: Mara\nSubject: Offer",
    "Begin forwarded message:\n\nFrom: Ines\nDate: 6 May 2024\nTo: Mara",
]


@pytest.mark.parametrize("signature", ["", "\n\nBest regards\nMara Lind"])
@pytest.mark.parametrize("heading", ABOVE_A_QUOTE)
def test_of_a_marked_quote_nothing_is_left_whatever_stands_above_it(
    heading: str, signature: str
) -> None:
    assert reply_of(f"{OWN}{signature}\n\n{heading}\n{QUOTED}") == OWN
    assert reply_of(f"{OWN}{signature}\n{heading}\n\n{QUOTED}") == OWN


@pytest.mark.parametrize("signature", ["", "\n\nBest regards\nMara Lind"])
@pytest.mark.parametrize("heading", ABOVE)
def test_an_older_mail_without_marks_is_known_by_what_stands_above_it(
    heading: str, signature: str
) -> None:
    assert reply_of(f"{OWN}{signature}\n\n{heading}\n\n{OLD}") == OWN


def test_quotes_by_initials_are_quotes_where_a_heading_says_so() -> None:
    quote = "IO> Hello Mara,\nIO> is June still right?"

    assert reply_of(f"Monday, May 6, 2024, 10:00 AM, you wrote:\n\n{quote}\n\nYes.") == "Yes."
    assert reply_of("Run this:\n\nSQL> select 1;") == "Run this:\n\nSQL> select 1;"


@pytest.mark.parametrize(
    "heading",
    [
        "On Mon, May 6, 2024 at 10:00 AM Ines Ochoa <\nines@example.com> wrote:",
        "On Mon, May 6, 2024 at 10:00 AM Ines Ochoa <ines@example.com> wrote:",
        "Ines Ochoa <ines@example.com> wrote on 6 May 2024:",
        "pon., 6 maj 2024 o 10:00 Ines Ochoa <\nines@example.com> napisał(a):",
    ],
)
def test_the_line_right_above_a_heading_is_their_own(heading: str) -> None:
    assert reply_of(f"Dear Ines,\n\nfine with me.\n{heading}\n\n{QUOTED}") == (
        "Dear Ines,\n\nfine with me."
    )


def test_answers_below_a_signature_and_between_quotes_are_kept() -> None:
    text = (
        "Hello\n\nBest regards\nMara Lind\n\nOn 6 May 2024 at 10:00, Ines <ines@example.com> wrote:\n"
        "> Tuesday?\n\nYes, at ten.\n\n> And the price?\n\nFine.\n\nBest regards\nMara"
    )

    assert reply_of(text) == "Hello\n\nYes, at ten.\n\nFine."


@pytest.mark.parametrize(
    "text",
    [
        "Thanks.\n\nOn Monday we wrote to Jan at 10:00 about this:\n\nthe price.\n\nMara",
        "Two lists:\n\n--\n" + "\n".join(f"item {number}" for number in range(60)),
        "We asked Jan <jan@example.com>:\nis it June?",
    ],
)
def test_what_only_looks_like_a_quote_or_a_signature_stays(text: str) -> None:
    assert reply_of(text) == text


def test_the_line_above_which_a_ticket_system_is_answered_is_nobodys_words() -> None:
    assert reply_of("##- Please type your reply above this line -##\n\nYes.") == "Yes."
