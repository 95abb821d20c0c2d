"""The vocabulary of sections: each has a preview, none takes markup, links lead somewhere."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.models import Page

from earthcode.blocks import LinkBlock, SectionStreamBlock, validate_link_address
from earthcode.models import ContentPage, SiteSettings
from tests.builders import make_content_page, make_home

pytestmark = pytest.mark.django_db


def stream_blocks():
    """Each block that an editor can choose in a StreamField of a page or of the settings."""
    fields = [
        field
        for model in (*Page.__subclasses__(), *ContentPage.__mro__, SiteSettings)
        if hasattr(model, "_meta")
        for field in model._meta.get_fields()
        if isinstance(field, StreamField)
    ]
    # The pages built of sections share theirs: looking at each once is enough.
    return {
        f"{field.name}.{name}": block
        for field in fields
        for name, block in field.stream_block.child_blocks.items()
    }


STREAM_BLOCKS = stream_blocks()


@pytest.mark.parametrize("block", STREAM_BLOCKS.values(), ids=STREAM_BLOCKS.keys())
def test_every_block_has_a_preview_and_says_what_it_is(admin_client, block):
    make_home()
    assert block.is_previewable
    assert block.get_description()
    response = admin_client.get(reverse("wagtailadmin_block_preview"), {"id": block.definition_prefix})
    assert response.status_code == 200
    html = response.content.decode()
    assert "earthcode/css/portal" in html, "the portal's own stylesheet"
    value = block.get_preview_value()
    words = value.get("heading") or value.get("title") or value.get("text") or value.get("caption")
    words = words or value["quote"]
    assert words in html


def descendants(block):
    yield block
    children = getattr(block, "child_blocks", None) or {}
    for child in [*children.values(), *([block.child_block] if hasattr(block, "child_block") else [])]:
        yield from descendants(child)


def test_no_block_takes_raw_html():
    for stream in (SectionStreamBlock(), SiteSettings.footer_links.field.stream_block):
        assert not [block for block in descendants(stream) if isinstance(block, blocks.RawHTMLBlock)]


@pytest.mark.parametrize(
    "address", ["https://example.org/", "http://example.org/a?b=c", "mailto:a@example.org"]
)
def test_addresses_that_links_accept(address):
    validate_link_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "//example.org",
        "example.org",
        "mailto:",
        "ftp://a.b/",
    ],
)
def test_addresses_that_links_refuse(address):
    with pytest.raises(ValidationError):
        validate_link_address(address)


def test_a_link_leads_to_a_page_or_an_address_but_not_both():
    page = make_content_page(make_home(), title="Privacy")
    block = LinkBlock()

    def link(**value):
        return block.to_python({"text": "Read", "page": None, "address": "", **value})

    assert block.clean(link(page=page.pk)).href == "/privacy/"
    assert block.clean(link(address="https://example.org/")).href == "https://example.org/"
    for wrong in (link(), link(page=page.pk, address="https://example.org/")):
        with pytest.raises(ValidationError):
            block.clean(wrong)
    assert block.clean_deferred(link()).href == "", "a draft may have a link that is not finished"


def test_a_link_to_a_page_that_is_gone_is_not_shown(client):
    home = make_home()
    target = make_content_page(title="Target")
    cards = {
        "heading": "Cards",
        "introduction": "",
        "colour": "white",
        "cards": [
            {"title": "One", "text": "Text", "link": {"text": "Go on", "page": target.pk, "address": ""}}
        ],
    }
    home.body = home._meta.get_field("body").stream_block.to_python([{"type": "cards", "value": cards}])
    home.save_revision().publish()
    assert "Go on" in client.get("/").content.decode()
    target.unpublish()
    assert "Go on" not in client.get("/").content.decode()
    target.delete()
    html = client.get("/").content.decode()
    assert "One" in html
    assert "Go on" not in html
