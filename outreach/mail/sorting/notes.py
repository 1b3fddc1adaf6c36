"""Automatic notes that no header gives away: known by their subject, or by their words.

Programs title their notes in a way that people do not, and people answer them: behind “Re:” a
person writes. Words alone decide only in a short mail that quotes nothing, and by two signs.
"""

from __future__ import annotations

import re
from datetime import date
from email.utils import parsedate_to_datetime

from outreach.mail.parsing.parsed import Verdict
from outreach.mail.parsing.structure import Structure
from outreach.mail.sorting import bounces
from outreach.mail.sorting.looking import Look
from outreach.mail.sorting.returning import last_day_away
from outreach.mail.sorting.words import LONGEST_HTML, flat, fold, words

SHORT = 400  # letters of a note in which a day can only be that of a return
LONGEST_NOTE = 1_500  # letters of a note that no header gives away
ENOUGH, ENOUGH_BEHIND_RE = 2, 3  # signs beside the words of an absence
AMERICAN_ZONE = re.compile(r"-0[4-9]00|\b[ECMP][SD]T\b")
# A person's footer may name a newsletter; a newsletter names more than one way, or links a lot.
SIGNS_OF_NEWS, LINKS_OF_NEWS = 2, 4
TITLE = re.compile(r"[^:：]{2,40}[:：]")
AUTO = re.compile(r"(?:\[[^\]]{1,40}\]\s*)?auto:")
LINK = re.compile(r"<(?:a|img)\s", re.IGNORECASE)


def by_list(look: Look) -> Verdict | None:
    """Return the verdict on what a list's own program writes: held, confirm, digest."""
    if look.titled("list_programs"):
        return Verdict("auto_reply", f"The subject is that of a list’s program: “{look.shown}”.")
    is_digest = look.is_discussion and look.names_in_subject("digests")
    if is_digest and not look.is_titled_as_answer and not look.titled("away", "automatic"):
        return Verdict("bulk", f"The subject is that of a list’s digest: “{look.shown}”.")
    return None


def by_appended(look: Look) -> Verdict | None:
    """Return the verdict by what programs put behind the subject that they answer."""
    is_answer = look.is_titled_as_answer and not look.quotes_ours
    if is_answer and look.names_in_subject("appended") and _says_appended(look):
        return Verdict("auto_reply", f"The subject says that it is automatic: “{look.shown}”.")
    return None


def _says_appended(look: Look) -> bool:
    """Tell whether the words agree with what stands behind the subject."""
    return any(words("body", name).search(look.note) for name in ("away", "automatic", "challenge"))


def by_subject(look: Look) -> Verdict | None:
    """Return the verdict by the words that programs put in front of a subject."""
    absent = words("body", "away").search(look.note)
    is_marked = _says_auto(look) and look.titled("weakly_away")
    is_to_list = look.is_discussion and not (is_marked or _answers_list(look, bool(absent)))
    if look.is_titled_as_answer or is_to_list:
        return None
    beside = words("body", "beside").search(look.note) or is_marked
    is_weak = look.titled("weakly_away") and absent and (beside or look.answers)
    if look.titled("away") or is_weak or (look.titled("weakly_away") and says_nothing_else(look)):
        return Verdict("out_of_office", f"The subject tells of an absence: “{look.shown}”.")
    is_registered = look.titled("registered") and not look.is_personal
    is_weakly = look.titled("weakly_automatic") and look.answers
    if look.titled("automatic") or is_registered or is_weakly:
        return Verdict("auto_reply", f"The subject says that it is automatic: “{look.shown}”.")
    if look.titled("acknowledging") and words("body", "automatic").search(look.note):
        return Verdict("auto_reply", f"Subject and words say that it is automatic: “{look.shown}”.")
    if look.titled("receipts") and _tells_reading(look):
        why = f"The subject tells of a receipt: “{look.shown}”."
        return Verdict("receipt", why, about=bounces.ids(look.structure))
    return None


def _answers_list(look: Look, tells_absence: bool) -> bool:
    """Tell whether a program answered what came over a list: by title, and as no person does."""
    is_by_program = look.answers and not look.quotes_ours and TITLE.match(look.subject)
    return bool((tells_absence or is_by_program) and look.titled("away", "automatic"))


def _says_auto(look: Look) -> bool:
    """Tell whether Notes put its mark before a subject, which is away where it is looked at."""
    return bool(AUTO.match(fold(look.structure.header("subject"))))


def _tells_reading(look: Look) -> bool:
    return len(look.note) < LONGEST_NOTE and bool(words("body", "reading").search(look.note))


def by_words(look: Look) -> Verdict | None:
    """Return the verdict by the words alone."""
    if not 0 < len(look.note) <= LONGEST_NOTE or look.is_discussion or look.is_by_hand:
        return None
    if said := _says_of_itself(look):
        return Verdict("auto_reply", f"It says that it is automatic: “{said[:60]}”.")
    away = None if _is_told(look) else words("body", "away").search(look.note)
    machine = words("body", "automatic").search(look.note) or _asks_for_silence(look)
    if machine and (away or not (look.is_titled_as_answer or look.is_personal)):
        return Verdict("auto_reply", f"Its words say that it is automatic: “{machine[0][:60]}”.")
    signs = {match[0] for match in words("body", "beside").finditer(look.note)}
    enough = ENOUGH_BEHIND_RE if look.is_titled_as_answer or look.is_personal else ENOUGH
    if away and (len(signs) >= enough or (signs and says_nothing_else(look))):
        return Verdict("out_of_office", f"Its words are those of an absence: “{away[0][:60]}”.")
    return None


def _is_told(look: Look) -> bool:
    """Tell whether somebody speaks of an absence: they ask something, or answer nothing by hand."""
    is_first = not look.answers and not look.is_titled_as_answer
    return "?" in look.note or (is_first and look.is_personal)


def _says_of_itself(look: Look) -> str:
    """Return what only machines say of themselves, so that “Re:” makes no difference; else ""."""
    if look.quotes_ours or look.is_personal:
        return ""
    if found := words("body", "challenge").search(look.note):
        return found[0]
    if look.answers and look.is_titled_as_answer:
        return ""
    own = (words("body", "of_itself").match(sentence) for sentence in look.sentences)
    return next((found[0] for found in own if found), "")


def says_nothing_else(look: Look) -> bool:
    """Tell whether every sentence is about an absence, and nothing shows a person's program."""
    if look.is_personal or look.quotes_ours or not 0 < len(look.note) < SHORT:
        return False
    return "?" not in look.note and all(_is_of_note(one) for one in look.sentences)


def _is_of_note(sentence: str) -> bool:
    lists = ("away", "absent", "beside", "automatic", "courtesy")
    if words("body", "contrast").search(sentence):
        return False
    return any(words("body", name).search(sentence) for name in lists)


def _asks_for_silence(look: Look) -> re.Match[str] | None:
    """Return how a mail asks for no answer; small print asks those for it who were not meant."""
    if words("body", "disclaimer").search(look.note):
        return None
    return words("body", "silent").search(look.note)


def newsletter(look: Look) -> Verdict | None:
    """Return the verdict on a page with a link by which to be left out, that answers nothing."""
    if look.answers or look.is_titled_as_answer or look.is_discussion or look.is_personal:
        return None
    pages = look.structure.of_type("text/html")
    said = flat(look.folded) if pages else look.note
    signs = {match[0] for match in words("body", "bulk").finditer(said)}
    links = sum(len(LINK.findall(page.text[:LONGEST_HTML])) for page in pages)
    if not signs or (len(signs) < SIGNS_OF_NEWS and links < LINKS_OF_NEWS):
        return None
    return Verdict("bulk", f"Its words are those of a newsletter: “{min(signs)[:60]}”.")


def with_absence(verdict: Verdict, look: Look, today: date | None) -> Verdict:
    """Make an automatic answer that tells of an absence an out-of-office note, with its last day."""
    if verdict.name not in ("auto_reply", "out_of_office"):
        return verdict
    written_on = _written_on(look.structure) or today
    is_american = bool(AMERICAN_ZONE.search(look.structure.header("date")))
    subject = look.structure.header("subject")
    until = written_on and last_day_away(subject, look.text, written_on, is_american=is_american)
    is_dated = until is not None and len(look.note) < SHORT
    if verdict.name == "auto_reply" and not is_dated and not tells_absence(look):
        return verdict
    return Verdict("out_of_office", verdict.why, until=until, about=verdict.about)


def tells_absence(look: Look) -> bool:
    """Tell of a mail that a machine certainly wrote whether it is about an absence."""
    if look.titled("away", "weakly_away"):
        return True
    note = look.note[:LONGEST_NOTE]
    return bool(words("body", "absent").search(note) or words("body", "away").search(note))


def _written_on(structure: Structure) -> date | None:
    try:
        return parsedate_to_datetime(structure.header("date")).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
