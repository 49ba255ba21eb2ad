"""Every service begins with `authorise`, and lets nobody on who has no right: found by walking the source."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone

from doorward.audit.actor import CONSOLE, WORKER, Actor, ClientInfo
from doorward.customers.events import ACCESS_REFUSED
from doorward.customers.rights import authorise
from doorward.gate.requirement import Need
from doorward.importing.models import ImportRun
from doorward.importing.runs import About as Import
from doorward.kernel.errors import NotFound
from doorward.managing.models import Managing
from doorward.permissions.actions import About, Action, Extent
from doorward.permissions.errors import NotAuthorised
from doorward.permissions.staff_scope import Reach
from doorward.policy import versions
from doorward.policy.versions import Wanted
from doorward.rollout.kept_rehearsals import Kept
from doorward.rollout.rehearsal import Plan
from doorward.web.http.needs import needs
from tests.kit import browsers, passkeys, people, staff
from tests.whole.callgraph import ROOT, reached_from, users_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.accounts.models import Administrator

# Who may is decided of what was read, above the database.
pytestmark = pytest.mark.one_database

# Who calls services, and what knows no rights: it stands below them.
ADAPTERS = frozenset({"web", "cli", "demo", "settings"})
BELOW = frozenset({"kernel", "audit", "permissions", "operations"})
METHODS = frozenset(
    {"update", "create", "save", "delete", "bulk_create", "get_or_create", "update_or_create"}
)
FUNCTIONS = frozenset({"record", "record_once"})

LINK = "the mailed link is the right"
PROOF = "the proof in it is the right, and is counted before it is looked at"
GATE = "the gate writes down what it did, of the session that asks"
SET_UP = "begun for the session that asks; `confirm` authorises"
EXCEPTIONS = {
    "accounts.email_change.answer": LINK,
    "accounts.invitations.ask_again": LINK,
    "accounts.second_address.confirm": LINK,
    "credentials.password.change.reset": LINK,
    "recovery.not_me.undo": LINK,
    "recovery.veto.veto": LINK,
    "recovery.rescue.use": "the printed link is the right",
    "recovery.lost_device.suspend": LINK,
    "recovery.lost_device.report": PROOF,
    "signin.invitation.accept": LINK,
    "signin.first_member.add": "the printed link is the right",
    "credentials.passkeys.verify.reauthenticate": PROOF,
    "credentials.password.change.reauthenticate": PROOF,
    "credentials.recovery_codes.codes.use": PROOF,
    "credentials.totp.clock_doctor.examine": PROOF,
    "credentials.totp.verify.reauthenticate": PROOF,
    "signin.mailbox.send": PROOF,
    "signin.mailbox.verify_code": PROOF,
    "signin.passkey.sign_in": PROOF,
    "signin.password.sign_in": PROOF,
    "signin.second_step.verify_code": PROOF,
    "signin.second_step.verify_passkey": PROOF,
    "recovery.set_up_pass.use": PROOF,
    "credentials.passkeys.enrol.begin": SET_UP,
    "credentials.passkeys.queries.handle_of": SET_UP,
    "credentials.totp.enrol.begin": SET_UP,
    "credentials.trusted_browsers.trust.mark_used": GATE,
    "sessions.issuing.mark_signed_in": GATE,
    "sessions.queries.keep_next": GATE,
    "sessions.queries.put_off": GATE,
    "sessions.queries.touch": GATE,
    "managing.watching.looked": GATE,
    "managing.end.found_over": "whoever finds that it is over, writes down what is so",
    "managing.end.still_open": "as above",
    "managing.session.leave": "nobody is kept from leaving",
    "sessions.saved_requests.carry_over": GATE,
    "sessions.saved_requests.clear": GATE,
    "sessions.saved_requests.save": GATE,
    "sessions.saved_requests.save_unsent": GATE,
    "customers.services.first_start": "there is nobody yet",
    "policy.first_day.require_of_staff": "at a start; it asks for more, never for less",
    "importing.queries.resumable": "it only looks, at the console",
    "notifications.worker.run_forever": "the worker's rounds",
    "sessions.binding.bind": "by the key that the session's own browser made just now",
    "sessions.binding.renew": "by a proof of the session's own device",
    "sessions.binding.mark_bound": "by the gate alone, of the session that it let through",
    "sessions.ending.sign_out": "nobody is kept from signing out",
    "signin.forgotten_password.ask": "nobody is signed in; the worker answers, by mail alone",
}


@cache
def functions() -> dict[str, ast.FunctionDef]:
    """Return the functions of all subjects that services live in."""
    return dict(_functions())


def _functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for file in sorted(ROOT.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if len(parts) > 1 and parts[0] not in ADAPTERS | BELOW and "migrations" not in parts:
            for node in ast.parse(file.read_text()).body:
                if isinstance(node, ast.FunctionDef):
                    yield ".".join((*parts, node.name)), node


def authorises(node: ast.FunctionDef) -> bool:
    """Return whether the first statement after the docstring is `authorise(…)`."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    first = body[0].value if body and isinstance(body[0], ast.Expr) else None
    return (
        isinstance(first, ast.Call)
        and isinstance(first.func, ast.Name)
        and first.func.id == "authorise"
    )


def writes(node: ast.FunctionDef) -> bool:
    calls = [found.func for found in ast.walk(node) if isinstance(found, ast.Call)]
    return any(
        (isinstance(called, ast.Attribute) and called.attr in METHODS)
        or (isinstance(called, ast.Name) and called.id in FUNCTIONS)
        for called in calls
    )


@cache
def services() -> frozenset[str]:
    """Return what pages and commands call and what leads to a write, however far down."""
    writers = {f"doorward.{name}" for name, node in functions().items() if writes(node)}
    return frozenset(
        name
        for name, node in functions().items()
        if not node.name.startswith("_")
        and {user.split(".")[1] for user in users_of(f"doorward.{name}")} & {"web", "cli"}
        and reached_from(f"doorward.{name}") & writers
    )


AUTHORISED = sorted(name for name, node in functions().items() if authorises(node))


def test_every_service_begins_with_authorise_or_says_why_not():
    open_ = {name for name in services() if not authorises(functions()[name])}
    assert open_ == set(EXCEPTIONS), open_ ^ set(EXCEPTIONS)


def test_what_is_walked_is_there():
    assert {"accounts.services.add", "customers.exports.record_export"} <= services()
    assert len(services()) > len(EXCEPTIONS)


def test_every_action_is_asked_for_somewhere():
    source = "".join(file.read_text() for file in ROOT.rglob("*.py"))
    assert not [action for action in Action if f"Action.{action.name}" not in source]


# --- each is called by everybody who may not -------------------------------------------------------


class World:
    """Somebody whom it is about, and everybody who has no business there."""

    def __init__(self, owner: Administrator) -> None:
        self.owner = owner
        self.auth = passkeys.begin(owner)
        self.versions = versions.policy_of_customer(owner.customer_id)
        staff = people.make_administrator(people.provider(), email="lou@provider.example")
        self.managing = Managing.objects.create(
            customer=owner.customer, staff=staff, reason="A ticket.", asked_at=timezone.now()
        )

    def call(self, name: str, actor: Actor) -> None:
        """Call a service: what its right is about is the owner's, everything else is nothing at all."""
        module, _, function = name.rpartition(".")
        service = getattr(import_module(f"doorward.{module}"), function)
        plan = Plan(owner=self.versions, wanted=Wanted(values=self.versions.default))
        given: dict[str, Any] = {
            "plan": plan,
            "kept": Kept(uuid4(), plan, timezone.now(), {}, {}, 0),
            "actor": actor,
            "administrator_id": self.owner.id,
            "auth": self.auth,
            "about": Import(kind="people", customer_id=self.owner.customer_id),
            "run": ImportRun(kind="people", customer=self.owner.customer),
            "customer": self.owner.customer,
            "customer_id": self.owner.customer_id,
            "managing_id": self.managing.id,
            "owner": self.versions,
            "person": self.owner,
            "subject": self.owner.who(),
        }
        arguments = inspect.signature(service).parameters
        plain = [
            one for one in arguments if arguments[one].kind is not inspect.Parameter.KEYWORD_ONLY
        ]
        named = {one: given.get(one) for one in arguments if one not in plain}
        service(*(given.get(one) for one in plain), **named)

    def refusal(self, name: str, actor: Actor) -> NotAuthorised:
        """Return how it is refused; nothing may have been written by then."""
        with CaptureQueriesContext(connection) as asked, pytest.raises(NotAuthorised) as caught:
            self.call(name, actor)
        assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries), name
        return caught.value

    def without_right(self, action: Action) -> Iterator[Administrator]:
        """Make who has every other right, and who has all of them elsewhere."""
        everything = people.ALL_TABS | {"customers", "brands", "tabs"}
        lesser = everything - {action.needs.tab} if action.needs.tab else everything
        staff = lesser - {"customers"} if action.needs.behalf else lesser
        other = people.make_customer("Cedar Clinic")
        yield made(self.owner.customer, "colleague", lesser - {"customers", "brands", "tabs"})
        yield made(other, "outsider", people.ALL_TABS)
        yield made(people.provider(), "staff", staff)

    def with_right(self, action: Action) -> Actor:
        """Return somebody who may."""
        about = action.needs.about
        if about is About.CONSOLE:
            return CONSOLE
        if about is About.PROVIDER:
            return people.actor(made(people.provider(), "right", action.needs.tabs))
        if about is About.SELF:
            return people.actor(self.owner)
        return people.actor(made(self.owner.customer, "right", action.needs.tabs))


def made(customer: Any, name: str, tabs: Any) -> Administrator:
    given = frozenset(tabs) - (frozenset() if customer.kind == "provider" else {"customers"})
    return people.make_administrator(
        customer, email=f"{name}@somewhere.example", name=f"{name} Person", tabs=given
    )


@pytest.fixture
def world(owner: Administrator) -> World:
    return World(owner)


@pytest.mark.django_db
@pytest.mark.parametrize("name", AUTHORISED)
def test_nobody_without_the_right_is_let_on_and_nothing_is_written(name, world):
    action = world.refusal(name, Actor(person=None, client=ClientInfo())).action
    for person in world.without_right(action):
        world.refusal(name, people.actor(person))


@pytest.mark.django_db
@pytest.mark.parametrize("name", AUTHORISED)
def test_no_service_is_for_staff_who_do_not_see_whom_it_is_about(name, world):
    """With every tab there is, and a scope that has somebody else's customer alone."""
    action = world.refusal(name, Actor(person=None, client=ClientInfo())).action
    if action.needs.extent is Extent.PART and action.needs.about is About.PROVIDER:
        return
    two = staff.two()
    actor = people.actor(staff.member("narrow@provider.example", two.scope(Reach.BRANDS)))
    refused = pytest.raises((NotAuthorised, NotFound))
    with CaptureQueriesContext(connection) as asked, refused:
        world.call(name, actor)
    assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries), name


@pytest.mark.django_db
@pytest.mark.parametrize("name", AUTHORISED)
def test_who_has_the_right_is_let_on(name, world):
    action = world.refusal(name, Actor(person=None, client=ClientInfo())).action
    for actor in (world.with_right(action), CONSOLE, WORKER):
        try:
            world.call(name, actor)
        except NotAuthorised:
            pytest.fail(f"{name} refuses {actor}")
        except Exception:  # noqa: BLE001 - the rest of what it was given is nothing at all
            pass


@pytest.mark.django_db
@pytest.mark.parametrize("of", ["customer", "brand"])
@pytest.mark.parametrize("name", [one for one in AUTHORISED if "polic" in one or "rollout" in one])
def test_so_it_is_with_the_providers_minimums(name, of, world):
    customer = world.owner.customer
    world.versions = (
        versions.minimum_of_customer(customer.id)
        if of == "customer"
        else versions.minimum_of_brand(customer.brand_id)
    )
    test_nobody_without_the_right_is_let_on_and_nothing_is_written(name, world)


# --- what a page says then -------------------------------------------------------------------------


@needs(Need.THROUGH)
def forgetful(request: HttpRequest) -> HttpResponse:
    """Ask for less than its service."""
    person = request.administrator  # type: ignore[attr-defined]
    actor = Actor(person=person.who(), client=ClientInfo())
    authorise(actor, Action.CHANGE_PERSON, person.customer_id)
    return HttpResponse("done")


urlpatterns = [path("forgetful/", forgetful)]


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_a_page_that_asks_for_less_answers_403_and_it_is_recorded(owner, colleague):
    assert browsers.browser_signed_in_by_service(owner).get("/forgetful/").status_code == 200
    answer = browsers.browser_signed_in_by_service(colleague).get("/forgetful/")
    assert answer.status_code == 403
    assert [event.details for event in people.events(ACCESS_REFUSED)] == [{"tab": "administrators"}]


def test_the_page_of_permissions_is_current():
    script = Path(__file__).parents[2] / "scripts" / "permissions_page.py"
    subprocess.run([sys.executable, script, "--check"], check=True)
