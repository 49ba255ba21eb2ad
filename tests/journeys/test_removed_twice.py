"""*Remove* pressed twice: the second time it says that it is done, and leads back; what is another's stays unseen."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator, Status
from doorward.audit.models import Event
from doorward.credentials.models import Factor, TrustedBrowser
from doorward.customers import notes
from doorward.customers.tabs import ADMINISTRATORS, CUSTOMERS, TABS
from doorward.recovery.models import RecoveryRequest, State, Way
from doorward.web.administrators import urls as administrators
from tests.kit import browsers, pages, passkeys, people
from tests.kit.sites import make_site

pytestmark = pytest.mark.django_db
SAID = "This was already removed."
OF_SOMEBODY = "This person was already removed."
# What any form about somebody wants.
EVERY_FIELD = {
    **dict.fromkeys(("first_name", "last_name", "phone", "how", "reason"), "X"),
    "email": "x@x.example",
    "status": "active",
    "until": "2099-01-01",
    "was_them": "yes",
}


def press_twice(browser, path, fields=None, *, back, said=SAID):
    """Return nothing: the second press says so, and leads to the same place as the first."""
    first = browser.post(path, fields or {})
    assert (first.status_code, re.split("[?#]", first["Location"])[0]) == (303, back)
    again = browser.post(path, fields or {}, follow=True)
    assert [(to.split("#")[0], status) for to, status in again.redirect_chain] == [(back, 303)]
    assert said in again.content.decode()


def test_a_device(owner, outsider):
    passkeys.add(owner, name="Laptop")
    key = passkeys.add(owner, name="Phone")
    passkeys.add(outsider)
    browser = pages.browser()
    assert passkeys.sign_in(browser, key).status_code == 303
    gone = Factor.objects.get(administrator=owner, name="Laptop")
    fields = {"remove": "on", "name": "Laptop"}
    press_twice(browser, f"/security/factors/{gone.id}/", fields, back="/security/")
    theirs = Factor.objects.get(administrator=outsider)
    for another in (theirs.id, uuid4()):
        assert browser.post(f"/security/factors/{another}/", fields).status_code == 404
    assert browser.get(f"/security/factors/{gone.id}/").status_code == 404
    assert browser.post(f"/security/factors/{gone.id}/", {"name": "X"}).status_code == 404


def trusted_by(person):
    now = timezone.now()
    return TrustedBrowser.objects.create(
        administrator=person,
        token_hash=uuid4().bytes,
        security_version=1,
        required=False,
        kinds="any",
        trusted_at=now,
        until=now,
    )


def test_a_trusted_browser(owner, outsider):
    mine, theirs = trusted_by(owner), trusted_by(outsider)
    browser, path = browsers.browser_of(owner), "/security/trusted-browsers/end/"
    press_twice(browser, path, {"browser": str(mine.id)}, back="/security/")
    for another in (theirs.id, uuid4()):
        assert browser.post(path, {"browser": str(another)}).status_code == 404
    assert TrustedBrowser.objects.filter(id=theirs.id).exists()


def test_a_trusted_browser_among_all_of_them(owner):
    mine = trusted_by(owner)
    browser, path = browsers.browser_of(owner), "/security/trusted-browsers/end/"
    assert browser.post(path, {"all": "on"}).status_code == 303
    said = browser.post(path, {"browser": str(mine.id)}, follow=True)
    assert SAID in said.content.decode()


def test_a_note(customer):
    staff, fellow = (
        people.make_administrator(
            people.provider(), email=f"{name}@provider.example", tabs=("home", CUSTOMERS)
        )
        for name in ("nora", "liam")
    )
    mine, theirs = (
        notes.add(customer.id, "A note", actor=people.actor(one), now=timezone.now())
        for one in (staff, fellow)
    )
    browser, back = browsers.browser_of(staff), f"/customers/{customer.id}/"
    press_twice(browser, f"{back}notes/{mine.id}/remove/", back=back)
    for another in (theirs.id, uuid4()):
        assert browser.post(f"{back}notes/{another}/remove/").status_code == 404


def test_a_colleague_and_an_invitation(owner, colleague, outsider):
    browser, back = browsers.browser_of(owner), "/administrators/"
    page = f"/administrators/{colleague.id}/"
    form = pages.filled(browser, page) | {"status": "removed", "confirm": "on"}
    press_twice(browser, page, form, back=back, said=OF_SOMEBODY)
    invited = people.make_administrator(
        owner.customer, email="new@harbourbakery.example", status="invited"
    )
    press_twice(
        browser, f"/administrators/{invited.id}/revoke-invitation/", back=back, said=OF_SOMEBODY
    )
    for theirs in (f"/administrators/{outsider.id}/", f"/administrators/{uuid4()}/"):
        assert browser.post(theirs, form).status_code == 404
        assert browser.post(f"{theirs}revoke-invitation/").status_code == 404


def test_every_button_about_a_colleague_who_was_removed_meanwhile(owner, colleague, outsider):
    browser, said = browsers.browser_of(owner), 0
    request = RecoveryRequest.objects.create(
        administrator=colleague,
        way=Way.COLLEAGUE,
        state=State.OPEN,
        how="Called.",
        second=False,
        asked_by=owner,
        asked_at=timezone.now(),
    )
    Administrator.objects.everywhere().filter(id=colleague.id).update(status=Status.REMOVED)
    for pattern in administrators.urlpatterns:
        route = str(pattern.pattern)
        if "<uuid:person_id>" in route:
            there, back = route.replace("<uuid:person_id>", "{id}"), "/administrators/"
            ids: tuple[UUID, ...] = (colleague.id, outsider.id, uuid4())
        elif "<uuid:request_id>" in route:
            there, back = route.replace("<uuid:request_id>", "{id}"), "/requests/"
            ids = (request.id, uuid4())
        else:
            continue
        mine, *others = (f"/{there.format(id=one)}" for one in ids)
        answer = browser.post(mine, EVERY_FIELD, follow=True)
        if answer.status_code == 405:
            continue
        assert answer.redirect_chain == [(back, 303)], mine
        assert OF_SOMEBODY in answer.content.decode()
        assert [browser.post(one, EVERY_FIELD).status_code for one in others] == [404] * len(others)
        said += 1
    assert said == 12
    assert "password_link_sent" not in {one.type for one in Event.objects.all()}


def test_every_button_of_staff_about_a_customers_person_who_was_removed(owner, outsider):
    staff = people.make_administrator(
        people.provider(), email="nora@provider.example", tabs=("home", CUSTOMERS, ADMINISTRATORS)
    )
    browser, customer = browsers.browser_of(staff), f"/customers/{owner.customer_id}/"
    Administrator.objects.everywhere().filter(id=owner.id).update(status=Status.REMOVED)
    for path, back in (("resend-invitation/{id}/", ""), ("help/{id}/", "help/")):
        answer = browser.post(customer + path.format(id=owner.id), EVERY_FIELD, follow=True)
        assert answer.redirect_chain == [(customer + back, 303)]
        assert OF_SOMEBODY in answer.content.decode()
        for other in (outsider.id, uuid4()):
            assert browser.post(customer + path.format(id=other), EVERY_FIELD).status_code == 404


def test_a_site_and_a_tab():
    staff = people.make_administrator(
        people.provider(), email="nora@provider.example", tabs=("home", TABS, ADMINISTRATORS)
    )
    browser, tab = browsers.browser_of(staff), make_site().tab
    press_twice(browser, f"/tabs/{tab.id}/site/remove/", back=f"/tabs/{tab.id}/")
    press_twice(browser, f"/tabs/{tab.id}/remove/", back="/tabs/")
    assert browser.post(f"/tabs/{tab.id}/site/remove/").status_code == 404
