"""Every kind of page: shown, edited, previewed, and with what a page needs to be found and read."""

import re

import pytest
from django.urls import reverse
from wagtail.models import Page

from earthcode.models import ContentPage, HomePage, MissionPage
from events.models import EventIndexPage, EventPage
from partners.models import PartnerIndexPage, PartnerPage
from roadmap.models import RoadmapPage, RoadmapStagePage
from tests.builders import (
    make_content_page,
    make_event,
    make_event_index,
    make_home,
    make_mission,
    make_partner,
    make_partner_index,
    make_roadmap,
    make_stage,
)

pytestmark = pytest.mark.django_db

MAKERS = {
    "home": lambda: make_home(),
    "mission": lambda: make_mission(),
    "content": lambda: make_content_page(),
    "event index": lambda: make_event_index(),
    "event": lambda: make_event(make_event_index()),
    "partner index": lambda: make_partner_index(),
    "partner": lambda: make_partner(make_partner_index()),
    "roadmap": lambda: make_roadmap(),
    "stage": lambda: make_stage(make_roadmap()),
}


@pytest.fixture(params=MAKERS)
def page(request):
    home = make_home()
    return home if request.param == "home" else MAKERS[request.param]()


def test_a_page_has_what_it_needs(client, page, settings):
    page.search_description = 'What "it" is <about>'
    page.save_revision().publish()
    html = client.get(page.url).content.decode()
    assert '<html lang="en-GB">' in html
    assert len(re.findall(r"<h1[ >]", html)) == 1
    for landmark in ("<header", "<nav", "<main", "<footer"):
        assert landmark in html or landmark == "<nav", landmark
    assert 'href="#content"' in html
    assert 'id="content"' in html
    assert "EarthCODE</title>" in html
    assert f'<link rel="canonical" href="{settings.BASE_URL}{page.url}">' in html
    assert f'<meta property="og:url" content="{settings.BASE_URL}{page.url}">' in html
    assert '<meta name="description" content="What &quot;it&quot; is &lt;about&gt;">' in html
    assert f'<meta property="og:title" content="{page.title}">' in html


def test_no_inline_style_or_script(client, page):
    html = client.get(page.url).content.decode()
    # A data block is never executed, and what a script element with an address has inside neither.
    without_data = re.sub(r'<script type="application/ld\+json">[^<>]*</script>', "", html)
    without_files = re.sub(
        r'<script (?:type="module" )?src="/static/[^"]+"(?: defer)?></script>', "", without_data
    )
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", without_files)
    assert not re.search(r'(?:src|srcset)="(?:https?:)?//', html)


def test_a_page_is_edited_and_previewed(admin_client, page):
    response = admin_client.get(reverse("wagtailadmin_pages:edit", args=[page.pk]))
    assert response.status_code == 200
    assert "csrfmiddlewaretoken" in response.content.decode()
    for mode, _label in page.preview_modes:
        assert page.make_preview_request(preview_mode=mode).status_code == 200


PARENTS = {
    HomePage: {Page},
    MissionPage: {HomePage},
    ContentPage: {HomePage, MissionPage, ContentPage},
    EventIndexPage: {HomePage},
    EventPage: {EventIndexPage},
    PartnerIndexPage: {HomePage},
    PartnerPage: {PartnerIndexPage},
    RoadmapPage: {HomePage},
    RoadmapStagePage: {RoadmapPage},
}


@pytest.mark.parametrize("model", PARENTS)
def test_where_a_page_may_stand(model):
    assert set(model.allowed_parent_page_models()) == PARENTS[model]


@pytest.mark.parametrize("model", [HomePage, MissionPage, EventIndexPage, PartnerIndexPage, RoadmapPage])
def test_there_is_one_of_each_index(model):
    assert model.max_count == 1


def test_help_texts_speak_to_editors():
    """No field says “HTML”, “slug” or “null” to a scientist."""
    for model in PARENTS:
        for field in model._meta.local_fields:
            words = set(re.findall(r"\w+", str(field.help_text).lower()))
            assert not words & {"html", "slug", "null", "boolean", "string", "foreign"}, field


def test_a_page_without_a_hero_shows_its_title(client):
    make_home()
    page = make_content_page(title="Privacy")
    assert "<h1>Privacy</h1>" in client.get(page.url).content.decode()
    page.body = [("hero", {"title": "What we know about you", "actions": [], "size": "short"})]
    page.save_revision().publish()
    html = client.get(page.url).content.decode()
    assert "<h1>What we know about you</h1>" in html
    assert "<h1>Privacy</h1>" not in html
