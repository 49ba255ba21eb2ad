"""What browsers ask by themselves for a session that is bound to a device: no page leads here, and no form.

A forged form cannot use it: it sends no such headers, and without a proof by the device nothing happens.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from doorward.gate.evaluate import evaluate
from doorward.gate.requirement import Need, Step
from doorward.sessions import binding
from doorward.sessions.errors import DeviceProofRefused, StaleChallenge
from doorward.web.http import cookies, device_binding
from doorward.web.http.needs import needs

if TYPE_CHECKING:
    from doorward.sessions.context import AuthContext
    from doorward.web.http.requests import Request

_PROOF = "Secure-Session-Response"
_NAME = "Sec-Secure-Session-Id"


@csrf_exempt
@needs(Need.NOTHING)
@require_POST
def bind(request: Request) -> HttpResponse:
    """Bind the session of a browser that is through to the key that it shows."""
    auth = request.auth
    if auth is None or request.administrator is None or not settings.DOORWARD.binds_devices:
        return _refused(403)
    try:
        token = binding.bind(
            auth.browser.session_id, proof=device_binding.shown(request, _PROOF), now=request.now
        )
    except (DeviceProofRefused, StaleChallenge):
        # A browser that has two pages open makes two keys, and the second is refused: that is nothing to be told.
        return _refused(403)
    return _bound(request, token)


@csrf_exempt
@needs(Need.NOTHING)
@require_POST
def renew(request: Request) -> HttpResponse:
    """Renew the cookie of a bound session for a proof by its device; without one, say what is to be signed."""
    if _NAME not in request.headers:
        return _refused(403)
    auth = request.auth or request.unbound
    if auth is None or not _goes_on(request, auth):
        return _refused(503) if auth is None and _is_stepped_up(request) else _over(request)
    session_id, proof = auth.browser.session_id, device_binding.shown(request, _PROOF)
    if not proof:
        return _challenge(request, auth)
    try:
        token = binding.renew(session_id, proof=proof, now=request.now)
    except StaleChallenge:
        return _challenge(request, auth)
    except DeviceProofRefused:
        binding.note_elsewhere(actor=auth.actor(request.client), now=request.now)
        return _refused(400)
    return _bound(request, token)


def _goes_on(request: Request, auth: AuthContext) -> bool:
    """Return whether the session is open, apart from its device, and the one that the browser means."""
    mine = device_binding.shown(request, _NAME) == str(auth.browser.session_id)
    with_device = replace(auth, facts=replace(auth.facts, unbound=False))
    verdict = evaluate(with_device, Need.OWN, now=request.now)
    return mine and auth.browser.has_key and verdict.step is not Step.SIGN_IN


def _is_stepped_up(request: Request) -> bool:
    """Return whether the session has another cookie than when this was sent, on its way beside a step.

    A browser that is told that it is over would forget the key, and the session with it; after a 5xx it tries again.
    """
    brought = cookies.device_token(request)
    try:
        session_id = UUID(device_binding.shown(request, _NAME))
    except ValueError:
        return False
    return bool(brought) and binding.goes_on(session_id, device=brought, now=request.now)


def _bound(request: Request, token: str) -> HttpResponse:
    return cookies.set_device(JsonResponse(device_binding.instructions(request)), token)


def _challenge(request: Request, auth: AuthContext) -> HttpResponse:
    """Answer what the browser takes as: sign this, and ask again."""
    session_id = auth.browser.session_id
    asked = binding.challenge(
        session_id, bound_hash=binding.bound_hash_of(session_id), now=request.now
    )
    response = _refused(403)
    response["Secure-Session-Challenge"] = f'"{asked}";id="{session_id}"'
    return response


def _over(request: Request) -> HttpResponse:
    """Answer that there is nothing to renew any more, so that the browser forgets the key."""
    name = device_binding.shown(request, _NAME)[:64]
    return JsonResponse({"session_identifier": name, "continue": False})


def _refused(status: int) -> HttpResponse:
    return HttpResponse("refused\n", status=status, content_type="text/plain; charset=utf-8")
