"""Questions that the pages of every app answer."""

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef
from wagtail.models import PageViewRestriction
from wagtail.query import PageQuerySet


def open_to_all(pages: PageQuerySet) -> PageQuerySet:
    """Those of `pages` that anybody may see, each once: an alias is another address of a page that is among them.

    Otherwise the same pages as Wagtail's `live().public()`, without its look-up of all restrictions beforehand.
    """
    above = ExpressionWrapper(OuterRef("path"), output_field=CharField())
    restrictions = PageViewRestriction.objects.alias(listed=above).filter(listed__startswith=F("page__path"))
    return pages.live().filter(alias_of=None).exclude(Exists(restrictions))


class BasePageQuerySet(PageQuerySet):
    images: tuple[str, ...] = ("social_image",)

    def listed(self):
        """The pages that anybody may see, with their images."""
        return self.published().with_images()

    def published(self):
        """The pages that anybody may see."""
        return open_to_all(self)

    def past(self, at):
        """The pages whose time is over at `at` (aware): none, unless their kind says otherwise."""
        return self.none()

    def with_images(self):
        """The images of all pages with the pages themselves, all renditions in one more query per kind."""
        return self.select_related(*self.images).prefetch_related(
            *(f"{name}__renditions" for name in self.images)
        )
