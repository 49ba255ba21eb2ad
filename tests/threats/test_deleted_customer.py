"""A customer that was deleted for good: nothing of it is left, nothing of a neighbour is touched, history is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit import sealing
from doorward.audit.actor import CONSOLE
from doorward.audit.leaves import leaf_of
from doorward.audit.models import Batch, ErasedEvent, Event
from doorward.customers.events import CUSTOMER_DELETED, CUSTOMER_DELETION_ASKED
from doorward.customers.models import Customer, CustomerStatus
from doorward.notifications import customer_deletion, erasing
from doorward.notifications.worker import run_once
from doorward.rollout.models import ReminderSweep
from tests.audit import histories
from tests.kit import closing, codes, people, recovering
from tests.notifications.mails import Folder, send_to
from tests.threats.doomed import belongs, ids_of, later, live, of, rows, work_off

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

# What is nobody's, or counted over all.
OF_NOBODY = {"Heartbeat", "Batch", "ErasedEvent", "Attempt", "Repeated", "AdoptionDay"}
WORDS = ("harbourbakery", "Moreau", "Quillfeather", "They pay late")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Any) -> Folder:
    from doorward.environment import MailServer  # noqa: PLC0415 - only here

    path = tmp_path / "mail"
    send_to(monkeypatch, MailServer(kind="file", folder=path))
    return Folder(path)


@pytest.fixture
def doomed(
    customer: Customer,
    owner: Administrator,
    colleague: Administrator,
    outsider: Administrator,
    folder: Folder,
) -> Customer:
    """Return a customer that is to be deleted, after a life in the portal beside a neighbour of the same kind."""
    staff = recovering.make_staff()
    live(owner, colleague)
    scoped = recovering.make_staff("theo@provider.example")
    both = f"{customer.id.hex} {outsider.customer_id.hex}"
    own = Administrator.objects.of(scoped.customer_id).filter(id=scoped.id)
    own.update(scope="customers", scope_ids=both)
    second = people.make_administrator(
        outsider.customer, email="two@kestrel.example", name="Sal Vane"
    )
    live(outsider, second)
    left = people.make_administrator(customer, email="left@harbourbakery.example", name="Zoe Left")
    codes.enable_app(left)
    for person in (owner, left, outsider):
        recovering.ask_as_support(person, staff)
    Administrator.objects.of(customer.id).filter(id=left.id).update(status="removed")
    erasing.erase(people.again(left), actor=CONSOLE)
    run_once(timezone.now())
    ReminderSweep.objects.update_or_create(
        id=1, defaults={"begun_at": timezone.now(), "customer_id": customer.id}
    )
    closing.close(customer)
    closing.ask_to_delete(customer)
    run_once(timezone.now())
    assert list(folder.all())
    return customer


def test_it_is_gone_from_every_table_and_nothing_of_a_neighbour_is_touched(
    doomed: Customer, folder: Folder, tmp_path: Path
) -> None:
    before, ids = rows(), ids_of(doomed)
    anchors = [batch.anchor for batch in Batch.objects.all()]
    mailboxes = set(Administrator.objects.of(doomed.id).values_list("email", flat=True))
    assert all(word in repr(before) for word in WORDS)
    theirs = {str(doomed.id), doomed.id.hex, *WORDS[:2]}
    assert len(of(before, theirs)) >= 8
    assert [mail for mail in folder.all() if mail["To"] in mailboxes]

    work_off()
    sealing.seal(now=timezone.now())

    after = rows()
    assert of(after, theirs) == {}
    assert [mail["To"] for mail in folder.all() if mail["To"] in mailboxes] == []
    assert {row["administrator_id"] for row in after["Delivery"].values()} <= set(
        after["Administrator"]
    )
    # Each row of all others is as it was, but that history is sealed.
    for name in before.keys() - OF_NOBODY:
        kept = {pk: row for pk, row in before[name].items() if not belongs(row, ids)}
        now = {pk: row for pk, row in after[name].items() if pk in kept}
        if name == "Event":
            kept, now = (
                {pk: {**row, "batch": 0} for pk, row in each.items()} for each in (kept, now)
            )
        assert now == kept, name
    # The chain holds, with Doorward and without; and the provider knows what became of the customer.
    assert histories.faults(anchors) == set()
    for form in ("jsonl", "csv"):
        alone = histories.verify_alone(histories.export(tmp_path, form), *map(str, anchors))
        assert alone.returncode == 0, alone.stdout
        assert f"events of deleted customers: {ErasedEvent.objects.count()}" in alone.stdout
    [event] = people.events(CUSTOMER_DELETED)
    assert event.details == {"customer": "Harbour Bakery"}
    [asked] = people.events(CUSTOMER_DELETION_ASKED)
    assert asked.details == {"customer": "Harbour Bakery", "copy": True}


def test_between_any_two_steps_it_is_whole_too(doomed: Customer, monkeypatch: Any) -> None:
    """Killed after any step, the worker goes on; and what is there meanwhile is a closed customer nobody gets into."""
    monkeypatch.setattr(customer_deletion, "STEPS_AT_ONCE", 1)
    monkeypatch.setattr(customer_deletion, "PEOPLE_AT_ONCE", 1)
    monkeypatch.setattr(customer_deletion, "EVENTS_AT_ONCE", 25)
    steps = 0
    while Customer.objects.filter(id=doomed.id).exists():
        steps += customer_deletion.delete_due(now=later())
        sealing.seal(now=timezone.now())
        assert histories.faults() == set(), steps
        found = Customer.objects.filter(id=doomed.id).values_list("status", flat=True)
        assert list(found) in ([], [CustomerStatus.CLOSED])
        assert steps < 200
    assert steps >= 5


def test_who_has_the_database_alone_takes_no_event_away_unseen(
    customer: Customer, outsider: Administrator
) -> None:
    histories.happen(outsider)
    closing.close(customer)
    closing.ask_to_delete(customer)
    work_off()
    sealing.seal(now=timezone.now())
    one = Event.objects.filter(batch__isnull=False).latest("id")
    honest = ErasedEvent.objects.latest("id")
    leaf = leaf_of(one)
    for proof in (bytes(honest.proof), bytes(32), b""):
        made_up = ErasedEvent.objects.create(
            id=one.id, batch=one.batch or 0, leaf=leaf, proof=proof
        )
        kept = Event.objects.filter(id=one.id).values().get()
        Event.rewritable.filter(id=one.id).delete()
        assert histories.faults() == {(one.batch, "erased")}
        made_up.delete()
        Event.rewritable.create(**kept)
    assert histories.faults() == set()
    # Nor puts another hash in the place of what is gone, nor takes that away.
    ErasedEvent.objects.filter(id=honest.id).update(leaf=bytes(32))
    assert histories.faults() == {(honest.batch, "changed"), (honest.batch, "erased")}
    ErasedEvent.objects.filter(id=honest.id).delete()
    assert (honest.batch, "deleted") in histories.faults()
