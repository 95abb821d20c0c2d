"""Events as an Atom feed (RFC 4287). Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape, format_html, format_html_join

from .text import printable

if TYPE_CHECKING:
    from .models import EventPage

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def atom(name: str, address: str, source: str, entries: Iterable[tuple["EventPage", str]]) -> str:
    """The feed called `name` of events, each with the address of its page, in the given order.

    `address` is where people read the same, `source` where the feed itself is. An entry is dated by the publication of
    its event, never by when that takes place, and known by the event's own number, whatever becomes of its address.
    """
    feed = _Feed(
        title=printable(name),
        link=address,
        description=None,
        language="en-GB",
        author_name="EarthCODE",
        feed_url=source,
        feed_guid=source,
    )
    for event, page in entries:
        feed.add_item(
            title=printable(_title(event)),
            link=page,
            description=escape(printable(event.summary)),
            content=printable(_content(event)),
            unique_id=f"urn:uuid:{event.translation_key}",
            categories=[printable(category.name) for category in event.categories],
            pubdate=event.first_published_at,
            updateddate=event.last_published_at or _EPOCH,
        )
    return feed.writeString("utf-8")


class _Feed(Atom1Feed):
    def latest_post_date(self):
        """The clock is not asked, so that a feed changes only when an event does."""
        return max((item["updateddate"] for item in self.items), default=_EPOCH)

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, {**item, "description": item["description"] or None})
        handler.addQuickElement("content", item["content"], {"type": "html"})


def _title(event: "EventPage") -> str:
    return event.title if event.is_going_ahead else f"{event.get_event_status_display()}: {event.title}"


def _content(event: "EventPage") -> str:
    """When, where, and what is special, in words."""
    lines = [
        ("When", event.when),
        ("Where", event.where),
        ("Status", event.status_words),
        ("Organised by", ", ".join(filter(None, map(str, event.organizers.all())))),
    ]
    facts = format_html_join("", "<p>{}: {}</p>", (line for line in lines if line[1]))
    return format_html("{}<p>{}</p>", facts, event.summary) if event.summary else facts
