"""Words by which mail is known where its headers say nothing, and what is sought in them.

The patterns are data (`outreach/data/mail_words.toml`), so that a language is added without code.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

from outreach.mail.parsing import cleaning
from outreach.mail.parsing.structure import Piece, Structure

PATH = Path(__file__).parent.parent.parent / "data" / "mail_words.toml"
LONGEST_TEXT = 20_000  # letters that are looked at: notes and refusals say it at the beginning
LONGEST_HTML = 100_000
# Letters that Unicode does not take apart into a plain one and an accent, and typists' quotes.
PLAIN = str.maketrans({
    "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "’": "'", "‘": "'", "ʼ": "'",
    "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-",
    "—": "-", "−": "-", "\u200b": None, "\ufeff": None, "\u00ad": None,
})  # fmt: skip
# Where a person's own words end: what follows is quoted. On folded lines.
QUOTE = re.compile(
    r"^(?:>|-{2,} ?(?:original|urspr|message d|mensaje|oorspronk|wiadomosc|forwarded|weitergel)"
    r"|_{10,}|(?:from|von|de|van|od|no|fra|fran): .+|begin forwarded"
    r"|(?:on|am|le|el|op|w dniu|den|em|il|dnia|pirmd|otrd|tresd|ceturtd|piektd|sestd|svetd)\b"
    r".{6,160}(?:wrote|schrieb\w*|a ecrit|escribio|schreef.*|napisal\w*|skrev.*|rakstija|escreveu"
    r"|ha scritto)\b ?.{0,80}:?$)"
)


def _tables(path: Path) -> dict[str, dict[str, list[str]]]:
    """Return a file of words; a pattern that stands alone counts as a list of one."""
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        table: {name: [found] if isinstance(found, str) else found for name, found in lists.items()}
        for table, lists in said.items()
    }


TABLES = _tables(PATH)  # at once: the process that reads mail opens no file later


@cache
def words(table: str, name: str) -> re.Pattern[str]:
    """Return one list of patterns as one, for folded text."""
    return re.compile("|".join(f"(?:{_bare(pattern)})" for pattern in TABLES[table][name]))


def fold(text: str) -> str:
    """Return a text as patterns see it: lower case, no accents, plain quotes, lines kept."""
    bare = _bare(text.casefold().translate(PLAIN))
    lines = (" ".join(line.split()) for line in bare.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _bare(text: str) -> str:
    """Return a text without accents, and its signs in their plainest form."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def text_of(structure: Structure) -> str:
    """Return what a mail itself says, as plain text; what it carries as a file is left out."""
    pieces = [piece for piece in structure.of_type("text/plain") if not _is_file(piece)]
    said = "\n".join(piece.text for piece in pieces)[:LONGEST_TEXT]
    if said.strip():
        return said
    return "\n".join(
        cleaning.text(piece.text[:LONGEST_HTML])
        for piece in structure.of_type("text/html")
        if not _is_file(piece)
    )[:LONGEST_TEXT]


def _is_file(piece: Piece) -> bool:
    return piece.disposition == "attachment" and bool(piece.name)


def own_words(folded: str) -> str:
    """Return what stands above the first quote of a folded text."""
    lines = folded.split("\n")
    end = next((at for at, line in enumerate(lines) if QUOTE.match(line)), len(lines))
    return "\n".join(lines[:end]).strip()


def flat(text: str) -> str:
    """Return a folded text on one line, so that phrases are found where a line was broken."""
    return text.replace("\n", " ")


def has_quote(folded: str) -> bool:
    """Tell whether a folded text quotes another mail."""
    return any(QUOTE.match(line) for line in folded.split("\n"))
