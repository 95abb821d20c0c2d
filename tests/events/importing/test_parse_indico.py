"""Reading Indico's exports; numbers in names are those of the cases a strong import must get right."""

import json
from datetime import UTC, date, datetime, time

import pytest

from events.importing.feed import FeedUnusable, Level
from events.importing.parse import parse

ADDRESS = "https://indico.example.org/export/categ/7.json"


def moment(day, clock="09:00:00", tz="Europe/Zurich"):
    return {"date": day, "time": clock, "tz": tz}


def entry(**changes):
    return {
        "_type": "Conference",
        "_fossil": "conferenceMetadata",
        "id": "4711",
        "title": "Workshop on soil moisture",
        "startDate": moment("2026-05-04"),
        "endDate": moment("2026-05-06", "17:30:00"),
        "timezone": "Europe/Zurich",
        "description": "<p>All about <b>wet</b> ground.</p>",
        "room": "",
        "roomFullname": "",
        "location": "",
        "address": "",
        "type": "conference",
        "keywords": [],
        "chairs": [],
        "url": "https://indico.example.org/event/4711/",
        "hasAnyProtection": False,
        **changes,
    }


def read(*entries, address=ADDRESS, **document):
    export = {
        "count": len(entries),
        "additionalInfo": {},
        "_type": "HTTPAPIResult",
        "ts": 1,
        "results": entries,
    }
    data = json.dumps({**export, **document}).encode()
    return parse(data, default_timezone="Europe/Rome", address=address)


def read_one(**changes):
    """The only event of an export, and what is told about it."""
    feed = read(entry(**changes))
    (event,) = feed.events
    return event, " ".join(problem.reason for problem in feed.problems)


def test_case_55_an_event():
    event, told = read_one()
    assert told == ""
    assert (event.key.uid, event.title) == ("4711", "Workshop on soil moisture")
    assert (event.start_date, event.start_time) == (date(2026, 5, 4), time(9))
    assert (event.end_date, event.end_time) == (date(2026, 5, 6), time(17, 30))
    assert event.timezone == "Europe/Zurich"
    assert event.website == event.url == "https://indico.example.org/event/4711/"
    assert event.body == "<p>All about <b>wet</b> ground.</p>"
    assert event.categories == ("conference",)
    assert event.event_status == "EventScheduled"


def test_case_55_dates_are_shown_by_the_clock_of_the_event():
    event, _ = read_one(timezone="America/New_York", endDate=moment("2026-05-04", "23:30:00"))
    assert (event.start_time, event.timezone) == (time(3), "America/New_York")
    assert (event.end_date, event.end_time) == (None, time(17, 30))


def test_case_55_an_unknown_zone_is_told():
    event, told = read_one(
        timezone="Moon/Crater", startDate=moment("2026-05-04", tz="Moon/Crater"), endDate=None
    )
    assert (event.start_time, event.timezone) == (time(9), "Europe/Rome")
    assert "“Moon/Crater” is not known" in told


def test_case_64_midnight_is_kept_and_an_end_that_is_missing_or_the_start_is_unknown():
    event, told = read_one(startDate=moment("2026-05-04", "00:00:00"), endDate=None)
    assert (event.start_time, event.end_date, event.end_time, told) == (time(0), None, None, "")
    event, told = read_one(endDate=moment("2026-05-04"))
    assert (event.end_date, event.end_time, told) == (None, None, "")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"title": "[cancelled] Workshop"}, "EventCancelled"),
        ({"title": "Workshop [Cancelled]"}, "EventCancelled"),
        ({"title": "Workshop", "label": {"title": "CANCELLED", "color": "red"}}, "EventCancelled"),
        ({"title": "Workshop", "label": {"title": "Postponed"}}, "EventPostponed"),
        ({"title": "Workshop", "label": {"title": "New"}}, "EventScheduled"),
        ({"title": "Workshop", "label": None}, "EventScheduled"),
    ],
)
def test_case_55_a_label_is_the_status_and_no_part_of_the_title(changes, status):
    event, _ = read_one(**changes)
    assert (event.title, event.event_status) == ("Workshop", status)


@pytest.mark.parametrize(
    ("changes", "venue", "mode"),
    [
        ({"location": "No location set"}, "", "OfflineEventAttendanceMode"),
        ({}, "", "OfflineEventAttendanceMode"),
        ({"location": "CERN", "room": "500-1-001", "roomFullname": "500-1-001 - Main Auditorium"},
         "500-1-001 - Main Auditorium, CERN", "OfflineEventAttendanceMode"),
        ({"location": "ESRIN", "address": "Via Galileo Galilei 1\nFrascati"},
         "ESRIN, Via Galileo Galilei 1 Frascati", "OfflineEventAttendanceMode"),
        ({"location": "Zoom"}, "", "OnlineEventAttendanceMode"),
        ({"location": "ESRIN", "room": "Online"}, "ESRIN", "MixedEventAttendanceMode"),
    ],
)  # fmt: skip
def test_case_55_a_place_is_what_says_where(changes, venue, mode):
    event, _ = read_one(**changes)
    assert (event.venue, event.attendance_mode) == (venue, mode)


def test_case_55_a_room_that_is_an_address_is_where_to_take_part_online():
    event, _ = read_one(room="https://meet.example.org/soil")
    assert (event.venue, event.online_url) == ("", "https://meet.example.org/soil")
    assert event.attendance_mode == "OnlineEventAttendanceMode"


def test_chairs_are_organizers_by_their_names_alone():
    event, _ = read_one(
        chairs=[
            {
                "first_name": "Jane",
                "last_name": "Doe",
                "fullName": "Dr. Doe, Jane",
                "email": "jane@example.org",
            },
            {"fullName": "Roe, Richard"},
            "nobody",
            None,
        ]
    )
    assert event.organizers == ("Jane Doe", "Roe, Richard")
    event, _ = read_one(organizer="The soil group", chairs=[{"fullName": "Roe, Richard"}])
    assert event.organizers == ("The soil group",)


def test_keywords_and_type_are_categories_and_a_change_has_a_date():
    event, _ = read_one(
        keywords=["soil", "SMOS", 7, None],
        type="simple_event",
        modificationDate=moment("2026-01-02", "10:00:00.123"),
    )
    assert event.categories == ("soil", "SMOS", "7", "simple event")
    assert event.last_modified == datetime(2026, 1, 2, 9, tzinfo=UTC)


def test_case_46_markup_is_cleaned():
    event, _ = read_one(
        title="<script>x</script><b>Soil</b> &amp; water",
        description='<p onclick="x()">A<script>alert(1)</script><a href="javascript:x">b</a></p>',
        url="javascript:alert(1)",
    )
    assert (event.title, event.website) == ("Soil & water", "")
    assert "script" not in event.body
    assert "onclick" not in event.body


def test_case_63_what_is_protected_is_not_published():
    feed = read(entry(hasAnyProtection=True), entry(id="2"))
    assert [event.key.uid for event in feed.events] == ["2"]
    assert [(problem.level, problem.uid) for problem in feed.problems] == [(Level.SKIPPED, "4711")]


@pytest.mark.parametrize(
    "broken",
    [None, 7, [], {}, entry(startDate=None), entry(startDate={"date": None}), entry(startDate=moment("2026-13-45")),
     entry(endDate=moment("nonsense")), entry(startDate="2026-05-04")],
)  # fmt: skip
def test_case_8_a_broken_entry_costs_no_other(broken):
    feed = read(broken, entry(id="2"))
    assert [event.key.uid for event in feed.events] == ["2"]
    assert [problem.level for problem in feed.problems] == [Level.FAILED]


def test_case_28_the_same_id_twice_is_told_without_a_line_that_there_is_not():
    feed = read(entry(), entry(title="Another"))
    assert len(feed.events) == 1
    assert "2 entries have this UID" in feed.problems[0].reason
    assert " line" not in feed.problems[0].reason


def test_case_27_an_entry_without_an_id_is_known_by_its_title_and_start():
    feed = read(entry(id=None), entry(id=None, title="Another"))
    assert len({event.key for event in feed.events}) == 2
    assert all(event.key.is_nameless for event in feed.events)


@pytest.mark.parametrize(
    ("address", "count", "following"),
    [
        (ADDRESS, 999, ""),
        (ADDRESS, 1000, ADDRESS + "?offset=1000"),
        (ADDRESS + "?from=today&offset=1000", 1000, ADDRESS + "?from=today&offset=2000"),
        (ADDRESS + "?O=1000", 1000, ADDRESS + "?offset=2000"),
        (ADDRESS + "?offset=x", 1000, ADDRESS + "?offset=1000"),
        (ADDRESS + "?limit=1000", 1000, ""),
        (ADDRESS + "?detail=sessions", 100, ADDRESS + "?detail=sessions&offset=100"),
    ],
)
def test_case_55_more_than_a_thousand_events_are_paged(address, count, following):
    feed = read(*(entry(id=str(number), description="") for number in range(count)), address=address)
    assert (len(feed.events), feed.next_address) == (count, following)


def test_case_55_a_file_knows_from_its_own_address_where_the_next_page_is():
    entries = [entry(id=str(number)) for number in range(1000)]
    assert read(*entries, address="", url=ADDRESS).next_address == ADDRESS + "?offset=1000"
    assert read(*entries, address="").next_address == ""


def test_no_events_are_no_error():
    assert read().events == ()
    with pytest.raises(FeedUnusable, match="no list"):
        read(results=None)
