"""Where the parts of the report lead: to the deals behind a mark, to a file, to another view of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from deals.scopes import Scope

CSV, XLSX = "csv", "xlsx"


@dataclass(frozen=True, slots=True)
class Ways:
    """The addresses of one report; each carries its scope."""

    scope: Scope

    def behind(self, figure: str, **mark: object) -> str:
        """Return where the deals behind a mark are listed."""
        return self.within({}, figure, **mark)

    def within(self, filters: Mapping[str, Any], figure: str, **mark: object) -> str:
        """Return the same of a mark that narrows the scope by filters of its own."""
        scope = self.scope.narrowed(**filters)
        return f"{reverse('outreach:report-deals')}?{scope.query(figure=figure, **mark)}"

    def file(self, name: str, form: str) -> str:
        """Return where a table is handed out, as "csv" or "xlsx"."""
        address = reverse("outreach:report-table", args=[name, form])
        return f"{address}?{self.scope.query()}"

    def page(self, **more: object) -> str:
        """Return the page's own address."""
        return f"{reverse('outreach:report')}?{self.scope.query(**more)}"

    @property
    def lasting(self) -> str:
        """The permanent link: its days and its instant are fixed."""
        return f"{reverse('outreach:report')}?{self.scope.pinned.query()}"
