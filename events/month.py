"""A month of events as a calendar: its layout, which is pure, and its page."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from .dates import MONTHS, describe_days
from .filters import EventFilterForm
from .models import EventIndexPage, EventOccurrence
from .querysets import EventOccurrenceQuerySet, are_there

WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

# What fits into a week, and into a day of it, before the rest is only counted.
MAX_LANES = 3
MAX_A_DAY = 5


@dataclass(frozen=True, slots=True)
class Date:
    """One taking place of an event on the days from `first` to `last`, both included."""

    first: date
    last: date
    start_time: time | None
    title: str
    slug: str
    is_off: bool

    @property
    def days(self) -> str:
        return describe_days(self.first, self.last)


@dataclass(frozen=True, slots=True)
class Bar:
    """What a day shows of a date of several days: with `length` the beginning of a bar over so many days of its week,
    with 0 that it goes on. Bars that meet are in different lanes."""

    date: Date
    lane: int
    length: int
    has_begun: bool
    goes_on: bool
    is_first: bool = True
    """Whether it is the first of this date in the month."""


@dataclass(slots=True)
class Day:
    day: date
    is_today: bool
    bars: list[Bar] = field(default_factory=list)
    dates: list[Date] = field(default_factory=list)
    hidden: int = 0
    address: str = ""  # of the list of all its events, where some are hidden

    @property
    def has_lines(self) -> bool:
        """Whether there is anything to write into it, beside bars that lie over it."""
        return bool(self.dates or self.hidden or any(bar.length for bar in self.bars))

    @property
    def is_quiet(self) -> bool:
        """Whether nothing begins on it: a list of days leaves it out."""
        return not (self.dates or self.hidden or any(bar.is_first for bar in self.bars))


@dataclass(frozen=True, slots=True)
class Week:
    """The days of one month in one week, with how many days of other months are before and after them."""

    days: list[Day]
    before: int
    after: int
    lanes: int


@dataclass(frozen=True, slots=True)
class Month:
    year: int
    number: int

    def __str__(self) -> str:
        return f"{MONTHS[self.number - 1]} {self.year}"

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.number, calendar.monthrange(self.year, self.number)[1])

    @property
    def path(self) -> str:
        """Below the list of events."""
        return f"calendar/{self.year:04}/{self.number:02}/"

    @property
    def previous(self) -> "Month":
        return Month.of(self.first - timedelta(days=1))

    @property
    def next(self) -> "Month":
        return Month.of(self.last + timedelta(days=1))

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)


def weeks(month: Month, dates: Iterable[Date], today: date) -> list[Week]:
    """The weeks of `month`, from Monday to Sunday, with `dates`, which come in the order in which a day shows them."""
    dates = list(dates)
    first = month.first - timedelta(days=month.first.weekday())
    mondays = [first + timedelta(weeks=number) for number in range(6)]
    return [_week(month, monday, dates, today) for monday in mondays if monday <= month.last]


def _week(month: Month, monday: date, dates: list[Date], today: date) -> Week:
    first, last = max(monday, month.first), min(monday + timedelta(days=6), month.last)
    days = [Day(day, day == today) for day in _days(first, last)]
    inside = [date_ for date_ in dates if date_.first <= last and date_.last >= first]
    long = sorted((date_ for date_ in inside if date_.last > date_.first), key=lambda date_: date_.first)
    free_from = [first] * MAX_LANES
    for date_ in long:
        begins, ends = max(date_.first, first), min(date_.last, last)
        lane = next((lane for lane, free in enumerate(free_from) if free <= begins), None)
        for day in days[(begins - first).days : (ends - first).days + 1]:
            if lane is None:
                day.hidden += 1
                continue
            length = (ends - begins).days + 1 if day.day == begins else 0
            is_first = day.day == max(date_.first, month.first)
            day.bars.append(Bar(date_, lane, length, date_.first < begins, date_.last > ends, is_first))
        if lane is not None:
            free_from[lane] = ends + timedelta(days=1)
    for date_ in inside:
        if date_.last == date_.first:
            day = days[(date_.first - first).days]
            if len(day.bars) + len(day.dates) < MAX_A_DAY:
                day.dates.append(date_)
            else:
                day.hidden += 1
    lanes = max((bar.lane + 1 for day in days for bar in day.bars), default=0)
    return Week(days, (first - monday).days, 6 - (last - monday).days, lanes)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def answer(request: HttpRequest, index: EventIndexPage, at: datetime, year: int, number: int):
    """The page of a month. Raises Http404 for what is no month, and for years before the first event or after the last;
    the present year always has a page."""
    if not (MINYEAR <= year <= MAXYEAR and 1 <= number <= 12):
        raise Http404
    month, today = Month(year, number), at.date()
    form = EventFilterForm(request.GET)
    rows = EventOccurrence.objects.without_private_events()
    days = DateRange(month.first, month.last, "[]")
    has_begun, has_not_ended, is_earlier, is_later = _surroundings(month, rows, form.matching(rows, at))
    if year != today.year and not (has_begun and has_not_ended):
        raise Http404

    def listed(without=""):
        return form.matching(rows, at, without=without).filter(days__overlap=days)

    calendar_weeks = weeks(month, _dates(listed()), today)
    for day in (day for week in calendar_weeks for day in week.days if day.hidden):
        day.address = f"{index.url}{'past/' if day.day < today else ''}?{form.query_string_on(day.day)}"
    return index.render(
        request,
        template="events/event_month.html",
        context_overrides={
            "form": form,
            "offers": form.offers(listed, at),
            "month": month,
            "weekdays": WEEKDAYS,
            "weeks": calendar_weeks,
            "previous": month.previous if is_earlier else None,
            "next": month.next if is_later else None,
            "is_empty": not any(day.bars or day.dates for week in calendar_weeks for day in week.days),
            "address": f"{index.url}{month.path}",
            "canonical": f"{index.full_url}{month.path}",
            "this_month": f"{index.url}{Month.of(today).path}",
        },
    )


def answer_present(request: HttpRequest, index: EventIndexPage, at: datetime) -> HttpResponse:
    """To the page of the month that it is, in UTC."""
    filters = EventFilterForm(request.GET).query_string
    return redirect(f"{index.url}{Month.of(at.date()).path}" + (f"?{filters}" if filters else ""))


def _surroundings(
    month: Month, rows: EventOccurrenceQuerySet, matching: EventOccurrenceQuerySet
) -> list[bool]:
    """Whether any of `rows` is in the year of `month` or before, in it or after; whether any of the `matching` ones is
    before the month, after it."""
    until_this_year = DateRange(None, date(month.year, 12, 31), "[]")
    since_this_year = DateRange(date(month.year, 1, 1), None)
    return are_there(
        rows.filter(days__overlap=until_this_year),
        rows.filter(days__overlap=since_this_year),
        matching.filter(days__overlap=DateRange(None, month.first, "()")),
        matching.filter(days__overlap=DateRange(month.last, None, "()")),
    )


def _dates(rows: EventOccurrenceQuerySet) -> list[Date]:
    """In the order of a day: what lasts all of it, then by the clock on the wall."""
    facts = rows.order_by(
        "days__startswith", F("start_time").asc(nulls_first=True), "page__title", "page"
    ).values_list(
        "days__startswith", "days__endswith", "start_time", "page__title", "page__slug", "is_going_ahead"
    )
    return [
        Date(first, end - timedelta(days=1), start_time, title, slug, not is_going_ahead)
        for first, end, start_time, title, slug, is_going_ahead in facts
    ]
