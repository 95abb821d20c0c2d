"""Where EarthCODE is going, stage by stage."""

from datetime import UTC, datetime, timedelta

from django.db import models
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from earthcode.blocks import LinkListBlock
from earthcode.models import BasePage, IndexPage

from .periods import last_day


class RoadmapPage(IndexPage):
    template = "roadmap/roadmap_page.html"
    max_count = 1
    parent_page_types = ("earthcode.HomePage",)
    subpage_types = ("roadmap.RoadmapStagePage",)
    admin_default_ordering = "ord"


class RoadmapStagePage(BasePage):
    class Status(models.TextChoices):
        COMPLETED = "completed", "Completed"
        ONGOING = "ongoing", "Ongoing"
        COMING_UP = "coming_up", "Coming up"

    period = models.CharField(max_length=40, help_text="When this stage takes place, such as “Year 2+”.")
    ends_on = models.DateField(
        "last day",
        null=True,
        blank=True,
        help_text="Not shown to visitors: the dashboard reminds of a stage that is over and not “Completed”. Empty: "
        "read from the period, if that names a year.",
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.COMING_UP)
    objective = models.TextField(help_text="What this stage is for, in one sentence.")
    outcome = models.TextField(help_text="What will be there when it is done.")
    links = StreamField(
        LinkListBlock(),
        blank=True,
        help_text="Events, pages and other sites that belong to this stage. What is not published, or not for "
        "everybody, is left out until it is.",
    )

    kind = ("Roadmap stage", "Roadmap stages")

    template = "roadmap/roadmap_stage_page.html"
    parent_page_types = ("roadmap.RoadmapPage",)
    subpage_types = ()
    content_panels = [
        *Page.content_panels,
        MultiFieldPanel([FieldPanel("period"), FieldPanel("ends_on"), FieldPanel("status")], heading="When"),
        FieldPanel("objective"),
        FieldPanel("outcome"),
        FieldPanel("links"),
    ]
    search_fields = (*BasePage.search_fields, index.SearchField("objective"), index.SearchField("outcome"))

    def is_over(self, at: datetime) -> bool:
        """Whether the last day is over everywhere at `at` (aware); never of a stage without one."""
        last = self.ends_on or last_day(self.period)
        return last is not None and last < (at.astimezone(UTC) - timedelta(hours=12)).date()

    @property
    def facts_line(self):
        return f"{self.period} · {self.get_status_display()}"

    @property
    def social_image_lines(self):
        return (self.period,)

    @property
    def meta_description(self):
        return self.search_description or self.summary or self.objective
