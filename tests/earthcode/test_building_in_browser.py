"""An editor builds a page such as the old portal's “Ecosystem” with the admin alone; a visitor reads it."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import expect

from earthcode.models import ContentPage, HomePage
from tests.builders import make_home, make_image, make_partner, make_partner_index, the

pytestmark = pytest.mark.browser

LONG_WORD = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"

# A busy machine is no reason to fail.
expect.set_options(timeout=30_000)


class Editor:
    """A person before the form of a new page; sections are counted from the top, from 0."""

    def __init__(self, page, address):
        self.page, self.address, self.sections = page, address, 0

    def sign_in(self, username, password):
        self.page.goto(self.address + reverse("wagtailadmin_login"))
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_role("textbox", name="Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(self.address + reverse("wagtailadmin_home"))

    def begin(self, parent, title):
        self.page.goto(
            self.address + reverse("wagtailadmin_pages:add", args=["earthcode", "contentpage", parent.pk])
        )
        self.page.evaluate("$.fx.off = true")  # a button that still slides into its place is missed
        self.page.locator("#id_title").fill(title)

    def add(self, name, *, colour=None, rows=0, **values):
        """A section called `name` with `values`, each named by its place in the form (`cards-0-value-title`), after
        adding `rows` to its list."""
        number, self.sections = self.sections, self.sections + 1
        self.page.get_by_title("Insert a block").last.click()
        self.page.get_by_role("option", name=name, exact=True).click()
        section = self.page.locator(f"[data-streamfield-child]:has(> [name='body-{number}-type'])")
        for _ in range(rows):
            section.get_by_title("Add", exact=True).last.click()
        if colour:
            section.get_by_title("Settings", exact=True).click()
            self.page.locator(f"#body-{number}-value-colour").select_option(colour)
        for place, value in values.items():
            self.fill(f"#body-{number}-value-{place.replace('__', '-')}", value)
        return f"#body-{number}-value-"

    def fill(self, selector, value):
        field = self.page.locator(selector)
        if field.get_attribute("type") == "hidden":  # rich text
            field.locator("xpath=ancestor::*[@data-contentpath][1]").get_by_role("textbox").click()
            self.page.keyboard.type(value)
        elif field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)

    def choose_image(self, selector, title):
        self.page.locator(f"{selector}-chooser").get_by_role("button", name="Choose an image").click()
        self.page.get_by_role("link", name=title).click()
        expect(self.page.locator(f"{selector}-title")).to_have_text(title)

    def checks(self):
        """What Wagtail's checker finds in the draft. It stops for good where the preview is replaced under it, so it
        gets a form just saved; it counts words last."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Save draft").click()
        panel = self.page.locator("[data-side-panel=checks]")
        if not panel.is_visible():
            self.page.get_by_role("button", name="Toggle checks").click()
        expect(panel.locator("[data-content-word-count]")).to_have_text(re.compile(r"\d"))
        return panel.locator("[data-checks-panel]")

    def preview(self):
        self.page.get_by_role("button", name="Toggle preview").click()
        return self.page.frame_locator("#w-preview-iframe")

    def publish(self):
        self.page.get_by_role("button", name="More actions").click()
        self.page.get_by_role("button", name="Publish").click()
        self.page.get_by_text(re.compile("has been published|created and published")).wait_for()


def card(number, title, text, link, icon):
    place = f"cards__{number}__value__"
    return {
        f"{place}title": title,
        f"{place}text": text,
        f"{place}icon": icon,
        f"{place}link__text": link,
        f"{place}link__address": "https://example.org/",
    }


@pytest.fixture
def editor(page, live_server, settings):
    settings.BASE_URL = live_server.url
    make_home()
    make_partner_index()
    make_partner(title="Pangeo")
    make_image(title="Coast", credit="ESA/Copernicus", description="A coast seen from orbit")
    user = get_user_model().objects.create_user("erin", password="password")
    user.groups.add(Group.objects.get(name="Moderators"))
    person = Editor(page, live_server.url)
    person.sign_in("erin", "password")
    return person


def test_an_editor_builds_an_ecosystem_page_and_a_visitor_reads_it(editor, page, browser, live_server):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    editor.begin(the(HomePage), "Ecosystem")
    editor.add(
        "Hero",
        overline="Platforms and services",
        title="One ecosystem for open Earth science",
        introduction="Platforms that work together.",
    )
    text = editor.add("Text", heading="What belongs to it", text="Services that follow open standards.")
    editor.choose_image(f"{text}picture-image", "Coast")
    editor.fill(f"{text}picture-alt_text", "The coast of Portugal from orbit")
    editor.add(
        "Cards",
        colour="lagoon",
        rows=1,
        heading="Platforms",
        **card(0, "DeepESDL", "Data cubes in the cloud.", "Read more", "layers"),
        **card(1, "Pangeo", "A community for big data.", "Visit Pangeo", "people"),
    )
    page.locator("#body-2-value-arrangement").select_option("carousel")
    editor.add(
        "Numbered list",
        heading="How to join",
        rows=1,
        steps__0__value__title="Read the guide",
        steps__1__value__title="Write to the team",
    )
    editor.add(
        "Accordion",
        heading="Questions",
        answers__0__value__question="Who may join?",
        answers__0__value__answer="Everybody.",
    )
    editor.add("Partners", heading="Who stands behind it")
    editor.add(
        "Newsletter",
        heading="News by e-mail",
        link__text=f"Subscribe to {LONG_WORD}",
        link__address="https://example.org/newsletter",
    )

    # The checker knows what the editor does not: “Read more” helps nobody.
    found = editor.checks()
    expect(found).to_contain_text("Link text does not say where it goes")
    expect(found).not_to_contain_text("Misusing")
    editor.fill("#body-2-value-cards-0-value-link-text", "Explore DeepESDL")
    expect(editor.checks()).not_to_contain_text("Link text")

    preview = editor.preview()
    expect(preview.get_by_role("heading", level=1)).to_have_text("One ecosystem for open Earth science")
    expect(preview.get_by_role("link", name="Explore DeepESDL")).to_be_visible()
    editor.publish()
    assert [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))] == []
    page_built = the(ContentPage)
    assert page_built.live
    assert len(page_built.body) == 7

    with browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False) as context:
        visitor = context.new_page()
        asked.clear()
        visitor.on("request", lambda request: asked.append(request.url))
        visitor.goto(f"{live_server.url}/ecosystem/")
        headings = visitor.locator("main :is(h1, h2, h3)").all_inner_texts()
        assert headings == [
            "One ecosystem for open Earth science",
            "What belongs to it",
            "Platforms",
            "DeepESDL",
            "Pangeo",
            "How to join",
            "Read the guide",
            "Write to the team",
            "Questions",
            "Who may join?",
            "Who stands behind it",
            "Pangeo",
            "News by e-mail",
        ]
        picture = visitor.get_by_role("img", name="The coast of Portugal from orbit")
        picture.scroll_into_view_if_needed()
        expect(picture).to_be_visible()
        answer = visitor.get_by_text("Everybody.")
        expect(answer).to_be_hidden()
        visitor.locator("main summary").focus()
        visitor.keyboard.press("Enter")
        expect(answer).to_be_visible()
        shelf = visitor.get_by_role("region", name="Platforms")
        shelf.focus()
        visitor.keyboard.press("ArrowRight")
        visitor.wait_for_timeout(500)
        assert shelf.evaluate("shelf => shelf.scrollLeft") > 0
        assert visitor.evaluate("document.documentElement.scrollWidth") == 360
        button = visitor.get_by_role("link", name=LONG_WORD).bounding_box()
        assert button["x"] + button["width"] <= 360
        assert all(url.startswith(live_server.url) for url in asked)
        assert any(url.endswith(".avif") for url in asked)
