from collections import defaultdict
from datetime import date, datetime, time, timedelta
from itertools import islice, product

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from events import rrule
from events.dates import describe, describe_days, is_series, iso_end, iso_start, utc_offset, written
from events.recurrence import Schedule

ROME = "Europe/Rome"


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        (Schedule(date(2025, 7, 14), None, date(2025, 7, 20), None, ROME), "14–20 July 2025"),
        (Schedule(date(2025, 4, 27), None, date(2025, 5, 2), None, ROME), "27 April – 2 May 2025"),
        (
            Schedule(date(2025, 12, 30), None, date(2026, 1, 2), None, ROME),
            "30 December 2025 – 2 January 2026",
        ),
        (Schedule(date(2026, 11, 30), None, None, None, ROME), "30 November 2026"),
        (Schedule(date(2026, 11, 30), None, date(2026, 11, 30), None, ROME), "30 November 2026"),
        (
            Schedule(date(2026, 2, 26), time(14), None, time(15, 30), ROME),
            "26 February 2026, 14:00–15:30 CET",
        ),
        (Schedule(date(2026, 2, 26), time(14), None, None, ROME), "26 February 2026, 14:00 CET"),
        (Schedule(date(2026, 7, 1), time(9), None, None, ROME), "1 July 2026, 09:00 CEST"),
        (Schedule(date(2026, 7, 1), time(0), None, time(1), ROME), "1 July 2026, 00:00–01:00 CEST"),
        (Schedule(date(2026, 7, 1), time(9), date(2026, 7, 3), None, ROME), "1–3 July 2026, 09:00 CEST"),
        (
            Schedule(date(2026, 6, 30), time(22), date(2026, 7, 1), time(2), ROME),
            "30 June 2026, 22:00 – 1 July 2026, 02:00 CEST",
        ),
        (
            Schedule(date(2026, 10, 24), time(22), date(2026, 10, 25), time(4), ROME),
            "24 October 2026, 22:00 CEST – 25 October 2026, 04:00 CET",
        ),
        (Schedule(date(2026, 1, 5), time(9), None, None, "America/Sao_Paulo"), "5 January 2026, 09:00 UTC−3"),
        (Schedule(date(2026, 1, 5), time(9), None, None, "Asia/Kathmandu"), "5 January 2026, 09:00 UTC+5:45"),
        (Schedule(date(2026, 1, 5), time(9), None, None, "UTC"), "5 January 2026, 09:00 UTC"),
        (Schedule(date(1900, 1, 1), time(9), None, None, "Asia/Seoul"), "1 January 1900, 09:00 UTC+8:27"),
    ],
)
def test_dates_are_written_as_people_write_them(schedule, text):
    assert describe(schedule) == text


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        (ROME, "UTC+1"),
        ("UTC", "UTC"),
        ("America/St_Johns", "UTC−3:30"),
        ("Pacific/Kiritimati", "UTC+14"),
        ("Etc/GMT+12", "UTC−12"),
    ],
)
def test_utc_offset(zone, offset):
    assert utc_offset(Schedule(date(2026, 1, 5), time(9), None, None, zone)) == offset


def test_machine_readable_start():
    assert iso_start(Schedule(date(2026, 2, 26), time(14), None, None, ROME)) == "2026-02-26T14:00:00+01:00"
    assert iso_start(Schedule(date(2026, 2, 26), None, None, None, ROME)) == "2026-02-26"
    # Before it had a zone, Seoul was 8 hours, 27 minutes and 52 seconds ahead, for which ISO 8601 has no words.
    assert (
        iso_start(Schedule(date(1900, 1, 1), time(9), None, None, "Asia/Seoul"))
        == "1900-01-01T00:32:08+00:00"
    )


@pytest.mark.parametrize(
    ("times", "end"),
    [
        ((None, None, None), "2026-02-26"),
        ((None, date(2026, 2, 28), None), "2026-02-28"),
        ((time(14), None, None), ""),
        ((time(14), None, time(15, 30)), "2026-02-26T15:30:00+01:00"),
        ((time(14), date(2026, 2, 28), None), "2026-02-28"),
        ((time(22), date(2026, 3, 30), time(2)), "2026-03-30T02:00:00+02:00"),
    ],
)
def test_machine_readable_end(times, end):
    start_time, end_date, end_time = times
    assert iso_end(Schedule(date(2026, 2, 26), start_time, end_date, end_time, ROME)) == end


@pytest.mark.parametrize(
    ("schedule", "pieces"),
    [
        (Schedule(date(2025, 7, 14), None, date(2025, 7, 20), None, ROME), ("14", "–", "20 July 2025", "")),
        (
            Schedule(date(2026, 2, 26), time(14), None, time(15, 30), ROME),
            ("26 February 2026, 14:00", "–", "15:30 CET", "Europe/Rome, UTC+1"),
        ),
        (
            Schedule(date(2026, 10, 24), time(22), date(2026, 10, 25), time(4), ROME),
            (
                "24 October 2026, 22:00 CEST",
                " – ",
                "25 October 2026, 04:00 CET",
                "Europe/Rome, UTC+2, then UTC+1",
            ),
        ),
        (
            Schedule(date(2026, 1, 5), time(9), None, None, "America/Sao_Paulo"),
            ("5 January 2026, 09:00 UTC−3", "", "", "America/Sao Paulo"),
        ),
        (Schedule(date(2026, 1, 5), time(9), None, None, "UTC"), ("5 January 2026, 09:00 UTC", "", "", "")),
    ],
)
def test_a_date_is_written_in_two_pieces_and_its_zone(schedule, pieces):
    words = written(schedule)
    assert (words.start, words.dash, words.end, words.zone) == pieces
    assert str(words) == describe(schedule)
    assert (words.starts, words.ends) == (iso_start(schedule), iso_end(schedule))


@given(st.dates(), st.dates())
def test_a_range_of_days_names_both_ends(first, last):
    first, last = min(first, last), max(first, last)
    text = describe_days(first, last)
    assert text.startswith(str(first.day))
    assert str(last.year) in text
    assert ("–" in text) == (first != last)


ZONES = [
    ROME,
    "UTC",
    "America/New_York",
    "America/Sao_Paulo",
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
    "Etc/GMT+12",
]
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
MINUTES = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))


@st.composite
def schedules(draw, days=DAYS, times=MINUTES):
    """Single events that an editor could save, in a zone of ZONES."""
    first, last = sorted(draw(st.tuples(days, days)))
    start_time = draw(st.none() | times)
    end_time = draw(st.none() | times) if start_time else None
    assume(not (end_time and first == last and end_time <= start_time))
    return Schedule(first, start_time, last, end_time, draw(st.sampled_from(ZONES)))


@given(schedules())
def test_words_have_all_days_years_and_times(schedule):
    words = describe(schedule)
    for day in (schedule.start_date, schedule.last_date):
        assert f"{day.day}" in words
        assert f"{day.year}" in words
        assert f"{day:%B}" in words
    for moment in filter(None, (schedule.start_time, schedule.end_time)):
        assert f"{moment:%H:%M}" in words


FEW_DAYS = st.sampled_from(
    [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 11), date(2026, 11, 1), date(2027, 1, 1)]
)
FEW_TIMES = st.sampled_from([time(0), time(0, 1), time(10), time(11, 11)])


@given(schedules(FEW_DAYS, FEW_TIMES), schedules(FEW_DAYS, FEW_TIMES))
def test_two_schedules_of_a_zone_are_never_described_alike(one, other):
    assume(one != other and one.timezone == other.timezone)
    assert describe(one) != describe(other)


TUESDAY = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "Every day"),
        ("FREQ=DAILY;INTERVAL=3", "Every three days"),
        ("FREQ=DAILY;INTERVAL=30", "Every 30 days"),
        ("FREQ=DAILY;BYDAY=TU,SA", "Every Tuesday and Saturday"),
        ("FREQ=WEEKLY", "Every Tuesday"),
        ("freq=weekly;byday=tu", "Every Tuesday"),
        ("FREQ=WEEKLY;BYDAY=WE,MO,TU,MO", "Every Monday, Tuesday and Wednesday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every day from Monday to Friday"),
        ("FREQ=WEEKLY;BYDAY=TU,WE,TH,FR,SA", "Every Tuesday, Wednesday, Thursday, Friday and Saturday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "Every day"),
        ("FREQ=WEEKLY;INTERVAL=2", "Every two weeks on Tuesday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,WE", "Every two weeks on Tuesday and Wednesday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,WE;WKST=MO", "Every two weeks on Tuesday and Wednesday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "Repeats"),
        ("FREQ=WEEKLY;BYMONTH=3", "Repeats"),
        ("FREQ=MONTHLY", "On the 3rd of every month"),
        ("FREQ=MONTHLY;BYMONTHDAY=3", "On the 3rd of every month"),
        ("FREQ=MONTHLY;BYMONTHDAY=22,3,-1", "On the 3rd, the 22nd and the last day of every month"),
        ("FREQ=MONTHLY;BYMONTHDAY=3,11,12,21", "On the 3rd, the 11th, the 12th and the 21st of every month"),
        ("FREQ=MONTHLY;INTERVAL=3", "Every three months on the 3rd"),
        ("FREQ=MONTHLY;BYMONTHDAY=3,30", "Repeats"),
        ("FREQ=MONTHLY;BYMONTHDAY=3,-2", "Repeats"),
        ("FREQ=MONTHLY;BYDAY=1TU", "On the first Tuesday of every month"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1", "On the first Tuesday of every month"),
        ("FREQ=MONTHLY;BYDAY=-1TU", "On the last Tuesday of every month"),
        ("FREQ=MONTHLY;BYDAY=3TU,1TU", "On the first Tuesday and the third Tuesday of every month"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=1TU", "Every two months on the first Tuesday"),
        ("FREQ=MONTHLY;BYDAY=5TU", "On the fifth Tuesday of every month that has one"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=5TU", "Repeats"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2", "Repeats"),
        ("FREQ=MONTHLY;BYDAY=TU;BYMONTHDAY=3", "Repeats"),
        ("FREQ=MONTHLY;BYDAY=TU", "Repeats"),
        ("FREQ=MONTHLY;BYDAY=-2TU", "Repeats"),
        ("FREQ=YEARLY", "Every year on 3 March"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=3", "Every two years on 3 March"),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3", "Every year on 3 March"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=1TU", "Every year on the first Tuesday of March"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=TU;BYSETPOS=-1", "Every year on the last Tuesday of March"),
        ("FREQ=YEARLY;BYMONTH=3,9", "Repeats"),
        ("FREQ=YEARLY;BYDAY=9TU", "Repeats"),
        ("FREQ=YEARLY;BYMONTHDAY=3", "Repeats"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=TU", "Repeats"),
        ("FREQ=YEARLY;BYYEARDAY=62", "Repeats"),
        ("FREQ=YEARLY;BYWEEKNO=10", "Repeats"),
    ],
)
def test_a_rule_is_said_in_words_or_not_at_all(rule, words):
    assert describe(Schedule(TUESDAY, None, None, None, ROME, rule)) == f"{words}, from 3 March 2026"


@pytest.mark.parametrize(
    ("first", "rule", "words"),
    [
        ("2026-01-31", "FREQ=MONTHLY", "On the 31st of every month that has one"),
        ("2026-01-31", "FREQ=MONTHLY;INTERVAL=2", "Repeats"),
        ("2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1", "On the last day of every month"),
        ("2026-01-31", "FREQ=YEARLY", "Every year on 31 January"),
        ("2028-02-29", "FREQ=YEARLY", "Repeats"),
        ("2028-02-29", "FREQ=YEARLY;BYMONTH=2;BYDAY=5TU", "Repeats"),
    ],
)
def test_days_that_some_months_do_not_have(first, rule, words):
    first = date.fromisoformat(first)
    assert describe(Schedule(first, None, None, None, ROME, rule)).startswith(f"{words}, from {first.day}")


@pytest.mark.parametrize(
    ("times", "rule", "words"),
    [
        ((time(14), None, time(15, 30)), "", "14:00–15:30 Europe/Rome time, from 3 March 2026"),
        (
            (time(14), None, time(15, 30)),
            ";UNTIL=20260609",
            "14:00–15:30 Europe/Rome time, from 3 March to 9 June 2026",
        ),
        (
            (time(14), None, None),
            ";UNTIL=20260331T115959Z",
            "14:00 Europe/Rome time, from 3 to 30 March 2026",
        ),
        (
            (time(14), None, None),
            ";UNTIL=20270105",
            "14:00 Europe/Rome time, from 3 March 2026 to 5 January 2027",
        ),
        ((None, None, None), ";COUNT=10", "from 3 March 2026, ten times"),
        ((None, None, None), ";COUNT=52", "from 3 March 2026, 52 times"),
        ((None, date(2026, 3, 5), None), "", "three days each time, from 3 March 2026"),
        (
            (time(9), date(2026, 3, 5), None),
            "",
            "09:00 Europe/Rome time, three days each time, from 3 March 2026",
        ),
        (
            (time(22), date(2026, 3, 4), time(2)),
            "",
            "22:00 to 02:00 the next day, Europe/Rome time, from 3 March 2026",
        ),
        (
            (time(22), date(2026, 3, 6), time(2)),
            "",
            "22:00 to 02:00 three days later, Europe/Rome time, from 3 March 2026",
        ),
    ],
)
def test_a_series_says_its_times_and_its_end(times, rule, words):
    start_time, end_date, end_time = times
    schedule = Schedule(TUESDAY, start_time, end_date, end_time, ROME, f"FREQ=WEEKLY{rule}")
    assert describe(schedule) == f"Every Tuesday, {words}"


def test_a_series_in_utc_has_no_place_in_its_time():
    schedule = Schedule(TUESDAY, time(14), None, None, "UTC", "FREQ=WEEKLY")
    assert describe(schedule) == "Every Tuesday, 14:00 UTC, from 3 March 2026"


@pytest.mark.parametrize(
    "rule", ["", "FREQ=WEEKLY;COUNT=1", "FREQ=WEEKLY;UNTIL=20260303", "FREQ=WEEKLY;UNTIL=20260101"]
)
def test_a_series_of_one_date_is_described_as_that_date(rule):
    schedule = Schedule(TUESDAY, time(14), None, None, ROME, rule)
    assert not is_series(schedule)
    assert describe(schedule) == "3 March 2026, 14:00 CET"


def listed(values):
    return st.lists(st.sampled_from(values), min_size=1, max_size=4).map(
        lambda found: ",".join(map(str, found))
    )


@st.composite
def rules(draw):
    """Any rule that the portal takes."""
    found = {"FREQ": draw(st.sampled_from(rrule.FREQUENCIES))}
    optional = {
        "INTERVAL": st.integers(1, 999).map(str),
        "BYDAY": listed([f"{number}{day}" for number in ("", 1, 5, -1, 53) for day in rrule.WEEKDAYS]),
        "BYMONTH": listed(range(1, 13)),
        "BYMONTHDAY": listed([1, 15, 28, 29, 31, -1, -31, "+3"]),
        "BYYEARDAY": listed([1, 366, -1]),
        "BYWEEKNO": listed([1, 53, -1]),
        "BYSETPOS": listed([1, 5, 6, -1]),
        "WKST": st.sampled_from(rrule.WEEKDAYS),
        "COUNT": st.integers(1, 99_999).map(str),
        "UNTIL": st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)).map(  # noqa: DTZ001
            lambda moment: f"{moment:%Y%m%d}" if moment.day % 2 else f"{moment:%Y%m%dT%H%M%SZ}"
        ),
    }
    for name in draw(st.sets(st.sampled_from(sorted(optional)))):
        found[name] = draw(optional[name])
    text = ";".join(f"{name}={value}" for name, value in found.items())
    try:
        rrule.parts(text)
    except ValueError:
        assume(False)
    return text


@given(schedules(), rules())
@example(
    Schedule(date(2199, 12, 31), time(23, 59), date(2199, 12, 31), None, "Pacific/Kiritimati"), "FREQ=DAILY"
)
@example(
    Schedule(date(1900, 1, 1), time(0), date(1900, 1, 1), None, "Etc/GMT+12"), "FREQ=YEARLY;UNTIL=19000101"
)
def test_every_series_has_words(schedule, rule):
    series = Schedule(
        schedule.start_date,
        schedule.start_time,
        schedule.end_date,
        schedule.end_time,
        schedule.timezone,
        rule,
    )
    words = describe(series)
    assert str(series.start_date.year) in words
    assert words.startswith(("Every ", "On the ", "Repeats")) == is_series(series)


WEEKS = st.frozensets(st.sampled_from(rrule.WEEKDAYS), min_size=1)


@given(WEEKS, WEEKS, st.sampled_from(["DAILY", "WEEKLY"]), st.integers(1, 3))
def test_different_days_of_the_week_never_get_the_same_words(some, others, frequency, interval):
    assume(some != others and (frequency == "WEEKLY" or interval == 1))
    schedules = [
        Schedule(
            TUESDAY, None, None, None, ROME, f"FREQ={frequency};INTERVAL={interval};BYDAY={','.join(days)}"
        )
        for days in (some, others)
    ]
    assert describe(schedules[0]) != describe(schedules[1])


@pytest.mark.parametrize("first", ["2026-03-03", "2026-03-31", "2026-01-31", "2028-02-29", "2026-06-02"])
def test_rules_with_the_same_words_have_the_same_days(first):
    first = date.fromisoformat(first)
    weekday, from_the_end = rrule.WEEKDAYS[first.weekday()], (first + timedelta(days=7)).month != first.month
    position = -1 if from_the_end else (first.day - 1) // 7 + 1
    options = {
        "FREQ": rrule.FREQUENCIES,
        "INTERVAL": ["1", "2"],
        "BYDAY": [
            None,
            weekday,
            f"{weekday},SU",
            "MO,TU,WE,TH,FR",
            f"{position}{weekday}",
            f"{position}{weekday},2SU",
        ],
        "BYMONTHDAY": [None, f"{first.day}", f"{first.day},17", f"{first.day},-1", "-1"],
        "BYMONTH": [None, f"{first.month}", f"{first.month},{first.month % 12 + 1}"],
        "BYSETPOS": [None, f"{position}", "1", "-1"],
        "WKST": [None, "SU"],
    }
    meanings = defaultdict(set)
    for values in product(*options.values()):
        rule = ";".join(f"{name}={value}" for name, value in zip(options, values, strict=True) if value)
        try:
            words = describe(Schedule(first, None, None, None, ROME, rule))
        except ValueError:
            continue
        if not words.startswith("Repeats") and rrule.next_day(rule, first) == first:
            meanings[words].add(tuple(islice(rrule.days(rule, first, None, ROME), 30)))
    assert len(meanings) > 10
    assert {words: len(found) for words, found in meanings.items() if len(found) > 1} == {}
