"""What a browser is told of the device that a session is bound to (W3C DBSC, *DBSC Formats*)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from doorward.sessions import binding
from doorward.web.http import cookies

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request

BIND: Final = "/session/device/"
RENEW: Final = "/session/device/renew/"
# Files are the same for everybody: a browser does not renew a cookie for them.
_OUT_OF_SCOPE: Final = f"/{settings.STATIC_URL.strip('/')}/"


def offer(request: Request, response: HttpResponse) -> None:
    """Ask the browser to bind a session that was signed in just now; who cannot do that takes no notice.

    With pages alone, not with what they load beside: for each time it is told a browser makes a key.
    """
    auth = request.auth
    if auth is None or request.administrator is None or auth.browser.has_key:
        return
    since = auth.browser.signed_in_at or request.now
    if request.now - since >= binding.OFFERED_FOR or not _opens_a_page(request):
        return
    if settings.DOORWARD.binds_devices:
        asked = binding.challenge(auth.browser.session_id, bound_hash=None, now=request.now)
        response["Secure-Session-Registration"] = f'(ES256 RS256);path="{BIND}";challenge="{asked}"'


def instructions(request: Request) -> dict[str, Any]:
    """Return which cookie the device renews, where, and for what."""
    return {
        "session_identifier": name_of(request),
        "refresh_url": RENEW,
        "scope": {
            "include_site": False,
            "scope_specification": [{"type": "exclude", "path": _OUT_OF_SCOPE}],
        },
        "credentials": [
            {
                "type": "cookie",
                "name": cookies.DEVICE,
                # As `cookies.put` writes them.
                "attributes": f"Path=/; HttpOnly; SameSite=Lax{_SECURE}",
            }
        ],
    }


def name_of(request: Request) -> str:
    """Return what the browser calls the session; it is no secret."""
    auth = request.auth or request.unbound
    return str(auth.browser.session_id) if auth is not None else ""


def shown(request: Request, header: str) -> str:
    """Return what stands in a header that is a string of RFC 9651; Chromium leaves its quotes away."""
    value: str = request.headers.get(header, "")
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _opens_a_page(request: Request) -> bool:
    return request.method == "GET" and request.META.get("HTTP_SEC_FETCH_DEST") == "document"


_SECURE: Final = "; Secure" if settings.SESSION_COOKIE_SECURE else ""
