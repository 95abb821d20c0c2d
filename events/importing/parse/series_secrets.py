"""A series of which the whole or some dates are private: what of it is public. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from events.importing.feed import Key, Level, Problem

from .vevent import Entry, Moment, Private


def without_secrets(entries: Sequence[Entry], hidden: Sequence[Private]) -> tuple[list[Entry], list[Problem]]:
    """What is public of the `entries` of one UID, of which others were `hidden`, and what there is to tell.

    A private series hides all its dates. A private entry for one date hides that date, one for all that follow hides
    those. What the public entries say of it is left out as well: that a date is off, or elsewhere, may be the secret.
    """
    masters = [entry for entry in entries if not entry.event.key.recurrence_id]
    is_once = not all(entry.rules or entry.added for entry in masters)
    dates = [secret.replaces for secret in hidden if secret.replaces is not None]
    if len(dates) < len(hidden) or is_once:
        reason = (
            "Another entry of this UID is marked as private in its calendar, so nothing of it is imported."
        )
        return [], [entry.problem(Level.SKIPPED, reason) for entry in entries]
    kept: list[Entry] = []
    problems: list[Problem] = []
    for entry in entries:
        if not entry.event.key.recurrence_id:
            kept += _without_dates(entry, hidden)
        elif any(_is_of(entry, secret) for secret in hidden):
            reason = "Another entry for the same date is marked as private in its calendar."
            problems.append(entry.problem(Level.SKIPPED, reason))
        else:
            kept.append(entry)
    return kept, problems


def _without_dates(master: Entry, hidden: Iterable[Private]) -> Iterable[Entry]:
    """`master` without the dates that are `hidden`, and what ends it before those that follow one."""
    for secret in hidden:
        if secret.replaces is None:
            continue
        until = " and all later ones" if secret.is_following else ""
        master.warnings.append(
            f"Its date {secret.replaces.written:%Y-%m-%d}{until} is marked as private in its calendar; that is left "
            "out of the series."
        )
        if secret.is_following:
            master.added = tuple(
                added for added in master.added if _begins(added.start) < _begins(secret.replaces)
            )
            # To call off what follows says nothing but that the series ends.
            event = replace(
                master.event,
                key=Key(master.event.key.uid, secret.replaces.recurrence_id),
                event_status="EventCancelled",
            )
            yield Entry(event, [], replaces=secret.replaces, is_following=True)
        else:
            master.excluded += (secret.replaces,)
    yield master


def _is_of(override: Entry, secret: Private) -> bool:
    """Whether `override` speaks of a date that `secret` hides; one that speaks of nobody knows which date may."""
    if override.replaces is None or secret.replaces is None:
        return True
    theirs, ours = _begins(override.replaces), _begins(secret.replaces)
    return (
        theirs == ours
        or (secret.is_following and theirs > ours)
        or override.replaces.written == secret.replaces.written
    )


def _begins(moment: Moment) -> datetime:
    if isinstance(moment.value, datetime):
        return moment.value.astimezone(UTC)
    return datetime(moment.value.year, moment.value.month, moment.value.day, tzinfo=UTC)
