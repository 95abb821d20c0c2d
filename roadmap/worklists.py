"""What the roadmap has for the dashboard."""

from earthcode.worklists import Worklist, editable_by

from .models import RoadmapStagePage


class OverdueStages(Worklist):
    """Stages that are over by their dates and not by their status."""

    name = "overdue-stages"
    heading = "Stages whose period has passed"
    advice = "Say that they are completed, or give them more time."
    order = 170

    def pages(self):
        unfinished = RoadmapStagePage.objects.live().exclude(status=RoadmapStagePage.Status.COMPLETED)
        editable = unfinished.filter(pk__in=editable_by(self.user).values("pk"))
        return [stage for stage in editable.order_by("path") if stage.is_over(self.at)]

    def remark(self, page):
        return f"{page.period} · still “{page.get_status_display()}”"
