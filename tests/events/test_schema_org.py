from datetime import UTC, date, datetime, time

import pytest

from events import schema_org
from events.models import EventOrganizer, EventPage
from events.recurrence import Schedule
from partners.models import PartnerPage

# What is tested asks the database nothing; Wagtail does when a page is made.
pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
STATUS, ATTENDANCE = EventPage.Status, EventPage.AttendanceMode


def unsaved(**changes):
    fields = {
        "title": "A workshop",
        "slug": "a-workshop",
        "summary": "Learn.",
        "start_date": date(2026, 11, 30),
        "timezone": "Europe/Rome",
        "venue": "ESRIN",
        "city": "Frascati",
        "country": "Italy",
        **changes,
    }
    return EventPage(**fields)


@pytest.fixture(autouse=True)
def _addresses(monkeypatch):
    monkeypatch.setattr(EventPage, "full_url", property(lambda page: f"https://portal.example/{page.slug}/"))
    monkeypatch.setattr(PartnerPage, "full_url", "https://portal.example/partner/")


def told(page, at=AT, **facts):
    wall = facts.pop("wall", page.regular_schedule)
    return schema_org.event(page, wall, at, **facts)


PLACE = {
    "@type": "Place",
    "name": "ESRIN",
    "address": {"@type": "PostalAddress", "addressLocality": "Frascati", "addressCountry": "Italy"},
}
ONLINE = {"@type": "VirtualLocation", "url": "https://example.org/join"}
AT_THE_PAGE = {"@type": "VirtualLocation", "url": "https://portal.example/a-workshop/"}


@pytest.mark.parametrize(
    ("changes", "mode", "location"),
    [
        ({}, ATTENDANCE.IN_PERSON, PLACE),
        (
            {"attendance_mode": ATTENDANCE.ONLINE, "online_url": "https://example.org/join"},
            ATTENDANCE.ONLINE,
            ONLINE,
        ),
        ({"attendance_mode": ATTENDANCE.ONLINE}, ATTENDANCE.ONLINE, AT_THE_PAGE),
        (
            {"attendance_mode": ATTENDANCE.BOTH, "online_url": "https://example.org/join"},
            ATTENDANCE.BOTH,
            [PLACE, ONLINE],
        ),
        ({"event_status": STATUS.MOVED_ONLINE}, ATTENDANCE.ONLINE, AT_THE_PAGE),
        (
            {"venue": "", "country": ""},
            ATTENDANCE.IN_PERSON,
            {
                "@type": "Place",
                "name": "Frascati",
                "address": {"@type": "PostalAddress", "addressLocality": "Frascati"},
            },
        ),
        (
            {"city": "", "country": ""},
            ATTENDANCE.IN_PERSON,
            {"@type": "Place", "name": "ESRIN", "address": "ESRIN"},
        ),
        (
            {"venue": "", "city": "", "country": ""},
            ATTENDANCE.IN_PERSON,
            {"@type": "Place", "name": "To be announced"},
        ),
    ],
)
def test_there_is_always_a_location(changes, mode, location):
    event = told(unsaved(**changes))
    assert (event["eventAttendanceMode"], event["location"]) == (f"https://schema.org/{mode}", location)


@pytest.mark.parametrize(
    ("changes", "start", "end"),
    [
        ({}, "2026-11-30", "2026-11-30"),
        ({"end_date": date(2026, 12, 4)}, "2026-11-30", "2026-12-04"),
        (
            {"start_time": time(14), "end_time": time(15, 30)},
            "2026-11-30T14:00:00+01:00",
            "2026-11-30T15:30:00+01:00",
        ),
        ({"start_time": time(14)}, "2026-11-30T14:00:00+01:00", None),
    ],
)
def test_dates_are_whole_days_or_instants(changes, start, end):
    event = told(unsaved(**changes))
    assert (event["startDate"], event.get("endDate")) == (start, end)


@pytest.mark.parametrize("status", STATUS)
def test_the_status_is_said(status):
    assert told(unsaved(event_status=status))["eventStatus"] == f"https://schema.org/{status}"


def test_an_event_without_a_date_is_not_told_of():
    undetermined = unsaved(start_date=None, date_status="to_be_determined")
    assert told(undetermined) is None
    event = told(unsaved(), super_event=undetermined, sub_events=[undetermined])
    assert event.keys().isdisjoint({"superEvent", "subEvent"})


def test_what_is_not_known_is_not_said():
    bare = EventPage(title="An event", slug="an-event", start_date=date(2026, 11, 30), timezone="UTC")
    assert told(bare).keys() == {
        "@type",
        "name",
        "url",
        "startDate",
        "endDate",
        "eventStatus",
        "eventAttendanceMode",
        "location",
    }


def test_everything_known_is_said():
    partner = PartnerPage(title="Terradue", live=True)
    event = told(
        unsaved(language="en", is_free=True, event_status=STATUS.RESCHEDULED),
        images=["https://portal.example/image.webp"],
        organizers=[
            EventOrganizer(name="ESA", website="https://example.org/", role="organizer"),
            EventOrganizer(partner=partner, role="co_organizer"),
            EventOrganizer(name="EGU", role="sponsor"),
            EventOrganizer(name="Ada Lovelace", role="speaker"),
        ],
        words=["Workshop", "Ocean"],
        previous=[Schedule(date(2026, 5, 1), time(9), None, None, "Europe/Rome")],
        super_event=unsaved(title="A week", slug="a-week"),
        sub_events=[unsaved(title="A session", slug="a-session", start_time=time(9))],
    )
    assert event["description"] == "Learn."
    assert event["image"] == ["https://portal.example/image.webp"]
    assert event["organizer"] == [
        {"@type": "Organization", "name": "ESA", "url": "https://example.org/"},
        {"@type": "Organization", "name": "Terradue", "url": "https://portal.example/partner/"},
    ]
    assert event["sponsor"] == [{"@type": "Organization", "name": "EGU"}]
    assert event["performer"] == [{"@type": "Person", "name": "Ada Lovelace"}]
    assert (event["inLanguage"], event["keywords"], event["isAccessibleForFree"]) == (
        "en",
        ["Workshop", "Ocean"],
        True,
    )
    assert event["previousStartDate"] == ["2026-05-01T09:00:00+02:00"]
    assert (event["superEvent"]["name"], event["superEvent"]["location"]) == ("A week", PLACE)
    assert [(part["url"], part["startDate"]) for part in event["subEvent"]] == [
        ("https://portal.example/a-session/", "2026-11-30T09:00:00+01:00")
    ]


def test_without_a_summary_the_text_begins_the_description():
    body = f"<p>Fish &amp; chips, <b>{'many ' * 100}</b></p>"
    description = told(unsaved(summary="", body=body))["description"]
    assert description.startswith("Fish & chips, many many")
    assert len(description) == 300


REGISTRATION = {
    "registration_url": "https://example.org/register",
    "registration_opens_date": date(2026, 10, 1),
    "registration_closes_date": date(2026, 11, 20),
    "registration_closes_time": time(12),
}


@pytest.mark.parametrize(
    ("changes", "at", "expected"),
    [
        (REGISTRATION, datetime(2026, 9, 1, tzinfo=UTC), {"availability": "https://schema.org/PreOrder"}),
        (REGISTRATION, AT, {"availability": "https://schema.org/InStock"}),
        (REGISTRATION, datetime(2026, 11, 21, tzinfo=UTC), {"availability": "https://schema.org/SoldOut"}),
        (
            {**REGISTRATION, "is_free": True, "price_note": "Lunch is not included"},
            AT,
            {
                "availability": "https://schema.org/InStock",
                "price": "0",
                "priceCurrency": "EUR",
                "description": "Lunch is not included",
            },
        ),
    ],
)
def test_registration_is_an_offer(changes, at, expected):
    assert told(unsaved(**changes), at)["offers"] == {
        "@type": "Offer",
        "url": "https://example.org/register",
        "validFrom": "2026-10-01T00:00:00+02:00",
        "validThrough": "2026-11-20T12:00:00+01:00",
        **expected,
    }


def test_a_free_event_is_an_offer_without_registration():
    assert told(unsaved(is_free=True))["offers"] == {
        "@type": "Offer",
        "url": "https://portal.example/a-workshop/",
        "price": "0",
        "priceCurrency": "EUR",
    }


@pytest.mark.parametrize("status", [STATUS.CANCELLED, STATUS.POSTPONED])
def test_nobody_gets_into_what_does_not_take_place(status):
    assert "offers" not in told(unsaved(event_status=status, is_free=True, **REGISTRATION))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY", {"repeatFrequency": "P1W", "byDay": ["https://schema.org/Monday"]}),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10",
            {
                "repeatFrequency": "P2W",
                "byDay": ["https://schema.org/Monday", "https://schema.org/Wednesday"],
                "repeatCount": 10,
            },
        ),
        (
            "FREQ=MONTHLY;BYDAY=-1MO;UNTIL=20270601",
            {"repeatFrequency": "P1M", "byDay": ["-1MO"], "endDate": "2027-06-01"},
        ),
        (
            "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=30",
            {"repeatFrequency": "P1Y", "byMonth": [11], "byMonthDay": [30]},
        ),
        ("FREQ=DAILY", {"repeatFrequency": "P1D"}),
    ],
)
def test_a_series_has_a_schedule(rule, expected):
    page = unsaved(start_time=time(14), end_time=time(15), recurrence_rule=rule)
    following = Schedule(date(2026, 12, 7), time(14), None, time(15), "Europe/Rome")
    event = told(page, wall=following)
    assert event["startDate"] == "2026-12-07T14:00:00+01:00"
    assert event["eventSchedule"] == {
        "@type": "Schedule",
        "startDate": "2026-11-30",
        "startTime": "14:00:00",
        "endTime": "15:00:00",
        "scheduleTimezone": "Europe/Rome",
        **expected,
    }


def test_a_schedule_over_midnight_names_no_end_that_would_be_before_the_start():
    page = unsaved(
        start_time=time(20), end_date=date(2026, 12, 1), end_time=time(2), recurrence_rule="FREQ=WEEKLY"
    )
    schedule = told(page)["eventSchedule"]
    assert (schedule["startTime"], "endTime" in schedule, "duration" in schedule) == (
        "20:00:00",
        False,
        False,
    )


def test_a_schedule_of_whole_days_has_their_number_and_its_exceptions():
    page = unsaved(end_date=date(2026, 12, 2), recurrence_rule="FREQ=YEARLY")
    page.exceptions.create(original_date=date(2027, 11, 30), is_cancelled=True)
    schedule = told(page)["eventSchedule"]
    assert (schedule["duration"], schedule["exceptDate"]) == ("P3D", ["2027-11-30"])
    assert "endTime" not in schedule


def test_a_rule_that_schema_org_has_no_words_for_is_left_out():
    assert "eventSchedule" not in told(unsaved(recurrence_rule="FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1"))
