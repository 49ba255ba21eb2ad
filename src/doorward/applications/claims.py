"""What an application is told of somebody, by what it may ask for (OpenID Connect Core, 5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doorward.accounts.models import Administrator
from doorward.applications.tokens import subject_of
from doorward.customers.cached import brand_of

if TYPE_CHECKING:
    from doorward.applications.grants import Live


def claims_of(live: Live) -> dict[str, Any]:
    """Return what userinfo says; what nobody wrote down is left out."""
    person, scopes = live.auth.person, set(live.grant.scopes)
    said: dict[str, Any] = {"sub": subject_of(live.grant.application, person.id)}
    if "profile" in scopes:
        said |= {
            "name": person.full_name,
            "given_name": person.first_name,
            "family_name": person.last_name,
            "locale": person.language,
            "zoneinfo": person.time_zone,
        }
    if "email" in scopes:
        said["email"] = person.email
    if "phone" in scopes:
        rows = Administrator.objects.of(person.customer_id).filter(id=person.id)
        said["phone_number"] = rows.values_list("phone", flat=True).first()
    if "customer" in scopes:
        said["customer"] = {
            "id": str(person.customer_id),
            "name": person.customer_name,
            "brand": brand_of(person.brand_id).name,
        }
    if "tabs" in scopes:
        said["tabs"] = sorted(person.tab_keys)
    return {name: value for name, value in said.items() if value}
