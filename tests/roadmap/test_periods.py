"""When a stage of the roadmap is over."""

from datetime import UTC, date, datetime

import pytest

from roadmap.models import RoadmapStagePage
from roadmap.periods import last_day


@pytest.mark.parametrize(
    ("period", "day"),
    [
        ("2026", date(2026, 12, 31)),
        ("2025–2026", date(2026, 12, 31)),
        ("2025-26", date(2026, 12, 31)),
        ("2025–03", date(2025, 12, 31)),
        ("Q1 2028", date(2028, 3, 31)),
        ("Q4 2025 – Q1 2026", date(2026, 3, 31)),
        ("H1 2026", date(2026, 6, 30)),
        ("February 2028", date(2028, 2, 29)),
        ("Oct 2025 – Mar 2026", date(2026, 3, 31)),
        ("October–November 2026", date(2026, 11, 30)),
        ("until Sept 2026", date(2026, 9, 30)),
        ("Spring 2026", date(2026, 6, 30)),
        ("Winter 2025", date(2026, 3, 31)),
        ("Phase 2 (2026)", date(2026, 12, 31)),
        ("Year 2", None),
        ("Year 2+", None),
        ("2026+", None),
        ("from 2026", None),
        ("2026 onwards", None),
        ("", None),
    ],
)
def test_the_words_of_a_period_are_read(period, day):
    assert last_day(period) == day


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("period", "ends_on", "at", "is_over"),
    [
        ("2025", None, datetime(2026, 1, 1, 11, tzinfo=UTC), False),  # still the last day somewhere
        ("2025", None, datetime(2026, 1, 1, 13, tzinfo=UTC), True),
        ("Year 1", date(2026, 5, 1), datetime(2026, 5, 3, tzinfo=UTC), True),
        ("2025", date(2026, 5, 1), datetime(2026, 4, 30, tzinfo=UTC), False),
        ("Year 1", None, datetime(2099, 1, 1, tzinfo=UTC), False),
    ],
)
def test_a_stage_is_over_after_its_last_day(period, ends_on, at, is_over):
    assert RoadmapStagePage(period=period, ends_on=ends_on).is_over(at) is is_over
