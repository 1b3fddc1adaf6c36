"""Links that open what calls, texts, chats or writes: `tel:`, `sms:`, `https:`, `mailto:`.

Only addresses of a few schemes become links, so that no address of a contact can run anything.
Source: RFC 3966 (tel), RFC 5724 (sms), RFC 6068 (mailto).
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from contacts.models import Channel

BY_NUMBER = {Channel.PHONE: "tel", Channel.SMS: "sms"}
BY_LINK = (Channel.CHAT, Channel.SOCIAL)
# Beside https: the schemes by which well-known messengers open a conversation.
MESSENGERS = ("msteams", "sgnl", "skype", "slack", "tg", "threema", "viber", "whatsapp", "xmpp")
EXTENSION = re.compile(r"(?:ext\.?|extension|x|#)\s*(\d{1,8})\s*$", re.IGNORECASE)
TRUNK_ZERO = re.compile(r"(?<=\d)\s*\(0\)")  # "+46 (0)31": dialled at home only
HOST_AND_PATH = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}/\S*", re.IGNORECASE)


SAID = {
    Channel.EMAIL: "Write an e-mail",
    Channel.PHONE: "Call {}",
    Channel.SMS: "Text {}",
    Channel.CHAT: "Open the chat",
    Channel.SOCIAL: "Open on social media",
}


def say(channel: str, value: str) -> str:
    """Say what a link does: "Call +46 31 555"; "" where no app opens the channel."""
    return SAID.get(Channel(channel), "").format(value)


def link(channel: str, value: str, *, subject: str = "", body: str = "") -> str:
    """Return the link that reaches an address, with the words where it can carry them; "" for none."""
    if channel == Channel.EMAIL:
        return mailto(value, subject=subject, body=body)
    if scheme := BY_NUMBER.get(Channel(channel)):
        number = dialled(value)
        if not number:
            return ""
        text = body if scheme == "sms" else ""
        return f"{scheme}:{number}{_query(body=text)}"
    return _conversation(value) if channel in BY_LINK else ""


def dialled(value: str) -> str:
    """Return a telephone number as it is dialled, "" where it has no digits. Source: RFC 3966."""
    text = value.strip()
    extension = EXTENSION.search(text)
    if extension:
        text = text[: extension.start()]
    text = TRUNK_ZERO.sub("", text) if text.startswith("+") else text
    digits = "".join(sign for sign in text if sign.isascii() and sign.isdigit())
    if not digits:
        return ""
    plus = "+" if text.startswith("+") else ""
    return f"{plus}{digits}{f';ext={extension[1]}' if extension else ''}"


def mailto(value: str, *, subject: str = "", body: str = "") -> str:
    """Return the link that opens a mail to an address. Source: RFC 6068."""
    return f"mailto:{quote(value, safe='@+')}{_query(subject=subject, body=body)}"


def _conversation(value: str) -> str:
    text = value.strip()
    if HOST_AND_PATH.fullmatch(text):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
    except ValueError:  # a bracket that never closes
        return ""
    is_page = parts.scheme == "https" and bool(parts.hostname)
    is_messenger = parts.scheme in MESSENGERS and bool(parts.netloc or parts.path)
    return text if (is_page or is_messenger) and text.isprintable() and " " not in text else ""


def _query(**words: str) -> str:
    told = {name: text.replace("\r\n", "\n").replace("\n", "\r\n") for name, text in words.items()}
    query = "&".join(f"{name}={quote(text, safe='')}" for name, text in told.items() if text)
    return f"?{query}" if query else ""
