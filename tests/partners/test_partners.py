import json
import re

import pytest
from wagtail.models import PageViewRestriction

from partners.templatetags.partners_tags import logo_size, partners
from tests.builders import make_home, make_image, make_partner, make_partner_index

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def index():
    make_home()
    return make_partner_index()


@pytest.mark.parametrize(
    ("name", "monogram"),
    [
        ("Brockmann Consult", "BC"),
        ("EOX", "E"),
        ("élan vital gmbh", "ÉV"),
        ("– & –", "?"),
        ("4C Space", "4S"),
    ],
)
def test_a_monogram_stands_in_for_a_logo(client, index, name, monogram):
    make_partner(title=name, slug="partner")
    html = client.get(index.url).content.decode()
    assert f'<span class="monogram" aria-hidden="true">{monogram}</span>' in html
    assert "<img" not in html


def test_a_logo_takes_the_place_of_the_monogram(client, index):
    make_partner(logo=make_image())
    html = client.get(index.url).content.decode()
    assert "<img" in html
    assert "monogram" not in html


@pytest.mark.parametrize(
    ("width", "height", "shown"),
    [
        (400, 133, (144, 48)),
        (160, 160, (80, 80)),
        (200, 160, (93, 74)),
        (400, 100, (166, 42)),
        (400, 50, (208, 26)),
        (40, 160, (20, 80)),
        (400, 1, (208, 1)),
    ],
)
def test_logos_of_every_shape_weigh_the_same(width, height, shown):
    assert logo_size(width, height) == shown


def test_partners_keep_the_order_that_editors_give_them():
    first, second = make_partner(title="first"), make_partner(title="second")
    second.move(first, pos="left")
    assert [partner.title for partner in partners()] == ["second", "first"]


def test_only_what_anybody_may_see_is_listed():
    make_partner(title="public")
    make_partner(title="draft").unpublish()
    secret = make_partner(title="secret")
    PageViewRestriction.objects.create(page=secret, restriction_type="login")
    assert [partner.title for partner in partners()] == ["public"]


def test_a_link_says_whose_website_it_leads_to(client):
    partner = make_partner(title="Terradue", website="https://www.terradue.com/")
    assert (
        '<a class="button" href="https://www.terradue.com/">Visit Terradue</a>'
        in client.get(partner.url).content.decode()
    )


def organization(client, partner):
    html = client.get(partner.url).content.decode()
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
    return next(block for block in map(json.loads, blocks) if block["@type"] == "Organization")


def test_search_engines_learn_who_a_partner_is(client, settings):
    partner = make_partner(
        title="</script>Terradue", slug="terradue", website="https://example.org/", logo=make_image()
    )
    found = organization(client, partner)
    assert found.pop("logo").startswith("http")
    assert found == {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": "</script>Terradue",
        "url": "https://example.org/",
        "mainEntityOfPage": f"{settings.BASE_URL}/partners/terradue/",
        "description": "Leads.",
    }


def test_a_partner_without_website_is_found_here(client, settings):
    found = organization(client, make_partner(title="Terradue", website=""))
    assert found["url"] == f"{settings.BASE_URL}/partners/terradue/"
    assert "logo" not in found
