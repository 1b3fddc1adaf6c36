"""What somebody wrote themselves: a mail's text without quotes and signature.

`mail-parser-reply` finds where an older mail begins; the headings that it does not know are below.
It is shown few and short lines, for its patterns take quadratic time in a line. What was written
between quoted lines is kept: that is where many answer.
"""

from __future__ import annotations

import re

from mailparser_reply.parser import EmailReplyParser

LONGEST = 32_000  # characters that are looked at: answers stand at the top
LONGEST_LINE = 200
MOST_QUOTED = 5  # mails that are marked as quoted, one after the other
LANGUAGES = ["en", "de", "fr", "es", "nl", "pl", "it", "cs", "da", "sv"]

RULE = re.compile(r"[_-]{32,}")
WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|a écrit|escribió|schreef|napisał(?:a|\(a\))?|pisze|ha scritto|"
    r"skrev|escreveu|napsal(?:a|\(a\))?|rakstīja|rašė|kirjutas|kirjoitti|написал|írta)\b",
    re.IGNORECASE,
)
OPENING = re.compile(r"(?:On|Am|Le|El|Op|Il|Em|Den|Dnia|W dniu|Dne|\d{1,4}[./-]) ?\b")
DATED = re.compile(r"\d{1,2}[:.]\d{2}|\b(?:19|20)\d\d\b|@")
SEPARATOR = re.compile(
    r"-{2,} ?(?:Original Message|Original-Nachricht|Ursprüngliche Nachricht|Message d.origine|"
    r"Message original|Mensaje original|Oorspronkelijk bericht|Wiadomość oryginalna|"
    r"Messaggio originale|Mensagem original|Původní zpráva|Oprindelig meddelelse|"
    r"Ursprungligt meddelande|Sākotnējais ziņojums|Forwarded [Mm]essage|"
    r"Weitergeleitete Nachricht|Message transféré|Mensaje reenviado|Doorgestuurd bericht) ?-{2,}",
    re.IGNORECASE,
)
FROM = re.compile(r"\*?(?:From|Von|De|Da|Van|Od|Från|Fra|No|От)\*? ?:\*? ", re.IGNORECASE)
LABEL = re.compile(
    r"\*?(?:Sent|Date|To|Cc|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado(?: el)?|"
    r"Fecha|Para|Asunto|Verzonden|Aan|Onderwerp|Wysłano|Data|Do|DW|Temat|Inviato|A|Oggetto|"
    r"Odesláno|Komu|Předmět|Skickat|Till|Ämne|Sendt|Til|Emne|Nosūtīts|Kam|Temats|Tēma|Copie)"
    r"\*? ?:",
    re.IGNORECASE,
)
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


def reply_of(text: str) -> str:
    """Return what is new in a mail's text; all of it where nothing would be left."""
    lines = _even(text)
    own = _without_quotes(lines)
    return _joined(_without_signature(own)) or _joined(own) or _joined(lines)


def _even(text: str) -> list[str]:
    """Return the lines as a person reads them, the first with something in it."""
    whole = re.sub(r"\n{3,}", "\n\n", "\n".join(map(str.strip, text[:LONGEST].split("\n"))))
    return whole.strip().split("\n")


def _joined(lines: list[str]) -> str:
    while lines and (not lines[-1] or RULE.fullmatch(lines[-1])):
        lines = lines[:-1]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _without_quotes(lines: list[str]) -> list[str]:
    """Return the lines before an older mail, and those between its lines where it is marked."""
    own: list[str] = []
    for _ in range(MOST_QUOTED):
        at, after = _older_mail(lines)
        own += [line for line in lines[:at] if not line.startswith(">")]
        lines = lines[after:]
        if not next(filter(None, lines), "").startswith(">"):
            return own
        lines = _even("\n".join(line for line in lines if not line.startswith(">")))
        own.append("")
    return own


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
    if not first or first.startswith(">"):
        return 0
    if SEPARATOR.match(first):
        return 1
    if FROM.match(first):
        labels = [bool(LABEL.match(line[:40])) for line in lines[at + 1 : at + 8]]
        return 1 + len(labels) - labels[::-1].index(True) if sum(labels) >= 2 else 0
    return _wrote(lines, at)


def _wrote(lines: list[str], at: int) -> int:
    """Return how many lines "On Monday, Mara Lind wrote:" takes, which is often wrapped."""
    for length in (1, 2, 3):
        block = lines[at : at + length]
        if len(block) < length or not block[-1] or block[-1].startswith(">"):
            return 0
        if block[-1].endswith(":"):
            said = " ".join(line[:LONGEST_LINE] for line in block)
            is_dated = WROTE.search(said) and DATED.search(said)
            below = next(filter(None, lines[at + length :]), "")
            is_one = is_dated and ("@" in said or OPENING.match(said) or below.startswith(">"))
            begins_later = length > 1 and _wrote(lines, at + 1)
            return length if is_one and not begins_later else 0
    return 0


def _without_signature(lines: list[str]) -> list[str]:
    lines = [line for line in lines if not (len(line) < 100 and SENT_FROM.match(line))]
    if "--" in lines[1:]:
        return lines[: lines.index("--", 1)]
    for number, line in enumerate(lines):
        if number and len(line) < 60 and CLOSING.fullmatch(line):
            after = [rest for rest in lines[number + 1 :] if rest]
            if len(after) <= LONGEST_SIGNATURE and not any(map(LATER_WORD.search, after)):
                return lines[:number]
    return lines
