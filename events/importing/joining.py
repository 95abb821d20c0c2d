"""What somebody says is the same event: one page stays and has the sources of all; and the way back.

The other page is unpublished and leads visitors to the one that stays. Nothing that an editor wrote is lost: it is in
that page and its history, and it is published again when somebody says that the two are different after all.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from wagtail.contrib.redirects.models import Redirect
from wagtail.log_actions import log

from events.models import EventPage

from .apply import restore, state
from .duplicates import look, say_different
from .models import ImportRecord, ImportSource, PossibleDuplicate
from .pages import draft_values, says_the_same
from .publication import publish, take_down, was_public
from .reconcile import differing
from .versions import why_it_waits

# The name by which the history of pages and the audit log show it.
LOG_ACTION = "events.same_event"


class CannotJoin(Exception):
    """The message is for a person: why not, and what to do."""


@transaction.atomic
def join(kept: EventPage, others: Iterable[EventPage], *, user: Any, at: datetime) -> None:
    """Make `kept` the only page of the event that `others` are about too. Raises CannotJoin, and then does nothing.

    It keeps what it says. Where a source that comes to it says something else now, that field does not follow the
    source any more; all others do.
    """
    kept = EventPage.objects.select_for_update(of=("self",)).get(pk=kept.pk)
    if kept.replaced_by_id and not kept.live:
        raise CannotJoin(f"“{kept}” was replaced by another page. Choose the page that is there now.")
    for other in sorted(others, key=lambda page: page.pk):
        if other.pk != kept.pk:
            _join(kept, other, user=user, at=at)
    look({kept.pk})


def _join(kept: EventPage, other: EventPage, *, user: Any, at: datetime) -> None:
    records = list(
        ImportRecord.objects.select_for_update(of=("self",)).filter(page=other).select_related("source")
    )
    other = EventPage.objects.select_for_update(of=("self",)).get(pk=other.pk)
    if waits := why_it_waits(other, user):
        raise CannotJoin(f"“{other}” cannot be taken away now: {waits[0].lower()}{waits[1:]}")
    if other.live and not kept.live:
        raise CannotJoin(
            f"Visitors can see “{other}” but not “{kept}”, which is a draft. Keep the page that is published, or "
            "publish the draft first."
        )
    joined = {
        "kept": kept.pk,
        "replaced_by": other.replaced_by_id,
        "records": [{"pk": record.pk, **state(record)} for record in records],
        "redirects": [row.pk for row in _redirected(other, kept)],
    }
    for record in records:
        _attach(record, kept)
    joined["taken_down"] = _take_away(other, kept, user)
    names = ", ".join(f"“{record.source}”" for record in records)
    message = f"as “{other}” (page {other.pk}){f', which {names} tells of' if names else ''}"
    log(kept, LOG_ACTION, user=user, data={"message": message})
    log(other, LOG_ACTION, user=user, data={"message": f"as “{kept}” (page {kept.pk}), which stays"})
    _remember(kept, other, joined, user=user, at=at)


def _attach(record: ImportRecord, kept: EventPage) -> None:
    """Have `kept` follow the feed, but for what it says otherwise now."""
    versions = [kept.get_latest_revision_as_object(), *([kept] if kept.live else [])]
    pins = set(record.pins)
    for version in versions:
        pins |= differing(draft_values(version, record.values), record.values)
    record.page, record.pins, record.conflicts = kept, sorted(pins), []
    record.published = record.values if kept.live else {}
    record.save()


def _redirected(other: EventPage, kept: EventPage) -> list[Redirect]:
    """From the addresses of `other`, where visitors may know them, to those of `kept`. Redirects that an editor made
    stay."""
    parts = other.get_url_parts() if other.first_published_at else None
    if parts is None:
        return []
    site, _, path = parts
    rows = []
    for route in other.get_route_paths():
        route_path = Redirect.normalise_page_route_path(route)
        old_path = Redirect.normalise_path(path.rstrip("/") + (route_path or "/"))
        here = Redirect.objects.filter(old_path=old_path, site=site)
        here.filter(automatically_created=True).delete()
        if not here.exists():
            rows.append(
                Redirect.objects.create(
                    old_path=old_path,
                    site_id=site,
                    redirect_page=kept,
                    redirect_page_route_path=route_path,
                    automatically_created=True,
                )
            )
    return rows


def _take_away(other: EventPage, kept: EventPage, user: Any) -> dict[str, Any] | None:
    """Unpublish it, and give what it takes to bring back what was public."""
    if other.workflow_in_progress:
        other.current_workflow_state.cancel(user=user)
    # Who may do this to which page is asked where it is asked for.
    taken_down = take_down(other, user) if other.live else None
    other.revisions.update(approved_go_live_at=None)
    EventPage.objects.filter(pk=other.pk).update(replaced_by=kept)
    draft = EventPage.objects.get(pk=other.pk).get_latest_revision_as_object()
    draft.replaced_by = kept
    draft.save_revision(user=user, clean=False)
    return taken_down


def _remember(kept: EventPage, other: EventPage, joined: dict, *, user: Any, at: datetime) -> None:
    """What was said to be different from either page is different from the one that stays."""
    known = PossibleDuplicate.objects
    of_other = [*known.filter(one=other), *known.filter(other=other)]
    different = [row for row in of_other if row.state == PossibleDuplicate.State.DIFFERENT]
    others = {page for row in different for page in row.pair} - {other.pk, kept.pk}
    say_different(((kept.pk, page) for page in others), user=user, at=at)
    known.filter(pk__in=[row.pk for row in of_other if row.state == PossibleDuplicate.State.OPEN]).delete()
    known.update_or_create(
        one_id=min(kept.pk, other.pk),
        other_id=max(kept.pk, other.pk),
        defaults={
            "state": PossibleDuplicate.State.SAME,
            "joined": joined,
            "settled_at": at,
            "settled_by": user,
        },
    )


@transaction.atomic
def part(row: PossibleDuplicate, *, user: Any, at: datetime) -> EventPage | None:
    """Take back that two pages are of one event, and remember that they are not: the page that was taken away is as it
    was, and its sources bring it up to date with their next run. That page; None if there is nothing to take back."""
    row = PossibleDuplicate.objects.select_for_update().get(pk=row.pk)
    if row.state != PossibleDuplicate.State.SAME:
        return None
    joined = row.joined
    (returning,) = set(row.pair) - {joined["kept"]}
    ways = set(_onwards(joined["kept"]))
    saved = {told["pk"]: told for told in joined["records"]}
    for record in ImportRecord.objects.select_for_update().filter(pk__in=saved):
        # What an editor deleted meanwhile stays away.
        if record.page_id in ways:
            restore(record, saved[record.pk])
            record.page_id = returning
            record.save()
            # Its feed is read again even if it says what it said last.
            ImportSource.objects.filter(pk=record.source_id).update(etag="", last_modified="", digest="")
    Redirect.objects.filter(pk__in=joined["redirects"], redirect_page__in=ways).delete()
    page = _brought_back(returning, joined, user)
    log(page, LOG_ACTION, user=user, data={"message": "no more: it is another event after all"})
    row.state, row.joined = PossibleDuplicate.State.DIFFERENT, {}
    row.settled_at, row.settled_by = at, user
    row.save()
    return page


def _onwards(page: int | None) -> Iterator[int]:
    """`page`, and where that was joined to others since."""
    seen: set[int] = set()
    while page and page not in seen:
        seen.add(page)
        yield page
        page = EventPage.objects.filter(pk=page).values_list("replaced_by", flat=True).first()


def _brought_back(pk: int, joined: dict, user: Any) -> EventPage:
    """What was published is published again, and what was drafted is the draft again."""
    page = EventPage.objects.select_for_update(of=("self",)).get(pk=pk)
    draft = page.get_latest_revision_as_object()
    before = EventPage.objects.filter(pk=joined["replaced_by"]).first()
    page.replaced_by = draft.replaced_by = before
    EventPage.objects.filter(pk=pk).update(replaced_by=before)
    if public := was_public(page, joined["taken_down"]):
        public.replaced_by = before
        publish(public.save_revision(user=user, clean=False), user)
        if says_the_same(draft, public):
            return EventPage.objects.get(pk=pk)
        draft.live = True
    draft.save_revision(user=user, clean=False)
    return page
