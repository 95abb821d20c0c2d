"""What the dashboard has for the daily work, of all apps."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock
from wagtail.models import GroupPagePermission, Page

from earthcode.models import ContentPage
from tests.builders import (
    make_content_page,
    make_event,
    make_event_index,
    make_events,
    make_home,
    make_image,
    make_partner_index,
    make_roadmap,
    make_stage,
)

pytestmark = pytest.mark.django_db

DASHBOARD = reverse("wagtailadmin_home")
DAY = timedelta(days=1)
EVENTS = "Upcoming events without image or registration link"
STAGES = "Stages whose period has passed"
DRAFTS = "Drafts waiting to be published"
SCHEDULED = "Publications to come"


@pytest.fixture(autouse=True)
def _site(db):
    make_home()
    make_event_index()
    make_partner_index()
    make_roadmap()


def editor_of(parent, *permissions):
    """Somebody who may do these things with pages below `parent`."""
    group = Group.objects.create(name=parent.slug)
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    for codename in permissions:
        permission = Permission.objects.get(codename=codename, content_type__app_label="wagtailcore")
        GroupPagePermission.objects.create(group=group, page=parent, permission=permission)
    user = User.objects.create_user(parent.slug)
    user.groups.add(group)
    return user


def text(client, address=DASHBOARD):
    return " ".join(client.get(address).content.decode().split())


def tomorrow(days=1):
    return (clock.now() + DAY * days).date()


def draft(page, **changes):
    for name, value in changes.items():
        setattr(page, name, value)
    page.save_revision()
    return page


def fill(count):
    """So many pages for each list."""
    make_events(count, start_date=tomorrow(3))
    for number in range(count):
        make_stage(title=f"Stage {number}", period="2020")
        draft(make_content_page(title=f"Draft {number}"), summary="New.")
        draft(make_content_page(title=f"Later {number}"), go_live_at=clock.now() + DAY)
    for page in Page.objects.filter(title__startswith="Later"):
        page.get_latest_revision().publish()


def test_nothing_to_do_is_not_shown(admin_client):
    make_event(start_date=tomorrow(), image=make_image(), registration_url="https://example.org/")
    make_event(title="Past", start_date="2020-01-01")
    make_stage(period="2020", status="completed")
    html = text(admin_client)
    assert not any(heading in html for heading in (EVENTS, STAGES, DRAFTS, SCHEDULED))


def test_upcoming_events_say_what_they_lack(admin_client):
    image, link = make_image(), "https://example.org/"
    make_event(title="Bare", start_date=tomorrow(2))
    make_event(title="Unseen", start_date=tomorrow(), registration_url=link)
    make_event(title="Unopened", start_date=tomorrow(3), image=image)
    make_event(title="Off", start_date=tomorrow(), event_status="EventCancelled")
    html = text(admin_client)
    assert f"{EVENTS} (3)" in html
    assert " · no image, no registration link" in html
    assert html.index("Unseen</a>") < html.index("Bare</a>") < html.index("Unopened</a>")
    assert "Off</a>" not in html


def test_stages_that_are_over_are_told_with_their_status(admin_client):
    stage = make_stage(title="Foundations", period="2020", status="ongoing")
    make_stage(title="Coming", period="2990")
    html = text(admin_client)
    assert f"{STAGES} (1)" in html
    assert "2020 · still “Ongoing”" in html
    assert reverse("wagtailadmin_pages:edit", args=[stage.pk]) in html


def test_drafts_wait_unless_they_are_scheduled_or_were_taken_off(admin_client):
    draft(make_content_page(title="Old words"), title="New words")
    retired = make_content_page(title="Retired")
    retired.save_revision().publish()
    retired.refresh_from_db()
    retired.unpublish()
    later = make_content_page(title="Later")
    draft(later, go_live_at=clock.now() + DAY)
    later.get_latest_revision().publish()
    again = make_content_page(title="Back")
    again.unpublish()
    draft(again, summary="Once more.")
    html = text(admin_client)
    assert f"{DRAFTS} (2)" in html
    assert "New words</a>" in html
    assert html.count("Page, published, edited ") == 1
    assert "Back</a>" in html
    assert html.count("Page, taken off the site, edited ") == 1
    assert "Retired</a>" not in html
    assert f"{SCHEDULED} (1)" in html
    assert html.count("Later</a>") == 1


def test_new_drafts_are_told_as_never_published_and_by_whom(admin_client, admin_user):
    page = ContentPage(title="Fresh", live=False)
    Page.objects.get(slug="home").specific.add_child(instance=page)
    page.save_revision(user=admin_user)
    html = text(admin_client)
    assert "Page, never published, edited " in html
    assert " by admin<" in html


def test_a_long_list_is_cut_and_leads_to_all_of_it(admin_client):
    make_events(60, start_date=tomorrow(3))
    html = text(admin_client)
    assert html.count("no registration link") == 5
    address = reverse("worklist", args=["incomplete-events"])
    assert f'<a href="{address}">All 60' in html
    assert text(admin_client, address).count("no registration link") == 50
    assert text(admin_client, f"{address}?p=2").count("no registration link") == 10


def test_a_list_that_is_done_says_so_and_one_that_is_not_there_is_404(admin_client):
    assert "Nothing is waiting here." in text(admin_client, reverse("worklist", args=["drafts"]))
    assert admin_client.get(reverse("worklist", args=["nothing"])).status_code == 404


def test_everybody_sees_what_they_may_edit_and_nothing_else(client):
    events = Page.objects.get(slug="events")
    client.force_login(editor_of(events, "add_page", "change_page"))
    fill(2)
    html = text(client)
    assert f"{EVENTS} (2)" in html
    assert not any(heading in html for heading in (STAGES, DRAFTS, SCHEDULED))
    assert "Nothing is waiting here." in text(client, reverse("worklist", args=["overdue-stages"]))
    assert "New event</a>" in html
    assert "New partner</a>" not in html
    client.force_login(editor_of(Page.objects.get(slug="roadmap"), "change_page"))
    html = text(client)
    assert f"{STAGES} (2)" in html
    assert not any(heading in html for heading in (EVENTS, DRAFTS, SCHEDULED))


def test_who_may_add_nothing_is_offered_nothing(client):
    client.force_login(editor_of(Page.objects.get(slug="events"), "change_page"))
    assert "quick-links" not in text(client)


def test_new_pages_are_one_click_away(admin_client):
    html = text(admin_client)
    parent = Page.objects.get(slug="partners")
    address = reverse("wagtailadmin_pages:add", args=["partners", "partnerpage", parent.pk])
    assert f'href="{address}"' in html
    assert all(f"New {kind}</a>" in html for kind in ("event", "partner", "roadmap stage"))


def test_the_dashboard_asks_as_often_for_many_pages_as_for_some(admin_client):
    def queries():
        admin_client.get(DASHBOARD)
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(DASHBOARD).status_code == 200
        return len(captured)

    empty = queries()
    fill(2)
    some = queries()
    fill(9)
    assert queries() == some
    # A count is asked anyway; the rows of three lists, and who edited the drafts.
    assert some - empty <= 5
