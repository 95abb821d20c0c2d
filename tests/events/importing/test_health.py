"""How it stands with a source, by what it remembers and its last runs; pure."""

from datetime import UTC, datetime, timedelta

import pytest

from events.importing.admin.chart import HEIGHT, WIDTH, chart_of
from events.importing.health import Cause, Level, judge
from events.importing.models import ImportRun, ImportSource

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def make_source(**changes):
    """Approved, asked every hour, and well a moment ago."""
    source = ImportSource(
        name="X", address="x.ics", interval=60, succeeded_at=AT, checked_at=AT, next_run_at=AT + HOUR
    )
    source.approved = source.what_was_approved
    for name, value in changes.items():
        setattr(source, name, value)
    return source


def make_run(state="complete", ago=HOUR, **changes):
    fields = {"found": 10, "unchanged": changes.get("found", 10), "address": "x.ics", **changes}
    return ImportRun(state=state, started_at=AT - ago, finished_at=AT - ago, **fields)


def broke(state, ago, message="It failed."):
    return make_run(state, ago, found=None, unchanged=0, message=message)


NOT_APPROVED = {"address": "https://example.org"}


@pytest.mark.parametrize(
    ("settings", "runs", "level", "cause", "title"),
    [
        ({}, [make_run()], "well", "", "All well"),
        ({}, [], "well", "", "All well"),
        ({"succeeded_at": None}, [], "well", "", "Not run yet"),
        ({"interval": None}, [make_run()], "well", "", "By hand only"),
        ({"is_paused": True}, [make_run()], "paused", "paused", "Paused"),
        ({"is_paused": True, "is_gone": True, "failures": 1}, [], "broken", "gone", "Gone for good"),
        ({"is_paused": True, "next_run_at": AT - DAY}, [], "paused", "paused", "Paused"),
        ({**NOT_APPROVED, "failures": 3}, [], "look", "unapproved", "Waits for approval"),
        ({"next_run_at": AT - timedelta(minutes=29)}, [], "well", "", "All well"),
        ({"next_run_at": AT - timedelta(minutes=31)}, [], "broken", "overdue", "Overdue"),
        ({"next_run_at": AT - DAY, "interval": None}, [], "well", "", "By hand only"),
        ({}, [make_run("held", message="3 of 4 are gone.")], "look", "held", "Held for approval"),
        ({}, [make_run("running"), make_run("held", message="x")], "look", "held", "Held for approval"),
        ({}, [make_run(), make_run("held", message="x")], "well", "", "All well"),
        ({}, [make_run(found=10, unchanged=4, failed=5)], "look", "unreadable", "Most of it cannot be read"),
        ({}, [make_run(found=10, unchanged=5, failed=5)], "well", "", "All well"),
        ({}, [make_run(found=9, unchanged=0)], "look", "unwanted", "Nothing of it is wanted"),
        ({}, [make_run(found=9, unchanged=0, skipped=9)], "well", "", "All well"),
    ],
)
def test_health_is_judged(settings, runs, level, cause, title):
    health = judge(make_source(**settings), runs, AT)
    assert (health.level, health.cause, health.title) == (level, cause, title)
    assert health.needs_somebody == (level in ("look", "broken"))
    assert bool(health.to_do) == (level != "well")
    assert health.level == Level.WELL or all((health.happened, health.means))


@pytest.mark.parametrize(
    ("checked_at", "means", "to_do"),
    [
        (None, "Nothing has been imported", "Test the feed"),
        (AT, "Its events stay as they are", "Take off the pause"),
    ],
    ids=["never ran", "ran before"],
)
def test_a_pause_means_something_else_before_the_first_run(checked_at, means, to_do):
    health = judge(make_source(is_paused=True, checked_at=checked_at), [], AT)
    assert health.means.startswith(means)
    assert health.to_do.startswith(to_do)


def test_case_66_their_fault_and_ours_have_different_words_and_theirs_clears_by_itself():
    source = make_source(failures=1)
    theirs = judge(source, [broke("failed", HOUR, "It answered 500.")], AT)
    ours = judge(source, [broke("broken", HOUR, "An error of the portal.")], AT)
    assert (theirs.level, theirs.cause) == (Level.AGAIN, Cause.THEIRS)
    assert (ours.level, ours.cause) == (Level.BROKEN, Cause.OURS)
    assert "It answered 500." in theirs.happened
    assert "passes by itself" in theirs.means
    assert "portal is at fault, not the feed" in ours.means
    assert not theirs.needs_somebody
    assert ours.needs_somebody
    assert judge(make_source(), [make_run(), broke("failed", DAY)], AT).cause == Cause.NONE


@pytest.mark.parametrize(
    ("failures", "ago", "level"),
    [(1, HOUR, "again"), (2, HOUR, "again"), (3, HOUR, "broken"), (2, 2 * DAY, "broken"), (1, DAY, "again")],
)
def test_a_feed_that_fails_often_or_for_long_needs_somebody(failures, ago, level):
    runs = [broke("failed", ago * part / failures) for part in range(1, failures + 1)]
    runs += [make_run(ago=30 * DAY)]
    assert judge(make_source(failures=failures), runs, AT).level == level


def test_an_interrupted_run_that_the_next_one_made_up_for_is_no_failure():
    assert judge(make_source(), [make_run(), broke("broken", DAY)], AT).level == Level.WELL
    assert judge(make_source(), [broke("broken", HOUR), make_run(ago=DAY)], AT).level == Level.WELL


@pytest.mark.parametrize(
    ("counts", "cause"),
    [
        # (days ago, events) of the runs, the newest first
        ([(0, 40), (1, 40)], ""),
        ([(0, 20), (1, 40)], "halved"),
        ([(0, 21), (1, 40)], ""),
        ([(0, 2), (1, 4)], ""),
        ([(0, 2), (1, 5)], "halved"),
        ([(0, 22), (5, 30), (9, 44)], "halved"),
        ([(10, 20), (60, 40)], "halved"),
        ([(15, 20), (60, 40)], ""),
        ([(60, 20)], ""),
        ([(0, 50), (1, 20), (2, 50)], ""),
        ([(2, 0)], "unasked"),
        ([(3, 0)], "empty"),
        ([(0, 0), (1, 0), (3, 0), (9, 40)], "empty"),
        ([(0, 0), (1, 9), (3, 0)], "halved"),
    ],
)
def test_case_65_nothing_for_days_and_half_of_it_gone_are_told_although_every_run_succeeded(counts, cause):
    runs = [make_run(ago=days * DAY, found=found) for days, found in counts]
    health = judge(make_source(), runs, AT)
    assert health.cause == ("" if cause == "unasked" else cause)
    assert all(run.state == "complete" for run in runs)


def test_case_65_who_approved_that_half_of_it_goes_is_not_told_of_it():
    runs = [make_run(found=20), make_run("held", 2 * HOUR, found=20), make_run(ago=DAY, found=40)]
    runs[0].trigger = "timetable"
    assert judge(make_source(), runs, AT).cause == Cause.HALVED
    runs[0].trigger = "admin"
    assert judge(make_source(), runs, AT).cause == Cause.NONE
    later = [make_run(found=9, ago=timedelta()), *runs]
    assert judge(make_source(), later, AT).cause == Cause.HALVED


def test_a_feed_that_stopped_changing_is_well():
    assert judge(make_source(), [make_run(ago=400 * DAY)], AT).level == Level.WELL


def test_a_run_of_another_address_says_nothing_about_the_count():
    runs = [make_run(found=2, ago=HOUR, address="part.ics"), make_run(found=40, ago=DAY)]
    assert judge(make_source(), runs, AT).level == Level.WELL
    moved = [make_run(found=2, ago=HOUR), make_run(found=40, ago=DAY, address="before.ics")]
    assert judge(make_source(), moved, AT).level == Level.WELL


def test_warnings_of_the_last_run_are_noted():
    runs = [broke("failed", HOUR), make_run(warnings=2, failed=1), make_run(warnings=7)]
    notes = judge(make_source(), runs, AT).notes
    assert notes == ("1 entry could not be imported.", "2 warnings about what the feed says.")
    assert judge(make_source(), [make_run()], AT).notes == ()


def test_the_chart_says_what_it_draws():
    runs = [broke("failed", HOUR), make_run("held", 2 * HOUR, found=3), make_run(ago=DAY, found=10)]
    chart = chart_of(runs)
    assert chart.words == "Events in the feed at the last 3 runs, the oldest first: 10, 3, held, failed."
    assert [mark.kind for mark in chart.marks] == ["read", "held", "failed"]
    full, less, _ = chart.marks
    assert (full.y, full.height) == (0, HEIGHT)
    assert less.height < full.height
    assert less.y + less.height == HEIGHT
    assert [mark.x for mark in chart.marks] == sorted({mark.x for mark in chart.marks})


@pytest.mark.parametrize("count", [1, 20])
def test_nothing_of_the_chart_sticks_out(count):
    marks = chart_of([make_run(found=number) for number in range(count)]).marks
    assert all(mark.x >= 0 and mark.x + mark.width <= WIDTH for mark in marks)
    assert all(mark.height > 0 and 0 <= mark.y < HEIGHT for mark in marks)
    assert chart_of([make_run("running", found=None)]) is None
