"""The rows of the outreach app, by concept."""

from outreach.models.bulk import BulkAction
from outreach.models.deliveries import Delivery
from outreach.models.digests import Digest, DigestSettings, ReportRecipient, Telling, Weekday
from outreach.models.learning import ChannelRate, StageChance
from outreach.models.mail import (
    Attachment,
    Door,
    IgnoredSender,
    Intake,
    Mail,
    MailQuerySet,
)
from outreach.models.mailboxes import CalendarFeed, Mailbox, MailFolder, ProviderPost
from outreach.models.meetings import Meeting
from outreach.models.notices import Notice
from outreach.models.reasons import Reason, ReasonEntry, Remark
from outreach.models.suggestions import Lack, Play, Suggestion, SuggestionQuerySet
from outreach.models.templates import Template
from outreach.models.tone import Phrasing
from outreach.models.webhooks import WebhookAttempt, WebhookEndpoint, WebhookMessage

__all__ = [
    "Attachment",
    "BulkAction",
    "CalendarFeed",
    "ChannelRate",
    "Delivery",
    "Digest",
    "DigestSettings",
    "Door",
    "IgnoredSender",
    "Intake",
    "Lack",
    "Mail",
    "MailFolder",
    "MailQuerySet",
    "Mailbox",
    "Meeting",
    "Notice",
    "Phrasing",
    "Play",
    "ProviderPost",
    "Reason",
    "ReasonEntry",
    "Remark",
    "ReportRecipient",
    "StageChance",
    "Suggestion",
    "SuggestionQuerySet",
    "Telling",
    "Template",
    "WebhookAttempt",
    "WebhookEndpoint",
    "WebhookMessage",
    "Weekday",
]
