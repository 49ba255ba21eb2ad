"""Somebody asks for what belongs to another customer: by its identifier in an address or in any field."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit.actor import CONSOLE
from doorward.customers import notes, own_tabs
from doorward.customers.scoping import NoScope
from doorward.managing.models import Managing
from doorward.policy.fields import RequiredOf, Values
from doorward.policy.versions import Wanted, policy_of_customer
from doorward.recovery.models import CallerCheck, RecoveryRequest, Way
from doorward.rollout import applying
from doorward.rollout.rehearsal import Plan
from doorward.sessions.models import Session
from tests.kit import applications, browsers, codes, imports, people
from tests.kit.ticks import run_of
from tests.threats.changes import TAB
from tests.whole.routes import METHODS, ROUTES
from tests.whole.rows import state

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(owner):
    """Return everything of the owner that has an identifier, under the names that addresses use."""
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    assert browser.get("/security/").status_code == 200
    tab = own_tabs.add("pbx", own_tabs.TabDetails(**TAB), actor=CONSOLE)
    everyone = Wanted(values=Values(required_of=RequiredOf.EVERYONE))
    plan = Plan(owner=policy_of_customer(owner.customer_id), wanted=everyone)
    return {
        "person_id": str(owner.id),
        "factor_id": str(owner.factors.get().id),
        "customer_id": str(owner.customer_id),
        "brand_id": str(owner.customer.brand_id),
        "tab_id": str(tab.id),
        "secret_id": str(_secret()),
        "check_id": str(_check(owner)),
        "request_id": str(_request(owner)),
        "managing_id": str(_managing(owner)),
        "note_id": str(_note(owner)),
        "run_id": str(run_of(owner, owner).id),
        "import_id": str(imports.run(owner.customer).id),
        "rehearsal_id": str(applying.make(plan, actor=people.actor(owner), now=timezone.now())),
    }


def _secret():
    """Return a secret of an application, which is the provider's."""
    application = applications.make_application()
    applications.make_secret(application)
    return application.secrets.get().id


def _request(owner):
    """Return a request for the owner's help."""
    made = RecoveryRequest.objects.create(
        administrator=owner, way=Way.COLLEAGUE, second=True, asked_at=timezone.now()
    )
    return made.id


def _managing(owner):
    """Return what support asked of the owner's company."""
    staff = people.make_administrator(people.provider(), email="nora@provider.example")
    made = Managing.objects.create(
        customer=owner.customer, staff=staff, reason="A ticket.", asked_at=timezone.now()
    )
    return made.id


def _note(owner):
    """Return what the provider's people noted down about the owner's company."""
    return notes.add(owner.customer_id, "A note.", actor=CONSOLE, now=timezone.now()).id


def _check(owner):
    """Return a caller check with the owner."""
    staff = people.make_administrator(
        people.provider(), email="staff@provider.example", tabs={"home", "customers"}
    )
    check = CallerCheck.objects.create(administrator=owner, staff=staff, begun_at=timezone.now())
    return check.id


def test_every_identifier_in_an_address_is_tried(theirs):
    named = {name for route in ROUTES for name in route.arguments}
    # A tab's `key` is the provider's, and its page behind it the demonstration's.
    others = {"token", "name", "slug", "asked", "key"}
    assert named - set(theirs) == others, "no identifiers of a row"


@pytest.mark.parametrize("method", METHODS)
def test_no_address_leads_to_it_by_any_method(theirs, owner, outsider, method):
    browser = browsers.browser_of(outsider)
    browser.get("/")
    before = state()
    form = urlencode({"name": "Mine", "remove": "on", "status": "removed", "confirm": "on"})
    kind = "application/x-www-form-urlencoded"
    for route in ROUTES:
        if not set(route.arguments) & set(theirs):
            continue
        answer = browser.generic(method, route.path(**theirs), form, kind)
        # A provider's tab is closed to a customer's people before anything is looked up.
        assert answer.status_code in {403, 404, 405}, (route.pattern, method)
        for told in (owner.last_name, owner.email, owner.customer.name):
            assert told not in answer.content.decode(), (route.pattern, method)
    assert state() == before


def test_no_field_leads_to_it(theirs, owner, outsider):
    """Whatever field a page has, filled with what is another customer's."""
    browser = browsers.browser_of(outsider)
    browser.get("/")
    before = state()
    session = Session.objects.get(administrator=owner)
    marked = {"selected": [theirs["person_id"]], "action": "require_2fa"}
    assert browser.post("/administrators/", marked).status_code == 422
    assert browser.post("/administrators/require/", marked).status_code == 404
    mixed = {"selected": [theirs["person_id"], str(outsider.id)], "action": "require_2fa"}
    assert browser.post("/administrators/", mixed).status_code == 422
    ended = browser.post("/security/sessions/end/", {"session": str(session.id)})
    assert ended.status_code == 404
    assert Session.objects.get(id=session.id).ended_at is None
    without = browser.get("/prove/", {"without": theirs["factor_id"]})
    hidden = f'name="without" value="{theirs["factor_id"]}"'
    assert hidden not in without.content.decode()
    assert state() == before


def test_no_list_search_or_table_has_it(theirs, owner, outsider):
    browser = browsers.browser_of(outsider)
    for path in (
        "/",
        "/account/",
        "/administrators/?q=moreau",
        "/administrators/?q=&status=all",
        f"/administrators/?q={owner.email}",
        "/activity/?q=moreau",
        f"/activity/?q={owner.id}",
        "/activity/export/",
        "/security/",
        "/support/",
    ):
        page = browser.get(path).content.decode()
        assert owner.last_name not in page, path
        assert owner.customer.name not in page, path
    answer: Any = browser.get("/activity/export.csv")
    table = b"".join(answer.streaming_content).decode()
    assert owner.last_name not in table


def test_nor_does_a_query_without_a_customer(theirs):
    """The door in the code: a query that names no customer is no query."""
    for query in (
        Administrator.objects.all,
        Administrator.objects.filter,
        Administrator.objects.get,
    ):
        with pytest.raises(NoScope):
            query()
