"""Those who were imported and not invited: all of them are, once, by a run that stops and goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.accounts import invitations, mail_budget
from doorward.accounts.events import INVITATION_SENT
from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import CONSOLE
from doorward.customers.models import Customer, CustomerStatus
from doorward.importing import columns, inviting, part_by_part, reading_files, results, runs
from doorward.importing.events import (
    IMPORT_GOES_ON,
    IMPORT_STOPPED,
    IMPORTED,
    INVITING_GOES_ON,
    INVITING_REPORTED,
    INVITING_STOPPED,
)
from doorward.importing.models import ImportRun, ImportState
from doorward.kernel.errors import NotFound, TooManyMails
from doorward.permissions.errors import NotAuthorised
from doorward.rollout.errors import AskerLostRight, RunOver
from tests.kit import codes, people
from tests.kit.browsers import acting_with_factor

if TYPE_CHECKING:
    from doorward.audit.actor import Actor

pytestmark = pytest.mark.django_db

MANY = 5
HASH = "pbkdf2_sha256$600000$a1B2c3$iR0CCTLDNNoJH8BqLXRPHbFQVGBqQ2gSsvCgUKHYQGM="


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines a part, one part a round."""
    monkeypatch.setattr(part_by_part, "PART", 2)
    monkeypatch.setattr(part_by_part, "PARTS_A_ROUND", 1)


@pytest.fixture
def staff(customer: object) -> Administrator:
    nora = people.make_administrator(
        people.provider(), email="nora@provider.example", tabs={"home", "customers"}
    )
    codes.enable_app(nora)
    return nora


@pytest.fixture
def asker(staff: Administrator) -> Actor:
    return acting_with_factor(staff)


def imported(customer: Customer, *, everybodys: bool = False) -> ImportRun:
    """Return an import that added five people to invite, one with a password, one suspended, and one line refused."""
    rows = [f"p{n}@moving.example,P{n},{customer.name},," for n in range(MANY)]
    rows += [f"has@moving.example,Has,{customer.name},{HASH},"]
    rows += [f"away@moving.example,Away,{customer.name},,suspended", f"nobody,X,{customer.name},,"]
    text = "\n".join(["email,last name,customer,password hash,status", *rows])
    about = runs.About(kind="people", customer_id=None if everybodys else customer.id)
    table = reading_files.load(text.encode(), columns.PEOPLE)
    run = runs.receive(table, about, actor=CONSOLE, now=timezone.now())
    runs.begin(run, actor=CONSOLE, now=timezone.now())
    while part_by_part.do_part(run, actor=CONSOLE, now=timezone.now()):
        pass
    return again(run)


def again(run: ImportRun) -> ImportRun:
    return ImportRun.objects.get(id=run.id)


def invite(run: ImportRun, actor: Actor) -> ImportRun:
    return runs.invite(run, actor=actor, now=timezone.now())


def work() -> int:
    return part_by_part.work_due(now=timezone.now())


def sent() -> list[str]:
    ids = [one.subject_id for one in people.events(INVITATION_SENT)]
    assert len(set(ids)) == len(ids)
    rows = Administrator.objects.everywhere().filter(id__in=ids)
    return sorted(rows.values_list("email", flat=True))


@pytest.mark.parametrize("everybodys", [False, True])
def test_all_who_wait_are_invited_once_part_by_part(customer, asker, everybodys):
    run = imported(customer, everybodys=everybodys)
    assert [one.key for one in results.outcomes(run, results.UNINVITED)] == [
        f"p{n}@moving.example" for n in range(MANY)
    ]
    one = Administrator.objects.of(customer.id).get(email="p3@moving.example")
    going = invite(run, asker)
    assert invite(run, asker) == going
    assert (going.kind, going.lines, going.state) == ("invitations", MANY, ImportState.RUNNING)
    # Somebody does it by hand in the meantime.
    invitations.resend(one, actor=CONSOLE, now=timezone.now())
    assert work() == 2
    assert sent() == ["p0@moving.example", "p1@moving.example", "p3@moving.example"]
    while work():
        pass
    going = again(going)
    assert (going.state, going.made, going.same) == (ImportState.DONE, MANY - 1, 1)
    assert sent() == [f"p{n}@moving.example" for n in range(MANY)]
    assert not inviting.waiting(run).exists()
    assert len(people.events(IMPORTED)) == 1
    with pytest.raises(RunOver):
        invite(run, asker)
    with pytest.raises(RunOver):
        invite(going, asker)


def test_it_is_stopped_and_gone_on_with(customer, asker):
    going = invite(run := imported(customer), asker)
    work()
    runs.stop(going, actor=asker, now=timezone.now())
    assert work() == 0
    # Whoever presses the button again is led to what was stopped.
    assert invite(run, asker) == going
    runs.resume(going, actor=asker, now=timezone.now())
    while work():
        pass
    assert sent() == [f"p{n}@moving.example" for n in range(MANY)]
    # History says what it is, and not that an import was stopped.
    runs.record_report(going, filters=[], actor=asker)
    for told in (INVITING_STOPPED, INVITING_GOES_ON, INVITING_REPORTED):
        assert len(people.events(told)) == 1
    for other in (IMPORT_STOPPED, IMPORT_GOES_ON):
        assert not people.events(other)


@pytest.mark.parametrize("short", [False, True])
def test_it_stops_where_too_many_mails_were_sent_and_goes_on_later(
    customer, asker, monkeypatch, short
):
    going = invite(imported(customer), asker)
    spent, spend = [], mail_budget.spend

    def little(receiver, *, actor, now):
        spent.append(receiver)
        if len(spent) > 3:
            raise TooManyMails(3600)
        spend(receiver, actor=actor, now=now)

    with monkeypatch.context() as patched:
        patched.setattr(mail_budget, "spend", little)
        if short:
            runs.work(going, actor=asker, now=timezone.now())
        while work():
            pass
    assert (again(going).state, again(going).stopped_by) == (ImportState.STOPPED, TooManyMails.code)
    assert sent() == ["p0@moving.example", "p1@moving.example"]
    [event] = people.events(INVITING_STOPPED)
    assert event.details["reason"] == TooManyMails.code
    runs.resume(going, actor=asker, now=timezone.now())
    while work():
        pass
    assert sent() == [f"p{n}@moving.example" for n in range(MANY)]


def test_nobody_is_invited_to_a_customer_that_is_shut(customer, asker):
    run = imported(customer)
    Customer.objects.filter(id=customer.id).update(status=CustomerStatus.SUSPENDED)
    going = invite(run, asker)
    while work():
        pass
    assert (again(going).refused, sent()) == (MANY, [])


def test_who_lost_right_or_scope_invites_nobody(customer, asker, staff):
    run, rows = imported(customer), Administrator.objects.everywhere().filter(id=staff.id)
    cedar = people.make_customer("Cedar Clinic")
    going = invite(run, asker)
    for change, refused in (
        ({"tabs": " home "}, NotAuthorised),
        ({"scope": "customers", "scope_ids": str(cedar.id)}, NotFound),
    ):
        before = rows.values(*change).get()
        rows.update(**change)
        with pytest.raises(refused):
            invite(run, asker)
        assert work() == 0
        assert again(going).stopped_by == AskerLostRight.code
        rows.update(**before)
        runs.resume(going, actor=asker, now=timezone.now())
    assert sent() == []


def test_whom_somebody_removed_or_moved_is_left_alone(customer, asker):
    run = imported(customer)
    cedar = people.make_customer("Cedar Clinic")
    Administrator.objects.of(customer.id).filter(email="p0@moving.example").update(
        status=Status.REMOVED
    )
    Administrator.objects.of(customer.id).filter(email="p1@moving.example").update(customer=cedar)
    going = invite(run, asker)
    while work():
        pass
    assert again(going).lines == MANY - 2
    assert "p0@moving.example" not in sent()
    assert "p1@moving.example" not in sent()
