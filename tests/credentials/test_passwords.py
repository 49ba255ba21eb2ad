"""Setting passwords: one's own, by a mailed link, and where the gate demands it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import verify_password
from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.accounts.errors import LinkExpired, LinkInvalid, WrongStatus
from doorward.accounts.models import Administrator, MailedLink, PasswordDue, Status
from doorward.audit.actor import Actor, ClientInfo, by_session
from doorward.audit.events import Outcome
from doorward.credentials.errors import (
    PasswordCommon,
    PasswordMissing,
    PasswordPersonal,
    PasswordTooLong,
    PasswordTooShort,
    PasswordUnchanged,
    WrongCredentials,
)
from doorward.credentials.events import (
    PASSWORD_CHANGED,
    PASSWORD_LINK_SENT,
    PASSWORD_RESET,
    PROOF_FAILED,
)
from doorward.credentials.password import change as password_change
from doorward.customers.models import Customer
from doorward.kernel.errors import MustWait
from doorward.kernel.ratelimit import rules
from doorward.sessions import issuing
from doorward.sessions.models import Session
from doorward.signin.events import PASSWORD_LINK_ASKED
from tests.kit import browsers, codes, people
from tests.kit.people import ask_for_link

HERE = ClientInfo(address="192.0.2.1", browser="A browser")


def in_session(person):
    """Return a person in a session of theirs, and one more session elsewhere."""
    now = timezone.now()
    mine = issuing.begin(person, actor=people.actor(person), now=now, password_at=now)
    issuing.begin(person, actor=people.actor(person), now=now, password_at=now)
    return Actor(person=person.who(), client=HERE, credential=by_session(mine.session_id))


def change(person, actor, *, current=people.PASSWORD, password=people.OTHER_PASSWORD):
    return password_change.change(
        administrator_id=person.id,
        current=current,
        password=password,
        actor=actor,
        now=timezone.now(),
    )


def has(person, password):
    return verify_password(password, people.again(person).password)[0]


def open_sessions(person):
    return list(
        Session.objects.filter(
            administrator=person,
            ended_at=None,
            security_version=people.again(person).security_version,
        ).values_list("id", flat=True)
    )


# --- one's own ------------------------------------------------------------------------------------


def test_a_change_ends_all_sessions_but_the_one_that_asks(owner):
    actor = in_session(owner)
    change(owner, actor)
    assert has(owner, people.OTHER_PASSWORD)
    assert open_sessions(owner) == [actor.session_id]
    assert people.events(PASSWORD_CHANGED)[0].actor_id == owner.id


def test_a_wrong_current_password_changes_nothing_and_is_counted(owner):
    actor = in_session(owner)
    for _ in range(rules.FREE):
        with pytest.raises(WrongCredentials):
            change(owner, actor, current="not my password at all")
    with pytest.raises(MustWait):
        change(owner, actor)
    assert has(owner, people.PASSWORD)
    failed = people.events(PROOF_FAILED, outcome=Outcome.FAILED.value)
    assert [event.details["reason"] for event in failed][:2] == ["wrong_password"] * 2


def test_the_new_one_is_another_one(owner):
    with pytest.raises(PasswordUnchanged):
        change(owner, in_session(owner), password=people.PASSWORD)


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("", PasswordMissing),
        ("q7h2kz9w4m1x", PasswordTooShort),
        ("x9" * 65, PasswordTooLong),
        ("ines.moreau and some more", PasswordPersonal),
        ("all for Harbour Bakery now", PasswordPersonal),
        ("aaaaaaaaaaaaaaaaaaaa", PasswordCommon),
    ],
)
def test_a_bad_one_is_refused_by_name(owner, password, refusal):
    with pytest.raises(refusal):
        change(owner, in_session(owner), password=password)
    assert has(owner, people.PASSWORD)


def test_with_two_factors_twelve_characters_do_and_it_is_remembered(owner):
    codes.enable_app(owner)
    change(owner, in_session(owner), password="q7h2kz9w4m1x")
    assert people.again(owner).password_long is False
    change(
        owner,
        Actor(person=owner.who(), client=HERE),
        current="q7h2kz9w4m1x",
        password=people.OTHER_PASSWORD,
    )
    assert people.again(owner).password_long is True


def reset(token, *, password=people.OTHER_PASSWORD, later=timedelta()):
    return password_change.reset(
        token=token,
        password=password,
        browser_token="a browser",
        client=HERE,
        now=timezone.now() + later,
    )


def token_of(person):
    link = MailedLink.objects.filter(administrator=person, revoked_at=None).latest("created_at")
    return mailed_links.path(link).split("/")[-2]


@pytest.mark.parametrize(
    "email", ["INES.moreau@harbourbakery.example", " ines.moreau@HARBOURBAKERY.example"]
)
def test_whoever_asks_the_link_goes_to_the_person(owner, email):
    ask_for_link(email)
    event = people.events(PASSWORD_LINK_ASKED)[0]
    assert (event.actor_id, event.subject_id) == (None, owner.id)
    assert event.details == {"link": str(MailedLink.objects.get(administrator=owner).id)}


@pytest.mark.parametrize("who", ["nobody", "invited", "suspended", "customer suspended"])
def test_for_who_cannot_sign_in_there_is_no_link_and_nothing_is_said(owner, who):
    email = owner.email
    if who == "nobody":
        email = "no\0body@harbourbakery.example"
    elif who == "invited":
        email = people.invite(owner.customer).email
    elif who == "suspended":
        Administrator.objects.of(owner.customer_id).update(status=Status.SUSPENDED)
    else:
        Customer.objects.filter(id=owner.customer_id).update(status="suspended")
    ask_for_link(email)
    assert not MailedLink.objects.filter(purpose="reset").exists()
    assert people.events(PASSWORD_LINK_ASKED)[0].outcome == Outcome.FAILED


def test_an_address_that_asks_for_everybody_has_to_wait(db):
    people.provider()
    for number in range(rules.ADDRESS_LIMIT):
        ask_for_link(f"person{number}@harbourbakery.example")
    with pytest.raises(MustWait):
        ask_for_link("one.more@harbourbakery.example")


def test_a_reset_ends_all_sessions_and_begins_one_from_the_link(owner):
    in_session(owner)
    ask_for_link(owner.email)
    started = reset(token_of(owner))
    assert has(owner, people.OTHER_PASSWORD)
    assert people.again(owner).email_confirmed
    assert open_sessions(owner) == [started.session_id]
    assert Session.objects.get(id=started.session_id).from_link
    assert people.events(PASSWORD_RESET)[0].actor_id == owner.id


def test_a_reset_leaves_the_second_factor(owner):
    codes.enable_app(owner)
    ask_for_link(owner.email)
    reset(token_of(owner))
    assert people.again(owner).factors.count() == 1


def test_a_reset_ends_the_other_links_too(owner):
    ask_for_link(owner.email)
    first = token_of(owner)
    # In the same browser it would be the second press of one.
    ask_for_link(owner.email, client=ClientInfo(address="192.0.2.2", browser="Another browser"))
    reset(token_of(owner))
    with pytest.raises(LinkInvalid):
        reset(first, password="eleven lanterns in the far harbour")


def test_a_reset_forgets_the_failures(owner, client):
    for _ in range(rules.FREE):
        client.post("/sign-in/", {"email": owner.email, "password": "wrong", "next": ""})
    ask_for_link(owner.email)
    reset(token_of(owner))
    browsers.sign_in(client, owner, people.OTHER_PASSWORD)


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.REMOVED, Status.INVITED])
def test_a_link_does_nothing_for_who_is_no_longer_active(owner, status):
    ask_for_link(owner.email)
    Administrator.objects.of(owner.customer_id).update(status=status)
    with pytest.raises(LinkInvalid):
        reset(token_of(owner))


def test_a_link_works_for_an_hour(owner):
    ask_for_link(owner.email)
    with pytest.raises(LinkExpired):
        reset(token_of(owner), later=timedelta(hours=1, seconds=1))


def test_a_colleague_has_a_link_sent_and_an_earlier_one_ends(owner, colleague):
    ask_for_link(colleague.email)
    first = token_of(colleague)
    password_change.send_link(person=colleague, actor=people.actor(owner), now=timezone.now())
    with pytest.raises(LinkInvalid):
        reset(first)
    event = people.events(PASSWORD_LINK_SENT)[0]
    assert (event.actor_id, event.subject_id) == (owner.id, colleague.id)
    assert not has(colleague, people.OTHER_PASSWORD)
    reset(token_of(colleague))


def test_nobody_but_the_active_gets_a_link_from_a_colleague(owner, colleague):
    colleague.status = Status.SUSPENDED
    with pytest.raises(WrongStatus):
        password_change.send_link(person=colleague, actor=people.actor(owner), now=timezone.now())


# --- where the gate demands it --------------------------------------------------------------------


def test_what_is_due_is_set_and_no_longer_due(owner):
    Administrator.objects.of(owner.customer_id).update(password_due=PasswordDue.BREACHED)
    actor = in_session(owner)
    with pytest.raises(PasswordUnchanged):
        password_change.set_due(
            administrator_id=owner.id,
            password=people.PASSWORD,
            actor=actor,
            now=timezone.now(),
        )
    password_change.set_due(
        administrator_id=owner.id,
        password=people.OTHER_PASSWORD,
        actor=actor,
        now=timezone.now(),
    )
    assert people.again(owner).password_due == PasswordDue.NO
    assert open_sessions(owner) == [actor.session_id]


def test_one_is_as_good_after_five_years(owner, clock):
    clock.shift(timedelta(days=5 * 365))
    browser = browsers.browser_of(owner)
    assert browser.get("/security/").status_code == 200
