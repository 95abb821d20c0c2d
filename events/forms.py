"""What the admin asks of an event before it is published; a draft may lack it, but makes sense as far as it goes."""

from dataclasses import replace
from datetime import time

from earthcode.forms import BasePageForm

from .dates import describe_days
from .recurrence import (
    Original,
    Schedule,
    ScheduleException,
    all_dates,
    excepted_dates,
    instant,
    neighbours,
)
from .widgets import RecurrenceField

_OF_THE_SCHEDULE = {
    "start_date",
    "start_time",
    "end_date",
    "end_time",
    "timezone",
    "recurrence_rule",
    "additional_dates",
}


class EventPageForm(BasePageForm):
    recurrence_rule = RecurrenceField(required=False, label="Repeats")
    merged_together = (
        *BasePageForm.merged_together,
        (
            "dates",
            "the dates",
            (
                "start_date",
                "start_time",
                "end_date",
                "end_time",
                "timezone",
                "recurrence_rule",
                "date_status",
            ),
        ),
        (
            "registration-dates",
            "the dates of the registration",
            (
                "registration_opens_date",
                "registration_opens_time",
                "registration_closes_date",
                "registration_closes_time",
            ),
        ),
    )
    row_keys = {
        "exceptions": ("original_date", "original_time"),
        "organizers": ("partner", "name"),
        "key_dates": ("label",),
        "materials": ("title",),
        "previous_dates": ("start_date", "start_time"),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # As it was before anything of the form came into it.
        schedule = self.instance.schedule
        self._idle_rows: list[object] = []
        if "exceptions" not in self.formsets:
            return
        idle = "This is no date of the series any more, so the row changes nothing. Remove it or give another date."
        there = _excepted(schedule)
        for row in self.formsets["exceptions"].forms:
            if (
                schedule
                and row.instance.original_date
                and _original(row.instance.change, schedule) not in there
            ):
                self._idle_rows.append(row)
                row.fields["original_date"].help_text = idle

    def clean(self):
        cleaned = super().clean()
        needs_a_date = cleaned.get("date_status") != "to_be_determined"
        if needs_a_date and not cleaned.get("start_date") and not self.is_deferred_validation:
            self.add_error("start_date", "Give the first day, or set the date status to “To be determined”.")
        return cleaned

    def _post_clean(self):
        """Django's hook for what needs the cleaned instance: here, the rows that only make sense beside it."""
        super()._post_clean()
        if not _OF_THE_SCHEDULE.isdisjoint(self.errors):
            return
        self._check_additional_dates()
        if "exceptions" in self.formsets:
            self._check_exceptions(self.formsets["exceptions"])

    def _check_additional_dates(self):
        schedule = self.instance.regular_schedule
        if schedule is None or {"start_time", "additional_dates"}.isdisjoint(self.changed_data):
            return
        if schedule.start_time is None and any(added.start_time for added in schedule.additional):
            self.add_error(
                "additional_dates", "The event lasts whole days: leave out the times, or give its start time."
            )

    def _check_exceptions(self, formset):
        seen: set[Original] = set()
        for row in formset.forms:
            if not (row.is_valid() and row.cleaned_data) or formset._should_delete_form(row):
                continue
            # What an import, or anybody before, has left without its date is in nobody's way.
            is_untouched = row in self._idle_rows and not row.has_changed()
            error = None if is_untouched else self._what_is_wrong_with(row.instance, seen)
            if error:
                row.add_error(*error)
            seen.add(self._original(row.instance.change))

    def _original(self, exception: ScheduleException) -> Original:
        schedule = self.instance.regular_schedule
        original = exception.original_date, exception.original_time
        if schedule is None or exception.original_time is None:
            return original
        return schedule.original(*original)

    def _what_is_wrong_with(self, exception, seen):
        if self._original(exception.change) in seen:
            return "original_date", "There is already a row for this date."
        schedule = self.instance.schedule
        if schedule and schedule.is_series:
            error = what_is_wrong(exception.change, schedule)
        else:
            error = ("original_date", "The event takes place once. Say how it repeats, or remove this row.")
            error = None if self.is_deferred_validation else error
        if not error and not self.is_deferred_validation and not exception.says_something:
            return (
                "original_date",
                "Say what is different: tick “cancelled”, give a new date or time, or write a note.",
            )
        return error


def _excepted(schedule: Schedule | None) -> set[Original]:
    """The dates of `schedule` of which its exceptions tell."""
    try:
        return {date_.original for date_ in excepted_dates(schedule)} if schedule else set()
    except ValueError:
        return set()  # the rule says of itself what is wrong


def _original(exception: ScheduleException, schedule: Schedule) -> Original:
    return schedule.original(exception.original_date, exception.original_time or schedule.start_time)


def what_is_wrong(exception: ScheduleException, schedule: Schedule) -> tuple[str, str] | None:
    """The field of the `exception` and a message, if it does not go with the series of the `schedule`."""
    day, original = exception.original_date, _original(exception, schedule)
    found = neighbours(schedule, original)
    if found != [original]:
        words = " and ".join(dict.fromkeys(_in_words(other) for other in found))
        return (
            "original_date",
            f"{_in_words(original)} is not a date of this series. The nearest: {words}.",
        )
    if exception.is_cancelled:
        return None
    if exception.end_time and not (exception.start_time or schedule.start_time):
        return "start_time", "An end time needs a start time."
    alone = replace(schedule, exceptions=(exception,))
    dates = all_dates(alone, instant(day, time.min, schedule.timezone))
    occurrence = next(date_ for date_ in dates if date_.original == original)
    if occurrence.ends_at and occurrence.ends_at <= occurrence.starts_at:
        name = "end_time" if exception.end_time or not exception.start_time else "start_time"
        return name, "It ends before it starts. If it runs past midnight, give the last day."
    return None


def _in_words(original: Original) -> str:
    day, wall_time = original
    return describe_days(day, day) + (f" at {wall_time:%H:%M}" if wall_time else "")
