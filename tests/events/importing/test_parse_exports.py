"""The habits of programs that export calendars, a few lines of each."""

from datetime import date, time

import pytest

from events.importing.feed import Level
from events.importing.parse import parse
from events.recurrence import ScheduleException


def read(head, *entries):
    """The events of a calendar, by title, and the problems; each of `entries` is the lines of a VEVENT."""
    vevents = "".join(f"BEGIN:VEVENT\n{entry.strip()}\nEND:VEVENT\n" for entry in entries)
    data = f"BEGIN:VCALENDAR\nVERSION:2.0\n{head.strip()}\n{vevents}END:VCALENDAR\n".replace("\n", "\r\n")
    feed = parse(data.encode(), format="ical", default_timezone="Europe/Rome")
    assert feed.complete
    return {event.title: event for event in feed.events}, feed.problems


def when(event):
    return event.start_date, event.start_time, event.end_date, event.end_time, event.timezone


def test_google_calendar():
    """Times in UTC beside X-WR-TIMEZONE, HTML in descriptions, its own address as organizer, a meeting by itself."""
    events, problems = read(
        "PRODID:-//Google Inc//Google Calendar 70.9054//EN\nCALSCALE:GREGORIAN\nMETHOD:PUBLISH\n"
        "X-WR-CALNAME:Open science\nX-WR-TIMEZONE:Europe/Berlin\nX-WR-CALDESC:All <b>events</b>",
        """
DTSTART:20260310T130000Z
DTEND:20260310T140000Z
DTSTAMP:20260301T101112Z
ORGANIZER;CN=Open science:mailto:abc123@group.calendar.google.com
UID:1abc@google.com
DESCRIPTION:<p>Read <a href="https://example.org/paper">the paper</a></p>\\n\\n-:
 :~:~::~:~:~:~::~:~::-\\nJoin with Google Meet: https://meet.google.com/abc-defg-hij\\nPIN: 1234#\\n\\nPlease do not e
 dit this section.\\n-::~:~::~:~:~:~::~:~::-
LOCATION:
SUMMARY:Reading group
X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij
TRANSP:OPAQUE
""",
        """
DTSTART;TZID=Europe/Berlin:20260312T090000
DTEND;TZID=Europe/Berlin:20260312T100000
RRULE:FREQ=WEEKLY;WKST=MO;UNTIL=20260430T215959Z;BYDAY=TH
EXDATE;TZID=Europe/Berlin:20260326T090000
EXDATE;TZID=Europe/Berlin:20260409T090000
UID:2abc@google.com
SEQUENCE:1
STATUS:CONFIRMED
SUMMARY:Weekly
""",
        """
DTSTART;TZID=Europe/Berlin:20260319T110000
DTEND;TZID=Europe/Berlin:20260319T120000
UID:2abc@google.com
RECURRENCE-ID;TZID=Europe/Berlin:20260319T090000
SEQUENCE:2
SUMMARY:Weekly
""",
    )
    assert problems == ()
    meeting = events["Reading group"]
    assert when(meeting) == (date(2026, 3, 10), time(14), None, time(15), "Europe/Berlin")
    assert (meeting.online_url, meeting.organizers) == (
        "https://meet.google.com/abc-defg-hij",
        ("Open science",),
    )
    assert meeting.attendance_mode == "OnlineEventAttendanceMode"
    assert meeting.body == '<p>Read <a href="https://example.org/paper">the paper</a></p>'
    assert "group.calendar.google.com" not in str(meeting.values)
    weekly = events["Weekly"]
    assert weekly.recurrence_rule == "FREQ=WEEKLY;WKST=MO;UNTIL=20260430T215959Z;BYDAY=TH"
    assert [change.original_date.day for change in weekly.exceptions] == [19, 26, 9]
    assert weekly.exceptions[0] == ScheduleException(
        date(2026, 3, 19), start_time=time(11), end_time=time(12)
    )


def test_exchange():
    """Windows' names of zones, dates of whole days as midnights, a language on every text, lists in EXDATE, an RTF or
    HTML copy of the description, attendees."""
    events, problems = read(
        """
METHOD:PUBLISH
PRODID:Microsoft Exchange Server 2010
X-WR-CALNAME:Calendar
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
""",
        """
DESCRIPTION;LANGUAGE=en-GB:________\\nMicrosoft Teams meeting\\nJoin: https://teams.microsoft.com/l/meetup-join/1
RRULE:FREQ=WEEKLY;UNTIL=20260531T120000Z;INTERVAL=1;BYDAY=TU;WKST=MO
EXDATE;TZID=W. Europe Standard Time:20260407T140000,20260414T140000
UID:040000008200E00074C5B7101A82E008
SUMMARY;LANGUAGE=en-GB:Science call
DTSTART;TZID=W. Europe Standard Time:20260331T140000
DTEND;TZID=W. Europe Standard Time:20260331T150000
CLASS:PUBLIC
SEQUENCE:4
LOCATION;LANGUAGE=en-GB:Room Magellan\\; Microsoft Teams Meeting
X-MICROSOFT-CDO-APPT-SEQUENCE:4
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.microsoft.com/l/meetup-join/1
X-ALT-DESC;FMTTYPE=text/html:<html><body>Other</body></html>
BEGIN:VALARM
DESCRIPTION:REMINDER
TRIGGER;RELATED=START:-PT15M
ACTION:DISPLAY
END:VALARM
""",
        """
DESCRIPTION;LANGUAGE=en-GB:________\\nMicrosoft Teams meeting\\nJoin: https://teams.microsoft.com/l/meetup-join/1
UID:040000008200E00074C5B7101A82E008
RECURRENCE-ID;TZID=W. Europe Standard Time:20260421T140000
SUMMARY;LANGUAGE=en-GB:Canceled: Science call
DTSTART;TZID=W. Europe Standard Time:20260421T140000
DTEND;TZID=W. Europe Standard Time:20260421T150000
STATUS:CANCELLED
SEQUENCE:4
LOCATION;LANGUAGE=en-GB:Room Magellan\\; Microsoft Teams Meeting
X-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.microsoft.com/l/meetup-join/1
""",
        """
UID:040000008200E00074C5B7101A82E009
SUMMARY:Workshop
RRULE:FREQ=YEARLY;COUNT=3
EXDATE;TZID=W. Europe Standard Time:20270504T000000
DTSTART;TZID=W. Europe Standard Time:20260504T000000
DTEND;TZID=W. Europe Standard Time:20260506T000000
X-MICROSOFT-CDO-ALLDAYEVENT:TRUE
""",
    )
    assert problems == ()
    call = events["Science call"]
    assert when(call) == (date(2026, 3, 31), time(14), None, time(15), "Europe/Berlin")
    assert (call.venue, call.attendance_mode) == ("Room Magellan", "MixedEventAttendanceMode")
    assert (call.online_url, call.language) == ("https://teams.microsoft.com/l/meetup-join/1", "en")
    assert call.exceptions == tuple(
        ScheduleException(date(2026, 4, day), is_cancelled=True) for day in (7, 14, 21)
    )
    workshop = events["Workshop"]
    assert when(workshop)[:4] == (date(2026, 5, 4), None, date(2026, 5, 5), None)
    assert workshop.exceptions == (ScheduleException(date(2027, 5, 4), is_cancelled=True),)


def test_apple_calendar():
    """Zones in every value, an address of a place with line breaks, a URL with VALUE, travel times, a moved date."""
    events, problems = read(
        "CALSCALE:GREGORIAN\nPRODID:-//Apple Inc.//macOS 15.1//EN\nX-APPLE-CALENDAR-COLOR:#1BADF8",
        """
UID:B1C2
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Rome:20260310T090000
DTEND;TZID=Europe/Rome:20260310T100000
SUMMARY:Seminar
RRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=6
LOCATION:ESRIN\\nVia Galileo Galilei\\, 00044 Frascati RM\\, Italy
URL;VALUE=URI:https://example.org/seminar
X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-APPLE-MAPKIT-HANDLE=CAES;X-TITLE="ESRIN, Frascati":geo:41.8,12.6
X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC
""",
        """
UID:B1C2
DTSTART;TZID=Europe/Rome:20260415T090000
DTEND;TZID=Europe/Rome:20260415T100000
SUMMARY:Seminar
RECURRENCE-ID;TZID=Europe/Rome:20260414T090000
LOCATION:ESRIN\\nVia Galileo Galilei\\, 00044 Frascati RM\\, Italy
""",
    )
    assert problems == ()
    (seminar,) = events.values()
    assert seminar.venue == "ESRIN Via Galileo Galilei, 00044 Frascati RM, Italy"
    assert seminar.website == "https://example.org/seminar"
    assert seminar.exceptions == (ScheduleException(date(2026, 4, 14), start_date=date(2026, 4, 15)),)


def test_indico():
    """Times in UTC, places in the description too, an address of a category as UID."""
    events, problems = read(
        "PRODID:-//CERN//INDICO//EN",
        """
SUMMARY:Open Science Days
DTSTART:20260504T070000Z
DTEND:20260506T160000Z
DTSTAMP:20260101T120000Z
UID:indico-event-1234@indico.example.org
CATEGORIES:conference
CONTACT:info@example.org
DESCRIPTION:https://indico.example.org/event/1234/
LOCATION:Main auditorium (ESRIN)
URL:https://indico.example.org/event/1234/
""",
    )
    assert problems == ()
    event = events["Open Science Days"]
    assert when(event) == (date(2026, 5, 4), time(7), date(2026, 5, 6), time(16), "UTC")
    assert (event.website, event.categories) == ("https://indico.example.org/event/1234/", ("conference",))


def test_meetup():
    events, problems = read(
        "PRODID:-//Meetup//RemoteApi//EN\nCALSCALE:GREGORIAN\nX-ORIGINAL-URL:https://www.meetup.com/x/events/ical/\n"
        "X-WR-CALNAME:Events - PyRome",
        """
DTSTAMP:20260201T100000Z
DTSTART;TZID=Europe/Rome:20260310T190000
DTEND;TZID=Europe/Rome:20260310T210000
STATUS:CONFIRMED
SUMMARY:Maps with Python
DESCRIPTION:PyRome\\nTuesday\\, March 10 at 7:00 PM\\n\\n**Hello**\\n\\nhttps://www.meetup.com/x/events/1/
CLASS:PUBLIC
CREATED:20260101T100000Z
GEO:41.90;12.50
LOCATION:Talent Garden (Via Ostiense\\, Rome\\, Italy)
URL:https://www.meetup.com/x/events/1/
LAST-MODIFIED:20260101T100000Z
UID:event_1@meetup.com
""",
    )
    assert problems == ()
    assert events["Maps with Python"].venue == "Talent Garden (Via Ostiense, Rome, Italy)"


def test_the_events_calendar():
    """WordPress: percent signs in the organizer, entities in titles, an all-day event with a zone, a picture."""
    events, problems = read(
        "PRODID:-//Example - ECPv6.8.2//NONSGML v1.0//EN\nCALSCALE:GREGORIAN\nMETHOD:PUBLISH\n"
        "X-ROBOTS-TAG:noindex\nREFRESH-INTERVAL;VALUE=DURATION:PT1H",
        """
DTSTART;VALUE=DATE:20260310
DTEND;VALUE=DATE:20260312
DTSTAMP:20260101T000000
CREATED:20251101T090000Z
LAST-MODIFIED:20251201T090000Z
UID:10001234-1773100800-1773273599@example.org
SUMMARY:Ice &amp; snow &#8211; a workshop
DESCRIPTION:First line\\nSecond line
URL:https://example.org/event/ice/
CATEGORIES:Workshops,Ice &amp; snow
ATTACH;FMTTYPE=image/jpeg:https://example.org/wp-content/uploads/ice.jpg
ORGANIZER;CN="Jane%20Doe":MAILTO:jane@example.org
""",
    )
    assert problems == ()
    event = events["Ice & snow – a workshop"]
    assert when(event)[:4] == (date(2026, 3, 10), None, date(2026, 3, 11), None)
    assert (event.categories, event.organizers) == (("Workshops", "Ice & snow"), ("Jane Doe",))
    assert event.image == "https://example.org/wp-content/uploads/ice.jpg"


def test_nextcloud():
    """A zone of its own with X-LIC-LOCATION, EXDATE line by line, exceptions before the series, private entries."""
    events, problems = read(
        "CALSCALE:GREGORIAN\nPRODID:-//SabreDAV//SabreDAV//EN\nX-WR-CALNAME:Team\n"
        "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nX-LIC-LOCATION:Europe/Berlin\nEND:VTIMEZONE",
        """
UID:n1
DTSTART;TZID=Europe/Berlin:20260317T100000
DTEND;TZID=Europe/Berlin:20260317T110000
RECURRENCE-ID;TZID=Europe/Berlin:20260310T100000
SUMMARY:Sprint
SEQUENCE:2
""",
        """
UID:n1
DTSTART;TZID=Europe/Berlin:20260224T100000
DTEND;TZID=Europe/Berlin:20260224T110000
RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=5
EXDATE;TZID=Europe/Berlin:20260324T100000
SUMMARY:Sprint
SEQUENCE:2
""",
        "UID:n2\nDTSTART;VALUE=DATE:20260301\nSUMMARY:Holiday\nCLASS:CONFIDENTIAL",
    )
    assert [problem.level for problem in problems] == [Level.SKIPPED]
    assert events["Sprint"].exceptions == (
        ScheduleException(date(2026, 3, 10), start_date=date(2026, 3, 17)),
        ScheduleException(date(2026, 3, 24), is_cancelled=True),
    )


def test_thunderbird():
    """MOZ-lines, UTC for the dates of exceptions, a duration, categories one by one."""
    events, problems = read(
        "PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN",
        """
UID:t1
DTSTART;TZID=Europe/Berlin:20260310T100000
DURATION:PT1H30M
RRULE:FREQ=DAILY;UNTIL=20260314T090000Z
X-MOZ-GENERATION:3
X-MOZ-LASTACK:20260310T090000Z
EXDATE:20260311T090000Z
CATEGORIES:Work
CATEGORIES:Ice
SUMMARY:Hackathon
""",
        """
UID:t1
RECURRENCE-ID:20260312T090000Z
DTSTART;TZID=Europe/Berlin:20260312T130000
DURATION:PT1H30M
SUMMARY:Hackathon
""",
    )
    assert problems == ()
    event = events["Hackathon"]
    assert (event.end_time, event.categories) == (time(11, 30), ("Work", "Ice"))
    assert event.exceptions == (
        ScheduleException(date(2026, 3, 11), is_cancelled=True),
        ScheduleException(date(2026, 3, 12), start_time=time(13), end_time=time(14, 30)),
    )


def test_outlook_com_and_its_customized_zone():
    events, problems = read(
        "PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN\n"
        "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16011028T030000\n"
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n"
        "BEGIN:DAYLIGHT\nDTSTART:16010325T020000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nTZOFFSETFROM:+0100\n"
        "TZOFFSETTO:+0200\nEND:DAYLIGHT\nEND:VTIMEZONE",
        """
DTSTART;TZID="Customized Time Zone":20260706T090000
DTEND;TZID="Customized Time Zone":20260706T170000
SUMMARY;LANGUAGE=it:Riunione
RRULE:FREQ=MONTHLY;COUNT=12;BYDAY=MO;BYSETPOS=1
UID:o1
PRIORITY:5
""",
    )
    assert problems == ()
    assert when(events["Riunione"]) == (date(2026, 7, 6), time(9), None, time(17), "Europe/Rome")
    assert events["Riunione"].recurrence_rule == "FREQ=MONTHLY;COUNT=12;BYDAY=MO;BYSETPOS=1"


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("FREQ=WEEKLY;WKST=SU;COUNT=10;BYDAY=WE", "FREQ=WEEKLY;WKST=SU;COUNT=10;BYDAY=WE"),  # Zoom
        ("FREQ=WEEKLY;UNTIL=20260701;INTERVAL=1;BYDAY=WE;", "FREQ=WEEKLY;UNTIL=20260701;INTERVAL=1;BYDAY=WE"),
        ("FREQ=DAILY;INTERVAL=1;BYHOUR=9;BYMINUTE=0", "FREQ=DAILY;INTERVAL=1"),
        (
            "FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=1;UNTIL=21001231T235959Z",
            "FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=1;UNTIL=21001231T235959Z",
        ),
    ],
)
def test_rules_of_other_programs(rule, kept):
    events, problems = read(
        "PRODID:x", f"UID:1\nSUMMARY:x\nDTSTART;TZID=Europe/Rome:20260701T090000\nRRULE:{rule}"
    )
    assert (events["x"].recurrence_rule, problems) == (kept, ())


def test_each_date_as_an_entry_of_its_own():
    """Drupal, Plone, Trumba: the same UID for every date, told apart by RECURRENCE-ID only or not at all."""
    dates = [
        f"UID:d1\nSUMMARY:Talk {day}\nDTSTART:202603{day}T090000Z\nRECURRENCE-ID:202603{day}T090000Z"
        for day in (10, 17)
    ]
    events, problems = read("PRODID:x", *dates)
    assert (list(events), problems) == (["Talk 10", "Talk 17"], ())
