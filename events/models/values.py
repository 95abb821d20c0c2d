"""What the fields of events accept."""

from datetime import date

from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from .. import additional_dates, rrule
from ..widgets import timezone_names

# Further away is a slip of the hand, and the calendar itself ends at the year 9999.
YEARS = (MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2199, 12, 31)))


def validate_timezone(name):
    """Accept one of `timezone_names`; raise ValidationError for anything else."""
    if name not in timezone_names():
        raise ValidationError(
            "“%(name)s” is not a time zone. Choose one such as Europe/Rome.", params={"name": name}
        )


def languages():
    """Choices of ISO 639 codes with their names in English."""
    names = ((code, info["name"]) for code, info in LANG_INFO.items() if "name" in info and "-" not in code)
    return sorted(names, key=lambda choice: choice[1])


def validate_additional_dates(text):
    """Accept lines that `additional_dates.read` understands; raise ValidationError for anything else."""
    try:
        additional_dates.read(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def validate_rule(text):
    """Accept a recurrence rule that `rrule.parts` understands; raise ValidationError for anything else."""
    try:
        rrule.parts(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error
