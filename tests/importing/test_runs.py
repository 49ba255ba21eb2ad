"""Imports that are kept until they are done: dry run, by the worker, stopped, gone on with, forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit.actor import CONSOLE
from doorward.credentials.models import Factor
from doorward.importing import (
    columns,
    forgetting,
    part_by_part,
    queries,
    reading_files,
    results,
    runs,
)
from doorward.importing.errors import ColumnMissing, ImportForgotten
from doorward.importing.events import IMPORT_STOPPED, IMPORTED
from doorward.importing.models import ColumnChoice, ImportLine, ImportPart, ImportRun, ImportState
from doorward.importing.runs import About
from doorward.kernel.errors import ChoiceInvalid, NotFound
from doorward.notifications import erasing
from doorward.permissions.errors import NotAuthorised
from doorward.permissions.staff_scope import Reach, Scope
from doorward.rollout.errors import AskerLostRight, AskerSignedOut, RunOver
from doorward.sessions import ending
from tests.kit import codes, people
from tests.kit.browsers import acting_with_factor
from tests.kit.people import again

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.actor import Actor

pytestmark = pytest.mark.django_db

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
HEAD = "Mailbox,first name,last name\n"
LINES = "".join(f"p{n}@harbourbakery.example,P,{n}\n" for n in range(5))
FIELDS = ["email", "first_name", "last_name"]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines a part, one part a round."""
    monkeypatch.setattr(part_by_part, "PART", 2)
    monkeypatch.setattr(part_by_part, "PARTS_A_ROUND", 1)


@pytest.fixture
def staff(customer: object) -> Administrator:
    nora = people.make_administrator(
        people.provider(),
        email="nora@provider.example",
        tabs={"home", "customers", "administrators"},
    )
    codes.enable_app(nora)
    return nora


@pytest.fixture
def asker(staff: Administrator) -> Actor:
    """Return staff as a page would let them in."""
    return acting_with_factor(staff)


def receive(
    text: str, actor: Actor, customer_id: UUID | None = None, kind: str = "people"
) -> ImportRun:
    table = reading_files.load(text.encode(), columns.KNOWN[kind])
    about = About(kind=kind, customer_id=customer_id, file_name="people.csv")
    return runs.receive(table, about, actor=actor, now=timezone.now())


def rehearsed(actor: Actor, customer_id: UUID, text: str = HEAD + LINES) -> ImportRun:
    run = receive(text, actor, customer_id)
    runs.rehearse(run, FIELDS, actor=actor, now=timezone.now())
    while work():
        pass
    return fresh(run)


def work() -> int:
    return part_by_part.work_due(now=timezone.now())


def fresh(run: ImportRun) -> ImportRun:
    return ImportRun.objects.get(id=run.id)


def there() -> int:
    return Administrator.objects.everywhere().filter(email_folded__startswith="p").count()


def test_a_dry_run_and_then_it_is_done_by_the_worker_part_by_part(customer, asker, staff):
    text = HEAD + LINES + "no e-mail,A,B\nP0@harbourbakery.example,P,again\n"
    run = rehearsed(asker, customer.id, text)
    assert (run.state, run.dry, run.lines) == (ImportState.REHEARSED, True, 7)
    assert (run.made, run.refused, there()) == (5, 2, 0)
    said = {one.number: one.refusal for one in results.outcomes(run, "refused")}
    assert {number: refusal and refusal.code for number, refusal in said.items()} == {
        7: "fields_refused",
        8: "line_twice",
    }
    assert not people.events(IMPORTED)
    runs.apply(run, actor=asker, now=timezone.now())
    for done in ((2, 2), (4, 4), (5, 6)):
        assert work()
        assert (there(), fresh(run).looked_at) == done
    while work():
        pass
    run = fresh(run)
    assert (run.state, run.made, run.refused) == (ImportState.DONE, 5, 2)
    assert not ImportPart.objects.exists()
    assert ImportLine.objects.filter(run=run).count() == 7
    [event] = people.events(IMPORTED)
    assert (event.actor_id, event.customer_id) == (staff.id, customer.id)
    assert event.details == {"kind": "people", "made": 5, "changed": 0, "refused": 2}
    assert work() == 0


def test_the_same_file_once_more_changes_nothing(customer, asker):
    for _ in range(2):
        runs.apply(rehearsed(asker, customer.id), actor=asker, now=timezone.now())
        while work():
            pass
    run = ImportRun.objects.latest("begun_at")
    assert (fresh(run).same, there(), len(people.events(IMPORTED))) == (5, 5, 1)


def test_a_short_one_is_done_at_once(customer, asker):
    run = receive(HEAD + LINES, asker, customer.id)
    runs.rehearse(run, FIELDS, actor=asker, now=timezone.now())
    runs.work(run, actor=asker, now=timezone.now())
    assert fresh(run).state == ImportState.REHEARSED


def test_it_is_stopped_and_gone_on_with_where_it_was(customer, asker):
    run = rehearsed(asker, customer.id)
    runs.apply(run, actor=asker, now=timezone.now())
    work()
    runs.stop(run, actor=asker, now=timezone.now())
    assert work() == 0
    assert there() == 2
    with pytest.raises(RunOver):
        runs.stop(run, actor=asker, now=timezone.now())
    runs.resume(run, actor=asker, now=timezone.now())
    while work():
        pass
    assert (fresh(run).state, there()) == (ImportState.DONE, 5)


def test_what_was_killed_in_a_part_is_done_once(customer, asker, monkeypatch):
    run = rehearsed(asker, customer.id)
    runs.apply(run, actor=asker, now=timezone.now())
    with monkeypatch.context() as patched:
        patched.setattr(part_by_part, "_end", None)  # the last part breaks when all of it was done
        for _ in range(5):
            work()
    assert (fresh(run).state, fresh(run).next_part, there()) == (ImportState.RUNNING, 2, 4)
    work()
    assert (fresh(run).state, fresh(run).made, there()) == (ImportState.DONE, 5, 5)


def test_it_stops_with_the_session_of_who_asked(customer, asker):
    run = rehearsed(asker, customer.id)
    runs.apply(run, actor=asker, now=timezone.now())
    work()
    ending.sign_out(asker.session_id, actor=asker, now=timezone.now())
    assert work() == 0
    assert (fresh(run).state, fresh(run).stopped_by) == (ImportState.STOPPED, AskerSignedOut.code)
    assert there() == 2
    [event] = people.events(IMPORT_STOPPED)
    assert event.details["reason"] == AskerSignedOut.code


def test_it_stops_with_the_right_and_with_the_scope_of_who_asked(customer, asker, staff):
    cedar = people.make_customer("Cedar Clinic")
    for change in ({"tabs": " home "}, {"scope": "customers", "scope_ids": str(cedar.id)}):
        run = rehearsed(asker, customer.id)
        runs.apply(run, actor=asker, now=timezone.now())
        rows = Administrator.objects.of(staff.customer_id).filter(id=staff.id)
        before = rows.values(*change).get()
        rows.update(**change)
        assert work() == 0
        assert fresh(run).stopped_by == AskerLostRight.code, change
        rows.update(**before)
    assert there() == 0


def test_a_scope_is_obeyed(customer, asker, staff):
    cedar = people.make_customer("Cedar Clinic")
    mine, theirs, all_ = (
        receive(HEAD + LINES, CONSOLE, one) for one in (cedar.id, customer.id, None)
    )
    rows = Administrator.objects.of(staff.customer_id).filter(id=staff.id)
    rows.update(scope="customers", scope_ids=str(cedar.id))
    scope = Scope(Reach.CUSTOMERS, frozenset({cedar.id}))
    assert list(queries.listed(scope=scope)) == [mine]
    assert queries.find(mine.id, scope=scope) == mine
    for run, error in ((theirs, NotFound), (all_, NotAuthorised)):
        with pytest.raises(NotFound):
            queries.find(run.id, scope=scope)
        for deed in (runs.apply, runs.stop, runs.resume):
            with pytest.raises(error):
                deed(run, actor=asker, now=timezone.now())
        with pytest.raises(error):
            runs.rehearse(run, FIELDS, actor=asker, now=timezone.now())
        with pytest.raises(error):
            runs.discard(run, actor=asker)
    with pytest.raises(NotAuthorised):
        receive("name\nNew\n", asker, kind="customers")
    with pytest.raises(NotAuthorised):
        receive(HEAD + LINES, asker)


@pytest.mark.parametrize("lost", ["the scope", "the Administrators tab", "the Customers tab"])
def test_who_does_not_see_all_customers_or_people_brings_no_passwords_and_no_devices(
    customer, asker, staff, lost
):
    rows = Administrator.objects.of(staff.customer_id).filter(id=staff.id)
    if lost == "the Customers tab":
        run = receive(f"email,totp\na@harbourbakery.example,{SECRET}\n", asker, customer.id)
        rows.update(tabs=" home administrators ")
        with pytest.raises(NotAuthorised):
            runs.rehearse(run, ["email", "totp"], actor=asker, now=timezone.now())
        return
    rows.update(
        **{"scope": "customers", "scope_ids": str(customer.id)}
        if lost == "the scope"
        else {"tabs": " home customers "}
    )
    run = receive(f"email,secret\na@harbourbakery.example,{SECRET}\n", asker, customer.id)
    with pytest.raises(NotAuthorised):
        runs.rehearse(run, ["email", "totp"], actor=asker, now=timezone.now())
    runs.rehearse(run, ["email", ""], actor=asker, now=timezone.now())
    run = receive(f"email,totp\na@harbourbakery.example,{SECRET}\n", asker, customer.id)
    with pytest.raises(NotAuthorised):
        runs.begin(run, actor=asker, now=timezone.now())
    assert not Factor.objects.filter(taken_over=True).exists()


def test_columns_are_chosen_and_remembered(customer, asker):
    run = receive(HEAD + LINES, asker, customer.id)
    assert run.fields == ["", "first_name", "last_name"]
    now = timezone.now()
    for wrong, refusal in (
        (["", "first_name", "last_name"], ColumnMissing),
        (["email", "first_name"], ChoiceInvalid),
        (["email", "first_name", "shoe_size"], ChoiceInvalid),
    ):
        with pytest.raises(refusal):
            runs.rehearse(run, wrong, actor=asker, now=now)
    runs.rehearse(run, ["email", "", "last_name"], actor=asker, now=now)
    assert receive(HEAD + LINES, asker, customer.id).fields == ["email", "", "last_name"]
    assert receive(HEAD + LINES, asker).fields == ["", "first_name", "last_name"]
    assert ColumnChoice.objects.count() == 3


def test_what_is_in_a_file_is_sealed_and_forgotten_after_a_day(customer, asker):
    run = receive(f"email,totp\na@harbourbakery.example,{SECRET}\n", asker, customer.id)
    kept = bytes(ImportPart.objects.get().sealed or b"")
    assert b"harbourbakery" not in kept
    assert SECRET.encode() not in kept
    now = timezone.now()
    assert forgetting.forget(now=now + timedelta(hours=23)) == 0
    assert forgetting.forget(now=now + timedelta(hours=25)) == 1
    assert not ImportPart.objects.exists()
    with pytest.raises(ImportForgotten):
        runs.begin(run, actor=asker, now=now)
    assert forgetting.forget(now=now + timedelta(days=9)) == 1
    assert not ImportRun.objects.exists()


def test_what_does_not_open_any_more_stops_it(customer, asker):
    run = rehearsed(asker, customer.id)
    runs.apply(run, actor=asker, now=timezone.now())
    ImportPart.objects.filter(number=0).update(sealed=None)
    assert work() == 0
    assert fresh(run).stopped_by == ImportForgotten.code


def test_of_one_person_a_few_files_wait(customer, asker):
    for _ in range(runs.MOST_WAITING + 1):
        receive(HEAD + LINES, asker, customer.id)
    newest = receive(HEAD + LINES, asker, customer.id)
    assert ImportRun.objects.count() == runs.MOST_WAITING
    assert ImportRun.objects.filter(id=newest.id).exists()


def test_who_is_erased_is_no_longer_in_what_came_of_it(customer, asker):
    run = rehearsed(asker, customer.id)
    runs.apply(run, actor=asker, now=timezone.now())
    while work():
        pass
    one = Administrator.objects.of(customer.id).get(email="p3@harbourbakery.example")
    Administrator.objects.of(customer.id).filter(id=one.id).update(
        status="removed", email_folded=f"removed {one.id}"
    )
    erasing.erase(again(one), actor=CONSOLE)
    assert sorted(run.outcomes.values_list("number", flat=True)) == [2, 3, 4, 6]
