"""The header of the policy (`csp.py`), put together once: all that changes from page to page is the nonce."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

_PLACE = "nonce-goes-here"


@cache
def _policy(nonce: str | None) -> str:
    built: str = build_policy(nonce=nonce)
    return built


class ContentSecurityPolicy(CSPMiddleware):
    """Sets `request.csp_nonce`, and the header where the answer has no stricter one of its own."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Set the policy, with the nonce if the page has used one."""
        nonce = getattr(request, "_csp_nonce", None)
        policy = _policy(_PLACE).replace(_PLACE, nonce) if nonce else _policy(None)
        response.headers.setdefault(HEADER, policy)
        return response
