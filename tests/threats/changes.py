"""Somebody who may do all there is, and for each address that changes something a form that does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.utils import timezone

from doorward.accounts import exceptions
from doorward.audit.actor import CONSOLE
from doorward.credentials.trusted_browsers import policy_change
from doorward.customers import contact, own_tabs
from doorward.customers.exports import record_customer_export
from doorward.customers.models import Brand, Customer
from doorward.importing.models import ImportState
from doorward.policy import versions
from doorward.policy.fields import Kinds, RequiredOf
from doorward.policy.models import WavePause
from doorward.policy.versions import Owner, Wanted
from doorward.rollout import applying
from doorward.rollout.models import RunState
from doorward.rollout.rehearsal import Plan
from tests.kit import applications, closing, codes, imports, people, recovering, sites
from tests.kit.people import BRAND
from tests.kit.ticks import run_of

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.accounts.models import Administrator

PERSON = {"email": "lena@northline.example", "first_name": "Lena", "last_name": "O'Neill & Söhne"}
# Of a customer that has none yet: `seen` is the number of the newest version.
POLICY = {
    "seen": "0",
    "required_of": "everyone",
    "from": "",
    "newcomer_days": "7",
    "kinds": "any",
    "session_hours": "8",
    "idle_minutes": "15",
    "trust_days": "0",
    "recovery_by": "colleague",
    "recovery_wait_hours": "0",
    "support_access": "ask",
    "reason": "An audit <& a law>",
}
TAB: dict[str, Any] = {
    "title": "Billing",
    "description": "Invoices",
    "url": "https://billing.example/",
    "icon": "phone",
    "audience": "everyone",
    "customers": "",
}


def _help(boss: Administrator) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the forms of help after a loss; each has a person of its own."""
    second = recovering.second_helper(boss)
    recovering.long_ago(boss)

    def lost(name: str, tabs: set[str]) -> Administrator:
        email = f"{name.lower()}.lost@northline.example"
        person = people.make_administrator(boss.customer, email=email, name=name, tabs=tabs)
        codes.enable_app(person)
        recovering.long_ago(person)
        return person

    both = {"home", "administrators"}
    refused, agreed, fetched = (lost(name, both) for name in ("Rea", "Ada", "Fay"))
    back, helped = (lost(name, {"home"}) for name in ("Bea", "Hal"))
    asked = {
        "": recovering.help_with(refused, second).request,
        "agree/": recovering.help_with(agreed, second).request,
        "pass/": recovering.help_with(fetched, boss).request,
    }
    recovering.agree(asked["pass/"], second)
    given = recovering.help_with(back, boss)
    recovering.set_up_again(back, recovering.come_in(back, given.words))
    asked["who/"] = given.request
    sent = {"who/": {"was_them": "yes"}}
    return {
        **_by_support(boss),
        "administrators/<uuid:person_id>/help/": (
            f"/administrators/{helped.id}/help/",
            {"how": "Called back <& met>"},
        ),
        **{
            f"requests/<uuid:request_id>/{deed}": (
                f"/requests/{one.id}/{deed}",
                sent.get(deed, {}),
            )
            for deed, one in asked.items()
        },
    }


def _of_closed_ones() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the forms by which a closed customer is deleted for good, and another one is kept after all."""
    doomed, kept = people.make_customer("Fir Dental"), people.make_customer("Oak Optics")
    for customer in (doomed, kept):
        closing.close(customer)
        record_customer_export(customer.id, actor=CONSOLE, now=timezone.now())
    closing.ask_to_delete(kept)
    route = "customers/<uuid:customer_id>"
    return {
        f"{route}/delete/": (f"/customers/{doomed.id}/delete/", {"typed": "Fir Dental"}),
        f"{route}/undelete/": (f"/customers/{kept.id}/undelete/", {}),
    }


def _by_support(staff: Administrator) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the forms by which support asks for help for a customer's person, and takes it back."""
    customer = people.make_customer("Elm Clinic")
    emails = ("una@cedarclinic.example", "ugo@cedarclinic.example")
    lost, taken_back = (people.make_administrator(customer, email=email) for email in emails)
    for person in (lost, taken_back):
        codes.enable_app(person)
    request = recovering.ask_as_support(taken_back, staff)
    here = f"/customers/{customer.id}"
    return {
        "customers/<uuid:customer_id>/manage/": (f"{here}/manage/", {"reason": "A <& reason>"}),
        "customers/<uuid:customer_id>/manage/begin/": (f"{here}/manage/begin/", {}),
        "customers/<uuid:customer_id>/manage/take-back/": (f"{here}/manage/take-back/", {}),
        "managing/<uuid:managing_id>/agree/": (f"/managing/{request.id}/agree/", {}),
        "managing/changes/": ("/managing/changes/", {}),
        "customers/<uuid:customer_id>/help/<uuid:person_id>/": (
            f"{here}/help/{lost.id}/",
            {"how": "Called back <& met>"},
        ),
        "customers/<uuid:customer_id>/requests/<uuid:request_id>/": (
            f"{here}/requests/{request.id}/",
            {},
        ),
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
    own_tabs.add("last", own_tabs.TabDetails(**TAB), actor=CONSOLE)
    named = Brand.objects.create(name="Lit", issuer="Lit", hosts=["portal.lit.example"])
    brand, factor = customer.brand_id, boss.factors.get()
    planned = {
        owner.column if owner.brand_id is None else "brand": str(_planned(owner))
        for owner in (
            versions.policy_of_customer(boss.customer_id),
            versions.minimum_of_customer(customer.id),
            versions.minimum_of_brand(named.id),
        )
    }
    excepted = people.invite(boss.customer, email="eve@northline.example", name="Eve Novak")
    exceptions.make(
        excepted.id,
        reason="A new phone",
        until=_tomorrow(),
        customer_id=boss.customer_id,
        actor=CONSOLE,
        now=timezone.now(),
    )
    for whose in (
        {"customer_id": boss.customer_id},
        {"customer_id": customer.id, "is_minimum": True},
        {"brand_id": named.id},
    ):
        WavePause.objects.create(
            since=timezone.now(), wave=2, stuck=6, people=7, paused_at=timezone.now(), **whose
        )
    another = POLICY | {"seen": "1"}
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
        **_help(boss),
        **_rehearsals(boss, customer.id, named.id, colleague.id),
        **{
            f"administrators/require/runs/<uuid:run_id>/{deed}/": (
                f"/administrators/require/runs/{run_of(boss, colleague, state=state).id}/{deed}/",
                {},
            )
            for deed, state in (("stop", RunState.RUNNING), ("go-on", RunState.STOPPED))
        },
        "account/": ("/account/", another),
        "account/evidence/": (
            "/account/evidence/",
            {"first_day": "2026-01-01", "last_day": "2026-01-31"},
        ),
        "account/waves/": ("/account/waves/", {}),
        "brands/<uuid:brand_id>/minimum/waves/": (f"/brands/{named.id}/minimum/waves/", {}),
        "customers/<uuid:customer_id>/minimum/waves/": (
            f"/customers/{customer.id}/minimum/waves/",
            {},
        ),
        "account/policy/withdraw/": ("/account/policy/withdraw/", {"version": planned["policy"]}),
        "administrators/": (
            "/administrators/?q=l&sort=-name",
            {"action": "require_2fa", "selected": two},
        ),
        "administrators/<uuid:person_id>/": (f"/administrators/{colleague.id}/", change),
        "administrators/<uuid:person_id>/exception/": (
            f"/administrators/{colleague.id}/exception/",
            {"reason": "A new phone <& a case>", "until": _tomorrow()},
        ),
        "administrators/<uuid:person_id>/exception/end/": (
            f"/administrators/{excepted.id}/exception/end/",
            {"back": "account"},
        ),
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
        "brands/<uuid:brand_id>/contact/<slug:slug>/": (
            f"/brands/{brand}/contact/de/",
            dict.fromkeys(contact.FIELDS, "") | {"support_phone": "+49 30 23125 010"},
        ),
        "brands/<uuid:brand_id>/logo/": (f"/brands/{brand}/logo/", {"kind": "logo", "remove": ""}),
        "brands/<uuid:brand_id>/minimum/": (f"/brands/{named.id}/minimum/", another),
        "brands/<uuid:brand_id>/minimum/withdraw/": (
            f"/brands/{named.id}/minimum/withdraw/",
            {"version": planned["brand"]},
        ),
        "brands/add/": ("/brands/add/", BRAND),
        "customers/<uuid:customer_id>/": (
            f"/customers/{customer.id}/",
            {"name": "Harbour & Sons", "brand": str(brand), "status": "active", "confirm": "on"},
        ),
        **_of_closed_ones(),
        "customers/<uuid:customer_id>/caller-check/": (
            f"/customers/{colleague.customer_id}/caller-check/",
            {"email": colleague.email},
        ),
        "customers/<uuid:customer_id>/invite/": (f"/customers/{customer.id}/invite/", PERSON),
        "customers/<uuid:customer_id>/minimum/": (f"/customers/{customer.id}/minimum/", another),
        "customers/<uuid:customer_id>/minimum/withdraw/": (
            f"/customers/{customer.id}/minimum/withdraw/",
            {"version": planned["minimum"]},
        ),
        "customers/<uuid:customer_id>/resend-invitation/<uuid:person_id>/": (
            f"/customers/{customer.id}/resend-invitation/{first.id}/",
            {},
        ),
        **_imports(customer),
        "customers/add/": ("/customers/add/", {"name": "Late & Co", "brand": str(brand)}),
        "profile/password/": (
            "/profile/password/",
            {"current": people.PASSWORD, "password": people.OTHER_PASSWORD},
        ),
        "profile/second-address/": (
            "/profile/second-address/",
            {"second_email": "boss@elsewhere.example"},
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
        "tabs/<uuid:tab_id>/move/": (f"/tabs/{tab.id}/move/", {"before": ""}),
        "tabs/<uuid:tab_id>/words/<slug:slug>/": (
            f"/tabs/{tab.id}/words/de/",
            {"title": "Telefone", "description": ""},
        ),
        "tabs/<uuid:tab_id>/remove/": (f"/tabs/{tab.id}/remove/", {}),
        **_application(),
        **_site(),
        "tabs/add/": ("/tabs/add/", TAB | {"key": "billing"}),
    }


def _application() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the forms of a tab's application; what is removed is another one's than what is changed."""
    changed, removed = (applications.make_application(key) for key in ("phones", "faxes"))
    applications.make_secret(changed)
    secret = changed.secrets.get()
    of_tab, path = "tabs/<uuid:tab_id>/application/", f"/tabs/{changed.tab_id}/application/"
    form = {
        "client_type": "confidential",
        "subject_type": "pairwise",
        "algorithm": "ES256",
        "redirect_uris": applications.CALLBACK,
        "logout_uris": "",
        "logout_channel": "",
        "resources": "",
        "required_acr": "phr",
        "keys": "",
    }
    return {
        of_tab: (path, form),
        f"{of_tab}secret/": (f"{path}secret/", {"secret": str(uuid4())}),
        f"{of_tab}secret/<uuid:secret_id>/remove/": (f"{path}secret/{secret.id}/remove/", {}),
        f"{of_tab}try/": (f"{path}try/", {"email": "nobody@nowhere.example"}),
        f"{of_tab}remove/": (f"/tabs/{removed.tab_id}/application/remove/", {}),
    }


def _site() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the forms of a tab's site; what is removed is another one's than what is changed."""
    changed, removed = (sites.make_site(f"https://{key}.example", key) for key in ("wiki", "logs"))
    form = {"origin": changed.origin, "required_acr": "phr"}
    return {
        "tabs/<uuid:tab_id>/site/": (f"/tabs/{changed.tab_id}/site/", form),
        "tabs/<uuid:tab_id>/site/try/": (
            f"/tabs/{changed.tab_id}/site/try/",
            {"email": "nobody@nowhere.example"},
        ),
        "tabs/<uuid:tab_id>/site/remove/": (f"/tabs/{removed.tab_id}/site/remove/", {}),
    }


def _imports(customer: Customer) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return what is done to an import, each to one that has come so far."""
    states = {
        "": ImportState.MAPPING,
        "begin/": ImportState.REHEARSED,
        "stop/": ImportState.RUNNING,
        "go-on/": ImportState.STOPPED,
        "discard/": ImportState.MAPPING,
    }
    found: dict[str, tuple[str, dict[str, Any]]] = {
        "customers/import/": ("/customers/import/", {"kind": "people", "customer": ""})
    }
    for deed, state in states.items():
        run = imports.run(customer, state, dry=False)
        form = {} if deed else {"column": ["0:email", "1:last_name", "2:"]}
        found[f"customers/import/<uuid:import_id>/{deed}"] = (
            f"/customers/import/{run.id}/{deed}",
            form,
        )
    # Whoever was added is at another customer: they change nothing of what is rehearsed here.
    elsewhere = people.make_customer("Moved in")
    done = imports.run(elsewhere, ImportState.DONE, email="ida@movedin.example")
    found["customers/import/<uuid:import_id>/invite/"] = (
        f"/customers/import/{done.id}/invite/",
        {},
    )
    return found


def _rehearsals(
    boss: Administrator, customer_id: UUID, brand_id: UUID, colleague_id: UUID
) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return what applies a rehearsal of each kind."""
    of = versions.policy_of_customer(boss.customer_id)
    wanted = Wanted(values=replace(of.default, session_hours=7))
    whose = {
        "account/policy": of,
        f"customers/{customer_id}/minimum": versions.minimum_of_customer(customer_id),
        f"brands/{brand_id}/minimum": versions.minimum_of_brand(brand_id),
    }
    plans = {f"{path}/rehearsal": Plan(owner=one, wanted=wanted) for path, one in whose.items()}
    plans["administrators/require"] = Plan(owner=of, people=frozenset({colleague_id}))
    found, ids = {}, {str(customer_id): "customer_id", str(brand_id): "brand_id"}
    for path, plan in plans.items():
        rehearsal_id = applying.make(plan, actor=people.actor(boss), now=timezone.now())
        pattern = path
        for one, name in ids.items():
            pattern = pattern.replace(one, f"<uuid:{name}>")
        address: tuple[str, dict[str, Any]] = (f"/{path}/{rehearsal_id}/", {})
        found[f"{pattern}/<uuid:rehearsal_id>/"] = address
    return found


def _tomorrow() -> str:
    return (timezone.now() + timedelta(days=1)).date().isoformat()


def _planned(owner: Owner) -> UUID:
    """Plan a version that asks everybody, and return its id."""
    now = timezone.now()
    wanted = Wanted(
        values=replace(owner.default, required_of=RequiredOf.EVERYONE),
        starts_at=now + timedelta(days=30),
    )
    version = policy_change.save(owner, wanted, actor=CONSOLE, now=now)
    assert version
    return version.id
