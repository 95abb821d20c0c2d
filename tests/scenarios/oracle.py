"""What must hold after each step, whatever was done: a second opinion that knows nothing of how the portal does it.

For each page it keeps, per version, which values a person typed and what the feed had said then; and what each feed
said when it was last imported. Values that nobody typed belong to the feed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .state import FROM_FEED, NAMES, VERSIONS, Event, Shown, Values, days_of

Key = tuple[str, str]
"""The name of a source and a UID."""

TYPED = "what a person typed stays"
HIDDEN = "nothing goes live that was a draft"
FOLLOWS = "what nobody touched follows the feed"
OFFERED = "every conflict is offered"
FALSE = "no false conflict"
UNDONE = "undo restores what the run changed"
DELETED = "undo deletes nothing that a person worked on"
AGREE = "listing, month, feed and search agree"
MERGED = "saving a form keeps what came meanwhile"
ACCEPTED = "an untouched form can be saved"
APPROVED = "what is approved is live"
WORKS = "nothing breaks"
INVARIANTS = (
    TYPED,
    HIDDEN,
    FOLLOWS,
    OFFERED,
    FALSE,
    UNDONE,
    DELETED,
    AGREE,
    MERGED,
    ACCEPTED,
    APPROVED,
    WORKS,
)


@dataclass(frozen=True)
class Violation:
    invariant: str
    text: str

    def __str__(self) -> str:
        return f"[{self.invariant}] {self.text}"


@dataclass
class Typed:
    """A value by a person, and what the feed said when it was typed (None: not known any more)."""

    value: Any
    base: Any


@dataclass
class Sheet:
    """What is known of one page."""

    keys: list[Key] = field(default_factory=list)
    typed: dict[str, dict[str, Typed]] = field(default_factory=lambda: {name: {} for name in VERSIONS})
    said: dict[Key, Values] = field(default_factory=dict)
    pins: set[str] = field(default_factory=set)
    touched: bool = False
    stays_away: bool = False
    # By an import: what was live until then.
    taken_down: Values | None = None
    # No longer in the feed, as of its last import.
    absent: set[Key] = field(default_factory=set)
    # An import may have had to wait since: what it knows of the feed is not certain.
    is_unsure: bool = False
    # A scheduled or reviewed version was made by a person.
    submitted_by_person: bool = False

    @property
    def is_joined(self) -> bool:
        return len(self.keys) > 1

    def feed_says(self, name: str) -> Any:
        """None where no source of the page has been imported or several are."""
        if len(self.said) != 1:
            return None
        (said,) = self.said.values()
        return said.get(name)

    def note(self, version: str, name: str, value: Any) -> None:
        """A person put `value` there."""
        if name in FROM_FEED and self.keys and value == self.feed_says(name):
            self.typed[version].pop(name, None)
        else:
            self.typed[version][name] = Typed(value, self.feed_says(name))

    def copy_typed(self, source: str, target: str) -> None:
        self.typed[target] = dict(self.typed[source])


@dataclass
class Run:
    """An import that was carried out. `before` and `after` are all pages and offered conflicts."""

    pk: int
    source: str
    before: dict[int, Event]
    after: dict[int, Event]
    offered_before: set[tuple[int, str]]
    offered_after: set[tuple[int, str]]
    sheets: dict[int, dict]
    accepted: dict


class Oracle:
    def __init__(self) -> None:
        self.sheets: dict[int, Sheet] = {}
        self.known: dict[Key, int | None] = {}
        self.found: list[Violation] = []

    def sheet(self, pk: int) -> Sheet:
        return self.sheets.setdefault(pk, Sheet())

    def fail(self, invariant: str, text: str) -> None:
        self.found.append(Violation(invariant, text))

    # After every step.

    def settle(self, state: dict[int, Event]) -> None:
        """Start from what is there: after a failure, the rest of a sequence tells more of the same otherwise."""
        for pk in [*self.sheets]:
            if pk not in state:
                del self.sheets[pk]
        for pk, event in state.items():
            sheet = self.sheet(pk)
            for version in VERSIONS:
                values = event.version(version)
                kept = sheet.typed[version].items() if values else ()
                sheet.typed[version] = {name: typed for name, typed in kept if values[name] == typed.value}

    def unchanged(self, step: str, before: dict[int, Event], after: dict[int, Event]) -> None:
        """`step` is none that may change anything."""
        for pk in before.keys() | after.keys():
            if differ := _difference(before.get(pk), after.get(pk)):
                self.fail(MERGED, f"{step} was refused or does nothing, but page {pk} changed: {differ}")

    def typed_stays(
        self, step: str, before: dict[int, Event], after: dict[int, Event], besides: Iterable[tuple] = ()
    ) -> None:
        """Of all that was typed, nothing is another value now but what is named `besides`: (pk, version, name)."""
        besides = set(besides)
        for pk, sheet in self.sheets.items():
            for version in VERSIONS:
                now = after[pk].version(version) if pk in after else None
                was = before[pk].version(version) if pk in before else None
                if now is None or was is None:
                    continue
                for name, typed in sheet.typed[version].items():
                    is_new = now[name] != was[name] and now[name] != typed.value
                    if is_new and (pk, version, name) not in besides:
                        text = f"{step}: {name} of the {version} version of page {pk}"
                        self.fail(TYPED, f"{text} was typed as {typed.value!r} and is {now[name]!r}")

    def public(self, state: dict[int, Event], found: Shown) -> None:
        """What visitors are shown is what is live; an alias doubles nothing."""
        live = {event.slug: event.live for event in state.values() if event.live and not event.is_alias}
        titles = {slug: values["title"] for slug, values in live.items()}
        if found.listing != titles:
            self.fail(AGREE, f"live are {titles}, the listing shows {found.listing}")
        if found.twice:
            self.fail(AGREE, f"the listing shows {found.twice} twice")
        days = {slug: dates for slug, values in live.items() if (dates := days_of(values))}
        month = {slug: dates for slug, dates in found.month.items() if slug in days or dates}
        # A date that was moved within a series is not computed here.
        if month.keys() != days.keys() or any(
            month[slug] != days[slug] for slug in days if not _is_moved(live[slug])
        ):
            self.fail(AGREE, f"the days in January are {days}, the month shows {month}")
        entries = {
            slug: [each for each in told if "RECURRENCE-ID" not in each] for slug, told in found.feed.items()
        }
        for slug in live.keys() | entries.keys():
            if slug not in live or len(entries.get(slug, [])) != 1:
                words = "live" if slug in live else "not live"
                self.fail(
                    AGREE, f"“{slug}” is {words} and stands {len(entries.get(slug, []))} times in the feed"
                )
                continue
            told, values = entries[slug][0], live[slug]
            start = f"{values['start_date']}T{values['start_time']}".replace("-", "").replace(":", "")
            # A calendar has no word for what is postponed but this.
            is_off = values["event_status"] in ("EventCancelled", "EventPostponed")
            expected = (values["title"], start, is_off)
            says = (
                told.get("SUMMARY", "").removeprefix("Postponed: "),
                told.get("DTSTART"),
                told.get("STATUS") == "CANCELLED",
            )
            if says != expected:
                self.fail(AGREE, f"the feed says {says} of “{slug}”, live is {expected}")
        if found.search != live.keys():
            self.fail(AGREE, f"live are {sorted(live)}, the search finds {sorted(found.search)}")

    def conflicts(self, offered: set[tuple[int, str]], state: dict[int, Event], publishing: set[str]) -> None:
        """`offered` are the open conflicts that somebody who may edit everything is shown; `publishing` the sources
        that publish what is new."""
        for pk, name in sorted(offered):
            event, sheet = state.get(pk), self.sheets.get(pk)
            if event is None or sheet is None:
                self.fail(FALSE, f"{name} of page {pk}, which is not there")
                continue
            if sheet.is_joined:  # that two partners disagree is told as well
                continue
            typed = any(name in sheet.typed[version] for version in VERSIONS)
            versions = [values for values in map(event.version, VERSIONS) if values]
            if not typed:
                values = {str(values[name]) for values in versions}
                self.fail(FALSE, f"{name} of page {pk} is offered; nobody typed it ({', '.join(values)})")
            elif name in sheet.pins:
                self.fail(FALSE, f"{name} of page {pk} is offered; it is kept, whatever the feed says")
        for pk, event in state.items():
            sheet = self.sheet(pk)
            if sheet.is_joined or sheet.is_unsure or sheet.stays_away or not sheet.keys:
                continue
            publishes = sheet.keys[0][0] in publishing
            for version in ("draft", *(["live"] if publishes else [])):
                if event.version(version) is None:
                    continue
                for name, typed in sheet.typed[version].items():
                    says = sheet.feed_says(name)
                    is_open = (
                        name in FROM_FEED and says not in (typed.base, typed.value) and name not in sheet.pins
                    )
                    if is_open and (pk, name) not in offered:
                        text = f"{name} of the {version} version of page {pk}: a person typed {typed.value!r}"
                        self.fail(OFFERED, f"{text} over {typed.base!r}, the feed says {says!r} now")

    # Imports.

    def imported(
        self,
        step: str,
        source: str,
        told: dict[str, Values],
        before: dict[int, Event],
        after: dict[int, Event],
        *,
        publishes: bool,
        missing: str,
        waiting: set[int],
    ) -> None:
        """A run that was complete: `told` are the events that the feed has, by UID. `waiting` are pages that may have
        to wait, because somebody edits or reviews them."""
        self.typed_stays(step, before, after)
        cancelled = "EventCancelled"
        for pk, was in before.items():
            if was.is_alias:
                continue
            sheet, now = self.sheet(pk), after.get(pk)
            own = [key for key in sheet.keys if key[0] == source]
            if now is None:
                self.fail(DELETED, f"{step} deleted page {pk}")
                continue
            if was.scheduled and not now.scheduled and now.live == was.live:
                self.fail(TYPED, f"{step}: the schedule of page {pk} is gone")
            values = [told[uid] for _, uid in own if uid in told]
            is_absent = bool(own) and not values
            for version in VERSIONS:
                old, new = was.version(version), now.version(version)
                if new is None or old is None:
                    continue
                for name in NAMES:
                    if new[name] == old[name]:
                        continue
                    allowed = [each.get(name, old[name]) for each in values]
                    if name == "event_status" and is_absent and missing == "cancel":
                        allowed.append(cancelled)
                    if new[name] not in allowed:
                        invariant = HIDDEN if version == "live" else TYPED
                        text = f"{step}: {name} of the {version} version of page {pk} became {new[name]!r}"
                        self.fail(invariant, f"{text} (was {old[name]!r}), the feed says {allowed}")
                    elif version == "live" and not publishes and not is_absent and sheet.taken_down is None:
                        text = f"{step}: {name} of page {pk} went live as {new[name]!r}"
                        self.fail(HIDDEN, f"{text}; the source leaves what is new as drafts")
            if now.live and not was.live:
                self._returned(step, pk, sheet, now, values, publishes=publishes)
            if was.live and not now.live:
                if is_absent and missing == "unpublish":
                    sheet.taken_down = was.live
                else:
                    self.fail(FOLLOWS, f"{step} took page {pk} down")
            if now.live and values:
                sheet.taken_down = None
        for pk, now in after.items():
            if pk in before:
                continue
            match = [uid for uid, values in told.items() if values["title"] == now.draft["title"]]
            fresh = [uid for uid in match if self.known.get((source, uid), 0) == 0]
            if not fresh:
                self.fail(
                    FOLLOWS, f"{step} made page {pk} “{now.draft['title']}”, which is there or stays away"
                )
                continue
            self.known[source, fresh[0]] = pk
            self.sheet(pk).keys = [(source, fresh[0])]
            if bool(now.live) != publishes:
                self.fail(HIDDEN, f"{step} made page {pk} {'live' if now.live else 'a draft'}")
        for pk, now in after.items():
            sheet = self.sheet(pk)
            for key in sheet.keys:
                if key[0] != source:
                    continue
                if pk in waiting:
                    sheet.is_unsure = True
                    continue
                said = told.get(key[1])
                if said is None:
                    if key not in sheet.absent:
                        self._absent(step, pk, sheet, now, missing)
                    sheet.absent.add(key)
                    if missing == "cancel" and key in sheet.said:
                        sheet.said[key] = {**sheet.said[key], "event_status": cancelled}
                    continue
                news = said if sheet.is_unsure else _news(sheet.said.get(key), said)
                sheet.said[key] = said
                sheet.absent.discard(key)
                sheet.is_unsure = False
                if not sheet.stays_away and not sheet.is_joined:
                    self._follows(step, pk, sheet, now, said, news if publishes else {})

    def _returned(
        self, step: str, pk: int, sheet: Sheet, now: Event, values: list[Values], *, publishes: bool
    ) -> None:
        down, live = sheet.taken_down, now.live or {}
        if down is None or not values or not publishes:
            why = "an import took it down" if down else "no import had taken it down"
            self.fail(HIDDEN, f"{step} published page {pk}; {why}, and the source publishes: {publishes}")
            return
        for name in NAMES:
            if live[name] not in (down[name], *(each.get(name) for each in values)):
                text = f"{step} brought page {pk} back with {name} {live[name]!r}, which nobody published"
                self.fail(HIDDEN, f"{text} (it was {down[name]!r})")

    def _absent(self, step: str, pk: int, sheet: Sheet, now: Event, missing: str) -> None:
        if sheet.is_joined or sheet.stays_away or sheet.is_unsure:
            return
        if missing == "unpublish" and now.live:
            self.fail(FOLLOWS, f"{step}: page {pk} is not in the feed any more and still live")
        if missing == "cancel":
            for version in ("draft", "live"):
                values = now.version(version)
                free = "event_status" not in sheet.typed[version] and "event_status" not in sheet.pins
                if values and free and values["event_status"] != "EventCancelled":
                    self.fail(FOLLOWS, f"{step}: the {version} version of page {pk} is not cancelled")

    def _follows(self, step: str, pk: int, sheet: Sheet, now: Event, said: Values, news: Values) -> None:
        for name, value in said.items():
            if name in sheet.pins:
                continue
            for version, expected in (("draft", said), ("live", news), ("scheduled", news)):
                values = now.version(version)
                if not values or name in sheet.typed[version] or name not in expected:
                    continue
                if values[name] != value:
                    text = f"{step}: {name} of the {version} version of page {pk} is {values[name]!r}"
                    self.fail(FOLLOWS, f"{text}; nobody typed it, and the feed says {value!r}")

    # Undo.

    def undone(
        self,
        step: str,
        run: Run,
        before: dict[int, Event],
        after: dict[int, Event],
        offered: tuple[set, set],
        waiting: set[int],
    ) -> list[Key]:
        """The events whose pages are as before the run."""
        self.typed_stays(step, before, after)
        restored: list[Key] = []
        for pk in run.before.keys() | run.after.keys() | before.keys():
            start, end = run.before.get(pk), run.after.get(pk)
            was, now = before.get(pk), after.get(pk)
            sheet = self.sheet(pk)
            if was is None or was.is_alias:
                continue
            if now is None:
                if start is not None or end is None:
                    self.fail(DELETED, f"{step} deleted page {pk}, which that run did not make")
                elif sheet.touched:
                    self.fail(DELETED, f"{step} deleted page {pk}, which a person has worked on")
                continue
            for version in VERSIONS:
                old, new = was.version(version), now.version(version)
                first, last = (event.version(version) if event else None for event in (start, end))
                for name in NAMES if old and new else ():
                    if new[name] == old[name]:
                        continue
                    # The run may have changed a version that was not there before: a draft beside what is live.
                    back = {
                        each[name] for each in (first, start and start.draft, start and start.live) if each
                    }
                    made = {each[name] for each in (last, end and end.draft, end and end.live) if each}
                    if old[name] not in made or new[name] not in back:
                        text = f"{step}: {name} of the {version} version of page {pk} became {new[name]!r}"
                        self.fail(UNDONE, f"{text} (was {old[name]!r}); the run changed {back} to {made}")
            if now.live and not was.live and not (start and start.live and end and not end.live):
                self.fail(HIDDEN, f"{step} published page {pk}, which the run had not taken down")
            if now.live and not was.live and start and start.live and now.live != start.live:
                self.fail(
                    HIDDEN,
                    f"{step} published page {pk} otherwise than it was: {_differing(start.live, now.live)}",
                )
            if was.live and not now.live and not (end and end.live and start and not start.live):
                self.fail(UNDONE, f"{step} took page {pk} down, which the run had not published")
        before_pins = {pk: told["pins"] for pk, told in run.sheets.items()}
        for pk, was in before.items():
            if was.is_alias:
                continue
            if pk in waiting:
                self.sheet(pk).is_unsure = True
                continue
            start, end, now = run.before.get(pk), run.after.get(pk), after.get(pk)
            sheet = self.sheet(pk)
            offered_then = {name for other, name in run.offered_after if other == pk}
            offered_was = {name for other, name in offered[0] if other == pk}
            is_as_left = end is not None and end.said == was.said and offered_then == offered_was
            is_as_left = is_as_left and sheet.pins == before_pins.get(pk, set()) and not sheet.is_joined
            is_as_left = is_as_left and end.draft_revision == was.draft_revision
            if not is_as_left:
                sheet.is_unsure = True
                continue
            restored += sheet.keys
            if start is None:
                if now is not None and not sheet.touched:
                    self.fail(
                        UNDONE, f"{step}: page {pk}, which the run made and nobody touched, is still there"
                    )
                continue
            if now is not None and now.said != start.said:
                self.fail(UNDONE, f"{step}: page {pk} is not as before the run: {_difference(start, now)}")
            offered_first = {name for other, name in run.offered_before if other == pk}
            offered_now = {name for other, name in offered[1] if other == pk}
            if offered_first != offered_now:
                text = f"{step}: of page {pk} {sorted(offered_now) or 'nothing'} is to settle"
                self.fail(UNDONE, f"{text}; before the run it was {sorted(offered_first) or 'nothing'}")
            told = run.sheets[pk]
            sheet.said, sheet.absent = dict(told["said"]), set(told["absent"])
            sheet.taken_down = told["taken_down"]
            sheet.is_unsure = told["is_unsure"]
        for pk in [pk for pk in before if pk not in after]:
            for key, page in self.known.items():
                if page == pk:
                    self.known[key] = 0
                    restored.append(key)
        return restored


def _news(last: Values | None, said: Values) -> Values:
    return {name: value for name, value in said.items() if last and last.get(name) != value}


def _is_moved(values: Values) -> bool:
    return any(len(row.split(" ")) > 1 and row.split(" ")[1:] != ["off"] for row in values["exceptions"])


def _difference(one: Event | None, other: Event | None) -> str:
    if one is None or other is None:
        return "" if one is other else "it is new" if one is None else "it is gone"
    told = []
    for version in VERSIONS:
        was, now = one.version(version), other.version(version)
        if (was is None) != (now is None):
            told.append(f"{version} {'appeared' if was is None else 'is gone'}")
        elif was and now and was != now:
            told.append(f"{version}: {_differing(was, now)}")
    if one.goes_live_at != other.goes_live_at:
        told.append(f"goes live {one.goes_live_at} → {other.goes_live_at}")
    return "; ".join(told)


def _differing(was: Values, now: Values) -> str:
    return ", ".join(f"{name} {was[name]!r} → {now[name]!r}" for name in NAMES if was[name] != now[name])
