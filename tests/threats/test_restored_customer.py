"""One customer: exported, deleted for good, brought back from a backup. It is the same, and nobody else was touched."""

from __future__ import annotations

from contextlib import closing as closing_file
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import psycopg
import pyrage
import pytest
from click.testing import CliRunner
from django.db import connection
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit import sealing
from doorward.audit.actor import CONSOLE
from doorward.audit.models import Batch, ErasedEvent, Event
from doorward.cli.base import main
from doorward.credentials.models import Factor
from doorward.customers import services
from doorward.customers.events import CUSTOMER_BROUGHT_BACK
from doorward.customers.models import Brand, Customer, CustomerStatus
from doorward.directory import adoption_sums
from doorward.kernel.db import dump, other_database
from doorward.kernel.db.sqlite.copying import copy_to
from doorward.kernel.db.sqlite.driver import Database
from doorward.notifications.worker import run_once
from doorward.operations import customer_restore, errors
from doorward.operations.backup import archive, encryption, manifest
from doorward.sessions.models import Session
from tests.audit import histories
from tests.kit import browsers, closing, codes, people, recovering
from tests.threats.doomed import belongs, ids_of, live, rows, work_off

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
NAME = "Harbour Bakery"
LIBPQ = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
# The worker's and everybody's; of history, what was written meanwhile is looked at on its own.
MEANWHILE = {"SealedKey", "Heartbeat", "Attempt", "Batch", "Repeated", "AdoptionDue", "AdoptionDay"}
# Sums over all.
MEANWHILE |= {"AdoptionSum"}


def written_to(source: str) -> Any:
    """Open a backup, whichever database it is of."""
    return (Database if connection.vendor == "sqlite" else psycopg).connect(source)


@contextmanager
def backup(folder: Path) -> Iterator[str]:
    """Make a copy of the database as it is now; return where it is."""
    if connection.vendor == "sqlite":
        copy_to(folder / "backup.sqlite3")
        yield str(folder / "backup.sqlite3")
        return
    name = str(connection.settings_dict["NAME"])
    given = dump.environment(connection.get_connection_params())
    query = urlencode(
        {word: given[name] for word, name in LIBPQ.items() if given.get(name)}, quote_via=quote
    )
    address = f"postgresql:///{{}}?{query}"
    # As a template, nobody may be in it.
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    with psycopg.connect(address.format("postgres"), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}_backup" TEMPLATE "{name}"')
        try:
            yield address.format(f"{name}_backup")
        finally:
            server.execute(f'DROP DATABASE "{name}_backup" WITH (FORCE)')


def as_a_backup(source: str, folder: Path) -> list[str]:
    """Return what names the same, in the form and encryption of `doorward backup`; a server's database as it is."""
    if connection.vendor != "sqlite":
        return [source]
    identity, file, key = pyrage.x25519.Identity.generate(), folder / "backup", folder / "identity"
    with closing_file(Database.connect(source)) as copy, file.open("wb") as written:
        said = manifest.describe(
            lambda sql: copy.execute(sql).fetchall(), kind="sqlite", now=timezone.now()
        )
        pieces = iter([Path(source).read_bytes()])
        encryption.encrypt(archive.pack(pieces, lambda: said), written, [identity.to_public()])
    key.write_text(f"{identity}\n")
    return [str(file), "--identity", str(key)]


@contextmanager
def opened(source: str) -> Iterator[str]:
    with other_database.opened(other_database.describe(source)) as alias:
        yield alias


def bring_back(source: str, name: str = NAME) -> customer_restore.Found:
    with opened(source) as alias:
        return customer_restore.bring_back(name, alias=alias, actor=CONSOLE, now=timezone.now())


def delete(customer: Customer) -> None:
    closing.close(customer)
    closing.ask_to_delete(customer)
    work_off()


def theirs(found: dict[str, dict[Any, dict[str, Any]]], ids: set[str]) -> dict[str, Any]:
    return {
        name: {pk: row for pk, row in table.items() if belongs(row, ids)}
        for name, table in found.items()
        if name not in {*MEANWHILE, "Event", "ErasedEvent"}
    }


def test_it_is_the_same_customer_and_its_neighbours_are_untouched(
    owner: Administrator, colleague: Administrator, outsider: Administrator, tmp_path: Path
) -> None:
    customer, staff = owner.customer, recovering.make_staff()
    live(owner, colleague)
    second = people.make_administrator(outsider.customer, email="two@kestrel.example", name="S V")
    live(outsider, second)
    recovering.ask_as_support(owner, staff)
    closing.close(customer)
    run_once(timezone.now())
    sealing.seal(now=timezone.now())
    adoption_sums.fold(now=timezone.now())
    ids = ids_of(customer)
    before = rows()
    anchors = [batch.anchor for batch in Batch.objects.all()]
    with backup(tmp_path) as source:
        closing.ask_to_delete(customer)
        work_off()
        people.make_administrator(outsider.customer, email="later@kestrel.example", name="L K")
        gone = rows()
        found = bring_back(source)
    assert {row["customer_id"] for row in rows()["AdoptionDue"].values()} >= {customer.id}
    adoption_sums.fold(now=timezone.now())
    after = rows()
    # The same customer: each row in each table, with its secrets; only that it was exported is forgotten.
    assert theirs(after, ids) == theirs(before, ids)
    assert found.events_out == 0
    assert sum(one.out for one in found.tables.values()) == 0
    assert {name: one.rows for name, one in found.tables.items() if one.rows}.keys() >= {
        *("customers.Customer", "accounts.Administrator", "credentials.Factor", "customers.Note"),
        *("sessions.Session", "credentials.RecoveryCode", "policy.PolicyVersion"),
    }
    # Its history, word by word, where it was.
    kept = {
        pk: {**row, "dispatched_at": None}
        for pk, row in before["Event"].items()
        if row["customer_id"] == customer.id
    }
    assert kept
    assert {pk: {**after["Event"][pk], "dispatched_at": None} for pk in kept} == kept
    # Nobody else: what was there while it was not, is there as it was.
    for name in gone.keys() - {*MEANWHILE, "ErasedEvent"}:
        assert {pk: after[name][pk] for pk in gone[name]} == gone[name], name
        new = after[name].keys() - gone[name].keys()
        assert all(belongs(after[name][pk], ids) or name == "Event" for pk in new), name
    assert after["ErasedEvent"].items() <= gone["ErasedEvent"].items()
    sealing.seal(now=timezone.now())
    assert histories.faults(anchors) == set()
    at = {event.customer_id for event in people.events(CUSTOMER_BROUGHT_BACK)}
    assert at == {customer.id, staff.customer_id}


def test_what_was_open_is_not_and_the_way_in_is_the_old_one(
    owner: Administrator, tmp_path: Path
) -> None:
    codes.enable_app(owner)
    browser = browsers.browser_of_with_factor(owner)
    people.ask_for_link(owner.email)
    people.answer_asked()
    link = people.path_of("reset", administrator=owner)
    customer = owner.customer
    sealing.seal(now=timezone.now())
    with backup(tmp_path) as source:
        delete(customer)
        bring_back(source)
    found = services.get(customer.id)
    assert (found.status, found.delete_at, found.deleting_since) == ("closed", None, None)
    assert browser.get("/").status_code == 303
    closing.set_status(found, CustomerStatus.ACTIVE)
    assert browser.get("/").status_code == 303
    assert not Session.objects.filter(ended_at=None).exists()
    browser.get(link)
    assert browser.post("/password/reset/", {"password": people.OTHER_PASSWORD}).status_code != 303
    again = browsers.browser_of(owner)
    again.post("/sign-in/code/", {"code": codes.next_code(owner)})
    assert again.get("/").status_code == 200


def test_it_stays_out_where_it_would_do_harm(
    owner: Administrator, outsider: Administrator, tmp_path: Path
) -> None:
    codes.enable_app(owner)
    customer = owner.customer
    sealing.seal(now=timezone.now())
    with backup(tmp_path) as source:
        for name, refusal in ((NAME, errors.CustomerIsThere), ("Nobody", errors.NotInBackup)):
            with pytest.raises(refusal):
                bring_back(source, name)
        delete(customer)
        gone = rows()
        other = people.make_administrator(outsider.customer, email=owner.email, name="A B")
        with pytest.raises(errors.AddressesTaken):
            bring_back(source)
        Administrator.objects.of(other.customer_id).filter(id=other.id).delete()
        # Whoever can write to the backup alone puts nothing into history.
        with opened(source) as alias:
            head = bytes(Batch.objects.using(alias).latest("number").head)
        Batch.objects.filter(head=head).update(head=bytes(32))
        with pytest.raises(errors.BackupElsewhere):
            bring_back(source)
        Batch.objects.filter(head=bytes(32)).update(head=head)
        there = Event.objects.filter(customer_id=customer.id)
        assert not there.exists()
        assert not Customer.objects.filter(id=customer.id).exists()
        assert gone["ErasedEvent"] == rows()["ErasedEvent"]
        # Killed when its history was back, and begun again.
        brands = Brand.objects.values_list("id", flat=True)
        assert brands
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(customer_restore, "_must_open", lambda _customer: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                bring_back(source)
        assert there.exists()
        assert not Customer.objects.filter(id=customer.id).exists()
        assert histories.faults() == set()
        assert bring_back(source).events_out == 0
    assert Factor.objects.filter(administrator=owner).exists()
    assert ErasedEvent.objects.count() < len(gone["ErasedEvent"])


def test_what_is_sealed_by_keys_that_are_gone_stays_out(
    owner: Administrator, tmp_path: Path
) -> None:
    codes.enable_app(owner)
    Factor.objects.update(sealed=b"\x01" * 60)
    sealing.seal(now=timezone.now())
    with backup(tmp_path) as source:
        delete(owner.customer)
        with pytest.raises(errors.KeysGone):
            bring_back(source)
    assert not Administrator.objects.everywhere().filter(id=owner.id).exists()


def test_who_changes_a_backup_puts_nothing_into_history(
    owner: Administrator, tmp_path: Path
) -> None:
    codes.enable_app(owner)
    sealing.seal(now=timezone.now())
    one = Event.objects.filter(customer_id=owner.customer_id, batch__isnull=False).latest("id")
    with backup(tmp_path) as source:
        with closing_file(written_to(source)) as copy:
            copy.execute(f"UPDATE audit_event SET type='signed_in' WHERE id={int(one.id)}")
            copy.commit()
        delete(owner.customer)
        assert bring_back(source).events_out == 1
    assert not Event.objects.filter(id=one.id).exists()
    assert histories.faults() == set()


def test_the_command_says_what_would_come_before_anything_does(
    owner: Administrator, tmp_path: Path
) -> None:
    codes.enable_app(owner)
    sealing.seal(now=timezone.now())
    with backup(tmp_path) as source:
        delete(owner.customer)
        before = rows()["ErasedEvent"]
        said = CliRunner().invoke(main, ["restore", "customer", NAME, source])
        assert (said.exit_code, rows()["ErasedEvent"]) == (1, before)
        assert not Customer.objects.filter(id=owner.customer_id).exists()
        assert "accounts.Administrator" in said.stdout
        assert "Nothing was changed." in said.stderr
        words = [*as_a_backup(source, tmp_path), "--yes"]
        said = CliRunner().invoke(main, ["restore", "customer", NAME, *words])
        assert said.exit_code == 0, said.stderr
        assert f"{NAME} is back, and closed." in said.stdout
    said = CliRunner().invoke(main, ["restore", "customer", NAME, str(tmp_path / "none")])
    assert said.exit_code == 1
    assert people.again(owner).email == owner.email
