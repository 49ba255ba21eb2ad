"""The map of the site: each room brings its own addresses."""

from importlib import import_module

# In this order they are looked through: what is asked for most comes first.
ROOMS = (
    "signon.forward",
    "web.home",
    "web.signin",
    "web.frame",
    "web.machines",
    "web.security",
    "web.profile",
    "web.administrators",
    "web.account",
    "web.activity",
    "web.support",
    "web.jump",
    "web.managing",
    "web.help",
    "web.provider",
    "signon",
    "demo.mail",
    "demo.behind",
)

# One flat list: with a list for each room, Django looks through all rooms before it by raising and
# catching an exception.
urlpatterns = [
    pattern for room in ROOMS for pattern in import_module(f"doorward.{room}.urls").urlpatterns
]

handler400 = "doorward.web.http.errors.bad_request"
handler403 = "doorward.web.http.errors.forbidden"
handler404 = "doorward.web.http.errors.not_found"
handler500 = "doorward.web.http.errors.broken"
