"""Links that open an event in the calendar of a web service, filled in and ready to be saved. Pure.

Neither service documents its link; these are the parameters that the tools which use them agree on.
"""

from datetime import date, datetime, time, timedelta
from urllib.parse import quote, urlencode

from . import rrule
from .recurrence import Schedule, instant


def google(title: str, schedule: Schedule, place: str, text: str) -> str:
    """The address of Google Calendar's form. A series goes with its rule; its exceptions cannot."""
    fields = {
        "action": "TEMPLATE",
        "text": title,
        "dates": "/".join(_google_dates(schedule)),
        "location": place,
        "details": text,
    }
    if schedule.start_time:
        fields["ctz"] = schedule.timezone
    if schedule.rule:
        rule = rrule.exported(schedule.rule, schedule.start_time, schedule.timezone)
        fields["recur"] = f"RRULE:{rule}"
    return _link("https://calendar.google.com/calendar/render", fields)


def outlook(title: str, schedule: Schedule, place: str, text: str) -> str:
    """The address of Outlook's form. It knows no series: that of the one date of `schedule`, of a series the first."""
    fields = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": title,
        "location": place,
        "body": text,
    }
    if schedule.start_time is None:
        fields |= {"allday": "true", "startdt": f"{schedule.start_date}", "enddt": f"{_day_after(schedule)}"}
    else:
        fields["startdt"] = _utc(schedule.start_date, schedule.start_time, schedule.timezone)
        if schedule.end_time:
            fields["enddt"] = _utc(schedule.last_date, schedule.end_time, schedule.timezone)
    return _link("https://outlook.live.com/calendar/0/deeplink/compose", fields)


def _google_dates(schedule: Schedule) -> tuple[str, str]:
    """Wall time, read in `ctz`; the end is exclusive, and the start again where it is not known."""
    first, last = schedule.start_date, schedule.last_date
    if schedule.start_time is None:
        return f"{first:%Y%m%d}", f"{_day_after(schedule):%Y%m%d}"
    starts = datetime.combine(first, schedule.start_time)
    ends = datetime.combine(last, schedule.end_time) if schedule.end_time else starts
    return f"{starts:%Y%m%dT%H%M%S}", f"{ends:%Y%m%dT%H%M%S}"


def _day_after(schedule: Schedule) -> date:
    return schedule.last_date + timedelta(days=1)


def _utc(day: date, wall_time: time, timezone: str) -> str:
    return f"{instant(day, wall_time, timezone):%Y-%m-%dT%H:%M:%SZ}"


def _link(address: str, fields: dict[str, str]) -> str:
    filled = {name: value for name, value in fields.items() if value}
    return f"{address}?{urlencode(filled, quote_via=quote)}"
