"""What the page of one event shows at an instant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from earthcode.templatetags.pictures import rendition

from . import calendar_links, rrule, schema_org
from .dates import Written, describe_days, is_series, iso_start, written
from .models import EventKeyDate, EventOccurrence, EventOrganizer, EventPage, EventPreviousDates, EventTopic
from .querysets import EventOccurrenceQuerySet
from .recurrence import Occurrence, Schedule, is_whole, next_or_last, own_starts, phase
from .text import plain_text

# So many dates of a series stand on the page at once; so many later and so many past ones open at a click.
SHOWN_AT_ONCE = 12
SHOWN_AT_A_CLICK = 50
MAX_SUB_EVENTS = 100
RELATED = 3
NOTHING = Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class SeriesDate:
    """One date of a series: in words, and what is different about it."""

    when: Written
    is_cancelled: bool
    difference: str  # in words, “Cancelled” or “Moved from 3 March 2026”; "" where there is none
    note: str


@dataclass(frozen=True, slots=True)
class MoreDates:
    """Dates of a series that open at a click, under a heading; a sentence on those that are not among them, or ""."""

    heading: str
    dates: list[SeriesDate]
    others: str


@dataclass(frozen=True, slots=True)
class Registration:
    """Where registration stands, as EventPage.registration says, and when that changes."""

    state: str
    opens: Written | None
    closes: Written | None


@dataclass(frozen=True, slots=True)
class KeyDate:
    row: EventKeyDate
    has_passed: bool


@dataclass(frozen=True, slots=True)
class CalendarLinks:
    """Where a click puts the event into a calendar."""

    file: str
    google: str
    outlook: str
    # A link can carry a rule but no exceptions, and Outlook's not even a rule.
    google_has_all_dates: bool
    outlook_has_all_dates: bool


class EventDetails:
    """What the page of `page`, published or a draft, shows at `at` (aware). Each is looked up once, when asked for."""

    def __init__(self, page: EventPage, at: datetime):
        self.page, self.at = page, at
        if page.recurrence_rule or page.additional_dates:
            # From now on the exceptions are in memory: the page is asked for its schedule many times.
            page.exceptions.get_object_list()

    # When

    @cached_property
    def dates(self) -> list[Occurrence]:
        return self.page.all_dates(self.at)

    @cached_property
    def occurrence(self) -> Occurrence | None:
        """The running or next date, else the last one."""
        return next_or_last((date for date in self.dates if not date.is_cancelled), self.at)

    @cached_property
    def phase(self) -> str:
        return phase(self.occurrence, self.at) if self.occurrence else "undetermined"

    @property
    def is_over(self) -> bool:
        return self.phase == "past"

    @cached_property
    def has_ended(self) -> bool:
        """Whether nothing of it is left, which the last day may be some hours longer than it."""
        ends = [date.ends_at or date.listed_until for date in self.dates if not date.is_cancelled]
        return bool(ends) and max(ends) <= self.at

    @property
    def is_off(self) -> bool:
        """Whether the dates do not hold."""
        return not self.page.is_going_ahead

    @cached_property
    def is_series(self) -> bool:
        schedule = self.page.regular_schedule
        return schedule is not None and is_series(schedule)

    @property
    def when(self) -> Written | None:
        """The date to show with the event: of a series the next or last one. None where words stand in for it."""
        return written(self.occurrence.wall) if self.occurrence and not self.page.date_text else None

    @property
    def starts(self) -> str:
        """The first start in ISO 8601; "" without one."""
        schedule = self.page.regular_schedule
        return iso_start(schedule) if schedule else ""

    @property
    def words_for_date(self) -> str:
        """What `when` is among the dates of a series."""
        return {
            "past": "Last date",
            "upcoming": "Next date",
            "today": "Today",
            "ended_today": "Earlier today",
        }.get(self.phase, "On now")

    @cached_property
    def _dates_ahead(self) -> list[Occurrence]:
        return [date for date in self.dates if date.listed_until > self.at]

    @property
    def next_dates(self) -> list[SeriesDate]:
        return self._told(self._dates_ahead[:SHOWN_AT_ONCE])

    @cached_property
    def later_dates(self) -> MoreDates:
        later = self._dates_ahead[SHOWN_AT_ONCE:]
        shown, hidden = later[:SHOWN_AT_A_CLICK], later[SHOWN_AT_A_CLICK:]
        schedule = self.page.regular_schedule
        others = ""
        if schedule and not is_whole(schedule):
            until = _until(schedule)
            return MoreDates("Later dates", self._told(shown), f"The series goes on after that{until}.")
        if hidden:
            last = hidden[-1].wall.last_date
            others = f"And {len(hidden)} more until {describe_days(last, last)}."
        return MoreDates(_dates(len(later), "later"), self._told(shown), others)

    @cached_property
    def past_dates(self) -> MoreDates:
        """The most recent first."""
        past = [date for date in reversed(self.dates) if date.listed_until <= self.at]
        shown, hidden = past[:SHOWN_AT_A_CLICK], len(past[SHOWN_AT_A_CLICK:])
        first = self.page.start_date
        if first is None:
            return MoreDates("", [], "")
        since = f"since {describe_days(first, first)}"
        if past and first not in (date.original_date for date in self.dates):
            # What lies further back is not counted.
            return MoreDates("Past dates", self._told(shown), f"And earlier ones {since}.")
        others = f"And {hidden} earlier one{'' if hidden == 1 else 's'} {since}." if hidden else ""
        return MoreDates(_dates(len(past), "past"), self._told(shown), others)

    @cached_property
    def shared_zone(self) -> str:
        """The zone of all dates of the series that are shown; "" where they differ, as from winter to summer."""
        shown = (*self.next_dates, *self.later_dates.dates, *self.past_dates.dates)
        zones = {date.when.zone for date in shown}
        return zones.pop() if len(zones) == 1 else ""

    @cached_property
    def previous(self) -> list[EventPreviousDates]:
        """The dates a rescheduled event no longer has, the latest plan last."""
        if self.page.event_status != EventPage.Status.RESCHEDULED:
            return []
        return [row for row in self.page.previous_dates.all() if row.schedule != self.page.regular_schedule]

    @property
    def previous_when(self) -> Written | None:
        return written(self.previous[-1].schedule) if self.previous else None

    @cached_property
    def key_dates(self) -> list[KeyDate]:
        return [KeyDate(row, row.has_passed(self.at)) for row in self.page.key_dates.all()]

    # Taking part

    @cached_property
    def registration(self) -> Registration | None:
        """None where nobody can register, or nothing is left to register for."""
        page = self.page
        state = page.registration(self.at)
        if not state or self.has_ended:
            return None
        return Registration(
            state,
            self._moment(page.registration_opens_date, page.registration_opens_time),
            self._moment(page.registration_closes_date, page.registration_closes_time),
        )

    @property
    def attendance(self) -> str:
        return EventPage.AttendanceMode(self.page.attendance).label

    @property
    def map_link(self) -> str:
        """The place on OpenStreetMap; "" where there is none to go to."""
        if not self.page.place or self.page.attendance == EventPage.AttendanceMode.ONLINE:
            return ""
        return f"https://www.openstreetmap.org/search?{urlencode({'query': self.page.place})}"

    @cached_property
    def calendar_links(self) -> CalendarLinks | None:
        """None for an event that will not take place, or has."""
        page, schedule = self.page, self.page.schedule
        if not (schedule and self.occurrence) or self.is_off or self.has_ended:
            return None
        # A link can carry a rule, and nothing else of a series.
        is_rule_only = not (schedule.exceptions or schedule.additional)
        in_google = schedule if is_rule_only else self.occurrence.wall
        is_online = page.attendance == EventPage.AttendanceMode.ONLINE
        place = (page.online_url if is_online else page.place) or page.where
        text = "\n\n".join(filter(None, [page.summary, page.full_url]))
        return CalendarLinks(
            file=f"{page.url or ''}event.ics",
            google=calendar_links.google(page.title, in_google, place, text),
            outlook=calendar_links.outlook(page.title, self.occurrence.wall, place, text),
            google_has_all_dates=bool(in_google.rule) or not self.is_series,
            outlook_has_all_dates=not self.is_series,
        )

    # Who and what

    @cached_property
    def organizers(self) -> list[EventOrganizer]:
        return self.page.listed_organizers

    @property
    def organizers_by_role(self) -> list[tuple[str, list[EventOrganizer]]]:
        roles = ((role, [row for row in self.organizers if row.role == role]) for role in EventOrganizer.Role)
        return [(role.label, rows) for role, rows in roles if rows]

    @property
    def has_description(self) -> bool:
        """Whether there is a word in it: where nothing is written, the editor leaves an empty paragraph."""
        return bool(plain_text(self.page.body))

    @cached_property
    def topics(self) -> list[EventTopic]:
        return list(self.page.topics.all())

    @cached_property
    def materials(self):
        """Those that can be had."""
        return [row for row in self.page.materials.select_related("document") if row.href]

    # Other events

    @property
    def super_event(self) -> EventPage | None:
        return self._others.get(self.page.super_event_id)

    @property
    def replaced_by(self) -> EventPage | None:
        return self._others.get(self.page.replaced_by_id)

    @property
    def sub_events(self) -> list[EventPage]:
        return [event for event in self._others.values() if event.is_part][:MAX_SUB_EVENTS]

    @cached_property
    def number_of_further_sub_events(self) -> int:
        """How many there are beside `sub_events`."""
        if len(self.sub_events) < MAX_SUB_EVENTS:
            return 0
        return EventPage.objects.listed().filter(super_event=self.page.pk).count() - MAX_SUB_EVENTS

    @property
    def related(self) -> list[EventPage]:
        """The upcoming events that share most topics with this one, then those of its type, then the next ones."""
        found = [
            event for event in self._others.values() if not event.is_part and event.pk not in self._named
        ]
        return sorted(found, key=lambda event: (-event.shared_topics, not event.is_same_type))

    @property
    def _named(self) -> list[int]:
        return [pk for pk in (self.page.super_event_id, self.page.replaced_by_id) if pk]

    @cached_property
    def _others(self) -> dict[int, EventPage]:
        """All other events that stand on the page, as far as anybody may see them, by their keys and by date."""
        page = self.page
        is_part = Q(super_event=page.pk) if page.pk else NOTHING
        apart_from_related = EventPage.objects.filter(is_part | Q(pk__in=self._named)).order_by().values("pk")
        topics_of_both = EventPage.topics.through.objects.filter(
            eventpage=OuterRef("pk"), eventtopic__in=self._topic_keys
        )
        shared = topics_of_both.values("eventpage").annotate(count=Count("pk")).values("count")
        found = (
            EventPage.objects.listed()
            .filter(pk__in=apart_from_related.union(self._related_rows.values("page")))
            .annotate(
                is_part=_flag(is_part),
                is_same_type=_flag(self._is_of_same_type),
                shared_topics=Coalesce(Subquery(shared), 0),
            )
            .order_by("is_part", "start_date", "start_time", "title", "pk")
        )[: MAX_SUB_EVENTS + len(self._named) + RELATED]
        return {event.pk: event for event in found.select_related(None).prefetch_related(None)}

    @property
    def _related_rows(self) -> EventOccurrenceQuerySet:
        """By their occurrences, which tell all that is needed to choose a few events among very many."""
        page, topics = self.page, self._topic_keys
        # PostgreSQL orders by no constants, which these are of an event without topics or type.
        order: list[Combinable] = []
        if topics:
            shared = (Case(When(topics__contains=[key], then=1), default=0) for key in topics)
            order.append(sum(shared, Value(0)).desc())
        if page.event_type_id:
            order.append(_flag(self._is_of_same_type).desc())
        rows = (
            EventOccurrence.objects.without_private_events()
            .next_of_each_event(self.at)
            .filter(Q(topics__overlap=topics) | self._is_of_same_type, is_going_ahead=True)
            .exclude(page__in=[page.pk or 0, *self._named])
            .order_by(*order, F("starts_at").asc(nulls_last=True), "page__title", "page")
        )
        return (rows.exclude(page__super_event=page.pk) if page.pk else rows)[:RELATED]

    @cached_property
    def _topic_keys(self) -> list[int]:
        return [topic.pk for topic in self.topics]

    @property
    def _is_of_same_type(self) -> Q:
        return Q(event_type=self.page.event_type_id) if self.page.event_type_id else NOTHING

    # For search engines

    @property
    def json_ld(self) -> dict[str, Any] | None:
        page = self.page
        # A series of which all dates are cancelled is told of by its first one.
        wall = self.occurrence.wall if self.occurrence else page.regular_schedule
        picture = rendition(page.image, "max-1200x900|format-webp")
        # The image drawn for sharing, where pages have one.
        image = picture.full_url if picture else getattr(page, "social_image_url", None)
        return schema_org.event(
            page,
            wall,
            self.at,
            images=[image] if image else [],
            organizers=self.organizers,
            words=[str(word) for word in (page.event_type, *self.topics) if word],
            previous=[row.schedule for row in self.previous],
            super_event=self.super_event,
            sub_events=self.sub_events,
        )

    def _moment(self, day, wall_time) -> Written | None:
        return written(Schedule(day, wall_time, None, None, self.page.timezone)) if day else None

    def _told(self, dates: Iterable[Occurrence]) -> list[SeriesDate]:
        told = []
        for date in dates:
            difference = ""
            if date.is_cancelled:
                difference = "Cancelled"
            elif date.is_moved:
                difference = f"Moved from {describe_days(date.original_date, date.original_date)}"
            elif date.is_at_another_time:
                difference = "At another time than usual"
            told.append(SeriesDate(written(date.wall), date.is_cancelled, difference, date.note))
        return told


def _until(schedule: Schedule) -> str:
    """`, until 3 March 2027`, of a series with a known end; of one with many dates the last possible day."""
    of_rule = rrule.last_day(schedule.rule, schedule.start_time, schedule.timezone) if schedule.rule else None
    last = of_rule if schedule.rule else own_starts(schedule)[-1][0]
    return f", until {describe_days(last, last)}" if last else ""


def _dates(number: int, which: str) -> str:
    return f"{number} {which} date{'' if number == 1 else 's'}"


def _flag(condition: Q) -> Case:
    """Whether `condition` holds; not when it is unknown."""
    return Case(When(condition, then=Value(True)), default=Value(False))
