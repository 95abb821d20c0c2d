"""What would make a feed better, in words for whoever publishes it. Pure."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import chain

from events.dates import describe

from .feed import FeedEvent, Key, Level, ParsedFeed
from .fetch import MAX_BYTES, TOTAL_SECONDS, Fetched
from .parse.fields import IN_PERSON, ONLINE, UNTITLED
from .reconcile import is_over

MANY_BYTES = 1_000_000
MANY_SECONDS = 10.0
NAMES = {
    "ical": {
        "end": "DTEND",
        "place": "LOCATION",
        "link": "CONFERENCE",
        "zone": "TZID",
        "description": "DESCRIPTION",
        "website": "URL",
        "image": "IMAGE",
        "identity": "UID",
        "title": "SUMMARY",
    },
    "json_ld": {
        "end": "endDate",
        "place": "location",
        "town": "location.address",
        "link": "location.url",
        "zone": "an offset in startDate",
        "description": "description",
        "website": "url",
        "image": "image",
        "identity": "@id",
        "title": "name",
    },
    "table": {
        "end": "End time",
        "place": "Place",
        "town": "City",
        "link": "Online link",
        "zone": "Time zone",
        "description": "Description",
        "website": "Website",
        "image": "Image",
        "identity": "ID",
    },
}
"""What formats call that which may be missing."""


@dataclass(frozen=True, slots=True)
class EventAdvice:
    """An event as the portal reads it, and in sentences what is missing."""

    event: FeedEvent
    when: str
    where: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """Sentences about the feed as a whole, advice on its events, and of how many of them each sentence is true, the
    most frequent first."""

    feed: tuple[str, ...]
    events: tuple[EventAdvice, ...]
    often: tuple[tuple[str, int], ...]


def advise(
    feed: ParsedFeed,
    *,
    format: str,
    day: date,
    fetched: Fetched | None = None,
    again: ParsedFeed | None = None,
    without_zone: Collection[Key] = (),
    most: int | None = None,
) -> Advice:
    """What to tell about `feed`, which is in `format`, on `day`.

    `fetched` is how it came over the network; `again` is the same feed when it was asked for a second time right
    after; `without_zone` are the events of it whose times are read in an assumed zone, see `zoneless`. There is advice
    on the first `most` events only; all are counted.
    """
    missing = [_sentences(event, format, day, without_zone) for event in feed.events]
    events = (
        EventAdvice(event, describe(event.schedule), _where(event), sentences)
        for event, sentences in zip(feed.events[:most], missing, strict=False)
    )
    often = Counter(chain.from_iterable(missing)).most_common()
    whole = (*_on_feed(feed, day), *_on_ids(feed, again), *_on_answer(fetched))
    return Advice(whole, tuple(events), tuple(often))


def zoneless(feed: ParsedFeed, elsewhere: ParsedFeed) -> frozenset[Key]:
    """The events whose times have no zone of their own, of a feed that was read with two different zones for such."""
    other = {event.key: event.timezone for event in elsewhere.events}
    return frozenset(
        event.key
        for event in feed.events
        if event.start_time and other.get(event.key, event.timezone) != event.timezone
    )


def _on_feed(feed: ParsedFeed, day: date):
    if not feed.complete:
        yield "It breaks off before its end. Nothing of such a feed is imported, lest events are taken for deleted."
    if feed.next_address:
        yield "It comes in pages; only the first of them was looked at here."
    if not feed.events:
        yield "There is no event in it that can be imported."
    elif all(is_over(event.values, day) for event in feed.events):
        yield "All its events are over. If there are new ones, check that this is the right address."
    levels = [problem.level for problem in feed.problems]
    if failed := levels.count(Level.FAILED):
        yield f"{_entries(failed)} not readable; the reasons are below."
    if skipped := levels.count(Level.SKIPPED):
        yield f"{_entries(skipped)} left out on purpose, such as what is private; the reasons are below."


def _on_ids(feed: ParsedFeed, again: ParsedFeed | None):
    if again is None:
        return
    keys = {event.key for event in again.events}
    by_words = {(event.title, event.start_date): event.key for event in again.events}
    changed = sum(
        event.key not in keys and (event.title, event.start_date) in by_words for event in feed.events
    )
    if changed:
        yield (
            f"{changed} of {len(feed.events)} events had another ID (UID) when the feed was asked for again. The "
            "portal cannot tell that they are the same events: each import would make new pages. Let every event "
            "keep its ID."
        )


def _on_answer(fetched: Fetched | None):
    if fetched is None:
        return
    if fetched.address.startswith("http:"):
        yield "It is sent without encryption. Offer it by https."
    if not fetched.validators.headers:
        yield (
            "The server sends neither an ETag nor a Last-Modified header, so that the whole feed has to be fetched "
            "each time. Whoever runs the server can switch that on."
        )
    if fetched.bytes_read > MANY_BYTES:
        yield (
            f"It has {fetched.bytes_read / 1_000_000:.1f} MB; more than {MAX_BYTES // 1_000_000} MB are not read. "
            "Leave out what is long past, and pictures that are inside the feed. So large a feed is checked for less: "
            "not whether its IDs stay the same, nor whether its times have zones."
        )
    if fetched.seconds > MANY_SECONDS:
        yield f"The server took {fetched.seconds:.0f} seconds to send it; after {TOTAL_SECONDS:.0f} we give up."


def _entries(number: int) -> str:
    return "1 entry is" if number == 1 else f"{number:,} entries are"


def _sentences(event: FeedEvent, format: str, day: date, without_zone: Collection[Key]) -> tuple[str, ...]:
    names = NAMES.get(format, {})
    return tuple(
        f"{sentence} ({names[what]})." if what in names else f"{sentence}."
        for what, sentence in _missing(event, day, without_zone)
    )


def _where(event: FeedEvent) -> str:
    place = ", ".join(filter(None, (event.venue, event.city, event.country)))
    if event.attendance_mode == IN_PERSON:
        return place
    return "Online" if event.attendance_mode == ONLINE or not place else f"{place}, and online"


def _missing(event: FeedEvent, day: date, without_zone: Collection[Key]):
    """What is missing, as NAMES calls it, and a sentence about it without its full stop."""
    if event.title == UNTITLED:
        yield "title", "No title"
    if is_over(event.values, day):
        yield "", "It is over"
    if event.start_time and not event.end_time:
        yield "end", "No end"
    if event.key in without_zone:
        yield "zone", f"Its times name no time zone; {event.timezone} is assumed"
    if event.attendance_mode != ONLINE:
        if not (event.venue or event.city):
            yield "place", "No place"
        elif not event.city and "," not in event.venue:
            yield "town", "The place does not say in which town it is"
    if event.attendance_mode != IN_PERSON and not (event.online_url or event.website):
        yield "link", "No link to take part online"
    if not event.body:
        yield "description", "No description"
    if not event.website:
        yield "website", "No web address of the event"
    if not event.image:
        yield "image", "No picture"
    if event.key.is_nameless:
        yield (
            "identity",
            "No ID: with another title or start it is taken for another event",
        )
