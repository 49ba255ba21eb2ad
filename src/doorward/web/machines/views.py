"""Answers for machines: monitors, load balancers, password managers, who looks for a security contact."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_safe

from doorward.customers import host_confirmation
from doorward.gate.requirement import Need
from doorward.web.http.needs import needs
from doorward.web.http.readiness import what_is_wrong
from doorward.web.machines.metrics import CONTENT_TYPE, write_metrics

if TYPE_CHECKING:
    from doorward.customers.brand_look import BrandLook
    from doorward.web.http.requests import Request

_NEVER_KEPT: Final = {"Cache-Control": "no-store"}
# RFC 9116, 2.5.5: less than a year ahead, so that a contact that is no more is not believed for long.
_CONTACT_HOLDS: Final = timedelta(days=180)


@needs(Need.NOTHING, any_host=True)
@require_safe
def healthz(request: Request) -> HttpResponse:  # noqa: ARG001 - a view
    """Say that this process answers; nothing else is asked."""
    return _text("ok\n")


@needs(Need.NOTHING, any_host=True)
@require_safe
def readyz(request: Request) -> HttpResponse:
    """Return whether people can be sent here; 503 where they should not be, with a word for each reason.

    `?only=node`: of this node alone, for what chooses between nodes.
    """
    only = request.GET.get("only", "")
    if only not in {"", "node"}:
        return _text("only=node, or nothing\n", status=400)
    wrong = what_is_wrong(now=request.now, only_node=only == "node")
    said = {"ready": False, "wrong": wrong} if wrong else {"ready": True}
    return JsonResponse(said, status=503 if wrong else 200, headers=_NEVER_KEPT)


@needs(Need.NOTHING, any_host=True)
@require_safe
def metrics(request: Request) -> HttpResponse:
    """Return numbers to who has the token; without one set there is no such page."""
    token = settings.DOORWARD.metrics_token
    if not token:
        raise Http404
    given = request.headers.get("Authorization", "").encode(errors="replace")
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        answer = _text("a bearer token is needed\n", status=401)
        answer["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return answer
    return _text(write_metrics(now=request.now), content_type=CONTENT_TYPE)


@needs(Need.NOTHING)
@require_safe
def change_password(request: Request) -> HttpResponse:  # noqa: ARG001 - a view
    """Lead password managers to the page (W3C, *A Well-Known URL for Changing Passwords*)."""
    return HttpResponseRedirect("/profile/password/")


@needs(Need.NOTHING)
@require_safe
def passkey_endpoints(request: Request) -> HttpResponse:
    """Say where passkeys are made and looked after (W3C, *A Well-Known URL for Passkey Endpoints*)."""
    places = {"enroll": "/security/2fa/add/", "manage": "/security/"}
    addresses = {name: request.brand.address(path) for name, path in places.items()}
    return JsonResponse(addresses, headers=_NEVER_KEPT)


@needs(Need.NOTHING)
@require_safe
def security_txt(request: Request) -> HttpResponse:
    """Say whom to tell of a weakness (RFC 9116); without a contact there is no such page."""
    chosen = settings.DOORWARD.security_contact
    contacts = [chosen] if chosen else _contacts(request.brand)
    if not contacts:
        raise Http404
    expires = (request.now + _CONTACT_HOLDS).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        *(f"Contact: {contact}" for contact in contacts),
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(code for code, _name in settings.LANGUAGES)}",
        f"Canonical: {request.brand.address(request.path)}",
    ]
    return _text("\n".join(lines) + "\n")


@needs(Need.NOTHING, any_host=True)
@require_safe
def doorward_host(request: Request, asked: str) -> HttpResponse:
    """Show that the host name of a brand is this portal, to whoever asks with that name's token."""
    answer = host_confirmation.answer(request.host, asked)
    if answer is None:
        return _text("not found\n", status=404)
    return _text(answer)


@needs(Need.NOTHING)
@require_safe
def robots(request: Request) -> HttpResponse:  # noqa: ARG001 - a view
    """Tell search engines that there is nothing for them here."""
    return _text("User-agent: *\nDisallow: /\n")


def _contacts(brand: BrandLook) -> list[str]:
    """Return the ways to the brand's support, as URIs."""
    ways = (
        ("mailto:", brand.support_email),
        ("", brand.support_url if brand.support_url.startswith("https://") else ""),
        ("tel:", brand.support_phone.replace(" ", "-")),
    )
    return [f"{scheme}{way}" for scheme, way in ways if way]


def _text(
    content: str | bytes, *, status: int = 200, content_type: str = "text/plain; charset=utf-8"
) -> HttpResponse:
    return HttpResponse(content, status=status, content_type=content_type, headers=_NEVER_KEPT)
