"""Reading events out of web pages; numbers in names are those of the cases a strong import must get right."""

import json
import time as stopwatch
from contextlib import suppress
from datetime import UTC, date, datetime, time

import pytest

from events.importing.feed import FeedUnusable, Level
from events.importing.parse import format_of, parse

ADDRESS = "https://science.example.org/events/"


def block(told, kind='type="application/ld+json"'):
    # As pages must: an end tag within the script would end it.
    text = told if isinstance(told, str) else json.dumps(told).replace("</", "<\\/")
    return f"<script {kind}>{text}</script>"


def read(*blocks, address=ADDRESS):
    page = (
        f"<!DOCTYPE html><html><head><title>Our &amp; events</title>{''.join(blocks)}</head><body><p>x</html>"
    )
    return read_page(page.encode(), address)


def read_page(page, address=ADDRESS):
    return parse(page, format="json_ld", default_timezone="Europe/Rome", address=address)


def event(**changes):
    return {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": "Glacier day",
        "startDate": "2026-05-04T09:00:00+02:00",
        "endDate": "2026-05-04T17:00:00+02:00",
        "url": "https://science.example.org/events/glacier/",
        **changes,
    }


def read_one(**changes):
    feed = read(block(event(**changes)))
    (found,) = feed.events
    return found, " ".join(problem.reason for problem in feed.problems)


def titles(*blocks):
    return [found.title for found in read(*blocks).events]


def test_case_54_an_event():
    found, told = read_one()
    assert told == ""
    assert (found.key.uid, found.title) == ("https://science.example.org/events/glacier/", "Glacier day")
    assert (found.start_date, found.start_time) == (date(2026, 5, 4), time(9))
    assert (found.end_date, found.end_time, found.timezone) == (None, time(17), "Europe/Rome")
    assert found.website == found.url == "https://science.example.org/events/glacier/"
    assert read(block(event())).name == "Our & events"


# Where events stand


@pytest.mark.parametrize(
    "told",
    [
        {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, event(), event(name="Ice", url="/ice")]},
        [event(), event(name="Ice", url="/ice")],
        [[event()], {"@graph": {"x": event(name="Ice", url="/ice")}}],
        {"@type": "ItemList", "itemListElement": [
            {"@type": "ListItem", "item": event()}, {"item": event(name="Ice", url="/ice")}]},
        {"@type": "Place", "event": [event(), event(name="Ice", url="/ice")]},
    ],
)  # fmt: skip
def test_case_54_graphs_arrays_and_lists(told):
    assert titles(block(told)) == ["Glacier day", "Ice"]


def test_case_54_several_blocks():
    assert titles(block({"@type": "WebSite"}), block(event()), block(event(name="Ice", url="/ice"))) == [
        "Glacier day",
        "Ice",
    ]


@pytest.mark.parametrize(
    "kind",
    ["Event", ["Thing", "Event"], "schema:Event", "http://schema.org/Event", "https://schema.org/ExhibitionEvent",
     "BusinessEvent", "EducationEvent", "Hackathon", "Festival", "ConferenceEvent"],
)  # fmt: skip
def test_case_54_types_are_events_or_kinds_of_them(kind):
    assert titles(block(event(**{"@type": kind}))) == ["Glacier day"]


@pytest.mark.parametrize(
    "kind", ["WebPage", "DeliveryEvent", "BroadcastEvent", "EventReservation", 7, None, [], {}]
)
def test_what_is_no_event_is_left_alone(kind):
    with pytest.raises(FeedUnusable, match="does not tell of events"):
        read(block(event(**{"@type": kind})))


def test_case_54_one_malformed_block_costs_no_other_and_is_named():
    feed = read("\n", block('{"@type": "Event", "name": }'), block(event()), block("[" * 100_000))
    assert [found.title for found in feed.events] == ["Glacier day"]
    assert [(problem.level, problem.line) for problem in feed.problems] == [
        (Level.FAILED, 2),
        (Level.FAILED, 2),
    ]
    assert "Block 1 of the page is not valid JSON" in feed.problems[0].reason
    assert "Block 3 of the page is nested too deeply" in feed.problems[1].reason


@pytest.mark.parametrize(
    "broken",
    [{"startDate": None}, {"startDate": ""}, {"startDate": "tomorrow"}, {"startDate": "2026-05"}, {"endDate": "later"},
     {"startDate": {"a": 1}}, {"startDate": [[]]}],
)  # fmt: skip
def test_case_8_a_broken_event_costs_no_other(broken):
    feed = read(block([event(**broken), event(name="Ice", url="/ice")]))
    assert [found.title for found in feed.events] == ["Ice"]
    assert [problem.level for problem in feed.problems] == [Level.FAILED]
    assert feed.problems[0].uid == "https://science.example.org/events/glacier/"


@pytest.mark.parametrize(
    "wrapped",
    ["<!-- {} -->", "//<![CDATA[\n{}\n//]]>", "/*<![CDATA[*/{}/*]]>*/", "{};", "\n  {}  \n"],
)
def test_case_54_slips_that_search_engines_forgive(wrapped):
    assert titles(block(wrapped.replace("{}", json.dumps(event())))) == ["Glacier day"]
    surplus = json.dumps(event()).replace("}", ",}")
    assert titles(block(wrapped.replace("{}", surplus))) == ["Glacier day"]
    broken_line = json.dumps(event(description="one")).replace("one", "one\ntwo\tthree")
    assert titles(block(wrapped.replace("{}", broken_line))) == ["Glacier day"]


@pytest.mark.parametrize(
    "kind",
    ["type='application/ld+json'", "type=application/ld+json", 'id="x" TYPE = "application/ld&#x2B;json" class="y"',
     'type="application/ld+json; charset=utf-8"'],
)  # fmt: skip
def test_case_54_scripts_are_written_in_many_ways(kind):
    assert titles(block(event(), kind)) == ["Glacier day"]


def test_case_54_other_scripts_and_comments_are_no_blocks():
    hidden = block(event(name="Hidden"))
    other = block("if (a < b) { document.write('<!--') }", "")
    assert titles(f"<!-- {hidden} -->", other, block(event())) == ["Glacier day"]


def test_case_3_a_page_cut_in_the_middle_of_a_block_is_not_complete():
    page = f"<html>{block(event())}{block(event(name='Ice', url='/ice'))}".encode()
    for length in range(page.index(b"Ice"), len(page) - len(b"</script>")):
        assert not read_page(page[:length]).complete
    assert read_page(page).complete


def test_a_json_ld_document_alone():
    data = json.dumps([event()]).encode()
    assert format_of(data) == "json_ld"
    assert [found.title for found in parse(data, default_timezone="Europe/Rome").events] == ["Glacier day"]


def test_case_62_contexts_are_never_fetched_and_only_words_of_schema_org_are_understood(monkeypatch):
    monkeypatch.setattr("socket.socket", None)
    own = {"@context": {"@vocab": "https://x.example/"}, "@type": "https://x.example/Event", "name": "No"}
    prefixed = {
        "@context": {"schema": "https://schema.org/"},
        "@type": "schema:Event",
        "schema:name": "Yes",
        "https://schema.org/startDate": "2026-05-04",
    }
    assert titles(block(own), block(prefixed)) == ["Yes"]


@pytest.mark.parametrize(
    "hostile",
    [
        "<!--" * 500_000,
        "<script " * 1_000_000,
        '<script type="application/ld+json">' * 60_000,
        "<script>" * 250_000,
        '<script type="application/ld+json">' + '{"@type":["Event",' * 100_000,
        '<script type="application/ld+json">' + ",]" * 800_000,
        '<script type="application/ld+json">' + "<!-- " * 400_000,
        "</script" * 250_000,
        '<script type="application/ld+json">' + " " * 2_000_000 + "x",
        "<title>" * 300_000,
    ],
)
def test_case_48_a_hostile_page_takes_no_time(hostile):
    started = stopwatch.monotonic()
    page = f"<html>{hostile}".encode()
    with suppress(FeedUnusable):
        assert read_page(page).events == ()
    assert stopwatch.monotonic() - started < 5


def test_case_48_more_events_than_a_page_can_mean():
    with pytest.raises(FeedUnusable, match="more than 5,000"):
        read(block([{"@type": "Event", "name": "x"}] * 5_001))


# Identity


def test_case_27_identity_is_the_id_else_the_address_else_title_and_start():
    assert read_one(**{"@id": "#glacier"})[0].key.uid == ADDRESS + "#glacier"
    assert read_one(**{"@id": "_:b0"})[0].key.uid == "https://science.example.org/events/glacier/"
    assert read_one(url=None)[0].key.is_nameless
    assert read_one(url={"@id": "/glacier"})[0].key.uid == "https://science.example.org/glacier"


def test_case_27_one_address_for_several_dates_is_several_events():
    feed = read(
        block([event(), event(startDate="2026-06-04", endDate=None)]), block(event(name="Other", url="/o"))
    )
    assert [found.start_date.month for found in feed.events] == [5, 6, 5]
    assert [found.key.is_nameless for found in feed.events] == [True, True, False]


def test_the_same_event_told_of_twice_is_one():
    assert titles(block(event()), block(event())) == ["Glacier day"]


# When


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-05-04", "2026-05-06", (date(2026, 5, 4), None, date(2026, 5, 6), None, "Europe/Rome", "")),
        ("2026-05-04", "2026-05-04", (date(2026, 5, 4), None, None, None, "Europe/Rome", "")),
        ("2026-05-04T00:00:00+02:00", None, (date(2026, 5, 4), time(0), None, None, "Europe/Rome", "")),
        ("2026-05-04T09:00", None, (date(2026, 5, 4), time(9), None, None, "Europe/Rome", "name no time zone")),
        ("2026-05-04T09:00Z", "2026-05-04T10:00Z", (date(2026, 5, 4), time(9), None, time(10), "UTC", "")),
        ("2026-05-04T09:00-04:00", "2026-05-04T15:00Z",
         (date(2026, 5, 4), time(9), None, time(11), "Etc/GMT+4", "UTC-04:00")),
        ("2026-05-04T09:00+02:00", "2026-05-05",
         (date(2026, 5, 4), time(9), date(2026, 5, 5), None, "Europe/Rome", "")),
        (["2026-05-04", "2026-06-04"], None, (date(2026, 5, 4), None, None, None, "Europe/Rome", "several start")),
        ({"@type": "Date", "@value": "2026-05-04"}, "", (date(2026, 5, 4), None, None, None, "Europe/Rome", "")),
    ],
)  # fmt: skip
def test_case_54_dates_with_and_without_times_and_offsets(start, end, expected):
    found, told = read_one(startDate=start, endDate=end)
    *when, words = expected
    assert [found.start_date, found.start_time, found.end_date, found.end_time, found.timezone] == when
    assert words in told
    assert bool(words) == bool(told)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-05-04T09:00+02:00", "PT90M", (None, time(10, 30))),
        ("2026-05-04", "P3D", (date(2026, 5, 6), None)),
        ("2026-05-04", "P1D", (None, None)),
        ("2026-05-04", "long", (None, None)),
        ("2026-05-04", "P99999999999D", (None, None)),
    ],
)
def test_a_duration_in_place_of_an_end(start, duration, end):
    found, told = read_one(startDate=start, endDate=None, duration=duration)
    assert (found.end_date, found.end_time) == end
    assert ("not a length of time" in told) == (duration not in {"PT90M", "P3D", "P1D"})


def test_what_is_not_the_events_own_date_is_ignored():
    found, _ = read_one(
        previousStartDate="2025-01-01",
        doorTime="08:00",
        subEvent=[event(name="Talk")],
        superEvent=event(name="Year", startDate="2020-01-01"),
    )
    assert (found.title, found.start_date, found.start_time) == ("Glacier day", date(2026, 5, 4), time(9))


def test_a_schedule_is_told_to_be_left_out():
    assert "It repeats" in read_one(eventSchedule={"repeatFrequency": "P1W"})[1]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("https://schema.org/EventCancelled", "EventCancelled"),
        ("http://schema.org/EventPostponed", "EventPostponed"),
        ("EventRescheduled", "EventRescheduled"),
        ("schema:EventMovedOnline", "EventMovedOnline"),
        (["https://schema.org/EventRescheduled", "https://schema.org/EventMovedOnline"], "EventRescheduled"),
        ("https://schema.org/EventCanceled", "EventCancelled"),
        ("on", "EventScheduled"),
        (None, "EventScheduled"),
    ],
)
def test_case_54_status(told, status):
    found, words = read_one(eventStatus=told)
    assert found.event_status == status
    assert ("is not known" in words) == (told == "on")


# Where

PLACE = {
    "@type": "Place",
    "name": "Town hall",
    "address": {
        "@type": "PostalAddress",
        "streetAddress": "Market 1",
        "addressLocality": "Bonn",
        "addressCountry": {"@type": "Country", "name": "DE"},
    },
}
ONLINE = {"@type": "VirtualLocation", "url": "https://meet.example.org/1"}


@pytest.mark.parametrize(
    ("told", "place", "mode", "online"),
    [
        (PLACE, ("Town hall, Market 1", "Bonn", "Germany"), "Offline", ""),
        ({**PLACE, "address": "Market 1, Bonn"}, ("Town hall, Market 1, Bonn", "", ""), "Offline", ""),
        ({"@type": "Place", "name": "Town &amp; hall"}, ("Town & hall", "", ""), "Offline", ""),
        ({"@type": "Place", "address": [PLACE["address"]]}, ("Market 1", "Bonn", "Germany"), "Offline", ""),
        ({**PLACE["address"], "addressCountry": "IT"}, ("Market 1", "Bonn", "Italy"), "Offline", ""),
        ("Town hall", ("Town hall", "", ""), "Offline", ""),
        ("Online", ("", "", ""), "Online", ""),
        ("https://meet.example.org/1", ("", "", ""), "Online", "https://meet.example.org/1"),
        (ONLINE, ("", "", ""), "Online", "https://meet.example.org/1"),
        ([PLACE, ONLINE], ("Town hall, Market 1", "Bonn", "Germany"), "Mixed", "https://meet.example.org/1"),
        ({"@type": "Place", "name": "Webinar"}, ("", "", ""), "Online", ""),
        ([], ("", "", ""), "Offline", ""),
        (None, ("", "", ""), "Offline", ""),
        (7, ("7", "", ""), "Offline", ""),
        ({**ONLINE, "url": "https://science.example.org/events/glacier/"}, ("", "", ""), "Online", ""),
    ],
)  # fmt: skip
def test_case_54_locations_in_every_shape(told, place, mode, online):
    found, words = read_one(location=told)
    assert (found.venue, found.city, found.country) == place
    assert (found.attendance_mode, found.online_url, words) == (f"{mode}EventAttendanceMode", online, "")


def test_case_54_a_place_told_of_elsewhere_on_the_page():
    feed = read(block({"@graph": [{**PLACE, "@id": "#hall"}, event(location={"@id": "#hall"})]}))
    assert feed.events[0].venue == "Town hall, Market 1"


def test_case_54_a_place_told_of_within_another_event():
    hall = {**PLACE, "@id": "#hall"}
    feed = read(block([event(location=hall), event(name="Ice", url="/ice", location={"@id": "#hall"})]))
    assert [found.venue for found in feed.events] == ["Town hall, Market 1"] * 2


def test_a_page_without_events_that_names_its_calendar_is_told_with_the_address():
    link = '<link type="text/calendar" href="/cal.ics">'
    with pytest.raises(FeedUnusable, match=r"calendar is at https://science\.example\.org/cal\.ics"):
        read(link, block({"@type": "WebSite"}))


@pytest.mark.parametrize(
    ("told", "mode"),
    [
        ("https://schema.org/OnlineEventAttendanceMode", "Online"),
        ("MixedEventAttendanceMode", "Mixed"),
        ("x", "Offline"),
    ],
)
def test_case_54_attendance_mode(told, mode):
    found, words = read_one(eventAttendanceMode=told, location=PLACE)
    assert found.attendance_mode == f"{mode}EventAttendanceMode"
    assert bool(words) == (told == "x")


def test_an_event_moved_online_is_online():
    assert (
        read_one(eventStatus="EventMovedOnline", location=PLACE)[0].attendance_mode
        == "OnlineEventAttendanceMode"
    )


# What


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ({"url": "https://tickets.example.org/7"}, "https://tickets.example.org/7"),
        (
            [{"url": "https://a.example/"}, {"url": "/register?id=1"}],
            "https://science.example.org/register?id=1",
        ),
        ({"url": "https://science.example.org/events/glacier/"}, ""),
        ({"url": "https://a.example/about"}, ""),
        ({"url": "javascript:register()"}, ""),
        ("https://tickets.example.org/7", ""),
        (None, ""),
    ],
)
def test_case_54_an_offer_is_where_to_register_if_it_looks_like_it(told, address):
    found, words = read_one(offers=told)
    assert (found.registration_url, words) == (address, "")


def test_case_54_everything_else_that_a_page_has_a_field_for():
    found, told = read_one(
        organizer=[{"@type": "Organization", "name": "Ice <b>lab</b>"}, "Snow office", None],
        image=[{"@type": "ImageObject", "url": "/ice.jpg"}],
        inLanguage={"@type": "Language", "name": "German", "alternateName": "de"},
        keywords="ice, snow;  sea ice",
        description=[{"@value": "<p>A</p>"}, "B"],
        dateModified="2026-01-02T03:04:05Z",
    )
    assert told == ""
    assert found.organizers == ("Ice lab", "Snow office")
    assert found.image == "https://science.example.org/ice.jpg"
    assert (found.language, found.categories) == ("de", ("ice", "snow", "sea ice"))
    assert found.body == "<p>A</p>"
    assert found.last_modified == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert read_one(inLanguage=["en-GB"])[0].language == "en"


def test_case_46_nothing_hostile_comes_through():
    found, _ = read_one(
        name="<script>alert(1)</script>Glacier <img src=x onerror=alert(1)>",
        description="<p onclick=x>A<script>alert(1)</script><a href='javascript:x'>b</a></p>\u0000\ud800",
        url="javascript:alert(1)",
        image="data:text/html,x",
        organizer={"name": "<svg onload=x>Lab"},
        location={"@type": "Place", "name": "<iframe src=x>Hall"},
    )
    assert (found.title, found.venue, found.organizers) == ("Glacier", "Hall", ("Lab",))
    assert (found.website, found.image) == ("", "")
    assert found.body == "<p>Ab</p>"
