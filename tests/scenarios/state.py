"""What the database and the public pages say, read without the code that is under test."""

import html
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.test import Client
from wagtail.models import Page, Revision, WorkflowState

from events.models import EventException, EventPage

Values = dict[str, Any]
FROM_FEED = (
    "title",
    "venue",
    "start_date",
    "start_time",
    "end_time",
    "body",
    "event_status",
    "recurrence_rule",
    "exceptions",
)
OWN = ("summary", "status_note")
NAMES = (*FROM_FEED, *OWN)
VERSIONS = ("live", "draft", "scheduled")
PLAIN = [name for name in NAMES if name not in ("body", "exceptions")]


@dataclass(frozen=True)
class Event:
    """A page with its versions: what visitors see, what editors work on, and what goes live later."""

    pk: int
    slug: str
    is_alias: bool
    live: Values | None
    draft: Values
    scheduled: Values | None
    goes_live_at: datetime | None
    draft_revision: int
    live_revision: int | None
    workflow: str
    is_locked: bool

    def version(self, name: str) -> Values | None:
        return getattr(self, name)

    @property
    def said(self) -> tuple:
        """All that a person would call the content, without the numbers of revisions."""
        return self.slug, self.live, self.draft, self.scheduled, self.goes_live_at


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def _exceptions(rows: list[dict]) -> tuple[str, ...]:
    return tuple(sorted(_exception(row) for row in rows))


def _exception(row: dict) -> str:
    told = [
        str(row[name]) for name in ("start_date", "start_time", "end_date", "end_time", "note") if row[name]
    ]
    return " ".join([str(row["original_date"]), *(["off"] if row["is_cancelled"] else []), *told])


def _of_revision(content: dict) -> Values:
    return {
        **{name: content[name] or "" for name in PLAIN},
        "body": words(content["body"]),
        "exceptions": _exceptions(content["exceptions"]),
    }


def look() -> dict[int, Event]:
    """Every event page, by its key."""
    rows = list(
        EventPage.objects.order_by("pk").values(
            "pk", "slug", "alias_of", "live", "locked", "latest_revision", "live_revision", "body", *PLAIN
        )
    )
    exceptions: dict[int, list[dict]] = {}
    for row in EventException.objects.values():
        exceptions.setdefault(row["page_id"], []).append(row)
    latest = {row["latest_revision"] for row in rows}
    kind = ContentType.objects.get_for_model(Page)
    of_pages = Revision.objects.filter(base_content_type=kind, object_id__in=[str(row["pk"]) for row in rows])
    contents = dict(of_pages.filter(pk__in=latest).values_list("pk", "content"))
    scheduled = {
        int(pk): (at, content)
        for pk, at, content in of_pages.exclude(approved_go_live_at=None).values_list(
            "object_id", "approved_go_live_at", "content"
        )
    }
    states = WorkflowState.objects.filter(
        base_content_type=kind, status__in=("in_progress", "needs_changes")
    ).values_list("object_id", "status")
    workflows = {int(pk): status for pk, status in states}
    found = {}
    for row in rows:
        pk = row["pk"]
        live = {
            **{name: str(row[name] if row[name] is not None else "") for name in PLAIN},
            "body": words(row["body"]),
            "exceptions": _exceptions(exceptions.get(pk, [])),
        }
        content = contents.get(row["latest_revision"])
        at, waiting = scheduled.get(pk, (None, None))
        found[pk] = Event(
            pk=pk,
            slug=row["slug"],
            is_alias=row["alias_of"] is not None,
            live=live if row["live"] else None,
            draft=_of_revision(content) if content else live,
            scheduled=_of_revision(waiting) if waiting else None,
            goes_live_at=at,
            draft_revision=row["latest_revision"],
            live_revision=row["live_revision"],
            workflow=workflows.get(pk, ""),
            is_locked=row["locked"],
        )
    return found


def revision_values(pk: int) -> Values:
    return _of_revision(Revision.objects.get(pk=pk).content)


# What visitors see.

LINK = re.compile(r'<a href="/events/([^/"?]+)/">\s*([^<]*)</a>')
FOUND = re.compile(r'href="/events/([^/"?]+)/"')
DAY = re.compile(r'datetime="(\d{4}-\d\d-\d\d)"')
RESERVED = {"past", "calendar"}
MONTH = date(2027, 1, 1)


@dataclass
class Shown:
    """What four ways of looking for events show: `{slug: …}`."""

    listing: dict[str, str] = field(default_factory=dict)
    month: dict[str, set[str]] = field(default_factory=dict)
    feed: dict[str, list[Values]] = field(default_factory=dict)
    search: set[str] = field(default_factory=set)
    twice: list[str] = field(default_factory=list)


def shown(visitor: Client) -> Shown:
    found = Shown()
    listing = _get(visitor, "/events/")
    for slug, title in LINK.findall(listing):
        if slug in RESERVED:
            continue
        if slug in found.listing:
            found.twice.append(slug)
        found.listing[slug] = html.unescape(title).strip()
    month = _get(visitor, f"/events/calendar/{MONTH:%Y/%m}/")
    for cell in re.split(r"<td class=\"day", month)[1:]:
        (day, *_) = DAY.findall(cell)
        for slug, _title in LINK.findall(cell.split("</td>")[0]):
            found.month.setdefault(slug, set()).add(day)
    for entry in _get(visitor, "/events/feed.ics").replace("\r\n ", "").split("BEGIN:VEVENT")[1:]:
        told = {}
        for line in entry.split("END:VEVENT")[0].strip().splitlines():
            name, _, value = line.partition(":")
            told.setdefault(name.split(";")[0], value)
        slug = told.get("URL", "").rstrip("/").rpartition("/")[2]
        found.feed.setdefault(slug, []).append(told)
    found.search = set(FOUND.findall(_get(visitor, "/search/?q=gathering"))) - RESERVED
    return found


def _get(visitor: Client, address: str) -> str:
    response = visitor.get(address)
    if response.status_code == 404 and "/calendar/" in address:  # a month without events
        return ""
    if response.status_code != 200:
        raise AssertionError(f"{address} answers {response.status_code}")
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode()


def days_of(values: Values) -> set[str]:
    """The days in MONTH on which an event takes place or would have."""
    first = date.fromisoformat(values["start_date"])
    count = int(values["recurrence_rule"].partition("COUNT=")[2] or 1)
    days = {(first + timedelta(number)).isoformat() for number in range(count)}
    for row in values["exceptions"] if count > 1 else ():
        original, *rest = row.split(" ")
        if original in days and rest == ["off"]:
            days.remove(original)
    return {day for day in days if day.startswith(f"{MONTH:%Y-%m}")}
