"""Events for the templates of any app."""

from dataclasses import dataclass

from django import template
from django.utils import timezone as clock

from ..models import EventIndexPage, EventPage

register = template.Library()


@dataclass(frozen=True, slots=True)
class Announcement:
    """Events for a section: the upcoming ones, or the most recent ones when nothing is coming up."""

    events: list
    are_recent: bool


@register.simple_tag
def upcoming_events(count=3):
    """The next `count` events, or the last ones when there is none, as an Announcement."""
    at, events = clock.now(), EventPage.objects.listed()
    if upcoming := list(events.upcoming(at)[:count]):
        return Announcement(upcoming, are_recent=False)
    recent = list(events.past(at)[:count])
    return Announcement(recent, are_recent=bool(recent))


@register.simple_tag
def event_index():
    """The page that lists all events, or None."""
    return EventIndexPage.objects.live().first()


@register.simple_tag
def phase(event):
    """Where `event` stands right now; see EventPage.phase."""
    return event.phase(clock.now())


@register.simple_tag
def this_year():
    return clock.localdate().year
