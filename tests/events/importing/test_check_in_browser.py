"""The page on which partners check their feed, in a real browser."""

from html.parser import HTMLParser

import pytest
from django.urls import reverse
from django.utils import timezone as clock

from events.importing.check import make_link, token_of
from events.importing.models import ImportSource
from tests.builders import make_calendar, make_event_index, make_home

pytestmark = pytest.mark.browser


@pytest.fixture
def link(live_server, serve, server):
    make_home()
    long = "Datenschutzgrundverordnungsbeauftragtenversammlung" * 2
    server.body = make_calendar(f"SUMMARY:{long}\nUID:{long}\nDTSTART:20991130T090000", "DTSTART:x")
    source = ImportSource.objects.create(
        name="Partner", address=serve(server.answer), parent=make_event_index()
    )
    token = token_of(make_link(source, user=None, at=clock.now()))
    return live_server.url + reverse("feed_check", args=[token])


@pytest.mark.parametrize("has_javascript", [True, False])
def test_a_partner_checks_the_feed_and_leaves_nothing_behind(browser, link, live_server, has_javascript):
    with browser.new_context(java_script_enabled=has_javascript) as context:
        page, asked, complaints = context.new_page(), [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda said: complaints.append(said.text))
        page.goto(link)
        page.get_by_label("Address of your calendar").press("Enter")
        page.get_by_role("heading", name="1 event found").wait_for()
        assert page.get_by_text("No end (DTEND).").first.is_visible()
        assert [url for url in asked if not url.startswith(live_server.url + "/")] == []
        assert (context.cookies(), complaints) == ([], [])


@pytest.mark.parametrize("width", [320, 768, 1440])
def test_nothing_of_it_sticks_out(page, link, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(link)
    page.get_by_role("button", name="Check").click()
    page.get_by_role("heading", name="1 event found").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


class Headings(HTMLParser):
    def __init__(self):
        super().__init__()
        self.levels = []

    def handle_starttag(self, tag, attrs):
        if tag in {"h1", "h2", "h3", "h4"}:
            self.levels.append(int(tag[1]))


def test_its_headings_go_down_step_by_step(page, link):
    page.goto(link)
    page.get_by_role("button", name="Check").click()
    page.get_by_role("heading", name="1 event found").wait_for()
    found = Headings()
    found.feed(page.content())
    assert found.levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(found.levels, found.levels[1:], strict=False))
