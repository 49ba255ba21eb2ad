"""Where Home is."""

from django.urls import path

from doorward.web.home import views

urlpatterns = [path("", views.home, name="home")]
