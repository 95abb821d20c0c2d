from datetime import date, time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from events.models import EventIndexPage, EventOrganizer, EventPage
from tests.builders import make_event, make_event_index, make_home, make_partner, make_partner_index, the

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def index():
    make_home()
    return make_event_index()


BAD_SCHEDULES = [
    ({"start_date": date(1, 1, 1)}, "start_date", "greater than or equal to"),
    ({"end_date": date(9999, 12, 31)}, "end_date", "less than or equal to"),
    (
        {"start_date": date(2027, 3, 28), "start_time": time(2, 30), "end_time": time(3)},
        "end_time",
        "clocks are changed",
    ),
    ({"timezone": "localtime"}, "timezone", "not a time zone"),
    ({"date_status": "to_be_determined"}, "date_status", "There is a first day"),
    ({"end_date": date(2026, 11, 29)}, "end_date", "before the first day"),
    ({"end_time": time(9)}, "start_time", "needs a start time"),
    ({"start_time": time(10), "end_time": time(9)}, "end_time", "past midnight"),
    ({"start_time": time(10), "end_time": time(10)}, "end_time", "ends before it starts"),
    ({"timezone": "Mars/Olympus"}, "timezone", "not a time zone"),
]


@pytest.mark.parametrize(("changes", "field", "message"), BAD_SCHEDULES)
def test_an_impossible_schedule_is_explained_at_its_field(changes, field, message):
    event = make_event()
    for name, value in changes.items():
        setattr(event, name, value)
    with pytest.raises(ValidationError) as caught:
        event.full_clean()
    assert message in " ".join(caught.value.message_dict[field])


@pytest.mark.parametrize(
    "changes",
    [
        {"end_date": date(2026, 11, 29)},
        {"end_time": time(9)},
        {"start_time": time(10), "end_time": time(9)},
        {"start_date": None, "date_status": "to_be_determined", "start_time": time(9)},
    ],
)
def test_the_database_refuses_an_impossible_schedule(changes):
    event = make_event()
    with pytest.raises(IntegrityError), transaction.atomic():
        EventPage.objects.filter(pk=event.pk).update(**changes)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"venue": "ESA ESRIN", "city": "Frascati", "country": "Italy"}, "ESA ESRIN, Frascati, Italy"),
        ({"attendance_mode": "OnlineEventAttendanceMode"}, "Online"),
        ({"attendance_mode": "MixedEventAttendanceMode", "city": "Vienna"}, "Vienna and online"),
        ({}, ""),
    ],
)
def test_where(changes, where):
    assert make_event(**changes).where == where


def test_words_stand_in_for_a_date():
    event = make_event(start_date=None, date_status="to_be_determined", date_text="Autumn 2027")
    assert event.when == "Autumn 2027"
    event.date_text = ""
    assert event.when == "Date to be announced"


def test_an_organizer_is_a_partner_or_a_name():
    event = make_event()
    make_partner_index()
    partner = make_partner(title="Terradue", website="")
    event.organizers = [
        EventOrganizer(sort_order=0, partner=partner),
        EventOrganizer(sort_order=1, name="ESA", website="https://example.org/"),
        EventOrganizer(sort_order=2),
    ]
    for organizer in event.organizers.all():
        organizer.clean()
    event.save_revision().publish()
    event = EventPage.objects.get()
    assert [(str(organizer), organizer.href) for organizer in event.listed_organizers] == [
        ("Terradue", "/partners/terradue/"),
        ("ESA", "https://example.org/"),
    ]
    partner.delete()
    for version in (EventPage.objects.get(), EventPage.objects.get().get_latest_revision_as_object()):
        assert [str(organizer) for organizer in version.listed_organizers] == ["Terradue", "ESA"]


def empty_formsets(*names):
    return {f"{name}-{count}_FORMS": "0" for name in names for count in ("TOTAL", "INITIAL")}


def save(admin_client, index, action="", **fields):
    """Post the form of a new event as a browser does."""
    form = {
        "title": "A new event",
        "slug": "a-new-event",
        "body": "null",
        "date_status": "confirmed",
        "timezone": "Europe/Rome",
        "event_status": "EventScheduled",
        "attendance_mode": "OfflineEventAttendanceMode",
        "organizers-TOTAL_FORMS": "1",
        "organizers-INITIAL_FORMS": "0",
        "organizers-0-ORDER": "1",
        "organizers-0-name": "",
        "organizers-0-role": "organizer",
        **empty_formsets("comments", "exceptions", "previous_dates", "key_dates", "materials"),
        **fields,
    }
    url = reverse("wagtailadmin_pages:add", args=["events", "eventpage", index.pk])
    return admin_client.post(url, form | ({action: "1"} if action else {}))


def test_a_draft_may_lack_what_a_published_event_needs(admin_client, index):
    response = save(admin_client, index, "action-publish")
    assert "Give the first day" in response.content.decode()
    assert save(admin_client, index).status_code == 302
    draft = EventPage.objects.get()
    assert (draft.live, draft.when) == (False, "Date to be announced")


def test_the_list_of_past_events_keeps_its_address(admin_client, index):
    response = save(admin_client, index, "action-publish", start_date="2099-01-01", slug="past")
    assert "The portal itself uses this address" in response.content.decode()
    assert not EventPage.objects.exists()


def test_a_page_of_an_event_shows_what_matters(client):
    event = make_event(
        title="Hackathon <2026>",
        summary="Build things.",
        start_time=time(14),
        end_time=time(15, 30),
        venue="ESRIN",
        registration_url="https://example.org/register",
        website="https://example.org/",
        event_status="EventCancelled",
        status_note="The venue is closed.",
        body="<p>More words.</p>",
    )
    html = client.get(event.url).content.decode()
    for text in (
        "Hackathon &lt;2026&gt;",
        '<time datetime="2026-11-30T14:00:00+01:00">30 November 2026, 14:00–15:30 CET</time>',
        "Europe/Rome (UTC+1)",
        "Cancelled",
        "The venue is closed.",
        "More words.",
    ):
        assert text in html
    assert "example.org/register" not in html, "nobody registers for a cancelled event"


@pytest.mark.parametrize("page", ["", "abc", "0", "-1", "99999999999999999999", "1'--", "\x00", "2"])
@pytest.mark.parametrize("path", ["/events/", "/events/past/"])
def test_a_malformed_page_number_shows_the_nearest_page(client, path, page):
    make_event()
    assert client.get(path, {"page": page, "unknown": "\x00'\"<script>"}).status_code == 200


def test_the_list_is_paginated(client, monkeypatch, settings):
    monkeypatch.setattr(EventIndexPage, "EVENTS_PER_PAGE", 2)
    for number in range(5):
        make_event(title=f"Event {number}", start_date=date(2099, 1, 1 + number))
    first, last = client.get("/events/").content.decode(), client.get("/events/?page=3").content.decode()
    assert "Page 1 of 3" in first
    assert "Event 1" in first
    assert "Event 2" not in first
    assert "Event 4" in last
    assert f'rel="canonical" href="{settings.BASE_URL}/events/?page=3"' in last


def test_upcoming_and_past_are_kept_apart(client):
    make_event(title="Long ago", start_date=date(1999, 1, 1))
    make_event(title="Far ahead", start_date=date(2099, 1, 1))
    make_event(title="Some day", start_date=None, date_status="to_be_determined")
    upcoming, past = client.get("/events/").content.decode(), client.get("/events/past/").content.decode()
    assert "Long ago" not in upcoming
    assert upcoming.index("Far ahead") < upcoming.index("Some day")
    assert "Long ago" in past
    assert "Far ahead" not in past
    assert "Some day" not in past


def test_the_index_is_the_parent_of_events_only():
    assert EventPage.allowed_parent_page_models() == [EventIndexPage]
    assert EventIndexPage.allowed_subpage_models() == [EventPage]
    assert the(EventIndexPage).get_children().count() == 0


def test_a_renamed_event_is_found_at_its_old_address(client, django_capture_on_commit_callbacks):
    event = make_event(title="Old name", slug="old-name")
    event.slug = "new-name"
    with django_capture_on_commit_callbacks(execute=True):
        event.save_revision().publish()
    response = client.get("/events/old-name/")
    assert (response.status_code, response["Location"]) == (301, "/events/new-name/")
    assert client.get("/events/new-name/").status_code == 200
