"""How far an import is that somebody has asked for: the page that they land on, which follows it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone as clock
from django.views.generic import TemplateView
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from events.importing.models import ImportRun, ImportSource
from events.importing.standing import worker_is_there
from events.tasks import lock_of

from .screens import SourceScreen

RESULTS = ("created", "updated", "unchanged", "skipped", "failed", "withdrawn")
PATIENCE = timedelta(seconds=30)
SOON = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Progress:
    """`stage` is one of waiting, reading, writing, over and lost; `done` of `total` events are dealt with while it is
    writing. `sentence` says it, `hint` what may be the matter."""

    stage: str
    sentence: str
    hint: str = ""
    run: ImportRun | None = None
    done: int = 0
    total: int = 0

    @property
    def goes_on(self) -> bool:
        return self.stage in ("waiting", "reading", "writing")

    @property
    def counts(self) -> list[tuple[str, int]]:
        return [(name, getattr(self.run, name)) for name in RESULTS] if self.run else []


def progress_of(
    run: ImportRun | None, status: str, waits: timedelta, *, is_behind: bool, has_worker: bool
) -> Progress:
    """How far the import of a job is that is in this `status` ("" once it is gone from the table) and has waited so
    long; by its `run`, as soon as there is one. `is_behind`: another import of the source is going on. Pure."""
    if status == "todo":
        return Progress(
            "waiting", "Waiting for the worker.", _why_it_waits(waits, is_behind, has_worker), run
        )
    if run and run.state != ImportRun.State.RUNNING:
        return Progress("over", f"{run.get_state_display()}.", run.message, run)
    if status != "doing":
        lost = (
            "It left no run of its own, because nothing was new or another import was going on; or it could not begin. "
            "The list of runs says what was imported."
        )
        return Progress("lost", "This import is not going on any more.", lost, run)
    silent = "" if has_worker else _NO_WORKER_NOW
    if run is None or run.total is None:
        return Progress("reading", "Fetching and reading the feed.", silent, run)
    return Progress("writing", "Importing the events.", silent, run, run.done, run.total)


_NO_WORKER = (
    "No worker is running, so nothing is imported. Whoever runs the portal has to start it: "
    "manage.py run_worker."
)
_NO_WORKER_NOW = (
    "The worker that does this has not been heard of for a minute. If it was ended, another one does the rest within a "
    "few minutes, as soon as it runs."
)


def _why_it_waits(waits: timedelta, is_behind: bool, has_worker: bool) -> str:
    if is_behind:
        return "Another import of this source is going on; this one follows."
    if not has_worker and waits >= SOON:
        return _NO_WORKER
    if waits >= PATIENCE:
        return "The worker is busy with something else. Is it running, and does it keep up?"
    return ""


def progress_now(source: ImportSource, job: int, at: datetime) -> Progress:
    """How far the import of `source` by the job of this number is at `at` (aware)."""
    # First the job, which is deleted once its run is complete.
    jobs = ProcrastinateJob.objects.filter(lock=lock_of(source.pk))
    found = jobs.filter(pk=job).first()
    waits = found is not None and found.status == "todo"
    asked = waits and ProcrastinateEvent.objects.filter(job=job, type="deferred").first()
    return progress_of(
        source.runs.defer("problems").filter(job=job).first(),
        found.status if found else "",
        at - asked.at if asked and asked.at else timedelta(),
        is_behind=waits and jobs.filter(status="doing").exists(),
        has_worker=worker_is_there(at),
    )


def address_of_progress(source: ImportSource, job: int) -> str:
    return reverse("import_sources:progress", args=[source.pk, job])


def job_that_waits(source: ImportSource) -> int | None:
    """The number of the job that is to import `source`."""
    waiting = ProcrastinateJob.objects.filter(queueing_lock=lock_of(source.pk), status="todo")
    return waiting.values_list("pk", flat=True).first()


class ProgressView(SourceScreen, TemplateView):
    """With `?part` only what changes, for the script that keeps the page up to date."""

    is_for_all = True
    page_title = "Import"
    header_icon = "download"

    def get_template_names(self):
        name = "import_progress_part" if "part" in self.request.GET else "import_progress"
        return [f"events/admin/{name}.html"]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **kwargs,
            source=self.object,
            progress=progress_now(self.object, self.kwargs["job"], clock.now()),
            runs_url=f"{reverse('import_runs:index')}?source={self.object.pk}",
        )
