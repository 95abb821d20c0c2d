"""Text in whatever encoding it comes, through the reader of every format."""

import time as stopwatch
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from events.importing import import_source
from events.importing.parse import format_of, parse
from events.importing.parse.encoding import charset_of, codec_of, read_text
from events.models import EventPage
from tests.builders import make_calendar

CASES = Path(__file__).parents[2] / "data" / "cases"
PAGE = (
    '<!doctype html><html><head>{head}<script type="application/ld+json">{{"@type": "Event", "name": "{title}", '
    '"startDate": "2027-05-04"}}</script></head><body>{title}</body></html>'
)


def read(data, content_type="", **options):
    return parse(
        data,
        format=format_of(data, content_type=content_type),
        default_timezone="Europe/Rome",
        content_type=content_type,
        **options,
    )


def title_and_words(data, content_type=""):
    feed = read(data, content_type)
    return feed.events[0].title, " ".join(problem.reason for problem in feed.problems)


@pytest.mark.parametrize(
    ("name", "title", "words"),
    [
        ("utf8-one-bad-byte.ics", "S", "One character of the feed is damaged: no UTF-8 as the rest of it"),
        ("csv-cp1250.csv", "Wykład w Łodzi – żółć", "it is read as Windows-1250"),
        ("ld-iso-8859-2.html", "Wykład w Łodzi", ""),
    ],
)
def test_cases(name, title, words):
    found, said = title_and_words((CASES / name).read_bytes())
    assert found == title
    assert words in said
    assert bool(words) == bool(said)


def test_one_bad_byte_costs_one_character():
    (event,) = read((CASES / "utf8-one-bad-byte.ics").read_bytes()).events
    assert event.body == "<p>Überblick über die Dürre, Größe \ufffd und Höhe</p>"


@pytest.mark.parametrize(
    ("title", "encoding", "name"),
    [
        ("Wykład w Łodzi – żółć", "cp1250", "Windows-1250"),
        ("Wykład w Łodzi, śniadanie", "iso8859-2", "ISO 8859-2"),
        ("Přednáška o družicových datech, Plzeň", "cp1250", "Windows-1250"),
        ("Űrkutatási előadás, Győr, őszi találkozó", "cp1250", "Windows-1250"),
        ("Odprta vrata: čas za naravo, Škofja Loka", "iso8859-2", "ISO 8859-2"),
        ("Große Tagung für Fernerkundung in München", "cp1252", "Windows-1252"),
        ("Journées d’étude à Genève, prévisions météorologiques", "cp1252", "Windows-1252"),
        ("Università degli Studi, attività e qualità", "cp1252", "Windows-1252"),
        ("Observación de la Tierra, España, año", "latin-1", "Windows-1252"),
        ("Семинар по дистанционному зондированию", "cp1251", "Windows-1251"),
        ("Семинар по дистанционному зондированию", "koi8-r", "KOI8"),
        ("Семинар по дистанционному зондированию", "iso8859-5", "ISO 8859-5"),
        ("Σεμινάριο Παρατήρησης της Γης, Αθήνα", "cp1253", "Windows-1253"),
        ("Άνοιξη στην Αθήνα: Ώρα για τη Γη", "iso8859-7", "ISO 8859-7"),
        ("Journées d’étude à Genève, prévisions météorologiques", "mac_roman", "Mac Roman"),
        ("Přednáška o družicových datech, Plzeň", "mac_latin2", "Mac Central European"),
        ("Große Tagung für Fernerkundung in München", "cp850", "CP850"),
        ("Uydu görüntüleri çalıştayı, İstanbul, Ağustos", "cp1254", "Windows-1254"),
        ("Zemes novērošana, Rīga, šī gada jūnijā", "cp1257", "Windows-1257"),
        ("地球観測ワークショップ、東京", "cp932", "Shift_JIS"),
        ("地球観測ワークショップ、東京", "euc_jp", "EUC-JP"),
        ("地球观测研讨会,北京", "gb18030", "GB 18030"),
        ("地球觀測研討會,臺北", "big5", "Big5"),
        ("지구 관측 워크숍, 서울", "cp949", "EUC-KR"),
    ],
)
@pytest.mark.parametrize("kind", ["ics", "csv", "html", "json"])
def test_the_whole_text_tells_its_encoding_and_a_warning_says_that_it_was_guessed(
    title, encoding, name, kind
):
    text = {
        "ics": make_calendar("SUMMARY:" + title.replace(",", "\\,")).decode(),
        "csv": f'Title,Start date\n"{title}",2027-05-04\n',
        "html": PAGE.format(head="", title=title),
        "json": f'{{"@context": "https://schema.org", "@type": "Event", "name": "{title}", "startDate": "2027-05-04"}}',
    }[kind]
    found, said = title_and_words(text.encode(encoding))
    assert found == title
    assert f"it is read as {name}." in said


@pytest.mark.parametrize(
    "encoding", ["iso2022_jp", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"]
)
@pytest.mark.parametrize("kind", ["ics", "csv"])
def test_what_the_bytes_themselves_say_is_no_guess(encoding, kind):
    title = "地球観測ワークショップ"
    data = (
        make_calendar(f"SUMMARY:{title}", head="X-A:b").decode()
        if kind == "ics"
        else f"Title,Start date\n{title},2027-05-04\n"
    )
    assert title_and_words(data.encode(encoding)) == (title, "")


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("text/calendar; charset=iso-8859-2", "iso8859-2"),
        ('text/calendar;charset="ISO-8859-2"; component=VEVENT', "iso8859-2"),
        ("text/calendar; charset=windows-1250", "cp1250"),
        ("text/calendar; charset=x-mac-ce", "mac_latin2"),
        ("text/calendar; charset=ibm852", "cp852"),
    ],
)
def test_the_server_says_which_encoding_it_is(content_type, encoding):
    data = make_calendar("SUMMARY:¿ó³æ źdźbło".replace("¿ó³æ", "żółć")).decode().encode(encoding)
    assert title_and_words(data, content_type) == ("żółć źdźbło", "")


@pytest.mark.parametrize(
    "charset", ["iso-8859-1", "us-ascii", "windows-1250", "utf-16", "nonsense", "utf-7", "cp037", "idna"]
)
def test_what_a_server_says_counts_only_where_the_bytes_do_not_say_otherwise(charset):
    data = make_calendar("SUMMARY:Große Tagung à Genève")
    assert title_and_words(data, f"text/calendar; charset={charset}") == ("Große Tagung à Genève", "")
    title, said = title_and_words(data.replace("ß".encode(), b"\xdf"), f"text/calendar; charset={charset}")
    assert title.startswith("Gro")
    assert "\ufffd" not in title or "damaged" in said


def test_utf8_but_for_a_byte_is_not_latin_1_whatever_the_server_says():
    data = (CASES / "utf8-one-bad-byte.ics").read_bytes()
    (event,) = read(data, "text/calendar; charset=ISO-8859-1").events
    assert "Überblick über" in event.body


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="iso-8859-2">',
        "<meta charset=latin2>",
        '<meta name="x" content="y"><META http-equiv="Content-Type" content="text/html; charset=ISO-8859-2" />',
    ],
)
def test_a_web_page_says_which_encoding_it_is(head):
    data = PAGE.format(head=head, title="Świętokrzyskie ćmy").encode("iso8859-2")
    assert title_and_words(data) == ("Świętokrzyskie ćmy", "")
    data = b'<?xml version="1.0" encoding="ISO-8859-2"?>' + PAGE.format(head="", title="Źródło").encode(
        "iso8859-2"
    )
    assert title_and_words(data) == ("Źródło", "")


def test_the_lines_of_an_old_calendar_say_which_encoding_they_are_in():
    data = make_calendar(
        "SUMMARY;CHARSET=ISO-8859-2:Źródło",
        "SUMMARY;CHARSET=ISO-8859-2;ENCODING=QUOTED-PRINTABLE:=AC=F3d=B3o",
    )
    feed = read(data.decode().encode("iso8859-2"))
    assert [event.title for event in feed.events] == ["Źródło", "Źódło"]
    assert not feed.problems


def test_lines_folded_within_characters():
    japanese, chinese = "地球観測ワークショップ" * 5, "地球观测研讨会" * 7
    for encoding, title in (
        *[(encoding, japanese) for encoding in ("utf-8", "cp932", "euc_jp", "iso2022_jp")],
        ("gb18030", chinese),
    ):
        line = f"SUMMARY:{title}".encode(encoding)
        folded = b"\r\n ".join(line[start : start + 15] for start in range(0, len(line), 15))
        data = make_calendar("X-A:b\nSUMMARY:HERE", head="X-A:b").replace(b"SUMMARY:HERE", folded)
        feed = read(data)
        assert feed.events[0].title == title, encoding
        assert feed.events[0].line == 5


def test_bad_bytes_here_and_there_are_counted_and_their_first_line_named():
    data = make_calendar(*["SUMMARY:Größe und Höhe über München"] * 5).replace(b"nchen", b"n\xffchen")
    feed = read(data)
    assert [event.title for event in feed.events] == ["Größe und Höhe über Mün\ufffdchen"] * 5
    assert "5 characters of the feed are damaged" in feed.problems[0].reason
    assert "first on line 9" in feed.problems[0].reason


def test_what_a_feed_had_lost_before_is_not_told_again():
    assert title_and_words(make_calendar("SUMMARY:M\ufffdnchen")) == ("M\ufffdnchen", "")


def test_files_put_together_have_marks_in_their_middle():
    mark = b"\xef\xbb\xbf"
    feed = read(mark + make_calendar("UID:a\nSUMMARY:Ä") + mark + make_calendar("UID:b\nSUMMARY:Ö"))
    assert [event.title for event in feed.events] == ["Ä", "Ö"]


@pytest.mark.parametrize(
    "data",
    [
        make_calendar(
            *[
                f"SUMMARY:Wykład {number} w Łodzi, żółć\nDESCRIPTION:{'Teledetekcja ' * 60}"
                for number in range(9_000)
            ]
        )
        .decode()
        .encode("cp1250"),
        b"Title,Start date\n" + b"\xe9" * 8_000_000 + b",2027-05-04\n",
        b"BEGIN:VCALENDAR\n" + b"\xe9\n " * 500_000,
    ],
    ids=["calendar", "one long word", "folds"],
)
def test_a_guess_takes_seconds_at_most(data):
    started = stopwatch.process_time()
    read_text(data)
    assert stopwatch.process_time() - started < 8


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=80),
    st.sampled_from(
        [
            b"",
            b"BEGIN:VCALENDAR\r\n",
            b'<?xml version="1.0" encoding="x"?>',
            b'<meta charset="utf-16">',
            b"\x1b$B",
        ]
    ),
    st.sampled_from(
        ["", "utf-8", "utf-16", "iso-8859-2", "shift_jis", "rot13", "base64", "unicode_escape", "\0", "ü"]
    ),
)
@example(b"\x1b$B\x24", b"", "")
@example(b"\0\0", b"", "")
def test_whatever_comes_there_is_text_of_it_and_nothing_raises(data, start, charset):
    text = read_text(start + data, charset).text
    assert isinstance(text.encode(), bytes)
    assert codec_of(charset) == codec_of(charset.upper())


def test_headers_without_a_charset_name_none():
    assert [charset_of(told) for told in ("", "text/calendar", "text/calendar; x=charset", "charset")] == [
        ""
    ] * 4


@pytest.mark.django_db
def test_the_charset_of_the_server_reaches_the_page(event_list, serve):
    data = make_calendar("SUMMARY:Źdźbło\nDTSTART:20990101T090000Z").decode().encode("iso8859-2")

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/calendar; charset=iso-8859-2")
        handler.end_headers()
        handler.wfile.write(data)

    import_source(serve(answer), format="ical", parent=event_list, publish=True)
    assert EventPage.objects.get().title == "Źdźbło"


def test_a_location_in_raw_utf8_is_followed_as_browsers_do(serve):
    from events.importing.fetch import safe_get

    asked = []

    def answer(handler):
        asked.append(handler.path)
        found = {"/feed.ics": "/ök".encode(), "/%C3%B6k": b"/\xf6k?a b", "/%F6k?a%20b": b""}[handler.path]
        handler.wfile.write(
            b"HTTP/1.0 302 Found\r\nLocation: " + found + b"\r\n\r\n"
            if found
            else b"HTTP/1.0 200 OK\r\n\r\nthere"
        )

    assert safe_get(serve(answer)).body == b"there"
    assert asked == ["/feed.ics", "/%C3%B6k", "/%F6k?a%20b"]
