"""The link by which a partner checks their own feed: to make, to copy and to withdraw."""

from django.conf import settings
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone as clock
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.viewsets.base import ViewSet

from events.importing.check import LIFETIME, make_link, token_of
from events.importing.models import CheckLink

from .screens import SourceScreen


class CheckLinkView(SourceScreen, TemplateView):
    page_title = "Link for the partner"
    header_icon = "link"
    template_name = "events/admin/import_check_link.html"

    def get_context_data(self, **kwargs):
        link = CheckLink.objects.select_related("made_by").filter(source=self.object).first()
        return super().get_context_data(
            **kwargs,
            source=self.object,
            link=link,
            address=f"{settings.BASE_URL}{reverse('feed_check', args=[token_of(link)])}" if link else "",
            is_over=link is not None and link.expires_at <= clock.now(),
            days=LIFETIME.days,
        )

    def post(self, request, *args, **kwargs):
        if request.POST.get("what") == "withdraw":
            CheckLink.objects.filter(source=self.object).delete()
            messages.success(request, "The link was withdrawn; it no longer works.")
        else:
            make_link(self.object, user=request.user, at=clock.now())
            messages.success(request, "The link is made. Copy it and send it to the partner.")
        return redirect(request.path)


class CheckLinkViewSet(ViewSet):
    name = "import_check_link"
    icon = "link"

    def get_urlpatterns(self):
        return [path("<int:pk>/", CheckLinkView.as_view(), name="index")]
