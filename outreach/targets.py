"""Which addresses on the network we may be sent to: the public internet, never our own insides.

Whoever may enter a URL could otherwise have this machine knock at its neighbours for them. The
address is judged when it is connected to, and that very address is used, so that a name which
answers differently the second time gains nothing.
Sources: IANA special-purpose address registries; RFC 6890, 6052, 3056, 4380.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from queue import Empty, Queue
from threading import Thread
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

Address = IPv4Address | IPv6Address
PORTS = {"http": 80, "https": 443}
# No web server listens there, and what does could be fooled by a request (mail above all).
OTHER_SERVICES = frozenset({21, 22, 23, 25, 53, 110, 143, 465, 587, 993, 995, 3306, 5432, 6379})
LONGEST_URL = 2000
SENT_AS_IT_IS = "!$%&'()*+,-./:;=?@[]_~"  # in a path and query

# All that is not for everybody. Newer Pythons know most of it, but not each version the same.
FORBIDDEN = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # Azure's own address inside its machines, though public by its look
        "2001::/23",  # protocol assignments, Teredo (2001::/32) among them
        "2001:db8::/32", "3fff::/20",  # documentation
        "2002::/16",  # 6to4: carries an IPv4 address
    )
)  # fmt: skip
# Of IPv6 only this is given out to the public: not ::1, ::ffff:0:0/96, 64:ff9b::/96, fc00::/7,
# fe80::/10, ff00::/8 and whatever will be invented.
PUBLIC_IPV6 = ip_network("2000::/3")


class NotReachedError(Exception):
    """There is no answer from there; the text says why, in a sentence for people."""


class ForbiddenTargetError(NotReachedError):
    """We do not go there at all, however often one asks."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: `path` carries the query; `host` is in ASCII and lower case."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> Target:
        """Take a URL apart; raise ForbiddenTargetError for one that is none or not for us."""
        if len(url) > LONGEST_URL or not url.isprintable() or " " in url or "\\" in url:
            raise ForbiddenTargetError("This is not a web address. Copy it again, as a whole.")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
            name = host if ":" in host else host.encode("idna").decode("ascii")
        except ValueError as error:  # UnicodeError is one
            raise ForbiddenTargetError(
                "This is not a web address. Check how it is spelt."
            ) from error
        if parts.scheme not in PORTS or not name:
            raise ForbiddenTargetError("The address has to begin with https:// or http://.")
        if "@" in parts.netloc:
            raise ForbiddenTargetError(
                "The address carries a user name or password before the “@”. Leave them out."
            )
        if port == 0 or port in OTHER_SERVICES:
            raise ForbiddenTargetError(f"Port {port} is not for web addresses. Use another one.")
        path = quote(
            f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}", SENT_AS_IT_IS
        )
        return cls(parts.scheme, name.lower(), port or PORTS[parts.scheme], path)

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def addresses(self, *, seconds: float) -> list[tuple[socket.AddressFamily, Any]]:
        """Return where to connect to, each address judged; look the name up for `seconds` at most.

        Raises ForbiddenTargetError if any of them is none of the public internet's, so that a
        name cannot smuggle one in among others; NotReachedError where there is no such name.
        """
        found = _looked_up(self.host, self.port, seconds)
        for _, place in found:
            judge(place[0], self.host)
        return found


def judge(address: str, host: str) -> None:
    """Raise ForbiddenTargetError unless an address is public, or allowed by the environment."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError as error:
        raise ForbiddenTargetError(f"{host} leads to no address we know how to reach.") from error
    if not is_public(known) and not is_allowed(known):
        leads = "" if host == str(known) else f" leads to {known}, which"
        raise ForbiddenTargetError(
            f"{host}{leads} is not on the public internet. Use a public address, "
            "or ask whoever runs this installation to allow it (ALLOWED_PRIVATE_TARGETS)."
        )


def is_public(address: Address) -> bool:
    """Whether an address is given out to the public internet."""
    if address.version == 6 and address not in PUBLIC_IPV6:
        return False
    return not any(
        network.version == address.version and address in network for network in FORBIDDEN
    )


def is_allowed(address: Address) -> bool:
    """Whether ALLOWED_PRIVATE_TARGETS names an address."""
    return any(
        network.version == address.version and address in network
        for network in settings.ALLOWED_PRIVATE_TARGETS
    )


def _looked_up(host: str, port: int, seconds: float) -> list[tuple[socket.AddressFamily, Any]]:
    """Ask the resolver, which knows no timeout of its own, in a thread that may be left behind."""
    answers: Queue[list[Any] | OSError | UnicodeError] = Queue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    Thread(target=ask, name="look-up", daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0))
    except Empty:
        raise NotReachedError(f"Looking up {host} took too long.") from None
    if not isinstance(answer, list) or not answer:
        raise NotReachedError(f"There is no machine called {host}. Check how it is spelt.")
    return [(family, place) for family, _, _, _, place in answer]
