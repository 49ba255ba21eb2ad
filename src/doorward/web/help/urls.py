"""Addresses of the guides."""

from django.urls import path

from doorward.web.help import views

urlpatterns = [
    path("help/", views.index, name="help"),
    path("help/<slug:slug>/", views.guide, name="guide"),
]
