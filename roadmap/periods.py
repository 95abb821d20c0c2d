"""What an editor writes about when a stage takes place, read as a date."""

import re
from datetime import date, timedelta

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
# The last month of a part of a year, as late as it may be meant; winter goes on into the next one.
PARTS = {
    "q1": 3,
    "q2": 6,
    "q3": 9,
    "q4": 12,
    "h1": 6,
    "h2": 12,
    "spring": 6,
    "summer": 9,
    "autumn": 12,
    "winter": 15,
}
WORD = re.compile(r"\b(?:q[1-4]|h[12]|[a-z]{3,9})\b")
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
SHORT_SPAN = re.compile(r"\b((?:19|20)\d\d)\s*[-–/]\s*(\d\d)\b(?![-–/])")
OPEN_END = re.compile(r"\+|\b(?:from|since|onwards?|after)\b")


def last_day(period: str) -> date | None:
    """The last day of a `period` such as “2026”, “Q3 2026” or “2025–26”; None where the words name no year, or go on
    after it: “Year 2”, “2026+”, “from 2026”."""
    words = SHORT_SPAN.sub(_in_full, period.lower())
    years = list(YEAR.finditer(words))
    if not years or OPEN_END.search(words):
        return None
    before = words[years[-2].end() if len(years) > 1 else 0 : years[-1].start()]
    months = [month for word in WORD.findall(before) if (month := _last_month(word))]
    year, month = int(years[-1][0]), months[-1] if months else 12
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _in_full(span: re.Match) -> str:
    """“2025–26” with both years whole; “2025–03” is no span."""
    return f"{span[1]}–{span[1][:2]}{span[2]}" if span[2] > span[1][2:] else span[0]


def _last_month(word: str) -> int | None:
    named = (number for number, name in enumerate(MONTHS, 1) if name.startswith(word))
    return PARTS.get(word) or next(named, None)
