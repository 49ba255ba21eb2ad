"""The mail of the demonstration. It exists only there, and the demonstration listens on loopback only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from csp.constants import HEADER, SELF
from csp.utils import build_policy
from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from doorward.core.steps import Need
from doorward.web.demo_mail import mails
from doorward.web.needs import needs
from doorward.web.pages import render

if TYPE_CHECKING:
    from doorward.web.requests import Request

# A mail brings its style with it. It may do nothing but be looked at, and have its links followed.
_MAIL: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)


@needs(Need.NOTHING)
@require_safe
def list_(request: Request) -> HttpResponse:
    """List the messages, the newest first."""
    _only_in_the_demo()
    return render(request, "demo_mail/list.html", mails.newest())


@needs(Need.NOTHING)
@require_safe
def show(request: Request, name: str) -> HttpResponse:
    """Show one message; its HTML in a frame of its own."""
    _only_in_the_demo()
    response = render(request, "demo_mail/mail.html", mails.open_mail(name))
    nonce = str(getattr(request, "csp_nonce", ""))
    response.headers[HEADER] = build_policy(update={"frame-src": [SELF]}, nonce=nonce)
    return response


@needs(Need.NOTHING)
@require_safe
def show_html(request: Request, name: str) -> HttpResponse:
    """Give the HTML of a message, for the frame."""
    del request
    _only_in_the_demo()
    response = HttpResponse(mails.html_of(name))
    response.headers[HEADER] = _MAIL
    response.headers["Cache-Control"] = "no-store"
    return response


def _only_in_the_demo() -> None:
    if not settings.DOORWARD.demo or settings.DOORWARD.mail_server.kind != "file":
        raise Http404
