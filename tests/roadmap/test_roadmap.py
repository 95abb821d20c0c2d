import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import PageViewRestriction
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from roadmap.models import RoadmapStagePage
from roadmap.templatetags.roadmap_tags import current_stage, roadmap_stages
from tests.builders import (
    make_content_page,
    make_event,
    make_event_index,
    make_home,
    make_roadmap,
    make_stage,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def roadmap():
    make_home()
    return make_roadmap()


@pytest.mark.parametrize(
    ("statuses", "current"),
    [
        ("", None),
        ("completed ongoing coming_up", 1),
        ("completed coming_up coming_up", 1),
        ("completed completed", 1),
        ("coming_up ongoing ongoing", 1),
    ],
)
def test_the_current_stage(statuses, current):
    for number, status in enumerate(statuses.split()):
        make_stage(title=str(number), status=status)
    stage = current_stage()
    assert (stage and int(stage.title)) == current


def test_stages_keep_the_order_that_editors_give_them():
    first, second = make_stage(title="first"), make_stage(title="second")
    second.move(first, pos="left")
    assert [stage.title for stage in roadmap_stages()] == ["second", "first"]


def test_objective_and_outcome_are_always_to_be_read(client, roadmap):
    stage = make_stage(objective="Build it.", outcome="It is built.", period="Year 4+", status="ongoing")
    for url in (roadmap.url, stage.url):
        html = client.get(url).content.decode()
        for words in ("Build it.", "It is built.", "Year 4+", "Ongoing"):
            assert words in html


def link(text, page=None, address=""):
    return {"type": "link", "value": {"text": text, "page": page and page.pk, "address": address}}


def link_up(stage, *links):
    stage.links = stage._meta.get_field("links").stream_block.to_python(list(links))
    stage.save_revision().publish()


def links_on(client, url):
    soup = BeautifulSoup(client.get(url).content, "html.parser")
    return [(a.get_text(), a["href"]) for a in soup.select("main .stage__links a, main .row a")]


def test_a_stage_links_events_pages_and_other_sites(client, roadmap):
    make_event_index()
    event = make_event(title="Hackathon", slug="hackathon")
    stage = make_stage()
    link_up(
        stage,
        link("Meet us", event),
        link("Read <more>", make_content_page(title="Report", slug="report")),
        link("The plan", address="https://example.org/plan"),
        link("A fourth", address="https://example.org/4"),
    )
    shown = [
        ("Meet us", "/events/hackathon/"),
        ("Read <more>", "/report/"),
        ("The plan", "https://example.org/plan"),
        ("A fourth", "https://example.org/4"),
    ]
    assert links_on(client, stage.url) == shown
    assert links_on(client, roadmap.url) == shown[:3], "in short"
    assert RoadmapStagePage.objects.get().get_latest_revision_as_object().links == stage.links


@pytest.mark.parametrize("why", ["deleted", "unpublished", "private", "below a private page"])
def test_a_link_that_would_lead_nowhere_is_left_out(client, roadmap, why):
    target = make_content_page(title="Report", slug="report")
    above = target
    if why == "below a private page":
        target = make_content_page(parent=above, title="Annex", slug="annex")
    stage = make_stage()
    link_up(stage, link("Report", target), link("The plan", address="https://example.org/plan"))
    assert len(links_on(client, stage.url)) == 2
    if why == "deleted":
        target.delete()
    elif why == "unpublished":
        target.unpublish()
    else:
        PageViewRestriction.objects.create(page=above, restriction_type="login")
    for url in (stage.url, roadmap.url):
        assert links_on(client, url) == [("The plan", "https://example.org/plan")]


def test_links_of_all_stages_are_looked_up_at_once(client, roadmap):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(roadmap.url)
        return len(captured)

    target = make_content_page(title="Report", slug="report")
    link_up(make_stage(title="0"), link("Report", target))
    queries()
    one = queries()
    for number in range(1, 6):
        link_up(make_stage(title=str(number)), link("Report", target), link("Again", target))
    assert queries() == one


def test_a_stage_without_links_asks_for_none(client):
    stage = make_stage()
    assert links_on(client, stage.url) == []
    assert "further reading" not in client.get(stage.url).content.decode()


def test_an_editor_links_an_event_and_the_preview_shows_it(admin_client, client):
    make_event_index()
    event = make_event(title="Hackathon", slug="hackathon")
    stage = make_stage()
    form = {
        "title": stage.title,
        "slug": stage.slug,
        "period": stage.period,
        "status": stage.status,
        "objective": stage.objective,
        "outcome": stage.outcome,
        "action-publish": "1",
        **nested_form_data(
            {
                "links": streamfield([("link", {"text": "Meet us", "page": event.pk, "address": ""})]),
                "comments": inline_formset([]),
            }
        ),
    }
    preview = reverse("wagtailadmin_pages:preview_on_edit", args=[stage.pk])
    assert admin_client.post(preview, form).json()["is_valid"]
    assert links_on(admin_client, preview) == [("Meet us", "/events/hackathon/")]
    assert links_on(client, stage.url) == []
    assert admin_client.post(reverse("wagtailadmin_pages:edit", args=[stage.pk]), form).status_code == 302
    assert links_on(client, stage.url) == [("Meet us", "/events/hackathon/")]
