"""The forms of a leaf: each is verified by its own for ever, whatever is added later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.utils import timezone

from doorward.audit import leaf_forms, leaves, sealing
from doorward.audit.models import Event
from tests.audit import histories

if TYPE_CHECKING:
    from pathlib import Path

    from doorward.accounts.models import Administrator

# Two that history names, by a session; and it was done on somebody's behalf.
ONE = UUID("11111111-1111-4111-8111-111111111111")
TWO = UUID("22222222-2222-4222-8222-222222222222")
FULL = {
    "form": 1,
    "id": 7,
    "public_id": UUID("33333333-3333-4333-8333-333333333333"),
    "at": datetime(2026, 11, 24, 9, 0, 10, tzinfo=UTC),
    "type": "policy_changed",
    "outcome": "ok",
    "actor_type": "person",
    "actor_id": ONE,
    "actor_name": "Sam Staff",
    "actor_email": "sam@northline.example",
    "actor_salt": bytes(range(16)),
    "on_behalf_of_id": TWO,
    "on_behalf_of_name": "Ines Moreau",
    "on_behalf_of_email": "ines@harbourbakery.example",
    "on_behalf_of_salt": bytes(range(16, 32)),
    "credential": "session",
    "credential_id": UUID("44444444-4444-4444-8444-444444444444"),
    "subject_id": TWO,
    "subject_name": "Ines Moreau",
    "subject_email": "ines@harbourbakery.example",
    "subject_salt": bytes(range(32, 48)),
    "customer_id": UUID("55555555-5555-4555-8555-555555555555"),
    "customer_name": "Harbour Bakery",
    "address": "203.0.113.24",
    "browser": "A browser",
    "request_id": "r1",
    "details": {"minutes": 3},
    "typed": {"before": {"name": "é"}},
}
# What stands in histories that were sealed with form 1. If this changes, they cannot be verified any more.
SEALED_WITH_1 = "5406d8b3f6bb1d9ec373e8e4393871f9a4a4401814baebb9b3acecad9bab480d"


def test_form_1_stays_as_it_was() -> None:
    assert leaves.leaf_of(Event(**FULL)).hex() == SEALED_WITH_1


def test_a_form_that_nobody_knows_is_refused() -> None:
    with pytest.raises(leaf_forms.UnknownForm):
        leaves.leaf_of(Event(**FULL | {"form": 99}))


def test_the_form_itself_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(leaf_forms.FORMS, 2, leaf_forms.FORMS[1])
    assert leaves.leaf_of(Event(**FULL | {"form": 2})).hex() != SEALED_WITH_1


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later release: its form leaves a column out and has more in a part."""
    one = leaf_forms.FORMS[1]
    columns = tuple(name for name in one.columns if name != "request_id")
    parts = {**one.parts, "subject": (*one.parts["subject"], "request_id")}
    monkeypatch.setitem(leaf_forms.FORMS, 2, replace(one, columns=columns, parts=parts))


@pytest.mark.django_db
def test_a_later_form_stands_beside_the_first(
    owner: Administrator, second: None, tmp_path: Path
) -> None:
    histories.sealed(owner, batches=1)
    one, two, three = histories.of_batch(2)
    histories.insert_copy(one, batch=None, form=2)
    histories.insert_copy(two, batch=None)
    sealing.seal(now=timezone.now())
    assert sorted(event.form for event in histories.of_batch(3)) == [1, 2]
    assert histories.faults() == set()
    # Neither passes for the other, and what the second has in addition is sealed.
    Event.rewritable.filter(batch=3, form=2).update(request_id="r2")
    assert histories.faults() == {(3, "changed")}
    Event.rewritable.filter(id=three.id).update(form=2)
    assert histories.faults() == {(2, "changed"), (3, "changed")}
    alone = histories.verify_alone(histories.export(tmp_path, "csv"))
    assert "Of batch 3 an event is of form 2, which this program does not know." in alone.stdout


@pytest.mark.django_db
def test_what_a_newer_release_wrote_is_left_to_its_worker(
    owner: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories.sealed(owner, batches=1)
    histories.happen(owner, 2)
    newest = Event.objects.latest("id")
    Event.rewritable.filter(id=newest.id).update(form=2)
    assert sealing.seal(now=timezone.now()) == 1
    assert sealing.seal(now=timezone.now()) == 0
    batch = sealing.newest()
    assert batch is not None
    assert not batch.complete, "one event had been written and was left"
    monkeypatch.setitem(leaf_forms.FORMS, 2, leaf_forms.FORMS[1])
    assert sealing.seal(now=timezone.now()) == 1
    assert histories.faults() == set()


def test_each_column_of_an_event_is_sealed_or_said_why_not() -> None:
    form = leaf_forms.FORMS[leaf_forms.NEWEST]
    sealed = {"form", *form.columns, *(name for part in form.parts.values() for name in part)}
    kept_beside = {f"{part}_{what}" for part in form.parts for what in ("salt", "hash")}
    columns = {field.attname for field in Event._meta.concrete_fields}
    # Both are written later by the worker; the batch is what the leaf is sealed in.
    assert columns - sealed - kept_beside == {"dispatched_at", "batch"}
