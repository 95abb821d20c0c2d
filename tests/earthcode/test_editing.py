"""What an editor does with any page in the admin, by the forms that a browser would send."""

import json
import re

import pytest
from django.core.management import call_command
from wagtail.models import Page

from tests.editing import open_form

pytestmark = pytest.mark.django_db


def said(page):
    """The words of a draft, without what the rich text editor adds: keys, and a paragraph where there is nothing."""
    data = page.get_latest_revision_as_object().serializable_data()
    body = re.sub(r' data-block-key=\\?"\w+\\?"', "", data.get("body", "[]"))
    body = body.replace("<p></p>", "")
    body = json.loads(body) if body.startswith("[") else body
    return {name: data.get(name) for name in ("title", "summary", "slug", "seo_title")} | {"body": body}


def test_pages_that_are_opened_and_saved_untouched_stay_as_they_are(admin_client):
    call_command("seed_content", verbosity=0)
    pages = Page.objects.filter(depth__gt=1).order_by("content_type", "path").distinct("content_type")
    for page in pages.specific():
        before = said(page)
        form = open_form(admin_client, page)
        response = form.send()
        assert response.status_code == 302, form.read(response).errors
        assert said(type(page).objects.get(pk=page.pk)) == before
