from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from events.filters import EventFilterForm
from events.models import EventException, EventPage
from tests.builders import make_event, make_topic, make_type, the

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def index(event_list):
    return event_list


def form(query=""):
    """The form for a query string, or for parameters that cannot be written as one."""
    if isinstance(query, str):
        return EventFilterForm(QueryDict(query))
    data = QueryDict(mutable=True)
    for name, values in query.items():
        data.setlist(name, values)
    return EventFilterForm(data)


def found(query):
    events = form(query).filtered(EventPage.objects.all(), AT)
    return sorted(events.values_list("title", flat=True))


def test_without_a_filter_nothing_is_left_out():
    make_event(title="dated")
    make_event(title="undetermined", start_date=None, date_status="to_be_determined")
    make_event(title="draft").unpublish()
    for query in ("", "page=3&unknown=1", "q=&type=&from=&where=", "q=+"):
        assert found(query) == ["dated", "draft", "undetermined"]
        assert not form(query).is_active
        assert form(query).query_string == ""
        assert form(query).problems == []


@pytest.mark.parametrize(
    "place",
    [
        {"title": "The Glacier camp"},
        {"summary": "All about a glacier."},
        {"venue": "GLACIER House"},
        {"city": "Glacier Bay"},
        {"country": "Glacierland"},
        {"event_type": "Glacier walk"},
        {"topics": "Glaciers"},
    ],
)
def test_a_word_is_looked_for_wherever_a_listing_shows_it(place):
    if "event_type" in place:
        place = {"event_type": make_type(place["event_type"])}
    if "topics" in place:
        place = {"topics": [make_topic(place["topics"]), make_topic("More glaciers")]}
    make_event(**{"title": "this", "summary": "A second word.", **place})
    make_event(title="other")
    assert len(found("q=glacier")) == 1
    assert len(found("q=SECOND+glacier")) == (0 if "summary" in place else 1)
    assert found("q=glacier+desert") == []
    assert found("q=gl%25r") == []


@pytest.mark.parametrize("query", ["q=tromso", "q=TROMSØ", "q=meteorologie", "q=ocean", "q=océan"])
def test_words_are_found_with_and_without_accents(query):
    make_event(title="Météorologie", city="Tromsø", topics=[make_topic("Océans")])
    assert found(query) == ["Météorologie"]


def test_a_word_does_not_reach_from_one_field_into_the_next():
    make_event(title="snow", summary="ice")
    assert found("q=snowice") == []


def test_type_and_topics():
    workshop, camp = make_type("Workshop"), make_type("Camp")
    ice, sea, air = make_topic("Ice"), make_topic("Sea"), make_topic("Air")
    make_event(title="workshop on ice and sea", event_type=workshop, topics=[ice, sea])
    make_event(title="camp on sea", event_type=camp, topics=[sea])
    make_event(title="camp on air", event_type=camp, topics=[air])
    make_event(title="plain")
    assert found("type=camp") == ["camp on air", "camp on sea"]
    assert found("topic=sea") == ["camp on sea", "workshop on ice and sea"]
    assert found("topic=ice&topic=air") == ["camp on air", "workshop on ice and sea"]
    assert found("topic=sea&topic=ice&type=camp") == ["camp on sea"]


def test_where():
    make_event(title="on site")
    make_event(title="online", attendance_mode="OnlineEventAttendanceMode")
    make_event(title="both", attendance_mode="MixedEventAttendanceMode")
    make_event(title="moved", event_status="EventMovedOnline")
    assert found("where=in-person") == ["both", "on site"]
    assert found("where=online") == ["both", "moved", "online"]


def test_country_is_the_whole_name_in_any_case():
    make_event(title="here", country="Côte d'Ivoire")
    make_event(title="there", country="Italy")
    assert found({"country": ["CÔTE D'IVOIRE"]}) == ["here"]
    assert found("country=ital") == []


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_days_are_those_of_the_events_own_calendar(zone):
    make_event(title="it", end_date=date(2026, 12, 1), start_time=time(23), timezone=zone)
    make_event(title="undetermined", start_date=None, date_status="to_be_determined")
    assert found("from=2026-12-01") == ["it"]
    assert found("from=2026-12-02") == []
    assert found("to=2026-11-30") == ["it"]
    assert found("to=2026-11-29") == []
    assert found("from=2026-11-30&to=2026-11-30") == ["it"]
    assert found("from=0001-01-01&to=9999-12-31") == ["it"]


def test_a_series_takes_place_on_its_dates_only():
    cancelled = EventException(original_date=date(2026, 12, 14), is_cancelled=True)
    make_event(title="it", recurrence_rule="FREQ=WEEKLY;COUNT=4", exceptions=[cancelled])
    assert found("from=2026-12-07&to=2026-12-07") == ["it"]
    assert found("from=2026-12-08&to=2026-12-20") == []
    assert found("from=2026-12-15") == ["it"]


BAD = [
    ("q=" + "a" * 10_000, "words"),
    ("q=a+b+c+d+e+f+g+h+i+j+k", "words"),
    ({"country": ["\ud800"]}, "country"),
    ("country=%00", "country"),
    ("country=" + "a" * 101, "country"),
    ("type=nonsense", "“nonsense”"),
    ("type=%00", "“�”"),
    ("type=workshop&type=camp", "more than once"),
    ({"type": ["\udfff"]}, "“�”"),
    ("topic=nonsense", "“nonsense”"),
    ("&".join(f"topic=t{number}" for number in range(900)), "“t0”"),
    ("where=nowhere", "“nowhere”"),
    ("where=online&where=in-person", "more than once"),
    ("from=2026-13-45", "“2026-13-45” is not a day"),
    ("from=2026-1-5", "“2026-1-5”"),
    ("from=٢٠٢٦-١١-٣٠", "not a day"),
    ("from=0000-01-01", "not a day"),
    ("to=tomorrow", "“tomorrow”"),
    ("to=" + "9" * 10_000, "9" * 40 + "…”"),
    ("from=2026-12-02&to=2026-12-01", "before the first day"),
    ("registration=closed", "“closed”"),
]


@pytest.mark.parametrize("query", ["q=it%00", "q=%00it", "q=i%00t", {"q": ["it\ud800"]}, "q=it%07"])
def test_what_nobody_can_type_is_no_part_of_a_word(query):
    make_event(title="it"), make_event(title="other")
    assert found(query) == ["it"]
    assert form(query).problems == []
    assert form(query).query_string == "q=it"


@pytest.mark.parametrize(("query", "words"), BAD)
def test_what_cannot_be_understood_is_left_out_and_named(query, words):
    make_type("Workshop"), make_type("Camp")
    make_event(title="it", country="Italy")
    bad = form(query)
    assert found(query) == ["it"]
    assert len(bad.problems) == 1
    assert words in bad.problems[0]
    bad.problems[0].encode()
    assert (bad.is_active, bad.query_string, bad.active) == (False, "", [])


def test_what_is_right_beside_it_counts():
    make_topic("Sea")
    both = form("topic=nonsense&topic=sea&where=nowhere&country=Italy&from=tomorrow")
    assert both.query_string == "country=Italy&topic=sea"
    assert len(both.problems) == 3


def test_one_day_without_the_other_stays_when_the_other_is_wrong():
    assert form("from=2026-12-02&to=soon").query_string == "from=2026-12-02"


def test_one_set_of_filters_has_one_address():
    make_type("Camp"), make_topic("Sea"), make_topic("Ice")
    query = "to=2026-12-01&topic=sea&page=7&topic=ice&topic=sea&q=+two++words+&type=camp&type=camp&from="
    assert form(query).query_string == "q=two+words&to=2026-12-01&topic=ice&topic=sea&type=camp"
    assert form(form(query).query_string).query_string == form(query).query_string


def test_each_thing_chosen_can_be_taken_away():
    make_type("Summer camp"), make_topic("Sea"), make_topic("Ice")
    chosen = {
        "q": "two words",
        "type": "summer-camp",
        "topic": ["ice", "sea"],
        "where": "in-person",
        "country": "Italy",
        "from": "2026-11-30",
        "to": "2026-12-01",
        "registration": "open",
    }
    active = form(urlencode(chosen, doseq=True)).active
    assert [choice.label for choice in active] == [
        "“two words”",
        "Summer camp",
        "Ice",
        "Sea",
        "In person",
        "Italy",
        "From 30 November 2026",
        "Until 1 December 2026",
        "Registration open",
    ]
    assert active[2].address_without == "?" + urlencode(
        sorted([(k, v) for k, v in chosen.items() if k != "topic"] + [("topic", "sea")])
    )
    assert form("where=online").active[0].address_without == "."


ANY_TEXT = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["", "ice", "camp", "online", "open", "Italy", "2026-11-30", "2026-12-01", "0001-01-01", "9999-12-31"]
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["q", "type", "topic", "where", "country", "from", "to", "registration", "page"]),
        st.lists(ANY_TEXT, max_size=3),
    )
)
def test_no_address_raises(parameters):
    asked = form(parameters)
    assert asked.filtered(EventPage.objects.all(), AT).count() == 0
    for text in (asked.query_string, *asked.problems, *(choice.label for choice in asked.active)):
        text.encode()
    again = form(asked.query_string)
    assert (again.problems, again.query_string) == ([], asked.query_string)


NOTHING_SET = {
    "date_status": "confirmed",
    "start_date": None,
    "start_time": None,
    "end_time": None,
    "recurrence_rule": "",
    "registration_opens_date": None,
    "registration_opens_time": None,
    "registration_closes_date": None,
    "registration_closes_time": None,
}
HOURS = st.none() | st.sampled_from([time(9), time(15), time(23, 59)])
OFFSETS = st.none() | st.integers(-3, 3)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=OFFSETS,
    times=st.sampled_from([(None, None), (time(9), None), (time(9), time(10)), (time(0), time(23))]),
    rule=st.sampled_from(["", "FREQ=DAILY;COUNT=3", "FREQ=WEEKLY"]),
    cancelled=st.booleans(),
    zone=st.sampled_from(["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Rome"]),
    opens=st.tuples(OFFSETS, HOURS),
    closes=st.tuples(OFFSETS, HOURS),
    url=st.sampled_from(["", "https://example.org/", "https://example.org/register"]),
    status=st.sampled_from(EventPage.Status.values),
    minutes=st.integers(-60 * 48, 60 * 48),
)
def test_open_registration_is_what_the_page_says(
    start, times, rule, cancelled, zone, opens, closes, url, status, minutes
):
    day = date(2026, 11, 30)
    fields = {"timezone": zone, "registration_url": url, "event_status": status}
    if start is None:
        fields |= {"start_date": None, "date_status": "to_be_determined"}
    else:
        fields |= {"start_date": day + timedelta(start), "recurrence_rule": rule}
        fields |= {"start_time": times[0], "end_time": times[1]}
    for name, (offset, hour) in (("opens", opens), ("closes", closes)):
        if offset is not None:
            fields |= {
                f"registration_{name}_date": day + timedelta(offset),
                f"registration_{name}_time": hour,
            }
    event = the(EventPage) if EventPage.objects.exists() else make_event()
    for name, value in (NOTHING_SET | fields).items():
        setattr(event, name, value)
    event.exceptions = []
    if rule == "FREQ=DAILY;COUNT=3" and event.start_date and cancelled:
        days = [event.start_date + timedelta(number) for number in range(3)]
        event.exceptions = [EventException(original_date=each, is_cancelled=True) for each in days]
    opens_at, closes_at = event.registration_period
    assume(not (opens_at and closes_at and closes_at <= opens_at))
    at = AT + timedelta(minutes=minutes)
    event.save()
    event.rebuild_occurrences(at)
    is_open = form("registration=open").filtered(EventPage.objects.all(), at).exists()
    assert is_open == (event.registration(at) == "open")


def test_registration_for_a_series_stays_open_after_one_of_its_dates():
    series = make_event(
        start_date=date(2026, 11, 30),
        start_time=time(9),
        end_time=time(10),
        recurrence_rule="FREQ=WEEKLY;COUNT=2",
        registration_url="https://example.org/",
    )
    assert found("registration=open") == ["An event"]
    assert series.registration(AT) == "open"
    assert series.registration(AT + timedelta(days=7)) == "closed"
