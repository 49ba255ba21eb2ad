"""The addresses of Account."""

from django.urls import path

from doorward.web.account import views

urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/policy/withdraw/", views.withdraw, name="account_policy_withdraw"),
]
