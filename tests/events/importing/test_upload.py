"""Tables that are uploaded: their columns, what becomes of them, and of the next version of them."""

import io
import re
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from events import tasks
from events.importing import import_stored
from events.importing.admin.uploads import ColumnsForm
from events.importing.feed import FeedUnusable
from events.importing.fetch import MAX_BYTES
from events.importing.models import ImportRecord, ImportRun, ImportSource, ImportUpload
from events.importing.parse import format_of, parse, table
from events.importing.undo import undo
from events.models import EventPage
from tests.builders import make_calendar, the
from tests.events.importing.conftest import EDITOR, sign_in

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
TABLE = b"Name;Kickoff;Where;Secret\nSoil day;2027-05-04;Bonn;x\nIce day;2027-06-01;Oslo;y\n"
MEANINGS = ["title", "start_date", "city", ""]


def make_upload(client, event_list, data=TABLE, name="events.csv"):
    """A source to which a table was just uploaded."""
    file = SimpleUploadedFile(name, data)
    form = {"table": file, "name": "Partner", "parent": event_list.pk}
    assert client.post(reverse("import_upload:index"), form).status_code == 302
    return the(ImportSource)


def upload_again(client, source, data, name="events.csv"):
    file = SimpleUploadedFile(name, data)
    return client.post(reverse("import_upload:index"), {"table": file, "source": source.pk})


def columns(source):
    return reverse("import_upload:columns", args=[source.pk])


def choose(client, source, meanings=MEANINGS):
    told = {f"column-{number}": meaning for number, meaning in enumerate(meanings)}
    return client.post(columns(source), told)


def suggested(client, source):
    return [field.initial for field in client.get(columns(source)).context["form"].fields.values()]


def import_it(source, trigger=ImportRun.Trigger.ADMIN):
    source.refresh_from_db()
    source.approved = source.what_was_approved
    source.save()
    return import_stored(source, trigger=trigger)


def titles():
    return sorted(
        page.get_latest_revision_as_object().title for page in EventPage.objects.order_by("start_date")
    )


def why_not(client, data, name="events.csv"):
    """What is said about a file that is refused."""
    response = client.post(
        reverse("import_upload:index"), {"table": SimpleUploadedFile(name, data), "name": "X"}
    )
    assert response.status_code == 200
    assert not ImportSource.objects.exists()
    return " ".join(response.context["form"].errors["table"])


# From the file to the pages


def test_a_table_becomes_pages_by_way_of_its_columns_and_a_test(as_moderator, event_list):
    source = make_upload(as_moderator, event_list)
    assert (source.name, source.parent, source.format, source.is_approved) == (
        "Partner", event_list, "table", False,
    )  # fmt: skip
    html = as_moderator.get(columns(source)).content.decode()
    for words in ("Where", "Soil day", "2027-06-01", "events.csv"):
        assert words in html
    response = choose(as_moderator, source)
    assert response["Location"] == reverse("import_sources:test", args=[source.pk])
    html = as_moderator.post(response["Location"]).content.decode()
    assert "<strong>2</strong> created" in html
    assert "Soil day" in html
    assert not EventPage.objects.exists()
    what = re.search(r'name="what" value="([0-9a-f]+)"', html)[1]
    as_moderator.post(reverse("import_sources:approve", args=[source.pk]), {"what": what})
    for job in ProcrastinateJob.objects.filter(task_name="import_one"):
        tasks.import_one(**job.args)
    assert titles() == ["Ice day", "Soil day"]
    assert the(ImportRun).address == "upload:events.csv"


def test_the_next_version_of_a_table_is_merged_and_undone_as_any_feed(as_moderator, event_list):
    source = make_upload(as_moderator, event_list)
    choose(as_moderator, source)
    import_it(source)
    mine = EventPage.objects.get(title="Soil day")
    mine.venue = "Mine"
    mine.save_revision()
    upload_again(
        as_moderator,
        source,
        TABLE.replace(b"Bonn", b"Berlin").replace(b"2027-06-01", b"2027-06-02"),
        "new.csv",
    )
    choose(as_moderator, source)
    source.refresh_from_db()
    assert not source.is_approved
    run = import_it(source).run
    mine = EventPage.objects.get(title="Soil day").get_latest_revision_as_object()
    assert (mine.venue, mine.city) == ("Mine", "Berlin")
    # A row without an ID is another event when it has another date.
    assert titles() == ["Ice day", "Ice day", "Soil day"]
    assert ImportUpload.objects.count() == 1
    undo(run, user=None)
    mine = EventPage.objects.get(title="Soil day").get_latest_revision_as_object()
    assert (mine.venue, mine.city) == ("Mine", "Bonn")
    assert titles() == ["Ice day", "Soil day"]


def test_a_row_that_is_gone_has_disappeared(as_moderator, event_list):
    source = make_upload(as_moderator, event_list)
    choose(as_moderator, source)
    ImportSource.objects.update(missing="cancel", missing_after=1)
    import_it(source)
    upload_again(as_moderator, source, TABLE[: TABLE.index(b"Ice")])
    assert dict(import_it(source).counts)["withdrawn"] == 1
    assert EventPage.objects.get(title="Ice day").get_latest_revision_as_object().event_status == (
        "EventCancelled"
    )


def test_case_27_a_row_with_a_website_is_known_again_when_it_moves(as_moderator, event_list):
    data = b"Title,Start date,Website\nSoil day,2027-05-04,https://example.org/soil\n"
    source = make_upload(as_moderator, event_list, data)
    choose(as_moderator, source, ["title", "start_date", "website"])
    import_it(source)
    key = the(ImportRecord).key
    upload_again(as_moderator, source, data.replace(b"05-04", b"05-11"))
    import_it(source)
    assert the(ImportRecord).key == key
    assert the(EventPage).get_latest_revision_as_object().start_date == date(2027, 5, 11)


# What the columns are


def test_what_columns_mean_is_guessed_and_then_remembered(as_moderator, event_list):
    data = b"Name,Date,Stadt,Text,x\nSoil day,2027-05-04,Bonn,Wet,\n"
    source = make_upload(as_moderator, event_list, data)
    assert suggested(as_moderator, source) == ["title", "start_date", "city", "description", ""]
    choose(as_moderator, source, ["title", "start_date", "venue", "", "organizer"])
    upload_again(as_moderator, source, data.replace(b"Stadt,Text,x", b"x,Stadt,Text,Land,Host"))
    assert suggested(as_moderator, source) == [
        "title", "start_date", "organizer", "venue", "", "country", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("meanings", "message"),
    [
        (["title", "start_date", "title", ""], "“Name” is “Title” already"),
        (["title", "", "", ""], "No column is “Start date”."),
        (["", "", "city", ""], "No column is “Title” and “Start date”."),
        (["title", "start_date", "nonsense", ""], "Select a valid choice"),
    ],
)
def test_columns_that_cannot_be_are_told(as_moderator, event_list, meanings, message):
    source = make_upload(as_moderator, event_list)
    response = choose(as_moderator, source, meanings)
    assert response.status_code == 200
    assert message in " ".join(str(error) for error in response.context["form"].errors.values())
    source.refresh_from_db()
    assert source.mapping == {}


def test_case_60_other_columns_are_approved_anew(as_moderator, event_list):
    source = make_upload(as_moderator, event_list)
    choose(as_moderator, source)
    import_it(source)
    choose(as_moderator, source)
    source.refresh_from_db()
    assert source.is_approved
    choose(as_moderator, source, ["title", "start_date", "venue", ""])
    source.refresh_from_db()
    assert not source.is_approved


def test_a_mapped_column_that_the_new_version_lacks_is_told(as_moderator, event_list):
    source = make_upload(as_moderator, event_list)
    choose(as_moderator, source)
    upload_again(as_moderator, source, TABLE.replace(b"Where", b"Ort"))
    html = as_moderator.post(reverse("import_sources:test", args=[source.pk])).content.decode()
    assert "The table has no column “Where”" in html
    assert suggested(as_moderator, source) == ["title", "start_date", "venue", ""]


def test_a_heading_is_passed_over_for_the_columns_that_are_known():
    data = b"Our events\n\nWho,When\nSoil day,2027-05-04\n"
    assert table.columns(data) == ["Who", "When"]
    feed = parse(
        b"Our,events\nWho,When\nSoil day,2027-05-04\n",
        format="table",
        default_timezone="Europe/Rome",
        mapping={"title": "Who", "start_date": "When"},
    )
    assert [event.title for event in feed.events] == ["Soil day"]


def test_columns_are_told_apart_whatever_they_are_called():
    assert table.columns(b"A,A (3),A\n1,2,3\n") == ["A", "A (3)", "A (3) (3)"]


def test_the_first_things_in_each_column_are_shown():
    assert table.samples(b"A,B\n1,\n2,x\n3,\n4,y\n") == {"A": ["1", "2", "3"], "B": ["x", "y"]}


def test_a_form_suggests_nothing_twice():
    form = ColumnsForm(samples={"Title": [], "Name": []}, known={"Name": "title"})
    assert [field.initial for field in form.fields.values()] == ["", "title"]


def test_the_columns_of_a_table_at_an_address_are_told_as_well(as_moderator, source, server):
    server.body = TABLE
    assert as_moderator.get(columns(source)).status_code == 404
    ImportSource.objects.update(format="table")
    assert "Read the columns</button>" in as_moderator.get(columns(source)).content.decode()
    assert server.asked == []
    html = as_moderator.post(columns(source), {"read": "on"}).content.decode()
    assert "Kickoff" in html
    assert "Upload another file" not in html
    choose(as_moderator, source)
    by_the_clock = ImportRun.Trigger.TIMETABLE
    import_it(source, by_the_clock)
    assert titles() == ["Ice day", "Soil day"]
    # The same bytes are another feed now.
    choose(as_moderator, source, ["title", "start_date", "venue", ""])
    assert dict(import_it(source, by_the_clock).counts) == {"updated": 2}
    server.status = 404
    assert "127.0.0.1" in as_moderator.post(columns(source), {"read": "on"}).content.decode()


def test_case_61_only_who_may_approve_has_a_table_asked_for_with_a_credential(
    client, source, server, monkeypatch
):
    monkeypatch.setenv("IMPORT_CREDENTIAL_X", "Bearer abc")
    ImportSource.objects.update(format="table", credential="IMPORT_CREDENTIAL_X")
    server.body = TABLE
    sign_in(client, "ch", (*EDITOR, "change_importsource"))
    assert "has to test and approve it" in client.post(columns(source), {"read": "on"}).content.decode()
    assert server.asked == []
    sign_in(client, "mo", (*EDITOR, "change_importsource", "approve_importsource"))
    assert "is sent to <strong>http://127.0.0.1" in client.get(columns(source)).content.decode()
    assert server.asked == []
    assert "Kickoff" in client.post(columns(source), {"read": "on"}).content.decode()
    assert server.asked[0]["Authorization"] == "Bearer abc"


# Files that are no table


def workbook(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(100_000_000))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n ;;\n", "table is empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "This is a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100), "no feed that the portal can read"),
        (b"PK\x03\x04" + bytes(50), "archive and no workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "old Excel, or one with a password"),
        (b"<!doctype html><html><body>Events", "This is a web page"),
        (make_calendar("SUMMARY:One"), "no table, but a feed of the kind “iCalendar”"),
        (b"Title,Start date\n" + b"Soil day,2027-05-04\n" * 100_000, "more than 5,000 rows"),
        (b'Title,Start date\n"' + b"x\n" * 200_000, "quotation mark"),
        (b"Title\n" + b"x" * MAX_BYTES, "larger than 10 MB"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(as_moderator, event_list, data, words):
    assert words in why_not(as_moderator, data)


def test_case_48_a_bomb_is_refused(as_moderator, event_list):
    assert "larger than 20 MB when it is unpacked" in why_not(as_moderator, bomb(), "events.xlsx")


def test_of_many_sheets_the_first_with_anything_in_it_is_read(as_moderator, event_list):
    data = workbook([], [["Name", "When"], ["Soil day", date(2027, 5, 4)]], [["A", "B"], ["C", "D"]])
    source = make_upload(as_moderator, event_list, data, "events.xlsx")
    choose(as_moderator, source, ["title", "start_date"])
    import_it(source)
    assert titles() == ["Soil day"]


def test_a_latin_1_table_with_semicolons(as_moderator, event_list):
    data = "Name;When\nGletscher über Köln;04.05.2027\n".encode("latin-1")
    source = make_upload(as_moderator, event_list, data)
    choose(as_moderator, source, ["title", "start_date"])
    import_it(source)
    assert titles() == ["Gletscher über Köln"]


def test_what_is_wrong_with_a_row_is_told_with_its_number(as_moderator, event_list):
    data = b"Name,When\nGood,46511\nEither,03/04/2027\nNever,soon\n,\nNone,\n"
    source = make_upload(as_moderator, event_list, data)
    choose(as_moderator, source, ["title", "start_date"])
    html = as_moderator.post(reverse("import_sources:test", args=[source.pk])).content.decode()
    assert '<th scope="col">Row</th>' in html
    rows = re.findall(r"<td>Failed</td>\s*<td>(\d+)</td>\s*<td>(.*?)</td>", html)
    assert [number for number, _ in rows] == ["3", "4", "6"]
    assert "may be the 03. of month 04 or the 04. of month 03" in rows[0][1]
    assert "“soon” is not a date" in rows[1][1]
    assert "no start date" in rows[2][1]
    assert "4 May 2027" in html


# Who, where and how often


def test_nobody_gets_the_file_again(as_moderator, event_list, client, settings):
    make_upload(as_moderator, event_list)
    assert not list(settings.MEDIA_ROOT.rglob("*events*.csv"))


def test_editors_without_the_right_upload_nothing(as_editor, event_list):
    source = ImportSource.objects.create(name="Partner", address="upload:", format="table", parent=event_list)
    addresses = [
        reverse("import_upload:index"),
        columns(source),
        reverse("import_upload:template", args=["csv"]),
    ]
    for address in addresses:
        assert as_editor.get(address).status_code == 302
    upload_again(as_editor, source, TABLE)
    assert not ImportUpload.objects.exists()
    assert addresses[0] not in as_editor.get(reverse("wagtailadmin_home")).content.decode()


def test_who_may_change_but_not_add_uploads_to_what_is_there(client, event_list):
    sign_in(client, "ch", (*EDITOR, "change_importsource"))
    source = ImportSource.objects.create(name="Partner", address="upload:", parent=event_list)
    form = {"table": SimpleUploadedFile("x.csv", TABLE), "name": "Other", "parent": event_list.pk}
    assert "required" in str(
        client.post(reverse("import_upload:index"), form).context["form"].errors["source"]
    )
    assert upload_again(client, source, TABLE).status_code == 302
    assert the(ImportUpload).uploaded_by.username == "ch"


@pytest.mark.parametrize(
    ("fields", "where", "words"),
    [
        ({"name": ""}, "name", "give a name"),
        ({"name": "Partner"}, "name", "of this name already"),
        ({"name": "New", "parent": ""}, "parent", "Choose an event list"),
        ({"source": "999"}, "source", "Select a valid choice"),
    ],
)
def test_what_is_missing_is_said_at_its_field(as_moderator, event_list, fields, where, words):
    ImportSource.objects.create(name="Partner", address="https://example.org/")
    form = {"table": SimpleUploadedFile("x.csv", TABLE), "name": "", "parent": event_list.pk, **fields}
    errors = as_moderator.post(reverse("import_upload:index"), form).context["form"].errors
    assert list(errors) == [where]
    assert words in str(errors[where])
    assert not ImportUpload.objects.exists()


def test_a_source_with_an_address_is_nothing_to_upload_to(as_moderator, event_list):
    source = ImportSource.objects.create(name="Partner", address="https://example.org/")
    assert "source" in upload_again(as_moderator, source, TABLE).context["form"].errors
    assert as_moderator.get(columns(source)).status_code == 404


def test_what_a_table_says_is_escaped(as_moderator, event_list):
    data = f"When,{SCRIPT}\n2027-05-04,{SCRIPT}!\n{SCRIPT},{SCRIPT}\n".encode()
    source = make_upload(as_moderator, event_list, data, f"{SCRIPT}.csv")
    choose(as_moderator, source, ["start_date", "title"])
    for address in (
        columns(source),
        reverse("import_sources:test", args=[source.pk]),
        reverse("import_sources:edit", args=[source.pk]),
    ):
        html = as_moderator.get(address).content.decode()
        assert SCRIPT not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;!" in as_moderator.get(columns(source)).content.decode()


def test_the_settings_of_an_upload_have_no_address_and_can_be_saved(as_moderator, event_list):
    source = make_upload(as_moderator, event_list)
    response = as_moderator.get(reverse("import_sources:edit", args=[source.pk]))
    form = response.context["form"]
    assert {"address", "format", "credential", "interval"}.isdisjoint(form.fields)
    told = {name: form[name].value() or "" for name in form.fields if name != "topics"}
    response = as_moderator.post(
        reverse("import_sources:edit", args=[source.pk]), {**told, "timezone": "Europe/Berlin"}
    )
    assert response.status_code == 302
    source.refresh_from_db()
    assert (source.timezone, source.address, source.format) == ("Europe/Berlin", "upload:", "table")


def test_a_source_whose_table_is_missing_says_so(as_moderator, event_list):
    source = ImportSource.objects.create(name="Partner", address="upload:", format="table", parent=event_list)
    assert "No table was uploaded" in as_moderator.get(columns(source)).content.decode()
    with pytest.raises(FeedUnusable, match="No table was uploaded"):
        import_it(source)


def test_the_screens_ask_as_often_for_many_rows_as_for_few(as_moderator, event_list):
    source = make_upload(as_moderator, event_list)
    choose(as_moderator, source)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert as_moderator.get(columns(source)).status_code == 200
            assert as_moderator.get(reverse("import_upload:index")).status_code == 200
        return len(captured)

    queries()
    few = queries()
    upload_again(as_moderator, source, TABLE + b"More;2027-05-04;Bonn;x\n" * 1_000)
    assert queries() == few <= 30


# The table to fill in


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_says_the_same_in_both_formats(as_moderator, event_list, kind):
    response = as_moderator.get(reverse("import_upload:template", args=[kind]))
    assert f'filename="events.{kind}"' in response["Content-Disposition"]
    assert format_of(response.content) == "table"
    feed = parse(response.content, format="table", default_timezone="UTC")
    (event,) = feed.events
    assert (event.title, event.start_date, event.start_time, event.end_date, event.end_time) == (
        "Workshop on soil moisture", date(2027, 5, 4), time(9), date(2027, 5, 6), time(17, 30),
    )  # fmt: skip
    assert feed.problems == ()


def test_the_template_explains_each_of_its_columns():
    assert table.EXPLANATIONS.keys() == table.FIELDS.keys()
    book = openpyxl.load_workbook(io.BytesIO(table.template_workbook()))
    assert [row[0].value for row in book.worksheets[1].iter_rows()] == [
        field.name for field in table.FIELDS.values()
    ]
    assert book.worksheets[0]["B2"].value == datetime(2027, 5, 4)  # noqa: DTZ001


def test_there_is_no_template_of_another_kind(as_moderator, event_list):
    assert as_moderator.get(reverse("import_upload:template", args=["pdf"])).status_code == 404


def test_a_superuser_uploads_too(client, event_list):
    client.force_login(User.objects.create_superuser("admin"))
    assert make_upload(client, event_list).upload.uploaded_by.username == "admin"
