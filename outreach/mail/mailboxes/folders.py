"""Which of an account's folders are read: what came, and what was sent from any program.

Source: RFC 6154 (SPECIAL-USE); the names are those that mail programs and servers use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from imap_tools import FolderInfo

from outreach.models import MailFolder

Role = MailFolder.Role
NOT_TO_OPEN = {"\\noselect", "\\nonexistent"}
SENT = "\\sent"
SENT_NAMES = {
    # English
    "sent", "sent items", "sent mail", "sent messages", "sent-mail",
    # German, Dutch, Swedish, Norwegian, Danish, Finnish
    "gesendet", "gesendete elemente", "gesendete objekte", "gesendete nachrichten", "verzonden",
    "verzonden items", "verzonden berichten", "skickat", "skickade objekt", "sendt",
    "sendte elementer", "sendt post", "lähetetyt", "lähetetyt viestit",
    # French, Spanish, Portuguese, Italian, Romanian
    "envoyés", "éléments envoyés", "messages envoyés", "enviados", "elementos enviados",
    "mensajes enviados", "itens enviados", "mensagens enviadas", "inviata", "posta inviata",
    "messaggi inviati", "elemente trimise", "trimise",
    # Polish, Czech, Slovak, Hungarian, Croatian
    "wysłane", "elementy wysłane", "odeslaná pošta", "odeslané", "odoslaná pošta", "elküldött",
    "elküldött elemek", "poslano", "poslane stavke",
    # Latvian, Lithuanian, Estonian
    "nosūtītie", "nosūtītās", "nosūtītie vienumi", "nosūtītās vēstules", "išsiųsta",
    "išsiųsti laiškai", "saadetud", "saadetud kirjad", "saadetud üksused",
    # Russian, Ukrainian, Greek, Turkish, Japanese, Chinese, Korean
    "отправленные", "надіслані", "απεσταλμένα", "gönderilmiş öğeler", "gönderilenler",
    "送信済み", "送信済みアイテム", "已发送", "已发送邮件", "寄件備份", "보낸편지함",
}  # fmt: skip


def to_read(folders: Sequence[FolderInfo]) -> dict[str, Role]:
    """Return the names of the folders to read, what was sent first, and what each holds.

    What was sent is read first, so that a reply finds what it answers. A folder that the server
    itself marks as sent mail counts; only where there is none, the usual names do.
    """
    there = [folder for folder in folders if not _flags(folder) & NOT_TO_OPEN]
    inbox = {folder.name: Role.INBOX for folder in there if folder.name.upper() == "INBOX"}
    sent = dict.fromkeys(_marked(there) or _by_name(there), Role.SENT)
    return {name: role for name, role in sent.items() if name not in inbox} | inbox


def _marked(folders: Iterable[FolderInfo]) -> list[str]:
    return [folder.name for folder in folders if SENT in _flags(folder)]


def _by_name(folders: Iterable[FolderInfo]) -> list[str]:
    return [folder.name for folder in folders if _own_name(folder) in SENT_NAMES]


def _own_name(folder: FolderInfo) -> str:
    """Return the last part of a folder's name: "Sent" of "INBOX.Sent"."""
    parts = folder.name.split(folder.delim) if folder.delim not in {"", "NIL"} else [folder.name]
    return parts[-1].casefold()


def _flags(folder: FolderInfo) -> set[str]:
    return {flag.lower() for flag in folder.flags}
