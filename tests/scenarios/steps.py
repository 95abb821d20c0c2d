"""What may happen next: each step is drawn, done through the doors of the portal, and judged."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

from django.core.management import call_command
from django.urls import reverse
from wagtail.models import Revision

from events.importing.models import ImportRecord, ImportSource, PossibleDuplicate
from events.models import EventIndexPage

from .oracle import DELETED, FOLLOWS, HIDDEN, OFFERED, TYPED, Typed
from .state import FROM_FEED, revision_values
from .world import Tab, World

Step = Callable[[World, Random], str | None]
STEPS: dict[str, tuple[int, Step]] = {}
TYPABLE = (
    "title",
    "title",
    "venue",
    "body",
    "summary",
    "summary",
    "start_time",
    "event_status",
    "status_note",
)


def step(weight: int) -> Callable[[Step], Step]:
    """A step that is drawn so often, in relation to others. It gives what was done; None where nothing can be."""

    def registered(function: Step) -> Step:
        STEPS[function.__name__] = (weight, function)
        return function

    return registered


def draw(random: Random, allowed: frozenset[str] | None = None) -> tuple[str, Step]:
    names = [name for name in STEPS if allowed is None or name in allowed]
    (name,) = random.choices(names, [STEPS[name][0] for name in names])
    return name, STEPS[name][1]


# The feeds.

CHANGES = "title venue description start status status day series exception older".split()
OF_FIELD = {
    "title": "title",
    "venue": "venue",
    "body": "description",
    "start_time": "start",
    "event_status": "status",
}


def _pages_of(world: World, source: str, uid: str) -> list[int]:
    return [pk for pk, sheet in world.oracle.sheets.items() if (source, uid) in sheet.keys]


def _typed_names(world: World, pk: int) -> set[str]:
    open_forms = {name for tab in world.tabs if tab.pk == pk for name in tab.typed}
    return open_forms.union(*world.oracle.sheet(pk).typed.values())


def _feed(world: World, random: Random):
    feed = random.choice(list(world.feeds.values()))
    return feed, random.choice(sorted(feed.entries)) if feed.entries else None


@step(18)
def feed_changes(world: World, random: Random) -> str | None:
    feed, uid = _feed(world, random)
    if uid is None:
        return None
    entry = feed.entries[uid]
    what = random.choice(CHANGES)
    typed = {
        name for pk in _pages_of(world, feed.name, uid) for name in _typed_names(world, pk)
    } & OF_FIELD.keys()
    if typed and random.random() < 0.5:  # both change the same
        what = OF_FIELD[random.choice(sorted(typed))]
    pages = _pages_of(world, feed.name, uid)
    if what == "older" and any(pk in world.waiting() or world.oracle.sheet(pk).is_unsure for pk in pages):
        what = "title"  # older than which?
    changes: dict[str, object] = {}
    match what:
        case "title" | "older":
            changes = {"title": world.fresh("Gathering")}
        case "start":
            changes = {"start": f"{random.randrange(7, 13):02}:{random.choice(('00', '15'))}"}
        case "venue":
            changes = {"venue": world.fresh("Hall")}
        case "description":
            changes = {"description": world.fresh("Words of the partner")}
        case "status":
            changes = {"is_cancelled": not entry.is_cancelled}
        case "day":
            changes = {"day": entry.day + timedelta(random.choice((-1, 1))), "dropped": frozenset()}
        case "series":
            changes = {"series": 1 if entry.series > 1 else 3}
        case "exception":
            if entry.series == 1:
                return None
            changes = {"dropped": frozenset({entry.day + timedelta(random.choice((1, 2)))})}
    feed.change(uid, is_older=what == "older", **changes)
    world.write(feed)
    return f"{feed.name}: {what} of {uid} {changes}"


@step(5)
def event_vanishes(world: World, random: Random) -> str | None:
    feed, uid = _feed(world, random)
    if uid is None or len(feed.entries) < 2:
        return None
    feed.gone[uid] = feed.entries.pop(uid)
    world.write(feed)
    return f"{feed.name}: {uid} vanishes"


@step(4)
def event_returns(world: World, random: Random) -> str | None:
    feed, _ = _feed(world, random)
    if not feed.gone:
        return None
    uid = random.choice(sorted(feed.gone))
    feed.entries[uid] = feed.gone.pop(uid)
    world.write(feed)
    return f"{feed.name}: {uid} returns"


@step(2)
def event_is_new(world: World, random: Random) -> str | None:
    feed, _ = _feed(world, random)
    if feed.made > 2:
        return None
    entry = world.new_entry(feed, random)
    world.write(feed)
    return f"{feed.name}: {entry.uid} is new"


# Imports.


@step(20)
def import_runs(world: World, random: Random) -> str | None:
    source = random.choice(sorted(world.feeds))
    return world.imported(source, random.choice(("command", "admin", "timetable")))


@step(2)
def held_run_is_approved(world: World, random: Random) -> str | None:
    source = random.choice(sorted(world.feeds))
    feed = world.feeds[source]
    if len(feed.gone) < 2 or not feed.entries:
        return None
    return world.imported(source, "command", is_approved=True)


@step(1)
def import_is_tried(world: World, random: Random) -> str | None:
    source = random.choice(sorted(world.feeds))
    before = world.state
    stored = ImportSource.objects.get(name=source)
    name = f"test of {source}"
    world.answers(name, world.clients["mo"].get(reverse("import_sources:test", args=[stored.pk])))
    world.oracle.unchanged(name, before, world.look())
    world.finish("", before)
    return name


@step(5)
def last_run_is_undone(world: World, random: Random) -> str | None:
    return world.undo(world.runs[-1]) if world.runs else None


@step(1)
def earlier_run_is_undone(world: World, random: Random) -> str | None:
    return world.undo(random.choice(world.runs[:-1])) if len(world.runs) > 1 else None


@step(1)
def policy_is_switched(world: World, random: Random) -> str | None:
    source = random.choice(sorted(world.feeds))
    stored = ImportSource.objects.get(name=source)
    stored.publish = random.choice(
        [each for each in ("publish", "draft", "workflow") if each != stored.publish]
    )
    stored.approved = stored.what_was_approved
    stored.save()
    world.policies[source] = stored.publish
    return f"{source} now is to {stored.publish}"


# Editors.


def _page(world: World, random: Random) -> int | None:
    pages = [pk for pk, event in world.state.items() if not event.is_alias]
    imported = [pk for pk in pages if world.oracle.sheet(pk).keys]
    if imported and random.random() < 0.85:
        pages = imported
    return random.choice(pages) if pages else None


def _tab(world: World, random: Random) -> Tab | None:
    return random.choice(world.tabs) if world.tabs else None


@step(14)
def form_is_opened(world: World, random: Random) -> str | None:
    pk = _page(world, random)
    if pk is None or len(world.tabs) > 2:
        return None
    person = random.choice(("ann", "ben", "ben", "mo"))
    tab = world.open(person, pk)
    if isinstance(tab, str):
        return tab
    told = ""
    for name in random.sample(TYPABLE, random.choice((0, 1, 1, 2))):
        told += " and types " + _typed(world, random, tab, name)
    world.tabs.append(tab)
    return f"{person} opens page {pk}{told}"


def _typed(world: World, random: Random, tab: Tab, name: str) -> str:
    says = world.oracle.sheet(tab.pk).feed_says(name)
    value: str
    if says and random.random() < 0.1:
        value = says  # what the feed says is restored
    elif name == "start_time":
        value = f"{random.randrange(7, 13):02}:{random.choice(('30', '45'))}:00"
    elif name == "event_status":
        value = random.choice(("EventPostponed", "EventMovedOnline", "EventRescheduled"))
    else:
        value = world.fresh({"title": "Gathering by hand", "venue": "Own hall"}.get(name, f"Own {name}"))
    world.type(tab, name, value)
    return f"{name} {value!r}"


@step(6)
def somebody_types(world: World, random: Random) -> str | None:
    tab = _tab(world, random)
    if tab is None or tab.is_revert:
        return None
    return f"{tab.person} types on page {tab.pk}: {_typed(world, random, tab, random.choice(TYPABLE))}"


@step(7)
def form_saves_itself(world: World, random: Random) -> str | None:
    tab = _tab(world, random)
    return world.save(tab, "autosave") if tab and not tab.is_revert and tab.typed else None


@step(5)
def draft_is_saved(world: World, random: Random) -> str | None:
    tab = _tab(world, random)
    return world.save(tab, "", side=random.choice(("mine", "mine", "theirs"))) if tab else None


@step(9)
def form_is_published(world: World, random: Random) -> str | None:
    tab = _tab(world, random)
    if tab is None or tab.person == "ann":
        return None
    return world.save(tab, "publish", side=random.choice(("mine", "mine", "theirs")))


@step(2)
def form_is_scheduled(world: World, random: Random) -> str | None:
    tab = _tab(world, random)
    if tab is None or tab.person == "ann":
        return None
    at = (world.clock.at + timedelta(hours=random.choice((1, 5)))).replace(second=0, microsecond=0)
    return world.save(tab, "publish", go_live_at=at)


@step(2)
def form_is_submitted(world: World, random: Random) -> str | None:
    tab = _tab(world, random)
    if tab is None or world.state[tab.pk].workflow:
        return None
    return world.save(tab, "submit")


@step(3)
def review_is_decided(world: World, random: Random) -> str | None:
    waiting = [pk for pk, event in world.state.items() if event.workflow == "in_progress"]
    if not waiting:
        return None
    tab = world.open(random.choice(("ben", "mo")), random.choice(waiting))
    if isinstance(tab, str):
        return tab
    world.tabs.append(tab)
    world.seen.add("a submission was decided")
    return world.save(tab, random.choice(("approve", "approve", "reject")))


@step(2)
def revision_is_restored(world: World, random: Random) -> str | None:
    pk = _page(world, random)
    if pk is None or len(world.tabs) > 2:
        return None
    older = Revision.page_revisions.filter(object_id=str(pk)).exclude(pk=world.state[pk].draft_revision)
    older = list(older.order_by("pk"))
    if not older:
        return None
    revision = random.choice(older)
    tab = world.open("ben", pk, revision)
    if isinstance(tab, str):
        return tab
    values = revision_values(revision.pk)
    tab.typed = {name: value for name, value in values.items() if value != tab.base[name]}
    world.tabs.append(tab)
    if random.random() < 0.7:
        return "older version: " + world.save(tab, random.choice(("", "publish")))
    return f"ben opens an older version of page {pk}: {tab.typed}"


@step(4)
def somebody_is_there(world: World, random: Random) -> str | None:
    tab = _tab(world, random)
    if tab is None or not tab.ping:
        return None
    world.answers("ping", world.clients[tab.person].post(tab.ping, {"is_editing": "1"}))
    tab.pinged_at = world.clock.at
    return f"{tab.person} is typing on page {tab.pk}"


@step(2)
def form_is_closed(world: World, random: Random) -> str | None:
    tab = _tab(world, random)
    if tab is None:
        return None
    world.close(tab)
    return f"{tab.person} closes page {tab.pk}"


@step(2)
def time_passes(world: World, random: Random) -> str | None:
    hours = random.choice((1, 6))
    world.clock.at += timedelta(hours=hours)
    before = world.state
    due = {
        pk: event for pk, event in before.items() if event.scheduled and event.goes_live_at < world.clock.at
    }
    call_command("publish_scheduled")
    after = world.look()
    name = f"{hours} h pass"
    besides = {(pk, "live", each) for pk in due for each in due[pk].scheduled or ()}
    world.oracle.typed_stays(name, before, after, besides)
    if due:
        world.seen.add("a schedule came due")
    for pk, was in due.items():
        now, sheet = after[pk], world.oracle.sheet(pk)
        if now.live != was.scheduled:
            world.oracle.fail(HIDDEN, f"{name}: page {pk} was to go live as scheduled")
        sheet.copy_typed("scheduled", "live")
        sheet.taken_down = None
    for pk in before.keys() - due.keys():
        if not before[pk].is_alias and after[pk].live != before[pk].live:
            world.oracle.fail(HIDDEN, f"{name}: what is live of page {pk} changed")
    world.finish(name, before)
    return f"{name}, {sorted(due)} go live" if due else name


@step(2)
def page_is_unpublished(world: World, random: Random) -> str | None:
    live = [pk for pk, event in world.state.items() if event.live and not event.is_alias]
    if not live:
        return None
    pk, way = random.choice(live), random.choice(("form", "bulk"))
    before, name = world.state, f"mo unpublishes page {pk} ({way})"
    world.answers(name, world.clients["mo"].post(_address(way, "unpublish", pk), {"include_descendants": ""}))
    after = world.look()
    if after[pk].live and (before[pk].scheduled or before[pk].is_locked or before[pk].workflow):
        world.oracle.unchanged(name, before, after)
        return f"{name}: refused"
    if after[pk].live:
        world.oracle.fail(HIDDEN, f"{name}: it is live still")
    sheet = world.oracle.sheet(pk)
    sheet.touched, sheet.taken_down = True, None
    world.oracle.typed_stays(name, before, after)
    world.finish(name, before)
    return name


def _address(way: str, action: str, pk: int) -> str:
    if way == "form":
        return reverse(f"wagtailadmin_pages:{action}", args=[pk])
    return f"{reverse('wagtail_bulk_action', args=['wagtailcore', 'page', action])}?id={pk}&next=/admin/"


@step(3)
def page_is_published_in_bulk(world: World, random: Random) -> str | None:
    pk = _page(world, random)
    if pk is None or world.state[pk].scheduled or world.state[pk].is_locked:
        return None
    before, name = world.state, f"mo publishes page {pk} in bulk"
    world.answers(
        name, world.clients["mo"].post(_address("bulk", "publish", pk), {"include_descendants": ""})
    )
    after = world.look()
    world.oracle.typed_stays(name, before, after, {(pk, "live", each) for each in after[pk].draft})
    world.published(name, pk, before[pk], after[pk], HIDDEN)
    world.finish(name, before)
    return name


@step(1)
def page_is_locked(world: World, random: Random) -> str | None:
    pk = _page(world, random)
    if pk is None:
        return None
    before, what = world.state, "unlock" if world.state[pk].is_locked else "lock"
    name = f"mo does {what} page {pk}"
    world.answers(name, world.clients["mo"].post(reverse(f"wagtailadmin_pages:{what}", args=[pk])))
    after = world.look()
    world.oracle.unchanged(name, before, after)
    world.state = after
    return name


@step(1)
def page_is_deleted(world: World, random: Random) -> str | None:
    pk = _page(world, random)
    if pk is None or len(world.state) < 2:
        return None
    before, name = world.state, f"mo deletes page {pk}"
    world.answers(name, world.clients["mo"].post(reverse("wagtailadmin_pages:delete", args=[pk])))
    after = world.look()
    if pk in after:
        return f"{name}: refused"
    world.finish(name, before)
    return name


@step(1)
def page_is_copied(world: World, random: Random) -> str | None:
    pk = _page(world, random)
    if pk is None or len(world.state) > 6:
        return None
    before, slug = world.state, f"copy-{world.fresh('')}".replace(" ", "")
    is_alias = random.random() < 0.5
    data = {
        "new_title": world.fresh("Gathering copied"),
        "new_slug": slug,
        "new_parent_page": EventIndexPage.objects.get().pk,
        **({"alias": "on"} if is_alias else {"publish_copies": "on"}),
    }
    name = f"mo makes {'an alias' if is_alias else 'a copy'} of page {pk}"
    world.answers(name, world.clients["mo"].post(reverse("wagtailadmin_pages:copy", args=[pk]), data))
    after = world.look()
    for each in (pk, *(after.keys() - before.keys())):
        world.oracle.sheet(each).touched = True
    world.oracle.typed_stays(name, before, after)
    world.finish(name, before)
    return name


# Decisions about what imports left.


@step(5)
def conflict_is_settled(world: World, random: Random) -> str | None:
    # An event may have conflicts of several sources; the harness settles those of the only one.
    open_ones = [pair for pair in sorted(world.offered) if pair[0] in world.state]
    open_ones = [
        pair for pair in open_ones if pair[1] != "exceptions" and not world.oracle.sheet(pair[0]).is_joined
    ]
    if not open_ones:
        return None
    pk, field = random.choice(open_ones)
    way = random.choice(("follow", "keep"))
    return _settled(world, pk, field, way)


@step(2)
def field_follows_the_feed(world: World, random: Random) -> str | None:
    own = [
        (pk, name)
        for pk, sheet in world.oracle.sheets.items()
        if sheet.said and not sheet.is_joined and pk in world.state and not world.state[pk].is_alias
        for name in sorted({*sheet.typed["draft"], *sheet.typed["live"]} & {*FROM_FEED} - {"exceptions"})
    ]
    return _settled(world, *random.choice(own), "follow") if own else None


def _settled(world: World, pk: int, field: str, way: str) -> str | None:
    record = ImportRecord.objects.filter(page=pk).first()
    if record is None:
        return None
    sheet, before = world.oracle.sheet(pk), world.state
    world.seen.add(f"somebody said {way}")
    waiting = pk in world.waiting()
    name = f"mo says {way} of {field} of page {pk}"
    address = reverse("import_inbox:settle", args=[record.pk])
    world.answers(name, world.clients["mo"].post(address, {way: field}))
    after = world.look()
    now, says = after[pk], sheet.feed_says(field)
    if way == "keep":
        sheet.pins.add(field)
        world.oracle.unchanged(name, before, after)
    elif now.said != before[pk].said or not waiting:
        besides = {(pk, version, field) for version in ("live", "draft", "scheduled")}
        if now.draft[field] != says and not sheet.is_unsure:
            world.oracle.fail(OFFERED, f"{name}: the draft says {now.draft[field]!r}, the feed {says!r}")
        else:
            sheet.pins.discard(field)
        world.oracle.typed_stays(name, before, after, besides)
        if now.live and not before[pk].live:
            world.oracle.fail(HIDDEN, f"{name}: it went live")
        for each in FROM_FEED:
            if now.live and before[pk].live and each != field and now.live[each] != before[pk].live[each]:
                world.oracle.fail(TYPED, f"{name}: {each} went live as well")
        for version in ("live", "draft", "scheduled"):
            values = now.version(version)
            if values and values[field] == says:
                sheet.typed[version].pop(field, None)
    sheet.touched = True
    world.finish(name, before)
    if (pk, field) in world.offered and not waiting and way == "keep":
        world.oracle.fail(OFFERED, f"{name}: it is still offered")
    return name


@step(1)
def event_is_ignored(world: World, random: Random) -> str | None:
    pages = [pk for pk, sheet in world.oracle.sheets.items() if sheet.keys and not sheet.stays_away]
    pages = [pk for pk in pages if pk in world.state]
    if not pages:
        return None
    pk = random.choice(sorted(pages))
    record = ImportRecord.objects.filter(page=pk).first()
    if record is None:
        return None
    before, name = world.state, f"mo ignores page {pk}"
    address = reverse("import_inbox:ignore", args=[record.pk])
    response = world.clients["mo"].post(address)
    if response.status_code == 200 or (before[pk].live and world.look()[pk].live):
        response = world.clients["mo"].post(address, {"confirm": "1", "confirmed": "1"})
    world.answers(name, response)
    after, sheet = world.look(), world.oracle.sheet(pk)
    record.refresh_from_db()
    if not record.is_ignored:
        return f"{name}: not done"
    sheet.stays_away, sheet.touched = True, True
    sheet.taken_down = before[pk].live or sheet.taken_down
    world.oracle.typed_stays(name, before, after)
    world.finish(name, before)
    return name


@step(2)
def event_may_come_again(world: World, random: Random) -> str | None:
    away = [pk for pk, sheet in world.oracle.sheets.items() if sheet.stays_away and pk in world.state]
    if not away:
        return None
    pk = random.choice(sorted(away))
    record = ImportRecord.objects.filter(page=pk).first()
    if record is None:
        return None
    before, name = world.state, f"mo lets page {pk} come again"
    world.answers(name, world.clients["mo"].post(reverse("import_inbox:come_again", args=[record.pk])))
    sheet = world.oracle.sheet(pk)
    sheet.stays_away, sheet.is_unsure = False, True
    world.oracle.unchanged(name, before, world.look())
    world.finish("", before)
    return name


@step(2)
def two_pages_are_joined(world: World, random: Random) -> str | None:
    by_source: dict[str, list[int]] = {}
    for pk, sheet in world.oracle.sheets.items():
        if len(sheet.keys) == 1 and pk in world.state and not sheet.stays_away:
            by_source.setdefault(sheet.keys[0][0], []).append(pk)
    if len(by_source) < 2:
        return None
    one, other = (random.choice(sorted(pages)) for pages in by_source.values())
    before, name = world.state, f"mo says that pages {one} and {other} are one event"
    data = {"page": [one, other], "keep": one}
    world.answers(name, world.clients["mo"].post(reverse("import_duplicates:same"), data))
    after = world.look()
    attached = set(ImportRecord.objects.filter(page=one).values_list("source__name", "uid"))
    if len(attached) < 2:
        world.oracle.unchanged(name, before, after)
        return f"{name}: refused"
    kept, gone = world.oracle.sheet(one), world.oracle.sheet(other)
    kept.keys, kept.said = [*kept.keys, *gone.keys], {**kept.said, **gone.said}
    gone.keys, gone.said, gone.touched, kept.touched = [], {}, True, True
    if after[other].live:
        world.oracle.fail(FOLLOWS, f"{name}: page {other} is live still")
    if after[one].live != before[one].live or after[one].draft != before[one].draft:
        world.oracle.fail(TYPED, f"{name}: the page that stays changed")
    if one not in after or other not in after:
        world.oracle.fail(DELETED, f"{name}: one is gone")
    world.finish(name, before)
    return name


@step(1)
def two_pages_are_parted(world: World, random: Random) -> str | None:
    row = PossibleDuplicate.objects.filter(state="same").first()
    if row is None:
        return None
    before, name = world.state, f"mo says that pages {row.one_id} and {row.other_id} are two events"
    world.answers(name, world.clients["mo"].post(reverse("import_duplicates:take_back", args=[row.pk])))
    after = world.look()
    for pk in row.pair:
        sheet = world.oracle.sheet(pk)
        keys = sorted(ImportRecord.objects.filter(page=pk).values_list("source__name", "uid"))
        sheet.keys = keys
        sheet.said = {}
        sheet.is_unsure = True
        now = after.get(pk)
        if now and now.live and not before[pk].live:
            # What was live is live again; whose words these are is not known any more.
            for each, value in now.live.items():
                sheet.typed["live"].setdefault(each, Typed(value, value))
                sheet.typed["draft"].setdefault(each, Typed(now.draft[each], now.draft[each]))
    world.finish(name, before)
    return name
