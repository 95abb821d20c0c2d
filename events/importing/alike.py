"""Which events of different sources may be one and the same event, told from titles, dates, places and addresses. Pure.

It is for a person to judge, so what is named should be right nearly always: a talk of a conference, the same seminar a
week later or the same workshop in another town are not named.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from functools import lru_cache
from itertools import combinations
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ONLINE = "OnlineEventAttendanceMode"
BOTH = "MixedEventAttendanceMode"

ODD = 0.25
"""The weight of a common word that only one of two titles has, such as the name of an agency."""

Pair = tuple[int, int]
"""Of pages, the lower number first."""

MAX_CROWD = 100
"""More events than this that have a word and a day in common are told apart by their other words."""
MAX_DAYS = 60
MAX_SHIFT = timedelta(hours=2)
"""By so much the time of an event is wrong where somebody took one time zone for another."""
# Far enough from the ends of the calendar to reckon with.
MIN, MAX = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)
MAX_LENGTH = 3660

_WORD = re.compile(r"[^\W_]+")
_IN_BRACKETS = re.compile(r"[(\[]\s*([^\W_]+(?:['’ -]?\d{2,4})?)\s*[)\]]")
_SHORT_YEAR = re.compile(r"['’](\d\d)\b")
_YEAR = re.compile(r"(?:19|20)\d\d")
_WITH_YEAR = re.compile(r"([^\W\d_]{2,})((?:20)?\d\d)")
_NUMBER = re.compile(r"(\d+)(?:st|nd|rd|th|er|eme|e|o|a)?")
_ROMAN = re.compile(r"(?=[IVX]{2})X{0,2}(?:IX|IV|V?I{0,3})")
_CAPITALS = 2

_SMALL = set(
    "a an the of for and on in at to by with from edition annual "
    "de la le les des du au aux sur et un une der die das den fur und im il lo gli di del della dei e el los y".split()
)
_ORDINALS = dict(
    zip(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        range(1, 13),
        strict=True,
    )
)


def _stem(word: str) -> str:
    """Without the s of a plural."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


# What kind of event it is: of two that are of different kinds, one is not the other.
_KINDS = set(
    map(
        _stem,
        "conference congress workshop symposium seminar webinar meeting forum summit assembly colloquium "
        "hackathon school course exhibition fair festival".split(),
    )
)
# Words that half of all events have.
_GENERIC = _KINDS | set(
    map(
        _stem,
        "week day days event general team board weekly monthly daily progress kick kickoff off internal lunch coffee "
        "project consortium open new online virtual hybrid user community training summer winter spring autumn info "
        "public introduction welcome update".split(),
    )
)
_COMMON = set(
    map(
        _stem,
        "esa nasa eumetsat ecmwf eu european europe international global world eo earth observation space science "
        "scientific data satellite copernicus sentinel remote sensing climate".split(),
    )
)
# A part of an event has a word of these more than the event.
_PARTS = set(
    map(
        _stem,
        "session opening closing ceremony keynote poster dinner reception plenary panel tutorial part day side lecture "
        "talk deadline submission registration booth meetup pre post slot call visit tour hands".split(),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What one source says of the event that a page is about; `source` is None for what an editor wrote by hand.

    Dates and times are wall time in `timezone`, `end_date` is the inclusive last day and None where none is named, as
    in `feed.FeedEvent`. `addresses` are those of the event's own website and of its registration.
    """

    page: int
    source: int | None
    title: str
    uid: str = ""
    recurrence_id: str = ""
    start_date: date | None = None
    start_time: time | None = None
    end_date: date | None = None
    end_time: time | None = None
    timezone: str = "UTC"
    date_text: str = ""
    recurrence_rule: str = ""
    attendance_mode: str = ""
    venue: str = ""
    city: str = ""
    country: str = ""
    addresses: tuple[str, ...] = ()


class When(IntEnum):
    APART = 0
    NEAR = 1
    SAME = 2


class Where(IntEnum):
    APART = 0
    DOUBTFUL = 1
    UNKNOWN = 2
    SAME = 3


@dataclass(frozen=True, slots=True)
class Title:
    """A title without what changes from source to source: case, accents, punctuation, small words, the year and the
    number of the edition. `names` are its acronyms, those that others might make of it among them."""

    words: frozenset[str]
    names: frozenset[str]
    years: frozenset[int]
    numbers: frozenset[int]


def alike(tellings: Iterable[Telling], *, among: Collection[int] | None = None) -> dict[Pair, float]:
    """The pairs of pages that may be about one event, with how much speaks for it, up to 1.

    Pages of which one source has both are two events, and so are two that were written by hand. `among`: only pairs
    with one of these pages. Takes time in proportion to the number of events, as long as they spread over the days.
    """
    tellings = tuple(tellings)
    sources = sources_of(tellings)
    asked = [among is None or telling.page in among for telling in tellings]
    has_undated = any(telling.start_date is None for telling in tellings)
    blocks: dict[tuple, list[int]] = defaultdict(list)
    # Those that are asked for first: nobody wants to know what the others have in common.
    for number in sorted(range(len(tellings)), key=lambda number: not asked[number]):
        for key in _keys(tellings[number], has_undated=has_undated):
            if asked[number] or key in blocks:
                blocks[key].append(number)
    found: dict[Pair, float] = {}
    seen: set[Pair] = set()
    for block in blocks.values():
        if not 1 < len(block) <= MAX_CROWD:
            continue
        for pair in combinations(block, 2):
            if not asked[pair[0]]:
                break
            if pair in seen:
                continue
            seen.add(pair)
            one, other = tellings[pair[0]], tellings[pair[1]]
            if sources[one.page] & sources[other.page]:
                continue
            if how_much := likeness(one, other):
                pages = (min(one.page, other.page), max(one.page, other.page))
                found[pages] = max(how_much, found.get(pages, 0))
    return found


def groups(
    pairs: Mapping[Pair, float],
    sources: Mapping[int, frozenset[int | None]],
    different: Collection[Pair] = (),
) -> list[tuple[int, ...]]:
    """Pages that hang together by `pairs`, the likest first, each in one group at most and the lowest number first.

    In no group are two pages that one source has both, or two that somebody said are `different` events.
    """
    members: dict[int, tuple[int, ...]] = {}
    apart = set(different)
    for one, other in sorted(pairs, key=lambda pair: (-pairs[pair], pair)):
        ours, theirs = members.get(one, (one,)), members.get(other, (other,))
        is_clear = ours != theirs and not any(
            (min(each, every), max(each, every)) in apart or sources[each] & sources[every]
            for each in ours
            for every in theirs
        )
        if is_clear:
            joined = tuple(sorted((*ours, *theirs)))
            members |= dict.fromkeys(joined, joined)
    return sorted(set(members.values()))


def sources_of(tellings: Iterable[Telling]) -> dict[int, frozenset[int | None]]:
    """The sources that have each page."""
    found: dict[int, frozenset[int | None]] = defaultdict(frozenset)
    for telling in tellings:
        found[telling.page] |= {telling.source}
    return found


def likeness(one: Telling, other: Telling) -> float:
    """How much speaks for both being of one event, up to 1; 0 if that is not worth a question."""
    if one.page == other.page or one.source == other.source:
        return 0
    similar, is_telling = _similarity(title_of(one.title), title_of(other.title))
    is_same_uid = _is_same_uid(one, other)
    if similar < 0.5 and not is_same_uid:
        return 0
    when = _when(one, other)
    if is_same_uid and (when or similar >= 0.5):
        return 1
    if when == When.APART:
        return 0
    where = _where(one, other)
    is_linked = bool(_addresses(one) & _addresses(other))
    if similar < _needed(when, where, is_linked=is_linked, is_telling=is_telling):
        return 0
    return 0.7 * similar + 0.1 * (when == When.SAME) + 0.1 * (where == Where.SAME) + 0.05 * is_linked


def _needed(when: When, where: Where, *, is_linked: bool, is_telling: bool) -> float:
    """How similar two titles have to be; more than 1 where no titles will do."""
    if where == Where.APART and not is_linked:
        return 2
    if not is_telling:
        return 1 if is_linked or where == Where.SAME else 2
    if when == When.NEAR or where <= Where.DOUBTFUL:
        return 0.9
    return 0.5 if is_linked else 0.8


# When


def _when(one: Telling, other: Telling) -> When:
    if one.start_date is None or other.start_date is None:
        is_same = _years(one) & _years(other) and _said(one) & _said(other)
        return When.SAME if is_same and (one.start_date or other.start_date) else When.APART
    if bool(one.recurrence_rule) != bool(other.recurrence_rule):
        return When.APART
    if one.recurrence_rule:
        return When.SAME if one.start_date == other.start_date else When.APART
    if _is_short(one) and _is_short(other) and one.start_time and other.start_time:
        return When.SAME if abs(_instant(one) - _instant(other)) <= MAX_SHIFT else When.APART
    # Those that name no end may only have forgotten it.
    is_open = any(not each.end_date and not each.end_time for each in (one, other))
    if one.start_date == other.start_date and (is_open or _last_day(one) == _last_day(other)):
        return When.SAME
    first, last = max(one.start_date, other.start_date), min(_last_day(one), _last_day(other))
    return When.NEAR if 2 * ((last - first).days + 1) >= max(_length(one), _length(other)) else When.APART


def _is_short(telling: Telling) -> bool:
    return _length(telling) <= 1


def _length(telling: Telling) -> int:
    """In days."""
    return (_last_day(telling) - _first_day(telling)).days + 1


def _first_day(telling: Telling) -> date:
    if telling.start_date is None:
        raise ValueError("It has no date.")
    return telling.start_date


def _last_day(telling: Telling) -> date:
    return max(_first_day(telling), telling.end_date or _first_day(telling))


def _instant(telling: Telling) -> datetime:
    """When it starts, in UTC; of a zone that is none as if it were UTC."""
    wall = datetime.combine(_first_day(telling), telling.start_time or time())
    try:
        return wall.replace(tzinfo=ZoneInfo(telling.timezone)).astimezone(UTC)
    except (ZoneInfoNotFoundError, ValueError, OverflowError):
        return wall.replace(tzinfo=UTC)


def _years(telling: Telling) -> set[int]:
    told = set(title_of(telling.title).years) | {int(year) for year in _YEAR.findall(telling.date_text)}
    return told or ({telling.start_date.year} if telling.start_date else set())


# Where


def _where(one: Telling, other: Telling) -> Where:
    if _is_only_online(one) or _is_only_online(other):
        is_elsewhere = any(
            _places(each) and each.attendance_mode not in (ONLINE, BOTH) for each in (one, other)
        )
        return Where.APART if is_elsewhere else Where.UNKNOWN
    cities = _words(one.city), _words(other.city)
    if (cities[0] and cities[0] <= _places(other)) or (cities[1] and cities[1] <= _places(one)):
        return Where.SAME
    if all(cities):
        return Where.SAME if cities[0] & cities[1] else Where.APART
    if not (_places(one) and _places(other)):
        return Where.UNKNOWN
    if _words(one.venue) & _words(other.venue):
        return Where.SAME
    return Where.UNKNOWN if _places(one) & _places(other) else Where.DOUBTFUL


def _is_only_online(telling: Telling) -> bool:
    return telling.attendance_mode == ONLINE and not telling.city


def _places(telling: Telling) -> frozenset[str]:
    return _words(f"{telling.venue} {telling.city} {telling.country}")


@lru_cache(maxsize=50_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(
        word for word in _WORD.findall(_plain(text).casefold()) if word not in _SMALL and len(word) > 1
    )


# Who


def _is_same_uid(one: Telling, other: Telling) -> bool:
    """Whether both have a UID that nobody else would give to another event, as `1` is none."""
    is_unique = "@" in one.uid or "://" in one.uid or len(one.uid) >= 20
    return is_unique and (one.uid, one.recurrence_id) == (other.uid, other.recurrence_id)


def _addresses(telling: Telling) -> frozenset[str]:
    return frozenset(filter(None, map(_address, telling.addresses)))


@lru_cache(maxsize=50_000)
def _address(text: str) -> str:
    """`text` as far as it tells where it leads; "" for the front page of a site, which many events share."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    path = parts.path.rstrip("/")
    query = "&".join(
        sorted(part for part in parts.query.split("&") if part and not part.startswith(("utm_", "fbclid")))
    )
    host = (parts.netloc.casefold()).removeprefix("www.")
    return f"{host}{path}?{query}" if host and (path or query) else ""


# What


@lru_cache(maxsize=50_000)
def title_of(text: str) -> Title:
    text = _SHORT_YEAR.sub(r" 20\1 ", _plain(text))
    names: set[str] = set()
    years: set[int] = set()
    numbers: set[int] = set()

    def apart(words: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The words that are neither year nor number, each as it stands and without case."""
        for word in words:
            folded = word.casefold()
            if _YEAR.fullmatch(folded):
                years.add(int(folded))
            elif match := _NUMBER.fullmatch(folded):
                numbers.add(int(match[1][:9]))
            elif folded in _ORDINALS:
                numbers.add(_ORDINALS[folded])
            elif word and _ROMAN.fullmatch(word):
                numbers.add(_from_roman(word))
            elif match := _WITH_YEAR.fullmatch(folded):
                years.add(int(match[2]) % 100 + 2000)
                yield word[: len(match[1])], match[1]
            else:
                yield word, folded

    for match in _IN_BRACKETS.finditer(text):
        inner = list(apart(_WORD.findall(match[1])))
        if len(inner) == 1 and _has_capitals(inner[0][0]):
            names.add(inner[0][1])
            text = text.replace(match[0], " ")
    told = [(word, folded) for word, folded in apart(_WORD.findall(text)) if folded not in _SMALL]
    spoken = {
        folded
        for word, folded in told
        if _has_capitals(word) and _is_made_of(folded, [other for _, other in told if other != folded])
    }
    rest = [folded for _, folded in told if folded not in spoken]
    if len(rest) > 2:
        names.add("".join(word[0] for word in rest))
    names |= spoken | (
        {rest[0]} if len(rest) == 1 and len(told) == 1 and _has_capitals(told[0][0]) else set()
    )
    return Title(
        frozenset(map(_stem, rest)), frozenset(map(_stem, names)), frozenset(years), frozenset(numbers)
    )


def _plain(text: str) -> str:
    """Without accents."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter)
    )


def _has_capitals(word: str) -> bool:
    return sum(letter.isupper() for letter in word) >= _CAPITALS


def _is_made_of(name: str, words: Iterable[str]) -> bool:
    initials = "".join(word[0] for word in words)
    return len(name) > 2 and name == initials


def _from_roman(text: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in text]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _similarity(one: Title, other: Title) -> tuple[float, bool]:
    """How similar two titles are, from 0 to 1, and whether it tells anything that they are."""
    if (one.years and other.years and not one.years & other.years) or (
        one.numbers and other.numbers and one.numbers != other.numbers
    ):
        return 0, False
    if _is_short_for(one, other) or _is_short_for(other, one):
        return 0.95, True
    common, rest = one.words & other.words, one.words ^ other.words
    if not common or rest & _PARTS:
        return 0, False
    kinds = one.words & _KINDS, other.words & _KINDS
    are_of_one_kind = not all(kinds) or bool(kinds[0] & kinds[1])
    shared = sum(map(_weight, common))
    odd = sum(
        1 if word in _KINDS and not are_of_one_kind else ODD if word in _COMMON else _weight(word)
        for word in rest
    )
    is_telling = shared >= 1 and any(_weight(word) >= 0.5 for word in common)
    return shared / (shared + odd), is_telling


def _is_short_for(one: Title, other: Title) -> bool:
    return (
        len(one.words) == 1 and len(other.words) > 1 and one.words <= other.names and one.words <= one.names
    )


def _weight(word: str) -> float:
    """How much of an event's name it is."""
    return 0.3 if word in _GENERIC else 0.5 if word in _COMMON else 1


def _said(telling: Telling) -> set[str]:
    """Its title whole, and what it may be called in short."""
    title = title_of(telling.title)
    return set(filter(None, (" ".join(sorted(title.words)), *title.names)))


# Events that have nothing of this in common are not compared


def _keys(telling: Telling, *, has_undated: bool) -> Iterator[tuple]:
    """Those by the year only where there are events without a day."""
    weights = {word: _weight(word) for word in title_of(telling.title).words}
    own = {word for word, weight in weights.items() if weight == 1}
    common = {word for word, weight in weights.items() if weight == 0.5}
    # Two titles can be similar enough without an own word in common only where there is little else but common ones.
    words = own | common if sum(weights.values()) >= 5 * len(own) else own
    said = _said(telling)
    if telling.uid:
        yield "uid", telling.uid, telling.recurrence_id
    yield from (("address", address) for address in _addresses(telling))
    yield from (("day", day, word) for day in _days(telling) for word in words | said)
    if has_undated:
        yield from (("year", year, word) for year in _years(telling) for word in said)


def _days(telling: Telling) -> set[date]:
    """Days of which events that overlap by half have one in common; of very long ones the first of each month."""
    if telling.start_date is None:
        return set()
    days = {telling.start_date}
    if _is_short(telling) and telling.start_time:
        at = _instant(telling)
        days |= {(at + shift).date() for shift in (-MAX_SHIFT / 2, MAX_SHIFT / 2) if MIN < at < MAX}
    length = _length(telling)
    if length <= MAX_DAYS:
        days |= {telling.start_date + timedelta(days=number) for number in range(length)}
    if length >= MAX_DAYS // 2:
        months = (
            telling.start_date + timedelta(days=number) for number in range(0, min(length, MAX_LENGTH), 28)
        )
        days |= {day.replace(day=1) for day in (*months, _last_day(telling))}
    return days
