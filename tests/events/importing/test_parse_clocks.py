"""Which clock the times of a calendar's entries go by: one for an entry, and the file's own definition of a zone."""

import time as stopwatch
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from events.importing.parse import parse
from events.importing.parse.zones import zone_called
from events.recurrence import Schedule, instant, occurrences
from tests.builders import make_calendar

CASES = Path(__file__).parents[2] / "data" / "cases"


def read(data, zone="Europe/Rome"):
    return parse(data, format="ical", default_timezone=zone)


def times(data, zone="Europe/Rome"):
    """When the events of `data` begin and end: instants in UTC, or days; and the warnings."""
    feed = read(data, zone)
    found = []
    for event in feed.events:
        if event.start_time is None:
            found.append("/".join(day.isoformat() for day in (event.start_date, event.end_date) if day))
            continue
        ends = [(event.end_date or event.start_date, event.end_time)] if event.end_time else []
        moments = [(event.start_date, event.start_time), *ends]
        found.append("/".join(f"{instant(*moment, event.timezone):%Y-%m-%dT%H:%MZ}" for moment in moments))
    return ", ".join(found), " ".join(problem.reason for problem in feed.problems)


@pytest.mark.parametrize(
    ("name", "expected", "words"),
    [
        ("end-without-zone", "2027-07-31T23:45Z/2027-08-01T08:45Z", ""),
        ("tzid-property-of-event", "2027-07-02T21:00Z/2027-07-02T22:00Z", ""),
        ("utc-midnights-of-local-day-novwr", "2027-07-02", ""),
        ("value-date-with-time", "2027-05-04T18:00Z/2027-05-04T20:00Z", "Europe/Rome is assumed"),
        ("vtimezone-CST-china", "2027-07-04T01:00Z/2027-07-04T02:00Z", "“CST” is not America/Chicago"),
        ("vtimezone-EST-fixed", "2027-07-04T14:00Z/2027-07-04T15:00Z", "“EST” is not America/New_York"),
        ("zone-PST-manila", "2027-07-04T01:00Z/2027-07-04T02:00Z", "“PST” is not America/Los_Angeles"),
        ("vtimezone-contradicts-windows-name", "2027-01-20T09:00Z/2027-01-20T10:00Z", "is not Europe/London"),
        ("numbered-windows-zone-no-vtimezone", "2027-07-15T13:00Z/2027-07-15T14:00Z", ""),
        ("windows-display-name-us", "2027-07-06T16:00Z/2027-07-06T17:00Z", ""),
        ("half-hour-offset-name", "2027-07-02T04:30Z/2027-07-02T05:30Z", ""),
        ("zone-us-dash-eastern", "2027-07-06T16:00Z/2027-07-06T17:00Z", ""),
    ],
)
def test_cases(name, expected, words):
    found, said = times((CASES / f"{name}.ics").read_bytes())
    assert found == expected
    assert words in said
    assert bool(words) == bool(said)


def test_a_line_break_escaped_twice_is_one():
    (event,) = read((CASES / "literal-crlf.ics").read_bytes()).events
    assert event.body == "<p>one<br/>two</p>"
    (event,) = read(make_calendar("DESCRIPTION:one\\r\\n\\r\\ntwo C:\\\\root")).events
    assert event.body == "<p>one</p><p>two C:\\root</p>"


BERLIN = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""
FIXED = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:{offset}
TZOFFSETTO:{offset}
END:STANDARD
END:VTIMEZONE"""
NONSENSE = BERLIN.replace("BYMONTH=10", "BYMONTH=6").replace("+0200", "+0417")


@pytest.mark.parametrize(
    ("lines", "head", "expected"),
    [
        # The end, or the start, names none
        ("DTSTART:20270702T080000Z\nDTEND:20270702T100000", "X-A:b", "2027-07-02T08:00Z/2027-07-02T10:00Z"),
        ("DTSTART:20270702T080000+0300\nDTEND:20270702T100000", "X-A:b", "2027-07-02T05:00Z/2027-07-02T07:00Z"),
        (
            "DTSTART:20270702T080000\nDTEND;TZID=Asia/Tokyo:20270702T100000",
            "X-A:b",
            "2027-07-01T23:00Z/2027-07-02T01:00Z",
        ),
        (
            "RECURRENCE-ID;TZID=Asia/Tokyo:20270701T080000\nDTSTART:20270702T080000\nDURATION:PT2H",
            "X-A:b",
            "2027-07-01T23:00Z/2027-07-02T01:00Z",
        ),
        # Both name one: a flight
        (
            "DTSTART;TZID=Europe/Rome:20270702T080000\nDTEND;TZID=Asia/Tokyo:20270703T040000",
            "X-A:b",
            "2027-07-02T06:00Z/2027-07-02T19:00Z",
        ),
        # What the entry says counts before what the calendar says
        (
            "TZID:America/New_York\nDTSTART:20270702T080000",
            "X-WR-TIMEZONE:Asia/Tokyo",
            "2027-07-02T12:00Z",
        ),
        ("DTSTART:20270702T080000", "X-WR-TIMEZONE:Asia/Tokyo", "2027-07-01T23:00Z"),
        ("DTSTART:20270702T080000", "TZID:Asia/Tokyo", "2027-07-01T23:00Z"),
        ("DTSTART:20270702T080000", "X-WR-TIMEZONE:GMT-03:30", "2027-07-02T11:30Z"),
        ("DTSTART:20270702T080000", FIXED.format(name="X", offset="+0900"), "2027-07-01T23:00Z"),
        (
            "DTSTART:20270702T080000",
            f"X-WR-TIMEZONE:Our time\n{BERLIN.format(name='A')}\n{FIXED.format(name='Our time', offset='+0900')}",
            "2027-07-01T23:00Z",
        ),
        # Of two definitions nobody knows which
        (
            "DTSTART:20270702T080000",
            f"{FIXED.format(name='A', offset='+0900')}\n{FIXED.format(name='B', offset='+0800')}",
            "2027-07-02T06:00Z",
        ),
        # A day that is written as a time
        ("DTSTART;VALUE=DATE:20270504T000000\nDTEND;VALUE=DATE:20270506T000000", "X-A:b", "2027-05-04/2027-05-05"),
        ("DTSTART;VALUE=DATE:20270504T000000", "X-A:b", "2027-05-04"),
        (
            "DTSTART;VALUE=DATE:20270504T000000\nDTEND;VALUE=DATE:20270504T120000",
            "X-A:b",
            "2027-05-03T22:00Z/2027-05-04T10:00Z",
        ),
        ("DTSTART;VALUE=DATE:20270503T220000Z\nDTEND;VALUE=DATE:20270504T220000Z", "X-A:b", "2027-05-04"),
        ("DTSTART;VALUE=DATE;TZID=Asia/Tokyo:20270504T093000", "X-A:b", "2027-05-04T00:30Z"),
        ("DTSTART;VALUE=DATE-TIME:20270504\nDTEND;VALUE=DATE-TIME:20270506", "X-A:b", "2027-05-04/2027-05-05"),
        # Midnights of a place in UTC
        (
            "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\nDTSTART:20270701T150000Z\nDTEND:20270703T150000Z",
            "X-WR-TIMEZONE:Asia/Tokyo",
            "2027-07-02/2027-07-03",
        ),
        (
            "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\nDTSTART:20270701T150000Z\nDTEND:20270702T150000Z",
            f"{BERLIN.format(name='A')}\n{FIXED.format(name='B', offset='+0900')}",
            "2027-07-02",
        ),
        (
            "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\nDTSTART:20270327T230000Z\nDTEND:20270328T220000Z",
            BERLIN.format(name="A"),
            "2027-03-28",
        ),
        ("X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\nDTSTART:20270702T000000Z\nDURATION:P1D", "X-A:b", "2027-07-02"),
        (
            "X-FUNAMBOL-ALLDAY:1\nDTSTART;TZID=Europe/Rome:20270702T000000\nDTEND;TZID=Europe/Rome:20270704T000000",
            "X-A:b",
            "2027-07-02/2027-07-03",
        ),
        (
            "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\nDTSTART:20270702T050000Z\nDTEND:20270703T050000Z",
            "X-A:b",
            "2027-07-02",
        ),
        (
            "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\nDTSTART:20270702T120000Z\nDTEND:20270704T120000Z",
            "X-A:b",
            "2027-07-03/2027-07-04",
        ),
        (
            "X-MICROSOFT-CDO-ALLDAYEVENT:FALSE\nDTSTART:20270701T220000Z\nDTEND:20270702T220000Z",
            "X-A:b",
            "2027-07-01T22:00Z/2027-07-02T22:00Z",
        ),
        (
            "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\nDTSTART:20270702T080000Z\nDTEND:20270702T160000Z",
            "X-A:b",
            "2027-07-02T08:00Z/2027-07-02T16:00Z",
        ),
    ],
)  # fmt: skip
def test_one_clock_for_one_entry(lines, head, expected):
    assert times(make_calendar(lines, head=head))[0] == expected


@pytest.mark.parametrize(
    ("tzid", "definition", "start", "expected", "words"),
    [
        # The definition is that of the name, or of a zone of the world
        ("W. Europe Standard Time", BERLIN, "20270702T100000", "08:00", ""),
        ("Our time", BERLIN, "20270702T100000", "08:00", ""),
        ("IST", FIXED.replace("{offset}", "+0530"), "20270702T100000", "04:30", ""),
        ("CST", FIXED.replace("{offset}", "-0600"), "20270702T100000", "16:00", "not America/Chicago"),
        ("CST", FIXED.replace("{offset}", "-0600"), "20270102T100000", "16:00", ""),
        ("MST", FIXED.replace("{offset}", "-0700"), "20270702T100000", "17:00", "not America/Denver"),
        ("Eastern Standard Time", BERLIN, "20270702T100000", "08:00", "not America/New_York"),
        ("Customized Time Zone", FIXED.replace("{offset}", "+0545"), "20270702T100000", "04:15", ""),
        ("(UTC+05:30) Nowhere", BERLIN, "20270702T100000", "08:00", ""),
        # Nonsense under a right name
        ("W. Europe Standard Time", NONSENSE, "20270702T100000", "08:00", "like no zone of the world"),
        ("Europe/Berlin", NONSENSE, "20270702T100000", "08:00", "like no zone of the world"),
        ("W. Europe Standard Time", BERLIN.replace("TZOFFSETTO", "TZ"), "20270702T100000", "08:00", ""),
        # Nonsense under no name is all that there is
        ("Our time", NONSENSE, "20270415T100000", "05:43", "like no zone of the world"),
        # The half of a zone, and one for other years, as careless programs write them
        ("Europe/Berlin", FIXED.replace("{offset}", "+0100"), "20270702T100000", "08:00", "without its summer"),
        ("Europe/Berlin", FIXED.replace("{offset}", "+0100"), "20270102T100000", "09:00", ""),
        ("Europe/Berlin", FIXED.replace("{offset}", "+0900"), "20270702T100000", "01:00", "not Europe/Berlin"),
        (
            "W. Europe Standard Time",
            BERLIN.replace("16010101", "20201025").replace("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "X-A:b")
            .replace("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "X-A:b"),
            "20270702T100000",
            "08:00",
            "",
        ),
        # Written in other ways
        ('"our  TIME"', BERLIN.replace("{name}", "Our Time"), "20270702T100000", "08:00", ""),
        ('"(UTC+09:00) A, B"', BERLIN.replace("{name}", "(UTC+09:00) A\\, B"), "20270702T100000", "08:00", ""),
    ],
)  # fmt: skip
def test_the_definition_of_a_zone_counts_unless_it_is_nonsense(tzid, definition, start, expected, words):
    head = definition.replace("{name}", tzid)
    found, said = times(make_calendar(f"DTSTART;TZID={tzid}:{start}", head=head), "Pacific/Kiritimati")
    assert found[11:16] == expected
    assert words in said
    assert bool(words) == bool(said)


def test_one_definition_counts_for_the_whole_entry():
    """Nonsense that agrees with its name at the start only."""
    head = BERLIN.format(name="W. Europe Standard Time").replace("BYMONTH=10", "BYMONTH=7")
    tzid = ";TZID=W. Europe Standard Time:"
    data = make_calendar(f"DTSTART{tzid}20270702T100000\nDTEND{tzid}20270802T100000", head=head)
    assert times(data) == ("2027-07-02T08:00Z/2027-08-02T08:00Z", "")


def test_a_series_goes_by_the_definition_also_where_it_begins_like_the_name():
    head = FIXED.format(name="EST", offset="-0500")
    data = make_calendar("DTSTART;TZID=EST:20270104T090000\nRRULE:FREQ=MONTHLY;COUNT=8", head=head)
    (event,) = read(data).events
    assert f"{instant(date(2027, 7, 4), event.start_time, event.timezone):%H:%M}" == "14:00"


DRIFT = (CASES / "own-zone-series-drift.ics").read_bytes().decode()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=3", ["04-19T07:00", "04-26T06:00", "05-03T06:00"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20270503T060000Z", ["04-19T07:00", "04-26T06:00", "05-03T06:00"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20270503T055959Z", ["04-19T07:00", "04-26T06:00"]),
        ("RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=Base:20270426T100000", ["04-19T07:00", "05-03T06:00"]),
        ("RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20270426T100000", ["04-19T07:00", "05-03T06:00"]),
        ("RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20270419T070000Z", ["04-26T06:00", "05-03T06:00"]),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=19;COUNT=6", [
            *("04-19T07:00", "05-19T06:00", "06-19T06:00", "07-19T06:00", "08-19T06:00", "09-19T07:00"),
        ]),
        ("RDATE;TZID=Base:20270503T100000", ["04-19T07:00", "05-03T06:00"]),
    ],
)  # fmt: skip
def test_a_series_by_a_clock_like_none_of_the_world_has_the_right_instants(rule, expected):
    found, said = starts_of(DRIFT.replace("RRULE:FREQ=WEEKLY;COUNT=3", rule).encode())
    assert found == expected
    assert "like no zone of the world" in said


def test_a_series_at_an_offset_does_not_go_with_the_summer_of_a_place():
    data = make_calendar("DTSTART;TZID=GMT-03:30:20270104T100000\nRRULE:FREQ=MONTHLY;COUNT=7", head="X-A:b")
    assert starts_of(data)[0][-1] == "07-04T13:30"


def test_a_calendar_of_nothing_but_odd_zones_takes_seconds():
    zones = "\n".join(NONSENSE.format(name=f"Zone {number} (GMT+3)") for number in range(200))
    entries = [f"DTSTART;TZID=Zone {number} (GMT+3):20270704T100000" for number in range(200)]
    started = stopwatch.process_time()
    assert len(read(make_calendar(*entries, head=zones)).events) == 200
    assert stopwatch.process_time() - started < 2.5


def starts_of(data):
    """The instants at which the dates of the only event begin, without year, and the warnings."""
    feed = read(data)
    (event,) = feed.events
    wall = (event.start_date, event.start_time, event.end_date, event.end_time, event.timezone)
    schedule = Schedule(*wall, event.recurrence_rule, event.exceptions, event.additional_dates)
    starts = sorted(each.starts_at for each in occurrences(schedule, datetime(2027, 1, 1, tzinfo=UTC)))
    return [f"{start:%m-%dT%H:%M}" for start in starts], " ".join(problem.reason for problem in feed.problems)


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Eastern Standard Time 1", "America/New_York"),
        ("W. Europe Standard Time (2)", "Europe/Berlin"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("GMT Daylight Time", "Europe/London"),
        ("(GMT-08:00) Pacific Time (US & Canada); Tijuana", None),
        ("(UTC-08:00) Pacific Time (US & Canada)", "America/Los_Angeles"),
        ("(GMT+01.00) Amsterdam / Berlin / Bern / Rom / Stockholm / Wien", "Europe/Amsterdam"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien", "Europe/Amsterdam"),
        ("(UTC+01:00) Belgrad, Bratislava, Budapest, Ljubljana, Prag", "Europe/Bratislava"),
        ("(UTC+01:00) Brüssel, Kopenhagen, Madrid, Paris", "Europe/Madrid"),
        ("(UTC+00:00) Dublin, Edinburgh, Lissabon, London", "Europe/Dublin"),
        ("(UTC+01:00) W. Europe Standard Time", "Europe/Berlin"),
        ("(UTC+10:00) Canberra, Melbourne, Sydney", "Australia/Canberra"),
        ("GMT -0500 (Standard) / GMT -0400 (Daylight)", "America/New_York"),
        ("Mitteleuropäische Zeit", "Europe/Berlin"),
        ("Mitteleuropäische Sommerzeit", "Europe/Berlin"),
        ("Heure d'Europe centrale", "Europe/Paris"),
        ("heure normale d’Europe centrale", "Europe/Paris"),
        ("Środkowoeuropejski czas stand.", "Europe/Warsaw"),
        ("West-Europa (standaardtijd)", "Europe/Berlin"),
        ("Central European Time", "Europe/Paris"),
        ("MESZ", "Europe/Berlin"),
        ("US-Eastern", "America/New_York"),
        ("US Pacific", "America/Los_Angeles"),
        ("America-New_York", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("Europe-Berlin", "Europe/Berlin"),
        ("EUROPE_BERLIN", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Europe/Rome (GMT+1)", "Europe/Rome"),
        ("GMT+01:00 Europe/Rome", "Europe/Rome"),
        ("UTC+5:30", "Asia/Kolkata"),
        ("UTC+0545", "Asia/Kathmandu"),
        ("+05:30", "Asia/Kolkata"),
        ("(UTC+03:30)", "Asia/Tehran"),
        ("GMT-9:30", "Pacific/Marquesas"),
        ("UTC−3", "Etc/GMT+3"),
        ("UTC+14", "Etc/GMT-14"),
        ("UTC+15", None),
        ("UTC+5:75", None),
        ("General", None),
        ("South", None),
        ("Atlantis 1", None),
        ("1", None),
        ("(", None),
        ("UTC" * 100_000, None),
        (" (" * 100_000, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_names_of_zones(name, zone):
    assert zone_called(name) == zone


@pytest.mark.parametrize(
    ("tzid", "expected"),
    [
        ("UTC+5:30", "04:30"),
        ("GMT+5:30", "04:30"),
        ("GMT-03:30", "13:30"),
        ("UTC+12:45", "21:15"),
        ("+10:30", "23:30"),
        ("-0330", "13:30"),
        ('"(UTC+09:30) Nowhere"', "00:30"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "14:00"),
        ('"GMT -0500 (Standard) / GMT -0400 (Daylight)"', "14:00"),
        ('"(GMT -05:00) Eastern Time"', "14:00"),
    ],
)
def test_offsets_in_names_are_exact_with_and_without_quotes(tzid, expected):
    found, _ = times(make_calendar(f"DTSTART;TZID={tzid}:20270702T100000", head="X-A:b"))
    assert found[11:16] == expected
