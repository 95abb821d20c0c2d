"""What every app stands on: the base of all pages, the portal's own pages, images and settings."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.files.base import ContentFile
from django.core.validators import MaxLengthValidator
from django.db import models
from django.http import Http404
from django.utils.csp import CSP
from django.utils.functional import cached_property
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin
from wagtail.fields import StreamField
from wagtail.images.models import AbstractImage, AbstractRendition, Image
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    Page,
    PageManager,
    PageViewRestriction,
    PreviewableMixin,
    RevisionMixin,
    Site,
    WorkflowMixin,
)
from wagtail.search import index

from .blocks import LinkGroupBlock, LinkListBlock, SectionStreamBlock, images_in
from .forms import BasePageForm
from .image_metadata import without_metadata
from .querysets import BasePageQuerySet
from .social_images import Card, SocialImage
from .templatetags.pictures import prefetch_renditions, rendition

END_OF_TEXT = "␞"
"""Between what search results may quote of a page and the bare words by which it is found as well."""


class PortalImage(AbstractImage):
    """An image with the two facts that open science owes its readers: whose it is and on what terms."""

    credit = models.CharField(
        max_length=255, blank=True, help_text="Who made this image, for example “ESA/Copernicus Sentinel-2”."
    )
    licence = models.CharField(
        max_length=100, blank=True, help_text="The terms of use, for example “CC BY-SA 3.0 IGO”."
    )

    admin_form_fields = (*Image.admin_form_fields, "credit", "licence")
    search_fields = (*AbstractImage.search_fields, index.SearchField("credit"))

    class Meta(AbstractImage.Meta):
        # Files are looked up by their names; see `media_access`.
        indexes = (models.Index(fields=("file",), name="portal_image_file"),)

    def save(self, *args, **kwargs):
        """A file that is new is stored without its metadata, whoever brings it."""
        if self.file and not self.file._committed:
            self.file.seek(0)
            self.file.file = ContentFile(without_metadata(self.file.read()), self.file.name)
            self._set_image_file_metadata()
        super().save(*args, **kwargs)


class PortalRendition(AbstractRendition):
    image = models.ForeignKey(PortalImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("image", "filter_spec", "focal_point_key"), name="unique_portal_rendition"
            ),
        )
        indexes = (models.Index(fields=("file",), name="portal_rendition_file"),)


class BasePage(Page):
    """What every page of the portal has: a summary, an image for sharing, an absolute address."""

    summary = models.TextField(
        blank=True,
        validators=[MaxLengthValidator(500)],
        help_text="One or two sentences, shown in lists, in search results and when the page is shared.",
    )
    social_image = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Shown when somebody shares this page. Best at 1200 × 630 pixels.",
    )

    objects = PageManager.from_queryset(BasePageQuerySet)()

    # What visitors call one such page and several of them.
    kind = ("Page", "Pages")

    base_form_class = BasePageForm
    search_fields = (*Page.search_fields, index.SearchField("summary"))
    promote_panels = [
        *Page.promote_panels,
        FieldPanel("social_image"),
        HelpPanel(template="earthcode/admin/drawn_social_image.html", heading="Drawn social image"),
    ]

    class Meta:
        abstract = True

    @property
    def meta_description(self):
        """Plain text for search engines; may be empty."""
        return self.search_description or self.summary

    @property
    def end_of_text(self):
        """Stands in `search_fields` after what a visitor reads as text: what follows is found and not quoted."""
        return END_OF_TEXT

    @property
    def facts_line(self):
        """What a search result says beside the title, such as a date and a place; may be empty."""
        return ""

    @property
    def social_image_title(self) -> str:
        """The words that stand largest on the drawn social image."""
        return self.title

    @property
    def social_image_lines(self) -> tuple[str, ...]:
        """Up to two lines under them, such as dates and a place; empty ones are left out."""
        return ()

    @property
    def social_card(self) -> Card:
        return Card(self.social_image_title, tuple(filter(None, self.social_image_lines)))

    @cached_property
    def shared_image(self) -> SocialImage | None:
        """The image for sharing: the chosen one, else the drawn one; None for a page that was never saved."""
        chosen = self.social_image
        if chosen and (picture := rendition(chosen, "fill-1200x630|format-jpeg")):
            alt = chosen.description or self.title
            return SocialImage(picture.full_url, alt, picture.width, picture.height, "image/jpeg")
        card = self.social_card
        return SocialImage(f"{settings.BASE_URL}{card.path(self.pk)}", card.alt) if self.pk else None

    @property
    def social_image_url(self) -> str | None:
        """The absolute address of `shared_image`."""
        return self.shared_image.url if self.shared_image else None

    @cached_property
    def breadcrumbs(self):
        """The pages from the home page down to this one's parent; empty for the home page.

        Routing has walked through them and left each at its child, so a visit costs no query.
        """
        line: list[Page] = []
        page = self
        while page.depth > 2:
            page = page.get_parent()
            line.insert(0, page)
        return line

    def get_view_restrictions(self):
        """Wagtail's own, without asking again for the pages above; aliases are left to Wagtail."""
        if any(page.alias_of_id for page in (self, *self.breadcrumbs)):
            return super().get_view_restrictions()
        line = [self.path[:end] for end in range(self.steplen, len(self.path) + 1, self.steplen)]
        return PageViewRestriction.objects.filter(page__path__in=line)

    def get_url_parts(self, request=None):
        """Wagtail's (site id, root address, path); the root is BASE_URL, so that the environment alone
        decides what the portal calls itself, not a database row that outlives a move to another host."""
        parts = super().get_url_parts(request)
        return parts and (parts[0], settings.BASE_URL, parts[2])

    def get_sitemap_urls(self, request=None):
        """Wagtail's, with the publication alone as the last change: a draft that was saved is none."""
        return [{"location": self.get_full_url(request), "lastmod": self.last_published_at}]

    def serve_preview(self, request, mode_name):
        """The page as the editor's preview frame shows it."""
        return _framed_by_the_admin(super().serve_preview(request, mode_name))


def _framed_by_the_admin(response):
    """`response`, which the admin and nobody else may show in a frame."""
    response._csp_config = {**settings.SECURE_CSP, "frame-ancestors": [CSP.SELF]}
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


class Routes(RoutablePageMixin):
    """Addresses below that of a page, which is to inherit this before BasePage."""

    def serve_preview(self, request, mode_name):
        """As BasePage's, which Wagtail's own does not come to."""
        return _framed_by_the_admin(super().serve_preview(request, mode_name))


class IndexPage(BasePage):
    """A page above pages of one kind, which it lists."""

    content_panels = [*Page.content_panels, FieldPanel("summary", heading="Introduction")]

    class Meta:
        abstract = True

    def get_sitemap_urls(self, request=None):
        """What it lists is part of it: it changed when the last of the pages below was published."""
        (own,) = super().get_sitemap_urls(request)
        below = self.get_children().live().aggregate(at=models.Max("last_published_at"))["at"]
        return [{**own, "lastmod": max(filter(None, (own["lastmod"], below)), default=None)}]

    def route(self, request, path_components):
        """Wagtail's own, but a page below is fetched whole and with its images at once."""
        if not path_components:
            return super().route(request, path_components)
        (model,) = self.allowed_subpage_models()
        page = model.objects.child_of(self).with_images().filter(slug=path_components[0]).first()
        if page is None:
            raise Http404
        page._cached_parent_obj = self
        return page.route(request, path_components[1:])


class SectionsPage(BasePage):
    """A page that an editor builds out of sections."""

    body = StreamField(
        SectionStreamBlock(),
        blank=True,
        help_text="Sections from top to bottom. Drag to reorder them; each shows a preview when you add it.",
    )

    content_panels = [*Page.content_panels, FieldPanel("summary"), FieldPanel("body")]
    search_fields = (*BasePage.search_fields, index.SearchField("words_of_body"))

    class Meta:
        abstract = True

    @property
    def words_of_body(self):
        """What visitors read in the sections, for the search; snippets of it are shown to them."""
        texts = self._meta.get_field("body").get_searchable_content(self.body)
        # Wagtail writes “None” for a field that was added to a block after the page was made.
        return " · ".join(text.strip() for text in texts if text.strip() not in ("", "None"))

    def get_context(self, request, *args, **kwargs):
        """Wagtail's, with the renditions of all pictures in the sections fetched at once."""
        prefetch_renditions(images_in(self.body))
        return super().get_context(request, *args, **kwargs)

    @property
    def hero(self):
        """The first hero's value, which carries the main heading; None without one."""
        return next((block.value for block in self.body if block.block_type == "hero"), None)

    @property
    def has_hero(self):
        """Whether a hero carries the main heading; without one the template shows the title instead."""
        return self.hero is not None


class HomePage(SectionsPage):
    template = "earthcode/sections_page.html"
    max_count = 1
    parent_page_types = ("wagtailcore.Page",)

    def route(self, request, path_components):
        """Wagtail's own, but the page below is fetched whole at once, of whichever kind it is."""
        if not path_components:
            return super().route(request, path_components)
        models = self.allowed_subpage_models()
        kinds = [model._meta.model_name for model in models if issubclass(model, BasePage)]
        row = self.get_children().select_related(*kinds).filter(slug=path_components[0]).first()
        page = next((getattr(row, kind) for kind in kinds if hasattr(row, kind)), None)
        if page is None:
            raise Http404
        page._cached_parent_obj = self
        return page.route(request, path_components[1:])

    @property
    def social_image_title(self):
        """The hero's heading: the title is only the portal's name, which every drawn image bears."""
        return self.hero["title"] if self.hero else self.title

    @property
    def social_image_lines(self):
        return (self.hero["overline"],) if self.hero else ()


class MissionPage(SectionsPage):
    template = "earthcode/sections_page.html"
    max_count = 1
    parent_page_types = ("earthcode.HomePage",)
    subpage_types = ("earthcode.ContentPage",)


class ContentPage(SectionsPage):
    template = "earthcode/sections_page.html"
    parent_page_types = ("earthcode.HomePage", "earthcode.MissionPage", "earthcode.ContentPage")
    subpage_types = ("earthcode.ContentPage",)


class SiteSettings(
    WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, PreviewableMixin, models.Model
):
    """What surrounds every page of a site: navigation, sign-in, contact, footer. Visitors see its published version."""

    site = models.OneToOneField(
        Site,
        on_delete=models.CASCADE,
        related_name="+",
        error_messages={"unique": "This site has its navigation and footer already: edit those instead."},
    )
    navigation = StreamField(
        LinkListBlock(), blank=True, help_text="The links at the top of every page; five are plenty."
    )
    sign_in_label = models.CharField(
        max_length=40, blank=True, default="Sign in", help_text="The words on the button at the top right."
    )
    sign_in_url = models.URLField(
        "sign-in address",
        blank=True,
        help_text="Where scientists sign in to the workspace. Leave empty to show no button.",
    )
    contact_email = models.EmailField(
        blank=True, help_text="Shown in the footer; visitors write to this address."
    )
    footer_text = models.TextField(blank=True, help_text="A closing sentence about EarthCODE.")
    footer_links = StreamField(
        [("group", LinkGroupBlock())], blank=True, help_text="Columns of links at the bottom of every page."
    )

    panels = [
        FieldPanel("navigation"),
        MultiFieldPanel(
            [FieldPanel("sign_in_label"), FieldPanel("sign_in_url")], heading="Workspace sign-in"
        ),
        MultiFieldPanel(
            [FieldPanel("contact_email"), FieldPanel("footer_text"), FieldPanel("footer_links")],
            heading="Footer",
        ),
        FieldPanel("site"),
    ]

    class Meta:
        verbose_name = verbose_name_plural = "navigation and footer"

    def __str__(self):
        return f"Navigation and footer of {self.site}"

    @classmethod
    def for_request(cls, request):
        """The published settings of the site that `request` asks for, or empty ones. One query for each request."""
        if not hasattr(request, "site_settings"):
            site = Site.find_for_request(request)
            found = cls.objects.filter(site=site, live=True).first() if site else None
            request.site_settings = found or cls(site=site)
        return request.site_settings

    def serve_preview(self, request, mode_name):
        """The home page of the site with these settings around it."""
        request.site_settings = self
        home = self.site.root_page.specific
        return home.serve_preview(request, home.default_preview_mode)


class SeedRecord(models.Model):
    """What `seed_content` has made once, so that what an editor deletes, moves or renames stays that way."""

    key = models.CharField(max_length=255, unique=True)
    page = models.ForeignKey("wagtailcore.Page", null=True, on_delete=models.SET_NULL, related_name="+")

    # Otherwise an editor who deletes a page is told that this row uses it.
    wagtail_reference_index_ignore = True

    def __str__(self):
        return self.key


class SearchWord(models.Model):
    """A word of some page, in lower case and without accents, that a typing error may have meant.

    Written by `search_backend`. Pages that nobody may see have words too: suggest none that no listed page has.
    """

    text = models.CharField(max_length=40)

    class Meta:
        # Not unique: two editors who publish the same new word need not wait for each other.
        indexes = (
            models.Index(fields=("text",), name="search_word_text"),
            GinIndex(
                fields=("text",), opclasses=("gin_trgm_ops",), fastupdate=False, name="search_word_trigrams"
            ),
        )

    def __str__(self):
        return self.text


class Attempts(models.Model):
    """How often somebody tried something since an instant; see `throttling`. The key is a digest."""

    key = models.CharField(max_length=64, primary_key=True)
    since = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField()

    wagtail_reference_index_ignore = True

    class Meta:
        default_permissions = ()
        verbose_name_plural = "attempts"

    def __str__(self):
        return f"{self.count} since {self.since:%Y-%m-%d %H:%M} UTC"


class WorkerWatch(models.Model):
    """What the web processes know of the worker, in a single row (1); see `worker_watch`.

    `seen_at` is when one was there last, `tried_at` when a mail about its present silence was begun, `told_at` when
    that had been sent.
    """

    wagtail_reference_index_ignore = True

    seen_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.seen_at:%Y-%m-%d %H:%M} UTC"
