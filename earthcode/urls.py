"""The composition root: every address of the portal; apps are named as strings."""

from django.urls import include, path

urlpatterns = [
    path("", include("wagtail.urls")),
]
