"""What an event can have several of: key dates, materials, organizers."""

from datetime import datetime

from django.db import models
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.models import Orderable

from ..recurrence import midnight_after
from .values import YEARS


class EventKeyDate(Orderable):
    """A day that matters before or after the event, such as a deadline."""

    page = ParentalKey("events.EventPage", on_delete=models.CASCADE, related_name="key_dates")
    label = models.CharField(max_length=120, help_text="Such as “Abstracts due”.")
    date = models.DateField(validators=YEARS)
    url = models.URLField("link", max_length=500, blank=True)

    panels = [FieldPanel("label"), FieldRowPanel([FieldPanel("date"), FieldPanel("url")])]

    class Meta(Orderable.Meta):
        ordering = ("date", "sort_order")

    def has_passed(self, at: datetime) -> bool:
        """Whether that day is over in the event's own zone at `at` (aware)."""
        return midnight_after(self.date, self.page.timezone) <= at


class EventMaterial(Orderable):
    """Something that an event leaves behind or asks to be read: a link or a document."""

    class Kind(models.TextChoices):
        PROGRAMME = "programme", "Programme"
        SLIDES = "slides", "Slides"
        RECORDING = "recording", "Recording"
        PAPER = "paper", "Paper or report"
        OTHER = "other", "Other"

    page = ParentalKey("events.EventPage", on_delete=models.CASCADE, related_name="materials")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.OTHER)
    title = models.CharField(max_length=255)
    url = models.URLField("link", max_length=500, blank=True)
    document = models.ForeignKey(
        "wagtaildocs.Document",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="In place of a link.",
    )

    panels = [
        FieldRowPanel([FieldPanel("kind"), FieldPanel("title")]),
        FieldPanel("url"),
        FieldPanel("document"),
    ]

    @property
    def href(self):
        """Where it is to be had; “” when an editor gave neither link nor document."""
        return self.url or (self.document.url if self.document else "")


class EventOrganizer(Orderable):
    """Who holds an event: a partner of EarthCODE or anybody else by name."""

    class Role(models.TextChoices):
        ORGANIZER = "organizer", "Organiser"
        CO_ORGANIZER = "co_organizer", "Co-organiser"
        SPONSOR = "sponsor", "Sponsor"
        SPEAKER = "speaker", "Speaker"

    page = ParentalKey("events.EventPage", on_delete=models.CASCADE, related_name="organizers")
    partner = models.ForeignKey(
        "partners.PartnerPage",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="A partner of EarthCODE …",
    )
    name = models.CharField(
        max_length=255,
        blank=True,
        help_text="… or the name of somebody else. A partner's own name is kept here should the partner go.",
    )
    website = models.URLField(max_length=500, blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.ORGANIZER)

    panels = [
        FieldPanel("partner"),
        FieldRowPanel([FieldPanel("name"), FieldPanel("website")]),
        FieldPanel("role"),
    ]

    def clean(self):
        super().clean()
        if self.partner:
            self.name = self.partner.title

    def __str__(self):
        return self.partner.title if self.partner else self.name

    @property
    def href(self):
        """Where a click on the organizer leads; may be empty."""
        return self.website or (self.partner.url if self.partner and self.partner.live else "")

    @property
    def full_href(self):
        """`href` as an absolute address."""
        return self.website or (self.partner.full_url if self.partner and self.partner.live else "")
