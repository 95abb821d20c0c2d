"""What only a real browser can show, on the real content."""

import re
import time
from datetime import date

import pytest
from django.core.management import call_command
from django.urls import reverse

from events.models import EventPage
from tests.builders import make_event, make_image

pytestmark = pytest.mark.browser

PATHS = [
    "/",
    "/about/",
    "/events/",
    "/events/past/",
    "/events/calendar/2099/01/",
    "/events/earthcode-hackathon-2026/",
    "/events/long/",
    "/partners/",
    "/partners/telespazio/",
    "/roadmap/",
    "/roadmap/foundational-development/",
    "/search/?q=earthcode",
    "/search/?q=hackaton",
]


@pytest.fixture
def portal(live_server, settings):
    """The address of a portal with its initial content, one picture and a word longer than a phone is wide."""
    settings.BASE_URL = live_server.url
    call_command("seed_content", verbosity=0)
    event = EventPage.objects.get(slug="earthcode-hackathon-2026")
    event.image = event.social_image = make_image()
    event.save_revision().publish()
    make_event(
        title="Datenschutzgrundverordnungsbeauftragtenversammlung", slug="long", start_date=date(2099, 1, 1)
    )
    return live_server.url


@pytest.fixture
def complaints(page):
    """What the browser complains about: console errors, exceptions, requests that fail."""
    found = []
    # What the content checker finds in a preview is for its editor.
    page.on(
        "console",
        lambda said: (
            found.append(said.text)
            if said.type in ("error", "warning") and not said.text.startswith("axe.run results")
            else None
        ),
    )
    page.on("pageerror", lambda error: found.append(str(error)))
    # Going on to the next page aborts what the last one still asked for, its icon for instance.
    page.on(
        "requestfailed",
        lambda request: (
            found.append(f"{request.failure}: {request.url}")
            if request.failure != "net::ERR_ABORTED"
            else None
        ),
    )
    page.on(
        "response",
        lambda answer: found.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None,
    )
    return found


def eventually(page, condition, seconds=15):
    """Wait for `condition`: our pages let nobody evaluate anything in them, so Playwright's own way is barred."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        page.wait_for_timeout(100)


def test_pages_ask_nobody_else_and_leave_nothing_behind(page, portal, complaints):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PATHS:
        page.goto(portal + path)
    assert [url for url in asked if not url.startswith(portal + "/")] == []
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert complaints == []


def test_pages_are_complete_without_javascript(browser, page, portal):
    with browser.new_context(java_script_enabled=False) as context:
        plain = context.new_page()
        for path in PATHS:
            page.goto(portal + path)
            plain.goto(portal + path)
            page.locator("[data-scheme-switch]").evaluate("button => button.remove()")
            assert plain.locator("body").inner_text() == page.locator("body").inner_text()
            assert plain.locator("h1").count() == 1


def test_nothing_sticks_out(page, portal):
    for path in PATHS:
        page.goto(portal + path)
        for width in (320, 768, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_roadmap_carousel_scrolls_by_keyboard(page, portal):
    page.goto(f"{portal}/about/")
    carousel = page.get_by_role("region", name="Stages of the roadmap")
    assert carousel.get_by_role("listitem").count() == 5
    for _ in range(60):
        page.keyboard.press("Tab")
        if carousel.evaluate("element => element === document.activeElement"):
            break
    else:
        pytest.fail("the Tab key never reaches the carousel")
    page.keyboard.press("ArrowRight")
    eventually(page, lambda: carousel.evaluate("element => element.scrollLeft") > 0)


@pytest.mark.parametrize("width", [360, 1440])
def test_events_are_chosen_by_keyboard_alone(page, portal, width):
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"{portal}/events/")
    words = page.locator("main input[name=q]")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY" and not words.is_visible():
            page.keyboard.press("Enter")
        if words.evaluate("element => element === document.activeElement"):
            break
    else:
        pytest.fail("the Tab key never reaches the words to look for")
    page.keyboard.type("datenschutz")
    page.keyboard.press("Enter")
    eventually(page, lambda: "q=datenschutz" in page.url)
    assert page.url == f"{portal}/events/?q=datenschutz", "what was left empty is not in the address"
    assert page.get_by_role("main").get_by_role("heading", name="Datenschutz").count() == 1


def test_the_first_tab_skips_to_the_content(page, portal):
    page.goto(portal)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_an_editor_changes_a_page_sees_it_and_publishes(page, portal, complaints, admin_user):
    page.goto(portal + reverse("wagtailadmin_login"))
    page.get_by_label("Username").fill("admin")
    page.get_by_role("textbox", name="Password").fill("password")
    page.get_by_role("button", name="Sign in").click()
    event = EventPage.objects.get(slug="earthcode-hackathon-2026")
    page.goto(portal + reverse("wagtailadmin_pages:edit", args=[event.pk]))
    page.locator("#id_title").fill("Hackathon of the year")
    page.get_by_role("button", name="Toggle preview").click()
    eventually(
        page,
        lambda: any(
            frame.get_by_role("heading", name="Hackathon of the year", level=1).count()
            for frame in page.frames
            if "/preview/" in frame.url
        ),
    )
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Publish").click()
    page.get_by_text(re.compile("Hackathon of the year.*published")).wait_for()
    assert complaints == []
    page.goto(f"{portal}/events/")
    assert page.get_by_role("link", name="Hackathon of the year").is_visible()
    # The user bar works under the policy of public pages.
    page.get_by_role("button", name="View Wagtail quick actions").click()
    page.get_by_role("menuitem", name="Edit this page").wait_for()
    page.get_by_role("menuitem", name="Checks").click()
    page.get_by_role("heading", name="Warnings").or_(page.get_by_text("No issues found")).first.wait_for()
    assert complaints == []
