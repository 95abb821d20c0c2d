import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone as clock
from hypothesis import given
from hypothesis import strategies as st

from events.filters import EventFilterForm
from events.models import EventPage
from events.month import MAX_A_DAY, MAX_LANES, Date, Month, weeks
from tests.builders import make_event, make_type

AT = datetime(2026, 11, 18, 12, tzinfo=UTC)
NOVEMBER = Month(2026, 11)


def make_date(first, last=None, title="it", start_time=None):
    return Date(date(*first), date(*(last or first)), start_time, title, "it", is_off=False)


def layout(*dates, month=NOVEMBER):
    return weeks(month, dates, AT.date())


def test_weeks_run_from_monday_to_sunday():
    november = layout()
    assert [len(week.days) for week in november] == [1, 7, 7, 7, 7, 1]
    assert [(week.before, week.after) for week in november] == [(6, 0), *[(0, 0)] * 4, (0, 6)]
    assert [day.day.day for week in november for day in week.days] == list(range(1, 31))
    assert [day.day for week in november for day in week.days if day.is_today] == [AT.date()]
    assert [len(week.days) for week in layout(month=Month(2027, 2))] == [7, 7, 7, 7]


def test_a_date_of_several_days_is_a_bar_in_each_of_its_weeks():
    november = layout(make_date((2026, 10, 30), (2026, 11, 10)))
    bars = [(day.day.day, bar) for week in november for day in week.days for bar in day.bars]
    assert [day for day, _ in bars] == list(range(1, 11))
    begun = {day: (bar.length, bar.has_begun, bar.goes_on) for day, bar in bars if bar.length}
    assert begun == {1: (1, True, True), 2: (7, True, True), 9: (2, True, False)}
    assert [day for day, bar in bars if bar.is_first] == [1]
    assert [day.day.day for week in november for day in week.days if not day.is_quiet] == [1]
    (first, *_) = layout(make_date((2026, 11, 3), (2026, 11, 4)))[1].days[1].bars
    assert (first.length, first.has_begun, first.goes_on) == (2, False, False)


def test_bars_that_meet_are_in_different_lanes():
    week = layout(
        make_date((2026, 11, 9), (2026, 11, 11), "a"),
        make_date((2026, 11, 11), (2026, 11, 12), "b"),
        make_date((2026, 11, 12), (2026, 11, 13), "c"),
    )[2]
    assert {bar.date.title: bar.lane for day in week.days for bar in day.bars} == {"a": 0, "b": 1, "c": 0}
    assert week.lanes == 2


def test_what_does_not_fit_is_counted():
    long = [make_date((2026, 11, 9), (2026, 11, 11), f"long {n}") for n in range(MAX_LANES + 2)]
    short = [make_date((2026, 11, 10), title=f"short {n}", start_time=time(n)) for n in range(9)]
    monday, tuesday, *_, sunday = layout(*long, *short)[2].days
    assert (len(monday.bars), monday.hidden) == (MAX_LANES, 2)
    assert [each.title for each in tuesday.dates] == ["short 0", "short 1"]
    assert len(tuesday.bars) + len(tuesday.dates) == MAX_A_DAY
    assert tuesday.hidden == 2 + 7
    assert (sunday.bars, sunday.hidden) == ([], 0)


@given(
    st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 50)), max_size=30),
    st.integers(1, 12),
)
def test_each_day_shows_or_counts_what_takes_place_on_it(spans, number):
    month = Month(2026, number)
    dates = [
        Date(month.first + timedelta(start), month.first + timedelta(start + length), None, "", "", False)
        for start, length in sorted(spans)
    ]
    laid_out = layout(*dates, month=month)
    for week in laid_out:
        assert week.before + len(week.days) + week.after == 7
        for day in week.days:
            expected = [each for each in dates if each.first <= day.day <= each.last]
            assert len(day.bars) + len(day.dates) + day.hidden == len(expected)
            assert {id(shown) for shown in [*(bar.date for bar in day.bars), *day.dates]} <= set(
                map(id, expected)
            )
            assert len({bar.lane for bar in day.bars}) == len(day.bars)
    assert [day.day for week in laid_out for day in week.days][-1] == month.last


@pytest.fixture
def index(event_list, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AT)
    return event_list


def html_of(client, path):
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def cell(html, day):
    return re.search(rf'<td [^>]*>\s*<time class="day__date" datetime="{day}">.*?</td>', html, re.DOTALL)[0]


def text(html):
    return " ".join(re.sub("<[^>]*>", "", html).split())


def test_a_month_is_a_table_that_says_each_day(client, index):
    make_event(title="Long", start_date=date(2026, 11, 19), end_date=date(2026, 11, 21))
    make_event(title="Short", start_date=date(2026, 11, 20), start_time=time(9, 30))
    make_event(title="Off", start_date=date(2026, 11, 20), event_status="EventCancelled")
    make_event(title="No date", start_date=None, date_status="to_be_determined")
    html = html_of(client, "/events/calendar/2026/11/")
    assert re.search(r"<caption>November 2026\s*</caption>", html)
    assert html.count('scope="col"') == 7
    assert '<th scope="col" abbr="Mon">Monday</th>' in html
    assert text(cell(html, "2026-11-19")) == "Thursday 19 November 2026 Long, 19–21 November 2026"
    assert text(cell(html, "2026-11-20")) == ("Friday 20 November 2026 Off, not taking place 09:30 Short")
    assert 'href="/events/long/"' in cell(html, "2026-11-19")
    assert "<ul" not in cell(html, "2026-11-21"), "no list without lines"
    assert 'href="/events/long/"' not in cell(html, "2026-11-20"), "one link, not one a day"
    assert re.findall(r'<td class="[^"]*" aria-current="date">\s*<time [^>]*datetime="(.*?)"', html) == [
        "2026-11-18"
    ]
    assert "No date" not in html
    assert "No events" not in html


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_days_are_those_of_the_events_own_calendar(client, index, zone):
    make_event(title="it", start_date=date(2026, 11, 30), start_time=time(23, 30), timezone=zone)
    assert "it" in text(cell(html_of(client, "/events/calendar/2026/11/"), "2026-11-30"))
    assert "No events in this month." in html_of(client, "/events/calendar/2026/12/")


def test_each_date_of_a_series_is_there(client, index):
    make_event(title="Seminar", start_date=date(2026, 11, 3), recurrence_rule="FREQ=WEEKLY;COUNT=3")
    html = html_of(client, "/events/calendar/2026/11/")
    assert [day for day in range(1, 31) if "Seminar" in cell(html, f"2026-11-{day:02}")] == [3, 10, 17]


def test_the_months_beside_it_are_linked_where_there_is_something(client, index):
    make_event(title="a", start_date=date(2026, 9, 1), country="Italy")
    make_event(title="b", start_date=date(2027, 2, 28), end_date=date(2027, 3, 2))
    previous, following = 'rel="prev" href="/events/calendar/{}/', 'rel="next" href="/events/calendar/{}/'
    html = html_of(client, "/events/calendar/2026/11/")
    assert previous.format("2026/10") in html
    assert following.format("2026/12") in html
    assert 'rel="prev"' not in html_of(client, "/events/calendar/2026/09/")
    assert following.format("2027/03") in html_of(client, "/events/calendar/2027/02/")
    make_event(title="last day", start_date=date(2027, 4, 30))
    assert 'rel="next"' not in html_of(client, "/events/calendar/2027/04/")
    assert 'rel="prev"' not in html_of(client, "/events/calendar/2026/09/")
    EventPage.objects.get(title="last day").delete()
    assert 'rel="next"' not in html_of(client, "/events/calendar/2027/03/")
    html = html_of(client, "/events/calendar/2026/11/?country=Italy&page=3")
    assert previous.format("2026/10") + "?country=Italy" in html
    assert 'rel="next"' not in html
    assert 'class="months__today" href="/events/calendar/2026/11/?country=Italy"' in html


def test_years_without_events_are_not_there(client, index):
    for path in (
        "2025/12",
        "2027/01",
        "9999/12",
        "0001/01",
        "0000/00",
        "2026/00",
        "2026/13",
        "2026/1",
        "99999/99",
    ):
        assert client.get(f"/events/calendar/{path}/").status_code == 404, path
    assert client.get("/events/calendar/2026/01/").status_code == 200, "the present year is always there"
    make_event(start_date=date(2024, 12, 31), end_date=date(2025, 1, 1))
    make_event(start_date=date(2029, 12, 31), end_date=date(2030, 1, 2))
    for year, status in ((2023, 404), (2024, 200), (2025, 200), (2027, 200), (2030, 200), (2031, 404)):
        assert client.get(f"/events/calendar/{year}/06/").status_code == status, year
        assert client.get(f"/events/calendar/{year}/06/?country=Nowhere").status_code == status


def test_the_calendar_opens_at_the_present_month(client, index):
    response = client.get("/events/calendar/?where=online&page=2")
    assert (response.status_code, response["Location"]) == (302, "/events/calendar/2026/11/?where=online")


def test_a_month_can_be_narrowed(client, index, settings):
    make_event(title="Camping", start_date=date(2026, 11, 20), event_type=make_type("Camp"), country="Italy")
    make_event(title="Talking", start_date=date(2026, 11, 20), event_type=make_type("Talk"), country="Peru")
    html = html_of(client, "/events/calendar/2026/11/?type=camp&from=2026-11-20")
    assert "Camping" in html
    assert "Talking" not in html
    assert '<option value="Peru">' not in html
    assert '<meta name="robots" content="noindex">' in html
    assert f'<link rel="canonical" href="{settings.BASE_URL}/events/calendar/2026/11/">' in html
    assert "No events match in this month." in html_of(
        client, "/events/calendar/2026/11/?type=camp&country=Peru"
    )


def test_what_is_hidden_is_listed_elsewhere(client, index):
    for number in range(MAX_A_DAY + 2):
        for day in (date(2026, 11, 17), date(2026, 11, 20)):
            make_event(title=f"Event {number} of {day}", start_date=day, country="Italy")
    html = html_of(client, "/events/calendar/2026/11/?country=Italy&from=2026-11-01")
    for day, path in (("2026-11-17", "/events/past/"), ("2026-11-20", "/events/")):
        link = re.search(r'href="([^"]*)">and 2 more<', cell(html, day))[1].replace("&amp;", "&")
        assert link == f"{path}?country=Italy&from={day}&to={day}"
        assert f"{MAX_A_DAY + 2} " in re.search("listing__count.*", html_of(client, link))[0]


def test_nothing_of_today_is_lost_between_upcoming_and_past(client, index):
    # Where it is 19 November already, the day is over.
    for number, zone in enumerate(["Pacific/Kiritimati"] * 2 + ["Europe/Rome"] * MAX_A_DAY):
        make_event(title=f"Event {number}", start_date=AT.date(), timezone=zone)
    html = html_of(client, "/events/calendar/2026/11/")
    address = re.search(r'href="([^"]*)">and 2 more<', cell(html, "2026-11-18"))[1].replace("&amp;", "&")
    assert address.startswith("/events/?")
    listed = html_of(client, address)
    assert f"{MAX_A_DAY} upcoming events match" in listed
    past = re.search(r'href="([^"]*)">See 2 past events that match<', listed)[1].replace("&amp;", "&")
    assert "2 past events match" in html_of(client, past)


def test_the_calendar_shows_what_the_filters_choose(client, index):
    for number, country in enumerate(("Italy", "Peru", "Italy")):
        make_event(
            title=f"Event {number}",
            start_date=date(2026, 11, 28),
            end_date=date(2026, 12, 2),
            country=country,
        )
    query = "country=Italy&from=2026-11-01&to=2026-11-30"
    chosen = EventFilterForm(QueryDict(query)).filtered(EventPage.objects.all(), AT)
    html = html_of(client, f"/events/calendar/2026/11/?{query}")
    assert {event.title for event in chosen} == set(re.findall(r"Event \d", html)) == {"Event 0", "Event 2"}
