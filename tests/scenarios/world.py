"""A small portal with two sources of events and three people, and what they can do: all through the doors they use.

Nothing in here judges; `steps` draws what is done, `oracle` says what must hold.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from events import tasks
from events.importing.models import ImportRecord, ImportRun, ImportSource
from events.models import EventIndexPage, EventPage
from tests.builders import make_event, make_event_index, make_home
from tests.editing import OpenForm, open_form

from .feed import Entry, Feed
from .oracle import ACCEPTED, APPROVED, HIDDEN, MERGED, TYPED, WORKS, Oracle, Run
from .state import Event, Values, look, shown

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
IDLE = timedelta(minutes=10)
OFFER = re.compile(r'id="imported-(\d+)-([^"]+)"')
DATES = ("start_date", "start_time", "end_time", "recurrence_rule")


class Clock:
    """Later at each look, so that no two revisions are of the same moment."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at


def found(folder: Path) -> dict[str, Client]:
    """The portal, with who works on it, signed in: ann edits, ben edits and publishes, mo does that and approves
    sources."""
    make_home()
    make_event_index()
    make_event(
        title="Gathering of our own", start_date=date(2027, 1, 31), start_time=time(10), end_time=time(16)
    )
    editors, moderators = (Group.objects.get(name=name) for name in ("Editors", "Moderators"))
    names = ("view_importrun", "view_importsource", "change_importsource", "approve_importsource")
    clients = {}
    for name, groups in {"ann": [editors], "ben": [moderators], "mo": [editors, moderators]}.items():
        user = get_user_model().objects.create_user(name, f"{name}@example.org")
        user.groups.set(groups)
        if name == "mo":
            user.user_permissions.set(Permission.objects.filter(codename__in=names))
        clients[name] = Client(raise_request_exception=False)
        clients[name].force_login(user)
    return clients


@dataclass
class Tab:
    """A form that somebody has open. `base` is what it was opened with, `typed` what was typed since."""

    person: str
    pk: int
    form: OpenForm
    base: Values
    typed: Values
    asked: set[str] = field(default_factory=set)
    is_revert: bool = False
    pinged_at: datetime | None = None
    ping: str = ""
    release: str = ""


@dataclass
class World:
    clients: dict[str, Client]
    clock: Clock
    folder: Path
    visitor: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    feeds: dict[str, Feed] = field(default_factory=dict)
    tabs: list[Tab] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    oracle: Oracle = field(default_factory=Oracle)
    state: dict[int, Event] = field(default_factory=dict)
    offered: set[tuple[int, str]] = field(default_factory=set)
    number: int = 0
    # What came about at all, to see whether the sequences try enough.
    seen: set[str] = field(default_factory=set)
    policies: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    # Making it.

    def set_up(self, random: Random, policies: tuple[str, ...]) -> str:
        parent = EventIndexPage.objects.get()
        told = []
        for name in ("North", "South")[: random.choice((1, 1, 2))]:
            feed = self.feeds[name] = Feed(name)
            path = self.folder / f"{name}.ics"
            for _ in range(2 if name == "North" else 1):
                self.new_entry(feed, random)
            path.write_bytes(feed.text())
            source = ImportSource(
                name=name,
                address=str(path),
                format="ical",
                parent=parent,
                interval=60,
                publish=random.choice(policies),
                missing=random.choice(("keep", "cancel", "unpublish", "unpublish")),
                missing_after=1,
                vanishing_count=1,
            )
            source.approved = source.what_was_approved
            source.save()
            self.policies[name], self.missing[name] = source.publish, source.missing
            told.append(f"{name} ({source.publish}, {source.missing})")
        self.state = look()
        self.oracle.settle(self.state)
        return ", ".join(told)

    def fresh(self, words: str) -> str:
        self.number += 1
        return f"{words} {self.number}"

    def new_entry(self, feed: Feed, random: Random) -> Entry:
        feed.made += 1
        index = list(self.feeds).index(feed.name)
        entry = Entry(
            uid=f"{feed.made}@{feed.name.lower()}.example.org",
            title=self.fresh("Gathering"),
            day=date(2027, 1, 2 + 4 * (2 * index + (feed.made - 1) % 6)),
            venue=self.fresh("Hall"),
            description=self.fresh("Words of the partner"),
            series=random.choice((1, 1, 3)),
        )
        feed.entries[entry.uid] = entry
        return entry

    def write(self, feed: Feed) -> None:
        (self.folder / f"{feed.name}.ics").write_bytes(feed.text())

    # Looking at it.

    def commit(self) -> None:
        """What Django does when a transaction ends; these sequences never end theirs."""
        while connection.run_on_commit:
            _, function, _ = connection.run_on_commit.pop(0)
            function()

    def look(self) -> dict[int, Event]:
        self.commit()
        return look()

    def offers(self) -> set[tuple[int, str]]:
        """The open conflicts that mo is shown, by page and field."""
        response = self.clients["mo"].get(reverse("import_inbox:index"))
        if response.status_code != 200:
            self.oracle.fail(WORKS, f"the inbox of imports answers {response.status_code}")
            return set()
        rows = OFFER.findall(response.content.decode())
        pages = dict(ImportRecord.objects.values_list("pk", "page_id"))
        return {(pages[int(pk)], name.partition("-")[0]) for pk, name in rows}

    def waiting(self) -> set[int]:
        """The pages that an import may leave alone for now: somebody types, has locked, scheduled or submitted it."""
        open_now = {tab.pk for tab in self.tabs if tab.pinged_at and self.clock.at - tab.pinged_at < IDLE}
        reviewed = {
            pk
            for pk, event in self.state.items()
            if event.is_locked or (event.workflow and self.oracle.sheet(pk).submitted_by_person)
        }
        return open_now | reviewed

    def finish(self, step: str, before: dict[int, Event]) -> None:
        """After a step: whatever must hold at any time."""
        self.state = self.look()
        self.oracle.settle(self.state)
        if step and _public(self.state) != _public(before):
            self.oracle.public(self.state, shown(self.visitor))
        self.tabs = [tab for tab in self.tabs if tab.pk in self.state]
        self.check_offers()

    def check_offers(self) -> None:
        self.offered = self.offers()
        if self.offered:
            self.seen.add("a conflict was offered")
        publishing = {name for name, publish in self.policies.items() if publish == "publish"}
        self.oracle.conflicts(self.offered, self.state, publishing)

    def answers(self, step: str, response: HttpResponse) -> bool:
        """Whether a view did what it was asked for; an error of the server is nobody's fault but the portal's."""
        if response.status_code >= 500:
            error = getattr(response, "exc_info", None)
            self.oracle.fail(WORKS, f"{step}: {response.status_code} {error[1] if error else ''}")
        return response.status_code < 400

    # Imports.

    def run(self, source: str, way: str, *, is_approved: bool = False) -> ImportRun | None:
        """Import, by the door that `way` names; the run, if one was recorded."""
        stored = ImportSource.objects.get(name=source)
        last = ImportRun.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        step = f"import of {source}"
        if way == "admin":
            self.answers(
                step, self.clients["mo"].post(reverse("import_sources:import_now", args=[stored.pk]))
            )
        elif way == "timetable":
            ImportSource.objects.filter(pk=stored.pk).update(next_run_at=self.clock.at)
            ImportSource.objects.exclude(pk=stored.pk).update(next_run_at=self.clock.at + timedelta(days=9))
            tasks.start_due_imports(0)
        else:
            try:
                quiet = {"stdout": StringIO(), "stderr": StringIO()}
                call_command("import_events", source=[source], json=True, approve=is_approved, **quiet)
            except (SystemExit, CommandError):
                pass
        self.work()
        return ImportRun.objects.filter(pk__gt=last, source=stored).order_by("pk").last()

    def work(self) -> None:
        """What the worker does."""
        for job in ProcrastinateJob.objects.filter(status="todo").order_by("pk"):
            if (task := getattr(tasks, job.task_name, None)) is not None:
                try:
                    task(**job.args)
                except Exception as error:  # noqa: BLE001 - told as what it is
                    self.oracle.fail(WORKS, f"the worker's {job.task_name} broke: {error!r}")
            with connection.cursor() as cursor:
                for status in ("doing", "succeeded"):
                    cursor.execute(
                        "UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, job.pk]
                    )

    def imported(self, source: str, way: str, *, is_approved: bool = False) -> str:
        feed = self.feeds[source]
        before, offered_before, accepted = self.state, self.offered, dict(feed.accepted)
        waiting = self.waiting()
        sheets = {
            pk: {
                "said": dict(sheet.said),
                "absent": set(sheet.absent),
                "taken_down": sheet.taken_down,
                "is_unsure": sheet.is_unsure,
                "pins": set(sheet.pins),
            }
            for pk, sheet in self.oracle.sheets.items()
        }
        run = self.run(source, way, is_approved=is_approved)
        after = self.look()
        step = f"import of {source} by {way}"
        if run is None or run.state == "held":
            self.oracle.unchanged(step, before, after)
            return f"{step}: {'held' if run else 'nothing new'}"
        if run.state != "complete" or run.failed:
            why = run.message or [row["reason"] for row in run.problems if row["level"] == "failed"]
            self.oracle.fail(WORKS, f"{step}: {run.state}, {why}")
        if run.state != "complete":
            return f"{step}: {run.state}"
        told = {uid: entry.values for uid, entry in self.said_now(feed).items()}
        self.oracle.imported(
            step,
            source,
            told,
            before,
            after,
            publishes=self.policies[source] == "publish",
            missing=self.missing[source],
            waiting=waiting,
        )
        self.state = after
        self.finish(step, before)
        pages = {
            pk for pk, sheet in self.oracle.sheets.items() if any(key[0] == source for key in sheet.keys)
        }
        for pk in pages:
            sheets.setdefault(
                pk, {"said": {}, "absent": set(), "taken_down": None, "is_unsure": False, "pins": set()}
            )
        self.runs.append(
            Run(run.pk, source, before, self.state, offered_before, self.offered, sheets, accepted)
        )
        for name in ("updated", "withdrawn", "skipped"):
            if getattr(run, name):
                self.seen.add(f"an import had events {name}")
        if any(event.live and pk in before and not before[pk].live for pk, event in after.items()):
            self.seen.add("an import brought a page back")
        counts = " ".join(
            f"{getattr(run, name)} {name}" for name in ("created", "updated", "withdrawn", "skipped")
        )
        return f"{step}: run {len(self.runs)}, {counts}"

    def said_now(self, feed: Feed) -> dict[str, Entry]:
        """The events of a feed; of one whose SEQUENCE went down what it said before."""
        accepted = feed.accepted
        for uid, entry in feed.entries.items():
            if uid not in accepted or entry.sequence >= accepted[uid].sequence:
                accepted[uid] = entry
        return {uid: accepted[uid] for uid in feed.entries}

    def undo(self, run: Run) -> str:
        before, offered, waiting = self.state, self.offered, self.waiting()
        step = f"undo of run {self.runs.index(run) + 1}"
        response = self.clients["mo"].post(reverse("import_runs:undo", args=[run.pk]))
        self.answers(step, response)
        self.work()
        after = self.look()
        back = self.oracle.undone(step, run, before, after, (offered, self.offers()), waiting)
        accepted = self.feeds[run.source].accepted
        for source, uid in back:
            if source == run.source and uid in run.accepted:
                accepted[uid] = run.accepted[uid]
            elif source == run.source:
                accepted.pop(uid, None)
        self.runs.remove(run)
        if after != before:
            self.seen.add("undo changed pages")
        for sheet in self.oracle.sheets.values():
            if any(key[0] == run.source and key not in sheet.said for key in sheet.keys):
                sheet.is_unsure = True
        self.state = after
        self.finish(step, before)
        return step

    # People.

    def open(self, person: str, pk: int, revision: Any = None) -> Tab | str:
        event = self.state[pk]
        step = f"{person} opens page {pk}"
        try:
            form = open_form(self.clients[person], EventPage.objects.get(pk=pk), revision=revision)
        except AssertionError as error:
            return f"{step}: {error}"
        base = dict(event.draft)
        tab = Tab(person, pk, form, base, {}, is_revert=revision is not None)
        text = form.response.content.decode()
        for name in ("ping", "release"):
            found = re.search(rf'"(/admin/editing-sessions/{name}/[^"]+)"', text)
            setattr(tab, name, found[1] if found else "")
        return tab

    def close(self, tab: Tab) -> None:
        """As a browser says good-bye when it leaves a page."""
        if tab.release:
            self.answers("release", self.clients[tab.person].post(tab.release))
        self.tabs.remove(tab)

    def type(self, tab: Tab, name: str, value: str) -> None:
        if value == tab.base[name]:
            tab.typed.pop(name, None)
        else:
            tab.typed[name] = value
        match name:
            case "body":
                block = {"key": "abcde", "type": "unstyled", "depth": 0, "text": value}
                block |= {"inlineStyleRanges": [], "entityRanges": []}
                tab.form.fill(body=json.dumps({"blocks": [block], "entityMap": {}}))
            case "start_time":
                tab.form.fill(start_time=value[:5])
            case _:
                tab.form.fill(**{name: value})

    def save(self, tab: Tab, action: str, *, go_live_at: datetime | None = None, side: str = "mine") -> str:
        """Press a button of the form, or let it save by itself; if it asks, choose one `side` and press again."""
        step = f"{tab.person} sends page {tab.pk}: {action or 'save'} {dict(tab.typed) or 'untouched'}"
        if action == "autosave":
            return self._autosave(tab, step)
        if go_live_at:
            tab.form.fill(go_live_at=f"{go_live_at:%Y-%m-%d %H:%M}")
        for _ in range(3):
            before = self.state
            response = self._pressed(tab, action)
            after = self.look()
            if not self.answers(step, response):
                self.oracle.unchanged(step, before, after)
                self.close(tab)
                return f"{step}: {response.status_code}"
            if response.status_code == 302:
                self._saved(tab, step, action, before, after)
                self.close(tab)
                return step
            self.oracle.unchanged(step, before, after)
            errors = tab.form.read(response).errors
            if self._is_lost(tab, step, response):
                self.close(tab)
                return f"{step}: refused {errors}"
            if not tab.form.choices:
                event = before[tab.pk]
                is_locked = event.is_locked or event.workflow or event.scheduled
                # The older versions of a copy have the slug of the page that it was copied from.
                if event.draft == tab.base and not is_locked and errors.keys() != {"slug"}:
                    self.oracle.fail(ACCEPTED, f"{step}: refused, {errors or 'without a word'}")
                self.close(tab)
                return f"{step}: refused {errors}"
            tab.form.choose(side)
            asked = {name.removeprefix("merge-") for name in tab.form.choices}
            asked |= {*DATES} if "dates" in asked else set()
            if side == "theirs":
                tab.typed = {name: value for name, value in tab.typed.items() if name not in asked}
            step += f", asked about {sorted(asked)}, takes {side}"
            tab.asked |= asked
            self.seen.add("a form asked whose words to take")
            tab.base = dict(before[tab.pk].draft)
        self.oracle.fail(ACCEPTED, f"{step}: asked again and again")
        self.close(tab)
        return step

    def _pressed(self, tab: Tab, action: str) -> HttpResponse:
        if action in ("approve", "reject"):
            return tab.form.send("workflow-action", **{"workflow-action-name": action})
        return tab.form.send(action)

    def _is_lost(self, tab: Tab, step: str, response: HttpResponse) -> bool:
        """Whether a form that comes back has lost words that were typed."""
        text = response.content.decode()
        lost = [
            value
            for name, value in tab.typed.items()
            if name in ("title", "venue", "summary", "body") and str(value) not in text
        ]
        if lost:
            self.oracle.fail(TYPED, f"{step}: the form comes back without {lost}")
        return bool(lost)

    def _autosave(self, tab: Tab, step: str) -> str:
        before = self.state
        response = tab.form.autosave()
        after = self.look()
        self.answers(step, response)
        if response.status_code != 200:
            self.oracle.unchanged(step, before, after)
            return f"{step}: {response.status_code}"
        self._saved(tab, step, "", before, after)
        # The form stays open, and what was typed is saved.
        tab.base, tab.typed = {**tab.base, **tab.typed}, {}
        return step

    def _saved(
        self,
        tab: Tab,
        step: str,
        action: str,
        before: dict[int, Event],
        after: dict[int, Event],
    ) -> None:
        oracle, pk = self.oracle, tab.pk
        sheet, was, now = oracle.sheet(pk), before[pk], after[pk]
        sheet.touched = True
        chosen = {}
        for name, value in now.draft.items():
            theirs = was.draft[name]
            mine = tab.typed.get(name, tab.base[name])
            if theirs != tab.base[name]:
                self.seen.add("a form was saved over a newer version")
            if name in tab.asked and value in (theirs, mine):
                if value != theirs:
                    chosen[name] = value
            elif name in tab.typed and mine != theirs:
                if value != mine:
                    oracle.fail(TYPED, f"{step}: typed {name} {mine!r}, the draft has {value!r}")
                elif tab.base[name] != theirs:
                    oracle.fail(MERGED, f"{step}: {name} was {theirs!r} meanwhile, and is replaced unasked")
                chosen[name] = value
            elif value != theirs:
                old = f"it was opened with {tab.base[name]!r}"
                oracle.fail(MERGED, f"{step}: {name} was {theirs!r} and became {value!r}; {old}")
        besides = {(pk, "draft", name) for name in chosen}
        for name, value in chosen.items():
            if now.draft[name] == value != was.draft[name]:
                sheet.note("draft", name, value)
        publishes = (action == "publish" and tab.person != "ann") or (
            action == "approve" and was.workflow == "in_progress"
        )
        if publishes:
            self.published(step, pk, was, now, APPROVED if action == "approve" else HIDDEN)
            besides |= {(pk, version, name) for version in ("live", "scheduled") for name in now.draft}
        elif now.live != was.live:
            oracle.fail(HIDDEN, f"{step}: what is live changed")
        if action == "submit":
            sheet.submitted_by_person = True
        oracle.typed_stays(step, before, after, besides)
        self.finish(step, before)

    def published(self, step: str, pk: int, was: Event, now: Event, invariant: str) -> None:
        """A person has published the draft, or had it go live later."""
        sheet = self.oracle.sheet(pk)
        sheet.touched, sheet.submitted_by_person = True, False
        if now.scheduled:
            if now.live != was.live:
                self.oracle.fail(invariant, f"{step}: what is live changed, although it was to do so later")
            sheet.copy_typed("draft", "scheduled")
            return
        if now.live is None:
            self.oracle.fail(invariant, f"{step}: page {pk} is not live")
        elif now.live != now.draft:
            different = [name for name in now.live if now.live[name] != now.draft[name]]
            self.oracle.fail(invariant, f"{step}: live and draft differ in {different}")
        sheet.copy_typed("draft", "live")
        sheet.taken_down = None


def _public(state: dict[int, Event]) -> dict[str, Values]:
    return {event.slug: event.live for event in state.values() if event.live}
