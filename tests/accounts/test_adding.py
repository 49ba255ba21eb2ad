"""Adding people."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import verify_password
from django.utils import timezone

from doorward.accounts import invitations, services
from doorward.accounts.errors import EmailTaken, PhoneInvalid
from doorward.accounts.events import ADMINISTRATOR_ADDED, INVITATION_SENT, TWO_FACTOR_REQUIRED
from doorward.accounts.models import Administrator, MailedLink, Status
from doorward.audit.actor import CONSOLE
from doorward.credentials.errors import PasswordTooShort
from doorward.credentials.password import at_console
from doorward.customers.errors import UnknownTab
from doorward.customers.models import CustomerKind, Tab
from doorward.kernel.errors import EmailInvalid, NameMissing, TextInvalid, TextTooLong
from tests.accounts.changing import refuses_field
from tests.kit import people

LENA: dict[str, Any] = {
    "email": "lena.fischer@harbourbakery.example",
    "first": "Lena",
    "last": "Fischer",
}


def add(owner, **changes):
    words: dict[str, Any] = (
        {"tabs": frozenset({"home"}), "require_2fa": False, "phone": ""} | LENA | changes
    )
    new = services.NewAdministrator(
        email=words["email"],
        details=services.Details(
            first_name=words["first"], last_name=words["last"], phone=words["phone"]
        ),
        tabs=words["tabs"],
        require_2fa=words["require_2fa"],
    )
    return services.add(new, customer=owner.customer, actor=people.actor(owner), now=timezone.now())


def test_somebody_added_is_invited_and_has_no_password(owner):
    person, link = add(owner)
    assert (person.status, person.customer_id) == (Status.INVITED, owner.customer_id)
    assert not people.again(person).has_usable_password()
    assert (link.purpose, link.administrator_id) == ("invitation", person.id)
    sent = people.events(INVITATION_SENT)[0]
    assert (sent.actor_id, sent.subject_id, sent.details["link"]) == (
        owner.id,
        person.id,
        str(link.id),
    )


def test_the_event_says_which_tabs_and_that_two_factors_are_required(owner):
    person, _link = add(owner, tabs=frozenset({"support", "home"}), require_2fa=True)
    assert people.events(ADMINISTRATOR_ADDED, subject_id=person.id)[0].details == {
        "tabs": ["home", "support"]
    }
    assert people.events(TWO_FACTOR_REQUIRED, subject_id=person.id)


@pytest.mark.parametrize(
    "email", ["INES.Moreau@HarbourBakery.example", " ines.moreau@harbourbakery.example "]
)
def test_an_email_is_one_account_whatever_its_letter_case(owner, email):
    with pytest.raises(EmailTaken):
        add(owner, email=email)
    assert Administrator.objects.of(owner.customer_id).count() == 1


def test_an_email_of_another_customer_is_taken_too(owner, outsider):
    with pytest.raises(EmailTaken):
        add(owner, email=outsider.email)


def test_the_email_of_somebody_removed_or_uninvited_is_free_again(owner):
    person, _link = add(owner)
    invitations.revoke(person, actor=people.actor(owner), now=timezone.now())
    again, _link = add(owner)
    assert again.id != person.id
    removed = services.Change(status=Status.REMOVED, confirmed=True)
    services.change(
        again.id,
        removed,
        customer_id=owner.customer_id,
        actor=people.actor(owner),
        now=timezone.now(),
    )
    add(owner)


def test_a_provider_s_own_tab_can_be_given_and_an_unknown_one_cannot(owner):
    Tab.objects.create(key="pbx", title="Phone system", url="https://pbx.example/")
    person, _link = add(owner, tabs=frozenset({"pbx"}))
    assert person.tab_keys == {"pbx"}
    with refuses_field(UnknownTab):
        add(owner, email="other@harbourbakery.example", tabs=frozenset({"fax"}))


@pytest.mark.parametrize("tab", ["customers", "brands", "tabs"])
def test_the_staff_s_tabs_are_for_the_provider_s_people_alone(owner, tab):
    with refuses_field(UnknownTab):
        add(owner, tabs=frozenset({tab}))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"first": " ", "last": "\t"}, NameMissing),
        ({"first": "x" * 61}, TextTooLong),
        ({"last": "Fi\nscher"}, TextInvalid),
        ({"first": "Le\u202ena"}, TextInvalid),
        ({"email": ""}, EmailInvalid),
        ({"email": "lena"}, EmailInvalid),
        ({"email": "lena@example.com\nBcc: x@example.com"}, EmailInvalid),
        ({"phone": "12"}, PhoneInvalid),
    ],
)
def test_what_cannot_be_is_refused_and_nobody_is_added(owner, changes, refusal):
    with refuses_field(refusal):
        add(owner, **changes)
    assert Administrator.objects.of(owner.customer_id).count() == 1
    assert not MailedLink.objects.exists()
    assert not people.events(INVITATION_SENT)


def test_names_of_any_script_are_kept_and_folded_for_searching(owner):
    person, _link = add(owner, first="Zoë", last="STRASSE Król")
    assert (person.first_name, person.last_name) == ("Zoë", "STRASSE Król")
    assert person.name_sort == "strasse krol\x1fzoe"
    assert person.name_search == "strasse krol zoe"


def test_somebody_added_at_the_console_can_sign_in_at_once(customer):
    person = people.make_administrator(customer)
    assert person.status == Status.ACTIVE
    assert verify_password(people.PASSWORD, person.password)[0]


@pytest.mark.parametrize(("required", "refused"), [(False, True), (True, False)])
def test_twelve_characters_do_where_two_factors_are_required(customer, required, refused):
    new = services.NewAdministrator(
        email="short@harbourbakery.example",
        details=services.Details(first_name="Lena", last_name="Fischer"),
        tabs=frozenset(),
        require_2fa=required,
    )
    try:
        at_console.add_active(
            new, password="q7h2kz9w4m1x", customer=customer, actor=CONSOLE, now=timezone.now()
        )
        assert not refused
    except PasswordTooShort:
        assert refused
        assert not Administrator.objects.of(customer.id).exists()


def test_after_the_first_start_there_is_nobody(db):
    customer = people.provider()
    assert customer.kind == CustomerKind.PROVIDER
    assert not Administrator.objects.everywhere().exists()
