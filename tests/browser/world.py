"""A portal with something on every page, and a browser at each step: what `test_pages` walks through.

It is made in the process of `inside`, which has the server's settings and database.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.accounts.models import Administrator, LinkPurpose, MailedLink, PasswordDue, Status
from doorward.audit.actor import CONSOLE
from doorward.credentials import suspension
from doorward.credentials.models import Factor, RecoverySet
from doorward.credentials.password import change
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.customers import notes
from doorward.customers.exports import record_customer_export
from doorward.customers.models import Customer, Tab
from doorward.customers.tabs import BUILT_IN, OF_STAFF
from doorward.importing.models import ImportState
from doorward.policy.fields import Kinds
from doorward.recovery import help as recovery_help
from doorward.rollout.models import RunState, TickOutcome
from doorward.web.http import cookies
from doorward.web.kit import after_requiring
from tests.kit import applications, imports, passkeys, policies, recovering, sites
from tests.kit import browsers as kit_browsers
from tests.kit import closing as kit_closing
from tests.kit import codes as kit_codes
from tests.kit import managing as kit_managing
from tests.kit import people as kit_people
from tests.kit.email_changes import ask_email
from tests.kit.ticks import run_of

TAB_TITLES = ("Telephones", "Billing & invoices", "Reports")


def make() -> dict[str, Any]:
    """Return addresses (`paths`, by name), and the cookies of each browser (`browsers`, by who it is)."""
    customer = kit_people.make_customer(f"Harbour Bakery of the Old Town Quay {uuid4().hex[:6]}")
    policies.ask(customer.id, trust_days=30)
    tabs = _own_tabs()
    boss = _person(customer, "Nora Lindqvist", tabs={*BUILT_IN, *tabs}, is_primary=True)
    newcomer = _person(customer, "Samuel Osei")
    _trusts_browsers(boss)
    browsers = {
        "stranger": {},
        "boss": _signed_in(boss, app=True),
        "newcomer": _signed_in(newcomer),
        "required": _signed_in(_person(customer, "Maya Haddad", require_2fa=True), app=True),
        "with passkey": _signed_in(_with_passkey(_person(customer, "Lou Laptop"))),
        "recovered": _recovered(_person(customer, "Jonas Weber")),
        "objected": _objected(customer, boss),
        "staff": _staff(),
    } | _half_way(customer)
    managing, in_portals = _managing(customer, boss)
    return {
        "paths": paths(customer, boss, newcomer) | managing,
        "browsers": browsers | in_portals,
    }


def _managing(customer: Customer, boss: Administrator) -> tuple[dict[str, str], dict[str, Any]]:
    """Let staff ask to be let in, go in, and be out again; return the addresses and the browsers of that."""
    recovering.long_ago(boss)
    asked = kit_managing.ask(_manager(), boss)
    mill = kit_people.make_customer(f"Managed Mill {uuid4().hex[:6]}")
    owner = _person(mill, "Olga Owner", tabs=set(BUILT_IN), is_primary=True)
    kit_codes.enable_app(owner)
    recovering.long_ago(owner)
    at_mill = kit_browsers.sign_in(browser(), owner)
    inside, over = _manager(), _manager()
    for client in (inside, over):
        kit_managing.agree(at_mill, kit_managing.ask(client, owner))
    kit_managing.begin(inside, owner)
    running = kit_managing.begin(over, owner)
    assert at_mill.post(f"/managing/{running.id}/end/").status_code == 303
    return (
        {"managing": f"/managing/{asked.id}/", "managed": f"/customers/{customer.id}/manage/"},
        {"managing": _kept(inside), "managing over": _kept(over)},
    )


def _manager() -> Client:
    """Return a browser of one of the provider's staff who may manage."""
    staff = kit_managing.make_manager(f"nora.{uuid4().hex[:6]}@provider.example")
    return kit_browsers.sign_in(browser(), staff)


def _person(customer: Customer, name: str, **rest: Any) -> Administrator:
    email = f"{name.lower().replace(' ', '.')}.{uuid4().hex[:6]}@harbourbakery.example"
    return kit_people.make_administrator(customer, email=email, name=name, **rest)


def _trusts_browsers(person: Administrator) -> None:
    """Let a person trust two browsers."""
    now = timezone.now()
    for browser in (kit_people.CHROME, ""):
        person.trusted_browsers.create(
            token_hash=token_bytes(32),
            security_version=person.security_version,
            required=True,
            kinds=Kinds.ANY,
            trusted_at=now,
            until=now + timedelta(days=30),
            browser=browser,
        )


def _own_tabs() -> set[str]:
    keys = []
    for position, title in enumerate(TAB_TITLES):
        key = f"own-{position}-{uuid4().hex[:6]}"
        Tab.objects.create(
            key=key, title=title, url=f"https://{key}.example/", position=position,
            description="What the application behind it is for, in one sentence.",
        )  # fmt: skip
        keys.append(key)
    kit_people.forget_caches()
    return set(keys)


def _closed(now: datetime) -> Customer:
    """Return a closed customer that may be deleted, with notes about it."""
    customer = kit_people.make_customer(f"Fir Dental {uuid4().hex[:6]}")
    kit_closing.close(customer)
    record_customer_export(customer.id, actor=CONSOLE, now=timezone.now())
    text = "They leave at the end of the year.\nThe last invoice is open."
    notes.add(customer.id, text, actor=CONSOLE, now=now)
    return customer


def _imports(customer: Customer, boss: Administrator) -> dict[str, str]:
    """Return the addresses of imports, each of which has come so far."""
    states = {
        "import": ImportState.MAPPING,
        "import_rehearsed": ImportState.REHEARSED,
        "import_stopped": ImportState.STOPPED,
        "import_done": ImportState.DONE,
    }
    return {
        name: f"/customers/import/{imports.run(customer, state, asker=boss).id}/"
        for name, state in states.items()
    }


def _by_support(customer: Customer, *, now: datetime) -> dict[str, str]:
    """Let support ask for help for somebody; return the addresses of that."""
    lost, other, without = (_person(customer, name) for name in ("Una Lost", "Ugo Lost", "Uta New"))
    for person in (lost, other):
        kit_codes.enable_app(person)
    staff = recovering.make_staff(f"nora.{uuid4().hex[:6]}@provider.example")
    asked = recovering.ask_as_support(lost, staff, now=now)
    here = f"/customers/{customer.id}/"
    return {
        "customer_asked": here,
        "support_lost": f"{here}help/{other.id}/",
        "support_refused": f"{here}help/{without.id}/",
        "support_request": f"{here}requests/{asked.id}/",
        "request_of_support": f"/requests/{asked.id}/",
    }


def paths(customer: Customer, boss: Administrator, active: Administrator) -> dict[str, str]:
    """Make the rest of the customer's people; return the addresses that have an id in them."""
    now, actor = timezone.now(), kit_people.actor(boss)
    long_named = _person(
        customer, "Bartholomew-Maximilian Featherstonehaugh-Cholmondeley", require_2fa=True
    )
    invited = kit_people.invite(customer, email=f"lena.{uuid4().hex[:6]}@harbourbakery.example")
    suspended = _person(customer, "Old Colleague", status=Status.SUSPENDED)
    moving = _person(customer, "Greta Moving")
    ask_email(moving, f"greta.{uuid4().hex[:6]}@elsewhere.example", actor=actor, now=now)
    change.send_link(person=active, actor=actor, now=now)
    lost, helper = (
        _person(customer, "Leila Lost"),
        _person(customer, "Hans Helper", tabs=set(BUILT_IN)),
    )
    for person in (lost, helper):
        kit_codes.enable_app(person)
    asked = recovery_help.help_person(
        helper.id, how="Met in person.", customer_id=customer.id, actor=actor, now=now
    )
    people = {
        "lost": lost,
        "active": active, "long": long_named, "invited": invited, "suspended": suspended,
        "moving": moving, "me": boss,
    }  # fmt: skip
    return {
        "request": f"/requests/{asked.request.id}/",
        **_imports(customer, boss),
        "run": after_requiring.address(run_of(boss, long_named, suspended).id),
        "run_stopped": after_requiring.address(
            run_of(
                boss,
                active,
                lost,
                state=RunState.STOPPED,
                outcome=TickOutcome.FAILED,
                reason="helper_needs_factor",
            ).id
        ),
        **_by_support(customer, now=now),
        "veto": mailed_links.path(
            mailed_links.make(
                LinkPurpose.VETO,
                administrator_id=helper.id,
                now=now,
                email=helper.email,
                about=asked.request.id,
            )
        ),
        "second_address": mailed_links.path(
            mailed_links.make(
                LinkPurpose.SECOND_ADDRESS,
                administrator_id=active.id,
                now=now,
                email="samuel@elsewhere.example",
            )
        ),
        **{f"person_{name}": f"/administrators/{who.id}/" for name, who in people.items()},
        "factor": f"/security/factors/{Factor.objects.get(administrator=boss).id}/",
        "customer": f"/customers/{customer.id}/",
        "customer_closed": f"/customers/{_closed(now).id}/",
        "customer_minimum": f"/customers/{customer.id}/minimum/",
        "brand": f"/brands/{customer.brand_id}/",
        "brand_minimum": f"/brands/{customer.brand_id}/minimum/",
        "application": _application(),
        "site": _site(),
        "denied": _denied(),
        "another": _denied(login_hint="nora@elsewhere.example"),
        "tab": f"/tabs/{Tab.objects.earliest('position').id}/",
        "reset": mailed_links.path(_link(LinkPurpose.RESET, active)),
        "invitation": mailed_links.path(_link(LinkPurpose.INVITATION, invited)),
        "not_me": mailed_links.path(
            mailed_links.make(
                LinkPurpose.NOT_ME, administrator_id=boss.id, now=now, email=boss.email
            )
        ),
        "lost": _made(LinkPurpose.LOST, boss, now),
        "second": _made(LinkPurpose.SECOND_ADDRESS, boss, now, email="boss@home.example"),
        "email_new": mailed_links.path(_link(LinkPurpose.EMAIL_NEW, moving)),
        "email_old": mailed_links.path(_link(LinkPurpose.EMAIL_OLD, moving)),
    }


def _application() -> str:
    """Return the address of the page of an application that has a secret."""
    made = applications.make_application(f"phones-{uuid4().hex[:6]}")
    applications.make_secret(made)
    return f"/tabs/{made.tab_id}/application/"


def _site() -> str:
    """Return the address of the page of a site."""
    # A key begins with a letter.
    key = f"site-{uuid4().hex[:6]}"
    return f"/tabs/{sites.make_site(f'https://{key}.example', key).tab_id}/site/"


def _denied(**more: str) -> str:
    """Return the address of an application that the one who looks has no right to."""
    application = applications.make_application(f"nobodys-{uuid4().hex[:6]}")
    return applications.Relying(application).address(**more)


def _made(purpose: LinkPurpose, person: Administrator, now: datetime, *, email: str = "") -> str:
    return mailed_links.path(
        mailed_links.make(purpose, administrator_id=person.id, now=now, email=email)
    )


def _link(purpose: LinkPurpose, person: Administrator) -> MailedLink:
    return MailedLink.objects.filter(purpose=purpose, administrator=person).latest("created_at")


def _half_way(customer: Customer) -> dict[str, dict[str, str]]:
    """Return browsers that stand before a step."""
    at_code, locked = (_person(customer, name) for name in ("Ada Code", "Leo Locked"))
    for person in (at_code, locked):
        kit_codes.enable_app(person)
    kit_people.disable_apps(locked)
    at_codes = _person(customer, "Cora Codes")
    at_passkey = _with_passkey(_person(customer, "Kim Key"))
    suspended = _person(customer, "Sara Suspended")
    kit_codes.enable_app(suspended)
    suspension.suspend(suspended.id, now=timezone.now())
    browsers = {
        "suspended device": _password(suspended),
        "at code": _password(at_code),
        "at passkey": _password(at_passkey),
        "locked out": _password(locked),
        "at mailbox": _password(_person(customer, "Max Mailbox", require_2fa=True)),
        "at password": _password(
            _person(customer, "Pia Password", password_due=PasswordDue.NOT_ME)
        ),
        "at set-up": _password(_person(_in_grace(), "Gus Grace")),
        "at codes": _signed_in(at_codes, app=True),
    }
    recovery_codes.make(at_codes, now=timezone.now())
    return browsers


def _in_grace() -> Customer:
    customer = kit_people.make_customer(f"Grace & Sons {uuid4().hex[:6]}")
    policies.require(customer.id, from_day=timezone.now().date() + timedelta(days=14))
    return customer


def _with_passkey(person: Administrator) -> Administrator:
    """Return a person an app and a passkey."""
    kit_codes.enable_app(person)
    passkeys.add(person, name="Windows Hello on Edge")
    return person


def _staff() -> dict[str, str]:
    provider = kit_people.provider()
    staff = _person(provider, "Priya Provider", tabs={*BUILT_IN, *OF_STAFF})
    signed_in = _signed_in(staff, app=True)
    # As one who has been there for a while: who is new asks for nobody.
    recovering.long_ago(staff)
    return signed_in


def _recovered(person: Administrator) -> dict[str, str]:
    """Return a browser that was signed in with a recovery code, of which few are left."""
    kit_codes.enable_app(person)
    recovery_codes.make(person, now=timezone.now())
    codes = recovery_codes.unsaved(person.id)
    recovery_codes.confirm_saved(
        administrator_id=person.id, actor=kit_people.actor(person), now=timezone.now()
    )
    made = RecoverySet.objects.get(administrator=person)
    client = _client(person)
    answer = client.post("/sign-in/recovery/", {"code": codes[0]})
    assert answer.status_code == 303, answer.content.decode()
    made.codes.filter(used_at__isnull=True, id__in=made.codes.values("id")[3:]).update(
        used_at=timezone.now()
    )
    return _kept(client)


def _objected(customer: Customer, boss: Administrator) -> dict[str, str]:
    """Return a browser in which help was refused by a mailed link."""
    lost, now = _person(customer, "Otto Object"), timezone.now()
    kit_codes.enable_app(lost)
    asked = recovery_help.help_person(
        lost.id,
        how="Met in person.",
        customer_id=customer.id,
        actor=kit_people.actor(boss),
        now=now,
    )
    client = browser()
    client.get(kit_people.path_of(LinkPurpose.VETO, about=asked.request.id))
    answer = client.post("/veto/")
    assert answer.status_code == 303, answer.content.decode()
    return {cookies.LINK: client.cookies[cookies.LINK].value}


def browser() -> Client:
    """Return a browser at the portal's own address: under another one it is not answered."""
    return Client(HTTP_USER_AGENT=kit_people.CHROME, SERVER_NAME="localhost")


def _client(person: Administrator) -> Client:
    client = browser()
    given = {"email": person.email, "password": kit_people.PASSWORD}
    answer = client.post("/sign-in/", given)
    assert answer.status_code == 303, answer.content.decode()
    return client


def _password(person: Administrator) -> dict[str, str]:
    return _kept(_client(person))


def _signed_in(person: Administrator, *, app: bool = False) -> dict[str, str]:
    if app:
        kit_codes.enable_app(person)
    client = kit_browsers.sign_in(browser(), person)
    client.get("/")
    return _kept(client)


def _kept(client: Client) -> dict[str, str]:
    name = settings.SESSION_COOKIE_NAME
    return {name: client.cookies[name].value}
