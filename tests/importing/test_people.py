"""Importing people: each line's fate, the same in a dry run; the same file once more changes nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from doorward.accounts.events import ADMINISTRATOR_ADDED, INVITATION_SENT, TWO_FACTOR_REQUIRED
from doorward.accounts.models import Administrator, Standing, Status
from doorward.audit.models import Event
from doorward.credentials.models import Factor
from doorward.importing import part_by_part
from doorward.permissions.errors import NotAuthorised
from tests.kit import codes, imports, people
from tests.kit.imports import said

pytestmark = pytest.mark.django_db

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
HASH = PBKDF2PasswordHasher().encode("an old password", "a1B2c3", 1000)
TWO = (
    "E-Mail;Vorname;Nachname;Telefon;2FA verlangt;Reiter\n"
    "lena@harbourbakery.example;Lena;Fischer;+49 30 901820;ja;home support\n"
    "omar@harbourbakery.example;Omar;Haddad;;nein;\n"
)


def found(email: str) -> Administrator:
    return Administrator.objects.everywhere().get(email_folded=email)


def everything() -> tuple[object, ...]:
    return (
        list(Administrator.objects.everywhere().order_by("id").values()),
        list(Factor.objects.order_by("id").values()),
        Event.objects.count(),
    )


def test_people_are_made_as_the_services_make_them(customer):
    assert said(imports.people(TWO, customer)) == [("made", "")] * 2
    lena, omar = found("lena@harbourbakery.example"), found("omar@harbourbakery.example")
    assert (lena.customer_id, lena.status, lena.phone) == (
        customer.id,
        Status.INVITED,
        "+4930901820",
    )
    assert lena.require_2fa
    assert not omar.require_2fa
    assert lena.tab_keys == omar.tab_keys == {"home", "support"}
    assert [event.subject_id for event in people.events(ADMINISTRATOR_ADDED)] == [lena.id, omar.id]
    assert people.events(TWO_FACTOR_REQUIRED)[0].details == {"at_adding": True}
    assert not people.events(INVITATION_SENT)


def test_the_same_once_more_changes_nothing(customer):
    imports.people(TWO, customer, invite=True)
    assert len(people.events(INVITATION_SENT)) == 2
    before = everything()
    assert said(imports.people(TWO, customer, invite=True)) == [("same", "")] * 2
    assert everything() == before


def test_a_dry_run_says_what_comes_of_each_line_and_does_nothing(customer, owner, outsider):
    text = TWO + (
        f"{owner.email};Inès;Moreau;;;\n"
        f"{outsider.email};Mallory;Wright;;;\n"
        "LENA@harbourbakery.example;Lena;Again;;;\n"
        "no e-mail;A;B;;;\n"
        "x@harbourbakery.example;A;B;;;nowhere\n"
        "y@harbourbakery.example;A;B;12;;\n"
        "z@harbourbakery.example;A;B;;perhaps;\n"
        "w@harbourbakery.example;A;B;;;;too;many\n"
    )
    before = everything()
    dry = imports.people(text, customer, dry=True)
    assert everything() == before
    assert said(dry) == [
        ("made", ""),
        ("made", ""),
        ("changed", ""),
        ("refused", "email_used"),
        ("refused", "line_twice"),
        *[("refused", "fields_refused")] * 4,
        ("refused", "line_misshapen"),
    ]
    assert [one.fields for one in dry[2:8]] == [
        ("first_name",),
        ("email",),
        (),
        ("email",),
        ("tabs",),
        ("phone",),
    ]
    assert said(imports.people(text, customer)) == said(dry)
    again = said(imports.people(text, customer))
    assert again[:3] == [("same", "")] * 3
    assert again[3:] == said(dry)[3:]


def test_each_goes_to_the_customer_that_its_line_names(customer):
    cedar = people.make_customer("Cedar Clinic")
    text = (
        "email,first name,last name,customer\n"
        "a@harbourbakery.example,A,A,HARBOUR bakery\n"
        "b@cedarclinic.example,B,B,Cedar Clinic\n"
        "c@cedarclinic.example,C,C,Nobody\n"
        "d@cedarclinic.example,D,D,\n"
    )
    assert said(imports.people(text)) == [
        ("made", ""),
        ("made", ""),
        ("refused", "no_such_customer"),
        ("refused", "customer_missing"),
    ]
    assert found("a@harbourbakery.example").customer_id == customer.id
    assert found("b@cedarclinic.example").customer_id == cedar.id


def test_password_and_app_are_taken_over(customer):
    text = (
        "email,first name,last name,password hash,totp\n"
        f"a@harbourbakery.example,A,A,{HASH},{SECRET}\n"
        f"b@harbourbakery.example,B,B,{HASH},\n"
        f"c@harbourbakery.example,C,C,,{SECRET}\n"
    )
    assert said(imports.people(text, customer)) == [("made", "")] * 3
    a, b, c = (found(f"{one}@harbourbakery.example") for one in "abc")
    assert [one.status for one in (a, b, c)] == [Status.ACTIVE, Status.ACTIVE, Status.INVITED]
    assert [one.password_taken_over for one in (a, b, c)] == [True, True, False]
    assert [one.standing for one in (a, b, c)] == [Standing.APP, Standing.NONE, Standing.APP]
    factor = Factor.objects.get(administrator=a)
    assert factor.taken_over
    assert SECRET.encode() not in bytes(factor.sealed or b"")
    assert people.events(ADMINISTRATOR_ADDED)[0].details["taken_over"] == ["password", "app"]


def test_nobody_who_is_there_gets_another_password_or_app(customer, owner):
    codes.enable_app(owner)
    before = people.again(owner).password, list(Factor.objects.values_list("id", "sealed"))
    text = (
        "email,first name,last name,password hash,totp\n"
        f"{owner.email},{owner.first_name},{owner.last_name},{HASH},{SECRET}\n"
    )
    [one] = imports.people(text, customer)
    assert (one.fate, [note.code for note in one.notes]) == ("same", ["credentials_kept"])
    assert (
        people.again(owner).password,
        list(Factor.objects.values_list("id", "sealed")),
    ) == before


def test_what_cannot_be_taken_over_is_said_and_a_lost_factor_requires_a_new_one(customer):
    text = (
        "email,first name,last name,password hash,totp\n"
        "a@harbourbakery.example,A,A,5f4dcc3b5aa765d61d8327deb882cf99,\n"
        f"b@harbourbakery.example,B,B,{HASH},otpauth://hotp/x?secret={SECRET}&counter=1\n"
        "c@harbourbakery.example,C,C,pbkdf2_sha256$1000000000$a$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,\n"
    )
    outcomes = imports.people(text, customer)
    assert [[note.code for note in one.notes] for one in outcomes] == [
        ["hash_unknown"],
        ["secret_unsupported"],
        ["hash_too_costly"],
    ]
    a, b, c = (found(f"{one}@harbourbakery.example") for one in "abc")
    assert (a.status, c.status) == (Status.INVITED, Status.INVITED)
    assert [one.require_2fa for one in (a, b, c)] == [False, True, False]


def test_somebody_suspended_there_is_suspended_here(customer):
    text = f"email,last name,status,password hash\na@harbourbakery.example,A,suspended,{HASH}\n"
    assert said(imports.people(text, customer)) == [("made", "")]
    assert found("a@harbourbakery.example").status == Status.SUSPENDED


def test_a_customers_own_administrators_bring_no_passwords_and_no_apps(customer, owner):
    asker = people.actor(owner)
    assert said(imports.people(TWO, customer, actor=asker)) == [("made", "")] * 2
    for cell in (f"{HASH},", f",{SECRET}"):
        text = f"email,last name,password hash,totp\nx@harbourbakery.example,X,{cell}\n"
        with pytest.raises(NotAuthorised):
            imports.people(text, customer, actor=asker)
    assert not Administrator.objects.everywhere().filter(email_folded__startswith="x@").exists()


def test_only_who_looks_after_a_customers_people_imports_some(customer, owner, colleague, outsider):
    for actor in (people.actor(colleague), people.actor(outsider)):
        with pytest.raises(NotAuthorised):
            imports.people(TWO, customer, actor=actor)
        with pytest.raises(NotAuthorised):
            imports.people(TWO, actor=actor)
    with pytest.raises(NotAuthorised):
        imports.people(TWO, actor=people.actor(owner))
    assert not people.events(ADMINISTRATOR_ADDED, subject_email="lena@harbourbakery.example")


def test_staff_add_people_and_change_nobody_at_a_customer(customer, owner):
    staff = people.actor(
        people.make_administrator(
            people.provider(), email="staff@provider.example", tabs={"home", "customers"}
        )
    )
    text = (
        "email,first name,last name,customer\n"
        "a@harbourbakery.example,A,A,Harbour Bakery\n"
        f"{owner.email},Other,Name,Harbour Bakery\n"
        f"{owner.email.upper()},,,Provider\n"
    )
    outcomes = imports.people(text, actor=staff)
    assert said(outcomes) == [
        ("made", ""),
        ("refused", "not_yours_to_change"),
        ("refused", "line_twice"),
    ]
    assert people.again(owner).first_name == owner.first_name


def test_many_parts_are_many_transactions(customer, monkeypatch):
    monkeypatch.setattr(part_by_part, "PART", 2)
    rows = "".join(f"p{n}@harbourbakery.example,P,{n}\n" for n in range(5))
    outcomes = imports.people("email,first name,last name\n" + rows, customer)
    assert [one.number for one in outcomes] == [2, 3, 4, 5, 6]
    assert said(outcomes) == [("made", "")] * 5


def test_many_people_cost_few_statements_each(customer, django_assert_max_num_queries):
    rows = "".join(f"p{n}@harbourbakery.example,P,{n}\n" for n in range(200))
    with django_assert_max_num_queries(200 + 80):  # an event each, and two parts
        imports.people("email,first name,last name\n" + rows, customer)
