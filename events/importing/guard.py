"""The last look before anything is written. Pure."""

from .feed import FeedUnusable, ParsedFeed
from .reconcile import Plan


def guard(plan: Plan, feed: ParsedFeed, *, held: int) -> Plan:
    """`plan`, if it rests on a whole feed; raises FeedUnusable otherwise. `held` counts the events held so
    far."""
    if not feed.complete:
        raise FeedUnusable(
            "The feed breaks off before its end (there is no END:VCALENDAR), so nothing of it was used. "
            "Try again; if it happens again, tell whoever publishes it."
        )
    if held and not feed.events and not feed.problems:
        raise FeedUnusable(
            f"The feed holds no events, although {held} were imported from it before. Nothing was changed. "
            "Check whether the calendar has moved to another address."
        )
    return plan
