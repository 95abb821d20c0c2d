"""The addresses of the portal, and those that are for developers only."""

from django.urls import include, path

from .urls import urlpatterns as portal

urlpatterns = [path("styleguide/", include("styleguide.urls")), *portal]
