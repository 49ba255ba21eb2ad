"""Addresses of one's own profile."""

from django.urls import path

from doorward.web.profile import second_address, views

urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.password, name="password"),
    path("profile/second-address/", second_address.edit, name="second_address"),
]
