"""The three-way merge, by example and by property; pure."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.importing.feed import FIELDS
from events.importing.reconcile import Action, Held, Merge, merge, reconcile
from events.recurrence import ScheduleException
from tests.builders import make_feed_event

EVENT = make_feed_event(venue="Rome", body="<p>Hello</p>")


def hold(event, **page):
    """An event as held after it was imported and an editor changed its page to `page`."""
    values = event.values
    return Held(values, {**values, **page}, sequence=event.sequence, last_modified=event.last_modified)


def plan_one(event, held):
    (item,) = reconcile([event], {event.key: held} if held else {}).items
    return item


def test_new():
    assert plan_one(EVENT, None).action == Action.CREATE


def test_case_30_unchanged_whatever_the_page_says():
    assert plan_one(EVENT, hold(EVENT, title="The editor's")).action == Action.UNCHANGED


def test_an_untouched_page_follows_the_feed():
    item = plan_one(replace(EVENT, title="New"), hold(EVENT))
    assert (item.action, item.merge.changes, item.merge.conflicts) == (Action.UPDATE, {"title": "New"}, ())


def test_case_34_both_are_kept():
    item = plan_one(replace(EVENT, start_time=time(9)), hold(EVENT, title="The editor's"))
    assert item.merge.changes == {"start_time": "09:00:00"}
    assert item.merge.conflicts == ()


def test_case_35_conflict_keeps_the_editors():
    item = plan_one(replace(EVENT, title="The feed's"), hold(EVENT, title="The editor's"))
    assert (item.action, item.merge.changes, item.merge.conflicts) == (Action.REMEMBER, {}, ("title",))


def test_both_say_the_same():
    item = plan_one(replace(EVENT, title="Same"), hold(EVENT, title="Same"))
    assert (item.action, item.merge.conflicts) == (Action.REMEMBER, ())


def test_case_36_following_resumes_when_the_editor_restores_the_feeds_value():
    second = replace(EVENT, title="Second")
    assert plan_one(second, hold(EVENT, title="Mine")).merge.conflicts == ("title",)
    item = plan_one(replace(EVENT, title="Third"), hold(second))
    assert item.merge.changes == {"title": "Third"}


def test_case_37_a_dropped_value_is_cleared_only_if_the_feed_put_it_there():
    dropped = replace(EVENT, venue="")
    assert plan_one(dropped, hold(EVENT)).merge.changes == {"venue": ""}
    assert plan_one(dropped, hold(EVENT, venue="Frascati")).merge.changes == {}
    silent = replace(EVENT, venue="")
    item = plan_one(replace(silent, title="New"), hold(silent, venue="Frascati"))
    assert "venue" not in item.merge.changes


def test_case_40_a_deleted_page_stays_away():
    held = Held(EVENT.values, stays_away=True)
    for event in (EVENT, replace(EVENT, title="New")):
        assert plan_one(event, held).action == Action.SKIP


@pytest.mark.parametrize(
    ("before", "now", "is_older"),
    [
        ((2, None), (1, None), True),
        ((1, None), (2, None), False),
        ((1, 5), (1, 4), True),
        ((1, 5), (1, 5), False),
        ((1, 5), (2, 4), False),
        ((None, 5), (None, None), False),
        ((3, None), (None, None), False),
    ],
)
def test_case_32_older_versions_are_ignored(before, now, is_older):
    def version(title, sequence, day):
        modified = day and datetime(2026, 1, day, tzinfo=UTC)
        return replace(EVENT, title=title, sequence=sequence, last_modified=modified)

    item = plan_one(version("Now", *now), hold(version("Before", *before)))
    assert item.action == (Action.SKIP if is_older else Action.UPDATE)


def test_case_32_an_older_version_that_says_the_same_is_unchanged():
    assert plan_one(replace(EVENT, sequence=1), hold(replace(EVENT, sequence=2))).action == Action.UNCHANGED


def test_case_45_what_is_not_in_the_feed_is_left_alone():
    assert reconcile([], {EVENT.key: hold(EVENT)}).items == ()


def test_dates_that_would_contradict_each_other_stay_the_editors():
    # The editor shortened it to 2 December; the feed moves it to a week later.
    before = replace(EVENT, start_date=date(2026, 11, 30), end_date=date(2026, 12, 4))
    later = replace(before, start_date=date(2026, 12, 7), end_date=date(2026, 12, 11), title="Moved")
    item = plan_one(later, hold(before, end_date="2026-12-02"))
    assert item.merge.changes == {"title": "Moved"}
    assert set(item.merge.conflicts) == {"start_date", "end_date"}


def test_a_date_the_editor_took_away_stays_away():
    held = hold(EVENT, start_date=None, date_status="to_be_determined")
    item = plan_one(replace(EVENT, start_date=date(2027, 1, 1), end_date=date(2027, 1, 2)), held)
    assert item.merge.changes == {}


WORDS = st.sampled_from(["", "a", "b", "c"])
DAYS = st.sampled_from([None, date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 5)])
TIMES = st.sampled_from([None, time(9), time(12), time(23)])


@st.composite
def feed_events(draw, uid="1@example.org"):
    start = draw(DAYS.filter(bool))
    end = draw(DAYS)
    start_time = draw(TIMES)
    end_date = end if end and end > start else None
    end_time = draw(TIMES)
    if start_time is None or (end_date is None and end_time and end_time <= start_time):
        end_time = None
    return make_feed_event(
        uid,
        title=draw(WORDS.filter(bool)),
        venue=draw(WORDS),
        website=draw(WORDS),
        body=draw(WORDS),
        start_date=start,
        start_time=start_time,
        end_date=end_date,
        end_time=end_time,
        timezone=draw(st.sampled_from(["Europe/Rome", "UTC"])),
        event_status=draw(st.sampled_from(["EventScheduled", "EventCancelled"])),
    )


def after(held, event, item):
    """What is held once `item` is carried out."""
    return Held(event.values, {**held.draft, **item.merge.changes})


@settings(derandomize=True, max_examples=400, deadline=None)
@given(feed_events(), feed_events(), feed_events())
def test_running_twice_gives_an_empty_plan(before, page, now):
    held = Held(before.values, page.values)
    item = plan_one(now, held)
    assert plan_one(now, after(held, now, item)).action == Action.UNCHANGED


@settings(derandomize=True, max_examples=400, deadline=None)
@given(feed_events(), feed_events(), feed_events())
def test_no_run_loses_an_editors_value(before, page, now):
    merged = merge(before.values, now.values, page.values)
    after_merge = {**page.values, **merged.changes}
    for name in FIELDS:
        if page.values[name] != before.values[name]:
            assert after_merge[name] == page.values[name]


@settings(derandomize=True, max_examples=400, deadline=None)
@given(feed_events(), feed_events())
def test_an_untouched_page_becomes_what_the_feed_says(before, now):
    merged = merge(before.values, now.values, before.values)
    assert {**before.values, **merged.changes} == now.values
    assert merged.conflicts == ()


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.data())
def test_order_does_not_matter(data):
    events = [data.draw(feed_events(uid)) for uid in "abcd"]
    held = {
        event.key: Held(data.draw(feed_events()).values, data.draw(feed_events()).values)
        for event in events[:3]
    }
    shuffled = data.draw(st.permutations(events))
    items = {item.event.key: item for item in reconcile(events, held).items}
    assert items == {item.event.key: item for item in reconcile(shuffled, held).items}


SERIES = make_feed_event(
    recurrence_rule="FREQ=WEEKLY;COUNT=9",
    exceptions=(
        ScheduleException(date(2026, 12, 7), is_cancelled=True),
        ScheduleException(date(2026, 12, 14), start_date=date(2026, 12, 15)),
    ),
)


def test_each_exception_of_a_series_is_merged_by_itself():
    ours = {
        **SERIES.values["exceptions"],
        "2026-12-14": {"note": "In the garden"},
        "2026-12-21": {"note": "Cake"},
    }
    now = replace(
        SERIES,
        exceptions=(
            ScheduleException(date(2026, 12, 14), start_date=date(2026, 12, 16)),
            ScheduleException(date(2026, 12, 28), is_cancelled=True),
        ),
    )
    merged = plan_one(now, hold(SERIES, exceptions=ours)).merge
    assert merged.changes == {
        "exceptions": {
            "2026-12-14": {"note": "In the garden"},
            "2026-12-21": {"note": "Cake"},
            "2026-12-28": {"is_cancelled": True},
        }
    }
    assert merged.conflicts == ("exceptions 2026-12-14",)


def test_a_rule_and_a_first_day_that_do_not_fit_together_are_a_conflict():
    ours = hold(SERIES, recurrence_rule="FREQ=WEEKLY;BYDAY=MO")
    moved = replace(SERIES, start_date=date(2026, 12, 1))
    assert plan_one(moved, ours).merge == Merge({}, ("start_date",))
    assert plan_one(moved, hold(SERIES)).merge.changes == {"start_date": "2026-12-01"}
