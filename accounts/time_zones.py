"""The time zones to choose from."""

from __future__ import annotations

import zoneinfo
from itertools import groupby

# Zones of the database that are not places: old aliases, and fixed offsets with inverted signs.
NO_PLACES = ("Etc/", "SystemV/", "US/", "Canada/", "Brazil/", "Chile/", "Mexico/")

Choices = list[tuple[str, str]]


def choices() -> list[tuple[str, Choices]]:
    """Return the zones of the world for a select, grouped by continent; UTC last."""
    places = sorted(
        name
        for name in zoneinfo.available_timezones()
        if "/" in name and not name.startswith(NO_PLACES)
    )
    continents = [
        (continent, [(name, _place(name)) for name in names])
        for continent, names in groupby(places, key=lambda name: name.split("/")[0])
    ]
    return [*continents, ("World", [("UTC", "UTC")])]


def _place(name: str) -> str:
    """Say "America/Argentina/La_Rioja" as "La Rioja, Argentina"."""
    return ", ".join(reversed(name.replace("_", " ").split("/")[1:]))
