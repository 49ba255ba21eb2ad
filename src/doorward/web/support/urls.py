"""The addresses of Support."""

from django.urls import path

from doorward.web.support import caller_check, views

urlpatterns = [
    path("support/", views.support, name="support"),
    path("support/caller-check/", caller_check.page, name="caller_check"),
]
