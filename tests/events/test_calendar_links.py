from datetime import date, time
from urllib.parse import parse_qsl, urlsplit

import pytest

from events.calendar_links import google, outlook
from events.recurrence import Schedule

ROME = "Europe/Rome"
DAY = date(2026, 10, 24)


def fields(address):
    found = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    assert len(dict(found)) == len(found)
    return dict(found)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(DAY, None, None, None, ROME), {"dates": "20261024/20261025"}),
        (Schedule(DAY, None, date(2026, 10, 26), None, ROME), {"dates": "20261024/20261027"}),
        (Schedule(date(2199, 12, 31), None, None, None, ROME), {"dates": "21991231/22000101"}),
        (
            Schedule(DAY, time(14), None, time(15, 30), ROME),
            {"dates": "20261024T140000/20261024T153000", "ctz": ROME},
        ),
        (
            Schedule(DAY, time(14), None, None, ROME),
            {"dates": "20261024T140000/20261024T140000", "ctz": ROME},
        ),
        (
            Schedule(DAY, time(22), date(2026, 10, 25), time(4), ROME),
            {"dates": "20261024T220000/20261025T040000", "ctz": ROME},
        ),
        (
            Schedule(DAY, time(14), None, time(15), ROME, "FREQ=WEEKLY;UNTIL=20261201"),
            {
                "dates": "20261024T140000/20261024T150000",
                "ctz": ROME,
                "recur": "RRULE:FREQ=WEEKLY;UNTIL=20261201T130000Z",
            },
        ),
        (
            Schedule(DAY, None, None, None, ROME, "FREQ=YEARLY"),
            {"dates": "20261024/20261025", "recur": "RRULE:FREQ=YEARLY"},
        ),
    ],
)
def test_google(schedule, expected):
    address = google("A & B", schedule, "Rome, Italy", "Words\n#2")
    assert address.startswith("https://calendar.google.com/calendar/render?action=TEMPLATE&text=A%20%26%20B&")
    assert fields(address) == {
        "action": "TEMPLATE",
        "text": "A & B",
        "location": "Rome, Italy",
        "details": "Words\n#2",
        **expected,
    }


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (
            Schedule(DAY, None, None, None, ROME),
            {"startdt": "2026-10-24", "enddt": "2026-10-25", "allday": "true"},
        ),
        (
            Schedule(DAY, None, date(2026, 10, 26), None, ROME),
            {"startdt": "2026-10-24", "enddt": "2026-10-27", "allday": "true"},
        ),
        (
            Schedule(DAY, time(14), None, time(15, 30), ROME),
            {"startdt": "2026-10-24T12:00:00Z", "enddt": "2026-10-24T13:30:00Z"},
        ),
        (Schedule(DAY, time(14), None, None, ROME), {"startdt": "2026-10-24T12:00:00Z"}),
        (
            Schedule(DAY, time(22), date(2026, 10, 25), time(4), ROME),
            {"startdt": "2026-10-24T20:00:00Z", "enddt": "2026-10-25T03:00:00Z"},
        ),
        (Schedule(DAY, time(14), None, None, ROME, "FREQ=WEEKLY"), {"startdt": "2026-10-24T12:00:00Z"}),
    ],
)
def test_outlook(schedule, expected):
    address = outlook("A & B", schedule, "Rome, Italy", "Words")
    assert address.startswith("https://outlook.live.com/calendar/0/deeplink/compose?path=%2Fcalendar%2F")
    assert fields(address) == {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": "A & B",
        "location": "Rome, Italy",
        "body": "Words",
        **expected,
    }


def test_what_is_not_known_is_left_out():
    for link in (google, outlook):
        assert "" not in fields(link("Event", Schedule(DAY, None, None, None, ROME), "", "")).values()
