"""Nothing that names an erased person is left, nobody finds it out by trying, and the history is still whole."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.utils import timezone

from doorward.accounts.events import ADMINISTRATOR_ADDED, ADMINISTRATOR_REMOVED
from doorward.accounts.models import Administrator
from doorward.audit import chain, sealing, verifying
from doorward.audit import erasing as history
from doorward.audit.actor import CONSOLE
from doorward.audit.events import ADMINISTRATOR_ERASED
from doorward.audit.models import Batch, Event
from doorward.credentials.events import FACTOR_RENAMED
from doorward.notifications import erasing
from doorward.notifications.models import Delivery
from doorward.notifications.worker import run_once
from tests.audit import histories
from tests.kit import browsers, codes, people
from tests.notifications.happenings import Stage, factor_removed, removed
from tests.notifications.mails import Folder, send_to

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("Zacharias", "Quillfeather", "zacharias.quillfeather", "Zach's blue phone")
PHONE = "+49 30 901820"


@pytest.fixture
def person(customer: Any) -> Administrator:
    return people.make_administrator(
        customer,
        email="zacharias.quillfeather@harbourbakery.example",
        name="Zacharias Quillfeather",
        phone=PHONE,
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Any) -> Folder:
    from doorward.environment import MailServer  # noqa: PLC0415 - only here

    path = tmp_path / "mail"
    send_to(monkeypatch, MailServer(kind="file", folder=path))
    return Folder(path)


@pytest.fixture
def gone(person: Administrator, owner: Administrator, folder: Folder) -> Administrator:
    """Return somebody who was removed after a life in the portal, all of it sealed and mailed."""
    stage = Stage(person=person, owner=owner)
    factor_removed(stage)
    codes.enable_app(person, name="Zach's blue phone")
    browser = browsers.browser_of(person)
    browser.get("/security/")
    histories.happen(person, typed={"factor": "Zach's blue phone"})
    histories.happen(owner)
    run_once(timezone.now())
    removed(stage)
    run_once(timezone.now())
    assert len(folder.all()) >= 3
    return people.again(person)


def everything() -> str:
    """Return all that the database has, as text."""
    rows = [row for model in apps.get_models() for row in model._base_manager.values()]
    return repr(rows)


def test_nothing_that_names_them_is_left(
    gone: Administrator, folder: Folder, tmp_path: Path
) -> None:
    assert all(name in everything() for name in NAMES)
    erasing.erase(gone, actor=CONSOLE)
    left = everything()
    assert [name for name in (*NAMES, PHONE) if name in left] == []
    assert not Delivery.objects.filter(administrator_id=gone.id).exists()
    mails = [mail for mail in folder.all() if mail["To"] == gone.email]
    assert mails == []
    for form in ("jsonl", "csv"):
        export = histories.export(tmp_path, form).read_text()
        assert [name for name in (*NAMES, PHONE) if name in export] == []


def test_the_history_is_whole_and_says_what_happened(gone: Administrator, tmp_path: Path) -> None:
    anchors = [batch.anchor for batch in Batch.objects.all()]
    before = list(Event.objects.order_by("id").values_list("id", "type", "outcome", "subject_id"))
    erasing.erase(gone, actor=CONSOLE)
    assert histories.faults(anchors) == set()
    sealing.seal(now=timezone.now())
    assert histories.faults(anchors) == set()
    for form in ("jsonl", "csv"):
        alone = histories.verify_alone(histories.export(tmp_path, form), *map(str, anchors))
        assert alone.returncode == 0, alone.stdout
    *same, last = Event.objects.order_by("id").values_list("id", "type", "outcome", "subject_id")
    assert same == before
    assert last[1:] == (ADMINISTRATOR_ERASED, "ok", gone.id)


def test_others_stay_as_they_are(gone: Administrator, owner: Administrator) -> None:
    colleagues = Event.objects.exclude(actor_id=gone.id).exclude(subject_id=gone.id).order_by("id")
    before = list(colleagues.values())
    erasing.erase(gone, actor=CONSOLE)
    assert list(colleagues.exclude(type=ADMINISTRATOR_ERASED).values()) == before
    # Who removed them is still there, with the address it was done from.
    [event] = people.events(ADMINISTRATOR_REMOVED)
    assert (event.actor_name, event.subject_name) == (owner.full_name, "")
    assert event.address
    assert event.actor_salt is not None


def test_who_acted_is_erased_from_what_they_did_to_others(
    owner: Administrator, colleague: Administrator
) -> None:
    people.make_administrator(owner.customer, email="x@harbourbakery.example", tabs=people.ALL_TABS)
    stage = Stage(person=colleague, owner=owner)
    removed(stage)
    sealing.seal(now=timezone.now())
    Administrator.objects.everywhere().filter(id=owner.id).update(status="removed")
    erasing.erase(owner, actor=CONSOLE)
    [event] = people.events(ADMINISTRATOR_REMOVED)
    assert (event.actor_name, event.address, event.browser) == ("", "", "")
    assert (event.actor_id, event.subject_name) == (owner.id, colleague.full_name)
    assert histories.faults() == set()


def test_nobody_finds_out_by_trying(gone: Administrator) -> None:
    """With the salt the right guess fits; without it no guess does, not even the right one."""
    event = Event.objects.filter(subject_id=gone.id, type=FACTOR_RENAMED).latest("id")
    salt = bytes(event.subject_salt or b"")
    erasing.erase(gone, actor=CONSOLE)
    event = Event.objects.get(id=event.id)
    assert event.subject_salt is None
    part = {
        "subject_name": "Zacharias Quillfeather",
        "subject_email": gone.email,
        "typed": {"factor": "Zach's blue phone"},
    }
    kept = bytes(event.subject_hash or b"")
    assert chain.personal_hash(salt, part) == kept
    # All that is left to try with: whatever else stands in the row, or no salt.
    salts = [b"", bytes(16), event.public_id.bytes, gone.id.bytes, bytes(event.actor_hash or b"")]
    parts = [part, {**part, "typed": {}}]
    assert kept not in {chain.personal_hash(one, other) for one, other in product(salts, parts)}
    assert salt.hex() not in everything()
    assert repr(salt) not in everything()


def test_what_is_not_sealed_yet_is_sealed_without_them(
    person: Administrator, owner: Administrator
) -> None:
    sealing.seal(now=timezone.now())
    histories.happen(person, typed={"factor": "Zach's blue phone"})
    removed(Stage(person=person, owner=owner))
    erasing.erase(people.again(person), actor=CONSOLE)
    assert "Quillfeather" not in everything()
    sealing.seal(now=timezone.now())
    assert histories.faults() == set()


def test_what_the_operator_did_to_them_is_still_the_operators(gone: Administrator) -> None:
    [added] = people.events(ADMINISTRATOR_ADDED, subject_id=gone.id)
    assert (added.actor_type, added.browser) == ("operator", "")
    erasing.erase(gone, actor=CONSOLE)
    [added] = people.events(ADMINISTRATOR_ADDED, subject_id=gone.id)
    assert (added.actor_type, added.subject_name) == ("operator", "")
    assert added.actor_salt is not None


def test_a_page_of_history_says_that_a_name_was_erased(
    gone: Administrator, owner: Administrator
) -> None:
    erasing.erase(gone, actor=CONSOLE)
    page = browsers.browser_of(owner).get("/activity/").content.decode()
    assert f"{owner.full_name} ({owner.email}) removed (erased)." in page
    assert "(erased) signed in." in page
    assert "The operator erased the personal data of somebody who had been removed." in page


def test_who_has_the_database_alone_erases_nobody_unseen(
    gone: Administrator, owner: Administrator, tmp_path: Path
) -> None:
    """As Doorward does it, with an event of it; but the proof takes the key file."""
    erasing.erase(gone, actor=CONSOLE)
    [honest] = people.events(ADMINISTRATOR_ERASED)
    assert histories.faults() == set()
    history.erase_from_history(owner.id)
    batch = Event.objects.filter(subject_id=owner.id, subject_salt=None).earliest("batch").batch
    assert batch is not None
    for details in (honest.details, {}, {"proof": "0" * 64}, [1]):
        made_up = histories.insert_copy(honest, subject_id=owner.id, batch=None, details=details)
        assert histories.faults() == {(batch, "erased")}
        [found] = verifying.verify().findings
        assert str(owner.id) in found.text
        assert "not Doorward's" in found.text
        Event.rewritable.filter(id=made_up.id).delete()
    # Without the key nobody can tell; it says how many there are.
    histories.insert_copy(honest, subject_id=owner.id, batch=None, details={})
    alone = histories.verify_alone(histories.export(tmp_path, "jsonl"))
    assert (alone.returncode, "people erased: 2" in alone.stdout) == (0, True), alone.stdout


def test_erasing_again_changes_nothing(gone: Administrator) -> None:
    erasing.erase(gone, actor=CONSOLE)
    before = json.dumps(list(Event.objects.order_by("id").values("id", "details", "subject_name")))
    erasing.erase(gone, actor=CONSOLE)
    history.erase_from_history(gone.id)
    assert (
        json.dumps(list(Event.objects.order_by("id").values("id", "details", "subject_name")))
        == before
    )
    assert histories.faults() == set()


def test_somebody_who_was_not_removed_is_not_erased(person: Administrator) -> None:
    erasing.erase(person, actor=CONSOLE)
    assert people.again(person).full_name == "Zacharias Quillfeather"
    assert people.events(ADMINISTRATOR_ERASED) == []
