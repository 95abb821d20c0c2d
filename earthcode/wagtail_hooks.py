from django.http import Http404
from django.templatetags.static import static
from django.urls import path
from django.utils import timezone as clock
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.forms.account import AvatarPreferencesForm
from wagtail.admin.ui.components import Component
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from . import worker_watch
from .account_forms import EmailPanel
from .caching import mark_public
from .content_checks import SCRIPT, use_portal_checks
from .editing import MergingPageViewSet
from .image_forms import PortalImageField
from .media_access import Audience, audience
from .models import SiteSettings
from .worklists import Drafts, QuickLinks, ScheduledPublications, WorklistView, worklists

hooks.register("construct_wagtail_userbar", use_portal_checks)

# Wagtail makes a smaller one of whatever Pillow opens, PostScript included, and has no setting for its form.
AvatarPreferencesForm.base_fields["avatar"] = PortalImageField(
    label="Upload a profile picture", required=False
)


class SilentWorker(Component):
    """On the dashboard, before everything else: nothing happens by itself any more."""

    name = "silent_worker"
    template_name = "earthcode/admin/silent_worker.html"
    order = 10

    def __init__(self, silence):
        self.silence = silence

    def get_context_data(self, parent_context):
        return {"silence": self.silence, "start": worker_watch.START}


@hooks.register("register_admin_viewset")
def merge_what_others_saved():
    return MergingPageViewSet()


@hooks.register("insert_editor_js")
def add_content_checks():
    return format_html('<script src="{}"></script>', static(SCRIPT))


@hooks.register("insert_global_admin_css")
def wear_the_colours_of_the_portal():
    return format_html('<link rel="stylesheet" href="{}">', static("earthcode/admin.css"))


@hooks.register("on_serve_page", order=100)
def let_caches_keep_pages(serve):
    """Runs inside Wagtail's own hook (order 0), which withdraws the permission from private pages again."""

    def serve_page(page, request, args, kwargs):
        response = serve(page, request, args, kwargs)
        return mark_public(response) if request.method in ("GET", "HEAD") else response

    return serve_page


@hooks.register("before_serve_document")
def refuse_documents_of_no_public_page(document, request):
    if audience(document, request) is Audience.NOBODY:
        raise Http404("No public page uses this document.")


@hooks.register("register_account_settings_panel")
def change_the_email_address(request, user, profile):
    return EmailPanel(request, user, profile)


@hooks.register("construct_homepage_panels")
def show_the_daily_work(request, panels):
    panels += [QuickLinks(request.user), *worklists(request.user, clock.now())]
    if silence := worker_watch.silence(clock.now()):
        panels.append(SilentWorker(silence))


@hooks.register("register_worklist")
def list_drafts():
    return Drafts


@hooks.register("register_worklist")
def list_scheduled_publications():
    return ScheduledPublications


@hooks.register("register_admin_urls")
def serve_worklists():
    return [path("worklists/<slug:name>/", WorklistView.as_view(), name="worklist")]


@register_snippet
class SiteSettingsViewSet(SnippetViewSet):
    model = SiteSettings
    icon = "cog"
    menu_label = "Navigation and footer"
    add_to_settings_menu = True
    copy_view_enabled = False
