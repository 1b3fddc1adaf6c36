"""Private networks that people may have us speak with, as the environment names them."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from django.core.exceptions import ImproperlyConfigured


def private_targets(names: list[str]) -> list[IPv4Network | IPv6Network]:
    """Return the networks of ALLOWED_PRIVATE_TARGETS; raise ImproperlyConfigured for what is none."""
    try:
        return [ip_network(name.strip()) for name in names if name.strip()]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"ALLOWED_PRIVATE_TARGETS: {error}. Name networks, by commas: 10.1.2.0/24,192.168.7.5/32"
        ) from error
