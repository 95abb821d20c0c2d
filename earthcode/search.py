"""Searching all pages that anybody may see: from a query string to a page of results.

Words are compared as PostgreSQL's English stems without accents (`search_backend.STEMS`): “Zürich” and “zurich” are
one word, “workshops” finds “workshop”. A page has to have all words; quotation marks keep words together, “or” offers
a choice, and the last word may be the beginning of one. When no page has them all, typing errors are corrected to
words that such pages do have, and one of these is enough.

Pages whose time is over come after all others, however well they match: who looks for something to attend finds it
first, and past events are still there, marked as such. Apart from that, a word in the title counts for more than
any number in the text, the more the shorter the title is.
"""

import difflib
import re
import secrets
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from functools import cache, reduce
from operator import or_

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank, SearchVectorExact
from django.core.paginator import Page as Slice
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Left
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify
from wagtail.models import Page

from .models import END_OF_TEXT, BasePage, SearchWord
from .querysets import open_to_all
from .search_backend import STEMS, WORDS

RESULTS_PER_PAGE = 20
MAX_LENGTH = 200
"""Characters of a query; more are cut off."""
SHORTEST_BEGINNING = 3
"""Letters from which on the last word may be the beginning of another."""
EXCERPT_FROM = 20_000
"""Characters of a page's text that are looked at for an excerpt."""
EXCERPT_WORDS, LEAD_WORDS = 36, 6
"""Words of an excerpt, and how many of them lead up to the first marked one."""

# The words of the vocabulary that look like the first words of a text; common words such as “the” are no errors.
NEAR_WORDS = f"""
SELECT typed.word, near.text
FROM unnest(to_tsvector('{WORDS}', %s)) AS typed (word, positions, weights)
CROSS JOIN LATERAL (
    SELECT DISTINCT text, similarity(text, typed.word) FROM {SearchWord._meta.db_table}
    WHERE text %% typed.word ORDER BY similarity(text, typed.word) DESC, text LIMIT 20
) AS near
WHERE typed.positions[1] <= 8 AND to_tsvector('{STEMS}', typed.word) <> ''
ORDER BY typed.positions[1]
"""  # noqa: S608 - the names are our own


@dataclass(frozen=True, slots=True)
class Kind:
    """What visitors call some types of pages, and those types."""

    name: str
    plural: str
    models: tuple[type[BasePage], ...]

    @property
    def slug(self) -> str:
        return slugify(self.name)

    @property
    def content_types(self) -> set[int]:
        return {ContentType.objects.get_for_model(model).pk for model in self.models}


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a visitor asks for, after cleaning, and what to tell about that."""

    text: str = ""
    kind: Kind | None = None
    page_number: str | None = None
    remarks: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, str]:
        """What the address of the first page of results needs, and nothing else of what was sent."""
        asked = {"q": self.text, "type": self.kind.slug if self.kind else ""}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True)
class Result:
    page: Page
    kind: Kind
    is_past: bool
    facts: str
    title: SafeString
    snippet: SafeString


@dataclass(frozen=True, slots=True)
class Findings:
    """What there is: `counts` by kind, the most frequent first, and one slice of the results of the kind asked for.

    `instead` holds the words that were searched for in place of those that nothing has; mostly empty.
    """

    counts: dict[Kind, int]
    results: Slice
    instead: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind of page there is; types that share their name are one."""
    models: dict[tuple[str, str], list[type[BasePage]]] = {}
    for model in apps.get_models():
        if issubclass(model, BasePage):
            models.setdefault(model.kind, []).append(model)
    return tuple(Kind(name, plural, tuple(found)) for (name, plural), found in models.items())


def read(parameters: QueryDict) -> Inquiry:
    """What the query string `q=…&type=…&page=…` asks for; whatever cannot be used is left out with a remark."""
    remarks = []
    text = _clean(parameters.get("q", ""))
    if len(text) > MAX_LENGTH:
        text = text[:MAX_LENGTH].rstrip()
        remarks.append(f"That was long: only its first {MAX_LENGTH} characters were searched for.")
    if text and not re.search(r"[^\W_]", text):
        text = ""
        remarks.append("There was no word to search for in that.")
    slug = parameters.get("type", "")
    kind = next((kind for kind in kinds() if kind.slug == slug), None)
    if slug and kind is None:
        remarks.append("There is no such type of page: all types are shown.")
    return Inquiry(text, kind, parameters.get("page"), tuple(remarks))


def find(inquiry: Inquiry, at: datetime) -> Findings:
    """The pages that `inquiry` asks for, as they are listed at `at` (aware)."""
    findings = _find(_query(inquiry.text), inquiry, at)
    if findings.total:
        return findings
    instead = _corrected(inquiry.text)
    if not instead:
        return findings
    return _find(_query(" or ".join(instead)), inquiry, at, instead)


def _clean(text: str) -> str:
    """`text` without what nobody can see or type: control characters become spaces, marks of direction nothing."""
    visible = (
        "" if category == "Cf" else " " if category[0] == "C" else character
        for character in text
        for category in [unicodedata.category(character)]
    )
    return " ".join("".join(visible).split())


def _query(text: str) -> SearchQuery:
    """`text` as PostgreSQL searches for it, which raises nothing whatever it is; a hyphen excludes nothing."""
    text = re.sub(r"(?<!\w)-", " ", text)
    query = SearchQuery(text, config=STEMS, search_type="websearch")
    start, _, end = text.rpartition(" ")
    if '"' in text or len(end) < SHORTEST_BEGINNING or not re.fullmatch(r"\w+", end):
        return query
    beginning = SearchQuery(f"{end}:*", config=STEMS, search_type="raw")
    if start:
        beginning = SearchQuery(start, config=STEMS, search_type="websearch") & beginning
    return query | beginning


def _matches(query: SearchQuery) -> QuerySet[Page]:
    types = ContentType.objects.get_for_models(*(model for kind in kinds() for model in kind.models)).values()
    vector = CombinedExpression(F("index_entries__title"), "||", F("index_entries__body"))
    return open_to_all(Page.objects.filter(SearchVectorExact(vector, query), content_type__in=types))


def _find(query: SearchQuery, inquiry: Inquiry, at: datetime, instead: tuple[str, ...] = ()) -> Findings:
    matches = _matches(query)
    counts = _counts(matches)
    if inquiry.kind:
        matches = matches.filter(content_type__in=inquiry.kind.content_types)
    paginator = Paginator(_ranked(matches, query, at), RESULTS_PER_PAGE)
    # Counted already.
    paginator.count = counts.get(inquiry.kind, 0) if inquiry.kind else sum(counts.values())
    # get_page() answers a malformed or absurd page number with the nearest page there is.
    results = paginator.get_page(inquiry.page_number)
    results.object_list = _results(list(results.object_list), query) if paginator.count else []
    return Findings(counts, results, instead)


def _counts(matches: QuerySet[Page]) -> dict[Kind, int]:
    by_type = dict(matches.order_by().values_list("content_type").annotate(Count("pk")))
    counts = {kind: sum(by_type.get(key, 0) for key in kind.content_types) for kind in kinds()}
    return {
        kind: counts[kind] for kind in sorted(counts, key=counts.__getitem__, reverse=True) if counts[kind]
    }


def _ranked(matches: QuerySet[Page], query: SearchQuery, at: datetime) -> QuerySet[Page]:
    # A word is worth 0.6 to 1.0 times the weight; the normalization divides by 1 + the logarithm of the length.
    in_title = SearchRank(F("index_entries__title"), query, weights=[1.0] * 4, normalization=1)
    in_text = SearchRank(F("index_entries__body"), query, weights=[0.05] * 4)
    over = [
        Exists(model.objects.past(at).filter(pk=OuterRef("pk"))) for kind in kinds() for model in kind.models
    ]
    return matches.annotate(
        is_past=ExpressionWrapper(reduce(or_, map(Q, over)), output_field=BooleanField()),
        rank=in_title + in_text,
    ).order_by("is_past", "-rank", "title", "pk")


def _results(pages: list[Page], query: SearchQuery) -> list[Result]:
    kind_of = {model: kind for kind in kinds() for model in kind.models}
    snippets, facts = _snippets(pages, query), _facts(pages)
    return [
        Result(
            page=page,
            kind=kind_of[page.specific_class],
            is_past=page.is_past,
            facts=facts.get(page.pk, ""),
            title=snippets[page.pk][0],
            snippet=snippets[page.pk][1],
        )
        for page in pages
        if page.pk in snippets  # it may have been deleted since
    ]


def _snippets(pages: list[Page], query: SearchQuery) -> dict[int, tuple[SafeString, SafeString]]:
    """The title and an excerpt of the text of `pages`, by primary key.

    Apart from ranking them, for which PostgreSQL would mark the words of all that come before as well.
    """
    # Not to be guessed, so that nobody can write them into a page.
    start, stop = secrets.token_hex(8), secrets.token_hex(8)

    def marked(text: str | Func) -> SearchHeadline:
        return SearchHeadline(text, query, config=STEMS, start_sel=start, stop_sel=stop, highlight_all=True)

    text = Func(Left("index_entries__body_text", EXCERPT_FROM), Value(END_OF_TEXT), 1, function="split_part")
    found = Page.objects.filter(pk__in=[page.pk for page in pages]).annotate(
        marked_title=marked("index_entries__title_text"), marked_text=marked(text)
    )
    return {
        pk: (_html(title, start, stop), _html(excerpt(text, start), start, stop))
        for pk, title, text in found.values_list("pk", "marked_title", "marked_text")
    }


def excerpt(text: str, start: str) -> str:
    """The words of `text` among which `start` is most often, or the first ones, with ellipses for what is left out."""
    words = text.split()
    marked = [place for place, word in enumerate(words) if start in word]
    # For each mark, how many follow within an excerpt that begins a little before it.
    within = [bisect_left(marked, place + EXCERPT_WORDS - LEAD_WORDS) - n for n, place in enumerate(marked)]
    best = marked[within.index(max(within))] if marked else 0
    first = max(0, min(best - LEAD_WORDS, len(words) - EXCERPT_WORDS))
    shown = words[first : first + EXCERPT_WORDS]
    return " ".join((["…"] if first else []) + shown + (["…"] if first + len(shown) < len(words) else []))


def _facts(pages: list[Page]) -> dict[int, str]:
    """The facts of those `pages` whose type has any, by primary key: a query for each such type."""
    by_model: dict[type[BasePage], list[int]] = {}
    for page in pages:
        if page.specific_class.facts_line is not BasePage.facts_line:
            by_model.setdefault(page.specific_class, []).append(page.pk)
    return {
        page.pk: page.facts_line
        for model, keys in by_model.items()
        for page in model.objects.filter(pk__in=keys)
    }


def _html(text: str, start: str, stop: str) -> SafeString:
    """`text` as HTML, with what stands between `start` and `stop` in <mark>."""
    before, *parts = text.split(start)
    marked = (part.partition(stop)[::2] for part in parts)
    return format_html("{}{}", before, format_html_join("", "<mark>{}</mark>{}", marked))


def _corrected(text: str) -> tuple[str, ...]:
    """The words of listed pages that come closest to those of `text`, in their order; none for what is too far off."""
    with connection.cursor() as cursor:
        cursor.execute(NEAR_WORDS, [text])
        near: dict[str, list[str]] = {}
        for typed, word in cursor.fetchall():
            near.setdefault(typed, []).append(word)
    close = {typed: difflib.get_close_matches(typed, words, cutoff=0.75) for typed, words in near.items()}
    known = _on_listed_pages({word for words in close.values() for word in words})
    best = (next((word for word in words if word in known), None) for words in close.values())
    return tuple(dict.fromkeys(filter(None, best)))


def _on_listed_pages(words: set[str]) -> set[str]:
    """Those of `words` that a page that anybody may see has: what the others say is nobody's business."""
    pages = [
        _matches(SearchQuery(word, config=STEMS))
        .order_by()
        .annotate(word=Value(word))
        .values_list("word", flat=True)[:1]
        for word in words
    ]
    return set(pages[0].union(*pages[1:], all=True)) if pages else set()
