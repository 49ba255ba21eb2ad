"""What all addresses have that applications ask without a browser: no session, no form of ours, answers in JSON."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from doorward.applications.protocol import Code, ProtocolError
from doorward.gate.requirement import Need
from doorward.kernel.errors import MustWait
from doorward.signon.cors import share
from doorward.web.http.needs import needs

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from doorward.web.http.requests import Request

_STATUS: Final = {
    Code.INVALID_CLIENT: 401,
    Code.INVALID_TOKEN: 401,
    Code.INSUFFICIENT_USER_AUTHENTICATION: 401,
}


def client_endpoint(view: Callable[[Request], HttpResponse]) -> Callable[[Request], HttpResponse]:
    """Make a view of an address that applications post to. It authenticates who asks itself, first.

    No cookie counts here, so there is nothing that a forged form could use.
    """

    @csrf_exempt
    @needs(Need.NOTHING)
    @require_POST
    @wraps(view)
    def asked(request: Request) -> HttpResponse:
        try:
            response = view(request)
        except ProtocolError as error:
            response = refuse(error)
        except MustWait as refusal:
            response = wait(refusal)
        return share(request, response)

    return asked


def say(said: dict[str, Any], *, status: int = 200) -> JsonResponse:
    """Answer; what is answered is kept by nobody on the way (RFC 6749, 5.1)."""
    response = JsonResponse(said, status=status)
    response["Cache-Control"] = "no-store"
    return response


def refuse(error: ProtocolError) -> HttpResponse:
    """Answer that it was asked in a wrong way (RFC 6749, 5.2)."""
    said = {"error": error.code.value, "error_description": error.description}
    response = say(said, status=_STATUS.get(error.code, 400))
    if error.code is Code.INVALID_CLIENT:
        response["WWW-Authenticate"] = 'Basic realm="applications"'
    return response


def wait(refusal: MustWait) -> HttpResponse:
    """Answer that there were too many wrong proofs."""
    said = {"error": Code.INVALID_CLIENT.value, "error_description": "Too many attempts."}
    response = say(said, status=429)
    response["Retry-After"] = str(refusal.seconds)
    return response
