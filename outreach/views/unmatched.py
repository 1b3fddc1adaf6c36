"""Mail that waits for somebody's word, as lists and one by one; `deciding` is where it is said."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.numbers import row_number
from deals.models import Deal
from deals.views import answers
from deals.views.answers import UNPROCESSABLE, Request, way_back
from outreach.forms.mails import AssignForm, NewContactForm
from outreach.mail import match, quarantine
from outreach.mail.filing import naming, undecided
from outreach.models import Mail, Mailbox

State = Mail.State
PAGES: dict[str, str] = {
    State.UNMATCHED: "outreach:unmatched",
    State.UNVERIFIED: "outreach:unverified",
}


@require_safe
@never_cache
def unmatched(request: Request) -> HttpResponse:
    """List the senders whom we do not know, with one mail open."""
    return page(request, State.UNMATCHED)


@require_safe
@never_cache
def unverified(request: Request) -> HttpResponse:
    """List the mail that may be forged, with one open."""
    return page(request, State.UNVERIFIED)


@require_safe
@never_cache
def assumed(request: Request, pk: int) -> HttpResponse:
    """Show which mail stands on a deal by assumption, for the deal's page to take in."""
    deal = get_object_or_404(Deal.objects.visible_to(request.user), pk=pk)
    told = {
        "deal": deal,
        "assumed": undecided.assumed_on(deal, request.user),
        "next": way_back(request, reverse("deals:deal", args=[pk])),
    }
    return answers.page(request, "outreach/mails/assumed.html", told, part="list")


def waiting(request: Request, pk: int) -> Mail:
    """Return a mail that waits for the reader's word, or answer 404."""
    rows = undecided.waiting(request.user).select_related("contact", "deal", "mailbox", "user")
    return get_object_or_404(rows, pk=pk)


def list_of(mail: Mail) -> str:
    """Return the address of the list where a mail waits."""
    return reverse(PAGES.get(mail.state, PAGES[State.UNMATCHED]))


def address_of(mail: Mail) -> str:
    """Return the first address of the other side, "" where a mail names none."""
    return next(iter(match.others(mail)), "")


def page(request: Request, state: State, opened: Mail | None = None, **forms: Any) -> HttpResponse:
    """Show the list with one mail open: the one that is asked for, else the first."""
    after = request.GET.get("after", "")
    try:
        listed = undecided.listed(request.user, state, after)
    except (
        ValueError,
        OverflowError,
    ) as error:  # no cursor, or an instant outside of all calendars
        raise Http404 from error
    opened = opened or _opened(request, state, listed)
    here = reverse(PAGES[state])
    told = {
        "state": state.value,
        "title": "Unmatched mail" if state == State.UNMATCHED else "Unverified mail",
        "tabs": _tabs(request, state),
        "rows": [(line, _url(here, after, line.mail.pk)) for line in listed.lines],
        "next_url": _url(here, listed.next) if listed.next else "",
        "close_url": _url(here, after),
        **_to_take_away(state),
        "next": _url(here, after),
        "is_asked": request.method == "POST" or "mail" in request.GET,
        "has_mailbox": bool(listed.lines) or _is_connected(request),
        "opened": opened,
        **(_pane(request, opened, forms) if opened else {}),
    }
    status = UNPROCESSABLE if forms else 200
    return answers.page(request, "outreach/mails/list.html", told, part="work", status=status)


def _to_take_away(state: State) -> dict[str, str]:
    name = f"outreach:{state.value}-table"
    return {form: reverse(name, args=[form]) for form in ("csv", "xlsx")}


def _opened(request: Request, state: State, listed: undecided.Listed) -> Mail | None:
    named = row_number(request.GET.get("mail"))
    if named is not None:
        mail = get_object_or_404(Mail.objects.visible_to(request.user), pk=named)
        return waiting(request, mail.pk) if mail.state == state else None  # decided meanwhile
    return waiting(request, listed.lines[0].mail.pk) if listed.lines else None


def _pane(request: Request, mail: Mail, forms: dict[str, Any]) -> dict[str, Any]:
    """Return what can be said of the open mail."""
    told: dict[str, Any] = {"earlier": undecided.earlier(request.user, mail)}
    if mail.state == State.UNMATCHED:
        address = address_of(mail)
        told |= {
            "address": address,
            "domain": naming.domain_of(address),
            "create": NewContactForm(mail=mail, reader=request.user),
            "assign": AssignForm(reader=request.user),
        }
    return told | forms


def _tabs(request: Request, state: State) -> list[dict[str, Any]]:
    counts = undecided.counts(request.user)
    labels = {State.UNMATCHED: "Unmatched", State.UNVERIFIED: "Unverified"}
    tabs = [
        {
            "label": label,
            "url": reverse(PAGES[key]),
            "count": counts[key],
            "is_current": key == state,
        }
        for key, label in labels.items()
    ]
    if request.user.is_admin and (unread := quarantine.set_aside().count()):
        tabs.append({"label": "Set aside", "url": reverse("outreach:quarantine"), "count": unread})
    return tabs


def _url(page: str, after: str, mail: int | None = None) -> str:
    query = {"after": after} if after else {}
    if mail is not None:
        query["mail"] = str(mail)
    return f"{page}?{urlencode(query)}" if query else page


def _is_connected(request: Request) -> bool:
    boxes = Mailbox.objects.exclude(imap_host="")
    return boxes.filter(Q(user=request.user) | Q(user=None)).exists()
