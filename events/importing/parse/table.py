"""A table of events, CSV or an Excel workbook (XLSX), to events: one row each, the first row names the columns. Pure.

Tables are written by people: which column is what is guessed by its name unless it is told, the delimiter and the
encoding are found out, dates may be written as people write them. What cannot be told for certain is not guessed.
"""

import csv
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from itertools import chain, islice
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

from openpyxl import DEFUSEDXML, Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel

from events.importing.feed import FeedEvent, FeedUnusable, Key, Level, ParsedFeed, Problem

from . import fields
from .fields import LeftOut, Moment, Notes
from .privacy import is_no, is_public
from .words import (
    COLUMN_NAMES,
    COLUMNS,
    DATE_FILLERS,
    HIDDEN_STATUSES,
    MONTHS,
    MONTHS_OF_TWO_WORDS,
    STATUSES,
    TIME_FILLERS,
    TOTALS,
    TRUE,
    WEEKDAYS,
    folded,
    named,
)

LABEL = "Table (CSV or Excel)"
GENERAL = True

MAX_ROWS = 5_000
MAX_COLUMNS = 100
MAX_UNPACKED_BYTES = 20_000_000
"""Of all the parts of a workbook."""
MAX_PARTS = 1_000
MAX_CELL_LENGTH = 100_000


MAX_HEADING_ROWS = 10
"""So many rows are looked at for the names of the columns."""


class Field(NamedTuple):
    """What a column may be: its name in the template, and an example."""

    name: str
    example: str


FIELDS: dict[str, Field] = {
    "title": Field("Title", "Workshop on soil moisture"),
    "start_date": Field("Start date", "2027-05-04"),
    "start_time": Field("Start time", "09:00"),
    "end_date": Field("End date", "2027-05-06"),
    "end_time": Field("End time", "17:30"),
    "all_day": Field("All day", ""),
    "timezone": Field("Time zone", "Europe/Rome"),
    "venue": Field("Place", "ESRIN, Big Hall"),
    "city": Field("City", "Frascati"),
    "country": Field("Country", "Italy"),
    "online_url": Field("Online link", ""),
    "website": Field("Website", "https://example.org/soil"),
    "registration_url": Field("Registration link", "https://example.org/soil/register"),
    "description": Field("Description", "Three days about wet ground."),
    "organizer": Field("Organizer", "The soil group"),
    "categories": Field("Categories", "soil, SMOS"),
    "language": Field("Language", "English"),
    "status": Field("Status", ""),
    "visibility": Field("Visibility", ""),
    "private": Field("Private", ""),
    "image": Field("Image", ""),
    "uid": Field("ID", "soil-2027"),
}
"""What a row can say, by the name that a mapping uses."""
MARKS = {"visibility": is_public, "private": is_no}
"""The columns that say whether a row is for everybody, each with what judges its words."""
NEEDED = ("title", "start_date")
EXPLANATIONS = {
    "title": "What the event is called. Every row needs it.",
    "start_date": "The first day, as 2027-05-04. Every row needs it. A time may stand behind it.",
    "start_time": "As 09:00. Empty: the event lasts whole days.",
    "all_day": "“yes” where the event lasts whole days; then the times do not count.",
    "end_date": "The last day, itself included. Empty: the day it starts.",
    "end_time": "As 17:30. Empty: the end is not known.",
    "timezone": "In which the times are, as Europe/Rome. Empty: the one that the source has in its settings.",
    "venue": "The building or room; “online” where there is none.",
    "city": "Of the place.",
    "country": "Its name, or its two letters such as IT.",
    "online_url": "Where to take part online, or “yes” where there is no link yet.",
    "website": "The page about the event.",
    "registration_url": "Where to register.",
    "description": "What it is about, in a few sentences. A blank line begins a new paragraph.",
    "organizer": "Who organises it; several with semicolons between.",
    "categories": "Words that sort it, with commas between. Those that name types or topics of the portal are used.",
    "language": "In which it is held, as English or en.",
    "status": "“Cancelled”, “postponed” or “moved online”. A row that says “draft” or “private” is left out.",
    "visibility": "Empty or “public”. A row that says anything else is left out.",
    "private": "Empty or “no”. A row that says anything else is left out.",
    "image": "The address of a picture.",
    "uid": "Anything that stays the same when the event moves or is renamed. Empty: title and start tell.",
}
"""Of FIELDS, for who fills in a table."""

_NO_VALUE = {"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}
_ANY_DAY = date(2000, 1, 1)
_WITH_TIME = r"(?:(?:\s*,|\s*T|\s)\s*(.*\d.*))?"
_ISO = re.compile(r"(\d{4})([-/.])\s?(\d{1,2})\2\s?(\d{1,2})\.?" + _WITH_TIME)
_BASIC = re.compile(r"\d{8}(?:T\d{4,6}Z?)?")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})" + _WITH_TIME)
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})" + _WITH_TIME)
_OFFSET = re.compile(r"Z\b|UTC|GMT|[+−-]\d\d")
_PIECE = re.compile(r"\d+|[^\W\d_]+|[^\w\s]")
_WITHIN_A_DATE = set(".,-/'()°ºª")
_SERIAL = re.compile(r"([2-9]\d{4}|10\d{4})(?:\.\d+)?")
_CLOCK = re.compile(
    r"(\d{1,2})(?:\s?[:.h]\s?(\d\d)(?::(\d\d)(?:\.\d+)?)?)?\s*([apπμ]\.?\s?[mμ]\.?)?", re.IGNORECASE
)
_BEFORE_A_TIME = re.compile(
    r"(?:[\s,.@–-]*\b(?:" + "|".join(map(re.escape, TIME_FILLERS)) + r")\b\.?)+\s*|[\s,@]+"
)
_BEHIND_A_TIME = re.compile(
    r"\s*(?<![^\W\d_])(?:(?:" + "|".join(map(re.escape, TIME_FILLERS)) + r")\b\.?\s*)+$"
)
_RANGE = re.compile(r"(.*\d.*?)\s*(?:[-–—]|\bto\b|\buntil\b|\bbis\b)\s*(.*\d.*)")
_FRACTION = re.compile(r"0?\.\d+|0")
# Markup, JSON, calendars, PDFs, and whatever has characters in it that nobody types.
_NO_TABLE = re.compile(r"$|[<{\[]|BEGIN:|%PDF|[^\0-\x08\x0e-\x1f]*[\0-\x08\x0e-\x1f]")


def recognises(data: bytes) -> bool:
    if data.startswith(b"PK\x03\x04"):
        return _is_workbook(data)
    if not may_be(data):
        return False
    try:
        rows = list(islice(_csv_rows(fields.head(data), MAX_HEADING_ROWS), MAX_HEADING_ROWS))
    except FeedUnusable:
        return False
    return any(_says_enough(cells) for _, cells in rows)


def _says_enough(names: Iterable[str]) -> bool:
    return set(NEEDED) <= guess(names).keys()


def may_be(data: bytes) -> bool:
    """Whether `data` can be a table, whatever its columns are called."""
    if data.startswith(b"PK\x03\x04"):
        return _is_workbook(data)
    return _NO_TABLE.match(fields.head(data)) is None


def _is_workbook(data: bytes) -> bool:
    try:
        with ZipFile(BytesIO(data)) as archive:
            return "[Content_Types].xml" in archive.namelist() and any(
                name.startswith("xl/") for name in archive.namelist()
            )
    except (BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return False


def parse(data: bytes, *, default_timezone: str, mapping: Mapping[str, str] | None = None) -> ParsedFeed:
    """Every row that can be read; a problem's line is the number of the row. See the package for what is promised.

    `mapping` says which column, by its name, is which of FIELDS; without it that is guessed.
    """
    table = _table(data, [column for column in (mapping or {}).values() if column])
    names = table.names
    known = _checked(mapping, names) if mapping else guess(names)
    for wanted in NEEDED:
        if wanted not in known:
            raise FeedUnusable(
                f"The table has no column “{FIELDS[wanted].name}”; its columns are {listed(names)}. "
                "Name one so in the first row, or say which one it is."
            )
    at = {name: names.index(column) for name, column in known.items()}
    hiding = _hiding(names, known)
    entries = [
        _Row(
            number,
            {name: cells[place] for name, place in at.items() if place < len(cells)},
            {names[place]: (cells[place], which) for place, which in hiding.items() if place < len(cells)},
            next(filter(None, cells)),
        )
        for number, cells in table.rows
    ]
    reader = _Reader(default_timezone, _order(entry.cells for entry in entries), table.epoch)
    events, problems = fields.read_each(entries, reader.event)
    if reader.has_assumed_zone:
        reason = f"The table does not tell the time zone of every time; {default_timezone} is assumed."
        problems.append(Problem(Level.WARNING, reason))
    return ParsedFeed(tuple(events), tuple(problems))


def columns_told(data: bytes) -> list[str]:
    """The names of the columns of what may be a table, if its rows have more than one; else none."""
    if not may_be(data):
        return []
    try:
        rows = list(islice(_csv_rows(fields.head(data), MAX_HEADING_ROWS), MAX_HEADING_ROWS))
    except FeedUnusable:
        return []
    widths = [sum(map(bool, cells)) for _, cells in rows]
    return rows[_place_of_names(rows, set())][1] if len([width for width in widths if width > 1]) > 1 else []


def columns(data: bytes) -> list[str]:
    """The names of the columns, to choose from for a mapping; raises FeedUnusable."""
    return list(samples(data))


def samples(data: bytes, known: Iterable[str] = (), number: int = 3) -> dict[str, list[str]]:
    """By the names of the columns, the first `number` things that stand below each; raises FeedUnusable.

    The row with the names is the one that has the `known` ones in it, if there is one.
    """
    table = _table(data, known)
    return {
        name: list(
            islice((cells[place] for _, cells in table.rows if place < len(cells) and cells[place]), number)
        )
        for place, name in enumerate(table.names)
    }


def guess(names: Iterable[str]) -> dict[str, str]:
    """Which of the columns called `names` is which of FIELDS, as far as their names tell."""
    by_name: dict[str, list[str]] = {}
    for name in names:
        by_name.setdefault(named(re.sub(r" \(\d+\)$", "", name)), []).append(name)
    found: dict[str, str] = {}

    def find(key: str, *kinds: str) -> str:
        """The first of the `kinds` of names of which there is a column left, which then is `key`."""
        for kind in kinds:
            for known in COLUMNS[kind]:
                if by_name.get(known):
                    found[key] = by_name[known].pop(0)
                    return kind
        return ""

    find("title", "title")
    kind = find("start_date", "start_date", "day", "begin")
    # “Date, Start, End”: the latter are times. So is the second of two columns of the same name.
    is_time = kind == "day" or named(re.sub(r" \(\d+\)$", "", found.get("start_date", ""))) in by_name
    find("start_time", "start_time", *(["begin"] if is_time else []))
    has_time = "start_time" in found and named(found["start_time"]) not in COLUMNS["start_time"]
    find("end_date", "end_date", *([] if kind == "day" and has_time else ["finish"]))
    find("end_time", "end_time", *(["finish"] if has_time else []))
    for key in FIELDS.keys() - found.keys() - {"start_date", "start_time", "end_date", "end_time", "title"}:
        find(key, key)
    return {key: found[key] for key in FIELDS if key in found}


def _hiding(names: list[str], known: Mapping[str, str]) -> dict[int, str]:
    """By their places the columns that say whether a row is for everybody, whether somebody has named them or not."""
    by_place = {names.index(known[key]): key for key in MARKS if key in known}
    used = {names.index(column) for column in known.values()}
    for place, name in enumerate(names):
        for key in MARKS:
            if place not in used and named(name) in COLUMNS[key]:
                by_place.setdefault(place, key)
    return by_place


def template() -> bytes:
    """A table to fill in: the columns and one row as an example, as CSV that Excel opens rightly."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(field.name for field in FIELDS.values())
    writer.writerow(field.example for field in FIELDS.values())
    return out.getvalue().encode("utf-8-sig")


def template_workbook() -> bytes:
    """The same as an Excel workbook, in which dates are dates, with a second sheet that explains the columns."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Events"
    sheet.append([field.name for field in FIELDS.values()])
    sheet.append([_typed(key, field.example) for key, field in FIELDS.items()])
    for place, key in enumerate(FIELDS, 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = 20
        if key in _SHOWN_AS:
            # Rows that people add below the example are shown as it is.
            sheet.column_dimensions[letter].number_format = sheet[f"{letter}2"].number_format = _SHOWN_AS[key]
    explained = book.create_sheet("What the columns mean")
    for key, field in FIELDS.items():
        explained.append([field.name, EXPLANATIONS[key]])
    explained.column_dimensions["A"].width, explained.column_dimensions["B"].width = 20, 100
    for cell in (*sheet[1], *explained["A"]):
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


_SHOWN_AS = {
    "start_date": "yyyy-mm-dd",
    "start_time": "hh:mm",
    "end_date": "yyyy-mm-dd",
    "end_time": "hh:mm",
}


def _typed(key: str, text: str) -> str | date | time:
    if key.endswith("_date"):
        return date.fromisoformat(text)
    return time.fromisoformat(text) if key.endswith("_time") else text


def _checked(mapping: Mapping[str, str], names: list[str]) -> dict[str, str]:
    for key, column in mapping.items():
        if key not in FIELDS:
            raise FeedUnusable(f"“{key}” is nothing that a column can be; choose from {listed(FIELDS)}.")
        if column and column not in names:
            raise FeedUnusable(f"The table has no column “{column}”; its columns are {listed(names)}.")
    return {key: column for key, column in mapping.items() if column}


def listed(names: Iterable[str]) -> str:
    return ", ".join(f"“{name[:40]}”" for name in list(names)[:30])


def _names(first: list[str]) -> list[str]:
    """One name per column: those without one, and those that share one, are told apart by their number."""
    names: list[str] = []
    for number, cell in enumerate(first, 1):
        name = fields.plain_line(cell) or f"Column {number}"
        while name in names:
            name = f"{name} ({number})"
        names.append(name)
    return names


# Cells


@dataclass(frozen=True, slots=True)
class _Table:
    """The names of the columns, one each; (number, cells) of every other row that says anything, all cells as text;
    and the day from which its serial numbers count."""

    names: list[str]
    rows: list[tuple[int, list[str]]]
    epoch: datetime


def _table(data: bytes, known: Iterable[str] = ()) -> _Table:
    """The names stand in the row that has the `known` ones, if there is one."""
    epoch = WINDOWS_EPOCH
    if data.startswith(b"PK\x03\x04"):
        epoch, rows = _workbook_rows(data)
    else:
        rows = list(_csv_rows(fields.decoded(data), MAX_ROWS + 1))
    if not rows:
        raise FeedUnusable(
            "The table is empty. Its first row has to name the columns; each other row is an event."
        )
    if len(rows) > MAX_ROWS + 1:
        raise FeedUnusable(
            f"The table has more than {MAX_ROWS:,} rows. Import it in several parts, each with a source of its own."
        )
    (_, first), *rest = rows[_place_of_names(rows, set(known)) :]
    if rest and _continues(rest[0][1]):
        _, below = rest.pop(0)
        width = max(len(first), len(below))
        above, below = ([*cells, *[""] * (width - len(cells))] for cells in (first, below))
        first = [lower or upper for upper, lower in zip(above, below, strict=True)]
    # Printed lists repeat the names on every page.
    return _Table(_names(first), [(number, cells) for number, cells in rest if cells != first], epoch)


def _place_of_names(rows: list[tuple[int, list[str]]], known: set[str]) -> int:
    """People put a heading above the row with the names."""
    first = list(enumerate(cells for _, cells in rows[:MAX_HEADING_ROWS]))
    as_told = (place for place, cells in first if known and known <= set(_names(cells)))
    by_words = (place for place, cells in first if _says_enough(cells))
    with_columns = (place for place, cells in first if sum(map(bool, cells)) > 1)
    return next(chain(as_told, by_words, with_columns), 0)


def _continues(cells: list[str]) -> bool:
    """Whether a row below the names has names, too: “Start” and “End” below a “When” that spans both."""
    told = list(filter(None, cells))
    return len(told) > 1 and all(named(cell) in COLUMN_NAMES for cell in told)


def _csv_rows(text: str, limit: int) -> Iterator[tuple[int, list[str]]]:
    """Up to one row more than `limit`."""
    text = text.replace("\0", "")
    told = re.match(r"\ufeff?\s*sep=(.)\r?\n", text)
    if told:
        text = text[told.end() :]
    found = 0
    # The longest that a cell may be is csv's own limit.
    reader = csv.reader(StringIO(text, newline=""), delimiter=told[1] if told else _delimiter(text))
    try:
        for number, row in enumerate(reader, 2 if told else 1):
            cells = [cell.strip() for cell in row[:MAX_COLUMNS]]
            if any(cells):
                yield number, cells
                found += 1
            if found > limit:
                return
    except csv.Error as error:
        raise FeedUnusable(
            f"The table cannot be read after row {found} ({error}). Is there a quotation mark without its other half?"
        ) from None


def _delimiter(text: str) -> str:
    """The one of comma, semicolon, tab and bar that makes names of columns that are known of one of the first rows;
    else the one that stands most often in the first, quotations apart."""
    lines = [line for line in text[: fields.HEAD_BYTES].splitlines() if line.strip()][:MAX_HEADING_ROWS]
    delimiters = ",;\t|"
    for line in lines:
        for delimiter in delimiters:
            if delimiter in line and _says_enough(next(csv.reader([line], delimiter=delimiter), [])):
                return delimiter
    unquoted = [re.sub(r'"[^"]*"', "", line) for line in lines]
    return max(
        delimiters, key=lambda found: next((line.count(found) for line in unquoted if line.count(found)), 0)
    )


def _workbook_rows(data: bytes) -> tuple[datetime, list[tuple[int, list[str]]]]:
    """Of the first sheet that is not hidden and has anything in it, with the day from which its dates count."""
    if not DEFUSEDXML:
        raise RuntimeError("Without defusedxml a workbook can take all memory")
    _check_size(data)
    unreadable = FeedUnusable("The Excel workbook cannot be read. Save it again, or save the table as CSV.")
    try:
        # What it warns of are styles and extensions.
        with warnings.catch_warnings(action="ignore"):
            workbook = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
            with closing(workbook):
                for sheet in workbook.worksheets:
                    if sheet.sheet_state == "visible" and (rows := _sheet_rows(sheet)):
                        return workbook.epoch, rows
                return workbook.epoch, []
    except Exception as error:
        # The library raises whatever broken XML, archives and numbers raise.
        raise unreadable from error


def _check_size(data: bytes):
    """An archive is read no further than it says, so that what it says is the most there is."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        raise FeedUnusable(
            "The Excel workbook is damaged. Save it again, or save the table as CSV."
        ) from None
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise FeedUnusable(
            f"The Excel workbook is larger than {MAX_UNPACKED_BYTES // 1_000_000} MB when it is unpacked; that is no "
            "table of events. Save the table alone as CSV."
        )


def _sheet_rows(sheet) -> list[tuple[int, list[str]]]:
    # What a sheet says of its own size is often wrong.
    sheet.reset_dimensions()
    rows = []
    # Empty rows between may be many more than those that say anything.
    for number, row in enumerate(sheet.iter_rows(max_row=2 * MAX_ROWS, max_col=MAX_COLUMNS), 1):
        cells = [_cell(cell) for cell in row]
        if any(cells):
            rows.append((number, cells))
    return rows


def _cell(cell) -> str:
    """A cell of a workbook as text; dates and times in ISO 8601, with a time where the cell shows one."""
    value = cell.value
    if isinstance(value, datetime):
        shows_time = re.search("h", re.sub(r'"[^"]*"|\[[^\]]*\]', "", cell.number_format), re.IGNORECASE)
        return f"{value:%Y-%m-%d %H:%M:%S}" if shows_time else f"{value:%Y-%m-%d}"
    if isinstance(value, timedelta):
        is_clock = timedelta(0) <= value < timedelta(days=1)
        value = (datetime.combine(_ANY_DAY, time()) + value).time() if is_clock else None
    if isinstance(value, date | time):
        return value.isoformat()[:10]
    text = "" if value is None else str(value).strip()
    return "" if text in _NO_VALUE else text[:MAX_CELL_LENGTH]


# Rows


@dataclass(frozen=True, slots=True)
class _Row:
    """`cells` by what they say; `hiding` by their column those that say whether it is for everybody, each with the
    kind of column; `first` is the first cell that says anything."""

    number: int
    cells: dict[str, str]
    hiding: dict[str, tuple[str, str]]
    first: str


class _Reader:
    """What the rows of a table have in common."""

    def __init__(self, default_timezone: str, order: str, epoch: datetime):
        self.default_timezone = default_timezone
        self.order = order
        self.epoch = epoch
        self.has_assumed_zone = False

    def event(self, row: _Row, notes: Notes) -> FeedEvent:
        notes.line = row.number

        def told(name: str) -> str:
            return row.cells.get(name, "")

        notes.uid = fields.identity(told("uid"))
        for column, (word, which) in row.hiding.items():
            if not MARKS[which](word):
                reason = (
                    f"Its column “{column[:40]}” says “{word[:40]}”, so it is not known to be for everybody."
                )
                raise LeftOut(reason, Level.SKIPPED)
        status = folded(told("status"))
        if status in HIDDEN_STATUSES:
            raise LeftOut(f"Its status is “{told('status')}”, so it is not for everybody.", Level.SKIPPED)
        if not told("start_date") and folded(row.first).split(" ")[0].rstrip(":") in TOTALS:
            raise LeftOut(f"It begins with “{row.first[:40]}”: it counts the other rows.", Level.SKIPPED)
        title, label = fields.labelled(fields.title(notes, told("title")))
        website = fields.web_address(notes, _with_scheme(told("website")))
        return FeedEvent(
            key=Key(notes.uid),
            line=row.number,
            title=title or fields.UNTITLED,
            **self._period(row, notes),
            **_where(row, notes),
            event_status=STATUSES.get(status) or label or "EventScheduled",
            website=website,
            url=website,
            registration_url=fields.web_address(notes, _with_scheme(told("registration_url"))),
            body=fields.body(notes, told("description")),
            language=fields.language(told("language")),
            organizers=fields.names(notes, "organizer", re.split(r"[;\n]", told("organizer"))),
            categories=fields.names(notes, "category", re.split(r"[,;\n]", told("categories"))),
            image=fields.web_address(notes, _with_scheme(told("image"))),
        )

    def _period(self, row: _Row, notes: Notes) -> fields.Period:
        cells = row.cells
        if not cells.get("start_date"):
            raise LeftOut("It has no start date, so it is not known when it begins.")
        zone = fields.zone_named(notes, cells.get("timezone"))
        if self._is_all_day(cells, notes):
            return fields.period(notes, *self._days(cells), zone or self.default_timezone)
        cells = _with_range_apart(cells)
        start = self._moment(cells, "start", cells["start_date"])
        day = f"{start:%Y-%m-%d}"
        end: Moment | None = None
        if (told := cells.get("end_date")) and not cells.get("end_time") and _is_time(told):
            end = _at(date.fromisoformat(day), "end", told)
        elif told or cells.get("end_time"):
            end = self._moment(cells, "end", told or day)
        times = [moment for moment in (start, end) if isinstance(moment, datetime)]
        self.has_assumed_zone |= not zone and any(moment.tzinfo is None for moment in times)
        zone = zone or self.default_timezone
        placed = fields.in_zone(notes, "start", start, zone, zone)
        return fields.period(notes, placed, end and fields.in_zone(notes, "end", end, zone, zone), zone)

    def _is_all_day(self, cells: dict[str, str], notes: Notes) -> bool:
        told = cells.get("all_day", "")
        if folded(told) in TRUE:
            return True
        if not is_no(told):
            notes.warn(
                f"Its “{FIELDS['all_day'].name}” is “{told[:40]}”, neither yes nor no; it is left out of account."
            )
        return False

    def _days(self, cells: dict[str, str]) -> tuple[date, date | None]:
        """The first and the last of whole days. Programs write the midnight that ends the last one as that of the next
        day."""
        start = _day(_moment("start date", cells["start_date"], self.order, self.epoch))
        if not (told := cells.get("end_date")) or _is_time(told):
            return start, None
        end = _moment("end date", told, self.order, self.epoch)
        last = _day(end)
        clock = cells.get("end_time", "")
        if _moment_in_a_time(clock):
            clock = clock.split()[-1]
        is_midnight = _is_time(clock) and _at(last, "end time", clock).time() == time()
        if (is_midnight or (isinstance(end, datetime) and end.time() == time())) and last > start:
            last -= timedelta(days=1)
        return start, last

    def _moment(self, cells: dict[str, str], which: str, text: str) -> Moment:
        """The date in `text`, with the time in it or in the column for times."""
        clock = cells.get(f"{which}_time", "")
        found = _moment(f"{which} date", text, self.order, self.epoch)
        if not clock:
            return found
        if _moment_in_a_time(clock):
            clock = clock.split()[-1]
        return _at(_day(found), f"{which} time", clock)


def _day(found: Moment) -> date:
    return found.date() if isinstance(found, datetime) else found


def _with_range_apart(cells: dict[str, str]) -> dict[str, str]:
    """“9:00–17:30” in one cell is two times."""
    match = _RANGE.fullmatch(cells.get("start_time", ""))
    if not match or cells.get("end_time") or not (_is_time(match[1]) and _is_time(match[2])):
        return cells
    return {**cells, "start_time": match[1], "end_time": match[2]}


def _moment_in_a_time(text: str) -> bool:
    """A cell of a column for times may hold a date, too, which Excel adds and does not show."""
    return re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text) is not None


def _moment(what: str, told: str, order: str, epoch: datetime) -> Moment:
    text = _without_weekday(told)
    if match := _ISO.fullmatch(text):
        year, month, day, clock = match[1], match[3], match[4], match[5]
        if clock and _OFFSET.search(clock[1:]):
            return fields.moment(what, text.replace(match[2], "-", 2))
    elif _BASIC.fullmatch(text):
        return fields.moment(what, text)
    elif match := _DOTTED.fullmatch(text):
        day, month, year, clock = match.groups()
    elif match := _SLASHED.fullmatch(text):
        first, second, year, clock = match[1], match[3], match[4], match[5]
        if not order and first != second:
            raise LeftOut(
                f"Its {what} “{told[:40]}” may be the {first}. of month {second} or the {second}. of month {first}. "
                "Write dates as 2027-12-31, and it is certain."
            )
        day, month = (second, first) if order == "month" else (first, second)
    elif parts := _in_words(text):
        day, month, year, clock = parts
    elif _SERIAL.fullmatch(text):
        return _of_serial(text, epoch)
    else:
        raise LeftOut(f"Its {what} “{told[:40]}” is not a date. Write dates as 2027-12-31.")
    if int(year) not in fields.YEARS:
        raise LeftOut(f"Its {what} “{told[:40]}” is in the year {year}; that cannot be meant.")
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise LeftOut(f"Its {what} “{told[:40]}” does not exist.") from None
    return _at(found, what, clock, told) if clock else found


def _without_weekday(text: str) -> str:
    """“Di 04.05.2027” and “2027. 05. 04. kedd” without the word for the day."""
    words = text.split()
    while len(words) > 1 and folded(words[0]).strip(".,") in WEEKDAYS - MONTHS.keys():
        del words[0]
    if len(words) > 1 and words[-1][-1:].isalpha() and folded(words[-1]) in WEEKDAYS:
        del words[-1]
    return " ".join(words)


def _in_words(text: str) -> tuple[str, str, str, str] | None:
    """(day, month, year, what stands behind them) of a date with the name of a month in any of the languages: “4. Mai
    2027”, “mardi 4 mai 2027”, “May 4th, 2027”, “2027. május 4.”, “4-May-27”."""
    text = MONTHS_OF_TWO_WORDS.sub(r"\1\2", folded(text))
    day = month = year = doubtful = ""
    end, has_day_first = 0, False
    for piece in _PIECE.finditer(text):
        word = piece[0]
        if (month or doubtful) and day and year:
            break
        if word.isdecimal() and word.isascii():
            if len(word) == 4 and not year:
                year = word
            elif len(word) <= 2 and not day:
                day, has_day_first = word, not (month or doubtful)
            elif (
                len(word) == 2
                and has_day_first
                and (month or doubtful)
                and not year
                and word >= "20"
                and text[piece.end() :][:1] not in {":", "."}
            ):
                # Only behind day and month: else it may be either.
                year = f"20{word}"
            else:
                return None
        elif word in MONTHS and word in WEEKDAYS and not doubtful:
            # “mar. 4 mai” is a Tuesday, “4 mar.” is in March.
            doubtful = word
        elif word in MONTHS:
            if month:
                return None
            month = word
        elif word not in WEEKDAYS and word not in DATE_FILLERS and word not in _WITHIN_A_DATE:
            return None
        end = piece.end()
    month = month or doubtful
    if not (day and month and year):
        return None
    rest = text[end:]
    while more := re.match(r"[\s.,()]*([^\W\d_]+)\b[.)]?|[\s.,()]+", rest):
        if more[1] and more[1] not in WEEKDAYS and more[1] not in DATE_FILLERS:
            break
        rest = rest[more.end() :]
    return day, str(MONTHS[month]), year, rest


def _of_serial(text: str, epoch: datetime) -> Moment:
    """A date as Excel counts days, from `epoch` on."""
    found = from_excel(float(text), epoch)
    return found if "." in text else found.date()


def _is_time(text: str) -> bool:
    try:
        _at(_ANY_DAY, "time", text)
    except LeftOut:
        return False
    return True


def _at(day: date, what: str, text: str, told: str = "") -> datetime:
    """`day` at the time in `text`; `told` is where that stands, to be quoted."""
    told = (told or text)[:40]
    if _FRACTION.fullmatch(text):
        return datetime.combine(day, time()) + timedelta(seconds=round(float(text) * 86_400))
    plain = folded(text)
    clock = _BEHIND_A_TIME.sub("", plain)
    if before := _BEFORE_A_TIME.match(clock):
        clock = clock[before.end() :]
    match = _CLOCK.fullmatch(clock)
    # An hour alone may be anything.
    if not match or not (match[2] or match[4] or clock != plain):
        raise LeftOut(f"Its {what} “{told}” is not a time. Write times as 17:30.")
    half = {"a": "am", "π": "am", "p": "pm", "μ": "pm"}.get((match[4] or "")[:1], "")
    try:
        return fields.at_time(day, int(match[1]), int(match[2] or 0), int(match[3] or 0), half)
    except ValueError:
        raise LeftOut(f"Its {what} “{told}” does not exist.") from None


def _order(rows: Iterable[Mapping[str, str]]) -> str:
    """Whether “03/04/2027” has the "day" or the "month" first, if the other dates of the table tell; else ""."""
    orders = set()
    for cells in rows:
        for name in ("start_date", "end_date"):
            if match := _SLASHED.fullmatch(_without_weekday(cells.get(name, ""))):
                if int(match[1]) > 12:
                    orders.add("day")
                elif int(match[3]) > 12:
                    orders.add("month")
    return orders.pop() if len(orders) == 1 else ""


def _where(row: _Row, notes: Notes) -> fields.Where:
    place = row.cells.get("venue", "")
    told = row.cells.get("online_url", "")
    if fields.is_web_address(place):
        if fields.leads_online(place):
            told = told or place
        elif not told:
            notes.warn(fields.only_a_page(place))
        place = ""
    is_online = bool(told) or fields.means_online(place)
    venue = "" if fields.means_online(place) else fields.line(notes, "venue", place)
    city = fields.line(notes, "city", row.cells.get("city"), fields.PLACE_NAME_LENGTH)
    mode = fields.IN_PERSON
    if is_online and not (told and is_no(told)):
        mode = fields.BOTH if venue or city else fields.ONLINE
    has_address = "." in told
    return {
        "attendance_mode": mode,
        "venue": venue,
        "city": city,
        "country": fields.country(notes, row.cells.get("country")),
        "online_url": fields.web_address(notes, _with_scheme(told)) if has_address else "",
    }


def _with_scheme(address: str) -> str:
    """People leave out the beginning of an address."""
    return (
        f"https://{address}"
        if re.match(r"(?:[\w-]+\.)+[a-z]{2,}(?:/|$)", address, re.IGNORECASE)
        else address
    )
