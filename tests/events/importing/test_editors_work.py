"""What people do in the admin, by its own views, while imports go on: nothing of it is lost, nothing that they have not
published goes live."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone as clock
from wagtail.admin.models import EditingSession
from wagtail.models import (
    GroupApprovalTask,
    Page,
    TaskState,
    Workflow,
    WorkflowPage,
    WorkflowState,
    WorkflowTask,
)

from events.importing import import_stored
from events.importing.models import ImportChange, ImportRecord, ImportRun, ImportSource
from events.importing.pages import draft_values
from events.importing.settle import open_conflicts
from events.importing.undo import undo
from events.models import EventOccurrence, EventPage
from events.tasks import roll
from tests.builders import make_calendar, the
from tests.editing import open_form

pytestmark = pytest.mark.django_db

OTHER = "UID:other\nSUMMARY:Other"


class Feed:
    """A source whose feed says what it is told to."""

    def __init__(self, event_list, path):
        self.path = path
        self.source = ImportSource(
            name="Partner events",
            address=str(path),
            format="ical",
            parent=event_list,
            publish="publish",
            missing="unpublish",
            missing_after=1,
            vanishing_count=100,
        )
        self.change()

    def change(self, **settings):
        for name, value in settings.items():
            setattr(self.source, name, value)
        self.source.approved = self.source.what_was_approved
        self.source.save()

    def says(self, *entries):
        """An import of a calendar with these entries and another one, which is always there; gives its run."""
        self.path.write_bytes(make_calendar(*entries, OTHER))
        source = ImportSource.objects.get(pk=self.source.pk)
        self.summary = import_stored(source, trigger=ImportRun.Trigger.COMMAND)
        return self.summary.run


@pytest.fixture
def feed(event_list, tmp_path):
    return Feed(event_list, tmp_path / "feed.ics")


@pytest.fixture
def author(event_list):
    """A person who may edit and publish events, but is no superuser."""
    return signed_in("author", "Editors")


def signed_in(name, group):
    from django.test import Client

    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    client.user = user
    return client


def event(**changes):
    lines = {"UID": "1", "SUMMARY": "One", "LOCATION": "Oslo", **changes}
    return "\n".join(f"{name}:{value}" for name, value in lines.items())


def page_of(uid="1"):
    return EventPage.objects.get(import_records__uid=uid)


def draft_of(page):
    return page.get_latest_revision_as_object()


def record_of(uid="1"):
    return ImportRecord.objects.select_related("page__latest_revision").get(uid=uid)


def undone(run):
    answer = undo(run, user=None)
    return answer.kept


def bulk(client, action, *pages):
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", action])
    answer = client.post(
        f"{address}?{'&'.join(f'id={page.pk}' for page in pages)}", {"include_descendants": ""}
    )
    assert answer.status_code == 302


# An open editor


def test_an_import_waits_for_who_types_into_the_form(feed, admin_client):
    feed.says(event())
    page = page_of()
    open_form(admin_client, page)
    feed.says(event(SUMMARY="Read by nobody"))
    assert page_of().title == "Read by nobody"
    session = EditingSession.objects.get()
    ping = reverse("wagtailadmin_editing_sessions:ping", args=["wagtailcore", "page", page.pk, session.pk])
    assert admin_client.post(ping, {"is_editing": "1"}).status_code == 200
    feed.says(event(SUMMARY="News"))
    assert page_of().title == "Read by nobody"
    assert "admin has its page open" in feed.summary.problems[0].reason
    release = reverse("wagtailadmin_editing_sessions:release", args=[session.pk])
    admin_client.post(release)
    feed.says(event(SUMMARY="News"))
    assert page_of().title == "News"


# Drafts


@pytest.fixture
def half_written(feed, admin_client):
    """An event that was taken down because it vanished, with a draft that somebody has begun since."""
    feed.says(event())
    assert open_form(admin_client, page_of()).fill(summary="Public.").send("publish").status_code == 302
    feed.run = feed.says()
    assert not page_of().live
    form = open_form(admin_client, page_of()).fill(summary="Half a sent", venue="Her")
    assert form.autosave().status_code == 200
    assert page_of().summary == "Half a sent"  # Wagtail writes it to the row of a page that is not live
    return feed


def is_public_and_the_draft_a_draft():
    page = page_of()
    assert (page.live, page.summary, page.has_unpublished_changes) == (True, "Public.", True)
    assert (draft_of(page).summary, draft_of(page).venue) == ("Half a sent", "Her")
    assert page.occurrences.count() == 1
    return page


def test_what_comes_back_is_what_was_public(half_written):
    half_written.says(event(SUMMARY="News"))
    page = is_public_and_the_draft_a_draft()
    assert (page.title, page.venue, draft_of(page).title) == ("News", "Oslo", "News")


def test_what_comes_back_by_an_undo_is_what_was_public(half_written):
    assert undone(half_written.run) == []
    is_public_and_the_draft_a_draft()


def test_undoing_the_return_takes_it_down_again(half_written):
    run = half_written.says(event(SUMMARY="News"))
    assert the_change(run).action == "returned"
    assert undone(run) == []
    page = page_of()
    assert (page.live, draft_of(page).summary, draft_of(page).title) == (False, "Half a sent", "One")
    assert not page.occurrences.exists()
    half_written.says(event(SUMMARY="News"))
    is_public_and_the_draft_a_draft()


def the_change(run):
    return run.changes.get()


def test_what_a_person_published_and_took_down_since_stays_down(half_written, admin_client):
    assert open_form(admin_client, page_of()).send("publish").status_code == 302
    admin_client.post(reverse("wagtailadmin_pages:unpublish", args=[page_of().pk]))
    assert not page_of().live
    half_written.says(event(SUMMARY="News"))
    assert not page_of().live
    kept = undone(half_written.run)
    assert not page_of().live
    assert "published the page since" in kept[0]


def test_undoing_the_return_of_what_a_person_published_since_leaves_it_public(half_written, admin_client):
    run = half_written.says(event(SUMMARY="News"))
    assert open_form(admin_client, page_of()).send("publish").status_code == 302
    kept = undone(run)
    page = page_of()
    assert (page.live, page.title, page.summary) == (True, "One", "Half a sent")
    assert "since it was published again" in kept[0]


def schedule(client, page, **fields):
    at = clock.now() + timedelta(days=3)
    form = open_form(client, page).fill(go_live_at=at.strftime("%Y-%m-%d %H:%M"), **fields)
    assert form.send("publish").status_code == 302
    return page_of().scheduled_revision


def test_a_schedule_survives_that_the_event_was_away(feed, admin_client):
    feed.says(event())
    scheduled = schedule(admin_client, page_of(), summary="Scheduled")
    run = feed.says()
    assert page_of().scheduled_revision is None
    assert undone(run) == []
    page = page_of()
    assert (page.live, page.summary) == (True, "")
    assert page.scheduled_revision.approved_go_live_at == scheduled.approved_go_live_at
    assert page.scheduled_revision.as_object().summary == "Scheduled"
    feed.says()
    feed.says(event())
    page = page_of()
    assert (page.live, page.summary, page.scheduled_revision.as_object().summary) == (True, "", "Scheduled")


def test_pressing_ignore_and_letting_it_come_again_publishes_no_draft(feed, admin_client):
    feed.says(event())
    record = record_of()
    admin_client.post(reverse("import_inbox:ignore", args=[record.pk]), {"confirmed": "yes"})
    assert not page_of().live
    open_form(admin_client, page_of()).fill(summary="Half a sent").autosave()
    admin_client.post(reverse("import_inbox:come_again", args=[record.pk]))
    feed.says(event(SUMMARY="News"))
    page = page_of()
    assert (page.live, page.title, page.summary, draft_of(page).summary) == (True, "News", "", "Half a sent")


def test_ignoring_what_is_public_asks_first(feed, admin_client):
    feed.says(event())
    address = reverse("import_inbox:ignore", args=[record_of().pk])
    response = admin_client.post(address)
    html = response.content.decode()
    assert (response.status_code, page_of().live, record_of().is_ignored) == (200, True, False)
    assert "visitors can see it now" in html
    admin_client.post(address, {"confirmed": "yes"})
    assert (page_of().live, record_of().is_ignored) == (False, True)


# Undoing


def test_undo_keeps_what_somebody_decided_to_keep(feed, admin_client):
    feed.says(event())
    open_form(admin_client, page_of()).fill(title="Hers").send("publish")
    run = feed.says(event(SUMMARY="News"))
    admin_client.post(reverse("import_inbox:settle", args=[record_of().pk]), {"keep": "title"})
    assert undone(run) == []
    assert (record_of().pins, record_of().conflicts, page_of().title) == (["title"], [], "Hers")
    feed.says(event(SUMMARY="Newer"))
    assert (page_of().title, record_of().conflicts) == ("Hers", [])


def test_undo_does_not_bring_settled_conflicts_back(feed, admin_client):
    feed.says(event())
    open_form(admin_client, page_of()).fill(title="Hers").send("publish")
    feed.says(event(SUMMARY="News"))
    run = feed.says(event(SUMMARY="News", LOCATION="Rome"))
    admin_client.post(reverse("import_inbox:settle", args=[record_of().pk]), {"follow": "title"})
    assert page_of().title == "News"
    assert undone(run) == []
    page = page_of()
    assert (page.title, page.venue, record_of().conflicts) == ("News", "Oslo", [])


def test_undo_makes_no_conflict_of_what_only_a_later_run_changed(feed, admin_client):
    feed.says(event())
    run = feed.says(event(LOCATION="Rome"))
    feed.says(event(LOCATION="Rome", SUMMARY="Later"))
    assert undone(run) == []
    assert (page_of().title, page_of().venue) == ("Later", "Oslo")
    feed.says(event(LOCATION="Rome", SUMMARY="Latest"))
    assert (page_of().title, page_of().venue, record_of().conflicts) == ("Latest", "Rome", [])


def test_undo_names_what_a_later_run_changed(feed):
    feed.says(event())
    run = feed.says(event(LOCATION="Rome"))
    feed.says(event(LOCATION="Paris"))
    revision = page_of().latest_revision_id
    assert undone(run) == ["“One”: a later import changed venue."]
    assert (page_of().venue, page_of().latest_revision_id) == ("Paris", revision)
    feed.says(event(LOCATION="Bonn"))
    assert (page_of().venue, record_of().conflicts) == ("Bonn", [])


def test_a_value_that_somebody_restored_before_an_undo_is_that_persons(feed, admin_client):
    feed.says(event())
    first = page_of().latest_revision
    run = feed.says(event(SUMMARY="News"))
    assert open_form(admin_client, page_of(), revision=first).send("publish").status_code == 302
    assert page_of().title == "One"
    assert undone(run) == []
    feed.says(event(SUMMARY="Newer"))
    assert (page_of().title, record_of().conflicts) == ("One", ["title"])


@pytest.mark.parametrize("publish", ["publish", "draft"])
def test_a_revert_to_an_old_revision_stays(feed, admin_client, publish):
    feed.says(event())
    first = page_of().latest_revision
    feed.change(publish=publish)
    feed.says(event(SUMMARY="News"))
    assert open_form(admin_client, page_of(), revision=first).send("publish").status_code == 302
    feed.change(publish="publish")
    feed.says(event(SUMMARY="Newer"))
    assert (page_of().title, record_of().conflicts) == ("One", ["title"])
    assert list(open_conflicts(record_of())) == ["title"]


def publish_in_bulk(client, page):
    bulk(client, "publish", page)


def publish_in_the_form(client, page):
    assert open_form(client, page).send("publish").status_code == 302


def comment(client, page):
    form = open_form(client, page)
    form.data["comments-TOTAL_FORMS"] = "1"
    row = {"id": "", "text": "Is that so?", "contentpath": "title", "position": "", "resolved": ""}
    form.fill(**{f"comments-0-{name}": value for name, value in row.items()})
    assert form.send().status_code == 302


def restrict(client, page):
    address = reverse("wagtailadmin_pages:set_privacy", args=[page.pk])
    client.post(address, {"restriction_type": "login", "password": "", "groups": []})
    assert page.get_view_restrictions().exists()


def lock(client, page):
    client.post(reverse("wagtailadmin_pages:lock", args=[page.pk]))
    client.post(reverse("wagtailadmin_pages:unlock", args=[page.pk]))


def link(client, page):
    other = page_of("other")
    assert open_form(client, other).fill(super_event=page.pk).send("publish").status_code == 302


@pytest.mark.parametrize("work", [publish_in_bulk, publish_in_the_form, comment, restrict, lock, link])
def test_undo_never_deletes_what_somebody_worked_on(feed, admin_client, work):
    feed.change(publish="draft")
    feed.says()
    run = feed.says(event())
    work(admin_client, page_of())
    was_live = page_of().live
    kept = undone(run)
    assert page_of().live == was_live
    assert "since it was made" in kept[0]
    assert record_of().values["title"] == "One"


def test_undo_deletes_what_nobody_worked_on(feed):
    feed.says()
    run = feed.says(event())
    assert undone(run) == []
    assert EventPage.objects.count() == ImportRecord.objects.count() == 1


def test_undo_says_that_a_later_import_changed_what_it_made(feed):
    feed.says()
    run = feed.says(event())
    later = feed.says(event(SUMMARY="News"))
    assert "a later import changed the page" in undone(run)[0]
    assert (undone(later), page_of().title) == ([], "One")


# Undone at once, everything is as it was


def everything(client):
    """All that a run may change, but for the numbers and times of revisions."""

    def version(page):
        data = draft_values(page, {"body": ""}, {"body": "<p>Text</p>"})
        rows = [row.when for row in page.previous_dates.all()]
        return {**data, "summary": page.summary, "slug": page.slug, "previous": rows}

    pages = []
    for page in EventPage.objects.order_by("pk"):
        scheduled = page.scheduled_revision
        submission = page.current_workflow_state
        task = submission and submission.current_task_state
        pages.append(
            {
                "live": page.live and version(page),
                "has_draft": page.has_unpublished_changes,
                "draft": version(draft_of(page)),
                "scheduled": scheduled and (scheduled.approved_go_live_at, version(scheduled.as_object())),
                "submission": submission and (submission.status, task.status),
                "is latest": page.workflow_in_progress and task.revision_id == page.latest_revision_id,
                "occurrences": [row.facts[1:] for row in page.occurrences.all()],
                "first published": page.first_published_at,
            }
        )
    names = [field.name for field in ImportRecord._meta.fields]
    records = [
        {name: told for name, told in row.items() if name != "taken_down"}
        | {"is down": bool(row["taken_down"])}
        for row in ImportRecord.objects.order_by("pk").values(*names)
    ]
    shown = [row.title for row in EventPage.objects.upcoming(clock.now())]
    return pages, records, shown, Page.find_problems()


def unlike(was, now, path=""):
    """The parts that are not the same, by where they are."""
    if was == now:
        return {}
    if isinstance(was, dict) and isinstance(now, dict):
        pairs = [(key, was.get(key), now.get(key)) for key in {**was, **now}]
    elif isinstance(was, list | tuple) and isinstance(now, list | tuple) and len(was) == len(now):
        pairs = [(number, *pair) for number, pair in enumerate(zip(was, now, strict=True))]
    else:
        return {path: (was, now)}
    return {name: told for key, *pair in pairs for name, told in unlike(*pair, f"{path}/{key}").items()}


def untouched(feed, client):
    pass


def a_draft(feed, client):
    open_form(client, page_of()).fill(summary="Half a sent").autosave()


def a_draft_of_an_imported_field(feed, client):
    open_form(client, page_of()).fill(title="Hers").autosave()


def a_draft_that_foresees_the_feed(feed, client):
    open_form(client, page_of()).fill(title="News", venue="Rome").send()


def a_draft_that_says_the_same(feed, client):
    open_form(client, page_of()).send()
    assert page_of().has_unpublished_changes


def edited(feed, client):
    open_form(client, page_of()).fill(title="Hers").send("publish")


def edited_and_drafted(feed, client):
    edited(feed, client)
    open_form(client, page_of()).fill(title="Hers, half", venue="Oslo!").autosave()


def scheduled(feed, client):
    schedule(client, page_of(), summary="Scheduled", venue="Her")


def in_conflict(feed, client):
    edited(feed, client)
    feed.says(event(SUMMARY="Otherwise"))


def taken_down(feed, client):
    feed.says()
    open_form(client, page_of()).fill(summary="Half a sent").autosave()


def drafted_by_the_feed(feed, client):
    feed.change(publish="draft")
    feed.says(event(LOCATION="Bonn"))
    feed.change(publish="publish")


def unpublished(feed, client):
    client.post(reverse("wagtailadmin_pages:unpublish", args=[page_of().pk]))


BEFORE = [
    untouched,
    a_draft,
    a_draft_of_an_imported_field,
    a_draft_that_foresees_the_feed,
    a_draft_that_says_the_same,
    edited,
    edited_and_drafted,
    scheduled,
    in_conflict,
    taken_down,
    drafted_by_the_feed,
    unpublished,
]
CHANGED = event(SUMMARY="News", LOCATION="Rome", DTSTART="20991201T100000", DESCRIPTION="Text")


@pytest.mark.parametrize("way", ["publish", "draft", "missing", "cancelled"])
@pytest.mark.parametrize("before", BEFORE)
def test_undo_at_once_restores_everything(feed, admin_client, before, way):
    feed.says(event())
    before(feed, admin_client)
    if way == "cancelled":
        feed.change(missing="cancel")
    elif way == "draft":
        feed.change(publish="draft")
    was = everything(admin_client)
    run = feed.says() if way in ("missing", "cancelled") else feed.says(CHANGED, event(UID="2"))
    assert undone(run) == []
    assert unlike(was, everything(admin_client)) == {}


# Conflicts


def test_a_conflict_of_what_is_live_is_offered_while_a_draft_says_what_the_feed_does(feed, admin_client):
    feed.says(event())
    open_form(admin_client, page_of()).fill(title="Hers").send("publish")
    feed.says(event(SUMMARY="News"))
    open_form(admin_client, page_of()).fill(title="News").send()
    assert list(open_conflicts(record_of())) == ["title"]
    html = admin_client.get(reverse("import_inbox:index")).content.decode()
    assert (html.count("Keep ours</button>"), html.count("Hers</td>")) == (1, 1)
    html = admin_client.get(reverse("wagtailadmin_pages:edit", args=[page_of().pk])).content.decode()
    assert (html.count("Decision waiting</span>"), html.count("Hers</td>")) == (1, 1)
    admin_client.post(reverse("import_inbox:settle", args=[record_of().pk]), {"follow": "title"})
    assert (page_of().title, draft_of(page_of()).title) == ("News", "News")
    assert open_conflicts(record_of()) == {}


def test_publishing_the_draft_settles_it(feed, admin_client):
    feed.says(event())
    open_form(admin_client, page_of()).fill(title="Hers").send("publish")
    feed.says(event(SUMMARY="News"))
    open_form(admin_client, page_of()).fill(title="News").send()
    bulk(admin_client, "publish", page_of())
    assert (page_of().title, record_of().conflicts) == ("News", [])


def test_a_source_that_comes_to_publish_freezes_no_page_that_a_person_published(feed, admin_client):
    feed.change(publish="draft")
    feed.says(event())
    open_form(admin_client, page_of()).fill(summary="Hers").send("publish")
    feed.says(event(SUMMARY="News"))
    feed.change(publish="publish")
    feed.says(event(SUMMARY="Newer"))
    page = page_of()
    assert (page.title, page.summary, record_of().conflicts) == ("Newer", "Hers", [])


def test_a_scheduled_version_has_conflicts_too(feed, admin_client):
    feed.says(event())
    schedule(admin_client, page_of(), title="Hers")
    feed.says(event(SUMMARY="News"))
    assert list(open_conflicts(record_of())) == ["title"]
    admin_client.post(reverse("import_inbox:settle", args=[record_of().pk]), {"follow": "title"})
    assert page_of().scheduled_revision.as_object().title == "News"
    assert open_conflicts(record_of()) == {}


def test_two_sources_that_disagree_are_no_editor(feed, admin_client, event_list, tmp_path):
    feed.says(event())
    second = ImportSource.objects.create(name="Second", address="second.ics", parent=event_list)
    values = {**record_of().values, "venue": "Second's"}
    page = page_of()
    open_form(admin_client, page).fill(venue="Second's").send("publish")
    ImportRecord.objects.create(source=second, uid="s", page=page, values=values, published=values)
    feed.says(event(LOCATION="Rome"))
    (problem,) = feed.summary.problems
    assert "“Second” says otherwise about: venue." in problem.reason
    assert "editor" not in problem.reason
    html = admin_client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
    assert "Another source" in html


# Workflows


@pytest.fixture
def reviewed(feed, event_list):
    """A source that submits what is new to a workflow of the moderators."""
    User.objects.update(email="")
    workflow = Workflow.objects.create(name="Review")
    task = GroupApprovalTask.objects.create(name="Look")
    task.groups.add(Group.objects.get(name="Moderators"))
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowPage.objects.create(workflow=workflow, page=event_list)
    feed.change(publish="workflow")
    return feed


@pytest.fixture
def moderator(event_list):
    return signed_in("moderator", "Moderators")


def act(client, page, action, **data):
    state = page.current_workflow_task_state
    address = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, action, state.pk])
    return client.post(address, {"comment": "", **data})


def test_what_waits_for_approval_follows_the_feed(reviewed, moderator):
    reviewed.says(event())
    assert page_of().workflow_in_progress
    reviewed.says(event(STATUS="CANCELLED"))
    page = page_of()
    assert draft_of(page).event_status == "EventCancelled"
    assert page.current_workflow_task_state.revision_id == page.latest_revision_id
    act(moderator, page, "approve")
    page = page_of()
    assert (page.live, page.event_status) == (True, "EventCancelled")


def test_after_a_request_for_changes_imports_go_on(reviewed, moderator):
    reviewed.says(event())
    act(moderator, page_of(), "reject")
    assert page_of().current_workflow_state.status == "needs_changes"
    reviewed.says(event(SUMMARY="News"))
    assert reviewed.summary.problems == []
    page = page_of()
    assert (draft_of(page).title, page.current_workflow_state.status) == ("News", "in_progress")
    assert page.current_workflow_task_state.revision_id == page.latest_revision_id


def test_what_a_person_works_on_after_a_request_for_changes_is_not_submitted_by_an_import(
    reviewed, moderator, admin_client
):
    reviewed.says(event())
    act(moderator, page_of(), "reject")
    open_form(admin_client, page_of()).fill(summary="Half a sent").autosave()
    reviewed.says(event(SUMMARY="News"))
    page = page_of()
    assert (draft_of(page).title, draft_of(page).summary) == ("News", "Half a sent")
    assert page.current_workflow_state.status == "needs_changes"


def test_what_a_person_submitted_waits_and_is_told_so(reviewed, author):
    reviewed.says(event())
    act(signed_in("chief", "Moderators"), page_of(), "approve")
    assert page_of().live
    open_form(author, page_of()).fill(summary="Hers").send("submit")
    assert page_of().current_workflow_state.requested_by == author.user
    reviewed.says(event(SUMMARY="News"))
    assert "It waits for approval since" in reviewed.summary.problems[0].reason
    assert draft_of(page_of()).title == "One"


def test_undo_of_what_an_import_submitted(reviewed, moderator):
    reviewed.says()
    run = reviewed.says(event())
    assert undone(run) == []
    assert not WorkflowState.objects.exclude(object_id=str(page_of("other").pk)).exists()
    reviewed.says(event())
    act(moderator, page_of(), "approve")
    was = everything(moderator)
    run = reviewed.says(event(SUMMARY="News"))
    assert page_of().workflow_in_progress
    assert undone(run) == []
    assert unlike(was, everything(moderator)) == {}
    assert not page_of().workflow_in_progress


@pytest.mark.parametrize("is_rejected", [True, False])
def test_undo_at_once_restores_what_was_submitted(reviewed, moderator, is_rejected):
    reviewed.says(event())
    if is_rejected:
        act(moderator, page_of(), "reject")
    was = everything(moderator)
    run = reviewed.says(event(SUMMARY="News"))
    assert undone(run) == []
    assert unlike(was, everything(moderator)) == {}


def test_undo_leaves_what_was_approved_since(reviewed, moderator):
    reviewed.says()
    run = reviewed.says(event())
    act(moderator, page_of(), "approve")
    assert "moderator worked on the page" in undone(run)[0]
    assert page_of().live


def test_undo_leaves_the_news_that_somebody_approved(reviewed, moderator):
    reviewed.says(event())
    act(moderator, page_of(), "approve")
    run = reviewed.says(event(SUMMARY="News"))
    act(moderator, page_of(), "approve")
    assert undone(run) == ["“News”: changed since: title."]
    page = page_of()
    assert (page.title, draft_of(page).title, page.has_unpublished_changes) == ("News", "News", False)


def test_what_vanished_does_not_wait_for_approval_any_more(reviewed, moderator):
    reviewed.says(event())
    was = everything(moderator)
    run = reviewed.says()
    assert not page_of().workflow_in_progress
    assert undone(run) == []
    assert unlike(was, everything(moderator)) == {}
    reviewed.says()
    reviewed.says(event())
    page = page_of()
    assert (page.live, page.workflow_in_progress) == (False, True)
    assert TaskState.objects.for_instance(page).filter(status="in_progress").count() == 1


def test_news_that_go_live_leave_the_workflow_of_an_editor_alone(feed, reviewed, moderator, author):
    reviewed.says(event())
    act(moderator, page_of(), "approve")
    open_form(author, page_of()).fill(summary="Hers").send("submit")
    act(moderator, page_of(), "reject")
    feed.change(publish="publish")
    feed.says(event(SUMMARY="News"))
    page = page_of()
    assert (page.title, draft_of(page).summary) == ("News", "Hers")
    assert page.current_workflow_state.status == "needs_changes"


# What is public is listed, once


def listed(page):
    return EventOccurrence.objects.filter(page=page).count()


def test_an_alias_doubles_no_event(feed, admin_client, event_list):
    feed.says(event())
    page = page_of()
    data = {"new_title": "One", "new_slug": "one-alias", "new_parent_page": event_list.pk, "alias": "on"}
    admin_client.post(reverse("wagtailadmin_pages:copy", args=[page.pk]), data)
    alias = EventPage.objects.get(alias_of=page)
    assert (alias.live, listed(alias), listed(page)) == (True, 0, 1)
    publish_in_the_form(admin_client, page)
    roll(clock.now())
    assert (listed(alias), listed(page)) == (0, 1)
    admin_client.post(reverse("wagtailadmin_pages:unpublish", args=[page.pk]))
    assert EventOccurrence.objects.filter(page__title="One").count() == 0
    publish_in_the_form(admin_client, page)
    admin_client.post(reverse("wagtailadmin_pages:convert_alias", args=[alias.pk]))
    assert (listed(alias), listed(page)) == (1, 1)


@pytest.mark.parametrize("way", ["bulk", "form", "expiry"])
def test_however_it_is_unpublished_no_date_stays(feed, admin_client, way):
    feed.says(event())
    if way == "bulk":
        bulk(admin_client, "unpublish", page_of())
    elif way == "form":
        admin_client.post(reverse("wagtailadmin_pages:unpublish", args=[page_of().pk]))
    else:
        EventPage.objects.filter(pk=page_of().pk).update(expire_at=clock.now() - timedelta(days=1))
        call_command("publish_scheduled", verbosity=0)
    assert (page_of().live, listed(page_of())) == (False, 0)
    bulk(admin_client, "publish", page_of())
    assert (page_of().live, listed(page_of())) == (True, 1)


def test_a_record_knows_no_change_that_no_run_made(feed):
    feed.says(event())
    feed.says(event())
    assert ImportChange.objects.count() == 2
    assert the(ImportSource).runs.count() == 2
