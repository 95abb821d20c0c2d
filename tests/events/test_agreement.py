"""The listing, the feed and the calendar say the same of the same filter at the same time."""

import re
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from urllib.parse import urlencode

import icalendar
import pytest
import recurring_ical_events
from django.test import Client
from django.utils import timezone as clock
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from wagtail.models import PageViewRestriction

from events.models import EventException
from events.month import Month
from tests.builders import make_event, make_event_index, make_home, make_topic, make_type

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
MONTHS = [Month(2026, 9), Month(2026, 10), Month(2026, 11), Month(2026, 12), Month(2027, 1), Month(2027, 2)]
FIRST, LAST = MONTHS[0].first, MONTHS[-1].last

ONLINE, BOTH = "OnlineEventAttendanceMode", "MixedEventAttendanceMode"


@pytest.fixture
def portal(monkeypatch):
    """Events of every kind; `now` is the time at which the portal is asked."""
    now = SimpleNamespace(at=AT)
    monkeypatch.setattr(clock, "now", lambda: now.at)
    make_home()
    make_event_index()
    workshop, camp = make_type("Workshop"), make_type("Camp")
    ice, sea = make_topic("Ice"), make_topic("Sea")
    register = {"registration_url": "https://example.org/", "registration_closes_date": date(2026, 12, 10)}
    for title, fields in {
        "today": {"event_type": workshop, "topics": [ice], "city": "Rome", "country": "Italy"},
        "over for years": {"start_date": date(2024, 5, 1), "event_type": workshop},
        "over for weeks": {"start_date": date(2026, 10, 9), "topics": [sea], "country": "Italy"},
        "for weeks": {"start_date": date(2026, 10, 25), "end_date": date(2026, 12, 24), "event_type": camp},
        "late in the east": {
            "start_date": date(2026, 12, 31),
            "start_time": time(23, 30),
            "timezone": "Pacific/Kiritimati",
            "topics": [sea],
        },
        "early in the west": {
            "start_date": date(2026, 11, 1),
            "start_time": time(0, 10),
            "timezone": "Etc/GMT+12",
            "attendance_mode": BOTH,
        },
        "across midnight": {
            "start_date": date(2026, 10, 31),
            "start_time": time(22),
            "end_date": date(2026, 11, 1),
            "end_time": time(4),
        },
        "to come": {
            "start_date": date(2027, 1, 12),
            "event_type": workshop,
            "topics": [ice, sea],
            **register,
        },
        "weekly": {
            "start_date": date(2026, 9, 7),
            "start_time": time(18),
            "end_time": time(19),
            "recurrence_rule": "FREQ=WEEKLY;UNTIL=20270131T235959Z",
            "attendance_mode": ONLINE,
            "event_type": workshop,
            "exceptions": [
                EventException(original_date=date(2026, 11, 2), is_cancelled=True),
                EventException(original_date=date(2026, 12, 28), start_date=date(2027, 2, 3)),
            ],
        },
        "twice a day": {
            "start_date": date(2026, 11, 30),
            "start_time": time(10),
            "end_time": time(11),
            "recurrence_rule": "FREQ=WEEKLY;COUNT=4",
            "additional_dates": "2026-12-07 15:00 - 17:00\n2027-01-05",
            "topics": [sea],
            "exceptions": [
                EventException(original_date=date(2026, 12, 7), original_time=time(15), is_cancelled=True)
            ],
        },
        "one by one": {
            "start_date": date(2026, 11, 2),
            "additional_dates": "2026-11-20 - 2026-11-22\n2027-02-01",
            "exceptions": [EventException(original_date=date(2026, 11, 2), is_cancelled=True)],
            "event_type": camp,
        },
        "monthly": {"start_date": date(2026, 9, 30), "recurrence_rule": "FREQ=MONTHLY;COUNT=3", **register},
        "undetermined": {"start_date": None, "date_status": "to_be_determined", "event_type": camp},
        "cancelled": {"start_date": date(2026, 12, 5), "event_status": "EventCancelled", "topics": [ice]},
        "moved online": {"start_date": date(2026, 11, 12), "event_status": "EventMovedOnline"},
        "private": {"event_type": workshop, "topics": [ice, sea], "city": "Rome"},
        "withdrawn": {"event_type": workshop},
    }.items():
        event = make_event(**{"title": title, "slug": title.replace(" ", "-"), **fields})
        if title == "private":
            PageViewRestriction.objects.create(page=event, restriction_type=PageViewRestriction.LOGIN)
        if title == "withdrawn":
            event.unpublish()
    return now


def asked(path, filters):
    """The slugs of the events to which the page at `path` links."""
    response = Client().get(f"/events/{path}?{urlencode(filters, doseq=True)}")
    if response.status_code == 404:  # a year in which nothing is
        return []
    assert response.status_code == 200
    slugs = re.findall(r'href="/events/([a-z-]+)/"', response.content.decode().split("<main", 1)[1])
    return [slug for slug in slugs if slug != "past"]


def calendar_of(filters):
    response = Client().get(f"/events/feed.ics?{urlencode(filters, doseq=True)}")
    return icalendar.Calendar.from_ical(b"".join(response.streaming_content))


def slug(entry):
    return str(entry["URL"]).rstrip("/").rpartition("/")[2]


def days_of(entry):
    """The first and the last day of an entry, on its own wall calendar."""
    start, end = entry.start, entry.end
    if not isinstance(start, datetime):
        return start, max(start, end - timedelta(days=1))
    # What ends at midnight takes no part of the day that begins then.
    last = end - timedelta(microseconds=1) if end > start else end
    return start.date(), last.date()


DAYS = st.dates(date(2026, 9, 1), date(2027, 2, 28))
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from(["workshop", "o", "rome", "ROME work"]),
        "type": st.lists(st.sampled_from(["workshop", "camp"]), min_size=1),
        "topic": st.lists(st.sampled_from(["ice", "sea"]), min_size=1),
        "where": st.sampled_from(["online", "in-person"]),
        "country": st.just("italy"),
        "registration": st.just("open"),
        "from": DAYS,
        "to": DAYS,
    },
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=FILTERS, hours=st.integers(-60 * 24, 60 * 24))
@example(filters={}, hours=0)
@example(filters={"from": date(2026, 11, 30), "to": date(2026, 11, 30)}, hours=0)
@example(filters={"type": ["workshop"], "where": "online"}, hours=30 * 24)
def test_listing_feed_and_calendar_agree(portal, filters, hours):
    portal.at = AT + timedelta(hours=hours)
    upcoming, past = asked("", filters), asked("past/", filters)
    assert len(set(upcoming + past)) == len(upcoming + past)

    calendar = calendar_of(filters)
    in_feed = {slug(entry) for entry in calendar.events}
    # A calendar has no place for the one, and goes back for a year only.
    assert in_feed == {*upcoming, *past} - {"undetermined", "over-for-years"}

    first, last = filters.get("from", FIRST), filters.get("to", LAST)
    if first > last:
        first, last = FIRST, LAST  # which the pages say that they leave out
    taking_place = [
        (slug(entry), *days_of(entry))
        for entry in recurring_ical_events.of(calendar).between(FIRST, LAST + timedelta(days=1))
    ]
    in_months = set()
    for month in MONTHS:
        shown = set(asked(month.path, filters))
        in_months |= shown
        assert shown == {
            name
            for name, begins, ends in taking_place
            if begins <= month.last and ends >= month.first and begins <= last and ends >= first
        }
    assert in_months == in_feed
