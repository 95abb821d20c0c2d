"""What a source wants of its feed, sorted by the editors' words. Pure."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from events.text import plain_text

from .feed import FeedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a source says of all its events.

    Words and categories are compared without regard to case and accents; none to include means all. `types` and
    `all_topics` are the vocabulary: slugs by the names that `folded` gives. The rest stands where an event says nothing
    of the kind: `topics` where none of its categories is a topic.
    """

    include_words: tuple[str, ...] = ()
    exclude_words: tuple[str, ...] = ()
    include_categories: tuple[str, ...] = ()
    exclude_categories: tuple[str, ...] = ()
    types: Mapping[str, str]
    all_topics: Mapping[str, str]
    event_type: str | None = None
    topics: tuple[str, ...] = ()
    organizer: str = ""
    language: str = ""


def chosen(events: Iterable[FeedEvent], wishes: Wishes) -> tuple[FeedEvent, ...]:
    """Those of `events` that are wanted, with type, topics, organizer and language."""
    return tuple(_completed(event, wishes) for event in events if is_wanted(event, wishes))


def is_wanted(event: FeedEvent, wishes: Wishes) -> bool:
    if wishes.include_words or wishes.exclude_words:
        text = folded(f"{event.title} {event.venue} {plain_text(event.body)} {' '.join(event.categories)}")
        words = [folded(word) for word in wishes.include_words]
        if words and not any(word in text for word in words):
            return False
        if any(folded(word) in text for word in wishes.exclude_words):
            return False
    categories = {folded(category) for category in event.categories}
    wanted = {folded(category) for category in wishes.include_categories}
    if wanted and categories.isdisjoint(wanted):
        return False
    return categories.isdisjoint(folded(category) for category in wishes.exclude_categories)


def _completed(event: FeedEvent, wishes: Wishes) -> FeedEvent:
    names = [folded(category) for category in event.categories]
    types = [wishes.types[name] for name in names if name in wishes.types]
    topics = tuple(dict.fromkeys(wishes.all_topics[name] for name in names if name in wishes.all_topics))
    return replace(
        event,
        event_type=event.event_type or (types[0] if types else wishes.event_type),
        topics=event.topics or topics or wishes.topics,
        organizers=event.organizers or ((wishes.organizer,) if wishes.organizer else ()),
        language=event.language or wishes.language,
    )


def folded(text: str) -> str:
    """`text` without case, accents and superfluous space."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())
