"""Where the parts of the report lead: to the deals behind a mark, to a file, to another view of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.urls import reverse

from deals.scopes import Scope

CSV, XLSX = "csv", "xlsx"


@dataclass(frozen=True, slots=True)
class Ways:
    """The addresses of one report; each carries its scope.

    `asked` is what the report's own address says: a shortcut there goes on with time.
    """

    scope: Scope
    asked: Mapping[str, str] = field(default_factory=dict)

    def behind(self, figure: str, **mark: object) -> str:
        """Return where the deals behind a mark are listed."""
        return self.within({}, figure, **mark)

    def within(self, filters: Mapping[str, Any], figure: str, **mark: object) -> str:
        """Return the same of a mark that narrows the scope by filters of its own."""
        scope = self.scope.narrowed(**filters)
        query = scope.query(figure=figure, **mark)
        return self.led(f"{reverse('outreach:report-deals')}?{query}")

    def led(self, list_url: str) -> str:
        """Return the address of a list, if there is one, with the way back to this report."""
        return list_url and f"{list_url}&{self.trail}"

    @property
    def trail(self) -> str:
        """What the address of a list says of the report that leads to it; `back_to` reads it."""
        return urlencode({"back": f"?{urlencode(self.asked)}"})

    def file(self, name: str, form: str) -> str:
        """Return where a table is handed out, as "csv" or "xlsx"."""
        address = reverse("outreach:report-table", args=[name, form])
        return f"{address}?{self.scope.query()}"

    def page(self, **more: str) -> str:
        """Return the page's own address, with something asked for otherwise."""
        asked = {name: said for name, said in {**self.asked, **more}.items() if said}
        return f"{reverse('outreach:report')}?{urlencode(asked)}".removesuffix("?")

    @property
    def lasting(self) -> str:
        """The permanent link: its days and its instant are fixed."""
        return f"{reverse('outreach:report')}?{self.scope.pinned.query()}"


def back_to(trail: str, scope: Scope) -> str:
    """Return the address of the report that led to a list; without a trail the list's own scope's."""
    asked = parse_qsl(trail.removeprefix("?")) if trail else scope.parameters().items()
    return Ways(scope, dict(asked)).page()
