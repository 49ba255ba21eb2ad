"""Addresses of one's own profile."""

from django.urls import path

from doorward.web.profile import views

urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.password, name="password"),
]
