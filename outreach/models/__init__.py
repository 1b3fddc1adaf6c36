"""The rows of the outreach app, by concept."""

from outreach.models.bulk import BulkAction
from outreach.models.deliveries import Delivery, Mailbox
from outreach.models.learning import ChannelRate, StageChance
from outreach.models.notices import Notice
from outreach.models.reasons import Reason, ReasonEntry, Remark
from outreach.models.suggestions import Lack, Play, Suggestion, SuggestionQuerySet
from outreach.models.templates import Template
from outreach.models.tone import Phrasing

__all__ = [
    "BulkAction",
    "ChannelRate",
    "Delivery",
    "Lack",
    "Mailbox",
    "Notice",
    "Phrasing",
    "Play",
    "Reason",
    "ReasonEntry",
    "Remark",
    "StageChance",
    "Suggestion",
    "SuggestionQuerySet",
    "Template",
]
