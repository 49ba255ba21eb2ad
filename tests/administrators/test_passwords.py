"""Setting passwords: one's own, by a mailed link, and where the gate demands it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import verify_password
from django.utils import timezone

from doorward.administrators import links, passwords, sessions
from doorward.administrators.models import Administrator, MailedLink, PasswordDue, Session, Status
from doorward.audit.events import Kind, Outcome
from doorward.audit.origin import By, Origin
from doorward.core import attempts, errors
from doorward.customers.models import Customer
from tests import support

HERE = Origin(address="192.0.2.1", browser="A browser")


def by_session(person):
    """Give a person in a session of theirs, and one more session elsewhere."""
    now = timezone.now()
    mine = sessions.begin(person, by=support.by(person), now=now, password_at=now)
    sessions.begin(person, by=support.by(person), now=now, password_at=now)
    return By(who=person.who(), origin=HERE, session_id=mine.session_id)


def change(person, by, *, current=support.PASSWORD, password=support.OTHER_PASSWORD, **rest):
    return passwords.change(
        administrator_id=person.id,
        current=current,
        password=password,
        **({"two_factors": False} | rest),
        by=by,
        now=timezone.now(),
    )


def has(person, password):
    return verify_password(password, support.again(person).password)[0]


def open_sessions(person):
    return list(
        Session.objects.filter(
            administrator=person,
            ended_at=None,
            security_version=support.again(person).security_version,
        ).values_list("id", flat=True)
    )


# --- one's own ------------------------------------------------------------------------------------


def test_a_change_ends_all_sessions_but_the_one_that_asks(owner):
    by = by_session(owner)
    change(owner, by)
    assert has(owner, support.OTHER_PASSWORD)
    assert open_sessions(owner) == [by.session_id]
    assert support.events(Kind.PASSWORD_CHANGED)[0].actor_id == owner.id


def test_a_wrong_current_password_changes_nothing_and_is_counted(owner):
    by = by_session(owner)
    for _ in range(attempts.FREE):
        with pytest.raises(errors.WrongCredentials):
            change(owner, by, current="not my password at all")
    with pytest.raises(errors.MustWait):
        change(owner, by)
    assert has(owner, support.PASSWORD)
    failed = support.events(Kind.PROOF_FAILED, outcome=Outcome.FAILED.value)
    assert [event.details["reason"] for event in failed][:2] == ["wrong_credentials"] * 2


def test_the_new_one_is_another_one(owner):
    with pytest.raises(errors.PasswordUnchanged):
        change(owner, by_session(owner), password=support.PASSWORD)


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("", errors.PasswordMissing),
        ("q7h2kz9w4m1x", errors.PasswordTooShort),
        ("x9" * 65, errors.PasswordTooLong),
        ("ines.moreau and some more", errors.PasswordPersonal),
        ("all for Harbour Bakery now", errors.PasswordPersonal),
        ("aaaaaaaaaaaaaaaaaaaa", errors.PasswordCommon),
    ],
)
def test_a_bad_one_is_refused_by_name(owner, password, refusal):
    with pytest.raises(refusal):
        change(owner, by_session(owner), password=password)
    assert has(owner, support.PASSWORD)


def test_with_two_factors_twelve_characters_do_and_it_is_remembered(owner):
    change(owner, by_session(owner), password="q7h2kz9w4m1x", two_factors=True)
    assert support.again(owner).password_long is False
    change(
        owner,
        By(who=owner.who(), origin=HERE),
        current="q7h2kz9w4m1x",
        password=support.OTHER_PASSWORD,
    )
    assert support.again(owner).password_long is True


# --- by a mailed link -----------------------------------------------------------------------------


def ask(email, *, address="192.0.2.1"):
    support.ask_for_link(email, origin=Origin(address=address))


def reset(token, *, password=support.OTHER_PASSWORD, later=timedelta()):
    return passwords.reset(
        token=token,
        password=password,
        two_factors=False,
        browser_token="a browser",
        origin=HERE,
        now=timezone.now() + later,
    )


def token_of(person):
    link = MailedLink.objects.filter(administrator=person, revoked_at=None).latest("created_at")
    return links.path(link).split("/")[-2]


@pytest.mark.parametrize(
    "email", ["INES.moreau@harbourbakery.example", " ines.moreau@HARBOURBAKERY.example"]
)
def test_whoever_asks_the_link_goes_to_the_person(owner, email):
    ask(email)
    event = support.events(Kind.PASSWORD_LINK_ASKED)[0]
    assert (event.actor_id, event.subject_id) == (None, owner.id)
    assert event.details == {"link": str(MailedLink.objects.get(administrator=owner).id)}


@pytest.mark.parametrize("who", ["nobody", "invited", "suspended", "customer suspended"])
def test_for_who_cannot_sign_in_there_is_no_link_and_nothing_is_said(owner, who):
    email = owner.email
    if who == "nobody":
        email = "no\0body@harbourbakery.example"
    elif who == "invited":
        email = support.invite(owner.customer).email
    elif who == "suspended":
        Administrator.objects.of(owner.customer_id).update(status=Status.SUSPENDED)
    else:
        Customer.objects.filter(id=owner.customer_id).update(status="suspended")
    ask(email)
    assert not MailedLink.objects.filter(purpose="reset").exists()
    assert support.events(Kind.PASSWORD_LINK_ASKED)[0].outcome == Outcome.FAILED


def test_an_address_that_asks_for_everybody_has_to_wait(db):
    support.provider()
    for number in range(attempts.ADDRESS_LIMIT):
        ask(f"person{number}@harbourbakery.example")
    with pytest.raises(errors.MustWait):
        ask("one.more@harbourbakery.example")


def test_a_reset_ends_all_sessions_and_begins_one_from_the_link(owner):
    by_session(owner)
    ask(owner.email)
    started = reset(token_of(owner))
    assert has(owner, support.OTHER_PASSWORD)
    assert open_sessions(owner) == [started.session_id]
    assert Session.objects.get(id=started.session_id).from_link
    assert support.events(Kind.PASSWORD_RESET)[0].actor_id == owner.id


def test_a_reset_leaves_the_second_factor(owner):
    support.enable_app(owner)
    ask(owner.email)
    reset(token_of(owner))
    assert support.again(owner).factors.count() == 1


def test_a_reset_ends_the_other_links_too(owner):
    ask(owner.email)
    first = token_of(owner)
    ask(owner.email)
    reset(token_of(owner))
    with pytest.raises(errors.LinkInvalid):
        reset(first, password="eleven lanterns in the far harbour")


def test_a_reset_forgets_the_failures(owner, client):
    for _ in range(attempts.FREE):
        client.post("/sign-in/", {"email": owner.email, "password": "wrong", "next": ""})
    ask(owner.email)
    reset(token_of(owner))
    support.sign_in(client, owner, support.OTHER_PASSWORD)


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.REMOVED, Status.INVITED])
def test_a_link_does_nothing_for_who_is_no_longer_active(owner, status):
    ask(owner.email)
    Administrator.objects.of(owner.customer_id).update(status=status)
    with pytest.raises(errors.LinkInvalid):
        reset(token_of(owner))


def test_a_link_works_for_an_hour(owner):
    ask(owner.email)
    with pytest.raises(errors.LinkExpired):
        reset(token_of(owner), later=timedelta(hours=1, seconds=1))


def test_a_colleague_has_a_link_sent_and_an_earlier_one_ends(owner, colleague):
    ask(colleague.email)
    first = token_of(colleague)
    passwords.send_link(person=colleague, by=support.by(owner), now=timezone.now())
    with pytest.raises(errors.LinkInvalid):
        reset(first)
    event = support.events(Kind.PASSWORD_LINK_SENT)[0]
    assert (event.actor_id, event.subject_id) == (owner.id, colleague.id)
    assert not has(colleague, support.OTHER_PASSWORD)
    reset(token_of(colleague))


def test_nobody_but_the_active_gets_a_link_from_a_colleague(owner, colleague):
    colleague.status = Status.SUSPENDED
    with pytest.raises(errors.WrongStatus):
        passwords.send_link(person=colleague, by=support.by(owner), now=timezone.now())


# --- where the gate demands it --------------------------------------------------------------------


def test_what_is_due_is_set_and_no_longer_due(owner):
    Administrator.objects.of(owner.customer_id).update(password_due=PasswordDue.BREACHED)
    by = by_session(owner)
    with pytest.raises(errors.PasswordUnchanged):
        passwords.set_due(
            administrator_id=owner.id,
            password=support.PASSWORD,
            two_factors=False,
            by=by,
            now=timezone.now(),
        )
    passwords.set_due(
        administrator_id=owner.id,
        password=support.OTHER_PASSWORD,
        two_factors=False,
        by=by,
        now=timezone.now(),
    )
    assert support.again(owner).password_due == PasswordDue.NO
    assert open_sessions(owner) == [by.session_id]


def test_one_is_as_good_after_five_years(owner, clock):
    clock.shift(timedelta(days=5 * 365))
    browser = support.browser_of(owner)
    assert browser.get("/security/").status_code == 200
