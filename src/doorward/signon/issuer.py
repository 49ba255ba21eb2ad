"""Under which name the provider speaks: each brand is an issuer of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.customers.cached import brand_for_host, brand_of

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.web.http.requests import Request


def issuer_of(request: Request) -> str:
    """Return the issuer at whose host was asked: the first host of its brand, whatever the request says."""
    return brand_for_host(request.host).address("")


def issuer_of_brand(brand_id: UUID) -> str:
    """Return the issuer that people of this brand sign in with."""
    return brand_of(brand_id).address("")
