"""What programs get at the addresses of events."""

import gc
import html
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import feedparser
import icalendar
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction

from events import views
from events.models import EventException, EventOccurrence, EventOrganizer, EventPage, EventTopic, EventType
from tests.builders import make_event, make_events

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ICS, ATOM = "/events/feed.ics", "/events/feed.atom"


@pytest.fixture(autouse=True)
def index(event_list, monkeypatch):
    """The page of all events, at AT."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)
    return event_list


def get(client, address=ICS, **headers):
    response = client.get(address, headers=headers)
    assert response.status_code == 200, response
    return response


def entries(client, address=ICS):
    return icalendar.Calendar.from_ical(get(client, address).getvalue()).walk("VEVENT")


def titles(client, address=ICS):
    return [str(entry["SUMMARY"]) for entry in entries(client, address)]


def parsed(client, address=ATOM):
    response = get(client, address)
    feed = feedparser.parse(
        response.content,
        response_headers={"content-type": response["Content-Type"], "content-location": address},
    )
    assert not feed.bozo, feed.bozo_exception
    return feed


def test_a_calendar_to_subscribe_to(client):
    make_event(title="Ice, snow", start_time=time(14))
    response = get(client)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'inline; filename="events.ics"'
    assert "public" in response["Cache-Control"]
    assert response.streaming
    calendar = icalendar.Calendar.from_ical(response.getvalue())
    assert calendar["NAME"] == "EarthCODE: Events"
    assert calendar["SOURCE"] == "https://testserver/events/feed.ics"
    assert calendar["URL"] == "https://testserver/events/"
    (entry,) = calendar.walk("VEVENT")
    assert entry["URL"] == "https://testserver/events/ice-snow/"
    assert entry["UID"] == f"{EventPage.objects.get().translation_key}@testserver"
    assert len(calendar.walk("VTIMEZONE")) == 1


def test_no_events_are_a_calendar_too(client):
    assert entries(client) == []


def test_it_goes_back_for_a_year_and_holds_no_event_without_a_date(client):
    make_event(title="Coming")
    make_event(title="Nearly a year ago", start_date=date(2025, 11, 20))
    make_event(title="A year ago", start_date=date(2025, 11, 19))
    make_event(title="Since long", start_date=date(2020, 1, 6), recurrence_rule="FREQ=WEEKLY")
    make_event(title="Long over", start_date=date(2020, 1, 6), recurrence_rule="FREQ=WEEKLY;COUNT=9")
    make_event(title="Some day", start_date=None, date_status="to_be_determined")
    assert titles(client) == ["Coming", "Nearly a year ago", "Since long"]


def test_what_is_cancelled_stays_so_that_calendars_drop_it(client):
    make_event(event_status="EventCancelled")
    (entry,) = entries(client)
    assert entry["STATUS"] == "CANCELLED"


def test_drafts_and_private_events_are_in_no_feed(client):
    make_event(title="Draft").unpublish()
    private = make_event(title="Private")
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    assert titles(client) == []
    assert parsed(client).entries == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Ice", "Snow"]),
        ("?type=workshop", ["Ice"]),
        ("?topic=oceans", ["Snow"]),
        ("?type=workshop&topic=oceans", []),
        ("?q=sno", ["Snow"]),
        ("?from=2026-12-01&to=2026-12-31", ["Snow"]),
        ("?type=nonsense", ["Ice", "Snow"]),
        ("?from=nonsense&q=%00&page=7&nonsense=1", ["Ice", "Snow"]),
    ],
)
def test_feeds_honour_the_filters_in_their_address(client, query, expected):
    make_event(title="Ice", event_type=EventType.objects.create(name="Workshop", slug="workshop"))
    topic = EventTopic.objects.create(name="Oceans", slug="oceans")
    make_event(title="Snow", start_date=date(2026, 12, 10), topics=[topic])
    assert titles(client, ICS + query) == expected
    assert sorted(entry.title for entry in parsed(client, ATOM + query).entries) == expected


def test_a_feed_says_where_it_is_and_what_was_chosen(client):
    EventTopic.objects.create(name="Ice & snow", slug="ice")
    query = "?where=online&nonsense=1&topic=ice"
    octets = get(client, ICS + query).getvalue()
    calendar = icalendar.Calendar.from_ical(octets)
    assert b"\r\nNAME:EarthCODE: Events (Ice & snow\\, Online)\r\n" in octets
    assert calendar["SOURCE"] == "https://testserver/events/feed.ics?topic=ice&where=online"
    assert calendar["URL"] == "https://testserver/events/?topic=ice&where=online"
    feed = parsed(client, ATOM + query).feed
    assert feed.title == "EarthCODE: Events (Ice & snow, Online)"
    assert feed.id == "https://testserver/events/feed.atom?topic=ice&where=online"
    assert {link.rel: link.href for link in feed.links} == {
        "self": feed.id,
        "alternate": "https://testserver/events/?topic=ice&where=online",
    }


def make_all_kinds():
    make_event(title="Days", end_date=date(2026, 12, 2))
    make_event(title="Night", start_time=time(22), end_date=date(2026, 12, 1), end_time=time(2))
    make_event(title="Open end", start_time=time(9), timezone="Pacific/Kiritimati")
    make_event(
        title="Summer in New York",
        start_date=date(2026, 7, 1),
        start_time=time(9),
        timezone="America/New_York",
    )
    make_event(
        title="Series",
        start_time=time(14),
        end_time=time(15),
        recurrence_rule="FREQ=WEEKLY;COUNT=30",
        exceptions=[
            EventException(original_date=date(2026, 12, 7), is_cancelled=True),
            EventException(original_date=date(2026, 12, 14), start_date=date(2026, 12, 15)),
        ],
    )


def test_calendars_find_the_instants_by_which_the_portal_lists(client, read_by_ical_js):
    make_all_kinds()
    read = read_by_ical_js(get(client).getvalue(), date(2028, 1, 1))
    rows = EventOccurrence.objects.select_related("page").order_by("starts_at")
    assert rows.count() == 4 + 29
    for event in EventPage.objects.all():
        found = [(dates["start"], dates["end"]) for dates in read[event.uid]["dates"]]
        expected = []
        for row in rows.filter(page=event):
            if row.start_time:
                expected.append(
                    tuple(int(moment.timestamp()) for moment in (row.starts_at, row.ends_at or row.starts_at))
                )
            else:
                expected.append((row.days.lower.isoformat(), row.days.upper.isoformat()))
        assert found == expected, event.title


def etag(client, address=ICS):
    return get(client, address)["ETag"]


CHANGES = {
    "published again": lambda event, topics: event.save_revision().publish(),
    "renamed": lambda event, topics: rename(event),
    "unpublished": lambda event, topics: event.unpublish(),
    "deleted": lambda event, topics: event.delete(),
    "made private": lambda event, topics: PageViewRestriction.objects.create(
        page=event, restriction_type="login"
    ),
    "another one": lambda event, topics: make_event(title="Another", topics=topics),
    "a year after it": lambda event, topics: EventOccurrence.objects.filter(page=event).update(
        listed_until=AT - timedelta(days=366)
    ),
    "a topic renamed": lambda event, topics: EventTopic.objects.filter(slug="a").update(name="Other"),
    "a second topic renamed": lambda event, topics: EventTopic.objects.filter(slug="b").update(name="Other"),
    "a topic deleted": lambda event, topics: EventTopic.objects.filter(slug="b").delete(),
    "its type renamed": lambda event, topics: EventType.objects.update(name="Other"),
    "all events renamed": lambda event, topics: rename(event.get_parent().specific),
}


def rename(page):
    page.title = "Renamed"
    page.save_revision().publish()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_calendar_is_fetched_again_when_it_has_changed(client, change):
    topics = [EventTopic.objects.create(name=slug, slug=slug) for slug in "ab"]
    kind = EventType.objects.create(name="Workshop", slug="workshop")
    event = make_event(title="An event", topics=topics, event_type=kind)
    make_event(title="One that stays", topics=topics)
    addresses = (ICS, ICS + "?topic=a")
    before = [etag(client, address) for address in addresses]
    assert [etag(client, address) for address in addresses] == before
    change(event, topics)
    assert all(etag(client, address) != tag for address, tag in zip(addresses, before, strict=True))


def test_a_calendar_is_fetched_again_when_a_larger_event_has_gone(client):
    larger = make_event(title="A larger event", start_date=date(2010, 1, 1))
    make_event(title="A part of it", super_event=larger)
    before = etag(client)
    larger.delete()
    assert etag(client) != before


def test_filters_have_calendars_of_their_own(client):
    make_event(title="Ice")
    assert etag(client) != etag(client, ICS + "?q=ice")


@pytest.mark.parametrize("address", [ICS, ATOM, "/events/an-event/event.ics"])
def test_what_has_not_changed_is_not_sent_again(client, address):
    make_event()
    response = get(client, address)
    again = client.get(address, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again["Cache-Control"] == response["Cache-Control"]
    assert again["ETag"] == response["ETag"]


def test_no_event_is_fetched_for_who_has_the_calendar_or_asks_for_its_head(client):
    make_events(3)
    tag = etag(client)
    for ask in (lambda: client.get(ICS, headers={"If-None-Match": tag}), lambda: client.head(ICS)):
        with CaptureQueriesContext(connection) as queries:
            response = ask()
            list(response.streaming_content) if response.streaming else None
        assert response["ETag"] == tag
        assert not any('"events_eventpage"."body"' in query["sql"] for query in queries)
        assert len(queries) <= 8


def test_the_head_of_a_calendar_is_that_of_the_calendar_without_it(client):
    make_events(3)
    whole, head = client.get(ICS), client.head(ICS)
    assert head.status_code == 200
    assert b"".join(head.streaming_content) == b""
    assert head["ETag"] == whole["ETag"]
    assert head["Content-Type"] == whole["Content-Type"]


def test_the_calendar_asks_by_the_chunk(client, monkeypatch):
    monkeypatch.setattr(views, "CHUNK", 2)
    larger = make_event(title="Larger")
    make_event(title="Other")
    topic = EventTopic.objects.create(name="Ice", slug="ice")
    get(client).getvalue()
    counts = []
    for _ in range(3):
        for number in range(2):
            make_event(
                title=f"Event {len(counts)} {number}",
                super_event=larger,
                topics=[topic],
                recurrence_rule="FREQ=WEEKLY",
                exceptions=[EventException(original_date=date(2026, 12, 7), is_cancelled=True)],
            )
        with CaptureQueriesContext(connection) as queries:
            get(client).getvalue()
        counts.append(len(queries))
    # Their topics, their exceptions, their larger events.
    assert [after - before for before, after in pairwise(counts)] == [3, 3]


@pytest.mark.usefixtures("usual_collections")
def test_a_calendar_of_any_length_holds_few_events_in_memory(client, monkeypatch):
    monkeypatch.setattr(views, "CHUNK", 20)
    topic = EventTopic.objects.create(name="Ice", slug="ice")
    make_events(300)
    through = EventPage.topics.through
    through.objects.bulk_create(
        through(eventpage_id=pk, eventtopic=topic) for pk in EventPage.objects.values_list("pk", flat=True)
    )
    response = get(client)
    gc.collect()
    # What is counted is what goes by itself.
    gc.disable()
    try:
        alive = [sum(type(it) is EventPage for it in gc.get_objects()) for _ in response.streaming_content]
    finally:
        gc.enable()
    assert len(alive) > 6
    assert max(alive) <= 80


def test_a_calendar_does_not_change_with_the_clock(client, monkeypatch):
    make_all_kinds()
    before = get(client).getvalue()
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT + timedelta(days=40))
    assert get(client).getvalue() == before


def test_the_calendar_file_of_an_event(client):
    make_event(title="Ice, snow", slug="ice-Übung", start_time=time(14))
    response = get(client, "/events/ice-Übung/event.ics")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''ice-%C3%9Cbung.ics"
    calendar = icalendar.Calendar.from_ical(response.content)
    assert b"\r\nNAME:Ice\\, snow\r\n" in response.content
    assert calendar["URL"] == "https://testserver/events/ice-%C3%9Cbung/"
    assert "REFRESH-INTERVAL" not in calendar
    (entry,) = calendar.walk("VEVENT")
    assert entry.to_ical() == entries(client)[0].to_ical()


def test_there_is_no_file_of_what_has_no_date_or_is_not_public(client):
    make_event(title="Undetermined", start_date=None, date_status="to_be_determined")
    make_event(title="Draft").unpublish()
    for address in (
        "undetermined/event.ics",
        "draft/event.ics",
        "nothing/event.ics",
        "event.ics",
        "feed.ics/",
    ):
        assert client.get(f"/events/{address}").status_code == 404


def test_a_private_event_has_a_private_file(client, admin_client):
    event = make_event(title="Private")
    PageViewRestriction.objects.create(page=event, restriction_type=PageViewRestriction.LOGIN)
    response = client.get("/events/private/event.ics")
    assert response.status_code == 302
    assert response["Location"].startswith("/_util/login/")
    response = get(admin_client, "/events/private/event.ics")
    assert b"BEGIN:VEVENT" in response.content
    assert response["Cache-Control"] == "private, no-store"


def test_feeds_of_a_private_page_are_private(client, admin_client, index):
    make_event()
    PageViewRestriction.objects.create(page=index, restriction_type=PageViewRestriction.LOGIN)
    for address in (ICS, ATOM):
        assert client.get(address).status_code == 302
        assert get(admin_client, address)["Cache-Control"] == "private, no-store"


def test_the_file_of_a_renamed_event_is_found_at_its_old_address(client, django_capture_on_commit_callbacks):
    event = make_event(title="Old", slug="old")
    with django_capture_on_commit_callbacks(execute=True):
        event.slug = "new"
        event.save_revision().publish()
    response = client.get("/events/old/event.ics")
    assert response.status_code == 301
    assert response["Location"].removeprefix("https://testserver") == "/events/new/event.ics"


def test_previews_are_of_the_pages_and_within_the_admin(index):
    for page in (index, make_event()):
        response = page.make_preview_request()
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/html")
        assert "frame-ancestors 'self'" in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "SAMEORIGIN"


def published(event, at):
    """As if it had been published at `at`."""
    EventPage.objects.filter(pk=event.pk).update(
        first_published_at=at - timedelta(days=1), last_published_at=at
    )


def test_an_atom_feed_tells_what_was_published_last(client):
    published(make_event(title="First", start_date=date(2030, 1, 1)), AT - timedelta(days=3))
    published(make_event(title="Last", start_date=date(2020, 1, 1)), AT - timedelta(days=1))
    published(
        make_event(title="Second", start_date=None, date_status="to_be_determined"), AT - timedelta(days=2)
    )
    response = get(client, ATOM)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert "public" in response["Cache-Control"]
    feed = parsed(client)
    assert feed.version == "atom10"
    assert [entry.title for entry in feed.entries] == ["Last", "Second", "First"]
    assert feed.feed.updated == feed.entries[0].updated == "2026-11-19T12:00:00+00:00"
    assert feed.entries[0].published == "2026-11-18T12:00:00+00:00"
    assert feed.feed.author == "EarthCODE"
    assert "Date to be announced" in feed.entries[1].content[0].value


def test_an_entry_of_an_atom_feed(client):
    event = make_event(
        title="Ice & <snow>",
        slug="ice",
        summary='Three days of "ice" & <b>.',
        start_time=time(14),
        end_time=time(15, 30),
        venue="ESRIN",
        city="Frascati",
        event_type=EventType.objects.create(name="Workshop", slug="workshop"),
        topics=[EventTopic.objects.create(name="Ice & snow", slug="ice")],
        event_status="EventCancelled",
        status_note="No ice.",
        organizers=[EventOrganizer(name="ESA"), EventOrganizer(name=""), EventOrganizer(name="Telespazio")],
    )
    (entry,) = parsed(client).entries
    assert entry.id == f"urn:uuid:{event.translation_key}"
    assert entry.link == "https://testserver/events/ice/"
    title = ET.fromstring(get(client, ATOM).content).find("{*}entry/{*}title")
    assert (title.text, title.attrib) == ("Cancelled: Ice & <snow>", {})
    assert entry.summary_detail.type == "text/html"
    assert html.unescape(entry.summary) == 'Three days of "ice" & <b>.'
    assert [tag.term for tag in entry.tags] == ["Workshop", "Ice & snow"]
    assert entry.content[0].value == (
        "<p>When: 30 November 2026, 14:00–15:30 CET</p><p>Where: ESRIN, Frascati</p><p>Status: Cancelled. No ice.</p>"
        "<p>Organised by: ESA, Telespazio</p><p>Three days of &quot;ice&quot; &amp; &lt;b&gt;.</p>"
    )


def test_an_entry_keeps_its_number_whatever_becomes_of_the_address(client):
    event = make_event(title="Old")
    (before,) = parsed(client).entries
    event.slug = "new"
    event.save_revision().publish()
    (after,) = parsed(client).entries
    assert before.id == after.id
    assert before.link != after.link


def test_hostile_text_breaks_no_atom_feed(client):
    bad = "]]></title><script>alert(1)</script>&\x07\x1b\ufffe\x85"
    make_event(
        title=bad,
        slug="bad",
        summary=bad,
        venue=bad,
        topics=[EventTopic.objects.create(name=bad[:80], slug="bad")],
        organizers=[EventOrganizer(name=bad)],
    )
    (entry,) = parsed(client).entries
    assert entry.link.endswith("/events/bad/")
    assert "<script" not in entry.content[0].value
    assert "<script" not in entry.summary


def test_an_atom_feed_has_an_end(client, monkeypatch):
    monkeypatch.setattr(views, "MAX_ENTRIES", 3)
    make_events(5)
    assert len(parsed(client).entries) == 3


def test_an_atom_feed_of_nothing_is_one(client):
    feed = parsed(client)
    assert feed.version == "atom10"
    assert feed.feed.updated == "1970-01-01T00:00:00+00:00"


def test_queries_of_an_atom_feed_do_not_grow(client):
    get(client, ATOM)
    counts = []
    topics = [EventTopic.objects.create(name="Ice", slug="ice")]
    for number in range(2):
        for title in "ab":
            make_event(
                title=f"{title} {number}",
                topics=topics,
                recurrence_rule="FREQ=WEEKLY",
                organizers=[EventOrganizer(name="ESA")],
            )
        with CaptureQueriesContext(connection) as queries:
            get(client, ATOM)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
