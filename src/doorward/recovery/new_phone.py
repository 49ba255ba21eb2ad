"""The assistant for a new phone: which of its three steps is next, told from the devices there are.

Nothing of it is kept elsewhere: it can be left at any point and comes back to where it was, in any browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

# So long a device that was added beside another one is taken for the new phone.
NEW_FOR: Final = timedelta(days=30)


class Stage(StrEnum):
    """Add the new device, try it, retire the old one."""

    ADD = "add"
    TRY = "try"
    RETIRE = "retire"


@dataclass(frozen=True, slots=True)
class Device:
    """One of a person's factors. `serves`: it is usable and of a kind that is enough for them."""

    id: UUID
    added_at: datetime
    used_at: datetime | None
    serves: bool

    @property
    def tried(self) -> bool:
        """Whether it was used after the set-up, which is a use itself."""
        return self.used_at is not None and self.used_at > self.added_at


@dataclass(frozen=True, slots=True)
class Progress:
    """What is next; `new` is the device that is being moved to, `old` are all others. Adding has neither."""

    stage: Stage
    new: UUID | None = None
    old: tuple[UUID, ...] = ()


def progress(devices: Iterable[Device], *, now: datetime) -> Progress:
    """Tell what is next: the new one is the youngest that serves, if it is young and not the only one."""
    there = sorted(devices, key=lambda device: device.added_at)
    new = next((device for device in reversed(there) if device.serves), None)
    if new is None or len(there) == 1 or now >= new.added_at + NEW_FOR:
        return Progress(Stage.ADD)
    old = tuple(device.id for device in there if device.id != new.id)
    return Progress(Stage.RETIRE if new.tried else Stage.TRY, new=new.id, old=old)
