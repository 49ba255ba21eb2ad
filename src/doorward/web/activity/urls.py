"""Addresses of Activity."""

from django.urls import path

from doorward.web.activity import views

urlpatterns = [
    path("activity/", views.activity, name="activity"),
    path("activity/export/", views.export, name="activity_export"),
    path("activity/export.csv", views.download, name="activity_csv"),
]
