from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from wagtail.models import PageViewRestriction

from events.details import MAX_SUB_EVENTS, SHOWN_AT_A_CLICK, EventDetails
from events.models import (
    EventException,
    EventKeyDate,
    EventMaterial,
    EventOrganizer,
    EventPage,
    EventPreviousDates,
    EventTopic,
    EventType,
)
from tests.builders import make_event, make_events

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("event_list")]

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
REGISTER = "https://example.org/register"


def details(page, at=AT):
    return EventDetails(page, at)


def words(dates):
    return [(str(date_.when), date_.difference, date_.note) for date_ in dates]


def series(**changes):
    page = make_event(
        start_date=date(2026, 10, 6),
        start_time=time(14),
        end_time=time(15),
        recurrence_rule="FREQ=WEEKLY;COUNT=20",
        **changes,
    )
    page.exceptions = [
        EventException(original_date=date(2026, 10, 13), is_cancelled=True),
        EventException(original_date=date(2026, 11, 3), is_cancelled=True, note="A holiday"),
        EventException(original_date=date(2026, 11, 10), start_date=date(2026, 11, 11)),
        EventException(original_date=date(2026, 11, 17), start_time=time(9), end_time=time(10), note="Early"),
    ]
    return page


def test_a_series_shows_what_is_ahead_and_what_is_past():
    found = details(series())
    assert words(found.next_dates[:4]) == [
        ("3 November 2026, 14:00–15:00 CET", "Cancelled", "A holiday"),
        ("11 November 2026, 14:00–15:00 CET", "Moved from 10 November 2026", ""),
        ("17 November 2026, 09:00–10:00 CET", "At another time than usual", "Early"),
        ("24 November 2026, 14:00–15:00 CET", "", ""),
    ]
    assert (len(found.next_dates), len(found.later_dates.dates), len(found.past_dates.dates)) == (12, 4, 4)
    assert words(found.past_dates.dates)[2] == ("13 October 2026, 14:00–15:00 CEST", "Cancelled", "")
    assert str(found.when) == "11 November 2026, 14:00–15:00 CET", "the next one that takes place"
    assert found.when.zone == "Europe/Rome, UTC+1"
    assert found.shared_zone == "", "summer and winter are not alike"


def test_a_series_without_end_is_bounded():
    found = details(make_event(start_date=date(2020, 1, 1), recurrence_rule="FREQ=DAILY"))
    assert len(found.dates) == 500
    assert len(found.later_dates.dates) == len(found.past_dates.dates) == SHOWN_AT_A_CLICK


@pytest.mark.parametrize(
    ("rule", "later", "later_others", "past", "past_others"),
    [
        ("FREQ=WEEKLY;COUNT=17", "1 later date", "", "4 past dates", ""),
        ("FREQ=WEEKLY;COUNT=5", "0 later dates", "", "4 past dates", ""),
        (
            "FREQ=DAILY;COUNT=200",
            "161 later dates",
            "And 111 more until 15 April 2027.",
            "27 past dates",
            "",
        ),
        ("FREQ=DAILY;COUNT=64", "25 later dates", "", "27 past dates", ""),
        ("FREQ=DAILY", "Later dates", "The series goes on after that.", "27 past dates", ""),
        ("FREQ=YEARLY", "Later dates", "The series goes on after that.", "1 past date", ""),
        (
            "FREQ=DAILY;UNTIL=20300101T000000Z",
            "Later dates",
            "The series goes on after that, until 31 December 2029.",
            "27 past dates",
            "",
        ),
    ],
)
def test_what_is_said_of_the_other_dates_of_a_series_is_true(rule, later, later_others, past, past_others):
    found = details(
        make_event(start_date=date(2026, 9, 28), start_time=time(14), recurrence_rule=rule), AT - WEEK
    )
    assert (found.later_dates.heading, found.later_dates.others) == (later, later_others)
    assert (found.past_dates.heading, found.past_dates.others) == (past, past_others)


@pytest.mark.parametrize(
    ("start", "rule", "past", "others"),
    [
        (
            date(2026, 8, 1),
            "FREQ=DAILY;COUNT=100",
            "92 past dates",
            "And 42 earlier ones since 1 August 2026.",
        ),
        (date(2026, 9, 11), "FREQ=DAILY", "51 past dates", "And 1 earlier one since 11 September 2026."),
        (date(2010, 1, 1), "FREQ=DAILY", "Past dates", "And earlier ones since 1 January 2010."),
    ],
)
def test_a_long_past_is_not_told_in_full(start, rule, past, others):
    found = details(make_event(start_date=start, recurrence_rule=rule)).past_dates
    assert (found.heading, len(found.dates), found.others) == (past, SHOWN_AT_A_CLICK, others)


@pytest.mark.parametrize(
    ("hour", "end_time", "words"),
    [
        (8, time(10), "Next date"),
        (9, time(10), "On now"),
        (9, None, "Today"),
        (10, time(10), "Earlier today"),
        (23, time(10), "Last date"),
    ],
)
def test_a_date_of_a_series_is_what_it_is_called(hour, end_time, words):
    last = date(2026, 11, 1)
    page = make_event(
        start_date=last - WEEK,
        start_time=time(10),
        end_time=end_time and time(11),
        recurrence_rule="FREQ=WEEKLY;COUNT=2",
    )
    assert details(page, datetime(2026, 11, 1, hour, 30, tzinfo=UTC)).words_for_date == words


def test_a_draft_shows_its_dates_without_rows():
    page = series()
    page.save_revision()
    draft = EventPage.objects.get().get_latest_revision_as_object()
    assert words(details(draft).next_dates)[0] == (
        "3 November 2026, 14:00–15:00 CET",
        "Cancelled",
        "A holiday",
    )


def test_a_series_of_which_everything_is_cancelled_has_no_date_to_go_to():
    page = make_event(recurrence_rule="FREQ=WEEKLY;COUNT=2")
    days = (date(2026, 11, 30), date(2026, 12, 7))
    page.exceptions = [EventException(original_date=day, is_cancelled=True) for day in days]
    found = details(page)
    assert (found.phase, found.when, found.calendar_links) == ("undetermined", None, None)
    assert len(found.next_dates) == 2
    assert found.json_ld["startDate"] == "2026-11-30"


@pytest.mark.parametrize(
    ("at", "state"),
    [
        ("2026-09-30T21:59:59+00:00", "opens"),
        ("2026-09-30T22:00:00+00:00", "open"),
        ("2026-11-20T10:59:59+00:00", "open"),
        ("2026-11-20T11:00:00+00:00", "closed"),
        ("2026-11-30T22:59:59+00:00", "closed"),
    ],
)
def test_registration_by_the_clock(at, state):
    page = make_event(
        registration_url=REGISTER,
        registration_opens_date=date(2026, 10, 1),
        registration_closes_date=date(2026, 11, 20),
        registration_closes_time=time(12),
    )
    registration = details(page, datetime.fromisoformat(at)).registration
    assert registration.state == state
    assert str(registration.opens) == "1 October 2026"
    assert (str(registration.closes), registration.closes.zone) == (
        "20 November 2026, 12:00 CET",
        "Europe/Rome, UTC+1",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"start_date": date(1999, 1, 1)},
        {"start_date": date(2026, 11, 1), "start_time": time(9), "end_time": time(10)},
        {"event_status": "EventCancelled"},
        {"event_status": "EventPostponed"},
        {"registration_url": ""},
    ],
)
def test_nobody_registers_for_what_is_over_or_off(changes):
    assert details(make_event(**{"registration_url": REGISTER, **changes})).registration is None


def test_key_dates_pass_when_their_day_ends_where_the_event_is():
    page = make_event(timezone="Pacific/Kiritimati")
    page.key_dates = [
        EventKeyDate(label="Late", date=date(2026, 11, 2)),
        EventKeyDate(label="Early", date=date(2026, 11, 1)),
    ]
    page.save_revision().publish()
    page = EventPage.objects.get()
    for at, expected in (("2026-11-01T09:59:59+00:00", False), ("2026-11-01T10:00:00+00:00", True)):
        found = details(page, datetime.fromisoformat(at)).key_dates
        assert [(row.row.label, row.has_passed) for row in found] == [("Early", expected), ("Late", False)]


def test_a_rescheduled_event_remembers_the_latest_plan():
    page = make_event(event_status="EventRescheduled")
    same = EventPreviousDates(start_date=page.start_date, timezone="Europe/Rome")
    plans = [EventPreviousDates(start_date=date(2026, month, 1), timezone="Europe/Rome") for month in (3, 5)]
    page.previous_dates = [*plans, same]
    assert str(details(page).previous_when) == "1 May 2026"
    assert details(page).json_ld["previousStartDate"] == ["2026-03-01", "2026-05-01"]
    page.event_status = "EventScheduled"
    assert details(page).previous_when is None


@pytest.mark.parametrize(
    ("changes", "query"),
    [
        ({"venue": "ESRIN", "city": "Frascati", "country": "Italy"}, "ESRIN, Frascati, Italy"),
        ({"city": "Köln & Bonn"}, "Köln & Bonn"),
        ({}, None),
        ({"city": "Rome", "attendance_mode": "OnlineEventAttendanceMode"}, None),
        ({"city": "Rome", "event_status": "EventMovedOnline"}, None),
    ],
)
def test_a_place_is_shown_on_a_map(changes, query):
    link = details(make_event(**changes)).map_link
    assert (parse_qs(urlsplit(link).query)["query"] == [query]) if query else link == ""
    assert link.startswith("https://www.openstreetmap.org/search?") or not query


def test_calendars_get_the_event(settings):
    page = make_event(
        title="A & B", summary="Learn.", city="Rome", attendance_mode="MixedEventAttendanceMode"
    )
    links = details(page).calendar_links
    assert links.file == "/events/a-b/event.ics"
    google = parse_qs(urlsplit(links.google).query)
    assert google["location"] == ["Rome"]
    assert google["details"] == [f"Learn.\n\n{settings.BASE_URL}/events/a-b/"]
    assert google["dates"] == ["20261130/20261201"]
    assert (links.google_has_all_dates, links.outlook_has_all_dates) == (True, True)
    page.attendance_mode, page.online_url = "OnlineEventAttendanceMode", "https://example.org/join"
    assert "location=https%3A%2F%2Fexample.org%2Fjoin" in details(page).calendar_links.outlook


def test_calendars_get_a_series_as_far_as_a_link_can_say_it():
    page = make_event(recurrence_rule="FREQ=WEEKLY")
    links = details(page).calendar_links
    assert "recur=RRULE%3AFREQ%3DWEEKLY" in links.google
    assert (links.google_has_all_dates, links.outlook_has_all_dates) == (True, False)
    page.exceptions = [EventException(original_date=date(2026, 11, 30), is_cancelled=True)]
    links = details(page).calendar_links
    assert "recur" not in links.google
    assert "dates=20261207%2F20261208" in links.google, (
        "the next date, because a link has no words for exceptions"
    )
    assert not links.google_has_all_dates


@pytest.mark.parametrize(
    "changes",
    [
        {"event_status": "EventCancelled"},
        {"event_status": "EventPostponed"},
        {"start_date": date(1999, 1, 1)},
        {"start_date": None, "date_status": "to_be_determined"},
    ],
)
def test_what_does_not_take_place_is_in_no_calendar(changes):
    assert details(make_event(**changes)).calendar_links is None


def test_what_is_over_since_some_hours_is_in_no_calendar():
    page = make_event(start_date=AT.date(), start_time=time(9), end_time=time(10), registration_url=REGISTER)
    assert (details(page).phase, details(page).calendar_links, details(page).registration) == (
        "ended_today",
        None,
        None,
    )


def test_a_series_goes_on_when_the_date_of_today_is_over():
    page = make_event(
        start_date=AT.date(),
        start_time=time(9),
        end_time=time(10),
        recurrence_rule="FREQ=WEEKLY;COUNT=2",
        registration_url=REGISTER,
    )
    assert details(page).phase == "ended_today"
    assert details(page).calendar_links
    assert details(page).registration.state == "open"


def test_organizers_stand_by_their_role():
    page = make_event()
    page.organizers = [
        EventOrganizer(name="Ada", role="speaker"),
        EventOrganizer(name="ESA", role="organizer"),
        EventOrganizer(name="Mary", role="speaker"),
        EventOrganizer(role="sponsor"),
    ]
    roles = [(role, [str(row) for row in rows]) for role, rows in details(page).organizers_by_role]
    assert roles == [("Organiser", ["ESA"]), ("Speaker", ["Ada", "Mary"])]


def test_materials_that_lead_nowhere_are_left_out():
    page = make_event()
    page.materials = [
        EventMaterial(title="Slides", url="https://example.org/"),
        EventMaterial(title="Removed document"),
    ]
    assert [row.title for row in details(page).materials] == ["Slides"]


def test_relatives_are_those_that_anybody_may_see():
    week, new = make_event(title="Week"), make_event(title="New")
    page = make_event(title="Day", super_event=week, replaced_by=new)
    later = make_event(title="Later", super_event=page, start_time=time(11))
    first = make_event(title="First", super_event=page, start_time=time(9))
    make_event(title="Draft", super_event=page).unpublish()
    hidden = make_event(title="Hidden", super_event=page)
    PageViewRestriction.objects.create(page=hidden, restriction_type="login")
    found = details(page)
    assert (found.super_event, found.replaced_by, found.sub_events) == (week, new, [first, later])
    for relative in (week, new):
        relative.unpublish()
    assert (details(page).super_event, details(page).replaced_by) == (None, None)


def test_a_page_that_was_never_saved_has_no_relatives():
    make_event(title="Has no larger event")
    page = EventPage(title="New", start_date=date(2026, 11, 30), timezone="UTC")
    assert (details(page).super_event, details(page).sub_events, details(page).related) == (None, [], [])


def test_sub_events_are_bounded():
    page = make_event(title="Congress")
    make_events(MAX_SUB_EVENTS + 5, super_event=page)
    page.super_event = make_event(title="World congress", start_date=date(2099, 1, 1))
    found = details(page)
    assert (len(found.sub_events), found.number_of_further_sub_events) == (MAX_SUB_EVENTS, 5)
    assert found.super_event is not None


def test_few_sub_events_are_all_of_them():
    page = make_event(title="Congress")
    make_events(3, super_event=page)
    assert details(page).number_of_further_sub_events == 0


@pytest.mark.parametrize(
    ("body", "says_something"),
    [
        ("", False),
        ('<p data-block-key="abc12"></p>', False),
        ("<p> <br/>&nbsp;</p><hr/>", False),
        ("<p>Come.</p>", True),
        ('<ul><li data-block-key="abc12">Come.</li></ul>', True),
    ],
)
def test_an_empty_paragraph_is_no_description(body, says_something):
    assert details(make_event(body=body)).has_description is says_something


def with_topics(page, *topics):
    page.topics = topics
    page.save_revision().publish()
    return page


def test_related_events_share_topics_or_the_type(django_assert_num_queries):
    ocean, ice, other = (
        EventTopic.objects.create(name=name, slug=name) for name in ("ocean", "ice", "other")
    )
    workshop, talk = (EventType.objects.create(name=name, slug=name) for name in ("workshop", "talk"))
    week = with_topics(make_event(title="Week"), ocean, ice)
    page = with_topics(make_event(title="Me", event_type=workshop, super_event=week), ocean, ice)
    type_only = make_event(title="Type only", event_type=workshop)
    one_late = with_topics(make_event(title="One late", start_date=date(2099, 1, 1), event_type=talk), ocean)
    one_soon = with_topics(make_event(title="One soon"), ocean, other)
    both = with_topics(make_event(title="Both", start_date=date(2099, 1, 2)), ocean, ice)
    for title, changes in {
        "Past": {"start_date": date(1999, 1, 1)},
        "Part of me": {"super_event": page},
        "Cancelled": {"event_status": "EventCancelled"},
        "Postponed": {"event_status": "EventPostponed"},
    }.items():
        with_topics(make_event(title=title, event_type=workshop, **changes), ocean, ice)
    with_topics(make_event(title="Draft"), ocean, ice).unpublish()
    with_topics(make_event(title="Unrelated", event_type=talk), other)
    found = details(page)
    assert found.topics == [ice, ocean]
    with django_assert_num_queries(1):
        assert found.related == [both, one_soon, one_late]
    both.unpublish()
    one_soon.unpublish()
    assert details(page).related == [one_late, type_only]
    page.topics, page.event_type = [], None
    assert details(page).related == []


def test_a_related_event_that_is_private_takes_the_place_of_none():
    kind = EventType.objects.create(name="talk", slug="talk")
    page, *others = (
        make_event(title=f"Talk {number}", event_type=kind, start_date=date(2099, 1, number))
        for number in (9, 1, 2, 3, 4)
    )
    PageViewRestriction.objects.create(page=others[0], restriction_type="login")
    assert details(page).related == others[1:]


def test_the_image_for_search_engines_is_the_events_own_or_the_one_for_sharing():
    page = make_event()
    assert details(page).json_ld["image"] == [page.social_image_url]
