"""Conflicts settled by the keyboard alone, and nothing lost that was typed meanwhile."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from events.importing import import_source
from events.importing.models import ImportRecord
from events.models import EventPage
from tests.builders import make_calendar, make_event_index, make_home, the

from ...test_in_browser import eventually
from ..test_form_in_browser import sign_in
from .test_import_events import edit

pytestmark = pytest.mark.browser


@pytest.fixture
def record(page, live_server, settings, admin_user, tmp_path):
    """Of an event whose title and place an editor and the feed both changed; the browser has signed in."""
    settings.BASE_URL = live_server.url
    make_home()
    parent, path = make_event_index(), tmp_path / "feed.ics"

    def imported(entry):
        path.write_bytes(make_calendar(entry))
        import_source(str(path), format="ical", parent=parent, publish=True)

    imported("SUMMARY:One\nLOCATION:Oslo")
    edit(the(EventPage), title="Ann's", venue="At Ann's")
    imported("SUMMARY:The feed's\nLOCATION:Rome")
    sign_in(page, live_server.url)
    return the(ImportRecord)


def open_form(page, live_server, record):
    page.goto(live_server.url + reverse("wagtailadmin_pages:edit", args=[record.page_id]))
    # What is typed before Wagtail watches the form would be no change to it.
    expect(page.locator("#page-edit-form")).to_have_attribute("data-w-unsaved-has-edits-value", "false")


def tab_to(page, target):
    for _ in range(80):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail("the Tab key never reaches it")


def test_case_35_conflicts_are_settled_in_the_inbox_by_keyboard(page, live_server, record):
    page.goto(live_server.url + reverse("import_inbox:index"))
    tab_to(page, page.get_by_role("button", name="Use the partner’s: Title"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("follows the partner again")).to_be_visible()
    expect(page.locator(f"#imported-{record.pk}-venue")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Keep ours: Venue")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("No decision is waiting.")).to_be_visible()
    expect(page.locator("#to-settle")).to_be_focused()
    event = the(EventPage)
    assert (event.title, event.venue, the(ImportRecord).pins) == ("The feed's", "At Ann's", ["venue"])


def test_case_35_a_conflict_is_settled_on_the_form_and_what_was_typed_stays(page, live_server, record):
    open_form(page, live_server, record)
    page.locator("#id_city").click()
    page.keyboard.type("Typed")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.locator("#id_title").focus()
    tab_to(page, page.get_by_role("button", name="Use the partner’s: Venue"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Venue of “Ann's” follows the partner again.")).to_be_visible()
    expect(page.locator("#id_venue")).to_have_value("Rome")
    expect(page.locator("#id_city")).to_have_value("Typed")
    expect(page.locator(f"#imported-{record.pk}-title")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Title of “Ann's” stays as it is")).to_be_visible()
    expect(page.locator("#imported")).to_be_focused()
    event = the(EventPage)
    assert (event.venue, event.city) == ("Rome", "")


def test_what_could_not_be_saved_is_not_left_behind_unasked(page, live_server, record):
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    open_form(page, live_server, record)
    page.locator("#id_title").click()
    for key in ("Control+a", "Delete"):
        page.keyboard.press(key)
    expect(page.get_by_text("There are validation errors")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Use the partner’s: Venue"))
    page.keyboard.press("Enter")
    eventually(page, lambda: asked)
    assert asked == ["beforeunload"]
    assert the(EventPage).venue == "At Ann's"
