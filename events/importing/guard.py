"""The last look before anything is written. Pure."""

from urllib.parse import urlsplit

from django.conf import settings

from .feed import FeedHeld, FeedUnusable, ParsedFeed
from .reconcile import Plan


def guard(
    plan: Plan,
    feed: ParsedFeed,
    *,
    found: int,
    held: int,
    vanishing_count: int,
    vanishing_percent: int,
    is_approved: bool = False,
) -> Plan:
    """`plan`, if it rests on a whole feed from which no crowd of events has vanished.

    `found` counts the events in the feed, wanted or not; `held` those held so far. Raises FeedUnusable, or FeedHeld for
    what a person may approve, unless `is_approved`: that none is left, or that more upcoming events have vanished in
    this run than `vanishing_count` and than `vanishing_percent` of them.
    """
    if not feed.complete:
        raise FeedUnusable(
            "The feed breaks off before its end, so nothing of it was used. "
            "Try again; if it happens again, tell whoever publishes it."
        )
    if is_approved:
        return plan
    if held and not found and not feed.problems:
        raise FeedHeld(
            f"The feed holds no events, although {held} were imported from it before. Nothing was changed. "
            "If that is right, approve this run; otherwise check whether the calendar has moved to another address."
        )
    vanished = sum(absence.is_upcoming and absence.runs == 1 for absence in plan.absences)
    if vanished > vanishing_count and vanished * 100 > vanishing_percent * plan.upcoming:
        raise FeedHeld(
            f"{vanished} of {plan.upcoming} upcoming events are no longer in the feed. Nothing was changed. "
            "If that is right, approve this run; otherwise check whether the calendar has moved, or tell whoever "
            "publishes it."
        )
    return plan


def refuse_loop(feed: ParsedFeed) -> None:
    """Raises FeedUnusable for the portal's own calendar, by the host that its UIDs have."""
    own = f"@{urlsplit(settings.BASE_URL).hostname}"
    ours = sum(event.key.uid.endswith(own) for event in feed.events)
    if ours and ours * 2 >= len(feed.events):
        raise FeedUnusable(
            "This is the portal's own calendar: its events are here already. Name the calendar of somebody else."
        )
