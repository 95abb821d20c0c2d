"""Which events of different sources may be one; pure."""

import time as stopwatch
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.importing.alike import Telling, alike, groups, likeness, sources_of

LPS = {
    "title": "Living Planet Symposium 2025",
    "start_date": date(2025, 6, 23),
    "end_date": date(2025, 6, 27),
    "venue": "Austria Center Vienna",
    "city": "Vienna",
    "country": "Austria",
}
WEBINAR = {
    "title": "Sea level from space",
    "start_date": date(2026, 3, 4),
    "start_time": time(10),
    "end_time": time(11),
    "timezone": "Europe/Rome",
    "attendance_mode": "OnlineEventAttendanceMode",
}


def told(page=1, source=1, **fields):
    return Telling(
        page=page, source=source, **{"title": "An event", "start_date": date(2026, 5, 4), **fields}
    )


def are_alike(fields, **changes):
    one, other = told(**fields), told(2, 2, **{**fields, **changes})
    assert likeness(one, other) == likeness(other, one)
    return (1, 2) in alike([one, other])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"title": "LIVING PLANET SYMPOSIUM"},
        {"title": "Living Planet Symposium ’25"},
        {"title": "The 2025 Living-Planet Symposium (LPS25)"},
        {"title": "LPS25 – Living Planet Symposium"},
        {"title": "LPS25"},
        {"title": "LPS 2025"},
        {"title": "ESA Living Planet Symposium 2025"},
        {"title": "5th Living Planet Symposium"},
        {"title": "Lîving Plänet Symposium"},
        {"venue": "Bruno-Kreisky-Platz 1, 1220 Vienna", "city": "", "country": ""},
        {"venue": "", "city": "", "country": ""},
        {"country": "AT"},
        {"end_date": None},
        {"end_date": date(2025, 6, 26)},
        {"start_date": date(2025, 6, 22)},
        {"start_time": time(9), "end_time": time(17)},
        {"attendance_mode": "MixedEventAttendanceMode"},
    ],
    ids=str,
)
def test_a_conference_is_known_again(changes):
    assert are_alike(LPS, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Living Planet Symposium 2025: opening session", "end_date": date(2025, 6, 23)},
        {"title": "Living Planet Symposium 2025", "start_date": date(2025, 6, 24), "end_date": None},
        {
            "title": "Living Planet Symposium 2025",
            "end_date": None,
            "start_time": time(9),
            "end_time": time(10),
        },
        {"title": "Living Planet Symposium poster session"},
        {"title": "Living Planet Symposium dinner", "end_date": None},
        {"title": "Cryosphere at the Living Planet Symposium", "end_date": None},
        {"title": "Living Planet Workshop"},
        {"title": "Living Planet Symposium 2022"},
        {"title": "LPS22"},
        {"title": "LPS25: side event on data cubes"},
        {"title": "EGU25"},
        {"title": "Symposium"},
        {"title": "Vienna"},
        {"title": ""},
        {"start_date": date(2025, 7, 23), "end_date": date(2025, 7, 27)},
        {"start_date": date(2025, 6, 26), "end_date": date(2025, 6, 30)},
        {"start_date": date(2022, 6, 23), "end_date": date(2022, 6, 27), "title": "Living Planet Symposium"},
        {"venue": "World Conference Center", "city": "Bonn", "country": "Germany"},
        {"attendance_mode": "OnlineEventAttendanceMode", "venue": "", "city": "", "country": ""},
        {"recurrence_rule": "FREQ=YEARLY"},
    ],
    ids=str,
)
def test_another_event_is_not_taken_for_a_conference(changes):
    assert not are_alike(LPS, **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"timezone": "UTC"}, True),
        ({"start_time": time(9), "timezone": "UTC"}, True),
        ({"start_time": time(12), "end_time": time(13)}, True),
        ({"start_time": time(16), "end_time": time(17)}, False),
        ({"start_date": date(2026, 3, 11)}, False),
        ({"title": "Webinar: sea level from space"}, True),
        ({"title": "Sea level from space, part 2"}, False),
        ({"title": "Sea ice from space"}, False),
        ({"start_time": None, "end_time": None}, True),
        ({"attendance_mode": "OfflineEventAttendanceMode"}, True),
        ({"attendance_mode": "OfflineEventAttendanceMode", "city": "Rome"}, False),
    ],
    ids=str,
)
def test_a_webinar_is_known_again_by_its_hour(changes, expected):
    assert are_alike(WEBINAR, **changes) is expected


def test_midnight_in_one_zone_is_no_other_day_in_another():
    late = {
        **WEBINAR,
        "start_date": date(2026, 3, 4),
        "start_time": time(23, 30),
        "timezone": "America/New_York",
    }
    assert are_alike(late, start_date=date(2026, 3, 5), start_time=time(5, 30), timezone="Europe/Rome")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Big Data from Space 2026 (BiDS)", "BiDS 2026", True),
        ("Big Data from Space 2026 (BiDS)", "Big Data from Space", True),
        ("BiDS'26", "BiDS 2026", True),
        ("EGU General Assembly 2026 (EGU26)", "EGU26", True),
        ("EGU General Assembly 2026", "European Geosciences Union General Assembly 2026 (EGU)", False),
        ("12th EO Summer School", "EO Summer School 2026", True),
        ("12th EO Summer School", "EO Summer School XII", True),
        ("12th EO Summer School", "13th EO Summer School", False),
        ("Atelier sur la télédétection des forêts", "Atelier : Télédétection des forêts", True),
        ("ESA–NASA Workshop on Arctic Methane", "Arctic Methane Workshop (ESA/NASA)", True),
        ("Workshop on Arctic Methane", "Arctic Methane Workshop (ESA/NASA)", True),
        ("Arctic Methane Workshop", "Arctic Workshop", False),
        ("ESA Workshop on Arctic Methane", "ESA Workshop on Tropical Forests", False),
        ("ESA Open Science Workshop", "ESA Open Science Conference", False),
        ("Landsat 8 user day", "Landsat 9 user day", False),
        ("Sentinel-1 for geologists", "Sentinel-2 for geologists", False),
        ("Weekly seminar", "Weekly seminar", False),
        ("Board meeting", "Board Meeting", False),
        ("ESA workshop", "ESA Workshop", False),
        ("地球観測シンポジウム", "地球観測シンポジウム 2026", True),
        ("🛰", "🛰", False),
    ],
)
def test_titles(one, other, expected):
    assert are_alike({"title": one}, title=other) is expected


def test_a_title_that_says_nothing_needs_a_place_or_an_address():
    meeting = {"title": "Team meeting"}
    assert not are_alike(meeting)
    assert are_alike({**meeting, "city": "Frascati"})
    assert are_alike({**meeting, "addresses": ("https://example.org/meetings/7",)})


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("https://www.example.org/events/7/", "http://example.org/events/7?utm_source=mail#top", True),
        ("https://example.org/events/7", "https://example.org/events/8", False),
        ("https://example.org/event?id=7", "https://example.org/event?id=8", False),
        ("https://example.org/", "https://example.org", False),
        ("http://[", "http://[", False),
    ],
)
def test_an_address_in_common_speaks_for_titles_that_differ(one, other, expected):
    event = {"title": "Glaciers of the Alps", "addresses": (one,)}
    assert are_alike(event, title="Alps and glaciers: what remains", addresses=(other,)) is expected


def test_case_29_the_same_uid_speaks_for_itself_unless_it_is_a_mere_number():
    event = {"title": "Arctic days", "uid": "7f3c@example.org"}
    assert are_alike(event, title="Something else")
    assert are_alike(event, start_date=date(2026, 6, 1))
    assert not are_alike(event, title="Something else", start_date=date(2026, 6, 1))
    assert not are_alike(event, title="Something else", recurrence_id="20260504")
    assert not are_alike({**event, "uid": "1"}, title="Something else")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"date_text": "Autumn 2025"}, True),
        ({"title": "LPS25"}, True),
        ({"title": "Living Planet Symposium"}, False),
        ({"title": "Living Planet Symposium", "date_text": "2028"}, False),
    ],
    ids=str,
)
def test_an_event_whose_date_is_not_known_yet_is_known_by_its_year(changes, expected):
    undated = {"start_date": None, "end_date": None, "venue": "", "city": "", "country": ""}
    assert are_alike(LPS, **{**undated, **changes}) is expected


def test_a_part_of_a_conference_with_the_same_address_and_dates_is_not_the_conference():
    conference = {**LPS, "addresses": ("https://lps25.example.org/programme",)}
    assert are_alike(conference, title="Living Planet Symposium: from observation to action")
    assert not are_alike(conference, title="Living Planet Symposium: plenary")


def test_series_are_alike_from_the_same_day_on():
    series = {"title": "Cloud physics colloquium", "recurrence_rule": "FREQ=WEEKLY"}
    assert are_alike(series)
    assert not are_alike(series, start_date=date(2026, 5, 11))


def test_a_long_exhibition_is_known_again():
    show = {"title": "Ice: an exhibition", "start_date": date(2026, 1, 10), "end_date": date(2026, 6, 30)}
    assert are_alike(show, start_date=date(2026, 2, 1))
    assert not are_alike(show, start_date=date(2026, 5, 1))
    month = {**show, "start_date": date(2026, 1, 3), "end_date": date(2026, 1, 29)}
    assert are_alike(month, start_date=date(2026, 1, 2), end_date=date(2026, 2, 17))


def test_what_one_source_has_twice_or_was_written_by_hand_twice_is_two_events():
    assert not alike([told(1, 1, **LPS), told(2, 1, **LPS)])
    assert not likeness(told(1, 1, **LPS), told(2, 1, **LPS))
    assert not alike([told(1, None, **LPS), told(2, None, **LPS)])
    assert alike([told(1, None, **LPS), told(2, 1, **LPS)])
    # Of a page that has both sources already.
    assert not alike([told(1, 1, **LPS), told(1, 2, **LPS), told(2, 2, **LPS)])


def test_case_29_three_sources_make_one_group():
    events = [
        told(1, 1, **{**LPS, "title": "LPS25"}),
        told(2, 2, **LPS),
        told(3, 3, **{**LPS, "title": "Living Planet Symposium"}),
        told(4, 4, title="Something else"),
    ]
    assert groups(alike(events), sources_of(events)) == [(1, 2, 3)]


def test_a_group_has_no_two_that_are_known_to_be_different():
    pairs = {(1, 2): 0.9, (2, 3): 0.8}
    sources = {page: frozenset({page}) for page in (1, 2, 3)}
    assert groups(pairs, sources) == [(1, 2, 3)]
    assert groups(pairs, sources, {(1, 3)}) == [(1, 2)]
    assert groups(pairs, {**sources, 3: frozenset({1})}) == [(1, 2)]


def test_only_pairs_with_a_page_that_is_asked_for_are_found():
    events = [told(page, page, **LPS) for page in (1, 2, 3)]
    assert set(alike(events, among={3})) == {(1, 3), (2, 3)}


def test_twenty_thousand_events_are_compared_in_seconds():
    words = "ice sea land fire snow soil wind rain cloud coast lake river forest crop city dust".split()
    events = [
        told(
            number,
            number % 7,
            title=f"ESA {words[number % 16]} {words[number // 16 % 16]} workshop of {words[number // 256 % 16]}",
            start_date=date(2024, 1, 1) + timedelta(days=number * 7 % 1000),
            end_date=date(2024, 1, 1) + timedelta(days=number * 7 % 1000 + number % 4),
        )
        for number in range(20_000)
    ]
    begun = stopwatch.perf_counter()
    alike(events)
    assert stopwatch.perf_counter() - begun < 20
    crowd = [replace(event, title="The same", start_date=date(2026, 1, 1), end_date=None) for event in events]
    begun = stopwatch.perf_counter()
    alike(crowd)
    assert stopwatch.perf_counter() - begun < 20


TITLES = st.sampled_from(
    [
        "Living Planet Symposium 2025 (LPS25)",
        "LPS25",
        "Living Planet Symposium",
        "Living Planet Symposium: dinner",
        "ESA open meeting",
        "Meeting",
        "Open day",
        "ESA meeting",
        "2025",
        "",
    ]
)
DAYS = st.dates(date(2025, 6, 20), date(2025, 7, 3))


@st.composite
def tellings(draw, page):
    start = draw(st.none() | DAYS)
    length = draw(st.sampled_from([None, 0, 1, 4, 40, 70, 120]))
    clock = draw(st.sampled_from([None, time(0, 30), time(10), time(23, 30)])) if start else None
    return Telling(
        page=page,
        source=draw(st.sampled_from([None, 1, 2, 3])),
        uid=draw(st.sampled_from(["", "1", "a@example.org"])),
        title=draw(TITLES),
        start_date=start,
        end_date=start + timedelta(days=length) if start and length is not None else None,
        start_time=clock,
        timezone=draw(st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"])),
        date_text=draw(st.sampled_from(["", "Summer 2025"])) if start is None else "",
        city=draw(st.sampled_from(["", "Vienna", "Bonn"])),
        addresses=draw(st.sampled_from([(), ("https://example.org/7",)])),
    )


@st.composite
def crowds(draw):
    return [draw(tellings(page)) for page in range(draw(st.integers(0, 7)))]


@given(crowds(), st.randoms(use_true_random=False))
def test_neither_the_order_of_events_nor_that_of_a_pair_matters(events, random):
    shuffled = random.sample(events, len(events))
    found = alike(events)
    assert alike(shuffled) == found
    assert groups(found, sources_of(events)) == groups(alike(shuffled), sources_of(shuffled))
    for one, other in combinations(events, 2):
        assert likeness(one, other) == likeness(other, one)


@given(crowds())
def test_nothing_is_missed_for_not_being_compared(events):
    every = {
        (one.page, other.page): how_much
        for one, other in combinations(events, 2)
        if (how_much := likeness(one, other))
    }
    assert alike(events) == every


@given(crowds())
def test_no_event_is_grouped_with_itself_or_its_own_source(events):
    sources = sources_of(events)
    for group in groups(alike(events), sources):
        assert len(set(group)) == len(group) > 1
        assert len(frozenset.union(*(sources[page] for page in group))) == len(group)
    assert not alike([event for event in events if event.source == 1])
    assert all(not likeness(event, event) for event in events)


@given(
    crowds(), st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[0] < pair[1]))
)
def test_no_group_has_what_was_said_to_be_different(events, different):
    for group in groups(alike(events), sources_of(events), different):
        assert not different & set(combinations(group, 2))
