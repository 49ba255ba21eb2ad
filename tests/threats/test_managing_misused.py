"""Staff in a customer's portal does what it was let in for, and nothing else: not by page, form, address or service."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from doorward.accounts.events import ADMINISTRATOR_ADDED
from doorward.accounts.models import Administrator
from doorward.audit.actor import CONSOLE, by_session
from doorward.audit.record import record
from doorward.customers.models import Customer, CustomerStatus
from doorward.customers.rights import is_allowed
from doorward.managing import ask, end, rules
from doorward.managing.errors import ManageInBrowser
from doorward.managing.models import Managing, State
from doorward.permissions.actions import Action, Managed
from doorward.policy.fields import SupportAccess
from doorward.policy.models import PolicyVersion
from doorward.sessions.models import Session
from tests.kit import browsers, codes, managing, pages, people, policies
from tests.whole.routes import walk

pytestmark = pytest.mark.django_db
OPEN = {
    "add-person",
    "change-person",
    "resend-invitation",
    # For an application of which the provider says so: tests/signon/test_while_managing.py.
    "open-while-managing",
}


@pytest.fixture
def owner(owner: Administrator) -> Administrator:
    return managing.old_owner(owner)


@pytest.fixture
def staff(owner: Administrator) -> Administrator:
    return managing.make_manager()


def test_by_no_service_is_done_what_is_not_in_the_list(owner, staff):
    client = managing.let_in(staff, owner, changes=True)
    session = by_session(managing.session_of(client).id)
    actor = replace(people.actor(staff), credential=session, on_behalf_of=owner.who())
    done = {
        action.key
        for action in Action
        if is_allowed(actor, action, owner.customer_id, subject=owner.id)
    }
    assert done == OPEN
    Managing.objects.update(changes=False)
    assert not any(is_allowed(actor, action, owner.customer_id) for action in Action)


def test_no_page_is_seen_that_is_not_in_the_list(owner, colleague, staff):
    client = managing.let_in(staff, owner, changes=True)
    ids = {"person_id": str(colleague.id), "customer_id": str(owner.customer_id)}
    seen = set()
    for route in walk():
        declaration = route.declaration
        if declaration is None or declaration.step:
            continue
        need = declaration.need_for("GET")
        if need.open or need.managed is Managed.OWN:
            continue
        answer = client.get(route.path(**ids))
        if b"You are managing" in answer.content and answer.status_code == 200:
            seen.add(route.pattern)
    named = {"", *(f"account/{one}" for one in ("", "adoption/")), "activity/", "administrators/"}
    named |= {"administrators/add/", "administrators/<uuid:person_id>/"}
    assert seen == named | {"administrators/<uuid:person_id>/history/"}


def test_what_is_ones_own_is_not_in_the_top_bar_of_another_portal(owner, colleague, staff):
    client = managing.let_in(staff, owner)
    own = ('id="account-menu"', 'href="/jump/"', 'href="/sign-in/"')
    for path, status in (("/administrators/", 200), ("/", 200), ("/jump/?q=osei", 403)):
        answer = client.get(path)
        bar = answer.content.decode().partition("<main")[0]
        assert answer.status_code == status
        assert "You are managing" in bar
        assert not [one for one in own if one in bar], path
    assert colleague.email not in client.get("/jump/?q=osei").content.decode()
    client.post("/managing/leave/")
    back = client.get("/").content.decode()
    assert all(one in back for one in own[:2])


@pytest.mark.parametrize(
    "change",
    [
        {"tabs": ["home", "administrators"]},
        {"require_2fa": "on"},
        {"status": "suspended", "confirm": "on"},
        {"email": "thief@provider.example"},
    ],
)
def test_of_a_person_neither_rights_nor_status_nor_email_change(owner, colleague, staff, change):
    client = managing.let_in(staff, owner, changes=True)
    assert client.post(pages.page(colleague), pages.form(colleague, **change)).status_code == 403
    again = people.again(colleague)
    assert (again.tabs, again.status, again.email) == (
        colleague.tabs,
        colleague.status,
        colleague.email,
    )
    assert again.require_2fa == colleague.require_2fa


def test_who_was_let_in_to_look_changes_nothing(owner, colleague, staff):
    client = managing.let_in(staff, owner)
    form = pages.form(colleague, first_name="Else")
    assert client.post(pages.page(colleague), form).status_code == 403
    assert people.again(colleague).first_name == colleague.first_name


def test_nobody_of_the_staff_agrees_and_no_other_customer_does(owner, staff, outsider):
    managing.old_owner(outsider)
    client = browsers.browser_of_with_factor(staff)
    asked = managing.ask(client, owner)
    for browser in (client, browsers.browser_of_with_factor(outsider)):
        assert browser.post(f"/managing/{asked.id}/agree/").status_code == 404
    assert Managing.objects.get().agreed_by_id is None


def test_end_now_holds_for_the_very_next_request(owner, colleague, staff):
    client = managing.let_in(staff, owner, changes=True)
    form = pages.form(colleague, first_name="Else")
    theirs = browsers.browser_of_with_factor(owner)
    assert theirs.post(f"/managing/{Managing.objects.get().id}/end/").status_code == 303
    for answer in (client.get("/administrators/"), client.post(pages.page(colleague), form)):
        assert (answer.status_code, answer["Location"]) == (303, "/managing/over/")
    assert people.again(colleague).first_name == colleague.first_name


@pytest.mark.parametrize("what", ["time", "right", "tab", "customer", "signed out"])
def test_it_ends_by_itself(owner, staff, what):
    client = managing.let_in(staff, owner)
    everybody = Administrator.objects.everywhere()
    if what == "time":
        Managing.objects.update(until=timezone.now() - timedelta(seconds=1))
    elif what == "right":
        everybody.filter(id=staff.id).update(tabs=" home customers ")
    elif what == "tab":
        everybody.filter(id=owner.id).update(tabs=" home ")
    elif what == "customer":
        rows = Customer.objects.filter(id=owner.customer_id)
        rows.update(status=CustomerStatus.SUSPENDED)
    else:
        client.post("/sign-out/")
    answer = client.get("/administrators/")
    assert answer.status_code == 303
    assert answer["Location"].startswith("/sign-in/" if what == "signed out" else "/managing/over/")
    # Nor does the page that says so have the banner.
    assert b"You are managing" not in client.get(answer["Location"]).content


def test_another_browser_of_theirs_is_in_no_portal(owner, staff):
    managing.let_in(staff, owner)
    other = browsers.browser_of_with_factor(staff)
    assert "You are managing" not in other.get("/administrators/").content.decode()
    assert other.post(f"/customers/{owner.customer_id}/manage/begin/").status_code in {303, 404}
    assert "You are managing" not in other.get("/administrators/").content.decode()


def test_a_form_of_one_portal_is_not_sent_to_the_other(owner, staff):
    client = managing.let_in(staff, owner, changes=True)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    page = strict.get("/administrators/add/").content.decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    left = strict.post("/managing/leave/", {"csrfmiddlewaretoken": token})
    assert left.status_code == 303
    form = {"email": "x@new.example", "first_name": "X", "last_name": "Y", "phone": ""}
    answer = strict.post("/administrators/add/", form | {"csrfmiddlewaretoken": token})
    assert answer.status_code == 403
    assert "x@new.example" not in answer.content.decode(), "nor offered to be sent again"


# --- what was said yes to, and no more -------------------------------------------------------------


def is_in(client: Client) -> bool:
    return b"You are managing" in client.get("/administrators/").content


def asked_by(staff: Administrator, owner: Administrator) -> tuple[Client, Client, Managing]:
    """Return both browsers, and what was asked for."""
    client, theirs = map(browsers.browser_of_with_factor, (staff, owner))
    return client, theirs, managing.ask(client, owner)


def test_a_late_yes_is_none(owner, staff):
    client, theirs, asked = asked_by(staff, owner)
    Managing.objects.update(asked_at=timezone.now() - rules.WAITS)
    assert theirs.post(f"/managing/{asked.id}/agree/").status_code == 422
    assert state_of(asked) == (State.LAPSED, None)
    client.post(f"/customers/{owner.customer_id}/manage/begin/")
    assert not is_in(client)


def test_what_was_agreed_to_is_begun_in_time_or_not_at_all(owner, staff):
    client, theirs, asked = asked_by(staff, owner)
    managing.agree(theirs, asked)
    Managing.objects.update(agreed_at=timezone.now() - rules.TO_BEGIN)
    client.post(f"/customers/{owner.customer_id}/manage/begin/")
    assert not is_in(client)
    assert theirs.post(f"/managing/{asked.id}/agree/").status_code == 422


def test_a_yes_serves_once(owner, staff):
    client, theirs, asked = asked_by(staff, owner)
    managing.agree(theirs, asked)
    assert theirs.post(f"/managing/{asked.id}/agree/").status_code == 422
    managing.begin(client, owner)
    assert theirs.post(f"/managing/{asked.id}/agree/").status_code == 422
    client.post("/managing/leave/")
    client.post(f"/customers/{owner.customer_id}/manage/begin/")
    assert not is_in(client)
    assert theirs.post(f"/managing/{asked.id}/agree/").status_code == 422
    assert state_of(asked)[0] == State.ENDED


def test_a_no_stays_a_no(owner, staff):
    client, theirs, asked = asked_by(staff, owner)
    assert theirs.post(f"/managing/{asked.id}/end/").status_code == 303
    assert theirs.post(f"/managing/{asked.id}/agree/").status_code == 422
    client.post(f"/customers/{owner.customer_id}/manage/begin/")
    assert not is_in(client)


def test_a_yes_to_one_of_the_staff_is_none_to_the_other(owner, staff):
    other = browsers.browser_of_with_factor(managing.make_manager("ada.byron@provider.example"))
    client, theirs, asked = asked_by(staff, owner)
    begin = f"/customers/{owner.customer_id}/manage/begin/"
    managing.agree(theirs, asked)
    assert other.post(begin).status_code == 404
    second = managing.ask(other, owner)
    other.post(begin)
    assert not is_in(other), "the yes was to somebody else"
    managing.begin(client, owner)
    managing.agree(theirs, second)
    managing.begin(other, owner)
    assert theirs.post(f"/managing/{asked.id}/end/").status_code == 303
    assert (is_in(client), is_in(other)) == (False, True), "each is ended by itself"


@pytest.mark.parametrize("when", ["asked", "agreed", "running"])
def test_support_access_that_is_shut_ends_it_at_once(owner, colleague, staff, when):
    client, theirs, asked = asked_by(staff, owner)
    if when != "asked":
        managing.agree(theirs, asked)
    if when == "running":
        managing.begin(client, owner)
    policies.ask(owner.customer_id, support_access=SupportAccess.NEVER)
    answer = client.post(pages.page(colleague), pages.form(colleague, first_name="Else"))
    assert when != "running" or answer["Location"] == "/managing/over/"
    assert people.again(colleague).first_name == colleague.first_name
    assert theirs.post(f"/managing/{asked.id}/agree/").status_code == 422
    client.post(f"/customers/{owner.customer_id}/manage/begin/")
    assert not is_in(client)
    end.end_due(now=timezone.now())
    assert state_of(asked)[0] in {State.LAPSED, State.ENDED}


@pytest.mark.parametrize("when", ["asked", "agreed"])
@pytest.mark.parametrize("lost", [{"scope": "customers", "scope_ids": ""}, {"tabs": " home "}])
def test_who_lost_scope_or_right_is_not_agreed_to_any_more(owner, staff, lost, when):
    client, theirs, asked = asked_by(staff, owner)
    if when == "agreed":
        managing.agree(theirs, asked)
    Administrator.objects.everywhere().filter(id=staff.id).update(**lost)
    assert theirs.post(f"/managing/{asked.id}/agree/").status_code == 422
    assert client.post(f"/customers/{owner.customer_id}/manage/begin/").status_code in {403, 404}
    Administrator.objects.everywhere().filter(id=staff.id).update(
        scope="all", scope_ids="", tabs=staff.tabs
    )
    assert state_of(asked)[0] == State.LAPSED
    # Nor does it come back to life with them.
    assert theirs.post(f"/managing/{asked.id}/agree/").status_code == 422
    client.post(f"/customers/{owner.customer_id}/manage/begin/")
    assert not is_in(client)


def test_more_than_was_agreed_to_waits_for_another_yes(owner, colleague, staff):
    client = managing.let_in(staff, owner)
    asked = Managing.objects.get()
    theirs = browsers.browser_of_with_factor(owner)

    def changes() -> bool:
        form = pages.form(people.again(colleague), first_name="Else")
        client.post(pages.page(colleague), form)
        return people.again(colleague).first_name == "Else"

    # The form has no word for it, whatever is added to it.
    answer = client.post("/managing/changes/", {"changes": "on", "agreed_by": str(staff.id)})
    assert answer.status_code == 303
    assert not changes()
    assert client.post(f"/managing/{asked.id}/agree/").status_code == 403
    assert theirs.post(f"/managing/{asked.id}/no-changes/").status_code == 303
    assert not changes()
    assert theirs.post(f"/managing/{asked.id}/agree/").status_code == 422, "it is not asked for"
    client.post("/managing/changes/")
    managing.agree(theirs, asked)
    assert changes()


@pytest.mark.parametrize("then", ["over", "left"])
def test_what_waited_for_a_proof_is_not_done_after_the_end(owner, colleague, staff, then):
    client = managing.let_in(staff, owner, changes=True)
    old = timezone.now() - timedelta(minutes=11)
    Session.objects.filter(id=managing.session_of(client).id).update(factor_at=old)
    form = pages.form(colleague, first_name="Else")
    waits = client.post(pages.page(colleague), form)
    assert waits["Location"].startswith("/prove/")
    theirs = browsers.browser_of_with_factor(owner)
    theirs.post(f"/managing/{Managing.objects.get().id}/end/")
    if then == "left":
        client.post("/managing/leave/")
    client.post("/prove/", {"code": codes.next_code(staff), "next": "/prove/continue/"})
    page = client.get("/prove/continue/").content.decode()
    assert "Else" not in page
    client.post(pages.page(colleague), form)
    assert people.again(colleague).first_name == colleague.first_name


def test_there_is_no_command_for_it(owner, staff):
    with pytest.raises(ManageInBrowser):
        ask.ask(
            owner.customer_id, reason="A ticket.", changes=False, actor=CONSOLE, now=timezone.now()
        )
    # Nor is a person enough, without a session of theirs.
    actor = people.actor(staff)
    with pytest.raises(ManageInBrowser):
        ask.ask(
            owner.customer_id, reason="A ticket.", changes=False, actor=actor, now=timezone.now()
        )
    assert not Managing.objects.exists()


def state_of(asked: Managing) -> tuple[str, object]:
    row = Managing.objects.get(id=asked.id)
    return row.state, row.agreed_by_id


# --- whose yes ------------------------------------------------------------------------------------


def _added(person: Administrator, by: Administrator | None) -> None:
    """Let somebody have been added lately; by nobody: at the console."""
    with transaction.atomic():
        actor = people.actor(by) if by else CONSOLE
        record(ADMINISTRATOR_ADDED, actor=actor, subject=person.who())


@pytest.mark.parametrize("by", ["who asks", "whom they added", "another of the staff", "console"])
def test_nobody_agrees_whom_the_asker_let_in(owner, colleague, staff, by):
    """Any account that the asker made would be their own yes; a new customer's people may agree from the first day."""
    other = managing.make_manager("liam@provider.example")
    tabs = people.again(owner).tabs
    made = people.make_administrator(
        owner.customer,
        email="mallory@harbourbakery.example",
        name="Mallory Quill",
        tabs=tabs.split(),
    )
    theirs = browsers.browser_of_with_factor(managing.old_owner(made))
    _added(colleague, by=staff)
    givers = {"who asks": staff, "whom they added": colleague, "another of the staff": other}
    _added(made, by=givers.get(by))
    asked = managing.ask(browsers.browser_of_with_factor(staff), owner)
    answer = theirs.post(f"/managing/{asked.id}/agree/")
    agreed = by in {"another of the staff", "console"}
    assert answer.status_code == (303 if agreed else 422)
    assert state_of(asked)[0] == (State.AGREED if agreed else State.ASKED)


@pytest.mark.parametrize("by", ["whom the asker made", "who made the asker", "of the same hand"])
def test_nor_does_whom_another_account_of_the_same_hand_let_in(owner, staff, by):
    """One of the support makes another, waits a day, and lets somebody in by one of them and asks by the other."""
    other = managing.make_manager("liam@provider.example")
    third = managing.make_manager("ada@provider.example")
    theirs = browsers.browser_of_with_factor(owner)
    _added(owner, by=other)
    long_ago = timezone.now() - timedelta(days=2)
    hands = {
        "whom the asker made": [(other, staff)],
        "who made the asker": [(staff, other)],
        "of the same hand": [(other, third), (staff, third)],
    }
    with time_machine.travel(long_ago, tick=True):
        for made, maker in hands[by]:
            _added(made, by=maker)
    answer = browsers.browser_of_with_factor(staff).post(
        f"/customers/{owner.customer_id}/manage/", {"reason": managing.REASON}
    )
    assert answer.status_code == 422, "nobody else could agree"
    stranger = managing.make_manager("noor@provider.example")
    asked = managing.ask(browsers.browser_of_with_factor(stranger), owner)
    managing.agree(theirs, asked)


@pytest.mark.parametrize("by", ["who asks", "whom they added", "another of the staff", "nobody"])
def test_nor_is_it_always_allowed_because_somebody_said_so_whom_the_asker_let_in(
    owner, colleague, staff, by
):
    """A policy that lets support in is the customer's own choice, and not the one of the support's own account."""
    others = managing.make_manager("liam@provider.example")
    tabs = people.again(owner).tabs.split()
    made = people.make_administrator(
        owner.customer, email="mallory@harbourbakery.example", name="Mallory Quill", tabs=tabs
    )
    then = timezone.now() - timedelta(days=20)
    givers = {"who asks": staff, "whom they added": colleague, "another of the staff": others}
    with time_machine.travel(then, tick=True):
        _added(colleague, by=staff)
        if by in givers:
            _added(made, by=givers[by])
    saved = policies.ask(owner.customer_id, support_access=SupportAccess.ALWAYS, since=then)
    assert saved is not None
    # Whoever saves something else later has not chosen this.
    policies.ask(owner.customer_id, idle_minutes=20)
    rows = PolicyVersion.objects.filter(customer=owner.customer)
    rows.filter(id=saved.id).update(saved_by=made.id)
    rows.exclude(id=saved.id).update(saved_by=owner.id)
    browser = browsers.browser_of_with_factor(staff)
    allowed = by in {"another of the staff", "nobody"}
    page = browser.get(f"/customers/{owner.customer_id}/manage/").content.decode()
    assert ("always allows it" in page) is allowed
    asked = managing.ask(browser, owner, changes=True)
    assert state_of(asked) == (State.AGREED if allowed else State.ASKED, None)
    assert asked.changes is allowed


def test_who_came_to_power_in_the_portal_needs_a_yes_for_more(owner, staff):
    then = timezone.now() - timedelta(days=30)
    policies.ask(owner.customer_id, support_access=SupportAccess.ALWAYS, since=then)
    client = browsers.browser_of_with_factor(staff)
    managing.ask(client, owner)
    managing.begin(client, owner)
    _added(staff, by=None)
    assert client.post("/managing/changes/").status_code == 303
    assert not Managing.objects.get().changes


def test_who_came_to_power_today_needs_a_yes_whatever_the_policy(owner, staff):
    then = timezone.now() - timedelta(days=30)
    policies.ask(owner.customer_id, support_access=SupportAccess.ALWAYS, since=then)
    _added(staff, by=None)
    asked = managing.ask(browsers.browser_of_with_factor(staff), owner)
    assert asked.state == State.ASKED
    managing.agree(browsers.browser_of_with_factor(owner), asked)
    assert state_of(asked)[0] == State.AGREED
