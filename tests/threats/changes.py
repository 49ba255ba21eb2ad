"""Somebody who may do all there is, and for each address that changes something a form that does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.customers import own_tabs
from doorward.customers.models import Brand
from doorward.policy.rules import Kinds
from tests.kit import people
from tests.kit.people import BRAND

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

PERSON = {"email": "lena@northline.example", "first_name": "Lena", "last_name": "O'Neill & Söhne"}
POLICY = {
    "require_2fa": "on",
    "grace_days": "7",
    "kinds": "any",
    "trust_days": "0",
    "session_hours": "8",
    "idle_minutes": "15",
}
TAB = {
    "title": "Billing",
    "description": "Invoices",
    "url": "https://billing.example/",
    "position": "9",
}


def changes(boss: Administrator) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return for each pattern an address and a form that changes something there."""
    colleague = people.make_administrator(
        boss.customer, email="liam@northline.example", name="Liam Byrne"
    )
    invited = people.invite(boss.customer, email="ada@northline.example", name="Ada Byron")
    customer = people.make_customer()
    first = people.invite(customer, tabs={"home", "administrators"})
    tab = own_tabs.add("pbx", own_tabs.TabDetails(**TAB), actor=CONSOLE)
    named = Brand.objects.create(name="Lit", issuer="Lit", hosts=["portal.lit.example"])
    brand, factor = customer.brand_id, boss.factors.get()
    trusted = boss.trusted_browsers.create(
        token_hash=bytes(32),
        security_version=boss.security_version,
        required=False,
        kinds=Kinds.ANY,
        trusted_at=timezone.now(),
        until=timezone.now() + timedelta(days=30),
    )
    change = {
        "email": colleague.email,
        "first_name": "Liam <b>",
        "last_name": "Byrne",
        "phone": "",
        "tabs": ["administrators", "home"],
        "status": "active",
        "require_2fa": "on",
    }
    two = [str(colleague.id), str(boss.id)]
    return {
        "account/": ("/account/", POLICY),
        "administrators/": (
            "/administrators/?q=l&sort=-name",
            {"action": "require_2fa", "selected": two},
        ),
        "administrators/<uuid:person_id>/": (f"/administrators/{colleague.id}/", change),
        **{
            f"administrators/<uuid:person_id>/{deed}/": (
                f"/administrators/{who.id}/{deed}/",
                {},
            )
            for deed, who in (
                ("end-sessions", colleague),
                ("password-link", colleague),
                ("resend-invitation", invited),
                ("revoke-invitation", invited),
            )
        },
        "administrators/add/": (
            "/administrators/add/",
            PERSON | {"phone": "", "tabs": ["home", "support"]},
        ),
        "brands/<uuid:brand_id>/": (f"/brands/{brand}/", BRAND),
        "brands/<uuid:brand_id>/check/": (f"/brands/{named.id}/check/", {"host": named.hosts[0]}),
        "brands/<uuid:brand_id>/logo/": (f"/brands/{brand}/logo/", {"remove": ""}),
        "brands/add/": ("/brands/add/", BRAND),
        "customers/<uuid:customer_id>/": (
            f"/customers/{customer.id}/",
            {"name": "Harbour & Sons", "brand": str(brand), "status": "active"},
        ),
        "customers/<uuid:customer_id>/invite/": (f"/customers/{customer.id}/invite/", PERSON),
        "customers/<uuid:customer_id>/policy/": (
            f"/customers/{customer.id}/policy/",
            {"kinds": "any", "trust_days": "14"},
        ),
        "customers/<uuid:customer_id>/resend-invitation/<uuid:person_id>/": (
            f"/customers/{customer.id}/resend-invitation/{first.id}/",
            {},
        ),
        "customers/add/": ("/customers/add/", {"name": "Late & Co", "brand": str(brand)}),
        "profile/password/": (
            "/profile/password/",
            {"current": people.PASSWORD, "password": people.OTHER_PASSWORD},
        ),
        "security/2fa/add/": ("/security/2fa/add/", {"code": "123456", "name": "Tablet <3"}),
        "security/2fa/enable/": ("/security/2fa/enable/", {"code": "123456", "name": "Phone"}),
        "security/2fa/passkey/": ("/security/2fa/passkey/", {}),
        "security/factors/<uuid:factor_id>/": (
            f"/security/factors/{factor.id}/",
            {"name": "My “old” phone"},
        ),
        "security/new-phone/add/": (
            "/security/new-phone/add/",
            {"code": "123456", "name": "Phone"},
        ),
        "security/recovery-codes/": ("/security/recovery-codes/", {}),
        "security/sessions/end/": ("/security/sessions/end/", {"others": "on"}),
        "security/trusted-browsers/end/": (
            "/security/trusted-browsers/end/",
            {"browser": str(trusted.id)},
        ),
        "tabs/<uuid:tab_id>/": (f"/tabs/{tab.id}/", TAB | {"title": "Telephony"}),
        "tabs/<uuid:tab_id>/remove/": (f"/tabs/{tab.id}/remove/", {}),
        "tabs/add/": ("/tabs/add/", TAB | {"key": "billing"}),
    }
