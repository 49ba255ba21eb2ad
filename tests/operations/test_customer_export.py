"""Everything that a customer owns, as one ZIP: nothing of it forgotten, no secret, nothing of a neighbour."""

from __future__ import annotations

import csv
import io
import json
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from django.apps import apps
from django.db import models
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit import sealing
from doorward.audit.actor import CONSOLE
from doorward.cli.base import main
from doorward.credentials.models import RecoveryCode
from doorward.customers import notes
from doorward.customers.events import CUSTOMER_EXPORTED
from doorward.operations import customer_export, customer_tables
from doorward.operations.customer_tables import EXPORTED, NOBODYS, TABLES
from doorward.permissions.errors import NotAuthorised
from tests.audit import histories
from tests.kit import browsers, codes, people, policies
from tests.operations.leaves import LEAVES

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db
SECRET = ("password", "secret", "sealed", "token", "nonce", "handle", "credential_id")


def exported(person: Administrator, folder: Path) -> Path:
    file = folder / "export.zip"
    with file.open("w+b") as opened:
        customer_export.make(
            people.again(person).customer, opened, actor=CONSOLE, now=timezone.now()
        )
    return file


@pytest.fixture
def full(owner: Administrator, outsider: Administrator) -> Administrator:
    """Somebody with factors, codes, sessions and a policy, beside a customer that has the same."""
    for person in (owner, outsider):
        codes.enable_app(person, name="=1+1")
        codes.saved_codes(person)
        browsers.browser_signed_in_by_service(person)
        policies.require(person.customer_id)
    sealing.seal(now=timezone.now())
    return owner


def test_every_table_is_somebodys() -> None:
    ours = [model._meta.label for model in apps.get_models()]
    assert sorted([*(table.model for table in TABLES), *NOBODYS]) == sorted(
        label for label in ours if apps.get_model(label).__module__.startswith("doorward.")
    )


def test_what_points_to_a_customer_or_a_person_is_theirs() -> None:
    """Whatever has a foreign key to one of their tables is one of their tables, too."""
    theirs = {apps.get_model(table.model) for table in TABLES}
    for label in NOBODYS:
        fields = apps.get_model(label)._meta.concrete_fields
        assert not [one.name for one in fields if one.is_relation and one.related_model in theirs]


def test_every_column_is_decided() -> None:
    """A new column of a customer's is either in `leaves.py`, or it stays here and `customer_tables.py` says so."""
    assert {table.model: table.columns() for table in EXPORTED} == {
        model: tuple(names.split()) for model, names in LEAVES.items()
    }


def test_what_staff_think_of_a_customer_stays(full: Administrator, tmp_path: Path) -> None:
    notes.add(full.customer_id, "They pay late.", actor=CONSOLE, now=timezone.now())
    scope = uuid.uuid4().hex
    Administrator.objects.of(full.customer_id).update(scope="customers", scope_ids=scope)
    with zipfile.ZipFile(exported(full, tmp_path)) as pack:
        everything = b"".join(pack.read(name) for name in pack.namelist()).decode()
    assert "They pay late." not in everything
    assert scope not in everything


def test_nothing_that_lets_in_leaves() -> None:
    for table in EXPORTED:
        model = apps.get_model(table.model)
        assert table.secret | table.staffs <= {
            one.attname for one in model._meta.concrete_fields
        }, table
        for name in table.columns():
            kind = model._meta.get_field(name)
            assert not isinstance(kind, models.BinaryField), (table.model, name)
            # When and how long are no secrets.
            plain = isinstance(kind, (models.DateTimeField, models.BooleanField))
            told = plain or name in {"password_due", "password_taken_over"}
            assert told or not any(word in name for word in SECRET), (table.model, name)


def test_an_export_has_every_row_of_theirs_and_none_of_a_neighbour(
    full: Administrator, outsider: Administrator, tmp_path: Path
) -> None:
    file = exported(full, tmp_path)
    with zipfile.ZipFile(file) as pack:
        listed = json.loads(pack.read("manifest.json"))
        files = {name: pack.read(name) for name in pack.namelist()}
    for table in EXPORTED:
        lines = [json.loads(line) for line in files[f"{table.name}.jsonl"].splitlines()]
        text = files[f"{table.name}.csv"].decode()
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        count = table.rows(full.customer_id).count()
        assert len(lines) == len(rows) == count, table.name
        for ending in ("jsonl", "csv"):
            assert listed["files"][f"{table.name}.{ending}"]["rows"] == count
        assert all(set(line) == set(table.columns()) for line in lines)
    filled = {table.name for table in TABLES if table.rows(full.customer_id).exists()}
    assert {
        *("customers-customer", "accounts-administrator", "credentials-factor"),
        *("policy-policyversion", "sessions-session", "credentials-recoverycode"),
    } <= filled
    everything = b"".join(files.values()).decode()
    for neighbour in (outsider.email, outsider.customer.name, str(outsider.id)):
        assert neighbour not in everything
    assert listed["history"]["broken_batches"] == []
    assert histories.verify_alone(file).returncode == 0


def test_no_secret_is_in_it(full: Administrator, tmp_path: Path) -> None:
    secret = codes.enable_app(full, name="Another one")
    kept = RecoveryCode.objects.filter(set__administrator=full)[0]
    file = exported(full, tmp_path)
    with zipfile.ZipFile(file) as pack:
        everything = b"".join(pack.read(name) for name in pack.namelist()).decode()
    held = people.again(full)
    for never in (held.password, secret.hex(), bytes(kept.keyed_hash).hex()):
        assert never not in everything


def test_a_cell_runs_nowhere(full: Administrator, tmp_path: Path) -> None:
    with zipfile.ZipFile(exported(full, tmp_path)) as pack:
        text = pack.read("credentials-factor.csv").decode()
    assert [row["name"] for row in csv.DictReader(io.StringIO(text, newline=""))] == ["'=1+1"]


def test_it_is_the_operators_alone(full: Administrator, tmp_path: Path) -> None:
    with (tmp_path / "x.zip").open("w+b") as file, pytest.raises(NotAuthorised):
        customer_export.make(full.customer, file, actor=people.actor(full), now=timezone.now())
    assert (tmp_path / "x.zip").read_bytes() == b""


def test_what_fails_on_its_way_leaves_no_file(
    full: Administrator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_rest: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(customer_export, "add_sealed", broken)
    file = tmp_path / "export.zip"
    said = CliRunner().invoke(main, ["export", "customer", "Harbour Bakery", str(file)])
    assert said.exit_code == 1
    assert "No space left" in said.stderr
    assert list(tmp_path.iterdir()) == []
    assert not people.events(CUSTOMER_EXPORTED)


def test_the_command_says_the_checksum_that_stands_in_the_history(
    full: Administrator, tmp_path: Path
) -> None:
    file = tmp_path / "export.zip"
    said = CliRunner().invoke(main, ["export", "customer", "Harbour Bakery", str(file)])
    assert said.exit_code == 0, said.stderr
    [event] = people.events(CUSTOMER_EXPORTED)
    assert event.customer_id == full.customer_id
    assert str(event.details["checksum"]) in said.stdout


def test_the_list_of_what_is_theirs_is_in_the_order_of_what_points_to_what() -> None:
    """Whoever restores rows in that order finds what each of them points to."""
    place = {apps.get_model(table.model): at for at, table in enumerate(customer_tables.TABLES)}
    for model, at in place.items():
        for one in model._meta.concrete_fields:
            if one.is_relation and one.related_model in place and one.related_model is not model:
                assert place[one.related_model] < at, (model, one.name)
