"""What the form of an event asks with more than one input, and the choice of a time zone."""

from dataclasses import asdict
from functools import cache
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from wagtail.admin.widgets import AdminDateInput

from . import rrule
from .repetition import ENDS, NEVER, OWN, POSITIONS, REPEATS, WEEKDAYS, Repetition, repetition, rule


@cache
def timezone_names():
    """The zones of the IANA database that are places or UTC, without the server's own clock and the like."""
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


class TimezoneSelect(forms.Select):
    """All zones of the IANA database; they come and go with tzdata, not with a migration."""

    def __init__(self, attrs=None):
        names = sorted(timezone_names())
        super().__init__(attrs, choices=[(name, name.replace("_", " ")) for name in names])

    def render(self, name, value, attrs=None, renderer=None):
        """What Django's templates make; they take a tenth of a second for as many options as these."""
        attributes = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        chosen = self.format_value(value)
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            ((zone, " selected" if zone in chosen else "", label) for zone, label in self.choices),
        )
        return format_html("<select{}>\n{}\n</select>", attributes, options)


def _whole_number(last, **options):
    """From 1 to `last`."""
    validators = [
        MinValueValidator(1, "The number has to be at least %(limit_value)s."),
        MaxValueValidator(last, "The number can be %(limit_value)s at most."),
    ]
    widget = forms.NumberInput(attrs={"min": 1, "max": last})
    return forms.IntegerField(required=False, validators=validators, widget=widget, **options)


class RepetitionForm(forms.Form):
    """The inputs of `RecurrenceField`; valid ones make the rule `text`. What does not belong to the choice that was
    made is ignored, whatever is in it."""

    repeats = forms.ChoiceField(choices=REPEATS, required=False, label="How often")
    interval = _whole_number(999, label="Interval")
    weekdays = forms.MultipleChoiceField(
        choices=WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple, label="Days of the week"
    )
    position = forms.ChoiceField(choices=POSITIONS, required=False, label="Day of the month")
    weekday = forms.ChoiceField(choices=(("", "…"), *WEEKDAYS), required=False, label="Weekday")
    rule = forms.CharField(
        required=False,
        max_length=rrule.MAX_LENGTH,
        label="Rule",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}),
        help_text="In the words of RFC 5545, such as FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1.",
    )
    ends = forms.ChoiceField(choices=ENDS, required=False, label="Ends")
    until = forms.DateField(required=False, widget=AdminDateInput, label="Last possible day")
    count = _whole_number(99_999, label="Number of dates", help_text="The first day counts.")
    # The rule that the inputs were made of.
    held = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data=None, *, prefix, text=""):
        super().__init__(data, prefix=prefix, initial=asdict(repetition(text)) | {"held": text})

    def clean(self):
        given = super().clean()
        for name in self.errors.keys() - self._asked(given):
            del self.errors[name]
        if not self.errors:
            self._miss(given)
        if not self.errors:
            self.text = self._text(given)
        return given

    def _asked(self, given):
        """The inputs that belong to the choices that were made."""
        repeats, ends = given.get("repeats"), given.get("ends")
        if repeats == NEVER:
            return {"repeats"}
        if repeats == OWN:
            return {"repeats", "rule"}
        of_its_own = {"WEEKLY": {"weekdays"}, "MONTHLY": {"position", "weekday"}}
        return {"repeats", "interval", "ends", ends} | of_its_own.get(repeats, set())

    def _miss(self, given):
        asked = self._asked(given)
        if "rule" in asked and not given["rule"]:
            self.add_error("rule", "Write the rule, or choose another way to repeat.")
        if "weekday" in asked and given["position"] and not given["weekday"]:
            self.add_error("weekday", "Choose the weekday.")
        if "until" in asked and not given["until"]:
            self.add_error("until", "Give the day on which the series ends.")
        if "count" in asked and not given["count"]:
            self.add_error("count", "Say how many dates the series has.")

    def _text(self, given):
        asked = self._asked(given)
        if given["repeats"] in (NEVER, OWN):
            return given["rule"].removeprefix("RRULE:") if "rule" in asked else ""
        days = given["weekdays"] if "weekdays" in asked else []
        place = given["position"] if "position" in asked else ""
        chosen = Repetition(
            given["repeats"],
            given["interval"] or 1,
            weekdays=tuple(day for day in rrule.WEEKDAYS if day in days),
            position=place,
            weekday=given["weekday"] if place else "",
            ends=given["ends"],
            until=given["until"] if "until" in asked else None,
            count=given["count"] if "count" in asked else None,
        )
        held = given.get("held", "")
        return held if repetition(held) == chosen else rule(chosen)


class RecurrenceWidget(forms.Widget):
    """A recurrence rule as choices; what it hands on is a `RepetitionForm`."""

    use_fieldset = True

    @property
    def media(self):
        own = forms.Media(js=["events/repetition.js"], css={"all": ["events/event_form.css"]})
        return RepetitionForm(prefix="").media + own

    def value_from_datadict(self, data, files, name):
        return RepetitionForm(data, prefix=name)

    def value_omitted_from_data(self, data, files, name):
        return f"{name}-repeats" not in data

    def id_for_label(self, id_):
        return ""

    def render(self, name, value, attrs=None, renderer=None):
        form = value if isinstance(value, RepetitionForm) else RepetitionForm(prefix=name, text=value or "")
        return render_to_string("events/admin/repetition.html", {"inputs": form, "attrs": attrs or {}})


class RecurrenceField(forms.Field):
    """From the inputs of `RepetitionForm` to the text of a recurrence rule, or ""."""

    widget = RecurrenceWidget

    def clean(self, value):
        if self.disabled:
            # Django hands on the text itself.
            return value
        if not value.is_valid():
            raise ValidationError([message for messages in value.errors.values() for message in messages])
        return value.text

    def has_changed(self, initial, data):
        return not data.is_valid() or data.text != (initial or "")
