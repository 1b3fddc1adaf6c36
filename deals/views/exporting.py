"""Lists taken away as CSV or as a workbook: what the page shows, under its filters."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import directory
from accounts.models import User
from contacts.models import Contact
from deals import exporting, listing
from deals.cutoffs import Cutoffs
from deals.forms.choices import companies_like, contacts_like
from deals.forms.filters import DealFilterForm
from deals.models import Deal, Silence, Touch
from deals.views.answers import Request
from deals.views.tables import handed_out


@require_safe
def deals(request: Request, form: str) -> HttpResponseBase:
    """Hand out the deals of the list."""
    zone = timezone.get_current_timezone()
    return handed_out(exporting.deals(_listed(request), timezone.now(), zone), form)


@require_safe
def touches(request: Request, form: str) -> HttpResponseBase:
    """Hand out all touches of the deals of the list."""
    return handed_out(exporting.touches(_touches(_listed(request))), form)


@require_safe
def stages(request: Request, form: str) -> HttpResponseBase:
    """Hand out all stage entries of the deals of the list."""
    return handed_out(exporting.stages(_listed(request)), form)


@require_safe
def silences(request: Request, form: str) -> HttpResponseBase:
    """Hand out all silences of the deals of the list."""
    among = _listed(request).order_by().values("pk")
    return handed_out(exporting.silences(Silence.objects.filter(deal__in=among)), form)


@require_safe
def touches_of_deal(request: Request, pk: int, form: str) -> HttpResponseBase:
    """Hand out the touches of a deal."""
    found = get_object_or_404(Deal.objects.visible_to(request.user), pk=pk)
    return handed_out(exporting.touches(Touch.objects.filter(deal=found)), form)


@require_safe
def touches_of_contact(request: Request, pk: int, form: str) -> HttpResponseBase:
    """Hand out the touches of a contact, on the deals that the reader may see."""
    found = get_object_or_404(Contact.objects.visible_to(request.user), pk=pk)
    seen = Touch.objects.visible_to(request.user)
    return handed_out(exporting.touches(seen.filter(contact=found)), form)


@require_safe
def contacts(request: Request, form: str) -> HttpResponseBase:
    """Hand out the contacts of the list."""
    found = contacts_like(request.GET.get("q", ""), request.user)
    return handed_out(exporting.contacts(found.order_by("last_name", "first_name", "pk")), form)


@require_safe
def companies(request: Request, form: str) -> HttpResponseBase:
    """Hand out the companies of the list."""
    found = companies_like(request.GET.get("q", ""), request.user)
    return handed_out(exporting.companies(found.order_by("name", "pk")), form)


@require_safe
def people(request: Request, form: str) -> HttpResponseBase:
    """Hand out the people of the list, to whoever leads."""
    if not request.user.is_manager:
        raise Http404
    asked = directory.DirectoryForm(request.GET, reader=request.user)
    return handed_out(exporting.people(asked.among(User.objects.overseen_by(request.user))), form)


def _listed(request: Request) -> QuerySet[Deal]:
    """Return the deals that the address asks for, in its order."""
    asked = DealFilterForm(request.GET, reader=request.user).asked()
    return listing.listed(request.user, asked, Cutoffs.at(timezone.now()))


def _touches(deals: QuerySet[Deal]) -> QuerySet[Touch]:
    return Touch.objects.filter(deal__in=deals.order_by().values("pk"))
