"""Addresses of what belongs to every page."""

from django.urls import path

from doorward.web.frame import views

urlpatterns = [
    path("brand.css", views.brand_css, name="brand_css"),
    path("brand.svg", views.brand_icon, name="brand_icon"),
    path("favicon.ico", views.brand_icon, name="favicon"),
    path("brand/icon", views.brand_icon, name="brand_picture_icon"),
    path("brand/logo", views.brand_logo, name="brand_logo"),
    path("brand/logo-dark", views.brand_logo_dark, name="brand_logo_dark"),
    path("language/", views.choose_language, name="language"),
    path("session/stay/", views.stay, name="stay"),
]
