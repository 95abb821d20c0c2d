"""Which source a feed is of; pure."""

from datetime import date

import pytest

from events.importing.feed import Key
from events.importing.sources import Trace, free_name, recognised
from tests.builders import make_feed_event

EVENTS = [make_feed_event(uid, title=f"Event {uid}", start_date=date(2027, 3, 1)) for uid in "1234"]


def trace(source, uid, *, title=None, day="2027-03-01"):
    return Trace(source, Key(uid), title or f"Event {uid}", (day, None))


@pytest.mark.parametrize(
    ("traces", "source"),
    [
        ([], None),
        ([trace(7, "1")], None),
        ([trace(7, "1"), trace(7, "2")], 7),
        ([trace(7, "1"), trace(8, "2")], None),
        ([trace(7, "1", title="Other"), trace(7, "2", day="2028-01-01")], 7),
        ([trace(7, "1", title="Other", day="2028-01-01"), trace(7, "2")], None),
        ([trace(7, uid) for uid in "12"] + [trace(8, uid) for uid in "123"], 8),
        ([trace(7, uid) for uid in "89"], None),
    ],
)
def test_a_source_is_recognised_by_half_of_its_events(traces, source):
    assert recognised(EVENTS, traces) == source


def test_an_empty_feed_is_not_recognised():
    assert recognised([], [trace(7, "1")]) is None


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        (set(), "Events"),
        ({"Events"}, "Events (/b.ics)"),
        ({"Events", "Events (/b.ics)"}, "Events 2"),
    ],
)
def test_names_stay_unique(taken, name):
    assert free_name("Events", "/b.ics", taken) == name
