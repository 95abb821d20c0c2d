"""Reading tables; numbers in names are those of the cases a strong import must get right."""

# Wall times are naive on purpose until their zone is known.
# ruff: noqa: DTZ001

import csv
import io
import time as stopwatch
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest

from events.importing.feed import FeedUnusable, Level
from events.importing.parse import format_of, parse, table

HEAD = "Title;Start date;Start time;End date;End time\n"


def read(data, **options):
    data = data.encode() if isinstance(data, str) else data
    return parse(data, format="table", default_timezone="Europe/Rome", **options)


def read_one(**cells):
    """The only event of a table with these columns, and what is told about it."""
    out = io.StringIO()
    writer = csv.DictWriter(out, {"Title": "Soil day", "Start date": "2027-05-04", **cells})
    writer.writeheader()
    writer.writerow({"Title": "Soil day", "Start date": "2027-05-04", **cells})
    feed = read(out.getvalue())
    (event,) = feed.events
    return event, " ".join(problem.reason for problem in feed.problems)


def problems(rows, **options):
    return [(problem.level, problem.line) for problem in read(HEAD + rows, **options).problems]


def dates(rows):
    return [event.start_date for event in read(HEAD + rows).events]


def workbook(*rows, **formats):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for place, code in formats.items():
        sheet[place].number_format = code
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# The table


def test_the_template_is_a_table_that_is_read_without_a_complaint():
    assert format_of(table.template()) == "table"
    feed = read(table.template())
    (event,) = feed.events
    assert [problem.reason for problem in feed.problems] == []
    assert (event.title, event.venue, event.city, event.country) == (
        "Workshop on soil moisture", "ESRIN, Big Hall", "Frascati", "Italy",
    )  # fmt: skip
    assert (event.start_date, event.start_time) == (date(2027, 5, 4), time(9))
    assert (event.end_date, event.end_time, event.timezone) == (date(2027, 5, 6), time(17, 30), "Europe/Rome")
    assert (event.key.uid, event.language, event.line) == ("soil-2027", "en", 2)
    assert event.website == event.url == "https://example.org/soil"
    assert event.registration_url == "https://example.org/soil/register"
    assert event.categories == ("soil", "SMOS")
    assert event.organizers == ("The soil group",)
    assert table.guess(table.columns(table.template())) == {
        key: field.name for key, field in table.FIELDS.items()
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_case_5_delimiters_encodings_and_line_breaks_are_found_out(delimiter, encoding, line_break):
    rows = [["Veranstaltung", "Beginn", "Ort, Raum"], ["Gletscher über “Köln”", "04.05.2027", "A; B"]]
    text = line_break.join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    feed = read(text.encode(encoding))
    assert [(event.title, event.start_date) for event in feed.events] == [
        ("Gletscher über “Köln”", date(2027, 5, 4))
    ]
    assert format_of(text.encode(encoding)) == "table"


def test_a_heading_blank_rows_and_excels_note_of_the_delimiter():
    feed = read(
        "sep=;\n\nEvents of 2027;;\n;;\nTitle;Start date;x\n\nSoil day;2027-05-04\n;;\nIce day;soon;\n"
    )
    assert [(event.title, event.line) for event in feed.events] == [("Soil day", 7)]
    assert [(problem.level, problem.line) for problem in feed.problems] == [(Level.FAILED, 9)]


def test_cells_hold_commas_quotation_marks_and_lines():
    feed = read('Title,Start date,Description\n"Soil, ""wet""",2027-05-04,"One\n\nTwo"\nIce,2027-05-05,\n')
    assert [(event.title, event.body, event.line) for event in feed.events] == [
        ("Soil, \"wet\"", "<p>One</p><p>Two</p>", 2), ("Ice", "", 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data", [b"Title,Start date\n" + b'"' + b"x\n" * 200_000, b"Title,Start date\n" + b"x" * 200_000]
)
def test_a_cell_without_end_is_told(data):
    with pytest.raises(FeedUnusable, match="quotation mark"):
        read(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n;;\n", "empty"),
        (b"A,B\n1,2\n", "no column “Title”"),
        (b"Title,B\n1,2\n", "no column “Start date”; its columns are “Title”, “B”"),
        (b"Title,Start date\n" + b"x,2027-05-04\n" * 5_001, "more than 5,000 rows"),
        (b"PK\x03\x04nonsense", "damaged"),
    ],
)
def test_what_is_no_table_of_events_is_told_in_words(data, words):
    with pytest.raises(FeedUnusable, match=words):
        read(data)


def test_as_many_rows_as_are_allowed():
    assert (
        len(read("Title,Start date\n" + "".join(f"x{n},2027-05-04\n" for n in range(5_000))).events) == 5_000
    )


def test_prose_is_no_table():
    for text in ["Title, as I said on the start date, was long.\n", "a,b\nc,d\n", "title\n"]:
        with pytest.raises(FeedUnusable):
            format_of(text.encode())


# Which column is what


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Event name", "FROM", "To"], {"title": "Event name", "start_date": "FROM", "end_date": "To"}),
        (["name", "start_date", "start_time"],
         {"title": "name", "start_date": "start_date", "start_time": "start_time"}),
        (["Title", "Name", "Date"], {"title": "Title", "start_date": "Date"}),
        (["Unknown", ""], {}),
        (["Titel", "Beginn", "Ende", "Ort"],
         {"title": "Titel", "start_date": "Beginn", "end_date": "Ende", "venue": "Ort"}),
    ],
)  # fmt: skip
def test_columns_are_known_by_many_names(names, expected):
    assert table.guess(names) == expected


def test_a_mapping_says_which_column_is_which():
    data = b"A,B,,B\nSoil day,2027-05-04,x,Bonn\n"
    assert table.columns(data) == ["A", "B", "Column 3", "B (4)"]
    feed = read(data, mapping={"title": "A", "start_date": "B", "city": "B (4)", "venue": ""})
    assert [(event.title, event.city, event.venue) for event in feed.events] == [("Soil day", "Bonn", "")]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"title": "Z"}, "no column “Z”"),
        ({"nonsense": "A"}, "“nonsense” is nothing"),
        ({"title": "A"}, "“Start date”"),
    ],
)
def test_a_mapping_that_cannot_be_is_told(mapping, words):
    with pytest.raises(FeedUnusable, match=words):
        read(b"A,B\nSoil day,2027-05-04\n", mapping=mapping)


# When


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-05-04", (date(2027, 5, 4), None)),
        ("2027/5/4", (date(2027, 5, 4), None)),
        ("2027-05-04 09:30", (date(2027, 5, 4), time(9, 30))),
        ("2027-05-04T09:30:15", (date(2027, 5, 4), time(9, 30, 15))),
        ("2027-05-04 00:00", (date(2027, 5, 4), time(0))),
        ("2027-05-04T07:30:00Z", (date(2027, 5, 4), time(9, 30))),
        ("2027-05-04T09:30+02:00", (date(2027, 5, 4), time(9, 30))),
        ("04.05.2027", (date(2027, 5, 4), None)),
        ("4. 5. 2027", (date(2027, 5, 4), None)),
        ("04.05.2027 9:30 Uhr", (date(2027, 5, 4), time(9, 30))),
        ("04.05.2027, 14h30", (date(2027, 5, 4), time(14, 30))),
        ("31/12/2027", (date(2027, 12, 31), None)),
        ("12/31/2027 1:05 PM", (date(2027, 12, 31), time(13, 5))),
        ("05/05/2027", (date(2027, 5, 5), None)),
        ("4 May 2027", (date(2027, 5, 4), None)),
        ("Tuesday, May 4th, 2027", (date(2027, 5, 4), None)),
        ("4 Sept. 2027 9 am", (date(2027, 9, 4), time(9))),
        ("46511", (date(2027, 5, 4), None)),
        ("46511.375", (date(2027, 5, 4), time(9))),
    ],
)
def test_dates_as_people_write_them(text, expected):
    event, _ = read_one(**{"Start date": text})
    assert (event.start_date, event.start_time) == expected


@pytest.mark.parametrize(
    "text",
    ["", "soon", "May 2027", "2027", "04.05.27", "2027-02-30", "30.02.2027", "04.05.1027", "4 Smarch 2027",
     "04.05.2027 25:00", "04.05.2027 nine", "99999999", "9", "2027-05/04", "13/13/2027"],
)  # fmt: skip
def test_case_8_dates_are_never_guessed_and_cost_no_other_row(text):
    feed = read(f'{HEAD}Bad;"{text}"\nGood;2027-05-05\n')
    assert [event.title for event in feed.events] == ["Good"]
    assert [(problem.level, problem.line) for problem in feed.problems] == [(Level.FAILED, 2)]


def test_a_day_and_month_that_may_be_swapped_are_told_unless_the_column_decides():
    assert problems("A;03/04/2027\n") == [(Level.FAILED, 2)]
    assert (
        "may be the 03. of month 04 or the 04. of month 03"
        in read(HEAD + "A;03/04/2027\n").problems[0].reason
    )
    assert dates("A;03/04/2027\nB;31/12/2027\n") == [date(2027, 4, 3), date(2027, 12, 31)]
    assert dates("A;03/04/2027\nB;12/31/2027\n") == [date(2027, 3, 4), date(2027, 12, 31)]
    assert dates("A;03/04/2027;;31/12/2027\n") == [date(2027, 4, 3)]
    assert dates("A;03/04/2027\nB;12/31/2027\nC;31/12/2027\n") == []


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, (None, None, None)),
        ({"Start time": "9:00"}, (time(9), None, None)),
        ({"Start time": "00:00"}, (time(0), None, None)),
        ({"Start time": "9.00", "End time": "17.30"}, (time(9), None, time(17, 30))),
        ({"Start time": "9 am", "End time": "5:30 p.m."}, (time(9), None, time(17, 30))),
        ({"End date": "2027-05-06"}, (None, date(2027, 5, 6), None)),
        ({"Start time": "9:00", "End date": "2027-05-06"}, (time(9), date(2027, 5, 6), None)),
        (
            {"Start time": "9:00", "End date": "2027-05-06", "End time": "24:00"},
            (time(9), date(2027, 5, 7), time(0)),
        ),
        ({"Start time": "0.375"}, (time(9), None, None)),
    ],
)
def test_case_64_midnight_is_midnight_and_an_unknown_end_is_unknown(cells, expected):
    event, _ = read_one(**cells)
    assert (event.start_time, event.end_date, event.end_time) == expected


@pytest.mark.parametrize("text", ["9", "25:00", "9:75", "morning", "13 pm"])
def test_a_time_that_may_be_anything_is_told(text):
    feed = read(f"{HEAD}Bad;2027-05-04;{text}\nGood;2027-05-05\n")
    assert [event.title for event in feed.events] == ["Good"]


def test_an_assumed_zone_is_told_once_and_a_given_one_is_taken():
    feed = read(HEAD + "A;2027-05-04;9:00\nB;2027-05-04;9:00\n")
    assert [problem.reason for problem in feed.problems] == [
        "The table does not tell the time zone of every time; Europe/Rome is assumed."
    ]
    event, told = read_one(**{"Start time": "9:00", "Time zone": "W. Europe Standard Time"})
    assert (event.timezone, told) == ("Europe/Berlin", "")
    event, told = read_one(**{"Start time": "9:00", "Time zone": "Nowhere"})
    assert event.timezone == "Europe/Rome"
    assert "“Nowhere” is not known" in told


def test_case_16_an_end_before_the_start_is_told():
    assert "ends before it starts" in read_one(**{"End date": "2027-05-01"})[1]


# What


@pytest.mark.parametrize(
    ("cells", "place", "mode", "online"),
    [
        ({"Place": "Hall", "City": "Bonn", "Country": "DE"}, ("Hall", "Bonn", "Germany"), "Offline", ""),
        ({"Place": "Zoom"}, ("", "", ""), "Online", ""),
        ({"Place": "https://meet.example.org/1"}, ("", "", ""), "Online", "https://meet.example.org/1"),
        ({"Online link": "meet.example.org/1"}, ("", "", ""), "Online", "https://meet.example.org/1"),
        ({"Online": "yes", "Place": "Hall"}, ("Hall", "", ""), "Mixed", ""),
        ({"Online": "no", "Place": "Hall"}, ("Hall", "", ""), "Offline", ""),
    ],
)
def test_places(cells, place, mode, online):
    event, told = read_one(**cells)
    assert (event.venue, event.city, event.country) == place
    assert (event.attendance_mode, event.online_url, told) == (f"{mode}EventAttendanceMode", online, "")


def test_status():
    assert read_one(Status="Cancelled")[0].event_status == "EventCancelled"
    assert read_one(Title="[postponed] Soil day")[0].event_status == "EventPostponed"


def test_case_63_drafts_and_private_rows_are_not_published():
    feed = read("Title,Start date,Status\nA,2027-05-04,Draft\nB,2027-05-04,private\nC,2027-05-04,\n")
    assert [event.title for event in feed.events] == ["C"]
    assert [problem.level for problem in feed.problems] == [Level.SKIPPED, Level.SKIPPED]


def test_case_46_cells_are_text():
    event, told = read_one(
        Title="<script>alert(1)</script>Soil <b>day</b>",
        Website="javascript:alert(1)",
        Description="<p id=x>A</p>",
    )
    assert (event.title, event.website, event.body) == ("Soil day", "", "<p>A</p>")
    assert "not a web address" in told


def test_case_27_rows_without_an_id_are_known_by_title_and_start():
    feed = read(HEAD + "A;2027-05-04\nA;2027-05-05\n")
    assert len({event.key for event in feed.events}) == 2
    assert all(event.key.is_nameless for event in feed.events)


# Workbooks


def test_a_workbook():
    nine = datetime(2027, 5, 4, 9)
    data = workbook(
        ["Our events"],
        [],
        ["Title", "Start date", "Start time", "End date", "ID"],
        ["Soil day", date(2027, 5, 4), time(9), datetime(2027, 5, 6), 7],
        ["Ice day", nine, None, None, 8.5],
        ["Midnight", datetime(2027, 5, 4), None, None, None],
        ["Typed", "04.05.2027", "9:00", None, "#N/A"],
        ["Broken", True, None, None, None],
        ["Whole", datetime(2027, 5, 4), None, None, None],
        D4="yyyy-mm-dd",
        B5="dd/mm/yyyy hh:mm",
        B6="yyyy-mm-dd hh:mm",
        B9='yyyy-mm-dd "hours"',
    )
    assert format_of(data) == "table"
    feed = read(data)
    found = {
        event.title: (event.start_date, event.start_time, event.end_date, event.line) for event in feed.events
    }
    assert found == {
        "Soil day": (date(2027, 5, 4), time(9), date(2027, 5, 6), 4),
        "Ice day": (date(2027, 5, 4), time(9), None, 5),
        "Midnight": (date(2027, 5, 4), time(0), None, 6),
        "Typed": (date(2027, 5, 4), time(9), None, 7),
        "Whole": (date(2027, 5, 4), None, None, 9),
    }
    assert [event.key.uid for event in feed.events[:2]] == ["7", "8.5"]
    assert feed.events[3].key.is_nameless
    assert (Level.FAILED, 8) in [(problem.level, problem.line) for problem in feed.problems]
    assert table.columns(data)[:2] == ["Title", "Start date"]


def test_a_time_of_a_workbook_may_be_a_duration_or_stand_with_its_date():
    data = workbook(
        ["Title", "Start date", "Start time"],
        ["A", date(2027, 5, 4), timedelta(hours=9, minutes=30)],
        ["B", date(2027, 5, 4), datetime(2027, 5, 4, 9, 45)],
        ["C", 46511, 0.5],
    )
    assert [event.start_time for event in read(data).events] == [time(9, 30), time(9, 45), time(12)]


def test_hidden_and_empty_sheets_are_passed_over():
    book = openpyxl.Workbook()
    book.active.append(["Title", "Start date"])
    book.active.append(["Secret", "2027-05-04"])
    book.active.sheet_state = "hidden"
    book.create_sheet("Empty")
    shown = book.create_sheet("Events")
    shown.append(["Title", "Start date"])
    shown.append(["Soil day", "2027-05-04"])
    out = io.BytesIO()
    book.save(out)
    assert [event.title for event in read(out.getvalue()).events] == ["Soil day"]


def repacked(data, **changes):
    """A workbook with other content in its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, old.read(name)))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def cut(data):
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (cut, "damaged"),
        (lambda data: repacked(data, **{SHEET: b"no xml"}), "cannot be read"),
        (lambda data: repacked(data, **{SHEET: b""}), "cannot be read"),
        (lambda data: repacked(data, **{"[Content_Types].xml": b"<x/>"}), "cannot be read"),
        (lambda data: repacked(data, **{SHEET: bytes(20_000_001)}), "larger than 20 MB"),
        (lambda data: repacked(data, **{SHEET: f'<!DOCTYPE x [<!ENTITY a "{"a" * 99}"><!ENTITY b "{"&a;" * 99}">]>'
                                               f"<worksheet {NAMESPACE}><sheetData><row><c t='str'><v>&b;</v></c></row>"
                                               "</sheetData></worksheet>"}), "cannot be read"),
    ],
)  # fmt: skip
def test_case_48_bombs_and_broken_workbooks_are_refused_in_words(broken, words):
    data = broken(workbook(["Title", "Start date"], ["A", "2027-05-04"]))
    with pytest.raises(FeedUnusable, match=words):
        read(data)


def test_case_48_a_workbook_that_lies_about_its_size_is_read_no_further():
    data = bytearray(repacked(workbook(["Title", "Start date"]), **{SHEET: bytes(30_000_000)}))
    for size in (30_000_000,):
        packed = size.to_bytes(4, "little")
        while (place := data.find(packed)) >= 0:
            data[place : place + 4] = (1_000).to_bytes(4, "little")
    with pytest.raises(FeedUnusable, match="cannot be read"):
        read(bytes(data))


@pytest.mark.parametrize(
    "row",
    [
        '<row r="1048576"><c r="XFD1048576" t="str"><v>x</v></c></row>',
        "".join(
            f'<row r="{n * 200 + 1}"><c r="XFD{n * 200 + 1}" t="str"><v>x</v></c></row>' for n in range(5_000)
        ),
    ],
)
def test_case_48_a_cell_at_the_end_of_the_sheet_takes_no_time(row):
    sheet = f"<worksheet {NAMESPACE}><sheetData>{row}</sheetData></worksheet>"
    data = repacked(workbook(["Title", "Start date"]), **{SHEET: sheet})
    started = stopwatch.monotonic()
    with pytest.raises(FeedUnusable):
        read(data)
    assert stopwatch.monotonic() - started < 5


def test_case_48_a_large_workbook_takes_bounded_time():
    cell = "<c t='str'><v>2027-05-04</v></c>"
    rows = f"<row>{cell * 20}</row>" * 25_000
    data = repacked(
        workbook(["Title"]),
        **{SHEET: f"<worksheet {NAMESPACE}><sheetData>{rows[:19_000_000]}</sheetData></worksheet>"},
    )
    started = stopwatch.monotonic()
    with pytest.raises(FeedUnusable):
        read(data)
    assert stopwatch.monotonic() - started < 20
