"""The components that templates are made of, with what shows each of them: every state it has, and a word too long.

Pages are made up here and never saved; their links lead back to the pattern library.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, QueryDict
from django.template.loader import render_to_string
from django.utils.text import capfirst
from wagtail.models import Site

from earthcode.models import ContentPage, HomePage, PortalImage, SiteSettings
from events import month
from events.details import EventDetails
from events.filters import EventFilterForm, Option
from events.models import EventIndexPage, EventKeyDate, EventMaterial, EventOrganizer, EventPage, EventType
from partners.models import PartnerPage
from roadmap.links import Link
from roadmap.models import RoadmapStagePage

LONG_WORD = "Datenschutzgrundverordnungsbeauftragtenversammlung"
SENTENCE = "One or two sentences say what visitors will find there, and why it is worth their while."
HERE = "/styleguide/"


@dataclass(frozen=True)
class Example:
    """A template with what it expects."""

    words: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    ground: str = "white"

    def html(self, request: HttpRequest) -> str:
        return render_to_string(self.template, self.context, request)


@dataclass(frozen=True)
class Component:
    title: str
    words: str
    examples: Callable[[datetime], Iterator[Example]]
    """Made at an instant (aware)."""
    is_band: bool
    """Whether it is as wide as the window."""
    has_own_heading: bool
    """Whether it brings the main heading of its page."""
    is_page: bool
    """Whether it can only be seen as a page of its own."""
    settings: Callable[[], SiteSettings] | None
    """What surrounds its page, other than usual."""

    def surroundings(self) -> dict[str, Any]:
        return {"portal": self.settings()} if self.settings else {}


COMPONENTS: dict[str, Component] = {}


def component(*, is_band=False, has_own_heading=False, is_page=False, settings=None):
    """Enter a function that yields the examples of a component; its name and its first line say what it is."""

    def enter(examples):
        slug = examples.__name__.replace("_", "-")
        COMPONENTS[slug] = Component(
            capfirst(examples.__name__.replace("_", " ")),
            " ".join(examples.__doc__.split()),
            examples,
            is_band,
            has_own_heading,
            is_page,
            settings,
        )
        return examples

    return enter


def _settings(**changes) -> SiteSettings:
    row = SiteSettings(
        sign_in_label="Sign in",
        sign_in_url="https://example.org/",
        contact_email="somebody@example.org",
        footer_text="A sentence closes every page.",
    )
    for name, value in changes.items():
        setattr(row, name, getattr(SiteSettings, name).field.stream_block.to_python(value))
    return row


def _link(text: str, address: str = HERE) -> dict[str, Any]:
    return {"text": text, "page": None, "address": address}


def _many_links() -> SiteSettings:
    return _settings(
        navigation=[
            {"type": "link", "value": _link(text, f"{HERE}{slug}/")}
            for text, slug in (
                ("Where you are", "components/header"),
                ("Another place", "components/footer"),
                ("Cards", "sections/cards"),
                ("The calendar of a month", "components/calendar-month"),
                (LONG_WORD, "components/chips"),
            )
        ],
        footer_links=[
            {
                "type": "group",
                "value": {"heading": heading, "links": [_link(f"{heading}, link {n}") for n in range(1, 6)]},
            }
            for heading in ("Explore", "Take part", "This site", LONG_WORD)
        ],
    )


def _placed(page, line=()):
    """`page` as if it stood at the end of `line` below the home page, at an address of the pattern library."""
    home = Site.objects.get(is_default_site=True).root_page.specific
    parent = home
    for number, each in enumerate((*line, page), 1):
        each.url_path = f"{home.url_path}{HERE.strip('/')}/"
        each.path, each.depth = home.path + "zzzz" * number, home.depth + number
        each._cached_parent_obj = parent
        parent = each
    return page


def _event(at: datetime, days_from_now: int = 7, **changes) -> EventPage:
    day = at.date() + timedelta(days=days_from_now)
    fields = {
        "title": "Workshop on open Earth science",
        "summary": SENTENCE,
        "start_date": day,
        "start_time": time(9, 30),
        "end_time": time(17),
        "timezone": "Europe/Rome",
        "venue": "ESRIN",
        "city": "Frascati",
        "country": "Italy",
        **changes,
    }
    index = EventIndexPage(title="Events", slug="events")
    return _placed(EventPage(slug="workshop", **fields), [index])


@component(settings=_many_links)
def header(at):
    """Stands at the top of every page: the navigation and the way to sign in. Here it has longer words than usual."""
    yield from ()


@component(settings=_many_links)
def footer(at):
    """Stands at the end of every page: a closing sentence, the contact and columns of links. Here it has many."""
    yield from ()


@component()
def breadcrumbs(at):
    """The way from the home page to this one."""
    line = [ContentPage(title="Resources", slug="a"), ContentPage(title=LONG_WORD, slug="b")]
    page = _placed(ContentPage(title="Tutorials", slug="c"), line)
    yield Example("Three steps", "components/breadcrumbs.html", {"page": page}, ground="deep")


@component(is_band=True, has_own_heading=True)
def page_heroes(at):
    """The opening of a page that is not built of sections; each kind of page has its own drawing."""
    template = "components/page_hero.html"
    page = _placed(ContentPage(title="A page", slug="a"), [ContentPage(title="Resources", slug="b")])
    yield Example(
        "With everything", template, {"page": page, "overline": "A few words above it", "lead": SENTENCE}
    )
    for art, words in (("swath", "Events"), ("orbit", "Roadmap"), ("grid", "Search, partners")):
        yield Example(words, template, {"page": HomePage(title=words, depth=2), "art": art})
    yield Example("A long word", template, {"page": HomePage(title=LONG_WORD, depth=2)})


@component()
def event_rows(at):
    """One event of a schedule: the date block, title, place, what to know, and chips for what is special about it."""
    status, dates, mode = EventPage.Status, EventPage.DateStatus, EventPage.AttendanceMode
    register = "https://example.org/register"
    events = {
        "Coming up": _event(at, registration_url=register, image=PortalImage.objects.first()),
        "Happening now, over several days": _event(
            at, -1, end_date=at.date() + timedelta(days=2), attendance_mode=mode.BOTH
        ),
        "Tentative, registration opens later": _event(
            at,
            400,
            date_status=dates.TENTATIVE,
            registration_url=register,
            registration_opens_date=at.date() + timedelta(days=30),
        ),
        "Without a date": _event(
            at, start_date=None, start_time=None, end_time=None, date_status=dates.TO_BE_DETERMINED
        ),
        "Cancelled": _event(at, event_status=status.CANCELLED),
        "Postponed": _event(at, event_status=status.POSTPONED),
        "Moved online": _event(at, event_status=status.MOVED_ONLINE, attendance_mode=mode.ONLINE),
        "Past": _event(at, -30),
        "A long word, and little else": _event(
            at, title=LONG_WORD, summary="", venue="", city="", country=""
        ),
    }
    for words, event in events.items():
        yield Example(words, "components/event_list.html", {"events": [event]})


@component()
def date_blocks(at):
    """The first day of an event as a leaf of a calendar."""
    for words, day in (
        ("This year", at.date()),
        ("Another year", date(at.year + 1, 12, 31)),
        ("To be announced", None),
    ):
        yield Example(words, "components/date_block.html", {"day": day, "year": at.year})


@component()
def chips(at):
    """What is special about an event. A colour never says alone what the words do not."""
    for words, event in (
        (
            "Running, in person and online",
            _event(at, 0, start_time=None, end_time=None, attendance_mode="MixedEventAttendanceMode"),
        ),
        ("Registration open", _event(at, registration_url="https://example.org/")),
        ("Cancelled", _event(at, event_status=EventPage.Status.CANCELLED)),
    ):
        yield Example(words, "components/event_chips.html", {"event": event})


@component()
def messages(at):
    """What visitors have to know before all else."""
    status = EventPage.Status
    for words, event in (
        ("Cancelled", _event(at, event_status=status.CANCELLED, status_note="The hall is flooded.")),
        ("Postponed", _event(at, event_status=status.POSTPONED)),
        ("Moved online", _event(at, event_status=status.MOVED_ONLINE)),
        ("Tentative", _event(at, date_status=EventPage.DateStatus.TENTATIVE)),
        ("Over", _event(at, -30)),
    ):
        yield Example(
            words, "components/event_banners.html", {"page": event, "details": EventDetails(event, at)}
        )


@component()
def key_facts(at):
    """What else there is to know about an event, beside its description."""
    event = _event(
        at,
        is_free=True,
        price_note="The dinner is € 40",
        capacity_note="60 places",
        language="en",
        website="https://example.org/",
    )
    event.key_dates = [
        EventKeyDate(label="Abstracts are due", date=at.date() - timedelta(days=40)),
        EventKeyDate(
            label="The programme is out", date=at.date() + timedelta(days=3), url="https://example.org/"
        ),
    ]
    event.organizers = [
        EventOrganizer(name="European Space Agency", website="https://example.org/"),
        EventOrganizer(name=LONG_WORD),
    ]
    yield Example(
        "All of them", "components/event_facts.html", {"page": event, "details": EventDetails(event, at)}
    )


def _index(at: datetime) -> EventIndexPage:
    return _placed(EventIndexPage(title="Events", slug="events", summary=SENTENCE))


def _filters(query: str) -> dict[str, Any]:
    return {
        "form": EventFilterForm(QueryDict(query)),
        "address": f"{HERE}components/filters/",
        "offers": {
            "type": [Option("workshop", "Workshop", False), Option("webinar", "Webinar", False)],
            "where": [Option("online", "Online", True)],
            "country": [Option("Italy", "Italy", False)],
            "topic": [Option(str(n), words, False) for n, words in enumerate(("Oceans", "Ice", LONG_WORD))],
            "registration": [Option("open", "Registration open", False)],
        },
    }


@component()
def filters(at):
    """What visitors choose events by; what is chosen, each to be taken away, and what was not understood."""
    context = _filters("where=online&q=ice&from=yesterday")
    yield Example("The form", "components/event_filters.html", context)
    yield Example("What is chosen", "components/event_filters_chosen.html", context)
    index = _index(at)
    views = {"page": index, "this_month": f"{HERE}components/calendar-month/", "here": "calendar", **context}
    yield Example("Ways to look at events", "components/event_views.html", views)
    yield Example("Ways to follow them", "components/event_subscribe.html", views)


@component(is_page=True, has_own_heading=True, is_band=True)
def calendar_month(at):
    """A month of events: a table on wide screens, a list of days on phones. It is a page of its own."""
    present = month.Month.of(at.date())

    def taking_place(first: int, last: int, title: str, *, start: time | None = None, is_off=False):
        days = (present.first.replace(day=first), present.first.replace(day=last))
        return month.Date(*days, start, title, "workshop", is_off)

    dates = [
        taking_place(1, 9, "Summer school"),
        taking_place(3, 5, "Conference"),
        taking_place(4, 4, "Webinar", start=time(10)),
        taking_place(4, 4, LONG_WORD, start=time(15, 30)),
        taking_place(5, 5, "Hackathon", start=time(9), is_off=True),
        *[taking_place(20, 20, f"Talk {number}", start=time(9 + number)) for number in range(8)],
        taking_place(27, 28, "Review"),
    ]
    weeks = month.weeks(present, dates, at.date())
    for day in (day for week in weeks for day in week.days if day.hidden):
        day.address = HERE
    context = {
        **_filters(""),
        "page": _index(at),
        "month": present,
        "weekdays": month.WEEKDAYS,
        "weeks": weeks,
        "previous": present.previous,
        "next": present.next,
        "is_empty": False,
        "canonical": HERE,
        "this_month": f"{HERE}components/calendar-month/",
    }
    yield Example("", "events/event_month.html", context)


@component()
def partner_cards(at):
    """A partner with logo or, where there is none, a monogram."""
    for words, changes in (
        ("With a logo", {"logo": PortalImage.objects.first(), "website": "https://example.org/"}),
        ("Without", {"title": "Brockmann Consult", "website": "https://example.org/"}),
        ("A long word, no website", {"title": LONG_WORD}),
    ):
        partner = _placed(PartnerPage(**{"title": "Telespazio", "role": SENTENCE, "slug": "p", **changes}))
        yield Example(words, "components/partner_card.html", {"partner": partner})


@component()
def roadmap_line(at):
    """The stages of the roadmap: each with its sign, its word, what it is for and what comes of it."""
    for words, changes in (
        ("Completed", {"status": "completed"}),
        ("Ongoing", {"status": "ongoing"}),
        ("Coming up, with links and a long word", {"status": "coming_up", "title": LONG_WORD}),
    ):
        fields = {
            "title": "Foundations",
            "slug": "s",
            "period": "Year 1",
            "objective": SENTENCE,
            "outcome": SENTENCE,
        }
        stage = _placed(RoadmapStagePage(**{**fields, **changes}))
        stage.shown_links = [Link("Where it began", HERE)] if "title" in changes else []
        yield Example(words, "components/stage_card.html", {"stage": stage})


@component()
def lines(at):
    """Other events, a line each."""
    events = [
        _event(at),
        _event(at, 40, event_status=EventPage.Status.CANCELLED),
        _event(at, title=LONG_WORD),
    ]
    yield Example("Three events", "components/event_lines.html", {"events": events})


@component()
def pagination(at):
    """From page to page of a list that is too long for one."""
    yield Example(
        "In the middle",
        "components/pagination.html",
        {"page_of_items": Paginator(range(50), 10).page(3), "label": "Pages of examples"},
    )


@component(is_page=True, has_own_heading=True, is_band=True)
def event_page(at):
    """The page of an event with all that it can say. It is a page of its own."""
    event = _event(
        at,
        body=f"<p>{SENTENCE}</p><h3>Programme</h3><ul><li>Morning</li><li>Afternoon</li></ul>",
        event_type=EventType(name="Workshop", slug="workshop"),
        recurrence_rule="FREQ=MONTHLY;COUNT=20",
        registration_url="https://example.org/register",
        image=PortalImage.objects.first(),
        is_free=True,
    )
    event.materials = [EventMaterial(title="Slides", url="https://example.org/", kind="slides")]
    yield Example("", "events/event_page.html", {"page": event})
