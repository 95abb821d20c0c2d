from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.dates import describe, describe_days, iso_start, utc_offset
from events.recurrence import Schedule

ROME = "Europe/Rome"


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        (Schedule(date(2025, 7, 14), None, date(2025, 7, 20), None, ROME), "14–20 July 2025"),
        (Schedule(date(2025, 4, 27), None, date(2025, 5, 2), None, ROME), "27 April – 2 May 2025"),
        (
            Schedule(date(2025, 12, 30), None, date(2026, 1, 2), None, ROME),
            "30 December 2025 – 2 January 2026",
        ),
        (Schedule(date(2026, 11, 30), None, None, None, ROME), "30 November 2026"),
        (Schedule(date(2026, 11, 30), None, date(2026, 11, 30), None, ROME), "30 November 2026"),
        (
            Schedule(date(2026, 2, 26), time(14), None, time(15, 30), ROME),
            "26 February 2026, 14:00–15:30 CET",
        ),
        (Schedule(date(2026, 2, 26), time(14), None, None, ROME), "26 February 2026, 14:00 CET"),
        (Schedule(date(2026, 7, 1), time(9), None, None, ROME), "1 July 2026, 09:00 CEST"),
        (Schedule(date(2026, 7, 1), time(0), None, time(1), ROME), "1 July 2026, 00:00–01:00 CEST"),
        (Schedule(date(2026, 7, 1), time(9), date(2026, 7, 3), None, ROME), "1–3 July 2026, 09:00 CEST"),
        (
            Schedule(date(2026, 6, 30), time(22), date(2026, 7, 1), time(2), ROME),
            "30 June 2026, 22:00 – 1 July 2026, 02:00 CEST",
        ),
        (
            Schedule(date(2026, 10, 24), time(22), date(2026, 10, 25), time(4), ROME),
            "24 October 2026, 22:00 CEST – 25 October 2026, 04:00 CET",
        ),
        (Schedule(date(2026, 1, 5), time(9), None, None, "America/Sao_Paulo"), "5 January 2026, 09:00 UTC−3"),
        (Schedule(date(2026, 1, 5), time(9), None, None, "Asia/Kathmandu"), "5 January 2026, 09:00 UTC+5:45"),
        (Schedule(date(2026, 1, 5), time(9), None, None, "UTC"), "5 January 2026, 09:00 UTC"),
    ],
)
def test_dates_are_written_as_people_write_them(schedule, text):
    assert describe(schedule) == text


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        (ROME, "UTC+1"),
        ("UTC", "UTC"),
        ("America/St_Johns", "UTC−3:30"),
        ("Pacific/Kiritimati", "UTC+14"),
        ("Etc/GMT+12", "UTC−12"),
    ],
)
def test_utc_offset(zone, offset):
    assert utc_offset(Schedule(date(2026, 1, 5), time(9), None, None, zone)) == offset


def test_machine_readable_start():
    assert iso_start(Schedule(date(2026, 2, 26), time(14), None, None, ROME)) == "2026-02-26T14:00:00+01:00"
    assert iso_start(Schedule(date(2026, 2, 26), None, None, None, ROME)) == "2026-02-26"


@given(st.dates(), st.dates())
def test_a_range_of_days_names_both_ends(first, last):
    first, last = min(first, last), max(first, last)
    text = describe_days(first, last)
    assert text.startswith(str(first.day))
    assert str(last.year) in text
    assert ("–" in text) == (first != last)
