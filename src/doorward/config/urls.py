"""The map of the site: each room of `doorward.web` brings its own addresses."""

from importlib import import_module
from importlib.util import find_spec

# In this order they are looked through: what is asked for most comes first.
ROOMS = (
    "home",
    "signin",
    "frame",
    "machines",
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

# One flat list: with a list for each room, Django looks through all rooms before it by raising and
# catching an exception.
urlpatterns = [
    pattern
    for room in ROOMS
    if find_spec(f"doorward.web.{room}") and find_spec(f"doorward.web.{room}.urls")
    for pattern in import_module(f"doorward.web.{room}.urls").urlpatterns
]

handler400 = "doorward.web.errors.bad_request"
handler403 = "doorward.web.errors.forbidden"
handler404 = "doorward.web.errors.not_found"
handler500 = "doorward.web.errors.broken"
