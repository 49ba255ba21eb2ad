"""The address of Support."""

from django.urls import path

from doorward.web.support import views

urlpatterns = [path("support/", views.support, name="support")]
