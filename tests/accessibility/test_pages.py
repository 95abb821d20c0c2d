"""Every page that a visitor can meet, and every component by itself, judged by axe-core and by measures of our own:
by day on a screen, by night at 320 px, which is also that screen at 400 % of zoom."""

from unittest import mock

import pytest

from events.importing.fetch import Fetched
from tests.builders import make_calendar

from .conftest import AXE, DARK_AND_NARROW, LIGHT
from .pages import COMPONENT_PAGES, ERRORS, GROUND_PAGES, PAGES, check_link

pytestmark = pytest.mark.browser

MEASURES = ("headings", "smallTargets", "sticksOut", "faintFocus")
MORE_MEASURES_IN_THE_DARK = ("motion", "cutWhenSpaced")
# What follows from the colour of the ground.
RULES_OF_GROUNDS = ["color-contrast", "link-in-text-block"]


def complaints(page, measures, rules=None):
    found = page.evaluate(AXE, rules)
    said = found["violations"] + found["unsure"]
    for measure in measures:
        said += [f"{measure}: {what}" for what in page.evaluate(f"measure.{measure}()")]
    return said


@pytest.mark.parametrize(
    ("way", "measures"),
    [(LIGHT, MEASURES), (DARK_AND_NARROW, (*MEASURES, *MORE_MEASURES_IN_THE_DARK))],
    ids=["by day", "by night at 320 px"],
)
def test_there_is_nothing_to_say_against_any_page(look, portal, way, measures):
    page, said = look(**way), {}
    for path in (*PAGES, *ERRORS, *COMPONENT_PAGES):
        answer = page.goto(portal + path)
        assert answer.status == ERRORS.get(path, 200), path
        said[path] = complaints(page, measures)
    for path in GROUND_PAGES:
        assert page.goto(portal + path).ok
        said[path] = complaints(page, ["faintFocus"], RULES_OF_GROUNDS)
    # What opens at a click.
    page.goto(f"{portal}/events/?where=online&country=Italy&from=x")
    for summary in page.locator("summary:visible").all():  # wide screens show the filters anyway
        summary.click()
    said["open filters"] = complaints(page, measures)
    page.goto(f"{portal}/events/series/")
    page.locator("main summary:visible").first.click()
    said["all dates"] = complaints(page, measures)
    # What a form answers.
    link = portal + check_link()
    feed = make_calendar("SUMMARY:Soil day", "DTSTART:x", "SUMMARY:Ice day\nDTSTART:20991130T090000")
    with mock.patch(
        "events.importing.check.safe_get", return_value=Fetched(body=feed, address="https://example.org/")
    ):
        page.goto(link)
        said["check"] = complaints(page, measures)
        page.get_by_role("button", name="Check").click()
        page.get_by_role("heading", name="found").wait_for()
        said["checked"] = complaints(page, measures)
    page.goto(f"{portal}/team/")
    page.locator("main input[name=username]").fill("nobody")
    page.locator("main input[name=password]").fill("wrong")
    page.locator("main button").click()
    page.get_by_text("correct username and password").wait_for()
    said["sign-in refused"] = complaints(page, measures)
    assert {path: what for path, what in said.items() if what} == {}


def test_there_is_nothing_to_say_against_pages_without_javascript(look, portal):
    page, said = look(**DARK_AND_NARROW), {}
    browser = page.context.new_cdp_session(page)
    for path in PAGES:
        browser.send("Emulation.setScriptExecutionDisabled", {"value": True})
        assert page.goto(portal + path).ok
        # axe-core waits for timers, of which there are none without JavaScript. What the page's scripts would have
        # done as it came is not done now either.
        browser.send("Emulation.setScriptExecutionDisabled", {"value": False})
        assert page.locator("[data-scheme-switch]").is_hidden()
        said[path] = complaints(page, MEASURES)
    assert {path: what for path, what in said.items() if what} == {}
