"""Events are known again although the feed gives them other UIDs, and two different ones never become one."""

import io
import json
from datetime import timedelta
from itertools import count

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone as clock

from events.importing import import_source
from events.importing.models import ImportRecord, ImportSource
from events.importing.undo import undo
from events.models import EventPage

from .test_cases_tables import CASES

pytestmark = pytest.mark.usefixtures("event_list")
UIDS = count(1)


def day(number):
    return clock.now().date() + timedelta(days=100 + number)


def entry(title, on, *, at="100000", place="", uid=None, more=""):
    uid = uid or f"{next(UIDS):016}"
    where = f"LOCATION:{place}\r\n" if place else ""
    return (
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:{title}\r\nDTSTART;TZID=Europe/Berlin:{day(on):%Y%m%d}T{at}\r\n"
        f"DURATION:PT1H\r\n{where}SEQUENCE:0\r\n{more}END:VEVENT\r\n"
    )


@pytest.fixture
def download(tmp_path):
    """download(entries, …): import them from the address of one source; the counts and the reasons of the problems."""

    def run(*entries, name="feed", publish=True):
        path = tmp_path / f"{name}.ics"
        text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nX-WR-CALNAME:{name}\r\n"
        text += "".join(entries) + "END:VCALENDAR\r\n"
        path.write_bytes(text.encode())
        out = io.StringIO()
        options = ["--publish"] if publish else []
        call_command(
            "import_events", str(path), "--json", "--approve", "--format", "ical", *options, stdout=out
        )
        told = json.loads(out.getvalue())
        reasons = " ".join(problem["reason"] for problem in told["problems"])
        return {name: told[name] for name in ("created", "updated", "unchanged", "skipped")}, reasons

    return run


def titles():
    return sorted(EventPage.objects.values_list("title", flat=True))


def counts(created=0, updated=0, unchanged=0, skipped=0):
    return {"created": created, "updated": updated, "unchanged": unchanged, "skipped": skipped}


def four():
    return [entry(f"Small talk {number}", number) for number in range(4)]


def test_the_same_events_with_new_uids_make_no_second_pages(tmp_path, event_list):
    path = tmp_path / "group.ics"
    for run in range(3):
        data = (CASES / "uids-new-each-time.ics").read_bytes()
        path.write_bytes(data.replace(b"04000000820300", b"0%d000000820300" % run))
        import_source(str(path), format="ical", parent=event_list, publish=True)
    assert EventPage.objects.count() == ImportRecord.objects.count() == 4
    assert set(ImportRecord.objects.values_list("runs_missing", flat=True)) == {0}


def test_one_moved_one_renamed_one_added_and_one_removed(download):
    download(*four())
    pages = dict(EventPage.objects.values_list("title", "pk"))
    result, told = download(
        entry("Small talk 0", 0),
        entry("Small talk 1", 20),
        entry("Small talk 2 in the garden", 2),
        entry("Fair", 50),
    )
    assert result == counts(created=1, updated=2, unchanged=1)
    assert titles() == ["Fair", "Small talk 0", "Small talk 1", "Small talk 2 in the garden", "Small talk 3"]
    assert EventPage.objects.get(title="Small talk 2 in the garden").pk == pages["Small talk 2"]
    moved = EventPage.objects.get(pk=pages["Small talk 1"])
    assert moved.start_date == day(20)
    assert told.count("The feed has a new UID for it") == 2
    assert list(ImportRecord.objects.exclude(runs_missing=0).values_list("page", flat=True)) == [
        pages["Small talk 3"]
    ]
    # Once is enough to be told.
    result, told = download(
        entry("Small talk 0", 0),
        entry("Small talk 1", 20),
        entry("Small talk 2 in the garden", 2),
        entry("Fair", 50),
    )
    assert (result, told.count("new UID")) == (counts(unchanged=4), 0)


def test_a_uid_that_changed_once_is_the_one_that_counts_from_then_on(download):
    download(entry("A", 0, uid="a-1"), entry("B", 1, uid="b"))
    download(entry("A", 0, uid="a-2"), entry("B", 1, uid="b"))
    result, _ = download(entry("Another name", 30, uid="a-2", more=""), entry("B", 1, uid="b"))
    assert result == counts(updated=1, unchanged=1)
    assert titles() == ["Another name", "B"]


def test_the_same_title_at_the_same_time_in_different_places_stays_two(download):
    download(entry("Open day", 0, place="Rome"), entry("Open day", 0, place="Paris"))
    assert EventPage.objects.count() == 2
    result, _ = download(entry("Open day", 0, place="Paris"), entry("Open day", 0, place="Rome"))
    assert result == counts(unchanged=2)
    result, _ = download(entry("Open day", 0, place="Rome"), entry("Open day", 0, place="Bonn"))
    assert sorted(EventPage.objects.values_list("venue", flat=True))[0] == "Bonn"


def test_one_place_gone_and_another_come_are_two_events(download):
    download(entry("Open day", 0, place="Rome"))
    assert download(entry("Open day", 0, place="Paris"))[0] == counts(created=1)


def test_a_feed_that_keeps_its_uids_has_new_events_where_they_are_new(download):
    download(entry("Seminar", 0, uid="1"), entry("Talk", 1, uid="2"), entry("Fair", 3, uid="4"))
    result, _ = download(entry("Seminar", 9, uid="3"), entry("Talk", 1, uid="2"), entry("Fair", 3, uid="4"))
    assert result == counts(created=1, unchanged=2)


def test_events_of_one_title_stay_apart(download):
    download(*(entry("Seminar", 7 * week) for week in range(4)), entry("Seminar", 0), entry("Fair", 1))
    result, _ = download(
        *(entry("Seminar", 7 * week) for week in (1, 2, 3, 4)), entry("Seminar", 0), entry("Fair", 1)
    )
    assert result == counts(created=1, unchanged=5)
    assert EventPage.objects.count() == 7


def test_uids_that_are_numbers_of_rows_follow_their_events(download):
    download(entry("A", 0, uid="1"), entry("B", 1, uid="2"), entry("C", 2, uid="3"))
    pages = dict(EventPage.objects.values_list("title", "pk"))
    assert download(entry("B", 1, uid="1"), entry("C", 2, uid="2"))[0] == counts(unchanged=2)
    assert download(entry("B", 1, uid="1"), entry("C", 2, uid="2"), entry("D", 3, uid="3"))[0] == counts(
        created=1, unchanged=2
    )
    assert download(entry("B", 1, uid="1"), entry("C", 2, uid="2"), entry("D", 3, uid="3"))[0] == counts(
        unchanged=3
    )
    assert {
        title: pk for title, pk in EventPage.objects.values_list("title", "pk") if title in pages
    } == pages
    assert titles() == ["A", "B", "C", "D"]


def test_what_was_ignored_or_deleted_stays_away_under_another_uid(download):
    download(*four())
    ignored = EventPage.objects.get(title="Small talk 1")
    ImportRecord.objects.filter(page=ignored).update(is_ignored=True)
    ignored.unpublish()
    EventPage.objects.get(title="Small talk 2").delete()
    for _ in range(2):
        assert download(*four())[0] == counts(unchanged=2, skipped=2)
    assert titles() == ["Small talk 0", "Small talk 1", "Small talk 3"]
    assert not EventPage.objects.get(title="Small talk 1").live


def test_what_was_ignored_is_followed_when_it_moves_and_changes_its_uid_later(download):
    download(entry("A", 0, uid="a"), entry("B", 1, uid="b"))
    ImportRecord.objects.filter(uid="a").update(is_ignored=True)
    download(entry("A", 40, uid="a"), entry("B", 1, uid="b"))
    assert download(entry("A", 40, uid="c"), entry("B", 1, uid="b"))[0] == counts(unchanged=1, skipped=1)
    assert EventPage.objects.count() == 2


def test_a_sequence_begins_again_under_another_uid(download):
    download(entry("A", 0, uid="a").replace("SEQUENCE:0", "SEQUENCE:7"), entry("B", 1))
    download(entry("A", 0, uid="b"), entry("B", 1))
    result, _ = download(entry("A", 0, uid="b").replace("PT1H", "PT2H"), entry("B", 1))
    assert result == counts(updated=1, unchanged=1)


def test_an_editors_words_stay_under_another_uid(download):
    download(*four())
    page = EventPage.objects.get(title="Small talk 1")
    page.title = "Great talk"
    page.save_revision().publish()
    assert download(*four())[0] == counts(unchanged=4)
    page.refresh_from_db()
    assert page.title == "Great talk"


def test_a_run_is_undone_whose_uids_are_others_now(download):
    download(*four())
    run = ImportSource.objects.get().runs.latest("pk")
    download(*four())
    done = undo(run, user=User.objects.create_user("anna"))
    assert (done.restored, EventPage.objects.count()) == (4, 0)
    assert download(*four())[0] == counts(created=4)


def test_two_sources_are_two(download):
    download(*four())
    assert download(*four(), name="other")[0] == counts(created=4)
    assert download(*four())[0] == counts(unchanged=4)
    assert download(*four(), name="other")[0] == counts(unchanged=4)
    assert EventPage.objects.count() == 8


def test_the_successor_of_a_split_series_takes_the_page_of_which_nothing_is_left(download):
    start = day(0)
    rule = (
        f"RRULE:FREQ=WEEKLY;COUNT=3;BYDAY={['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'][start.weekday()]}\r\n"
    )
    download(entry("Reading club", 0, uid="abc@google.com", more=rule))
    until = f"UNTIL={start - timedelta(days=1):%Y%m%d}T225959Z"
    successor = f"abc_R{start:%Y%m%d}T090000@google.com"
    result, _ = download(
        entry("Reading club", 0, uid="abc@google.com", more=rule.replace("COUNT=3", until)),
        entry("Reading club (new room)", 0, uid=successor, more=rule.replace("COUNT=3", "COUNT=2")),
    )
    assert titles() == ["Reading club (new room)"]
    assert result["created"] == 0


def test_rows_without_ids_in_different_places_are_two_events(tmp_path, event_list):
    path = tmp_path / "events.csv"
    path.write_text(
        f"Title;Date;Place\nOpen day;{day(0)};Rome\nOpen day;{day(0)};Paris\nFair;{day(1)};Rome\n"
    )
    import_source(str(path), format="table", parent=event_list)
    path.write_text(
        f"Title;Date;Place\nOpen day;{day(0)};Rome\nOpen day;{day(0)};Paris\nFair;{day(1)};Bonn\n"
    )
    import_source(str(path), format="table", parent=event_list)
    assert EventPage.objects.count() == 3
