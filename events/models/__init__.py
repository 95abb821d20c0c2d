"""Events as pages, and all that belongs to them."""

from .index_page import EventIndexPage
from .occurrences import EventOccurrence
from .pages import BODY_FEATURES, EventPage
from .parts import EventKeyDate, EventMaterial, EventOrganizer
from .series import EventException, EventPreviousDates
from .tombstones import EventTombstone
from .values import languages, validate_additional_dates, validate_rule, validate_timezone
from .vocabulary import EventCategory, EventTopic, EventType

# isort: split
# Django finds models through this module only; these need the pages above.
from ..importing.models import (
    Check,
    CheckLink,
    ImportChange,
    ImportRecord,
    ImportRun,
    ImportSource,
    ImportUpload,
)

__all__ = (
    "BODY_FEATURES",
    "Check",
    "CheckLink",
    "EventCategory",
    "EventException",
    "EventIndexPage",
    "EventKeyDate",
    "EventMaterial",
    "EventOccurrence",
    "EventOrganizer",
    "EventPage",
    "EventPreviousDates",
    "EventTombstone",
    "EventTopic",
    "EventType",
    "ImportChange",
    "ImportRecord",
    "ImportRun",
    "ImportSource",
    "ImportUpload",
    "languages",
    "validate_additional_dates",
    "validate_rule",
    "validate_timezone",
)
