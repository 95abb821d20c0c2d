"""Series that are imported, edited in their form, and imported again."""

from datetime import date
from pathlib import Path

import pytest

from events.importing import import_source
from events.importing.models import ImportRecord, ImportSource
from events.importing.undo import undo
from events.models import EventPage
from tests.builders import make_calendar, the
from tests.editing import open_form

pytestmark = pytest.mark.django_db

CASES = Path(__file__).parents[2] / "data" / "cases"
START = (
    "UID:a\nSUMMARY:Tour\nDTSTART;TZID=Europe/Rome:20280306T100000\nDTEND;TZID=Europe/Rome:20280306T110000"
)


@pytest.fixture
def imported(event_list, tmp_path):
    """imported(entry, …): imports a calendar from the same place as before; gives the run."""

    def run(*entries, data=None):
        path = tmp_path / "feed.ics"
        path.write_bytes(data or make_calendar(*entries))
        return import_source(str(path), format="ical", parent=event_list, publish=True).run

    return run


def starts():
    return [f"{row.starts_at:%m-%d %H:%M}" for row in the(EventPage).occurrences.all()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("byhour-list", ["05-03 08:00", "05-03 14:00", "05-04 08:00", "05-04 14:00"]),
        ("night-series-dst", ["03-26 22:00", "03-27 22:00"]),
        ("rdate-only-exdate-of-start", ["08-31 19:00"]),
        ("rrule-and-rdate-same-day-other-time", ["05-01 08:00", "05-08 08:00", "05-08 14:00"]),
        ("two-daily-series-exdate", ["02-18 08:00", "02-19 08:00"]),
    ],
)
def test_the_page_has_the_dates(imported, admin_client, name, expected):
    data = (CASES / f"{name}.ics").read_bytes()
    imported(data=data)
    assert starts() == expected
    sequence = the(EventPage).sequence
    imported(data=data)
    assert the(EventPage).sequence == sequence, "the same feed again changes nothing"
    assert open_form(admin_client, the(EventPage)).send("publish").status_code == 302
    assert starts() == expected
    imported(data=data)
    assert (starts(), the(ImportRecord).conflicts) == (expected, []), "nor does saving the form untouched"


NO_DATE = "This is no date of the series any more"


@pytest.mark.parametrize(
    "later",
    ["", "\nRRULE:FREQ=WEEKLY;BYDAY=MO;INTERVAL=2;COUNT=5", "\nRDATE;TZID=Europe/Rome:20280307T100000"],
    ids=["a single event", "another rule", "a list of dates"],
)
def test_an_exception_that_has_lost_its_date_lets_the_form_save(imported, admin_client, later):
    imported(f"{START}\nRRULE:FREQ=WEEKLY;COUNT=5\nRDATE;TZID=Europe/Rome:20280308T150000")
    form = open_form(admin_client, the(EventPage))
    for original_time, day, note in (("", "2028-03-13", "Cake"), ("15:00", "2028-03-08", "Tea")):
        empty = dict.fromkeys(("start_date", "start_time", "end_date", "end_time"), "")
        form.add_row("exceptions", original_date=day, original_time=original_time, note=note, **empty)
    assert form.send("publish").status_code == 302
    imported(f"{START}{later}")
    page = the(EventPage)
    assert [row.note for row in page.exceptions.all()] == ["Cake", "Tea"], "the editor's words stay"
    form = open_form(admin_client, page)
    assert form.response.content.decode().count(NO_DATE) == 2
    form.fill(summary="Bring your own cup.")
    assert form.send("publish").status_code == 302
    page = the(EventPage)
    assert (page.summary, page.exceptions.count()) == ("Bring your own cup.", 2)
    form = open_form(admin_client, page)
    assert form.autosave().status_code == 200
    form = open_form(admin_client, page)
    changed = next(name for name, value in form.data.items() if value == "Cake")
    form.fill(**{changed: "More cake"})
    form.read(form.send("publish"))
    assert list(form.errors), "a row that is written anew has to fit"


def test_a_rule_that_an_editor_changes_has_to_fit_the_rows(imported, admin_client):
    imported(f"{START}\nRRULE:FREQ=WEEKLY;COUNT=5\nEXDATE;TZID=Europe/Rome:20280313T100000")
    form = open_form(admin_client, the(EventPage))
    form.fill(**{"recurrence_rule-interval": "2"})
    form.read(form.send("publish"))
    assert "is not a date of this series" in form.errors["exceptions-0-original_date"]


def test_additional_dates_are_merged_one_by_one(imported, admin_client):
    dates = "\nRDATE;TZID=Europe/Rome:20280307T100000,20280308T100000"
    imported(START + dates)
    assert the(EventPage).additional_dates == "2028-03-07\n2028-03-08"
    form = open_form(admin_client, the(EventPage))
    form.fill(additional_dates="2028-03-07 10:00 - 12:00\n2028-03-08\n2028-03-20")
    assert form.send("publish").status_code == 302
    run = imported(f"{START}{dates},20280309T100000")
    page = the(EventPage)
    assert "2028-03-09" in page.additional_dates.splitlines()
    assert "2028-03-20" in page.additional_dates.splitlines()
    assert "2028-03-07 10:00 - 12:00" in page.additional_dates.splitlines()
    assert the(ImportRecord).conflicts == []
    assert undo(run, user=None).kept == []
    assert "2028-03-09" not in the(EventPage).additional_dates
    assert "2028-03-20" in the(EventPage).additional_dates


def test_a_series_that_was_deleted_from_its_first_date_on_is_missing(imported):
    rule = "\nRRULE:FREQ=WEEKLY;UNTIL={}T090000Z"
    other = "UID:b\nSUMMARY:Other\nDTSTART:20280306T100000"
    imported(START + rule.format("20280401"), other)
    ImportSource.objects.update(missing="cancel", missing_after=1)
    imported(START + rule.format("20280301"), other)
    page = EventPage.objects.get(title="Tour")
    assert (page.event_status, page.start_date) == ("EventCancelled", date(2028, 3, 6))


def test_what_is_kept_around_today_is_read_again_though_the_feed_is_the_same(source, server):
    from events.importing import import_stored

    server.body = make_calendar(START.replace("2028", "2020") + "\nRRULE:FREQ=HOURLY")
    server.headers = {"ETag": '"1"'}
    import_stored(source, trigger="timetable")
    source.refresh_from_db()
    assert (source.etag, source.digest) == ("", "")
