"""Case 29: events that several sources have, from the suggestion to what somebody makes of it."""

import json
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob
from wagtail.models import PageLogEntry

from events import tasks
from events.importing import import_source
from events.importing.apply import Result
from events.importing.duplicates import (
    all_pairs,
    ask_again,
    look,
    look_everywhere,
    open_groups,
    say_different,
)
from events.importing.joining import LOG_ACTION, CannotJoin, join, part
from events.importing.models import ImportRecord, ImportRun, ImportSource, PossibleDuplicate
from events.importing.undo import undo
from events.models import EventPage
from tests.builders import make_calendar, make_event, make_events, the

from .test_import_events import edit
from .test_parse_indico import entry, moment
from .test_parse_json_ld import block
from .test_parse_json_ld import event as json_ld_event

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = "The world’s largest conference on looking at the Earth."


@pytest.fixture
def ann():
    return User.objects.create_user("ann")


@pytest.fixture
def run(event_list, tmp_path):
    """run(name, bytes): import what this source says, and do the jobs that this leaves to the worker."""

    def run(name, body, *, publish=True):
        path = tmp_path / name
        path.write_bytes(body)
        summary = import_source(
            str(path), format="", parent=event_list, source_name=name, publish=publish, is_approved=True
        )
        jobs = ProcrastinateJob.objects.filter(task_name="look_after_run", args={"run": summary.run.pk})
        for job in jobs:
            tasks.look_after_run(**job.args)
        return summary

    return run


def calendar(
    title="Living Planet Symposium 2028", *more, days=("20280522", "20280527"), uid="lps@esa.example"
):
    first, last = days
    lines = (
        f"UID:{uid}",
        f"SUMMARY:{title}",
        f"DTSTART;VALUE=DATE:{first}",
        f"DTEND;VALUE=DATE:{last}",
        *more,
    )
    return make_calendar("\n".join(lines))


def indico(**changes):
    fields = {
        "id": "28",
        "title": "LPS28",
        "startDate": moment("2028-05-22"),
        "endDate": moment("2028-05-26", "17:30:00"),
        "roomFullname": "Austria Center Vienna",
        "description": f"<p>{BODY}</p>",
        "url": "https://indico.example.org/event/28/",
        **changes,
    }
    results = [entry(**fields)]
    return json.dumps({"count": 1, "_type": "HTTPAPIResult", "ts": 1, "results": results}).encode()


def web_page(**changes):
    fields = {
        "name": "Living Planet Symposium",
        "startDate": "2028-05-22",
        "endDate": "2028-05-26",
        "url": "https://lps28.example.org/about/",
        "location": {
            "@type": "Place",
            "name": "Austria Center",
            "address": {"addressLocality": "Vienna", "addressCountry": "AT"},
        },
        **changes,
    }
    return f"<!DOCTYPE html><html><head>{block(json_ld_event(**fields))}</head><body>x</body></html>".encode()


def gone():
    return make_calendar("SUMMARY:Something else\nUID:other@esa.example\nDTSTART;VALUE=DATE:20280901")


@pytest.fixture
def three(run):
    """The pages of one conference that three sources announce."""
    run("calendar", calendar())
    run("indico", indico())
    run("page", web_page())
    return [page_of("calendar"), page_of("indico"), page_of("page")]


def page_of(source):
    return EventPage.objects.filter(import_records__source__name=source).order_by("pk").first()


def record_of(source):
    return ImportRecord.objects.filter(source__name=source).order_by("pk").first()


def group_of(*pages):
    return [tuple(sorted(page.pk for page in pages))]


def fresh(page):
    return EventPage.objects.get(pk=page.pk)


# Suggestions


def test_case_29_a_calendar_an_indico_export_and_a_web_page_make_one_suggestion(three):
    assert open_groups() == group_of(*three)
    assert EventPage.objects.live().count() == 3
    assert ImportRecord.objects.count() == 3


def test_case_29_the_same_uid_in_two_sources_makes_two_records_and_a_suggestion(run):
    run("one", calendar("Arctic days"))
    run("other", calendar("Polar science meeting"))
    assert ImportRecord.objects.filter(uid="lps@esa.example").count() == 2
    assert open_groups() == group_of(page_of("one"), page_of("other"))


def test_case_29_repeated_runs_repeat_no_suggestion(three, run):
    before = list(PossibleDuplicate.objects.values())
    run("calendar", calendar())
    run("page", web_page(description="New words"))
    assert list(PossibleDuplicate.objects.values()) == before
    look_everywhere()
    assert list(PossibleDuplicate.objects.values()) == before


def test_case_29_drafts_are_compared_as_they_are_now(run):
    run("calendar", calendar(), publish=False)
    run("calendar", calendar(days=("20280605", "20280610")), publish=False)
    run("indico", indico(), publish=False)
    assert open_groups() == []
    run("indico", indico(startDate=moment("2028-06-05"), endDate=moment("2028-06-09")), publish=False)
    assert open_groups() == group_of(page_of("calendar"), page_of("indico"))


def test_case_29_a_suggestion_goes_when_the_events_are_no_longer_alike(three, run):
    run("indico", indico(startDate=moment("2028-09-04"), endDate=moment("2028-09-08")))
    assert open_groups() == group_of(three[0], three[2])


def test_case_29_what_an_editor_wrote_by_hand_is_suggested_too(event_list, run):
    mine = make_event(
        title="Living Planet Symposium 2028", start_date=date(2028, 5, 22), end_date=date(2028, 5, 26)
    )
    twin = make_event(title="Living Planet Symposium 2028", start_date=date(2028, 5, 22))
    twin.unpublish()
    run("calendar", calendar())
    assert open_groups() == group_of(mine, page_of("calendar"))


def test_case_29_what_is_written_by_hand_later_is_found_by_night(event_list, run):
    run("calendar", calendar())
    mine = make_event(title="LPS 2028", start_date=None, date_status="to_be_determined", date_text="May 2028")
    assert open_groups() == []
    look_everywhere()
    assert open_groups() == group_of(mine, page_of("calendar"))


def test_case_29_what_is_written_by_hand_is_compared_as_it_is_drafted(event_list, run):
    mine = EventPage(title="Something", start_date=date(2028, 9, 4), live=False)
    event_list.add_child(instance=mine)
    mine.save_revision()
    mine.title, mine.start_date, mine.end_date = "LPS28", date(2028, 5, 22), date(2028, 5, 26)
    mine.save_revision()
    run("calendar", calendar())
    assert open_groups() == group_of(mine, page_of("calendar"))


def test_case_29_a_suggestion_goes_with_its_page(three):
    three[1].delete()
    assert open_groups() == group_of(three[0], three[2])
    three[0].delete()
    assert open_groups() == []


def test_case_29_an_import_looks_in_as_many_queries_for_many_events_as_for_few(event_list, run):
    def queries(name, count):
        days = [f"DTSTART;VALUE=DATE:2028{1 + day // 28:02}{1 + day % 28:02}" for day in range(count)]
        body = make_calendar(*(f"SUMMARY:Talk on ice {name} {day}\n{day}" for day in days))
        run(name, body, publish=False)
        pages = set(EventPage.objects.filter(import_records__source__name=name).values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as captured:
            look(pages)
        return len(captured)

    make_events(30, event_list, start_date=date(2028, 5, 22))
    assert queries("few", 2) == queries("many", 60) <= 10


def test_case_29_the_look_is_a_job_of_its_own_and_costs_no_import(run, monkeypatch):
    def fail(run):
        raise ValueError("no")

    monkeypatch.setattr("events.tasks.look_after", fail)
    with pytest.raises(ValueError, match="no"):
        run("calendar", calendar())
    assert the(ImportRun).state == "complete"
    assert EventPage.objects.count() == 1
    monkeypatch.undo()
    run("calendar", calendar())
    assert ProcrastinateJob.objects.filter(task_name="look_after_run").count() == 1
    tasks.look_after_run(run=0)


# Different events


def test_case_29_different_events_stay_different(three, run, ann):
    say_different(all_pairs(page.pk for page in three), user=ann, at=NOW)
    assert open_groups() == []
    run("page", web_page(name="Living Planet Symposium 2028 (LPS28)"))
    run("calendar", calendar("LPS28"))
    look_everywhere()
    assert open_groups() == []
    assert {row.settled_by for row in PossibleDuplicate.objects.all()} == {ann}


def test_case_29_one_of_three_can_be_another_event(three, run, ann):
    say_different([(three[1].pk, three[0].pk), (three[1].pk, three[2].pk)], user=ann, at=NOW)
    assert open_groups() == group_of(three[0], three[2])


def test_case_29_that_events_are_different_can_be_taken_back(three, ann):
    say_different(all_pairs(page.pk for page in three), user=ann, at=NOW)
    for row in PossibleDuplicate.objects.all():
        ask_again(row)
    assert open_groups() == group_of(*three)


def test_case_29_a_joined_page_stays_joined_until_it_is_parted(three, ann):
    kept, other, _ = three
    join(kept, [other], user=ann, at=NOW)
    say_different([(other.pk, kept.pk)], user=ann, at=NOW)
    assert joined(kept, other).joined["kept"] == kept.pk


def test_case_29_the_worker_looks_every_night(event_list, run):
    run("calendar", calendar())
    mine = make_event(title="LPS28", start_date=date(2028, 5, 22))
    tasks.look_for_duplicates(0)
    assert open_groups() == group_of(mine, page_of("calendar"))


# The same event


def test_case_29_one_page_stays_with_the_sources_of_all(three, ann, client):
    kept, *others = three
    addresses = [page.url for page in others]
    join(kept, others, user=ann, at=NOW)
    assert {record.page_id for record in ImportRecord.objects.all()} == {kept.pk}
    assert [fresh(page).live for page in three] == [True, False, False]
    assert open_groups() == []
    for address in addresses:
        response = client.get(address)
        assert (response.status_code, response.url) == (301, kept.url)
        assert client.get(address + "event.ics").url == kept.url + "event.ics"
    assert client.get(kept.url).status_code == 200
    assert [entry.message for entry in PageLogEntry.objects.filter(page=kept, action=LOG_ACTION)] == [
        f"The same event as “{page}” (page {page.pk}), which “{name}” tells of"
        for page, name in ((others[1], "page"), (others[0], "indico"))
    ]


def test_case_29_afterwards_the_page_follows_both_feeds_where_they_agree(three, run, ann):
    kept, other, _ = three
    join(kept, [other], user=ann, at=NOW)
    summary = run("indico", indico(title="LPS-28!", language="fr"))
    assert not [problem for problem in summary.problems if "both changed" in problem.reason]
    assert (fresh(kept).title, fresh(kept).language) == ("Living Planet Symposium 2028", "fr")
    summary = run("calendar", calendar("Living Planet Symposium 2028 in Vienna", "URL:https://example.org/7"))
    assert (fresh(kept).title, fresh(kept).website) == (
        "Living Planet Symposium 2028 in Vienna",
        "https://example.org/7",
    )
    # Both move it: the second to say so has no news.
    run("calendar", calendar("Living Planet Symposium 2028 in Vienna", days=("20280529", "20280603")))
    assert fresh(kept).start_date == date(2028, 5, 29)
    summary = run("indico", indico(startDate=moment("2028-05-29"), endDate=moment("2028-06-02", "17:30:00")))
    assert summary.counts[Result.CREATED] == 0
    assert (fresh(kept).start_date, fresh(kept).start_time) == (date(2028, 5, 29), None)
    assert record_of("indico").conflicts == []
    assert EventPage.objects.live().count() == 2


def test_case_29_what_the_page_says_otherwise_is_pinned_for_the_new_source_only(three, ann):
    kept, other, _ = three
    join(kept, [other], user=ann, at=NOW)
    pins = set(record_of("indico").pins)
    assert {"title", "body", "venue", "website", "start_time", "end_time", "timezone"} == pins
    assert record_of("calendar").pins == []


def test_case_29_an_editors_words_stay_on_the_page_that_stays(three, run, ann):
    kept, other, _ = three
    edit(kept, title="Ann's symposium", status_note="Ann's note")
    join(kept, [other], user=ann, at=NOW)
    run("indico", indico(title="News of Indico", keywords=["x"]))
    run("calendar", calendar("News of the calendar"))
    assert (fresh(kept).title, fresh(kept).status_note) == ("Ann's symposium", "Ann's note")
    assert record_of("calendar").conflicts == ["title"]
    assert record_of("indico").conflicts == []


def test_case_29_nothing_that_an_editor_wrote_on_the_other_page_is_lost(three, ann):
    kept, other, _ = three
    edit(other, title="Ann's title", capacity_note="60 places")
    draft = fresh(other)
    draft.summary = "Not finished yet"
    draft.save_revision()
    join(kept, [other], user=ann, at=NOW)
    hidden = fresh(other).get_latest_revision_as_object()
    assert (hidden.title, hidden.capacity_note, hidden.summary) == (
        "Ann's title",
        "60 places",
        "Not finished yet",
    )
    assert hidden.replaced_by == fresh(other).replaced_by == kept


def test_case_29_an_event_written_by_hand_gets_a_source(event_list, run, ann):
    mine = make_event(
        title="Living Planet Symposium",
        start_date=date(2028, 5, 22),
        end_date=date(2028, 5, 26),
        capacity_note="60 places",
    )
    run("calendar", calendar())
    join(mine, [page_of("calendar")], user=ann, at=NOW)
    run("calendar", calendar("LPS28", days=("20280529", "20280603")))
    page = fresh(mine)
    assert (page.title, page.start_date, page.capacity_note) == (
        "Living Planet Symposium",
        date(2028, 5, 29),
        "60 places",
    )


def test_case_29_the_page_is_withdrawn_only_when_no_source_has_it(three, run, ann):
    ImportSource.objects.update(missing="unpublish", missing_after=1, is_rolling=False)
    kept, other, third = three
    join(kept, [other, third], user=ann, at=NOW)
    summary = run("calendar", gone())
    assert fresh(kept).live
    assert "still has it" in " ".join(problem.reason for problem in summary.problems)
    summary = run("calendar", gone())
    assert (fresh(kept).live, summary.problems) == (True, [])
    run("indico", indico(id="other", title="Something else", startDate=moment("2028-09-02"), endDate=None))
    assert fresh(kept).live
    run(
        "page",
        web_page(name="Another", url="https://lps28.example.org/x/", startDate="2028-08-01", endDate=""),
    )
    assert not fresh(kept).live
    run("calendar", calendar())
    assert fresh(kept).live


def test_case_29_a_cancelled_page_takes_place_again_when_any_source_has_it(three, run, ann):
    ImportSource.objects.update(missing="cancel", missing_after=1, is_rolling=False)
    kept, other, _ = three
    join(kept, [other], user=ann, at=NOW)
    run("calendar", gone())
    assert fresh(kept).event_status == "EventScheduled"
    run("indico", indico(id="other", title="Something else", startDate=moment("2028-09-02"), endDate=None))
    assert fresh(kept).event_status == "EventCancelled"
    run("calendar", calendar())
    assert fresh(kept).event_status == "EventScheduled"
    run("indico", indico())
    assert fresh(kept).event_status == "EventScheduled"
    assert not kept.import_records.filter(is_withdrawn=True).exists()


def test_case_29_the_page_stays_when_a_source_is_deleted(three, run, ann):
    ImportSource.objects.update(missing="unpublish", missing_after=1, is_rolling=False)
    kept, other, _ = three
    join(kept, [other], user=ann, at=NOW)
    run("calendar", gone())
    ImportSource.objects.get(name="indico").delete()
    assert fresh(kept).live
    run("calendar", gone())
    assert not fresh(kept).live


def test_case_29_an_editor_who_deletes_the_page_sends_both_sources_away(three, run, ann):
    kept, other, third = three
    join(kept, [other, third], user=ann, at=NOW)
    fresh(kept).delete()
    for name, body in (("calendar", calendar("New")), ("indico", indico(title="New")), ("page", web_page())):
        assert run(name, body).counts[Result.CREATED] == 0
    assert not EventPage.objects.live().exists()


def test_case_29_undoing_the_run_that_made_either_page_leaves_the_joined_page(three, ann):
    kept, other, _ = three
    join(kept, [other], user=ann, at=NOW)
    for name, words in (("calendar", "has the event too"), ("indico", "is the same event")):
        undone = undo(ImportRun.objects.get(source__name=name), user=ann, at=NOW)
        assert (undone.restored, len(undone.kept)) == (0, 1)
        assert words in undone.kept[0]
    assert {record_of(name).page_id for name in ("calendar", "indico")} == {kept.pk}
    assert fresh(kept).live
    assert undo(ImportRun.objects.get(source__name="page"), user=ann, at=NOW).restored == 1


def test_case_29_a_run_after_joining_is_undone_as_any_other(three, run, ann):
    kept, other, _ = three
    join(kept, [other], user=ann, at=NOW)
    pins = record_of("indico").pins
    summary = run("indico", indico(language="fr"))
    assert fresh(kept).language == "fr"
    assert undo(summary.run, user=ann, at=NOW).restored == 1
    assert fresh(kept).language == ""
    assert (record_of("indico").page_id, record_of("indico").pins) == (kept.pk, pins)


def test_case_29_what_is_different_from_one_page_is_different_from_the_one_that_stays(three, run, ann):
    kept, other, third = three
    say_different([(other.pk, third.pk)], user=ann, at=NOW)
    join(kept, [other], user=ann, at=NOW)
    look_everywhere()
    assert open_groups() == []


def test_case_29_a_third_source_is_suggested_for_the_joined_page(run, ann):
    run("calendar", calendar())
    run("indico", indico())
    kept, other = page_of("calendar"), page_of("indico")
    join(kept, [other], user=ann, at=NOW)
    run("page", web_page())
    assert open_groups() == group_of(kept, page_of("page"))


def test_case_29_a_published_page_is_not_replaced_by_a_draft(run, ann):
    run("calendar", calendar(), publish=False)
    run("indico", indico())
    with pytest.raises(CannotJoin, match="which is a draft"):
        join(page_of("calendar"), [page_of("indico")], user=ann, at=NOW)
    assert page_of("indico").live
    join(page_of("indico"), [page_of("calendar")], user=ann, at=NOW)
    assert EventPage.objects.live().count() == 1


def test_case_29_a_locked_page_is_not_taken_away(three, ann):
    kept, other, _ = three
    EventPage.objects.filter(pk=other.pk).update(locked=True)
    with pytest.raises(CannotJoin, match="locked by an editor"):
        join(kept, [other], user=ann, at=NOW)
    assert fresh(other).live
    assert record_of("indico").page_id == other.pk


# The way back


def joined(*pages):
    one, other = sorted(page.pk for page in pages)
    return PossibleDuplicate.objects.get(one=one, other=other, state="same")


def test_case_29_joining_can_be_taken_back(three, run, ann, client):
    kept, other, third = three
    edit(other, venue="At Ann's")
    draft = fresh(other)
    draft.capacity_note = "Not finished yet"
    draft.save_revision()
    before, address = record_of("indico"), other.url
    join(kept, [other, third], user=ann, at=NOW)
    run("indico", indico(language="fr"))
    part(joined(kept, other), user=ann, at=NOW)
    back, record = fresh(other), record_of("indico")
    assert (back.live, back.replaced_by, back.venue, back.capacity_note) == (True, None, "At Ann's", "")
    assert back.get_latest_revision_as_object().capacity_note == "Not finished yet"
    assert back.get_latest_revision_as_object().replaced_by is None
    assert (record.page_id, record.values, record.pins) == (other.pk, before.values, before.pins)
    assert client.get(address).status_code == 200
    assert not fresh(third).live
    assert open_groups() == []
    run("indico", indico(language="fr"))
    assert (fresh(other).language, fresh(other).venue) == ("fr", "At Ann's")
    look_everywhere()
    assert open_groups() == []


def test_case_29_a_chain_of_pages_comes_apart_again(three, run, ann):
    first, second, third = three
    join(second, [third], user=ann, at=NOW)
    join(first, [second], user=ann, at=NOW)
    assert {record.page_id for record in ImportRecord.objects.all()} == {first.pk}
    part(joined(second, third), user=ann, at=NOW)
    assert record_of("page").page_id == third.pk
    part(joined(first, second), user=ann, at=NOW)
    assert [record_of(name).page_id for name in ("calendar", "indico", "page")] == [page.pk for page in three]
    assert all(fresh(page).live for page in three)


def test_case_29_parting_twice_does_nothing_more(three, ann):
    join(three[0], [three[1]], user=ann, at=NOW)
    row = joined(*three[:2])
    assert part(row, user=ann, at=NOW) == three[1]
    assert part(row, user=ann, at=NOW) is None
