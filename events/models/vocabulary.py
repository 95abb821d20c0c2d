"""The words by which editors sort events and visitors find them."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import slugify
from wagtail.admin.panels import FieldPanel, TitleFieldPanel


class EventCategory(models.Model):
    """A word of the vocabulary by which editors sort events and visitors find them."""

    name = models.CharField(
        max_length=80, unique=True, error_messages={"unique": "There is already one of this name."}
    )
    slug = models.SlugField(
        "word in addresses",
        max_length=80,
        unique=True,
        blank=True,
        help_text="Made from the name if left empty.",
        error_messages={"unique": "Another one has this word already. Choose a different one."},
    )

    panels = [TitleFieldPanel("name", targets=["slug"]), FieldPanel("slug")]

    class Meta:
        abstract = True
        ordering = ("name",)

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        self.slug = self.slug or slugify(self.name)
        if not self.slug:
            raise ValidationError({"slug": "Give a word of plain letters, because the name has none."})


class EventType(EventCategory):
    """What kind of thing an event is, such as “Workshop”; an event has at most one."""

    class Meta(EventCategory.Meta):
        verbose_name = "type of event"
        verbose_name_plural = "types of events"


class EventTopic(EventCategory):
    """What an event is about, such as “Cryosphere”; an event has any number."""

    class Meta(EventCategory.Meta):
        verbose_name = "topic of events"
        verbose_name_plural = "topics of events"
