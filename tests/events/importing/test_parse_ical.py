"""Reading calendars; numbers in names are those of the cases a strong import must get right."""

import contextlib
import random
import time as stopwatch
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import additional_dates, rrule
from events.importing.feed import FeedUnusable, Level
from events.importing.parse import ical, parse, rules, vevent
from events.recurrence import AdditionalDate, ScheduleException, all_dates
from tests.builders import make_calendar
from tests.events.test_recurrence_properties import rules as recurrence_rules

from .mutations import mutated

FEED = Path(__file__).parents[2] / "data" / "python-events.ics"


def read(data):
    return parse(data, format="ical", default_timezone="Europe/Rome")


def read_one(*lines, **calendar):
    """The only event of a calendar, and the warnings about it."""
    feed = read(make_calendar("\n".join(lines), **calendar))
    (event,) = feed.events
    return event, " ".join(problem.reason for problem in feed.problems)


def test_a_real_export():
    feed = read(FEED.read_bytes())
    assert (len(feed.events), feed.problems, feed.complete) == (78, (), True)
    assert feed.name == "Python Events Calendar"
    event = feed.events[0]
    assert (event.title, event.start_date, event.end_date) == (
        "PyCon APAC 2014",
        date(2014, 5, 16),
        date(2014, 5, 18),
    )
    assert event.venue == "Academia Sinica, Taipei, Taiwan"
    assert event.website == "http://tw.pycon.org/2014apac/en/"
    assert event.body == '<p><a href="http://tw.pycon.org/2014apac/en/">PyCon APAC 2014</a></p>'
    assert sum(event.body.count("<a href=") > 0 for event in feed.events) == 78


# Reading a feed


def test_case_1_a_path_is_no_calendar():
    with pytest.raises(FeedUnusable):
        read(str(FEED).encode())


@pytest.mark.parametrize(
    "stray",
    [
        b"BEGIN:VALARM\nTRIGGER;;;:\n",
        b"BEGIN:VALARM\nTRIGGER:-PT15M\n",
        b"END:VALARM\n",
        b"X-BROKEN\n",
        b"no line at all\n",
        b":\n",
        b'ATTENDEE;CN="unclosed:mailto:x\n',
    ],
)
def test_case_2_a_broken_alarm_or_stray_line_costs_nothing(stray):
    data = make_calendar("SUMMARY:First", "SUMMARY:Second").replace(b"END:VEVENT", stray + b"END:VEVENT", 1)
    assert [event.title for event in read(data).events] == ["First", "Second"]
    data = stray.replace(b"BEGIN:VALARM", b"BEGIN:VTIMEZONE") + make_calendar("SUMMARY:First")
    assert [event.title for event in read(data).events] == ["First"]


def test_case_3_a_feed_cut_anywhere_is_not_complete():
    data = make_calendar("SUMMARY:First", "SUMMARY:Second")
    for length in range(len(b"BEGIN:VCALENDAR\n"), len(data) - 2):
        assert not read(data[:length]).complete


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
        (b'{"events": []}', "not an iCalendar feed"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not an iCalendar feed"),
    ],
)
def test_case_4_what_is_no_calendar_is_named(data, words):
    with pytest.raises(FeedUnusable, match=words):
        read(data)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_case_5_encodings_and_line_ends(encoding, line_end):
    text = make_calendar("SUMMARY:Große Tagung à Genève\nLOCATION:Zü\n rich").decode().replace("\n", line_end)
    (event,) = read(text.encode(encoding)).events
    assert (event.title, event.venue) == ("Große Tagung à Genève", "Zürich")


def test_case_5_two_calendars_in_one_file_keep_their_zones():
    data = make_calendar("UID:a\nDTSTART:20260701T120000Z") + make_calendar(
        "UID:b\nDTSTART:20260701T120000Z", head="X-WR-TIMEZONE:Asia/Tokyo"
    )
    assert [event.start_time for event in read(data).events] == [time(14), time(21)]


def test_a_character_folded_in_the_middle():
    data = make_calendar("SUMMARY:Große Tagung").replace("ß".encode(), b"\xc3\n \x9f")
    assert read(data).events[0].title == "Große Tagung"


def test_entries_without_a_calendar_around_them_are_read():
    data = b"BEGIN:VEVENT\nUID:a\nDTSTART:20260701T090000Z\nSUMMARY:Alone\nEND:VEVENT\n"
    feed = read(data)
    assert [(event.title, event.timezone) for event in feed.events] == [("Alone", "UTC")]
    assert "BEGIN:VCALENDAR" in feed.problems[0].reason
    assert not read(data[:-5]).complete


def test_a_warning_is_given_once():
    feed = read(make_calendar("DTSTART;TZID=Nowhere:20260701T090000\nDTEND;TZID=Nowhere:20260701T100000"))
    assert len(feed.problems) == 1


def test_case_6_the_scale_is_accepted_in_any_case():
    assert read_one("SUMMARY:x", head="CALSCALE:Gregorian")[0].title == "x"


def test_case_7_two_summaries_give_the_first_and_a_warning():
    event, warnings = read_one("SUMMARY:First", "SUMMARY:Second")
    assert event.title == "First"
    assert "several SUMMARY" in warnings


@pytest.mark.parametrize(
    "broken",
    [
        "-DTSTART:",
        "DTSTART:soon",
        "DTSTART;VALUE=DATE:20260230",
        "DTSTART;VALUE=DATE:00010101",
        "DTSTART;VALUE=DATE:99991231",
        "DURATION:P99999999999D",
        "DURATION:P99999999D",
        "DURATION:a while",
        "DTEND;VALUE=DATE:29990101",
        "DTEND:never",
    ],
)
def test_case_8_a_date_that_cannot_be_read_costs_its_event_only(broken):
    feed = read(make_calendar("SUMMARY:Good", f"UID:bad\n{broken}", "SUMMARY:Good too"))
    assert [event.title for event in feed.events] == ["Good", "Good too"]
    (problem,) = feed.problems
    assert (problem.level, problem.uid) == (Level.FAILED, "bad")
    assert problem.line == 11


@pytest.mark.parametrize("sequence", ["-1", "many", "99999999999999999999", "１"])
def test_case_8_a_bad_sequence_is_reported(sequence):
    event, warnings = read_one(f"SEQUENCE:{sequence}")
    assert event.sequence is None
    assert "SEQUENCE" in warnings


def test_case_8_second_60_is_the_second_before():
    event, warnings = read_one("DTSTART:20261231T235960Z", head="X-WR-TIMEZONE:UTC")
    assert event.start_time == time(23, 59, 59)
    assert "second 60" in warnings


def test_an_entry_without_end_costs_its_neighbours_nothing():
    data = make_calendar("SUMMARY:First", "UID:open\nSUMMARY:Open", "SUMMARY:Last")
    parts = data.split(b"END:VEVENT\n")
    feed = read(parts[0] + b"END:VEVENT\n" + parts[1] + parts[2] + b"END:VEVENT\n" + parts[3])
    assert [event.title for event in feed.events] == ["First", "Last"]
    assert [problem.uid for problem in feed.problems] == ["open"]


def test_an_entry_outside_of_its_calendar_is_read():
    data = make_calendar("SUMMARY:In") + b"BEGIN:VEVENT\nUID:out\nDTSTART:20261130\nSUMMARY:Out\nEND:VEVENT\n"
    assert [event.title for event in read(data).events] == ["In", "Out"]


def test_case_9_quoted_printable_and_base64():
    event, _ = read_one(
        "SUMMARY;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Gro=DFe =\nTagung",
        "LOCATION;ENCODING=BASE64:UMOhZHVh",
        "DESCRIPTION;ENCODING=QUOTED-PRINTABLE:One=0D=0A=0D=0ATwo",
    )
    assert (event.title, event.venue, event.body) == ("Große Tagung", "Pádua", "<p>One</p><p>Two</p>")


# Dates


@pytest.mark.parametrize(
    "parameters",
    [
        "ENCODING=BASE64:é",
        "ENCODING=BASE64:abc",
        "ENCODING=QUOTED-PRINTABLE;CHARSET=undefined:abc=E9",
        "ENCODING=QUOTED-PRINTABLE;CHARSET=no-such-charset:abc=E9",
    ],
)
def test_text_that_is_not_in_its_encoding_is_taken_as_it_stands(parameters):
    event, warnings = read_one(f"DESCRIPTION;{parameters}")
    assert event.body == f"<p>{parameters.rpartition(':')[2]}</p>"
    assert "encoding" in warnings
    feed = read(make_calendar("SUMMARY:One", head=f"X-WR-CALNAME;{parameters}"))
    assert len(feed.events) == 1


def test_whatever_an_entry_raises_it_costs_no_other(monkeypatch):
    def raising(text):
        if "Two" in text:
            raise RuntimeError("a bug")
        return text

    monkeypatch.setattr(vevent, "plain_line", raising)
    feed = read(make_calendar("SUMMARY:One", "UID:bad\nSUMMARY:Two", "SUMMARY:Three"))
    assert [event.title for event in feed.events] == ["One", "Three"]
    assert [(problem.level, problem.uid) for problem in feed.problems] == [(Level.FAILED, "bad")]


def days(event):
    return event.start_date, event.end_date, event.start_time, event.end_time


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # 11: an exclusive end becomes the last day
        (
            "DTSTART;VALUE=DATE:20260728\nDTEND;VALUE=DATE:20260730",
            (date(2026, 7, 28), date(2026, 7, 29), None, None),
        ),
        ("DTSTART:20260728\nDTEND:20260730", (date(2026, 7, 28), date(2026, 7, 29), None, None)),
        # 12: one day
        ("DTSTART;VALUE=DATE:20260728", (date(2026, 7, 28), None, None, None)),
        ("DTSTART;VALUE=DATE:20260728\nDTEND;VALUE=DATE:20260728", (date(2026, 7, 28), None, None, None)),
        ("DTSTART;VALUE=DATE:20260728\nDTEND;VALUE=DATE:20260729", (date(2026, 7, 28), None, None, None)),
        ("DTSTART;VALUE=DATE:20260728\nDURATION:P2D", (date(2026, 7, 28), date(2026, 7, 29), None, None)),
        ("DTSTART;VALUE=DATE:20260728\nDURATION:PT24H", (date(2026, 7, 28), None, None, None)),
        # 13: the end is unknown
        ("DTSTART:20260728T090000", (date(2026, 7, 28), None, time(9), None)),
        ("DTSTART:20260728T090000\nDTEND:20260728T090000", (date(2026, 7, 28), None, time(9), None)),
        # 14: 25 hours
        (
            "DTSTART:20260728T090000\nDTEND:20260729T100000",
            (date(2026, 7, 28), date(2026, 7, 29), time(9), time(10)),
        ),
        ("DTSTART:20260728T090000\nDURATION:PT1H30M", (date(2026, 7, 28), None, time(9), time(10, 30))),
        # days by the clock on the wall, hours by the watch: that night has 25 of them
        (
            "DTSTART:20261024T220000\nDURATION:P1D",
            (date(2026, 10, 24), date(2026, 10, 25), time(22), time(22)),
        ),
        (
            "DTSTART:20261024T220000\nDURATION:PT12H",
            (date(2026, 10, 24), date(2026, 10, 25), time(22), time(9)),
        ),
        # 64: midnight is midnight
        (
            "DTSTART:20260728T000000\nDTEND:20260729T000000",
            (date(2026, 7, 28), date(2026, 7, 29), time(0), time(0)),
        ),
        (
            "DTSTART;TZID=Europe/Rome:20260728T090000\nDTEND:20260728T160000Z",
            (date(2026, 7, 28), None, time(9), time(18)),
        ),
        ("DTSTART:2026-07-28T09:00:00", (date(2026, 7, 28), None, time(9), None)),
    ],
)
def test_cases_11_to_14_and_64(lines, expected):
    event, warnings = read_one(lines)
    assert days(event) == expected
    assert warnings == ""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            "DTSTART:20260728T090000\nDTEND:20260728T100000\nDURATION:PT5H",
            (date(2026, 7, 28), None, time(9), time(10)),
        ),
        (
            "DTSTART;VALUE=DATE:20260728\nDTEND:20260729T150000",
            (date(2026, 7, 28), date(2026, 7, 29), None, None),
        ),
        (
            "DTSTART;VALUE=DATE:20260728\nDTEND:20260730T000000",
            (date(2026, 7, 28), date(2026, 7, 29), None, None),
        ),
        (
            "DTSTART:20260728T090000\nDTEND;VALUE=DATE:20260730",
            (date(2026, 7, 28), date(2026, 7, 29), time(9), None),
        ),
        ("DTSTART:20260728T090000\nDTEND;VALUE=DATE:20260728", (date(2026, 7, 28), None, time(9), None)),
        # 16
        ("DTSTART;VALUE=DATE:20260728\nDTEND;VALUE=DATE:20260720", (date(2026, 7, 28), None, None, None)),
        ("DTSTART:20260728T090000\nDTEND:20260728T080000", (date(2026, 7, 28), None, time(9), None)),
        ("DTSTART:20260728T090000\nDURATION:-PT1H", (date(2026, 7, 28), None, time(9), None)),
        # 20: 02:30 does not exist that night
        ("DTSTART:20260329T023000", (date(2026, 3, 29), None, time(2, 30), None)),
    ],
)
def test_cases_15_16_and_20_are_mended_and_said(lines, expected):
    event, warnings = read_one(lines)
    assert days(event) == expected
    assert warnings != ""


CUSTOM = """BEGIN:VTIMEZONE
TZID:Our time
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:{summer}
TZOFFSETTO:{winter}
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:{winter}
TZOFFSETTO:{summer}
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""


def test_case_17_each_feed_keeps_its_own_custom_zone():
    lines = "DTSTART;TZID=Our time:20260728T090000"
    rome, warnings = read_one(lines, head=CUSTOM.format(winter="+0100", summer="+0200"))
    assert (rome.timezone, rome.start_time, warnings) == ("Europe/Rome", time(9), "")
    helsinki, _ = read_one(lines, head=CUSTOM.format(winter="+0200", summer="+0300").replace("T03", "T04"))
    assert (helsinki.timezone, helsinki.start_time) == ("Europe/Athens", time(9))


def test_a_custom_zone_like_no_other_keeps_the_instant():
    event, warnings = read_one(
        "DTSTART;TZID=Our time:20260728T090000", head=CUSTOM.format(winter="+0117", summer="+0217")
    )
    assert (event.timezone, event.start_time) == ("Europe/Rome", time(8, 43))
    assert "like no zone" in warnings


def test_a_custom_zone_that_names_its_place():
    head = "BEGIN:VTIMEZONE\nTZID:/x/Our time\nX-LIC-LOCATION:Europe/Lisbon\nEND:VTIMEZONE"
    event, warnings = read_one("DTSTART;TZID=/x/Our time:20260728T090000", head=head)
    assert (event.timezone, warnings) == ("Europe/Lisbon", "")


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=YEARLY;BYMONTH=99;BYDAY=1SU",
        "FREQ=YEARLY",
        "nonsense",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=99SU",
    ],
)
def test_a_custom_zone_with_an_absurd_rule_neither_hangs_nor_raises(rule):
    head = CUSTOM.format(winter="+0100", summer="+0200").replace("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", rule)
    started = stopwatch.process_time()
    event, _ = read_one("DTSTART;TZID=Our time:20260728T090000", head=head)
    assert event.start_date == date(2026, 7, 28)
    assert stopwatch.process_time() - started < 10


@pytest.mark.parametrize(
    ("tzid", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("/mozilla.org/20050126_1/Europe/Berlin", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ('"Tokyo Standard Time"', "Asia/Tokyo"),
        ("w. europe standard time", "Europe/Berlin"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ('"(UTC-05:00) Eastern Time, New York"', "America/New_York"),
        ("(UTC) Coordinated Universal Time", "Etc/UTC"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("CEST", "Europe/Paris"),
        ("CET", "Europe/Rome"),
        ("EST5EDT", "America/New_York"),
        ("GMT", "Etc/UTC"),
        ("PST", "America/Los_Angeles"),
        ("GMT+0200", "Etc/GMT-2"),
        ("UTC+2", "Etc/GMT-2"),
        ("UTC-10:00", "Etc/GMT+10"),
        ("UTC+05:30", "Asia/Kolkata"),
    ],
)
def test_case_18_names_of_zones(tzid, zone):
    event, warnings = read_one(f"DTSTART;TZID={tzid}:20260728T090000")
    assert (event.timezone, event.start_time, warnings) == (zone, time(9), "")


def test_case_18_an_unknown_zone_is_the_default_and_said():
    event, warnings = read_one("DTSTART;TZID=Atlantis:20260728T090000", head="X-A:b")
    assert (event.timezone, event.start_time) == ("Europe/Rome", time(9))
    assert "Atlantis" in warnings


@pytest.mark.parametrize("tzid", ["(UTC+01:00) Nowhere", "tzone://Microsoft/Custom", "XYZT"])
def test_case_18_an_odd_name_of_a_zone_costs_no_event(tzid):
    event, warnings = read_one(f"DTSTART;TZID={tzid}:20260728T090000", head="X-A:b")
    assert (event.timezone, event.start_time) == ("Europe/Rome", time(9))
    assert "not known" in warnings


@pytest.mark.parametrize(
    ("start", "clock", "zone"),
    [
        ("20270601T100000+02:00", time(10), "Europe/Rome"),
        ("20270601T100000+0900", time(10), "Etc/GMT-9"),
        ("20270601T100000+05:30", time(10), "Asia/Kolkata"),
        ("20270601T100000+12:45", time(23, 15), "Europe/Rome"),
    ],
)
def test_an_offset_is_exact(start, clock, zone):
    event, warnings = read_one(f"DTSTART:{start}", head="X-A:b")
    assert (event.start_time, event.timezone, warnings) == (clock, zone, "")


@pytest.mark.parametrize("end", ["20271031T013000Z", "20271031T011500Z"])
def test_an_end_in_the_repeated_hour_is_not_left_out_silently(end):
    event, warnings = read_one("DTSTART:20271031T003000Z", f"DTEND:{end}")
    assert (event.start_time, event.end_time) == (time(2, 30), None)
    assert "clocks repeat" in warnings


def test_whole_days_of_exchange():
    event, _ = read_one(
        "DTSTART;TZID=Europe/Rome:20270301T000000",
        "DTEND;TZID=Europe/Rome:20270303T000000",
        "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
    )
    assert (event.start_date, event.start_time) == (date(2027, 3, 1), None)
    assert (event.end_date, event.end_time) == (date(2027, 3, 2), None)
    event, _ = read_one(
        "DTSTART;TZID=Europe/Rome:20270301T090000",
        "DTEND;TZID=Europe/Rome:20270301T100000",
        "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
    )
    assert event.start_time == time(9)


def test_case_19():
    event, warnings = read_one("DTSTART;TZID=Europe/Berlin:20260728T090000Z", head="X-A:b")
    assert (event.timezone, event.start_time) == ("Europe/Berlin", time(11))
    assert "UTC" in warnings
    event, warnings = read_one("DTSTART:20260728T090000", head="X-WR-TIMEZONE:Asia/Tokyo")
    assert (event.timezone, event.start_time, warnings) == ("Asia/Tokyo", time(9), "")
    event, warnings = read_one("DTSTART:20260728T090000Z", head="X-WR-TIMEZONE:Asia/Tokyo")
    assert (event.timezone, event.start_time, warnings) == ("Asia/Tokyo", time(18), "")
    event, warnings = read_one("DTSTART:20260728T090000Z", head="X-A:b")
    assert (event.timezone, event.start_time, warnings) == ("UTC", time(9), "")
    event, warnings = read_one("DTSTART:20260728T090000", head="X-A:b")
    assert (event.timezone, event.start_time) == ("Europe/Rome", time(9))
    assert "no time zone" in warnings


# Series


def series(*overrides, lines="", rule="FREQ=WEEKLY;COUNT=4", **calendar):
    """The events of a calendar with a series on Wednesdays from 1 July 2026, 9:00 to 10:00 in Rome, and its
    `overrides`."""
    master = (
        f"UID:series\nSUMMARY:Weekly\nDTSTART;TZID=Europe/Rome:20260701T090000\n"
        f"DTEND;TZID=Europe/Rome:20260701T100000\nRRULE:{rule}\n{lines}"
    )
    entries = [master.rstrip(), *(f"UID:series\n{override}" for override in overrides)]
    first = read(make_calendar(*entries, **calendar))
    last = read(make_calendar(*reversed(entries), **calendar))
    assert {event.key: event.values for event in first.events} == {
        event.key: event.values for event in last.events
    }, "the order of entries matters"
    return {event.key.recurrence_id: event for event in first.events}, " ".join(
        problem.reason for problem in first.problems
    )


def july(day):
    return date(2026, 7, day)


def test_a_series_keeps_its_rule():
    events, warnings = series(rule="FREQ=WEEKLY;UNTIL=20260722T070000Z;BYDAY=WE")
    assert events[""].recurrence_rule == "FREQ=WEEKLY;UNTIL=20260722T070000Z;BYDAY=WE"
    assert (days(events[""]), len(events), warnings) == ((july(1), None, time(9), time(10)), 1, "")


@pytest.mark.parametrize(
    "which",
    [
        "TZID=Europe/Rome:20260708T090000",
        "TZID=Asia/Tokyo:20260708T160000",
        "VALUE=DATE:20260708",
        "20260708T070000Z",
    ],
)
def test_case_21_an_override_before_or_behind_its_master_is_an_exception_of_it(which):
    separator = "" if which.startswith("2026") else ";"
    which = f"RECURRENCE-ID{separator or ':'}{which}"
    events, warnings = series(f"{which}\nSUMMARY:Weekly\nDTSTART;TZID=Europe/Rome:20260709T110000")
    assert events.keys() == {""}
    assert events[""].title == "Weekly"
    assert events[""].exceptions == (ScheduleException(july(8), start_date=july(9), start_time=time(11)),)
    assert warnings == ""


def test_case_21_an_override_without_its_master_stands_alone():
    feed = read(make_calendar("UID:a\nRECURRENCE-ID;TZID=Europe/Rome:20260708T090000", "UID:b"))
    assert [(event.key.uid, event.key.recurrence_id) for event in feed.events] == [
        ("a", "20260708T070000Z"),
        ("b", ""),
    ]


def test_case_21_an_override_of_no_date_of_its_series_stands_alone():
    events, _ = series("RECURRENCE-ID:20260710T090000\nSUMMARY:Extra\nDTSTART:20260710T090000")
    assert {id: event.title for id, event in events.items()} == {"": "Weekly", "20260710T070000Z": "Extra"}
    assert events[""].exceptions == ()


@pytest.mark.parametrize(
    ("lines", "change"),
    [
        ("DTSTART:20260708T090000\nDTEND:20260708T100000", {}),
        ("DTSTART:20260708T070000Z\nDTEND:20260708T080000Z", {}),
        ("DTSTART;TZID=Asia/Tokyo:20260708T160000\nDTEND;TZID=Asia/Tokyo:20260708T170000", {}),
        ("DTSTART:20260708T090000\nDTEND:20260708T113000", {"end_time": time(11, 30)}),
        ("DTSTART:20260708T090000", {"start_time": time(9)}),
        ("DTSTART:20260708T080000\nDTEND:20260708T100000", {"start_time": time(8), "end_time": time(10)}),
        ("DTSTART:20260710T090000\nDTEND:20260710T100000", {"start_date": july(10)}),
        ("DTSTART:20260708T090000\nDTEND:20260709T100000", {"end_date": july(9)}),
        (
            "DTSTART:20260708T090000\nDTEND:20260708T100000\nLOCATION:Room 2\nSUMMARY:Guest talk\nDESCRIPTION:On ice",
            {"note": "“Guest talk”. Place: Room 2. On ice"},
        ),
    ],
)
def test_what_is_different_about_one_date(lines, change):
    lines = lines if "SUMMARY" in lines else f"{lines}\nSUMMARY:Weekly"
    events, _ = series(f"RECURRENCE-ID:20260708T090000\n{lines}")
    assert events.keys() == {""}
    assert events[""].exceptions == ((ScheduleException(july(8), **change),) if change else ())


def test_a_long_note_is_cut():
    events, _ = series(f"RECURRENCE-ID:20260708T090000\nDTSTART:20260708T090000\nDESCRIPTION:{'word ' * 100}")
    note = events[""].exceptions[0].note
    assert 250 < len(note) <= 255
    assert note.endswith("…")


def test_one_date_without_a_time_of_day_is_an_event_of_its_own():
    events, _ = series("RECURRENCE-ID:20260708T090000\nDTSTART;VALUE=DATE:20260709\nSUMMARY:Excursion")
    (change,) = events[""].exceptions
    assert (change.original_date, change.is_cancelled, change.note != "") == (july(8), True, True)
    assert days(events["20260708T070000Z"]) == (july(9), None, None, None)


def test_an_entry_for_a_date_brings_it_back():
    """Some programs exclude the dates that have an entry of their own."""
    same = "RECURRENCE-ID:20260708T090000\nSUMMARY:Weekly\nDTSTART:20260708T090000\nDTEND:20260708T100000"
    events, _ = series(same, lines="EXDATE:20260708T090000")
    assert events[""].exceptions == ()


def test_the_most_recent_of_two_overrides_for_one_date():
    one, two = (
        f"RECURRENCE-ID:20260708T090000\nSUMMARY:Weekly\nSEQUENCE:{number}\nDTSTART:20260708T{hour}0000"
        for number, hour in ((2, "14"), (1, "15"))
    )
    events, problems = series(one, two)
    assert [change.start_time for change in events[""].exceptions] == [time(14)]
    assert "most recent" in problems


def test_a_date_that_a_later_version_of_the_series_took_out_is_gone():
    changed = "RECURRENCE-ID:20260708T090000\nSEQUENCE:{}\nSUMMARY:Weekly\nDTSTART:20260708T110000"
    lines = "EXDATE:20260708T090000\nSEQUENCE:2"
    events, problems = series(changed.format(1), lines=lines)
    assert events[""].exceptions == (ScheduleException(july(8), is_cancelled=True),)
    assert "later version" in problems
    events, problems = series(changed.format(2), lines=lines)
    assert events[""].exceptions == (ScheduleException(july(8), start_time=time(11)),)
    assert problems == ""
    events, problems = series(changed.format(1), lines="SEQUENCE:2", rule="FREQ=WEEKLY;UNTIL=20260702")
    assert events.keys() == {""}
    assert "later version" in problems


def test_case_22_a_cancelled_date_needs_no_start():
    events, problems = series("-DTSTART:\nRECURRENCE-ID:20260708T090000\nSTATUS:CANCELLED\nSUMMARY:Weekly")
    assert events[""].exceptions == (ScheduleException(july(8), is_cancelled=True),)
    assert problems == ""


def test_case_19_a_series_in_utc_keeps_its_instants():
    event, _ = read_one(
        "DTSTART:20260630T233000Z",
        "DTEND:20260701T003000Z",
        "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=30",
        head="X-WR-TIMEZONE:Europe/Rome",
    )
    assert (days(event), event.timezone) == ((date(2026, 6, 30), july(1), time(23, 30), time(0, 30)), "UTC")


def test_the_rest_of_a_series_without_its_beginning():
    feed = read(
        make_calendar(
            "UID:a\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260708T090000\nDTSTART:20260708T090000\nRRULE:FREQ=WEEKLY;COUNT=3",
            "UID:a\nRECURRENCE-ID:20260715T090000\nDTSTART:20260715T110000\nSUMMARY:Event",
        )
    )
    (event,) = feed.events
    assert (event.key.recurrence_id, event.recurrence_rule) == ("20260708T070000Z", "FREQ=WEEKLY;COUNT=3")
    assert event.exceptions == (ScheduleException(july(15), start_time=time(11)),)


def test_case_22_a_cancelled_date_is_that_date_only():
    events, _ = series(
        "RECURRENCE-ID:20260708T090000\nDTSTART:20260708T090000\nSTATUS:CANCELLED\nSUMMARY:Cancelled: Weekly"
    )
    assert events[""].exceptions == (ScheduleException(july(8), is_cancelled=True),)
    assert (events.keys(), events[""].event_status) == ({""}, "EventScheduled")


def test_case_22_what_is_cancelled_with_no_date_to_cancel_is_no_event():
    events, _ = series("RECURRENCE-ID:20260710T090000\nDTSTART:20260710T090000\nSTATUS:CANCELLED")
    assert events.keys() == {""}


def days_of(event):
    whole = rrule.days(event.recurrence_rule, event.start_date, event.start_time, event.timezone)
    return list(islice(whole, 20))


def test_case_23_from_one_date_on():
    events, warnings = series(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260715T090000\nSUMMARY:Later\n"
        "DTSTART:20260715T140000\nDTEND:20260715T150000",
        "RECURRENCE-ID:20260708T090000\nSUMMARY:Weekly\nDTSTART:20260708T110000",
        "RECURRENCE-ID:20260722T090000\nSUMMARY:Later\nDTSTART:20260722T160000",
    )
    assert events.keys() == {"", "20260715T070000Z"}
    before, after = events[""], events["20260715T070000Z"]
    assert (before.title, days_of(before)) == ("Weekly", [july(1), july(8)])
    assert (after.title, after.start_time, days_of(after)) == ("Later", time(14), [july(15), july(22)])
    assert before.exceptions == (ScheduleException(july(8), start_time=time(11)),)
    assert after.exceptions == (ScheduleException(july(22), start_time=time(16)),)
    assert warnings == ""


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;COUNT=4", [16, 23]),
        ("FREQ=WEEKLY;COUNT=4;BYDAY=WE", [16, 23]),
        ("FREQ=WEEKLY;UNTIL=20260722T070000Z;BYDAY=WE", [16, 23]),
        ("FREQ=WEEKLY;UNTIL=20260722", [16, 23]),
        ("FREQ=DAILY;INTERVAL=7;COUNT=4", [16, 23]),
        ("FREQ=WEEKLY;BYDAY=WE,FR;COUNT=7", [16, 18, 23]),
    ],
)
def test_case_23_the_later_ones_move_to_another_day(rule, expected):
    later = "RECURRENCE-ID;RANGE=THISANDFUTURE:20260715T090000\nSUMMARY:Later\nDTSTART:20260716T140000"
    events, _ = series(later, rule=rule, lines="EXDATE:20260724T090000")
    after = events["20260715T070000Z"]
    assert [day.day for day in days_of(after)] == expected
    assert max(days_of(events[""])) < july(15)
    assert (
        after.start_date,
        after.recurrence_rule.count("COUNT") + after.recurrence_rule.count("UNTIL"),
    ) == (july(16), 1)


def test_case_23_exceptions_move_with_their_dates():
    events, _ = series(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260708T090000\nSUMMARY:Weekly\nDTSTART:20260709T090000\n"
        "DTEND:20260709T100000",
        "RECURRENCE-ID:20260722T090000\nSUMMARY:Weekly\nDTSTART:20260723T120000\nDTEND:20260723T130000",
        lines="EXDATE:20260715T090000",
    )
    assert events["20260708T070000Z"].exceptions == (
        ScheduleException(july(16), is_cancelled=True),
        ScheduleException(july(23), start_time=time(12), end_time=time(13)),
    )


def starts(event):
    """Of a list of dates the first one, and the others."""
    return [(event.start_date, event.start_time)] + [
        (added.start_date, added.start_time or event.start_time) for added in event.additional_dates
    ]


def test_case_23_days_that_no_rule_means_are_kept_as_a_list():
    later = "RECURRENCE-ID;RANGE=THISANDFUTURE:20260715T090000\nDTSTART:20260720T090000"
    events, warnings = series(
        later, rule="FREQ=MONTHLY;BYDAY=WE;BYSETPOS=1,3;COUNT=4", lines="EXDATE:20260805T090000"
    )
    assert days_of(events[""]) == [july(1)]
    assert events.keys() == {"", "20260715T070000Z"}
    assert starts(events["20260715T070000Z"]) == [(july(20), time(9)), (date(2026, 8, 24), time(9))]
    assert "no rule means: kept as a list of dates" in warnings


def test_case_23_everything_from_one_date_on_is_called_off():
    events, _ = series(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260715T090000\nDTSTART:20260715T090000\nSTATUS:CANCELLED"
    )
    assert (events.keys(), days_of(events[""])) == ({""}, [july(1), july(8)])
    events, _ = series(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260701T090000\nDTSTART:20260701T090000\nSTATUS:CANCELLED"
    )
    assert (events.keys(), events[""].event_status) == ({""}, "EventCancelled")


def test_case_23_from_the_first_date_on_it_is_the_same_series():
    events, _ = series(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260701T090000\nSUMMARY:New\nDTSTART:20260702T110000"
    )
    assert (events.keys(), events[""].title) == ({""}, "New")
    assert days_of(events[""]) == [july(2), july(9), july(16), july(23)]


def test_case_23_several_times():
    events, _ = series(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260708T090000\nSUMMARY:Two\nDTSTART:20260708T100000",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260715T090000\nSUMMARY:Three\nDTSTART:20260715T110000",
        rule="FREQ=WEEKLY",
    )
    assert [(event.title, event.start_time, len(days_of(event))) for _, event in sorted(events.items())] == [
        ("Weekly", time(9), 1),
        ("Two", time(10), 1),
        ("Three", time(11), 20),
    ]


@pytest.mark.parametrize(
    "excluded",
    [
        "EXDATE;TZID=Europe/Rome:20260708T090000,20260715T090000",
        "EXDATE;VALUE=DATE:20260708,20260715",
        "EXDATE:20260708T070000Z\nEXDATE:20260715T070000Z",
        "EXDATE;TZID=America/New_York:20260708T030000,20260715T030000",
        "EXDATE;TZID=Asia/Tokyo:20260708T160000,20260715T160000",
        "EXDATE:20260708T090000,20260715T090000",
        "EXDATE;TZID=W. Europe Standard Time:20260708T090000,20260715T090000",
        "EXDATE:20260708,,nonsense,20260715,20260716",
    ],
)
def test_case_24_an_excluded_date_in_any_words(excluded):
    events, problems = series(lines=excluded)
    assert ("nonsense" in problems) == ("nonsense" in excluded)
    assert events[""].exceptions == tuple(ScheduleException(july(day), is_cancelled=True) for day in (8, 15))


@pytest.mark.parametrize(
    ("zone", "start", "excluded", "day"),
    [
        # another day there than here
        ("America/Los_Angeles", "20260701T200000", "EXDATE:20260709T030000Z", 8),
        ("Asia/Tokyo", "20260701T060000", "EXDATE:20260707T210000Z", 8),
        # midnight is how some write a day
        ("America/New_York", "20260701T210000", "EXDATE:20260708T000000Z", 8),
    ],
)
def test_case_24_by_the_clock_of_the_series(zone, start, excluded, day):
    event, _ = read_one(f"DTSTART;TZID={zone}:{start}", "RRULE:FREQ=WEEKLY;COUNT=3", excluded)
    assert event.exceptions == (ScheduleException(july(day), is_cancelled=True),)


@pytest.mark.parametrize("excluded", ["20260708", "20260708T000000", "20260708T000000Z", "20260707T220000Z"])
def test_case_24_of_whole_days(excluded):
    event, _ = read_one("DTSTART;VALUE=DATE:20260701", "RRULE:FREQ=DAILY;COUNT=30", f"EXDATE:{excluded}")
    assert event.exceptions == (ScheduleException(july(8), is_cancelled=True),)


def test_case_24_midnight_means_the_day_wherever_it_is():
    lines = ("DTSTART;VALUE=DATE:20260701", "RRULE:FREQ=DAILY;COUNT=30", "EXDATE:20260708T000000Z")
    event, _ = read_one(*lines, head="X-WR-TIMEZONE:America/New_York")
    assert event.exceptions == (ScheduleException(july(8), is_cancelled=True),)


def test_case_25_a_single_event_has_no_recurrence_id():
    assert read_one("SUMMARY:x")[0].key.recurrence_id == ""


@pytest.mark.parametrize(
    "rule",
    [
        *(
            "FREQ=SECONDLY",
            "FREQ=MINUTELY;INTERVAL=0;COUNT=3",
            "FREQ=HOURLY;BYSETPOS=2",
            "FREQ=DAILY;INTERVAL=0",
            "nonsense",
            "FREQ=DAILY;COUNT=0",
        ),
        *(
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=DAILY;BYHOUR=9,24",
            "FREQ=WEEKLY;BYDAY=XX",
            "FREQ=DAILY;COUNT=x",
        ),
        "FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 366))),
    ],
)
def test_case_26_of_a_rule_that_cannot_be_followed_the_first_date(rule):
    event, warnings = read_one("DTSTART:20260701T090000", f"RRULE:{rule}")
    assert (event.start_date, event.recurrence_rule) == (july(1), "")
    assert rule[:60] in warnings
    assert "Only its first date" in warnings


def test_case_26_a_rule_without_end_is_not_expanded():
    event, warnings = read_one("DTSTART:19000101T090000", "RRULE:FREQ=DAILY", "EXDATE:21990101T090000")
    assert (event.recurrence_rule, warnings) == ("FREQ=DAILY", "")
    assert len(event.exceptions) == 1


def test_case_26_hostile_series_are_read_in_bounded_time(monkeypatch):
    monkeypatch.setattr(ical, "Effort", lambda: rules.Effort(1))
    days = ",".join(f"{july(1) + timedelta(days=number):%Y%m%d}T090000" for number in range(50_000))
    entries = [
        f"DTSTART:20260701T090000\nRRULE:FREQ=DAILY\nEXDATE:{days}",
        f"DTSTART:20260701T090000\nRDATE:{days}",
        *(
            f"UID:{number}\nDTSTART:19000101T090000\nRRULE:FREQ=DAILY;{extra}\nEXDATE:21990101T090000"
            for number in range(300)
            for extra in ("BYMONTH=2;BYMONTHDAY=30", "INTERVAL=1", "BYMONTH=2;BYMONTHDAY=29;BYDAY=MO")
        ),
    ]
    started = stopwatch.process_time()
    feed = read(make_calendar(*entries))
    assert stopwatch.process_time() - started < 20
    assert max(len(event.exceptions) for event in feed.events) == 500
    (listed,) = (event for event in feed.events if event.key.uid == "2@example.org")
    assert len(listed.additional_dates) == 1000
    assert len({event.key.uid for event in feed.events}) == 302


@pytest.mark.parametrize("range_", ["", ";RANGE=THISANDFUTURE"])
def test_case_26_thousands_of_entries_of_one_uid_are_read_in_bounded_time(range_):
    days = [july(1) + timedelta(days=number) for number in range(3000)]
    overrides = [
        f"UID:a\nRECURRENCE-ID{range_}:{day:%Y%m%d}T090000\nDTSTART:{day + timedelta(days=1):%Y%m%d}T100000"
        for day in days
    ]
    excluded = ",".join(f"{day:%Y%m%d}" for day in days)
    master = f"UID:a\nDTSTART:20260701T090000\nRRULE:FREQ=DAILY\nEXDATE:{excluded}"
    started = stopwatch.process_time()
    feed = read(make_calendar(*[master] * 100, *overrides))
    assert stopwatch.process_time() - started < 20
    assert len(feed.events) == (20 if range_ else 1)


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("freq=weekly; count=4;", "FREQ=WEEKLY;COUNT=4"),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0;COUNT=2", "FREQ=DAILY;COUNT=2"),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "FREQ=DAILY"),
        ("FREQ=DAILY;UNTIL=2026-07-04T09:00:00", "FREQ=DAILY;UNTIL=20260704T090000"),
        ("FREQ=DAILY;UNTIL=20260704", "FREQ=DAILY;UNTIL=20260704"),
        ("RSCALE=GREGORIAN;FREQ=DAILY;SKIP=OMIT", "FREQ=DAILY"),
        ("RRULE:FREQ=DAILY;X-NAME=1", "FREQ=DAILY"),
    ],
)
def test_a_rule_in_the_words_of_other_programs(rule, kept):
    event, warnings = read_one("DTSTART:20260701T090000", f"RRULE:{rule}")
    assert (event.recurrence_rule, warnings) == (kept, "")


def test_a_series_of_whole_days_ends_with_the_day_of_its_until():
    event, _ = read_one(
        "DTSTART;VALUE=DATE:20260701",
        "RRULE:FREQ=DAILY;UNTIL=20260703T000000Z",
        head="X-WR-TIMEZONE:America/New_York",
    )
    assert days_of(event) == [july(1), july(2), july(3)]


def test_a_rule_that_ends_by_count_and_until():
    event, warnings = read_one("DTSTART:20260701", "RRULE:FREQ=DAILY;COUNT=9;UNTIL=20260703")
    assert event.recurrence_rule == "FREQ=DAILY;UNTIL=20260703"
    assert "UNTIL is used" in warnings


def test_a_rule_that_ends_before_its_first_date():
    """Calendars write so what was deleted from its first date on."""
    feed = read(make_calendar("UID:a\nDTSTART:20260701T090000\nRRULE:FREQ=DAILY;UNTIL=20260601T090000Z"))
    assert feed.events == ()
    assert "no date" in feed.problems[-1].reason
    assert feed.uids == frozenset(), "what was imported of it is missing now"
    event, _ = read_one("DTSTART:20260701T090000", "RRULE:FREQ=DAILY;UNTIL=20260701T000000Z")
    assert (event.recurrence_rule, event.start_date) == ("", july(1))


def test_a_first_date_that_is_none_of_its_rule():
    events, warnings = series(rule="FREQ=WEEKLY;BYDAY=TH;COUNT=3")
    assert (events[""].start_date, days_of(events[""])) == (july(2), [july(2), july(9), july(16)])
    assert (events.keys(), events[""].additional_dates) == ({""}, (AdditionalDate(july(1)),))
    assert "none of the days of its RRULE" in warnings
    events, warnings = series(rule="FREQ=WEEKLY;BYDAY=TH;COUNT=3", lines="EXDATE:20260701T090000")
    assert (events.keys(), events[""].additional_dates, warnings) == ({""}, (), "")


def test_dates_one_by_one_are_dates_of_one_event():
    feed = read(
        make_calendar(
            "UID:a\nDTSTART:20260701T090000\nDTEND:20260701T100000\nEXDATE:20260705T090000\n"
            "RDATE:20260701T090000,20260703T140000,20260705T090000\n"
            "RDATE;VALUE=PERIOD:20260707T090000/20260707T110000,20260708T090000/PT30M\nRDATE;VALUE=DATE:20260709"
        )
    )
    (event,) = feed.events
    assert (event.key.recurrence_id, days(event)) == ("", (july(1), None, time(9), time(10)))
    assert event.additional_dates == (
        AdditionalDate(july(3), time(14)),
        AdditionalDate(july(7), time(9), None, time(11)),
        AdditionalDate(july(8), time(9), None, time(9, 30)),
        AdditionalDate(july(9)),
    )
    assert feed.problems == ()


def test_dates_beside_a_rule_are_dates_of_its_event():
    events, problems = series(
        "RECURRENCE-ID:20260731T090000\nDTSTART:20260731T120000\nSUMMARY:Changed",
        lines="RDATE:20260708T090000,20260730T090000,20260731T090000",
    )
    assert events.keys() == {""}
    assert events[""].additional_dates == (AdditionalDate(july(30)), AdditionalDate(july(31)))
    (change,) = events[""].exceptions
    assert (change.original_date, change.start_time) == (july(31), time(12))
    assert events[""].recurrence_rule == "FREQ=WEEKLY;COUNT=4"
    assert problems == ""


def test_an_absurd_end_of_an_added_date_is_left_out():
    events, problems = series(lines="RDATE;VALUE=PERIOD:20260730T090000/P99999999D,20260731T090000/never")
    assert events[""].additional_dates == (AdditionalDate(july(30)), AdditionalDate(july(31)))
    assert "RDATE" in problems


@given(recurrence_rules(), st.dates(date(2024, 1, 1), date(2028, 12, 31)))
def test_what_is_seen_at_a_glance_is_true(parts, day):
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    if rules._is_on(rule, day):
        assert rrule.next_day(rule, day) == day


def test_a_hostile_neighbour_takes_the_repetition_from_no_ordinary_series(monkeypatch):
    monkeypatch.setattr(ical, "Effort", lambda: rules.Effort(1))
    hostile = [
        f"UID:{number}\nDTSTART:19000101T090000\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
        for number in range(60)
    ]
    ordinary = [
        "FREQ=MONTHLY;BYDAY=1WE",
        "FREQ=MONTHLY;BYDAY=-5WE",
        "FREQ=MONTHLY;BYMONTHDAY=1,-31",
        "FREQ=YEARLY;BYMONTH=07;BYDAY=+1WE",
        "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
        "FREQ=YEARLY",
    ]
    entries = [f"DTSTART:20260701T090000\nRRULE:{rule}" for rule in ordinary]
    feed = read(make_calendar(*hostile, *entries))
    assert [event.recurrence_rule for event in feed.events if event.recurrence_rule] == ordinary


def test_exrule_and_a_second_rule_make_a_list():
    events, warnings = series(
        lines="EXRULE:FREQ=WEEKLY;INTERVAL=2\nRRULE:FREQ=DAILY;COUNT=3", rule="FREQ=WEEKLY;COUNT=2"
    )
    assert starts(events[""]) == [(july(day), time(9)) for day in (2, 3, 8)]
    assert "several RRULEs: kept as a list of dates, 3 of them" in warnings


def test_a_fault_in_reading_series_costs_no_event(monkeypatch):
    monkeypatch.setattr(ical, "events_of", lambda entries, effort: 1 / 0)
    feed = read(make_calendar("SUMMARY:One", "SUMMARY:Two"))
    assert [event.title for event in feed.events] == ["One", "Two"]
    assert {problem.level for problem in feed.problems} == {Level.WARNING}


# Identity


def test_case_27_events_without_uid():
    feed = read(
        make_calendar(
            "-UID:\nSUMMARY:One",
            "UID:\nSUMMARY:Two",
            "UID: \nSUMMARY:Two\nDTSTART:20260101",
            "UID:\nURL:https://example.org/a",
        )
    )
    assert len({event.key for event in feed.events}) == 4
    alone = read(make_calendar("UID:\nURL:https://example.org/a"))
    assert alone.events[0].key == feed.events[3].key


def test_case_27_the_same_website_is_no_identity():
    feed = read(
        make_calendar("UID:\nSUMMARY:One\nURL:https://x.org/", "UID:\nSUMMARY:Two\nURL:https://x.org/")
    )
    assert [event.title for event in feed.events] == ["One", "Two"]


def test_case_28_the_highest_sequence_in_any_order():
    old, new = "UID:a\nSUMMARY:Old\nSEQUENCE:1", "UID:a\nSUMMARY:New\nSEQUENCE:2"
    for entries in ((old, new), (new, old)):
        feed = read(make_calendar(*entries))
        assert [event.title for event in feed.events] == ["New"]
        assert [problem.level for problem in feed.problems] == [Level.SKIPPED]


def test_a_very_long_uid_is_an_identity():
    uids = {read_one(f"UID:{'x' * 5000}{end}")[0].key.uid for end in "ab"}
    assert len(uids) == 2
    assert max(map(len, uids)) <= 255


def test_case_30_only_volatile_fields_differ():
    first, _ = read_one("DTSTAMP:20260101T000000Z\nCREATED:20260101T000000Z\nTRANSP:OPAQUE")
    second, _ = read_one("DTSTAMP:20260202T000000Z")
    assert first.values == second.values


# Words


def test_case_46_text_is_text_and_links_lead_to_the_web():
    event, _ = read_one(
        "SUMMARY:</script><script>alert(1)</script><b onclick=x>Open day</b>",
        "LOCATION:<img src=x onerror=alert(1)>Rome",
        "URL:javascript:alert(1)",
        'DESCRIPTION:<p onclick="x">Hi <script>alert(1)</script><a href="javascript:alert(1)">a</a>'
        '<a href="data:text/html\\,x">b</a><iframe src="https://evil.example"></iframe><img src=x onerror=y></p>',
    )
    assert (event.title, event.venue, event.website) == ("Open day", "Rome", "")
    assert event.body == "<p>Hi ab</p>"


def test_case_63_private_events_are_left_out():
    for mark in ("PRIVATE", "confidential"):
        feed = read(make_calendar(f"CLASS:{mark}", "SUMMARY:Public\nCLASS:PUBLIC"))
        assert [event.title for event in feed.events] == ["Public"]
        assert [problem.level for problem in feed.problems] == [Level.SKIPPED]


@pytest.mark.parametrize("after", ["\n", ""])
@pytest.mark.parametrize("following", ["END:VEVENT", "DTSTART:20270301T080000Z", "X-A:b"])
def test_a_soft_break_at_the_end_of_a_value_swallows_nothing(after, following):
    text = "DESCRIPTION;ENCODING=QUOTED-PRINTABLE:Agenda=0D=0A=\n"
    rest = "" if following == "END:VEVENT" else f"{following}\nEND:VEVENT\n"
    first = "UID:1\nSUMMARY:One\n" + ("" if "DTSTART" in following else "DTSTART:20270301T080000Z\n")
    data = make_calendar("SUMMARY:Two").decode()
    entry = f"BEGIN:VEVENT\n{first}{text}{after}{rest or 'END:VEVENT\n'}"
    feed = read(data.replace("BEGIN:VEVENT", entry + "BEGIN:VEVENT", 1).encode())
    assert [(event.title, event.body) for event in feed.events] == [("One", "<p>Agenda</p>"), ("Two", "")]


def test_a_soft_break_within_a_word_before_a_colon():
    event, _ = read_one("DESCRIPTION;ENCODING=QUOTED-PRINTABLE:Programme =\nTalk: one=\n, two")
    assert event.body == "<p>Programme Talk: one, two</p>"


@pytest.mark.parametrize("blank", ["  ", "\n\n", "\n  \n", " \n\t"])
def test_blanks_before_the_calendar(blank):
    assert len(read(blank.encode() + make_calendar("SUMMARY:One")).events) == 1


def test_every_entry_of_a_repeated_uid_is_accounted_for():
    feed = read(make_calendar("UID:a\nSUMMARY:One", "UID:a\nSUMMARY:One", "UID:a\nSUMMARY:Two"))
    assert len(feed.events) + len(feed.problems) == 3
    assert {problem.level for problem in feed.problems} == {Level.SKIPPED}


def test_a_news_feed_about_html_is_no_web_page():
    with pytest.raises(FeedUnusable, match="not an iCalendar feed"):
        read(b"<?xml version='1.0'?><rss><channel><title>All about html</title></channel></rss>")


def test_odd_zones_are_read_in_bounded_time():
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Z{0}\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0147\n"
        "TZOFFSETTO:+0{1}{2:02}\n{3}END:STANDARD\nEND:VTIMEZONE\n"
    )
    entries = [f"DTSTART;TZID=Z{number}:20270301T100000" for number in range(300)]
    many = "".join(zone.format(number, number % 9, number % 60, "") for number in range(300)).rstrip()
    started = stopwatch.process_time()
    assert len(read(make_calendar(*entries, head=many)).events) == 300
    dates = ",".join(f"2027{day:04}T000000" for day in range(101, 132)) + ",20270101T000000" * 50_000
    years = [f"DTSTART;TZID=Z0:{1950 + number}0301T100000" for number in range(60)]
    long = zone.format(0, 1, 47, f"RDATE:{dates}\n").rstrip()
    assert len(read(make_calendar(*years, head=long)).events) == 60
    assert stopwatch.process_time() - started < 8


def test_what_a_page_cannot_hold_is_cut_or_left_out():
    event, warnings = read_one(
        "SUMMARY:" + "Long " * 100,
        "LOCATION:" + "x" * 300,
        "URL:https://example.org/" + "x" * 600,
        "UID:\0a\x07b",
    )
    assert (len(event.title), len(event.venue), event.website, event.key.uid) == (255, 255, "", "ab")
    assert event.title.endswith("…")
    assert warnings.count("longer than") == 3


def test_status_in_other_words():
    assert read_one("STATUS:CANCELED")[0].event_status == "EventCancelled"
    event, warnings = read_one("STATUS:POSTPONED")
    assert event.event_status == "EventScheduled"
    assert "STATUS “POSTPONED”" in warnings


def test_status():
    assert read_one("STATUS:CANCELLED")[0].event_status == "EventCancelled"
    assert read_one("STATUS:TENTATIVE")[0].date_status == "tentative"
    assert read_one("SUMMARY:x", head="METHOD:CANCEL")[0].event_status == "EventCancelled"


@pytest.mark.parametrize(
    ("lines", "venue", "mode", "online_url"),
    [
        ("LOCATION:Rome", "Rome", "Offline", ""),
        ("LOCATION:https://meet.example.org/x", "", "Online", "https://meet.example.org/x"),
        ("LOCATION:Online", "", "Online", ""),
        ("LOCATION:Microsoft Teams Meeting", "", "Online", ""),
        ("LOCATION:Room 5\\; Microsoft Teams-Besprechung", "Room 5", "Mixed", ""),
        ("LOCATION:ESRIN (https://esrin.esa.int/)", "ESRIN (https://esrin.esa.int/)", "Offline", ""),
        ("LOCATION:ESRIN + https://esa.zoom.us/j/1", "ESRIN", "Mixed", "https://esa.zoom.us/j/1"),
        ("LOCATION:Zoom (https://esa.zoom.us/j/1)", "", "Online", "https://esa.zoom.us/j/1"),
        ("LOCATION:https://maps.app.goo.gl/abc", "", "Offline", ""),
        (
            "CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO:https://video.example.org/r",
            "",
            "Online",
            "https://video.example.org/r",
        ),
        (
            "LOCATION:Rome\nCONFERENCE:https://video.example.org/r",
            "Rome",
            "Mixed",
            "https://video.example.org/r",
        ),
        ("CONFERENCE;VALUE=URI;FEATURE=PHONE:tel:+39012345", "", "Offline", ""),
        (
            "CONFERENCE;FEATURE=PHONE:https://phone.example.org/\nCONFERENCE;FEATURE=VIDEO:https://video.example.org/",
            "",
            "Online",
            "https://video.example.org/",
        ),
        (
            "X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij",
            "",
            "Online",
            "https://meet.google.com/abc-defg-hij",
        ),
        (
            "X-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.microsoft.com/l/1",
            "",
            "Online",
            "https://teams.microsoft.com/l/1",
        ),
        ("CONFERENCE:javascript:alert(1)", "", "Offline", ""),
        (
            "LOCATION:Zoom\nDESCRIPTION:See https://a.org/ or https://zoom.us/j/2",
            "",
            "Online",
            "https://zoom.us/j/2",
        ),
    ],
)
def test_where(lines, venue, mode, online_url):
    event, _ = read_one(lines)
    expected = (venue, f"{mode}EventAttendanceMode", online_url)
    assert (event.venue, event.attendance_mode, event.online_url) == expected


@pytest.mark.parametrize(
    ("lines", "website"),
    [
        ("URL:https://a.org/\nDESCRIPTION:https://b.org/", "https://a.org/"),
        ("DESCRIPTION:https://b.org/", "https://b.org/"),
        ("DESCRIPTION:https://b.org/ https://c.org/", ""),
        ("URL:not an address\nDESCRIPTION:https://b.org/", "https://b.org/"),
        ("LOCATION:https://maps.app.goo.gl/abc", "https://maps.app.goo.gl/abc"),
        ("LOCATION:https://zoom.us/j/1\nDESCRIPTION:https://zoom.us/j/1", ""),
    ],
)
def test_website(lines, website):
    assert read_one(lines)[0].website == website


@pytest.mark.parametrize(
    ("lines", "categories"),
    [
        ("CATEGORIES:Workshop,Cryosphere\nCATEGORIES:Ice\\, snow", ("Workshop", "Cryosphere", "Ice, snow")),
        ("CATEGORIES:A,,  ,A\\\\,b&amp;c", ("A", "A\\", "b&c")),
        ("CATEGORIES;LANGUAGE=en:<b>Open</b>", ("Open",)),
        ("SUMMARY:x", ()),
    ],
)
def test_categories(lines, categories):
    assert read_one(lines)[0].categories == categories


@pytest.mark.parametrize(
    ("line", "organizers"),
    [
        ("ORGANIZER;CN=ESA EarthCODE:mailto:a@example.org", ("ESA EarthCODE",)),
        ('ORGANIZER;CN="Doe, Jane";SENT-BY="mailto:b@example.org":mailto:a@example.org', ("Doe, Jane",)),
        ('ORGANIZER;CN="Telespazio%20SpA":MAILTO:a@example.org', ("Telespazio SpA",)),
        ("ORGANIZER;CN=ESA ^'EO^':mailto:a@example.org", ('ESA "EO"',)),
        ("ORGANIZER:MAILTO:a@example.org", ()),
        ("ORGANIZER:a@example.org", ()),
        ("ORGANIZER;CN=a@example.org:mailto:a@example.org", ()),
        ("ORGANIZER:ESA", ("ESA",)),
        (
            "ORGANIZER;CN=<script>x</script>One:x:y\nORGANIZER;CN=Two:x:y\nORGANIZER;CN=Two:x:z",
            ("One", "Two"),
        ),
    ],
)
def test_organizers_are_names_and_no_addresses(line, organizers):
    event, _ = read_one(line)
    assert event.organizers == organizers
    assert "a@example.org" not in str(event.values)


@pytest.mark.parametrize(
    ("line", "image", "is_told"),
    [
        ("IMAGE:https://example.org/a.png", "https://example.org/a.png", False),
        (
            "IMAGE;VALUE=URI;DISPLAY=BADGE;FMTTYPE=image/png:https://example.org/a.png",
            "https://example.org/a.png",
            False,
        ),
        ("ATTACH;FMTTYPE=image/jpeg:https://example.org/a.jpg", "https://example.org/a.jpg", False),
        ("ATTACH;FMTTYPE=application/pdf:https://example.org/a.pdf", "", False),
        ("ATTACH:https://example.org/a.pdf", "", False),
        ("IMAGE;ENCODING=BASE64;VALUE=BINARY:iVBORw0KGgo=", "", True),
        ("IMAGE:file:///etc/passwd", "", True),
    ],
)
def test_case_10_a_picture_is_an_address(line, image, is_told):
    event, warnings = read_one(line)
    assert (event.image, bool(warnings)) == (image, is_told)


@pytest.mark.parametrize("place", ["912;999", "1.2,3.4", "north", ";", "٤١;١٢"])
def test_case_10_a_place_that_is_not_on_earth_is_told(place):
    _, warnings = read_one(f"GEO:{place}")
    assert "GEO" in warnings


@pytest.mark.parametrize("place", ["41.83;12.67", "-90;+180", "0;0"])
def test_case_10_a_place_on_earth_is_not_needed(place):
    assert read_one(f"GEO:{place}")[1] == ""


@pytest.mark.parametrize(
    ("parameter", "language"),
    [
        ("LANGUAGE=de", "de"),
        ("LANGUAGE=en-US", "en"),
        ("LANGUAGE=pt_BR", "pt"),
        ("LANGUAGE=xx", ""),
        ("ALTREP=x", ""),
    ],
)
def test_language(parameter, language):
    assert read_one(f"SUMMARY;{parameter}:x")[0].language == language


def test_case_32_which_version_it_is():
    event, _ = read_one("SEQUENCE:3", "LAST-MODIFIED:20260102T030405Z")
    assert (event.sequence, event.last_modified) == (3, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


@pytest.mark.parametrize("name", ["DTSTAMP", "CREATED", "LAST-MODIFIED", "DUE", "COMPLETED"])
def test_case_58_when_it_was_written_is_not_when_it_takes_place(name):
    feed = read(make_calendar(f"-DTSTART:\n{name}:20260701T090000Z"))
    assert (feed.events, [problem.level for problem in feed.problems]) == ((), [Level.FAILED])


def test_case_58_and_62_a_news_feed_or_a_web_page_is_no_calendar():
    for data in (
        b"<?xml version='1.0'?><feed><entry><updated>2026-07-01T09:00:00Z</updated></entry></feed>",
        b'{"@context": "http://127.0.0.1:1/context.json", "@type": "Event"}',
    ):
        with pytest.raises(FeedUnusable):
            read(data)


def test_an_entry_without_its_first_line_is_told():
    data = make_calendar("SUMMARY:One", "UID:two\nSUMMARY:Two", "SUMMARY:Three")
    data = data.replace(b"END:VEVENT\nBEGIN:VEVENT\n", b"END:VEVENT\nBEGUN:VEVENT\n", 1)
    feed = read(data)
    assert [event.title for event in feed.events] == ["One", "Three"]
    (problem,) = feed.problems
    assert (problem.level, data.splitlines()[problem.line - 1]) == (Level.FAILED, b"END:VEVENT")
    assert "has not begun" in problem.reason
    assert "two" in feed.uids


# Anything at all


def test_mutated_calendars_neither_raise_nor_hang():
    """A fixed seed, so that a failure can be repeated; every mutation is parsed in well under a second."""
    chance = random.Random(5545)
    original = (
        FEED.read_bytes()[:6000]
        + b"END:VCALENDAR\n"
        + make_calendar(
            "DTSTART;TZID=Our time:20260728T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY",
            "UID:s\nDTSTART:20260728T090000\nRRULE:FREQ=MONTHLY;BYDAY=2TU;BYSETPOS=1;INTERVAL=2;COUNT=30\n"
            "EXDATE;TZID=Europe/Rome:20260908T090000,20261110T090000\nRDATE;VALUE=PERIOD:20270101T090000/PT1H",
            "UID:s\nRECURRENCE-ID;TZID=Europe/Rome:20270112T090000\nDTSTART:20270113T090000",
            "UID:s\nRECURRENCE-ID;RANGE=THISANDFUTURE:20280111T090000\nDTSTART:20280112T090000\nSTATUS:CANCELLED",
            "UID:t\nDTSTART;VALUE=DATE:20260701\nRRULE:FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=1;UNTIL=20400701",
            "UID:t\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20300701\nDTSTART;VALUE=DATE:20300702",
            head=CUSTOM.format(winter="+0100", summer="+0200"),
        )
    )
    lines = original.splitlines(keepends=True)
    ends = stopwatch.process_time() + 3
    parsed = 0
    while stopwatch.process_time() < ends and parsed < 400:
        data = b"".join(mutated(lines, chance))
        started = stopwatch.process_time()
        with contextlib.suppress(FeedUnusable):
            for event in read(data).events:
                assert_a_page_can_hold(event)
        assert stopwatch.process_time() - started < 10
        parsed += 1
    assert parsed > 20


def assert_a_page_can_hold(event):
    last = event.end_date or event.start_date
    assert 1900 <= event.start_date.year <= last.year < 2200
    assert event.start_date <= last
    if event.end_time:
        assert event.start_time
        assert datetime.combine(last, event.end_time) > datetime.combine(event.start_date, event.start_time)
    if event.recurrence_rule:
        assert rrule.next_day(event.recurrence_rule, event.start_date) == event.start_date
        assert days_of(event)[0] == event.start_date
    elif not event.additional_dates:
        assert event.exceptions == ()
    assert additional_dates.read(additional_dates.written(event.additional_dates)) == event.additional_dates
    assert len(event.values["exceptions"]) == len(event.exceptions)
    assert all_dates(event.schedule, datetime(2026, 7, 1, tzinfo=UTC))
    for change in event.exceptions:
        is_moved = any((change.start_date, change.start_time, change.end_date, change.end_time))
        assert not (change.is_cancelled and is_moved)
        assert (change.start_date or change.original_date) <= (change.end_date or date.max)
        assert len(change.note) <= 255


@pytest.mark.parametrize(
    "data",
    [
        b"BEGIN:VCALENDAR\n" + b"BEGIN:A\n" * 200_000 + b"END:B\n" * 200_000,
        b"BEGIN:VCALENDAR\n" + b"\n" * 2_000_000,
        b"BEGIN:VCALENDAR\n" + b" " * 2_000_000,
        b"BEGIN:VCALENDAR\nX" + b';A="' * 500_000,
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + b"SUMMARY:x\n" * 100_000 + b"END:VEVENT\nEND:VCALENDAR\n",
        b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * 50_000 + b"END:VCALENDAR\n",
        make_calendar("DESCRIPTION:" + "<div>" * 300_000),
        make_calendar("SUMMARY:" + "<b>" * 300_000),
        make_calendar("DESCRIPTION:" + "\\" * 1_000_001),
    ],
    ids=lambda data: f"{len(data)} bytes",
)
def test_case_48_hostile_structures_are_read_in_bounded_time(data):
    started = stopwatch.process_time()
    read(data)
    assert stopwatch.process_time() - started < 10
