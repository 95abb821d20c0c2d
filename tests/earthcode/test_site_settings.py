"""Navigation, sign-in link and footer: drafted, previewed, approved and published as pages are."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from wagtail.models import Site, Workflow, WorkflowContentType, WorkflowState
from wagtail.test.utils.form_data import nested_form_data, streamfield

from earthcode.models import SiteSettings
from tests.builders import make_home

pytestmark = pytest.mark.django_db

LIVE, DRAFTED = "What visitors read.", "What an editor drafted."


@pytest.fixture
def portal():
    make_home()
    row = SiteSettings.objects.create(site=Site.objects.get(), footer_text=LIVE)
    row.save_revision().publish()
    return row


def signed_in(django_user_model, group, *codenames):
    user = django_user_model.objects.create_user(group)
    user.groups.add(Group.objects.get(name=group))
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def editor(django_user_model):
    return signed_in(django_user_model, "Editors", "change_sitesettings")


@pytest.fixture
def moderator(django_user_model):
    return signed_in(django_user_model, "Moderators", "change_sitesettings", "publish_sitesettings")


def address(row, view="edit"):
    return reverse(row.snippet_viewset.get_url_name(view), args=[row.pk])


def form(row, **changes):
    return nested_form_data(
        {
            "navigation": streamfield([]),
            "footer_links": streamfield([]),
            "site": row.site_id,
            "sign_in_label": "Sign in",
            "sign_in_url": "",
            "contact_email": "",
            "footer_text": LIVE,
            **changes,
        }
    )


def what_visitors_read(client):
    html = client.get("/").content.decode()
    return [text for text in (LIVE, DRAFTED) if text in html]


@pytest.mark.parametrize("action", [{}, {"action-publish": "1"}, {"action-submit": "1"}])
def test_what_an_editor_saves_is_a_draft(portal, editor, client, action):
    editor.post(address(portal), form(portal, footer_text=DRAFTED, **action))
    portal.refresh_from_db()
    assert (portal.footer_text, portal.has_unpublished_changes) == (LIVE, True)
    assert portal.get_latest_revision_as_object().footer_text == DRAFTED
    assert what_visitors_read(client) == [LIVE]


def test_a_moderator_publishes_it(portal, editor, moderator, client):
    editor.post(address(portal), form(portal, footer_text=DRAFTED))
    moderator.post(address(portal), form(portal, footer_text=DRAFTED, **{"action-publish": "1"}))
    assert what_visitors_read(client) == [DRAFTED]


def test_the_preview_shows_the_home_page_with_the_draft(portal, editor, client):
    preview = address(portal, "preview_on_edit")
    assert editor.post(preview, form(portal, footer_text=DRAFTED)).json()["is_valid"]
    response = editor.get(preview)
    assert DRAFTED in response.content.decode()
    assert LIVE not in response.content.decode()
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert what_visitors_read(client) == [LIVE]


def test_the_workflow_of_pages_approves_it(portal, editor, moderator, client):
    workflow = Workflow.objects.get(name="Moderators approval")
    WorkflowContentType.objects.create(
        content_type=ContentType.objects.get_for_model(SiteSettings), workflow=workflow
    )
    editor.post(address(portal), form(portal, footer_text=DRAFTED, **{"action-submit": "1"}))
    assert what_visitors_read(client) == [LIVE]
    task = WorkflowState.objects.get().current_task_state
    moderator.post(
        reverse(portal.snippet_viewset.get_url_name("workflow_action"), args=[portal.pk, "approve", task.pk])
    )
    assert what_visitors_read(client) == [DRAFTED]


def test_an_earlier_version_comes_back_as_a_draft_first(portal, editor, moderator, client):
    first = portal.latest_revision
    moderator.post(address(portal), form(portal, footer_text=DRAFTED, **{"action-publish": "1"}))
    back = reverse(portal.snippet_viewset.get_url_name("revisions_revert"), args=[portal.pk, first.pk])
    assert LIVE in editor.get(back).content.decode()
    editor.post(address(portal), form(portal, footer_text=LIVE, revision=first.pk))
    assert what_visitors_read(client) == [DRAFTED]


def test_a_site_has_one(portal, django_user_model):
    admin = Client()
    admin.force_login(django_user_model.objects.create_superuser("admin"))
    response = admin.post(reverse(portal.snippet_viewset.get_url_name("add")), form(portal))
    assert "This site has its navigation and footer already: edit those instead." in response.content.decode()
    assert SiteSettings.objects.count() == 1


def test_without_any_the_pages_are_there_and_nothing_is_written(client):
    make_home()
    assert client.get("/").status_code == 200
    assert not SiteSettings.objects.exists()


def test_what_was_unpublished_is_not_shown(portal, client):
    portal.unpublish()
    assert what_visitors_read(client) == []


MALFORMED = [
    {"navigation-count": None},
    {"navigation-count": "x"},
    {"navigation-count": ""},
    {"navigation-count": "9" * 5_000},
    {"navigation-count": "1"},
    {
        "navigation-count": "1",
        "navigation-0-deleted": "",
        "navigation-0-order": "x",
        "navigation-0-type": "group",
    },
    {
        "navigation-count": "1",
        "navigation-0-deleted": "",
        "navigation-0-order": "0",
        "navigation-0-type": "none",
    },
    {"footer_links-count": None},
    {"footer_text": "a\0b"},
    {"site": "9" * 30},
    {"site": "\0"},
    {"contact_email": "\0@example.org"},
]


@pytest.mark.parametrize("change", MALFORMED, ids=[str(n) for n in range(len(MALFORMED))])
def test_a_malformed_form_is_no_error_of_the_portal(portal, moderator, client, change):
    moderator.raise_request_exception = False
    data = {name: value for name, value in (form(portal) | change).items() if value is not None}
    response = moderator.post(address(portal), {**data, "action-publish": "1"})
    assert response.status_code in {200, 302, 400}
    assert what_visitors_read(client) == [LIVE]
