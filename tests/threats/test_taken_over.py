"""People who moved in: their old password and app let them in, and nobody learns who has not signed in yet."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator, PasswordDue
from doorward.accounts.services import Details, NewAdministrator
from doorward.credentials import taking_over
from doorward.credentials.models import Factor
from doorward.credentials.password.hashers import TAKEN_OVER
from doorward.credentials.taking_over import Arrival
from doorward.credentials.totp import rules
from doorward.importing import columns, devices, part_by_part, reading_files, runs
from doorward.importing.rules import Device, PersonLine
from doorward.permissions.errors import NotAuthorised
from doorward.rollout.errors import AskerLostRight
from doorward.signin import decoys
from tests.kit import codes, imports, people
from tests.kit.browsers import acting_with_factor

pytestmark = pytest.mark.django_db

SECRET = b"12345678901234567890"
PASSWORD = "an old password of somebody"
WEAK = "password"
KNOWN = rules.base32(SECRET)
DETAILS = Details(first_name="Known", last_name="Person", phone="")


def hashed(password: str) -> str:
    return PBKDF2PasswordHasher().encode(password, "a1B2c3", 1000)


def moved_in(customer, *, password=PASSWORD, totp="", email="lena@harbourbakery.example"):
    text = f"email,last name,password hash,totp\n{email},Fischer,{hashed(password)},{totp}\n"
    [one] = imports.people(text, customer)
    assert (one.fate, one.notes) == ("made", ())
    return Administrator.objects.of(customer.id).get(email_folded=email)


def sign_in(person, password=PASSWORD):
    browser = Client()
    answer = browser.post("/sign-in/", {"email": person.email, "password": password, "next": ""})
    return browser, answer


def test_the_old_password_lets_in_once_and_is_then_hashed_as_all_are(customer):
    person = moved_in(customer)
    _, wrong = sign_in(person, PASSWORD + "x")
    assert wrong.status_code == 422
    assert people.again(person).password.startswith(TAKEN_OVER)
    browser, right = sign_in(person)
    assert right.status_code == 303
    assert browser.get("/").status_code == 200
    after = people.again(person)
    assert after.password.startswith("keyed_argon2$")
    assert (after.password_taken_over, after.password_long, after.password_due) == (False, True, "")
    assert sign_in(person)[1].status_code == 303


def test_a_weak_old_password_has_to_be_replaced_at_once(customer):
    person = moved_in(customer, password=WEAK)
    browser, _ = sign_in(person, WEAK)
    assert people.again(person).password_due == PasswordDue.TAKEN_OVER
    assert browser.get("/")["Location"] == "/sign-in/password/"


def test_the_old_app_is_asked_for_and_stands_as_taken_over_until_it_was_right(customer, clock):
    person = moved_in(customer, totp=rules.base32(SECRET))
    browser, _ = sign_in(person)
    assert browser.get("/")["Location"].startswith("/sign-in/code/")
    assert browser.post("/sign-in/code/", {"code": "000000"}).status_code == 422
    assert Factor.objects.get(administrator=person).taken_over
    code = rules.code_at(SECRET, rules.step_at(timezone.now()))
    assert browser.post("/sign-in/code/", {"code": code}).status_code == 303
    factor = Factor.objects.get(administrator=person)
    assert not factor.taken_over
    assert browser.get("/").status_code == 200
    again, _ = sign_in(person)
    assert again.post("/sign-in/code/", {"code": code}).status_code == 422


def test_an_unknown_email_costs_what_one_of_the_same_share_of_people_does(customer, owner):
    assert not decoys.of("nobody@example.com").startswith(TAKEN_OVER)
    for n in range(3):
        moved_in(customer, email=f"p{n}@harbourbakery.example")
    decoys.forget()
    found = [decoys.of(f"nobody-{n}@example.com") for n in range(400)]
    foreign = [one for one in found if one.startswith(TAKEN_OVER)]
    # Three of four people; each e-mail always stands for the same one.
    assert 260 <= len(foreign) <= 340
    assert len(set(foreign)) == 1
    assert foreign[0].startswith(f"{TAKEN_OVER}pbkdf2$sha256$1000$")
    assert found == [decoys.of(f"nobody-{n}@example.com") for n in range(400)]


def test_who_became_usual_stays_so_as_more_people_do():
    kinds = ("slow", 0.6), ("slower", 0.2)
    assert [decoys.pick(kinds, place) for place in (0.0, 0.59, 0.6, 0.79, 0.8, 0.99)] == [
        *["slow"] * 2,
        *["slower"] * 2,
        *[""] * 2,
    ]
    assert decoys.pick((), 0.0) == ""


@pytest.mark.parametrize("tabs", [" home customers ", " home administrators "])
def test_who_has_one_of_two_tabs_makes_nobody_whose_password_or_app_they_know(customer, tabs):
    nora = staff_with(tabs)
    actor, now = acting_with_factor(nora), timezone.now()
    lena = people.make_administrator(customer, status="invited")
    new = NewAdministrator(email="x@harbourbakery.example", details=DETAILS, tabs=frozenset())
    for arrival in (
        Arrival(new=new, password=hashed(PASSWORD)),
        Arrival(new=new, devices=(("App", SECRET),)),
    ):
        with pytest.raises(NotAuthorised):
            taking_over.add_many([arrival], customer=customer, actor=actor, now=now)
    with pytest.raises(NotAuthorised):
        taking_over.add_apps(lena, [("App", SECRET)], actor=actor, now=now)
    line = PersonLine(number=1, email=lena.email, devices=(Device(secret=SECRET, name="App"),))
    with pytest.raises(NotAuthorised):
        devices.do([line], customer_id=customer.id, actor=actor, now=now)
    assert not Factor.objects.filter(taken_over=True).exists()
    assert Administrator.objects.of(customer.id).count() == 1


def test_an_import_stops_where_the_right_to_people_is_lost_meanwhile(customer, monkeypatch):
    monkeypatch.setattr(part_by_part, "PART", 1)
    nora = staff_with(" home customers administrators ")
    actor, now = acting_with_factor(nora), timezone.now()
    text = "email,last name,totp\n" + "".join(f"p{n}@a.example,P,{KNOWN}\n" for n in range(3))
    about = runs.About(kind="people", customer_id=customer.id)
    table = reading_files.load(text.encode(), columns.PEOPLE)
    run = runs.receive(table, about, actor=actor, now=now)
    runs.begin(run, actor=actor, now=now)
    part_by_part.do_part(run, actor=actor, now=now)
    rows = Administrator.objects.of(nora.customer_id).filter(id=nora.id)
    rows.update(tabs=" home customers ")
    assert part_by_part.work_due(now=now) == 0
    run.refresh_from_db()
    assert (run.state, run.stopped_by) == ("stopped", AskerLostRight.code)
    with pytest.raises(NotAuthorised):
        runs.resume(run, actor=actor, now=now)
    assert Factor.objects.filter(taken_over=True).count() == 1


def staff_with(tabs: str) -> Administrator:
    """Return one of the provider's people with these tabs, who sees all customers."""
    held = set(tabs.split())
    nora = people.make_administrator(people.provider(), email="nora@provider.example", tabs=held)
    codes.enable_app(nora)
    return nora
