"""The mail of the demonstration. It exists only there, and is for browsers of this machine alone.

Whatever stands between, a proxy on this machine too, gives itself away by a header, or by the name that people use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from csp.constants import HEADER, SELF
from csp.utils import build_policy
from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from doorward.demo.mail import mails
from doorward.gate.requirement import Need
from doorward.kernel.host_spelling import is_loopback, split_netloc
from doorward.web.http.needs import needs
from doorward.web.http.pages import render

if TYPE_CHECKING:
    from doorward.web.http.requests import Request

# What proxies add, by however they spell it (RFC 7239; RFC 9110, 7.6.3; the habits of many).
_PASSED_ON: Final = (
    *(
        "HTTP_FORWARDED",
        "HTTP_X_FORWARDED",
        "HTTP_VIA",
        "HTTP_X_REAL",
        "HTTP_X_ORIGINAL",
        "HTTP_X_CLIENT",
    ),
    *(
        "HTTP_X_CLUSTER",
        "HTTP_X_PROXY",
        "HTTP_X_HOST",
        "HTTP_CLIENT_IP",
        "HTTP_TRUE_CLIENT",
        "HTTP_REMOTE",
    ),
    *(
        "HTTP_CF_",
        "HTTP_CDN_",
        "HTTP_FASTLY_",
        "HTTP_FLY_",
        "HTTP_X_AMZ",
        "HTTP_X_AZURE",
        "HTTP_X_ENVOY",
    ),
)
# A mail brings its style with it. It may do nothing but be looked at, and have its links followed.
_MAIL: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)


@needs(Need.NOTHING)
@require_safe
def list_(request: Request) -> HttpResponse:
    """List the messages, the newest first."""
    _only_in_the_demo(request)
    return render(request, "demo_mail/list.html", mails.newest())


@needs(Need.NOTHING)
@require_safe
def show(request: Request, name: str) -> HttpResponse:
    """Show one message; its HTML in a frame of its own."""
    _only_in_the_demo(request)
    response = render(request, "demo_mail/mail.html", mails.open_mail(name))
    nonce = str(getattr(request, "csp_nonce", ""))
    response.headers[HEADER] = build_policy(update={"frame-src": [SELF]}, nonce=nonce)
    return response


@needs(Need.NOTHING)
@require_safe
def show_html(request: Request, name: str) -> HttpResponse:
    """Return the HTML of a message, for the frame."""
    _only_in_the_demo(request)
    response = HttpResponse(mails.html_of(name))
    response.headers[HEADER] = _MAIL
    response.headers["Cache-Control"] = "no-store"
    return response


def _only_in_the_demo(request: Request) -> None:
    is_demo = settings.DOORWARD.demo and settings.DOORWARD.mail_server.kind == "file"
    if not is_demo or not _is_from_here(request):
        raise Http404


def _is_from_here(request: Request) -> bool:
    """Return whether a browser of this machine asks, by a name of this machine, and nobody in between."""
    host = split_netloc(request.META.get("HTTP_HOST", ""))
    here = host is not None and is_loopback(host[0]) and is_loopback(request.META["REMOTE_ADDR"])
    return here and not any(name.startswith(_PASSED_ON) for name in request.META)
