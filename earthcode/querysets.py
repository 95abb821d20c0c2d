"""Questions that the pages of every app answer."""

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef
from wagtail.models import PageViewRestriction
from wagtail.query import PageQuerySet


class BasePageQuerySet(PageQuerySet):
    images: tuple[str, ...] = ("social_image",)

    def listed(self):
        """The pages that anybody may see, with their images.

        The same pages as Wagtail's `live().public()`, without its look-up of all restrictions beforehand.
        """
        above = ExpressionWrapper(OuterRef("path"), output_field=CharField())
        restrictions = PageViewRestriction.objects.alias(listed=above).filter(
            listed__startswith=F("page__path")
        )
        return self.live().exclude(Exists(restrictions)).with_images()

    def with_images(self):
        """The images of all pages with the pages themselves, all renditions in one more query per kind."""
        return self.select_related(*self.images).prefetch_related(
            *(f"{name}__renditions" for name in self.images)
        )
