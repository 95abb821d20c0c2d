"""The visitor's own time beside the event's, in a browser that stands elsewhere."""

from datetime import date, time

import pytest

from events.models import EventException
from tests.builders import make_event, make_event_index, make_home

pytestmark = pytest.mark.browser

SUMMER = date(2099, 7, 1)


@pytest.fixture
def visit(live_server, settings, browser):
    """Make an event and read its page as somebody in the zone `zone` does: what stands under “When”."""
    settings.BASE_URL = live_server.url
    make_home()
    index = make_event_index()

    def visited(zone, script=True, **changes):
        event = make_event(
            index, **{"start_date": SUMMER, "start_time": time(14), "end_time": time(15, 30), **changes}
        )
        with browser.new_context(timezone_id=zone, java_script_enabled=script) as context:
            page = context.new_page()
            complaints = []
            page.on("console", lambda said: complaints.append(said.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"{live_server.url}{event.url}")
            assert complaints == []
            return page.locator(".glance dd").first.inner_text().replace("\n", " ")

    return visited


@pytest.mark.parametrize(
    ("zone", "changes", "text"),
    [
        (
            "America/New_York",
            {},
            "1 July 2099, 14:00–15:30 CEST (Europe/Rome, UTC+2) 08:00–09:30 your time (EDT)",
        ),
        (
            "Asia/Kolkata",
            {"end_time": None},
            "1 July 2099, 14:00 CEST (Europe/Rome, UTC+2) 17:30 your time (UTC+5:30)",
        ),
        (
            "Pacific/Auckland",
            {},
            "1 July 2099, 14:00–15:30 CEST (Europe/Rome, UTC+2) 2 July, 00:00 – 01:30 your time (UTC+12)",
        ),
        (
            "Europe/London",
            {"start_time": time(0, 30), "end_time": time(2)},
            "1 July 2099, 00:30–02:00 CEST (Europe/Rome, UTC+2)"
            " 30 June, 23:30 – 1 July, 01:00 your time (UTC+1)",
        ),
        (
            "America/New_York",
            {"start_time": time(23), "end_date": date(2099, 7, 2), "end_time": time(2)},
            "1 July 2099, 23:00 – 2 July 2099, 02:00 CEST (Europe/Rome, UTC+2)"
            " 1 July, 17:00 – 20:00 your time (EDT)",
        ),
        # Half a year later both clocks have changed.
        (
            "America/New_York",
            {"start_date": date(2099, 1, 5)},
            "5 January 2099, 14:00–15:30 CET (Europe/Rome, UTC+1) 08:00–09:30 your time (EST)",
        ),
        # Where the clocks agree there is nothing to add.
        ("Europe/Paris", {}, "1 July 2099, 14:00–15:30 CEST (Europe/Rome, UTC+2)"),
        ("UTC", {"timezone": "UTC"}, "1 July 2099, 14:00–15:30 UTC"),
        # Until the clocks of only one of them change.
        (
            "Africa/Algiers",
            {},
            "1 July 2099, 14:00–15:30 CEST (Europe/Rome, UTC+2) 13:00–14:30 your time (UTC+1)",
        ),
        (
            "Africa/Algiers",
            {"start_date": date(2099, 1, 5)},
            "5 January 2099, 14:00–15:30 CET (Europe/Rome, UTC+1)",
        ),
        # A whole day is that day everywhere.
        ("Asia/Tokyo", {"start_time": None, "end_time": None}, "1 July 2099"),
        # What does not hold is not told again.
        (
            "Asia/Tokyo",
            {"event_status": "EventCancelled"},
            "1 July 2099, 14:00–15:30 CEST (Europe/Rome, UTC+2)",
        ),
    ],
)
def test_the_visitors_own_time_stands_beside(visit, zone, changes, text):
    assert visit(zone, **changes) == text


def test_nothing_is_lost_without_the_script(visit):
    assert visit("Asia/Tokyo", script=False) == "1 July 2099, 14:00–15:30 CEST (Europe/Rome, UTC+2)"


def test_each_date_of_a_series_has_its_own_time(live_server, settings, browser):
    settings.BASE_URL = live_server.url
    make_home()
    event = make_event(
        make_event_index(),
        start_date=date(2099, 3, 10),
        start_time=time(14),
        recurrence_rule="FREQ=WEEKLY;COUNT=4",
    )
    event.exceptions = [EventException(original_date=date(2099, 3, 17), is_cancelled=True)]
    event.save_revision().publish()
    with browser.new_context(timezone_id="America/New_York") as context:
        page = context.new_page()
        page.goto(f"{live_server.url}{event.url}")
        # America changes its clocks on 8 March and Europe on 29 March.
        assert page.locator("#dates .written__yours").all_inner_texts() == [
            "09:00 your time (EDT)",
            "09:00 your time (EDT)",
            "08:00 your time (EDT)",
        ]


def test_the_script_is_small(settings):
    script = settings.BASE_DIR / "earthcode" / "static" / "earthcode" / "js" / "local_time.js"
    assert script.stat().st_size <= 2048
