"""Addresses of the Administrators tab."""

from django.urls import path

from doorward.web.administrators import exception, person, requiring, tick_runs, views
from doorward.web.administrators import help as helping

urlpatterns = [
    path("administrators/", views.list_people, name="administrators"),
    path("administrators/add/", views.add, name="administrators_add"),
    path("administrators/require/", requiring.rehearse, name="administrators_require"),
    path(
        "administrators/require/<uuid:rehearsal_id>/",
        requiring.rehearsal,
        name="administrators_rehearsal",
    ),
    path(
        "administrators/require/<uuid:rehearsal_id>/export.csv",
        requiring.rehearsal_table,
        name="administrators_rehearsal_csv",
    ),
    path("administrators/require/runs/<uuid:run_id>/", tick_runs.run, name="administrators_run"),
    path(
        "administrators/require/runs/<uuid:run_id>/stop/",
        tick_runs.stop,
        name="administrators_run_stop",
    ),
    path(
        "administrators/require/runs/<uuid:run_id>/go-on/",
        tick_runs.go_on,
        name="administrators_run_go_on",
    ),
    path(
        "administrators/require/runs/<uuid:run_id>/export.csv",
        tick_runs.table,
        name="administrators_run_csv",
    ),
    path("administrators/<uuid:person_id>/", person.edit, name="administrator"),
    path("administrators/<uuid:person_id>/history/", person.history, name="administrator_history"),
    path(
        "administrators/<uuid:person_id>/exception/",
        exception.make,
        name="administrator_exception",
    ),
    path(
        "administrators/<uuid:person_id>/exception/end/",
        exception.end,
        name="administrator_exception_end",
    ),
    path(
        "administrators/<uuid:person_id>/password-link/",
        person.send_password_link,
        name="administrator_password_link",
    ),
    path(
        "administrators/<uuid:person_id>/resend-invitation/",
        person.resend_invitation,
        name="administrator_resend",
    ),
    path(
        "administrators/<uuid:person_id>/revoke-invitation/",
        person.revoke_invitation,
        name="administrator_revoke",
    ),
    path(
        "administrators/<uuid:person_id>/end-sessions/",
        person.end_sessions,
        name="administrator_end_sessions",
    ),
    path(
        "administrators/<uuid:person_id>/help/", helping.help_colleague, name="administrator_help"
    ),
    path("requests/", helping.list_requests, name="requests"),
    path("requests/<uuid:request_id>/", helping.refuse, name="request"),
    path("requests/<uuid:request_id>/agree/", helping.agree, name="request_agree"),
    path("requests/<uuid:request_id>/pass/", helping.fetch, name="request_pass"),
    path("requests/<uuid:request_id>/who/", helping.say_who, name="request_who"),
]
