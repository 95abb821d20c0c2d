"""Addresses of events that are no pages."""

from django.urls import path

from .importing.check_page import feed_check

urlpatterns = [path("check/<str:token>/", feed_check, name="feed_check")]
