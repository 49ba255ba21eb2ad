"""The assistant's step, told from the devices there are: every set of up to three, and what must hold."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from doorward.recovery.new_phone import NEW_FOR, Device, Progress, Stage, progress

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
OLD, NEW, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


def device(id: UUID, *, days: float, tried: bool | None = True, serves: bool = True) -> Device:
    """`tried` None: it was never used, not even by its set-up."""
    added = NOW - timedelta(days=days)
    used = None if tried is None else added + timedelta(minutes=1 if tried else 0)
    return Device(id=id, added_at=added, used_at=used, serves=serves)


PHONE = device(OLD, days=400)


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ([], Progress(Stage.ADD)),
        ([PHONE], Progress(Stage.ADD)),
        ([device(OLD, days=1)], Progress(Stage.ADD)),
        ([PHONE, device(NEW, days=0, tried=False)], Progress(Stage.TRY, NEW, (OLD,))),
        ([PHONE, device(NEW, days=0, tried=None)], Progress(Stage.TRY, NEW, (OLD,))),
        ([PHONE, device(NEW, days=3)], Progress(Stage.RETIRE, NEW, (OLD,))),
        ([device(NEW, days=3), PHONE], Progress(Stage.RETIRE, NEW, (OLD,))),
        ([PHONE, device(NEW, days=30)], Progress(Stage.ADD)),
        ([PHONE, device(NEW, days=29.99)], Progress(Stage.RETIRE, NEW, (OLD,))),
        (
            [PHONE, device(OTHER, days=90), device(NEW, days=0, tried=False)],
            Progress(Stage.TRY, NEW, (OLD, OTHER)),
        ),
        # A second one was added: it is the one that is meant.
        (
            [PHONE, device(OTHER, days=1), device(NEW, days=0, tried=False)],
            Progress(Stage.TRY, NEW, (OLD, OTHER)),
        ),
        # What does not serve is nothing to move to, but may be retired.
        ([PHONE, device(NEW, days=0, serves=False)], Progress(Stage.ADD)),
        (
            [device(OLD, days=2, serves=False), device(NEW, days=1)],
            Progress(Stage.RETIRE, NEW, (OLD,)),
        ),
        ([device(OLD, days=400, serves=False)], Progress(Stage.ADD)),
    ],
)
def test_the_step_is_told_from_the_devices(devices, expected):
    assert progress(devices, now=NOW) == expected


def test_whatever_there_is_nothing_is_retired_for_a_device_that_does_not_serve_or_was_not_tried():
    kinds = [
        {"days": days, "tried": tried, "serves": serves}
        for days, tried, serves in product((0, 3, 45), (None, False, True), (True, False))
    ]
    for number in range(4):
        for chosen in product(kinds, repeat=number):
            devices = {
                id: device(id, **kind)  # type: ignore[arg-type]  # tests pass fields by name
                for id, kind in zip((OLD, NEW, OTHER), chosen, strict=False)
            }
            found = progress(devices.values(), now=NOW)
            if found.new is None:
                assert found == Progress(Stage.ADD)
                continue
            new = devices[found.new]
            assert new.serves
            assert new.added_at + NEW_FOR > NOW
            assert found.stage is (Stage.RETIRE if new.tried else Stage.TRY)
            assert {found.new, *found.old} == set(devices)
            assert found.old
            assert all(not one.serves or one.added_at <= new.added_at for one in devices.values())
