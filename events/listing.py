"""Lists of events: each event once, by the one of its dates that matters now."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, datetime, timedelta
from functools import cached_property, partial
from itertools import groupby
from typing import cast

from django.core.paginator import Page, Paginator
from django.db.models import Count, Min, OuterRef, Subquery
from django.http import Http404, HttpRequest, QueryDict

from . import rrule
from .dates import MONTHS, describe, iso_start
from .filters import EventFilterForm
from .models import EventIndexPage, EventOccurrence, EventPage
from .month import Month
from .querysets import EventOccurrenceQuerySet, are_there
from .recurrence import MAX_OCCURRENCES, Occurrence, phase

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Showing:
    """What a list says of an event: which of its dates it shows, as a day and in words, where that and registration
    stand at the time, and in words that there are more dates."""

    occurrence: Occurrence | None
    when: str
    phase: str
    registration: str
    more: str = ""

    @property
    def first_day(self) -> date | None:
        return self.occurrence.wall.start_date if self.occurrence else None

    @property
    def starts(self) -> str:
        """In ISO 8601, as `dates.iso_start`."""
        return iso_start(self.occurrence.wall) if self.occurrence else ""


@dataclass(frozen=True, slots=True)
class Section:
    """Events under one heading; each has its `showing`."""

    heading: str
    events: list[EventPage]


def showing(event: EventPage, at: datetime) -> Showing:
    """Of an event that was not fetched for a list; asks for the exceptions of a series."""
    return _showing(event, event.occurrence(at), event.registration(at), at)


def shown(rows: Iterable[EventOccurrence], at: datetime) -> list[EventPage]:
    """The events of `rows`, each with its `showing` at `at` (aware)."""
    rows = list(rows)
    more = _further_dates(rows)
    for row in rows:
        row.page.showing = _showing(row.page, row.occurrence, row.registration(at), at, more.get(row.pk, ""))
    return [row.page for row in rows]


def _showing(
    event: EventPage, occurrence: Occurrence | None, registration: str, at: datetime, more: str = ""
) -> Showing:
    if occurrence is None:
        return Showing(None, event.when, "undetermined", registration)
    words = "" if event.recurrence_rule or event.additional_dates else event.date_text
    return Showing(occurrence, words or describe(occurrence.wall), phase(occurrence, at), registration, more)


def _further_dates(rows: list[EventOccurrence]) -> dict[int, str]:
    """In words what else there is of the series among `rows`, by the keys of these; asks once, if there are any."""
    series = {
        row.pk: row.page.recurrence_rule
        for row in rows
        if row.page.recurrence_rule or row.page.additional_dates
    }
    if not series:
        return {}
    dates = EventOccurrence.objects.filter(page=OuterRef("page")).order_by().values("page")
    later = dates.filter(starts_at__gt=OuterRef("starts_at")).values(number=Count("pk"))
    counts = EventOccurrence.objects.filter(pk__in=series).values_list(
        "pk", Subquery(later), Subquery(dates.values(number=Count("pk")))
    )
    return {pk: _more(series[pk], later or 0, total) for pk, later, total in counts}


def _more(rule: str, later: int, total: int) -> str:
    if not later:
        return f"the last of {total} dates" if total > 1 else ""
    # Of a series without end, or a very long one, there are more dates than are counted.
    if (rule and not rrule.has_end(rule)) or total >= MAX_OCCURRENCES:
        return "and further dates"
    return f"and {later} more date{'s' if later > 1 else ''}"


@dataclass(frozen=True)
class Listing:
    """The upcoming or the past events that a visitor has chosen by `form` among those of `all_rows`, at an instant
    (aware); the past ones perhaps of one year only."""

    all_rows: EventOccurrenceQuerySet
    form: EventFilterForm
    at: datetime
    is_past: bool = False
    year: int | None = None

    def rows(self, without: str = "") -> EventOccurrenceQuerySet:
        """One row of each event, whatever is chosen in the field `without`."""
        if not self.is_past:
            return self.form.upcoming(self.all_rows, self.at, without=without)
        rows = self.form.past(self.all_rows, self.at, without=without)
        return rows if self.year is None else rows.ending_in(self.year)

    @cached_property
    def other(self) -> "Listing":
        """The past events with the same filters if this is the upcoming ones, and the other way round."""
        return replace(self, is_past=not self.is_past)

    def page(self, number: str | None) -> Page:
        """The rows on a page of the list; the nearest page there is for a `number` that is malformed or absurd."""
        page = Paginator(self._in_order(self.rows()), PER_PAGE).get_page(number)
        # Thousands of rows are put into order without their pages, which are fetched for those that are shown.
        chosen = cast(EventOccurrenceQuerySet, page.object_list)
        shown = EventOccurrence.objects.filter(pk__in=chosen.values("pk"))
        page.object_list = self._in_order(shown.with_pages())
        return page

    def _in_order(self, rows: EventOccurrenceQuerySet) -> EventOccurrenceQuerySet:
        return rows.backwards() if self.is_past else rows.as_schedule(self.at)

    @property
    def has_events(self) -> bool:
        """Whether there is any event, by whatever filters."""
        if self.year in (0, MAXYEAR):  # years that a date cannot have, or not go beyond
            return False
        return replace(self, form=EventFilterForm(QueryDict())).rows().exists()

    def years(self) -> list[int]:
        """The years in which a past event with the same filters was, the last one first."""
        rows = replace(self, is_past=True, year=None).rows()
        last_ones = EventOccurrence.objects.filter(over_at__isnull=False)
        first = last_ones.aggregate(first=Min("listed_until"))["first"]
        if first is None:
            return []
        candidates = range(self.at.year, first.year - 1, -1)
        found = are_there(*(rows.ending_in(year) for year in candidates))
        return [year for year, is_there in zip(candidates, found, strict=True) if is_there]


def sections(rows: Iterable[EventOccurrence], at: datetime) -> list[Section]:
    """The events of `rows` under headings: what runs at `at`, then by months."""
    rows = list(rows)
    shown(rows, at)
    return [
        Section(heading, [row.page for row in some])
        for heading, some in groupby(rows, key=partial(_heading, at=at))
    ]


def _heading(row: EventOccurrence, at: datetime) -> str:
    if row.days is None or row.listed_until is None:
        return "Date to be announced"
    if getattr(row, "is_running", False):
        return "Happening now"
    # Past events are in the order in which they ended.
    day = row.days.upper - timedelta(days=1) if row.listed_until <= at else row.days.lower
    return f"{MONTHS[day.month - 1]} {day.year}"


def answer(
    request: HttpRequest, index: EventIndexPage, at: datetime, *, is_past=False, year: int | None = None
):
    """The page of a listing. Raises Http404 for a year in which no past event was."""
    form = EventFilterForm(request.GET)
    listing = Listing(EventOccurrence.objects.without_private_events(), form, at, is_past, year)
    if year is not None and not listing.has_events:
        raise Http404
    rows = listing.page(request.GET.get("page"))
    subpath = f"past/{year:04}/" if year else "past/" if is_past else ""
    number = "" if form.is_active or rows.number == 1 else f"?page={rows.number}"
    return index.render(
        request,
        context_overrides={
            "form": form,
            "offers": form.offers(listing.rows, at, is_past=is_past),
            "rows": rows,
            "sections": sections(rows, at),
            "number_of_others": listing.other.rows().count() if form.is_active or not rows else 0,
            "is_past": is_past,
            "year": year,
            "years": listing.years() if is_past else [],
            "address": f"{index.url}{subpath}",
            "canonical": f"{index.full_url}{subpath}{number}",
            "this_month": f"{index.url}{Month.of(at.date()).path}",
        },
    )
