"""Pages of different sources that may be about one event: found after each run, settled by people, never by the import.

What somebody said of two pages is remembered as long as there are both.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import Case, F, JSONField, Q, TextField, Value, When
from django.db.models.expressions import Combinable, CombinedExpression
from django.db.models.fields.json import KT, KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from events.models import EventPage

from .alike import Pair, Telling, alike, groups
from .models import ImportChange, ImportRecord, ImportRun, PossibleDuplicate

State = PossibleDuplicate.State

TOLD = (
    "title",
    "start_date",
    "start_time",
    "end_date",
    "end_time",
    "timezone",
    "recurrence_rule",
    "attendance_mode",
    "venue",
    "city",
    "country",
    "website",
    "registration_url",
)
# Not wanted, and long.
LONG = ["body", "exceptions", "additional_dates"]
MAX_PERIODS = 30
ROWS_AT_ONCE = 1000
# Of a page that an editor took down nobody has to be asked.
IS_THERE = Q(live=True) | Q(first_published_at=None, replaced_by=None)

Period = tuple[date, date]


def look_after(run: ImportRun) -> None:
    """Bring up to date what is suggested about the pages that `run` made or changed. Takes the same few queries however
    many these are."""
    pages = ImportChange.objects.filter(run=run, page__isnull=False).values_list("page", flat=True)
    look(set(pages))


@transaction.atomic
def look(pages: Collection[int]) -> None:
    """Bring up to date what is suggested about `pages`, compared with all that takes place on the same days."""
    own = [*_imported(Q(page__in=pages)), *_by_hand(Q(pk__in=pages))]
    there = set(pages)
    imported, by_hand = Q(uid__in={telling.uid for telling in own if telling.uid}), Q(start=None)
    for first, last in periods((each.start_date, each.end_date) for each in own if each.start_date):
        in_period = Q(start__lte=last.isoformat(), last__gte=first.isoformat())
        imported |= in_period
        by_hand |= in_period
    others = [*_imported(imported & ~Q(page__in=pages)), *_by_hand(by_hand & ~Q(pk__in=pages))]
    held = PossibleDuplicate.objects.filter(Q(one__in=there) | Q(other__in=there))
    _keep(alike([*own, *others], among=there), held)


@transaction.atomic
def look_everywhere() -> None:
    """Compare all events that there are: also those that were written by hand since."""
    _keep(alike([*_imported(Q()), *_by_hand(Q())]), PossibleDuplicate.objects.all())


def _keep(found: dict[Pair, float], held: Iterable[PossibleDuplicate]) -> None:
    """Nothing that somebody settled is opened again."""
    known = {row.pair: row for row in held}
    gone = [row.pk for pair, row in known.items() if row.state == State.OPEN and pair not in found]
    PossibleDuplicate.objects.filter(pk__in=gone).delete()
    news = [
        PossibleDuplicate(one_id=pair[0], other_id=pair[1], likeness=likeness)
        for pair, likeness in found.items()
        if pair not in known
    ]
    PossibleDuplicate.objects.bulk_create(news, batch_size=ROWS_AT_ONCE, ignore_conflicts=True)


def open_groups() -> list[tuple[int, ...]]:
    """The pages that may be about one event, those that came last first. In three queries."""
    rows = PossibleDuplicate.objects.filter(state=State.OPEN).values_list("one", "other", "likeness")
    pairs = {(one, other): likeness for one, other, likeness in rows}
    if not pairs:
        return []
    pages = {page for pair in pairs for page in pair}
    sources: dict[int, frozenset[int | None]] = {}
    for page, source in ImportRecord.objects.filter(page__in=pages).values_list("page", "source"):
        sources[page] = sources.get(page, frozenset()) | {source}
    by_hand: frozenset[int | None] = frozenset({None})
    different = PossibleDuplicate.objects.filter(state=State.DIFFERENT, one__in=pages, other__in=pages)
    found = groups(
        pairs,
        {page: sources.get(page, by_hand) for page in pages},
        set(different.values_list("one", "other")),
    )
    return sorted(found, key=lambda group: group[::-1], reverse=True)


def say_different(pairs: Iterable[Pair], *, user: Any, at: datetime) -> None:
    """That these are pages of different events, which is not asked again. Pages that were joined have to be parted."""
    pairs = {(min(pair), max(pair)) for pair in pairs}
    pages = {page for pair in pairs for page in pair}
    joined = PossibleDuplicate.objects.filter(state=State.SAME, one__in=pages, other__in=pages)
    pairs -= set(joined.values_list("one", "other"))
    rows = [
        PossibleDuplicate(one_id=one, other_id=other, state=State.DIFFERENT, settled_at=at, settled_by=user)
        for one, other in sorted(pairs)
    ]
    PossibleDuplicate.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=("one", "other"),
        update_fields=("state", "settled_at", "settled_by"),
    )


def all_pairs(pages: Iterable[int]) -> Iterator[Pair]:
    return combinations(sorted(pages), 2)


def ask_again(row: PossibleDuplicate) -> None:
    """Take back that two pages are of different events."""
    PossibleDuplicate.objects.filter(pk=row.pk, state=State.DIFFERENT).delete()
    look({row.one_id})


def periods(spans: Iterable[tuple[date, date | None]]) -> list[Period]:
    """A few periods in which all `spans` of days lie, with a day around them for the time zones."""
    days = sorted((first - A_DAY, max(first, last or first) + A_DAY) for first, last in spans)
    gap = A_DAY
    while len(merged := _merged(days, gap)) > MAX_PERIODS:
        gap *= 2
    return merged


A_DAY = timedelta(days=1)


def _merged(days: Iterable[Period], gap: timedelta) -> list[Period]:
    merged: list[Period] = []
    for first, last in days:
        if merged and first - merged[-1][1] <= gap:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged


def _imported(which: Q) -> Iterator[Telling]:
    """What the sources said last about events that have a page."""
    records = (
        ImportRecord.objects.filter(
            Q(page__live=True) | Q(page__first_published_at=None, page__replaced_by=None),
            page__isnull=False,
            is_ignored=False,
        )
        .annotate(
            start=KT("values__start_date"), last=Coalesce(KT("values__end_date"), KT("values__start_date"))
        )
        .filter(which)
        .annotate(told=Without(F("values"), Value(LONG, output_field=ArrayField(TextField()))))
        .values_list("page", "source", "uid", "recurrence_id", "told")
    )
    for page, source, uid, recurrence_id, values in records.iterator(chunk_size=ROWS_AT_ONCE):
        yield _telling(page, source, values, uid=uid, recurrence_id=recurrence_id)


class Without(CombinedExpression):
    """A JSON object without some of its fields: it is unpacked once, and not once for each field that is wanted."""

    def __init__(self, values: Combinable, names: Combinable):
        super().__init__(values, "-", names, output_field=JSONField())


def _by_hand(which: Q) -> Iterator[Telling]:
    """What the pages say that no source has: as published, or else as drafted last."""
    pages = (
        EventPage.objects.filter(IS_THERE, import_records=None)
        .annotate(**{f"told_{name}": _as_drafted(name) for name in (*TOLD, "date_text")})
        .annotate(start=F("told_start_date"), last=Coalesce("told_end_date", "told_start_date"))
        .filter(which)
        .values_list("pk", *(f"told_{name}" for name in TOLD), "told_date_text")
    )
    for page, *told, date_text in pages.iterator(chunk_size=ROWS_AT_ONCE):
        values = dict(zip(TOLD, told, strict=True))
        yield _telling(page, None, values, date_text=date_text or "")


def _as_drafted(name: str) -> Combinable:
    column = Cast(name, TextField())
    return Case(
        When(live=True, then=column),
        default=Coalesce(KeyTextTransform(name, "latest_revision__content"), column),
    )


def _telling(page: int, source: int | None, values: Mapping[str, Any], **more: str) -> Telling:
    return Telling(
        page=page,
        source=source,
        title=values.get("title") or "",
        start_date=_day(values.get("start_date")),
        start_time=_time(values.get("start_time")),
        end_date=_day(values.get("end_date")),
        end_time=_time(values.get("end_time")),
        timezone=values.get("timezone") or "",
        recurrence_rule=values.get("recurrence_rule") or "",
        attendance_mode=values.get("attendance_mode") or "",
        venue=values.get("venue") or "",
        city=values.get("city") or "",
        country=values.get("country") or "",
        addresses=tuple(filter(None, (values.get("website"), values.get("registration_url")))),
        **more,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _time(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None
