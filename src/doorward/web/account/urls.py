"""The address of Account."""

from django.urls import path

from doorward.web.account import views

urlpatterns = [path("account/", views.account, name="account")]
