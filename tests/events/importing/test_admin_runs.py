"""What is done about imports in the admin: test a feed, approve it, import it, look at the run, undo it."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock
from procrastinate.contrib.django.models import ProcrastinateJob

from events import tasks
from events.importing import import_stored
from events.importing.feed import FeedHeld
from events.importing.models import ImportChange, ImportRecord, ImportRun, ImportSource
from events.importing.undo import undo
from events.models import EventPage
from tests.builders import change_sources, make_calendar, the

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"


def address(name, thing):
    return reverse(name, args=[thing.pk])


def look(client, name, thing, **query):
    """What a page says, its spaces made single."""
    response = client.get(address(name, thing), query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def import_now(source):
    source = ImportSource.objects.get(pk=source.pk)
    return import_stored(source, trigger=ImportRun.Trigger.ADMIN).run


def tried(client, source, send="", **query):
    """What the page of a test says once its button was pressed."""
    response = client.post(f"{address('import_sources:test', source)}?{urlencode(query)}", {"send": send})
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def far(days):
    return (clock.now() + timedelta(days=days)).strftime("DTSTART;VALUE=DATE:%Y%m%d")


def jobs():
    return [job.args for job in ProcrastinateJob.objects.filter(task_name="import_one").order_by("pk")]


def work():
    """What the worker does."""
    for args in jobs():
        tasks.import_one(**args)
    for job in ProcrastinateJob.objects.filter(task_name="undo_one", status="todo"):
        try:
            tasks.undo_one(**job.args)
            status = "succeeded"
        except ZeroDivisionError:
            status = "failed"
        with connection.cursor() as cursor:
            for each in ("doing", status):
                cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [each, job.pk])


# Test this feed


def test_a_test_says_what_would_be_done_and_writes_nothing(as_moderator, source, server):
    server.body = make_calendar("SUMMARY:Old title", "SUMMARY:Same", "SUMMARY:Mine", "SUMMARY:Deleted")
    import_now(source)
    mine = EventPage.objects.get(title="Mine")
    mine.title = "Edited"
    mine.save_revision()
    EventPage.objects.get(title="Deleted").delete()
    server.body = make_calendar(
        "SUMMARY:New title",
        "SUMMARY:Same",
        "SUMMARY:Theirs",
        "SUMMARY:Deleted!",
        "SUMMARY:Fresh",
        "DTSTART:x",
    )
    before = list(EventPage.objects.values()), list(ImportRecord.objects.values()), ImportRun.objects.count()
    html = tried(as_moderator, source)
    assert before == (
        list(EventPage.objects.values()),
        list(ImportRecord.objects.values()),
        ImportRun.objects.count(),
    )
    assert "It is read as <strong>iCalendar" in html
    counts = re.findall(r"<li><strong>(\d+)</strong> ([a-z ]+)</li>", html)
    assert counts == [
        ("1", "conflict"),
        ("1", "created"),
        ("1", "updated"),
        ("1", "skipped"),
        ("1", "unchanged"),
        ("1", "that cannot be read"),
    ]
    assert "<td>Old title</td> <td>New title</td>" in html
    assert "<td>Edited</td> <td>Theirs</td>" in html
    assert "it stays away" in html
    assert "<td>Failed</td> <td>" in html
    assert ">6@example.org</td>" in html


def test_a_feed_that_cannot_be_used_is_told_in_a_sentence(as_moderator, source, server):
    server.status = 404
    html = tried(as_moderator, source)
    assert "help-critical" in html
    assert "127.0.0.1" in html
    assert "Import now" not in html


def test_the_events_of_a_test_are_shown_page_by_page(as_moderator, source, server):
    def queries(count):
        server.body = make_calendar(*(f"SUMMARY:Event {number}" for number in range(count)))
        with CaptureQueriesContext(connection) as captured:
            tried(as_moderator, source)
        return len(captured)

    queries(1)
    assert queries(3) == queries(60) <= 30
    html = tried(as_moderator, source)
    assert "Page 1 of 3" in html
    assert 'form="again" formaction="?events=2#events"' in html
    html = tried(as_moderator, source, events=3)
    assert html.count("As a page</button>") == 10


def test_what_a_feed_says_is_escaped(as_moderator, source, server):
    server.body = make_calendar(
        f"SUMMARY:{SCRIPT}\nLOCATION:{SCRIPT}\nUID:{SCRIPT}", f"UID:{SCRIPT}2\nDTSTART:x"
    )
    assert SCRIPT not in tried(as_moderator, source)
    run = import_now(source)
    html = look(as_moderator, "import_runs:inspect", run)
    assert SCRIPT not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;2" in html


def test_whatever_was_kept_of_an_event_is_escaped(as_moderator, source, server):
    server.body = make_calendar("SUMMARY:One", "SUMMARY:Two")
    run = import_now(source)
    ImportChange.objects.update(title=SCRIPT, live={"venue": [SCRIPT, f"{SCRIPT}!"]})
    html = look(as_moderator, "import_runs:inspect", run)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;!" in html
    assert SCRIPT not in html
    record = ImportRecord.objects.last()
    record.values["title"] = SCRIPT
    record.save()
    server.body = make_calendar("SUMMARY:One")
    html = tried(as_moderator, source)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</h3>" in html
    assert SCRIPT not in html


def test_a_new_event_is_shown_as_a_page(as_moderator, source, server):
    server.body = make_calendar("SUMMARY:Sea ice\nLOCATION:Frascati\nRRULE:FREQ=WEEKLY;COUNT=3")
    html = tried(as_moderator, source)
    event = re.search(r'name="event" value="([^"]+)"', html)[1]
    response = as_moderator.post(reverse("import_sources:preview"), {"event": event})
    assert response.status_code == 200
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    page = response.content.decode()
    assert "Sea ice</h1>" in page
    assert "Frascati" in page
    assert not EventPage.objects.exists()
    assert as_moderator.post(reverse("import_sources:preview"), {"event": event[:-1]}).status_code == 400


def shown_as_page(client, html, title):
    """The page that the row of an event of this title leads to."""
    event = re.search(rf'value="([^"]+)">\s*<button[^>]*As a page: {title} ', html)[1]
    response = client.post(reverse("import_sources:preview"), {"event": event})
    assert response.status_code == 200
    return response.content.decode()


def test_every_event_that_has_a_page_or_gets_one_is_shown_as_it_would_be(admin_client, source, server):
    change_sources(missing="cancel", missing_after=1)
    server.body = make_calendar(*(f"SUMMARY:{name}" for name in ("Same", "Old", "Mine", "Deleted", "Gone")))
    import_now(source)
    mine = EventPage.objects.get(title="Mine")
    mine.title = "Edited"
    mine.save_revision().publish()
    EventPage.objects.get(title="Deleted").delete()
    server.body = make_calendar(
        *(f"SUMMARY:{name}" for name in ("Same", "New title", "Theirs\nLOCATION:Oslo", "Deleted"))
    )
    html = tried(admin_client, source)
    assert "Same</h1>" in shown_as_page(admin_client, html, "Same")
    assert "New title</h1>" in shown_as_page(admin_client, html, "New title")
    merged = shown_as_page(admin_client, html, "Theirs")
    assert "Edited</h1>" in merged
    assert "Oslo" in merged
    assert "Cancelled" in shown_as_page(admin_client, html, "Gone")
    assert "As a page: Deleted" not in html
    assert set(EventPage.objects.values_list("title", flat=True)) == {"Same", "Old", "Edited", "Gone"}
    assert not EventPage.objects.exclude(venue="").exists()


def test_a_page_is_shown_only_to_who_may_edit_it(as_moderator, source, server):
    import_now(source)
    html = tried(as_moderator, source)
    event = re.search(r'name="event" value="([^"]+)"', html)[1]
    assert as_moderator.post(reverse("import_sources:preview"), {"event": event}).status_code == 302


def test_a_page_that_was_deleted_since_the_test_is_said_to_be(as_moderator, source, server):
    import_now(source)
    server.body = make_calendar("SUMMARY:Two")
    html = tried(as_moderator, source)
    event = re.search(r'name="event" value="([^"]+)"', html)[1]
    EventPage.objects.all().delete()
    response = as_moderator.post(reverse("import_sources:preview"), {"event": event})
    assert response.status_code == 400
    assert "The page of this event was deleted meanwhile; test the feed again." in response.content.decode()


def test_only_who_may_approve_has_a_new_address_sent_a_credential(
    as_editor, source, server, monkeypatch, django_user_model
):
    monkeypatch.setenv("IMPORT_CREDENTIAL_X", "Bearer abc")
    ImportSource.objects.update(credential="IMPORT_CREDENTIAL_X")
    give(django_user_model, "change_importsource")
    assert "may approve sources of events has to test" in tried(as_editor, source)
    assert server.asked == []
    give(django_user_model, "approve_importsource")
    html = tried(as_editor, source)
    assert "is sent to <strong>http://127.0.0.1" in html
    assert server.asked == []
    ImportSource.objects.update(exclude_words="changed meanwhile")
    send = re.search(r'name="send" value="([0-9a-f]+)"', html)[1]
    tried(as_editor, source, send=send)
    assert server.asked == []
    ImportSource.objects.update(exclude_words="")
    tried(as_editor, source, send=send)
    assert server.asked[0]["Authorization"] == "Bearer abc"


def test_looking_at_the_page_of_a_test_asks_nobody(as_moderator, source, server):
    for method in (as_moderator.get, as_moderator.head):
        assert method(address("import_sources:test", source)).status_code == 200
    assert server.asked == []
    html = look(as_moderator, "import_sources:test", source)
    assert "Test this feed</button>" in html
    assert "Import now" not in html


def give(users, codename):
    users.objects.get(username="ed").user_permissions.add(
        Permission.objects.get(codename=codename, content_type__app_label="events")
    )


# Approve and import


def test_a_source_is_approved_as_it_was_looked_at(as_moderator, source):
    ImportSource.objects.update(approved="")
    html = tried(as_moderator, source)
    what = re.search(r'name="what" value="([0-9a-f]+)"', html)[1]
    ImportSource.objects.update(address=f"{source.address}?x")
    response = as_moderator.post(address("import_sources:approve", source), {"what": what}, follow=True)
    assert "were changed since you tested it" in response.content.decode()
    assert (the(ImportSource).is_approved, jobs()) == (False, [])
    ImportSource.objects.update(address=source.address)
    response = as_moderator.post(address("import_sources:approve", source), {"what": what}, follow=True)
    assert "Waiting for the worker" in response.content.decode()
    assert the(ImportSource).is_approved
    work()
    run = the(ImportRun)
    assert (run.state, run.trigger, run.user.username, run.created) == ("complete", "admin", "mo", 1)
    assert run.format == "ical"


def test_a_source_is_imported_once_however_often_it_is_asked_for(as_moderator, source):
    first, second = (
        as_moderator.post(address("import_sources:import_now", source), follow=True) for _ in range(2)
    )
    assert first.redirect_chain == second.redirect_chain
    assert "waits to be imported already" not in first.content.decode()
    assert "waits to be imported already" in second.content.decode()
    assert "not approved" not in first.content.decode()
    assert len(jobs()) == 1
    assert f'href="{reverse("import_runs:index")}?source={source.pk}"' in first.content.decode()


def test_a_source_that_is_not_approved_is_imported_without_writing(as_moderator, source):
    ImportSource.objects.update(approved="")
    response = as_moderator.post(address("import_sources:import_now", source), follow=True)
    assert "not approved, so nothing of it is written" in response.content.decode()
    work()
    assert the(ImportRun).state == "preview"
    assert not EventPage.objects.exists()
    html = look(as_moderator, "import_runs:inspect", the(ImportRun))
    assert address("import_sources:test", source) in html


def test_a_run_that_is_held_is_approved(as_moderator, source, server):
    source.missing, source.missing_after = "unpublish", 1
    source.publish, source.vanishing_count = "publish", 0
    source.approved = source.what_was_approved
    source.save()
    server.body = make_calendar(*(f"SUMMARY:{number}\n{far(9)}" for number in range(4)))
    import_now(source)
    server.body = make_calendar(f"SUMMARY:0\n{far(9)}")
    with pytest.raises(FeedHeld):
        import_now(source)
    run = ImportRun.objects.first()
    html = look(as_moderator, "import_runs:inspect", run)
    assert "3 of 4 upcoming events are no longer in the feed" in html
    tested = tried(as_moderator, source)
    assert "3 of 4 upcoming events are no longer in the feed" in tested
    assert "<li><strong>3</strong> withdrawn</li>" in tested
    assert "Approve and run" in html
    as_moderator.post(address("import_runs:approve", run))
    work()
    assert EventPage.objects.live().count() == 1
    assert "Approve and run" not in look(as_moderator, "import_runs:inspect", run)


# The run and its undoing


def test_a_run_shows_its_changes_page_by_page(as_moderator, source, server):
    server.body = make_calendar(*(f"SUMMARY:Event {number:02}" for number in range(30)))
    run = import_now(source)
    html = look(as_moderator, "import_runs:inspect", run)
    assert "<li><strong>30</strong> created</li>" in html
    assert "<td>Event 00</td>" in html
    assert "Event 25" not in html
    assert "Event 29" in look(as_moderator, "import_runs:inspect", run, changes=2)
    assert address("wagtailadmin_pages:edit", EventPage.objects.get(title="Event 03")) in html


def test_the_page_of_a_run_asks_as_often_for_many_changes_as_for_few(as_moderator, source, server):
    def queries(run):
        with CaptureQueriesContext(connection) as captured:
            look(as_moderator, "import_runs:inspect", run)
        return len(captured)

    few = import_now(source)
    server.body = make_calendar(*(f"SUMMARY:Event {number}" for number in range(20)))
    many = import_now(source)
    queries(few)
    assert queries(few) == queries(many) <= 25


def test_a_run_that_goes_on_can_be_looked_at_again(as_moderator, source):
    run = ImportRun.objects.create(source=source, state="running", started_at=clock.now(), trigger="admin")
    assert f'<a href="{address("import_runs:inspect", run)}">Refresh</a>' in look(
        as_moderator, "import_runs:inspect", run
    )


def test_a_run_is_undone_after_a_question_and_says_what_it_left_alone(as_moderator, source, server):
    server.body = make_calendar("SUMMARY:One", "SUMMARY:Two")
    run = import_now(source)
    assert "Undo this run" in look(as_moderator, "import_runs:inspect", run)
    html = look(as_moderator, "import_runs:undo", run)
    assert "2 pages that it made are deleted." in html
    assert EventPage.objects.count() == 2
    edited = EventPage.objects.get(title="Two")
    edited.title = "Two & three"
    edited.save_revision()
    for _ in range(2):  # somebody is impatient
        response = as_moderator.post(address("import_runs:undo", run), follow=True)
    assert "It is to be undone already; nothing more was started." in response.content.decode()
    html = look(as_moderator, "import_runs:inspect", run)
    assert "It is being undone by the worker: 0 of 2 pages are as before." in html
    assert "Undo this run" not in html
    work()
    html = look(as_moderator, "import_runs:inspect", run)
    assert "by mo: 1 page is as before the run, 1 was left alone; see below." in html
    assert "the page was changed since it was made" in html
    assert "Undo this run" not in html
    assert the(EventPage).pk == edited.pk
    assert "Complete, undone" in as_moderator.get(reverse("import_runs:index")).content.decode()


def test_a_run_whose_undoing_breaks_off_can_be_undone_again(as_moderator, source, monkeypatch):
    run = import_now(source)
    as_moderator.post(address("import_runs:undo", run))
    with monkeypatch.context() as broken:
        broken.setattr("events.tasks.undo", lambda *what, **how: 1 / 0)
        work()
    html = look(as_moderator, "import_runs:inspect", run)
    assert "Undoing it broke off." in html
    assert "Undo this run" in html
    as_moderator.post(address("import_runs:undo", run))
    work()
    assert "by mo: 1 page is as before the run." in look(as_moderator, "import_runs:inspect", run)
    assert not EventPage.objects.exists()


def test_what_undoing_left_alone_stands_first(as_moderator, source, server):
    server.body = make_calendar(*(f"SUMMARY:Event {number:02}" for number in range(30)))
    run = import_now(source)
    EventPage.objects.get(title="Event 28").delete()
    undo(run, user=None)
    assert "“Event 28”: its page was deleted since." in look(as_moderator, "import_runs:inspect", run)
    assert "“Event 28”" not in look(as_moderator, "import_runs:inspect", run, changes=2)


def test_a_run_that_changed_nothing_is_not_undone(as_moderator, source):
    import_now(source)
    run = import_now(source)
    response = as_moderator.post(address("import_runs:undo", run), follow=True)
    assert "Nothing of this run can be undone" in response.content.decode()
    assert jobs() == []


def test_undoing_says_what_was_changed_goes_back(as_moderator, source, server):
    import_now(source)
    server.body = make_calendar("SUMMARY:Two")
    run = import_now(source)
    assert "1 page that it changed goes back to what it said before" in look(
        as_moderator, "import_runs:undo", run
    )
    as_moderator.post(address("import_runs:undo", run))
    work()
    assert the(EventPage).get_latest_revision_as_object().title == "One"
    assert ImportChange.objects.filter(run=run).count() == 1


# Who may do what


def test_an_editor_is_refused_whatever_changes_something(as_editor, source):
    run = import_now(source)
    ImportSource.objects.update(approved="")
    html = look(as_editor, "import_runs:inspect", run)
    for name, thing in (
        ("import_sources:test", source),
        ("import_sources:approve", source),
        ("import_sources:import_now", source),
        ("import_runs:approve", run),
        ("import_runs:undo", run),
    ):
        assert address(name, thing) not in html
        assert as_editor.get(address(name, thing)).status_code in (302, 405)
        assert as_editor.post(address(name, thing), {"what": source.what_was_approved}).status_code == 302
    assert as_editor.post(reverse("import_sources:preview"), {"event": "x"}).status_code == 302
    assert jobs() == []
    assert not the(ImportSource).is_approved
    assert EventPage.objects.count() == 1


@pytest.mark.parametrize("name", ["import_sources:edit", "import_sources:test"])
def test_every_form_carries_the_token_that_proves_it_is_ours(as_moderator, source, name):
    ImportSource.objects.update(approved="")
    html = look(as_moderator, name, source) if name.endswith("edit") else tried(as_moderator, source)
    forms = re.findall(r'<form[^>]*method="post".*?</form>', html, re.I | re.S)
    assert len(forms) >= 2
    assert all("csrfmiddlewaretoken" in form for form in forms)


def test_no_other_site_presses_the_buttons(as_moderator, source):
    run = import_now(source)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = as_moderator.cookies
    for name, thing in (
        ("import_sources:approve", source),
        ("import_sources:import_now", source),
        ("import_runs:approve", run),
        ("import_runs:undo", run),
    ):
        assert strict.post(address(name, thing)).status_code == 403
        assert as_moderator.get(address(name, thing)).status_code == (200 if name.endswith("undo") else 405)


def test_a_run_tells_what_the_server_said(source, server, as_editor):
    server.headers = {"Content-Type": "text/calendar", "ETag": '"1"'}
    run = import_stored(source, trigger="timetable").run
    told = run.answer
    assert (told["status"], told["address"], told["bytes"]) == (200, source.address, len(server.body))
    assert (told["content_type"], told["etag"]) == ("text/calendar", '"1"')
    html = as_editor.get(reverse("import_runs:inspect", args=[run.pk])).content.decode()
    assert f"200 from {source.address}, text/calendar" in html
