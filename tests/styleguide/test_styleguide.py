"""The pattern library: complete, of the portal's own templates, and for developers only."""

import pytest
from django.core.management import call_command

from earthcode.blocks import SectionStreamBlock
from earthcode.blocks.section import GROUNDS
from earthcode.settings import development
from styleguide.components import COMPONENTS
from styleguide.sections import SECTIONS

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _content(module_db):
    call_command("seed_content", verbosity=0)


@pytest.fixture
def portal(settings):
    settings.ROOT_URLCONF = development.ROOT_URLCONF


def test_the_pattern_library_is_for_developers_only(client, settings):
    for address in ("/styleguide/", "/styleguide/components/header/", "/styleguide/sections/text/"):
        assert client.get(address).status_code == 404
    assert development.DEBUG
    settings.ROOT_URLCONF = development.ROOT_URLCONF
    assert client.get("/styleguide/").status_code == 200


@pytest.mark.usefixtures("portal")
def test_every_component_and_every_section_has_a_page(client):
    links = client.get("/styleguide/").content.decode()
    assert SECTIONS.keys() == SectionStreamBlock().child_blocks.keys()
    addresses = [f"components/{slug}/" for slug in COMPONENTS] + [f"sections/{name}/" for name in SECTIONS]
    for address in (f"/styleguide/{rest}" for rest in addresses):
        assert f'href="{address}"' in links
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.content.decode().count("<h1") >= 1


@pytest.mark.usefixtures("portal")
def test_a_section_is_shown_on_every_ground(client):
    html = client.get("/styleguide/sections/text/grounds/").content.decode()
    for value, name in GROUNDS:
        assert f"ground-{value}" in html
        assert name in html
    assert client.get("/styleguide/sections/hero/grounds/").status_code == 404
    assert client.get("/styleguide/sections/nothing/").status_code == 404


@pytest.mark.usefixtures("portal")
def test_examples_lead_nowhere_but_to_the_pattern_library(client):
    html = client.get("/styleguide/components/event-rows/").content.decode()
    assert 'href="None' not in html
    assert "Happening now" in html
    assert "Cancelled" in html
