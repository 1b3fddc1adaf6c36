"""What can keep a mail from going out, and how people are told of it.

Each error says what is certain: only where a server has certainly not accepted a mail may it be
tried again. Sources: RFC 5321, 4.2.1 and 4.5.4.1 (replies, retries); RFC 3463 (enhanced codes).
"""

from __future__ import annotations

import re
import socket
import ssl
from smtplib import (
    SMTPAuthenticationError,
    SMTPNotSupportedError,
    SMTPResponseException,
)

ENHANCED = re.compile(r"\b[245]\.(\d{1,3}\.\d{1,3})\b")
# Refusals of the recipient that say nothing about the address: who we are, or what we may do.
NEEDS_SIGN_IN = 530
POLICY, FULL = "7.", "2.2"

# The first that fits. Nothing that was sent is ever repeated: it may hold the password.
SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (socket.gaierror, "There is no server called {host}. Check its name."),
    (ConnectionRefusedError, "Nothing answers at {host}, port {port}. Check both."),
    (TimeoutError, "{host}, port {port}, did not answer in time. Check both, and any firewall."),
    (
        ssl.SSLCertVerificationError,
        "The certificate of {host} is not to be trusted. Use the name that it was made for.",
    ),
    (ssl.SSLError, "{host} speaks no TLS on port {port}. Choose STARTTLS, or another port."),
    (
        SMTPNotSupportedError,
        "{host} does not offer that on port {port}. Choose another security, or another port.",
    ),
    (
        SMTPAuthenticationError,
        "{host} refused the user name or the password. Enter both again, or an app password.",
    ),
    (Exception, "{host}, port {port}, broke off. Check that a mail server is there."),
)


class NotSentError(Exception):
    """A server has certainly not accepted the mail; its words are for people."""


class PutOffError(NotSentError):
    """It may be accepted later."""


class RefusedError(NotSentError):
    """It will not be accepted, as it is."""


class NoSuchRecipientError(RefusedError):
    """Nobody receives mail at the address."""


class UnclearError(Exception):
    """The conversation broke off after the mail was handed over: nobody here knows."""


def of_reply(code: int, text: bytes | str, *, to_recipient: bool = False) -> NotSentError:
    """Return what a server's refusal means: 4yz is for now, 5yz for good."""
    said = _readable(text)
    words = f"The mail server said: {code} {said}".rstrip()
    if code < 500:
        return PutOffError(words)
    found = ENHANCED.search(said)
    detail = found[1] if found else ""
    if detail == FULL:
        return PutOffError(words)
    is_about_us = code == NEEDS_SIGN_IN or detail.startswith(POLICY)
    return NoSuchRecipientError(words) if to_recipient and not is_about_us else RefusedError(words)


def say(error: Exception, host: str, port: int) -> str:
    """Tell in plain words, with the remedy, why a mail server could not be used."""
    if isinstance(error, SMTPResponseException) and _says_more(error):
        return _quoted(error.smtp_code, error.smtp_error, host)
    sentence = next(words for kind, words in SENTENCES if isinstance(error, kind))
    return sentence.format(host=host, port=port)


def _says_more(error: SMTPResponseException) -> bool:
    return error.smtp_code >= 400 and not isinstance(error, SMTPAuthenticationError)


def _quoted(code: int, text: bytes | str, host: str) -> str:
    return f"{host} answered {code} {_readable(text)}".rstrip(" .") + "."


def _readable(text: bytes | str) -> str:
    """Return a server's words on one line, and not too many of them."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())[:160]
