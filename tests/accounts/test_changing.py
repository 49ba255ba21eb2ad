"""Changing people: all of it or nothing, within the rules."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from doorward.accounts import email_change, mailed_links, require_two_factors, services
from doorward.accounts.errors import (
    EmailTaken,
    LinkInvalid,
    NothingSelected,
    OwnAdministratorsRight,
    OwnStatus,
    PhoneInvalid,
    WrongStatus,
)
from doorward.accounts.events import (
    ADMINISTRATOR_RESTORED,
    ADMINISTRATOR_SUSPENDED,
    CHANGE_REFUSED,
    DETAILS_CHANGED,
    RIGHTS_CHANGED,
    TWO_FACTOR_NO_LONGER_REQUIRED,
    TWO_FACTOR_REQUIRED,
)
from doorward.accounts.models import Administrator, EmailChange, LinkPurpose, MailedLink, Status
from doorward.accounts.services import Change, Details
from doorward.audit.models import Event
from doorward.credentials.password import change as password_change
from doorward.customers.errors import UnknownTab
from doorward.customers.tabs import ADMINISTRATORS
from doorward.kernel.errors import (
    ConfirmationMissing,
    EmailInvalid,
    FieldsRefused,
    NameInvalid,
    NotFound,
)
from doorward.permissions.actions import Action
from doorward.permissions.errors import NotAuthorised, ReauthenticationDue
from doorward.sessions import issuing
from doorward.sessions.models import Session
from tests.accounts.changing import WITH_RIGHT, change, refused, refuses_field, row
from tests.kit import browsers, people, policies

# --- names, phone ---------------------------------------------------------------------------------


def test_names_and_phone_change_and_the_event_says_which(owner, colleague):
    details = Details(first_name=" Sam ", last_name="Osei", phone="+49 30 901820")
    changed = change(colleague, owner, details=details)
    assert (changed.first_name, changed.phone) == ("Sam", "+4930901820")
    assert changed.name_sort == "osei\x1fsam"
    event = people.events(DETAILS_CHANGED)[0]
    assert event.details == {"changed": ["first_name", "phone"]}
    assert event.typed == {
        "before": {"first_name": "Samuel", "phone": ""},
        "after": {"first_name": "Sam", "phone": "+4930901820"},
    }
    assert (event.actor_id, event.subject_id) == (owner.id, colleague.id)


def test_a_form_that_changes_nothing_writes_nothing(owner, colleague):
    before = Event.objects.count()
    details = Details(first_name="Samuel", last_name="Osei")
    change(
        colleague,
        owner,
        details=details,
        email=colleague.email,
        require_2fa=False,
        tabs=colleague.tab_keys,
        status=Status.ACTIVE,
    )
    assert Event.objects.count() == before


def test_one_wrong_field_keeps_all_others_from_changing(owner, colleague):
    before, details = row(colleague), Details(first_name="Sam", last_name="Osei", phone="12")
    with refuses_field(PhoneInvalid):
        change(colleague, owner, details=details, require_2fa=True)
    assert row(colleague) == before


def test_all_that_is_wrong_is_said_at_once(owner, colleague):
    details = Details(first_name="a@b", last_name="Osei", phone="12")
    with pytest.raises(FieldsRefused) as refused:
        change(colleague, owner, details=details, email="nobody", status="gone")
    found = {name: type(one) for name, one in refused.value.fields.items()}
    assert found == {
        "first_name": NameInvalid,
        "phone": PhoneInvalid,
        "email": EmailInvalid,
        "status": WrongStatus,
    }


def test_another_email_wants_who_asks_to_confirm_that_it_is_them(owner, colleague):
    with pytest.raises(ReauthenticationDue) as due:
        change(colleague, owner, email="new@harbourbakery.example", reauthenticated=False)
    assert due.value.action is Action.CHANGE_EMAIL
    assert not EmailChange.objects.exists()
    change(colleague, owner, email=f" {colleague.email} ", reauthenticated=False)


def test_a_tick_that_the_policy_holds_is_not_taken_away_by_its_absence(owner, colleague):
    change(colleague, owner, require_2fa=True)
    policies.require(owner.customer_id)
    assert change(colleague, owner, require_2fa=False).require_2fa
    assert not people.events(TWO_FACTOR_NO_LONGER_REQUIRED)


def test_an_email_that_is_taken_undoes_the_whole_change(owner, colleague, outsider):
    refused(EmailTaken, colleague, owner, require_2fa=True, email=outsider.email)
    assert not people.events(TWO_FACTOR_REQUIRED)
    assert not EmailChange.objects.exists()


# --- required 2FA ---------------------------------------------------------------------------------


def test_ticking_and_unticking_are_events(owner, colleague):
    assert change(colleague, owner, require_2fa=True).require_2fa
    assert not change(colleague, owner, require_2fa=False).require_2fa
    assert people.events(TWO_FACTOR_REQUIRED, subject_id=colleague.id)
    assert people.events(TWO_FACTOR_NO_LONGER_REQUIRED, subject_id=colleague.id)


def require_several(ids, owner, actor):
    return require_two_factors.require_several(
        ids, customer_id=owner.customer_id, actor=actor, now=timezone.now()
    )


def test_several_at_once_and_only_those_it_is_new_for_are_told(owner, colleague):
    change(owner, owner, require_2fa=True)
    fresh = require_several([owner.id, colleague.id], owner, people.actor(owner))
    assert fresh == 1
    assert [event.subject_id for event in people.events(TWO_FACTOR_REQUIRED)] == [
        owner.id,
        colleague.id,
    ]


@pytest.mark.parametrize("who", ["outsider", "nobody", "removed"])
def test_several_with_one_who_is_not_there_are_refused_as_a_whole(owner, colleague, outsider, who):
    other = outsider.id if who == "outsider" else uuid4()
    if who == "removed":
        other = people.make_administrator(
            owner.customer, email="gone@harbourbakery.example", status=Status.REMOVED
        ).id
    with pytest.raises(NotFound):
        require_several([colleague.id, other], owner, people.actor(owner))
    assert not people.again(colleague).require_2fa
    assert not people.again(outsider).require_2fa


def test_nobody_marked_is_said(owner):
    with pytest.raises(NothingSelected):
        require_several([], owner, people.actor(owner))


# --- rights ---------------------------------------------------------------------------------------


def test_rights_change_and_the_event_says_which(owner, colleague):
    changed = change(colleague, owner, tabs=WITH_RIGHT)
    assert changed.tab_keys == WITH_RIGHT
    assert people.events(RIGHTS_CHANGED)[0].details == {
        "added": [ADMINISTRATORS],
        "taken": ["support"],
    }


@pytest.mark.parametrize("tab", ["fax", "customers", "home administrators", ""])
def test_a_tab_that_is_not_there_cannot_be_given(owner, colleague, tab):
    refused(UnknownTab, colleague, owner, tabs=frozenset({"home", tab}))


def test_nobody_takes_the_right_from_themselves(owner, colleague):
    change(colleague, owner, tabs=WITH_RIGHT)
    refused(OwnAdministratorsRight, owner, owner, tabs=frozenset({"home"}))


def test_who_lost_the_right_a_moment_ago_changes_nothing_any_more(owner, colleague):
    actor = people.actor(colleague)
    for status, tabs in ((Status.ACTIVE, " home "), (Status.SUSPENDED, " administrators ")):
        Administrator.objects.of(owner.customer_id).filter(id=colleague.id).update(
            status=status, tabs=tabs
        )
        with pytest.raises(NotAuthorised):
            services.change(
                owner.id,
                Change(require_2fa=True),
                customer_id=owner.customer_id,
                actor=actor,
                now=timezone.now(),
            )
        with pytest.raises(NotAuthorised):
            require_several([owner.id], owner, actor)
    assert not people.again(owner).require_2fa


# --- status ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.REMOVED])
def test_suspending_and_removing_want_a_confirmation(owner, colleague, status):
    before = row(colleague)
    with pytest.raises(ConfirmationMissing):
        change(colleague, owner, status=status, require_2fa=True)
    assert row(colleague) == before
    assert not people.events(CHANGE_REFUSED), "a question is no refusal"


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.REMOVED])
def test_nobody_suspends_or_removes_themselves(owner, colleague, status):
    change(colleague, owner, tabs=WITH_RIGHT)
    refused(OwnStatus, owner, owner, status=status, confirmed=True)


def test_suspending_ends_sessions_links_and_a_change_of_email(owner, colleague):
    now, actor = timezone.now(), people.actor(owner)
    issuing.begin(colleague, actor=actor, now=now, password_at=now)
    password_change.send_link(person=colleague, actor=actor, now=now)
    email_change.ask(colleague, "new@harbourbakery.example", actor=actor, now=now)
    change(colleague, owner, status=Status.SUSPENDED, confirmed=True)
    assert not Session.objects.filter(administrator=colleague, ended_at=None).exists()
    assert not MailedLink.objects.filter(administrator=colleague, revoked_at=None).exists()
    assert email_change.pending(colleague.id, now=now) is None
    assert people.again(colleague).security_version > colleague.security_version
    assert people.events(ADMINISTRATOR_SUSPENDED, subject_id=colleague.id)


def test_restoring_lets_them_in_again_with_what_they_had(owner, colleague):
    change(colleague, owner, status=Status.SUSPENDED, confirmed=True)
    restored = change(colleague, owner, status=Status.ACTIVE)
    assert (restored.status, restored.tab_keys) == (Status.ACTIVE, colleague.tab_keys)
    assert people.events(ADMINISTRATOR_RESTORED)
    browsers.browser_of(colleague)


def test_removing_takes_password_rights_and_email_and_cannot_be_undone(owner, colleague):
    removed = change(colleague, owner, status=Status.REMOVED, confirmed=True)
    assert (removed.status, removed.tab_keys) == (Status.REMOVED, frozenset())
    assert not removed.has_usable_password()
    with pytest.raises(NotFound):
        change(colleague, owner, status=Status.ACTIVE)
    with pytest.raises(NotFound):
        services.find_by_email(colleague.email)


def test_nobody_becomes_active_by_a_form_who_has_not_accepted(owner):
    person = people.invite(owner.customer)
    assert change(person, owner, status=Status.ACTIVE).status == Status.INVITED
    refused(WrongStatus, person, owner, status=Status.SUSPENDED, confirmed=True)
    assert change(person, owner, status=Status.REMOVED, confirmed=True).status == Status.REMOVED


def test_nobody_becomes_invited_again(owner, colleague):
    with refuses_field(WrongStatus):
        change(colleague, owner, status=Status.INVITED)


# --- whose ----------------------------------------------------------------------------------------


def test_another_customer_s_person_is_not_there(owner, outsider):
    before = row(outsider)
    with pytest.raises(NotFound):
        services.change(
            outsider.id,
            Change(require_2fa=True),
            customer_id=owner.customer_id,
            actor=people.actor(owner),
            now=timezone.now(),
        )
    assert row(outsider) == before
    assert not people.events(CHANGE_REFUSED)


def test_a_link_of_a_suspended_person_opens_nothing(owner, colleague):
    now = timezone.now()
    password_change.send_link(person=colleague, actor=people.actor(owner), now=now)
    token = mailed_links.path(MailedLink.objects.get(administrator=colleague)).split("/")[-2]
    change(colleague, owner, status=Status.SUSPENDED, confirmed=True)
    with pytest.raises(LinkInvalid):
        mailed_links.find(token, purposes=(LinkPurpose.RESET,), now=now)
