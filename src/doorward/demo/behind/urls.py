"""Addresses of what the demonstration has behind its tabs."""

from django.urls import path

from doorward.demo.behind import views

urlpatterns = [path("demo/behind/<slug:key>/", views.show, name="demo_behind")]
