"""Broken feeds, in whatever way, take nothing away (cases 3 and 4)."""

import random
import time as stopwatch

import pytest

from events.importing import import_source
from events.importing.feed import FeedUnusable
from events.importing.models import ImportSource
from events.importing.report import Summary
from events.models import EventPage
from tests.builders import make_calendar

from .mutations import mutated

pytestmark = pytest.mark.django_db

ENTRIES = (
    "UID:one@x.org\nSUMMARY:One\nDTSTART:20990101T090000Z",
    "UID:two@x.org\nSUMMARY:Two\nDTSTART;VALUE=DATE:20990301\nDTEND;VALUE=DATE:20990303",
    "UID:three@x.org\nSUMMARY:Three\nDTSTART;TZID=Europe/Rome:20990701T090000\nRRULE:FREQ=DAILY;COUNT=9",
    "UID:three@x.org\nRECURRENCE-ID;TZID=Europe/Rome:20990702T090000\nDTSTART:20990702T120000Z",
    "UID:four@x.org\nSUMMARY:Four\nDTSTART:20990101T090000Z\nDESCRIPTION:Words\\nand more\nLOCATION:Rome",
    "UID:five@x.org\nSUMMARY:Five\nDTSTART:20990101T090000Z",
)
FEED = make_calendar(*ENTRIES)


@pytest.fixture
def absences(event_list, tmp_path):
    """absences(data): the UIDs that an import of it would withdraw, after one of `FEED`."""
    path = tmp_path / "feed.ics"
    path.write_bytes(FEED)
    import_source(str(path), format="ical", parent=event_list, publish=True)
    assert EventPage.objects.count() == 5
    ImportSource.objects.update(missing="cancel", missing_after=1, vanishing_percent=100)

    def missing(data):
        path.write_bytes(data)
        summary = Summary()
        try:
            import_source(str(path), format="ical", parent=event_list, dry_run=True, summary=summary)
        except FeedUnusable:
            return set()
        return {absence.key.uid for absence in summary.plan.absences}

    return missing


def test_what_is_no_longer_in_the_feed_is_missing(absences):
    assert absences(make_calendar(*ENTRIES[1:])) == {"one@x.org"}


def test_case_3_a_feed_that_is_cut_anywhere_withdraws_nothing(absences):
    end = FEED.rindex(b"END:VCALENDAR")
    for length in range(0, end, 29):
        assert absences(FEED[:length]) == set()


def test_a_mutated_feed_withdraws_only_what_is_not_in_it(absences):
    """A fixed seed, so that a failure can be repeated."""
    chance = random.Random(7986)
    lines = FEED.splitlines(keepends=True)
    ends = stopwatch.process_time() + 4
    number = 0
    while stopwatch.process_time() < ends and number < 300:
        data = b"".join(mutated(lines, chance))
        there = {
            uid for uid in ("one", "two", "three", "four", "five") if f"\nUID:{uid}@x.org\n".encode() in data
        }
        assert not absences(data) & {f"{uid}@x.org" for uid in there}, data
        number += 1
    assert number > 20
