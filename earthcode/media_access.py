"""Who may have an uploaded image or document, and who may change it.

Wagtail hands out every file whose address is known, before the page that uses it is published and after it was taken
down, and whoever uploaded a file may replace it on a published page. Here everybody may have a file once a public page
uses it, and from then on only those who may publish that page change the file. What a page uses is in Wagtail's
reference index, which knows the published version of a live page.
"""

from enum import Enum

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import IntegerField, Model
from django.db.models.functions import Cast
from django.http import HttpRequest
from wagtail.models import Page, ReferenceIndex
from wagtail.permission_policies.collections import CollectionOwnershipPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.query import PageQuerySet

# A file that is used on more private pages than this is judged by the first of them.
MAX_PRIVATE_PAGES = 20


class Audience(Enum):
    EVERYBODY = "everybody"
    THIS_VISITOR = "this visitor"
    NOBODY = "nobody"


def audience(file: Model, request: HttpRequest) -> Audience:
    """Who may have `file`, an image or a document. Visitors without a session cost two queries and get no cookie."""
    pages = live_pages_with(file)
    if pages.public().exists():
        return Audience.EVERYBODY
    if settings.SESSION_COOKIE_NAME in request.COOKIES and (
        request.user.has_perm("wagtailadmin.access_admin")
        or any(_lets_in(page, request) for page in pages[:MAX_PRIVATE_PAGES])
    ):
        return Audience.THIS_VISITOR
    return Audience.NOBODY


def live_pages_with(file: Model) -> PageQuerySet:
    """The live pages that use `file`, private ones among them."""
    references = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(file),
        to_object_id=str(file.pk),
        base_content_type=ContentType.objects.get_for_model(Page),
    )
    return Page.objects.live().filter(pk__in=references.values(page=Cast("object_id", IntegerField())))


def _lets_in(page: Page, request: HttpRequest) -> bool:
    return all(restriction.accept_request(request) for restriction in page.get_view_restrictions())


class FilePermissionPolicy(CollectionOwnershipPermissionPolicy):
    """Wagtail's policy, but a file that live pages use is changed and deleted only by those who may publish all of
    them: files have no drafts, and a change is live at once."""

    def user_has_any_permission_for_instance(self, user, actions, instance):
        allowed = set(actions)
        if allowed & {"change", "delete"} and not user.is_superuser:
            publishable = PagePermissionPolicy().instances_user_has_permission_for(user, "publish")
            if live_pages_with(instance).exclude(pk__in=publishable.values("pk")).exists():
                allowed -= {"change", "delete"}
        return super().user_has_any_permission_for_instance(user, allowed, instance)
