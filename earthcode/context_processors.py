"""What every template can use."""

from django.utils.functional import SimpleLazyObject

from .models import SiteSettings


def portal(request):
    """`portal`: the SiteSettings of the site, read when a template first asks for them."""
    return {"portal": SimpleLazyObject(lambda: SiteSettings.for_request(request))}
