"""The addresses of managing: of the customer's people, and of the staff that is in their portal."""

from django.urls import path

from doorward.web.managing import staff, views

urlpatterns = [
    path("managing/", views.list_, name="managings"),
    path("managing/over/", staff.over, name="managing_over"),
    path("managing/leave/", staff.leave, name="managing_leave"),
    path("managing/changes/", staff.ask_for_changes, name="managing_changes"),
    path("managing/<uuid:managing_id>/", views.show, name="managing"),
    path("managing/<uuid:managing_id>/agree/", views.agree_to, name="managing_agree"),
    path("managing/<uuid:managing_id>/end/", views.end_now, name="managing_end"),
    path("managing/<uuid:managing_id>/no-changes/", views.no_changes, name="managing_no_changes"),
]
