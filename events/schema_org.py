"""An event in the words of schema.org, as search engines read it. Pure.

Google requires name, startDate and location, and asks for description, endDate, eventStatus, image, offers, organizer,
performer and previousStartDate. An event without a date has no startDate, so it is not told of at all.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.html import strip_tags
from django.utils.text import Truncator

from earthcode.schema_org import filled

from . import rrule
from .dates import WEEKDAYS, iso_end, iso_start
from .models import EventOrganizer, EventPage
from .recurrence import Schedule, all_dates, beside_the_rule

AVAILABILITY = {"open": "InStock", "opens": "PreOrder", "closed": "SoldOut"}
ROLES = {
    EventOrganizer.Role.ORGANIZER: "organizer",
    EventOrganizer.Role.CO_ORGANIZER: "organizer",
    EventOrganizer.Role.SPONSOR: "sponsor",
    EventOrganizer.Role.SPEAKER: "performer",
}
MAX_ADDITIONAL = 50
# A Schedule has no words for the other parts of a rule that choose days.
SAYABLE = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY"}


def event(
    page: EventPage,
    wall: Schedule | None,
    at: datetime,
    *,
    images: Sequence[str] = (),
    organizers: Iterable[EventOrganizer] = (),
    words: Sequence[str] = (),
    previous: Sequence[Schedule] = (),
    super_event: EventPage | None = None,
    sub_events: Iterable[EventPage] = (),
) -> dict[str, Any] | None:
    """https://schema.org/Event of `page` as of `at` (aware); None for one whose date is to be determined.

    `wall` is the date to announce: of a series the next one, whose rule stands in eventSchedule. `images` are absolute
    addresses, `words` the names of type and topics, `previous` the dates that no longer hold.
    """
    schedule = page.schedule
    if wall is None or schedule is None:
        return None
    return filled(
        {
            **_essentials(page, wall),
            "description": page.meta_description or _beginning(page.body),
            "image": list(images),
            "inLanguage": page.language,
            "keywords": list(words),
            "isAccessibleForFree": True if page.is_free else None,
            "offers": _offer(page, at),
            **_people(organizers),
            "previousStartDate": [iso_start(dates) for dates in previous],
            "eventSchedule": _schedules(schedule, at),
            "superEvent": _relative(super_event) if super_event else None,
            "subEvent": [told for told in map(_relative, sub_events) if told],
        }
    )


def _essentials(page: EventPage, wall: Schedule) -> dict[str, Any]:
    """What every event has to say, also one that is only named by another."""
    return filled(
        {
            "@type": "Event",
            "name": page.title,
            "url": page.full_url,
            "startDate": iso_start(wall),
            "endDate": iso_end(wall),
            "eventStatus": f"https://schema.org/{page.event_status}",
            "eventAttendanceMode": f"https://schema.org/{page.attendance}",
            "location": _location(page),
        }
    )


def _beginning(markup: str) -> str:
    return Truncator(unescape(strip_tags(markup))).chars(300)


def _relative(page: EventPage) -> dict[str, Any] | None:
    schedule = page.regular_schedule
    return _essentials(page, schedule) if schedule else None


def _location(page: EventPage) -> dict[str, Any] | list[dict[str, Any]]:
    """Never nothing: search engines drop an event without a location."""
    place: dict[str, Any] = {
        "@type": "Place",
        "name": page.venue or page.city or page.country or "To be announced",
    }
    address = {"addressLocality": page.city, "addressCountry": page.country}
    if any(address.values()):
        place["address"] = filled({"@type": "PostalAddress", **address})
    elif page.venue:
        place["address"] = page.venue
    online = {"@type": "VirtualLocation", "url": page.online_url or page.full_url}
    if page.attendance == EventPage.AttendanceMode.BOTH:
        return [place, online]
    return online if page.attendance == EventPage.AttendanceMode.ONLINE else place


def _offer(page: EventPage, at: datetime) -> dict[str, Any] | None:
    """How to get in; a price only when it is none, because otherwise it is words."""
    state = page.registration(at)
    if not page.is_going_ahead or not (state or page.is_free):
        return None
    opens, closes = page.registration_period
    zone = ZoneInfo(page.timezone)
    return filled(
        {
            "@type": "Offer",
            "url": page.registration_url or page.full_url,
            "availability": f"https://schema.org/{AVAILABILITY[state]}" if state else None,
            "price": "0" if page.is_free else None,
            "priceCurrency": "EUR" if page.is_free else None,
            "description": page.price_note,
            "validFrom": opens.astimezone(zone).isoformat() if opens else None,
            "validThrough": closes.astimezone(zone).isoformat() if closes else None,
        }
    )


def _people(organizers: Iterable[EventOrganizer]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for organizer in organizers:
        is_person = organizer.role == EventOrganizer.Role.SPEAKER and not organizer.partner
        kind = "Person" if is_person else "Organization"
        told = filled({"@type": kind, "name": str(organizer), "url": organizer.full_href})
        found.setdefault(ROLES[EventOrganizer.Role(organizer.role)], []).append(told)
    return found


def _schedules(schedule: Schedule, at: datetime) -> dict[str, Any] | list[dict[str, Any]] | None:
    of_rule, others = _schedule(schedule), _additional(schedule, at)
    return [*filter(None, [of_rule]), *others] if others else of_rule


def _schedule(schedule: Schedule) -> dict[str, Any] | None:
    """https://schema.org/Schedule of a series; None for a single event and for a rule it has no words for."""
    rule = rrule.parts(schedule.rule) if schedule.rule else {}
    if not rule or not rule.keys() <= SAYABLE:
        return None
    last_day = rrule.last_day(schedule.rule, schedule.start_time, schedule.timezone)
    more_days = (schedule.last_date - schedule.start_date).days
    return filled(
        {
            "@type": "Schedule",
            "startDate": schedule.start_date.isoformat(),
            "endDate": last_day.isoformat() if last_day else None,
            "startTime": schedule.start_time.isoformat() if schedule.start_time else None,
            "endTime": schedule.end_time.isoformat() if schedule.end_time and not more_days else None,
            "duration": f"P{more_days + 1}D" if more_days and not schedule.start_time else None,
            "scheduleTimezone": schedule.timezone,
            "repeatFrequency": f"P{rule.get('INTERVAL', '1')}{rule['FREQ'][0]}",
            "repeatCount": int(rule["COUNT"]) if "COUNT" in rule else None,
            "byDay": _days(rule, schedule),
            "byMonth": [int(number) for number in rule.get("BYMONTH", "").split(",") if number],
            "byMonthDay": [int(number) for number in rule.get("BYMONTHDAY", "").split(",") if number],
            "exceptDate": [
                change.original_date.isoformat() for change in schedule.exceptions if not change.original_time
            ],
        }
    )


def _additional(schedule: Schedule, at: datetime) -> list[dict[str, Any]]:
    """The next dates beside the rule, each a https://schema.org/Schedule of one date; the first date, too, where there
    is no rule."""
    dates = [each for each in all_dates(schedule, at) if not each.is_cancelled] if schedule.additional else []
    beside = {each.original for each in beside_the_rule(schedule)[0]}
    if not schedule.rule:
        beside.add((schedule.start_date, None))
    coming = [each.wall for each in dates if each.original in beside and each.listed_until > at]
    return [_single(wall) for wall in coming[:MAX_ADDITIONAL]]


def _single(wall: Schedule) -> dict[str, Any]:
    return filled(
        {
            "@type": "Schedule",
            "startDate": iso_start(wall),
            "endDate": iso_end(wall),
            "scheduleTimezone": wall.timezone,
            "repeatCount": 1,
        }
    )


def _days(rule: dict[str, str], schedule: Schedule) -> list[str]:
    """Days of the week by their name in schema.org, days such as “the last Friday” in iCalendar's letters."""
    if "BYDAY" not in rule:
        weekday = WEEKDAYS[schedule.start_date.weekday()]
        return [f"https://schema.org/{weekday}"] if rule["FREQ"] == "WEEKLY" else []
    return [
        f"https://schema.org/{WEEKDAYS[rrule.WEEKDAYS.index(day)]}" if day in rrule.WEEKDAYS else day
        for day in rule["BYDAY"].split(",")
    ]
