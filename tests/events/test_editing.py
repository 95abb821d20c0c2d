"""What an editor does with an event in the admin, by the forms that a browser would send."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.forms import Select
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.asserts import assertHTMLEqual
from wagtail.test.utils.form_data import querydict_from_html

from events.models import (
    EventException,
    EventIndexPage,
    EventKeyDate,
    EventOccurrence,
    EventOrganizer,
    EventPage,
    EventPreviousDates,
    EventTopic,
    EventType,
)
from events.widgets import TimezoneSelect
from tests.builders import make_event, the

pytestmark = pytest.mark.django_db

TUESDAYS = {
    "recurrence_rule-repeats": "WEEKLY",
    "recurrence_rule-ends": "count",
    "recurrence_rule-count": "3",
}
FIRST_TUESDAY = date(2027, 1, 12)


@pytest.fixture(autouse=True)
def index(event_list):
    return event_list


def address(event=None):
    if event is None:
        return reverse("wagtailadmin_pages:add", args=["events", "eventpage", the(EventIndexPage).pk])
    return reverse("wagtailadmin_pages:edit", args=[event.pk])


BLANK = QueryDict(mutable=True)


def form_of(client, event=None):
    """The inputs of the form of a new event, or of `event`, as they are when it is opened."""
    if event is not None:
        return inputs(client.get(address(event)))
    if not BLANK:  # it is the same for every test, and takes half a second
        BLANK.update(inputs(client.get(address())))
    return BLANK.copy()


# An option that nobody chose, but for the first of each choice: that is what browsers send where nothing is chosen.
OTHER_OPTION = re.compile(r'(?<=</option>)\s*<option value="[^"]*">[^<]*</option>')


def inputs(response):
    # There are 600 time zones in each choice of one, which are slow to read.
    html = OTHER_OPTION.sub("", response.content.decode())
    data = querydict_from_html(html, form_id="page-edit-form")
    for box in BeautifulSoup(html, "html.parser").select("input[type=checkbox][checked]:not([value])"):
        data[box["name"]] = "on"  # as browsers do, and Wagtail's helper does not
    return data


def row(relation, number, **fields):
    """The inputs of a row that the editor adds, or writes over."""
    return {
        f"{relation}-TOTAL_FORMS": str(number + 1),
        f"{relation}-{number}-ORDER": str(number + 1),
        **{f"{relation}-{number}-{name}": value for name, value in fields.items()},
    }


def send(client, event=None, publish=True, autosaves=False, **fields):
    """Open the form, fill in `fields`, and save or publish."""
    data = form_of(client, event)
    given = {"title": "A seminar", "slug": "a-seminar"} if event is None else {}
    for name, value in {**given, **fields}.items():
        data.setlist(name, value if isinstance(value, list) else [str(value)])
    if publish:
        data["action-publish"] = "1"
    headers = {"accept": "application/json"} if autosaves else {}
    return client.post(address(event), dict(data.lists()), headers=headers)


def complaints(response):
    """Every message that the form shows, by the prefix of its input."""
    form = response.context["form"]
    found = {name: " ".join(messages) for name, messages in form.errors.items()}
    for formset in form.formsets.values():
        found |= {"-": " ".join(formset.non_form_errors())} if formset.non_form_errors() else {}
        for child in formset.forms:
            found |= {f"{child.prefix}-{name}": " ".join(words) for name, words in child.errors.items()}
    return found


def make_series(**changes):
    fields = {
        "title": "A seminar",
        "start_date": FIRST_TUESDAY,
        "start_time": time(14),
        "end_time": time(15),
        "recurrence_rule": "FREQ=WEEKLY;COUNT=3",
        **changes,
    }
    exceptions = fields.pop("exceptions", [])
    event = make_event(**fields)
    if exceptions:
        event.exceptions = exceptions
        event.save_revision().publish()
    return EventPage.objects.get(pk=event.pk)


def first_days(event):
    return [row.days.lower for row in EventPage.objects.get(pk=event.pk).occurrences.all()]


@pytest.mark.parametrize("value", ["Europe/Rome", None, "", '"><b>'])
def test_a_choice_of_a_time_zone_is_what_django_makes_of_one(value):
    ours, attrs = TimezoneSelect({"class": "zones"}), {"id": "id_zone", "required": True, "disabled": False}
    usual = Select({"class": "zones"}, choices=ours.choices)
    assertHTMLEqual(ours.render("zone", value, attrs), usual.render("zone", value, attrs))


def test_a_series_with_an_exception_is_made_from_an_empty_form(admin_client):
    response = send(
        admin_client,
        start_date="2027-01-12",
        start_time="14:00",
        end_time="15:00",
        **TUESDAYS,
        **row(
            "exceptions", 0, original_date="2027-01-19", start_date="2027-01-21", note="The speaker travels."
        ),
    )
    assert response.status_code == 302, complaints(response)
    event = the(EventPage)
    assert event.recurrence_rule == "FREQ=WEEKLY;COUNT=3"
    assert first_days(event) == [date(2027, 1, 12), date(2027, 1, 21), date(2027, 1, 26)]
    again = form_of(admin_client, event)
    assert {name: again[name] for name in TUESDAYS} == TUESDAYS
    assert again["exceptions-0-note"] == "The speaker travels."


def facts(event):
    """All that an editor can say of an event; rows without their keys, which publication gives them anew."""
    said = event.serializable_data()
    moving = {
        "latest_revision",
        "latest_revision_created_at",
        "live_revision",
        "last_published_at",
        "sequence",
    }
    kept = {name: value for name, value in said.items() if name not in moving}
    return {
        name: [{k: v for k, v in row.items() if k != "pk"} for row in value]
        if name.endswith("s") and isinstance(value, list) and value and isinstance(value[0], dict)
        else value
        for name, value in kept.items()
    }


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "FREQ=WEEKLY;COUNT=3",
        "COUNT=3;FREQ=WEEKLY;WKST=MO;INTERVAL=01;BYDAY=TU",
        "freq=monthly;byday=MO,TU,WE,TH,FR;bysetpos=8",
        "FREQ=WEEKLY;UNTIL=20270301T120000Z",
    ],
)
def test_an_event_that_is_opened_and_published_untouched_stays_as_it_is(admin_client, rule):
    event = make_event(
        title="A seminar",
        summary="Words.",
        body='<p data-block-key="abcde">More <b>words</b>.</p>',
        start_date=FIRST_TUESDAY,
        start_time=time(14),
        end_date=FIRST_TUESDAY + timedelta(days=1),
        end_time=time(1, 30),
        timezone="America/St_Johns",
        recurrence_rule=rule,
        event_status="EventRescheduled",
        event_type=EventType.objects.create(name="Workshop", slug="workshop"),
        registration_url="https://example.org/",
        registration_opens_date=date(2026, 12, 1),
        registration_opens_time=time(8),
        price_note="€ 5",
        language="en",
        super_event=make_event(title="The whole"),
    )
    event.topics = [EventTopic.objects.create(name=name, slug=name) for name in ("oceans", "carbon")]
    event.key_dates = [EventKeyDate(sort_order=0, label="Abstracts due", date=date(2026, 12, 24))]
    event.organizers = [EventOrganizer(sort_order=0, name="ESA", website="https://example.org/")]
    event.previous_dates = [
        EventPreviousDates(sort_order=0, start_date=date(2026, 1, 1), timezone="Europe/Rome")
    ]
    if rule:
        exception = EventException(sort_order=0, original_date=FIRST_TUESDAY, is_cancelled=True, note="Ill.")
        event.exceptions = [exception]
    event.save_revision().publish()
    before = facts(EventPage.objects.get(pk=event.pk))
    response = send(admin_client, event)
    assert response.status_code == 302, complaints(response)
    assert facts(EventPage.objects.get(pk=event.pk)) == before


BAD_EXCEPTIONS = {
    "no date of the series": (
        {"original_date": "2027-01-20", "is_cancelled": "on"},
        (
            "original_date",
            "20 January 2027 is not a date of this series. The nearest: 19 January 2027 and 26",
        ),
    ),
    "before the series": (
        {"original_date": "2027-01-11", "is_cancelled": "on"},
        ("original_date", "The nearest: 12 January 2027."),
    ),
    "after the series": (
        {"original_date": "2027-02-02", "is_cancelled": "on"},
        ("original_date", "The nearest: 26 January 2027."),
    ),
    "cancelled and moved": (
        {"original_date": "2027-01-19", "is_cancelled": "on", "start_time": "15:00"},
        ("is_cancelled", "either cancelled or moved"),
    ),
    "last day too early": (
        {"original_date": "2027-01-19", "end_date": "2027-01-18"},
        ("end_date", "The last day is before the first day."),
    ),
    "last day before the new day": (
        {"original_date": "2027-01-19", "start_date": "2027-01-22", "end_date": "2027-01-21"},
        ("end_date", "The last day is before the first day."),
    ),
    "ends before it starts": (
        {"original_date": "2027-01-19", "start_time": "16:00", "end_time": "15:30"},
        ("end_time", "It ends before it starts."),
    ),
    "ends before it starts as always": (
        {"original_date": "2027-01-19", "end_time": "13:00"},
        ("end_time", "It ends before it starts."),
    ),
    "a year of the Romans": (
        {"original_date": "0027-01-19", "is_cancelled": "on"},
        ("original_date", "greater than or equal to"),
    ),
}
UNFINISHED_EXCEPTIONS = {
    "nothing different": ({"original_date": "2027-01-19"}, ("original_date", "Say what is different")),
    "moved to where it is": (
        {"original_date": "2027-01-19", "start_date": "2027-01-19"},
        ("original_date", "Say what is different"),
    ),
}


@pytest.mark.parametrize("publish", [True, False])
@pytest.mark.parametrize(("fields", "complaint"), BAD_EXCEPTIONS.values(), ids=BAD_EXCEPTIONS.keys())
def test_an_exception_that_makes_no_sense_is_explained_at_its_row(admin_client, fields, complaint, publish):
    event = make_series()
    response = send(admin_client, event, publish=publish, **row("exceptions", 0, **fields))
    found = complaints(response)
    assert [name for name in found if not name.startswith("exceptions-0-")] == []
    assert complaint[1] in found[f"exceptions-0-{complaint[0]}"]
    assert response.context["form"]["title"].value() == "A seminar"


@pytest.mark.parametrize(
    ("fields", "complaint"), UNFINISHED_EXCEPTIONS.values(), ids=UNFINISHED_EXCEPTIONS.keys()
)
def test_an_exception_need_not_be_finished_in_a_draft(admin_client, fields, complaint):
    event = make_series()
    assert send(admin_client, event, publish=False, **row("exceptions", 0, **fields)).status_code == 302
    response = send(admin_client, event)
    assert complaint[1] in complaints(response)[f"exceptions-0-{complaint[0]}"]


@pytest.mark.parametrize("publish", [True, False])
def test_two_exceptions_for_one_date_are_explained_at_the_second(admin_client, publish):
    event = make_series()
    rows = row("exceptions", 0, original_date="2027-01-19", is_cancelled="on")
    rows |= row("exceptions", 1, original_date="2027-01-19", note="Again")
    response = send(admin_client, event, publish=publish, **rows)
    assert complaints(response) == {"exceptions-1-original_date": "There is already a row for this date."}


def test_an_exception_may_take_the_date_of_one_that_is_deleted_with_it(admin_client):
    event = make_series(exceptions=[EventException(original_date=date(2027, 1, 19), note="Old")])
    rows = {"exceptions-0-DELETE": "1"} | row("exceptions", 1, original_date="2027-01-19", note="New")
    response = send(admin_client, event, **rows)
    assert response.status_code == 302, complaints(response)
    assert [exception.note for exception in EventPage.objects.get(pk=event.pk).exceptions.all()] == ["New"]


def test_an_event_that_takes_place_once_has_no_exceptions_when_it_is_published(admin_client):
    event = make_event(start_date=FIRST_TUESDAY)
    rows = row("exceptions", 0, original_date="2027-01-12", is_cancelled="on")
    assert send(admin_client, event, publish=False, **rows).status_code == 302
    assert "takes place once" in complaints(send(admin_client, event))["exceptions-0-original_date"]


def test_an_end_time_of_one_date_needs_a_start_time(admin_client):
    event = make_series(start_time=None, end_time=None)
    response = send(admin_client, event, **row("exceptions", 0, original_date="2027-01-19", end_time="15:00"))
    assert complaints(response) == {"exceptions-0-start_time": "An end time needs a start time."}


def test_the_first_day_belongs_to_the_series_and_the_next_fitting_one_is_named(admin_client):
    event = make_series()
    response = send(admin_client, event, **TUESDAYS, **{"recurrence_rule-weekdays": ["WE", "TH"]})
    assert complaints(response) == {
        "recurrence_rule": "The first day is not one of these days; the next would be 13 January 2027. "
        "Change one or the other."
    }
    assert response.context["form"]["recurrence_rule"].value()["weekdays"].value() == ["WE", "TH"]
    response = send(
        admin_client,
        event,
        **{"recurrence_rule-repeats": "own", "recurrence_rule-rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"},
    )
    assert complaints(response) == {"recurrence_rule": "There is no such day in any year."}


# Constraint: what breaks it in the form, in the database.
DAY, LATER = "2027-01-12", "2027-01-13"
BROKEN = {
    "event_times_need_a_first_day": (
        {"start_time": "09:00", "date_status": "to_be_determined"},
        {"start_date": None, "start_time": time(9), "date_status": "to_be_determined"},
    ),
    "event_end_time_needs_a_start_time": (
        {"start_date": DAY, "end_time": "09:00"},
        {"end_time": time(9)},
    ),
    "event_ends_no_day_before_it_starts": (
        {"start_date": LATER, "end_date": DAY},
        {"end_date": date(1999, 1, 1)},
    ),
    "event_ends_after_it_starts": (
        {"start_date": DAY, "start_time": "09:00", "end_time": "09:00"},
        {"start_time": time(9), "end_time": time(9)},
    ),
    "event_times_come_with_a_zone": (
        {"start_date": DAY, "start_time": "09:00", "timezone": ""},
        {"start_time": time(9), "timezone": ""},
    ),
    "event_series_needs_a_first_day": (
        {"recurrence_rule-repeats": "DAILY", "date_status": "to_be_determined"},
        {"start_date": None, "recurrence_rule": "FREQ=DAILY", "date_status": "to_be_determined"},
    ),
    "event_registration_opening_time_needs_a_day": (
        {"start_date": DAY, "registration_opens_time": "09:00"},
        {"registration_opens_time": time(9)},
    ),
    "event_registration_closing_time_needs_a_day": (
        {"start_date": DAY, "registration_closes_time": "09:00"},
        {"registration_closes_time": time(9)},
    ),
    "event_registration_closes_after_it_opens": (
        {"start_date": DAY, "registration_opens_date": DAY, "registration_closes_date": "2027-01-11"},
        {"registration_opens_date": date(2027, 1, 2), "registration_closes_date": date(2027, 1, 1)},
    ),
    "event_is_not_its_own_relative": (
        {"super_event": "itself"},
        {"super_event": "itself"},
    ),
}
BROKEN_ROWS = {
    "one_exception_per_date": [
        {"original_date": FIRST_TUESDAY, "is_cancelled": True},
        {"original_date": FIRST_TUESDAY, "note": "Again"},
    ],
    "event_exception_ends_no_day_before_it_starts": [
        {"original_date": FIRST_TUESDAY, "end_date": date(2027, 1, 11)}
    ],
    "event_exception_is_cancelled_or_moved": [
        {"original_date": FIRST_TUESDAY, "is_cancelled": True, "end_time": time(16)}
    ],
}


def test_every_constraint_is_broken_below():
    assert {constraint.name for constraint in EventPage._meta.constraints} == set(BROKEN)
    assert {constraint.name for constraint in EventException._meta.constraints} == set(BROKEN_ROWS)


@pytest.mark.parametrize("publish", [True, False])
@pytest.mark.parametrize("name", BROKEN)
def test_what_the_database_would_refuse_is_explained_in_the_form(admin_client, name, publish):
    fields = dict(BROKEN[name][0])
    event = None
    if "itself" in fields.values():
        event = make_event(start_date=FIRST_TUESDAY)
        fields = dict.fromkeys(fields, event.pk)
    response = send(admin_client, event, publish=publish, **fields)
    found = complaints(response)
    assert found
    assert "__all__" not in found, "it belongs to a field"
    assert name not in response.content.decode()


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses_it_from_everybody_else(name):
    event = make_event(start_date=FIRST_TUESDAY)
    changes = {field: event.pk if value == "itself" else value for field, value in BROKEN[name][1].items()}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        EventPage.objects.filter(pk=event.pk).update(**changes)


@pytest.mark.parametrize("publish", [True, False])
@pytest.mark.parametrize("name", BROKEN_ROWS)
def test_what_the_database_would_refuse_of_a_row_is_explained_at_it(admin_client, name, publish):
    event, rows = make_series(), {}
    for number, fields in enumerate(BROKEN_ROWS[name]):
        typed = {field: "on" if value is True else value for field, value in fields.items()}
        rows |= row("exceptions", number, **typed)
    response = send(admin_client, event, publish=publish, **rows)
    found = complaints(response)
    assert found
    assert all(place.startswith("exceptions-") and "__all__" not in place for place in found)
    assert name not in response.content.decode()


@pytest.mark.parametrize("name", BROKEN_ROWS)
def test_the_database_refuses_such_a_row_from_everybody_else(name):
    event = make_series()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        EventException.objects.bulk_create(
            EventException(page=event, **fields) for fields in BROKEN_ROWS[name]
        )


def warnings(response):
    return [str(message) for message in get_messages(response.wsgi_request) if message.level_tag == "warning"]


NIGHTLY = {"recurrence_rule-repeats": "YEARLY"}


@pytest.mark.parametrize("publish", [True, False])
def test_a_time_that_the_clocks_skip_is_pointed_out_after_saving(admin_client, publish):
    response = send(admin_client, publish=publish, start_date="2027-03-28", start_time="02:30")
    assert response.status_code == 302
    (warning,) = warnings(response)
    assert "starts on 2027-03-28 at 02:30" in warning
    assert "it is read as 03:30" in warning
    event = the(EventPage)
    (warning,) = warnings(send(admin_client, event, publish=publish, start_date="2027-10-31"))
    assert "the first is meant" in warning
    assert warnings(send(admin_client, event, publish=publish, start_date="2027-10-30")) == []


def test_of_many_such_times_three_are_named(admin_client):
    event = make_event(
        start_date=date(2027, 3, 28),
        start_time=time(2, 30),
        recurrence_rule="FREQ=DAILY;INTERVAL=7;COUNT=400",
    )
    (warning,) = warnings(send(admin_client, event))
    assert warning.count("It starts on") == 3
    assert warning.strip().endswith("more such times.")


def test_a_form_that_saves_by_itself_warns_of_nothing(admin_client):
    event = make_event(start_date=date(2027, 3, 28), start_time=time(2, 30))
    response = send(admin_client, event, publish=False, autosaves=True, title="Renamed")
    assert response.json()["success"]
    assert warnings(response) == []
    assert EventPage.objects.get().get_latest_revision_as_object().title == "Renamed"


def test_a_form_saves_by_itself_as_often_as_it_likes(admin_client):
    """Each time with the rows that it had when it was opened."""
    event = make_series(exceptions=[EventException(original_date=date(2027, 1, 19), is_cancelled=True)])
    for day in ("2027-01-12", "2027-01-05", "2027-01-12"):
        changes = {"start_date": day, "title": f"Starts on {day}"}
        rule = {"recurrence_rule-count": "9", "recurrence_rule-repeats": "DAILY"}
        rule |= {"recurrence_rule-interval": "7"}
        response = send(admin_client, event, publish=False, autosaves=True, **changes, **rule)
        assert response.json()["success"], complaints(response)
        draft = EventPage.objects.get().get_latest_revision_as_object()
        assert draft.exceptions.count() == 1
        assert draft.previous_dates.count() == (1 if day == "2027-01-05" else 0)
    assert first_days(event) == [date(2027, 1, 12), date(2027, 1, 26)]


def rows_of(event):
    return list(EventOccurrence.objects.filter(page=event).values_list())


def test_drafts_and_previews_show_the_schedule_without_touching_the_rows(
    admin_client, django_capture_on_commit_callbacks
):
    event = make_series()
    before = rows_of(event)
    data = dict(form_of(admin_client, event).lists()) | {"start_date": "2027-02-02"}
    preview = reverse("wagtailadmin_pages:preview_on_edit", args=[event.pk])
    assert admin_client.post(preview, data).json() == {"is_valid": True, "is_available": True}
    assert "2 February 2027" in admin_client.get(preview).content.decode()
    assert rows_of(event) == before
    assert send(admin_client, event, publish=False, start_date="2027-02-02").status_code == 302
    draft = admin_client.get(reverse("wagtailadmin_pages:view_draft", args=[event.pk]))
    assert "2 February 2027" in draft.content.decode()
    assert rows_of(event) == before
    assert (
        send(admin_client, publish=False, title="New", slug="new", start_date="2027-02-02").status_code == 302
    )
    assert rows_of(event) == list(EventOccurrence.objects.values_list())


def previous(event):
    return [row.start_date for row in event.previous_dates.all()]


def live(event):
    return EventPage.objects.get(pk=event.pk)


def test_the_dates_that_visitors_knew_are_kept_when_new_ones_are_published(admin_client):
    event = make_event(start_date=date(2027, 1, 1))
    send(admin_client, event, publish=False, start_date="2027-02-01")
    assert previous(live(event)) == []
    assert previous(live(event).get_latest_revision_as_object()) == [date(2027, 1, 1)]
    send(admin_client, event, publish=False, start_date="2027-03-01")
    send(admin_client, event, start_date="2027-03-01")
    assert previous(live(event)) == [date(2027, 1, 1)], "what was never published is no previous date"
    send(admin_client, event, start_date="2027-04-01")
    assert previous(live(event)) == [date(2027, 1, 1), date(2027, 3, 1)]
    send(admin_client, event, summary="Nothing else.")
    assert previous(live(event)) == [date(2027, 1, 1), date(2027, 3, 1)]


def test_dates_that_are_changed_back_are_not_previous_ones(admin_client):
    event = make_event(start_date=date(2027, 1, 1))
    send(admin_client, event, publish=False, start_date="2027-02-01")
    send(admin_client, event, start_date="2027-01-01")
    assert previous(live(event)) == []
    send(admin_client, event, start_date="2027-02-01")
    send(admin_client, event, start_date="2027-01-01")
    assert previous(live(event)) == [date(2027, 2, 1)]


def test_an_editor_removes_previous_dates_for_good(admin_client):
    event = make_event(start_date=date(2027, 1, 1))
    send(admin_client, event, start_date="2027-02-01")
    send(admin_client, event, **{"previous_dates-0-DELETE": "1"})
    assert previous(live(event)) == []
    send(admin_client, event, summary="Words.")
    assert previous(live(event)) == []


def test_the_zone_alone_is_no_other_date_for_an_event_of_whole_days(admin_client):
    whole_day = make_event(start_date=date(2027, 1, 1))
    timed = make_event(start_date=date(2027, 1, 1), start_time=time(9), title="Timed")
    for event in (whole_day, timed):
        send(admin_client, event, timezone="Asia/Tokyo")
    assert previous(live(whole_day)) == []
    assert [row.timezone for row in live(timed).previous_dates.all()] == ["Europe/Rome"]


def test_postponed_dates_are_kept_while_the_new_ones_are_unknown(admin_client):
    event = make_event(start_date=date(2027, 1, 1))
    fields = {"start_date": "", "date_status": "to_be_determined", "event_status": "EventPostponed"}
    send(admin_client, event, **fields)
    assert (live(event).schedule, previous(live(event))) == (None, [date(2027, 1, 1)])
    send(
        admin_client, event, start_date="2027-05-01", date_status="confirmed", event_status="EventRescheduled"
    )
    assert previous(live(event)) == [date(2027, 1, 1)]


def test_previous_dates_are_kept_by_a_schedule_and_by_a_way_back(admin_client):
    event = make_event(start_date=date(2027, 1, 1))
    first = event.latest_revision
    go_live_at = datetime.now(UTC) + timedelta(days=1)
    send(admin_client, event, start_date="2027-02-01", go_live_at=f"{go_live_at:%Y-%m-%d %H:%M}")
    assert live(event).start_date == date(2027, 1, 1)
    scheduled = event.revisions.get(approved_go_live_at__isnull=False)
    scheduled.approved_go_live_at = scheduled.content["go_live_at"] = datetime.now(UTC)
    scheduled.save()
    call_command("publish_scheduled")
    assert (live(event).start_date, previous(live(event))) == (date(2027, 2, 1), [date(2027, 1, 1)])
    back = reverse("wagtailadmin_pages:revisions_revert", args=[event.pk, first.pk])
    data = inputs(admin_client.get(back))
    data["action-publish"] = "1"
    assert admin_client.post(address(event), data).status_code == 302
    assert (live(event).start_date, previous(live(event))) == (date(2027, 1, 1), [date(2027, 2, 1)])


def test_each_publication_raises_the_sequence_and_nothing_else_does(admin_client):
    event = make_event()
    first = event.latest_revision
    assert live(event).sequence == 1
    send(admin_client, event, publish=False, summary="A draft.")
    assert live(event).sequence == 1
    send(admin_client, event, summary="Published.")
    assert live(event).sequence == 2
    live(event).get_latest_revision().publish()
    first.publish()
    assert live(event).sequence == 4, "the old draft remembers a lower one"
    live(event).unpublish()
    send(admin_client, event, publish=False, summary="Another draft.")
    assert live(event).sequence == 4
    send(admin_client, event)
    assert live(event).sequence == 5


@pytest.mark.parametrize("how", ["copy", "copy live", "alias"])
def test_a_copy_is_another_event(how):
    event = make_event(start_date=date(2027, 1, 1), event_status="EventRescheduled", replaced_by=make_event())
    event.start_date = date(2027, 2, 1)
    event.save_revision().publish()
    if how == "alias":
        copy = event.create_alias(update_slug="again")
    else:
        copy = event.copy(update_attrs={"slug": "again"}, keep_live=how == "copy live")
    copy = live(copy)
    assert copy.sequence == 0
    assert copy.uid != live(event).uid
    if how != "alias":
        draft = copy.get_latest_revision_as_object()
        assert (previous(copy), previous(draft)) == ([], [])
        assert (copy.replaced_by, draft.replaced_by) == (None, None)
    live(event).save_revision().publish()
    assert live(copy).uid == copy.uid
    assert live(copy).sequence == (1 if how == "alias" else 0)


@pytest.mark.parametrize("relation", ["super_event", "replaced_by"])
def test_a_circle_of_relatives_is_refused_however_long_it_is(admin_client, relation):
    chain = [make_event(title="Event 0")]
    for number in range(1, 12):
        chain.append(make_event(title=f"Event {number}", **{relation: chain[-1]}))
    with CaptureQueriesContext(connection) as queries:
        assert not chain[5]._is_among_its_own(relation)
    assert len(queries) == 1
    response = send(admin_client, chain[0], **{relation: chain[-1].pk})
    assert "itself" in complaints(response)[relation]
    assert send(admin_client, chain[0], **{relation: make_event(title="Other").pk}).status_code == 302


def test_only_events_are_relatives(admin_client, index):
    for relation in ("super_event", "replaced_by"):
        assert f'"{EventPage._meta.label_lower}"' in admin_client.get(address()).content.decode()
        assert relation in complaints(send(admin_client, start_date="2027-01-01", **{relation: index.pk}))


def test_an_event_whose_replacement_goes_stays(admin_client):
    replacement = make_event(title="Replacement")
    event = make_event(replaced_by=replacement)
    replacement.delete()
    assert live(event).replaced_by is None
    assert send(admin_client, event, summary="Still there.").status_code == 302


@pytest.mark.parametrize(("model", "name"), [(EventType, "eventtype"), (EventTopic, "eventtopic")])
def test_editors_keep_the_words_by_which_events_are_sorted(admin_client, model, name):
    add = reverse(f"wagtailsnippets_events_{name}:add")
    assert admin_client.post(add, {"name": "Sea ice", "slug": ""}).status_code == 302
    word = model.objects.get()
    assert (word.name, word.slug) == ("Sea ice", "sea-ice")
    for fields, message in (
        ({"name": "Sea ice", "slug": "other"}, "There is already one of this name."),
        ({"name": "Sea-ice!", "slug": ""}, "Another one has this word already."),
        ({"name": "海氷", "slug": ""}, "Give a word of plain letters"),
    ):
        assert message in admin_client.post(add, fields).content.decode()
    event = make_event(**({"event_type": word} if model is EventType else {}))
    if model is EventTopic:
        event.topics = [word]
        event.save_revision().publish()
    for number in range(20):
        model.objects.create(name=f"Word {number}", slug=f"word-{number}")
    assert [row.event_count for row in listed_words(admin_client, name)][:2] == [1, 0]
    assert (
        admin_client.post(reverse(f"wagtailsnippets_events_{name}:delete", args=[word.pk])).status_code == 302
    )
    assert live(event).event_type is None
    assert live(event).topics.count() == 0
    assert send(admin_client, event, summary="Without it.").status_code == 302


def listed_words(client, name):
    with CaptureQueriesContext(connection) as queries:
        response = client.get(reverse(f"wagtailsnippets_events_{name}:list"))
    assert len([query for query in queries if "events_eventpage" in query["sql"]]) <= 2
    return response.context["object_list"]


def test_a_rule_is_compared_in_words(admin_client):
    event = make_series()
    first = event.latest_revision_id
    send(admin_client, event, publish=False, **TUESDAYS, **{"recurrence_rule-interval": "2"})
    url = reverse("wagtailadmin_pages:revisions_compare", args=[event.pk, first, "latest"])
    soup = BeautifulSoup(admin_client.get(url).content, "html.parser")
    for added in soup.select(".comparison .deletion"):
        added.decompose()
    said = [" ".join(cell.get_text().split()) for cell in soup.select("td.comparison")]
    # Wagtail also lists an empty text that its editor writes in another way.
    assert [words for words in said if words] == ["Every 2 weeks, 3 times (FREQ=WEEKLY;INTERVAL=2;COUNT=3)"]


def test_the_list_of_events_in_the_admin_asks_as_often_with_many_events(admin_client, index):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(reverse("wagtailadmin_explore", args=[index.pk])).status_code == 200
        return len(captured)

    for number in range(3):
        make_series(title=f"Event {number}")
    queries()
    few = queries()
    for number in range(3, 12):
        make_series(title=f"Event {number}")
    assert queries() == few


def test_what_is_seldom_needed_is_folded_while_it_is_empty(admin_client):
    def folded(event=None):
        html = admin_client.get(address(event)).content.decode()
        return html.count("w-panel collapsed") + html.count("w-panel w-panel--nested collapsed")

    nothing = folded()
    assert nothing == 7
    event = make_series(
        registration_url="https://example.org/",
        event_status="EventCancelled",
        super_event=make_event(title="The whole"),
    )
    event.key_dates = [EventKeyDate(label="Abstracts due", date=date(2026, 12, 24))]
    event.organizers = [EventOrganizer(name="ESA")]
    event.save_revision().publish()
    assert folded(event) == 1, "the materials"
