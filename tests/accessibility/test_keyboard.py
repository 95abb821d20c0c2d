"""What can be done with the portal can be done by the keyboard, at every width, and nothing of it needs a script."""

import pytest

from ..test_in_browser import eventually

pytestmark = pytest.mark.browser

NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1280, "height": 900}


def has_focus(target):
    return target.evaluate_all("found => found.some(element => element === document.activeElement)")


def tab_to(page, target):
    """Press Tab until one of `target` has the focus; what is closed on the way is opened by Enter."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if has_focus(target):
            return
        if page.evaluate("document.activeElement.matches('details:not([open]) > summary')"):
            page.keyboard.press("Enter")
    pytest.fail(f"the Tab key never reaches {target}")


def test_everything_is_done_by_keyboard(look, portal):
    page = look()
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        # The skip link passes the header by.
        page.goto(portal)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to content"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")
        # The menu.
        page.goto(portal)
        tab_to(page, page.locator("header nav a[href='/events/']"))
        page.keyboard.press("Enter")
        eventually(page, lambda: page.url.endswith("/events/"))
        # The filters.
        tab_to(page, page.locator("main input[name=q]"))
        page.keyboard.type("ice")
        page.keyboard.press("Enter")
        eventually(page, lambda: "q=ice" in page.url)
        # What is chosen is taken away.
        tab_to(page, page.locator(".chip--chosen"))
        page.keyboard.press("Enter")
        eventually(page, lambda: "q=ice" not in page.url)
        # From month to month, to an event.
        page.goto(f"{portal}/events/calendar/2098/12/")
        tab_to(page, page.locator("main a[rel=next]"))
        page.keyboard.press("Enter")
        eventually(page, lambda: page.url.endswith("/2099/01/"))
        tab_to(page, page.locator("main table a"))
        page.keyboard.press("Enter")
        eventually(page, lambda: page.url.endswith("/events/long/"))
        # The search.
        page.goto(f"{portal}/search/")
        tab_to(page, page.locator("main input[name=q]"))
        page.keyboard.type("roadmap")
        page.keyboard.press("Enter")
        eventually(page, lambda: "q=roadmap" in page.url)
        tab_to(page, page.locator("main h3 a"))
    # The carousel is scrolled by the arrows, and shows everything that gets the focus in it.
    page.goto(f"{portal}/about/")
    carousel = page.get_by_role("region", name="Stages of the roadmap")
    tab_to(page, carousel)
    page.keyboard.press("ArrowRight")
    eventually(page, lambda: carousel.evaluate("element => element.scrollLeft") > 0)
    last = carousel.locator("a").last
    tab_to(page, last)
    eventually(page, lambda: is_in_sight(carousel, last))


def is_in_sight(frame, target):
    outer, inner = frame.bounding_box(), target.bounding_box()
    return outer["x"] - 1 <= inner["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1


def test_pages_say_the_same_without_javascript(look, portal):
    """What assistive technology reads of a page is the same, but for what only scripts can do."""
    with_scripts, without = look(), look(java_script_enabled=False)
    for path in (
        "/",
        "/about/",
        "/events/",
        "/events/series/",
        "/events/calendar/2099/01/",
        "/search/?q=ice",
    ):
        trees = []
        for page in (with_scripts, without):
            page.goto(portal + path)
            trees.append(page.locator("body").aria_snapshot())
        spoken = [[line for line in tree.splitlines() if "Colour scheme" not in line] for tree in trees]
        assert spoken[0] == spoken[1]
