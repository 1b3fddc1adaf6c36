"""Which mail providers may tell us of mail, and how each proves that it is one.

anymail knows their formats and signatures. A provider whose secret is not set does not exist for
us: several are known by nothing but that secret, and without it anybody could write to us.
Source: docs/decisions/099-what-providers-tell.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.brevo import BrevoInboundWebhookView, BrevoTrackingWebhookView
from anymail.webhooks.mailersend import (
    MailerSendInboundWebhookView,
    MailerSendTrackingWebhookView,
)
from anymail.webhooks.mailgun import MailgunInboundWebhookView, MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetInboundWebhookView, MailjetTrackingWebhookView
from anymail.webhooks.mandrill import MandrillCombinedWebhookView
from anymail.webhooks.postal import PostalInboundWebhookView, PostalTrackingWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView, PostmarkTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridInboundWebhookView, SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostInboundWebhookView, SparkPostTrackingWebhookView
from django.conf import settings
from django.http import HttpRequest

from outreach.mail.doors import provider_mail
from outreach.mail.doors.provider_mail import Handed, ReplayError

Kind = Literal["inbound", "tracking"]
BY_ADDRESS = "WEBHOOK_SECRET"  # "user:password", in the address that the provider is given


class NotUnderstoodError(Exception):
    """What was posted is no message of the provider."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's two ways to speak to us, and the setting that each stands on.

    `whole` takes a mail as it was sent from a request, without taking it apart; where it finds
    none, anymail puts one together from the fields. `vouched` are the fields that the signature
    covers, where that is not the whole body.
    """

    views: Mapping[Kind, type[AnymailBaseWebhookView]]
    secrets: Mapping[Kind, str]
    whole: Callable[[HttpRequest], list[Handed]] = lambda _: []
    vouched: Callable[[HttpRequest], str] | None = None


def _both(secret: str) -> dict[Kind, str]:
    return {"inbound": secret, "tracking": secret}


def _views(inbound: Any, tracking: Any) -> dict[Kind, type[AnymailBaseWebhookView]]:
    return {"inbound": inbound, "tracking": tracking}


PROVIDERS: dict[str, Provider] = {
    "brevo": Provider(_views(BrevoInboundWebhookView, BrevoTrackingWebhookView), _both(BY_ADDRESS)),
    "mailersend": Provider(
        _views(MailerSendInboundWebhookView, MailerSendTrackingWebhookView),
        {"inbound": "MAILERSEND_INBOUND_SECRET", "tracking": "MAILERSEND_SIGNING_SECRET"},
        whole=provider_mail.mailersend,
    ),
    "mailgun": Provider(
        _views(MailgunInboundWebhookView, MailgunTrackingWebhookView),
        _both("MAILGUN_WEBHOOK_SIGNING_KEY"),
        whole=provider_mail.mailgun,
        vouched=provider_mail.signed_by_mailgun,
    ),
    "mailjet": Provider(
        _views(MailjetInboundWebhookView, MailjetTrackingWebhookView), _both(BY_ADDRESS)
    ),
    "mandrill": Provider(
        _views(MandrillCombinedWebhookView, MandrillCombinedWebhookView),
        _both("MANDRILL_WEBHOOK_KEY"),
        whole=provider_mail.mandrill,
    ),
    "postal": Provider(
        _views(PostalInboundWebhookView, PostalTrackingWebhookView),
        _both("POSTAL_WEBHOOK_KEY"),
        whole=provider_mail.postal,
    ),
    "postmark": Provider(
        _views(PostmarkInboundWebhookView, PostmarkTrackingWebhookView),
        _both(BY_ADDRESS),
        whole=provider_mail.postmark,
    ),
    "sendgrid": Provider(
        _views(SendGridInboundWebhookView, SendGridTrackingWebhookView),
        _both(BY_ADDRESS),
        whole=provider_mail.sendgrid,
    ),
    "sparkpost": Provider(
        _views(SparkPostInboundWebhookView, SparkPostTrackingWebhookView),
        _both(BY_ADDRESS),
        whole=provider_mail.sparkpost,
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider told in one request: mails, and what became of mails of ours.

    `key` is one for all repetitions of the request. `unread` is one that comes from the provider,
    and of which nothing could be made here.
    """

    key: str
    mails: list[Handed] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    unread: bytes = b""


def is_set_up(name: str, kind: Kind) -> bool:
    """Whether a provider is known, and the secret is set by which it proves itself."""
    provider = PROVIDERS.get(name)
    return provider is not None and bool(settings.ANYMAIL.get(provider.secrets[kind]))


def understand(name: str, kind: Kind, request: HttpRequest) -> Told:
    """Check that a request comes from a provider, and return what it tells.

    Raises AnymailWebhookValidationFailure where it does not, ReplayError where it is too old to
    tell, NotUnderstoodError for what is no message of that provider.
    """
    try:
        return _understand(PROVIDERS[name], name, kind, request)
    except (AnymailWebhookValidationFailure, ReplayError):
        raise
    except Exception as error:  # what is posted is of any shape, and anymail trusts that it is not
        raise NotUnderstoodError from error


def _understand(provider: Provider, name: str, kind: Kind, request: HttpRequest) -> Told:
    view: Any = provider.views[kind]()
    view.run_validators(request)
    covered = provider.vouched(request) if provider.vouched else ""
    key = sha256(f"{name} {kind} ".encode() + (covered.encode() or request.body)).hexdigest()
    if kind == "inbound" and (mails := provider.whole(request)):
        return Told(key, mails)
    if kind == "tracking":
        return Told(key, events=view.parse_events(request))
    try:
        events = view.parse_events(request)
        return Told(key, [provider_mail.put_together(event) for event in events])
    except RecursionError:  # a mail in it is nested to do harm: it is lost for nobody
        return Told(key, unread=request.body)
