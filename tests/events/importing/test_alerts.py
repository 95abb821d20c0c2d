"""Mails about sources: one for each incident, one when it is over, and a digest every week."""

import smtplib
from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock
from procrastinate.contrib.django.models import ProcrastinateJob

from events import tasks
from events.importing import alerts, import_stored
from events.importing.feed import FeedElsewhere, FeedUnusable
from events.importing.health import FAILURES
from events.importing.models import ImportIncident, ImportRun, ImportSource
from events.importing.standing import figures
from events.models import EventPage
from tests.builders import make_calendar, the

pytestmark = pytest.mark.django_db

TIMETABLE, ADMIN = ImportRun.Trigger.TIMETABLE, ImportRun.Trigger.ADMIN


@pytest.fixture
def owner(source):
    source.owner = User.objects.create_user("ann", "ann@example.org")
    source.save()
    return source.owner


def run(source, trigger=TIMETABLE, **options):
    """One run, whatever comes of it; gives the source as it is then."""
    source = ImportSource.objects.get(pk=source.pk)
    with suppress(FeedUnusable, ZeroDivisionError):
        import_stored(source, trigger=trigger, **options)
    return ImportSource.objects.get(pk=source.pk)


def subjects():
    return [message.subject for message in mail.outbox]


def far(days):
    return (clock.now() + timedelta(days=days)).strftime("DTSTART;VALUE=DATE:%Y%m%d")


def many(count):
    return make_calendar(*(f"UID:{number}\nSUMMARY:{number}\n{far(9)}" for number in range(count)))


def hold(source, server):
    """Have a run of `source` held."""
    server.body = many(8)
    run(source)
    server.body = many(2)
    return run(source)


def test_a_failing_feed_is_told_of_once_and_its_recovery_once(source, server, owner):
    server.status = 500
    for _ in range(FAILURES - 1):
        run(source)
    assert subjects() == []
    for _ in range(3):
        run(source)
    server.status = 200
    for _ in range(2):
        run(source)
    assert subjects() == [
        f"[EarthCODE] Failing for {FAILURES} runs: events from Partner",
        "[EarthCODE] Well again: events from Partner",
    ]
    first = mail.outbox[0]
    assert first.to == ["ann@example.org"]
    assert "answered 500" in first.body
    assert "What to do: Check the address" in first.body
    third = source.runs.order_by("started_at")[FAILURES - 1]
    assert f"https://testserver/admin/import_runs/inspect/{third.pk}/" in first.body.split()
    assert f"https://testserver/admin/import_sources/inspect/{source.pk}/" in mail.outbox[1].body.split()
    incident = the(ImportIncident)
    assert incident.ended_at
    assert incident.end_told_at
    server.status = 500
    for _ in range(FAILURES):
        run(source)
    assert len(mail.outbox) == 3


def test_case_44_what_is_held_for_approval_is_told_once_and_leaves_one_run(source, server, owner):
    held = hold(source, server)
    for _ in range(3):
        held = run(source)
    assert subjects() == ["[EarthCODE] Held for approval: events from Partner"]
    body = mail.outbox[0].body
    waits = ImportRun.objects.get(state="held")
    assert "6 of 8 upcoming events are no longer in the feed" in body
    assert f"https://testserver/admin/import_runs/inspect/{waits.pk}/" in body.split()
    assert (held.failures, held.digest) == (0, "")
    assert held.next_run_at - held.checked_at <= timedelta(minutes=66)
    assert held.succeeded_at < held.checked_at
    assert EventPage.objects.count() == 8
    run(source, ADMIN, is_approved=True)
    assert subjects()[1:] == ["[EarthCODE] Well again: events from Partner"]


def test_a_run_that_is_still_held_says_what_the_feed_says_now(source, server):
    hold(source, server)
    server.body = many(1)
    run(source)
    assert "7 of 8" in ImportRun.objects.get(state="held").message
    assert ImportRun.objects.get(state="held").found == 1


def test_whoever_presses_import_now_gets_a_held_run_of_their_own(source, server):
    hold(source, server)
    run(source, ADMIN)
    assert ImportRun.objects.filter(state="held").count() == 2


def test_previews_by_the_timetable_do_not_pile_up(source):
    ImportSource.objects.update(approved="")
    for _ in range(3):
        run(source)
    assert the(ImportRun).state == "preview"
    assert subjects() == []


def test_case_49_a_feed_that_is_gone_for_good_is_paused_and_told_of(source, server, owner):
    run(source)
    server.status = 410
    gone = run(source)
    assert (gone.is_paused, gone.is_gone, gone.next_run_at) == (True, True, None)
    assert subjects() == ["[EarthCODE] Gone for good: events from Partner"]
    server.status = 200
    back = run(source, ADMIN)
    assert (back.is_paused, back.is_gone, back.failures) == (False, False, 0)
    assert back.next_run_at
    assert subjects()[1:] == ["[EarthCODE] Well again: events from Partner"]


def test_case_66_an_error_of_the_portal_is_told_at_once_and_to_its_superusers(source, owner, monkeypatch):
    User.objects.create_superuser("root", "root@example.org")
    monkeypatch.setattr("events.importing.reconcile", lambda *given: 1 / 0)
    failing = run(source)
    assert (the(ImportRun).state, failing.failures) == ("broken", 1)
    assert the(ImportRun).get_state_display() != ImportRun.State.FAILED.label
    assert subjects() == ["[EarthCODE] Error of the portal: events from Partner"]
    assert mail.outbox[0].to == ["ann@example.org", "root@example.org"]
    monkeypatch.undo()
    run(source)
    assert subjects()[1:] == ["[EarthCODE] Well again: events from Partner"]


def test_what_becomes_worse_or_different_is_told_once_too(source, server, owner):
    server.status = 500
    for _ in range(FAILURES):
        run(source)
    server.status = 410
    run(source)
    ImportSource.objects.update(is_paused=False)
    server.status = 500
    for _ in range(2):
        run(source)
    assert [subject.split(":")[0] for subject in subjects()] == [
        f"[EarthCODE] Failing for {FAILURES} runs",
        "[EarthCODE] Gone for good",
    ]


def refuse(self, messages):
    raise smtplib.SMTPServerDisconnected("no mail today")


def test_a_mail_that_cannot_be_sent_costs_no_import_and_is_sent_after_the_next(
    source, server, owner, monkeypatch, caplog
):
    with monkeypatch.context() as away:
        away.setattr(EmailBackend, "send_messages", refuse)
        hold(source, server)
    assert ImportRun.objects.filter(state="held").exists()
    assert "No mail about the source of events “Partner” could be sent" in caplog.text
    run(source)
    assert subjects() == ["[EarthCODE] Held for approval: events from Partner"]
    server.body = many(8)
    with monkeypatch.context() as away:
        away.setattr(EmailBackend, "send_messages", refuse)
        assert run(source).failures == 0
    assert len(mail.outbox) == 1
    run(source)
    run(source)
    assert subjects()[1:] == ["[EarthCODE] Well again: events from Partner"]


def test_who_heard_nothing_bad_hears_nothing_good(source, server, owner, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr(EmailBackend, "send_messages", refuse)
        hold(source, server)
    server.body = many(8)
    run(source)
    run(source)
    assert subjects() == []
    assert the(ImportIncident).end_told_at


def test_without_an_owner_those_who_may_approve_are_told(source, server, caplog):
    approver = User.objects.create_user("mo", "mo@example.org")
    approver.user_permissions.add(Permission.objects.get(codename="approve_importsource"))
    User.objects.create_superuser("root", "root@example.org")
    User.objects.create_superuser("left", "left@example.org", is_active=False)
    User.objects.create_user("ed", "ed@example.org")
    hold(source, server)
    assert mail.outbox[0].to == ["mo@example.org", "root@example.org"]


def test_that_nobody_can_be_told_is_logged(source, server, caplog):
    hold(source, server)
    assert "Nobody with a mail address" in caplog.text
    User.objects.create_superuser("root", "root@example.org")
    run(source)
    assert len(mail.outbox) == 1


def test_no_name_breaks_out_of_the_subject(source, server, owner):
    ImportSource.objects.update(name="Partner\nBcc: all@example.org")
    hold(source, server)
    assert subjects() == ["[EarthCODE] Held for approval: events from Partner Bcc: all@example.org"]


def test_case_51_a_source_that_is_imported_elsewhere_is_no_failure(source, monkeypatch):
    def taken(source):
        raise FeedElsewhere("elsewhere")

    monkeypatch.setattr("events.importing.alone", taken)
    refused = run(source)
    assert (refused.failures, refused.checked_at) == (0, None)
    assert not ImportRun.objects.exists()


def test_a_source_without_trouble_costs_two_queries_to_judge(source):
    """Its runs, and its topics, which are part of what was approved."""
    run(source)
    source.refresh_from_db()
    with CaptureQueriesContext(connection) as captured:
        alerts.tell(source, clock.now())
    assert len(captured) == 2


# The digest


def test_the_digest_says_that_all_is_well(source, owner):
    run(source)
    assert alerts.send_digest(owner, clock.now())
    (digest,) = mail.outbox
    assert digest.subject == "[EarthCODE] All well: 1 source of events"
    assert digest.to == ["ann@example.org"]
    assert "All well. No source of events needs anybody." in digest.body
    assert "Partner: All well. This week 1 created, 0 updated, 0 withdrawn." in digest.body


def test_the_digest_begins_with_what_needs_somebody(source, server, owner):
    ImportSource.objects.create(name="Another", address="x.ics", is_paused=True, owner=owner)
    ImportSource.objects.create(name="Somebody else’s", address="y.ics")
    hold(source, server)
    mail.outbox.clear()
    alerts.send_digest(owner, clock.now())
    (digest,) = mail.outbox
    assert digest.subject == "[EarthCODE] 1 of 2 sources of events needs somebody"
    assert digest.body.index("Partner: Held") < digest.body.index("Another: Paused")
    assert "Somebody else" not in digest.body
    approver = User.objects.create_superuser("root", "root@example.org")
    alerts.send_digest(approver, clock.now())
    assert "Somebody else’s" in mail.outbox[-1].body


def test_on_monday_everybody_who_looks_after_sources_gets_a_digest(source, owner):
    User.objects.create_superuser("root", "root@example.org")
    User.objects.create_superuser("silent")
    User.objects.create_user("ed", "ed@example.org")
    tasks.send_digests(timestamp=0)
    jobs = ProcrastinateJob.objects.filter(task_name="send_digest").order_by("pk")
    for job in jobs:
        tasks.send_digest(**job.args)
    assert [message.to for message in mail.outbox] == [["ann@example.org"], ["root@example.org"]]


def test_nobody_gets_an_empty_digest(db):
    root = User.objects.create_superuser("root", "root@example.org")
    assert not alerts.send_digest(root, clock.now())
    assert mail.outbox == []


def test_the_digest_asks_as_often_for_many_sources_as_for_few(source, owner):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            alerts.send_digest(owner, clock.now())
        return len(captured)

    few = queries()
    ImportSource.objects.bulk_create(
        ImportSource(name=f"{n}", address="x.ics", owner=owner) for n in range(30)
    )
    assert queries() == few <= 6


# Figures


def test_figures_in_one_place(source, server):
    hold(source, server)
    ImportSource.objects.bulk_create(ImportSource(name=f"{n}", address="x.ics") for n in range(30))
    source.records.filter(uid__in="12").update(conflicts=["title"])
    EventPage.objects.first().delete()
    with CaptureQueriesContext(connection) as captured:
        found = figures(clock.now())
    assert len(captured) == 5
    one = found[source.pk]
    assert (one.name, one.level, one.is_held, one.failures) == ("Partner", "look", True, 0)
    assert (one.events_held, one.open_conflicts, one.events_in_feed) == (7, 2, 2)
    assert one.last_run_seconds > 0
    assert one.last_success < one.last_check < one.next_run
    assert len(found) == 31
