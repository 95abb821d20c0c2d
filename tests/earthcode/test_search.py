"""What visitors find at /search/, in which order, and what they never find."""

import re
from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Func, IntegerField
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from wagtail.models import Page, PageViewRestriction
from wagtail.search.models import IndexEntry

from earthcode.forms import is_address_taken
from earthcode.models import ContentPage, HomePage, SearchWord
from earthcode.search import MAX_LENGTH, excerpt, find, read
from events.models import EventPage
from tests.builders import (
    make_content_page,
    make_event,
    make_event_index,
    make_home,
    make_partner,
    make_partner_index,
    make_roadmap,
    make_stage,
    make_topic,
    make_type,
    the,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home():
    return make_home()


def search(words="", **more):
    """What is found for `words`."""
    asked = QueryDict(mutable=True)
    asked.update({"q": words, **more})
    return find(read(asked), NOW)


def titles(words, **more):
    return [result.page.title for result in search(words, **more).results]


def text(response):
    """What a visitor reads in the main part of the page."""
    main = response.content.decode().partition("<main")[2].partition("</main")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def hide(page, **changes):
    PageViewRestriction.objects.create(page=page, restriction_type="password", password="secret", **changes)


# What is found


def test_the_initial_content_is_found(client):
    Page.objects.get(depth=2).delete()
    call_command("seed_content", verbosity=0)
    for words, title in {
        "Telespazio": "Telespazio",
        "roadmap": "Roadmap",
        "workshop": "FOSS4G",
        "hackathon": "EarthCODE Hackathon 2026",
        "Frascati": "EarthCODE Hackathon 2026",
        "reproducible infrastructure": "About EarthCODE",
    }.items():
        assert title in titles(words)
        assert title in text(client.get("/search/", {"q": words}))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("open science", True),
        ("science open", True),
        ("OPEN Sciences", True),
        ("open astronomy", False),
        ('"open science"', True),
        ('"science open"', False),
        ("astronomy or science", True),
        ("zurich", True),
        ("Zürich", True),
        ("Zu\u0308rich", True),
        ("København", True),
        ("kobenhavn", True),
        ("Strasse", True),
        ("straße", True),
        ("Datenschutz", True),
        ("Datenschutzgrund", True),
        ("open Datensch", True),
        ("da", False),
        ("open -science", True),
        ("hands on", True),
        ("hands-on", True),
        ("2026", True),
    ],
)
def test_words_as_people_write_them(words, found):
    make_content_page(
        title="Open science in Zurich and København",
        summary="A hands-on Datenschutzgrundverordnung of 2026, Straße 1",
    )
    findings = search(words)
    assert (findings.total == 1 and not findings.instead) is found


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        ("hackaton", ("hackathon",)),
        ("Hackathn", ("hackathon",)),
        ("workhsop", ("workshop",)),
        ("kobnhavn", ("kobenhavn",)),
        ("interoperabil", ("interoperability",)),
        ("eath workshp", ("earth", "workshop")),
        ("hackathon qqqqqq", ("hackathon",)),
        ("hackathon or", ()),
        ("qqqqqq", ()),
        ("the", ()),
        ("teh", ()),
        ("wkp", ()),
    ],
)
def test_typing_errors_are_corrected(client, words, instead):
    make_content_page(
        title="Hackathon of the earth", summary="Interoperability of a workshop; they meet in København"
    )
    findings = search(words)
    assert findings.instead == instead
    shown = text(client.get("/search/", {"q": words}))
    if instead:
        assert findings.total == 1
        assert f"Nothing found for “{words}”. These pages have {' or '.join(instead)}" in re.sub(
            r" (?=\.)", "", shown
        )
    assert ("Nothing found" in shown) is (bool(instead) or not findings.total)


def test_words_that_no_page_has_together_are_looked_for_apart():
    make_content_page(title="One hackathon")
    make_content_page(title="Hackathon in the spring of the year")
    make_content_page(title="A hackathon and a workshop elsewhere, in autumn").unpublish()
    make_content_page(title="Two workshop")
    findings = search("hackathon workshop")
    assert findings.instead == ("hackathon", "workshop")
    assert {result.page.title for result in findings.results} == {
        "One hackathon",
        "Hackathon in the spring of the year",
        "Two workshop",
    }


def test_what_visitors_do_not_read_is_not_searched():
    page = make_content_page(title="Privacy")
    link = {"text": "Read more", "address": "https://cookies.example.org/"}
    page.body = [
        ("hero", {"title": "What we know", "size": "tall", "actions": [link]}),
        ("events", {"heading": "", "colour": "deep", "count": 3, "heading_without_upcoming": "Lately"}),
    ]
    page.save_revision().publish()
    assert titles("know") == ["Privacy"]
    assert page.words_of_body == "What we know · Read more"
    for words in ("tall", "deep", "blue", "lately", "cookies.example.org"):
        assert titles(words) == [], words


def test_a_page_is_found_as_soon_as_it_is_published_and_as_long_as_it_is_there():
    page = make_content_page(title="Privacy")
    page.title = "Confidentiality"
    page.save_revision()
    assert titles("privacy") == ["Privacy"]
    assert titles("confidentiality") == []
    page.save_revision().publish()
    assert titles("confidentiality") == ["Confidentiality"]
    assert titles("privacy") == []
    page.delete()
    assert titles("confidentiality") == []


def test_the_index_is_made_anew(client):
    make_content_page(title="Hackathon")
    IndexEntry.objects.all().delete()
    SearchWord.objects.all().delete()
    assert titles("hackathon") == []
    call_command("update_index", verbosity=0)
    assert titles("hackathon") == ["Hackathon"]
    assert titles("hackaton") == ["Hackathon"]
    assert titles("root") == [], "the root of all pages has no address"


def test_a_word_is_remembered_once():
    make_content_page(title="Hackathon")
    page = make_content_page(title="Hackathon, København: 2026 https://example.org/ c3po")
    page.save()
    kept = sorted(SearchWord.objects.values_list("text", flat=True))
    assert kept.count("hackathon") == 1
    assert "kobenhavn" in kept
    assert not {"2026", "c3po", "https", "example.org"} & set(kept)


# In which order


def test_titles_come_before_texts_and_short_titles_before_long_ones():
    make_content_page(title="In the text", summary="workshop " * 20)
    make_content_page(title="A workshop with a very long name that goes on and on")
    make_content_page(title="Workshops")
    assert titles("workshop") == [
        "Workshops",
        "A workshop with a very long name that goes on and on",
        "In the text",
    ]


def test_titles_are_measured_by_one_average_that_saving_a_page_does_not_take_anew(home):
    for number in range(3):
        make_content_page(home, title=f"Two words {number}", slug=f"page-{number}")
    call_command("update_index", verbosity=0)
    before = averages()
    assert len(before) == 1
    with CaptureQueriesContext(connection) as queries:
        make_content_page(home, title="A title of a good many more words than any before has got")
    assert averages() == before
    assert not any("AVG(LENGTH" in query["sql"] for query in queries)
    call_command("update_index", verbosity=0)
    assert len(averages()) == 1
    assert averages() != before


def averages():
    """The average number of words by which the titles are measured, one for all of them."""
    entries = IndexEntry.objects.annotate(
        words=Func("title", function="length", output_field=IntegerField())
    ).exclude(words=0)
    return {round(norm * words, 3) for norm, words in entries.values_list("title_norm", "words")}


def test_a_whole_word_comes_before_the_beginning_of_another():
    make_content_page(title="Sentinels abroad", summary="The")
    make_content_page(title="Sent abroad", summary="The")
    assert titles("sent") == ["Sent abroad", "Sentinels abroad"]


def test_past_events_come_last_however_well_they_match(client):
    make_event_index()
    make_event(title="Workshop", start_date=date(2026, 11, 20))
    make_event(title="A workshop that is still to come in the spring", start_date=date(2099, 1, 1))
    make_event(title="Some day", summary="A workshop", start_date=None)
    make_content_page(title="About", summary="What a workshop is")
    findings = search("workshop")
    assert [(result.page.title, result.is_past) for result in findings.results] == [
        ("A workshop that is still to come in the spring", False),
        ("About", False),
        ("Some day", False),
        ("Workshop", True),
    ]
    before = find(read(QueryDict("q=workshop")), datetime(2026, 11, 19, tzinfo=UTC))
    assert before.results[0].page.title == "Workshop"
    assert "Event Past Workshop 20 November 2026" in text(client.get("/search/?q=workshop"))


def test_results_that_are_equally_good_keep_their_order():
    for title in ("Two alike", "Three alike", "One alike"):
        make_content_page(title=title)
    assert titles("alike") == ["One alike", "Three alike", "Two alike"]


# What nobody finds


def test_private_pages_and_drafts_are_never_shown_counted_or_suggested(client):
    make_content_page(title="Open hackathon")
    hidden = make_content_page(title="Hidden hackathon, unmentionable")
    below = make_content_page(parent=hidden, title="Hackathon below, unmentionable")
    make_content_page(title="Draft of a hackathon, unmentionable").unpublish()
    assert search("hackathon").total == 4 - 1
    hide(hidden)
    findings = search("hackathon")
    assert [result.page.title for result in findings.results] == ["Open hackathon"]
    assert findings.total == 1
    assert {kind.name: count for kind, count in findings.counts.items()} == {"Page": 1}
    for words in ("unmentionable", "unmentionabel", "unmentionable hackathon"):
        assert "unmentionable" not in text(client.get("/search/", {"q": words})).replace(words, ""), words
    assert search("unmentionable hackaton").instead == ("hackathon",)
    assert SearchWord.objects.filter(text="unmentionable").exists()
    assert below.url not in client.get("/search/?q=hackathon").content.decode()


def test_a_signed_in_editor_finds_the_same(client, admin_client):
    hide(make_content_page(title="Hidden hackathon"))
    make_content_page(title="Open hackathon")
    public, signed_in = client.get("/search/?q=hackathon"), admin_client.get("/search/?q=hackathon")
    found = [response.content.decode().partition("</main>")[0] for response in (public, signed_in)]
    assert found[0] == found[1]
    assert "Hidden" not in found[0]


# How results look


def test_a_result_has_its_kind_its_facts_and_marked_words(client):
    make_event_index()
    make_event(
        title="Zürich workshops",
        slug="zurich",
        start_date=date(2099, 11, 30),
        city="Zürich",
        body="<p>Bring a friend to our workshop &amp; learn.</p>",
    )
    html = client.get("/search/", {"q": "zurich workshop"}).content.decode()
    assert '<a href="/events/zurich/"><mark>Zürich</mark> <mark>workshops</mark></a>' in html
    assert "30 November 2099 · Zürich" in html
    assert "Bring a friend to our <mark>workshop</mark> &amp; learn" in html
    assert "1 result for “zurich workshop”" in text(client.get("/search/", {"q": "zurich workshop"}))


def test_a_result_quotes_only_what_can_be_read_as_text(client):
    make_event_index()
    make_event(
        title="Ice days",
        summary="We look at floes.",
        body="<p>Bring a friend.</p>",
        venue="The Barn",
        city="Longyearbyen",
        event_type=make_type("Hackathon"),
        topics=[make_topic("Permafrost")],
    )
    make_event(title="Bare", city="Longyearbyen")
    for words in ("longyearbyen", "hackathon", "permafrost"):
        html = client.get("/search/", {"q": words}).content.decode()
        assert '<p class="result__snippet">We look at floes. Bring a friend.</p>' in html
        assert html.count("result__snippet") == 1, "nothing where there is no text"


def test_every_kind_of_page_says_what_it_is(home):
    make_event_index(title="Earth events")
    make_event(title="Earth day")
    make_partner_index(title="Earth partners")
    make_partner(title="Earth Ltd")
    make_roadmap(title="Earth roadmap")
    make_stage(title="Earth stage", period="Year 2")
    found = {result.page.title: (result.kind.name, result.facts) for result in search("earth").results}
    assert found == {
        home.title: ("Page", ""),
        "Earth events": ("Page", ""),
        "Earth day": ("Event", "30 November 2026"),
        "Earth partners": ("Page", ""),
        "Earth Ltd": ("Partner", ""),
        "Earth roadmap": ("Page", ""),
        "Earth stage": ("Roadmap stage", "Year 2 · Coming up"),
    }


EVIL = '<script>alert("1")</script> <mark>workshop</mark> </p></mark><img src=x onerror=alert(1)> {{ 1 }} {% x %}'


@pytest.mark.parametrize("words", ["workshop", "script", "mark", "alert", EVIL])
def test_no_text_of_a_page_or_a_query_breaks_out(client, words):
    make_content_page(title=f"Workshop {EVIL}", slug="evil", summary=f"{EVIL} script mark alert")
    html = client.get("/search/", {"q": words}).content.decode()
    assert not re.search(r"<script>|<img|onerror=alert\(1\)>", html)
    main = html.partition("<main")[2].partition("</main>")[0]
    assert main.count("<mark>") == main.count("</mark>")
    for marked in re.findall(r"<mark>(.*?)</mark>", main):
        assert re.fullmatch(r"\w+", marked), marked


def test_nobody_can_forge_the_marks(client, monkeypatch):
    """Even a page that knows what the database puts around a word gets nothing but a mark of its own."""
    monkeypatch.setattr("earthcode.search.secrets.token_hex", lambda size: "known")
    make_content_page(title="known <b>workshop</b> known")
    html = client.get("/search/?q=workshop").content.decode()
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("one *two three", "one *two three"),
        ("w " * 36, "w " * 36),
        ("w " * 37, "w " * 36 + "…"),
        ("w " * 50 + "*x " + "w " * 50, "… " + "w " * 6 + "*x " + "w " * 29 + "…"),
        ("w " * 50 + "*x", "… " + "w " * 35 + "*x"),
        ("*x " + "w " * 50 + "*x *x " + "w " * 50, "… " + "w " * 6 + "*x *x " + "w " * 28 + "…"),
    ],
)
def test_an_excerpt_is_where_the_marks_are(text, shown):
    assert excerpt(text, "*") == shown.strip()


def test_a_word_without_end_is_cut(client):
    make_event_index()
    make_event(title="Workshop", body=f"<p>{'<script>' * 100}{'会议' * 10_000} &amp; workshop</p>")
    assert len(client.get("/search/?q=workshop").content) < 12_000


# Types, pages of results, empty states


@pytest.fixture
def many(monkeypatch):
    """Five results, of which three make a page."""
    monkeypatch.setattr("earthcode.search.RESULTS_PER_PAGE", 3)
    make_event_index()
    for number in range(4):
        make_event(title=f"Workshop {number}", start_date=date(2099, 1, 1))
    make_partner_index()
    make_partner(title="Workshop & Co")


def test_types_with_their_counts(client, many):
    response = client.get("/search/?q=workshop&utm_source=x")
    html = response.content.decode()
    assert "5 results for “workshop”" in text(response)
    assert '<a class="chip chip--link" href="?q=workshop" aria-current="true">All types' in html
    assert '<a class="chip chip--link" href="?q=workshop&amp;type=event">Events' in html
    assert '<a class="chip chip--link" href="?q=workshop&amp;type=partner">Partners' in html
    assert "Roadmap stages" not in html
    only = client.get("/search/?q=workshop&type=partner")
    assert "1 partner for “workshop”" in text(only)
    assert "All types 5" in text(only)
    assert [result.page.title for result in only.context["findings"].results] == ["Workshop & Co"]
    none = client.get("/search/?q=workshop&type=roadmap-stage")
    assert "No roadmap stages for “workshop”" in text(none)
    assert "Events 4" in text(none)


def test_pages_of_results_keep_the_words_and_the_type(client, many):
    first = client.get("/search/?q=workshop&type=event").content.decode()
    assert 'href="?q=workshop&amp;type=event&amp;page=2"' in first
    assert first.count("<article") == 3
    last = client.get("/search/?q=workshop&type=event&page=2").content.decode()
    assert last.count("<article") == 1
    assert "<title>Search: workshop, page 2 of 2 · EarthCODE</title>" in last
    assert "<title>Search: workshop · EarthCODE</title>" in first
    assert 'href="?q=workshop&amp;type=event&amp;page=1"' in last


@pytest.mark.parametrize(("page", "number"), [("abc", 1), ("999999", 2), ("-1", 2), ("0", 2), ("1e9", 1)])
def test_a_page_that_there_is_not_is_the_nearest_one(client, many, page, number):
    response = client.get("/search/", {"q": "workshop", "page": page})
    assert response.context["findings"].results.number == number


def test_without_words_there_is_a_form_and_no_results(client):
    response = client.get("/search/")
    html = response.content.decode()
    assert '<label for="words">' in html
    assert re.search(r'<input id="words" type="search" name="q" value=""', html)
    assert "result" not in text(response)
    assert response.context["findings"] is None


def test_nothing_found_is_said_with_a_way_on(client):
    response = client.get("/search/?q=qqqqqq")
    assert "Nothing found for “qqqqqq”" in text(response)
    assert response.status_code == 200


# What anybody may send


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("q=" + "a" * 10_000, f"only its first {MAX_LENGTH} characters"),
        ("q=" + "word+" * 2_000, f"only its first {MAX_LENGTH} characters"),
        ("q=" + "%22" * 10_000 + "open", f"only its first {MAX_LENGTH} characters"),
        ("q=%00", "Type a word"),
        ("q=open%00science", "Open science"),
        ("q=%ED%A0%80", "no word"),
        ("q=%FF%FE", "no word"),
        ("q=%F0%9F%99%82", "no word"),
        ("q=%26+%7C+%21+%3C-%3E+%3A*+%28+%29+%27+%22", "no word"),
        ("q=open+%26+!science+%7C+(a+%3C-%3E+b)+%3A*", "Open science"),
        ("q='open'+%5C+science%3A*A", "Open science"),
        ("q=%22open+science", "Open science"),
        ("q=open')%3B+DROP+TABLE+x%3B--", "Open science"),
        ("q=%25s+%25(x)s+%7B%7D+open", "Open science"),
        ("q=-", "no word"),
        ("q=_", "no word"),
        ("q=-open", "Open science"),
        ("q=or", "Nothing found"),
        ("q=the", "Nothing found"),
        ("q=%E2%80%8Fopen%E2%80%8E+scien%C2%ADce", "Open science"),
        ("q=%E2%80%AE", "Type a word"),
        ("q=++", "Type a word"),
        ("q=a&q=open", "Open science"),
        ("q=open&type=unknown", "no such type of page"),
        ("q=open&type=event&type=page", "Open science"),
        ("q=open&type=%00", "no such type of page"),
        ("q=open&page=%00", "Open science"),
        ("q=open&page=99999999999999999999999", "Open science"),
        ("q=open&page=" + "9" * 5000, "Open science"),
        ("q[]=open", "Type a word"),
        ("%ED%A0%80=1&&&=", "Type a word"),
        ("q", "Type a word"),
    ],
)
def test_hostile_queries_are_answered(client, query, said):
    make_content_page(title="Open science")
    response = client.get(f"/search/?{query}")
    assert response.status_code == 200
    assert said in text(response)
    assert len(response.content) < 30_000


@given(st.text())
@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_makes_the_search_raise(words):
    search(words, type=words, page=words)


@given(st.text(st.characters(codec=None)))
@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_query_is_clean_and_stays_what_it_is(words):
    asked = QueryDict(mutable=True)
    asked["q"] = words
    once = read(asked).text
    assert "\0" not in once
    assert len(once.encode()) <= 4 * MAX_LENGTH
    asked["q"] = once
    assert read(asked).text == once


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_searching_is_reading(client, method):
    assert getattr(client, method)("/search/?q=open").status_code == 405


# The page around it


def test_results_are_not_for_search_engines_but_for_shared_caches(client, settings):
    settings.BASE_URL = "https://portal.example.org"
    make_content_page(title="Open science")
    response = client.get("/search/?q=open+sci%C3%A9nce&utm_source=x&type=page&page=7")
    html = response.content.decode()
    assert '<meta name="robots" content="noindex">' in html
    assert "<title>Search: open sciénce · EarthCODE</title>" in html
    address = "https://portal.example.org/search/?q=open+sci%C3%A9nce&amp;type=page"
    assert f'<link rel="canonical" href="{address}">' in html
    assert "s-maxage=60" in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies


def test_every_page_leads_to_the_search(client):
    assert re.search(r'<a class="site-nav__search" href="/search/">', client.get("/").content.decode())
    assert (
        '<a class="site-nav__search" href="/search/" aria-current="page">'
        in client.get("/search/?q=open").content.decode()
    )
    assert client.get("/search").headers["Location"] == "/search/"


def test_no_page_takes_the_address():
    assert is_address_taken(the(HomePage), "search")
    assert not is_address_taken(make_content_page(title="Help"), "search")


# The database


# 3,000 more of the page “Hackathon”, named otherwise, and many words.
MANY_PAGES = """
INSERT INTO wagtailcore_page SELECT (jsonb_populate_record(page, jsonb_build_object(
    'id', 100000 + n, 'path', page.path || lpad(n::text, 4, '0'), 'translation_key', gen_random_uuid(),
    'latest_revision_id', NULL, 'live_revision_id', NULL))).*
FROM wagtailcore_page page, generate_series(1, 3000) n WHERE page.title = 'Hackathon';
INSERT INTO wagtailsearch_indexentry (content_type_id, object_id, title, body, autocomplete, title_norm, title_text,
    body_text)
SELECT content_type_id, 100000 + n, to_tsvector('filler'), '', '', 1, '', ''
FROM wagtailsearch_indexentry, generate_series(1, 3000) n WHERE title_text = 'Hackathon';
INSERT INTO earthcode_searchword (text) SELECT md5(n::text) FROM generate_series(1, 20000) n;
ANALYZE wagtailcore_page, wagtailsearch_indexentry, earthcode_searchword
"""


def test_a_search_among_many_pages_reads_only_what_it_finds():
    make_content_page(title="Hackathon")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(MANY_PAGES)
        # Which way is cheaper depends on what earlier tests left in the tables; here it is asked which ways there are.
        cursor.execute("SET LOCAL enable_seqscan = off")
    with connection.execute_wrapper(explained := Explained()):
        assert search("hackaton").total == 1
    plans = "\n".join(explained.plans)
    for index in ("earthcode_indexentry_text", "earthcode_page_object_id", "search_word_trigrams"):
        assert re.search(rf"Index Scan (on|using) {index}", plans), index
    for table in ("wagtailsearch_indexentry", "earthcode_searchword"):
        assert f"Seq Scan on {table}" not in plans, table


class Explained:
    """Collects how PostgreSQL carries out what is asked meanwhile."""

    def __init__(self):
        self.plans = []

    def __call__(self, execute, sql, params, many, context):
        if sql.lstrip().startswith("SELECT"):
            with connection.cursor().cursor as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                self.plans += [line for (line,) in cursor.fetchall()]
        return execute(sql, params, many, context)


def test_the_admin_finds_pages_with_and_without_accents(admin_client):
    page = make_content_page(title="København Hackathons")
    for words in ("kobenhavn", "København", "hackath"):
        found = admin_client.get(reverse("wagtailadmin_pages:search"), {"q": words})
        assert "København Hackathons" in found.content.decode(), words
    assert list(ContentPage.objects.search("hackathon")) == [page]
    assert list(EventPage.objects.search("hackathon")) == []
