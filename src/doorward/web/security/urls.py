"""Addresses of the security page."""

from django.urls import path

from doorward.web.security import lost_device, new_phone, views

urlpatterns = [
    path("security/", views.security, name="security"),
    path("security/lost/", lost_device.report, name="lost"),
    path("security/lost/done/", lost_device.done, name="lost_done"),
    path("security/lost/device/", lost_device.device, name="lost_device"),
    path("security/lost/device/<str:token>/", lost_device.open_link, name="lost_device_link"),
    path("security/2fa/enable/", views.enable, name="enable"),
    path("security/2fa/disable/", views.disable, name="disable"),
    path("security/2fa/disable/passkey/", views.disable_options, name="disable_passkey"),
    path("security/2fa/add/", views.add_app, name="add_app"),
    path("security/2fa/passkey/", views.set_up_options, name="make_passkey"),
    path("security/new-phone/", new_phone.assistant, name="new_phone"),
    path("security/new-phone/add/", new_phone.add, name="new_phone_add"),
    path("security/new-phone/passkey/", new_phone.try_options, name="new_phone_passkey"),
    path("security/recovery-codes/", views.new_codes, name="new_codes"),
    path("security/factors/<uuid:factor_id>/", views.factor, name="factor"),
    path("security/sessions/end/", views.end_sessions, name="end_sessions"),
    path("security/trusted-browsers/end/", views.end_trusted, name="end_trusted"),
]
