from datetime import UTC, date, datetime, time

import pytest

from events.recurrence import Occurrence, Schedule, occurrences, phase


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def schedule(start, start_time=None, end=None, end_time=None, zone="Europe/Rome"):
    def day(text):
        return date.fromisoformat(text) if text else None

    def wall(text):
        return time.fromisoformat(text) if text else None

    return Schedule(day(start), wall(start_time), day(end), wall(end_time), zone)


CASES = {
    "a whole day ends at the next midnight": (
        schedule("2026-11-30"),
        ("2026-11-29T23:00", "2026-11-30T23:00", "2026-11-30T23:00"),
    ),
    "the last day is included": (
        schedule("2026-11-30", end="2026-12-04"),
        ("2026-11-29T23:00", "2026-12-04T23:00", "2026-12-04T23:00"),
    ),
    "a timed event is listed to the end of its day": (
        schedule("2026-02-26", "14:00", end_time="15:30"),
        ("2026-02-26T13:00", "2026-02-26T14:30", "2026-02-26T23:00"),
    ),
    "an unknown end stays unknown": (
        schedule("2026-02-26", "14:00"),
        ("2026-02-26T13:00", None, "2026-02-26T23:00"),
    ),
    "across midnight": (
        schedule("2026-06-30", "22:00", "2026-07-01", "02:00"),
        ("2026-06-30T20:00", "2026-07-01T00:00", "2026-07-01T22:00"),
    ),
    "the first zone of the day": (
        schedule("2026-01-01", zone="Pacific/Kiritimati"),
        ("2025-12-31T10:00", "2026-01-01T10:00", "2026-01-01T10:00"),
    ),
    "the last zone of the day": (
        schedule("2026-01-01", zone="Etc/GMT+12"),
        ("2026-01-01T12:00", "2026-01-02T12:00", "2026-01-02T12:00"),
    ),
    "a day of 23 hours": (
        schedule("2026-03-29"),
        ("2026-03-28T23:00", "2026-03-29T22:00", "2026-03-29T22:00"),
    ),
    "an hour that daylight saving skips is read with the offset before": (
        schedule("2026-03-29", "02:30", end_time="05:00"),
        ("2026-03-29T01:30", "2026-03-29T03:00", "2026-03-29T22:00"),
    ),
    "of an hour that comes twice the first is meant": (
        schedule("2026-10-25", "02:30", end_time="04:00"),
        ("2026-10-25T00:30", "2026-10-25T03:00", "2026-10-25T23:00"),
    ),
}


@pytest.mark.parametrize(("given", "expected"), CASES.values(), ids=CASES.keys())
def test_instants(given, expected):
    starts, ends, until = expected
    assert occurrences(given) == [Occurrence(utc(starts), ends and utc(ends), utc(until))]


@pytest.mark.parametrize(
    ("given", "at", "expected"),
    [
        (schedule("2026-02-26", "14:00", end_time="15:30"), "2026-02-26T12:59", "upcoming"),
        (schedule("2026-02-26", "14:00", end_time="15:30"), "2026-02-26T13:00", "now"),
        (schedule("2026-02-26", "14:00", end_time="15:30"), "2026-02-26T14:29", "now"),
        (schedule("2026-02-26", "14:00", end_time="15:30"), "2026-02-26T14:30", "ended_today"),
        (schedule("2026-02-26", "14:00", end_time="15:30"), "2026-02-26T22:59", "ended_today"),
        (schedule("2026-02-26", "14:00", end_time="15:30"), "2026-02-26T23:00", "past"),
        (schedule("2026-02-26", "14:00"), "2026-02-26T20:00", "today"),
        (schedule("2026-11-30", end="2026-12-04"), "2026-12-04T22:59", "now"),
        (schedule("2026-11-30", end="2026-12-04"), "2026-12-04T23:00", "past"),
        (schedule("2026-01-01", zone="Pacific/Kiritimati"), "2025-12-31T10:00", "now"),
        (schedule("2026-01-01", zone="Pacific/Kiritimati"), "2026-01-01T10:00", "past"),
        (schedule("2026-01-01", zone="Etc/GMT+12"), "2026-01-01T11:59", "upcoming"),
        (schedule("2026-01-01", zone="Etc/GMT+12"), "2026-01-02T11:59", "now"),
    ],
)
def test_phase_follows_the_clock(given, at, expected):
    assert phase(occurrences(given)[-1], utc(at)) == expected
