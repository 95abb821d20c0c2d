"""The portal's own calendars, read back: what is exported and imported again says the same."""

import html
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from events import additional_dates, ical, rrule
from events.importing.parse import parse
from events.models import EventException, EventPage, EventTopic, EventType
from events.recurrence import Schedule, all_dates, instant
from events.text import plain_text
from tests.events.test_recurrence_properties import schedules

pytestmark = pytest.mark.django_db

ADDRESS = "https://portal.example.org/events/a/"
words = st.text("abc ÄÖß€,;:\\\"'()-–“”&%\u00a0", min_size=1, max_size=30).map(
    lambda text: " ".join(text.split())
)
words = words.filter(bool)
sentences = words | st.sampled_from(
    ["a <b> c", "1 < 2 &amp; &lt;", "<script>x</script>", "https://example.org/?a=1&b=2"]
)
paragraphs = st.lists(sentences.map(lambda text: f"<p>{html.escape(text, quote=False)}</p>"), max_size=3).map(
    "".join
)
addresses = st.sampled_from(["", "https://video.example.org/room?a=1&b=2", "https://zoom.us/j/1"])
singles = st.builds(
    lambda schedule: Schedule(
        schedule.start_date, schedule.start_time, schedule.end_date, schedule.end_time, schedule.timezone
    ),
    schedules(),
)


@st.composite
def pages(draw):
    """Events as editors may write them."""
    schedule = draw(schedules() | singles)
    page = EventPage(
        title=draw(words),
        start_date=schedule.start_date,
        start_time=schedule.start_time,
        end_date=schedule.end_date,
        end_time=schedule.end_time,
        timezone=schedule.timezone,
        recurrence_rule=schedule.rule,
        additional_dates=additional_dates.written(schedule.additional),
        body=draw(paragraphs),
        summary=draw(st.just("") | words),
        event_status=draw(st.sampled_from(EventPage.Status.values)),
        date_status=draw(st.sampled_from(["confirmed", "tentative"])),
        online_url=draw(addresses),
        website=draw(addresses),
        registration_url=draw(addresses),
        venue=draw(st.just("") | words),
        sequence=draw(st.integers(0, 9)),
        event_type=draw(st.none() | st.builds(EventType, name=words)),
        last_published_at=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    )
    page.topics = [
        EventTopic(name=name, pk=pk) for pk, name in enumerate(draw(st.lists(words, max_size=2, unique=True)))
    ]
    page.exceptions = [
        EventException(
            original_date=change.original_date,
            is_cancelled=change.is_cancelled,
            start_date=change.start_date,
            start_time=change.start_time,
            end_date=change.end_date,
            end_time=change.end_time,
            original_time=change.original_time,
            note="" if change.is_cancelled else draw(st.just("") | words),
        )
        for change in schedule.exceptions
    ]
    return page


def calendar_of(page):
    head = ical.head("Events", "https://portal.example.org/", "", ical.zones(page))
    return head + ical.entries(page, ADDRESS) + ical.CLOSING


def page_of(event):
    """What the import makes of `event`."""
    page = EventPage(
        **{
            name: getattr(event, name)
            for name in (
                *(
                    "title",
                    "start_date",
                    "start_time",
                    "end_date",
                    "end_time",
                    "timezone",
                    "recurrence_rule",
                    "body",
                ),
                *("event_status", "date_status", "online_url", "website", "registration_url", "venue"),
            )
        }
    )
    page.exceptions = [
        EventException(**{name: getattr(change, name) for name in change.__slots__})
        for change in event.exceptions
    ]
    page.additional_dates = additional_dates.written(event.additional_dates)
    page.keeps_duration = event.keeps_duration
    return page


def original_instant(page, occurrence):
    day, wall_time = page.schedule.starts(occurrence.original)
    return str(wall_time and instant(day, wall_time, page.timezone))


def when(page):
    """Every date of `page`, with what is said about it; a whole day is in no zone."""
    at = datetime.combine(page.start_date, time(12), tzinfo=UTC)
    return sorted(
        (
            each.original_date,
            original_instant(page, each),
            (each.wall.start_date, each.wall.last_date, str(each.wall.start_time), str(each.wall.end_time)),
            each.wall.start_time and (each.starts_at, str(each.ends_at)),
            each.is_cancelled,
            each.note,
        )
        for each in all_dates(page.schedule, at)
        # How far a series is known depends on the zone.
        if each.original_date < page.start_date + timedelta(days=600)
    )


def days(page):
    return list(islice(rrule.days(page.recurrence_rule, page.start_date, page.start_time, page.timezone), 50))


def body_of(page):
    return plain_text(page.body)


@settings(max_examples=80)
@given(pages())
def test_case_33_what_is_exported_and_imported_again_says_the_same(page):
    note(calendar_of(page).decode())
    feed = parse(calendar_of(page), format="ical", default_timezone="Europe/Rome")
    assert [problem.reason for problem in feed.problems] == []
    (event,) = feed.events
    again = page_of(event)
    assert when(again) == when(page)
    if page.recurrence_rule:
        assert days(again) == days(page)
    assert (event.key.uid, event.key.recurrence_id) == (page.uid, "")
    for name in ("title", "start_date", "start_time", "event_status", "online_url"):
        assert getattr(again, name) == getattr(page, name), name
    assert again.venue == ("" if page.event_status == "EventMovedOnline" else page.venue)
    assert again.registration_url == (page.registration_url if page.is_going_ahead else "")
    if page.start_time:
        assert again.timezone == page.timezone
    assert again.date_status == (page.date_status if page.is_going_ahead else "confirmed")
    assert body_of(again) == "\n\n".join(filter(None, (page.summary, plain_text(page.body))))
    assert event.categories == tuple(dict.fromkeys(category.name for category in page.categories))


def test_when_registration_opens_stays_among_the_words():
    page = EventPage(
        title="A",
        start_date=date(2026, 11, 30),
        body="<p>Hello</p>",
        online_url="https://video.example.org/",
        registration_url="https://example.org/register",
        registration_closes_date=date(2026, 11, 1),
    )
    (event,) = parse(calendar_of(page), format="ical", default_timezone="Europe/Rome").events
    assert event.registration_url == "https://example.org/register"
    words = "Hello\n\nRegistration: https://example.org/register (closes 1 November 2026)"
    assert plain_text(event.body) == words


@settings(max_examples=30)
@given(pages())
def test_case_33_a_second_export_and_import_changes_nothing_more(page):
    (once,) = parse(calendar_of(page), format="ical", default_timezone="Europe/Rome").events
    again = page_of(once)
    again.sequence, again.event_type, again.topics = page.sequence, page.event_type, page.topics.all()
    again.translation_key, again.last_published_at = page.translation_key, page.last_published_at
    (twice,) = parse(calendar_of(again), format="ical", default_timezone="Europe/Rome").events
    assert twice.values == once.values
