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
from openpyxl.utils.datetime import from_excel

from events.importing.feed import FeedEvent, FeedUnusable, Key, Level, ParsedFeed, Problem

from . import fields
from .fields import LeftOut, Moment, Notes

LABEL = "Table (CSV or Excel)"
GENERAL = True

MAX_ROWS = 5_000
MAX_COLUMNS = 100
MAX_UNPACKED_BYTES = 20_000_000
"""Of all the parts of a workbook."""
MAX_PARTS = 1_000
MAX_CELL_LENGTH = 100_000


class Field(NamedTuple):
    """What a column may be: its name in the template, an example, other names in lower case."""

    name: str
    example: str
    synonyms: frozenset[str]


def _field(name: str, example: str, *synonyms: str) -> Field:
    return Field(name, example, frozenset({_plain(name), *synonyms}))


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", name.casefold()).split())


FIELDS: dict[str, Field] = {
    "title": _field("Title", "Workshop on soil moisture", "name", "event", "event name", "event title", "summary",
                    "subject", "titel", "veranstaltung", "titre", "titolo", "nome evento"),
    "start_date": _field("Start date", "2027-05-04", "start", "starts", "date", "from", "begin", "begins", "start day",
                         "first day", "event date", "start date time", "start datetime", "date from", "dtstart",
                         "startdate", "when", "datum", "beginn", "von", "startdatum", "wann", "date de début",
                         "data inizio", "data"),
    "start_time": _field("Start time", "09:00", "time", "begin time", "starttime", "time from", "startzeit", "uhrzeit"),
    "end_date": _field("End date", "2027-05-06", "end", "ends", "to", "until", "last day", "end day", "end date time",
                       "end datetime", "date to", "dtend", "enddate", "ende", "bis", "enddatum", "date de fin",
                       "data fine"),
    "end_time": _field("End time", "17:30", "endtime", "time to", "endzeit"),
    "timezone": _field("Time zone", "Europe/Rome", "timezone", "tz", "zone", "zeitzone"),
    "venue": _field("Place", "ESRIN, Big Hall", "venue", "location", "where", "wo", "building", "room", "ort",
                    "veranstaltungsort", "lieu", "luogo"),
    "city": _field("City", "Frascati", "town", "stadt", "ville", "città"),
    "country": _field("Country", "Italy", "land", "pays", "paese"),
    "online_url": _field("Online link", "", "link to take part online", "meeting link", "stream", "online", "zoom",
                         "zoom link", "webex", "online url"),
    "website": _field("Website", "https://example.org/soil", "url", "link", "web", "homepage", "web site", "event url",
                      "webseite", "site web", "sito"),
    "registration_url": _field("Registration link", "https://example.org/soil/register", "registration", "register",
                               "registration url", "tickets", "sign up", "anmeldung", "inscription", "iscrizione"),
    "description": _field("Description", "Three days about wet ground.", "details", "text", "abstract", "body", "about",
                          "notes", "beschreibung", "descrizione"),
    "organizer": _field("Organizer", "The soil group", "organiser", "organizers", "organisers", "organized by",
                        "organised by", "host", "veranstalter", "organisateur", "organizzatore"),
    "categories": _field("Categories", "soil, SMOS", "category", "type", "event type", "keywords", "tags", "topic",
                         "topics", "kategorie"),
    "language": _field("Language", "English", "lang", "sprache", "langue", "lingua"),
    "status": _field("Status", "", "event status", "state", "visibility"),
    "image": _field("Image", "", "image url", "picture", "photo", "bild"),
    "uid": _field("ID", "soil-2027", "uid", "identifier", "event id", "guid", "nr", "no", "number"),
}  # fmt: skip
"""What a row can say, by the name that a mapping uses."""
NEEDED = ("title", "start_date")
EXPLANATIONS = {
    "title": "What the event is called. Every row needs it.",
    "start_date": "The first day, as 2027-05-04. Every row needs it. A time may stand behind it.",
    "start_time": "As 09:00. Empty: the event lasts whole days.",
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
    "image": "The address of a picture.",
    "uid": "Anything that stays the same when the event moves or is renamed. Empty: title and start tell.",
}
"""Of FIELDS, for who fills in a table."""

_STATUSES = {
    "cancelled": "EventCancelled",
    "canceled": "EventCancelled",
    "postponed": "EventPostponed",
    "rescheduled": "EventRescheduled",
    "moved online": "EventMovedOnline",
}
_HIDDEN = {"draft", "private", "hidden", "unlisted", "internal", "confidential", "unpublished"}
_NO_VALUE = {"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}
_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sept sep"
        "|october oct|november nov|december dec".split("|"),
        1,
    )
    for name in names.split()
}
_ANY_DAY = date(2000, 1, 1)
_WITH_TIME = r"(?:(?:\s*,|\s|\s*T)\s*(\d.*))?"
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _WITH_TIME)
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})" + _WITH_TIME)
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})" + _WITH_TIME)
_WORDED = re.compile(
    r"(?:[a-z]{3,9},?\s+)?(?:(\d{1,2})(?:st|nd|rd|th|\.)?\s+([a-z]{3,9})\.?|([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?)"
    r",?\s+(\d{4})" + _WITH_TIME,
    re.IGNORECASE,
)
_SERIAL = re.compile(r"([2-9]\d{4}|10\d{4})(?:\.\d+)?")
_TIME = re.compile(
    r"(\d{1,2})(?:[:.h](\d\d)(?::(\d\d)(?:\.\d+)?)?)?\s*(am|pm|a\.m\.|p\.m\.|uhr|h)?", re.IGNORECASE
)
_FRACTION = re.compile(r"0?\.\d+|0")
# Markup, JSON, calendars, PDFs, and whatever has characters in it that nobody types.
_NO_TABLE = re.compile(r"$|[<{\[]|BEGIN:|%PDF|[^\0-\x08\x0e-\x1f]*[\0-\x08\x0e-\x1f]")


def recognises(data: bytes) -> bool:
    if data.startswith(b"PK\x03\x04"):
        return _is_workbook(data)
    if not may_be(data):
        return False
    try:
        names = next((row for _, row in _csv_rows(fields.head(data), 3)), [])
    except FeedUnusable:
        return False
    return {"title", "start_date"} <= guess(names).keys()


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
    (_, first), *rows = _table(data, [column for column in (mapping or {}).values() if column])
    names = _names(first)
    known = _checked(mapping, names) if mapping else guess(names)
    for wanted in NEEDED:
        if wanted not in known:
            raise FeedUnusable(
                f"The table has no column “{FIELDS[wanted].name}”; its columns are {_listed(names)}. "
                "Name one so in the first row, or say which one it is."
            )
    at = {name: names.index(column) for name, column in known.items()}
    entries = [
        _Row(number, {name: cells[place] for name, place in at.items() if place < len(cells)})
        for number, cells in rows
    ]
    reader = _Reader(default_timezone, _order(entry.cells for entry in entries))
    events, problems = fields.read_each(entries, reader.event)
    if reader.has_assumed_zone:
        reason = f"The table does not tell the time zone of every time; {default_timezone} is assumed."
        problems.append(Problem(Level.WARNING, reason))
    return ParsedFeed(tuple(events), tuple(problems))


def columns(data: bytes) -> list[str]:
    """The names of the columns, to choose from for a mapping; raises FeedUnusable."""
    return list(samples(data))


def samples(data: bytes, known: Iterable[str] = (), number: int = 3) -> dict[str, list[str]]:
    """By the names of the columns, the first `number` things that stand below each; raises FeedUnusable.

    The row with the names is the one that has the `known` ones in it, if there is one.
    """
    (_, first), *rows = _table(data, known)
    return {
        name: list(islice((cells[place] for _, cells in rows if place < len(cells) and cells[place]), number))
        for place, name in enumerate(_names(first))
    }


def guess(names: Iterable[str]) -> dict[str, str]:
    """Which of the columns called `names` is which of FIELDS, as far as their names tell."""
    by_name: dict[str, str] = {}
    for name in names:
        by_name.setdefault(_plain(name), name)
    found = {}
    for key, field in FIELDS.items():
        own = _plain(field.name)
        ranked = [own, *sorted(field.synonyms - {own})]
        if match := next((by_name[name] for name in ranked if name in by_name), None):
            found[key] = match
    return found


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
            raise FeedUnusable(f"“{key}” is nothing that a column can be; choose from {_listed(FIELDS)}.")
        if column and column not in names:
            raise FeedUnusable(f"The table has no column “{column}”; its columns are {_listed(names)}.")
    return {key: column for key, column in mapping.items() if column}


def _listed(names: Iterable[str]) -> str:
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


def _table(data: bytes, known: Iterable[str] = ()) -> list[tuple[int, list[str]]]:
    """(number, cells) of every row that says anything, the one with the names first; all cells as text. If there is a
    row with the `known` names, it is that one."""
    is_workbook = data.startswith(b"PK\x03\x04")
    rows = list(_workbook_rows(data) if is_workbook else _csv_rows(fields.decoded(data), MAX_ROWS + 1))
    if not rows:
        raise FeedUnusable(
            "The table is empty. Its first row has to name the columns; each other row is an event."
        )
    if len(rows) > MAX_ROWS + 1:
        raise FeedUnusable(
            f"The table has more than {MAX_ROWS:,} rows. Import it in several parts, each with a source of its own."
        )
    return rows[_place_of_names(rows, set(known)) :]


def _place_of_names(rows: list[tuple[int, list[str]]], known: set[str]) -> int:
    """People put a heading above the row with the names."""
    first = list(enumerate(cells for _, cells in rows[:10]))
    as_told = (place for place, cells in first if known and known <= set(_names(cells)))
    by_words = (place for place, cells in first if {"title", "start_date"} <= guess(cells).keys())
    with_columns = (place for place, cells in first if sum(map(bool, cells)) > 1)
    return next(chain(as_told, by_words, with_columns), 0)


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
    """The one of comma, semicolon and tab that stands most often in the first line, quotations apart."""
    line = next((line for line in text[: fields.HEAD_BYTES].splitlines() if line.strip()), "")
    unquoted = re.sub(r'"[^"]*"', "", line)
    return max(",;\t", key=unquoted.count)


def _workbook_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Of the first sheet that is not hidden and has anything in it."""
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
                        yield from rows
                        return
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
    number: int
    cells: dict[str, str]


class _Reader:
    """What the rows of a table have in common."""

    def __init__(self, default_timezone: str, order: str):
        self.default_timezone = default_timezone
        self.order = order
        self.has_assumed_zone = False

    def event(self, row: _Row, notes: Notes) -> FeedEvent:
        notes.line = row.number

        def told(name: str) -> str:
            return row.cells.get(name, "")

        notes.uid = fields.identity(told("uid"))
        status = told("status").lower()
        if status in _HIDDEN:
            raise LeftOut(f"Its status is “{status}”, so it is not for everybody.", Level.SKIPPED)
        title, label = fields.labelled(fields.title(notes, told("title")))
        website = fields.web_address(notes, _with_scheme(told("website")))
        return FeedEvent(
            key=Key(notes.uid),
            line=row.number,
            title=title or fields.UNTITLED,
            **self._period(row, notes),
            **_where(row, notes),
            event_status=_STATUSES.get(status) or label or "EventScheduled",
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
        if not row.cells.get("start_date"):
            raise LeftOut("It has no start date, so it is not known when it begins.")
        zone = fields.zone_named(notes, row.cells.get("timezone"))
        start = self._moment(row.cells, "start", row.cells["start_date"])
        day = f"{start:%Y-%m-%d}"
        has_end = row.cells.get("end_date") or row.cells.get("end_time")
        end = self._moment(row.cells, "end", row.cells.get("end_date") or day) if has_end else None
        times = [moment for moment in (start, end) if isinstance(moment, datetime)]
        self.has_assumed_zone |= not zone and any(moment.tzinfo is None for moment in times)
        zone = zone or self.default_timezone
        placed = fields.in_zone(notes, "start", start, zone, zone)
        return fields.period(notes, placed, end and fields.in_zone(notes, "end", end, zone, zone), zone)

    def _moment(self, cells: dict[str, str], which: str, text: str) -> Moment:
        """The date in `text`, with the time in it or in the column for times."""
        clock = cells.get(f"{which}_time", "")
        found = _moment(f"{which} date", text, self.order)
        if not clock:
            return found
        if _moment_in_a_time(clock):
            clock = clock.split()[-1]
        return _at(found.date() if isinstance(found, datetime) else found, f"{which} time", clock)


def _moment_in_a_time(text: str) -> bool:
    """A cell of a column for times may hold a date, too, which Excel adds and does not show."""
    return re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text) is not None


def _moment(what: str, text: str, order: str) -> Moment:
    if match := _ISO.fullmatch(text):
        year, month, day, clock = match[1], match[3], match[4], match[5]
        if clock and re.search(r"Z|[+−-]\d\d", clock[1:]):
            return fields.moment(what, text.replace(match[2], "-", 2))
    elif match := _DOTTED.fullmatch(text):
        day, month, year, clock = match.groups()
    elif match := _SLASHED.fullmatch(text):
        first, second, year, clock = match[1], match[3], match[4], match[5]
        if not order and first != second:
            raise LeftOut(
                f"Its {what} “{text[:40]}” may be the {first}. of month {second} or the {second}. of month {first}. "
                "Write dates as 2027-12-31, and it is certain."
            )
        day, month = (second, first) if order == "month" else (first, second)
    elif (match := _WORDED.fullmatch(text)) and (number := _MONTHS.get((match[2] or match[3]).lower())):
        day, month, year, clock = match[1] or match[4], str(number), match[5], match[6]
    elif _SERIAL.fullmatch(text):
        return _of_serial(text)
    else:
        raise LeftOut(f"Its {what} “{text[:40]}” is not a date. Write dates as 2027-12-31.")
    found = fields.moment(what, f"{year}-{month}-{day}")
    return _at(found, what, clock) if clock else found


def _of_serial(text: str) -> Moment:
    """A date as Excel counts days, from 1900 on."""
    found = from_excel(float(text))
    return found if "." in text else found.date()


def _at(day: date, what: str, text: str) -> datetime:
    if _FRACTION.fullmatch(text):
        return datetime.combine(day, time()) + timedelta(seconds=round(float(text) * 86_400))
    match = _TIME.fullmatch(text.strip())
    # An hour alone may be anything.
    if not match or not (match[2] or match[4]):
        raise LeftOut(f"Its {what} “{text[:40]}” is not a time. Write times as 17:30.")
    half = (match[4] or "").lower().replace(".", "")
    try:
        return fields.at_time(
            day, int(match[1]), int(match[2] or 0), int(match[3] or 0), half if half in {"am", "pm"} else ""
        )
    except ValueError:
        raise LeftOut(f"Its {what} “{text[:40]}” does not exist.") from None


def _order(rows: Iterable[Mapping[str, str]]) -> str:
    """Whether “03/04/2027” has the "day" or the "month" first, if the other dates of the table tell; else ""."""
    orders = set()
    for cells in rows:
        for name in ("start_date", "end_date"):
            if match := _SLASHED.fullmatch(cells.get(name, "")):
                if int(match[1]) > 12:
                    orders.add("day")
                elif int(match[3]) > 12:
                    orders.add("month")
    return orders.pop() if len(orders) == 1 else ""


def _where(row: _Row, notes: Notes) -> fields.Where:
    place = row.cells.get("venue", "")
    told = row.cells.get("online_url", "")
    if fields.is_web_address(place):
        place, told = "", told or place
    is_online = bool(told) or fields.means_online(place)
    venue = "" if fields.means_online(place) else fields.line(notes, "venue", place)
    city = fields.line(notes, "city", row.cells.get("city"), fields.PLACE_NAME_LENGTH)
    mode = fields.IN_PERSON
    if is_online and told.lower() not in {"no", "false", "0", "nein", "non"}:
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
