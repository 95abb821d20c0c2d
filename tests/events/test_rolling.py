"""The rows of series follow the clock, night by night."""

import logging
import tracemalloc
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock

from events import recurrence, tasks
from events.models import EventException, EventOccurrence, EventPage, EventTombstone
from tests.builders import make_event, make_events

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 22, 2, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def index(event_list):
    return event_list


def first_days(event):
    return [row.days.lower for row in EventOccurrence.objects.filter(page=event)]


def writes(queries):
    return [query["sql"] for query in queries if not query["sql"].startswith(("SELECT", "DECLARE", "FETCH"))]


def test_a_series_without_end_gains_and_loses_dates_as_the_clock_moves():
    event = make_event(start_date=date(2020, 1, 6), recurrence_rule="FREQ=MONTHLY;BYDAY=1MO")
    tasks.roll(AT)
    assert (first_days(event)[0], first_days(event)[-1]) == (date(2024, 12, 2), date(2028, 11, 6))
    tasks.roll(AT + timedelta(days=31))
    assert (first_days(event)[0], first_days(event)[-1]) == (date(2025, 1, 6), date(2028, 12, 4))


def test_rows_that_are_right_are_not_written_again():
    make_event(title="Once", start_date=date(2026, 12, 1))
    series = make_event(title="Series", start_date=date(2026, 12, 1), recurrence_rule="FREQ=WEEKLY")
    series.exceptions = [EventException(original_date=date(2026, 12, 8), is_cancelled=True)]
    series.save_revision().publish()
    make_event(title="Some day", start_date=None, date_status="to_be_determined")
    tasks.roll(AT)
    before = list(EventOccurrence.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as queries:
        tasks.roll(AT + timedelta(minutes=1))
    assert writes(queries) == []
    assert len(queries) <= 4
    assert list(EventOccurrence.objects.values_list("pk", flat=True)) == before


def test_instants_follow_when_the_rules_of_a_zone_change(monkeypatch):
    """As when a country gives up summer time and a new tzdata is installed."""
    event = make_event(start_date=date(2027, 7, 1), start_time=time(9), timezone="Europe/Rome")
    other = make_event(title="Other", start_date=date(2027, 7, 1), start_time=time(9), timezone="Asia/Tokyo")
    assert event.occurrences.get().starts_at == datetime(2027, 7, 1, 7, tzinfo=UTC)
    untouched = other.occurrences.get().pk
    new_rules = {"Europe/Rome": ZoneInfo("Etc/GMT-1")}
    monkeypatch.setattr(recurrence, "ZoneInfo", lambda name: new_rules.get(name) or ZoneInfo(name))
    tasks.roll(AT)
    row = event.occurrences.get()
    assert row.starts_at == datetime(2027, 7, 1, 8, tzinfo=UTC)
    assert (row.days.lower, row.start_time) == (date(2027, 7, 1), time(9))
    assert other.occurrences.get().pk == untouched


def test_an_event_that_fails_is_logged_and_stops_no_other(monkeypatch, caplog):
    broken, well = make_event(title="Broken"), make_event(title="Well")
    EventOccurrence.objects.all().delete()
    EventPage.objects.filter(pk=broken.pk).update(timezone="Mars/Olympus", start_time=time(9))
    with caplog.at_level(logging.ERROR, "events.tasks"):
        tasks.roll(AT)
    assert (broken.occurrences.count(), well.occurrences.count()) == (0, 1)
    (record,) = caplog.records
    assert "Broken" in record.getMessage()
    assert record.exc_info


def test_a_database_in_trouble_ends_the_round(monkeypatch):
    make_event()

    def fail(self, at):
        raise OperationalError("the connection was lost")

    monkeypatch.setattr(EventPage, "has_right_occurrences", fail)
    with pytest.raises(OperationalError):
        tasks.roll(AT)


def test_what_is_not_published_has_no_rows():
    event = make_event(start_date=date(2026, 12, 1), recurrence_rule="FREQ=WEEKLY")
    event.unpublish()
    assert first_days(event) == []
    tasks.roll(AT)
    assert first_days(event) == []


def test_what_was_published_or_taken_down_meanwhile_is_taken_as_it_is_now(monkeypatch):
    moved, gone = make_event(title="Moved"), make_event(title="Gone")
    EventOccurrence.objects.all().delete()
    seen = EventPage.has_right_occurrences
    moving = [
        lambda: EventPage.objects.filter(pk=moved.pk).update(start_date=date(2027, 5, 1)),
        lambda: EventPage.objects.filter(pk=gone.pk).update(live=False),
    ]

    def somebody_is_quicker(self, at):
        result = seen(self, at)
        while moving:
            moving.pop()()
        return result

    monkeypatch.setattr(EventPage, "has_right_occurrences", somebody_is_quicker)
    tasks.roll(AT)
    assert first_days(moved) == [date(2027, 5, 1)]
    assert first_days(gone) == []


def test_the_tasks_ask_the_clock(monkeypatch):
    event = make_event(start_date=date(2020, 1, 6), recurrence_rule="FREQ=MONTHLY;BYDAY=1MO")
    monkeypatch.setattr(clock, "now", lambda: datetime(2031, 1, 1, tzinfo=UTC))
    tasks.roll_occurrences.func(timestamp=0)
    assert first_days(event)[-1] == date(2032, 12, 6)


@pytest.mark.usefixtures("usual_collections")
def test_thousands_of_events_are_rolled_a_few_at_a_time(monkeypatch):
    make_events(1000)
    monkeypatch.setattr(tasks, "PAGES_AT_ONCE", 20)
    make_event(title="Series", start_date=date(2026, 12, 1), recurrence_rule="FREQ=WEEKLY")
    tasks.roll(AT)
    tracemalloc.start()
    tasks.roll(AT)
    few = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    monkeypatch.setattr(tasks, "PAGES_AT_ONCE", 2000)
    tasks.roll(AT)
    all_at_once = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert few * 3 < all_at_once


def test_tombstones_are_forgotten_after_two_years():
    for days in (729, 731):
        EventTombstone.objects.create(
            slug=f"after-{days}", title="Gone", deleted_at=AT - timedelta(days=days)
        )
    tasks.forget(AT)
    assert [tombstone.slug for tombstone in EventTombstone.objects.all()] == ["after-729"]
