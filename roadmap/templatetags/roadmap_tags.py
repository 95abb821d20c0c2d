"""The roadmap for the templates of any app."""

from django import template

from ..links import links_of
from ..models import RoadmapPage, RoadmapStagePage

register = template.Library()


@register.simple_tag
def roadmap_stages():
    """All published stages in the editors' order, each with its `shown_links`."""
    stages = list(RoadmapStagePage.objects.listed().order_by("path"))
    for stage, links in zip(stages, links_of(stages), strict=True):
        stage.shown_links = links
    return stages


@register.simple_tag
def stage_links(stage):
    """The links of one stage that lead somewhere."""
    return links_of([stage])[0]


@register.simple_tag
def current_stage():
    """The stage under way; between two, the next one; at the end, the last; None without any."""
    stages = roadmap_stages()
    for status in (RoadmapStagePage.Status.ONGOING, RoadmapStagePage.Status.COMING_UP):
        for stage in stages:
            if stage.status == status:
                return stage
    return stages[-1] if stages else None


@register.simple_tag
def roadmap_page():
    """The page with the whole timeline, or None."""
    return RoadmapPage.objects.live().first()
