"""The map of the site: each room of `doorward.web` brings its own addresses."""

from importlib.util import find_spec

from django.urls import include, path

ROOMS = (
    "frame",
    "machines",
    "home",
    "signin",
    "security",
    "profile",
    "administrators",
    "account",
    "activity",
    "support",
    "help",
    "provider",
    "demo_mail",
)

urlpatterns = [
    path("", include(f"doorward.web.{room}.urls"))
    for room in ROOMS
    if find_spec(f"doorward.web.{room}") and find_spec(f"doorward.web.{room}.urls")
]

handler400 = "doorward.web.errors.bad_request"
handler403 = "doorward.web.errors.forbidden"
handler404 = "doorward.web.errors.not_found"
handler500 = "doorward.web.errors.broken"
