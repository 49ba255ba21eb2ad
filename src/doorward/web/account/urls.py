"""The addresses of Account."""

from django.urls import path

from doorward.web.account import views

urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/policy/withdraw/", views.withdraw, name="account_policy_withdraw"),
    path("account/policy/rehearsal/", views.rehearse, name="account_rehearse"),
    path(
        "account/policy/rehearsal/<uuid:rehearsal_id>/", views.rehearsal, name="account_rehearsal"
    ),
    path(
        "account/policy/rehearsal/<uuid:rehearsal_id>/export.csv",
        views.rehearsal_table,
        name="account_rehearsal_csv",
    ),
]
