"""How the admin shows the health of sources: in their list, on their pages and on the dashboard."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone as clock
from django.utils.functional import cached_property
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import Column
from wagtail.permissions import policy_registry

from earthcode.worker_watch import silence
from events.importing.health import Health, Level, judge
from events.importing.models import ImportSource
from events.importing.standing import health_of, last_runs, worker_is_there

from .chart import chart_of

SHOWN = 8
STYLES = "events/imports.css"


class HealthColumn(Column):
    """What `with_health` has found out."""

    cell_template_name = "events/admin/import_health_cell.html"

    def get_value(self, instance: ImportSource) -> Health:
        return instance.health  # type: ignore[attr-defined]


def with_health(sources: Iterable[ImportSource]) -> list[ImportSource]:
    """`sources`, each with its `health` now."""
    listed = list(sources)
    found = health_of(listed, clock.now())
    for source in listed:
        source.health = found[source.pk]  # type: ignore[attr-defined]
    return listed


def shown_health(source: ImportSource) -> dict[str, Any]:
    """What `import_health.html` shows of one source."""
    runs = last_runs([source]).get(source.pk, [])
    return {"health": judge(source, runs, clock.now()), "chart": chart_of(runs), "source": source}


class ImportHealthPanel(Component):
    """On the dashboard: the sources that need somebody, or that all is well."""

    name = "import_health"
    template_name = "events/admin/import_health_panel.html"
    order = 150

    class Media:
        css = {"all": (STYLES,)}

    @cached_property
    def sources(self) -> list[ImportSource]:
        return with_health(ImportSource.objects.all())

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        at = clock.now()
        bad = [source for source in self.sources if source.health.needs_somebody]  # type: ignore[attr-defined]
        bad.sort(key=lambda source: source.health.level != Level.BROKEN)  # type: ignore[attr-defined]
        has_timetable = any(source.interval is not None and not source.is_paused for source in self.sources)
        return {
            "count": len(self.sources),
            "paused": sum(source.is_paused for source in self.sources),
            "bad": bad[:SHOWN],
            "more": len(bad) - SHOWN,
            "is_without_worker": has_timetable and not worker_is_there(at),
            # After a while the dashboard says it anyway, whatever sources there are.
            "is_told": bool(silence(at)),
        }


def may_see_sources(user: Any) -> bool:
    policy = policy_registry.get_by_type(ImportSource)
    return policy.user_has_any_permission(user, ["add", "change", "delete", "view"])
