"""Where the links of stages lead, for whoever may see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from wagtail.models import Page


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    href: str


def links_of(stages: Sequence) -> list[list[Link]]:
    """For each of `stages` its links in the editors' order, without those to pages that are gone, not published or
    not for everybody. The database is asked once for all stages."""
    written = [[item["value"] for item in stage.links.raw_data] for stage in stages]
    ids = {value["page"] for values in written for value in values if value.get("page")}
    pages = Page.objects.live().public().in_bulk(ids) if ids else {}
    return [list(_shown(values, pages)) for values in written]


def _shown(values, pages):
    for value in values:
        page = pages.get(value.get("page"))
        href = page.url if page else "" if value.get("page") else value.get("address")
        if href and value.get("text"):
            yield Link(value["text"], href)
