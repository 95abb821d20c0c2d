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


@dataclass(frozen=True, slots=True)
class Chip:
    """A word on a schedule and the kind of sign it is: “now”, “alert” or none."""

    text: str
    kind: str = ""


PHASE_CHIPS = {
    "now": Chip("Happening now", "now"),
    "today": Chip("Today", "now"),
    "ended_today": Chip("Ended today"),
    "undetermined": Chip("To be determined"),
}


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
def chips(event):
    """What is special about `event` right now, as Chips."""
    return list(_chips(event, event.phase(clock.now())))


def _chips(event, phase):
    if event.event_status != EventPage.Status.SCHEDULED:
        yield Chip(event.get_event_status_display(), "alert")
    if event.is_going_ahead and phase in PHASE_CHIPS:
        yield PHASE_CHIPS[phase]
    if event.date_status == EventPage.DateStatus.TENTATIVE:
        yield Chip(event.get_date_status_display())
    if event.attendance_mode != EventPage.AttendanceMode.IN_PERSON:
        yield Chip(event.get_attendance_mode_display())


@register.simple_tag
def this_year():
    return clock.localdate().year
