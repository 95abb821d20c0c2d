"""Which runs are forgotten in the end.

Undoing a run takes the run and all of its changes. So one stays with all of them, however old, while it was the last to
change a page that is still there, and that change was not undone: as long as somebody may want to undo it. Of each
source the newest runs stay too, by which its health is judged.
"""

import logging
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from earthcode.history import delete_in_batches, kept_since

from .health import HISTORY
from .models import ImportChange, ImportIncident, ImportRun, ImportSource

logger = logging.getLogger(__name__)


def forget_runs(at: datetime) -> int:
    """Delete the runs of before `kept_since` that nothing needs any more, with their changes; how many there were."""
    since = kept_since(at)
    later = ImportChange.objects.filter(page=OuterRef("page"), pk__gt=OuterRef("pk"))
    undoable = ImportChange.objects.filter(run=OuterRef("pk"), is_undone=False, page__isnull=False)
    rows = ImportRun.objects.filter(started_at__lt=since).exclude(state=ImportRun.State.RUNNING)
    rows = rows.exclude(pk__in=_newest_of_each_source()).filter(~Exists(undoable.filter(~Exists(later))))
    deleted = delete_in_batches(rows)
    incidents = delete_in_batches(ImportIncident.objects.filter(Q(end_told_at__lt=since), ended_at__lt=since))
    logger.info("Deleted %s runs of imports and %s incidents of before %s", deleted, incidents, since.date())
    return deleted


def _newest_of_each_source() -> list[int]:
    return [
        run
        for source in ImportSource.objects.all()
        for run in source.runs.values_list("pk", flat=True)[:HISTORY]
    ]
