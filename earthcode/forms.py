"""What the admin asks of every page, beyond Wagtail's own checks."""

from django.urls import Resolver404, resolve
from wagtail.contrib.routable_page.models import RoutablePageMixin

from .merging import Groups, MergingForm


def is_address_taken(parent, slug):
    """Whether something that is no page answers below `parent` at `slug`: the admin, a list of past events."""
    if isinstance(parent, RoutablePageMixin):
        try:
            parent.resolve_subpage(f"/{slug}/")
        except Resolver404:
            pass
        else:
            return True
    try:
        return resolve(f"{parent.url or '/'}{slug}/").url_name != "wagtail_serve"
    except Resolver404:
        return False


class BasePageForm(MergingForm):
    merged_together: Groups = (("schedule", "the schedule", ("go_live_at", "expire_at")),)

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        slug = cleaned.get("slug")
        if slug and self.parent_page and is_address_taken(self.parent_page.specific, slug):
            self.add_error(
                "slug", f"The portal itself uses this address. Choose another, such as “{slug}-page”."
            )
        return cleaned
