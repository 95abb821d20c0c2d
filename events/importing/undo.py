"""Take back what one run did to the pages, and nothing that was done since.

A run that is undone at once leaves everything as it was. What a person or a later run did since stays, field by field,
and is listed; a page that a person has worked on is never deleted, nor published or unpublished against that person's
decision.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone as clock
from wagtail.actions.delete_page import DeletePageAction
from wagtail.contrib.redirects.models import Redirect
from wagtail.log_actions import log
from wagtail.models import COMMENTS_RELATION_NAME, PageLogEntry, PageViewRestriction, ReferenceIndex

from events.models import EventPage

from .apply import restore, state
from .differences import value_of
from .feed import Value, Values
from .importer import importer
from .models import ImportChange, ImportRecord, ImportRun
from .pages import draft_values, says_the_same
from .publication import restore_submission, state_of_submission, take_down
from .reconcile import Merge, differing, field_of, merge, taken_over, whole_field
from .sources import alone
from .versions import LOG_ACTION, Versions, listed, why_it_waits

Action = ImportChange.Action
# What decides whether a page is public; Wagtail's names in the log.
PUBLISHING = ("wagtail.publish", "wagtail.unpublish", "wagtail.revert")


@dataclass
class Undone:
    """How many pages are as they were before the run, and in sentences what is not, because it was changed since."""

    restored: int = 0
    kept: list[str] = field(default_factory=list)


def undo(run: ImportRun, *, user: Any, at: datetime | None = None) -> Undone:
    """Bring every page that `run` changed back to what it was, field by field; what changed since, by whomever, stays.

    Pages that the run made are deleted, unless a person has worked on them or a later run changed them. `user` has
    asked for it. Where it broke off, or a page had to wait, calling it again does the rest. Raises FeedUnusable while
    the source is being imported.
    """
    undone = Undone()
    if run.source is None:  # nothing was done
        return undone
    with alone(run.source):
        for change in run.changes.filter(is_undone=False).select_related("page").order_by("-pk"):
            with transaction.atomic():
                _undo(change)
                change.save(update_fields=("is_undone", "kept"))
            undone.restored += not change.kept and change.action != Action.NOTED
            undone.kept += filter(None, [change.kept])
        with transaction.atomic():
            _count_back(run)
            run.undone_at, run.undone_by = at or clock.now(), user
            run.save(update_fields=("undone_at", "undone_by", "counted"))
    return undone


def _count_back(run: ImportRun) -> None:
    """What the run counted of events whose pages it left alone, as far as nothing has counted since."""
    for record in ImportRecord.objects.select_for_update().filter(pk__in=run.counted):
        now = state(record)
        counted = run.counted[str(record.pk)]
        restore(record, {name: was for name, (was, became) in counted.items() if now[name] == became})
        record.save(update_fields=("runs_missing", "sequence", "last_modified"))
    run.counted = {}


def _undo(change: ImportChange) -> None:
    """Take back `change` as far as that is possible, and note on it how far that was."""
    records = {record.pk: record for record in _records(change)}
    page = EventPage.objects.select_for_update(of=("self",)).filter(pk=change.page_id).first()
    change.is_undone = True
    if page is None:
        change.kept = f"“{change.title}”: its page was deleted since."
        return
    moved = [record for record in records.values() if record.page_id not in (None, page.pk)]
    if moved:
        change.kept = f"“{page.title}”: somebody said since that it is the same event as “{moved[0].page}”."
        return
    if waits := why_it_waits(page):
        change.is_undone = False
        change.kept = f"“{page.title}”: {waits[0].lower()}{waits[1:]} Undo the run again later."
        return
    change.kept = ""
    if change.action == Action.CREATED:
        change.kept = _unmade(change, page, records.values())
    else:
        change.kept = _changed_back(change, page, records)


def _records(change: ImportChange) -> list[ImportRecord]:
    records = ImportRecord.objects.select_for_update()
    if change.action == Action.CREATED:
        key = {"uid": change.uid, "recurrence_id": change.recurrence_id}
        return list(records.filter(source=change.run.source, **key))
    return list(records.filter(pk__in=[told["pk"] for told in change.records]))


def _unmade(change: ImportChange, page: EventPage, records: Iterable[ImportRecord]) -> str:
    if reason := _why_it_stays(change, page):
        return f"“{page.title}”: {reason}"
    DeletePageAction(page, user=importer()).execute(skip_permission_checks=True)
    change.page = None
    for record in records:
        record.delete()
    return ""


def _why_it_stays(change: ImportChange, page: EventPage) -> str:
    """Why a page that an import made is not to be deleted; "" if nobody has worked on it since."""
    if others := page.import_records.exclude(source=change.run.source).select_related("source"):
        return f"“{others[0].source}” has the event too, so its page stays."
    if page.import_records.filter(is_ignored=True).exists():
        return "somebody ignores the event, which the next import would make again without its page."
    by_hand = "Delete it by hand if it is to go."
    if entry := _by_people(page).first():
        did = f"{entry.user.get_username()} worked on the page" if entry.user else "the page was changed"
        return f"{did} since it was made ({entry.timestamp:%-d %B %Y}). {by_hand}"
    if page.revisions.exclude(user=importer()).exists():
        return f"the page was changed since it was made. {by_hand}"
    if getattr(page, COMMENTS_RELATION_NAME).exists():
        return f"somebody commented on the page since it was made. {by_hand}"
    if PageViewRestriction.objects.filter(page=page).exists():
        return f"somebody restricted who may see the page since it was made. {by_hand}"
    if page.aliases.exists():
        return f"somebody made an alias of the page since. {by_hand}"
    links = ReferenceIndex.get_references_to(page).exclude(object_id=str(page.pk))
    if links.exists() or Redirect.objects.filter(redirect_page=page).exists():
        return f"somebody linked to the page since it was made. {by_hand}"
    later = ImportChange.objects.filter(page=page, pk__gt=change.pk, is_undone=False)
    if later.exclude(action=Action.NOTED).exists():
        return "a later import changed the page. Undo that one first."
    return ""


def _by_people(page: EventPage) -> Any:
    """The log of what was done to `page` by anybody but an import."""
    return PageLogEntry.objects.filter(page=page.pk).exclude(user=importer()).order_by("-timestamp")


@dataclass
class _Back:
    """What becomes of the fields that a run changed in one version of a page: `fields` go back to what they were, what
    is in `stays` was changed since, in `by_hand` somebody has restored what the run had found."""

    fields: dict[str, list[Value]] = field(default_factory=dict)
    stays: set[str] = field(default_factory=set)
    by_hand: set[str] = field(default_factory=set)

    @property
    def touched(self) -> set[str]:
        return self.stays | self.by_hand


def _way_back(
    version: EventPage | None, changes: dict[str, list[Value]], left: Values, *, only_same: bool = False
) -> _Back:
    """Of a `version` in which a run made `changes` and found `left` besides. `only_same`: the run wrote another version
    from which this one was made later."""
    back = _Back()
    if version is None:
        return back
    pairs = [*({name: pair[number] for name, pair in changes.items()} for number in (0, 1)), left]
    now = draft_values(version, *pairs)
    for name in _names(changes):
        found, made = (value_of(pairs[number], name) for number in (0, 1))
        if found == made:
            continue
        match value_of(now, name):
            case value if value == made:
                back.fields |= {whole_field(name): changes[whole_field(name)]}
            case value if value == found:
                back.by_hand.add(name)
            case _ if not only_same:
                back.stays.add(name)
    back.by_hand |= differing({**now, **left}, now)
    return back


def _names(changes: dict[str, list[Value]]) -> set[str]:
    """As `merge` names the fields."""
    return differing(*({name: pair[number] for name, pair in changes.items()} for number in (0, 1)))


def _changed_back(change: ImportChange, page: EventPage, records: dict[int, ImportRecord]) -> str:
    """Of all that the run changed about `page`, that back which nobody touched since; why not the rest."""
    if any(record.is_ignored for record in records.values()):
        return f"“{page.title}”: somebody ignored the event since, so its page stays as it is."
    was, became = change.state["before"], change.state["after"]
    now = {pk: state(record) for pk, record in records.items()}
    taken_down = next((told["taken_down"] for told in now.values() if told["taken_down"]), None)
    was_taken_down, has_returned = was["live"] and not became["live"], became["live"] and not was["live"]
    if was_taken_down and (page.live or taken_down is None):
        return f"“{page.title}”: somebody published the page since it was unpublished."
    kept = []
    if has_returned and (not page.live or _published_since(change, page)):
        kept.append("somebody published or unpublished the page since it was published again")
        has_returned = False

    is_as_left = (page.latest_revision_id, page.live_revision_id) == (
        became["latest_revision"],
        became["live_revision"],
    )
    keeps_draft = is_as_left and was["has_unpublished_changes"]
    is_drafted = page.has_unpublished_changes or not page.live or keeps_draft
    live, draft, scheduled = _ways_back(change, page, is_drafted=is_drafted)
    versions = Versions(
        page,
        live=partial(_back, live.fields) if live.fields or was_taken_down else None,
        draft=partial(_back, draft.fields),
        scheduled=partial(_back, scheduled.fields),
        taken_down=taken_down if was_taken_down else None,
        keeps_draft=keeps_draft and bool(live.fields or was_taken_down),
        takes_back=True,
    )
    if versions.has_news:
        names = listed(versions.changes) or "published again"
        versions.write(importer(), f"{change.run.source}: import undone ({names})")
    page = EventPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    if has_returned:
        taken_down = take_down(page, importer(), log_action=False)
        message = f"{change.run.source}: import undone, unpublished again"
        log(page, LOG_ACTION, user=importer(), data={"message": message})
    _settle_draft(page, was)
    if was["submission"] != became["submission"] == state_of_submission(page.current_workflow_state):
        restore_submission(page, was["submission"], importer())

    stays_live = live.stays | {*versions.live_merge.conflicts}
    stays_draft = draft.stays | scheduled.stays | {*versions.draft_merge.conflicts}
    stays_draft |= {*versions.scheduled_merge.conflicts}
    for told in change.records:
        if record := records.get(told["pk"]):
            decided = _decided_since(record, told)
            published = decided | stays_live | live.by_hand
            values = decided | stays_draft | draft.by_hand | scheduled.by_hand
            _record_back(record, told, values if is_drafted else values | published, published)
            if has_returned and record.taken_down:
                record.taken_down = taken_down
            record.save()
    if stays := stays_live | stays_draft:
        kept.append(_words_for(stays, change, now))
    return f"“{page.title}”: {'; '.join(kept)}." if kept else ""


def _ways_back(change: ImportChange, page: EventPage, *, is_drafted: bool) -> tuple[_Back, _Back, _Back]:
    """Of the live version, the draft and the scheduled one."""
    left = {name: change.left.get(name, {}) for name in ("live", "draft", "scheduled")}
    live = _way_back(page if page.live else None, change.live, left["live"])
    latest = page.get_latest_revision_as_object() if is_drafted else None
    if "draft" in change.left or change.draft:
        draft = _way_back(latest, change.draft, left["draft"])
        # What the run left to a person to publish, and a person has published.
        if page.live and page.live_revision_id != change.state["after"]["live_revision"]:
            drafted = {name: pair for name, pair in change.draft.items() if name not in change.live}
            public = {*_way_back(page, drafted, {}).fields}
            draft.fields = {name: pair for name, pair in draft.fields.items() if name not in public}
            draft.stays |= public
    else:
        draft = _way_back(latest, change.live, {}, only_same=True)
    scheduled = page.scheduled_revision
    version = scheduled.as_object() if scheduled and scheduled.pk != page.latest_revision_id else None
    if "scheduled" in change.left or change.scheduled:
        return live, draft, _way_back(version, change.scheduled, left["scheduled"])
    changes = {**change.live, **change.draft}
    return live, draft, _way_back(version, changes, {}, only_same=True)


def _published_since(change: ImportChange, page: EventPage) -> bool:
    """Whether a person has published or unpublished `page` since the run did."""
    made = page.revisions.filter(pk=change.state["after"]["latest_revision"]).first()
    since = made.created_at if made else change.run.finished_at or clock.now()
    return _by_people(page).filter(action__in=PUBLISHING, timestamp__gt=since).exists()


def _words_for(names: Iterable[str], change: ImportChange, now: dict[int, dict]) -> str:
    """Who changed these fields since."""
    by_import = {
        name
        for name in names
        for told in change.records
        if told["pk"] in now
        and field_of(told["after"]["values"], name) != field_of(now[told["pk"]]["values"], name)
    }
    words = [f"a later import changed {listed(by_import)}"] if by_import else []
    if by_hand := {*names} - by_import:
        words.append(f"changed since: {listed(by_hand)}")
    return "; ".join(words)


def _settle_draft(page: EventPage, was: dict[str, Any]) -> None:
    """Without a draft before, there is none now that says just what is live."""
    if not page.live or not page.has_unpublished_changes or was["has_unpublished_changes"]:
        return
    if says_the_same(page.get_latest_revision_as_object(), page):
        page.has_unpublished_changes = False
        EventPage.objects.filter(pk=page.pk).update(has_unpublished_changes=False)


def _decided_since(record: ImportRecord, told: dict[str, Any]) -> set[str]:
    """The fields about which somebody has decided since the run."""
    after = told["after"]
    return {*record.pins} ^ {*after["pins"]} | {*record.conflicts} ^ {*after["conflicts"]}


def _record_back(record: ImportRecord, told: dict[str, Any], values: set[str], published: set[str]) -> None:
    """`record` with all that the run changed of it, and nothing did since, as it was before; but for what the feed said
    about the fields in `values` and `published`, where it is what the page was changed from since."""
    before, after, now = told["before"], told["after"], state(record)
    for facts, stays in (("values", values), ("published", published)):
        if now[facts] == after[facts] and not differing(before[facts], after[facts]) & stays:
            setattr(record, facts, before[facts])
            continue
        back = {
            name
            for name in differing(before[facts], after[facts]) - stays
            if field_of(now[facts], name) == field_of(after[facts], name)
        }
        if back and before[facts]:
            setattr(record, facts, taken_over(now[facts], before[facts], back))
    found, left, stays = {*before["conflicts"]}, {*after["conflicts"]}, values | published
    record.conflicts = sorted({*record.conflicts} - (left - found - stays) | (found - left - stays))
    rest = ("runs_missing", "is_withdrawn", "taken_down", "sequence", "last_modified")
    restore(record, {name: before[name] for name in rest if before[name] != after[name] == now[name]})


def _back(fields: dict[str, list[Value]], version: EventPage) -> tuple[Values, Merge]:
    """The fields of `version` and the way back from what a run left in `fields` to what it found."""
    ours = draft_values(
        version, *({name: pair[number] for name, pair in fields.items()} for number in (0, 1))
    )
    after = {**ours, **{name: pair[1] for name, pair in fields.items()}}
    before = {**ours, **{name: pair[0] for name, pair in fields.items()}}
    return ours, merge(after, before, ours)
