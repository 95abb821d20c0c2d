"""The roadmap for the templates of any app."""

from django import template

from ..models import RoadmapPage, RoadmapStagePage

register = template.Library()


@register.simple_tag
def roadmap_stages():
    """All published stages in the editors' order."""
    return RoadmapStagePage.objects.listed().order_by("path")


@register.simple_tag
def current_stage():
    """The stage under way; between two, the next one; at the end, the last; None without any."""
    stages = list(roadmap_stages())
    for status in (RoadmapStagePage.Status.ONGOING, RoadmapStagePage.Status.COMING_UP):
        for stage in stages:
            if stage.status == status:
                return stage
    return stages[-1] if stages else None


@register.simple_tag
def roadmap_page():
    """The page with the whole timeline, or None."""
    return RoadmapPage.objects.live().first()
