"""The form of a series as a person meets it."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from events.models import EventIndexPage, EventPage
from tests.builders import make_event_index, make_home, the

pytestmark = pytest.mark.browser

# A busy machine is no reason to fail.
expect.set_options(timeout=30_000)


@pytest.fixture
def admin(page, live_server, settings, admin_user):
    """A browser in which an editor has signed in; `open_form` shows the form of a new event, or of one there is."""
    settings.BASE_URL = live_server.url
    make_home()
    make_event_index()
    sign_in(page, live_server.url)
    return page


def sign_in(page, address):
    page.goto(address + reverse("wagtailadmin_login"))
    page.get_by_label("Username").fill("admin")
    page.get_by_role("textbox", name="Password").fill("password")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(address + reverse("wagtailadmin_home"))


def open_form(page, address, event=None):
    url = (
        reverse("wagtailadmin_pages:edit", args=[event.pk])
        if event
        else reverse("wagtailadmin_pages:add", args=["events", "eventpage", the(EventIndexPage).pk])
    )
    page.goto(address + url)
    return page.locator("[data-repetition]")


def fill_date(page, locator, text):
    locator.fill(text)
    page.keyboard.press("Escape")  # the calendar that opens would lie over the next input


def publish(page):
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Publish").click()
    page.get_by_text(re.compile("has been published|created and published")).wait_for()


def test_every_second_tuesday_until_a_day_is_chosen_and_there_again(admin, live_server):
    series = open_form(admin, live_server.url)
    expect(series).to_be_hidden()
    admin.locator("#id_title").fill("A seminar")
    fill_date(admin, admin.get_by_role("textbox", name="First day", exact=True), "2027-01-12")
    admin.get_by_role("heading", name="Series").click()
    expect(series.get_by_label("How often")).to_have_value("")
    expect(series.get_by_role("checkbox", include_hidden=True)).to_have_count(7)
    expect(series.get_by_label("Tuesday")).to_be_hidden()
    series.get_by_label("How often").select_option("Every week")
    series.get_by_label("Every how many weeks").fill("2")
    series.get_by_label("Tuesday").check()
    series.get_by_label("Ends").select_option("On a date")
    expect(series.get_by_label("Number of dates")).to_be_hidden()
    fill_date(admin, series.get_by_label("Last day"), "2027-03-31")
    publish(admin)
    event = the(EventPage)
    assert event.recurrence_rule == "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20270331"
    assert event.occurrences.count() == 6
    series = open_form(admin, live_server.url, event)
    expect(series.get_by_label("How often")).to_have_value("WEEKLY")
    expect(series.get_by_label("Every how many weeks")).to_have_value("2")
    expect(series.get_by_label("Tuesday")).to_be_checked()
    expect(series.get_by_label("Monday")).not_to_be_checked()
    expect(series.get_by_label("Last day")).to_have_value("2027-03-31")
    expect(series.get_by_label("Weekday", exact=True)).to_be_hidden()
