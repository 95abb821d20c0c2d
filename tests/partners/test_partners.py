import pytest
from wagtail.models import PageViewRestriction

from partners.templatetags.partners_tags import partners
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
