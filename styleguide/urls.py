from django.urls import path

from . import views

urlpatterns = [
    path("", views.index, name="styleguide"),
    path("components/<slug:slug>/", views.component, name="styleguide_component"),
    path("sections/<slug:name>/", views.section, name="styleguide_section"),
    path("sections/<slug:name>/grounds/", views.grounds, name="styleguide_grounds"),
]
