"""Events for the templates of any app."""

from dataclasses import dataclass

from django import template
from django.db.models import Exists, OuterRef
from django.utils import timezone as clock

from .. import listing
from ..dates import MONTHS
from ..models import EventIndexPage, EventOccurrence, EventOrganizer, EventPage, EventTopic

register = template.Library()


@dataclass(frozen=True, slots=True)
class Announcement:
    """Events for a section: the upcoming ones, or the most recent ones when nothing is coming up."""

    events: list
    are_recent: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A word on a schedule and the kind of sign it is: “now”, “alert”, “open” or none."""

    text: str
    kind: str = ""


PHASE_CHIPS = {
    "now": Chip("Happening now", "now"),
    "today": Chip("Today", "now"),
    "ended_today": Chip("Ended today"),
    "undetermined": Chip("Date to be announced"),
}


@register.simple_tag
def upcoming_events(count=3, type="", topic="", partner=None):
    """The next `count` events, or the last ones when there is none, as an Announcement. They can be of one type or on
    one topic, both by their slugs, or of a `partner` who organizes them."""
    at = clock.now()
    rows = _chosen(type, topic, partner)
    if upcoming := _shown(rows.next_of_each_event(at).as_schedule(at), count, at):
        return Announcement(upcoming, are_recent=False)
    recent = recent_events(count, type, topic, partner)
    return Announcement(recent, are_recent=bool(recent))


@register.simple_tag
def recent_events(count=3, type="", topic="", partner=None):
    """The last `count` past events, chosen as by `upcoming_events`."""
    at = clock.now()
    rows = _chosen(type, topic, partner)
    return _shown(rows.last_of_each_past_event(at).backwards(), count, at)


def _chosen(type, topic, partner):
    rows = EventOccurrence.objects.public()
    if type:
        rows = rows.filter(event_type__slug=type)
    if topic:
        rows = rows.filter(topics__overlap=EventTopic.objects.filter(slug=topic).values_list("pk"))
    if partner:
        rows = rows.filter(Exists(EventOrganizer.objects.filter(partner=partner, page=OuterRef("page"))))
    return rows


def _shown(rows, count, at):
    return listing.shown(rows.with_pages()[:count], at)


@register.simple_tag
def event_index():
    """The page that lists all events, or None."""
    return EventIndexPage.objects.live().first()


@register.simple_tag
def showing(event):
    """How lists show `event`, as a Showing."""
    return _showing(event, clock.now())


def _showing(event, at):
    return getattr(event, "showing", None) or listing.showing(event, at)


@register.simple_tag
def phase(event):
    """Where `event` stands right now; see EventPage.phase."""
    return _showing(event, clock.now()).phase


@register.simple_tag
def chips(event):
    """What is special about `event` right now, as Chips."""
    at = clock.now()
    return list(_chips(event, _showing(event, at), at.year))


def _chips(event, showing, this_year):
    if event.event_status != EventPage.Status.SCHEDULED:
        yield Chip(event.get_event_status_display(), "alert")
    if event.is_going_ahead and showing.phase in PHASE_CHIPS:
        yield PHASE_CHIPS[showing.phase]
    is_tentative = event.date_status == EventPage.DateStatus.TENTATIVE
    if is_tentative and event.is_going_ahead and showing.phase != "past":
        yield Chip(event.get_date_status_display())
    has_moved = event.event_status == EventPage.Status.MOVED_ONLINE
    if event.attendance_mode != EventPage.AttendanceMode.IN_PERSON and not has_moved:
        yield Chip(event.get_attendance_mode_display())
    if showing.registration == "open":
        until = event.registration_closes_date
        yield Chip(
            f"Registration open until {_day(until, this_year)}" if until else "Registration open", "open"
        )
    elif showing.registration == "opens":
        yield Chip(f"Registration opens on {_day(event.registration_opens_date, this_year)}")
    elif showing.registration == "closed" and showing.phase == "upcoming":
        yield Chip("Registration closed")


def _day(day, this_year):
    words = f"{day.day} {MONTHS[day.month - 1]}"
    return words if day.year == this_year else f"{words} {day.year}"


@register.simple_tag
def this_year():
    return clock.localdate().year
