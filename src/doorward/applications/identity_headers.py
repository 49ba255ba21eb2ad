"""Who somebody is, as a site is told: plain headers, and the same signed, so that it need not believe its network."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from doorward.applications import keys
from doorward.applications.models import Algorithm
from doorward.applications.subjects import subject_at_site
from doorward.customers.cached import brand_of
from doorward.gate.assurance import assurance_of, methods_of, verified_at

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.gate.loading import Visit
    from doorward.sessions.context import AuthContext, Person

USER: Final = "Remote-User"
EMAIL: Final = "Remote-Email"
NAME: Final = "Remote-Name"
CUSTOMER: Final = "Remote-Customer"
ASSERTION: Final = "Doorward-Assertion"
# Every one is said each time: nothing that a client wrote in its place stays.
HEADERS: Final = (USER, EMAIL, NAME, CUSTOMER, ASSERTION)
# So that it passes for no other token of ours.
SITE: Final = "site+jwt"
# Signed anew after half a minute; good for one and a half.
_SIGNED_FOR: Final = 30
LASTS_SECONDS: Final = 90
_PLAIN: Final = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")


def headers_of(visit: Visit, *, now: datetime) -> dict[str, str]:
    """Return what a site is told of somebody, each value in ASCII (`encode`)."""
    return {**plain_headers(visit.auth.person), ASSERTION: assertion(visit, now=now)}


def plain_headers(person: Person) -> dict[str, str]:
    """Return what is said of somebody in headers of their own, but for the one that is signed."""
    email = encode(person.email)
    return {
        USER: email,
        EMAIL: email,
        NAME: encode(person.full_name),
        CUSTOMER: encode(person.customer_name),
    }


def encode(value: str) -> str:
    """Return a text for a header: what is not printable ASCII, and the percent sign, as in an address (RFC 3986)."""
    return quote(value.strip(), safe=_PLAIN)


def assertion(visit: Visit, *, now: datetime) -> str:
    """Return the same, and how it was verified, signed by ES256 for this site alone."""
    moment = int(now.timestamp())
    said = who_it_is(visit.auth.person, site_id=visit.site_id, origin=visit.origin)
    claims = json.dumps(said | _how(visit.auth), sort_keys=True)
    return _signed(claims, moment - moment % _SIGNED_FOR, keys.signer(Algorithm.ES256, now=now))


def who_it_is(person: Person, *, site_id: UUID, origin: str) -> dict[str, object]:
    """Return what is signed of somebody for a site, but for when and how it was verified."""
    return {
        "iss": brand_of(person.brand_id).address(""),
        "aud": origin,
        "sub": subject_at_site(site_id, person.id),
        "email": person.email,
        "name": person.full_name,
        "customer": {"id": str(person.customer_id), "name": person.customer_name},
    }


def _how(auth: AuthContext) -> dict[str, object]:
    verified = verified_at(auth.facts)
    return {
        "acr": assurance_of(auth.facts).value,
        "amr": list(methods_of(auth.facts)),
        **({"auth_time": int(verified.timestamp())} if verified else {}),
    }


# A page of a site asks for much at once: it is signed once.
@lru_cache(maxsize=2048)
def _signed(claims: str, since: int, signer: keys.Signer) -> str:
    said = json.loads(claims) | {"iat": since, "exp": since + LASTS_SECONDS}
    return signer.sign(said, typ=SITE)
