from datetime import UTC, date, datetime, time

import pytest

from events.recurrence import (
    MAX_OCCURRENCES,
    Occurrence,
    Schedule,
    ScheduleException,
    all_dates,
    clock_changes,
    excepted_dates,
    next_or_last,
    occurrences,
    phase,
)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


ANY_TIME = utc("2026-11-22T12:00")


def schedule(start, start_time=None, end=None, end_time=None, zone="Europe/Rome", rule="", exceptions=()):
    def day(text):
        return date.fromisoformat(text) if text else None

    def wall(text):
        return time.fromisoformat(text) if text else None

    return Schedule(day(start), wall(start_time), day(end), wall(end_time), zone, rule, exceptions)


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
    expected = Occurrence(given.start_date, given, utc(starts), ends and utc(ends), utc(until))
    assert occurrences(given, ANY_TIME) == [expected]


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
    assert phase(occurrences(given, ANY_TIME)[-1], utc(at)) == expected


def first_days(given, at="2026-11-22T12:00"):
    return [occurrence.wall.start_date.isoformat() for occurrence in occurrences(given, utc(at))]


def test_a_series_keeps_its_wall_time_when_the_clocks_change():
    given = schedule("2026-03-22", "14:00", end_time="15:00", rule="FREQ=WEEKLY;COUNT=2")
    assert [occurrence.starts_at for occurrence in occurrences(given, ANY_TIME)] == [
        utc("2026-03-22T13:00"),
        utc("2026-03-29T12:00"),
    ]


def test_a_date_of_a_series_lasts_as_long_as_the_first():
    given = schedule("2026-01-30", end="2026-02-01", rule="FREQ=MONTHLY;COUNT=2;BYDAY=-1FR")
    assert [occurrence.wall.last_date for occurrence in occurrences(given, ANY_TIME)] == [
        date(2026, 2, 1),
        date(2026, 3, 1),
    ]


def test_a_series_that_ends_is_known_whole_however_old():
    given = schedule("1990-01-01", rule="FREQ=YEARLY;COUNT=3")
    assert first_days(given) == ["1990-01-01", "1991-01-01", "1992-01-01"]


def test_a_series_without_end_is_known_two_years_around_the_clock():
    days = first_days(schedule("2000-01-03", rule="FREQ=MONTHLY;BYDAY=1MO"))
    assert (days[0], days[-1], len(days)) == ("2024-12-02", "2028-11-06", 48)


def test_of_many_dates_the_nearest_are_known():
    days = first_days(schedule("2000-01-01", rule="FREQ=DAILY"))
    assert (days[0], days[-1], len(days)) == ("2026-03-17", "2027-07-29", MAX_OCCURRENCES)
    assert first_days(schedule("2000-01-01", rule="FREQ=DAILY;COUNT=501")) == ["2001-05-15"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("FREQ=YEARLY;INTERVAL=20", "2040-01-01"), ("FREQ=YEARLY;INTERVAL=20;UNTIL=20300101", "2020-01-01")],
)
def test_a_series_has_at_least_one_date(rule, expected):
    assert first_days(schedule("2000-01-01", rule=rule))[-1] == expected


def test_exceptions():
    given = schedule(
        "2026-12-01",
        "14:00",
        end_time="15:00",
        rule="FREQ=WEEKLY;COUNT=5",
        exceptions=(
            ScheduleException(date(2026, 12, 1), start_date=date(2026, 12, 30)),
            ScheduleException(date(2026, 12, 8), is_cancelled=True, note="Holiday"),
            ScheduleException(date(2026, 12, 15), start_time=time(9)),
            ScheduleException(date(2026, 12, 22), end_date=date(2026, 12, 23), end_time=time(1)),
            ScheduleException(date(2026, 12, 9), is_cancelled=True),
        ),
    )
    dates = all_dates(given, ANY_TIME)
    walls = [(d.wall.start_date.day, d.wall.start_time, d.wall.last_date.day, d.wall.end_time) for d in dates]
    assert walls == [
        (8, time(14), 8, time(15)),
        (15, time(9), 15, None),
        (22, time(14), 23, time(1)),
        (29, time(14), 29, time(15)),
        (30, time(14), 30, time(15)),
    ]
    assert [
        (d.original_date.day, d.is_cancelled, d.is_moved, d.note) for d in dates if d.note or d.is_moved
    ] == [
        (8, True, False, "Holiday"),
        (1, False, True, ""),
    ]
    assert len(occurrences(given, ANY_TIME)) == 4


def test_the_dates_that_are_excepted_are_found_however_far_away():
    changes = (
        ScheduleException(date(2050, 11, 28), start_date=date(2050, 11, 30), note="Far away"),
        ScheduleException(date(2026, 12, 8), is_cancelled=True),
        ScheduleException(date(2026, 12, 9), is_cancelled=True),
    )
    given = schedule("2026-12-01", "14:00", rule="FREQ=WEEKLY;BYDAY=TU,MO", exceptions=changes)
    found = excepted_dates(given)
    assert [(d.original_date, d.is_cancelled, d.note) for d in found] == [
        (date(2026, 12, 8), True, ""),
        (date(2050, 11, 28), False, "Far away"),
    ]
    assert found[1].wall == schedule("2050-11-30", "14:00")
    endless = schedule("1900-01-01", rule="FREQ=DAILY", exceptions=changes)
    assert [d.original_date for d in excepted_dates(endless)] == [], "too far to walk"
    assert excepted_dates(schedule("2026-12-01", exceptions=changes)) == []
    assert excepted_dates(schedule("2026-12-01", rule="FREQ=DAILY")) == []


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-01T00:00", 1),
        ("2026-12-01T22:59", 1),
        ("2026-12-01T23:00", 2),
        ("2027-01-01T00:00", 2),
    ],
)
def test_the_date_that_matters_is_the_next_or_the_last(at, expected):
    given = schedule("2026-12-01", rule="FREQ=DAILY;COUNT=2")
    assert next_or_last(occurrences(given, utc(at)), utc(at)).wall.start_date.day == expected


def test_of_no_dates_none_matters():
    assert next_or_last([], ANY_TIME) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (schedule("2026-03-29", "02:30"), ["skip that night; it is read as 03:30"]),
        (schedule("2026-10-25", "02:30", end_time="04:00"), ["twice that night; the first is meant"]),
        (schedule("2026-10-24", "22:00", "2026-10-25", "02:30"), ["It ends on 2026-10-25 at 02:30"]),
        (schedule("2026-03-22", "02:30", rule="FREQ=WEEKLY;COUNT=3"), ["It starts on 2026-03-29"]),
        (schedule("2026-03-29", "03:00"), []),
        (schedule("2026-10-25", "03:00"), []),
        (schedule("2026-10-25"), []),
    ],
)
def test_an_hour_that_the_clocks_skip_or_repeat_is_pointed_out(given, words):
    found = clock_changes(given, ANY_TIME)
    assert len(found) == len(words)
    assert all(word in sentence for word, sentence in zip(words, found, strict=True))
