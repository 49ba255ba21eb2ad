"""The address of the box that finds everything."""

from django.urls import path

from doorward.web.jump import views

urlpatterns = [path("jump/", views.jump, name="jump")]
