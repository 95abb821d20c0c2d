from datetime import date, time
from itertools import islice

import pytest

from events import rrule

ROME = "Europe/Rome"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "NAME=VALUE"),
        ("nonsense", "NAME=VALUE"),
        ("FREQ=", "NAME=VALUE"),
        ("INTERVAL=2", "needs FREQ"),
        ("FREQ=SECONDLY", "needs FREQ"),
        ("FREQ=HOURLY", "needs FREQ"),
        ("FREQ=DAILY;FREQ=DAILY", "twice"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=1,2", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=٣", "INTERVAL"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;COUNT=1;UNTIL=20270101", "not by both"),
        ("FREQ=DAILY;UNTIL=20261301", "UNTIL"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL"),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "UNTIL"),
        ("FREQ=DAILY;UNTIL=00010101", "UNTIL"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=1MO", "with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "does not go"),
        ("FREQ=MONTHLY;BYWEEKNO=3", "does not go"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH"),
        ("FREQ=DAILY;BYHOUR=9", "not understood"),
        ("FREQ=DAILY;X-NOTE=9", "not understood"),
        ("FREQ=DAILY;WKST=1", "WKST"),
        ("FREQ=DAILY;" + "BYMONTH=" + ",".join(["1"] * 200), "at most"),
    ],
)
def test_what_is_no_rule_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        rrule.parts(text)


@pytest.mark.parametrize(
    ("text", "first", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,WE", "2026-11-30", ["2026-11-30", "2026-12-02", "2026-12-07"]),
        ("freq=weekly", "2026-11-30", ["2026-11-30", "2026-12-07", "2026-12-14"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-11-27", ["2026-11-27", "2026-12-25", "2027-01-29"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-12-31", ["2026-12-31", "2027-01-31", "2027-03-31"]),
        ("FREQ=YEARLY", "2024-02-29", ["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("FREQ=DAILY;COUNT=2", "2026-11-30", ["2026-11-30", "2026-12-01"]),
        ("FREQ=DAILY;UNTIL=20261201", "2026-11-30", ["2026-11-30", "2026-12-01"]),
    ],
)
def test_days(text, first, expected):
    days = rrule.days(text, date.fromisoformat(first), None, ROME)
    assert [day.isoformat() for day in islice(days, 3)] == expected


@pytest.mark.parametrize(
    ("until", "zone", "last"),
    [
        ("20261201", ROME, "2026-12-01"),
        ("20261201T130000Z", ROME, "2026-12-01"),
        ("20261201T125959Z", ROME, "2026-11-30"),
        ("20261201T140000", ROME, "2026-12-01"),
        ("20261201T135959", ROME, "2026-11-30"),
        ("20261201T000000Z", "Pacific/Kiritimati", "2026-12-01"),
        ("20261201T235959Z", "Pacific/Kiritimati", "2026-12-01"),
        ("20261201T120000Z", "Etc/GMT+12", "2026-11-30"),
    ],
)
def test_until_is_a_day_or_an_instant(until, zone, last):
    """The event starts at 14:00 wall time."""
    assert rrule.last_day(f"FREQ=DAILY;UNTIL={until}", time(14), zone) == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("text", "start_time", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", time(14), "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;UNTIL=20261201;INTERVAL=2", None, "FREQ=DAILY;UNTIL=20261201;INTERVAL=2"),
        ("FREQ=DAILY;UNTIL=20261201", time(14), "FREQ=DAILY;UNTIL=20261201T130000Z"),
        ("FREQ=DAILY;UNTIL=20261201T000001Z", time(14), "FREQ=DAILY;UNTIL=20261201T000001Z"),
        ("FREQ=DAILY;UNTIL=20261201T150000", time(14), "FREQ=DAILY;UNTIL=20261201T130000Z"),
        ("FREQ=DAILY;UNTIL=20261201T225959Z", None, "FREQ=DAILY;UNTIL=20261201"),
        ("freq=daily;until=20261201", time(14), "FREQ=DAILY;UNTIL=20261201T130000Z"),
        # What some programs would not read, or read twice.
        ("BYDAY=+01MO,1MO,-02TU;INTERVAL=02;FREQ=MONTHLY", None, "FREQ=MONTHLY;BYDAY=1MO,-2TU;INTERVAL=2"),
        ("FREQ=MONTHLY;BYMONTHDAY=-01,+5;COUNT=010", None, "FREQ=MONTHLY;BYMONTHDAY=-1,5;COUNT=10"),
    ],
)
def test_a_calendar_gets_until_as_the_standard_wants_it(text, start_time, expected):
    assert rrule.exported(text, start_time, ROME) == expected


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=MO", "2026-11-30", "2026-11-30"),
        ("FREQ=WEEKLY;BYDAY=TU", "2026-11-30", "2026-12-01"),
        ("FREQ=MONTHLY;BYDAY=2TU", "2026-12-08", "2026-12-08"),
        ("FREQ=MONTHLY;BYDAY=2TU", "2026-12-09", "2027-01-12"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2024-02-29", "2024-02-29"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "1904-02-29", "1904-02-29"),
        ("FREQ=WEEKLY;INTERVAL=2;UNTIL=20200101", "2026-11-30", "2026-11-30"),
        # No day at all: what the library alone would look for until the year 9999.
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "2026-11-30", None),
        ("FREQ=WEEKLY;BYSETPOS=30;BYDAY=MO", "2026-11-30", None),
    ],
)
def test_the_next_day_of_a_rule(text, day, expected):
    assert rrule.next_day(text, date.fromisoformat(day)) == (expected and date.fromisoformat(expected))
