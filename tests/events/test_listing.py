import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone as clock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.models import PageViewRestriction

from events import listing
from events.filters import EventFilterForm
from events.listing import Listing
from events.models import EventException, EventIndexPage, EventOccurrence, EventPage
from events.recurrence import next_or_last, occurrences, phase
from tests.builders import make_event, make_events, make_topic, make_type, the

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
KIRITIMATI, BAKER = "Pacific/Kiritimati", "Etc/GMT+12"


@pytest.fixture(autouse=True)
def index(event_list, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AT)
    return event_list


def list_of(query="", at=AT, is_past=False, year=None):
    return Listing(EventOccurrence.objects.public(), EventFilterForm(QueryDict(query)), at, is_past, year)


def titles(listed):
    rows = listed.rows().select_related("page")
    rows = rows.backwards() if listed.is_past else rows.as_schedule(listed.at)
    return [row.page.title for row in rows]


def upcoming(query="", at=AT):
    return titles(list_of(query, at))


def past(query="", at=AT, year=None):
    return titles(list_of(query, at, is_past=True, year=year))


def html_of(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def headings(html):
    return re.findall(r'<h2 class="listing__heading">(.*?)</h2>', html)


def options(html, name):
    """The values that the filter form offers under `name`."""
    select = re.search(rf'<select id="[^"]*" name="{name}">(.*?)</select>', html, re.DOTALL)
    found = re.findall(r'<option value="([^"]+)"', select[1]) if select else []
    return found + re.findall(rf'<input type="checkbox" name="{name}" value="([^"]+)"', html)


def test_a_schedule_runs_from_now_over_the_months_to_what_has_no_date(client):
    make_event(title="no date", start_date=None, date_status="to_be_determined", date_text="Autumn 2027")
    make_event(title="in two weeks", start_date=date(2026, 12, 2))
    make_event(title="running", start_date=date(2026, 11, 16), end_date=date(2026, 11, 20))
    make_event(title="tonight", start_date=AT.date(), start_time=time(23), timezone="UTC")
    make_event(
        title="this morning", start_date=AT.date(), start_time=time(8), end_time=time(9), timezone="UTC"
    )
    make_event(title="next year", start_date=date(2027, 12, 1))
    html = html_of(client, "/events/")
    assert headings(html) == [
        "Happening now",
        "November 2026",
        "December 2026",
        "December 2027",
        "Date to be announced",
    ]
    order = ["running", "this morning", "tonight", "in two weeks", "next year", "no date"]
    assert upcoming() == order
    assert sorted(order, key=html.index) == order
    assert "6 upcoming events</p>" in html
    assert "Autumn 2027" in html


def test_what_is_cancelled_does_not_happen_now(client):
    make_event(title="off", start_date=AT.date(), event_status="EventCancelled")
    html = html_of(client, "/events/")
    assert headings(html) == ["November 2026"]
    assert "Cancelled" in html


@pytest.mark.parametrize("zone", [KIRITIMATI, "Europe/Rome", BAKER])
@pytest.mark.parametrize(
    "times",
    [
        {},
        {"start_time": time(22), "end_date": date(2026, 11, 21), "end_time": time(2)},
        {"end_date": date(2026, 12, 9)},
    ],
    ids=["a day", "across midnight", "weeks"],
)
def test_an_event_is_past_when_its_last_day_is_over_in_its_own_zone(zone, times):
    event = make_event(title="it", start_date=date(2026, 11, 20), timezone=zone, **times)
    offset = {KIRITIMATI: 14, "Europe/Rome": 1, BAKER: -12}[zone]
    last_day = event.end_date or event.start_date
    over_at = datetime.combine(last_day + timedelta(days=1), time(0), tzinfo=UTC) - timedelta(hours=offset)
    just_before = over_at - timedelta(microseconds=1)
    assert (upcoming(at=just_before), past(at=just_before)) == (["it"], [])
    assert (upcoming(at=over_at), past(at=over_at)) == ([], ["it"])
    assert past(at=over_at, year=2026) == ["it"]


def test_events_of_the_same_instant_are_listed_by_the_days_on_their_walls():
    make_event(title="1 December", start_date=date(2026, 12, 1), timezone=KIRITIMATI)
    make_event(title="30 November", start_date=date(2026, 11, 30), start_time=time(20), timezone="UTC")
    assert upcoming() == ["30 November", "1 December"]


def test_a_series_is_listed_once_by_its_next_date(client):
    make_event(
        title="Seminar",
        start_date=date(2026, 11, 3),
        start_time=time(11),
        end_time=time(12),
        recurrence_rule="FREQ=WEEKLY;COUNT=6",
        exceptions=[EventException(original_date=date(2026, 11, 24), is_cancelled=True)],
    )
    html = html_of(client, "/events/")
    assert html.count("Seminar</a>") == 1
    assert '<time datetime="2026-12-01T11:00:00+01:00">1 December 2026, 11:00–12:00 CET</time>' in html
    assert "and 1 more date<" in html
    assert upcoming(at=AT - timedelta(days=14)) == ["Seminar"]
    assert past() == []
    later = AT + timedelta(days=60)
    assert (upcoming(at=later), past(at=later)) == ([], ["Seminar"])


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=WEEKLY", "and further dates"),
        ("FREQ=WEEKLY;COUNT=9", "and 8 more dates"),
        ("FREQ=DAILY;COUNT=501", "and further dates"),
        ("FREQ=WEEKLY;COUNT=1", ""),
    ],
)
def test_a_series_says_how_many_dates_follow(client, rule, words):
    make_event(start_date=date(2026, 11, 19), recurrence_rule=rule)
    found = re.search('<span class="event-row__more">(.*?)</span>', html_of(client, "/events/"))
    assert (found[1] if found else "") == words


def test_a_series_that_is_over_is_listed_by_its_last_date(client):
    make_event(start_date=date(2025, 12, 22), recurrence_rule="FREQ=WEEKLY;COUNT=3")
    html = html_of(client, "/events/past/2026/")
    assert "5 January 2026" in html
    assert "the last of 3 dates" in html
    assert client.get("/events/past/2025/").status_code == 404


def test_days_choose_the_date_by_which_a_series_is_listed(client):
    make_event(title="Seminar", start_date=date(2026, 10, 6), recurrence_rule="FREQ=WEEKLY;COUNT=20")
    html = html_of(client, "/events/?from=2026-12-09&to=2026-12-31")
    assert "15 December 2026" in html
    assert "and 9 more dates" in html
    assert upcoming("from=2026-10-01&to=2026-11-01") == []
    assert past("from=2026-10-01&to=2026-11-01") == ["Seminar"]
    assert "27 October 2026" in html_of(client, "/events/past/?from=2026-10-01&to=2026-11-01")


def test_past_events_are_listed_by_years(client):
    make_event(title="first", start_date=date(2023, 5, 1))
    make_event(title="over new year", start_date=date(2024, 12, 30), end_date=date(2025, 1, 2))
    make_event(title="latest", start_date=date(2026, 11, 1))
    make_event(title="coming", start_date=date(2027, 1, 1))
    assert past() == ["latest", "over new year", "first"]
    html = html_of(client, "/events/past/2025/")
    assert re.findall(r'href="/events/past/(\d+)/"', html) == ["2026", "2025", "2023"]
    assert 'href="/events/past/2025/" aria-current="page"' in html
    assert "over new year" in html
    assert "latest" not in html
    for year in ("2024", "2027", "0000", "0001", "9999"):
        assert client.get(f"/events/past/{year}/").status_code == 404
    assert client.get("/events/past/25/").status_code == 404


def test_past_events_stand_under_the_month_in_which_they_ended(client):
    make_event(title="over the turn of the month", start_date=date(2026, 9, 29), end_date=date(2026, 10, 2))
    assert headings(html_of(client, "/events/past/")) == ["October 2026"]


def test_an_event_happens_from_the_very_instant_of_its_start(client, monkeypatch):
    make_event(title="it", start_date=AT.date(), start_time=time(12), end_time=time(13), timezone="UTC")
    assert headings(html_of(client, "/events/")) == ["Happening now"]
    monkeypatch.setattr(clock, "now", lambda: AT - timedelta(microseconds=1))
    assert headings(html_of(client, "/events/")) == ["November 2026"]


def test_years_are_those_of_the_wall():
    make_event(title="last day of 2025", start_date=date(2025, 12, 31), timezone=BAKER)
    make_event(title="first day of 2026", start_date=date(2026, 1, 1), timezone=KIRITIMATI)
    assert past(year=2025) == ["last day of 2025"]
    assert past(year=2026) == ["first day of 2026"]


def test_filters_that_would_show_nothing_are_not_offered(client):
    camp, talk = make_type("Camp"), make_type("Talk")
    ice, sea, air = make_topic("Ice"), make_topic("Sea"), make_topic("Air")
    make_type("Never"), make_topic("Nothing")
    make_event(title="1", event_type=camp, topics=[ice, sea], country="Italy")
    make_event(
        title="2",
        event_type=talk,
        topics=[sea],
        country="Norway",
        attendance_mode="OnlineEventAttendanceMode",
        registration_url="https://example.org/",
    )
    make_event(title="over", event_type=camp, topics=[air], country="Peru", start_date=date(2026, 1, 1))
    html = html_of(client, "/events/")
    assert options(html, "type") == ["camp", "talk"]
    assert options(html, "topic") == ["ice", "sea"]
    assert options(html, "where") == ["in-person", "online"]
    assert options(html, "country") == ["Italy", "Norway"]
    assert options(html, "registration") == ["open"]
    html = html_of(client, "/events/?topic=ice")
    assert options(html, "type") == ["camp"]
    assert options(html, "topic") == ["ice", "sea"], "another topic in place of the one that is chosen"
    assert options(html, "where") == ["in-person"]
    assert options(html, "country") == ["Italy"]
    assert options(html, "registration") == []
    html = html_of(client, "/events/past/?type=talk")
    assert options(html, "type") == ["camp", "talk"], "what is chosen can be taken away"
    assert options(html, "topic") == []
    assert '<option value="talk" selected>' in html


def test_what_is_chosen_is_shown_and_can_be_taken_away(client):
    make_topic("Sea"), make_topic("Ice")
    html = html_of(client, "/events/?topic=sea&topic=ice&where=online&q=%3Cb%3E")
    chips = re.findall(r'<a class="chip chip--chosen" href="([^"]*)">.*?</span>(.*?)</a>', html)
    assert chips == [
        ("?topic=ice&amp;topic=sea&amp;where=online", "“&lt;b&gt;”"),
        ("?q=%3Cb%3E&amp;topic=sea&amp;where=online", "Ice"),
        ("?q=%3Cb%3E&amp;topic=ice&amp;where=online", "Sea"),
        ("?q=%3Cb%3E&amp;topic=ice&amp;topic=sea", "Online"),
    ]
    assert '<a href="/events/">Clear all</a>' in html
    # The form stays folded: on a phone it would push the events out of sight.
    assert re.search(r'<details class="filters">\s*<summary[^>]*>Choose events \(4 filters\)</summary>', html)


def test_an_empty_list_says_where_there_is_something(client):
    assert "No events are planned right now." in html_of(client, "/events/")
    assert "Nothing is past yet." in html_of(client, "/events/past/")
    make_event(title="over", start_date=date(2026, 1, 1), country="Italy")
    html = html_of(client, "/events/")
    assert 'href="/events/past/">See 1 past event</a>' in html
    html = html_of(client, "/events/?country=italy")
    assert "No upcoming event matches." in html
    assert 'href="/events/past/?country=italy">See 1 past event that matches</a>' in html
    html = html_of(client, "/events/?country=peru")
    assert "No upcoming event matches." in html
    assert "Nor does any past one." in html
    assert "arrow-link" not in html


def test_a_list_says_what_the_other_one_has_for_the_same_filters(client):
    for day, country in (
        (date(2026, 1, 1), "Italy"),
        (date(2099, 1, 1), "Italy"),
        (date(2099, 1, 2), "Italy"),
    ):
        make_event(title=f"Event of {day}", start_date=day, country=country)
    html = html_of(client, "/events/?country=Italy")
    assert "2 upcoming events match" in html
    assert 'href="/events/past/?country=Italy">See 1 past event that matches</a>' in html
    html = html_of(client, "/events/past/?country=Italy")
    assert 'href="/events/?country=Italy">See 2 upcoming events that match</a>' in html
    assert "arrow-link" not in html_of(client, "/events/"), "both lists are in the views above"


def test_an_empty_list_says_how_many_of_the_others_match(client):
    for year, country in ((2024, "Italy"), (2025, "Italy"), (2027, "France")):
        make_event(title=str(year), start_date=date(year, 1, 1), country=country)
    assert 'href="/events/past/?country=Italy">See 2 past events that match</a>' in html_of(
        client, "/events/?country=Italy"
    )
    assert 'href="/events/?country=France">See 1 upcoming event that matches</a>' in html_of(
        client, "/events/past/?country=France"
    )


def test_further_pages_keep_the_filters(client, monkeypatch, settings):
    monkeypatch.setattr(listing, "PER_PAGE", 2)
    for number in range(5):
        make_event(title=f"Event {number}", start_date=date(2027, 1, 1 + number), country="Italy")
    html = html_of(client, "/events/?page=2&country=Italy&unknown=1")
    assert [f"Event {number}" in html for number in range(5)] == [False, False, True, True, False]
    assert '<a rel="next" href="?country=Italy&amp;page=3">' in html
    assert '<link rel="prev" href="?country=Italy&amp;page=1">' in html
    assert f'<link rel="canonical" href="{settings.BASE_URL}/events/">' in html
    assert "5 upcoming events match</p>" in html
    assert "<title>Events, page 2 of 3 · EarthCODE</title>" in html
    assert "page 1" not in html_of(client, "/events/")
    make_events(3, start_date=date(2020, 1, 1))
    assert "<title>Past events of 2020, page 2 of 2 · " in html_of(client, "/events/past/2020/?page=2")
    assert "<title>Past events, page 2 of 2 · " in html_of(client, "/events/past/?page=2")


@pytest.mark.parametrize(
    ("path", "canonical", "is_indexed"),
    [
        ("/events/", "/events/", True),
        ("/events/?utm_source=mail", "/events/", True),
        ("/events/?where=online", "/events/", False),
        ("/events/?from=yesterday", "/events/", False),
        ("/events/past/", "/events/past/", True),
        ("/events/past/?where=online", "/events/past/", False),
        ("/events/past/2025/", "/events/past/2025/", True),
    ],
)
def test_search_engines_index_what_is_not_narrowed(client, settings, path, canonical, is_indexed):
    make_event(start_date=date(2025, 1, 1))
    html = html_of(client, path)
    assert f'<link rel="canonical" href="{settings.BASE_URL}{canonical}">' in html
    assert ('<meta name="robots" content="noindex">' not in html) == is_indexed


def test_whoever_follows_a_list_gets_what_is_chosen(client):
    html = html_of(client, "/events/?where=online&page=2")
    assert 'href="/events/feed.ics?where=online"' in html
    assert 'href="/events/feed.atom?where=online"' in html
    assert re.search(
        r'<link rel="alternate" type="application/atom\+xml" [^>]*feed.atom\?where=online">', html
    )
    assert 'href="/events/calendar/2026/11/?where=online"' in html


@pytest.mark.parametrize(
    "query",
    [
        "page=abc",
        "page=0",
        "page=-1&page=2",
        "q=%00",
        "q=%ED%A0%80",
        "q=" + "a" * 10_000,
        "q=%25_%5C%27",
        "from=0001-01-01&to=9999-12-31",
        "from=9999-12-31",
        "to=0001-01-01",
        "&".join(f"topic={number}" for number in range(900)),
        "type[]=1&type=%3Cscript%3E&country=%22%3E%3Cscript%3E",
        "from=%F0%9F%92%A9",
    ],
)
@pytest.mark.parametrize(
    "path", ["/events/", "/events/past/", "/events/past/2025/", "/events/calendar/2026/11/"]
)
def test_a_hostile_address_is_answered(client, path, query):
    make_event(start_date=date(2025, 1, 1))
    html = html_of(client, f"{path}?{query}")
    assert "<script>" not in html


def test_what_cannot_be_understood_is_said(client):
    html = html_of(client, "/events/?from=2026-13-45&where=online")
    assert "“2026-13-45” is not a day" in html
    assert "Online</a>" in html


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Registration open"),
        ({"registration_closes_date": date(2026, 11, 20)}, "Registration open until 20 November"),
        ({"registration_closes_date": date(2027, 1, 5)}, "Registration open until 5 January 2027"),
        ({"registration_opens_date": date(2026, 11, 19)}, "Registration opens on 19 November"),
        ({"registration_closes_date": date(2026, 11, 17)}, "Registration closed"),
        ({"registration_url": ""}, ""),
        ({"event_status": "EventCancelled"}, ""),
        ({"start_date": date(2026, 11, 17), "registration_closes_date": date(2026, 11, 16)}, ""),
        ({"start_date": date(2026, 11, 1)}, ""),
    ],
)
def test_a_sign_says_whether_one_can_register(client, changes, words):
    fields = {"start_date": date(2027, 2, 1), "registration_url": "https://example.org/", **changes}
    make_event(end_date=fields["start_date"] + timedelta(days=3), **fields)
    html = html_of(client, "/events/") + html_of(client, "/events/past/")
    found = re.findall(r'class="chip[^"]*">(Registration.*?)<', html)
    assert found == ([words] if words else [])


def test_private_events_are_listed_nowhere(client):
    make_event(title="open")
    secret = make_event(title="secret", country="Secretland", event_type=make_type("Secret"))
    restriction = PageViewRestriction.objects.create(page=secret, restriction_type="login")
    html = html_of(client, "/events/") + html_of(client, "/events/calendar/2026/11/")
    assert "open" in html
    assert "ecret" not in html
    assert upcoming() == ["open"]
    restriction.page = the(EventIndexPage)
    restriction.save()
    assert upcoming() == []
    assert client.get("/events/").status_code == 302


def test_a_draft_changes_no_list(client):
    event = make_event(title="it", start_date=date(2026, 12, 1))
    event.start_date, event.country = date(2026, 1, 1), "Italy"
    event.save_revision()
    assert (upcoming(), past(), upcoming("country=italy")) == (["it"], [], [])
    event.save_revision().publish()
    assert (upcoming(), past(), past("country=italy")) == ([], ["it"], ["it"])
    event.unpublish()
    assert past() == []


DAYS = st.integers(-40, 40)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=DAYS,
    length=st.sampled_from([0, 0, 1, 9]),
    times=st.sampled_from([(None, None), (time(0), None), (time(22), time(23)), (time(23, 59), None)]),
    rule=st.sampled_from(["", "FREQ=DAILY;COUNT=4", "FREQ=WEEKLY;COUNT=5", "FREQ=WEEKLY"]),
    zone=st.sampled_from([KIRITIMATI, BAKER, "Europe/Rome", "America/St_Johns"]),
    moved=st.none() | st.tuples(st.integers(0, 3), st.integers(-9, 9), st.integers(0, 12)),
    cancelled=st.sets(st.integers(0, 4), max_size=4),
    hours=st.integers(-24 * 60, 24 * 60),
    days=st.none() | st.tuples(DAYS, st.integers(0, 20)),
)
def test_an_event_is_in_one_list_by_the_date_that_its_schedule_says(
    start, length, times, rule, zone, moved, cancelled, hours, days
):
    event = the(EventPage) if EventPage.objects.exists() else make_event()
    event.start_date = AT.date() + timedelta(start)
    event.end_date = event.start_date + timedelta(length) if length else None
    event.start_time, event.end_time = times
    event.recurrence_rule, event.timezone = rule, zone
    every = 1 if "DAILY" in rule else 7
    changes = {number: EventException(is_cancelled=True) for number in cancelled}
    if moved:
        number, by, more = moved
        first = event.start_date + timedelta(number * every + by)
        changes[number] = EventException(start_date=first, end_date=first + timedelta(more))
    for number, change in changes.items():
        change.original_date = event.start_date + timedelta(number * every)
    event.exceptions = list(changes.values()) if rule else []
    event.save()
    at = AT + timedelta(hours=hours)
    event.rebuild_occurrences(at)
    query = ""
    dates = occurrences(event.schedule, at)
    if days:
        first, last = AT.date() + timedelta(days[0]), AT.date() + timedelta(days[0] + days[1])
        query = f"from={first}&to={last}"
        dates = [each for each in dates if each.wall.start_date <= last and each.wall.last_date >= first]
    expected = next_or_last(dates, at)
    coming, over = (list(list_of(query, at, is_past=is_past).rows()) for is_past in (False, True))
    if expected is None:
        assert (coming, over) == ([], [])
    elif any(each.listed_until > at for each in dates):
        assert [row.starts_at for row in coming] == [expected.starts_at]
        assert over == []
    else:
        assert coming == []
        assert [row.starts_at for row in over] == [expected.starts_at]
    if not days and expected:
        (row,) = coming or over
        assert phase(row.occurrence, at) == event.phase(at)
        assert row.registration(at) == event.registration(at)
