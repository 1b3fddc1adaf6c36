"""What somebody wrote themselves: a mail's text without quotes and signature.

`mail-parser-reply` finds where an older mail begins; the headings that it does not know are below.
It is shown few and short lines, for its patterns take quadratic time in a line. What was written
between quoted lines is kept: that is where many answer.
"""

from __future__ import annotations

import re

from mailparser_reply.parser import EmailReplyParser

from outreach.mail.parsing.decoding import UNSEEN

LONGEST = 32_000  # characters that are looked at: answers stand at the top
LONGEST_LINE = 200
MOST_QUOTED = 5  # mails that are marked as quoted, one after the other
LANGUAGES = ["en", "de", "fr", "es", "nl", "pl", "it", "cs", "da", "sv"]

RULE = re.compile(r"[_-]{32,}")
ABOVE = re.compile(r"##-[^\n]*-##\n*")  # Zendesk asks to be answered above this line
QUOTED = "\ufffc"  # stands for a quoted line, so that the library does not end there
LINE = re.compile(r"[_-]{5,}|[-_*=]{20,}")  # drawn above what was cut off
WROTE = re.compile(
    r"\b(?:wrote|writes|said|schrieb|geschrieben|a écrit|escribió|schreef|napisał(?:a|\(a\))?|pisze|"
    r"ha scritto|skrev|escreveu|nap[ií]?sal(?:a|\(a\))?|napisa(?:o|la) je|rakstīja|rašė|kirjutas|"
    r"kirjoitti|написала?|написал\(а\)|написав|пишет|пише|írta|a scris|yazdı|έγραψε|viết|menulis)\b|"
    r"написал\(а\)|написав?а?(?=:)|写道|님이 작성|כתב|كتب",
    re.IGNORECASE,
)
OPENING = re.compile(r"(?:On|Am|Le|El|Op|Il|Em|În|Den|Dnia|W dniu|Dne|\d{1,4}[./-]) ?\b")
DATED = re.compile(r"\d{1,2}[:.]\d{2}|\b(?:19|20)\d\d\b|@")
# "6 May 2024 10:00 Ines <ines@example.com>:", where no word says that she wrote.
SIGNED = re.compile(r"<[^<>\s]+@[^<>\s]+>[ )]?[:：]$")
NOTED = re.compile(r"<\S+@\S+> on .*\d{2}:\d{2}(?: [AP]M)?$")  # as older Notes says it
TIMED = re.compile(r"(?=.*(?:19|20)\d\d).*\d{1,2}[:.]\d{2}")
DAY = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d\d")
CONTINUED = re.compile(r"<?\S+@\S+>")  # the address that a line before it begins
DASH = "[-_‐–—]"
SEPARATOR = re.compile(
    rf"{DASH}{{2,}} ?(?:Original[- ]?Message|Original-?Nachricht|Ursprüngliche (?:Nachricht|Mitteilung)|"
    r"Message d.origine|Message original|Mensaje original|Oorspronkelijk bericht|"
    r"Wiadomość oryginalna|Oryginalna wiadomość|Messaggio originale|Mensagem original|"
    r"Původní (?:zpráva|e-mail)|Pôvodná správa|Oprindelig (?:meddelelse|besked)|Opprinnelig melding|"
    r"Ursprungligt meddelande|Alkuperäinen viesti|Sākotnējais ziņojums|Eredeti üzenet|"
    r"Orijinal mesaj|Mesaj original|Исходное сообщение|原始邮件|元のメッセージ|원본 메(?:일|시지)|"
    r"Forwarded message|Weitergeleitete Nachricht|Message transféré|Mensaje reenviado|"
    rf"Doorgestuurd bericht|Пересылаемое сообщение|On .{{6,160}} wrote) ?{DASH}{{2,}}|"
    r"(?:Begin forwarded message|Anfang der weitergeleiteten Nachricht|Début du message réexpédié|"
    r"Inicio del mensaje reenviado|Inizio messaggio inoltrato|Begin doorgestuurd bericht) ?:$|"
    r">>> .{3,160}(?:@|\d:\d\d).{0,80} >>>$",  # GroupWise
    re.IGNORECASE,
)
FROM = re.compile(
    r"\*{0,2}(?:From|Von|De|Da|Van|Od|Från|Fra|No|От|Від|Lähettäjä|Nuo|Saatja|Kimden|Feladó|"
    r"发件人|寄件者|差出人|보낸 사람)\*{0,2} ?[:：]\*{0,2} ?(?=\S)",
    re.IGNORECASE,
)
LABEL = re.compile(
    r"\*{0,2}(?:Sent|Date|To|Cc|Subject|Gesendet|Verschickt|Datum|An|Betreff|Envoyé|À|Objet|"
    r"Enviado(?: el)?|Enviada em|Fecha|Para|Asunto|Assunto|Verzonden|Aan|Onderwerp|Wysłano|Data|"
    r"Do|DW|Temat|Inviato|A|Oggetto|Odesláno|Komu|Předmět|Skickat|Till|Ämne|Sendt|Til|Emne|"
    r"Lähetetty|Vastaanottaja|Aihe|Nosūtīts|Kam|Temats|Tēma|Išsiųsta|Saadetud|Copie|"
    r"Отправлено|Дата|Кому|Тема|Gönderildi|Kime|Konu|Elküldve|Címzett|Tárgy|"
    r"发送时间|收件人|主题|抄送|送信日時|宛先|件名|보낸 날짜|받는 사람|제목)\*{0,2} ?[:：]",
    re.IGNORECASE,
)
# Notes sets its labels on lines of their own: first to whom, then about what.
NOTES_TO = frozenset({"to", "an", "pour", "para", "a", "aan", "do", "kam"})
NOTES_ABOUT = frozenset({"subject", "thema", "objet", "asunto", "oggetto", "onderwerp", "temat"})
LONGEST_NOTES = 16  # lines of such a heading
# The Bat and its like put the writer's initials before what they quote.
INITIALS = re.compile(r":[ \t]*+\n\s*+([A-Z]{1,4})>(?= |$)", re.MULTILINE)
SENT_FROM = re.compile(
    r"(?:Sent from (?:my|Outlook|Mail|Yahoo|Samsung|AOL|Proton)|Get Outlook for|"
    r"Von meinem .{1,40} gesendet|Gesendet (?:von|mit)|Diese Nachricht wurde von meinem|"
    r"Envoyé (?:de|depuis) mon|Envoyé à partir|Enviado desde|Obtener Outlook|Verzonden vanaf|"
    r"Verstuurd vanaf|Wysłan[eo] z|Inviato da|Scarica Outlook|Odesláno z|Skickat från|"
    r"Sendt fra|Hent Outlook|Nosūtīts no|Sūtīts no|Télécharge[rz] Outlook)",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r"(?:(?:with |my )?(?:best|kind|kindest|warm|warmest)(?: wishes| regards)|regards|"
    r"(?:yours )?(?:sincerely|faithfully|truly)|all the best|cheers|best|"
    r"(?:mit )?(?:freundliche[nr]?|besten?|viele[n]?|liebe[n]?|herzliche[n]?|schöne[n]?) "
    r"(?:grü(?:ß|ss)en?|gru(?:ß|ss))|gr(?:u|ü)(?:ß|ss)e?|mfg|"
    r"(?:bien )?cordialement|bien à vous|(?:sincères |cordiales )?salutations|"
    r"(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|cordialmente|"
    r"(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|groet(?:en|jes)?|mvg|"
    r"(?:serdecznie )?pozdrawiam|z poważaniem|pozdrowienia|(?:cordiali|distinti) saluti|"
    r"s pozdravem|(?:med )?venlig hilsen|hilsen|mvh|"
    r"(?:med )?(?:vänliga |bästa )?hälsningar|ar cieņu|atenciosamente)[ ,.!]*",
    re.IGNORECASE,
)
LATER_WORD = re.compile(r"\?|^P\.? ?S\b", re.IGNORECASE)  # after a closing: not a signature
LONGEST_SIGNATURE = 15  # lines
LONGEST_BELOW_DASHES = 40  # lines; with the small print, and what a list puts below


def reply_of(text: str) -> str:
    """Return what is new in a mail's text; all of it where nothing would be left."""
    lines = _even(_with_plain_marks(text[:LONGEST]))
    own = _without_quotes(lines)
    unsigned = [_without_signature(each) for each in own]
    return _together(unsigned) or _together(own) or _joined(lines)


def _together(stretches: list[list[str]]) -> str:
    return "\n\n".join(filter(None, map(_joined, stretches)))


def _with_plain_marks(text: str) -> str:
    """Return a text that quotes by ">" where it quotes by "IO>", the initials of a writer."""
    found = INITIALS.search(text)
    if not found or not WROTE.search(text[: found.start() + 1].rsplit("\n", 1)[-1]):
        return text
    return re.sub(rf"^[ \t]*{found[1]}>", ">", text, flags=re.MULTILINE)


def _even(text: str) -> list[str]:
    """Return the lines as a person reads them, the first with something in it."""
    whole = re.sub(r"\n{3,}", "\n\n", "\n".join(map(str.strip, text[:LONGEST].split("\n"))))
    return ABOVE.sub("", whole.strip()).split("\n")


def _joined(lines: list[str]) -> str:
    while lines and (not lines[-1] or LINE.fullmatch(lines[-1])):
        lines = lines[:-1]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _without_quotes(lines: list[str]) -> list[list[str]]:
    """Return the lines before an older mail, and each stretch between its lines if it is marked."""
    own: list[list[str]] = []
    for _ in range(MOST_QUOTED):
        at, after = _older_mail(lines)
        own += _stretches(lines[:at])
        lines = lines[after:]
        if not _is_quoted(next(filter(None, lines), "")):
            break
        lines = _even("\n".join(QUOTED if _is_quoted(line) else line for line in lines))
    return own


def _is_quoted(line: str) -> bool:
    return line.startswith((">", QUOTED))


def _stretches(lines: list[str]) -> list[list[str]]:
    """Return the lines that are not quoted, those that stand together in one list."""
    found: list[list[str]] = [[]]
    for line in lines:
        if not _is_quoted(line):
            found[-1].append(line)
        else:
            found.append([""])  # so that a signature may begin a stretch, and not the mail
    return found


def _older_mail(lines: list[str]) -> tuple[int, int]:
    """Return the line where the heading of an older mail begins, and the one after the heading."""
    at = _known_to_the_library(lines)
    for number in range(min(at, len(lines))):
        if length := _heading(lines, number):
            return number, number + length
    return at, at + max(1, _heading(lines, at))


def _known_to_the_library(lines: list[str]) -> int:
    """Return the line where mail-parser-reply sees an older mail begin, or how many there are."""
    short = "\n".join(RULE.sub("-----", line[:LONGEST_LINE]) for line in lines)
    first = EmailReplyParser(languages=[*LANGUAGES]).read(short).replies[0]
    if first.headers:
        return 0
    before = str(first.content).count("\n") + 1
    while before < len(lines) and not lines[before]:
        before += 1
    return before


def _heading(lines: list[str], at: int) -> int:
    """Return how many lines the heading of an older mail has that begins here, 0 for none."""
    first = lines[at][:LONGEST_LINE] if at < len(lines) else ""
    if SEPARATOR.match(first):
        return 1
    if not first or first.startswith(">"):
        return 0
    if FROM.match(first):
        labels = [bool(LABEL.match(line[:40])) for line in lines[at + 1 : at + 8]]
        return 1 + len(labels) - labels[::-1].index(True) if sum(labels) >= 2 else 0
    return _wrote(lines, at) or _by_notes(lines, at)


def _by_notes(lines: list[str], at: int) -> int:
    """Return how many lines a heading of Notes takes: a person, a date, and labels by themselves."""
    below = [line.lower() for line in lines[at + 1 : at + LONGEST_NOTES]]
    to = next((number for number, line in enumerate(below) if line in NOTES_TO), None)
    if "@" not in lines[at] or to is None or not any(map(DATED.search, below[:to])):
        return 0
    about = (number for number, line in enumerate(below) if number > to and line in NOTES_ABOUT)
    return next((number + 3 for number in about), 0)  # and the line after the label


def _wrote(lines: list[str], at: int) -> int:
    """Return how many lines "On Monday, Mara Lind wrote:" takes, which is often wrapped."""
    for length in (1, 2, 3):
        block = [UNSEEN.sub("", line[:LONGEST_LINE]) for line in lines[at : at + length]]
        if len(block) < length or not block[-1] or block[-1].startswith(">"):
            return 0
        is_quoting = next(filter(None, lines[at + length :]), "").startswith(">")
        if _says_who_wrote(" ".join(block), is_quoting=is_quoting):
            return 0 if _begins_later(block, is_quoting=is_quoting) else length
    return 0


def _says_who_wrote(said: str, *, is_quoting: bool) -> bool:
    """Tell whether some words introduce an older mail; a quote below them makes it surer."""
    if not said.endswith((":", "：")):
        is_signed = said[0].isdigit() and SIGNED.search(f"{said}:")
        is_open = OPENING.match(said) and DATED.search(said) and WROTE.search(said[-12:])
        return is_quoting and bool(is_signed or is_open or NOTED.search(said))
    if WROTE.search(said) and (is_quoting or DATED.search(said)):
        return bool("@" in said or is_quoting or (OPENING.match(said) and DAY.search(said)))
    is_timed = bool(TIMED.match(said))
    return bool(SIGNED.search(said) and (is_quoting or is_timed)) or (
        is_quoting and is_timed and "@" in said
    )


def _begins_later(block: list[str], *, is_quoting: bool) -> bool:
    """Tell whether a heading of several lines begins below the first, which is somebody's own."""
    if _opens(block[0]):
        return any(map(_opens, block[1:]))
    return any(
        _opens(line) or (not CONTINUED.match(line) and _says_who_wrote(line, is_quoting=is_quoting))
        for line in block[1:]
    )


def _opens(line: str) -> bool:
    """Tell whether the heading of an older mail begins with a line, if it is one."""
    if OPENING.match(line) and DATED.search(line):
        return True
    return bool(TIMED.match(line)) and not WROTE.search(line)


def _without_signature(lines: list[str]) -> list[str]:
    lines = [line for line in lines if not (len(line) < 100 and SENT_FROM.match(line))]
    if "--" in lines[1:] and len(lines) - lines.index("--", 1) <= LONGEST_BELOW_DASHES:
        return lines[: lines.index("--", 1)]
    for number, line in enumerate(lines):
        if number and len(line) < 60 and CLOSING.fullmatch(line):
            after = [rest for rest in lines[number + 1 :] if rest]
            if len(after) <= LONGEST_SIGNATURE and not any(map(LATER_WORD.search, after)):
                return lines[:number]
    return lines
