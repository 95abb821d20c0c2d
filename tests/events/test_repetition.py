"""The form of a series: what a person chose and the rule that is kept say the same, to the byte."""

import contextlib
from datetime import date

import pytest
from django import forms
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from wagtail.test.utils.form_data import querydict_from_html

from events import rrule
from events.repetition import OWN, Repetition, in_words, repetition, rule
from events.widgets import RecurrenceField

CHOICES = [
    ("", Repetition()),
    ("FREQ=DAILY", Repetition("DAILY")),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", Repetition("WEEKLY", 2, weekdays=("TU",))),
    ("FREQ=WEEKLY;BYDAY=MO,FR;COUNT=10", Repetition("WEEKLY", weekdays=("MO", "FR"), ends="count", count=10)),
    ("FREQ=MONTHLY", Repetition("MONTHLY")),
    ("FREQ=MONTHLY;BYDAY=2TU", Repetition("MONTHLY", position="2", weekday="TU")),
    ("FREQ=MONTHLY;BYDAY=-1FR", Repetition("MONTHLY", position="-1", weekday="FR")),
    (
        "FREQ=YEARLY;UNTIL=20301231",
        Repetition("YEARLY", ends="until", until=date(2030, 12, 31)),
    ),
    ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1", Repetition(OWN, rule="FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1")),
]


@pytest.mark.parametrize(("text", "chosen"), CHOICES)
def test_a_rule_and_its_choices(text, chosen):
    assert repetition(text) == chosen
    assert rule(chosen) == text


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("freq=weekly;byday=tu", "FREQ=WEEKLY;BYDAY=TU"),
        ("FREQ=WEEKLY;WKST=MO;BYDAY=TH,TU;INTERVAL=01", "FREQ=WEEKLY;BYDAY=TU,TH"),
        ("FREQ=WEEKLY;WKST=SU;BYDAY=TU", "FREQ=WEEKLY;BYDAY=TU"),
        ("UNTIL=20301231;FREQ=MONTHLY;BYDAY=+2TU", "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20301231"),
    ],
)
def test_a_rule_that_is_spelt_otherwise_has_choices_as_well(text, same):
    assert repetition(text) == repetition(same)
    assert rule(repetition(text)) == same


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
        "FREQ=WEEKLY;BYMONTH=6",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU",
        "FREQ=MONTHLY;BYMONTHDAY=15",
        "FREQ=MONTHLY;BYDAY=TU",
        "FREQ=MONTHLY;BYDAY=5MO",
        "FREQ=MONTHLY;BYDAY=1MO,3MO",
        "FREQ=YEARLY;BYDAY=1MO",
        "FREQ=WEEKLY;UNTIL=20301231T120000Z",
        "FREQ=HOURLY",
        "every Tuesday",
    ],
)
def test_what_the_choices_cannot_say_stays_a_rule_of_its_own(text):
    assert repetition(text) == Repetition(OWN, rule=text)
    assert rule(repetition(text)) == text
    assert in_words(text) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Does not repeat"),
        ("FREQ=WEEKLY", "Every week"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,FR", "Every week on Monday, Tuesday and Friday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=10", "Every 2 weeks on Tuesday, 10 times"),
        ("FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20261231", "Every month on the last Friday, until 31 December 2026"),
        ("FREQ=DAILY;COUNT=1", "Every day, once"),
    ],
)
def test_a_rule_in_words(text, words):
    assert in_words(text) == words


def post(**inputs):
    data = QueryDict(mutable=True)
    for name, value in inputs.items():
        data.setlist(f"rule-{name}", value if isinstance(value, list) else [value])
    return data


def read(data):
    """What `RecurrenceField` makes of posted inputs; raise ValidationError."""
    field = RecurrenceField(required=False)
    return field.clean(field.widget.value_from_datadict(data, {}, "rule"))


def shown(value):
    """The inputs that a browser would post of what the widget shows."""
    html = RecurrenceField().widget.render("rule", value, {"id": "id_rule"})
    return querydict_from_html(f"<form>{html}</form>")


days = st.sets(st.sampled_from(rrule.WEEKDAYS)).map(
    lambda chosen: tuple(day for day in rrule.WEEKDAYS if day in chosen)
)
ends = st.one_of(
    st.just({}),
    st.dates(date(2000, 1, 1), date(2199, 12, 31)).map(lambda until: {"ends": "until", "until": until}),
    st.integers(1, 99_999).map(lambda count: {"ends": "count", "count": count}),
)
places = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {"position": st.sampled_from(["1", "2", "3", "4", "-1"]), "weekday": st.sampled_from(rrule.WEEKDAYS)}
    ),
)
repetitions = st.one_of(
    st.builds(
        lambda repeats, interval, end: Repetition(repeats, interval, **end),
        st.sampled_from(["DAILY", "YEARLY"]),
        st.integers(1, 999),
        ends,
    ),
    st.builds(
        lambda interval, weekdays, end: Repetition("WEEKLY", interval, weekdays, **end),
        st.integers(1, 999),
        days,
        ends,
    ),
    st.builds(
        lambda interval, place, end: Repetition("MONTHLY", interval, **place, **end),
        st.integers(1, 999),
        places,
        ends,
    ),
)
numbers = st.integers(1, 12).map(str)
# With no more weekdays than these the longest rule fits into rrule.MAX_LENGTH.
parts = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(rrule.FREQUENCIES)},
    optional={
        "INTERVAL": st.sampled_from(["1", "01", "2"]),
        "BYDAY": st.lists(st.sampled_from(["MO", "TU", "+2TU", "-1FR"]), min_size=1, max_size=28).map(
            ",".join
        ),
        "BYMONTH": numbers,
        "BYMONTHDAY": numbers,
        "BYSETPOS": numbers,
        "WKST": st.sampled_from(["MO", "SU"]),
        "UNTIL": st.sampled_from(["20301231", "20301231T120000Z"]),
        "COUNT": numbers,
    },
)


@given(repetitions)
def test_what_was_chosen_is_chosen_again(chosen):
    text = rule(chosen)
    assert repetition(text) == chosen
    assert rrule.parts(text)
    assert read(shown(text)) == text


@given(parts, st.randoms(), st.booleans())
def test_a_rule_that_nobody_touches_stays_to_the_byte(given_parts, random, is_lower_case):
    items = list(given_parts.items())
    random.shuffle(items)
    text = ";".join(f"{name}={value}" for name, value in items)
    text = text.lower() if is_lower_case else text
    assert len(text) <= rrule.MAX_LENGTH
    data = shown(text)
    assert read(data) == text
    assert not RecurrenceField().has_changed(
        text, RecurrenceField().widget.value_from_datadict(data, {}, "rule")
    )


@given(st.dictionaries(st.sampled_from(list(shown("").keys())), st.text()))
def test_hostile_inputs_make_a_message_or_a_text(inputs):
    data = QueryDict(mutable=True)
    data.update(inputs)
    with contextlib.suppress(forms.ValidationError):
        assert isinstance(read(data), str)


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({}, ""),
        ({"repeats": "", "interval": "3", "weekdays": ["MO"], "ends": "until"}, ""),
        ({"repeats": "WEEKLY", "interval": "", "weekdays": ["FR", "MO"]}, "FREQ=WEEKLY;BYDAY=MO,FR"),
        ({"repeats": "DAILY", "weekdays": ["XX"], "until": "soon", "rule": "\0"}, "FREQ=DAILY"),
        ({"repeats": "MONTHLY", "position": "", "weekday": "MO"}, "FREQ=MONTHLY"),
        ({"repeats": "WEEKLY", "ends": "count", "count": "3", "until": "x"}, "FREQ=WEEKLY;COUNT=3"),
        ({"repeats": "own", "rule": " RRULE:freq=daily ", "interval": "x"}, "freq=daily"),
        ({"repeats": "WEEKLY", "held": "FREQ=WEEKLY;WKST=MO"}, "FREQ=WEEKLY;WKST=MO"),
        ({"repeats": "WEEKLY", "interval": "2", "held": "FREQ=WEEKLY;WKST=MO"}, "FREQ=WEEKLY;INTERVAL=2"),
        ({"repeats": "DAILY", "held": "\0"}, "FREQ=DAILY"),
    ],
)
def test_only_the_inputs_that_belong_together_count(inputs, text):
    assert read(post(**inputs)) == text


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"repeats": "FORTNIGHTLY"}, "Select a valid choice"),
        ({"repeats": "WEEKLY", "weekdays": ["XX"]}, "Select a valid choice"),
        ({"repeats": "WEEKLY", "interval": "0"}, "at least 1"),
        ({"repeats": "WEEKLY", "interval": "1000"}, "999 at most"),
        ({"repeats": "WEEKLY", "interval": "often"}, "Enter a whole number"),
        ({"repeats": "MONTHLY", "position": "2"}, "Choose the weekday."),
        ({"repeats": "DAILY", "ends": "until"}, "Give the day on which the series ends."),
        ({"repeats": "DAILY", "ends": "until", "until": "30 February"}, "Enter a valid date"),
        ({"repeats": "DAILY", "ends": "count"}, "Say how many dates the series has."),
        ({"repeats": "DAILY", "ends": "count", "count": "0"}, "at least 1"),
        ({"repeats": "own"}, "Write the rule"),
    ],
)
def test_what_does_not_go_together_is_explained_and_kept(inputs, message):
    data = post(**inputs)
    with pytest.raises(forms.ValidationError, match=message):
        read(data)
    again = shown(RecurrenceField().widget.value_from_datadict(data, {}, "rule"))
    kept = {name: value for name, value in data.lists() if "XX" not in value and "FORTNIGHTLY" not in value}
    assert kept.items() <= dict(again.lists()).items()


def test_each_input_has_a_name_that_is_read_out():
    from bs4 import BeautifulSoup

    html = BeautifulSoup(RecurrenceField().widget.render("rule", "", {"id": "id_rule"}), "html.parser")
    labelled = {label["for"] for label in html.find_all("label")}
    inputs = html.select("select, input:not([type=hidden])")
    assert {tag["id"] for tag in inputs} == labelled
    assert all(fieldset.legend.get_text(strip=True) for fieldset in html.find_all("fieldset"))
