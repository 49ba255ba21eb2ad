"""Every setting of Doorward: its name, type, default and documentation (`fields.py`), and what follows (`derived.py`).

Of ours it imports the core alone. What reads and judges settings takes 16 MiB (pydantic), and nobody needs it once they
are read: so `doorward run` has them read in a process that ends, and keeps what was read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from doorward.environment.derived import LOOPBACK_NAMES, MailServer, Settled
from doorward.environment.names import CONFIG, PREFIX, WrongSetting

if TYPE_CHECKING:
    from doorward.environment.fields import Environment

__all__ = [
    "CONFIG",
    "LOOPBACK_NAMES",
    "PREFIX",
    "MailServer",
    "Settled",
    "WrongSetting",
    "keep",
    "load",
    "settle",
]

_kept: list[Settled] = []


def load() -> Environment:
    """Return the settings of this process, or raise `WrongSetting`."""
    if _kept:
        # It has all that an Environment has but pydantic's own.
        return cast("Environment", _kept[-1])
    from doorward.environment.fields import read  # noqa: PLC0415 - pydantic, where nobody has read them

    return read()


def settle() -> Settled:
    """Return the settings that this process was given, read; raise `WrongSetting`."""
    from doorward.environment.fields import read  # noqa: PLC0415 - pydantic

    found = read()
    values = {name: getattr(found, name) for name in type(found).model_fields}
    return Settled(values, found.model_fields_set)


def keep(settled: Settled) -> None:
    """Have these, read elsewhere, be the settings of this process."""
    _kept[:] = [settled]
