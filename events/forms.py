"""What the admin asks of an event before it is published; a draft may lack it, but makes sense as far as it goes."""

from dataclasses import replace
from datetime import date, time

from earthcode.forms import BasePageForm

from . import rrule
from .dates import describe_days
from .recurrence import Schedule, ScheduleException, all_dates, instant
from .widgets import RecurrenceField

_OF_THE_SCHEDULE = {"start_date", "start_time", "end_date", "end_time", "timezone", "recurrence_rule"}


class EventPageForm(BasePageForm):
    recurrence_rule = RecurrenceField(required=False, label="Repeats")

    def clean(self):
        cleaned = super().clean()
        needs_a_date = cleaned.get("date_status") != "to_be_determined"
        if needs_a_date and not cleaned.get("start_date") and not self.is_deferred_validation:
            self.add_error("start_date", "Give the first day, or set the date status to “To be determined”.")
        return cleaned

    def _post_clean(self):
        """Django's hook for what needs the cleaned instance: here, the rows that only make sense beside it."""
        super()._post_clean()
        if _OF_THE_SCHEDULE.isdisjoint(self.errors) and "exceptions" in self.formsets:
            self._check_exceptions(self.formsets["exceptions"])

    def _check_exceptions(self, formset):
        seen: set[date] = set()
        for row in formset.forms:
            if not (row.is_valid() and row.cleaned_data) or formset._should_delete_form(row):
                continue
            error = self._what_is_wrong_with(row.instance, seen)
            if error:
                row.add_error(*error)
            seen.add(row.instance.original_date)

    def _what_is_wrong_with(self, exception, seen):
        if exception.original_date in seen:
            return "original_date", "There is already a row for this date."
        if self.instance.recurrence_rule:
            error = what_is_wrong(exception.change, self.instance.schedule)
        else:
            error = ("original_date", "The event takes place once. Say how it repeats, or remove this row.")
            error = None if self.is_deferred_validation else error
        if not error and not self.is_deferred_validation and not exception.says_something:
            return (
                "original_date",
                "Say what is different: tick “cancelled”, give a new date or time, or write a note.",
            )
        return error


def what_is_wrong(exception: ScheduleException, schedule: Schedule) -> tuple[str, str] | None:
    """The field of the `exception` and a message, if it does not go with the series of the `schedule`."""
    day = exception.original_date
    neighbours = _neighbours(day, schedule)
    if day not in neighbours:
        words = " and ".join(describe_days(other, other) for other in neighbours)
        return (
            "original_date",
            f"{describe_days(day, day)} is not a date of this series. The nearest: {words}.",
        )
    if exception.is_cancelled:
        return None
    if exception.end_time and not (exception.start_time or schedule.start_time):
        return "start_time", "An end time needs a start time."
    dates = all_dates(replace(schedule, exceptions=(exception,)), instant(day, time.min, schedule.timezone))
    occurrence = next(date_ for date_ in dates if date_.original_date == day)
    if occurrence.ends_at and occurrence.ends_at <= occurrence.starts_at:
        name = "end_time" if exception.end_time or not exception.start_time else "start_time"
        return name, "It ends before it starts. If it runs past midnight, give the last day."
    return None


def _neighbours(day: date, schedule: Schedule) -> list[date]:
    """Of the days of a series: `day` alone if it is among them, else those next to it before and after."""
    before = None
    for other in rrule.days(schedule.rule, schedule.start_date, schedule.start_time, schedule.timezone):
        if other >= day:
            return [other] if other == day or before is None else [before, other]
        before = other
    return [before] if before else []
