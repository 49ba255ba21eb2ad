"""The addresses of Account."""

from django.urls import path

from doorward.web.account import adoption, evidence, views

urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/adoption/", adoption.page, name="account_adoption"),
    path("account/adoption/mail/", adoption.mail, name="account_adoption_mail"),
    path("account/adoption.csv", adoption.download, name="account_adoption_csv"),
    path("account/evidence/", evidence.evidence, name="account_evidence"),
    path("account/waves/", views.go_on, name="account_waves"),
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
