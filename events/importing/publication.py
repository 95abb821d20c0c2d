"""What imports do to what is public: they publish, take down and bring back what was public, and submit drafts for
approval. They never publish a draft, and never end a workflow that a person started."""

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.log_actions import log
from wagtail.models import COMMENTS_RELATION_NAME, Revision, TaskState, WorkflowState
from wagtail.signals import page_published, published

from events.models import EventPage

from .importer import importer
from .models import ImportSource


class _Publication(PublishPageRevisionAction):
    """Wagtail's, but that the workflow of the page goes on: its draft is another version than this."""

    def _after_publish(self):
        page = self.object
        page.is_published_by_import = True
        for comment in getattr(page, COMMENTS_RELATION_NAME).all().only("position"):
            comment.save(update_fields=["position"])
        page_published.send(sender=page.specific_class, instance=page.specific, revision=self.revision)
        published.send(sender=type(page), instance=page, revision=self.revision)
        page.update_aliases(revision=self.revision, _content=self.revision.content)


def publish(revision: Revision, user: Any) -> None:
    """Make `revision` public. The importer may do what no role lets it do in the admin."""
    _Publication(revision, user=user, log_action=False).execute(skip_permission_checks=True)


def take_down(page: EventPage, user: Any, *, log_action: bool = True) -> dict[str, Any]:
    """Unpublish `page`, and give what it takes to bring back what was public, for ImportRecord.taken_down."""
    scheduled = page.scheduled_revision
    taken_down = {
        "content": page.serializable_data(),
        "scheduled": {"revision": scheduled.pk, "at": scheduled.approved_go_live_at.isoformat()}
        if scheduled
        else None,
    }
    # Whoever calls this has asked whether `user` may.
    UnpublishPageAction(page, user=user, log_action=log_action).execute(skip_permission_checks=True)
    return taken_down


def was_public(page: EventPage, taken_down: dict[str, Any] | None) -> EventPage | None:
    """The version of `page` that was public until it was taken down; None if there is none to be brought back."""
    if not taken_down or page.live:
        return None
    version = page.with_content_json({**taken_down["content"]})
    version.first_published_at = page.first_published_at
    return version


def was_scheduled(page: EventPage, taken_down: dict[str, Any] | None, at: datetime) -> Revision | None:
    """The version whose schedule was lost when `page` was taken down, with its time; None if that has passed at `at`
    (aware) or the version is gone."""
    lost = taken_down and taken_down["scheduled"]
    revision = page.revisions.filter(pk=lost["revision"]).first() if lost else None
    go_live_at = parse_datetime(lost["at"]) if lost else None
    if revision is None or go_live_at is None or go_live_at <= at:
        return None
    revision.approved_go_live_at = go_live_at
    return revision


def is_own(submission: WorkflowState | None) -> bool:
    """Whether it was an import that submitted a page for approval."""
    return submission is not None and submission.requested_by_id == importer().pk


def submit(page: EventPage, publish: str, user: Any) -> None:
    """Submit what is not published yet of `page` for approval, if there is a workflow and a source that publishes by
    `publish` wants it. Where a reviewer asked for changes, news of the feed are an answer, unless a person is at it."""
    if publish != ImportSource.Publish.WORKFLOW:
        return
    page.refresh_from_db()
    submission = page.current_workflow_state
    if submission is None:
        workflow = page.get_workflow()
        if workflow and page.has_unpublished_changes:
            workflow.start(page, user)
    elif submission.status == WorkflowState.STATUS_NEEDS_CHANGES and is_own(submission):
        asked_at = submission.current_task_state.finished_at
        by_others = page.revisions.filter(created_at__gt=asked_at).exclude(user=importer())
        if not by_others.exists():
            submission.resume(user)


def withdraw_submission(page: EventPage, user: Any) -> bool:
    """End what an import submitted, if it waits for approval or changes; whether there was anything to end."""
    submission = page.current_workflow_state
    if submission is None or not is_own(submission):
        return False
    submission.cancel(user=user)
    return True


def follow_draft(page: EventPage, revision: Revision) -> None:
    """Who approves the draft of `page` is shown `revision`, which is its latest."""
    submitted = TaskState.objects.for_instance(page).filter(
        status=TaskState.STATUS_IN_PROGRESS, workflow_state__status=WorkflowState.STATUS_IN_PROGRESS
    )
    submitted.update(revision=revision)


def restore_submission(page: EventPage, before: dict[str, Any] | None, user: Any) -> None:
    """Have the submission of `page` as it was `before` (see `state_of_submission`), where only imports changed it."""
    now = page.current_workflow_state
    if state_of_submission(now) == before or (now and not is_own(now)):
        return
    if before is None:
        if now:
            now.cancel(user=user)
    elif now is None:
        workflow = page.get_workflow()
        if workflow and page.has_unpublished_changes:
            workflow.start(page, user)
    elif now.pk == before["pk"] and before["status"] == WorkflowState.STATUS_NEEDS_CHANGES:
        resumed = now.current_task_state
        now.current_task_state = TaskState.objects.filter(pk=before["task"]).first()
        now.status = WorkflowState.STATUS_NEEDS_CHANGES
        now.save()
        resumed.delete()
        log(page, "wagtail.workflow.cancel", user=user, revision=page.latest_revision, data=_about(now))


def _about(submission: WorkflowState) -> dict[str, Any]:
    task = submission.current_task_state
    return {
        "workflow": {
            "id": submission.workflow_id,
            "title": submission.workflow.name,
            "status": submission.status,
            "task_state_id": task.pk,
            "task": {"id": task.task_id, "title": task.task.name},
        }
    }


def state_of_submission(submission: WorkflowState | None) -> dict[str, Any] | None:
    if submission is None:
        return None
    return {
        "pk": submission.pk,
        "status": submission.status,
        "task": submission.current_task_state_id,
    }


def state_of_page(page: EventPage) -> dict[str, Any]:
    """What undoing needs to know of `page` beside what its versions say; JSON."""
    fields = EventPage.objects.filter(pk=page.pk).values(
        "live", "live_revision", "latest_revision", "has_unpublished_changes"
    )
    scheduled = page.scheduled_revision
    return {
        **fields.get(),
        "scheduled": scheduled.approved_go_live_at.isoformat() if scheduled else None,
        "submission": state_of_submission(page.current_workflow_state),
    }
