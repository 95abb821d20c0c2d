"""iCalendar (RFC 5545, 7986; the habits of vCalendar 1.0 and of real exports) to events. Pure.

Dates are never guessed: an event whose start or end cannot be read is a problem and not an event. Everything
else that cannot be read is left out with a warning.
"""

import logging
import re
from collections.abc import Iterator
from datetime import datetime

from events.importing.feed import FeedEvent, FeedUnusable, Level, ParsedFeed, Problem

from .content_lines import Component, read_tree
from .fields import head
from .rules import Effort
from .series import events_of
from .series_secrets import without_secrets
from .vevent import Calendar, Entry, EntryReader, LeftOut, Private, uid_of

logger = logging.getLogger(__name__)

LABEL = "iCalendar"

_BEGIN = re.compile(r"^[ \t]*BEGIN[ \t]*:[ \t]*VCALENDAR", re.IGNORECASE | re.MULTILINE)


def recognises(data: bytes) -> bool:
    """Whether a calendar begins where `data` begins, after a byte order mark, blank or stray lines."""
    return _BEGIN.search(head(data).replace("\r", "\n")) is not None


def parse(data: bytes, *, default_timezone: str, at: datetime | None = None) -> ParsedFeed:
    """Every VEVENT of `data` that can be read; see the package for what is promised."""
    tree = read_tree(data)
    calendars = [Calendar(root, default_timezone) for root in tree.components if root.name == "VCALENDAR"]
    problems: list[Problem] = [problem for calendar in calendars for problem in calendar.problems()]
    if not calendars:
        if not any(root.name == "VEVENT" for root in tree.components):
            raise FeedUnusable(_what_else(data))
        calendars = [Calendar(Component("VCALENDAR", 1, components=tree.components), default_timezone)]
        reason = "The line “BEGIN:VCALENDAR” is missing before its events; what it says of all of them may be as well."
        problems.append(Problem(Level.WARNING, reason, line=1))
    lost = "An entry ends here that has not begun; its line “BEGIN:VEVENT” is missing, and so the entry."
    problems += [Problem(Level.FAILED, lost, line=line) for line in tree.unopened]
    entries: dict[str | int, list[Entry]] = {}
    secrets: dict[str, list[Private]] = {}
    for component, calendar in _vevents(tree.components, calendars):
        reader = EntryReader(component, calendar)
        try:
            entry = reader.read()
        except LeftOut as reason:
            problems.append(reader.problem(reason.level, str(reason)))
            if isinstance(reason, Private) and reader.uid:
                secrets.setdefault(reader.uid, []).append(reason)
        except Exception:
            # Whatever an entry comes up with, it costs no other.
            logger.exception("Reading the entry on line %s failed", component.line)
            problems.append(reader.problem(Level.FAILED, "The portal cannot read it; its log tells more."))
        else:
            entries.setdefault(entry.event.key.uid or component.line, []).append(entry)
    for uid, hidden in secrets.items():
        if uid in entries:
            entries[uid], found = without_secrets(entries[uid], hidden)
            problems += found
    events: list[FeedEvent] = []
    effort = Effort()
    effort.at = at
    dateless: set[str] = set()
    for same in filter(None, entries.values()):
        made, found = _made_of(same, effort)
        events += made
        problems += found
        if not made and all(problem.level == Level.WARNING for problem in found):
            dateless.add(same[0].event.key.uid)
    problems.sort(key=lambda problem: problem.line or 0)
    return ParsedFeed(
        tuple(events),
        tuple(problems),
        calendars[0].name,
        calendars[0].product,
        complete=tree.complete,
        # What is private now, and what has no date any more, is as good as gone.
        uids=frozenset(map(uid_of, tree.uids)) - secrets.keys() - dateless,
        depends_on_clock=effort.depends_on_clock,
    )


def _made_of(entries: list[Entry], effort: Effort) -> tuple[list[FeedEvent], list[Problem]]:
    """What `entries`, which have a UID in common, make."""
    try:
        return events_of(entries, effort)
    except Exception:
        logger.exception("Reading the series on line %s failed", entries[0].event.line)
        reason = "The portal cannot read how it repeats; only its first date is imported. Its log tells more."
        return [entry.event for entry in entries], [entries[0].problem(Level.WARNING, reason)]


def _what_else(data: bytes) -> str:
    start = data[:2000].replace(b"\0", b"").lstrip().lower()
    if not start:
        return "The feed is empty. Check that the address or file is the calendar's own."
    if re.match(rb"(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype\s+)?html\b", start, re.DOTALL):
        return (
            "This is a web page, not a calendar. Look on that page for a link named “iCal”, “ICS” or “Subscribe” "
            "and use its address."
        )
    return "This is not an iCalendar feed: there is no line “BEGIN:VCALENDAR” in it."


def _vevents(roots: list[Component], calendars: list[Calendar]) -> Iterator[tuple[Component, Calendar]]:
    """Also those that a careless exporter left outside of its VCALENDAR."""
    by_component = {id(calendar.component): calendar for calendar in calendars}
    current = calendars[0]
    for root in roots:
        current = by_component.get(id(root), current)
        for component in (root, *root.components):
            if component.name == "VEVENT":
                yield component, current
