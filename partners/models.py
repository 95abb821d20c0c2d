"""The organizations behind EarthCODE."""

from django.conf import settings
from django.db import models
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, TitleFieldPanel
from wagtail.models import PageManager
from wagtail.search import index

from earthcode.models import BasePage, IndexPage
from earthcode.querysets import BasePageQuerySet


class PartnerIndexPage(IndexPage):
    template = "partners/partner_index_page.html"
    max_count = 1
    parent_page_types = ("earthcode.HomePage",)
    subpage_types = ("partners.PartnerPage",)
    admin_default_ordering = "ord"


class PartnerPageQuerySet(BasePageQuerySet):
    images = ("social_image", "logo")


class PartnerPage(BasePage):
    """One partner; the page's title is the partner's name."""

    role = models.TextField(
        "role in EarthCODE",
        max_length=300,
        help_text="What this partner does for EarthCODE, in one sentence.",
    )
    logo = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Without a logo the portal draws a monogram from the name.",
    )
    website = models.URLField(blank=True, max_length=500)

    objects = PageManager.from_queryset(PartnerPageQuerySet)()

    kind = ("Partner", "Partners")

    template = "partners/partner_page.html"
    parent_page_types = ("partners.PartnerIndexPage",)
    subpage_types = ()
    content_panels = [
        TitleFieldPanel("title", heading="Name"),
        FieldPanel("role"),
        MultiFieldPanel([FieldPanel("logo"), FieldPanel("website")], heading="Logo and website"),
        FieldPanel("summary", help_text="Optional: more about this partner, shown on its page."),
    ]
    search_fields = (*BasePage.search_fields, index.SearchField("role"))

    @property
    def monogram(self):
        """One or two capitals drawn where there is no logo: “BC” for Brockmann Consult."""
        words = [word for word in self.title.split() if word[0].isalnum()]
        return "".join(word[0] for word in words[:2]).upper() or "?"

    @property
    def social_image_lines(self):
        return ("Partner of EarthCODE",)

    @property
    def meta_description(self):
        return self.search_description or self.summary or self.role
