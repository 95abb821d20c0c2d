"""An approval and what Wagtail's script sends at the same click, through the views that a browser uses."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from wagtail.models import GroupApprovalTask, Workflow, WorkflowPage, WorkflowTask

from partners.models import PartnerPage
from tests.builders import make_home, make_partner, make_partner_index
from tests.editing import open_form

pytestmark = pytest.mark.django_db

APPROVAL = {"action-workflow-action": "true", "workflow-action-name": "approve"}


@pytest.fixture
def client():
    client = Client()
    client.force_login(User.objects.create_superuser("ann"))
    return client


@pytest.fixture
def submitted(client):
    """A page that was never live and waits for approval."""
    home = make_home()
    make_partner_index()
    workflow = Workflow.objects.create(name="Approval")
    task = GroupApprovalTask.objects.create(name="Approve")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowPage.objects.create(workflow=workflow, page=home)
    page = make_partner()
    page.unpublish()
    page = PartnerPage.objects.get(pk=page.pk)
    assert open_form(client, page).fill(role="Drafted.").send("submit").status_code == 302
    return PartnerPage.objects.get(pk=page.pk)


def approved(page):
    page = PartnerPage.objects.get(pk=page.pk)
    return page.live, page.workflow_in_progress, page.has_unpublished_changes, page.role


@pytest.mark.parametrize("first", ["approval", "autosave"])
def test_a_click_that_sends_an_autosave_as_well_approves_once(client, submitted, first):
    form = open_form(client, submitted).fill(role="Approved.")
    # The click puts the action into the form, and what changes a form makes it save by itself.
    late = open_form(client, submitted).fill(role="Approved.", **APPROVAL)
    if first == "approval":
        assert form.send(**APPROVAL).status_code == 302
        assert late.autosave_late().status_code == 200
    else:
        assert late.autosave_late().status_code == 200
        assert form.send(**APPROVAL).status_code == 302
    assert approved(submitted) == (True, False, False, "Approved.")


def test_an_autosave_alone_approves_and_publishes_nothing(client, submitted):
    """A question of Wagtail's script may have stopped the click, and the action stays in the form."""
    form = open_form(client, submitted).fill(role="Typed.", **APPROVAL, **{"action-publish": "1"})
    assert form.autosave().status_code == 200
    assert approved(submitted)[:2] == (False, True)


def test_two_clicks_approve_once(client, submitted):
    form = open_form(client, submitted)
    assert form.send(**APPROVAL).status_code == 302
    revisions = submitted.revisions.count()
    assert form.send(**APPROVAL).status_code == 302
    assert approved(submitted) == (True, False, False, "Drafted.")
    assert submitted.revisions.count() == revisions
