"""Dates of an event beside its rule: as an editor writes them, and what visitors and programs see of them."""

import json
import re
from datetime import UTC, date, datetime, time

import icalendar
import pytest
from django.utils import timezone as clock

from events import additional_dates, ical
from events.dates import describe
from events.models import EventException, EventOccurrence, EventPage
from events.recurrence import AdditionalDate, Schedule
from tests.builders import make_event, the
from tests.editing import open_form

pytestmark = pytest.mark.django_db

AT = datetime(2027, 5, 1, 12, tzinfo=UTC)
MAY = {
    "start_date": date(2027, 5, 3),
    "start_time": time(10),
    "end_time": time(11),
    "timezone": "Europe/Rome",
}


@pytest.fixture(autouse=True)
def index(event_list, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AT)
    return event_list


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-05-03", AdditionalDate(date(2027, 5, 3))),
        ("  2027-5-3 14:00 ", AdditionalDate(date(2027, 5, 3), time(14))),
        ("3 May 2027, 9:30", AdditionalDate(date(2027, 5, 3), time(9, 30))),
        ("2027-05-03T14:00 – 16:30", AdditionalDate(date(2027, 5, 3), time(14), None, time(16, 30))),
        (
            "2027-05-03 22:00 to 2027-05-04 02:00",
            AdditionalDate(date(2027, 5, 3), time(22), date(2027, 5, 4), time(2)),
        ),
        ("2027-05-03 - 2027-05-05", AdditionalDate(date(2027, 5, 3), None, date(2027, 5, 5))),
    ],
)
def test_a_line(text, expected):
    assert additional_dates.read(text) == (expected,)
    written = additional_dates.written((expected,))
    assert additional_dates.read(written) == (expected,)
    assert tuple(additional_dates.of_values(additional_dates.as_values((expected,)).items())) == (expected,)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("next Tuesday", "Write the day"),
        ("2027-02-30", "no such day"),
        ("3 Brumaire 2027", "not the name of a month"),
        ("2027-05-03 25:00", "no time 25:00"),
        ("2027-05-03 - 12:00", "the time at which it starts"),
        ("2027-05-03 12:00 - 2027-05-04", "the time at which it ends"),
        ("2027-05-03 12:00 - 11:00", "ends before it starts"),
        ("2027-05-03 - 2027-05-02", "ends before it starts"),
        ("1027-05-03", "cannot be meant"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(line, complaint):
    with pytest.raises(ValueError, match=complaint) as error:
        additional_dates.read(f"2027-05-03\n{line}")
    assert str(error.value).startswith(f"Line 2, “{line}”: ")


def test_there_is_a_bound():
    with pytest.raises(ValueError, match="1000 additional"):
        additional_dates.read(
            "\n".join(f"{year}-01-{day:02}" for year in range(2000, 2040) for day in range(1, 32))
        )


@pytest.mark.parametrize(
    ("rule", "dates", "words"),
    [
        ("", "2027-05-03", "3 May 2027, 10:00–11:00 CEST"),
        ("", "2027-05-10\n2027-05-17", "Three dates, 10:00–11:00 Europe/Rome time, from 3 to 17 May 2027"),
        ("", "2027-05-03 14:00", "Two dates, on 3 May 2027"),
        ("", "2027-05-03 14:00\n2027-06-01", "Three dates, from 3 May to 1 June 2027"),
        (
            "FREQ=WEEKLY;COUNT=2",
            "2027-05-12",
            "Every Monday, 10:00–11:00 Europe/Rome time, from 3 May 2027, two times, and one more date",
        ),
    ],
)
def test_words(rule, dates, words):
    schedule = Schedule(
        MAY["start_date"],
        time(10),
        None,
        time(11),
        "Europe/Rome",
        rule,
        additional=additional_dates.read(dates),
    )
    assert describe(schedule) == words


def test_an_editor_adds_dates_in_the_form(admin_client):
    page = make_event(**MAY)
    form = open_form(admin_client, page)
    form.fill(additional_dates="10 May 2027\n2027-05-03 14:00 - 16:00\n\n10 May 2027")
    assert form.send("publish").status_code == 302
    page = the(EventPage)
    assert page.additional_dates == "2027-05-03 14:00 - 16:00\n2027-05-10"
    assert [(row.starts_at.day, row.starts_at.hour, row.ends_at.hour) for row in page.occurrences.all()] == [
        (3, 8, 9),
        (3, 12, 14),
        (10, 8, 9),
    ]
    form = open_form(admin_client, page)
    assert form.send("publish").status_code == 302, "untouched"
    assert the(EventPage).additional_dates == page.additional_dates


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"additional_dates": "soon"}, "Line 1, “soon”: Write the day"),
        ({"additional_dates": "2027-05-10 14:00", "start_time": "", "end_time": ""}, "lasts whole days"),
        ({"additional_dates": "2027-05-10", "start_date": "", "start_time": "", "end_time": ""}, "first day"),
    ],
)
def test_what_is_wrong_with_them_is_explained(admin_client, fields, complaint):
    page = make_event(**MAY)
    form = open_form(admin_client, page).fill(**fields)
    response = form.send("publish")
    assert complaint in " ".join(form.read(response).errors.values())
    assert the(EventPage).additional_dates == ""


def test_exceptions_ask_for_a_time_only_where_a_date_has_one(admin_client):
    page = make_event(**MAY, recurrence_rule="FREQ=WEEKLY;COUNT=3")
    page.exceptions = [EventException(original_date=date(2027, 5, 10), note="Cake")]
    page.save_revision().publish()
    assert "exceptions-0-original_time" not in open_form(admin_client, page).data
    page.additional_dates = "2027-05-10 14:00"
    page.save_revision().publish()
    form = open_form(admin_client, page)
    assert form.data["exceptions-0-original_time"] == ""
    form.add_row("exceptions", original_date="2027-05-10", original_time="14:00", is_cancelled="on", note="")
    form.fill(**{f"exceptions-1-{name}": "" for name in ("start_date", "start_time", "end_date", "end_time")})
    assert form.send("publish").status_code == 302
    assert [row.starts_at.isoformat() for row in the(EventPage).occurrences.all()] == [
        "2027-05-03T08:00:00+00:00",
        "2027-05-10T08:00:00+00:00",
        "2027-05-17T08:00:00+00:00",
    ]
    form = open_form(admin_client, page)
    form.fill(**{"exceptions-1-original_time": "15:00"})
    form.read(form.send("publish"))
    assert form.errors["exceptions-1-original_date"] == (
        "10 May 2027 at 15:00 is not a date of this series. The nearest: 10 May 2027 at 14:00 and 17 May 2027."
    )


def twice_a_day(**changes):
    """Two dates on 3 May, of which the second is moved, and one on 10 May that is cancelled."""
    exceptions = [
        EventException(
            original_date=date(2027, 5, 3), original_time=time(14), start_time=time(15), note="Later"
        ),
        EventException(original_date=date(2027, 5, 10), is_cancelled=True),
    ]
    dates = "2027-05-03 14:00\n2027-05-10\n2027-05-11 09:00 - 12:00"
    return make_event(
        title="Tour", slug="tour", **MAY, additional_dates=dates, exceptions=exceptions, **changes
    )


def test_two_dates_of_a_day_are_two_wherever_they_are_shown(client):
    page = twice_a_day()
    starts = ["2027-05-03T08:00", "2027-05-03T13:00", "2027-05-11T07:00"]
    assert [f"{row.starts_at:%Y-%m-%dT%H:%M}" for row in EventOccurrence.objects.all()] == starts
    assert "and 2 more dates" in client.get("/events/").content.decode()
    month = client.get("/events/calendar/2027/05/").content.decode()
    assert [month.count(f'entry__time">{hour}') for hour in ("10:00", "15:00", "09:00", "14:00")] == [
        1,
        1,
        1,
        0,
    ]
    html = client.get(page.url).content.decode()
    assert "Four dates, from 3 to 11 May 2027" in html
    assert html.count("At another time than usual") == 1
    assert html.count("Cancelled") == 1
    for calendar in (client.get("/events/feed.ics").getvalue(), client.get("/events/tour/event.ics").content):
        text = calendar.decode().replace("\r\n ", "")
        assert [
            line for line in text.splitlines() if line.startswith(("RDATE;", "EXDATE", "RECURRENCE-ID"))
        ] == [
            "RDATE;TZID=Europe/Rome:20270503T100000",
            "RDATE;TZID=Europe/Rome:20270503T140000",
            "RDATE;TZID=Europe/Rome:20270510T100000",
            "RDATE;TZID=Europe/Rome:20270511T090000",
            "EXDATE;TZID=Europe/Rome:20270510T100000",
            "RECURRENCE-ID;TZID=Europe/Rome:20270503T140000",
            "RECURRENCE-ID;TZID=Europe/Rome:20270511T090000",
        ]
        entries = icalendar.Calendar.from_ical(calendar).events
        assert {str(entry["UID"]) for entry in entries} == {page.uid}
    assert "Four dates" in client.get("/events/feed.atom").content.decode()


def test_search_engines_get_the_next_dates(client):
    html = client.get(twice_a_day().url).content.decode()
    scripts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    (event,) = [told for told in map(json.loads, scripts) if told["@type"] == "Event"]
    assert [told["startDate"] for told in event["eventSchedule"]] == [
        "2027-05-03T10:00:00+02:00",
        "2027-05-03T15:00:00+02:00",
        "2027-05-11T09:00:00+02:00",
    ]
    assert event["eventSchedule"][2]["endDate"] == "2027-05-11T12:00:00+02:00"


def test_a_night_that_keeps_its_duration_is_exported_by_its_hours():
    night = {
        "start_date": date(2027, 3, 26),
        "start_time": time(23),
        "end_date": date(2027, 3, 27),
        "end_time": time(4),
        "recurrence_rule": "FREQ=DAILY;COUNT=2",
    }
    by_the_wall, by_hours = make_event(**night), make_event(title="Hours", **night, keeps_duration=True)
    ends = [[row.ends_at.hour for row in page.occurrences.all()] for page in (by_the_wall, by_hours)]
    assert ends == [[3, 2], [3, 3]]
    texts = [ical.entries(page, "https://example.org/").decode() for page in (by_the_wall, by_hours)]
    assert "DTEND;TZID=Europe/Rome:20270327T040000" in texts[0]
    assert "DURATION:PT5H" in texts[1]


def test_one_date_is_on_each_line_of_a_zone():
    """ical.js reads the first date of an RDATE only."""
    lines = ical.head("x", "https://example.org/", "", {"Africa/Casablanca": date(2026, 1, 1)}).splitlines()
    dates = [line for line in lines if line.startswith(b"RDATE")]
    assert len(dates) > 10
    assert not any(b"," in line for line in dates)
