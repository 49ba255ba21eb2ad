"""A form carries more than its page has, or is sent by who may not: nothing of it is taken."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from doorward.accounts import mailed_links
from doorward.accounts.models import Administrator, MailedLink, Status
from doorward.credentials.models import Factor
from doorward.customers.models import Customer
from doorward.policy.fields import RequiredOf, Values
from doorward.policy.models import PolicyVersion
from tests.kit import browsers, people, policies
from tests.kit.pages import form as page_form
from tests.kit.pages import profile
from tests.threats.changes import POLICY
from tests.threats.proofs import WAYS, Person
from tests.whole.rows import state

pytestmark = pytest.mark.django_db


def row(person: Administrator) -> dict[str, Any]:
    return dict(Administrator.objects.everywhere().filter(id=person.id).values().get())


def stolen(outsider: Administrator) -> dict[str, Any]:
    """Return every column that no form has, with what a thief would like in it."""
    return {
        "id": str(uuid4()),
        "customer": str(outsider.customer_id),
        "customer_id": str(outsider.customer_id),
        "brand": str(outsider.customer.brand_id),
        "is_primary": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "kind": "provider",
        "password_long": "on",
        "password_due": "x",
        "security_version": "9",
        "email_folded": "x@x.example",
        "name_search": "x",
        "name_sort": "x",
        "added_at": "2000-01-01",
        "joined_at": "2000-01-01",
        "wave_share": "99",
        "factor_at": "2100-01-01",
        "signed_in_at": "2100-01-01",
        "confirmed_at": "2100-01-01",
        "minimum": "[]",
        "policy": "[]",
        "kinds": "phishing_resistant",
    }


# What an administrator's own forms never have.
OF_OTHERS = {"require_2fa": "on", "status": "removed", "confirm": "on", "tabs": ["administrators"]}


def test_a_profile_takes_what_it_shows_and_nothing_else(colleague, outsider):
    before = row(colleague)
    form = profile(colleague, first_name="Sam")
    browser = browsers.browser_of(colleague)
    answer = browser.post("/profile/", stolen(outsider) | OF_OTHERS | form)
    assert answer.status_code == 303
    after = row(colleague)
    changed = {name for name in after if after[name] != before[name]}
    shown = {"first_name", "name_search", "name_sort", "language", "time_zone"}
    assert changed <= shown | {"last_signed_in_at"}  # by the sign-in itself
    assert "x" not in {after["name_search"], after["name_sort"]}


def test_a_password_form_takes_a_password_and_nothing_else(colleague, outsider):
    browser = browsers.browser_of(colleague)
    before = row(colleague)
    form = {"current": people.PASSWORD, "password": people.OTHER_PASSWORD}
    assert (
        browser.post("/profile/password/", stolen(outsider) | OF_OTHERS | form).status_code == 303
    )
    after = row(colleague)
    changed = {name for name in after if after[name] != before[name]}
    # The sign-in itself is written down with the first page that it lets through.
    assert changed <= {"password", "security_version", "last_signed_in_at"}
    assert after["security_version"] == before["security_version"] + 1


def test_accepting_an_invitation_takes_a_password_and_nothing_else(customer, outsider):
    person = people.invite(customer, tabs={"home"})
    before = row(person)
    browser = Client()
    browser.get(mailed_links.path(MailedLink.objects.get(administrator=person)))
    form = {"password": people.OTHER_PASSWORD}
    answer = browser.post("/invitation/", stolen(outsider) | OF_OTHERS | form)
    assert answer.status_code == 303
    after = row(person)
    changed = {name for name in after if after[name] != before[name]}
    shown = {"password", "password_long", "status", "security_version", "language"}
    assert changed <= shown | {"joined_at", "password_by_link_at", "email_proved_at"}
    assert after["joined_at"].year > 2000, "the moment itself, whatever a field says"
    # That of the page on which it was accepted, whatever a field says.
    assert after["language"] == "en"
    assert after["status"] == Status.ACTIVE


def test_setting_up_takes_a_code_and_a_name_and_nothing_else(owner, colleague, outsider, clock):
    way = next(way for way in WAYS if way.route == "security/2fa/enable/")
    person = Person(colleague)
    way.arrive(person)
    form = way.right(person)
    more = {"administrator": str(owner.id), "administrator_id": str(owner.id), "last_step": "0"}
    assert person.post(way.path, stolen(outsider) | OF_OTHERS | more | form).status_code == 303
    factor = Factor.objects.get()
    assert factor.administrator_id == colleague.id
    assert factor.last_step > 0, "the code that confirmed it is consumed"
    assert not people.again(colleague).require_2fa


def test_a_policy_takes_what_the_customer_may_choose_and_no_minimum(owner, outsider):
    browser = browsers.browser_of(owner)
    customers = Customer.objects.filter(id=owner.customer_id)
    before: dict[str, Any] = dict(customers.values().get())
    answer = browser.post(
        "/account/", stolen(outsider) | {"status": "closed", "name": "X"} | POLICY
    )
    assert answer.status_code == 303
    after: dict[str, Any] = dict(customers.values().get())
    assert {name for name in after if after[name] != before[name]} == {"policy"}
    # What the form has, and not what a thief put beside it.
    assert policies.of(owner.customer_id) == Values(
        required_of=RequiredOf.EVERYONE, newcomer_days=7, session_hours=8, idle_minutes=15
    )
    [version] = PolicyVersion.objects.all()
    assert (version.customer_id, version.is_minimum) == (owner.customer_id, False)
    assert version.number == 1
    assert version.saved_by == owner.id


def test_who_may_not_post_it_changes_nobody(owner, colleague, outsider):
    """The forms of the Administrators tab, from a colleague without it and from another customer."""
    before = state()
    wanted = page_form(owner, **OF_OTHERS) | stolen(outsider)
    many = {"action": "require_2fa", "selected": [str(owner.id)]}
    for who, status in ((colleague, {403}), (outsider, {404, 422})):
        browser = browsers.browser_of(who)
        for path, form in (
            (f"/administrators/{owner.id}/", wanted),
            ("/administrators/", many),
            (f"/administrators/{owner.id}/end-sessions/", {}),
            (f"/administrators/{owner.id}/password-link/", {}),
        ):
            assert browser.post(path, form).status_code in status, (path, who)
    assert browsers.browser_of(colleague).post("/account/", POLICY).status_code == 403
    assert state() == before


@pytest.mark.parametrize("tabs", [["customers"], ["brands"], ["tabs"], ["home customers"], ["*"]])
def test_a_customers_administrator_gives_nobody_a_tab_of_the_staff(owner, colleague, tabs):
    before = row(colleague)
    browser = browsers.browser_of(owner)
    answer = browser.post(f"/administrators/{colleague.id}/", page_form(colleague, tabs=tabs))
    assert answer.status_code == 422
    assert row(colleague) == before


def test_a_colleagues_page_takes_its_own_fields_alone(owner, colleague, outsider):
    before = row(colleague)
    form = page_form(colleague) | stolen(outsider) | {"password": people.OTHER_PASSWORD}
    browser = browsers.browser_of(owner)
    assert browser.post(f"/administrators/{colleague.id}/", form).status_code == 303
    assert row(colleague) == before


def test_adding_takes_the_form_s_fields_alone(owner, outsider):
    form = {
        "email": "lena@harbourbakery.example",
        "first_name": "Lena",
        "last_name": "F",
        "phone": "",
    }
    more = stolen(outsider) | {"status": "active", "password": people.PASSWORD}
    browsers.browser_of(owner).post("/administrators/add/", form | more)
    lena = Administrator.objects.everywhere().get(email=form["email"])
    assert lena.customer_id == owner.customer_id
    assert (lena.status, lena.is_primary, lena.security_version) == (Status.INVITED, False, 1)
    assert not lena.has_usable_password()
    assert str(lena.id) != more["id"]
