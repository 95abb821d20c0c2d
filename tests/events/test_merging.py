"""Forms of events that are saved after an import, or somebody else, changed the page."""

from datetime import date, time

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client

from events.importing import import_source
from events.models import EventKeyDate, EventMaterial, EventOrganizer, EventPage, EventTopic
from tests.builders import make_calendar, make_event, the
from tests.editing import open_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed(event_list, tmp_path):
    """Import an entry, and publish what comes of it."""

    def run(*lines, publish=True):
        path = tmp_path / "feed.ics"
        path.write_bytes(make_calendar("\n".join(("UID:one", "SUMMARY:Seminar", *lines))))
        return import_source(str(path), format="ical", parent=event_list, publish=publish)

    return run


def at(hour, *more):
    return (
        f"DTSTART;TZID=Europe/Rome:20270112T{hour:02}0000",
        f"DTEND;TZID=Europe/Rome:20270112T{hour + 1:02}0000",
        *more,
    )


@pytest.fixture
def ann():
    return signed_in("ann")


@pytest.fixture
def bob():
    return signed_in("bob")


def signed_in(name):
    client = Client()
    client.force_login(User.objects.create_superuser(name))
    return client


def told(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def now(page=None):
    return EventPage.objects.get(pk=page.pk) if page else the(EventPage)


def draft(page=None):
    return now(page).get_latest_revision_as_object()


def no_session(client, page):
    """A form whose session has ended, as of a laptop that sleeps: imports do not wait for it."""
    from wagtail.admin.models import EditingSession

    form = open_form(client, page)
    EditingSession.objects.all().delete()
    return form


@pytest.mark.parametrize("action", ["", "publish"])
def test_an_import_that_only_it_knows_of_is_not_undone_by_a_typing_error(ann, feed, action):
    feed(*at(10, "DESCRIPTION:Words."))
    form = no_session(ann, now())
    feed(*at(11, "DESCRIPTION:Words.", "STATUS:CANCELLED"))
    response = form.fill(summary="Corrected.").send(action)
    assert response.status_code == 302, form.read(response).errors
    after = now() if action else draft()
    assert (after.start_time, after.end_time) == (time(11), time(12))
    assert after.event_status == "EventCancelled"
    assert after.summary == "Corrected."
    message = told(response)
    assert (
        "The partner changed start time to “11:00”, end time to “12:00” and status to “Cancelled”" in message
    )
    assert "That is kept, and so is your summary." in message
    report = feed(*at(11, "DESCRIPTION:Words.", "STATUS:CANCELLED"))
    assert report.counts["unchanged"] == 1


@pytest.mark.parametrize("side", ["mine", "theirs"])
def test_where_an_import_and_an_editor_differ_the_editor_chooses(ann, feed, side):
    feed(*at(10, "LOCATION:Oslo"))
    form = no_session(ann, now())
    feed(*at(10, "LOCATION:Rome"))
    response = form.fill(venue="At ours").send("publish")
    assert response.status_code == 200
    assert now().venue == "Rome"
    form.read(response)
    assert form.data["venue"] == "At ours"
    assert "The partner changed venue" in form.errors["venue"]
    assert "Use the partner’s" in form.errors["venue"]
    assert form.choose(side).send("publish").status_code == 302
    assert now().venue == ("At ours" if side == "mine" else "Rome")


def test_dates_that_contradict_each_other_are_one_choice(ann, feed):
    feed(*at(10))
    form = no_session(ann, now())
    feed(*at(14))
    # The new start is after an end that was sensible before.
    form.read(form.fill(end_time="12:30").send("publish"))
    assert form.choices.keys() == {"merge-dates"}
    assert now().start_time == time(14)
    assert (form.data["start_time"], form.data["end_time"]) == ("10:00", "12:30")
    assert form.choose("mine").send("publish").status_code == 302
    assert (now().start_time, now().end_time) == (time(10), time(12, 30))


def test_dates_that_make_no_sense_together_are_a_choice_though_nobody_changed_the_same(ann, bob, event_list):
    event = make_event(start_date=date(2027, 1, 12), start_time=time(10), end_time=time(16))
    hers, his = open_form(ann, event), open_form(bob, event)
    assert hers.fill(start_time="15:00").send("publish").status_code == 302
    his.read(his.fill(end_time="13:00").send("publish"))
    assert his.choices.keys() == {"merge-dates"}
    assert (his.data["start_time"], his.data["end_time"]) == ("10:00", "13:00")
    assert now(event).end_time == time(16)
    assert his.choose("theirs").send("publish").status_code == 302
    assert (now(event).start_time, now(event).end_time) == (time(15), time(16))


def test_dates_that_make_sense_together_are_merged(ann, bob, event_list):
    event = make_event(start_date=date(2027, 1, 12), start_time=time(10), end_time=time(16))
    hers, his = open_form(ann, event), open_form(bob, event)
    hers.fill(start_time="11:00").send("publish")
    assert his.fill(end_time="17:00").send("publish").status_code == 302
    assert (now(event).start_time, now(event).end_time) == (time(11), time(17))


def test_rows_of_both_stay(ann, bob, event_list):
    event = make_series()
    hers, his = open_form(ann, event), open_form(bob, event)
    hers.add_row("exceptions", original_date="2027-01-19", is_cancelled="on")
    hers.add_row("organizers", name="ESRIN", role="organizer")
    hers.fill(**{"key_dates-0-date": "2026-12-30"})
    assert hers.send("publish").status_code == 302
    his.add_row("exceptions", original_date="2027-01-26", note="Elsewhere")
    his.add_row("organizers", name="ECMWF", role="sponsor")
    his.add_row("key_dates", label="Papers due", date="2027-01-02", url="")
    response = his.send("publish")
    assert response.status_code == 302, his.read(response).errors
    after = now(event)
    assert [(row.original_date.day, row.is_cancelled, row.note) for row in after.exceptions.all()] == [
        (19, True, ""),
        (26, False, "Elsewhere"),
    ]
    assert [str(row) for row in after.organizers.all()] == ["ESA", "ESRIN", "ECMWF"]
    assert {(row.label, row.date.day) for row in after.key_dates.all()} == {
        ("Abstracts due", 30),
        ("Papers due", 2),
    }
    assert [row.title for row in after.materials.all()] == ["Slides"]


def test_a_row_that_both_changed_is_a_choice(ann, bob, event_list):
    event = make_series()
    hers, his = open_form(ann, event), open_form(bob, event)
    hers.fill(**{"key_dates-0-date": "2026-12-30"}).send("publish")
    his.fill(**{"key_dates-0-date": "2026-12-28", "organizers-0-name": "ESA ESRIN"})
    his.read(his.send("publish"))
    assert his.errors.keys() == {"key_dates"}
    assert "30 December 2026" in his.errors["key_dates"]
    assert "28 December 2026" in his.errors["key_dates"]
    assert his.data["key_dates-0-date"] == "2026-12-28"
    assert his.choose("theirs").send("publish").status_code == 302
    assert [row.date.day for row in now(event).key_dates.all()] == [30]
    assert [str(row) for row in now(event).organizers.all()] == ["ESA ESRIN"]


def test_a_row_that_one_removed_goes(ann, bob, event_list):
    event = make_series()
    hers, his = open_form(ann, event), open_form(bob, event)
    hers.fill(**{"materials-0-DELETE": "1", "key_dates-0-DELETE": "1"}).send("publish")
    his.read(his.fill(summary="New.", **{"key_dates-0-date": "2026-12-28"}).send("publish"))
    assert "Theirs: “removed”" in his.errors["key_dates"]
    assert his.choose("mine").send("publish").status_code == 302
    after = now(event)
    assert (after.summary, after.materials.count()) == ("New.", 0)
    assert [row.date.day for row in after.key_dates.all()] == [28]


def test_topics_and_pictures_merge_as_fields(ann, bob, event_list):
    oceans, ice = (EventTopic.objects.create(name=name, slug=name) for name in ("oceans", "ice"))
    event = make_series(topics=[oceans])
    hers, his = open_form(ann, event), open_form(bob, event)
    hers.fill(topics=[str(oceans.pk), str(ice.pk)]).send("publish")
    assert his.fill(venue="New").send("publish").status_code == 302
    assert {topic.name for topic in now(event).topics.all()} == {"oceans", "ice"}
    assert now(event).venue == "New"


def test_an_import_cancels_one_date_while_an_editor_moves_another(ann, feed):
    series = at(10, "RRULE:FREQ=WEEKLY;COUNT=4")
    feed(*series)
    form = no_session(ann, now())
    feed(*series, "EXDATE;TZID=Europe/Rome:20270119T100000")
    form.add_row("exceptions", original_date="2027-01-26", start_date="2027-01-27")
    response = form.send("publish")
    assert response.status_code == 302, form.read(response).errors
    assert [(row.original_date.day, row.is_cancelled) for row in now().exceptions.all()] == [
        (19, True),
        (26, False),
    ]


def test_autosaves_with_rows_make_no_row_twice(ann, bob, event_list):
    """Of a page that was never published rows are stored with the first save."""
    event = make_series()
    event.unpublish()
    hers, his = open_form(ann, event), open_form(bob, event)
    hers.add_row("organizers", name="ESRIN", role="organizer")
    his.add_row("organizers", name="ECMWF", role="organizer")
    for number in range(3):
        assert hers.fill(summary=f"Ann {number}").autosave().status_code == 200
        assert his.fill(venue=f"Bob {number}").autosave().status_code == 200
    assert [str(row) for row in draft(event).organizers.all()] == ["ESA", "ESRIN", "ECMWF"]
    assert hers.send("publish").status_code == 302
    after = now(event)
    assert [str(row) for row in after.organizers.all()] == ["ESA", "ESRIN", "ECMWF"]
    assert (after.summary, after.venue) == ("Ann 2", "Bob 2")
    assert [row.title for row in after.materials.all()] == ["Slides"]


def test_an_import_while_an_old_revision_is_restored(ann, feed):
    feed(*at(10, "LOCATION:Oslo"))
    old = now().latest_revision
    open_form(ann, now()).fill(summary="Ann's.", venue="At ours").send("publish")
    form = open_form(ann, now(), revision=old)
    from wagtail.admin.models import EditingSession

    EditingSession.objects.all().delete()
    feed(*at(11, "LOCATION:Oslo"))
    response = form.send("publish")
    assert response.status_code == 302, form.read(response).errors
    after = now()
    assert (after.summary, after.venue, after.start_time) == ("", "Oslo", time(11))


def make_series(**changes):
    event = make_event(
        title="A seminar",
        start_date=date(2027, 1, 12),
        start_time=time(14),
        end_time=time(15),
        recurrence_rule="FREQ=WEEKLY;COUNT=4",
        body="<p>More <b>words</b>.</p><ul><li>one<ul><li>two</li></ul></li></ul>",
        **changes,
    )
    event.key_dates = [EventKeyDate(sort_order=0, label="Abstracts due", date=date(2026, 12, 24))]
    event.organizers = [EventOrganizer(sort_order=0, name="ESA", website="https://example.org/")]
    event.materials = [EventMaterial(sort_order=0, title="Slides", url="https://example.org/slides")]
    event.save_revision().publish()
    return EventPage.objects.get(pk=event.pk)
