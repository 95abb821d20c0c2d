import json
import re

import pytest
from django.template import Context, Template

from earthcode.templatetags.json_ld import json_ld
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

OPENS, CLOSES = '<script type="application/ld+json">', "</script>"


@pytest.mark.parametrize(
    "text",
    [
        "</script><script>alert(1)</script>",
        "<!-- <script>",
        "]]>",
        "&lt;/script&gt;",
        "\x00",
        "\u2028\u2029",
        "\ud800",
        "\\u003c/script>",
        "“Straße” — 中文 🛰",
        "'\"",
    ],
)
def test_no_text_ends_the_data_block(text):
    block = Template("{% load json_ld %}{% json_ld thing %}").render(Context({"thing": {"name": text}}))
    assert block.startswith(OPENS)
    assert block.endswith(CLOSES)
    data = block.removeprefix(OPENS).removesuffix(CLOSES)
    assert re.fullmatch(r"[ -~]*", data), "nothing but printable ASCII"
    assert not set(data) & set("<>&")
    assert json.loads(data) == {"@context": "https://schema.org", "name": text}


def test_nothing_is_written_of_nothing():
    assert json_ld(None) == ""


def data_blocks(client, path):
    html = client.get(path).content.decode()
    blocks = re.findall(f"{re.escape(OPENS)}(.*?){CLOSES}", html)
    assert html.count("application/ld+json") == len(blocks)
    return {block["@type"]: block for block in map(json.loads, blocks)}


@pytest.mark.django_db
def test_breadcrumbs_lead_from_home_to_every_page(client, settings):
    make_home()
    about = make_mission()
    make_content_page(about, title="Team & <friends>", slug="team")
    make_event(make_event_index())
    make_partner(make_partner_index())
    make_stage(make_roadmap())
    ways = {
        "/about/": [("About", "/about/")],
        "/about/team/": [("About", "/about/"), ("Team & <friends>", "/about/team/")],
        "/events/": [("Events", "/events/")],
        "/events/past/": [("Events", "/events/")],
        "/events/an-event/": [("Events", "/events/"), ("An event", "/events/an-event/")],
        "/partners/": [("Partners", "/partners/")],
        "/partners/telespazio/": [("Partners", "/partners/"), ("Telespazio", "/partners/telespazio/")],
        "/roadmap/": [("Roadmap", "/roadmap/")],
        "/roadmap/foundations/": [("Roadmap", "/roadmap/"), ("Foundations", "/roadmap/foundations/")],
    }
    for path, way in ways.items():
        expected = [
            {"@type": "ListItem", "position": position, "name": name, "item": f"{settings.BASE_URL}{address}"}
            for position, (name, address) in enumerate([("Home", "/"), *way], 1)
        ]
        assert data_blocks(client, path)["BreadcrumbList"]["itemListElement"] == expected


@pytest.mark.django_db
def test_the_home_page_says_what_the_portal_is(client, settings):
    make_home(summary="Open Earth science.")
    blocks = data_blocks(client, "/")
    assert blocks.keys() == {"WebSite"}
    assert blocks["WebSite"]["url"] == f"{settings.BASE_URL}/"
    assert blocks["WebSite"]["description"] == "Open Earth science."


@pytest.mark.django_db
def test_other_pages_are_not_the_portal(client):
    make_home()
    make_mission()
    assert "WebSite" not in data_blocks(client, "/about/")
