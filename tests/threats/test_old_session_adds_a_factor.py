"""An old session adds no factor, by whatever it was let in: led into a set-up, it first proves who it is.

`tests/gate/test_ways_to_a_factor.py` has every proof, age and policy; here are the ways to the end, over HTTP.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import LinkPurpose
from doorward.credentials.models import Factor, SetUp
from doorward.gate.requirement import Need, Step
from doorward.policy.fields import Kinds
from doorward.sessions.models import Session
from doorward.sessions.reauthentication import OWN_FACTORS
from doorward.signin.models import MailboxProof
from tests.kit import browsers, codes, passkeys, people, policies
from tests.kit.pages import browser as at_home
from tests.kit.softkey import SoftKey
from tests.threats.thief import follow, path_of
from tests.whole.callgraph import users_of
from tests.whole.routes import walk

pytestmark = pytest.mark.django_db

SET_UP = "/sign-in/set-up/"
OPTIONS = {
    SET_UP: f"{SET_UP}passkey/",
    "/security/2fa/enable/": "/security/2fa/passkey/",
    "/security/2fa/add/": "/security/2fa/passkey/",
}


def require(person, *, days=0, **values):
    """Have the policy require it of everybody: at once, or from a day that is so far off."""
    from_day = (timezone.now() + timedelta(days=days)).date() if days else None
    policies.require(person.customer_id, from_day=from_day, **values)


def make_passkey(browser: Client, page: str) -> None:
    """Try to make a passkey at a page, as its script does, and to add what came of it."""
    asked = browser.post(OPTIONS[page])
    if asked.status_code == 200:
        answer = SoftKey().create(json.loads(asked.content), passkeys.ORIGIN)
        browser.post(page, {"credential": answer})


def try_everything(browser: Client, person) -> None:
    """Try to add an app and a passkey by every page that might, without a proof."""
    for page in OPTIONS:
        browser.get(page)
        shown = SetUp.objects.filter(session__administrator=person).exists()
        assert not shown, f"{page} shows a secret"
        browser.post(page, {"code": "000000", "name": ""})
        make_passkey(browser, page)


def by_recovery_code(person) -> Client:
    codes.enable_app(person)
    code = codes.saved_codes(person)[0]
    browser = at_home()
    browser.post("/sign-in/", {"email": person.email, "password": people.PASSWORD})
    assert browser.post("/sign-in/recovery/", {"code": code}).status_code == 303
    assert browser.get("/security/").status_code == 200
    return browser


def by_password(person) -> Client:
    browser = at_home()
    browser.post("/sign-in/", {"email": person.email, "password": people.PASSWORD})
    assert browser.get("/security/").status_code == 200
    return browser


def by_reset_link(person) -> Client:
    Client().post("/password/forgot/", {"email": person.email})
    people.answer_asked()
    browser = at_home()
    answer = follow(browser, path_of(person, LinkPurpose.RESET), {"password": people.PASSWORD})
    assert answer.status_code == 303
    assert browser.get("/security/").status_code == 200
    return browser


def by_mailbox(person) -> Client:
    browser = by_password(person)
    Session.objects.filter(administrator=person).update(mailbox_at=timezone.now())
    return browser


WAYS_IN = {
    "recovery code": by_recovery_code,
    "password": by_password,
    "reset link": by_reset_link,
    "mailbox": by_mailbox,
}
POLICIES = {
    "passkeys only": {"kinds": Kinds.PHISHING_RESISTANT},
    "with grace": {"days": 14},
    "at once": {},
}


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("enter", WAYS_IN.values(), ids=WAYS_IN)
def test_a_policy_that_comes_later_opens_nothing_to_an_old_session(owner, enter, policy):
    browser = enter(owner)
    browsers.age_proofs(owner)
    require(owner, **policy)
    # Of the helper whom a policy of passkeys alone wants, too.
    before = set(Factor.objects.values_list("id"))
    try_everything(browser, owner)
    assert set(Factor.objects.values_list("id")) == before


@pytest.mark.parametrize("enter", WAYS_IN.values(), ids=WAYS_IN)
def test_nor_does_a_tick(owner, enter):
    browser = enter(owner)
    browsers.age_proofs(owner)
    before = set(Factor.objects.values_list("id"))
    type(owner).objects.of(owner.customer_id).filter(id=owner.id).update(require_2fa=True)
    try_everything(browser, owner)
    assert set(Factor.objects.values_list("id")) == before


def test_after_the_password_once_more_a_set_up_that_is_offered_goes_on(owner):
    browser = by_password(owner)
    browsers.age_proofs(owner)
    require(owner, days=14)
    assert browser.get("/profile/")["Location"] == "/prove/"
    page = browser.get("/prove/").content.decode()
    assert 'data-page="prove"' in page
    assert owner.customer.name not in page, "nothing of the portal is read before *through*"
    assert 'id="account-menu"' not in page
    assert browser.post("/prove/", {"password": "wrong wrong wrong"}).status_code == 422
    assert browser.post("/prove/", {"password": people.PASSWORD}).status_code == 303
    assert browser.get("/profile/")["Location"] == SET_UP
    make_passkey(browser, SET_UP)
    assert owner.factors.count() == 1


def test_or_is_put_off_without_it(owner):
    browser = by_password(owner)
    browsers.age_proofs(owner)
    require(owner, days=14)
    assert browser.get("/profile/")["Location"] == "/prove/"
    assert 'name="later"' in browser.get("/prove/").content.decode()
    assert browser.post("/prove/", {"later": "on"})["Location"] == "/profile/"
    assert browser.get("/profile/").status_code == 200


def test_nothing_is_put_off_where_it_may_not_be(owner):
    browser = by_password(owner)
    type(owner).objects.of(owner.customer_id).filter(id=owner.id).update(password_due="breached")
    browsers.age_proofs(owner)
    assert browser.get("/profile/")["Location"] == "/prove/"
    assert 'name="later"' not in browser.get("/prove/").content.decode()
    assert browser.post("/prove/", {"later": "on"}).status_code == 422
    assert browser.get("/profile/")["Location"] == "/prove/"


def test_a_mailbox_that_was_proved_long_ago_is_proved_once_more(owner):
    browser = by_mailbox(owner)
    browsers.age_proofs(owner)
    require(owner)
    assert browser.get("/")["Location"] == "/sign-in/mailbox/"
    assert browser.get("/sign-in/mailbox/").status_code == 200
    assert MailboxProof.objects.count() == 1


def test_the_password_does_not_make_an_old_link_recent_again(owner):
    browser = by_reset_link(owner)
    browsers.age_proofs(owner)
    assert browser.post("/prove/", {"password": people.PASSWORD}).status_code == 303
    require(owner)
    assert browser.get("/")["Location"] == "/sign-in/mailbox/"


def test_a_recovery_code_does_not_turn_it_off(owner):
    """It sets up a new device and removes the lost one; the last one goes only after its own proof."""
    browser = by_recovery_code(owner)
    [lost] = owner.factors.all()
    answer = browser.post(f"/security/factors/{lost.id}/", {"name": "", "remove": "on"})
    assert answer.status_code == 422
    assert owner.factors.exists()
    make_passkey(browser, "/security/2fa/add/")
    browser.get("/")
    assert owner.factors.count() == 2
    answer = browser.post(f"/security/factors/{lost.id}/", {"name": "", "remove": "on"})
    assert answer.status_code == 303
    assert [one.kind for one in owner.factors.all()] == ["passkey"]


def test_every_page_that_adds_a_factor_is_one_of_the_ways_in_the_table():
    """Whoever finds another way to a factor finds this test, and adds it to the table of ways."""
    routes = {f"{one.view.__module__}.{one.view.__name__}": one.declaration for one in walk()}
    adds = users_of("doorward.credentials.enrolment.add")
    for name in adds & set(routes):
        declared = routes[name]
        assert declared is not None
        led = declared.step is Step.SET_UP_FACTOR
        assert led or declared.need_for("POST") == Need.proof(OWN_FACTORS), name
