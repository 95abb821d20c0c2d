"""The fields of a page as the values that are merged, and back."""

from datetime import date

import pytest

from events.importing.pages import draft_values, set_values
from events.models import EventOrganizer, EventPage
from events.recurrence import ScheduleException
from tests.builders import (
    make_event,
    make_event_index,
    make_feed_event,
    make_home,
    make_partner,
    make_partner_index,
    make_topic,
    make_type,
    the,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def portal():
    make_home()
    make_event_index()
    make_type("Workshop")
    make_topic("Ice")
    make_topic("Sea")


EVERYTHING = make_feed_event(
    title="A series",
    recurrence_rule="FREQ=WEEKLY",
    exceptions=(
        ScheduleException(date(2026, 12, 7), is_cancelled=True, note="A strike"),
        ScheduleException(date(2026, 12, 14), start_date=date(2026, 12, 15)),
    ),
    city="Rome",
    country="Italy",
    online_url="https://example.org/live",
    website="https://example.org/",
    registration_url="https://example.org/register",
    language="it",
    event_type="workshop",
    topics=("sea", "ice"),
    organizers=("ESA", "Telespazio"),
)


@pytest.mark.parametrize("event", [EVERYTHING, make_feed_event()])
def test_what_is_written_is_read_back(event):
    page = make_event(title="Another")
    set_values(page, event.values)
    assert draft_values(page) == event.values
    page.save_revision().publish()
    assert draft_values(the(EventPage)) == event.values


def test_rows_that_are_right_stay_with_what_an_editor_added():
    make_partner_index()
    partner = make_partner(title="Telespazio")
    page = make_event()
    set_values(page, EVERYTHING.values)
    page.save_revision().publish()
    esa, telespazio = page.organizers.all()
    assert (esa.partner, telespazio.partner.pk) == (None, partner.pk)
    esa.role = EventOrganizer.Role.SPONSOR
    cancelled, _ = page.exceptions.all()
    set_values(
        page,
        {"organizers": ["ESA"], "exceptions": {"2026-12-07": EVERYTHING.values["exceptions"]["2026-12-07"]}},
    )
    assert [(row, row.role) for row in page.organizers.all()] == [(esa, "sponsor")]
    assert list(page.exceptions.all()) == [cancelled]


def test_words_that_the_vocabulary_has_lost_are_left_out():
    page = make_event()
    set_values(page, {"event_type": "gone", "topics": ["gone", "ice"]})
    assert draft_values(page) == {**draft_values(page), "event_type": None, "topics": ["ice"]}
