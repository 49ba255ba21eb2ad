"""Addresses that machines ask."""

from django.urls import path

from doorward.web.machines import device_binding, views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("session/device/", device_binding.bind, name="bind_device"),
    path("session/device/renew/", device_binding.renew, name="renew_device"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/change-password", views.change_password, name="change_password"),
    path(".well-known/passkey-endpoints", views.passkey_endpoints, name="passkey_endpoints"),
    path(".well-known/doorward-host/<str:asked>", views.doorward_host, name="doorward_host"),
    path(".well-known/security.txt", views.security_txt, name="security_txt"),
]
