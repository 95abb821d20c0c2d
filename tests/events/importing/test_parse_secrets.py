"""Only what is known to be public is imported from a calendar (RFC 5545, 3.8.1.3)."""

from datetime import date
from pathlib import Path

import pytest

from events.importing import import_source
from events.importing.feed import Level
from events.importing.models import ImportSource
from events.importing.parse import parse
from events.models import EventPage
from tests.builders import make_calendar

CASES = Path(__file__).parents[2] / "data" / "cases"
SERIES = "UID:s\nSUMMARY:Talks\nDTSTART;TZID=Europe/Paris:20270907T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4"
SECOND = (
    "UID:s\nSUMMARY:Secret\nRECURRENCE-ID;TZID=Europe/Paris:20270914T100000\n"
    "DTSTART;TZID=Europe/Paris:20270915T1100"
)


def read(data):
    return parse(data, format="ical", default_timezone="Europe/Rome")


def dates(feed):
    """The days on which something takes place."""
    found = []
    for event in feed.events:
        off = {change.original_date for change in event.exceptions if change.is_cancelled}
        rule = dict(part.split("=") for part in event.recurrence_rule.split(";") if part)
        last = (
            date(*(int(rule["UNTIL"][part]) for part in (slice(4), slice(4, 6), slice(6, 8))))
            if "UNTIL" in rule
            else None
        )
        days = [
            date.fromordinal(event.start_date.toordinal() + 7 * week)
            for week in range(int(rule.get("COUNT", 4 if rule else 1)))
        ]
        found += [day for day in days if day not in off and not (last and day > last)]
    return sorted(day.day for day in found)


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("class-restricted.ics", []),
        ("class-unknown.ics", ["Open day"]),
        ("private-master-public-override.ics", []),
    ],
)
def test_cases(name, titles):
    feed = read((CASES / name).read_bytes())
    assert [event.title for event in feed.events] == titles
    assert {problem.level for problem in feed.problems} == {Level.SKIPPED}


@pytest.mark.parametrize(
    "lines",
    [
        *(
            "CLASS:PRIVATE",
            "CLASS:private",
            "class:Confidential",
            "CLASS:RESTRICTED",
            "CLASS:X-INTERNAL",
            "CLASS:",
        ),
        *("CLASS: ", "CLASS:PUBLIC\nCLASS:PRIVATE", "CLASS:PRIVATE\nCLASS:PUBLIC", "CLASS:PUBLIC,PRIVATE"),
        *(
            "CLASS;X-A=b:PRIVATE",
            "CLASS:PRI\n VATE",
            "CLASS=PRIVATE",
            "CLASS PRIVATE",
            "CLASS;PRIVATE",
            "CLASS",
        ),
        *(
            "X-MICROSOFT-CDO-SENSITIVITY:2",
            "X-OLK-SENSITIVITY:Personal",
            "X-CALENDARSERVER-ACCESS:RESTRICTED",
        ),
        *(
            "X-PRIVATE:TRUE",
            "BEGIN:VALARM\nTRIGGER:-PT5M\nCLASS:PRIVATE\nEND:VALARM",
            "BEGIN:VALARM\nCLASS:PRIVATE",
        ),
        "CLASS;ENCODING=QUOTED-PRINTABLE:PR=49VATE",
    ],
)
def test_what_is_not_known_to_be_public_is_left_out_and_told(lines):
    feed = read(make_calendar("SUMMARY:One", f"UID:bad\nSUMMARY:Two\n{lines}", "SUMMARY:Three"))
    assert [event.title for event in feed.events] == ["One", "Three"]
    assert [(problem.level, problem.uid) for problem in feed.problems] == [(Level.SKIPPED, "bad")]
    assert feed.uids == {"1@example.org", "3@example.org"}


@pytest.mark.parametrize(
    "lines",
    [
        *(
            "X-A:b",
            "CLASS:PUBLIC",
            "class:public",
            "CLASS: Public ",
            "CLASS:PUBLIC\nCLASS:PUBLIC",
            "CLASS=PUBLIC",
        ),
        *(
            "X-MICROSOFT-CDO-SENSITIVITY:0",
            "X-CALENDARSERVER-ACCESS:PUBLIC",
            "X-PRIVATE:FALSE",
            "X-CLASS-ROOM:B12",
        ),
        *("X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "DESCRIPTION:CLASS:PRIVATE", "CLASSIFICATION:none"),
    ],
)
def test_what_is_public_is_imported(lines):
    assert [event.title for event in read(make_calendar(f"SUMMARY:Open\n{lines}")).events] == ["Open"]


def test_a_private_calendar_hides_all_that_is_in_it_and_no_other():
    data = make_calendar("SUMMARY:A", head="X-CALENDARSERVER-ACCESS:CONFIDENTIAL") + make_calendar(
        "UID:b\nSUMMARY:B"
    )
    assert [event.title for event in read(data).events] == ["B"]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    "secret",
    [
        f"{SERIES}\nCLASS:PRIVATE",
        f"{SERIES}\nCLASS:X-STAFF",
        "UID:s\nCLASS:PRIVATE",
        f"{SECOND}\nCLASS:PRIVATE".replace(
            "RECURRENCE-ID;TZID=Europe/Paris:20270914T100000", "RECURRENCE-ID:the second"
        ),
    ],
)
def test_a_private_series_hides_all_its_dates(secret, order):
    public = [SECOND, SERIES] if "second" in secret else [SECOND]
    feed = read(make_calendar(*[secret, *public, "UID:other\nSUMMARY:Other"][::order]))
    assert [event.title for event in feed.events] == ["Other"]
    assert {problem.uid for problem in feed.problems} == {"s"}


def test_a_private_series_hides_its_dates_though_it_breaks_off():
    data = make_calendar(SECOND) + make_calendar(f"{SERIES}\nCLASS:PRIVATE").split(b"END:VEVENT")[0]
    assert not read(data).events


@pytest.mark.parametrize(
    ("secret", "left"),
    [
        (f"{SECOND}\nCLASS:PRIVATE", [7, 21, 28]),
        (f"{SECOND}\nSTATUS:CANCELLED\nCLASS:X-STAFF", [7, 21, 28]),
        (
            f"{SECOND}\nCLASS:PRIVATE".replace("Europe/Paris:20270914T100000", "Asia/Tokyo:20270914T170000"),
            [7, 21, 28],
        ),
        (f"{SECOND}\nCLASS:PRIVATE".replace("ID;TZID", "ID;RANGE=THISANDFUTURE;TZID"), [7]),
        (f"{SECOND}\nCLASS:PRIVATE\nDTSTART:nonsense", [7, 21, 28]),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_a_private_date_hides_that_date_only(secret, left, order):
    feed = read(make_calendar(*[SERIES, secret][::order]))
    assert dates(feed) == left
    assert not any("Secret" in str(event) for event in feed.events)
    assert "Its date 2027-09-14" in " ".join(problem.reason for problem in feed.problems)


def test_another_version_of_a_private_date_is_not_public_either():
    feed = read(make_calendar(SERIES, f"{SECOND}\nCLASS:PRIVATE", f"{SECOND}\nSEQUENCE:3"))
    assert dates(feed) == [7, 21, 28]
    assert not any("Secret" in str(event) for event in feed.events)


def test_a_private_entry_that_moves_a_single_event_hides_it():
    single = "UID:s\nSUMMARY:Talk\nDTSTART:20270914T080000Z"
    assert not read(make_calendar(single, f"{SECOND}\nCLASS:PRIVATE")).events


@pytest.mark.django_db
def test_an_event_that_becomes_private_is_treated_as_gone(event_list, tmp_path):
    path = tmp_path / "feed.ics"
    path.write_bytes(make_calendar("UID:a\nDTSTART:20990101T090000Z", "UID:b\nDTSTART:20990101T090000Z"))
    import_source(str(path), format="ical", parent=event_list, publish=True)
    ImportSource.objects.update(missing="unpublish", missing_after=1, vanishing_percent=100)
    path.write_bytes(
        make_calendar("UID:a\nDTSTART:20990101T090000Z", "UID:b\nDTSTART:20990101T090000Z\nCLASS:PRIVATE")
    )
    import_source(str(path), format="ical", parent=event_list, publish=True)
    assert EventPage.objects.live().count() == 1
