import json
import re
from datetime import date, time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from events import details, listing
from events.models import (
    EventException,
    EventIndexPage,
    EventKeyDate,
    EventMaterial,
    EventOrganizer,
    EventPage,
    EventPreviousDates,
    EventTopic,
    EventType,
)
from tests.builders import (
    make_event,
    make_image,
    make_partner,
    make_partner_index,
    the,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def index(event_list):
    return event_list


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
        ({"event_status": "EventMovedOnline", "city": "Vienna"}, "Online"),
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
    form = new_event() | fields
    url = reverse("wagtailadmin_pages:add", args=["events", "eventpage", index.pk])
    return admin_client.post(url, form | ({action: "1"} if action else {}))


def new_event():
    """What the form of a new event holds once it has a title."""
    return {
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
    }


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
        '<s><time datetime="2026-11-30T14:00:00+01:00">30 November 2026, 14:00</time>'
        '–<time datetime="2026-11-30T15:30:00+01:00">15:30 CET</time></s>',
        "(Europe/Rome, UTC+1)",
        "Cancelled",
        "The venue is closed.",
        "More words.",
    ):
        assert text in html
    assert "example.org/register" not in html, "nobody registers for a cancelled event"


SOON = {"start_date": date(2099, 3, 3)}
LONG_AGO = {"start_date": date(1999, 3, 3)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"event_status": "EventCancelled", "status_note": "Flooded."},
            ["Cancelled.", "does not take place. Flooded."],
        ),
        ({"event_status": "EventPostponed"}, ["Postponed.", "the new ones are not known yet"]),
        ({"event_status": "EventRescheduled"}, ["Rescheduled.", "The dates above are the new ones."]),
        (
            {"event_status": "EventMovedOnline", "venue": "ESRIN"},
            ["Moved online.", "It no longer takes place at <s>ESRIN</s>."],
        ),
        ({"event_status": "EventMovedOnline"}, ["Moved online.", "Nobody meets in person."]),
        ({"status_note": "Bring a coat."}, ["Bring a coat."]),
        ({"date_status": "tentative"}, ["Tentative.", "These dates are not confirmed yet."]),
        (LONG_AGO, ["This event is over."]),
    ],
)
def test_a_banner_says_what_visitors_must_know(client, changes, said):
    html = client.get(make_event(**{**SOON, **changes}).url).content.decode()
    assert html.count('role="note"') == 1
    banner = html[html.index('role="note"') :].split("</p>")[0]
    for words in said:
        assert words in banner


def test_a_usual_event_has_no_banner(client):
    assert 'role="note"' not in client.get(make_event(**SOON).url).content.decode()


@pytest.mark.parametrize("status", ["EventCancelled", "EventPostponed"])
def test_dates_that_do_not_hold_are_struck_through(client, status):
    struck = '<s><time datetime="2099-03-03">3 March 2099</time></s>'
    event = make_event(**SOON, event_status=status)
    assert struck in client.get(event.url).content.decode()
    event.recurrence_rule = "FREQ=WEEKLY"
    event.save_revision().publish()
    assert (
        '<s><time datetime="2099-03-03">Every Tuesday, from 3 March 2099</time></s>'
        in client.get(event.url).content.decode()
    )


def test_a_rescheduled_event_strikes_its_old_date_through(client):
    event = make_event(**SOON, start_time=time(9))
    event.start_date = date(2099, 4, 4)
    event.event_status = "EventRescheduled"
    event.save_revision().publish()
    html = client.get(event.url).content.decode()
    assert '<s><time datetime="2099-03-03T09:00:00+01:00">3 March 2099, 09:00 CET</time></s>' in html
    assert (
        'data-local-time><time datetime="2099-04-04T09:00:00+02:00">4 April 2099, 09:00 CEST</time>' in html
    )


def test_a_replaced_event_points_on(client):
    new = make_event(title="The new one", **SOON)
    event = make_event(title="The old one", **LONG_AGO, replaced_by=new)
    link = f'<a href="{new.url}">The new one</a> takes the place of this event.'
    assert link in client.get(event.url).content.decode()
    new.unpublish()
    assert "takes the place" not in client.get(event.url).content.decode()


REGISTRATION = {
    "registration_url": "https://example.org/register",
    "capacity_note": "60 places",
    "is_free": True,
}


@pytest.mark.parametrize(
    ("changes", "said", "is_open"),
    [
        (SOON, ["Register for this event", "60 places", "Free of charge"], True),
        (
            {**SOON, "registration_closes_date": date(2099, 2, 1), "registration_closes_time": time(12)},
            ["Open until", "1 February 2099, 12:00 CET", "(Europe/Rome, UTC+1)"],
            True,
        ),
        ({**SOON, "registration_opens_date": date(2099, 1, 1)}, ["Opens on", "1 January 2099"], False),
        ({**SOON, "registration_closes_date": date(1999, 1, 1)}, ["Registration is closed."], False),
        (LONG_AGO, ["60 places"], False),
        ({**SOON, "event_status": "EventCancelled"}, ["Cancelled"], False),
    ],
)
def test_the_way_in_is_a_button_while_it_is_open(client, changes, said, is_open):
    html = client.get(make_event(**REGISTRATION, **changes).url).content.decode()
    page, _data = html.split(
        '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Event"'
    )
    for words in said:
        assert words in page
    assert ('<a class="button" href="https://example.org/register">' in page) == is_open
    assert ("example.org/register" in page) == is_open


def test_a_page_with_everything_shows_everything(client, index):
    make_partner_index()
    event_type = EventType.objects.create(name="Workshop", slug="workshop")
    topic = EventTopic.objects.create(name="Ocean", slug="ocean")
    week = make_event(title="Open Science Week", **SOON)
    event = make_event(
        title="A day",
        **SOON,
        event_type=event_type,
        super_event=week,
        language="it",
        city="Frascati",
        attendance_mode="MixedEventAttendanceMode",
        online_url="https://example.org/join",
        price_note="€ 350",
        image=make_image(credit="ESA", licence="CC BY-SA 3.0 IGO"),
    )
    event.topics = [topic]
    event.organizers = [EventOrganizer(partner=make_partner(title="Terradue"), role="sponsor")]
    event.key_dates = [
        EventKeyDate(label="Abstracts due", date=date(1999, 1, 1), url="https://example.org/abstracts"),
        EventKeyDate(label="Programme", date=date(2099, 1, 1)),
    ]
    event.materials = [
        EventMaterial(title="Slides of the day", kind="slides", url="https://example.org/slides")
    ]
    event.save_revision().publish()
    make_event(title="A session", **SOON, super_event=event)
    related = make_event(title="Another day", start_date=date(2099, 5, 5))
    related.topics = [topic]
    related.save_revision().publish()
    html = client.get(event.url).content.decode()
    for text in (
        '<a href="/events/?type=workshop">Workshop</a>',
        '<a class="chip chip--link" href="/events/?topic=ocean">Ocean</a>',
        '<a href="/events/open-science-week/">Open Science Week</a>',
        '<a href="/events/a-session/">A session</a>',
        '<a href="/events/another-day/">Another day</a>',
        '<a href="/partners/terradue/">Terradue</a>',
        "<dt>Sponsor</dt>",
        "Italian",
        "€ 350",
        'alt="A teal square"',
        "Image: ESA, CC BY-SA 3.0 IGO",
        '<a href="https://www.openstreetmap.org/search?query=Frascati">Show on a map</a>',
        '<a href="https://example.org/join">Take part online</a>',
        '<a href="/events/a-day/event.ics">File</a>',
        '<a href="https://calendar.google.com/calendar/render?action=TEMPLATE&amp;text=A%20day&amp;',
        '<a href="https://outlook.live.com/calendar/0/deeplink/compose?',
        '<a href="https://example.org/abstracts">Abstracts due</a> <span class="key-date__passed">(passed)</span>',
        '<time datetime="2099-01-01">1 January 2099</time>',
        '<a href="https://example.org/slides">Slides of the day</a>',
    ):
        assert text in html
    assert html.count("(passed)") == 1


def test_a_series_shows_its_next_date_and_all_others(client):
    event = make_event(**SOON, start_time=time(14), recurrence_rule="FREQ=WEEKLY;COUNT=14")
    event.exceptions = [EventException(original_date=date(2099, 3, 10), is_cancelled=True, note="A holiday")]
    event.save_revision().publish()
    html = client.get(event.url).content.decode()
    starts = '<time datetime="2099-03-03T14:00:00+01:00">'
    assert f"{starts}Every Tuesday, 14:00 Europe/Rome time, from 3 March 2099, 14 times</time>" in html
    assert "Next date:" in html
    assert '<s><time datetime="2099-03-10T14:00:00+01:00">10 March 2099, 14:00 CET</time></s>' in html
    assert "A holiday" in html
    assert "<summary>2 later dates</summary>" in html
    assert "past date" not in html


def test_a_series_without_end_makes_a_page_of_bearable_size(client):
    event = make_event(
        start_date=date(2020, 1, 1), start_time=time(9), end_time=time(9, 15), recurrence_rule="FREQ=DAILY"
    )
    html = client.get(event.url).content.decode()
    assert len(html) < 50_000
    assert "The series goes on after that." in html
    assert "And earlier ones since 1 January 2020." in html


def test_what_is_empty_is_not_there(client):
    event = make_event(body='<p data-block-key="abc12"></p>')
    html = client.get(event.url).content.decode()
    assert "prose" not in html
    assert "About this event" not in html
    assert '"description"' not in html
    assert "DESCRIPTION" not in client.get(f"{event.url}event.ics").content.decode()


def test_sub_events_that_are_left_out_are_counted(client, monkeypatch):
    monkeypatch.setattr(details, "MAX_SUB_EVENTS", 2)
    congress = make_event(title="Congress", start_date=date(2099, 1, 1))
    for number in range(3):
        assert "more.</p>" not in client.get(congress.url).content.decode()
        make_event(title=f"Part {number}", super_event=congress)
    assert "<p>And 1 more.</p>" in client.get(congress.url).content.decode()


@pytest.mark.parametrize("changes", [{"event_status": "EventCancelled"}, {"start_date": date(2020, 1, 1)}])
def test_no_place_is_promised_for_what_is_over_or_off(client, changes):
    assert "to be announced" not in client.get(make_event(**changes).url).content.decode()


def test_an_event_of_which_nothing_is_known(client):
    event = make_event(start_date=None, date_status="to_be_determined")
    html = client.get(event.url).content.decode()
    assert "Date to be announced" in html
    assert "Place to be announced" in html
    assert "calendar" not in html
    assert '"@type":"Event"' not in html


ADDRESSES = ("website", "registration_url", "online_url")


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//example.org", "https://ex ample.org"]
)
def test_no_address_runs_anything(address):
    event = make_event()
    for name in ADDRESSES:
        setattr(event, name, address)
    with pytest.raises(ValidationError) as caught:
        event.full_clean()
    assert set(ADDRESSES) <= caught.value.message_dict.keys()
    for model in (EventKeyDate, EventMaterial):
        with pytest.raises(ValidationError, match="valid URL"):
            model(url=address).clean_fields(exclude=["page", "label", "date", "title"])
    with pytest.raises(ValidationError, match="valid URL"):
        EventOrganizer(website=address).clean_fields(exclude=["page", "partner"])


def data_blocks(html):
    """What search engines find: all JSON-LD of a page by its @type."""
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    return {block["@type"]: block for block in map(json.loads, blocks)}


EVIL = "</script><script>alert(1)</script><!-- \u2028 & \" ' \\ <b>"


def test_no_text_breaks_out_of_the_page(client):
    event = make_event(
        title=EVIL, slug="evil", **SOON, summary=EVIL, venue=EVIL, status_note=EVIL, price_note=EVIL
    )
    event.organizers = [EventOrganizer(name=EVIL)]
    event.save_revision().publish()
    html = client.get(event.url).content.decode()
    assert "<script>alert" not in html
    assert "<b>" not in html
    found = data_blocks(html)
    assert found["Event"]["name"] == EVIL
    assert found["Event"]["organizer"][0]["name"] == EVIL
    assert found["BreadcrumbList"]["itemListElement"][-1]["name"] == EVIL


HOUR = {"start_time": time(14), "end_time": time(15)}
KINDS = {
    "in person": {"venue": "ESRIN", "city": "Frascati", "country": "Italy"},
    "nowhere yet": {},
    "at an hour": {"city": "Rome", **HOUR},
    "online": {
        "attendance_mode": "OnlineEventAttendanceMode",
        "online_url": "https://example.org/join",
        **HOUR,
    },
    "hybrid": {"attendance_mode": "MixedEventAttendanceMode", "city": "Rome", **HOUR},
    "cancelled": {"event_status": "EventCancelled", "city": "Rome"},
    "postponed": {"event_status": "EventPostponed", "city": "Rome"},
    "rescheduled": {"event_status": "EventRescheduled", "city": "Rome"},
    "moved online": {"event_status": "EventMovedOnline", "city": "Rome"},
    "series": {"city": "Rome", "recurrence_rule": "FREQ=WEEKLY", **HOUR},
    "past": {"city": "Rome", **LONG_AGO},
}
ISO = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d[+-]\d\d:\d\d)?")


@pytest.mark.parametrize("kind", KINDS)
def test_search_engines_find_what_they_require(client, settings, kind):
    event = make_event(**{**SOON, **KINDS[kind], **REGISTRATION}, summary="Learn.", image=make_image())
    event.organizers = [EventOrganizer(name="ESA"), EventOrganizer(name="Ada", role="speaker")]
    event.previous_dates = [EventPreviousDates(start_date=date(2099, 1, 1), timezone="Europe/Rome")]
    event.save_revision().publish()
    html = client.get(event.url).content.decode()
    found = data_blocks(html)["Event"]
    assert found["@context"] == "https://schema.org"
    assert found["name"] == "An event"
    assert found["url"] == f"{settings.BASE_URL}/events/an-event/"
    for name in ("startDate", "endDate"):
        assert ISO.fullmatch(found[name]), name
        assert ("T" in found[name]) == (event.start_time is not None)
    places = found["location"] if isinstance(found["location"], list) else [found["location"]]
    for place in places:
        assert place["@type"] in ("Place", "VirtualLocation")
        assert place["name"] if place["@type"] == "Place" else place["url"].startswith("http")
    assert found["description"] == "Learn."
    assert found["eventStatus"] == f"https://schema.org/{event.event_status}"
    assert found["organizer"] == [{"@type": "Organization", "name": "ESA"}]
    assert found["performer"] == [{"@type": "Person", "name": "Ada"}]
    (image,) = found["image"]
    assert image.startswith("http")
    assert ("offers" in found) == event.is_going_ahead
    assert found.get("previousStartDate") == (["2099-01-01"] if kind == "rescheduled" else None)
    assert ("eventSchedule" in found) == (kind == "series")


def test_an_editor_previews_an_event_that_was_never_saved(admin_client, index):
    make_event(title="Not part of it")
    form = {
        **new_event(),
        "start_date": "2099-01-06",
        "start_time": "14:00",
        "recurrence_rule-repeats": "WEEKLY",
        "recurrence_rule-ends": "count",
        "recurrence_rule-count": "3",
        "exceptions-TOTAL_FORMS": "1",
        "exceptions-0-ORDER": "1",
        "exceptions-0-original_date": "2099-01-13",
        "exceptions-0-is_cancelled": "on",
        "exceptions-0-note": "A holiday",
        "materials-TOTAL_FORMS": "1",
        "materials-0-ORDER": "1",
        "materials-0-kind": "slides",
        "materials-0-title": "Slides of the day",
        "materials-0-url": "https://example.org/",
    }
    url = reverse("wagtailadmin_pages:preview_on_add", args=["events", "eventpage", index.pk])
    assert admin_client.post(url, form).json()["is_valid"]
    html = admin_client.get(url).content.decode()
    for text in ("Every Tuesday", "A holiday", "Slides of the day", "BreadcrumbList"):
        assert text in html
    assert "Not part of it" not in html


@pytest.mark.parametrize("page", ["", "abc", "0", "-1", "99999999999999999999", "1'--", "\x00", "2"])
@pytest.mark.parametrize("path", ["/events/", "/events/past/"])
def test_a_malformed_page_number_shows_the_nearest_page(client, path, page):
    make_event()
    assert client.get(path, {"page": page, "unknown": "\x00'\"<script>"}).status_code == 200


def test_the_list_is_paginated(client, monkeypatch, settings):
    monkeypatch.setattr(listing, "PER_PAGE", 2)
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


def test_the_zone_of_a_series_is_said_once_where_all_dates_share_it(client, index):
    winter = make_event(
        title="Winter",
        start_date=date(2099, 1, 6),
        start_time=time(14),
        recurrence_rule="FREQ=WEEKLY;COUNT=4",
    )
    html = client.get(winter.url).content.decode()
    dates = html[html.index('id="dates"') :]
    assert dates.count("Europe/Rome, UTC+1") == 1
    assert "All times: Europe/Rome, UTC+1</p>" in dates
    year = make_event(
        title="Year",
        start_date=date(2099, 1, 6),
        start_time=time(14),
        recurrence_rule="FREQ=MONTHLY;COUNT=10",
    )
    html = client.get(year.url).content.decode()
    dates = html[html.index('id="dates"') :]
    assert "All times" not in dates
    assert dates.count("(Europe/Rome, UTC+1)") + dates.count("(Europe/Rome, UTC+2)") == 10
