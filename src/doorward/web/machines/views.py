"""Answers for machines: monitors, load balancers, password managers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DatabaseError, connection
from django.http import HttpResponse, HttpResponseRedirect

from doorward.core.steps import Need
from doorward.web.needs import needs

if TYPE_CHECKING:
    from doorward.web.requests import Request

_NEVER_KEPT = {"Cache-Control": "no-store"}


@needs(Need.NOTHING)
def healthz(request: Request) -> HttpResponse:  # noqa: ARG001 - a view
    """Say that this process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain", headers=_NEVER_KEPT)


@needs(Need.NOTHING)
def readyz(request: Request) -> HttpResponse:  # noqa: ARG001 - a view
    """Say whether the database answers too (503 if not)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse(
            "no database\n", status=503, content_type="text/plain", headers=_NEVER_KEPT
        )
    return HttpResponse("ok\n", content_type="text/plain", headers=_NEVER_KEPT)


@needs(Need.NOTHING)
def change_password(request: Request) -> HttpResponse:  # noqa: ARG001 - a view
    """Lead password managers to the page (W3C, *A Well-Known URL for Changing Passwords*)."""
    return HttpResponseRedirect("/profile/password/")
