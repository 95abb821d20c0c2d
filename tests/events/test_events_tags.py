from datetime import UTC, date, datetime

import pytest

from events.models import EventOrganizer, EventTopic, EventType
from events.templatetags import events_tags
from events.templatetags.events_tags import chips, upcoming_events
from tests.builders import make_event, make_partner, make_partner_index

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def index(event_list, monkeypatch):
    monkeypatch.setattr(events_tags.clock, "now", lambda: datetime(2026, 11, 30, 12, tzinfo=UTC))
    return event_list


def test_the_next_events_come_first():
    for year in (2029, 2027, 2028, 2025):
        make_event(title=str(year), start_date=date(year, 1, 1))
    announcement = upcoming_events(count=2)
    assert [event.title for event in announcement.events] == ["2027", "2028"]
    assert not announcement.are_recent


def test_without_any_the_most_recent_ones_are_shown():
    for year in (2024, 2026, 2025):
        make_event(title=str(year), start_date=date(year, 1, 1))
    announcement = upcoming_events(count=2)
    assert [event.title for event in announcement.events] == ["2026", "2025"]
    assert announcement.are_recent


def test_without_any_event_at_all_nothing_is_called_recent():
    assert not upcoming_events().are_recent


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ["Happening now"]),
        ({"start_date": date(2026, 12, 1)}, []),
        ({"start_date": date(2026, 11, 1)}, []),
        ({"start_date": None, "date_status": "to_be_determined"}, ["Date to be announced"]),
        ({"event_status": "EventCancelled"}, ["Cancelled"]),
        ({"event_status": "EventPostponed", "date_status": "tentative"}, ["Postponed"]),
        ({"start_date": date(2020, 1, 1), "date_status": "tentative"}, []),
        (
            {"event_status": "EventMovedOnline", "attendance_mode": "MixedEventAttendanceMode"},
            ["Moved online", "Happening now"],
        ),
        ({"event_status": "EventMovedOnline"}, ["Moved online", "Happening now"]),
        ({"attendance_mode": "MixedEventAttendanceMode"}, ["Happening now", "In person and online"]),
        ({"start_time": "09:00", "end_time": "10:00", "timezone": "UTC"}, ["Ended today"]),
        ({"start_time": "09:00", "timezone": "UTC"}, ["Today"]),
    ],
)
def test_signs_say_what_is_special_right_now(changes, words):
    event = make_event(**changes)
    event.refresh_from_db()
    assert [chip.text for chip in chips(event)] == words


def test_who_comes_late_is_not_asked_to_register(client):
    times = {"start_time": "09:00", "end_time": "10:00", "timezone": "UTC"}
    event = make_event(registration_url="https://example.org/register", **times)
    assert 'href="https://example.org/register' not in client.get(event.url).content.decode()
    event.end_time = "15:00"
    event.save_revision().publish()
    assert 'href="https://example.org/register' in client.get(event.url).content.decode()


def test_a_partner_page_lists_the_events_of_that_partner(client):
    make_partner_index()
    ours, theirs = make_partner(title="Ours"), make_partner(title="Theirs")
    for title, partner in (("Ours to come", ours), ("Theirs to come", theirs)):
        event = make_event(title=title, start_date=date(2099, 1, 1))
        event.organizers = [EventOrganizer(partner=partner)]
        event.save_revision().publish()
    html = client.get(ours.url).content.decode()
    assert "Upcoming events of Ours" in html
    assert "Ours to come" in html
    assert "Theirs to come" not in html


@pytest.mark.parametrize(("choice", "titles"), [({"type": "talk"}, ["A"]), ({"topic": "ice"}, ["B"])])
def test_events_of_a_type_or_on_a_topic(choice, titles):
    kind = EventType.objects.create(name="Talk", slug="talk")
    ice = EventTopic.objects.create(name="Ice", slug="ice")
    make_event(title="A", start_date=date(2099, 1, 1), event_type=kind)
    event = make_event(title="B", start_date=date(2099, 1, 1))
    event.topics = [ice]
    event.save_revision().publish()
    assert [event.title for event in upcoming_events(**choice).events] == titles
