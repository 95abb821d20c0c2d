from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone as clock
from wagtail.models import PageViewRestriction

from events.models import EventIndexPage, EventPage
from tests.builders import make_event, the

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def index(event_list):
    return event_list


def titles(events):
    return [event.title for event in events]


def test_upcoming_runs_from_the_running_to_the_undetermined():
    make_event(title="later", start_date=date(2027, 1, 1))
    make_event(title="undetermined", start_date=None, date_status="to_be_determined")
    make_event(title="running", start_date=date(2026, 11, 28), end_date=date(2026, 12, 2))
    make_event(title="over", start_date=date(2026, 11, 29))
    assert titles(EventPage.objects.upcoming(AT)) == ["running", "later", "undetermined"]
    assert titles(EventPage.objects.past(AT)) == ["over"]


def test_past_runs_backwards_and_leaves_out_what_has_no_date():
    make_event(title="old", start_date=date(2024, 1, 1))
    make_event(title="recent", start_date=date(2026, 1, 1))
    make_event(title="undetermined", start_date=None, date_status="to_be_determined")
    assert titles(EventPage.objects.past(AT)) == ["recent", "old"]


@pytest.mark.parametrize(
    ("zone", "over_at"),
    [
        ("Pacific/Kiritimati", datetime(2026, 11, 30, 10, tzinfo=UTC)),
        ("Europe/Rome", datetime(2026, 11, 30, 23, tzinfo=UTC)),
        ("Etc/GMT+12", datetime(2026, 12, 1, 12, tzinfo=UTC)),
    ],
)
def test_an_event_is_over_when_its_day_ends_in_its_own_zone(zone, over_at):
    make_event(timezone=zone)
    just_before = over_at.replace(microsecond=0) - (datetime.resolution)
    assert EventPage.objects.upcoming(just_before).count() == 1
    assert EventPage.objects.past(just_before).count() == 0
    assert EventPage.objects.upcoming(over_at).count() == 0
    assert EventPage.objects.past(over_at).count() == 1


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_overlapping_asks_the_wall_calendar_of_the_event(zone):
    make_event(start_date=date(2026, 11, 30), end_date=date(2026, 12, 1), start_time=time(23), timezone=zone)

    def found(first, last):
        return EventPage.objects.overlapping(date(2026, *first), date(2026, *last)).exists()

    assert found((11, 1), (11, 30))
    assert found((12, 1), (12, 31))
    assert not found((11, 1), (11, 29))
    assert not found((12, 2), (12, 31))


def test_nobody_publishes_anything_when_the_dates_of_a_page_change():
    event = make_event(start_date=date(2026, 11, 1))
    assert EventPage.objects.past(AT).count() == 1
    event.start_date = date(2026, 12, 24)
    event.save_revision()
    assert EventPage.objects.past(AT).count() == 1, "a draft must not change the listing"
    event.save_revision().publish()
    assert EventPage.objects.past(AT).count() == 0
    assert event.occurrences.count() == 1


def test_drafts_are_not_listed():
    event = make_event()
    event.unpublish()
    assert EventPage.objects.listed().count() == 0


def test_private_events_are_not_listed():
    make_event(title="open")
    secret = make_event(title="secret")
    restriction = PageViewRestriction.objects.create(page=secret, restriction_type="login")
    assert titles(EventPage.objects.listed()) == ["open"]
    restriction.page = the(EventIndexPage)
    restriction.save()
    assert titles(EventPage.objects.listed()) == []


@pytest.mark.parametrize("how", ["copied", "scheduled"])
def test_a_page_is_in_the_listing_however_it_was_published(how):
    event = make_event(start_date=date(2099, 1, 1))
    if how == "copied":
        event.copy(update_attrs={"slug": "again"}, keep_live=True)
    else:
        draft = EventPage(title="Again", start_date=date(2099, 1, 1), live=False)
        the(EventIndexPage).add_child(instance=draft)
        draft.go_live_at = clock.now() - timedelta(minutes=1)
        draft.save_revision(approved_go_live_at=draft.go_live_at)
        call_command("publish_scheduled")
    assert EventPage.objects.listed().upcoming(AT).count() == 2


def test_an_alias_is_no_second_event():
    event = make_event(start_date=date(2099, 1, 1))
    event.create_alias(update_slug="again")
    assert EventPage.objects.listed().upcoming(AT).count() == 1


def test_an_event_is_dated_until_the_instant_that_it_is_over():
    make_event(start_date=date(2026, 11, 30), timezone="UTC")
    over = datetime(2026, 12, 1, tzinfo=UTC)
    assert EventPage.objects.dated_after(over - timedelta(microseconds=1)).exists()
    assert not EventPage.objects.dated_after(over).exists()
