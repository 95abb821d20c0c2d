"""A small chart of how many events a feed had at its last runs: where its marks stand. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from events.importing.health import in_words
from events.importing.models import ImportRun

WIDTH, HEIGHT = 320, 64
GAP = 3
LEAST = 2
"""So high is a bar of no events, that it can be seen."""

FAILED = {ImportRun.State.FAILED, ImportRun.State.BROKEN}


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar, or a cross for a run that failed; in units of a drawing of WIDTH by HEIGHT, from its upper left."""

    run: ImportRun
    when: str
    kind: str
    words: str
    x: float
    y: float
    width: float
    height: float

    @property
    def cross(self) -> str:
        """The path of a cross in the middle of its column, on the ground line."""
        size = min(self.width, 10.0) / 2
        x, y = self.x + self.width / 2, HEIGHT - 1 - size
        left, right, top, bottom = (round(edge, 2) for edge in (x - size, x + size, y - size, y + size))
        return f"M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}"


@dataclass(frozen=True, slots=True)
class Chart:
    """`words` tell what is drawn to those who do not see it."""

    marks: tuple[Mark, ...]
    most: int
    words: str
    width: int = WIDTH
    height: int = HEIGHT


def chart_of(runs: Sequence[ImportRun]) -> Chart | None:
    """The chart of `runs`, the newest of which comes first; None where there is nothing to draw."""
    shown = [run for run in reversed(runs) if run.state in FAILED or run.found is not None]
    if not shown:
        return None
    most = max((run.found or 0 for run in shown), default=0)
    # A few runs are few bars on the left, not broad ones.
    column = WIDTH / max(len(shown), 12)
    marks = tuple(_mark(run, number * column, column - GAP, most) for number, run in enumerate(shown))
    said = ", ".join(mark.words for mark in marks)
    return Chart(marks, most, f"Events in the feed at the last {len(marks)} runs, the oldest first: {said}.")


def _mark(run: ImportRun, x: float, width: float, most: int) -> Mark:
    when = in_words(run.started_at)
    if run.state in FAILED:
        return Mark(run, when, "failed", "failed", x, 0, width, HEIGHT)
    found = run.found or 0
    height = LEAST + (HEIGHT - LEAST) * found / (most or 1)
    is_held = run.state == ImportRun.State.HELD
    words = f"{found}, held" if is_held else f"{found}"
    kind = "held" if is_held else "read"
    return Mark(
        run, when, kind, words, round(x, 2), round(HEIGHT - height, 2), round(width, 2), round(height, 2)
    )
